"""Agents, their phones, and callers who are known."""

from collections.abc import Mapping

from attrs import field

from hal.api import value

__all__ = ["LEVELS", "AgentPlan", "CallerPlan", "Membership", "StationPlan"]

LEVELS = ("agent", "supervisor", "duty-manager")
"""Seat levels (S0), lowest first: each may watch, record and command only those below."""


@value
class StationPlan:
    """A phone: on which line it is reached."""

    line: str
    auto_answer: bool = False
    """Whether the phone is asked to answer by itself."""


@value
class Membership:
    """An agent's place in a group."""

    rank: int = 1
    """1 is served, and is rung, before 2."""
    hours: str = ""
    """Name of the hours in which it counts; empty: always."""
    weight: int = 1
    """Share of contacts by the strategy `weighted-random`."""


@value
class AgentPlan:
    """A person who serves contacts."""

    name: str
    station: str
    """The phone this agent has unless another is given at log-in."""
    groups: Mapping[str, int | Membership] = field(factory=dict)
    """Queue -> rank, or the place in full."""
    skills: Mapping[str, int] = field(factory=dict)
    """Skill -> level, 1 to 100."""
    level: str = "agent"
    """One of `LEVELS`."""
    wrap_up_s: float | None = None
    """Instead of the queue's."""
    dials: bool = True
    """Whether this agent may call numbers outside."""
    capacity: Mapping[str, int] = field(factory=dict)
    """Medium -> how many contacts of it at once; voice and what is not named: 1."""

    def membership(self, queue: str) -> Membership:
        """The place in a group.

        Raises:
            KeyError: the agent is not in it.

        """
        place = self.groups[queue]
        return Membership(place) if isinstance(place, int) else place


@value
class CallerPlan:
    """Somebody whose number is known."""

    vip: bool = False
    priority: int = 0
    manager: str = ""
    """The account manager: an agent's number."""
    blocked: bool = False
    name: str = ""
