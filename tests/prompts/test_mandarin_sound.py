"""Mandarin prompts and numbers, looked at as waveforms: tones, length of syllables, level, holes.

There is no recogniser of Mandarin among what can be installed here: that the right syllable is heard nobody but the ear proves. Proved is
that syllables are read as they should be (`test_speech.py`), and that each sounds like one, in its tone.
"""

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.core.saying import vocabulary
from appliance.prompts import OWN_WORDS
from appliance.prompts.sound import RATE, parse_wav
from appliance.prompts.voices import to_speech

pytestmark = [pytest.mark.slow, pytest.mark.requirement("IVR-04")]

FRAME = RATE // 100
SILENT = 10 ** (-40 / 20)
"""40 dB below full scale, 15 dB below speech: nobody hears a voice there."""
PARTS = sorted(vocabulary("zh", ["money", "date", "digits"]) - {"，"})[::7]


def heard(text: str, *, part: bool = False) -> NDArray[np.float64]:
    return np.array(parse_wav(to_speech(text, "zh", part=part))[1])


def pitch(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Semitones above 100 Hz, of the 30 ms around each 10 ms that have a voice; the median of five in a row."""
    found = []
    size, lags = 3 * FRAME, slice(RATE // 450, RATE // 90)
    for at in range(0, len(sound) - size, FRAME):
        frame = sound[at : at + size] - sound[at : at + size].mean()
        if np.sqrt((frame**2).mean()) < 0.008:
            continue
        alike = np.correlate(frame, frame, "full")[size - 1 :] / (1 - 0.7 * np.arange(size) / size)
        lag = lags.start + int(alike[lags].argmax())
        if alike[lag] > 0.3 * alike[0]:
            found.append(12 * np.log2(RATE / lag / 100))
    return np.array([np.median(found[at : at + 5]) for at in range(len(found) - 4)])  # without single octaves


def longest_hole_s(sound: NDArray[np.float64]) -> float:
    """Of silence between the first and the last voice."""
    loud = np.abs(sound[: len(sound) // FRAME * FRAME]).reshape(-1, FRAME).max(axis=1) > SILENT
    at = np.nonzero(loud)[0]
    return float((np.diff(at).max(initial=1) - 1) * FRAME / RATE)


@pytest.mark.parametrize("syllables", ["妈麻马骂", "八拔把爸", "一移以意", "汤糖躺烫"])
def test_the_four_tones_are_four_contours(syllables: str) -> None:
    level, rising, low, falling = (pitch(heard(syllable, part=True)) for syllable in syllables)
    assert np.ptp(level[len(level) // 2 :]) < 1.5, "the first stays where it is"
    assert rising[-1] - rising[0] > 3, "the second rises"
    bottom = low[len(low) // 3 :].min()
    assert low[-1] - bottom > 1.5, "the third comes up again"
    assert np.median(low) < np.median(rising) - 1 < np.median(level) - 2, "from further below than the second"
    assert falling.max() - falling[-1] > 4, "the fourth falls"
    assert falling.max() > rising[0] + 3, "from high up"


@pytest.mark.parametrize("text", PARTS)
def test_a_number_takes_as_long_as_its_syllables_and_is_one_sound(text: str) -> None:
    sound = heard(text, part=True)
    syllables = len(re.findall(r"[\u4e00-\u9fff]", text))
    assert 0.13 < len(sound) / RATE / syllables < 0.45
    assert np.abs(sound).max() < 0.98, "it is not clipped"
    assert longest_hole_s(sound) < 0.1, "within words only the stop before a plosive is silent"
    assert len(pitch(sound)) > 5 * syllables, "each syllable has a voice"


@pytest.mark.parametrize("name", OWN_WORDS)
def test_a_prompt_pauses_at_its_marks_only(name: str) -> None:
    text = OWN_WORDS[name]["zh"]
    sound = heard(text)
    syllables = len(re.findall(r"[\u4e00-\u9fff]", text))
    marks = len(re.findall(r"[，。、](?=.)", text))
    assert 0.15 < (len(sound) / RATE - 0.25 * marks) / syllables < 0.36
    assert np.abs(sound).max() < 0.98, "it is not clipped"
    assert longest_hole_s(sound) < (0.45 if marks else 0.12)
