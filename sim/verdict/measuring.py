"""Everything that is measured in one run: the figures of the whole, of each queue, of all that is promised, and the curves of the day."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

from appliance.site import Site
from sim.calendar import Calendar
from sim.faults import FaultSeen
from sim.scenario import Scenario
from sim.stories import Day, Story
from sim.verdict.curves import Curves, step_of
from sim.verdict.figures import Figures, Period, Tally, periods_of
from sim.verdict.kinds import LEVELS
from sim.verdict.targets import WHOLE, Scope

__all__ = ["Measures"]

_USUAL_THRESHOLD_S = 20.0
_NORMAL = "normal"


class Measures:
    """Takes a run's calls one by one; what it keeps does not grow with their number."""

    def __init__(self, scenario: Scenario, site: Site, agents: Iterable[str], calendar: Calendar) -> None:
        """Measure what a scenario promises of a site; `agents` are those who work."""
        self._scenario, self._site, self._agents = scenario, site, sorted(agents)
        self._midnights = [calendar.midnight(day) for day in range(scenario.days)]
        opens, closes = scenario.opens_s, calendar.span(scenario.hours, scenario.days - 1)[1]
        length = closes - opens
        self._period = Period(opens + float(scenario.warm_up), closes)
        promised = [scope for promise in scenario.targets.promises(scenario.hours) for scope in promise.scopes]
        scopes = dict.fromkeys([WHOLE, *(Scope(queue) for queue in site.queues), *promised])
        self._tallies = {scope: self._tally(scope) for scope in scopes}
        self._of_all = [tally for tally in self._tallies.values() if not tally.queue]
        self._of_queue = {queue: [tally for tally in self._tallies.values() if tally.queue == queue] for queue in site.queues}
        self._levels: dict[str, Tally] = {}
        """By callers' priority, once there is more than one."""
        self._unrecorded = 0
        step_s = step_of(length)
        self.curves = Curves(opens, step_s, -(-int(length) // int(step_s)) if step_s >= 1 else 1)

    def _tally(self, scope: Scope) -> Tally:
        return Tally(periods_of(scope, self._period, self._midnights), self._threshold_s(scope), scope.queue)

    def _threshold_s(self, scope: Scope) -> float:
        """The service level's time: as promised just here, of the queue, of the whole, as the site says."""
        within: dict[Scope, float] = {}
        for promise in self._scenario.targets.promises(self._scenario.hours):
            if promise.name in LEVELS and promise.target.within_s is not None:
                within.update(dict.fromkeys(promise.scopes, promise.target.within_s))
        for near in (scope, Scope(scope.queue), WHOLE):
            if near in within:
                return within[near]
        return self._site.queues[scope.queue].service_level.within_s if scope.queue else _USUAL_THRESHOLD_S

    def add(self, story: Story) -> None:
        """Count a call."""
        if self._levels or story.level != _NORMAL:
            self._add_to_level(story)
        for tally in self._of_all:
            tally.add(story)
        for tally in self._of_queue.get(story.queue, ()):
            tally.add(story)
        self._unrecorded += not story.recorded
        self.curves.add(story, self._tallies[WHOLE].threshold_s)

    def _add_to_level(self, story: Story) -> None:
        if not self._levels:
            self._levels[_NORMAL] = deepcopy(self._tallies[WHOLE])  # so far all calls were of one level
        if story.level not in self._levels:
            self._levels[story.level] = self._tally(WHOLE)
        self._levels[story.level].add(story)

    def figures(self, day: Day, faults: Sequence[FaultSeen], invariants_broken: int | None) -> dict[Scope, Figures]:
        """All tables of figures; `invariants_broken` is None where nobody could look."""
        found = {}
        for scope, tally in self._tallies.items():
            found[scope] = tally.figures(day, [a for a in self._agents if not scope.queue or scope.queue in self._site.agents[a].groups])
        losses: dict[str, Any] = found[WHOLE]["losses"]
        losses["records"] = self._unrecorded  # before the measured part as well
        losses["invariants"] = invariants_broken
        there = [fault for fault in faults if not fault.left_out]
        recoveries = [fault.recovery_s for fault in there if fault.recovery_s is not None]
        losses["cut"] = sum(fault.calls_cut for fault in there)
        losses["unrecovered"] = len(there) - len(recoveries)
        losses["recovery_s"] = max(recoveries, default=None) if len(recoveries) == len(there) else None
        return found

    def levels(self, day: Day) -> dict[str, Figures]:
        """The figures by callers' priority."""
        levels = self._levels or {_NORMAL: self._tallies[WHOLE]}
        return {level: tally.figures(day, self._agents) for level, tally in levels.items()}

    @property
    def waits(self) -> dict[str, list[float]]:
        """How many waits ended in which step (`sim.verdict.spread.EDGES_S`)."""
        return self._tallies[WHOLE].histogram.counts
