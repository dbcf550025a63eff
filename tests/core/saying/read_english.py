"""Reads English back into values: written from the language, and shares nothing with the code that makes the words."""

from datetime import date, datetime, time
from decimal import Decimal

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUE = {word: value for value, word in enumerate(_UNITS.split())} | {word: 20 + 10 * at for at, word in enumerate(_TENS.split())}
_SIZE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PLACE = {
    "first": "one", "second": "two", "third": "three", "fourth": "four", "fifth": "five", "sixth": "six", "seventh": "seven",
    "eighth": "eight", "ninth": "nine", "tenth": "ten", "eleventh": "eleven", "twelfth": "twelve", "thirteenth": "thirteen",
    "fourteenth": "fourteen", "fifteenth": "fifteen", "sixteenth": "sixteen", "seventeenth": "seventeen", "eighteenth": "eighteen",
    "nineteenth": "nineteen", "twentieth": "twenty", "thirtieth": "thirty", "fortieth": "forty", "fiftieth": "fifty",
    "sixtieth": "sixty", "seventieth": "seventy", "eightieth": "eighty", "ninetieth": "ninety", "hundredth": "hundred",
    "thousandth": "thousand", "millionth": "million", "billionth": "billion", "trillionth": "trillion",
}  # fmt: skip
_MONTH = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_DAY = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_SIGN = {word: str(value) for word, value in _VALUE.items() if value < 10} | {"plus": "+", "star": "*", "hash": "#"}


def whole(words: str) -> int:
    """Word by word: hundreds and larger units multiply what stands since the last larger one."""
    total = group = 0
    for word in words.replace("-", " ").split():
        if word == "hundred":
            group *= 100
        elif word in _SIZE:
            total, group = total + group * _SIZE[word], 0
        elif word != "and":
            group += _VALUE[word]
    return total + group


def number(words: str) -> Decimal:
    sign, words = ("-", words.removeprefix("minus ")) if words.startswith("minus ") else ("", words)
    figures, _, decimals = words.partition(" point ")
    return Decimal(f"{sign}{whole(figures)}.{''.join(_SIGN[figure] for figure in decimals.split())}")


def place(words: str) -> int:
    *head, last = words.replace("-", " ").split()
    return whole(" ".join([*head, _PLACE[last]]))


def amount(words: str, **cents: int) -> Decimal:
    """`yuan=100, jiao=10, fen=1`: a number before the name of each unit."""
    bare = words.removeprefix("minus ").removesuffix(" in credit")
    total, said = 0, ""
    for word in bare.split():
        if word in cents:
            total, said = total + whole(said) * cents[word], ""
        else:
            said += f" {word}"
    assert not said, words
    return Decimal(-total if bare != words else total) / 100


def percentage(words: str) -> Decimal:
    return count(words, "percent")


def count(words: str, name: str) -> Decimal:
    assert words.endswith(f" {name}")
    return number(words.removesuffix(f" {name}"))


def year(words: str) -> int:
    if "thousand" in words:
        return whole(words)
    century, _, rest = words.partition(" ")
    return whole(century) * 100 + (0 if rest == "hundred" else whole(rest.removeprefix("oh ")))


def day(words: str) -> date:
    said = words.split(" ")
    weekday = said.pop(0) if said[0] in _DAY else ""
    read = date(year(" ".join(said[2:])), _MONTH.index(said[0]) + 1, place(said[1]))
    assert not weekday or _DAY.index(weekday) == read.weekday()
    return read


def month(words: str) -> date:
    name, _, rest = words.partition(" ")
    return date(year(rest), _MONTH.index(name) + 1, 1)


def at(words: str) -> time:
    hour, *minute, half = words.split(" ") if words.split(" ")[-1] in {"a.m.", "p.m.", "noon", "midnight"} else [*words.split(" "), ""]
    late = 12 if half in {"p.m.", "noon"} else 0
    said = " ".join(minute).removeprefix("oh ")
    return time(whole(hour) % 12 + late if half else whole(hour), whole(said) if said not in {"", "hundred"} else 0)


def moment(words: str) -> datetime:
    before, _, after = words.partition(" at ")
    return datetime.combine(day(before), at(after))


def seconds(words: str) -> int:
    total, said = 0, ""
    for word in words.split():
        size = {"hour": 3600, "minute": 60, "second": 1}.get(word.removesuffix("s"))
        total, said = (total + whole(said) * size, "") if size else (total, f"{said} {word}")
    assert not said, words
    return total


def signs(words: str) -> str:
    """Figures and letters, without their pauses."""
    return "".join(_SIGN.get(word, word) for word in words.replace(",", "").split())
