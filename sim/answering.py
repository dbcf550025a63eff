"""What callers do where a call flow asks them something: they recognise the question, and key what the scenario says, or something else.

A question is `FLOW.NODE`, or `FLOW.NODE.confirm` where an answer is to be confirmed. What is said besides, is listened to.
"""

import re
from collections.abc import Callable, Mapping
from itertools import accumulate

__all__ = ["ANSWER", "QUESTION", "chosen", "keyed", "question_of", "slipped"]

QUESTION = r"[A-Za-z0-9][A-Za-z0-9_-]*\.[^\W\d]\w*(\.confirm)?"
ANSWER = r"([0-9*#]|\{caller\})+|silence|hang up"
_ASKED = re.compile(r"(?P<question>[^.]+\.[^.]+)(\.(say|yes_no|record|ask(?P<confirm>\.confirm)?)(\.1)?)?")


def question_of(piece: str) -> str:
    """The question that begins with this piece of speech; empty: it is none, or not its beginning."""
    found = _ASKED.fullmatch(piece)
    return "" if found is None else f"{found['question']}{found['confirm'] or ''}"


def chosen(answers: Mapping[str, float], chance: float) -> str:
    """The answer that falls to this caller; `chance` is from 0 to below 1."""
    return next((answer for answer, share in zip(answers, accumulate(answers.values()), strict=True) if chance < share), [*answers][-1])


def slipped(keys: str, wrong: Callable[[int], float], wrong_key: float, mistyped: float) -> str:
    """The keys as they are really pressed; `wrong(n)` is the draw of the n-th. Who mistakes a key presses one beside it."""
    share = wrong_key if len(keys) == 1 else mistyped
    if not share:
        return keys
    return "".join(_beside(key, draw / share) if (draw := wrong(n)) < share else key for n, key in enumerate(keys))


def _beside(key: str, chance: float) -> str:
    """Another key: one of those around it."""
    around = _AROUND[key]
    return around[int(chance * len(around))]


_ROWS = ("123", "456", "789", "*0#")
_PLACES = {key: (row, column) for row, keys in enumerate(_ROWS) for column, key in enumerate(keys)}
_AROUND = {
    key: "".join(other for other, (y, x) in _PLACES.items() if abs(y - row) + abs(x - column) == 1)
    for key, (row, column) in _PLACES.items()
}


def keyed(answer: str, caller: str) -> str:
    """The keys of an answer that has some."""
    return "" if answer in ("silence", "hang up") else answer.replace("{caller}", caller)
