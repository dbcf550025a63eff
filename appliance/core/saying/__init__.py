"""Figures, amounts, dates and the like as the words that are played one after another: no text to speech while a caller waits.

    say("money", "10.05", "zh")                     ("十", "元", "零", "五分")
    text(("十", "元", "零", "五分"), "zh")              十元零五分
    vocabulary("zh", ["money"])                     every part that an amount can consist of: each is rendered, or recorded, once

What is said is exact or refused: nothing is rounded, and what cannot be said is a `ValueError` that names kind and value.

A part is as long as the voice needs to flow. In Mandarin a syllable's tone depends on the next one where 一 (yī, yì, yí) or two third
tones meet (五百 wú bǎi), so a digit and the unit after it are one part (一百, 五角, 两点), as are the numbers to 99. In English the numbers
to 99 and the hundreds are. A pause is a part too: the comma of its language, rendered as silence.

    values      what a value of each kind can be, and what is refused      groups      where long numbers have pauses
    units       measure words and currencies                               mandarin, english      the words, and the vocabularies

Not here: sound (`appliance.prompts`), and any words around a value.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from attrs import frozen

from appliance.core.saying import english, mandarin, values
from appliance.core.saying.groups import PAUSES
from appliance.core.saying.units import CURRENCIES, UNITS, Currency, Unit

__all__ = ["CURRENCIES", "KINDS", "PAUSES", "UNITS", "Kind", "say", "text", "vocabulary"]

_Found = TypeVar("_Found")
_CLOCKS = (12, 24)


class _Words(Protocol):
    """What a language's module has."""

    WORDS: Mapping[str, Callable[..., list[str]]]

    def text(self, parts: Iterable[str]) -> str: ...

    def vocabulary(self, kind: str, currencies: Iterable[Currency], units: Iterable[Unit]) -> frozenset[str]: ...


_LANGUAGES: Mapping[str, _Words] = {"zh": mandarin, "en": english}


@frozen
class Kind:
    """One kind of thing that can be said."""

    read: Callable[[object], Any]
    """The value as its words are made from; ValueError: what is wrong with it."""
    options: Mapping[str, tuple[object, ...]] = {}
    """What can be chosen: an option's name and its values, of which the first holds where nothing is chosen."""


KINDS: Mapping[str, Kind] = {
    "number": Kind(values.number),
    "ordinal": Kind(values.place),
    "digits": Kind(values.digits),
    "telephone": Kind(values.telephone),
    "account": Kind(values.account),
    "ticket": Kind(values.ticket),
    "money": Kind(values.amount, {"currency": tuple(CURRENCIES), "negative": ("minus", "credit")}),
    "percentage": Kind(values.percentage),
    "count": Kind(values.number, {"unit": tuple(UNITS)}),
    "date": Kind(values.day, {"year": (True, False), "weekday": (False, True)}),
    "month": Kind(values.month, {"year": (True, False)}),
    "time": Kind(values.time_of_day, {"clock": _CLOCKS}),
    "datetime": Kind(values.moment, {"year": (True, False), "weekday": (False, True), "clock": _CLOCKS}),
    "duration": Kind(values.duration),
}
"""Every kind: what its value can be is said by its `read`.

`negative="credit"` says an amount below zero as one that the customer has to his credit. `clock=12` names the part of the day.
"""


def say(kind: str, value: object, language: str, **options: object) -> tuple[str, ...]:
    """The parts to play, in their order; all of them are in the kind's vocabulary.

    Raises:
        ValueError: the value cannot be said, or there is no such kind, language or option; the message names them.

    """
    words = _language(language)
    known = _kind(kind)
    chosen = {name: choices[0] for name, choices in known.options.items()}
    for name, choice in options.items():
        if name not in chosen:
            raise ValueError(f"{kind} has no option '{name}'; it has: {', '.join(chosen) or 'none'}")
        if choice not in known.options[name]:
            raise ValueError(f"{kind} cannot be said with {name} {choice!r}; there are: {', '.join(map(str, known.options[name]))}")
        chosen[name] = choice
    try:
        read = known.read(value)
    except ValueError as error:
        raise ValueError(f"cannot say {kind} {values.shown(value)}: {error}") from None
    return tuple(words.WORDS[kind](read, **chosen))


def text(parts: Iterable[str], language: str) -> str:
    """The parts as one reads them, or gives them to text to speech."""
    return _language(language).text(parts)


def vocabulary(
    language: str, kinds: Iterable[str], *, currencies: Iterable[str] = tuple(CURRENCIES), units: Iterable[str] = tuple(UNITS)
) -> frozenset[str]:
    """Every part that these kinds can consist of, with these currencies and units only.

    Raises:
        ValueError: there is no such language, kind, currency or unit.

    """
    words = _language(language)
    money = [_known(CURRENCIES, name, "currency") for name in currencies]
    counted = [_known(UNITS, name, "unit") for name in units]
    found: set[str] = set()
    for kind in kinds:
        _kind(kind)
        found |= words.vocabulary(kind, money, counted)
    return frozenset(found)


def _language(language: str) -> _Words:
    return _known(_LANGUAGES, language, "language")


def _kind(kind: str) -> Kind:
    return _known(KINDS, kind, "kind of value")


def _known(table: Mapping[str, _Found], name: str, what: str) -> _Found:
    if name not in table:
        raise ValueError(f"there is no {what} '{name}'; there are: {', '.join(table)}")
    return table[name]
