"""What is kept of the running of the centre: alarms, who did what, listed callers, closed numbers."""

from typing import ClassVar

from appliance.core.records.record import Record
from hal.api import value

__all__ = ["Alarm", "Audit", "Closure", "ListedCaller"]


@value
class Alarm(Record):
    """An alarm raised, and again when it is cleared; one that comes and goes again and again is one row while it flaps."""

    table: ClassVar = "alarms"
    key: ClassVar = ("id",)

    id: str
    severity: str
    source: str
    text: str
    advice: str
    raised_at: float
    cleared_at: float | None = None


@value
class Audit(Record):
    """Who did what: log-ins and refusals of agents and phones."""

    table: ClassVar = "audit"
    key: ClassVar = ()

    at: float
    who: str
    what: str
    detail: str = ""


@value
class ListedCaller(Record):
    """A caller's number, or the beginning of numbers, that was listed while running: the newest word about it."""

    table: ClassVar = "listed_callers"
    key: ClassVar = ("number",)

    number: str
    """As it was written; `95*` is every number that begins so."""
    kind: str
    """`block allow vip`, or `removed`: it is not listed any more."""
    at: float
    who: str = ""
    why: str = ""
    until_at: float | None = None
    """When that ends by itself."""
    priority: int = 0
    """Of a VIP's calls."""
    name: str = ""
    """Who it is."""


@value
class Closure(Record):
    """A service number that an operator closed, or opened again, whatever its hours say: the newest word about it."""

    table: ClassVar = "closures"
    key: ClassVar = ("number",)

    number: str
    """`all`: the whole centre."""
    at: float
    who: str = ""
    why: str = ""
    until_at: float | None = None
    """When it opens by itself."""
    say: str = ""
    """The prompt that callers hear instead of the usual words."""
    onward: str = ""
    """Where their calls go after that, as a site file writes it; empty: where calls go out of hours."""
    open: bool = False
    """It is open again."""
