"""Rows on their way to the disk, in the order in which they came, and what is given up when there are too many."""

from collections import Counter

from appliance.core.records import Audit, CallEvent, Record
from appliance.store.tables import TABLES

__all__ = ["Backlog", "Waiting"]

Waiting = tuple[Record, int]
"""A row and the token to acknowledge it with (0: none)."""


class Backlog:
    """Rows not yet on disk, oldest first, of which there are at most about `limit`.

    At the limit, first a row is left out that is written again by a later one with the same key; then the oldest call events that
    nobody waits for are dropped and counted, until a fifth is free. Nothing else is ever dropped: contacts, legs, recordings, tickets,
    agents' states, alarms and the audit trail stay even beyond the limit (about 0.5 kB each).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._check_at = limit
        self._rows: list[Waiting] = []
        self._dropped_since: CallEvent | None = None
        self._dropped_until: CallEvent | None = None
        self._dropped_untold = 0
        self.dropped = 0
        """Call events dropped since the start."""

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, record: Record, token: int) -> bool:
        """Append a row; the result says whether call events had to be dropped."""
        self._rows.append((record, token))
        return len(self._rows) > self._check_at and self._relieve()

    def take(self, most: int) -> list[Waiting]:
        """Remove and return the oldest `most` rows."""
        if len(self._rows) <= most:
            taken, self._rows = self._rows, []
        else:
            taken = self._rows[:most]
            del self._rows[:most]
        if len(self._rows) <= self._limit:
            self._check_at = self._limit
        return taken

    def put_back(self, rows: list[Waiting]) -> None:
        """Return what was taken, to the front."""
        self._rows[:0] = rows

    def account(self) -> Audit | None:
        """A row that says what was dropped since the last time this was asked; None if nothing was."""
        first, last, count = self._dropped_since, self._dropped_until, self._dropped_untold
        if first is None or last is None:
            return None
        self._dropped_since = self._dropped_until = None
        self._dropped_untold = 0
        return Audit(
            last.at,
            "store",
            "call events dropped",
            f"{count} from {first.at:.3f} to {last.at:.3f}: memory was full before the disk was back",
        )

    def tables(self) -> dict[str, int]:
        """How many rows wait for each table."""
        return dict(Counter(record.table for record, _ in self._rows))

    def _relieve(self) -> bool:
        self._rows = _newest_of_each(self._rows)
        surplus = len(self._rows) - self._limit * 4 // 5
        dropped = 0
        if surplus > self._limit // 10:
            kept = []
            for record, token in self._rows:
                if dropped < surplus and not token and type(record) is CallEvent:
                    dropped += 1
                    self._dropped_since = self._dropped_since or record
                    self._dropped_until = record
                else:
                    kept.append((record, token))
            self._rows = kept
        self.dropped += dropped
        self._dropped_untold += dropped
        self._check_at = max(self._limit, len(self._rows) * 11 // 10)  # what may not be dropped must not be looked through for every row
        return dropped > 0


def _newest_of_each(rows: list[Waiting]) -> list[Waiting]:
    """Leave out rows that a later one overwrites, except those somebody waits for."""
    seen: set[object] = set()
    kept: list[Waiting] = []
    for record, token in reversed(rows):
        if key_of := TABLES[type(record)].key_of:
            key = (type(record), key_of(record))
            if key in seen and not token:
                continue
            seen.add(key)
        kept.append((record, token))
    kept.reverse()
    return kept
