"""Figures in a text as they are read out, whatever speaks it: figures are known to a voice only where it is said which kind they are.

    拨打95500       one by one, 九五五零零: three and more are numbers of telephones and services (幺 for 1)
    100元, ¥12.50   an amount: 一百元, 十二元五角          2个     两个          50%    百分之五十
    100.05         一百点零五                            8:05    八点零五分    2026-10-05  the date

What a flow says of its own is better given its kind (`{amount:money}`): here it is guessed from what stands beside it. In English only
figures one by one, amounts in yuan and dates are written out; the voices there read the others well.
"""

import re
from collections.abc import Callable, Mapping

from appliance.core.saying import say, text

__all__ = ["spoken_digits"]

_SMALL = "零一二三四五六七八九"
_ONE_BY_ONE = {"zh": "零幺二三四五六七八九", "en": "0123456789"}
_BESIDE = {
    "zh": re.compile(
        r"[元块度吨位名次条件份页秒岁倍万亿]|人(?!工)|个|天(?!气)|周(?![一二三四五六日末])|美元|欧元|英镑|小时|分钟|公里|米|公斤|平方米|立方米"
    ),
    "en": re.compile(
        r"\s?(%|(percent|yuan|dollars?|euros?|pounds?|cents?|people|items?|times|seconds?|minutes?|hours?|days?|weeks?|months?|years?"
        r"|kilowatt|cubic|tons?|metres?|kilometres?|messages?|calls?|cases?|copies|pages?|points?)\b)"
    ),
}
"""What follows a number of something. 人工 is no number of people, and 天气 none of days."""
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[0-9]+(?:\.[0-9]+)?"
_MINUS = r"(?:(?<![0-9A-Za-z)-])-(?=[0-9]))?"
_FIGURES = re.compile(
    rf"""
    (?P<date>(?<![0-9-])[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?![0-9-]))
    | (?P<time>(?<![0-9:])(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?![0-9:]))
    | [¥￥]\s?(?P<money>{_MINUS}(?:{_NUMBER}))
    | (?P<parts>[0-9]+(?:\.[0-9]+){{2,}})
    | (?P<minus>{_MINUS})(?P<number>{_NUMBER})(?P<percent>\s?[%％])?
    """,
    re.VERBOSE,
)
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
_LONGEST = 15
"""Figures of a number that can be said as one."""


def spoken_digits(words: str, language: str) -> str:
    """The text with its figures as they are read out."""
    return _FIGURES.sub(lambda found: _read(found, language), words.translate(_WIDE))


def _read(found: re.Match[str], language: str) -> str:
    number = found["number"]
    if number is None:
        return _of_a_kind(found, language)
    after, before = found.string[found.end() :], found.string[: found.start()]
    whole, _, decimals = number.replace(",", "").partition(".")
    one_by_one = len(whole) > _LONGEST or (len(whole) > 1 and whole.startswith("0")) or before.endswith("尾号")
    counted = bool(found["percent"] or decimals or "," in number or _BESIDE[language].match(after) or re.search(r"[$€£]\s?$", before))
    if len(whole) > 2 and (one_by_one or not counted):
        digits = _one_by_one(whole, language)
        point = _point(decimals) if language == "zh" else f".{decimals}" if decimals else ""
        return found["minus"] + digits + point + (found["percent"] or "")
    if language == "en":
        return found[0].replace(",", "")
    if whole == "2" and not decimals and not found["percent"] and not before.endswith("第") and _BESIDE["zh"].match(after):
        said = "两"
    elif whole == "100" and found["percent"] and not decimals:
        said = "百"
    else:
        said = text(say("number", int(whole), "zh"), "zh")
    return ("负" if found["minus"] else "") + ("百分之" if found["percent"] else "") + said + _point(decimals)


def _point(decimals: str) -> str:
    """What is behind the point, in Mandarin."""
    return f"点{''.join(_SMALL[int(figure)] for figure in decimals)}" if decimals else ""


def _of_a_kind(found: re.Match[str], language: str) -> str:
    """A date, a time, an amount in yuan, or parts with points between them; what cannot be one is read as numbers."""
    written = found[0]
    if found["parts"]:
        return "点".join(spoken_digits(part, "zh") for part in written.split(".")) if language == "zh" else written
    if found["time"] and language == "en":
        return written
    kinds: Mapping[str, Callable[[str], str]] = {
        "date": str,
        "time": lambda of: of.zfill(len(of) + (of.index(":") == 1)),
        "money": lambda of: of.replace(",", ""),
    }
    kind = next(name for name in kinds if found[name])
    options = {"clock": 24} if kind == "time" else {}
    try:
        return text(say(kind, kinds[kind](found[kind]), language, **options), language)
    except ValueError:
        return "-".join(spoken_digits(part, language) for part in found[kind].split("-"))


def _one_by_one(figures: str, language: str) -> str:
    return (" " if language == "en" else "").join(_ONE_BY_ONE[language][int(figure)] for figure in figures)
