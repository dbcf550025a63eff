"""A day in a centre: a small discrete-event simulation, with nothing of the core in it but the estimator of the wait.

There is a morning peak, handling times are not exponential, agents take breaks and may serve two queues, callers give up. What it does not
model: phones that ring, offers that fail, and priorities other than callers who are put before all others.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from math import log, nan, sqrt
from random import Random

from appliance.core.queues.expected_wait import Quote, WaitEstimator
from hal.api import value

__all__ = ["HOUR", "Caller", "Centre", "Day", "one_queue"]

HOUR = 3600.0
PEAK = (1.5, 3.0)
"""Hours of the day; the load rises and falls over a quarter of an hour."""


@value
class Day:
    """Eight hours of a centre."""

    skills: tuple[tuple[int, ...], ...]
    """For each agent the queues he serves."""
    load: float = 0.85
    """What arrives, as a share of what the agents can do."""
    peak: float = 1.5
    shares: tuple[float, ...] = (1.0,)
    """Each queue's part of the callers."""
    handling_s: float = 180.0
    spread: float = 1.0
    """Of the handling time: standard deviation by mean."""
    patience: Callable[[Random], float] = lambda random: random.expovariate(1 / 600)
    told_after_s: float = 0.0
    restated_every_s: float = 60.0
    jumping: float = 0.0
    """The share of callers who are put before all others."""

    def load_at(self, now: float) -> float:
        hour = now / HOUR
        rise = min(1.0, max(0.0, 4 * (hour - PEAK[0] + 0.25))) - min(1.0, max(0.0, 4 * (hour - PEAK[1])))
        return self.load + (self.peak - self.load) * rise


def one_queue(agents: int) -> tuple[tuple[int, ...], ...]:
    return ((0,),) * agents


class Caller:
    """Somebody who has to wait."""

    def __init__(self, now: float, queue: int, gives_up_at: float) -> None:
        self.came_at, self.queue, self.gives_up_at = now, queue, gives_up_at
        self.waits, self.served_at = True, nan
        self.told: list[Quote] = []
        self.position = self.agents = 0
        """When told last."""


class Centre:
    """One day, played from a seed; `served` are the callers who waited, were told something and reached an agent."""

    def __init__(self, day: Day, seed: int) -> None:
        self.day, self.random, self.now = day, Random(seed), 0.0
        self.estimators = [WaitEstimator() for _ in day.shares]
        self.waiting: list[list[Caller]] = [[] for _ in day.shares]
        self.serving = [sum(queue in skills for skills in day.skills) for queue in range(len(day.shares))]
        self.idle = list(range(len(day.skills)))
        self.break_due = [False] * len(day.skills)
        self.served: list[Caller] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._rate = max(day.load, day.peak) * len(day.skills) / day.handling_s
        self._log_sigma = sqrt(log(1 + day.spread**2))
        self._log_mean = log(day.handling_s) - self._log_sigma**2 / 2
        for agent in range(len(day.skills)):
            for number in range(3):
                self._at((0.4 + 2.6 * number + 2.2 * agent / len(day.skills)) * HOUR, lambda agent=agent: self._break(agent))  # type: ignore[misc] # mypy cannot type a lambda's default
        self._at(self.random.expovariate(self._rate), self._arrival)
        while self._events:
            self.now, _, happen = heappop(self._events)
            happen()

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        self._number += 1
        heappush(self._events, (when, self._number, happen))

    def _changed(self, queue: int, started: int = 0) -> None:
        self.estimators[queue].changed(self.now, len(self.waiting[queue]), self.serving[queue], started=started)

    def _arrival(self) -> None:
        if self.now > 8 * HOUR:
            return
        self._at(self.now + self.random.expovariate(self._rate), self._arrival)
        if self.random.random() * max(self.day.load, self.day.peak) > self.day.load_at(self.now):
            return
        queue = self.random.choices(range(len(self.day.shares)), self.day.shares)[0]
        caller = Caller(self.now, queue, self.now + self.day.patience(self.random))
        jumps = self.random.random() < self.day.jumping
        self.waiting[queue].insert(0 if jumps else len(self.waiting[queue]), caller)
        self._changed(queue)
        agent = next((agent for agent in self.idle if queue in self.day.skills[agent]), None)
        if agent is not None:
            self.idle.remove(agent)
            self._take(agent)
            return
        self._at(caller.gives_up_at, lambda: self._gives_up(caller))
        if self.day.told_after_s:
            self._at(self.now + self.day.told_after_s, lambda: self._tell(caller))
        else:
            self._tell(caller)

    def _tell(self, caller: Caller) -> None:
        if not caller.waits:
            return
        estimator, agents = self.estimators[caller.queue], self.serving[caller.queue]
        position = self.waiting[caller.queue].index(caller)
        if caller.told:
            worse = agents < caller.agents or position > caller.position
            caller.told.append(estimator.restate(caller.told[-1], self.now, position, agents, worse=worse))
        else:
            caller.told.append(estimator.quote(self.now, position, agents))
        caller.position, caller.agents = position, agents
        if self.day.restated_every_s:
            self._at(self.now + self.day.restated_every_s, lambda: self._tell(caller))

    def _gives_up(self, caller: Caller) -> None:
        if caller.waits:
            caller.waits = False
            self.waiting[caller.queue].remove(caller)
            self._changed(caller.queue)
            self.estimators[caller.queue].gave_up()

    def _take(self, agent: int) -> None:
        """The agent takes who came first of those he serves, or is idle."""
        heads = [self.waiting[queue][0] for queue in self.day.skills[agent] if self.waiting[queue]]
        if not heads:
            self.idle.append(agent)
            return
        caller = min(heads, key=lambda caller: caller.came_at)
        self.waiting[caller.queue].remove(caller)
        caller.waits, caller.served_at = False, self.now
        self._changed(caller.queue, started=1)
        if caller.told:
            if (first := caller.told[0].first) is not None:
                self.estimators[caller.queue].judge(first, self.now - caller.told[0].stated_at)
            self.served.append(caller)
        self._at(self.now + self.random.lognormvariate(self._log_mean, self._log_sigma), lambda: self._free(agent))

    def _free(self, agent: int) -> None:
        if self.break_due[agent]:
            self._away(agent)
        else:
            self._take(agent)

    def _break(self, agent: int) -> None:
        if agent in self.idle:
            self.idle.remove(agent)
            self._away(agent)
        else:
            self.break_due[agent] = True

    def _away(self, agent: int) -> None:
        self.break_due[agent] = False
        self._staff(agent, -1)
        self._at(self.now + 900.0, lambda: self._back(agent))

    def _back(self, agent: int) -> None:
        self._staff(agent, 1)
        self._take(agent)

    def _staff(self, agent: int, change: int) -> None:
        for queue in self.day.skills[agent]:
            self.serving[queue] += change
            self._changed(queue)
