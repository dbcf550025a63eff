"""Targets beside what was measured: met, missed, or - where the interval of several replications holds the limit - not decided."""

from collections.abc import Iterable, Mapping, Sequence
from math import isinf
from statistics import fmean
from typing import Literal

from hal.api import value
from sim.verdict.figures import Figures
from sim.verdict.intervals import half_width
from sim.verdict.kinds import KINDS
from sim.verdict.targets import Promise, Scope, Target

__all__ = ["MET", "MISSED", "NOT_DECIDED", "State", "Verdict", "exit_code", "verdicts"]

State = Literal["met", "missed", "not decided"]
MET: State = "met"
MISSED: State = "missed"
NOT_DECIDED: State = "not decided"
_WORST: Sequence[State] = (MISSED, NOT_DECIDED, MET)


@value
class Verdict:
    """A target and what came of it."""

    promise: Promise
    scope: Scope
    """Of the scopes of the promise, the one that did worst."""
    measured: float | None
    """The mean of all replications; infinite: of one it never came; None: there was nothing to measure, which meets no target."""
    half_width: float | None
    """Of the 95 % confidence interval; None: there is none, for it was one run, or every run has to meet the target, or it never came."""
    state: State

    @property
    def ok(self) -> bool:
        """Whether it was met."""
        return self.state == MET

    @property
    def target(self) -> Target:
        """The limit."""
        return self.promise.target

    @property
    def title(self) -> str:
        """What it is about: `service level`, `asa, sales 10:00-12:00`."""
        name = self.promise.name.replace("_", " ")
        return f"{name}, {self.promise.label}" if self.promise.label else name

    @property
    def worst(self) -> str:
        """Of a target for every part of the day: the part that did worst; empty: it is no such target."""
        return self.scope.hours if self.promise.every else ""


def verdicts(promises: Iterable[Promise], runs: Sequence[Mapping[Scope, Figures]]) -> list[Verdict]:
    """What came of each promise; `runs` are one run or several replications."""
    found = []
    for promise in promises:
        judged = [_judged(promise, scope, [KINDS[promise.name].judged(run[scope]) for run in runs]) for scope in promise.scopes]
        known = [verdict for verdict in judged if verdict.measured is not None]
        found.append(min(known, key=_badness) if known else judged[0])
    return found


def _judged(promise: Promise, scope: Scope, values: Sequence[float | None]) -> Verdict:
    target = promise.target
    known = [measured for measured in values if measured is not None]
    if not known:
        return Verdict(promise, scope, None, None, MISSED)
    mean = fmean(known)
    if target.operator == "=" or len(known) == 1 or isinf(mean):
        return Verdict(promise, scope, mean, None, MET if all(map(target.met, known)) else MISSED)
    width = half_width(known)
    ends = (target.met(mean - width), target.met(mean + width))
    return Verdict(promise, scope, mean, width, MET if all(ends) else NOT_DECIDED if any(ends) else MISSED)


def _badness(verdict: Verdict) -> tuple[int, float]:
    """The less, the worse."""
    more = (verdict.measured or 0.0) - verdict.target.value
    margin = {">": more, ">=": more, "<": -more, "<=": -more}.get(verdict.target.operator, -abs(more))
    return _WORST.index(verdict.state), margin


def exit_code(found: Iterable[Verdict]) -> int:
    """0: all targets met; 1: one was missed; 3: none was missed, but one is not decided."""
    states = {verdict.state for verdict in found}
    return 1 if MISSED in states else 3 if NOT_DECIDED in states else 0
