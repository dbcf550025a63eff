"""What a scenario says of the calls to one service number: how many come when, how much that varies, and what bursts there are."""

from collections.abc import Iterator, Mapping
from datetime import time

from appliance.config import Duration, Span, Wrong, setting, table
from sim.calendar import Calendar, DayKey, seconds

__all__ = ["Arrivals", "Burst", "Busyness", "Piece", "Profile"]

Profile = float | Mapping[time, float]
"""Calls an hour: one rate, or rates from times of day on."""

Piece = tuple[float, float, float]
"""(from, until, calls per second); moments are seconds of the simulation."""

_MOST_PER_HOUR = 1_000_000
_DECAY_STEPS, _DECAYS = 8, 6
"""A burst that dies away is followed for so many decay times, in so many steps each."""


@table
class Busyness:
    """Days and intervals that are busier, or quieter, than the rates say: chance beyond that of single calls (overdispersion)."""

    day_cv: float = setting(default=0.0, ge=0, le=2, doc="Coefficient of variation of whole days; 0.1: two days of three within ± 10 %.")
    interval_cv: float = setting(default=0.0, ge=0, le=2, doc="The same of intervals within a day.")
    interval: Duration = setting(default=Duration(1800), doc="How long an interval is.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.interval < 60 or self.interval > 86_400:
            yield Wrong(f"an interval of {self.interval} is of no use", "possible is 1 min to 24 h", ("interval",))


@table
class Burst:
    """Callers beyond the usual ones: so many at once, or so many times the usual rate."""

    at: time = setting(doc="When it begins.")
    day: int = setting(default=1, ge=1, le=366, doc="On which day of the run.")
    calls: int | None = setting(default=None, ge=1, le=1_000_000, doc="So many calls ...")
    within: Duration | None = setting(default=None, doc="... within this time: alike over it, with a decay most at its beginning.")
    times: float | None = setting(default=None, gt=1, le=1000, doc="So many times the usual rate ...")
    for_: Duration | None = setting(key="for", default=None, doc="... for so long.")
    decay: Duration = setting(default=Duration(0), doc="How it dies away: after so long, what is left of it is 37 %.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if (self.calls is None) == (self.times is None):
            yield Wrong("a burst is either so many calls or so many times the usual rate", "write calls and within, or times and for")
        elif self.calls is not None and not self.within:
            yield Wrong("within which time do they call?", 'write for example within = "5 min"', ("within",))
        elif self.times is not None and not self.for_:
            yield Wrong("how long does it last?", 'write for example for = "1 h"', ("for",))
        elif self.for_ is not None and self.calls is not None:
            yield Wrong("'for' belongs to 'times'", "so many calls come within a time: write within", ("for",))
        elif self.within is not None and self.times is not None:
            yield Wrong("'within' belongs to 'calls'", "so many times the usual rate lasts for a time: write for", ("within",))


@table
class Arrivals:
    """Calls to one service number."""

    per_hour: Profile = setting(
        default=0.0,
        ge=0,
        le=_MOST_PER_HOUR,
        doc='Calls an hour by chance (Poisson): one rate, or rates from times of day on, { "09:00" = 220 }.',
    )
    per_hour_on: Mapping[DayKey, Profile] = setting(
        factory=dict,
        doc='Other rates for some days: { sat-sun = 40, holidays = { "09:00" = 10 }, 2026-10-08 = 500 }; the closest key counts.',
    )
    factor_on: Mapping[DayKey, float] = setting(factory=dict, ge=0, le=100, doc="Rates of some days times this: { mon = 1.3, fri = 0.9 }.")
    open: str = setting(default="", doc="Hours of the site outside of which hardly anybody calls; holidays count as closed.")
    when_closed: float = setting(default=0.0, ge=0, le=1, doc="With open: which share of the rate is left outside these hours.")
    busyness: Busyness | None = setting(default=None, doc="How much busier or quieter days and intervals are than the rates say.")
    bursts: tuple[Burst, ...] = setting(default=(), doc="Callers beyond the usual ones.")
    every: Duration | None = setting(default=None, doc="Calls at equal distances instead of by chance.")
    calls: int | None = setting(
        default=None,
        ge=1,
        le=10_000_000,
        doc="Exactly so many calls, by chance over the hours and in proportion to per_hour if that is given. Bursts come on top.",
    )
    line: str = setting(default="", doc="The line they come in on; without it the site's first.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.every is not None and (self.per_hour or self.per_hour_on or self.calls):
            yield Wrong("'every' stands alone: it leaves nothing to chance", "leave out per_hour and calls, or every", ("every",))
        if self.every is not None and self.every <= 0:
            yield Wrong("calls need some time between them", "", ("every",))
        if not (self.every is not None or self.per_hour or self.per_hour_on or self.calls is not None or self.bursts):
            yield Wrong("nobody would call", "write per_hour, every or calls")
        for key, profile in self.per_hour_on.items():
            for at, rate in profile.items() if isinstance(profile, Mapping) else [(None, profile)]:
                if not 0 <= rate <= _MOST_PER_HOUR:
                    path = ("per_hour_on", str(key)) + (() if at is None else (f"{at:%H:%M}",))
                    yield Wrong(f"{rate:g} is out of range", f"possible is 0 to {_MOST_PER_HOUR}", path)
        for number, burst in enumerate(self.bursts):
            if burst.times is not None and self.every is not None:
                yield Wrong("there is no rate that a burst could be times of", "write calls and within", ("bursts", number, "times"))

    @property
    def by_chance(self) -> bool:
        """Whether rates say when calls come."""
        return self.every is None and bool(self.per_hour or self.per_hour_on or self.calls)

    def rates(self, calendar: Calendar, hours: Span, day: int) -> list[Piece]:
        """The usual rates of one day within the hours, in order, without what chance and opening hours make of them."""
        profile: Profile = calendar.chosen(self.per_hour_on, day, self.per_hour)
        factor = calendar.chosen(self.factor_on, day, 1.0) / 3600
        begin, end = calendar.span(hours, day)
        if not profile and self.calls is not None and not self.per_hour and not self.per_hour_on:
            profile = 1.0  # so many calls, all alike over the hours
        if not isinstance(profile, Mapping):
            return [(begin, end, profile * factor)]
        steps = [(calendar.at(at, day), profile[at] * factor) for at in sorted(profile, key=seconds)]
        ends = [step[0] for step in steps[1:]] + [end]
        pieces = [(max(since, begin), min(until, end), rate) for (since, rate), until in zip(steps, ends, strict=True)]
        return [piece for piece in pieces if piece[1] > piece[0]]

    def burst_rates(self, burst: Burst, base: list[Piece], begin: float) -> list[Piece]:
        """What a burst of so many times the usual rate adds to it; `begin` is when it begins."""
        if burst.times is None or burst.for_ is None:
            return []
        end, found = begin + burst.for_, []
        parts = [(begin, end, burst.times - 1)]
        if burst.decay:
            wide = burst.decay / _DECAY_STEPS
            parts += [
                (end + n * wide, end + (n + 1) * wide, (burst.times - 1) * 2.718281828459045 ** (-(n + 0.5) / _DECAY_STEPS))
                for n in range(_DECAY_STEPS * _DECAYS)
            ]
        for since, until, more in parts:
            for from_, to, rate in base:
                if min(until, to) > max(since, from_):
                    found.append((max(since, from_), min(until, to), rate * more))
        return found
