"""Strategies: which of the agents who are free and can serve a contact is rung for it. One small object each, one interface, one table.

The rank of an agent in the queue always comes first: rank 2 is rung when nobody of rank 1 is free. Within a rank the smaller figure is
rung first, and between equal figures who has been idle longest. What does not depend on the contact is asked once, when an agent becomes
free (`standing`): choosing costs no more with a thousand agents than with ten. What does is asked of every candidate (`score`).

A third party adds one by the entry point group `hotline.strategies`; a site names it as `strategy = "NAME"`. In which order *contacts* are
taken is not a strategy: see `appliance.core.queues.waiting`.
"""

from collections.abc import Iterable, Mapping
from math import log
from types import MappingProxyType
from typing import ClassVar

from appliance.core.agents.agent import Agent, AgentState
from appliance.core.plan import NumberRule
from appliance.core.queues.skills import Needs
from hal.api import value

__all__ = ["STRATEGIES", "Case", "Strategy", "draw", "table_of", "with_extras"]


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
    """How many phones ring for one contact; 0: all of the best rank."""
    looks_at_contact: ClassVar[bool] = False
    """Whether `score` is asked at each offer instead of `standing` once."""

    def standing(self, agent: Agent, queue: str) -> float:  # noqa: ARG002 - the interface
        """Rank an agent who has just become free: smaller is rung first."""
        return agent.idle_since

    def score(self, agent: Agent, case: Case) -> float:
        """Rank an agent for this contact at this moment: smaller is rung first."""
        return self.standing(agent, case.queue)


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

    def score(self, agent: Agent, case: Case) -> float:
        """How far he is from the one rung last, going down the list and round."""
        ahead = agent.index - case.last_rung
        return float(ahead) if ahead > 0 else ahead + 1e9


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

    def score(self, agent: Agent, case: Case) -> float:
        """His occupancy, 0 to 1."""
        seconds = agent.seconds
        busy = sum(seconds.get(state, 0.0) for state in _WORKING)
        idle = seconds.get(AgentState.READY, 0.0) + (case.now - agent.since if agent.state is AgentState.READY else 0.0)
        return busy / (busy + idle) if busy else 0.0


class RingAll(Strategy):
    """Everybody at once."""

    name = "ring-all"
    about = "all free agents of the best rank at once; the first to answer has the contact"
    at_once = 0


class WeightedRandom(Strategy):
    """By lot."""

    name = "weighted-random"
    about = "by lot, each agent with his `weight` in the group; the same draws from the same seed"
    looks_at_contact = True

    def score(self, agent: Agent, case: Case) -> float:
        """An exponential race: the smallest of -ln(u)/weight wins with a chance proportional to its weight."""
        return -log(draw(case.seed, case.number, agent.index)) / agent.weights.get(case.queue, 1)


class SkillLevel(Strategy):
    """The best."""

    name = "skill-level"
    about = "the agent with the highest sum of levels in the skills that the queue asks for"
    looks_at_contact = True

    def score(self, agent: Agent, case: Case) -> float:
        """The negated sum."""
        return -float(case.needs.level(agent.plan.skills))


class CallerNumber(Strategy):
    """By the caller's number."""

    name = "caller-number"
    about = "the agents of the rule with the longest prefix of the caller's number, in the rule's order; then the others"
    looks_at_contact = True

    def score(self, agent: Agent, case: Case) -> float:
        """His place in the rule; after all of them, when he is not in it."""
        best = max((rule for rule in case.rules if case.ani.startswith(rule.prefix)), key=lambda rule: len(rule.prefix), default=None)
        if best is None or agent.id not in best.agents:
            return 1e6
        return float(best.agents.index(agent.id))


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


def draw(seed: int, number: int, index: int) -> float:
    """A uniform number in (0, 1] for one agent at one offer: splitmix64 over the three (Steele, Lea, Flood 2014)."""
    z = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9 + index * 0x94D049BB133111EB) & _MASK
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = ((z ^ (z >> shift)) * factor) & _MASK
    z ^= z >> 31
    return ((z >> 11) + 1) / 2.0**53


_MASK = (1 << 64) - 1
