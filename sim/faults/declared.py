"""What a scenario can say of faults: `[[faults]]` on schedule, `[random_faults]` by chance; and the plan of a run that comes of it."""

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Any

from appliance.config import Duration, Wrong, nearest, setting, table
from appliance.site import Site
from hal.api import value
from sim.calendar import Calendar
from sim.distributions import Distribution, Exponential, draw
from sim.faults.fitting import Hit
from sim.faults.gateways import GatewayDead, GatewaySlow
from sim.faults.lines import LineLost, LinkLost, MessagesDoubled, MessagesLost, SpanAlarm, WorkerCrash
from sim.faults.machine import ClockJump, CoreRestart, DiskFull, DiskSlow
from sim.faults.moments import Moment
from sim.faults.phones import StationDead

if TYPE_CHECKING:
    from sim.scenario import Scenario

__all__ = ["FAULTS", "Fault", "Planned", "RandomFaults", "kinds_of", "misfits", "plan_of"]

FAULTS: dict[str, type[Hit]] = {
    "span alarm": SpanAlarm,
    "line lost": LineLost,
    "cti link lost": LinkLost,
    "worker crash": WorkerCrash,
    "messages lost": MessagesLost,
    "messages doubled": MessagesDoubled,
    "station dead": StationDead,
    "core restart": CoreRestart,
    "disk full": DiskFull,
    "disk slow": DiskSlow,
    "clock jump": ClockJump,
    "gateway slow": GatewaySlow,
    "gateway dead": GatewayDead,
}
_SHORTEST_S = 0.1


@table(select=("what", "details"), names=lambda: FAULTS, among=FAULTS.__getitem__)
class Fault:
    """Something that breaks at a time of day."""

    what: str
    details: Any


@table
class RandomFaults:
    """Faults that come by chance (Poisson), with a stream of draws of their own."""

    per_hour: float = setting(gt=0, le=3600, doc="How many in an hour in which callers call, of all kinds together.")
    kinds: tuple[str, ...] = setting(default=(), one_of=tuple(FAULTS), doc="Which kinds; without it every kind that the site can have.")
    lasts: Distribution = setting(factory=lambda: Exponential(mean_s=30.0), doc="How long those last that do not happen in a moment.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        for position, kind in enumerate(self.kinds):
            if kind in self.kinds[:position]:
                yield Wrong(f"'{kind}' is there twice", "each kind once", ("kinds", position))


@value
class Planned:
    """A fault of a run."""

    at_s: float
    """Seconds of the simulation."""
    what: str
    details: Hit
    by_chance: bool


def kinds_of(scenario: "Scenario") -> frozenset[str]:
    """Kinds of faults that a run of the scenario may meet."""
    by_chance = scenario.random_faults.kinds or tuple(FAULTS) if scenario.random_faults is not None else ()
    return frozenset((*(fault.what for fault in scenario.faults), *by_chance))


def misfits(scenario: "Scenario", site: Site) -> Iterator[Wrong]:
    """What in a scenario's faults refers to something that the site does not have."""
    for position, fault in enumerate(scenario.faults):
        for wrong in fault.details.misfits(site):
            yield Wrong(wrong.text, wrong.remedy, ("faults", position, *wrong.path))
    if scenario.random_faults is not None:
        there = _possible(tuple(FAULTS), site)
        for position, kind in enumerate(scenario.random_faults.kinds):
            if kind not in there:
                yield Wrong(f"the site has nothing that '{kind}' could hit", nearest(kind, there), ("random_faults", "kinds", position))


def plan_of(scenario: "Scenario", calendar: Calendar, site: Site, seed: int) -> list[Planned]:
    """Every fault of a run in the order of time."""
    found = [
        Planned(calendar.at(fault.details.at.of_day, fault.details.day - 1), fault.what, fault.details, by_chance=False)
        for fault in scenario.faults
    ]
    return sorted((*found, *_drawn(scenario, calendar, site, seed)), key=lambda planned: planned.at_s)


def _possible(kinds: tuple[str, ...], site: Site) -> list[str]:
    return [kind for kind in kinds if not FAULTS[kind].hits or FAULTS[kind].there(site)]


def _drawn(scenario: "Scenario", calendar: Calendar, site: Site, seed: int) -> Iterator[Planned]:
    faults = scenario.random_faults
    kinds = _possible(faults.kinds or tuple(FAULTS), site) if faults is not None else []
    if faults is None or not kinds:
        return
    chance = Random(f"{seed}/faults")
    for day in range(scenario.days):
        at, closes = calendar.span(scenario.hours, day)
        while (at := at + chance.expovariate(faults.per_hour / 3600)) < closes:
            kind = chance.choice(kinds)
            lasts = Duration(max(_SHORTEST_S, draw(faults.lasts, chance)))
            details = FAULTS[kind].drawn(chance, Moment((at + scenario.start_s) % 86400), lasts, site)
            if details is not None:
                yield Planned(at, kind, details, by_chance=True)
