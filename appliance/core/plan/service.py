"""Service numbers, the built-in service, and where calls go."""

from collections.abc import Mapping

from attrs import field

from hal.api import value

__all__ = ["Choice", "FlowPlan", "NumberPlan", "Prompt", "QueryPlan"]

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
class FlowPlan:
    """One service: greeting, choice of language, menu, and what happens out of hours."""

    welcome: Prompt | None = None
    """Played after the answer, in the first language unless a language was chosen."""
    language_menu: Prompt | None = None
    languages: Mapping[str, str] = field(factory=dict)
    """Key -> language code."""
    menu: Prompt | None = None
    choices: Mapping[str, Choice] = field(factory=dict)
    """Key -> where it leads."""
    wait_s: float = 6.0
    """Silence after the menu before it is said again."""
    retries: int = 2
    """How often the menu is said again before `otherwise`."""
    otherwise: Choice = Choice("release")
    sorry: Prompt | None = None
    """Played for a key that leads nowhere."""
    hours: str = ""
    """Name of the hours this flow is open in; empty: always."""
    closed: Prompt | None = None
    closed_then: Choice = Choice("voicemail")
    goodbye: Prompt | None = None
    priority: Mapping[str, int] = field(factory=dict)
    """Key -> priority that choosing it gives the contact."""


@value
class NumberPlan:
    """A service number: what serves a call to it."""

    to: Choice
    """`flow:NAME`, or `queue:NAME` for a number without self service."""
    language: str = ""
    """Language until the caller chooses; empty: the centre's first."""
    priority: int = 0
    """Priority of every call to it, see `QueuePlan.ageing_s`."""
