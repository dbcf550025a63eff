"""The verdict on a run: its figures as JSON with the keys DESIGN.md fixes, and each target beside what was measured."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from attrs import define, field

from sim.figures import Figures
from sim.scenario import Scenario
from sim.stories import Story
from sim.targets import Verdict

__all__ = ["Result", "combined", "half_width", "verdicts"]

# Student's t for a two-sided confidence of 95 %, by degrees of freedom (any statistical table); beyond 30 the normal value is within 2 %.
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_NORMAL95 = 1.960

_PLACES: Mapping[str, tuple[tuple[str, ...], float]] = {
    "service_level": (("service_level", "offered"), 1.0),
    "abandonment": (("abandonment",), 1.0),
    "blocking": (("blocking",), 1.0),
    "p_wait": (("p_wait",), 1.0),
    "occupancy": (("occupancy",), 1.0),
    "expected_wait": (("expected_wait", "inside"), 1.0),
    "self_service": (("self_service",), 1.0),
    "asa": (("asa_s",), 1.0),
    "wait_p95": (("wait_s", "p95"), 1.0),
    "wait_max": (("wait_s", "max"), 1.0),
    "answer_p99": (("response_ms", "answer", "p99"), 0.001),
    "prompt_p99": (("response_ms", "prompt", "p99"), 0.001),
    "offer_p99": (("response_ms", "offer", "p99"), 0.001),
    "answered": (("contacts", "answered"), 1.0),
    "messages": (("contacts", "messages"), 1.0),
    "blocked": (("contacts", "blocked"), 1.0),
}
"""Target -> where its figure stands, and what makes it a share, seconds or a count."""


def half_width(values: Sequence[float]) -> float:
    """Half the width of the 95 % confidence interval of the mean of independent values."""
    n = len(values)
    if n < 2:
        return float("inf")
    t = _T95[n - 2] if n - 2 < len(_T95) else _NORMAL95
    return t * stdev(values) / sqrt(n)


def at(figures: Any, path: Sequence[str]) -> Any:
    """A figure by its path."""
    for step in path:
        figures = figures[step]
    return figures


def verdicts(scenario: Scenario, figures: Figures, records_lost: float) -> list[Verdict]:
    """Each target and what came of it."""
    found = []
    for name, target in scenario.targets.items():
        if name == "records_lost":
            measured: float | None = records_lost
        else:
            path, scale = _PLACES[name]
            plain = at(figures, path)
            measured = None if plain is None else plain * scale
        found.append(Verdict(name, target, measured))
    return found


def combined(runs: Sequence[Figures]) -> Figures:
    """The means of several replications, with `half_width` beside them in every table of figures."""
    means: Figures = {}
    widths: Figures = {}
    for key, first in runs[0].items():
        members = [run[key] for run in runs]
        if isinstance(first, dict):
            means[key] = combined(members)
        elif key == "threshold_s":
            means[key] = first
        else:
            known = [member for member in members if member is not None]
            means[key] = fmean(known) if known else None
            widths[key] = half_width(known) if len(known) > 1 else None
    return {**means, "half_width": widths} if widths else means


@define(eq=False)
class Result:
    """What a run came to: one replication, or several as one."""

    scenario: Scenario
    seed: int
    mode: str
    """`virtual` or `live`."""
    virtual_s: float
    wall_s: float
    events: int
    figures: Figures
    queues: dict[str, Figures]
    priorities: dict[str, Figures]
    records_lost: float
    digest: str
    stories: list[Story]
    series: dict[str, list[float]]
    notes: list[str] = field(factory=list)
    """What the reader should know: faults left out, what went differently from what people expected."""
    replications: "list[Result]" = field(factory=list)
    differences: list[dict[str, Any]] = field(factory=list)
    """After a live run: calls that came out differently in virtual time."""
    compared: int = 0
    """How many calls were compared for that."""

    @property
    def verdicts(self) -> list[Verdict]:
        """Each target and what came of it."""
        return verdicts(self.scenario, self.figures, self.records_lost)

    @property
    def ok(self) -> bool:
        """Whether every target was met."""
        return all(verdict.ok for verdict in self.verdicts)

    @property
    def exit_code(self) -> int:
        """0: all targets met; 1: one was missed."""
        return 0 if self.ok else 1

    def uncertainty(self, target: str) -> float | None:
        """Half the confidence interval of a target's figure, if it was replicated."""
        if not self.replications or target not in _PLACES:
            return None
        path, scale = _PLACES[target]
        table = at(self.figures, path[:-1])
        width = table.get("half_width", {}).get(path[-1])
        return None if width is None else width * scale

    def as_json(self) -> dict[str, Any]:
        """The JSON of `./hotline sim run --json`."""
        found: dict[str, Any] = {
            "scenario": self.scenario.scenario,
            "seed": self.seed,
            "mode": self.mode,
            "virtual_s": round(self.virtual_s, 6),
            "wall_s": round(self.wall_s, 3),
            "events": self.events,
            **self.figures,
            "queues": self.queues,
            "priorities": self.priorities,
            "targets": [
                {"name": verdict.name, "limit": str(verdict.target), "measured": verdict.measured, "ok": verdict.ok}
                for verdict in self.verdicts
            ],
            "digest": self.digest,
        }
        if self.notes:
            found["notes"] = self.notes
        if self.mode == "live":
            found["virtual_comparison"] = {"compared": self.compared, "differences": self.differences}
        if self.replications:
            found["replications"] = [replication.as_json() for replication in self.replications]
        return found
