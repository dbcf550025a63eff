"""When the calls of a scenario come: day by day, each day and each burst of a service number with draws of its own.

Calls of a rate that changes are those of one whose rate is 1, at the moments by which the sum of the rate has grown so far: with a greater
rate the same callers come earlier, and more of them. What is drawn for one day, one burst or one number depends on no other.
"""

from bisect import bisect
from collections.abc import Iterator, Mapping
from heapq import merge
from itertools import accumulate, pairwise, repeat
from math import exp, log1p
from pathlib import Path

from appliance.core.plan import HoursPlan
from appliance.site import Site
from hal.api import value
from sim.arrivals import Arrivals, Burst, Piece
from sim.calendar import Calendar
from sim.scenario import Scenario
from sim.streams import Stream, generator
from sim.trace import Row, rows_of

__all__ = ["Source", "sources", "traced", "written_times"]

_BLOCK = 1024


@value
class Source:
    """Calls with draws of their own: those of one number on one day, or of one of its bursts."""

    name: str
    dnis: str
    line: str
    times: list[float]
    """When they come, in seconds of the simulation, in order."""

    def coming(self) -> Iterator[tuple[float, str, str, None]]:
        """As the crowd takes it (`sim.crowd.Coming`)."""
        return zip(self.times, repeat(self.dnis), repeat(self.line), repeat(None), strict=False)


def sources(scenario: Scenario, site: Site, calendar: Calendar, seed: int) -> Iterator[list[Source]]:
    """The sources of each day, one day after the other. A burst may reach into the next day: its calls come with the day it begins on."""
    first_line = next(iter(site.lines))
    hours = site.plan(lambda piece: piece.name).hours
    numbers = [_Number(scenario, calendar, dnis, arrivals, hours, seed) for dnis, arrivals in scenario.arrivals.items()]
    for day in range(len(calendar.dates)):
        found = []
        for number in numbers:
            line = number.arrivals.line or first_line
            found += [Source(name, number.dnis, line, times) for name, times in number.day(day) if times]
        yield found


def traced(scenario: Scenario, site: Site, calendar: Calendar) -> Iterator[tuple[float, str, str, Row]]:
    """The calls of the scenario's trace, in order; its first day is the first one of the run, what lies outside of the run is left out."""
    trace = scenario.trace
    assert trace is not None
    line, first = trace.line or next(iter(site.lines)), None
    begin, end = calendar.span(scenario.hours, 0)[0], calendar.span(scenario.hours, scenario.days - 1)[1]
    for row in rows_of(trace, Path(), site.centre.timezone):
        first = first or row.at.date()
        at = calendar.at(row.at.time(), (row.at.date() - first).days)
        if begin <= at < end:
            yield at, row.number, line, row


def written_times(scenario: Scenario, site: Site, calendar: Calendar, seed: int) -> Iterator[tuple[float, str]]:
    """When contacts of other media come, and of which of the scenario's `written`, in order."""
    hours = site.plan(lambda piece: piece.name).hours
    kinds = {name: _Number(scenario, calendar, f"written {name}", each.arrivals, hours, seed) for name, each in scenario.written.items()}
    for day in range(len(calendar.dates)):
        yield from merge(*(zip(times, repeat(name), strict=False) for name, kind in kinds.items() for _, times in kind.day(day)))


