"""Wait music and tones, made here: nothing recorded, nobody's rights, nothing drawn by chance.

The music is a slow song over twelve bars in the pentatonic scale for four instruments - harp, flute, strings, bass - 30 s long. The
tails of its last notes are laid over its beginning, so that the loop has no seam. All parts lie in the telephone's band: what a bass would
add below 300 Hz is not heard, its overtones are.
"""

import math
from collections.abc import Iterator
from functools import lru_cache

from attrs import frozen

from appliance.prompts.sound import RATE, rms_dbm0, scaled, to_wav
from appliance.prompts.words import SOUNDS_S

__all__ = ["beep", "ringback", "wait_music"]

_MUSIC_S = SOUNDS_S["wait-music"]
_BEEP_S = SOUNDS_S["beep"]
_MUSIC_DBM0 = -22.0  # a little under speech (-19 dBm0), so that an announcement is not a shock
_TONE_DBM0 = -10.0  # nominal level of tones, ITU-T E.180 clause 5
_BEEP_HZ = 1000.0
_RINGBACK_HZ, _RINGBACK_ON_S = 450.0, 1.0  # China: 450 Hz, 1 s on, 4 s off (ITU-T E.180 supplement 2)

_BEAT_S = _MUSIC_S / 48
_UP = 5  # semitones: the song is written in C and sounds in F, where the telephone carries more of it

# One bar each: the harp's chord, and the flute's notes as (MIDI number, beats); 0 is a rest.
_SONG: tuple[tuple[tuple[int, ...], tuple[tuple[int, float], ...]], ...] = (
    ((60, 64, 67, 72), ((76, 1.5), (74, 0.5), (72, 1), (69, 1))),
    ((57, 60, 64, 69), ((72, 3), (0, 1))),
    ((53, 57, 60, 65), ((69, 1.5), (72, 0.5), (74, 1), (72, 1))),
    ((55, 59, 62, 67), ((74, 3), (0, 1))),
    ((60, 64, 67, 72), ((79, 1.5), (76, 0.5), (74, 1), (72, 1))),
    ((57, 60, 64, 69), ((76, 2), (74, 1), (72, 1))),
    ((50, 57, 62, 65), ((69, 1), (72, 1), (74, 1), (76, 1))),
    ((55, 59, 62, 67), ((74, 3), (0, 1))),
    ((53, 57, 60, 65), ((72, 1.5), (69, 0.5), (67, 1), (69, 1))),
    ((52, 59, 64, 67), ((67, 2), (64, 1), (67, 1))),
    ((50, 57, 62, 65), ((69, 1), (67, 1), (64, 1), (62, 1))),
    ((55, 60, 62, 67), ((67, 3), (0, 1))),
)


@frozen
class _Instrument:
    """How one instrument sounds; partials beyond the telephone's band are left out."""

    partials: tuple[float, ...]
    attack_s: float
    decay_s: float
    """Time in which a struck note falls to a third; 0: it holds until it is released."""
    release_s: float
    vibrato: float = 0.0
    """Depth of the vibrato, as a share of the frequency."""


_HARP = _Instrument((1.0, 0.5, 0.3, 0.18, 0.1, 0.06), 0.004, 0.45, 0.4)
_FLUTE = _Instrument((1.0, 0.28, 0.12, 0.04), 0.07, 0.0, 0.12, 0.004)
_STRINGS = _Instrument((0.7, 0.5, 0.4, 0.25, 0.15, 0.1), 0.5, 0.0, 0.6)
_BASS = _Instrument((0.5, 1.0, 0.7, 0.4, 0.2), 0.01, 0.5, 0.2)


@lru_cache(maxsize=256)
def _note(instrument: _Instrument, key: int, length_s: float) -> tuple[float, ...]:
    """One note of an instrument, MIDI number `key`, held for `length_s` and then released."""
    pitch = 440.0 * 2 ** ((key + _UP - 69) / 12)
    partials = [(n, amplitude) for n, amplitude in enumerate(instrument.partials, 1) if pitch * n < 3500]
    made = []
    phase = 0.0
    for number in range(round((length_s + instrument.release_s) * RATE)):
        at = number / RATE
        loud = min(1.0, at / instrument.attack_s)
        if instrument.decay_s:
            loud *= math.exp(-at / instrument.decay_s)
        if at > length_s:
            loud *= max(0.0, 1 - (at - length_s) / instrument.release_s) ** 2
        sway = 1 + instrument.vibrato * min(1.0, at) * math.sin(2 * math.pi * 5 * at)
        phase += 2 * math.pi * pitch * sway / RATE
        made.append(loud * sum(amplitude * math.sin(n * phase) for n, amplitude in partials))
    return tuple(made)


def _score() -> Iterator[tuple[float, float, tuple[float, ...]]]:
    """Every note: when it begins, how loud it is, and its sound."""
    for bar, (chord, melody) in enumerate(_SONG):
        start = bar * 4 * _BEAT_S
        yield start, 0.35, _note(_BASS, chord[0] - 12, 2 * _BEAT_S)
        yield start + 2 * _BEAT_S, 0.25, _note(_BASS, chord[0] - 12, 2 * _BEAT_S)
        for key in chord[1:]:
            yield start, 0.05, _note(_STRINGS, key, 4 * _BEAT_S)
        for step, part in enumerate((0, 1, 2, 3, 2, 3, 1, 2)):
            yield start + step * _BEAT_S / 2, 0.22, _note(_HARP, chord[part] + 12 * (part == 0), _BEAT_S / 2)
        at = start
        for key, beats in melody:
            if key:
                yield at, 0.3, _note(_FLUTE, key, beats * _BEAT_S - 0.05)
            at += beats * _BEAT_S


def wait_music() -> bytes:
    """The music as a WAV file; played in a loop it goes on without a seam."""
    loop = [0.0] * round(_MUSIC_S * RATE)
    for at, loud, sound in _score():
        first = round(at * RATE)
        for number, sample in enumerate(sound, first):
            loop[number % len(loop)] += loud * sample
    echo = round(1.5 * _BEAT_S * RATE)
    wet = [sample + 0.22 * loop[number - echo] for number, sample in enumerate(loop)]
    return to_wav(scaled(wet, _MUSIC_DBM0 - rms_dbm0(wet)))


def beep() -> bytes:
    """The tone after which a message is recorded: 1000 Hz, which no key of a telephone contains."""
    return to_wav(_tone(_BEEP_HZ, _BEEP_S))


def ringback() -> bytes:
    """What is heard while a phone rings, as the networks of China have it; played in a loop it goes on with its own cadence."""
    tone = _tone(_RINGBACK_HZ, _RINGBACK_ON_S)
    return to_wav([*tone, *[0.0] * (round(SOUNDS_S["ringback"] * RATE) - len(tone))])


def _tone(hertz: float, length_s: float) -> list[float]:
    """A sine at the level of tones that begins and ends softly."""
    length = round(length_s * RATE)
    ramp = RATE // 100
    tone = [math.sin(2 * math.pi * hertz * number / RATE) * min(1.0, number / ramp, (length - number) / ramp) for number in range(length)]
    return scaled(tone, _TONE_DBM0 - rms_dbm0(tone))
