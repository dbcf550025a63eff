"""`./hotline bench cards` and `manager` in small: every figure is there; and what they read off the wire."""

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.bench.asterisk_plays import agi_environment
from tests.bench.cards import Heard, bench_cards, heard
from tests.bench.manager import bench_manager
from tests.peers.for_root import asterisk_for_root
from tests.peers.media import alaw, rtp_of
from tests.peers.pcap import Datagram

missing = [c for c in ("mmdebstrap", "sipp", "tcpdump") if shutil.which(c, path=os.environ.get("PATH", "") + ":/usr/sbin") is None]
live = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.alone,
    asterisk_for_root,
    pytest.mark.skipif(bool(missing), reason=f"not on this machine: {', '.join(missing)}"),
]

CALLER, CENTRE = ("127.0.0.1", 6100), ("127.0.0.9", 5060)
INVITE = b"INVITE sip:1@x SIP/2.0\r\nFrom: <sip:130@h>;tag=1\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\nm=audio 4000 RTP/AVP 8\r\n"
QUIET, LOUD = (b"\x80\x08" + bytes(10) + alaw([level, -level] * 80) for level in (0, 8000))


def test_a_caller_has_heard_something_at_the_first_loud_packet() -> None:
    assert rtp_of(LOUD) is not None
    seen = [
        Datagram(1.0, CALLER, CENTRE, INVITE),
        Datagram(1.1, CENTRE, ("127.0.0.1", 4000), LOUD),
        Datagram(1.5, CENTRE, CALLER, b"SIP/2.0 200 OK\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n"),
        Datagram(1.6, CENTRE, CALLER, b"SIP/2.0 200 OK\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n"),
        Datagram(1.7, CENTRE, ("127.0.0.1", 4000), QUIET),
    ]
    assert heard(seen, "127.0.0.1") == {"130": Heard(1.5, 1.1)}
    assert heard([seen[0], *seen[2:], Datagram(1.8, CENTRE, ("127.0.0.1", 4000), LOUD)], "127.0.0.1") == {"130": Heard(1.5, 1.8)}
    assert heard([seen[0], *seen[2:], Datagram(1.8, CENTRE, ("127.0.0.1", 4002), LOUD)], "127.0.0.1") == {}


def test_an_agi_call_says_who_it_is_before_anything_else() -> None:
    assert agi_environment(b"agi_network: yes\nagi_callerid: 130\n") is None
    assert agi_environment(b"agi_network: yes\nagi_callerid: 130\n\n") == {"agi_network": "yes", "agi_callerid": "130"}


class TestFigures:
    pytestmark = live

    @pytest.mark.skipif(find_spec("pjsua2") is None, reason="there is no PJSIP in this environment")
    def test_every_figure_of_the_cards_is_there(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        status = bench_cards(tmp_path / "figures.json", calls=4, rounds=1)
        assert status == 0, capsys.readouterr().err
        figures = json.loads((tmp_path / "figures.json").read_text())
        assert len(figures) == 2 * 3 * 2
        assert all(f["ours"] > 0 and f["peer"] > 0 for f in figures)

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_every_figure_of_the_manager_is_there(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        status = bench_manager(tmp_path / "figures.json", events=200, answers=20, rounds=1)
        assert status == 0, capsys.readouterr().err
        figures = json.loads((tmp_path / "figures.json").read_text())
        assert [f["unit"] for f in figures] == ["events/s", "ms", "ms", "ms"]
        assert all(f["ours"] > 0 and f["peer"] > 0 for f in figures)
