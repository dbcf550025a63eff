"""Texts with a meaning that several files share: lengths of time, spans of a day, days of the week."""

import re
from collections.abc import Iterator
from datetime import date, time, tzinfo
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

from attrs import frozen

from appliance.config.declare import text_type

__all__ = ["DAYS", "Days", "Duration", "Span", "clock"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_UNITS = {"ms": Decimal("0.001"), "s": Decimal(1), "min": Decimal(60), "h": Decimal(3600)}
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d"


class Duration(float):
    """A length of time in seconds, written with its unit: `500 ms`, `20 s`, `15 min`, `1.5 h`, `1 h 30 min`."""

    __slots__ = ()
    expects: ClassVar[str] = "a length of time with its unit, such as '20 s', '15 min' or '1 h 30 min'"
    pattern: ClassVar[str] = r"\s*(\d+(\.\d+)?\s*(ms|s|min|h)\s*)+"

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read it; ValueError when there is no unit or an unknown one."""
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f"'{text}' is not {cls.expects}")
        return cls(sum(Decimal(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h)", text)))

    def __str__(self) -> str:
        """The shortest exact way to write it."""
        for unit in ("h", "min", "s"):
            if self and self % int(_UNITS[unit]) == 0:
                return f"{int(self) // int(_UNITS[unit])} {unit}"
        return f"{Decimal(repr(float(self))):f} s"


def clock(text: str) -> time:
    """A time of day, `09:00`; `24:00` is midnight at the day's end and gives `time.min`. ValueError: it is neither."""
    if text == "24:00":
        return time.min
    if not re.fullmatch(_CLOCK, text):
        raise ValueError(f"'{text}' is not a time of day such as '09:00'")
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


@frozen
class Span:
    """A part of one day, `09:00-12:00`; `closes` is the first moment after it, `time.min` meaning midnight at its end."""

    expects: ClassVar[str] = "a part of the day such as '09:00-12:00'"
    pattern: ClassVar[str] = rf"{_CLOCK}\s*-\s*({_CLOCK}|24:00)"

    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Read it; ValueError when it is not two times, or the second is not after the first."""
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f"'{text}' is not {cls.expects}")
        span = cls(*(clock(part.strip()) for part in text.split("-")))
        if span.end_s <= span.begin_s:
            raise ValueError(f"'{text}' ends before it begins; give the part after midnight to the next day")
        return span

    @property
    def begin_s(self) -> float:
        """Seconds from midnight to the beginning."""
        return self.opens.hour * 3600.0 + self.opens.minute * 60.0

    @property
    def end_s(self) -> float:
        """Seconds from midnight to the end."""
        return (self.closes.hour * 3600.0 + self.closes.minute * 60.0) or 86400.0

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.opens:%H:%M}-{'24:00' if self.closes == time.min else self.closes.strftime('%H:%M')}"


@frozen
class Days:
    """One day of the week or several in a row: `mon`, `mon-fri`, `sat-sun`."""

    expects: ClassVar[str] = "a day or days in a row, such as mon, mon-fri or sat-sun"
    pattern: ClassVar[str] = rf"({'|'.join(DAYS)})(-({'|'.join(DAYS)}))?"

    first: int
    """Monday is 0."""
    last: int

    @classmethod
    def parse(cls, text: str) -> "Days":
        """Read it; ValueError when it names no days."""
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f"'{text}' is not {cls.expects}")
        ends = [DAYS.index(day) for day in text.split("-")]
        if ends[-1] < ends[0]:
            raise ValueError(f"'{text}' runs over the week's end; the week begins with mon")
        return cls(ends[0], ends[-1])

    def __iter__(self) -> Iterator[int]:
        """The days' numbers."""
        return iter(range(self.first, self.last + 1))

    def __str__(self) -> str:
        """As it is written."""
        return DAYS[self.first] if self.first == self.last else f"{DAYS[self.first]}-{DAYS[self.last]}"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"there is no time zone '{name}'; they are named like 'Asia/Shanghai'") from None


text_type(time, clock, "a time of day such as '09:00'", written=lambda value: f"{value:%H:%M}", pattern=_CLOCK)
text_type(date, date.fromisoformat, "a date such as 2026-10-01", pattern=r"\d{4}-\d\d-\d\d")
text_type(tzinfo, _zone, "a time zone such as 'Asia/Shanghai'")
