"""Texts with a meaning that only site files use: where a call goes, when it leaves a queue, what is asked of an agent."""

import re
from typing import ClassVar

from attrs import frozen

from appliance.config import Duration, Wrong, nearest, text_type
from appliance.core.plan import Choice, Treatment
from appliance.core.queues.skills import Needs
from hal.api import Cause

__all__ = ["AGENT", "AT_ONCE", "NAME", "NAME_EXPECTS", "OUTSIDE", "OUTSIDE_EXPECTS", "Key", "When"]

NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*"
NAME_EXPECTS = "a name of letters, digits, '-' and '_'"
AGENT = r"[0-9]{2,8}"
OUTSIDE = r"\+?[0-9*#]{1,20}"
OUTSIDE_EXPECTS = "a number of at most 20 digits, as it is dialled"

_ALONE = ("voicemail", "callback", "release")
_NAMED = {"queue": NAME, "flow": NAME, "agent": AGENT, "station": NAME, "number": OUTSIDE, "announcement": NAME}
_WRITTEN = {"agent": "NUMBER", "number": "DIGITS", "announcement": "PROMPT"}
_DESTINATION = (
    ", ".join(f"'{verb}:{_WRITTEN.get(verb, 'NAME')}'" for verb in _NAMED) + f", {', '.join(map(repr, _ALONE[:-1]))} or '{_ALONE[-1]}'"
)


def destination(text: str) -> Choice:
    """Where a call goes: `queue:consult`, `agent:1001`, `number:+8657112345`, `voicemail` ... ValueError: it is none of these."""
    verb, colon, name = text.partition(":")
    if text in _ALONE or (verb in _NAMED and re.fullmatch(_NAMED[verb], name)):
        return Choice(verb, name)
    if verb in _ALONE and colon:
        raise ValueError(f"'{text}': {verb} takes no name; write '{verb}'")
    close = nearest(verb, (*_NAMED, *_ALONE))
    if verb not in _NAMED and close.startswith("did"):
        raise Wrong(f"'{text}' is not a destination", close.replace("'?", f"{colon}{name}'?"))
    raise ValueError(f"'{text}' is not a destination; it is {_DESTINATION}")


text_type(
    Choice,
    destination,
    f"a destination: {_DESTINATION}",
    pattern="|".join([*_ALONE, *(f"{verb}:{pattern}" for verb, pattern in _NAMED.items())]),
)
text_type(Needs, Needs.parse, "skills such as 'zh >= 50 and not trainee'")


_CAUSES = {cause.name.lower().replace("_", "-"): cause for cause in Cause}
_TREATMENT = "'accept', 'flag', 'reject', 'reject CAUSE' such as 'reject user-busy', or a destination such as 'announcement:PROMPT'"


def treatment(text: str) -> Treatment:
    """What is done with a call. ValueError: it is nothing of the kind."""
    if text in ("accept", "flag", "reject"):
        return Treatment(text)
    if text.startswith("reject "):
        cause = text.removeprefix("reject ").strip()
        if cause not in _CAUSES:
            raise Wrong(f"'{cause}' is no cause", nearest(cause, _CAUSES))
        return Treatment("reject", _CAUSES[cause])
    try:
        return Treatment("send", to=destination(text))
    except ValueError:
        raise ValueError(f"'{text}' is not {_TREATMENT}") from None


text_type(Treatment, treatment, f"what is done with a call: {_TREATMENT}")


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


_STATES = ("nobody logged in", "all not ready")
_WAITS = ("wait", "expected wait")
AT_ONCE = (*_STATES, "expected wait", "length", "inside", "outside")
"""What can keep a contact from waiting at all."""


@frozen
class When:
    """When a contact leaves a queue unserved.

    `nobody logged in`, `all not ready`; `wait > 90` (seconds) or `wait > 2 min`, `expected wait > 5 min`; `length >= 10`, when so many wait
    already; `outside office`, `inside office`, of these hours.
    """

    expects: ClassVar[str] = (
        "one of 'nobody logged in', 'all not ready', 'wait > 90' (seconds) or 'wait > 2 min', 'expected wait > 5 min', 'length >= 10', "
        "'outside HOURS', 'inside HOURS'"
    )
    pattern: ClassVar[str] = (
        rf"{'|'.join(_STATES)}|(expected )?wait\s*>\s*(\d+(\.\d+)?|{Duration.pattern})|length\s*>=\s*[1-9]\d*|(in|out)side\s+{NAME}"
    )

    what: str
    """As `appliance.core.plan.Overflow` knows it."""
    after_s: float = 0.0
    limit: int = 0
    hours: str = ""

    @classmethod
    def parse(cls, text: str) -> "When":
        """Read it; ValueError when it is none of them."""
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f"'{text}' is not {cls.expects}")
        if text in _STATES:
            return cls(text)
        if text.startswith(("inside", "outside")):
            what, hours = text.split()
            return cls(what, hours=hours)
        what, _, limit = (part.strip() for part in text.partition(">"))
        if what == "length":
            return cls(what, limit=int(limit.lstrip("= ")))
        after_s = float(limit) if re.fullmatch(r"[\d.]+", limit) else float(Duration.parse(limit))
        if after_s < 1:
            raise ValueError(f"'{text}': the shortest wait is 1 s")
        return cls(what, after_s=after_s)

    def __str__(self) -> str:
        """As it is written."""
        if self.what in _WAITS:
            return f"{self.what} > {self.after_s:g}"
        return f"length >= {self.limit}" if self.what == "length" else f"{self.what} {self.hours}".rstrip()

    def spares(self, later: "When") -> bool:
        """Whether a rule that comes after this one never has anything to do."""
        if self.what != later.what:
            return False
        if self.what in ("expected wait", "length"):  # the larger one first is a sensible order
            return (self.after_s, self.limit) <= (later.after_s, later.limit)
        return self.hours == later.hours
