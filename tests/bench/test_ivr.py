"""`./hotline bench ivr` in small: every figure is there; and what counts as a gap."""

import json
import os
import shutil
import struct
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.bench import ivr
from tests.peers.for_root import asterisk_for_root
from tests.peers.media import speech
from tests.peers.pcap import Datagram

missing = [c for c in ("mmdebstrap", "sipp", "tcpdump") if shutil.which(c, path=os.environ.get("PATH", "") + ":/usr/sbin") is None]
CALLER = ("127.0.0.9", 4000)


def stream(ssrc: int, *, lost: range = range(0), begins_s: float = 0.0) -> list[Datagram]:
    return [
        Datagram(begins_s + at_s, ("127.0.0.1", 9), CALLER, struct.pack(">BBHII", 0x80, 0, packet.sequence, packet.timestamp, ssrc))
        for number, (at_s, packet) in enumerate(speech(420, 1.0, ssrc=ssrc))
        if number not in lost
    ]  # fmt: skip


@pytest.mark.requirement("IVR-13")
def test_a_pause_of_more_than_two_packets_is_a_gap_and_another_stream_is_none() -> None:
    whole = ivr.gaps(stream(1), CALLER[0])
    assert (whole.packets, whole.gaps) == (50, 0)
    assert ivr.gaps(stream(1, lost=range(10, 11)), CALLER[0]).gaps == 0  # one lost packet: 40 ms
    late = ivr.gaps(stream(1, lost=range(10, 13)), CALLER[0])
    assert (late.gaps, round(late.longest_s, 3)) == (1, 0.08)
    assert ivr.gaps([*stream(1), *stream(2, begins_s=5)], CALLER[0]).gaps == 0
    assert ivr.gaps(stream(1), "127.0.0.8").packets == 0


@pytest.mark.alone
@pytest.mark.live
@pytest.mark.slow
@pytest.mark.requirement("IVR-13")
@asterisk_for_root
@pytest.mark.skipif(bool(missing), reason=f"not on this machine: {', '.join(missing)}")
@pytest.mark.skipif(find_spec("pjsua2") is None, reason="there is no PJSIP in this environment")
def test_every_figure_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = ivr.bench_ivr(tmp_path / "figures.json", ports=4, minutes=0.3)
    assert status in (0, 1), capsys.readouterr().err
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [f["unit"] for f in figures] == ["ms", "ms", "ms", "gaps", "ms", "ms", "calls"]
    assert all(f["ours"] > 0 and f["peer"] > 0 for f in figures if f["unit"] == "ms")
    assert figures[-1]["ours"] == 0
