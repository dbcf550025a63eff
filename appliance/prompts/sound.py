"""Sound as the telephone wants it: 8 kHz, 16 bit, one channel, at telephone level, without silence around it.

Everything here is plain Python on lists of floats (full scale 1.0): prompts are rendered once, some seconds of sound at a time.
Levels are in dBm0, where the largest sine that G.711 A-law carries has +3.14 dBm0 (ITU-T G.711, table 5).
"""

import math
import struct
import sys
import wave
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from operator import mul
from pathlib import Path

__all__ = [
    "RATE",
    "SPEECH_DBM0",
    "active_level_dbm0",
    "at_level",
    "duration_s",
    "parse_wav",
    "resampled",
    "rms_dbm0",
    "scaled",
    "tight",
    "to_wav",
    "trimmed",
]

RATE = 8000
"""Samples per second."""

SPEECH_DBM0 = -19.0
"""Active level of speech: -19 dBm0 (ITU-T G.115, G.169), which is -25.2 dBov."""

_SINE_DBM0 = 3.14
_BEGINS_DBM0 = -45.0  # 26 dB below speech
_PEAK = 0.97  # nothing louder, whatever the level asks for

Samples = Sequence[float]


def parse_wav(content: bytes) -> tuple[int, list[float]]:
    """Sampling rate and samples of a WAV file with 16-bit PCM; several channels are averaged.

    The length in a header may be wrong (a programme that writes to a pipe cannot know it): the content's own length counts.

    Raises:
        ValueError: it is something else; the message says what.

    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ValueError("this is not a WAV file")
    at, rate, channels = 12, 0, 0
    while at + 8 <= len(content):
        kind, size = struct.unpack_from("<4sI", content, at)
        if kind == b"fmt ":
            coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", content, at + 8)
            if coding not in {1, 0xFFFE} or bits != 16:
                raise ValueError("this WAV file is not 16-bit PCM")
        elif kind == b"data" and rate:
            body = content[at + 8 : at + 8 + size]
            values = array("h", body[: len(body) // 2 * 2])
            if sys.byteorder == "big":
                values.byteswap()
            if channels == 1:
                return rate, [value / 32768 for value in values]
            return rate, [sum(values[i : i + channels]) / channels / 32768 for i in range(0, len(values) - channels + 1, channels)]
        at += 8 + size + size % 2
    raise ValueError("this WAV file has no sound in it")


def to_wav(samples: Samples) -> bytes:
    """A WAV file, 8 kHz, 16 bit, one channel."""
    values = array("h", (max(-32768, min(32767, round(sample * 32768))) for sample in samples))
    if sys.byteorder == "big":
        values.byteswap()
    body = values.tobytes()
    return (
        struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16, b"data", len(body))
        + body
    )


def duration_s(file: Path | str) -> float:
    """Length of a WAV file in seconds; OSError or wave.Error when there is none."""
    with wave.open(str(file)) as opened:
        return float(opened.getnframes() / opened.getframerate())


@lru_cache(maxsize=4)
def _phases(rate: int) -> tuple[int, int, int, list[list[float]]]:
    """Polyphase low-pass from `rate` to 8 kHz: step, number of phases, half length, one set of taps per phase.

    Kaiser window, 70 dB; at 22.05 kHz it passes 3.5 kHz and stops 4.5 kHz, so that what folds back stays above the telephone band.
    """
    common = math.gcd(rate, RATE)
    step, count = rate // common, RATE // common
    cutoff = min(1.0, RATE / rate) * 0.5  # in cycles per input sample
    half = math.ceil(48 * max(1.0, rate / 22050))
    beta = 6.76  # Kaiser's formula for 70 dB

    def bessel(x: float) -> float:
        total = term = 1.0
        for k in range(1, 32):
            term *= (x / (2 * k)) ** 2
            total += term
        return total

    def tap(t: float) -> float:
        if abs(t) >= half:
            return 0.0
        sinc = math.sin(2 * math.pi * cutoff * t) / (math.pi * t) if t else 2 * cutoff
        return sinc * bessel(beta * math.sqrt(1 - (t / half) ** 2)) / bessel(beta)

    phases = []
    for phase in range(count):
        offset = phase / count
        taps = [tap(k - offset) for k in range(-half + 1, half + 1)]
        total = sum(taps)
        phases.append([value / total for value in taps])
    return step, count, half, phases


def resampled(samples: Samples, rate: int) -> list[float]:
    """The same sound at 8 kHz.

    Each sample is a product of two vectors, the sound around it and the taps of its phase. Their distance, which `math.dist` finds much
    faster than Python multiplies, gives the product: 2ab = |a|^2 + |b|^2 - |a - b|^2, exact to 1e-11.
    """
    if rate == RATE:
        return list(samples)
    step, count, half, phases = _phases(rate)
    padded = (*([0.0] * half), *samples, *([0.0] * (half + 1)))
    energy = list(accumulate(map(mul, padded, padded), initial=0.0))
    taps_of = [(tuple(taps), sum(map(mul, taps, taps))) for taps in phases]
    made = []
    for number in range(len(samples) * RATE // rate):
        whole, phase = divmod(number * step, count)
        taps, power = taps_of[phase]
        first, last = whole + 1, whole + 1 + 2 * half
        loud = energy[last] - energy[first]
        made.append((loud + power - math.dist(padded[first:last], taps) ** 2) / 2 if loud else 0.0)  # silence is silence
    return made


def scaled(samples: Samples, gain_db: float) -> list[float]:
    """The sound made louder or softer, but never so loud that it clips."""
    gain = 10 ** (gain_db / 20)
    peak = max((abs(sample) for sample in samples), default=0.0)
    if peak * gain > _PEAK:
        gain = _PEAK / peak
    return [sample * gain for sample in samples]


def rms_dbm0(samples: Samples) -> float:
    """Level of the whole, silence included."""
    power = sum(sample * sample for sample in samples) / max(1, len(samples))
    return 10 * math.log10(power * 2) + _SINE_DBM0 if power else -math.inf


def active_level_dbm0(samples: Samples) -> float:
    """Level of the speech in a sound, pauses left out, after ITU-T P.56 method B (envelope 30 ms, hangover 200 ms, margin 15.9 dB)."""
    keep = math.exp(-1 / (RATE * 0.03))
    give = 1 - keep
    first = second = power = 0.0
    block = RATE // 1000  # the envelope hardly moves within 1 ms
    tops: list[float] = []
    top = 0.0
    for number, sample in enumerate(samples):
        first = keep * first + give * abs(sample)
        second = keep * second + give * first
        power += sample * sample
        top = max(top, second)
        if number % block == block - 1:
            tops.append(top)
            top = 0.0
    if power == 0 or not tops:
        return -math.inf
    hangover = 200
    before: tuple[float, float] | None = None
    for exponent in range(-15, 0):
        threshold = 2.0**exponent
        active, since = 0, hangover
        for value in tops:
            since = 0 if value >= threshold else since + 1
            active += since < hangover
        if not active:
            break
        level = 10 * math.log10(power / (active * block) * 2) + _SINE_DBM0
        above = level - (20 * math.log10(threshold) + _SINE_DBM0 + 10 * math.log10(2)) - 15.9
        if above <= 0:
            if before is None:
                return level
            share = before[1] / (before[1] - above)
            return before[0] + share * (level - before[0])
        before = (level, above)
    return before[0] if before else -math.inf


def at_level(samples: Samples, dbm0: float = SPEECH_DBM0) -> list[float]:
    """Speech brought to an active level."""
    level = active_level_dbm0(samples)
    return list(samples) if level == -math.inf else scaled(samples, dbm0 - level)


def trimmed(samples: Samples, before_s: float = 0.01, after_s: float = 0.08) -> list[float]:
    """The sound without the silence around it (40 dB below its peak), but for a breath."""
    floor = max((abs(sample) for sample in samples), default=0.0) / 100
    loud = [number for number, sample in enumerate(samples) if abs(sample) > floor]
    if not loud:
        return []
    return list(samples[max(0, loud[0] - round(before_s * RATE)) : loud[-1] + 1 + round(after_s * RATE)])


def tight(samples: Samples, ends_dbm0: float) -> list[float]:
    """Speech without what is around it, with soft ends.

    It begins 30 ms before the first 5 ms above -45 dBm0, where a soft consonant may be, and ends 10 ms after the last above `ends_dbm0`.
    """
    step, ramp = RATE // 200, RATE // 250
    levels = [rms_dbm0(samples[at : at + step]) for at in range(0, len(samples), step)]
    begins = max(0, next((number for number, level in enumerate(levels) if level > _BEGINS_DBM0), 0) - 6)
    ends = max((number for number, level in enumerate(levels, 3) if level > ends_dbm0), default=0)
    bare = samples[begins * step : ends * step]
    return [sample * min(1.0, number / ramp, (len(bare) - 1 - number) / ramp) for number, sample in enumerate(bare)]
