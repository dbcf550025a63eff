"""Strategies: which of the agents who are free and can serve a contact is rung for it. One small object each, one interface, one table.

The rank of an agent in the queue always comes first: rank 2 is rung when nobody of rank 1 is free. Within a rank the smaller figure is
rung first, and between equal figures who has been idle longest. What does not depend on the contact is asked once, when an agent becomes
free (`standing`): choosing costs no more with a thousand agents than with ten. What does is asked of every candidate (`score`); a strategy
that has many of them gathers once what it has to know of each (`known`), and works all figures out in one go (`scores`).

A third party adds one by the entry point group `hotline.strategies`; a site names it as `strategy = "NAME"`. In which order *contacts* are
taken is not a strategy: see `appliance.core.queues.waiting`.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import inf
from types import MappingProxyType
from typing import Any, ClassVar

from appliance.core.agents.agent import Agent, AgentState
from appliance.core.plan import NumberRule
from appliance.core.queues.skills import Needs
from hal.api import value

__all__ = ["MOST_AT_ONCE", "STRATEGIES", "Case", "Strategy", "draw", "table_of", "with_extras"]

MOST_AT_ONCE = 50
"""Where all phones ring, no more than so many do for one contact: one of fifty picks up, and thousands would be rung for nothing."""


@value
class Case:
    """What a strategy may look at besides the agent."""

    queue: str
    now: float
    ani: str
    needs: Needs
    """What is asked of an agent at this moment of the wait."""
    number: int
    """Different for each offer: what draws are made from."""
    seed: int
    last_rung: int
    """`Agent.index` of the agent this queue rang last; -1: nobody yet."""
    rules: tuple[NumberRule, ...] = ()


class Strategy:
    """Base of all strategies; its own behaviour is: whoever has been idle longest."""

    name: ClassVar[str]
    about: ClassVar[str]
    """One line for the table in the documentation."""
    at_once: ClassVar[int] = 1
    """How many phones ring for one contact; 0: all of the best rank, `MOST_AT_ONCE` at most."""
    looks_at_contact: ClassVar[bool] = False
    """Whether `score` is asked at each offer instead of `standing` once."""

    def standing(self, agent: Agent, queue: str) -> float:  # noqa: ARG002 - the interface
        """Rank an agent who has just become free: smaller is rung first."""
        return agent.idle_since

    def score(self, agent: Agent, case: Case) -> float:
        """Rank an agent for this contact at this moment: smaller is rung first."""
        return self.standing(agent, case.queue)

    def known(self, agent: Agent, queue: str, needs: Needs) -> Any:  # noqa: ARG002 - the interface; what each wants to know
        """What `scores` is to be given of an agent who is free now and can serve what `needs` asks; it holds as long as he is free."""
        return agent

    def scores(self, known: Sequence[Any], case: Case) -> Sequence[float]:
        """Rank all agents of one rank who are free and can serve this contact, given in the order of their standing."""
        return [self.score(agent, case) for agent in known]


class LongestIdle(Strategy):
    """Who has been free longest."""

    name = "longest-idle"
    about = "the agent who has been free longest"


class Linear(Strategy):
    """Always from the top of the list."""

    name = "linear"
    about = "the first free agent in the order of the site file"

    def standing(self, agent: Agent, queue: str) -> float:  # noqa: ARG002 - the interface
        """His place in the list."""
        return float(agent.index)


class Circular(Strategy):
    """Round robin."""

    name = "circular"
    about = "the next free agent after the one rung last, in the order of the site file (round robin)"
    looks_at_contact = True

    def known(self, agent: Agent, queue: str, needs: Needs) -> int:  # noqa: ARG002 - the interface
        """His place in the list."""
        return agent.index

    def scores(self, known: Sequence[int], case: Case) -> Sequence[float]:
        """How far each is from the one rung last, going down the list and round."""
        last = case.last_rung
        return [float(index - last) if index > last else index - last + 1e9 for index in known]


class FewestCalls(Strategy):
    """Who has answered least."""

    name = "fewest-calls"
    about = "the agent who has answered the fewest contacts of this queue since the log-in"

    def standing(self, agent: Agent, queue: str) -> float:
        """His count."""
        return float(agent.served.get(queue, 0))


class LeastOccupied(Strategy):
    """Who has been busy least."""

    name = "least-occupied"
    about = "the agent with the smallest share of the time since the log-in in offer, talk and wrap-up (breaks left out)"
    looks_at_contact = True

    def known(self, agent: Agent, queue: str, needs: Needs) -> tuple[float, float, float]:  # noqa: ARG002 - the interface
        """Seconds busy, seconds ready before, and since when he is ready now; infinite: he is not, he writes."""
        busy_s = sum(agent.seconds.get(state, 0.0) for state in _WORKING)
        ready_s = agent.seconds.get(AgentState.READY, 0.0)
        return busy_s, ready_s, agent.since if agent.state is AgentState.READY else inf

    def scores(self, known: Sequence[tuple[float, float, float]], case: Case) -> Sequence[float]:
        """Their occupancies, 0 to 1."""
        now = case.now
        return [busy / (busy + ready + (now - since if since < now else 0.0)) if busy else 0.0 for busy, ready, since in known]


class RingAll(Strategy):
    """Everybody at once."""

    name = "ring-all"
    about = "all free agents of the best rank at once, 50 at most; the first to answer has the contact"
    at_once = 0


class WeightedRandom(Strategy):
    """By lot."""

    name = "weighted-random"
    about = "by lot, each agent with his `weight` in the group; the same draws from the same seed"
    looks_at_contact = True

    def standing(self, agent: Agent, queue: str) -> float:  # noqa: ARG002 - the interface
        """His place in the list: in this order the fields lie on the wheel."""
        return float(agent.index)

    def known(self, agent: Agent, queue: str, needs: Needs) -> int:  # noqa: ARG002 - the interface
        """His weight."""
        return agent.weights.get(queue, 1)

    def scores(self, known: Sequence[int], case: Case) -> Sequence[float]:
        """A wheel on which each has a field as wide as his weight: how far it has yet to turn until the lot falls on his field.

        The one on whose field it falls has no more than zero.
        """
        wide = sum(known)
        lot = draw(case.seed, case.number) * wide
        return [
            begin - lot if begin + weight > lot else begin - lot + wide
            for begin, weight in zip(accumulate(known, initial=0), known, strict=False)
        ]


class SkillLevel(Strategy):
    """The best."""

    name = "skill-level"
    about = "the agent with the highest sum of levels in the skills that the queue asks for"
    looks_at_contact = True

    def known(self, agent: Agent, queue: str, needs: Needs) -> float:  # noqa: ARG002 - the interface
        """The negated sum."""
        return -float(needs.level(agent.plan.skills))

    def scores(self, known: Sequence[float], case: Case) -> Sequence[float]:  # noqa: ARG002 - the interface
        """What is known is all there is to it."""
        return known


class CallerNumber(Strategy):
    """By the caller's number."""

    name = "caller-number"
    about = "the agents of the rule with the longest prefix of the caller's number, in the rule's order; then the others"
    looks_at_contact = True

    def known(self, agent: Agent, queue: str, needs: Needs) -> str:  # noqa: ARG002 - the interface
        """His number."""
        return agent.id

    def scores(self, known: Sequence[str], case: Case) -> Sequence[float]:
        """Their places in the rule; after all of them, who is not in it."""
        best = max((rule for rule in case.rules if case.ani.startswith(rule.prefix)), key=lambda rule: len(rule.prefix), default=None)
        places: dict[str, float] = {}
        for place, id_ in enumerate(best.agents if best is not None else ()):
            places.setdefault(id_, float(place))
        return [places.get(id_, 1e6) for id_ in known]


