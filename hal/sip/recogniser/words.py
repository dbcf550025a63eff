"""Says which of some words an utterance was, and how sure that is: pocketsphinx with a grammar of just these words.

Telephone sound has nothing above 4 kHz, and the models are made of sound that has. So it is brought to their 16 kHz with a little noise
where there is nothing, and the mean of the features is that of telephone speech, known beforehand: one word is too short to measure it.
The confidence compares the words with any sounds at all: how much worse the sound fits to them than to a free row of phonemes.
"""

import math
from array import array
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pocketsphinx

from hal.sip.settings import BUNDLED

__all__ = ["Model", "NoModel", "UnknownWord", "at_16_khz"]

_MEANS = "51.8887,-1.86859,-7.89786,10.7407,-10.2324,-5.10387,-3.50962,-8.25917,-3.54581,-2.82831,-0.624642,-3.52187,0.68083"
"""Of the features of telephone speech, for the English model: of words in several voices, through the same steps as here."""
_NOISE = 60.0
_WORD, _ONE_MORE_WORD = 0.65, 1e-3
"""What each word of an answer costs: pocketsphinx's own, and that of a row, where breath around a digit is else heard as further digits."""
_HALF, _STEEP = -75.0, 12.0
"""Where the confidence is one half, in thousandths of the score of a frame, and how fast it rises there; measured, see decision 0014."""
_COVERED, _UNCOVERED = 0.95, 300.0
"""So much of what sounds like speech must be in the words; what is missing makes the score so much worse."""
_OFTEN_SAID: tuple[str, ...] = (
    "hello", "good morning", "good afternoon", "excuse me", "sorry", "pardon", "thank you", "okay", "all right", "what was that",
    "i don't know", "wait a moment", "hold on", "hang on", "one moment", "can you hear me", "who is this", "is anybody there",
    "say that again", "never mind", "come on", "oh my god",
)  # fmt: skip
"""What callers say that is no answer: understood besides the words of a menu, so that it is not taken for the nearest of them."""
_MOST_GRAMMARS = 200
_BEGIN_WITH: Mapping[str, tuple[bytes, ...]] = {
    "model/mdef": (b"BMDF", b"FDMB", b"0.3", b"#"),
    "model/means": (b"s3",),
    "model/variances": (b"s3",),
    "model/transition_matrices": (b"s3",),
    "words.dict": (),
    "phones.lm.bin": (b"Trie Language Model", b"Darpa Trigram LM", b"\\data\\"),
}
"""The files of a model, and what they begin with: pocketsphinx ends the process over some others, and passes over others in silence."""
_TAPS = 6


class NoModel(Exception):
    """A folder is none of a model."""


class UnknownWord(ValueError):
    """The model's dictionary does not have a word."""


def _taps() -> tuple[float, ...]:
    """Half of a low pass for the samples in between: a sinc under a Hamming window."""
    raw = [
        math.sin(math.pi * (k + 0.5)) / (math.pi * (k + 0.5)) * (0.54 + 0.46 * math.cos(math.pi * (k + 0.5) / _TAPS)) for k in range(_TAPS)
    ]
    return tuple(tap / (2 * sum(raw)) for tap in raw)


_A, _B, _C, _D, _E, _F = _taps()
_draws = Random(1)
_HISS = array("h", [round(_draws.gauss(0, _NOISE)) for _ in range(32_000)])


