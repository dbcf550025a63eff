"""How values are spread - mean, quantiles, highest - in a memory that does not grow with their number."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import ceil, floor, log10

__all__ = ["EDGES_S", "RESPONSE", "WAIT", "Histogram", "Spread"]

RESPONSE: Mapping[str, float] = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
WAIT: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
EDGES_S = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1800)
"""Ends of the steps in which waits are counted: none, up to 5 s, ..., more than half an hour."""
_EXACT = 20_000
_AT_ONCE = 2_000
_DIGITS = 4


class Spread:
    """Values from 0 on. Quantiles are exact up to 20,000 different values; from then on values count with their first four digits."""

    def __init__(self) -> None:
        self._new: list[float] = []
        """Values that are not counted yet: many at once are counted faster."""
        self._number = 0
        self._total = 0.0
        self._highest = 0.0
        self._counts: Counter[float] = Counter()
        self._coarse = False

    def add(self, value: float) -> None:
        """Count one; what is beyond the sixth decimal place is left out."""
        self._new.append(value)
        if len(self._new) == _AT_ONCE:
            self._count()

    def _count(self) -> None:
        values = [round(value, 6) for value in self._new]
        self._new.clear()
        if not values:
            return
        self._number += len(values)
        self._total += sum(values)
        self._highest = max(self._highest, *values)
        self._counts.update(map(_shortened, values) if self._coarse else values)
        if not self._coarse and len(self._counts) > _EXACT:
            self._coarse = True
            exact, self._counts = self._counts, Counter()
            for kept, times in exact.items():
                self._counts[_shortened(kept)] += times

    @property
    def number(self) -> int:
        """How many values there were."""
        return self._number + len(self._new)

    @property
    def mean(self) -> float | None:
        """None: there is no value."""
        self._count()
        return self._total / self._number if self._number else None

    def quantiles(self, shares: Mapping[str, float]) -> dict[str, float | None]:
        """By name, and `max`, the highest value; nearest rank: the smallest value that at least that share of all does not exceed."""
        self._count()
        found: dict[str, float | None] = dict.fromkeys(shares)
        if not self._number:
            return {**found, "max": None}
        ordered = sorted(self._counts)
        ranks = list(accumulate(self._counts[value] for value in ordered))
        for name, share in shares.items():
            place = bisect_left(ranks, max(1, ceil(share * self._number)))
            found[name] = min(ordered[place], self._highest)
        return {**found, "max": self._highest}


def _shortened(value: float) -> float:
    return round(value, _DIGITS - 1 - floor(log10(value))) if value > 0 else 0.0


class Histogram:
    """How many waits ended in which step of `EDGES_S`, by what they ended in."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self.counts: dict[str, list[float]] = {kind: [0.0] * (len(EDGES_S) + 1) for kind in kinds}

    def add(self, kind: str, value_s: float) -> None:
        """Count one."""
        self.counts[kind][bisect_left(EDGES_S, value_s)] += 1
