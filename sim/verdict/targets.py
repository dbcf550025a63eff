"""What a scenario promises: limits such as `>= 80 % within 20 s`, of the whole run, of a queue, of some hours, of every half hour."""

import re
from collections.abc import Callable, Iterator, Mapping
from math import ceil, isinf
from operator import eq, ge, gt, le, lt
from typing import ClassVar

from attrs import frozen

from appliance.config import Duration, Span, Wrong, nearest, setting, table
from sim.verdict.kinds import KINDS, LEVELS

__all__ = ["DAY_S", "WHOLE", "Promise", "QueueTargets", "Scope", "Target", "Targets"]

DAY_S = 86400.0
_SHORTEST_PART_S = 60

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {">=": ge, "<=": le, "=": eq, ">": gt, "<": lt}
_UNITS = {"%": 0.01, "ms": 0.001, "s": 1.0, "min": 60.0, "": 1.0}
_TOLERANCE = 1e-9


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

    def say(self, measured: float, half_width: float | None = None) -> str:
        """A measured value in the target's own unit, with half its confidence interval if there is one; `never`: it is infinite."""
        if isinf(measured):
            return "never"
        scaled = measured / _UNITS[self.unit]
        if self.kind == "count":
            places = 0 if half_width is None else 1
        else:
            places = 2 if self.unit == "s" and scaled < 1 else 1 if scaled < 100 else 0
        width = "" if half_width is None else f" ± {half_width / _UNITS[self.unit]:.{max(places, 1)}f}"
        return f"{scaled:.{places}f}{f' {self.unit}' if self.unit else ''}{width}"

    def __str__(self) -> str:
        """As it is written."""
        number = f"{self.value / _UNITS[self.unit]:.12g}"
        within = "" if self.within_s is None else f" within {Duration(self.within_s)}"
        return f"{self.operator} {number}{f' {self.unit}' if self.unit else ''}{within}"


@frozen
class Scope:
    """What a target, or a table of figures, is about: the whole run, or a queue, or some hours, or a queue in some hours."""

    queue: str = ""
    """Empty: all calls."""
    since_s: float = 0.0
    until_s: float = DAY_S
    """Calls placed from `since_s` until before `until_s`, in seconds of the day."""

    @property
    def all_day(self) -> bool:
        """Whether it is not about some hours alone."""
        return self.since_s == 0.0 and self.until_s == DAY_S

    @property
    def hours(self) -> str:
        """Its hours, `10:00-12:00`; empty: the whole day."""
        return "" if self.all_day else f"{_clock(self.since_s)}-{_clock(self.until_s)}"

    def __str__(self) -> str:
        """As a reader names it: `sales 10:00-12:00`; empty: the whole run."""
        return " ".join(filter(None, (self.queue, self.hours)))


WHOLE = Scope()
"""The whole run."""


