"""Reads Mandarin back into values: written from the language, and shares nothing with the code that makes the words."""

import re
from datetime import date, datetime, time
from decimal import Decimal

_FIGURE = {figure: str(value) for value, figure in enumerate("零一二三四五六七八九")} | {"两": "2", "幺": "1"}
_SIGN = _FIGURE | {"加": "+", "星": "*", "井": "#"}


def whole(words: str) -> int:
    """By the largest unit in it: what is before multiplies it, what is after is added."""
    assert words
    for unit, size in (("亿", 10**8), ("万", 10**4), ("千", 1000), ("百", 100), ("十", 10)):
        before, found, after = words.rpartition(unit)
        if found:
            return (whole(before.lstrip("零")) if before else 1) * size + (whole(after) if after else 0)
    assert len(words.lstrip("零")) < 2, words
    return int(_FIGURE[words[-1]])


def number(words: str) -> Decimal:
    sign, words = ("-", words[1:]) if words.startswith("负") else ("", words)
    figures, _, decimals = words.partition("点")
    return Decimal(f"{sign}{whole(figures)}.{''.join(_FIGURE[figure] for figure in decimals)}")


def place(words: str) -> int:
    assert words[0] == "第"
    return whole(words[1:])


def amount(words: str) -> Decimal:
    found = re.fullmatch(r"(负|结余)?(?:([^角分]+)元)?(零)?(?:(.)角)?(?:(.)分)?", words)
    assert found
    assert bool(found[3]) == bool(found[2] and not found[4] and found[5]), words
    cents = (whole(found[2]) if found[2] else 0) * 100 + int(_FIGURE[found[4] or "零"]) * 10 + int(_FIGURE[found[5] or "零"])
    return Decimal(-cents if found[1] else cents) / 100


def dollars(words: str) -> Decimal:
    found = re.fullmatch(r"(负)?(?:([^美]+)美元)?零?(?:([^美]+)美分)?", words)
    assert found
    cents = (whole(found[2]) if found[2] else 0) * 100 + (whole(found[3]) if found[3] else 0)
    return Decimal(-cents if found[1] else cents) / 100


def percentage(words: str) -> Decimal:
    sign, _, rest = words.partition("百分之")
    return Decimal(100 if rest == "百" else number(rest)) * (-1 if sign == "负" else 1)


def count(words: str, measure: str) -> Decimal:
    assert words.endswith(measure)
    return number(words.removesuffix(measure))


def day(words: str) -> date:
    found = re.fullmatch(r"(.{4})年(.+)月(.+?)日(?:星期(.))?", words)
    assert found
    read = date(int("".join(_FIGURE[figure] for figure in found[1])), whole(found[2]), whole(found[3]))
    assert found[4] is None or "一二三四五六日".index(found[4]) == read.weekday()
    return read


def month(words: str) -> date:
    return day(f"{words}一日")


def at(words: str) -> time:
    found = re.fullmatch(r"(凌晨|早上|上午|中午|下午|晚上)?(.+)点(?:(.+)分)?", words)
    assert found
    hour = whole(found[2]) + (12 if found[1] in {"下午", "晚上"} else 0)
    return time(hour, whole(found[3]) if found[3] else 0)


def moment(words: str) -> datetime:
    found = re.fullmatch(r"(.+?日(?:星期.)?)(.+)", words)
    assert found
    return datetime.combine(day(found[1]), at(found[2]))


def seconds(words: str) -> int:
    found = re.fullmatch(r"(?:(.+)小时)?(?:零)?(?:(.+)分钟)?(?:(.+)秒)?", words)
    assert found
    assert any(found.groups())
    hours, minutes, rest = (whole(part) if part else 0 for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


def signs(words: str) -> str:
    """Figures and letters, without their pauses."""
    return "".join(_SIGN.get(sign, sign) for sign in words.replace("，", ""))
