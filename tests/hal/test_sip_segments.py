"""Segments of one conversation: what is lost between two recordings, to the sample, and that nobody hears the change."""

import wave
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from hal.api import Answer, Answered, Mix, Originate, RecordingEnded, StartRecording, StopRecording
from tests.hal import sounds
from tests.hal.baresip import Baresip
from tests.hal.ears import WireEar
from tests.hal.peer import Does, Tone
from tests.hal.sip_peer import SipPeer, sip_bench

pytestmark = [pytest.mark.live, pytest.mark.requirement("ACC-01")]

FRAME = 160
LOUD = 1500
Sound: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int16]]"


def noise(file: Path, length_s: int = 20) -> Sound:
    """So many seconds of which no two moments are alike."""
    made = np.random.default_rng(1).normal(0, 3 * LOUD, length_s * sounds.RATE).clip(-20000, 20000).astype("<i2")
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, sounds.RATE, 0, "NONE", ""))
        out.writeframes(made.tobytes())
    return made


def place(part: Sound, whole: Sound) -> int:
    """Where in the whole this part is."""
    size = 1 << (len(whole) + len(part)).bit_length()
    found = np.fft.irfft(np.fft.rfft(whole.astype(float), size) * np.conj(np.fft.rfft(part.astype(float), size)), size)
    return int(found[: len(whole)].argmax())


async def test_no_more_than_a_frame_is_lost_between_two_segments_and_nobody_hears_the_change(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench:
        assert isinstance(bench.peer, SipPeer)
        caller = bench.peer.phone("sip:13800138000@127.0.0.1", "regint=0", Tone.A)
        said = noise(caller.directory / "voice.wav")
        await bench.peer.start(caller)
        await caller.dial("95500")
        a = await bench.arrived("13800138000")
        bench.do(Answer(bench.line.name, a))
        await bench.log.wait(Answered, leg=a)
        names = ("8001", "8002")
        phones = [await bench.peer.station(name, Does.ANSWERS, tone) for name, tone in zip(names, (Tone.B, Tone.C), strict=True)]
        for name in names:
            bench.do(Originate(bench.line.name, name, f"station:{name}", "95500", beside=a))
            await bench.log.wait(Answered, leg=name)
        bench.do(Mix(bench.line.name, {a: names, "8001": (a, "8002"), "8002": (a, "8001")}))
        await caller.wait_hears(Tone.B, Tone.C)
        listener = phones[0]
        assert isinstance(listener, Baresip)
        heard_before = listener.heard_s()
        parts = 8
        for number in range(parts):
            others = ("8002",) if number % 2 else ()
            file = str(tmp_path / f"{number}.wav")
            bench.do(StartRecording(bench.line.name, f"r{number}", file, a, "8001", others=others))
            start = listener.heard_s()
            await listener.wait_heard_s(start + 0.4)
            bench.do(StopRecording(bench.line.name, f"r{number}"))
        for number in range(parts):
            assert (await bench.log.wait(RecordingEnded, recording=f"r{number}")).error == ""
        segments = [sounds.channels(tmp_path / f"{number}.wav") for number in range(parts)]
        lost = [between(one[0], other[0], said) for one, other in pairwise(segments)]
        # On a busy machine a jitter buffer may slip in that very moment, which looks like more, or less than nothing: one is forgiven.
        assert sum(0 <= samples <= FRAME for samples in lost) >= len(lost) - 1, lost
        assert [sounds.tones_in(right[-1600:]) for _, right in segments] == [
            frozenset({Tone.B, Tone.C} if number % 2 else {Tone.B}) for number in range(parts)
        ]
        if isinstance(listener._ear, WireEar):
            loudness = listener._ear.loudness(heard_before)
            assert len(loudness) > 100
            assert min(loudness) > LOUD


def between(one: Sound, other: Sound, said: Sound) -> int:
    """How many samples of what was said are in neither of two segments."""
    end = int(np.flatnonzero(one)[-1]) + 1
    begin = int(np.flatnonzero(other)[0])
    return (place(other[begin : begin + 800], said) - place(one[end - 800 : end], said) - 800) % len(said)
