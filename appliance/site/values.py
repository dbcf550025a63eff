"""Texts with a meaning that only site files use: where a call goes, and when it leaves a queue."""

import re
from typing import ClassVar

from attrs import frozen

from appliance.config import Duration, text_type
from appliance.core.plan import Choice

__all__ = ["NAME", "NAME_EXPECTS", "NOBODY", "Key", "When"]

NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*"
NAME_EXPECTS = "a name of letters, digits, '-' and '_'"
NOBODY = "nobody logged in"

_ALONE = ("voicemail", "release")
_NAMED = ("queue", "flow")
_DESTINATION = "'queue:NAME', 'flow:NAME', 'voicemail' or 'release'"


def destination(text: str) -> Choice:
    """Where a call goes: `queue:consult`, `flow:hotline`, `voicemail`, `release`. ValueError: it is none of these."""
    verb, colon, name = text.partition(":")
    if text in _ALONE or (verb in _NAMED and re.fullmatch(NAME, name)):
        return Choice(verb, name)
    if verb in _ALONE and colon:
        raise ValueError(f"'{text}': {verb} takes no name; write '{verb}'")
    raise ValueError(f"'{text}' is not a destination; it is {_DESTINATION}")


text_type(Choice, destination, f"a destination: {_DESTINATION}", pattern=rf"{'|'.join(_ALONE)}|({'|'.join(_NAMED)}):{NAME}")


@frozen
class Key:
    """A key of the telephone: `0` to `9`, `*`, `#`."""

    expects: ClassVar[str] = 'a key of the telephone: 0 to 9, "*" or "#"'
    pattern: ClassVar[str] = r"[0-9*#]"

    key: str

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Take one key; ValueError when it is none, or more."""
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f"'{text}' is not {cls.expects}")
        return cls(text)

    def __str__(self) -> str:
        """As it is written."""
        return self.key


@frozen
class When:
    """When a contact leaves a queue unserved: `nobody logged in`, `wait > 90` (seconds) or `wait > 2 min`."""

    expects: ClassVar[str] = f"'{NOBODY}' or a wait such as 'wait > 90' (seconds) or 'wait > 2 min'"
    pattern: ClassVar[str] = rf"{NOBODY}|wait\s*>\s*(\d+(\.\d+)?|{Duration.pattern})"

    what: str
    """`nobody logged in` or `wait`, as `appliance.core.plan.Overflow` knows them."""
    after_s: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "When":
        """Read it; ValueError when it is neither."""
        if text == NOBODY:
            return cls(NOBODY)
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f"'{text}' is not {cls.expects}")
        limit = text.partition(">")[2].strip()
        return cls("wait", float(limit) if re.fullmatch(r"[\d.]+", limit) else float(Duration.parse(limit)))

    def __str__(self) -> str:
        """As it is written."""
        return NOBODY if self.what == NOBODY else f"wait > {self.after_s:g}"
