"""Mandarin: numbers, and what is made of them.

The rules, and where they are from:

- 零 for one or several zeros inside a number, none at the end of a group of four; 十 at the head and 一十 inside: as primary schools
  in China teach to read numbers. GB/T 15835-2011 has the characters (〇 is written, 零 is spoken).
- 二 or 两, after the note on 两 in 现代汉语词典 (and 现代汉语八百词): 二 for the bare number, in decimals, for tens and hundreds,
  and in 第二; 两 before measure words and before 千, 万 and 亿, but 二千 after these (三万二千, 两亿二千万).
- 幺 for 1 where figures are read one by one, as in telephone service; 一 in years and decimals.
- Parts of the day as Unicode CLDR divides it for `zh`, its written 清晨 spoken as 早上.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from appliance.core.saying.groups import PAUSES
from appliance.core.saying.units import CURRENCIES, UNITS, Currency, Unit

__all__ = ["WORDS", "text", "vocabulary"]

_FIGURES = "零一二三四五六七八九"
_SPELT = {**dict(zip("0123456789", "零幺二三四五六七八九", strict=True)), "+": "加", "*": "星", "#": "井"}
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SMALL = tuple(
    (_FIGURES[tens] if tens > 1 else "") + ("十" if tens else "") + (_FIGURES[ones] if ones or not tens else "")
    for tens in range(10)
    for ones in range(10)
)
"""0 to 99 at the head of a number."""
_DAYS = "一二三四五六日"
_CENTURIES = {"19": "一九", "20": "二零"}
_PARTS_OF_DAY = ((5, "凌晨"), (8, "早上"), (12, "上午"), (13, "中午"), (19, "下午"), (24, "晚上"))
_MINUTES = tuple("" if not minute else f"{'零' if minute < 10 else ''}{_SMALL[minute]}分" for minute in range(60))

_Parts = list[str]


def text(parts: Iterable[str]) -> str:
    """Characters need nothing between them."""
    return "".join(parts)


def _whole(number: int) -> _Parts:
    """A number from 0 to below 10^16."""
    parts: _Parts = []
    skipped = False
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        group, number = divmod(number, size)
        if group:
            zero = parts and (skipped or group < 1000)
            said = _whole(group) if group >= 10**4 else _to_9999(group, head=not parts)
            parts += ["零"] if zero else []
            parts += ["两" + unit] if unit and group == 2 else _with_unit(said, unit)
        skipped = not group
    return parts or ["零"]


def _to_9999(number: int, *, head: bool) -> _Parts:
    """A group of four figures, at the head of a number or inside it."""
    parts: _Parts = []
    thousands, hundreds, rest = number // 1000, number // 100 % 10, number % 100
    if thousands:
        parts.append(f"{'两' if thousands == 2 and head else _FIGURES[thousands]}千")
    if hundreds:
        parts.append(f"{_FIGURES[hundreds]}百")
    if rest:
        if parts and (rest < 10 or not hundreds):
            parts.append("零")
        parts.append(("一" if 10 <= rest < 20 and (parts or not head) else "") + _SMALL[rest])
    return parts


def _with_unit(parts: _Parts, unit: str) -> _Parts:
    """The number with its unit; the last figure and the unit are one part, for they change each other's tones."""
    if unit and parts[-1] in _FIGURES[1:]:
        return [*parts[:-1], parts[-1] + unit]
    return [*parts, *filter(None, [unit])]


def _counted(number: int, unit: str) -> _Parts:
    return ["两" + unit] if number == 2 else _with_unit(_whole(number), unit)


def _decimal(number: Decimal) -> _Parts:
    """A number without its sign."""
    figures, _, decimals = f"{abs(number):f}".partition(".")
    return _whole(int(figures)) + (["点", *(_FIGURES[int(figure)] for figure in decimals)] if decimals else [])


def _number(number: Decimal) -> _Parts:
    return [*_minus(number), *_decimal(number)]


def _minus(number: Decimal) -> _Parts:
    return ["负"] if number < 0 else []


def _spelt(groups: Sequence[str]) -> _Parts:
    parts: _Parts = []
    for group in groups:
        parts += [PAUSES["zh"]] if parts else []
        parts += [_SPELT.get(sign, sign) for sign in group]
    return parts


def _money(amount: Decimal, *, currency: str, negative: str) -> _Parts:
    units = CURRENCIES[currency].zh
    large, small = divmod(int(abs(amount) * 100), 100)
    parts = _counted(large, units[0]) if large or not small else []
    if len(units) == 3:
        tenths, hundredths = divmod(small, 10)
        parts += _counted(tenths, units[1]) if tenths else []
        parts += ["零"] if parts and hundredths and not tenths else []
        parts += _counted(hundredths, units[2]) if hundredths else []
    elif small:
        parts += ["零"] if parts and small < 10 else []
        parts += _counted(small, units[1])
    if amount < 0:
        parts.insert(0, "结余" if negative == "credit" else "负")
    return parts


def _percentage(number: Decimal) -> _Parts:
    return [*_minus(number), "百分之", *(["百"] if abs(number) == 100 else _decimal(number))]


