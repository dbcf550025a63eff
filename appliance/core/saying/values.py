"""What a value of each kind can be: the value as its words are made from, or a ValueError that says what is wrong.

Values come from databases and gateways: text is taken beside Python's own types, in the forms of ISO 8601 and of plain decimals.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from appliance.core.saying.groups import account_groups, telephone_groups, ticket_groups

__all__ = [
    "LIMIT",
    "account",
    "amount",
    "day",
    "digits",
    "duration",
    "moment",
    "month",
    "number",
    "percentage",
    "place",
    "shown",
    "telephone",
    "ticket",
    "time_of_day",
]

LIMIT = 10**15
"""Numbers are smaller than this."""
_PLACES = 12
_LONGEST = 64

Groups = list[str]


def shown(value: object) -> str:
    """The value for a message, at a length one can read."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"an integer of {value.bit_length()} bits"
    said = repr(value)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."


def number(value: object) -> Decimal:
    """A decimal number: `int`, `Decimal`, `float`, or text such as `-12.50`; zeros after the last decimal that counts are dropped."""
    if isinstance(value, float):
        value = Decimal(repr(float(value)))  # the shortest decimals that stand for it
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    elif isinstance(value, str):
        said = value.strip()
        if len(said) > _LONGEST or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?|[+-]?\.[0-9]+", said):
            raise ValueError("it is not a decimal number")
        value = Decimal(said)
    if not isinstance(value, Decimal):
        raise ValueError("it is not a number")
    if not value.is_finite():
        raise ValueError("it is not a number that ends")
    if not value:
        return Decimal(0)
    if value.adjusted() >= len(str(LIMIT)) - 1:
        raise ValueError(f"it is not below {LIMIT}")
    sign, figures, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # it is finite
    while exponent < 0 and figures[-1] == 0:
        figures, exponent = figures[:-1], exponent + 1
    if exponent < -_PLACES:
        raise ValueError(f"it has more than {_PLACES} decimals")
    return Decimal((sign, figures, exponent))


def whole(value: object) -> int:
    """A number without decimals."""
    read = number(value)
    if read != int(read):
        raise ValueError("it is not a whole number")
    return int(read)


def place(value: object) -> int:
    """The place in a row: 1 is the first."""
    read = whole(value)
    if read < 1:
        raise ValueError("the first place is 1")
    return read


def amount(value: object) -> Decimal:
    """An amount of money: at most two decimals."""
    read = number(value)
    if read * 100 != int(read * 100):
        raise ValueError("it has more than two decimals")
    return read


def percentage(value: object) -> Decimal:
    """So many of a hundred: 20 or `20%` is a fifth."""
    return number(value.strip().removesuffix("%") if isinstance(value, str) else value)


def duration(value: object) -> int:
    """Whole seconds: a number of them or a `timedelta`."""
    if isinstance(value, timedelta):
        if value.microseconds:
            raise ValueError("it is not a whole number of seconds")
        value = value.days * 86400 + value.seconds
    read = whole(value)
    if read < 0:
        raise ValueError("it is negative")
    return read


def day(value: object) -> date:
    """A day: `date`, `datetime`, `2026-10-05` or `20261005`, of the years from 1000 on."""
    if isinstance(value, datetime):
        value = value.date()
    elif isinstance(value, str):
        value = date.fromisoformat(_shaped(value, r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}", "a day"))
    if not isinstance(value, date):
        raise ValueError("it is not a day")
    if value.year < 1000:
        raise ValueError("its year is before 1000")
    return value


def month(value: object) -> date:
    """The first day of a month: of any of its days, of `2026-10` or of `202610`."""
    if isinstance(value, str):
        said = value.strip()
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}|[0-9]{6}", said):
            value = f"{said[:4]}-{said[-2:]}-01"
    return day(value).replace(day=1)


def time_of_day(value: object) -> time:
    """A time: `time`, `datetime`, `08:05` or `08:05:30`; its seconds are not said."""
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, str):
        return time.fromisoformat(_shaped(value, r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", "a time"))
    if not isinstance(value, time):
        raise ValueError("it is not a time")
    return value


def moment(value: object) -> datetime:
    """A day and a time: `datetime`, or `2026-10-05 08:05` with a space or a T, with or without seconds."""
    if isinstance(value, str):
        said = _shaped(value, r"[0-9-]{10}[T ][0-9:]+", "a day and a time")
        return datetime.combine(day(said[:10]), time_of_day(said[11:]))
    if not isinstance(value, datetime):
        raise ValueError("it is not a day and a time")
    day(value)
    return value


def digits(value: object) -> Groups:
    """Figures one by one, `*` and `#` among them; spaces and hyphens are pauses."""
    return _groups(value, r"[0-9*#]+")


def telephone(value: object) -> Groups:
    """A telephone number, with pauses where it has spaces or hyphens, or where they are usual."""
    groups = _groups(value, r"\+?[0-9*#]+")
    return telephone_groups(groups[0]) if len(groups) == 1 else groups


def account(value: object) -> Groups:
    """The number of an account, a card or a person; an X may stand at its end, as in GB 11643."""
    groups = _groups(value, r"[0-9]+[Xx]?")
    return account_groups(groups[0]) if len(groups) == 1 else groups


def ticket(value: object) -> Groups:
    """Letters and figures; whatever separates them is a pause."""
    return [part for group in _groups(value, r"[A-Za-z0-9]+") for part in ticket_groups(group)]


def _groups(value: object, shape: str) -> Groups:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**_LONGEST:
        value = str(value)
    if not isinstance(value, str):
        raise ValueError("it is not text")
    groups = re.split(r"[\s-]+", value.strip())
    if len(value) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST}")
    if not all(re.fullmatch(shape, group) for group in groups):
        raise ValueError("it has something in it that is not said")
    return [group.upper() for group in groups]


def _shaped(value: str, shape: str, what: str) -> str:
    said = value.strip()
    if not re.fullmatch(shape, said):
        raise ValueError(f"it is not {what}")
    return said
