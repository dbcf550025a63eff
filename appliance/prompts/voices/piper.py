"""Piper: neural voices, one file for each, that a small machine speaks four times as fast as people do.

With the Python package (`pip install hotline[piper]`) a voice is loaded once, in about a second, and stays in memory. With the program
`piper` alone each text loads it again, which is too slow for texts that are known only when they are said.
"""

import shutil
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from appliance.config import Wrong, replaced, setting, table
from appliance.prompts.sound import parse_wav
from appliance.prompts.speech import SpeechError
from appliance.prompts.voices.command import output_of
from appliance.prompts.voices.files import beside, stamp
from appliance.prompts.voices.onnx import session

__all__ = ["Piper"]

_ONE = threading.RLock()
"""Piper's reader (espeak-ng as a library) takes one text at a time."""
_LIMIT_S = 60.0


@table
class Piper:
    """A voice of Piper."""

    model: str = setting(
        pattern=r".*\S.*", expects="a file", doc="File of the voice beside the site file, `NAME.onnx`; with `NAME.onnx.json`."
    )
    speaker: int | None = setting(default=None, ge=0, doc="Number of the speaker, for a voice that has several.")
    speed: float = setting(default=1.0, ge=0.5, le=2.0, doc="How fast it speaks; 1: as its speaker did.")

    @property
    def inside(self) -> bool:
        """See `Voice`."""
        return find_spec("piper") is not None

    def key(self, language: str, part: bool) -> str:  # noqa: ARG002 - a voice speaks one language, and in one manner
        """See `Voice`."""
        return f"{self.speaker} {self.speed}\n{stamp(*self._files)}"

    def sound(self, words: str, language: str, part: bool) -> tuple[int, Sequence[float]]:  # noqa: ARG002 - as above
        """See `Voice`."""
        if find_spec("piper"):
            return self._by_package(words)
        if (program := shutil.which("piper")) is None:
            raise SpeechError("piper is not installed; install it with: pip install hotline[piper]")
        command = [program, "--model", self.model, "--output_file", "-", "--length_scale", f"{1 / self.speed:.4f}"]
        command += [] if self.speaker is None else ["--speaker", str(self.speaker)]
        try:
            return parse_wav(output_of(command, " ".join(words.split()), _LIMIT_S))
        except ValueError as error:
            raise SpeechError(f"piper gave no speech for '{words}': {error}") from None

    def located(self, folder: Path) -> "Piper":
        """See `Voice`."""
        return replaced(self, model=beside(folder, self.model))

    def missing(self, language: str) -> Iterator[Wrong]:  # noqa: ARG002 - a voice does not say what it speaks
        """See `Voice`."""
        for file in self._files:
            if not Path(file).is_file():
                yield Wrong(f"there is no file {file}", "a voice of Piper is two files, NAME.onnx and NAME.onnx.json", ("model",))
        if not find_spec("piper") and shutil.which("piper") is None:
            yield Wrong("piper is not installed", "install it with: pip install hotline[piper]", ("provider",))

    @property
    def _files(self) -> tuple[str, str]:
        return self.model, f"{self.model}.json"

    def _by_package(self, words: str) -> tuple[int, Sequence[float]]:
        try:
            with _ONE:
                voice, settings = _loaded(self.model, stamp(*self._files)), _settings(self.speaker, self.speed)
                chunks = list(voice.synthesize(words, settings))
        except Exception as error:  # of its own, ONNX's and JSON's: whatever it is, there is no speech
            raise SpeechError(f"piper failed with {self.model}: {error!r:.200}; see whether the voice's two files are whole") from None
        if not chunks:
            raise SpeechError(f"piper gave no speech for '{words}'")
        return int(chunks[0].sample_rate), [float(sample) for chunk in chunks for sample in chunk.audio_float_array]


@lru_cache(maxsize=4)
def _loaded(model: str, _stamp: str) -> Any:
    from piper import PiperVoice

    voice = PiperVoice.load(model)
    voice.session = session(model)  # the one it has made cannot be told how to wait
    return voice


def _settings(speaker: int | None, speed: float) -> Any:
    from piper import SynthesisConfig

    return SynthesisConfig(speaker_id=speaker, length_scale=1 / speed)