_WORKING = (AgentState.OFFERED, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP)
_OWN = (Linear, Circular, FewestCalls, LongestIdle, LeastOccupied, RingAll, WeightedRandom, SkillLevel, CallerNumber)
STRATEGIES: Mapping[str, Strategy] = MappingProxyType({each.name: each() for each in _OWN})
"""The strategies there always are, by name."""


def with_extras(extras: Iterable[Strategy]) -> Mapping[str, Strategy]:
    """All strategies, with those of third parties.

    Raises:
        ValueError: one of them has the name of another.

    """
    found = dict(STRATEGIES)
    for extra in extras:
        if extra.name in found:
            raise ValueError(f"there are two strategies called '{extra.name}'")
        found[extra.name] = extra
    return MappingProxyType(found)


def table_of(strategies: Mapping[str, Strategy] = STRATEGIES) -> str:
    """The strategies as a table in Markdown: what the documentation shows."""
    rows = [f"| `{name}` | {strategy.about} |" for name, strategy in strategies.items()]
    return "\n".join(["| strategy | who is rung |", "|---|---|", *rows])


def draw(seed: int, number: int) -> float:
    """A uniform number in [0, 1) for one offer: splitmix64 over the two (Steele, Lea, Flood 2014)."""
    z = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9) & _MASK
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = ((z ^ (z >> shift)) * factor) & _MASK
    z ^= z >> 31
    return (z >> 11) / 2.0**53


_MASK = (1 << 64) - 1
