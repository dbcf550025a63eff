"""Tones as WAV files, and tones found in what was heard."""

import wave
from functools import cache
from pathlib import Path

import numpy as np

from tests.hal.peer import Tone

RATE = 8000
AMPLITUDE = 6000
PRESENT = 700
"""A tone is there from this amplitude on; what a codec or a bridge adds stays far below."""


@cache
def samples(tone: Tone | None, length_s: float) -> bytes:
    """A sine, or silence."""
    time = np.arange(int(length_s * RATE)) / RATE
    wave_form = np.zeros_like(time) if tone is None else AMPLITUDE * np.sin(2 * np.pi * tone.value * time)
    return bytes(wave_form.astype("<i2").tobytes())


def write(file: Path, tone: Tone | None, length_s: float) -> Path:
    """A WAV file of 8 kHz, 16 bit, one channel."""
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(samples(tone, length_s))
    return file


def tones_in(sound: "np.ndarray[tuple[int], np.dtype[np.int16]]", rate: int = RATE) -> frozenset[Tone]:
    """The tones in a stretch of sound, by the FFT's amplitude at their frequencies."""
    if len(sound) < 200:
        return frozenset()
    window = np.hanning(len(sound))
    spectrum = np.abs(np.fft.rfft(sound * window)) * 2 / window.sum()
    width = rate / len(sound)

    def level(tone: Tone) -> float:
        middle = round(tone.value / width)
        return float(spectrum[max(0, middle - 2) : middle + 3].max())

    return frozenset(tone for tone in Tone if level(tone) > PRESENT)


def channels(file: Path) -> list["np.ndarray[tuple[int], np.dtype[np.int16]]"]:
    """The channels of a WAV file."""
    with wave.open(str(file), "rb") as sound:
        assert (sound.getframerate(), sound.getsampwidth()) == (RATE, 2)
        data = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
        return [data[n :: sound.getnchannels()] for n in range(sound.getnchannels())]
