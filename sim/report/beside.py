"""A run beside another one: an earlier report, or a second configuration that met the same callers."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from hal.api import HalError
from sim.report.result import Result
from sim.verdict.comparing import COMPARED, COMPARED_QUEUES, Difference, Runs, differences, pairs_of
from sim.verdict.curves import Curves, curves_from
from sim.verdict.figures import Figures
from sim.verdict.kinds import KINDS
from sim.verdict.targets import WHOLE, Scope

__all__ = ["Comparison", "Other", "earlier", "runs_of"]


def runs_of(result: Result) -> Runs:
    """A result's replications by their seeds."""
    return {run.seed: run.scopes for run in result.runs}


@frozen
class Other:
    """What a result is compared with."""

    title: str
    runs: Runs
    curves: Curves | None


@frozen
class Comparison:
    """Two results beside each other, figure by figure."""

    first: str
    """What the one before is called."""
    second: str
    pairs: int
    """How many runs of both had the same seed."""
    runs: tuple[int, int]
    """How many runs there were of each."""
    rows: Sequence[Difference]
    curves: Curves | None
    """Of the one before."""

    @classmethod
    def of(cls, other: Other, result: Result, first: str, second: str) -> "Comparison":
        """Compare the whole runs, and each queue that both have."""
        after = runs_of(result)
        rows = differences(other.runs, after, WHOLE, COMPARED)
        known = next(iter(other.runs.values()))
        for queue in result.site.queues:
            if Scope(queue) in known and len(result.site.queues) > 1:
                rows += differences(other.runs, after, Scope(queue), COMPARED_QUEUES)
        return cls(first, second, len(pairs_of(other.runs, after)), (len(other.runs), len(after)), rows, other.curves)

    @property
    def says(self) -> str:
        """How the differences are to be read."""
        if self.pairs > 1:
            return (
                f"{self.pairs} pairs of runs, both of a pair with the same seed, so with the same callers where both scenarios say the "
                "same of them. A difference is significant when its 95 % confidence interval does not hold zero; of twenty figures "
                "that did not change, one looks significant all the same."
            )
        if min(self.runs) > 1:
            return (
                f"{self.runs[0]} and {self.runs[1]} runs without seeds in common: a difference is significant when its 95 % confidence "
                "interval (Welch) does not hold zero."
            )
        met = "the same seed" if self.pairs else "another seed"
        return f"One run beside another, with {met}: what is chance and what is not takes replications of both to tell."

    def as_json(self) -> dict[str, Any]:
        """For reports."""
        return {
            "before": self.first,
            "after": self.second,
            "pairs": self.pairs,
            "differences": [
                {
                    "figure": row.name,
                    **({"queue": row.scope.queue} if row.scope.queue else {}),
                    "before": row.before,
                    "after": row.after,
                    "difference": row.change,
                    "half_width": row.half_width,
                    "significant": row.significant,
                    "says": row.says,
                }
                for row in self.rows
            ],
        }


def earlier(path: Path) -> Other:
    """What `./hotline sim run --json FILE` wrote before.

    Raises:
        HalError: it is not such a file.

    """
    try:
        report = json.loads(path.read_text("utf-8"))
        members = report.get("replications") or [report]
        runs = {int(member["seed"]): _scopes(member) for member in members}
        for scopes in runs.values():
            for name in COMPARED:
                KINDS[name].of(scopes[WHOLE])
        return Other(str(report["scenario"]), runs, curves_from(report["curves"]))
    except OSError as error:
        raise HalError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise HalError(f"{path} is no report of ./hotline sim run --json of this version") from None


def _scopes(report: Mapping[str, Any]) -> dict[Scope, Figures]:
    return {WHOLE: dict(report), **{Scope(queue): figures for queue, figures in report["queues"].items()}}
