"""Where does it break: the load is raised until a target fails, and what was full then is named.

The load is the arrivals times a factor: the same callers, and more of them between. At each factor tried the scenario is run with the same
seeds. It is taken to hold where the mean of every target's figure is within its limit; how sure that is, is said by the greatest factor at
which all intervals lie within their limits, and the least one at which one lies beyond.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import sqrt
from typing import Any

from attrs import define, field

from appliance.config import Duration, replaced
from appliance.site import Site
from hal.api import HalError, value
from sim.arrivals import Arrivals, Profile
from sim.asking.probing import parts_of, probed
from sim.faults import channels_of
from sim.parallel import Progress, Runner, run_all
from sim.report.result import Result, together
from sim.run import BOARD, replication
from sim.scenario import Scenario
from sim.verdict.judging import MET, MISSED, NOT_DECIDED, Verdict, exit_code, verdicts
from sim.verdict.kinds import KINDS
from sim.verdict.targets import Scope

__all__ = ["Bottleneck", "Limit", "Tried", "bottlenecks", "limit_of", "louder"]

FULL = 0.95
"""Busy for so much of half an hour is full."""
_PART_S = 1800.0
_LEAST = 1 / 64


@value
class Bottleneck:
    """Something that every call of a kind needs, and how busy it was at its worst."""

    name: str
    """`agents of queue sales`, `channels of line trunk`."""
    busy: float
    """Share, in the part of the day in which it was busiest."""
    when: str
    """That part, `10:00-10:30`."""
    more: str = ""

    @property
    def full(self) -> bool:
        """Whether more of it would have been used."""
        return self.busy >= FULL or bool(self.more)


@value
class Tried:
    """What came of one factor."""

    factor: float
    verdicts: Sequence[Verdict]
    bottlenecks: Sequence[Bottleneck]

    @property
    def holds(self) -> bool:
        """Whether the mean of every figure is within its limit."""
        return not self.missed

    @property
    def missed(self) -> list[Verdict]:
        """The targets whose means are beyond their limits, the clearest first."""
        found = [each for each in self.verdicts if each.state == MISSED]
        open_ = [each for each in self.verdicts if each.state == NOT_DECIDED]
        return found + [each for each in open_ if each.measured is None or not each.target.met(each.measured)]

    @property
    def surely_holds(self) -> bool:
        """Whether all intervals lie within their limits."""
        return all(each.state == MET for each in self.verdicts)

    @property
    def surely_fails(self) -> bool:
        """Whether one lies beyond."""
        return exit_code(self.verdicts) == 1

    def as_json(self) -> dict[str, Any]:
        """For reports."""
        missed = [{"target": each.title, "limit": str(each.target), "measured": each.measured} for each in self.missed]
        busy = [{"what": each.name, "busy": each.busy, "when": each.when, "full": each.full} for each in self.bottlenecks]
        return {"factor": self.factor, "holds": self.holds, "sure": self.surely_holds or self.surely_fails, "missed": missed, "busy": busy}


@define(eq=False)
class Limit:
    """How much load a scenario bears; None: no factor that was tried was so."""

    tried: list[Tried] = field(factory=list)
    """In the order of their factors."""

    def _most(self, so: Callable[[Tried], bool], below: float) -> float | None:
        return max((each.factor for each in self.tried if so(each) and each.factor < below), default=None)

    @property
    def fails(self) -> Tried | None:
        """The least load at which a target failed."""
        return next((each for each in self.tried if not each.holds), None)

    @property
    def factor(self) -> float | None:
        """The greatest factor at which all targets were met, below the least at which one was not."""
        return self._most(lambda each: each.holds, float("inf") if self.fails is None else self.fails.factor)

    @property
    def surely(self) -> float | None:
        """Up to here it holds for sure: with all intervals within their limits."""
        return self._most(lambda each: each.surely_holds, float("inf") if self.fails is None else self.fails.factor)

    @property
    def surely_not(self) -> float | None:
        """From here on it does not, for sure."""
        return next((each.factor for each in self.tried if each.surely_fails), None)

    def as_json(self) -> dict[str, Any]:
        """For reports."""
        return {
            "factor": self.factor,
            "surely_up_to": self.surely,
            "surely_not_from": self.surely_not,
            "tried": [each.as_json() for each in self.tried],
        }


def louder(scenario: Scenario, factor: float) -> Scenario:
    """The scenario with so many times the calls; those of a trace stay as they are."""
    written = {name: replaced(each, arrivals=_more(each.arrivals, factor)) for name, each in scenario.written.items()}
    return replaced(scenario, arrivals={number: _more(each, factor) for number, each in scenario.arrivals.items()}, written=written)


def _more(arrivals: Arrivals, factor: float) -> Arrivals:
    def times(profile: Profile) -> Profile:
        return profile * factor if isinstance(profile, int | float) else {at: rate * factor for at, rate in profile.items()}

    return replaced(
        arrivals,
        per_hour=times(arrivals.per_hour),
        per_hour_on={days: times(profile) for days, profile in arrivals.per_hour_on.items()},
        every=None if arrivals.every is None else Duration(arrivals.every / factor),
        calls=None if arrivals.calls is None else max(1, round(arrivals.calls * factor)),
        bursts=tuple(each if each.calls is None else replaced(each, calls=max(1, round(each.calls * factor))) for each in arrivals.bursts),
    )


def limit_of(
    scenario: Scenario,
    site: Site,
    *,
    seed: int = 1,
    replications: int = 10,
    scheme: str = BOARD,
    precision: float = 0.02,
    most: float = 16.0,
    runner: Runner = run_all,
    progress: Callable[[float], Progress] = lambda _factor: lambda _done: None,
) -> Limit:
    """Find the limit to within a share of it; `progress` is asked for each factor.

    Raises:
        HalError: nothing is promised, or nothing could be raised.

    """
    if not list(scenario.targets.promises(scenario.hours)):
        raise HalError("nothing is promised, so that nothing can fail: write [targets] in the scenario")
    if not scenario.arrivals:
        raise HalError(
            "there are no [arrivals] that could be raised: recorded calls stay as they are; ./hotline sim fit makes rates of them"
        )
    search = _Search(scenario, site, seed, replications, scheme, runner, progress)
    factor = 1.0
    if search.at(factor).holds:
        while search.at(factor).holds and factor < most:
            factor = min(2 * factor, most)
    else:
        while factor > _LEAST and not search.at(factor).holds:
            factor /= 2
    while not search.limit.tried[0].surely_holds and search.limit.tried[0].factor > _LEAST:
        search.at(search.limit.tried[0].factor / 2)
    while not search.limit.tried[-1].surely_fails and search.limit.tried[-1].factor < most:
        search.at(min(search.limit.tried[-1].factor * 2, most))
    for so in (lambda each: each.holds, lambda each: each.surely_holds, lambda each: not each.surely_fails):
        search.narrow(so, 1 + precision)
    return search.limit


@define(eq=False)
class _Search:
    scenario: Scenario
    site: Site
    seed: int
    replications: int
    scheme: str
    runner: Runner
    progress: Callable[[float], Progress]
    limit: Limit = field(factory=Limit)

    def at(self, factor: float) -> Tried:
        """What comes of a factor; each is tried once."""
        for each in self.limit.tried:
            if each.factor == factor:
                return each
        asked = louder(self.scenario, factor)
        measured = probed(asked, self.site, {part: {} for part in parts_of(asked, _PART_S)})
        jobs = [partial(replication, measured, self.site, self.seed + n, scheme=self.scheme) for n in range(self.replications)]
        result = together(self.runner(jobs, self.progress(factor)))
        judged = verdicts(self.scenario.targets.promises(self.scenario.hours), [run.scopes for run in result.runs])
        tried = Tried(factor, judged, bottlenecks(result))
        self.limit.tried.append(tried)
        self.limit.tried.sort(key=lambda each: each.factor)
        return tried

    def narrow(self, so: Callable[[Tried], bool], ratio: float) -> None:
        """Halve the distance between the greatest factor that is so, with none below that is not, and the next one that was tried."""
        while True:
            tried = self.limit.tried
            place = next((n for n, each in enumerate(tried) if not so(each)), len(tried))
            if not 0 < place < len(tried):
                return
            low, high = tried[place - 1].factor, tried[place].factor
            between = float(f"{sqrt(low * high):.4g}")
            if high <= low * ratio or not low < between < high:
                return
            self.at(between)


def bottlenecks(result: Result) -> list[Bottleneck]:
    """How busy lines and agents were, in runs that were probed; the busiest first."""
    found = [*_agents(result), *_lines(result)]
    return sorted(found, key=lambda each: (-each.full, -each.busy))


def _agents(result: Result) -> list[Bottleneck]:
    found = []
    for queue in result.site.queues:
        parts = [scope for scope in result.scopes if scope.queue == queue and not scope.all_day]
        offered = {scope: KINDS["offered"].of(result.scopes[scope]) or 0.0 for scope in parts}
        busy = {scope: KINDS["occupancy"].of(result.scopes[scope]) for scope in parts}
        absent = [scope for scope in parts if busy[scope] is None and offered[scope] > 0]
        known = {scope: share for scope, share in busy.items() if share is not None and offered[scope] > 0}
        if absent:
            found.append(Bottleneck(f"agents of queue {queue}", 1.0, absent[0].hours, "nobody was there"))
        elif known:
            worst = max(known, key=lambda scope: (known[scope], -scope.since_s))
            found.append(Bottleneck(f"agents of queue {queue}", known[worst], worst.hours))
    return found


def _lines(result: Result) -> list[Bottleneck]:
    found, curves, scenario = [], result.curves, result.scenario
    blocked = KINDS["blocked"].of(result.figures) or 0.0
    for line in curves.named("line"):
        trunk = scenario.lines.get(line)
        channels = trunk.channels if trunk is not None and trunk.channels is not None else channels_of(result.site, line)
        if not channels:
            continue
        values = curves.of(f"line {line}")
        place = max(range(len(values)), key=values.__getitem__)
        since = scenario.start_s + curves.since_s + place * curves.step_s
        hours = Scope("", since, since + curves.step_s).hours
        refused = f"{blocked:.3g} calls refused" if blocked and values[place] >= 0.5 * channels else ""
        found.append(Bottleneck(f"channels of line {line}", values[place] / channels, hours, refused))
    return found
