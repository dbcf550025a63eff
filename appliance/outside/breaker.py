"""Keeps callers from waiting for a gateway that is down: after some failures in a row it is not asked for a while.

closed ──opens_after failures in a row──▶ open ──rests_s──▶ half open, one request ──answered──▶ closed
                                           ▲                                    └──failed──▶ open
"""

from collections.abc import Callable

__all__ = ["Breaker"]


class Breaker:
    """The state of one gateway; `told` hears why it opens, and None when it is closed again."""

    def __init__(self, opens_after: int, rests_s: float, told: Callable[[str | None], None]) -> None:
        """Begin closed."""
        self._opens_after, self._rests_s, self._told = opens_after, rests_s, told
        self.failures = 0
        """In a row."""
        self._opened_at: float | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether it is not asked, or only tried."""
        return self._opened_at is not None

    def lets(self, now: float) -> bool:
        """Whether a request may go now; who was let go says `answered`, `failed` or `undecided` afterwards."""
        if self._opened_at is None:
            return True
        if self._trying or now < self._opened_at + self._rests_s:
            return False
        self._trying = True
        return True

    def answered(self) -> None:
        """It works."""
        self.failures, self._trying = 0, False
        if self._opened_at is not None:
            self._opened_at = None
            self._told(None)

    def failed(self, now: float, why: str) -> None:
        """It does not."""
        self.failures += 1
        tried, self._trying = self._trying, False
        if tried:
            self._opened_at = now
        elif self._opened_at is None and self.failures >= self._opens_after:
            self._opened_at = now
            self._told(why)

    def undecided(self) -> None:
        """Nothing was learnt of it."""
        self._trying = False
