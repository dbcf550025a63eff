"""Conditions and figures of a call flow: a small language over variables, without any code.

    bill.amount > 100 and not caller.vip        length(account) = 8        open('office') or waiting('consult') < 3        bills[2].month

    either     = both { "or" both }                    sum     = product { ("+" | "-") product }
    both       = one { "and" one }                     product = minus { ("*" | "/") minus }
    one        = "not" one | compared                  minus   = [ "-" ] thing { "." NAME | "[" either "]" }
    compared   = sum [ comparison sum ]                thing   = NUMBER | 'TEXT' | true | false | nothing | "(" either ")"
    comparison = "=" "!=" "<" "<=" ">" ">="                      | NAME | NAME "(" [ either { "," either } ] ")"

Numbers are exact (`Decimal`). `nothing` is what a look-up found no value for; it equals nothing but itself. The first of a list is [1].
An expression cannot loop, call code or touch anything but the names it is given, and is never evaluated deeper than it is written.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from attrs import field

from hal.api import value

__all__ = ["FUNCTIONS", "Expression", "Names", "Trouble", "Value", "parse", "read_only"]

Value: TypeAlias = "str | bool | int | Decimal | list[Value] | dict[str, Value] | None"
Names: TypeAlias = Callable[[str], Value]
"""The value of a name; KeyError when it has none. A function's result is asked for as `open('office')`."""

_DEEPEST = 40
_LONGEST = 200
"""Words and signs in one expression: what is longer is cut with variables, and cannot be nested deeper either."""
_GREATEST = 10**40
_MOST_CHARACTERS = 10_000
"""No figure and no text that an expression makes is greater: a flow that goes round cannot let one grow until nothing else fits."""
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<name>[^\W\d]\w*)|(?P<sign><=|>=|!=|[-+*/=<>().,\[\]]))"
)
_WORDS = {"true": True, "false": False, "nothing": None}
_KEYWORDS = frozenset({"and", "or", "not", *_WORDS})
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")

FUNCTIONS: Mapping[str, int] = {
    **dict.fromkeys(("length", "open", "waiting", "serving", "noted", "number"), 1),
    **dict.fromkeys(("starts", "last", "round"), 2),
}
"""Name -> how many arguments. length of a text or list; open hours; waiting in, serving a queue; noted by an agent;
starts(text, with);
last(text, characters); round(number, places); number(text)."""
_OF_THE_CENTRE = frozenset({"open", "waiting", "serving", "noted"})


class Trouble(Exception):
    """An expression has no value: a name has none, or the values do not go together. The message says which."""


@value
class Expression:
    """One expression, ready to be evaluated."""

    text: str
    kind: str
    """`constant`, `name`, `member`, `item`, `call`, `not`, `minus`, or the operator."""
    parts: "tuple[Expression, ...]" = ()
    word: str = ""
    """A name, a member's name, a function's name."""
    constant: Value = field(default=None, hash=False)

    def names(self) -> Iterator[str]:
        """The variables in it, in the order they are written, doubles included."""
        if self.kind == "name":
            yield self.word
        for part in self.parts:
            yield from part.names()

    def calls(self) -> "Iterator[Expression]":
        """The functions called in it."""
        if self.kind == "call":
            yield self
        for part in self.parts:
            yield from part.calls()

    def evaluate(self, names: Names) -> Value:
        """Its value; Trouble when it has none."""
        return _evaluate(self, names)

    def holds(self, names: Names) -> bool:
        """Whether it is true: neither false, nothing, zero nor empty."""
        return bool(_evaluate(self, names))

    def __str__(self) -> str:
        """As it was written."""
        return self.text


def parse(text: str) -> Expression:
    """The expression in a text.

    Raises:
        ValueError: it is none; the message says at which character, and what was expected there.

    """
    return _Parser(text).whole()