def _clock(second: float) -> str:
    minutes, seconds = divmod(round(second), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


@frozen
class Promise:
    """A target and where it has to be kept: in each of its scopes."""

    name: str
    target: Target
    scopes: tuple[Scope, ...]
    every: str = ""
    """`30 min`: it has to be kept in every part of the day of that length."""

    @property
    def label(self) -> str:
        """How a reader tells it from the others: `sales 10:00-12:00`, `every 30 min`; empty: it is about the whole run."""
        return " ".join(filter(None, (self.scopes[0].queue, f"every {self.every}"))) if self.every else str(self.scopes[0])


@table
class QueueTargets:
    """What is promised of one queue."""

    _whole: ClassVar[bool] = False

    hours: Mapping[Span, Mapping[str, Target]] = setting(
        factory=dict, doc='Targets of the calls placed in a part of the day: [targets.hours."10:00-12:00"].'
    )
    every: Mapping[Duration, Mapping[str, Target]] = setting(
        factory=dict, doc='Targets that each part of the day has to meet: [targets.every."30 min"]; a part without calls meets them.'
    )
    limits: Mapping[str, Target] = setting(
        factory=dict,
        keys=r"(?!(hours|every|queues)$)[a-z0-9_]+",
        expects="the name of a target",
        rest=True,
        doc="The name of a figure, and its limit.",
    )

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        yield from _wrong_limits(self.limits, (), whole=self._whole)
        for span, targets in self.hours.items():
            yield from _wrong_limits(targets, ("hours", str(span)), whole=False)
        for length, targets in self.every.items():
            if length < _SHORTEST_PART_S:
                yield Wrong(f"{length} is too short to say anything", f"take {_SHORTEST_PART_S} s or more", ("every", str(length)))
            yield from _wrong_limits(targets, ("every", str(length)), whole=False)

    def outside(self, hours: Span) -> Iterator[Wrong]:
        """Targets of parts of the day that are none of these hours."""
        for span in self.hours:
            if span.end_s <= hours.begin_s or span.begin_s >= hours.end_s:
                yield Wrong(f"nobody calls within {span}", f"the hours are {hours}", ("hours", str(span)))
        for length in self.every:
            if length > hours.end_s - hours.begin_s:
                yield Wrong(f"{length} is longer than the hours, {hours}", "", ("every", str(length)))

    def promises(self, hours: Span, queue: str = "") -> Iterator[Promise]:
        """All of them; `hours` are the scenario's."""
        for name, target in self.limits.items():
            yield Promise(name, target, (Scope(queue),))
        for span, targets in self.hours.items():
            for name, target in targets.items():
                yield Promise(name, target, (Scope(queue, span.begin_s, span.end_s),))
        for length, targets in self.every.items():
            begins = [hours.begin_s + number * length for number in range(ceil((hours.end_s - hours.begin_s) / length))]
            scopes = tuple(Scope(queue, begin, min(begin + length, hours.end_s)) for begin in begins)
            for name, target in targets.items():
                yield Promise(name, target, scopes, str(length))


@table
class Targets(QueueTargets):
    """What is promised."""

    _whole: ClassVar[bool] = True

    queues: Mapping[str, QueueTargets] = setting(factory=dict, doc="Targets of one queue: [targets.queues.NAME].")

    def outside(self, hours: Span) -> Iterator[Wrong]:
        """Targets of parts of the day that are none of these hours."""
        yield from QueueTargets.outside(self, hours)
        for name, queue in self.queues.items():
            for wrong in queue.outside(hours):
                yield Wrong(wrong.text, wrong.remedy, ("queues", name, *wrong.path))

    def promises(self, hours: Span, queue: str = "") -> Iterator[Promise]:
        """All of them: the whole run's, and then each queue's; `hours` are the scenario's."""
        yield from QueueTargets.promises(self, hours, queue)
        for name, targets in self.queues.items():
            yield from targets.promises(hours, name)


def _wrong_limits(targets: Mapping[str, Target], path: tuple[str, ...], *, whole: bool) -> Iterator[Wrong]:
    for name, target in targets.items():
        yield from _wrong_target(name, target, (*path, name), whole=whole)
    first, second = (targets.get(name) for name in LEVELS)
    if first is not None and second is not None and first.within_s != second.within_s:
        yield Wrong("the two service levels are within different times", "a centre has one threshold", (*path, LEVELS[1]))


def _wrong_target(name: str, target: Target, path: tuple[str, ...], *, whole: bool) -> Iterator[Wrong]:
    if name not in KINDS:
        yield Wrong(f"there is no target '{name}'", nearest(name, KINDS), path)
        return
    kind = KINDS[name]
    if kind.whole and not whole:
        yield Wrong(f"'{name}' is of the whole run", "write it under [targets]", path)
    if target.kind != kind.unit:
        unit = {"share": "a share in %", "time": "a time in ms, s or min", "count": "a plain number"}[kind.unit]
        yield Wrong(f"'{name}' is {unit}, not '{target}'", "", path)
    if (target.within_s is not None) is not (name in LEVELS):
        remedy = "write for example '>= 80 % within 20 s'" if name in LEVELS else "leave out 'within ...'"
        yield Wrong(f"'{target}' does not fit '{name}'", remedy, path)
