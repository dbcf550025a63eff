"""Text to speech with espeak-ng: robotic, small, always there.

What the voices are, and why:

- Mandarin is given to espeak-ng as pinyin, to its voice `cmn-latn-pinyin`. Its voice `cmn` must not be used: in version 1.51, the one of
  Debian 12, it reads 好 as the English words "hao three" (espeak-ng issue 1236). Readings come from pypinyin, which knows words
  (银行 yin2 hang2, 重新 chong2 xin1); espeak-ng knows single characters only, and reads them when pypinyin is not installed.
- The variant `f2` is the one whose words survive a telephone channel best: of 62 English phrases at 8 kHz pocketsphinx took 14 wrong,
  52 with the plain voice (15 to 61 with twenty other variants).
- Mandarin is spoken with `range="200%"`: tones then span 8.6 semitones instead of 3, close to what people do.
"""

import html
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise

from attrs import frozen

from appliance.prompts.sound import at_level, parse_wav, resampled, tight, to_wav, trimmed

__all__ = ["PART_VOICES", "READER", "RECIPE", "VOICES", "SpeechError", "Voice", "part_sound", "pinyin", "spoken_digits", "to_speech"]

RECIPE = 2
"""Raised whenever the same text would sound different, so that cached speech is made again."""


READER = "pinyin" if find_spec("pypinyin") else "characters"
"""Who reads Mandarin here; speech made by another reader is made again."""


class SpeechError(Exception):
    """Speech cannot be made; the message says why and what to do."""


@frozen
class Voice:
    """How a language is spoken."""

    name: str
    """espeak-ng's name of the voice and its variant."""
    words_per_minute: int
    pitch: int
    """0 to 99."""
    range: str
    """Movement of the pitch, as SSML's `prosody` knows it."""


VOICES: Mapping[str, Voice] = {
    "zh": Voice("cmn-latn-pinyin+f2", 170, 50, "200%"),
    "en": Voice("en-us+f2", 150, 50, "100%"),
}

PART_VOICES: Mapping[str, Voice] = {"zh": VOICES["zh"], "en": Voice("en-us+f2", 180, 50, "50%")}
"""How a part of a sentence is spoken. An English word by itself is drawn out and falls at its end by eight semitones: with this it falls by
four, and an assembled sentence takes as long as a whole one, figures one by one a quarter longer."""

_DIGITS = {"zh": "零幺二三四五六七八九", "en": "0123456789"}
_SMALL = "零一二三四五六七八九"
_PAUSES = str.maketrans("、；：（）《》“”—….,;:", "，，，，，    ，。。，，，")
_FIGURES = set("〇零幺一二三四五六七八九")
_COUNTED_BEFORE = _FIGURES | set("十第周初")
_COUNTED_AFTER = _FIGURES | set("月日号十")


def spoken_digits(text: str, language: str) -> str:
    """Figures as they are read out: three and more digits one by one, as numbers of telephones and services are (幺 for 1)."""

    def said(match: re.Match[str]) -> str:
        figures = match[0]
        if len(figures) > 2:
            return (" " if language == "en" else "").join(_DIGITS[language][int(figure)] for figure in figures)
        if language != "zh":
            return figures
        tens, ones = divmod(int(figures), 10)
        return ((_SMALL[tens] if tens > 1 else "") + "十" if tens else "") + (_SMALL[ones] if ones or not tens else "")

    if language == "zh":
        text = re.sub(r"(?<=[0-9])\.(?=[0-9])", "点", text)
    return re.sub(r"[0-9]+", said, text)


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


def to_speech(text: str, language: str, *, part: bool = False) -> bytes:
    """The text as a WAV file (8 kHz, 16 bit, one channel, -19 dBm0); a part of a sentence has no silence around it.

    Raises:
        SpeechError: espeak-ng is not there or fails, or there is no voice for the language.

    """
    if language not in VOICES:
        raise SpeechError(f"there is no voice for '{language}'; there are: {', '.join(VOICES)}")
    voice = PART_VOICES[language] if part else VOICES[language]
    words = spoken_digits(text, language)
    if language == "zh" and READER == "pinyin":
        words = pinyin(words)
    asked = f'<speak><prosody range="{voice.range}">{html.escape(words, quote=False)}</prosody></speak>'
    command = ["espeak-ng", "-v", voice.name, "-s", str(voice.words_per_minute), "-p", str(voice.pitch), "-b", "1", "-m", "--stdout"]
    try:
        done = subprocess.run(command, input=asked.encode(), capture_output=True, timeout=60, check=True)
        rate, samples = parse_wav(done.stdout)
    except FileNotFoundError:
        raise SpeechError("espeak-ng is not installed; install it with: apt-get install espeak-ng") from None
    except subprocess.CalledProcessError as error:
        raise SpeechError(f"espeak-ng failed: {error.stderr.decode(errors='replace').strip()[:200]}") from None
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise SpeechError(f"espeak-ng gave no speech for '{text}': {error}") from None
    heard = resampled(samples, rate)
    spoken = part_sound(heard, text) if part else at_level(trimmed(heard))
    if not spoken:
        raise SpeechError(f"there is nothing to say in '{text}'")
    return to_wav(spoken)
