"""Targets beside what was measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from sim.scenario import Scenario
from sim.verdict.figures import Figures
from sim.verdict.targets import Verdict

__all__ = ["PLACES", "at", "verdicts"]

PLACES: Mapping[str, tuple[tuple[str, ...], float]] = {
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
            path, scale = PLACES[name]
            plain = at(figures, path)
            measured = None if plain is None else plain * scale
        found.append(Verdict(name, target, measured))
    return found
