"""The figures that can be promised: by which name, in which kind of unit, and where each stands among the figures of a run."""

from collections.abc import Mapping
from math import inf
from typing import Any

from hal.api import value

__all__ = ["KINDS", "LEVELS", "Kind"]


@value
class Kind:
    """A figure that can be promised."""

    unit: str
    """`share`, `time` or `count`."""
    doc: str
    path: tuple[str, ...]
    """Where it stands in the figures."""
    more: str = ""
    """What more of it is: `better` or `worse`; empty: neither."""
    whole: bool = False
    """It is of the run as a whole, and not of a queue or of some hours."""
    never: tuple[str, ...] = ()
    """Where the number of those stands that never came to an end: of one run with any, a limit is held against infinity."""

    def of(self, figures: Mapping[str, Any]) -> float | None:
        """Its value: a share, seconds or a count; None: there was nothing to measure."""
        return self._scaled(_table(figures, self.path)[self.path[-1]])

    def judged(self, figures: Mapping[str, Any]) -> float | None:
        """What a limit is held against in one run: its value, or infinity where something never came to an end."""
        return inf if self.never and _table(figures, self.never)[self.never[-1]] else self.of(figures)

    def half_width_of(self, figures: Mapping[str, Any]) -> float | None:
        """Half its confidence interval at 95 %, in the same unit; None: it was not measured several times."""
        return self._scaled(_table(figures, self.path).get("half_width", {}).get(self.path[-1]))

    def _scaled(self, found: float | None) -> float | None:
        return None if found is None else found * (0.001 if self.path[0] == "response_ms" else 1.0)

    def say(self, amount: float | None) -> str:
        """An amount with its unit; `–`: there is none."""
        if amount is None:
            return "–"
        scale, places, unit = self._written(abs(amount))
        return f"{amount * scale:.{places}f}{unit}"

    def say_of(self, figures: Mapping[str, Any]) -> str:
        """Its value with its unit, and half its confidence interval if it was measured several times: `83.1 % ± 1.9`."""
        amount, width = self.of(figures), self.half_width_of(figures)
        if amount is None or width is None:
            return self.say(amount)
        scale, places, _ = self._written(abs(amount))
        return f"{self.say(amount)} ± {width * scale:.{max(places, 1)}f}"

    def say_change(self, change: float, half_width: float | None, beside: float) -> str:
        """A difference with half its confidence interval, in the unit in which `beside` would be said; of shares in points."""
        scale, places, unit = self._written(abs(beside))
        said = f"{change * scale:+.{max(places, 1)}f}"
        if half_width is not None:
            said += f" ± {half_width * scale:.{max(places, 1)}f}"
        said = said.replace("-", "−")
        return said + (" points" if self.unit == "share" else unit)

    def _written(self, size: float) -> tuple[float, int, str]:
        if self.unit == "share":
            return 100.0, 1, " %"
        if self.unit == "count":
            return 1.0, 0 if size == round(size) else 1, ""
        return (1000.0, 0, " ms") if 0 < size < 0.1 else (1.0, 2 if 0 < size < 1 else 1 if size < 100 else 0, " s")


def _table(figures: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    for step in path[:-1]:
        figures = figures[step]
    return figures


def _spread(name: str, path: tuple[str, ...], says: str, quantiles: tuple[int, ...], highest: str) -> dict[str, Kind]:
    found = {f"{name}_p{n}": Kind("time", f"{says}: {n} % did not exceed it.", (*path, f"p{n}"), "worse") for n in quantiles}
    return {**found, f"{name}_max": Kind("time", f"{says}: {highest}.", (*path, "max"), "worse")}


LEVELS = ("service_level", "service_level_answered")
"""The two service levels: shares of those answered or abandoned, and of those answered alone."""

KINDS: Mapping[str, Kind] = {
    "service_level": Kind(
        "share",
        "Answered within the time, of those answered or abandoned.",
        ("service_level", "offered"),
        "better",
    ),
    "service_level_answered": Kind("share", "Answered within the time, of those answered.", ("service_level", "answered"), "better"),
    "abandonment": Kind("share", "Abandoned, of those answered or abandoned.", ("abandonment",), "worse"),
    "blocking": Kind("share", "Refused for want of a channel, of all calls offered.", ("blocking",), "worse"),
    "p_wait": Kind("share", "Callers who had to wait at all, of those who asked for a queue.", ("p_wait",), "worse"),
    "occupancy": Kind("share", "Agents' time in offers, talk and wrap-up, of their time logged in and not on break.", ("occupancy",)),
    "expected_wait": Kind(
        "share",
        "Callers whose wait was inside what they were told first, of those who were told and then served.",
        ("expected_wait", "inside"),
        "better",
    ),
    "self_service": Kind("share", "Served to the end without asking for an agent, of all who were let in.", ("self_service",), "better"),
    "recordings_complete": Kind(
        "share", "Talks and messages whose recording is whole, of those that were to be recorded.", ("recordings", "complete"), "better"
    ),
    "asa": Kind("time", "Average speed of answer: mean wait of those answered.", ("asa_s",), "worse"),
    "wait_mean": Kind("time", "Mean wait of those who asked for a queue, those who did not wait among them.", ("wait_s", "mean"), "worse"),
    **_spread("wait", ("wait_s",), "Wait of those who asked for a queue", (50, 90, 95, 99), "the longest"),
    **_spread("answer", ("response_ms", "answer"), "From dialling to the answer", (50, 95, 99), "the longest"),
    **_spread("prompt", ("response_ms", "prompt"), "From the answer to the start of the first prompt", (50, 95, 99), "the longest"),
    **_spread(
        "offer",
        ("response_ms", "offer"),
        "From an agent being free and a caller waiting until the agent's phone is called",
        (50, 95, 99),
        "the longest",
    ),
    "offered": Kind("count", "All calls.", ("contacts", "offered")),
    "answered": Kind("count", "Calls answered by an agent.", ("contacts", "answered"), "better"),
    "abandoned": Kind("count", "Calls whose caller gave up waiting for an agent.", ("contacts", "abandoned"), "worse"),
    "messages": Kind("count", "Messages left.", ("contacts", "messages")),
    "blocked": Kind("count", "Calls refused.", ("contacts", "blocked"), "worse"),
    "calls_lost": Kind("count", "Calls that were lost: with their line, or with what carried them.", ("losses", "calls"), "worse"),
    "records_lost": Kind("count", "Calls without a complete record in the store.", ("losses", "records"), "worse"),
    "recordings_lost": Kind(
        "count", "Talks and messages without a whole recording, of those to be recorded.", ("losses", "recordings"), "worse"
    ),
    "calls_cut": Kind("count", "Conversations that faults ended.", ("losses", "cut"), "worse", whole=True),
    "unrecovered": Kind("count", "Faults after which not all was well again.", ("losses", "unrecovered"), "worse", whole=True),
    "recovery_max": Kind(
        "time",
        "From the beginning of a fault until all was well again: the longest; of one after which it never was, no limit is met.",
        ("losses", "recovery_s"),
        "worse",
        whole=True,
        never=("losses", "unrecovered"),
    ),
    "invariants_broken": Kind("count", "Rules that always hold in the core, and did not.", ("losses", "invariants"), "worse", whole=True),
}
"""The names of targets."""
