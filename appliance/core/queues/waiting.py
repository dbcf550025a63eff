"""A queue: the contacts that wait, in one order, and the agents who are free.

The order of contacts is by virtual arrival: the moment a contact came, minus its head start.

    place = queued at - priority x ageing_s - (vip_credit_s for a VIP)

So priority and waiting time are one currency, the order of two contacts never changes while they wait, and nobody starves: who has waited
longer than any head start is first. Between queues that share agents the same places are compared.

Contacts that ask the same of an agent stand in one `Lane`. An agent looks at the head of each lane he can serve: a choice among thousands
that wait costs as much as there are lanes for whoever can and for him, and not as there are contacts.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from heapq import merge
from math import inf

from attrs import define, field

from appliance.core.contact import Contact
from appliance.core.plan import QueuePlan
from appliance.core.queues.expected_wait import WaitEstimator
from appliance.core.queues.order import Entry, Order
from appliance.core.queues.skills import Needs
from appliance.core.queues.strategies import Strategy

__all__ = ["CALL_BACK", "VOICE", "Entry", "Lane", "Place", "Queue", "place_of"]

Place = tuple[float, int]
VOICE = "voice"
CALL_BACK = "call-back"
"""The medium of a lane whose customers are not on the line."""
_HANDLING_S = 180.0
"""Assumed until a queue has been seen at work."""
LaneKey = tuple[str, str, Needs, str]


def place_of(contact: Contact, plan: QueuePlan, queued_at: float, number: int) -> Place:
    """Where a contact stands that came at a moment of the engine's clock; `number` orders those of the same moment."""
    head_start_s = contact.priority * plan.ageing_s + (plan.vip_credit_s if contact.vip else 0.0)
    return (queued_at - head_start_s, number)


@define(eq=False)
class Lane:
    """Contacts of a queue that any agent can serve who can serve one of them."""

    line: str
    medium: str
    needs: Needs
    only: str
    """The one agent they wait for; empty: whoever can."""
    waiting: list[tuple[Place, str]] = field(factory=list)
    """(place, contact ID), in order."""

    @property
    def kind(self) -> str:
        """The medium of its contacts; who is to be called back counts as a caller."""
        return VOICE if self.medium == CALL_BACK else self.medium

    def add(self, place: Place, contact: str) -> None:
        """Put a contact at its place."""
        insort(self.waiting, (place, contact))

    def remove(self, place: Place, contact: str) -> None:
        """Take a contact out.

        Raises:
            KeyError: it is not here.

        """
        index = bisect_left(self.waiting, (place, contact))
        if index == len(self.waiting) or self.waiting[index] != (place, contact):
            raise KeyError(contact)
        del self.waiting[index]


