"""What a simulated line understands of what its far end says.

Not modelled: sound. Who says one of the words is heard at once and understood `understand_s` later, or with the chance `misheard` taken
for another of the words, with little confidence; what is none of the words is heard as speech that means nothing.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING

from hal.api import Listen, SpeechBegan, SpeechHeard, StopListening

if TYPE_CHECKING:
    from hal.simulated.backend import Schedule
    from hal.simulated.leg import SimulatedLeg

__all__ = ["Hearing"]

_SURE, _UNSURE = (0.8, 1.0), (0.2, 0.7)
"""Between what the confidence lies of a word that was understood, and of one that was misheard."""


class Hearing:
    """The listening of one line."""

    def __init__(self, schedule: "Schedule", understand_s: float, misheard: float, seed: int, emit: Callable[..., None]) -> None:
        """Made by the line."""
        self._schedule, self._understand_s, self._misheard, self._emit = schedule, understand_s, misheard, emit
        self._draws = Random(seed)

    def listen(self, command: Listen, leg: "SimulatedLeg | None") -> None:
        """Listen on the leg."""
        if leg is not None:
            leg.listening = command

    def stop(self, command: StopListening, leg: "SimulatedLeg | None") -> None:
        """Listen no more."""
        if leg is not None and leg.listening is not None and leg.listening.listening == command.listening:
            leg.listening = None

    def said(self, leg: "SimulatedLeg", text: str) -> None:
        """The far end says this."""
        listening = leg.listening
        if listening is None:
            return
        self._emit(SpeechBegan(listening.line, leg.id, listening.listening))
        meant, confidence = self._understood(listening, text)

        def heard() -> None:
            if leg.listening is listening:
                self._emit(SpeechHeard(listening.line, leg.id, listening.listening, meant, confidence))

        if self._understand_s > 0:
            self._schedule(self._understand_s, heard)
        else:
            heard()

    def _understood(self, listening: Listen, text: str) -> tuple[str, float]:
        meant = _meanings(listening.words, text, listening.most)
        if meant is None:
            return "", 0.0
        if self._misheard <= 0 or self._draws.random() >= self._misheard:
            return "".join(meant), self._draws.uniform(*_SURE)
        others = [meaning for meaning in listening.words if meaning != meant[0]]
        first = self._draws.choice(others) if others else meant[0]
        return "".join((first, *meant[1:])), self._draws.uniform(*_UNSURE)


def _meanings(words: Mapping[str, tuple[str, ...]], text: str, most: int) -> list[str] | None:
    """The meaning of each of the words that the text is made of, at most so many; None: there is something else in it."""
    if not text.strip():
        return []
    for meaning, named in words.items() if most else ():
        for word in named:
            if text.strip().startswith(word) and (rest := _meanings(words, text.strip()[len(word) :], most - 1)) is not None:
                return [meaning, *rest]
    return None
