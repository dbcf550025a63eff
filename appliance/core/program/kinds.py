"""What callers key means, and which kinds of value there are.

| kind      | keyed as                                         | value                    |
| --------- | ------------------------------------------------ | ------------------------ |
| digits    | digits                                           | text, as keyed           |
| telephone | digits of a telephone number                     | text                     |
| account   | digits                                           | text                     |
| number    | digits                                           | whole number             |
| money     | digits, `*` for the decimal point                | number with two places   |
| month     | year and month, or the month of the last twelve  | text `2026-10`           |
| date      | year, month, day; or month and day of this year  | text `2026-10-31`        |
| time      | hours and minutes, 24 hours                      | text `13:05`             |
"""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal

from appliance.core.program.expressions import Value
from appliance.core.saying import KINDS

__all__ = ["ASKED", "KNOWN", "SAID", "TYPES", "understood"]

ASKED = ("digits", "telephone", "account", "number", "money", "month", "date", "time")
"""What a caller can be asked for."""
SAID = (*KINDS, "text")
"""How a value can be said."""
TYPES = (*ASKED, "text", "yes-no", "record", "list")
"""What a variable can be."""
KNOWN: Mapping[str, str] = {
    "caller": "telephone",
    "called": "telephone",
    "language": "text",
    "vip": "yes-no",
    "agent": "digits",
    "today": "date",
    "month": "month",
    "hour": "number",
}
"""Name -> type, of what every flow can ask: the caller's number, the number called, the language chosen, whether he is a VIP, the agent
who has served him, and the day, the month and the hour in the centre's time zone."""

_MOST_DIGITS = 15
"""A number with more cannot be said."""
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


def understood(kind: str, keyed: str, today: dt.date) -> Value:
    """The value that a caller means by what he keyed.

    Raises:
        ValueError: it is no such value.

    """
    if kind != "money" and not re.fullmatch("[0-9]+", keyed):
        raise ValueError(f"'{keyed}' is not only digits")
    match kind:
        case "digits" | "telephone" | "account":
            return keyed
        case "number":
            if len(keyed.lstrip("0")) > _MOST_DIGITS:
                raise ValueError(f"'{keyed}' is too great a number")
            return int(keyed)
        case "money":
            if not re.fullmatch(r"[0-9]{1,12}(\*[0-9]{1,2})?", keyed):
                raise ValueError(f"'{keyed}' is no amount")
            return Decimal(keyed.replace("*", "."))
        case "month":
            return _month(keyed, today)
        case "date":
            return _date(keyed, today)
        case "time":
            if len(keyed) not in (3, 4) or int(keyed[:-2]) > 23 or int(keyed[-2:]) > 59:
                raise ValueError(f"'{keyed}' is no time of day")
            return f"{int(keyed[:-2]):02}:{keyed[-2:]}"
    raise ValueError(f"there is no kind '{kind}'")


def _month(keyed: str, today: dt.date) -> str:
    if len(keyed) <= 2:
        month = int(keyed)
        year = today.year - (month > today.month)
    else:
        year, month = int(keyed[:4]), int(keyed[4:] or 0)
    if not 1 <= month <= 12 or not _FIRST_YEAR <= year <= _LAST_YEAR or len(keyed) not in (1, 2, 6):
        raise ValueError(f"'{keyed}' is no month")
    return f"{year:04}-{month:02}"


def _date(keyed: str, today: dt.date) -> str:
    if len(keyed) == 4:
        keyed = f"{today.year:04}{keyed}"
    if len(keyed) != 8:
        raise ValueError(f"'{keyed}' is no date")
    if not _FIRST_YEAR <= int(keyed[:4]) <= _LAST_YEAR:
        raise ValueError(f"'{keyed}' is no date")
    return dt.date(int(keyed[:4]), int(keyed[4:6]), int(keyed[6:])).isoformat()
