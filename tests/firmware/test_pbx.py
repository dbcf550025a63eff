"""What an Asterisk PBX includes for a line of ours: what it says, and that a real one reads it; that it works is shown live."""

from pathlib import Path

import attrs
import pytest

from appliance.firmware.pbx import pbx_files
from hal.ami import AmiSettings
from hal.sip import SipSettings
from tests.live.pbx import Place, pbx
from tests.peers.for_root import asterisk_for_root

pytestmark = pytest.mark.requirement("ACC-02")

SETTINGS = AmiSettings(
    manager="192.0.2.20",
    user="centre",
    stations=("8001", "8002"),
    route_points={"7000": "95500", "7001": "95501"},
    ports=("8901", "8902"),
    recording_ports=("8991",),
    waits_s=3,
    voice=SipSettings(listen="192.0.2.10:5060", workers=2),
)


def test_every_route_point_port_and_lamp_is_there() -> None:
    files = pbx_files(SETTINGS, "a mark")
    dialplan, sip = files["hotline-extensions.conf"], files["hotline-pjsip.conf"]
    assert all(text.startswith("; a mark\n") for text in files.values())
    for line in (
        "exten => 7000,1,Goto(hotline,7000,1)",
        "exten => 7001,1,Goto(hotline,7001,1)",
        " same => n,Wait(3)",
        " same => n,Dial(PJSIP/${N},10)",
        "exten => *178002,hint,Custom:hotline-8002",
    ):
        assert f"\n{line}\n" in dialplan
    for line in ("contact=sip:8901@192.0.2.10:5060", "contact=sip:8902@192.0.2.10:5062", "contact=sip:8991@192.0.2.10:5060"):
        assert f"\n{line}\n" in sip
    assert "\n[centre]\n" in files["hotline-manager.conf"]
    assert "\npermit=192.0.2.10/255.255.255.255\n" in files["hotline-manager.conf"]
    assert not [text for text in files.values() if "@{" in text]


def test_a_phone_dials_colleagues_and_where_it_is_told_everybody_else() -> None:
    colleagues = pbx_files(SETTINGS, "")["hotline-extensions.conf"]
    everybody = pbx_files(attrs.evolve(SETTINGS, dials="phones"), "")["hotline-extensions.conf"]
    for dialplan in (colleagues, everybody):
        assert "\nexten => 8002,1,ExecIf(" in dialplan.partition("[hotline-out]")[2].partition("[hotline-rest]")[0]
        assert "\n same => n,Dial(PJSIP/8002)\n" in dialplan
    assert "Goto(phones,${EXTEN},1)\n" in everybody
    assert "phones" not in colleagues.partition("[hotline-out]")[2].partition("[hotline-rest]")[0]


def test_phones_may_be_called_by_another_name() -> None:
    assert "Dial(PJSIP/${N}@phones,10)" in pbx_files(attrs.evolve(SETTINGS, channel="PJSIP/{number}@phones"), "")["hotline-extensions.conf"]


@pytest.mark.live
@pytest.mark.slow
@asterisk_for_root
def test_a_real_asterisk_reads_them(tmp_path: Path) -> None:
    with pbx(Place(tmp_path)) as peer:
        route, ports, user = peer.cli("dialplan show 7000@numbers"), peer.cli("pjsip show endpoints"), peer.cli("manager show user hotline")
        hints = peer.cli("core show hints")
        said = (peer.home / "log/messages.log").read_text()
    assert "Goto(hotline,7000,1)" in route
    assert all(f"Endpoint:  {port}" in ports for port in ("8901", "8902", "8991", "8001"))
    assert "originate" in user
    assert "Custom:hotline-8001" in hints
    assert not [line for line in said.splitlines() if "hotline" in line], "it complains of nothing"


@pytest.mark.live
@pytest.mark.slow
@asterisk_for_root
@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        ("hotline-extensions.conf", "same => n,Wait(", "sam => n,Wait(", "sam"),
        ("hotline-pjsip.conf", "dtmf_mode=rfc4733", "dtmf_mode=rfc4734", "rfc4734"),
    ],
)
def test_a_real_asterisk_finds_what_is_wrong(tmp_path: Path, name: str, right: str, wrong: str, said: str) -> None:
    with pbx(Place(tmp_path), lambda texts: {**texts, name: texts[name].replace(right, wrong)}) as peer:
        complaints = (peer.home / "log/messages.log").read_text()
    assert said in complaints
