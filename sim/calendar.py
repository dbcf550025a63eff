"""The days of a run: which moment of the simulation a time of a day is, and which days are holidays.

Days are the site's own, in its time zone: where the clocks are put forward within the run, that day has 23 hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import ClassVar, TypeVar

from attrs import frozen

from appliance.config import Days, Duration, Span
from appliance.site import Site

__all__ = ["Calendar", "DayKey", "seconds"]

T = TypeVar("T")


def seconds(at: time) -> float:
    """A time of day in seconds from midnight."""
    return at.hour * 3600.0 + at.minute * 60.0 + at.second


@frozen
class DayKey:
    """Which days something holds for: `mon`, `mon-fri`, `holidays`, `2026-10-01`."""

    expects: ClassVar[str] = "days: mon, mon-fri, holidays, or a date such as 2026-10-01"
    pattern: ClassVar[str] = rf"{Days.pattern}|holidays|\d{{4}}-\d\d-\d\d"

    days: Days | date | None
    """None: holidays."""

    @classmethod
    def parse(cls, text: str) -> "DayKey":
        """Read it; ValueError when it names no days."""
        if text == "holidays":
            return cls(None)
        try:
            return cls(date.fromisoformat(text) if text[:1].isdigit() else Days.parse(text))
        except (ValueError, KeyError):
            raise ValueError(f"'{text}' is not {cls.expects}") from None

    def __str__(self) -> str:
        """As it is written."""
        return "holidays" if self.days is None else str(self.days)

    def rank(self, day: date, *, holiday: bool) -> int:
        """How closely it fits a day, 0: not at all; a date is closer than holidays, these closer than one day of the week, than several."""
        match self.days:
            case None:
                return 3 if holiday else 0
            case Days(first=first, last=last):
                return 0 if day.weekday() not in self.days else 2 if first == last else 1
            case _:
                return 4 if day == self.days else 0


class Calendar:
    """The days from `first` on; the simulation begins `start_s` seconds after the first midnight."""

    def __init__(self, first: date, days: int, zone: tzinfo, start_s: float, holidays: Iterable[date] = ()) -> None:
        """Number the days from 0."""
        self.dates = [first + timedelta(days=n) for n in range(days)]
        self.zone, self.holidays = zone, frozenset(holidays)
        self.begin = datetime.combine(first, time.min, zone).timestamp() + start_s
        """The beginning of the simulation in seconds since the epoch."""

    @classmethod
    def of(cls, first: date, days: int, start_s: float, site: Site) -> "Calendar":
        """The days as the site counts them; a holiday is what closes any of its hours."""
        closed: set[date] = set()
        for hours in site.hours.values():
            closed |= set() if isinstance(hours.holidays, str) else set(hours.holidays)
        return cls(first, days, site.centre.timezone, start_s, closed)

    def at(self, moment: time, day: int = 0) -> float:
        """A time of a day in seconds of the simulation; `day` may also be the one after the last."""
        return datetime.combine(self.dates[0] + timedelta(days=day), moment.replace(tzinfo=None), self.zone).timestamp() - self.begin

    def midnight(self, day: int) -> float:
        """When a day begins, in seconds of the simulation."""
        return self.at(time.min, day)

    def span(self, span: Span, day: int) -> tuple[float, float]:
        """A part of a day, in seconds of the simulation."""
        ends_on = day + 1 if span.closes == time.min else day
        return self.at(span.opens, day), self.at(span.closes, ends_on)

    def chosen(self, keyed: Mapping[DayKey, T], day: int, otherwise: T) -> T:
        """What is said for a day: under the key that fits it most closely."""
        holiday = self.dates[day] in self.holidays
        ranked = {key.rank(self.dates[day], holiday=holiday): value for key, value in keyed.items()}
        best = max(ranked, default=0)
        return ranked[best] if best else otherwise

    def holds(self, on: Sequence[DayKey], day: int) -> bool:
        """Whether something on these days - none: on every day - is on a day of the run."""
        return not on or any(key.rank(self.dates[day], holiday=self.dates[day] in self.holidays) for key in on)

    def may_hold(self, on: Sequence[DayKey]) -> bool:
        """Whether something on these days can be on a day of the run; it can be on a holiday, which only the site knows."""
        return any(key.days is None for key in on) or any(self.holds(on, day) for day in range(len(self.dates)))

    def meet(self, one: Sequence[DayKey], other: Sequence[DayKey]) -> bool:
        """Whether both are on the same day of the run; holidays are not known here, and meet no other days."""
        return any(self.holds(one, day) and self.holds(other, day) for day in range(len(self.dates)))

    def steps(self, every: Duration, span: tuple[float, float], day: int) -> list[float]:
        """Where a new interval of the day begins within a span, counted from midnight; the span's ends are among them."""
        begin, end = span
        midnight = self.midnight(day)
        first = int((begin - midnight) // every) + 1
        inner = [midnight + n * every for n in range(first, int((end - midnight) // every) + 2)]
        return [begin, *(at for at in inner if begin < at < end), end]