class _Number:
    """The calls to one service number."""

    def __init__(
        self, scenario: Scenario, calendar: Calendar, dnis: str, arrivals: Arrivals, hours: Mapping[str, HoursPlan], seed: int
    ) -> None:
        self.scenario, self.calendar, self.dnis, self.arrivals, self.seed = scenario, calendar, dnis, arrivals, seed
        self._open = hours.get(arrivals.open)
        self._exactly = self._so_many() if arrivals.calls is not None else []

    def day(self, day: int) -> Iterator[tuple[str, list[float]]]:
        """Each source of the day: its name, and when its calls come."""
        arrivals, name = self.arrivals, f"{self.dnis}/{day}"
        if arrivals.every is not None:
            yield name, self._at_equal_distances(day, float(arrivals.every))
        elif arrivals.calls is not None:
            begin, end = self.calendar.midnight(day), self.calendar.midnight(day + 1)
            yield name, self._exactly[bisect(self._exactly, begin - 1e-9) : bisect(self._exactly, end - 1e-9)]
        else:
            yield name, poisson(self._rates(day), Stream(self.seed, "arrivals", name))
        for number, burst in enumerate(arrivals.bursts):
            if burst.day == day + 1:
                yield f"{self.dnis}/burst {number}", self._burst(number, burst)

    def _rates(self, day: int) -> list[Piece]:
        """The rates that chance and the opening hours make of the usual ones."""
        arrivals, calendar = self.arrivals, self.calendar
        pieces = arrivals.rates(calendar, self.scenario.hours, day)
        if arrivals.busyness is not None:
            pieces = self._varied(pieces, day)
        if self._open is not None:
            pieces = self._while_open(pieces, self._open)
        return pieces

    def _varied(self, pieces: list[Piece], day: int) -> list[Piece]:
        busyness = self.arrivals.busyness
        assert busyness is not None
        whole = _factor(busyness.day_cv, self.seed, self.dnis, day)
        found, midnight = [], self.calendar.midnight(day)
        for begin, end, rate in pieces:
            edges = self.calendar.steps(busyness.interval, (begin, end), day)
            for since, until in pairwise(edges):
                interval = round((since - midnight) // busyness.interval)
                found.append((since, until, rate * whole * _factor(busyness.interval_cv, self.seed, self.dnis, day, interval)))
        return found

    def _while_open(self, pieces: list[Piece], hours: HoursPlan) -> list[Piece]:
        found, begins = [], self.calendar.begin
        for begin, end, rate in pieces:
            since = begin
            while since < end:
                until = min(end, hours.next_change(begins + since) - begins)
                found.append((since, until, rate if hours.is_open(begins + since) else rate * self.arrivals.when_closed))
                since = until
        return found

    def _at_equal_distances(self, day: int, every: float) -> list[float]:
        begin, end = self.calendar.span(self.scenario.hours, day)
        length = end - begin
        return [begin + n * every for n in range(1, int(length / every) + 1) if n * every < length]

    def _so_many(self) -> list[float]:
        """Exactly so many over all days: a Poisson process, given its number, is as many independent times with the density of its rate."""
        pieces = [piece for day in range(len(self.calendar.dates)) for piece in self._rates(day)]
        sums = list(accumulate((end - begin) * rate for begin, end, rate in pieces))
        if not sums or not sums[-1]:
            return []
        times = []
        for draw in Stream(self.seed, "arrivals", self.dnis).block(self.arrivals.calls or 0):
            at = draw * sums[-1]
            piece = min(bisect(sums, at), len(pieces) - 1)
            begin, end, rate = pieces[piece]
            times.append(min(begin + (at - (sums[piece - 1] if piece else 0.0)) / rate, end))
        times.sort()
        return times

    def _burst(self, number: int, burst: Burst) -> list[float]:
        begin = self.calendar.at(burst.at, burst.day - 1)
        stream = Stream(self.seed, "burst", self.dnis, number)
        if burst.calls is None:
            return poisson(self.arrivals.burst_rates(burst, self._rates(burst.day - 1), begin), stream)
        draws, within = sorted(stream.block(burst.calls)), float(burst.within or 0.0)
        if burst.decay:
            left = 1 - exp(-within / burst.decay)
            return [begin - burst.decay * log1p(-draw * left) for draw in draws]
        return [begin + draw * within for draw in draws]


def poisson(pieces: list[Piece], stream: Stream) -> list[float]:
    """The times of a Poisson process with these rates, in order."""
    times: list[float] = []
    units = _units(stream)
    due, grown = next(units), 0.0
    for begin, end, rate in pieces:
        before = grown
        grown += (end - begin) * rate
        while due < grown:
            times.append(begin + (due - before) / rate)
            due = next(units)
    return times


def _units(stream: Stream) -> Iterator[float]:
    """The times of a Poisson process with the rate 1, for ever."""
    at = 0.0
    while True:
        for draw in stream.block(_BLOCK):
            at -= log1p(-draw)
            yield at


def _factor(cv: float, seed: int, *what: object) -> float:
    """How much busier than usual it is: gamma, with mean 1."""
    if not cv:
        return 1.0
    shape = 1 / cv**2
    return generator(seed, "busyness", *what).gammavariate(shape, 1 / shape)
