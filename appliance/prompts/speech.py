"""How a text is read out whatever speaks it, and how what was spoken is brought to the telephone's level.

Readings of Mandarin come from pypinyin, which knows words (银行 yin2 hang2, 重新 chong2 xin1). What speaks is `appliance.prompts.voices`.
"""

import re
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise

from appliance.prompts.sound import at_level, resampled, tight, to_wav, trimmed

__all__ = ["READER", "RECIPE", "CannotReadError", "SpeechError", "finished", "part_sound", "pinyin"]

RECIPE = 3
"""Raised whenever the same text would sound different, so that cached speech is made again."""


READER = "pinyin" if find_spec("pypinyin") else "characters"
"""Who reads Mandarin here; speech made by another reader is made again."""


class SpeechError(Exception):
    """Speech cannot be made; the message says why and what to do."""


class CannotReadError(SpeechError):
    """A voice has no way to read this text; others may have one."""


_PAUSES = str.maketrans("、；：（）《》“”—….,;:", "，，，，，    ，。。，，，")
_FIGURES = set("〇零幺一二三四五六七八九")
_COUNTED_BEFORE = _FIGURES | set("十第周初")
_COUNTED_AFTER = _FIGURES | set("月日号十")


def pinyin(text: str) -> str:
    """Mandarin as syllables with tone numbers, `qing3 an4 yi1`; what is not Chinese stays as it is."""
    from pypinyin import Style, lazy_pinyin  # its dictionary takes a moment, and speech is rarely made

    pieces: list[str] = []
    for run in re.findall(r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+", text):
        if "\u4e00" <= run[0] <= "\u9fff":
            syllables = lazy_pinyin(run, style=Style.TONE3, neutral_tone_with_five=True)
            pieces += _sandhi(run, syllables) if len(syllables) == len(run) else syllables
        else:
            pieces.append(run.translate(_PAUSES).strip())
    return re.sub(r"\s*([，。？！]) *", r"\1 ", " ".join(pieces)).strip()


def _sandhi(characters: str, syllables: list[str]) -> list[str]:
    """The tones that 一 and 不 take from what follows them; the third tone is espeak-ng's own business."""
    made = list(syllables)
    for at, (character, after) in enumerate(pairwise(characters)):
        falls = syllables[at + 1].endswith(("4", "5"))
        if character == "不" and falls:
            made[at] = "bu2"
        elif character == "一":
            counted = (at and characters[at - 1] in _COUNTED_BEFORE) or after in _COUNTED_AFTER
            made[at] = "yi1" if counted else "yi2" if falls else "yi4"
    return made


def part_sound(samples: Sequence[float], text: str) -> list[float]:
    """A part of a sentence brought to speech level, without anything around it.

    espeak-ng breathes out for 0.1 s after a word, at -40 to -50 dBm0. Mandarin syllables end in a voice, far above that; the th of
    "seventh" is at -42.
    """
    ends_dbm0 = -35.0 if "\u4e00" <= text[-1] <= "\u9fff" else -45.0
    once = tight(at_level(trimmed(samples)), ends_dbm0)
    return tight(at_level(once), ends_dbm0)  # what was cut off counted in its level


def finished(samples: Sequence[float], rate: int, text: str, *, part: bool) -> bytes:
    """What a voice spoke as the WAV file that is played: 8 kHz, 16 bit, one channel, -19 dBm0, without silence around it.

    Raises:
        SpeechError: nothing can be heard in it.

    """
    heard = resampled(samples, rate)
    spoken = part_sound(heard, text) if part else at_level(trimmed(heard))
    if not any(spoken):
        raise SpeechError(f"there is nothing to say in '{text}'")
    return to_wav(spoken)
