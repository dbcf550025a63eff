"""How many agents does each part of the day need so that its targets hold: Erlang's number to begin with, and then the simulation decides.

Agents who serve the same queues are one pool. At first everybody works: so it is known how many calls there are, and how long.
From Erlang's numbers on, the parts that miss a target get another agent, until none does; then every part gives one up, every second part
at a time, and takes him back where it, or the part after it, misses a target without him. All tries meet the same callers. A part counts as
good where the mean of each figure over the replications is within its limit.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from math import ceil
from statistics import fmean
from typing import Any

from attrs import define, evolve, field

from appliance.config import Span, replaced
from appliance.config.writing import plain
from appliance.site import Site
from hal.api import HalError, value
from sim.asking.needs import erlang_number, needs_of
from sim.asking.probing import Limits, clock_of, parts_of, probed
from sim.distributions import mean_of
from sim.parallel import Progress, Runner, run_all
from sim.report.result import Result, together
from sim.rosters import Shift, Who, ranges
from sim.run import BOARD, replication
from sim.scenario import Scenario
from sim.verdict.kinds import KINDS
from sim.verdict.targets import Scope, Target

__all__ = ["Pool", "Staffing", "rostered", "staffing_of"]

_MOST_TRIES = 200
_BUSY = ("on-call", "ringing", "wrap-up")


@value
class Pool:
    """Agents who serve the same queues."""

    queues: tuple[str, ...]
    agents: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its queues, `sales+service`."""
        return "+".join(self.queues)


Numbers = dict[tuple[Pool, Scope], int]


@define(eq=False)
class Staffing:
    """The answer."""

    scenario: Scenario
    parts: Sequence[Scope]
    pools: Sequence[Pool]
    numbers: Numbers
    erlang: Numbers
    needs: Mapping[Scope, Limits]
    result: Result
    """Of the replications with these numbers; it has the figures of each part."""
    tries: int

    @property
    def missed(self) -> list[Scope]:
        """Parts whose targets are not met even by all agents there are."""
        return [part for part in self.parts if _missed(self.result, part, self.needs[part])]

    def agents(self, part: Scope) -> int:
        """Of all pools together."""
        return sum(self.numbers[pool, part] for pool in self.pools)

    def figure(self, name: str, part: Scope) -> float | None:
        """A figure of all calls of a part."""
        return _mean(self.result, name, part)

    @property
    def roster(self) -> tuple[Shift, ...]:
        """As `sim run` takes it."""
        return roster_of(self.scenario, self.parts, self.pools, self.numbers)

    def as_json(self) -> dict[str, Any]:
        """For reports."""
        return {
            "tries": self.tries,
            "parts": [
                {
                    "hours": part.hours,
                    "agents": self.agents(part),
                    "pools": {pool.name: self.numbers[pool, part] for pool in self.pools},
                    "erlang": sum(self.erlang[pool, part] for pool in self.pools),
                    "missed": part in self.missed,
                    **{name: self.figure(name, part) for name in ("offered", "service_level", "asa", "abandonment", "occupancy")},
                }
                for part in self.parts
            ],
            "roster": plain(self.roster),
        }


def staffing_of(
    scenario: Scenario,
    site: Site,
    *,
    interval_s: float = 1800.0,
    wanted: Mapping[str, Target] | None = None,
    seed: int = 1,
    replications: int = 10,
    scheme: str = BOARD,
    runner: Runner = run_all,
    progress: Callable[[int], Progress] = lambda _try: lambda _done: None,
) -> Staffing:
    """Find the numbers; `progress` is asked for each try.

    Raises:
        HalError: the site has no agents, or no queues.

    """
    parts = parts_of(scenario, interval_s)
    pools = _pools(scenario, site)
    if not pools:
        raise HalError("the site has no agents of any queue")
    search = _Search(
        scenario, site, parts, pools, needs_of(scenario, site, parts, wanted or {}), seed, replications, scheme, runner, progress
    )
    search.begin()
    search.raise_up()
    for odd in (False, True):
        while search.lower(odd=odd):
            pass
    return search.found()


