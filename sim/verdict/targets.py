"""The figures a scenario promises: `>= 80 % within 20 s`, `<= 500 ms`, `= 0`, and whether they were reached."""

import re
from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt
from typing import ClassVar

from attrs import frozen

from appliance.config import Duration

__all__ = ["KINDS", "Target", "Verdict"]

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {">=": ge, "<=": le, "=": eq, ">": gt, "<": lt}
_UNITS = {"%": 0.01, "ms": 0.001, "s": 1.0, "min": 60.0, "": 1.0}
_TOLERANCE = 1e-9

KINDS: Mapping[str, tuple[str, str]] = {
    "service_level": ("share", "Answered within the time, of those answered or abandoned; write `>= 80 % within 20 s`."),
    "abandonment": ("share", "Abandoned, of those answered or abandoned."),
    "blocking": ("share", "Refused for want of a channel, of all calls offered."),
    "p_wait": ("share", "Callers who had to wait at all, of those who asked for a queue."),
    "occupancy": ("share", "Agents' time in offers, talk and wrap-up, of their time logged in and not on break."),
    "expected_wait": ("share", "Callers whose wait was inside what they were told first, of those who were told and then served."),
    "self_service": ("share", "Served to the end without asking for an agent, of all who were let in."),
    "asa": ("time", "Average speed of answer: mean wait of those answered."),
    "wait_p95": ("time", "The wait that 95 % of those who asked for a queue did not exceed."),
    "wait_max": ("time", "The longest wait."),
    "answer_p99": ("time", "From dialling to the answer, for 99 % of the calls."),
    "prompt_p99": ("time", "From the answer to the start of the first prompt, for 99 % of the calls."),
    "offer_p99": ("time", "From an agent being free and a caller waiting until the agent's phone is called, for 99 % of the offers."),
    "records_lost": ("count", "Calls without a complete record in the store."),
    "answered": ("count", "Calls answered by an agent."),
    "messages": ("count", "Messages left."),
    "blocked": ("count", "Calls refused."),
}
"""The names of targets: what is measured, and in which kind of unit."""


@frozen
class Target:
    """A limit; `value` is a share, seconds, or a count."""

    expects: ClassVar[str] = "a limit such as '>= 80 % within 20 s', '<= 500 ms' or '= 0'"
    pattern: ClassVar[str] = r"\s*(>=|<=|=|>|<)\s*\d+(\.\d+)?\s*(%|ms|s|min)?(\s+within\s+.+)?"

    operator: str
    value: float
    unit: str
    within_s: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read it; ValueError when it is none."""
        parts = re.fullmatch(r"\s*(>=|<=|=|>|<)\s*(\d+(?:\.\d+)?)\s*(%|ms|s|min)?(?:\s+within\s+(.+?))?\s*", text)
        if parts is None:
            raise ValueError(f"'{text}' is not {cls.expects}")
        unit = parts[3] or ""
        return cls(parts[1], float(parts[2]) * _UNITS[unit], unit, float(Duration.parse(parts[4])) if parts[4] else None)

    @property
    def kind(self) -> str:
        """What it limits: `share`, `time` or `count`."""
        return {"%": "share", "": "count"}.get(self.unit, "time")

    def met(self, measured: float) -> bool:
        """Whether a measured share, number of seconds, or count is within the limit; a difference of the ninth digit is none."""
        if abs(measured - self.value) <= _TOLERANCE * max(1.0, abs(self.value)):
            return self.operator not in (">", "<")
        return _OPERATORS[self.operator](measured, self.value)

    def say(self, measured: float) -> str:
        """A measured value in the target's own unit."""
        scaled = measured / _UNITS[self.unit]
        if self.kind == "count":
            return f"{scaled:.0f}"
        return (
            f"{scaled:.2f} s"
            if self.unit == "s" and scaled < 1
            else f"{scaled:.1f} {self.unit}"
            if scaled < 100
            else f"{scaled:.0f} {self.unit}"
        )

    def __str__(self) -> str:
        """As it is written."""
        number = f"{self.value / _UNITS[self.unit]:.12g}"
        within = "" if self.within_s is None else f" within {Duration(self.within_s)}"
        return f"{self.operator} {number}{f' {self.unit}' if self.unit else ''}{within}"


@frozen
class Verdict:
    """A target and what came of it; `measured` is None when there was nothing to measure, which meets no target."""

    name: str
    target: Target
    measured: float | None

    @property
    def ok(self) -> bool:
        """Whether it was met."""
        return self.measured is not None and self.target.met(self.measured)