@define(eq=False)
class Queue:
    """A queue: its lanes, and the agents who could be offered a contact now, best first."""

    name: str
    plan: QueuePlan
    strategy: Strategy
    estimator: WaitEstimator = field(factory=lambda: WaitEstimator(_HANDLING_S))
    """Of callers."""
    stages: tuple[tuple[float, Needs], ...] = ()
    """(from this wait in seconds on, what is asked of an agent), in order; the first from 0 on."""
    lanes: dict[LaneKey, Lane] = field(factory=dict)
    """All lanes in which somebody stands."""
    anybodys: dict[LaneKey, Lane] = field(factory=dict)
    """Of these, those that wait for whoever can."""
    named: dict[str, dict[LaneKey, Lane]] = field(factory=dict)
    """And by agent those that wait for him alone."""
    standing: dict[str, list[tuple[Place, str]]] = field(factory=dict)
    """Kind of medium -> all who stand in its lanes, in order."""
    idle: list[Entry] = field(factory=list)
    orders: dict[tuple[str, Needs], Order] = field(factory=dict)
    """(line, needs) -> those who are free, as a lane of this kind sees them; made when one asks."""
    ringing: list[str] = field(factory=list)
    """Contacts that ring at all free agents: who becomes free rings too."""
    logged_in: int = 0
    serving: int = 0
    """Of these, not in a pause."""
    reached: int = 0
    """Of those logged in, whose phone can be reached, or was a moment ago: who is there for callers."""
    answering: int = 0
    """Of these, not in a pause: who serves callers."""
    lost_agent_at: float = -inf
    """When an agent last ceased to serve it."""
    last_rung: int = -1
    """The place in the plan of the agent who was rung last."""
    counted: int = 0
    """Contacts that wait, of all media."""
    written: dict[str, WaitEstimator] = field(factory=dict)
    """Medium -> the estimator of its contacts."""
    kept_at: dict[str, float] = field(factory=dict)
    """Medium -> when what was learnt of it was last written."""

    def add(self, contact: Contact) -> None:
        """Let a contact wait in its lane, at its place."""
        medium = CALL_BACK if contact.call_back else contact.medium
        key = (contact.line, medium, self.needs_of(contact), contact.only)
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = Lane(*key)
            (self.named.setdefault(lane.only, {}) if lane.only else self.anybodys)[key] = lane
        lane.add(contact.place, contact.id)
        insort(self.standing.setdefault(lane.kind, []), (contact.place, contact.id))
        contact.lane = lane
        self.counted += 1

    def remove(self, contact: Contact) -> None:
        """Take a contact out of its lane."""
        lane: Lane = contact.lane
        lane.remove(contact.place, contact.id)
        contact.lane = None
        self.counted -= 1
        standing = self.standing[lane.kind]
        del standing[bisect_left(standing, (contact.place, contact.id))]
        if not lane.waiting:
            self._close(lane)

    def _close(self, lane: Lane) -> None:
        key = (lane.line, lane.medium, lane.needs, lane.only)
        del self.lanes[key]
        if not lane.only:
            del self.anybodys[key]
            return
        del self.named[lane.only][key]
        if not self.named[lane.only]:
            del self.named[lane.only]

    def lanes_for(self, agent: str) -> Iterator[Lane]:
        """The lanes of those who wait for whoever can, and of those who wait for this agent alone."""
        yield from self.anybodys.values()
        yield from self.named.get(agent, {}).values()

    def clear(self) -> None:
        """Forget who stands here and what follows from it, and how those who are free were sorted: it is all made again."""
        self.counted = 0
        for made in (self.lanes, self.anybodys, self.named, self.standing, self.orders):
            made.clear()

    def needs_of(self, contact: Contact) -> Needs:
        """What is asked of an agent for this contact now."""
        return self.stages[contact.relaxed][1]

    def in_order(self) -> Iterator[str]:
        """All contacts that wait, first first."""
        return (contact for _, contact in merge(*self.standing.values()))

    def counted_of(self, medium: str) -> int:
        """How many contacts of this medium wait: mails keep no caller waiting, nor callers a mail."""
        return len(self.standing.get(medium, ()))

    def estimator_of(self, medium: str) -> WaitEstimator:
        """What is known of the waits of contacts of this medium."""
        return self.estimator if medium == VOICE else self.written.setdefault(medium, WaitEstimator(_HANDLING_S))

    def there_for(self, medium: str) -> int:
        """How many agents are there for contacts of this medium, in a pause or not."""
        return self.reached if medium == VOICE else self.logged_in

    def serving_for(self, medium: str) -> int:
        """How many agents serve contacts of this medium."""
        return self.answering if medium == VOICE else self.serving

    def ahead_of(self, contact: Contact) -> int:
        """How many of its medium wait here before this one."""
        return bisect_left(self.standing.get(contact.medium, ()), (contact.place, contact.id))

    def add_idle(self, entry: Entry) -> None:
        """Add an agent who can be offered a contact."""
        insort(self.idle, entry)
        for order in self.orders.values():
            order.add(entry)

    def remove_idle(self, entry: Entry) -> None:
        """Take an agent out.

        Raises:
            KeyError: he is not here.

        """
        index = bisect_left(self.idle, entry)
        if index == len(self.idle) or self.idle[index] != entry:
            raise KeyError(entry)
        del self.idle[index]
        for order in self.orders.values():
            order.remove(entry)
