"""Rows on their way to the disk, in the order in which they came, and what is given up when there are too many.

add ─ waiting ─ oldest ─ in flight ─┬─ done      they are safe
                   ▲                │
                   └────────────────┘ failed     they wait again
"""

from collections import Counter, deque

from appliance.core.records import Audit, CallEvent, Decision, Record
from appliance.store.tables import TABLES

__all__ = ["Backlog", "Waiting"]

Waiting = tuple[Record, int]
"""A row and the token to acknowledge it with (0: none)."""

_SPARED = (CallEvent, Decision)
"""Rows that tell how something came about, and not what it is: these may be dropped."""


class Backlog:
    """Rows not yet safe, oldest first, of which there are at most about `limit`.

    When many wait, a row takes the place of a waiting one with the same key, unless it is to be acknowledged itself. At the limit, for each
    row that comes the oldest call event or decision that is not to be acknowledged is dropped, and counted. Nothing else is ever dropped:
    contacts, legs, recordings, tickets, agents' states, alarms and the audit trail stay even beyond the limit (about 0.5 kB each).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._many = limit // 100
        self._rows: list[Waiting | None] = []
        """None: a row that was dropped."""
        self._first = 0
        """The position of the first of them, counted from the start."""
        self._gaps = 0
        self._in_flight = 0
        self._watching = False
        self._newest: dict[object, int] = {}
        """When many wait: table and key -> position of the newest row."""
        self._events: deque[int] = deque()
        """When many wait: positions of rows that may be dropped."""
        self._untold: list[CallEvent | Decision] = []
        """The first and the last row dropped since `account`."""
        self._untold_count = 0
        self.dropped = 0
        """Rows dropped since the start."""

    def __len__(self) -> int:
        return len(self._rows) - self._gaps

    def add(self, record: Record, token: int) -> bool:
        """Append a row; the result says whether one had to be dropped."""
        if not self._watching:
            self._rows.append((record, token))
            if len(self._rows) > self._many:
                self._watching = True
                for position, waiting in enumerate(self._rows, self._first):
                    if waiting is not None:
                        self._watch(waiting, position)
            return False
        if not token and self._replace(record):
            return False
        self._rows.append((record, token))
        self._watch((record, token), self._first + len(self._rows) - 1)
        return len(self._rows) - self._gaps > self._limit and self._drop()

    def oldest(self, most: int) -> list[Waiting]:
        """The oldest rows, at most about `most`: they are in flight until `done` or `failed`."""
        found = [waiting for waiting in self._rows[:most] if waiting is not None]
        self._in_flight = min(most, len(self._rows))
        while not found and self._in_flight < len(self._rows):  # nothing but gaps
            if (waiting := self._rows[self._in_flight]) is not None:
                found.append(waiting)
            self._in_flight += 1
        return found

    def done(self) -> None:
        """The rows in flight are safe."""
        self._gaps -= self._rows[: self._in_flight].count(None)
        del self._rows[: self._in_flight]
        self._first += self._in_flight
        self._in_flight = 0
        if not self._rows:
            self._watching = False
            self._newest.clear()
            self._events.clear()
        elif len(self._newest) > 2 * len(self._rows) + self._many:
            self._newest = {key: position for key, position in self._newest.items() if position >= self._first}

    def failed(self) -> None:
        """The rows in flight are not safe, and wait again."""
        self._in_flight = 0

    def account(self) -> Audit | None:
        """A row that says what was dropped since the last time this was asked; None if nothing was."""
        if not self._untold:
            return None
        first, last, count = self._untold[0], self._untold[-1], self._untold_count
        self._untold, self._untold_count = [], 0
        detail = f"{count} from {first.at:.3f} to {last.at:.3f}: memory was full before the disk was back"
        return Audit(last.at, "store", "call events and decisions dropped", detail)

    def tables(self) -> dict[str, int]:
        """How many rows wait for each table."""
        return dict(Counter(waiting[0].table for waiting in self._rows if waiting is not None))

    def _watch(self, waiting: Waiting, position: int) -> None:
        record, token = waiting
        if key_of := TABLES[type(record)].key_of:
            self._newest[record.table, key_of(record)] = position
        elif type(record) in _SPARED and not token:
            self._events.append(position)

    def _replace(self, record: Record) -> bool:
        """Put the row where an older one of its key waits: what is acknowledged meanwhile was put after that one, and may rely on it."""
        if not (key_of := TABLES[type(record)].key_of):
            return False
        position = self._newest.get((record.table, key_of(record)), -1) - self._first
        if position < self._in_flight or (older := self._rows[position]) is None:
            return False
        self._rows[position] = (record, older[1])
        return True

    def _drop(self) -> bool:
        while self._events:
            position = self._events.popleft() - self._first
            if position < self._in_flight or (waiting := self._rows[position]) is None:
                continue
            event = waiting[0]
            if isinstance(event, _SPARED):
                self._rows[position] = None
                self._gaps += 1
                self.dropped += 1
                self._untold = [*self._untold[:1], event]
                self._untold_count += 1
                return True
        return False
