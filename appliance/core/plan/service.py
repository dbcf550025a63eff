"""Service numbers, what serves them, and where calls go."""

from collections.abc import Mapping

from attrs import field

from hal.api import value

__all__ = ["Choice", "ClosedPlan", "NumberPlan", "Prompt", "QueryPlan"]

Prompt = Mapping[str, tuple[str, ...]]
"""What is played, by language code: the files in order."""


@value
class Choice:
    """Where a key of a menu, an overflow or a transfer leads.

    `queue:NAME  flow:NAME  agent:NUMBER  station:NAME  number:DIGITS` (by the caller's own line), `announcement:PROMPT` (said, then the
    release), and without a name `voicemail  callback  release`.
    """

    verb: str
    name: str = ""

    def __str__(self) -> str:
        """`queue:consult`, or the verb alone, as a site file writes it."""
        return f"{self.verb}:{self.name}" if self.name else self.verb

    @classmethod
    def read(cls, text: str) -> "Choice":
        """The opposite of `str`."""
        verb, _, name = text.partition(":")
        return cls(verb, name)


@value
class QueryPlan:
    """What a query of a business gateway answers, and what it may be asked with."""

    many: bool = False
    """It answers with a list of records, and not with one."""
    members: tuple[tuple[str, str], ...] = ()
    """Of a record: name and type, `number` or `field`, which is a text; empty: not known."""
    secrets: frozenset[str] = frozenset()
    """Arguments that may be a caller's secret."""


@value
class ClosedPlan:
    """What a caller meets whose number an operator has closed, where the operator does not say it otherwise."""

    question: Prompt | None = None
    """The choice of language, asked first."""
    languages: Mapping[str, str] = field(factory=dict)
    """Key -> language code."""
    wait_s: float = 6.0
    """Silence after the question before the language stays as it is."""
    said: Prompt | None = None
    """None: what the appliance says by itself."""
    then: Choice = Choice("voicemail")


@value
class NumberPlan:
    """A service number: what serves a call to it."""

    to: Choice
    """`flow:NAME`, or `queue:NAME` for a number without self service."""
    language: str = ""
    """Language until the caller chooses; empty: the centre's first."""
    priority: int = 0
    """Priority of every call to it, see `QueuePlan.ageing_s`."""
    closed: ClosedPlan = ClosedPlan()
