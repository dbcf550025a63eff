"""The feed: what has changed in the centre, numbered, for any number of readers each at his own pace.

    changed(kind, key) ─▶ dirty ─▶ flush ─▶ ring of the newest events ◀─ cursor of a reader
                                                                     ◀─ cursor of another

Nothing is kept for a reader: he has a place in the ring, and a slow one falls back in it without anybody waiting for him. Who asks for
the state of things and not for all that happened (`Reader.newest`) gets of each thing its newest event only, so that he catches up
however slow he is; who has fallen out of the ring begins anew with the state of all things. Every event has a number, one more than the
one before: a reader who comes back says which he had last, and gets all that came since, each once.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import trio
from attrs import field, frozen

__all__ = ["Event", "Feed", "Lost", "Reader"]

_KEPT = 50_000


class Lost(Exception):
    """What comes next is not kept any more: the reader begins anew."""


@frozen
class Event:
    """One thing is otherwise: `data` is how it is now, None: it is no more."""

    seq: int
    kind: str
    key: str
    data: Mapping[str, Any] | None = field(repr=False)


class Feed:
    """The newest events of one run of the appliance, which `run` names: numbers of another run mean nothing here."""

    def __init__(self, run: str, kept: int = _KEPT) -> None:
        """Keep so many events."""
        self.run = run
        self._ring: deque[Event] = deque(maxlen=kept)
        self._more = trio.Event()

    @property
    def newest(self) -> int:
        """The number of the newest event; 0: there was none yet."""
        return self._ring[-1].seq if self._ring else 0

    def publish(self, kind: str, key: str, data: Mapping[str, Any] | None) -> None:
        """Add an event."""
        self._ring.append(Event(self.newest + 1, kind, key, data))
        self._more.set()
        self._more = trio.Event()

    def holds(self, seq: int) -> bool:
        """Whether all that came after this number is still here."""
        return 0 <= seq <= self.newest and (not self._ring or self._ring[0].seq <= seq + 1)

    def after(self, seq: int, most: int) -> list[Event]:
        """The events after a number, oldest first.

        Raises:
            Lost: some of them are not kept any more, or there never was such a number.

        """
        if not self.holds(seq):
            raise Lost
        if not self._ring:
            return []
        begin = seq + 1 - self._ring[0].seq
        return [self._ring[n] for n in range(begin, min(len(self._ring), begin + most))]

    async def wait(self, seq: int) -> None:
        """Until there is an event after this number."""
        while self.newest <= seq:
            await self._more.wait()


class Reader:
    """A place in the feed."""

    _MOST = 1000

    def __init__(self, feed: Feed, seq: int, seen: Callable[[Event], Event | None], *, newest: bool) -> None:
        """Begin after a number, with each event as he may see it; `newest`: of each thing only how it is now."""
        self._feed, self.seq, self._seen, self._newest = feed, seq, seen, newest

    async def next(self) -> list[Event]:
        """What comes next, at least one event that he may see.

        Raises:
            Lost: he was too slow.

        """
        while True:
            await self._feed.wait(self.seq)
            events = self._feed.after(self.seq, self._MOST)
            self.seq = events[-1].seq
            found = [shown for event in events if (shown := self._seen(event)) is not None]
            if self._newest:
                found = sorted({(event.kind, event.key): event for event in found}.values(), key=lambda event: event.seq)
            if found:
                return found
