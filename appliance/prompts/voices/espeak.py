"""espeak-ng: robotic, small, always there.

What the voices are, and why:

- Mandarin is given to espeak-ng as pinyin, to its voice `cmn-latn-pinyin`. Its voice `cmn` must not be used: in version 1.51, the one of
  Debian 12, it reads 好 as the English words "hao three" (espeak-ng issue 1236). espeak-ng knows single characters only, and reads them
  when pypinyin is not installed.
- The variant `f2` is the one whose words survive a telephone channel best: of 62 English phrases at 8 kHz pocketsphinx took 14 wrong,
  52 with the plain voice (15 to 61 with twenty other variants).
- Mandarin is spoken with `range="200%"`: tones then span 8.6 semitones instead of 3, close to what people do.
"""

import html
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from appliance.config import Wrong, nearest, setting, table
from appliance.prompts.sound import parse_wav
from appliance.prompts.speech import READER, SpeechError, pinyin

__all__ = ["PART_VOICES", "VOICES", "Espeak", "Manner"]

_INSTALL = "install it with: apt-get install espeak-ng"


@frozen
class Manner:
    """How a language is spoken."""

    name: str
    """espeak-ng's name of the voice and its variant."""
    words_per_minute: int
    pitch: int
    """0 to 99."""
    range: str
    """Movement of the pitch, as SSML's `prosody` knows it."""


VOICES: Mapping[str, Manner] = {
    "zh": Manner("cmn-latn-pinyin+f2", 170, 50, "200%"),
    "en": Manner("en-us+f2", 150, 50, "100%"),
}

PART_VOICES: Mapping[str, Manner] = {"zh": VOICES["zh"], "en": Manner("en-us+f2", 180, 50, "50%")}
"""How a part of a sentence is spoken. An English word by itself is drawn out and falls at its end by eight semitones: with this it falls by
four, and an assembled sentence takes as long as a whole one, figures one by one a quarter longer."""


@table
class Espeak:
    """The voice that is always there; without further keys it is the one the appliance's own prompts are tuned for."""

    voice: str = setting(
        default="",
        pattern=r"[A-Za-z][A-Za-z0-9-]*(\+[A-Za-z0-9_-]+)?|",
        expects="a voice of espeak-ng, with a variant behind a plus",
        doc="Name of the voice, as `en-gb+m3` (`espeak-ng --voices`, `--voices=variant`); without it the language's usual one.",
    )
    words_per_minute: int | None = setting(default=None, ge=80, le=450, doc="How fast it speaks; without it as fast as is usual.")
    pitch: int | None = setting(default=None, ge=0, le=99, doc="How high it speaks; without it 50.")

    @property
    def inside(self) -> bool:
        """See `Voice`."""
        return False

    def key(self, language: str, part: bool) -> str:
        """See `Voice`."""
        return f"{READER}\n{self._manner(language, part) if language in VOICES else None}"

    def sound(self, words: str, language: str, part: bool) -> tuple[int, Sequence[float]]:
        """See `Voice`."""
        manner = self._manner(language, part)
        if READER == "pinyin" and manner.name.startswith("cmn-latn-pinyin"):
            words = pinyin(words)
        asked = f'<speak><prosody range="{manner.range}">{html.escape(words, quote=False)}</prosody></speak>'
        command = ["espeak-ng", "-v", manner.name, "-s", str(manner.words_per_minute), "-p", str(manner.pitch), "-b", "1", "-m", "--stdout"]
        try:
            done = subprocess.run(command, input=asked.encode(), capture_output=True, timeout=60, check=True)
            return parse_wav(done.stdout)
        except FileNotFoundError:
            raise SpeechError(f"espeak-ng is not installed; {_INSTALL}") from None
        except subprocess.CalledProcessError as error:
            raise SpeechError(f"espeak-ng failed: {error.stderr.decode(errors='replace').strip()[:200]}") from None
        except (subprocess.TimeoutExpired, ValueError) as error:
            raise SpeechError(f"espeak-ng gave no speech for '{words}': {error}") from None

    def located(self, folder: Path) -> "Espeak":  # noqa: ARG002 - it has no files
        """See `Voice`."""
        return self

    def missing(self, language: str) -> Iterator[Wrong]:
        """See `Voice`."""
        voice, _, variant = self._manner(language, part=False).name.partition("+")
        try:
            if voice not in (names := _names("--voices")):  # it would take the nearest, without a word
                yield Wrong(f"espeak-ng has no voice '{voice}'", nearest(voice, names) or "it lists them: espeak-ng --voices", ("voice",))
            if variant and variant not in (names := _names("--voices=variant")):
                remedy = nearest(variant, names) or "it lists them: espeak-ng --voices=variant"
                yield Wrong(f"espeak-ng has no variant '{variant}'", remedy, ("voice",))
        except FileNotFoundError:
            yield Wrong("espeak-ng is not installed", _INSTALL)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            yield Wrong("espeak-ng does not answer", "try it: espeak-ng hello")

    def _manner(self, language: str, part: bool) -> Manner:
        usual = (PART_VOICES if part else VOICES)[language]
        return Manner(
            self.voice or usual.name,
            self.words_per_minute or usual.words_per_minute,
            usual.pitch if self.pitch is None else self.pitch,
            usual.range,
        )


def _names(option: str) -> list[str]:
    """What `-v` takes of one of espeak-ng's lists: columns language, age and gender, name, file."""
    listed = subprocess.run(["espeak-ng", option], capture_output=True, text=True, timeout=10, check=True).stdout
    rows = [row.split() for row in listed.splitlines()[1:]]
    return list(dict.fromkeys(name.removeprefix("!v/") for row in rows for name in (row[1], *row[3:5])))