def read_only(raw: object) -> Value:
    """A value as expressions know it: floats are made exact, what is no number is nothing, anything unknown becomes its text."""
    match raw:
        case None | bool() | int() | str():
            return raw
        case float() | Decimal():
            made = raw if isinstance(raw, Decimal) else Decimal(repr(raw))
            return made if made.is_finite() else None  # what is no number cannot even be compared
        case list() | tuple():
            return [read_only(each) for each in raw]
        case Mapping():
            return {str(key): read_only(each) for key, each in raw.items()}
    return str(raw)


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.tokens: list[tuple[str, str, int]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                raise ValueError(f"'{text[at]}' at character {at + 1} of '{text}' has no meaning; texts stand in '…'")
            kind = found.lastgroup or ""
            self.tokens.append((kind, found[kind], found.start(kind)))
            at = found.end()
            if len(self.tokens) > _LONGEST:
                raise ValueError(f"an expression has at most {_LONGEST} words and signs; use variables for its parts")

    def whole(self) -> Expression:
        made = self.either()
        if self.at < len(self.tokens):
            raise self.wrong("'and', 'or', a comparison or the end")
        return made

    def wrong(self, expected: str) -> ValueError:
        if self.at >= len(self.tokens):
            return ValueError(f"'{self.text}' ends where {expected} was expected")
        _, word, at = self.tokens[self.at]
        return ValueError(f"'{word}' at character {at + 1} of '{self.text}': expected was {expected}")

    def peek(self) -> str:
        """The sign or keyword that comes next; empty: something else does."""
        if self.at >= len(self.tokens):
            return ""
        kind, word, _ = self.tokens[self.at]
        return word if kind == "sign" or (kind == "name" and word in _KEYWORDS) else ""

    def take(self, *words: str) -> str:
        if (word := self.peek()) and word in words:
            self.at += 1
            return word
        return ""

    def need(self, word: str) -> None:
        if not self.take(word):
            raise self.wrong(f"'{word}'")

    def made(self, start: int, kind: str, *parts: Expression, word: str = "", constant: Value = None) -> Expression:
        first = self.tokens[start][2]
        last = self.tokens[self.at - 1]
        return Expression(self.text[first : last[2] + len(last[1])], kind, parts, word, constant)

    def either(self) -> Expression:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError(f"'{self.text[:40]}…' is nested too deep; use variables for its parts")
        start, left = self.at, self.both()
        while self.take("or"):
            left = self.made(start, "or", left, self.both())
        self.depth -= 1
        return left

    def both(self) -> Expression:
        start, left = self.at, self.one()
        while self.take("and"):
            left = self.made(start, "and", left, self.one())
        return left

    def one(self) -> Expression:
        start, nots = self.at, 0
        while self.take("not"):
            nots += 1
        made = self.compared()
        return self.made(start, "not", made) if nots % 2 else made

    def compared(self) -> Expression:
        start, left = self.at, self.sum()
        if sign := self.take(*_COMPARISONS):
            return self.made(start, sign, left, self.sum())
        return left

    def sum(self) -> Expression:
        start, left = self.at, self.product()
        while sign := self.take("+", "-"):
            left = self.made(start, sign, left, self.product())
        return left

    def product(self) -> Expression:
        start, left = self.at, self.minus()
        while sign := self.take("*", "/"):
            left = self.made(start, sign, left, self.minus())
        return left

    def minus(self) -> Expression:
        start = self.at
        negative = bool(self.take("-"))
        made = self.thing()
        while sign := self.take(".", "["):
            if sign == ".":
                made = self.made(start + negative, "member", made, word=self.name("a member's name"))
            else:
                index = self.either()
                self.need("]")
                made = self.made(start + negative, "item", made, index)
        return self.made(start, "minus", made) if negative else made

    def name(self, expected: str) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != "name" or self.peek():
            raise self.wrong(expected)
        self.at += 1
        return self.tokens[self.at - 1][1]

    def thing(self) -> Expression:
        start = self.at
        if self.take("("):
            made = self.either()
            self.need(")")
            return made
        if word := self.take(*_WORDS):
            return self.made(start, "constant", constant=_WORDS[word])
        if self.at < len(self.tokens):
            kind, text, _ = self.tokens[self.at]
            if kind == "number":
                self.at += 1
                return self.made(start, "constant", constant=Decimal(text) if "." in text else int(text))
            if kind == "text":
                self.at += 1
                return self.made(start, "constant", constant=text[1:-1])
        name = self.name("a name, a number or a 'text'")
        return self.call(start, name) if self.take("(") else self.made(start, "name", word=name)

    def call(self, start: int, name: str) -> Expression:
        if name not in FUNCTIONS:
            raise ValueError(f"'{self.text}': there is no function '{name}'; there are: {', '.join(FUNCTIONS)}")
        arguments: list[Expression] = []
        while not self.take(")"):
            if arguments:
                self.need(",")
            arguments.append(self.either())
        if len(arguments) != FUNCTIONS[name]:
            raise ValueError(f"'{self.text}': {name} takes {FUNCTIONS[name]} values, not {len(arguments)}")
        if name in _OF_THE_CENTRE and not (arguments[0].kind == "constant" and isinstance(arguments[0].constant, str)):
            raise ValueError(f"'{self.text}': {name} takes a name in quotes")
        return self.made(start, "call", *arguments, word=name)


def _evaluate(node: Expression, names: Names) -> Value:
    match node.kind:
        case "constant":
            return node.constant
        case "name":
            try:
                return names(node.word)
            except KeyError:
                raise Trouble(f"'{node.word}' has no value") from None
        case "and":
            return bool(_evaluate(node.parts[0], names)) and bool(_evaluate(node.parts[1], names))
        case "or":
            return bool(_evaluate(node.parts[0], names)) or bool(_evaluate(node.parts[1], names))
        case "not":
            return not _evaluate(node.parts[0], names)
        case "call":
            return _called(node, names)
    values = [_evaluate(part, names) for part in node.parts]
    match node.kind:
        case "member":
            return _member(node, values[0])
        case "item":
            return _item(node, *values)
        case "=":
            return _same(*values)
        case "!=":
            return not _same(*values)
        case "minus":
            return -_number(node, values[0])
        case "+" if isinstance(values[0], str) and isinstance(values[1], str):
            return _joined(node, values[0], values[1])
        case "+" | "-" | "*" | "/":
            return _counted(node, *(_number(node, each) for each in values))
    return _compared(node, *values)


def _member(node: Expression, whole: Value) -> Value:
    if whole is None:
        return None  # what was not found has no members either
    if not isinstance(whole, dict):
        raise Trouble(f"'{node}': this is no record with members")
    return whole.get(node.word)


def _item(node: Expression, whole: Value, number: Value) -> Value:
    if not isinstance(whole, list) or isinstance(number, bool) or not isinstance(number, int):
        raise Trouble(f"'{node}': this is no list, or no number of an item")
    return whole[number - 1] if 1 <= number <= len(whole) else None


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def _number(node: Expression, of: Value) -> int | Decimal:
    if isinstance(of, bool) or not isinstance(of, int | Decimal):
        raise Trouble(f"'{node}': there is no number where one is needed")
    return of


def _joined(node: Expression, left: str, right: str) -> str:
    if len(left) + len(right) > _MOST_CHARACTERS:
        raise Trouble(f"'{node}' has more than {_MOST_CHARACTERS} characters")
    return left + right


def _counted(node: Expression, left: int | Decimal, right: int | Decimal) -> int | Decimal:
    try:
        made = _figure(node.kind, left, right)
    except ArithmeticError:
        raise Trouble(f"'{node}' cannot be counted") from None
    if not -_GREATEST <= made <= _GREATEST:
        raise Trouble(f"'{node}' is too great a number")
    return made


def _figure(sign: str, left: int | Decimal, right: int | Decimal) -> int | Decimal:
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return Decimal(left) / Decimal(right)


def _compared(node: Expression, left: Value, right: Value) -> bool:
    texts = isinstance(left, str) and isinstance(right, str)
    if not texts:
        left, right = _number(node, left), _number(node, right)
    assert isinstance(left, str | int | Decimal)
    assert isinstance(right, str | int | Decimal)
    match node.kind:
        case "<":
            return left < right  # type: ignore[operator]  # both are texts, or both numbers
        case "<=":
            return left <= right  # type: ignore[operator]
        case ">":
            return left > right  # type: ignore[operator]
    return left >= right  # type: ignore[operator]


def _called(node: Expression, names: Names) -> Value:
    if node.word in _OF_THE_CENTRE:
        try:
            return names(f"{node.word}('{node.parts[0].constant}')")
        except KeyError:
            raise Trouble(f"'{node}' has no value") from None
    values = [_evaluate(part, names) for part in node.parts]
    match node.word, values:
        case "length", [str() | list() as whole]:
            return len(whole)
        case "length", [None]:
            return 0
        case "starts", [str() as whole, str() as beginning]:
            return whole.startswith(beginning)
        case "last", [str() as whole, int() as count] if count > 0:
            return whole[-count:]
        case "number", [str() as text] if re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", text):
            return Decimal(text) if "." in text else int(text)
        case "number", [int() | Decimal() as figure]:
            return figure
        case "round", [int() | Decimal() as figure, int() as places] if 0 <= places <= 10:
            return _rounded(node, figure, places)
    raise Trouble(f"'{node}': these values do not fit the function")


def _rounded(node: Expression, figure: int | Decimal, places: int) -> Decimal:
    try:
        return Decimal(figure).quantize(Decimal(1).scaleb(-places), rounding="ROUND_HALF_UP")
    except InvalidOperation:
        raise Trouble(f"'{node}' cannot be rounded") from None
