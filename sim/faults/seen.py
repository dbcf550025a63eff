"""What a run has seen of its faults: plain data, for verdicts and for whoever draws them.

A call belongs to a fault that was there, or had been until a moment before, when nobody ended the call and its network or its appliance
did. Of several the one counts that hit the call's own line, then the one that began last.
"""

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

from attrs import define, field

from appliance.core import records
from hal.api import Cause, value
from sim.faults.clocks import Clocks

__all__ = ["CUT", "AlarmSeen", "Ended", "FaultSeen", "charge", "with_alarms"]

_AFTERWARDS_S = 10.0
"""Calls that end, and alarms that are raised, so long after a fault's end may be its work."""
_ROUNDED_S = 1e-3
"""Times of day since the epoch are no more exact than this, or nearly."""
_NEWS = frozenset({"clock jump", "core restart"})
"""Their alarms tell that something happened, and pass by themselves in an hour."""
CUT = frozenset({Cause.NETWORK_OUT_OF_ORDER, Cause.DESTINATION_OUT_OF_ORDER, Cause.TEMPORARY_FAILURE})


@value
class AlarmSeen:
    """An alarm, in seconds of the simulation."""

    source: str
    severity: str
    raised_at: float
    cleared_at: float | None
    """None: it was still raised at the end."""


@define(eq=False)
class FaultSeen:
    """One fault of a run. Times are seconds of the simulation."""

    what: str
    """Its kind, as a scenario names it."""
    about: str
    """The line, station or gateway; empty: the appliance."""
    begun_at: float
    lasts_s: float
    """As it was meant; 0: it is over at once."""
    by_chance: bool = False
    left_out: str = ""
    """Why it was not brought about; empty: it was."""
    ended_at: float | None = None
    """When it was taken away; None: it was there until the end, or never."""
    well_at: float | None = None
    """When what it had broken worked again, as far as that is seen from outside; alarms tell of the rest."""
    calls_lost: int = 0
    """Calls that came to nothing by it: not through to anybody yet."""
    calls_cut: int = 0
    """Conversations that it ended."""
    calls_refused: int = 0
    """Calls that found no way in while it was there."""
    alarms: list[AlarmSeen] = field(factory=list)
    """What the appliance said of it: alarms about what it hit, raised while it was there."""

    @property
    def name(self) -> str:
        """What broke, in words: `worker crash trunk`."""
        return f"{self.what} {self.about}".rstrip()

    @property
    def recovered_at(self) -> float | None:
        """When all was well again: the fault over and each alarm that spoke of it cleared; None: that did not come."""
        standing = [] if self.what in _NEWS else self.alarms
        if self.what == "core restart" and self.well_at is None:
            return None
        if self.left_out or self.ended_at is None or any(alarm.cleared_at is None for alarm in standing):
            return None
        cleared = [alarm.cleared_at for alarm in standing if alarm.cleared_at is not None]
        return max([self.ended_at, *([self.well_at] if self.well_at is not None else []), *cleared])

    @property
    def recovery_s(self) -> float | None:
        """From its beginning until all was well again."""
        return None if self.recovered_at is None else self.recovered_at - self.begun_at

    def as_json(self) -> dict[str, Any]:
        """For the JSON of a run."""
        found: dict[str, Any] = {"what": self.what, "about": self.about, "begun_at": round(self.begun_at, 3), "lasts_s": self.lasts_s}
        if self.by_chance:
            found["by_chance"] = True
        if self.left_out:
            return {**found, "left_out": self.left_out}
        return {
            **found,
            "ended_at": _rounded(self.ended_at),
            "recovered_at": _rounded(self.recovered_at),
            "calls": {"lost": self.calls_lost, "cut": self.calls_cut, "refused": self.calls_refused},
            "alarms": [
                {
                    "source": alarm.source,
                    "severity": alarm.severity,
                    "raised_at": _rounded(alarm.raised_at),
                    "cleared_at": _rounded(alarm.cleared_at),
                }
                for alarm in self.alarms
            ],
        }

    def was_there(self, at: float) -> bool:
        """Whether it was there at a moment, or had been until shortly before."""
        return not self.left_out and self.begun_at - _ROUNDED_S <= at <= (at if self.ended_at is None else self.ended_at + _AFTERWARDS_S)


def _rounded(at: float | None) -> float | None:
    return None if at is None else round(at, 3)


@value
class Ended:
    """How a call ended that nobody hung up."""

    line: str
    at: float
    outcome: str
    cause: Cause


def charge(faults: Sequence[FaultSeen], calls: Iterable[Ended]) -> None:
    """Count with each fault the calls that it has cost."""
    for call in calls:
        there = [fault for fault in faults if fault.was_there(call.at)]
        if not there:
            continue
        fault = max(there, key=lambda fault: (fault.about.partition("/")[0] == call.line, fault.begun_at))
        if call.outcome == "answered" and call.cause in CUT:
            fault.calls_cut += 1
        elif call.outcome == "blocked":
            fault.calls_refused += 1
        elif call.outcome == "lost" or call.cause in CUT:
            fault.calls_lost += 1


_SOURCES = {
    "span alarm": ("line:{line}/span {span}",),
    "line lost": ("line:{about}",),
    "cti link lost": ("line:{about}",),
    "worker crash": ("line:{about}/",),
    "messages lost": ("line:{about}/",),
    "messages doubled": ("line:{about}/",),
    "station dead": ("station:{about}",),
    "core restart": ("restart:",),
    "disk full": ("store",),
    "disk slow": ("store",),
    "clock jump": ("clock",),
    "gateway slow": ("gateway:{about}",),
    "gateway dead": ("gateway:{about}",),
}
"""How the sources of alarms begin that speak of a kind of fault."""


def with_alarms(faults: Sequence[FaultSeen], rows: Iterable[records.Alarm], clocks: Clocks) -> None:
    """Give each fault the alarms that spoke of it, of all that were kept."""
    if not faults:
        return
    order = sorted(rows, key=lambda row: [int(part) for part in row.id.split("-")])
    alarms = []
    raised_at = -inf
    for row in order:
        raised_at = clocks.next(row.raised_at, raised_at)
        cleared = [] if row.cleared_at is None else [moment for moment in clocks.moments(row.cleared_at) if moment >= raised_at - 1e-6]
        alarms.append(AlarmSeen(row.source, row.severity, raised_at, cleared[0] if cleared else None))
    for fault in faults:
        line, _, span = fault.about.partition("/")
        begins = tuple(source.format(about=fault.about, line=line, span=span or 1) for source in _SOURCES[fault.what])
        fault.alarms = [alarm for alarm in alarms if alarm.source.startswith(begins) and fault.was_there(alarm.raised_at)]
