"""What is rendered is read by the programs it is for: dahdi_cfg, Asterisk's own parser, Kamailio; and they do find what is wrong."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from appliance.firmware import Front, render
from appliance.site import load_site
from hal.dahdi import channel_files, driver_file, layout
from tests.firmware.cards import ALONE, everything
from tests.hal.asterisk.card_peer import rig
from tests.peers.asterisk import Centre, asterisk
from tests.peers.asterisk_root import asterisk_root
from tests.peers.kamailio import front_command
from tests.peers.media import write_wav
from tests.peers.processes import need

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("ACC-01")]

Said = tuple[int, str]
DEMO = Path(__file__).parent.parent.parent / "scenarios/sites/demo.toml"


@pytest.fixture
def dahdi_cfg() -> Iterator[Callable[[str], Said]]:
    """Runs `dahdi_cfg -t` on a text; its exit status and what it said."""
    root = asterisk_root()
    folder = Path(tempfile.mkdtemp(prefix="lint-", dir=root / "tmp"))

    def run(text: str) -> Said:
        (folder / "system.conf").write_text(text)
        inside = f"/{(folder / 'system.conf').relative_to(root)}"
        done = subprocess.run(
            [need("chroot", "coreutils"), root, "/usr/sbin/dahdi_cfg", "-t", "-vv", "-c", inside],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    yield run
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", ALONE)
def test_the_driver_understands_each_kind_of_line(kind: str, dahdi_cfg: Callable[[str], Said]) -> None:
    status, said = dahdi_cfg(driver_file(layout((ALONE[kind],))))
    assert "error(s) detected" not in said
    assert status == 0
    assert "Channel map:" in said


def test_the_driver_takes_a_machine_with_all_of_them(dahdi_cfg: Callable[[str], Said]) -> None:
    made = everything()
    status, said = dahdi_cfg(driver_file(made))
    assert status == 0, said
    mapped = dict(re.findall(r"^Channel (\d+): (.*?) \(Default\)", said, re.MULTILINE))
    kinds = {
        "dchan": {mapped[f"{channel:02}"] for channel in (16, 47)},
        "r2": {mapped["63"], mapped["93"]},
        "ss7": {mapped["109"]},
        "exchange line": {mapped["156"]},
        "telephone": {mapped["159"]},
    }
    assert kinds == {
        "dchan": {"D-channel"},
        "r2": {"CAS / User"},
        "ss7": {"MTP2"},
        "exchange line": {"FXS Kewlstart"},
        "telephone": {"FXO Kewlstart"},
    }
    assert "78" not in mapped, "slot 16 of an E1 with R2 is no channel"
    assert "158" not in mapped, "an empty socket is none, either"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("ccs,hdb3", "xxs,hdb3", "must be one of"),
        ("hdb3", "hdb4", "must be"),
        ("dchan=16", "dchannel=16", "dchannel"),
        ("bchan=1-15,17-31", "bchan=1-15,17-x", "17-x"),
    ],
)
def test_the_driver_finds_what_is_wrong(right: str, wrong: str, said: str, dahdi_cfg: Callable[[str], Said]) -> None:
    text = driver_file(layout((ALONE["pri"],)))
    assert right in text
    status, complaint = dahdi_cfg(text.replace(right, wrong))
    assert status != 0
    assert said in complaint


@pytest.fixture
def kamailio() -> Callable[[dict[str, str], Path], Said]:
    """Runs `kamailio -c` on a rendering; its exit status and what it said."""

    def run(files: dict[str, str], folder: Path) -> Said:
        argv, environment = front_command(files, folder)
        done = subprocess.run([*argv, "-c"], capture_output=True, text=True, timeout=60, check=False, env=environment)
        return done.returncode, done.stdout + done.stderr

    return run


def _fronted() -> dict[str, str]:
    return render(load_site(DEMO), Front.parse("127.0.0.4:5070"))


def test_kamailio_understands_its_configuration(kamailio: Callable[[dict[str, str], Path], Said], tmp_path: Path) -> None:
    status, said = kamailio(_fronted(), tmp_path)
    assert status == 0, said
    assert "udp: 127.0.0.4 [127.0.0.4]:5070" in said


@pytest.mark.parametrize(
    ("right", "wrong"), [("ds_next_dst()", "ds_nxt_dst()"), ('loadmodule "tm.so"\n', ""), ("is_in_subnet(", "in_subnet(")]
)
def test_kamailio_finds_what_is_wrong(right: str, wrong: str, kamailio: Callable[[dict[str, str], Path], Said], tmp_path: Path) -> None:
    files = _fronted()
    assert right in files["kamailio/kamailio.cfg"]
    files["kamailio/kamailio.cfg"] = files["kamailio/kamailio.cfg"].replace(right, wrong)
    status, said = kamailio(files, tmp_path)
    assert status != 0
    assert "kamailio.cfg, line" in said


_NO_CARD = re.compile("Unable to (open ('/dev/dahdi/channel'|channel|SS7 sigchan)|register channel)|ignore_failed_channels")
"""What chan_dahdi says of a channel that it understood and that is not there."""


@pytest.fixture
def chan_dahdi(tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    """What Asterisk complains of when it reads a chan_dahdi.conf, and what it says of the card that is not there."""
    sound = write_wav(tmp_path / "sound.wav", (440,), 0.5)

    def run(text: str) -> tuple[str, str]:
        with asterisk(Centre(address="127.0.0.26", cards=text), prompt=sound, music=sound) as peer:
            said = [line for line in (peer.home / "log/messages.log").read_text().splitlines() if "chan_dahdi.c:" in line]
        absent = [line for line in said if _NO_CARD.search(line)]
        return "\n".join(line for line in said if line not in absent), "\n".join(absent)

    return run


def _all_kinds() -> str:
    """One span of each kind, SS7 at the end: chan_dahdi reads no further than a link for signalling that it cannot open."""
    kinds = [*(kind for kind in ALONE if kind != "ss7"), "ss7"]
    return channel_files(layout(tuple(attrs.evolve(ALONE[kind], number=at, group="") for at, kind in enumerate(kinds, 1))))


def test_asterisk_understands_each_kind_of_line(chan_dahdi: Callable[[str], tuple[str, str]]) -> None:
    complaints, absent = chan_dahdi(_all_kinds())
    assert not complaints
    for channels in ("1-15,17-31", "32-33", "35-49,51-65", "66", "67", "69", "70-84", "86-100"):
        assert f"Unable to register channel '{channels}'" in absent, "it read as far as there"
    assert "Unable to open SS7 sigchan 85" in absent


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("switchtype=euroisdn", "switchtype=isdnn", "isdnn"),
        ("signalling=bri_net", "signalling=bri_nett", "bri_nett"),
        ("mfcr2_variant=cn", "mfcr2_variant=zz", "zz"),
        ("ss7type=itu", "ss7type=china", "china"),
    ],
)
def test_asterisk_finds_what_is_wrong(right: str, wrong: str, said: str, chan_dahdi: Callable[[str], tuple[str, str]]) -> None:
    text = _all_kinds()
    assert right in text
    complaints, _ = chan_dahdi(text.replace(right, wrong, 1))
    assert said in complaints


def test_asterisk_understands_several_spans_of_one_kind(chan_dahdi: Callable[[str], tuple[str, str]]) -> None:
    """The link of the linkset comes last: see `_all_kinds`."""
    r2, ss7 = ALONE["mfc-r2"], ALONE["ss7"]
    spans = [attrs.evolve(r2, number=at, group="no1") for at in (1, 2)]
    spans += [attrs.evolve(ss7, number=3, group="no7", first_circuit=33, signalling_link=False), attrs.evolve(ss7, number=4, group="no7")]
    complaints, absent = chan_dahdi(channel_files(layout(tuple(spans))))
    assert not complaints
    for channels in ("1-15,17-31", "32-46,48-62", "63-93", "94-108", "110-124"):
        assert f"Unable to register channel '{channels}'" in absent, "it read as far as there"
    assert "Unable to open SS7 sigchan 109" in absent


_OURS = re.compile(r"\b(extensions|pjsip|manager)\.conf| (pbx_config|manager|acl)\.c:")
"""What Asterisk says of these files; it misses others, which no card line has."""


def _log(folder: Path, change: Callable[[str, str], str]) -> list[str]:
    """What an Asterisk beside a card line says with the files rendered for it, each of them changed."""
    of = rig(32)
    names = ("extensions.conf", "manager.conf", "pjsip.conf")
    with of.asterisk(folder, {name: change(name, of.files[name]) for name in names}) as peer:
        return (peer.home / "log/messages.log").read_text().splitlines()


@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        ("extensions.conf", "same => n,Dial(", "sam => n,Dial(", "sam"),
        ("pjsip.conf", "dtmf_mode=rfc4733", "dtmf_mode=rfc4734", "rfc4734"),
        ("manager.conf", "permit=127.0.0.0/255.0.0.0", "permit=127.0.0.0/255.0.0.x", "255.0.0.x"),
    ],
)
def test_asterisk_finds_what_is_wrong_in_the_files_of_a_card_line(name: str, right: str, wrong: str, said: str, tmp_path: Path) -> None:
    def change(file: str, text: str) -> str:
        assert file != name or right in text
        return text.replace(right, wrong, 1) if file == name else text

    assert said in "\n".join(_log(tmp_path, change))


def test_asterisk_finds_nothing_wrong_in_the_files_of_a_card_line(tmp_path: Path) -> None:
    assert not [line for line in _log(tmp_path, lambda _name, text: text) if _OURS.search(line)]


def test_every_word_is_one_of_asterisks_own() -> None:
    """chan_dahdi passes over words that it does not know; they are all in the sample that comes with it."""
    sample = (asterisk_root() / "usr/share/asterisk/conf/samples/chan_dahdi.conf.sample").read_text()
    known = set(re.findall(r"^;?\s*(\w+) ?=", sample, re.MULTILINE))
    written = set(re.findall(r"^(\w+) ?=", _all_kinds(), re.MULTILINE))
    assert len(written) > 20
    assert not written - known