def _count(number: Decimal, *, unit: str) -> _Parts:
    measure = UNITS[unit].zh
    said = _counted(int(abs(number)), measure) if number == int(number) else [*_decimal(number), measure]
    return [*_minus(number), *said]


def _year(year: int) -> _Parts:
    century, rest = divmod(year, 100)
    head = [_CENTURIES[str(century)]] if str(century) in _CENTURIES else [_FIGURES[int(figure)] for figure in str(century)]
    return [*head, f"{_FIGURES[rest // 10]}{_FIGURES[rest % 10]}年"]


def _month(month: date, *, year: bool) -> _Parts:
    return [*(_year(month.year) if year else []), f"{_SMALL[month.month]}月"]


def _date(day: date, *, year: bool, weekday: bool) -> _Parts:
    return [*_month(day, year=year), f"{_SMALL[day.day]}日", *([f"星期{_DAYS[day.weekday()]}"] if weekday else [])]


def _time(at: time, *, clock: int) -> _Parts:
    hour, part = at.hour, []
    if clock == 12:
        part = [next(name for end, name in _PARTS_OF_DAY if hour < end)]
        hour = hour - 12 if hour > 12 else hour
    return [*part, f"{'两' if hour == 2 else _SMALL[hour]}点", *filter(None, [_MINUTES[at.minute]])]


def _datetime(moment: datetime, *, year: bool, weekday: bool, clock: int) -> _Parts:
    return [*_date(moment, year=year, weekday=weekday), *_time(moment.time(), clock=clock)]


def _duration(seconds: int) -> _Parts:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = _counted(hours, "小时") if hours else []
    parts += _counted(minutes, "分钟") if minutes else []
    if seconds or not parts:
        parts += ["零"] if hours and not minutes else []
        parts += _counted(seconds, "秒")
    return parts


WORDS: Mapping[str, Callable[..., _Parts]] = {
    "number": _number,
    "ordinal": lambda place: ["第", *_whole(place)],
    "digits": _spelt,
    "telephone": _spelt,
    "account": _spelt,
    "ticket": _spelt,
    "money": _money,
    "percentage": _percentage,
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


def _joined(figures: str, *units: str) -> set[str]:
    return {figure + unit for figure in figures for unit in units}


def _measured(*units: str) -> set[str]:
    """What any number has before a unit besides its own parts: the last figure with the unit, and the unit after all else."""
    return _joined(f"{_FIGURES[1:]}两", *units) | set(units)


_WHOLE = {
    *_SMALL,
    *(f"一{small}" for small in _SMALL[10:20]),
    *_joined(_FIGURES[1:], "百"),
    *_joined(f"{_FIGURES[1:]}两", "千"),
    *_measured("万", "亿"),
}
_COUNTED = _WHOLE - set(_FIGURES[1:])
"""What is said of a whole number before a unit: its last figure is a part with the unit."""
_NUMBER = _WHOLE | {"负", "点"}
_UNDER_TEN = "一两三四五六七八九"
"""Before a unit that never has a hundred or more before it."""
_FIGURES_SPELT = {PAUSES["zh"], *(_SPELT[figure] for figure in "0123456789")}
_MONTHS = {f"{_SMALL[month]}月" for month in range(1, 13)}
_YEARS = {*_FIGURES, *_CENTURIES.values(), *(f"{tens}{ones}年" for tens in _FIGURES for ones in _FIGURES)}
_DATES = _MONTHS | _YEARS | {f"{_SMALL[day]}日" for day in range(1, 32)} | {f"星期{day}" for day in _DAYS}
_HOURS = {f"{'两' if hour == 2 else _SMALL[hour]}点" for hour in range(24)}
_TIMES = _HOURS | {name for _, name in _PARTS_OF_DAY} | set(_MINUTES[1:])


def _amounts(currencies: Iterable[Currency]) -> set[str]:
    parts = _COUNTED | {"负", "结余"}
    for currency in currencies:
        large, *small = currency.zh
        parts |= _measured(large) | _joined(_UNDER_TEN, *small)
        parts |= set(small) if len(small) == 1 else set()  # a tenth and a hundredth have one figure each
    return parts


_VOCABULARY: Mapping[str, Callable[[list[Currency], list[Unit]], set[str]]] = {
    "number": lambda _, __: _NUMBER,
    "ordinal": lambda _, __: _WHOLE | {"第"},
    "digits": lambda _, __: _FIGURES_SPELT | {"星", "井"},
    "telephone": lambda _, __: _FIGURES_SPELT | {"星", "井", "加"},
    "account": lambda _, __: _FIGURES_SPELT | {"X"},
    "ticket": lambda _, __: _FIGURES_SPELT | _LETTERS,
    "money": lambda currencies, _: _amounts(currencies),
    "percentage": lambda _, __: _NUMBER | {"百分之", "百"},
    "count": lambda _, units: _NUMBER | _measured(*(unit.zh for unit in units)),
    "date": lambda _, __: _DATES,
    "month": lambda _, __: _YEARS | _MONTHS,
    "time": lambda _, __: _TIMES,
    "datetime": lambda _, __: _DATES | _TIMES,
    "duration": lambda _, __: _COUNTED | _measured("小时") | _joined(_UNDER_TEN, "分钟", "秒") | {"分钟", "秒"},
}