def _pools(scenario: Scenario, site: Site) -> list[Pool]:
    """Agents by the queues they serve; those of the scenario's roster first, who is in no queue not at all."""
    first = [agent for shift in scenario.agents.roster for agent in shift.who.agents]
    found: dict[tuple[str, ...], list[str]] = {}
    for agent in dict.fromkeys([*first, *site.agents]):
        queues = tuple(queue for queue in site.queues if queue in site.agents[agent].groups)
        if queues:
            found.setdefault(queues, []).append(agent)
    return [Pool(queues, tuple(agents)) for queues, agents in found.items()]


def _mean(result: Result, name: str, scope: Scope) -> float | None:
    known = [figure for run in result.runs if (figure := KINDS[name].of(run.scopes[scope])) is not None]
    return fmean(known) if known else None


def _missed(result: Result, part: Scope, limits: Limits) -> list[str]:
    """Queues whose limits are not kept in a part; of limits of all calls, the queue that does worst."""
    found = []
    for queue, targets in limits.items():
        for name, target in targets.items():
            measured = _mean(result, name, Scope(queue, part.since_s, part.until_s))
            if measured is not None and not target.met(measured):
                found.append(queue or _worst(result, part))
    return list(dict.fromkeys(found))


def _worst(result: Result, part: Scope) -> str:
    def level(queue: str) -> float:
        measured = _mean(result, "service_level", Scope(queue, part.since_s, part.until_s))
        return 2.0 if measured is None else measured

    return min(result.site.queues, key=level)


@define(eq=False)
class _Search:
    scenario: Scenario
    site: Site
    parts: list[Scope]
    pools: list[Pool]
    needs: dict[Scope, Limits]
    seed: int
    replications: int
    scheme: str
    runner: Runner
    progress: Callable[[int], Progress]
    numbers: Numbers = field(factory=dict)
    erlang: Numbers = field(factory=dict)
    calls: dict[tuple[str, Scope], float] = field(factory=dict)
    closed: set[tuple[Pool, Scope]] = field(factory=set)
    """Where one less was too few."""
    tries: int = 0
    result: Result = field(init=False)

    def found(self) -> Staffing:
        result = evolve(self.result, scenario=self.scenario)
        return Staffing(self.scenario, self.parts, self.pools, self.numbers, self.erlang, self.needs, result, self.tries)

    def _try(self) -> None:
        self.tries += 1
        agents = replaced(self.scenario.agents, roster=roster_of(self.scenario, self.parts, self.pools, self.numbers))
        asked = probed(replaced(self.scenario, agents=agents), self.site, self.needs)
        jobs = [partial(replication, asked, self.site, self.seed + n, scheme=self.scheme) for n in range(self.replications)]
        self.result = together(self.runner(jobs, self.progress(self.tries)))

    def _failing(self) -> dict[Scope, list[str]]:
        missed = {part: _missed(self.result, part, self.needs[part]) for part in self.parts}
        return {part: queues for part, queues in missed.items() if queues}

    def begin(self) -> None:
        """Let everybody work, and take Erlang's numbers of what comes."""
        self.numbers = {(pool, part): len(pool.agents) for pool in self.pools for part in self.parts}
        self._try()
        curves, days = self.result.curves, self.scenario.days
        busy_s = sum(sum(curves.of(f"agents {state}")) for state in _BUSY) * curves.step_s
        answered = sum(curves.of("answered"))
        service_s = busy_s / answered if answered else 0.0
        patience = self.scenario.callers.patience
        patience_s = None if patience is None else mean_of(patience)
        self.numbers = dict.fromkeys(self.numbers, 0)
        for part in self.parts:
            for queue in self.site.queues:
                calls = (_mean(self.result, "offered", Scope(queue, part.since_s, part.until_s)) or 0.0) / days
                self.calls[queue, part] = calls
                limits = {**self.needs[part].get("", {}), **self.needs[part].get(queue, {})}
                for _ in range(erlang_number(limits, calls, self._measured_s(part), service_s, patience_s)):
                    self._more(queue, part)
        self.erlang = dict(self.numbers)
        self._try()

    def _measured_s(self, part: Scope) -> float:
        """How much of a part is after the warm-up."""
        begin = self.scenario.hours.begin_s + float(self.scenario.warm_up)
        return max(part.until_s - max(part.since_s, begin), 1.0) if self.scenario.days == 1 else part.until_s - part.since_s

    def _more(self, queue: str, part: Scope) -> bool:
        """Another agent for a queue, of those who serve the fewest queues; False: all are there."""
        able = [pool for pool in self.pools if queue in pool.queues and self.numbers[pool, part] < len(pool.agents)]
        if not able:
            return False
        pool = min(able, key=lambda each: (len(each.queues), self.numbers[each, part] / len(each.agents)))
        self.numbers[pool, part] += 1
        return True

    def raise_up(self) -> None:
        """Add agents where targets are missed, until none is, or nobody is left to come."""
        while self.tries < _MOST_TRIES:
            before = list(self.parts)
            added = False
            for part, queues in self._failing().items():
                for queue in queues:
                    place = before.index(part)
                    # Who cannot be helped here may be helped by an agent more in the part before, whose callers still wait.
                    added |= self._more(queue, part) or (place > 0 and self._more(queue, before[place - 1]))
            if not added:
                return
            self._try()

    def lower(self, *, odd: bool) -> bool:
        """Take an agent from every second part, and give him back where he is missed; False: nobody could be taken."""
        failing = set(self._failing())
        taken: dict[Scope, Pool] = {}
        for place, part in enumerate(self.parts):
            if place % 2 == odd and (pool := self._spare(part)) is not None:
                self.numbers[pool, part] -= 1
                taken[part] = pool
        if not taken or self.tries >= _MOST_TRIES:
            return False
        self._try()
        after = dict(pairwise(self.parts))
        worse = set(self._failing()) - failing
        back = {part: pool for part, pool in taken.items() if part in worse or after.get(part) in worse}
        while worse:
            if not back:  # those farther on miss him
                back = {part: pool for part, pool in taken.items() if (pool, part) not in self.closed}
            for part, pool in back.items():
                self.numbers[pool, part] += 1
                self.closed.add((pool, part))
            taken = {part: pool for part, pool in taken.items() if part not in back}
            back = {}
            self._try()
            worse = set(self._failing()) - failing
        return True

    def _spare(self, part: Scope) -> Pool | None:
        """The largest pool that could give one up: a queue that is called keeps at least one agent."""

        def can(pool: Pool) -> bool:
            if (pool, part) in self.closed or not self.numbers[pool, part]:
                return False
            left = {each: self.numbers[each, part] - (each is pool) for each in self.pools}
            return all(
                any(number and queue in each.queues for each, number in left.items())
                for queue in pool.queues
                if self.calls[queue, part] > 0
            )

        return max(filter(can, self.pools), key=lambda each: self.numbers[each, part], default=None)


