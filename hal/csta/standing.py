"""What a session keeps up by itself: a monitor on each device, a registration for each routing device, snapshots.

Each order goes its way on its own, whatever becomes of the others:

    WANTED ──asked──> ASKED ──yes──> HELD ──ended by the switch──> WAITING
      ^                 └──no, or no answer in time──> WAITING         │
      └──────────────────────── its pause is over ─────────────────────┘

The pause doubles with each failure in a row. Nothing is asked here: `due` says what to ask, no more than a window's worth at a time, so
that a switch with a thousand devices is not flooded. A snapshot is an order that is done once it is answered.
"""

import heapq
from collections import deque
from enum import Enum

import attrs

from hal.api import value

__all__ = ["Kind", "Order", "Standing", "State"]


class Kind(Enum):
    """What is kept up."""

    MONITOR = "monitor"
    ROUTING = "routing"
    SNAPSHOT = "snapshot"


class State(Enum):
    """How it stands."""

    WANTED = "wanted"
    ASKED = "asked"
    HELD = "held"
    WAITING = "waiting"


@value
class Order:
    """One thing to keep up."""

    kind: Kind
    device: str


@attrs.define
class _Course:
    state: State = State.WANTED
    failures: int = 0
    again_at: float = 0.0
    reference: str = ""
    """Cross reference or registration, while it is held."""
    again: bool = False
    """A snapshot was wanted once more while it was being asked for."""


class Standing:
    """All orders of one session."""

    def __init__(self, devices: tuple[str, ...], routing: tuple[str, ...], *, window: int, pause_s: float, longest_pause_s: float) -> None:
        self._window = window
        self._pause_s = pause_s
        self._longest_pause_s = longest_pause_s
        self._courses: dict[Order, _Course] = {Order(Kind.ROUTING, device): _Course() for device in routing}
        self._courses.update((Order(Kind.MONITOR, device), _Course()) for device in devices)
        self._wanted: deque[Order] = deque(self._courses)
        self._pauses: list[tuple[float, int, Order]] = []
        """When the pause of an order is over, by time; out of date where the order does not wait until then any more."""
        self._pause_number = 0
        self._asked = 0
        self._by_reference: dict[tuple[Kind, str], Order] = {}

    def state(self, order: Order) -> State | None:
        """How an order stands; None: there is none (any more)."""
        course = self._courses.get(order)
        return course.state if course else None

    def held(self, kind: Kind) -> list[str]:
        """The devices for which such an order is held."""
        return [order.device for order, course in self._courses.items() if order.kind is kind and course.state is State.HELD]

    def device_of(self, kind: Kind, reference: str) -> str:
        """The device of a cross reference; empty: it is not known."""
        order = self._by_reference.get((kind, reference))
        return order.device if order else ""

    def want_snapshot(self, device: str) -> None:
        """One more snapshot; not while one waits to be asked for anyway, but again if one is asked for that may be too old."""
        order = Order(Kind.SNAPSHOT, device)
        course = self._courses.get(order)
        if course is None:
            self._courses[order] = _Course()
            self._wanted.append(order)
        elif course.state is State.ASKED:
            course.again = True

    def due(self, now: float) -> list[Order]:
        """What to ask for now; each counts as asked."""
        while (at := self.next_deadline()) is not None and at <= now:
            order = heapq.heappop(self._pauses)[2]
            self._courses[order].state = State.WANTED
            self._wanted.append(order)
        found = []
        while self._wanted and self._asked < self._window:
            order = self._wanted.popleft()
            if self._courses[order].state is not State.WANTED:
                continue  # granted meanwhile, by an answer that came late
            self._courses[order].state = State.ASKED
            self._asked += 1
            found.append(order)
        return found

    def next_deadline(self) -> float | None:
        """When a pause is over."""
        pauses = self._pauses
        while pauses and not self._waits(pauses[0][2], pauses[0][0]):
            heapq.heappop(pauses)
        return pauses[0][0] if pauses else None

    def _waits(self, order: Order, until: float) -> bool:
        course = self._courses.get(order)
        return course is not None and course.state is State.WAITING and course.again_at == until

    def granted(self, order: Order, reference: str) -> None:
        """The switch said yes; a snapshot is done with that."""
        course = self._courses[order]
        self._asked -= course.state is State.ASKED
        if order.kind is Kind.SNAPSHOT:
            del self._courses[order]
            if course.again:
                self.want_snapshot(order.device)
            return
        if self._by_reference.get((order.kind, course.reference)) == order:
            del self._by_reference[order.kind, course.reference]
        course.state, course.failures, course.reference = State.HELD, 0, reference
        self._by_reference[order.kind, reference] = order

    def failed(self, order: Order, now: float) -> None:
        """It said no, or nothing."""
        course = self._courses[order]
        self._asked -= course.state is State.ASKED
        self._by_reference.pop((order.kind, course.reference), None)
        course.state, course.reference = State.WAITING, ""
        course.again_at = now + min(self._pause_s * 2**course.failures, self._longest_pause_s)
        course.failures = min(course.failures + 1, 32)
        self._pause_number += 1
        heapq.heappush(self._pauses, (course.again_at, self._pause_number, order))

    def dropped(self, order: Order) -> None:
        """A snapshot that the switch refuses is wanted no more."""
        course = self._courses.pop(order)
        self._asked -= course.state is State.ASKED

    def ended(self, kind: Kind, reference: str, now: float) -> str:
        """The switch ended what was held: it is asked for again after a pause. Its device; empty: it is not known."""
        order = self._by_reference.get((kind, reference))
        if order is None:
            return ""
        self.failed(order, now)
        return order.device
