"""Queues: whom they are served by, in which order, and what happens to who waits."""

from collections.abc import Mapping

from attrs import field

from appliance.core.plan.service import Choice, Prompt
from hal.api import value

__all__ = ["Announce", "CallBack", "NumberRule", "Overflow", "QueuePlan", "Relax", "ServiceLevel"]


@value
class ServiceLevel:
    """The share of contacts to be answered within a time."""

    within_s: float = 20.0
    target: float = 0.8


@value
class Overflow:
    """When a contact leaves a queue unserved.

    `when`: `nobody logged in`, `all not ready`, `wait` (longer than `after_s`), `expected wait` (longer than `after_s`), `length` (`limit`
    contacts, or more, wait already), `inside` and `outside` (of the hours `hours`).
    """

    when: str
    to: Choice
    after_s: float = 0.0
    limit: int = 0
    hours: str = ""

    def __str__(self) -> str:
        """As a site file writes it."""
        match self.when:
            case "wait" | "expected wait":
                return f"{self.when} > {self.after_s:g} s"
            case "length":
                return f"length >= {self.limit}"
            case "inside" | "outside":
                return f"{self.when} {self.hours}"
        return self.when


@value
class Relax:
    """From `after_s` of waiting on, less is asked of an agent; `needs` is a skill expression, empty: nothing."""

    after_s: float
    needs: str = ""


@value
class Announce:
    """What is said to who waits: the position, the expected wait, and what a key does."""

    first_s: float = 15.0
    every_s: float = 45.0
    position: bool = True
    wait: bool = True


@value
class CallBack:
    """How a caller is called back who gave up the line and kept the place."""

    attempts: int = 3
    retry_s: float = 600.0
    """From a call that was not answered until it is offered again."""
    ring_s: float = 30.0


@value
class NumberRule:
    """Callers whose number begins with `prefix` are rung at these agents first."""

    prefix: str
    agents: tuple[str, ...]


@value
class QueuePlan:
    """A queue: whom it is served by, how an agent is rung, what the caller hears meanwhile."""

    label: str = ""
    """Shown to the agent when it rings."""
    strategy: str = "longest-idle"
    """Which of the free agents is rung: a name in the table of strategies."""
    ring_s: float = 15.0
    """How long an agent's phone rings before the next agent's does."""
    wrap_up_s: float = 0.0
    wrap_up_max_s: float = 0.0
    """The most that extensions can make of it; 0: it cannot be extended."""
    service_level: ServiceLevel = ServiceLevel()
    music: Prompt | None = None
    overflow: tuple[Overflow, ...] = ()
    needs: str = ""
    """Skill expression that an agent must meet, see `appliance.core.queues.skills`."""
    relax: tuple[Relax, ...] = ()
    """In ascending order of `after_s`."""
    ageing_s: float = 60.0
    """Seconds of waiting that one step of priority is worth: nobody starves, for who has waited long enough comes before any priority."""
    vip_credit_s: float = 90.0
    """Head start of a VIP: he counts as having waited so long already."""
    sticky_s: float = 0.0
    """How long a caller waits for the agent who served him last before anybody else is rung; 0: not at all."""
    recall_s: float = 30.0
    """How long a customer whom an agent gave away, and nobody took, waits for that agent before anybody else is rung; 0: not at all."""
    pause_after: int = 1
    """An agent who lets so many offers in a row go by is made not ready; 0: never, he is left in peace for a few seconds."""
    announce: Announce | None = None
    call_back: CallBack = CallBack()
    keys: Mapping[str, Choice] = field(factory=dict)
    """What a key does while waiting: `callback`, `voicemail`, another queue ..."""
    number_rules: tuple[NumberRule, ...] = ()
    """For the strategy `caller-number`."""
    agent_number: bool = False
    """Whether the caller hears the agent's number on the answer."""
    whisper: Prompt | None = None
    """What the agent hears on the answer."""
