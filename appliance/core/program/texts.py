"""What a flow says: texts with values in them, by language.

    您{month:month}的话费是{bill.amount:money}。        {count:number} bills        {{ is a brace

`{EXPRESSION:KIND}` says a value as `appliance.core.saying` says it: put together from parts that were rendered before. What stands between
values is one piece each, rendered before too. `{EXPRESSION:text}` is read out as it is: rendered when it is known, see `Spoken`.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

from appliance.core.program.expressions import Expression, parse
from hal.api import value

__all__ = ["Fragment", "Slot", "Speech", "Text", "read_text"]


@value
class Fragment:
    """Words that are always the same: the file they are played from."""

    text: str
    file: str = ""


@value
class Slot:
    """A value to be said."""

    expression: Expression
    kind: str
    """How: `number`, `digits`, `money` ... or `text`."""
    options: tuple[tuple[str, str], ...] = ()
    """What its kind leaves to choose: `{count:count unit=call}`, `{balance:money negative=credit}`."""


Text: TypeAlias = tuple[Fragment | Slot, ...]
Speech: TypeAlias = Mapping[str, Text]
"""What is said, by language."""

_SAID = re.compile(r"\w")


def read_text(text: str) -> Text:
    """The pieces of a text; those without anything to pronounce are left out.

    Raises:
        ValueError: a brace is open or alone, or there is no expression in it.

    """
    made: list[Fragment | Slot] = []
    words = ""
    at = 0
    while at < len(text):
        sign = text[at]
        if sign in "{}" and text[at : at + 2] == sign * 2:
            words += sign
            at += 2
        elif sign == "{":
            end = text.find("}", at)
            if end < 0:
                raise ValueError(f"'{text[at : at + 30]}': the brace is not closed; a brace that is said is written twice")
            if _SAID.search(words):
                made.append(Fragment(words.strip()))
            words = ""
            made.append(_slot(text[at + 1 : end]))
            at = end + 1
        elif sign == "}":
            raise ValueError(f"'{text[max(0, at - 20) : at + 1]}': this brace closes nothing; a brace that is said is written twice")
        else:
            words += sign
            at += 1
    if _SAID.search(words):
        made.append(Fragment(words.strip()))
    return tuple(made)


def _slot(inside: str) -> Slot:
    expression, colon, kind = inside.rpartition(":")
    if not colon:
        expression, kind = inside, ""
    if not expression.strip():
        raise ValueError(f"'{{{inside}}}': a value is missing; write {{NAME:KIND}}")
    kind, *options = kind.split() or [""]
    if wrong := [option for option in options if "=" not in option.strip("=")]:
        raise ValueError(f"'{{{inside}}}': '{wrong[0]}' is no option; write {{NAME:KIND OPTION=VALUE}}")
    return Slot(parse(expression), kind, tuple((name, of) for name, _, of in (option.partition("=") for option in options)))
