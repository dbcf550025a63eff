"""English: numbers, and what is made of them.

The rules, and where they are from:

- "and" before the tens and units of a number, as in Britain (New Oxford Style Manual, chapter 11: one hundred and one); twenty-one.
- Years in pairs, "oh" for a zero in them, two thousand and five; the day after the month (Chicago Manual of Style, chapter 9).
- "zero" and not "oh" in figures read one by one, and a zero before a decimal point (NIST SP 811, 10.5.2).
- a.m. and p.m., but twelve noon and twelve midnight: 12 a.m. and 12 p.m. are ambiguous (NIST, Times of Day FAQs).
- One dollar, but zero dollars and 1.5 dollars.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from appliance.core.saying.groups import PAUSES
from appliance.core.saying.units import CURRENCIES, UNITS, Currency, Unit

__all__ = ["WORDS", "text", "vocabulary"]

_FIGURES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = (
    *_FIGURES,
    *_TEENS,
    *(f"{_TENS[tens]}-{_FIGURES[ones]}" if ones else _TENS[tens] for tens in range(2, 10) for ones in range(10)),
)
"""0 to 99."""
_HUNDREDS = tuple(f"{figure} hundred" for figure in _FIGURES[1:])
_SIZES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (1, ""))
_IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_SPELT = {**dict(zip("0123456789", _FIGURES, strict=True)), "+": "plus", "*": "star", "#": "hash"}
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_Parts = list[str]


def text(parts: Iterable[str]) -> str:
    """Words with spaces between them, and none before a comma."""
    return " ".join(parts).replace(" ,", ",")


def _ordinal(word: str) -> str:
    """The last word of a number as that of a place: twenty-one, twenty-first."""
    head, hyphen, last = word.rpartition("-")
    if last in _IRREGULAR:
        return head + hyphen + _IRREGULAR[last]
    return f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th"


def _whole(number: int) -> _Parts:
    """A number from 0 to below 10^15."""
    parts: _Parts = []
    for size, name in _SIZES:
        group, number = divmod(number, size)
        hundreds, rest = divmod(group, 100)
        parts += [_HUNDREDS[hundreds - 1]] if hundreds else []
        if rest:
            parts += ["and"] if hundreds or (parts and not name) else []
            parts.append(_SMALL[rest])
        parts += [name] if group and name else []
    return parts or ["zero"]


def _place(place: int) -> _Parts:
    *head, last = _whole(place)
    return [*head, _ordinal(last)]


def _number(number: Decimal) -> _Parts:
    figures, _, decimals = f"{abs(number):f}".partition(".")
    said = _whole(int(figures)) + (["point", *(_FIGURES[int(figure)] for figure in decimals)] if decimals else [])
    return ["minus", *said] if number < 0 else said


def _spelt(groups: Sequence[str]) -> _Parts:
    parts: _Parts = []
    for group in groups:
        parts += [PAUSES["en"]] if parts else []
        parts += [_SPELT.get(sign, sign) for sign in group]
    return parts


def _counted(number: int, one: str, many: str) -> _Parts:
    return [*_whole(number), one if number == 1 else many]


def _listed(things: Sequence[_Parts]) -> _Parts:
    """One after another, the last after an "and"."""
    *head, last = things
    return [word for thing in head for word in thing] + (["and"] if head else []) + last


def _money(amount: Decimal, *, currency: str, negative: str) -> _Parts:
    units = CURRENCIES[currency].en
    large, small = divmod(int(abs(amount) * 100), 100)
    amounts = (large, *divmod(small, 10)) if len(units) == 3 else (large, small)
    said = _listed([_counted(number, *names) for number, names in zip(amounts, units, strict=True) if number] or [_counted(0, *units[0])])
    if amount >= 0:
        return said
    return [*said, "in credit"] if negative == "credit" else ["minus", *said]


def _count(number: Decimal, *, unit: str) -> _Parts:
    return [*_number(number), UNITS[unit].one if abs(number) == 1 else UNITS[unit].many]


def _year(year: int) -> _Parts:
    century, rest = divmod(year, 100)
    if year % 1000 < 10:
        return _whole(year)
    return [_SMALL[century], *(["hundred"] if not rest else ["oh", _SMALL[rest]] if rest < 10 else [_SMALL[rest]])]


def _month(month: date, *, year: bool) -> _Parts:
    return [_MONTHS[month.month - 1], *(_year(month.year) if year else [])]


def _date(day: date, *, year: bool, weekday: bool) -> _Parts:
    month, *of = _month(day, year=year)
    return [*([_DAYS[day.weekday()]] if weekday else []), month, _ordinal(_SMALL[day.day]), *of]


def _time(at: time, *, clock: int) -> _Parts:
    minute = ["oh", _SMALL[at.minute]] if at.minute < 10 else [_SMALL[at.minute]]
    if clock == 24:
        return [_SMALL[at.hour], *(minute if at.minute else ["hundred"])]
    hour = _SMALL[at.hour % 12 or 12]
    if at.minute:
        return [hour, *minute, "p.m." if at.hour >= 12 else "a.m."]
    return [hour, {0: "midnight", 12: "noon"}.get(at.hour, "p.m." if at.hour > 12 else "a.m.")]


def _datetime(moment: datetime, *, year: bool, weekday: bool, clock: int) -> _Parts:
    return [*_date(moment, year=year, weekday=weekday), "at", *_time(moment.time(), clock=clock)]


def _duration(seconds: int) -> _Parts:
    minutes, second = divmod(seconds, 60)
    amounts = (*divmod(minutes, 60), second)
    units = [UNITS[name] for name in ("hour", "minute", "second")]
    said = [_counted(number, unit.one, unit.many) for number, unit in zip(amounts, units, strict=True) if number]
    return _listed(said or [_counted(0, units[-1].one, units[-1].many)])


WORDS: Mapping[str, Callable[..., _Parts]] = {
    "number": _number,
    "ordinal": _place,
    "digits": _spelt,
    "telephone": _spelt,
    "account": _spelt,
    "ticket": _spelt,
    "money": _money,
    "percentage": lambda number: [*_number(number), "percent"],
    "count": _count,
    "date": _date,
    "month": _month,
    "time": _time,
    "datetime": _datetime,
    "duration": _duration,
}
"""The words of each kind, from what `values` has read."""


def vocabulary(kind: str, currencies: Iterable[Currency], units: Iterable[Unit]) -> frozenset[str]:
    """Every part of a kind."""
    return frozenset(_VOCABULARY[kind](list(currencies), list(units)))


_WHOLE = {*_SMALL, *_HUNDREDS, *(name for _, name in _SIZES if name), "and"}
_NUMBER = _WHOLE | {"minus", "point"}
_FIGURES_SPELT = {*_FIGURES, PAUSES["en"]}
_YEARS = {*_SMALL[1:], "thousand", "and", "oh", "hundred"}
_DATES = {*_MONTHS, *map(_ordinal, _SMALL[1:32]), *_DAYS} | _YEARS
_TIMES = {*_SMALL[:60], "oh", "hundred", "a.m.", "p.m.", "noon", "midnight"}


def _names(units: Iterable[Unit]) -> set[str]:
    return {name for unit in units for name in (unit.one, unit.many)}


_VOCABULARY: Mapping[str, Callable[[list[Currency], list[Unit]], set[str]]] = {
    "number": lambda _, __: _NUMBER,
    "ordinal": lambda _, __: _WHOLE - {"zero"} | {_ordinal(part) for part in _WHOLE - {"and", "zero"}},
    "digits": lambda _, __: _FIGURES_SPELT | {"star", "hash"},
    "telephone": lambda _, __: _FIGURES_SPELT | {"star", "hash", "plus"},
    "account": lambda _, __: _FIGURES_SPELT | {"X"},
    "ticket": lambda _, __: _FIGURES_SPELT | _LETTERS,
    "money": lambda currencies, _: (
        _WHOLE | {"minus", "in credit"} | {name for currency in currencies for names in currency.en for name in names}
    ),
    "percentage": lambda _, __: _NUMBER | {"percent"},
    "count": lambda _, units: _NUMBER | _names(units),
    "date": lambda _, __: _DATES,
    "month": lambda _, __: _YEARS | set(_MONTHS),
    "time": lambda _, __: _TIMES,
    "datetime": lambda _, __: _DATES | _TIMES | {"at"},
    "duration": lambda _, __: _WHOLE - {"trillion"} | _names(UNITS[name] for name in ("hour", "minute", "second")),
}