def at_16_khz(samples: "array[int]") -> "array[int]":
    """The same sound at twice the rate, with noise added."""
    count = len(samples)
    padded = array("h", bytes(2 * _TAPS)) + samples + array("h", bytes(2 * _TAPS))
    around = zip(*(padded[_TAPS + k : _TAPS + k + count] for k in range(1 - _TAPS, _TAPS + 1)), strict=True)
    between = (
        _A * (f + g) + _B * (e + h) + _C * (d + i) + _D * (c + j) + _E * (b + k) + _F * (a + m)
        for a, b, c, d, e, f, g, h, i, j, k, m in around
    )
    made: array[int] = array("h", bytes(4 * count))
    hiss = _HISS * (2 * count // len(_HISS) + 1)
    made[0::2] = array("h", [_within(each + noise) for each, noise in zip(samples, hiss[0::2], strict=False)])
    made[1::2] = array("h", [_within(int(each) + noise) for each, noise in zip(between, hiss[1::2], strict=False)])
    return made


def _within(sample: int) -> int:
    return -32768 if sample < -32768 else min(sample, 32767)


def _look_at(folder: Path) -> None:
    """Raise NoModel unless the files of a model are there, and look like it."""
    for name, marks in _BEGIN_WITH.items():
        try:
            begins = (folder / name).read_bytes()[:32]
        except OSError as error:
            raise NoModel(f"'{folder / name}' cannot be read: {error.strerror}") from None
        if marks and not begins.startswith(marks):
            raise NoModel(f"'{folder / name}' is no such file of a speech model")


class Model:
    """The words of one language."""

    def __init__(self, folder: str) -> None:
        """Load `BUNDLED`, or a folder with an acoustic model `model/`, its `words.dict` and, for the confidence, its `phones.lm.bin`.

        Raises:
            NoModel: there is none that can be used.

        """
        plain = {"lm": None, "cmn": "live", "fwdflat": False, "bestpath": False, "loglevel": "FATAL"}
        if folder == BUNDLED:
            self._decoder, self._means, self._besides = pocketsphinx.Decoder(**plain), _MEANS, _OFTEN_SAID
            phones = Path(pocketsphinx.get_model_path("en-us/en-us-phone.lm.bin"))
        else:
            phones = Path(folder) / "phones.lm.bin"
            _look_at(Path(folder))
            try:
                self._decoder = pocketsphinx.Decoder(hmm=str(Path(folder) / "model"), dict=str(Path(folder) / "words.dict"), **plain)
            except RuntimeError as error:
                raise NoModel(f"'{folder}' has no acoustic model in model/ that goes with its words.dict: {error}") from None
            self._means, self._besides = self._decoder.get_cmn(False), ()
        self._decoder.add_allphone_file("phones", str(phones))
        self._grammars: dict[str, str] = {}
        """Text -> name, oldest first."""
        self._made = 0

    def check(self, words: Mapping[str, tuple[str, ...]]) -> None:
        """Raise UnknownWord for the first word that this model can never hear."""
        for named in words.values():
            for phrase in named:
                self._parts(phrase)

    def _parts(self, phrase: str) -> tuple[str, ...]:
        """A phrase in words of the dictionary; what is written without spaces is cut where the longest of its words end."""
        parts: list[str] = []
        for word in phrase.lower().split():
            rest = word
            while rest:
                ends = range(len(rest), 0, -1) if not rest.isascii() else (len(rest),)
                end = next((end for end in ends if self._decoder.lookup_word(rest[:end]) is not None), 0)
                if not end:
                    raise UnknownWord(f"the speech model does not know the word '{word}'")
                parts.append(rest[:end])
                rest = rest[end:]
        return tuple(parts)

    def understand(self, samples: "array[int]", words: Mapping[str, tuple[str, ...]], most: int) -> tuple[str, float]:
        """What the utterance, at 8 kHz, means by these words, and the confidence from 0 to 1; an empty meaning: none of them."""
        sound = at_16_khz(samples).tobytes()
        heard = self._decoded(self._grammar(words, most), sound)
        said = [word for word, _, _ in heard if _is_speech(word)]
        meant = _meanings({self._parts(phrase): key for key, named in words.items() for phrase in named}, said, most)
        if not meant:
            return "", 0.0
        free = self._decoded("phones", sound)
        frames = sum(length for word, _, length in heard if _is_speech(word))
        spoken = sum(length for phone, _, length in free if _is_speech(phone))
        fits = 1000.0 * (sum(score for _, score, _ in heard) - sum(score for _, score, _ in free)) / frames
        fits -= _UNCOVERED * max(0.0, _COVERED - frames / max(spoken, 1))
        return "".join(meant), 1.0 / (1.0 + math.exp(min(50.0, (_HALF - fits) / _STEEP)))

    def _grammar(self, words: Mapping[str, tuple[str, ...]], most: int) -> str:
        phrases = " | ".join(dict.fromkeys(" ".join(self._parts(phrase)) for named in words.values() for phrase in named))
        theirs = set(phrases.replace(" | ", " ").split())
        besides = "".join(f" | {phrase}" for phrase in self._besides if most == 1 and theirs.isdisjoint(phrase.split()))
        row = " [".join(["<one>"] * most) + "]" * (most - 1)  # a row with one too many would count for nothing
        text = f"#JSGF V1.0;\ngrammar words;\n<one> = {phrases};\npublic <said> = {row}{besides};\n"
        if text not in self._grammars:
            if len(self._grammars) >= _MOST_GRAMMARS:
                self._decoder.activate_search("phones")  # what is in use must not be removed
                self._decoder.remove_search(self._grammars.pop(next(iter(self._grammars))))
            self._made += 1
            self._grammars[text] = name = f"words {self._made}"
            self._decoder.config["wip"] = _WORD if most == 1 else _ONE_MORE_WORD
            self._decoder.add_jsgf_string(name, text)
        return self._grammars[text]

    def _decoded(self, search: str, sound: bytes) -> list[tuple[str, float, int]]:
        """Words or phonemes with their scores and numbers of frames."""
        decoder = self._decoder
        decoder.activate_search(search)
        decoder.set_cmn(self._means)
        decoder.start_utt()
        decoder.process_raw(sound)
        decoder.end_utt()
        if decoder.hyp() is None:
            return []
        return [
            (segment.word.partition("(")[0] or segment.word, segment.ascore, segment.end_frame - segment.start_frame + 1)
            for segment in decoder.seg()
        ]


def _is_speech(segment: str) -> bool:
    """Whether a segment is a word or phoneme, not silence or noise."""
    return segment[0] not in "<[(+" and segment != "SIL"


def _meanings(phrases: Mapping[tuple[str, ...], str], said: list[str], most: int) -> list[str] | None:
    """The meanings of words in a row, at most so many; None: they are no such row."""
    if not said:
        return []
    for phrase, meaning in phrases.items() if most else ():
        if tuple(said[: len(phrase)]) == phrase and (rest := _meanings(phrases, said[len(phrase) :], most - 1)) is not None:
            return [meaning, *rest]
    return None
