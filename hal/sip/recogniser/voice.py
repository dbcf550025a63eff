"""Cuts what somebody says out of the sound of his line.

             several windows of speech                     a pause, or too long
    QUIET ───────────────────────────▶ SPEAKING ────────────────────────────────▶ QUIET, with an utterance

Whether a window of sound is speech is judged by a function that is given: Silero's network in earnest.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator

__all__ = ["BEGAN", "WINDOW", "Began", "Voice"]

WINDOW = 256
"""Samples of one judgement: 32 ms at 8 kHz."""
_PER_S = 8000 / WINDOW
_SPEECH, _QUIET = 0.4, 0.35
"""From this judgement on a window is speech, and below that one it is none; what lies between belongs to what was before."""
_BEGIN = 4
"""So many windows of speech among the last six begin an utterance: 128 ms, which no click and no key lasts."""
_AMONG = 6
_BEFORE = 10
"""Windows before the beginning that belong to it: soft consonants."""


class Began:
    """Somebody has begun to speak."""


BEGAN = Began()


class Voice:
    """One listening's sound."""

    def __init__(self, speech: Callable[["array[int]"], float], pause_s: float, longest_s: float) -> None:
        """`speech`: how probably a window is speech; an utterance ends with such a pause, or when it is as long as that."""
        self._speech = speech
        self._pause, self._longest = round(pause_s * _PER_S), round(longest_s * _PER_S)
        self._rest: array[int] = array("h")
        self._recent: deque[tuple[array[int], bool]] = deque(maxlen=_BEFORE + _AMONG)
        self._utterance: list[array[int]] = []
        """Windows of what is being said; empty: nothing is."""
        self._silent = 0

    def feed(self, samples: "array[int]") -> Iterator["Began | array[int]"]:
        """Take more sound in; `BEGAN` and then the sound of each utterance, as they come."""
        sound = self._rest + samples
        whole = len(sound) // WINDOW * WINDOW
        self._rest = sound[whole:]
        for at in range(0, whole, WINDOW):
            window = sound[at : at + WINDOW]
            likely = self._speech(window)
            if self._utterance:
                if (utterance := self._goes_on(window, likely)) is not None:
                    yield utterance
            elif self._begins(window, likely):
                yield BEGAN

    def _begins(self, window: "array[int]", likely: float) -> bool:
        self._recent.append((window, likely >= _SPEECH))
        if sum(speech for _, speech in list(self._recent)[-_AMONG:]) < _BEGIN:
            return False
        self._utterance = [each for each, _ in self._recent]
        self._recent.clear()
        self._silent = 0
        return True

    def _goes_on(self, window: "array[int]", likely: float) -> "array[int] | None":
        self._utterance.append(window)
        self._silent = self._silent + 1 if likely < (_QUIET if not self._silent else _SPEECH) else 0
        if self._silent < self._pause and len(self._utterance) < self._longest:
            return None
        whole: array[int] = array("h")
        for each in self._utterance:
            whole += each
        self._utterance = []
        return whole
