"""One leg's keys, each once, however its phone tells them. Pure: it is told what was heard and when, and gives back what to report.

Some phones tell a key twice: in the path of speech (RFC 4733, or as a tone where that was not negotiated) and by SIP INFO. Which do is not
known before both have come, so the first to tell a key is believed; from then on what was negotiated is, and INFO is its copy:

    in the path ── INFO told it a moment ago ─────────────── the same press: nothing
                └─ else ──────────────────────────────────── report
    by INFO ────── the path told it, no longer ago than it was pressed ── the same press: nothing
                ├─ the path was never used ───────────────── report
                └─ else wait `WAIT_S` for the path ── comes: report once ── does not (its packets are lost): report
"""

from collections import deque

__all__ = ["WAIT_S", "Presses"]

COPY_S = 2.0
"""The two ways are no further apart than this, and the time that the key was held."""
WAIT_S = 0.4
MOST = 32


class Presses:
    """Takes what is heard of one leg; `now` is any clock in seconds that does not go back."""

    def __init__(self) -> None:
        self._path: deque[tuple[str, float]] = deque(maxlen=MOST)
        """Told by the path, and not yet by INFO."""
        self._info: deque[tuple[str, float]] = deque(maxlen=MOST)
        """Told by INFO, and not yet by the path."""
        self._waiting: deque[tuple[str, float]] = deque()
        """By INFO alone, while the path may still tell the same, and when to stop waiting."""
        self._path_is_used = False

    def in_path(self, key: str, now: float) -> str:
        """A key came with the speech: the keys to report."""
        self._path_is_used = True
        if _take(self._info, key, now - COPY_S):
            return ""
        due = ""
        if any(waits == key for waits, _ in self._waiting):
            while (waits := self._waiting.popleft()[0]) != key:
                due += waits  # the path has gone on to a later one: it lost this
        else:
            due = self._all_waiting()
            self._path.append((key, now))
        return due + key

    def by_info(self, key: str, held_s: float, now: float) -> str:
        """A key came by INFO, held for `held_s` (0: not said): the keys to report."""
        if _take(self._path, key, now - COPY_S - held_s):
            return ""
        if self._path_is_used:
            self._waiting.append((key, now + WAIT_S))
            return ""
        self._info.append((key, now))
        return key

    def due(self, now: float) -> str:
        """The keys that have waited long enough: the path has lost them."""
        found = ""
        while self._waiting and self._waiting[0][1] <= now:
            found += self._waiting.popleft()[0]
        return found

    def _all_waiting(self) -> str:
        found = "".join(key for key, _ in self._waiting)
        self._waiting.clear()
        return found


def _take(told: deque[tuple[str, float]], key: str, since: float) -> bool:
    """Take the oldest of these keys told since then out, if there is one."""
    while told and told[0][1] < since:
        told.popleft()
    for entry in told:
        if entry[0] == key:
            told.remove(entry)
            return True
    return False
