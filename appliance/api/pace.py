"""How often somebody may ask: a bucket that fills steadily, for each who asks."""

from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Pace"]

_WATCHED = 10_000


class Pace:
    """So many requests at once, and so many a second."""

    def __init__(self, now: Callable[[], float], burst: float = 200.0, per_s: float = 50.0) -> None:
        """`now` is a clock in seconds that never goes back."""
        self._now, self._burst, self._per_s = now, burst, per_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, whose: str) -> float:
        """0.0: he may, and it is counted; else in how many seconds he may again."""
        now = self._now()
        left, at = self._buckets.get(whose, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        if left < 1.0:
            return (1.0 - left) / self._per_s
        self._buckets[whose] = (left - 1.0, now)
        self._buckets.move_to_end(whose)
        while len(self._buckets) > _WATCHED:
            self._buckets.popitem(last=False)
        return 0.0
