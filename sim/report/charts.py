"""The drawings of a report: the day's curves one above the other on the same axis of time, how long people waited, how near a limit is."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from math import inf

from markupsafe import Markup

from appliance.config import Duration
from hal.api import value
from sim.faults import FaultSeen
from sim.report.result import Result
from sim.report.svg import Frame, Tick, nice_ticks, number
from sim.verdict.curves import STATES, Curves, step_of
from sim.verdict.judging import Verdict
from sim.verdict.kinds import LEVELS
from sim.verdict.spread import EDGES_S
from sim.verdict.targets import DAY_S, WHOLE

__all__ = ["Chart", "Legend", "day_charts", "ended_at", "faults_of", "needle", "wait_chart", "whisker"]

_TICKS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 432000, 864000)
_MOST_TICKS = 13
_PARTS = 24
"""So many columns the service level has at most: of fewer calls it says nothing."""
_LINES = ("a", "b", "c", "d", "e")
_AGENTS = {"on-call": "a", "ringing": "b", "wrap-up": "c", "ready": "e", "not-ready": "rest"}
_AGENTS_SAID = {"on-call": "in conversation", "ringing": "phone ringing", "wrap-up": "wrap-up", "ready": "ready", "not-ready": "on a break"}
_CALLS = {"answered": "a", "other": "e", "abandoned": "d", "blocked": "bad"}
_CALLS_SAID = {"answered": "answered", "other": "self service, messages, others", "abandoned": "gave up", "blocked": "blocked"}


@value
class Legend:
    """What a colour stands for."""

    kind: str
    text: str


@value
class Chart:
    """A drawing with what stands above it."""

    title: str
    says: str
    legend: Sequence[Legend]
    drawing: Markup


def faults_of(result: Result) -> list[FaultSeen]:
    """Those that were brought about, in the order of their times."""
    return sorted((fault for fault in result.faults if not fault.left_out), key=lambda fault: fault.begun_at)


def ended_at(fault: FaultSeen) -> float:
    """When it was over, in seconds of the simulation."""
    return fault.begun_at + fault.lasts_s if fault.ended_at is None else fault.ended_at


class _Day:
    """The axis of time of one result."""

    def __init__(self, result: Result, previous: Curves | None) -> None:
        self.result, self.curves = result, result.curves
        self.across = result.scenario.length_s
        self.begins_s = result.scenario.hours.begin_s
        same = previous is not None and (previous.steps, previous.step_s) == (self.curves.steps, self.curves.step_s)
        self.previous = previous if same else None
        """Of the run it is compared with, if that is drawn in the same steps."""
        self.edges = [min(place * self.curves.step_s, self.across) for place in range(self.curves.steps + 1)]

    def frame(self, title: str, top: float, height: float, described: str, *, whole: bool = True, unit: str = "") -> Frame:
        ticks = nice_ticks(top, whole=whole, most=4)
        frame = Frame(title, self.across, ticks[-1], height, described)
        frame.axes(self._ticks(), [Tick(at, f"{number(at)}{unit}") for at in ticks])
        if self.result.scenario.warm_up:
            frame.band(0.0, float(self.result.scenario.warm_up), "warming")
        for place, fault in enumerate(faults_of(self.result), 1):
            begin, end = (moment - self.curves.since_s for moment in (fault.begun_at, ended_at(fault)))
            if end >= 0 and begin < self.across:
                frame.band(begin, end, "fault", str(place))
        return frame

    def _ticks(self) -> list[Tick]:
        step = next((step for step in _TICKS_S if self.across / step < _MOST_TICKS), _TICKS_S[-1])
        first = -(-self.begins_s // step) * step
        found = []
        if step >= DAY_S and first - self.begins_s > self.across / (2 * _MOST_TICKS):
            found.append(Tick(0.0, self._named(self.begins_s)))  # the first day does not begin at midnight
        while first <= self.begins_s + self.across:
            found.append(Tick(first - self.begins_s, self._clock(first)))
            first += step
        return found

    def _clock(self, second: float) -> str:
        """A moment as the axis says it; days are named where there are several."""
        day, rest = divmod(second, DAY_S)
        clock = f"{rest // 3600:02.0f}:{rest % 3600 // 60:02.0f}"
        if self.begins_s + self.across <= DAY_S:
            return "24:00" if day else clock
        return self._named(second) if rest == 0 else clock

    def _named(self, second: float) -> str:
        on: date = self.result.scenario.day + timedelta(days=second // DAY_S)
        return f"{on:%a} {on.day}"

    def at(self, place: int) -> str:
        """When a step begins."""
        second = self.begins_s + place * self.curves.step_s
        clock = f"{second % DAY_S // 3600:02.0f}:{second % 3600 // 60:02.0f}"
        return clock if self.begins_s + self.across <= DAY_S else f"{self._named(second)}, {clock}"

    def highest(self, values: Sequence[float], unit: str) -> str:
        """The highest value and when that was."""
        if not values or max(values) <= 0:
            return f"no {unit}"
        place = max(range(len(values)), key=values.__getitem__)
        when = self.at(place)
        return f"at most {number(values[place])} {unit}, {'on' if ',' in when else 'at'} {when}"


def day_charts(result: Result, previous: Curves | None = None, called: str = "previous run") -> list[Chart]:
    """Arrivals, service level, waiting, agents, lines, from the first to the last of the hours; `previous` is drawn dashed."""
    day = _Day(result, previous)
    return [_calls(day, called), _level(day), _waiting(day, called), _agents(day), _channels(day)]


def _calls(day: _Day, called: str) -> Chart:
    curves = day.curves
    stacks = {kind: curves.of(name) for name, kind in _CALLS.items()}
    offered = curves.of("offered")
    before = day.previous.of("offered") if day.previous else []
    step = Duration(curves.step_s)
    says = day.highest(offered, f"calls in {step}")
    frame = day.frame("Calls offered", max([*offered, *before]), 190, says)
    frame.columns(stacks, day.edges)
    legend = [Legend(kind, _CALLS_SAID[name]) for name, kind in _CALLS.items() if any(curves.of(name))]
    if before:
        frame.line(before, day.edges, "before")
        legend.append(Legend("before", f"all calls, {called}"))
    return Chart(f"Calls offered, per {step}", says, legend, frame.drawn())


def _level(day: _Day) -> Chart:
    curves = day.curves
    size = int(step_of(day.across, _PARTS, curves.step_s) // curves.step_s)
    within, served = curves.sums("within", size), curves.sums("served", size)
    edges = [min(place * size * curves.step_s, day.across) for place in range(len(within) + 1)]
    shares = [100.0 * part / whole if whole else 0.0 for part, whole in zip(within, served, strict=True)]
    known = [share for share, whole in zip(shares, served, strict=True) if whole]
    threshold_s = day.result.figures["service_level"]["threshold_s"]
    says = f"lowest {min(known):.0f} %, highest {max(known):.0f} %" if known else "nobody asked for an agent"
    frame = day.frame("Service level", 100.0, 160, says, unit=" %")
    limit = _promised_level(day.result)
    if limit is None:
        frame.columns({"a": shares}, edges)
    else:
        frame.columns({"a": [s if s >= limit else 0.0 for s in shares], "d": [s if s < limit else 0.0 for s in shares]}, edges)
        frame.level(limit, "limit")
    if limit is None:
        legend = [Legend("a", "answered in time, of those answered or given up")]
    else:
        promised = Legend("limit", f"promised of the whole run: {limit:g} %")
        legend = [Legend("a", "at least as promised"), Legend("d", "below what is promised"), promised]
    return Chart(f"Service level within {Duration(threshold_s)}, per {Duration(size * curves.step_s)}", says, legend, frame.drawn())


def _promised_level(result: Result) -> float | None:
    targets = result.scenario.targets
    for promise in targets.promises(result.scenario.hours):
        if promise.name == LEVELS[0] and promise.scopes == (WHOLE,) and promise.target.operator in (">=", ">"):
            return promise.target.value * 100.0
    return None


def _waiting(day: _Day, called: str) -> Chart:
    curves = day.curves
    waiting, low, high = curves.of("waiting"), curves.low.get("waiting"), curves.high.get("waiting")
    before = day.previous.of("waiting") if day.previous else []
    says = day.highest(waiting, "callers waiting")
    frame = day.frame("Callers waiting", max([*waiting, *before, *(high or [])]), 170, says, whole=False)
    legend = [Legend("d", f"mean of each {Duration(curves.step_s)}")]
    if low is not None and high is not None:
        frame.between(low, high, day.edges, "spread")
        legend.append(Legend("spread", "from the lowest to the highest replication"))
        frame.line(waiting, day.edges, "d")
    else:
        frame.areas({"d": waiting}, day.edges)
    if before:
        frame.line(before, day.edges, "before")
        legend.append(Legend("before", called))
    return Chart("Callers waiting for an agent", says, legend, frame.drawn())


def _agents(day: _Day) -> Chart:
    curves = day.curves
    stacks = {_AGENTS[name]: curves.of(f"agents {name}") for name in dict.fromkeys(STATES.values())}
    total = [sum(each) for each in zip(*stacks.values(), strict=True)]
    says = day.highest(curves.of("agents on-call"), "agents in conversation")
    frame = day.frame("Agents by state", max(total), 190, says)
    frame.areas(stacks, day.edges)
    legend = [Legend(kind, _AGENTS_SAID[name]) for name, kind in _AGENTS.items() if any(curves.of(f"agents {name}"))]
    return Chart("Agents by state", says, legend, frame.drawn())


def _channels(day: _Day) -> Chart:
    curves, site = day.curves, day.result.site
    names = sorted(curves.named("line"), key=lambda name: -sum(curves.of(f"line {name}")))
    shown = {_LINES[min(place, len(_LINES) - 1)]: [0.0] * curves.steps for place in range(len(names))}
    for place, name in enumerate(names):
        kind = _LINES[min(place, len(_LINES) - 1)]
        shown[kind] = [a + b for a, b in zip(shown[kind], curves.of(f"line {name}"), strict=True)]
    total = [sum(each) for each in zip(*shown.values(), strict=True)] if shown else [0.0] * curves.steps
    capacity = sum(int(getattr(site.lines[name].settings, "channels", 0)) for name in names if name in site.lines)
    near = 0 < capacity <= 3 * max(total)
    says = day.highest(total, "channels busy") + (f", of {capacity}" if capacity else "")
    frame = day.frame("Channels busy", max([*total, capacity * near * 1.0]), 170, says)
    frame.areas(shown, day.edges)
    if near:
        frame.level(capacity, "limit")

    legend = [Legend(kind, name) for kind, name in zip(_LINES[:-1], names, strict=False)]
    if near:
        legend.append(Legend("limit", f"all {capacity} channels"))
    if len(names) >= len(_LINES):
        legend.append(Legend(_LINES[-1], ", ".join(names[len(_LINES) - 1 :])))
    return Chart("Channels busy, by line", says, legend, frame.drawn())


def wait_chart(waits: Mapping[str, Sequence[float]]) -> Chart | None:
    """How long people waited: columns of shares in steps of time, and the share who waited no longer; None: nobody asked for an agent."""
    total = sum(map(sum, waits.values()))
    if not total:
        return None
    together = [sum(each) for each in zip(*waits.values(), strict=True)]
    last = max(place for place, amount in enumerate(together) if amount)
    count = min(len(together), max(last + 1, 6))
    kinds = {"answered": "a", "abandoned": "d", "other": "e"}
    shares = {kinds[name]: [100.0 * amount / total for amount in values[:count]] for name, values in waits.items()}
    risen = list(accumulate(100.0 * amount / total for amount in together[:count]))
    says = f"{risen[0]:.0f} % did not wait at all"
    frame = Frame("How long callers waited", float(count), 100.0, 220, says)
    frame.axes([Tick(place + 0.5, _step(place)) for place in range(count)], [Tick(at, f"{at} %") for at in (0, 25, 50, 75, 100)])
    frame.columns(shares, [float(place) for place in range(count + 1)], gap=0.3)
    frame.points([(place + 0.5, share) for place, share in enumerate(risen)], "sum")
    said = {"answered": "then answered", "abandoned": "then gave up", "other": "then left otherwise"}
    legend = [Legend(kinds[name], said[name]) for name, values in waits.items() if any(values)]
    return Chart("How long callers waited for an agent", says, [*legend, Legend("sum", "waited no longer than this")], frame.drawn())


def _step(place: int) -> str:
    if place == 0:
        return "0 s"
    if place == len(EDGES_S):
        return f"> {EDGES_S[-1] // 60} min"
    edge = EDGES_S[place]
    return f"≤ {edge} s" if edge < 60 else f"≤ {edge / 60:g} min"


def needle(verdict: Verdict, values: Sequence[float]) -> Markup:
    """Where the measured value lies beside the limit, with its interval and each run's value; says nothing that the text does not."""
    if verdict.measured is None or verdict.measured == inf:
        return Markup("")
    limit, measured, width = verdict.target.value, verdict.measured, verdict.half_width or 0.0
    top = max(limit, measured + width, *values) * (1.25 if verdict.target.kind != "share" or limit < 0.5 else 1.0) or 1.0
    if verdict.target.kind == "share" and limit >= 0.5:
        top = 1.0

    def x(amount: float) -> float:
        return round(4 + min(max(amount, 0.0), top) / top * 152, 1)

    good = (x(limit), 156.0) if verdict.target.operator in (">=", ">") else (4.0, x(limit))
    state = {"met": "ok", "missed": "bad"}.get(verdict.state, "open")
    dots = Markup("").join(Markup('<circle cx="{}" cy="9" r="1.6" class="dot"/>').format(x(each)) for each in values)
    return Markup(
        '<svg class="needle" viewBox="0 0 160 18" aria-hidden="true"><rect x="4" y="6" width="152" height="6" class="track"/>'
        '<rect x="{}" y="6" width="{}" height="6" class="good"/><line x1="{}" x2="{}" y1="2" y2="16" class="limit"/>'
        '{}<line x1="{}" x2="{}" y1="9" y2="9" class="width {}"/><circle cx="{}" cy="9" r="4" class="{}"/></svg>'
    ).format(
        good[0], round(max(good[1] - good[0], 0.0), 1), x(limit), x(limit), dots, x(measured - width), x(measured + width), state,
        x(measured), state,
    )  # fmt: skip


def whisker(change: float, half_width: float, largest: float, kind: str) -> Markup:
    """A difference and its interval beside the line of no difference."""

    def x(amount: float) -> float:
        return round(80 + max(min(amount / largest, 1.0), -1.0) * 74, 1)

    return Markup(
        '<svg class="needle" viewBox="0 0 160 18" aria-hidden="true"><line x1="80" x2="80" y1="1" y2="17" class="limit"/>'
        '<line x1="{}" x2="{}" y1="9" y2="9" class="width {}"/><circle cx="{}" cy="9" r="4" class="{}"/></svg>'
    ).format(x(change - half_width), x(change + half_width), kind, x(change), kind)
