"""What a line at an Asterisk PBX is told, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest

from hal.ami import AmiBackend, AmiSettings
from hal.api import LineFault, LineSetup
from hal.csta.mapping import LookAt, Mapping
from hal.csta.messages import ConnectionClearedEvent, ConnectionID, DeliveredEvent, EstablishedEvent
from hal.csta.notices import Heard
from hal.sip import SipSettings

pytestmark = pytest.mark.requirement("ACC-02")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"manager": "pbx:0"}, "'manager': 'pbx:0' is not an address"),
        ({"channel": "PJSIP/8001"}, "'channel': 'PJSIP/8001' is not a channel with a number in it"),
        ({"waits_s": 0.5}, "waits_s"),
        ({"manager": "pbx;x"}, "'manager': 'pbx;x' is not an address"),
        ({"user": "x]\nwrite=all\n[y"}, "'user': .* cannot be a name in Asterisk's files"),
        ({"user": "general"}, "'user': 'general' cannot be a name"),
        ({"user": "General"}, "'user': 'General' cannot be a name"),
        ({"channel": "PJSIP/{number};x"}, "'channel': .* more than one word of the PBX's dialplan"),
        ({"channel": "PJSIP/{number}),Hangup("}, "'channel': .* more than one word"),
        ({"channel": "PJSIP/{number}&PJSIP/1"}, "'channel': .* more than one word"),
        ({"channel": "PJSIP/${X}{number}"}, "'channel': .* more than one word"),
        ({"voice": SipSettings(listen="0.0.0.0:5060")}, "'voice.listen': 0.0.0.0 is every address of this machine; name the one"),
        ({"stations": ("8001\nexten => 1,1,Dial(x)",)}, "'stations': .* cannot be a name"),
        ({"ports": ("x](y)",)}, "'ports': .* cannot be a name"),
        ({"recording_ports": ("8991\n",)}, "'recording_ports': .* cannot be a name"),
        ({"ports": ("8901",), "route_points": {"70\n00": "95500"}}, "'route_points': .* is not a number"),
        ({"dials": "phones,1,Goto(x)"}, "'dials'"),
        ({"route_points": {"7000": "95500"}}, "'ports' is empty"),
        ({"stations": ("8001",), "ports": ("8001",)}, "8001 is more than one of stations, ports and recording_ports"),
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        AmiSettings(**{"manager": "127.0.0.1", **wrong})


def test_the_managers_port_is_its_usual_one() -> None:
    assert AmiSettings(manager="pbx.example.org").address == ("pbx.example.org", 5038)
    assert AmiSettings(manager="192.0.2.20:15038").address == ("192.0.2.20", 15038)


def test_devices_are_found_in_the_names_of_channels() -> None:
    setup = AmiSettings(manager="127.0.0.1", stations=("8001",), channel="PJSIP/{number}@phones").switch_setup("x-")
    assert setup.dial("8001") == "PJSIP/8001@phones"
    assert setup.device_of("PJSIP/8001@phones-0000001a") == "8001"
    assert setup.device_of("PJSIP/8002@phones-0000001a") == "PJSIP/8002@phones-0000001a", "none of ours"
    assert setup.station_of("PJSIP/8001@phones") == "8001"
    assert setup.station_of("PJSIP/8002@phones") == ""


@pytest.mark.parametrize(
    ("dials", "number", "said"), [("", "139", "`dials`"), ("phones", "139", ""), ("phones", "1&SIP/x", "not a number")]
)
def test_a_number_outside_is_called_where_the_dialplan_has_a_way(dials: str, number: str, said: str) -> None:
    setup = AmiSettings(manager="127.0.0.1", stations=("8001",), dials=dials).switch_setup("x-")
    assert setup.why_not("8001") == ""
    assert said in setup.why_not(number)
    assert bool(setup.why_not(number)) is bool(said)


def test_a_line_without_the_managers_password_is_not_opened(tmp_path: Path) -> None:
    setup = LineSetup("pbx", AmiSettings(manager="127.0.0.1"), lambda _event: None, tmp_path, lambda _name: None)
    with pytest.raises(LineFault, match="line 'pbx' needs the secret 'switch:hotline'"):
        AmiBackend().open(setup)


@pytest.mark.parametrize(("settle_s", "is_late"), [(2.0, False), (10.0, True)])
def test_so_long_an_event_of_what_has_ended_is_taken_for_a_late_one(settle_s: float, is_late: bool) -> None:
    settings = AmiSettings(manager="127.0.0.1", stations=("8001",), settle_s=settle_s)
    mapping = Mapping(settings.mapping_setup("pbx", "c"))
    part = ConnectionID("1", "8001")
    mapping.notice(0.0, Heard(EstablishedEvent("", established_connection=part)))
    mapping.notice(1.0, Heard(ConnectionClearedEvent("", dropped_connection=part)))
    assert (LookAt("8001") in mapping.notice(5.0, Heard(DeliveredEvent("", connection=part)))) is is_late
