"""The real Asterisk: comes up as it is told, takes sipp's calls, hands them to sipp's agents, and leaves nothing behind."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.asterisk import Centre, asterisk
from tests.peers.asterisk_config import files
from tests.peers.capture import capture
from tests.peers.delays import Sides, delays
from tests.peers.for_root import asterisk_for_root
from tests.peers.media import Press, write_speech, write_wav
from tests.peers.pcap import read
from tests.peers.processes import PeerFailed, until
from tests.peers.sipp import Agents, Caller, Phone, answering, call, dial, register

CENTRE = Centre(
    address="127.0.0.20",
    callers="127.0.0.21",
    agents={"8001": "127.0.0.22:6200", "8002": "127.0.0.22:6200"},
    phones={"8003": "secret-of-8003"},
    queues={"95501": (), "95502": ("8002",)},
    rtp_ports=(24000, 25999),
)


def needs(*commands: str) -> None:
    """Skip where a peer cannot be installed by the test itself."""
    missing = [c for c in commands if shutil.which(c, path=os.environ.get("PATH", "") + ":/usr/sbin") is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")


def test_everything_is_bound_to_the_centres_own_address() -> None:
    texts = files(CENTRE, "/home", "/modules", "/data")
    assert "bind=127.0.0.20:5060\n" in texts["pjsip.conf"]
    assert "media_address=127.0.0.20\nbind_rtp_to_media_address=yes\n" in texts["pjsip.conf"]
    assert "bindaddr=127.0.0.20\nport=5038\n" in texts["manager.conf"]
    assert "http.conf" not in texts
    assert [line for line in texts["queues.conf"].splitlines() if line.startswith("member")] == [
        "member => PJSIP/8001",
        "member => PJSIP/8002",
        "member => PJSIP/8003",
        "member => PJSIP/8002",
    ]


@pytest.mark.live
@pytest.mark.slow
@asterisk_for_root
def test_calls_are_answered_offered_recorded_and_measured(tmp_path: Path) -> None:
    needs("mmdebstrap", "sipp", "tcpdump")
    prompt, music = write_wav(tmp_path / "prompt.wav", [420], 10), write_wav(tmp_path / "music.wav", [300, 500], 10)
    says = write_speech(tmp_path / "caller.pcap", 610, 2.0, [Press(0.3, "1")])
    agents = Agents(local=("127.0.0.22", 6200), talks_s=0.5, says=write_speech(tmp_path / "agent.pcap", 870, 2.0))
    with asterisk(CENTRE, prompt=prompt, music=music) as peer:
        assert peer.version.startswith("22.")
        phone = Phone("8003", "secret-of-8003")
        register([phone], peer.sip, ("127.0.0.23", 6300), tmp_path / "register").wait(20)
        assert "127.0.0.23:6300" in peer.cli("pjsip show contacts")
        register([phone], peer.sip, ("127.0.0.23", 6300), tmp_path / "leave", expires_s=0).wait(20)
        wanted = "udp and (port 5060 or dst host 127.0.0.21)"
        with capture(tmp_path / "seen.pcap", wanted), answering(agents, peer.sip, tmp_path / "agents") as phones:
            to = Caller(number=CENTRE.prompt_number, local=("127.0.0.21", 6100), calls=2, rate=10, says=says, stays_s=0.5)
            assert call(to, peer.sip, tmp_path / "listeners").wait(20).good == 2
            to = Caller(number="95501", local=("127.0.0.21", 6100), calls=3, rate=10, says=says, first_ani=13900000000)
            counts = call(to, peer.sip, tmp_path / "customers").wait(30)
            assert (counts.good, counts.failed, counts.open) == (3, 0, 0)
            assert phones.stop().good == 3
        assert len(peer.recordings()) == 3
        assert all(recording.stat().st_size > 44 for recording in peer.recordings())
        home = peer.home
    found = delays(read(tmp_path / "seen.pcap"), Sides(centre=peer.sip, callers="127.0.0.21", agents="127.0.0.22"))
    # Two agents and three callers: one caller waits for a hand-over.
    assert (found.calls, found.answered, len(found.prompt), len(found.offer), len(found.hand_over)) == (5, 5, 5, 3, 1)
    assert not home.exists()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(peer.sip)


@pytest.mark.live
@pytest.mark.slow
@asterisk_for_root
def test_a_failed_call_says_why(tmp_path: Path) -> None:
    needs("mmdebstrap", "sipp")
    sound = write_wav(tmp_path / "prompt.wav", [420], 1)
    with asterisk(CENTRE, prompt=sound, music=sound) as peer:
        to = Caller(number="12345", local=("127.0.0.21", 6100))
        with pytest.raises(PeerFailed, match=r"(?s)failed=1.*404 Not Found"):
            call(to, peer.sip, tmp_path / "callers").wait(20)
        stranger = Phone("8003", "wrong")
        with pytest.raises(PeerFailed, match=r"(?s)failed=1.*401"):
            register([stranger], peer.sip, ("127.0.0.23", 6300), tmp_path / "register").wait(20)
        with pytest.raises(PeerFailed, match="failed=1"):
            dial([(stranger, "95500")], peer.sip, ("127.0.0.23", 6300), tmp_path / "dial").wait(20)


OWNER = """
import sys, time
from pathlib import Path
from tests.peers.asterisk import Centre, asterisk
sound = Path(sys.argv[1])
with asterisk(Centre(address="127.0.0.24"), prompt=sound, music=sound) as peer:
    print(peer.pid, peer.home, flush=True)
    time.sleep(60)
"""


@pytest.mark.live
@pytest.mark.slow
@asterisk_for_root
def test_what_a_killed_owner_left_is_ended_by_the_next(tmp_path: Path) -> None:
    needs("mmdebstrap")
    sound = write_wav(tmp_path / "prompt.wav", [420], 1)
    with subprocess.Popen([sys.executable, "-c", OWNER, sound], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid, home = owner.stdout.readline().split()
        owner.kill()
    assert Path(f"/proc/{pid}").exists()
    assert Path(home).is_dir()
    with asterisk(CENTRE, prompt=sound, music=sound) as peer:
        assert peer.pid != int(pid)
        assert not Path(home).exists()
        assert until(lambda: not Path(f"/proc/{pid}").exists() or "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text(), 5.0)
