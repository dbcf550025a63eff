"""Two runs, or two series of replications, beside each other: each figure's difference, and whether it is more than chance.

Runs with the same seed met the same callers, and are compared as pairs (common random numbers): what chance did to both cancels out.
Without pairs the intervals are Welch's, of two samples that know nothing of each other.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean, variance

from hal.api import value
from sim.verdict.figures import Figures
from sim.verdict.intervals import half_width, t95
from sim.verdict.kinds import KINDS
from sim.verdict.targets import Scope

__all__ = ["COMPARED", "COMPARED_QUEUES", "Difference", "Runs", "differences", "pairs_of"]

Runs = Mapping[int, Mapping[Scope, Figures]]
"""Seed -> the figures of the run with that seed."""

COMPARED = (
    "service_level", "service_level_answered", "asa", "abandonment", "blocking", "wait_mean", "wait_p95", "occupancy", "self_service",
    "expected_wait", "offered", "answered", "abandoned", "messages", "blocked", "calls_lost", "records_lost", "prompt_p99", "offer_p99",
)  # fmt: skip
COMPARED_QUEUES = ("service_level", "asa", "abandonment", "wait_p95", "answered", "occupancy")


_NOTHING = 1e-12
"""Differences of such a share come of adding in another order."""


@value
class Difference:
    """One figure in both."""

    scope: Scope
    name: str
    before: float | None
    """Mean; None: there was nothing to measure."""
    after: float | None
    half_width: float | None
    """Of the 95 % confidence interval of the difference; None: there are not enough runs to tell."""

    @property
    def change(self) -> float | None:
        """By how much it is more; None: one of both is not there."""
        if self.before is None or self.after is None:
            return None
        change = self.after - self.before
        return 0.0 if abs(change) < _NOTHING * max(abs(self.before), abs(self.after)) else change

    @property
    def significant(self) -> bool:
        """Whether it is more than chance, in 19 of 20 such comparisons."""
        return self.change is not None and self.half_width is not None and abs(self.change) > self.half_width

    @property
    def says(self) -> str:
        """`better`, `worse`, `different`, `no difference shown`, `the same`, or why nothing can be said."""
        if self.change is None:
            return "nothing to compare"
        if self.change == 0 and not self.half_width:
            return "the same"
        if self.half_width is None:
            return "may be chance"
        if not self.significant:
            return "no difference shown"
        more = KINDS[self.name].more
        return "different" if not more else more if self.change > 0 else {"better": "worse", "worse": "better"}[more]

    @property
    def title(self) -> str:
        """What it is: `service level`."""
        return self.name.replace("_", " ")


def pairs_of(before: Runs, after: Runs) -> list[int]:
    """The seeds of both."""
    return [seed for seed in before if seed in after]


def differences(before: Runs, after: Runs, scope: Scope, names: Sequence[str]) -> list[Difference]:
    """Of a scope that both have; figures that neither has are left out."""
    found = []
    for name in names:
        first = {seed: amount for seed, run in before.items() if (amount := KINDS[name].of(run[scope])) is not None}
        second = {seed: amount for seed, run in after.items() if (amount := KINDS[name].of(run[scope])) is not None}
        if first or second:
            found.append(_difference(scope, name, first, second))
    return found


def _difference(scope: Scope, name: str, first: Mapping[int, float], second: Mapping[int, float]) -> Difference:
    if not first or not second:
        return Difference(scope, name, fmean(first.values()) if first else None, fmean(second.values()) if second else None, None)
    pairs = [(amount, second[seed]) for seed, amount in first.items() if seed in second]
    if len(pairs) > 1:
        before, after = (fmean(each) for each in zip(*pairs, strict=True))
        return Difference(scope, name, before, after, half_width([b - a for a, b in pairs]))
    before, after = fmean(first.values()), fmean(second.values())
    return Difference(scope, name, before, after, _welch(list(first.values()), list(second.values())))


def _welch(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Half the interval of a difference of means, after Welch and Satterthwaite."""
    if len(first) < 2 or len(second) < 2:
        return None
    a, b = variance(first) / len(first), variance(second) / len(second)
    if a + b == 0:
        return 0.0
    freedom = (a + b) ** 2 / (a**2 / (len(first) - 1) + b**2 / (len(second) - 1))
    return t95(max(1, int(freedom))) * sqrt(a + b)
