"""What a trace tells, gathered in one pass: lengths of time, when people called for the first time, and who called again.

Who gave up or was refused, and calls from the same number within a while, calls again: such a call is no arrival of its own, but the redial
that a scenario's callers make by themselves. Lengths are those of first attempts, too: among those who call again the impatient are many.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from attrs import define, field

from sim.trace import Row

__all__ = ["Redials", "Samples", "gathered"]

_FAILED = {"abandoned": "abandoned", "blocked": "blocked", "lost": "blocked"}


@define(eq=False)
class Redials:
    """Who called again after having given up, or after having been refused."""

    failed: Counter[int] = field(factory=Counter)
    """Attempts that failed, by their number from 0."""
    again: Counter[int] = field(factory=Counter)
    """How many of these were followed by another one."""
    after_s: list[float] = field(factory=list)
    """How much later."""


@define(eq=False)
class Samples:
    """What there is to fit."""

    calls: int = 0
    first: date | None = None
    last: date | None = None
    arrivals: dict[str, list[datetime]] = field(factory=lambda: defaultdict(list))
    """First attempts by service number."""
    gave_up_s: list[float] = field(factory=list)
    """Waits that ended because the caller gave up."""
    served_s: list[float] = field(factory=list)
    """Waits that ended because somebody answered: he would have waited longer (censored)."""
    talks_s: list[float] = field(factory=list)
    wrap_ups_s: list[float] = field(factory=list)
    wrap_ups_of: dict[str, dict[str, list[float]]] = field(factory=lambda: {"queue": defaultdict(list), "agent": defaultdict(list)})
    """The same by queue, and by agent, where the trace says these."""
    redials: dict[str, Redials] = field(factory=lambda: {"abandoned": Redials(), "blocked": Redials()})
    callers_known: bool = False
    """Whether the trace says who called."""


def gathered(rows: Iterable[Row], redial_within_s: float) -> Samples:
    """Everything a trace tells; who calls within so many seconds after a failed attempt calls again."""
    found = Samples()
    open_: dict[str, tuple[float, int, str]] = {}
    """Caller -> (end of his failed attempt, its number, how it failed)."""
    for row in rows:
        found.calls += 1
        day = row.at.date()
        found.first, found.last = found.first or day, day
        attempt, moment = 0, row.at.timestamp()
        if row.caller:
            found.callers_known = True
            if (before := open_.pop(row.caller, None)) is not None and moment - before[0] <= redial_within_s:
                ended_at, number, how = before
                attempt = number + 1
                found.redials[how].again[number] += 1
                found.redials[how].after_s.append(max(moment - ended_at, 0.0))
            if (how := _FAILED.get(row.outcome, "")) != "":
                found.redials[how].failed[attempt] += 1
                open_[row.caller] = (moment + (row.wait_s or 0.0), attempt, how)
        if not attempt:
            found.arrivals[row.number].append(row.at)
            _lengths(found, row)
    return found


def _lengths(found: Samples, row: Row) -> None:
    if row.wait_s is not None and row.outcome == "abandoned":
        found.gave_up_s.append(row.wait_s)
    elif row.wait_s and row.outcome == "answered":
        found.served_s.append(row.wait_s)
    if row.talk_s and row.outcome == "answered":
        found.talks_s.append(row.talk_s)
    if row.wrap_up_s:
        found.wrap_ups_s.append(row.wrap_up_s)
        for of, name in (("queue", row.queue), ("agent", row.agent)):
            if name:
                found.wrap_ups_of[of][name].append(row.wrap_up_s)
