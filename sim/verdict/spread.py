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
_DIGITS = 4


class Spread:
    """Values from 0 on. Quantiles are exact up to 20,000 different values; from then on values count with their first four digits."""

    def __init__(self) -> None:
        self.number = 0
        self.total = 0.0
        self.highest: float | None = None
        self._counts: Counter[float] = Counter()
        self._coarse = False

    def add(self, value: float) -> None:
        """Count one; what is beyond the sixth decimal place is left out."""
        value = round(value, 6)
        self.number += 1
        self.total += value
        if self.highest is None or value > self.highest:
            self.highest = value
        self._counts[_shortened(value) if self._coarse else value] += 1
        if not self._coarse and len(self._counts) > _EXACT:
            self._coarse = True
            exact, self._counts = self._counts, Counter()
            for kept, times in exact.items():
                self._counts[_shortened(kept)] += times

    @property
    def mean(self) -> float | None:
        """None: there is no value."""
        return self.total / self.number if self.number else None

    def quantiles(self, shares: Mapping[str, float]) -> dict[str, float | None]:
        """By name, and `max`, the highest value; nearest rank: the smallest value that at least that share of all does not exceed."""
        found: dict[str, float | None] = dict.fromkeys(shares)
        if self.highest is None:
            return {**found, "max": None}
        ordered = sorted(self._counts)
        ranks = list(accumulate(self._counts[value] for value in ordered))
        for name, share in shares.items():
            place = bisect_left(ranks, max(1, ceil(share * self.number)))
            found[name] = min(ordered[place], self.highest)
        return {**found, "max": self.highest}


def _shortened(value: float) -> float:
    return round(value, _DIGITS - 1 - floor(log10(value))) if value > 0 else 0.0


class Histogram:
    """How many waits ended in which step of `EDGES_S`, by what they ended in."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self.counts: dict[str, list[float]] = {kind: [0.0] * (len(EDGES_S) + 1) for kind in kinds}

    def add(self, kind: str, value_s: float) -> None:
        """Count one."""
        self.counts[kind][bisect_left(EDGES_S, value_s)] += 1