def roster_of(
    scenario: Scenario, parts: Sequence[Scope], pools: Sequence[Pool], numbers: Mapping[tuple[Pool, Scope], int]
) -> tuple[Shift, ...]:
    """Shifts that give every part its numbers: the first agents of a pool work longest, with breaks where fewer are needed."""
    alike: dict[tuple[Scope, ...], list[str]] = {}
    for pool in pools:
        for place, agent in enumerate(pool.agents):
            needed = tuple(part for part in parts if numbers[pool, part] > place)
            if needed:
                alike.setdefault(needed, []).append(agent)
    return tuple(_shift(scenario, needed, sorted(agents)) for needed, agents in alike.items())


def _shift(scenario: Scenario, needed: Sequence[Scope], agents: Sequence[str]) -> Shift:
    begin, end, hours = needed[0].since_s, needed[-1].until_s, scenario.hours
    breaks = [Span(clock_of(one.until_s), clock_of(other.since_s)) for one, other in pairwise(needed) if one.until_s < other.since_s]
    last = end >= hours.end_s and scenario.days == 1  # until the last call
    return Shift(
        who=Who.parse(ranges(agents)),
        from_=None if begin <= hours.begin_s else clock_of(begin),
        to=None if last else clock_of(end),
        breaks=tuple(breaks),
    )


def rostered(agents: int, shrinkage: float) -> int:
    """How many have to be on the roster so that so many are there, when a share of their time is something else."""
    return ceil(agents / (1 - shrinkage) - 1e-9)
