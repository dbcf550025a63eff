"""How long rows are collected before a commit: not at all while few come, longer the more there are."""

from math import exp

__all__ = ["Pace"]


class Pace:
    """Measures the rate of rows (an exponential average over about `memory_s`) and answers with the linger for the next commit.

    Below `idle_rate` rows per second the linger is 0: an acknowledgement takes one commit, and rows that come during it share the next one.
    From there it grows from `shortest_s` to `longest_s` at `busy_rate`: a disk flush is shared by all rows of that time.
    """

    def __init__(
        self,
        *,
        idle_rate: float = 100.0,
        busy_rate: float = 1000.0,
        shortest_s: float = 0.02,
        longest_s: float = 0.05,
        memory_s: float = 1.0,
    ) -> None:
        self._idle_rate = idle_rate
        self._slope = (longest_s - shortest_s) / (busy_rate - idle_rate)
        self._shortest_s = shortest_s
        self._longest_s = longest_s
        self._memory_s = memory_s
        self._rate = 0.0
        self._noted_at = 0.0

    def note(self, rows: int, now: float) -> None:
        """Count `rows` that came since the last call; `now` is in seconds of any clock that does not go back."""
        self._rate = self.rate(now) + rows / self._memory_s
        self._noted_at = now

    def rate(self, now: float) -> float:
        """Rows per second lately."""
        return self._rate * exp((self._noted_at - now) / self._memory_s)

    def linger_s(self, now: float) -> float:
        """How long to wait for more rows before the next commit, in seconds."""
        beyond = self.rate(now) - self._idle_rate
        return 0.0 if beyond <= 0 else min(self._longest_s, self._shortest_s + beyond * self._slope)
