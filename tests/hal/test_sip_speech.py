"""Speech put together of several files: all of it is played before its end is told."""

import wave
from pathlib import Path

import numpy as np
import pytest

from hal.api import Answer, Answered, Play, PlayEnd, PlayEnded
from tests.hal import sounds
from tests.hal.sip_peer import SipPeer, sip_bench
from tests.hal.test_sip_segments import noise, place

pytestmark = [pytest.mark.live, pytest.mark.requirement("IVR-13")]

PIECES_S = (0.503, 0.38, 0.291, 0.15)
"""Together no multiple of what PJSIP reads at once."""


async def test_what_is_played_next_cuts_nothing_off_the_last_of_several_files(tmp_path: Path) -> None:
    whole = noise(tmp_path / "noise.wav", 4)
    ends = [0, *(int(second * sounds.RATE) for second in np.cumsum(PIECES_S * 2))]
    files = [write(tmp_path / f"{number}.wav", whole[ends[number] : ends[number + 1]]) for number in range(len(ends) - 1)]
    async with sip_bench(tmp_path) as bench:
        assert isinstance(bench.peer, SipPeer)
        caller = bench.peer.phone("sip:13800138000@127.0.0.1", "regint=0", None)
        await bench.peer.start(caller)
        await caller.dial("95500")
        leg = await bench.arrived("13800138000")
        bench.do(Answer(bench.line.name, leg))
        await bench.log.wait(Answered, leg=leg)
        for play, several in enumerate((files[: len(PIECES_S)], files[len(PIECES_S) :]), 1):
            bench.do(Play(bench.line.name, leg, play, tuple(several)))
            assert (await bench.log.wait(PlayEnded, leg=leg, play=play)).end is PlayEnd.COMPLETED
        await caller.wait_heard_s(caller.heard_s() + 0.5)
        heard = caller.heard()
    for number in range(len(files)):
        piece = whole[ends[number] : ends[number + 1]]
        at = place(piece, heard)
        assert np.corrcoef(heard[at : at + len(piece)], piece)[0, 1] > 0.95, f"piece {number}"


def write(file: Path, sound: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> str:
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, sounds.RATE, 0, "NONE", ""))
        out.writeframes(sound.tobytes())
    return str(file)
