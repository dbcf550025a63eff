"""Invoke IDs: which request an answer belongs to, and when waiting for it is over.

A request takes the next free ID of 1 to 9998. The ID is free again when its answer has come, be it late: a switch that answers the first
of two requests of the same ID would be believed about the second. What never has an answer but an error (`RouteSelect`) gives its ID back
after the time in which the error would have come. An ID whose answer never comes is used again when all are taken, the oldest first: a
switch that never answers some service would stop the link otherwise.
"""

import heapq
from collections.abc import Hashable

import attrs

from hal.csta.frames import LAST_REQUEST
from hal.csta.messages import Message

__all__ = ["Pending", "Requests"]


@attrs.define
class Pending:
    """A request that was sent."""

    invoke_id: int
    purpose: Hashable
    message: Message
    one_way: bool
    late: bool = False
    """The time for its answer is over; who asked was told so."""


class Requests:
    """The requests of one connection that have no answer yet."""

    def __init__(self, last: int = LAST_REQUEST) -> None:
        self._last = last
        self._next = 1
        self._pending: dict[int, Pending] = {}
        self._deadlines: list[tuple[float, int, Pending]] = []
        self._count = 0

    def __contains__(self, invoke_id: int) -> bool:
        return invoke_id in self._pending

    def add(self, purpose: Hashable, message: Message, deadline: float, *, one_way: bool = False) -> Pending | None:
        """Take an ID for a request; None when all are taken by requests whose answers may still come in time."""
        if len(self._pending) >= self._last:
            oldest = next((pending for pending in self._pending.values() if pending.late), None)
            if oldest is None:
                return None
            del self._pending[oldest.invoke_id]
        while self._next in self._pending:
            self._step()
        made = Pending(self._next, purpose, message, one_way)
        self._step()
        self._pending[made.invoke_id] = made
        self._count += 1
        heapq.heappush(self._deadlines, (deadline, self._count, made))
        return made

    def _step(self) -> None:
        self._next = self._next % self._last + 1

    def answered(self, invoke_id: int) -> Pending | None:
        """The request that this is the answer to, and its ID is free; None: nobody waits for it."""
        return self._pending.pop(invoke_id, None)

    def expired(self, now: float) -> list[Pending]:
        """Those whose time is over just now, but for the one-way ones, which have done without an answer."""
        found = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, _, pending = heapq.heappop(self._deadlines)
            if self._pending.get(pending.invoke_id) is not pending:
                continue
            if pending.one_way:
                del self._pending[pending.invoke_id]
            else:
                pending.late = True
                found.append(pending)
        return found

    def next_deadline(self) -> float | None:
        """When `expired` has something to say at the earliest."""
        while self._deadlines and self._pending.get(self._deadlines[0][2].invoke_id) is not self._deadlines[0][2]:
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def waiting(self) -> list[Pending]:
        """Those that somebody still waits for, in the order they were sent."""
        return [pending for pending in self._pending.values() if not pending.late and not pending.one_way]
