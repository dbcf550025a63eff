"""What a value of a call flow is, as far as the flow's text tells: its type, the members it has, and whether it is a secret."""

import re
from collections.abc import Callable, Mapping

from appliance.core.program.expressions import Expression
from appliance.core.program.kinds import KNOWN
from hal.api import value

__all__ = ["ANY", "Is", "Wrong", "either", "family", "is_of", "typed"]

Wrong = Callable[[str], None]
"""Is told what cannot be."""

_NUMBERS = ("number", "money")
_NO_TEXTS = (*_NUMBERS, "yes-no", "record", "list", "nothing")
_UNSET = ("nothing", "empty")
"""What a variable is before it has its value: it counts for nothing beside what else it may be."""
_FORMS = {"date": r"\d{4}-\d\d-\d\d", "month": r"\d{4}-\d\d", "time": r"\d\d:\d\d", "digits": r"\d+", "empty": ""}


@value
class Is:
    """What is known of a value. Its types are those of variables, and texts of their own: `empty`,
    `ticket`, `recording`, and `field`, which a gateway answered: it may be said as whatever it reads like. And `nothing`.
    """

    types: frozenset[str] = frozenset()
    """All that it may be; empty: anything."""
    secret: bool = False
    members: tuple[tuple[str, str], ...] = ()
    """Of a record, or of each in a list: name and type; empty: not known."""

    @property
    def kinds(self) -> frozenset[str]:
        """What it may be once it is set."""
        return self.types.difference(_UNSET) or self.types

    def __str__(self) -> str:
        """In words, for somebody who reads what is wrong with it."""
        return " or ".join(_one(kind) for kind in sorted(self.kinds)) or "anything"


def _one(kind: str) -> str:
    return kind if kind in _UNSET else f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


ANY = Is()
_YES_NO, _NUMBER, _TEXT = (Is(frozenset({kind})) for kind in ("yes-no", "number", "text"))


def is_of(kind: str, *, secret: bool = False) -> Is:
    """A value of this type."""
    return Is(frozenset({kind} if kind and kind != "any" else ()), secret)


def either(one: Is, other: Is) -> Is:
    """What is known of a value that is the one or the other."""
    types = one.types | other.types if one.types and other.types else frozenset[str]()
    return Is(types, one.secret or other.secret, one.members if one.members == other.members else ())


def family(kind: str) -> str:
    """Types of one family can be compared: all texts are one."""
    return "number" if kind in _NUMBERS else kind if kind in _NO_TEXTS else "text"


def typed(expression: Expression, names: Mapping[str, Is], wrong: Wrong) -> Is:
    """What an expression gives; `wrong` is told what in it has no value, whatever its variables are."""
    is_, secret = _typed(expression, names, wrong), any(names.get(name, ANY).secret for name in expression.names())
    return Is(is_.types, secret, is_.members)


def _typed(expression: Expression, names: Mapping[str, Is], wrong: Wrong) -> Is:
    match expression.kind:
        case "constant":
            return _constant(expression)
        case "name":
            return names.get(expression.word) or is_of(KNOWN.get(expression.word, ""))
    parts = [_typed(part, names, wrong) for part in expression.parts]

    def need(number: int, *families: str) -> None:
        of, part = parts[number], expression.parts[number]
        if any(family(kind) not in families for kind in of.kinds):
            wrong(f"'{expression}': '{part}' is {of}, where a {' or '.join(families)} is needed")

    match expression.kind, expression.word:
        case "member", word:
            return _member(expression, parts[0], word, wrong)
        case "item", _:
            need(0, "list")
            need(1, "number")
            return Is(frozenset({"record"}), members=parts[0].members) if parts[0].members else ANY
        case "minus", _:
            need(0, "number")
            return parts[0]
        case "+", _:
            return _sum(expression, parts, wrong)
        case "-" | "*" | "/", _:
            need(0, "number")
            need(1, "number")
            return is_of("money") if any("money" in of.types for of in parts) else _NUMBER
        case "=" | "!=", _:
            _same(expression, parts, wrong)
        case "<" | "<=" | ">" | ">=", _:
            _alike(expression, parts, "compared", wrong)
        case "call", "length":
            need(0, "text", "list", "nothing")
            return _NUMBER
        case "call", "starts":
            need(0, "text")
            need(1, "text")
        case "call", "last":
            need(0, "text")
            need(1, "number")
            return is_of("digits") if parts[0].kinds and parts[0].kinds <= {"digits", "telephone", "account"} else _TEXT
        case "call", "number":
            need(0, "text", "number")
            return _NUMBER
        case "call", "round":
            need(0, "number")
            need(1, "number")
            return parts[0]
        case "call", "waiting" | "serving":
            return _NUMBER
        case "call", "noted":
            return _TEXT
    return _YES_NO


def _constant(expression: Expression) -> Is:
    of = expression.constant
    if of is None:
        return is_of("nothing")
    if isinstance(of, str):
        return is_of(next((kind for kind, form in _FORMS.items() if re.fullmatch(form, of)), "text"))
    return _YES_NO if isinstance(of, bool) else _NUMBER


def _member(expression: Expression, whole: Is, word: str, wrong: Wrong) -> Is:
    if any(kind not in ("record", "nothing") for kind in whole.kinds):
        wrong(f"'{expression}': '{expression.parts[0]}' is {whole}, and has no members")
    elif whole.members and word not in dict(whole.members):
        wrong(f"'{expression}': there is no member '{word}'; there are: {', '.join(dict(whole.members))}")
    return is_of(dict(whole.members).get(word, ""))


def _sum(expression: Expression, parts: list[Is], wrong: Wrong) -> Is:
    _alike(expression, parts, "added", wrong)
    families = {family(kind) for of in parts for kind in of.kinds}
    if families == {"text"}:
        return _TEXT
    if families == {"number"}:
        return is_of("money") if any("money" in of.types for of in parts) else _NUMBER
    return ANY


def _alike(expression: Expression, parts: list[Is], done: str, wrong: Wrong) -> None:
    """Two numbers or two texts."""
    families = {family(kind) for of in parts for kind in of.kinds}
    if not families <= {"text"} and not families <= {"number"}:
        left, right = (f"'{part}' is {of}" for part, of in zip(expression.parts, parts, strict=True))
        wrong(f"'{expression}': {left}, {right}: only two numbers or two texts can be {done}")


def _same(expression: Expression, parts: list[Is], wrong: Wrong) -> None:
    left, right = ({family(kind) for kind in of.types} for of in parts)
    if left and right and not left & right and "nothing" not in left | right:
        one, other = (f"'{part}' is {of}" for part, of in zip(expression.parts, parts, strict=True))
        wrong(f"'{expression}': {one}, {other}: they are never equal")
