"""What a queue asks of an agent: a small language over skills and their levels.

    english >= 60 and billing        (zh >= 50 or cantonese) and not trainee        vip = 100        level != 3

    either     = both { "or" both }
    both       = one { "and" one }
    one        = { "not" } ( "(" either ")" | skill [ comparison level ] )
    comparison = ">=" | "<=" | ">" | "<" | "=" | "==" | "!="
    level      = 0 to 100

A skill is written with letters of any script and digits, at least one letter, and with `-` and `_` inside; capitals matter. Keywords are
written in any case. A skill alone means a level of 1 at least; who lacks a skill has it at level 0. An empty text is met by everybody.

Negations are carried down to the comparisons while reading (`not zh >= 50` is `zh < 50`, `not (a or b)` is `not a and not b`), so that what
is kept is "and", "or" and comparisons only: quick to evaluate, and plain to say which of them an agent fails.

It does not know agents, queues or waits: that a demand is relaxed as the wait grows is a queue's matter, with one `Needs` for each step.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from attrs import field

from hal.api import value

__all__ = ["Needs", "Skills"]

Skills: TypeAlias = Mapping[str, int]
"""An agent's skills: name -> level from 1 to 100."""

_Check: TypeAlias = Callable[[Skills], bool]
_DEEPEST = 50
_KEYWORDS = frozenset({"and", "or", "not"})
_OPPOSITE = {">=": "<", "<": ">=", ">": "<=", "<=": ">", "=": "!=", "!=": "="}


@value
class _Term:
    """One skill compared with a level."""

    name: str
    comparison: str
    level: int

    def terms(self) -> "Iterator[_Term]":
        """Itself."""
        yield self

    def wanted(self) -> bool:
        """Whether it asks to have the skill, rather than to lack it or to be weak in it."""
        return self.comparison in {">", ">="} or (self.comparison in {"=", "!="} and (self.comparison == "=") == (self.level > 0))

    def check(self) -> _Check:
        """The comparison as a function."""
        name, level = self.name, self.level
        match self.comparison:
            case ">=":
                return lambda skills: skills.get(name, 0) >= level
            case ">":
                return lambda skills: skills.get(name, 0) > level
            case "<":
                return lambda skills: skills.get(name, 0) < level
            case "<=":
                return lambda skills: skills.get(name, 0) <= level
            case "=":
                return lambda skills: skills.get(name, 0) == level
            case _:
                return lambda skills: skills.get(name, 0) != level

    def missing(self, skills: Skills) -> str:
        """`english 40, needs >= 60`; empty when it is met."""
        if self.check()(skills):
            return ""
        asked = f"{self.comparison} {self.level}"
        if self.comparison == "=":
            asked = str(self.level)
        elif (self.comparison, self.level) == ("<", 1):
            asked = "0"
        return f"{self.name} {skills.get(self.name, 0)}, needs {asked}"

    def __str__(self) -> str:
        """`english >= 60`, `english`, `not english`."""
        if self.level == 1 and self.comparison in {">=", "<"}:
            return self.name if self.comparison == ">=" else f"not {self.name}"
        return f"{self.name} {self.comparison} {self.level}"


@value
class _Group:
    """Demands of which all (`and`) or one (`or`) must be met; it never holds a group of its own kind, nor a single demand."""

    word: str
    parts: "tuple[_Demand, ...]"

    def terms(self) -> Iterator[_Term]:
        """Its comparisons, in the order they are written."""
        for part in self.parts:
            yield from part.terms()

    def check(self) -> _Check:
        """The group as a function; two and three parts, the usual numbers, without a loop."""
        checks = tuple(part.check() for part in self.parts)
        every = self.word == "and"
        if len(checks) == 2:
            one, two = checks
            return (lambda skills: one(skills) and two(skills)) if every else (lambda skills: one(skills) or two(skills))
        if len(checks) == 3:
            one, two, three = checks
            if every:
                return lambda skills: one(skills) and two(skills) and three(skills)
            return lambda skills: one(skills) or two(skills) or three(skills)

        def loop(skills: Skills) -> bool:
            for check in checks:
                if check(skills) is not every:
                    return not every
            return every

        return loop

    def missing(self, skills: Skills) -> str:
        """What the first part lacks, or, where one of them would do, what each lacks; empty when it is met."""
        lacks = []
        for part in self.parts:
            lack = part.missing(skills)
            if self.word == "and" and lack:
                return lack
            if self.word == "or" and not lack:
                return ""
            lacks.append(lack)
        return "; or ".join(lacks) if self.word == "or" else ""

    def __str__(self) -> str:
        """Its parts with as few parentheses as possible."""
        inner = (f"({part})" if self.word == "and" and isinstance(part, _Group) else str(part) for part in self.parts)
        return f" {self.word} ".join(inner)


_Demand: TypeAlias = _Term | _Group


@value(cache_hash=True)  # it is part of the key under which a lane is found, several times in each call
class Needs:
    """What an agent must be able to do; two that are written alike, but for spaces and needless parentheses, are equal.

    Take it from `parse`, which makes one object of equal texts.

    Raises:
        ValueError: the text is not of this language; the message is meant for who wrote it.

    """

    text: str = field(default="", eq=False)
    """As it was written."""
    _demand: _Demand = field(init=False, eq=False, repr=False)
    _canonical: str = field(init=False, repr=False)
    names: tuple[str, ...] = field(init=False, eq=False, repr=False)
    """The skills it mentions, in order, each once."""
    _wanted: tuple[str, ...] = field(init=False, eq=False, repr=False)
    suits: _Check = field(init=False, eq=False, repr=False)
    """`suits(skills)`: whether an agent with these skills meets it; a field, for it is asked about every agent at every offer."""

    @_demand.default
    def _read(self) -> _Demand:
        return _Reader(self.text).demand()

    @_canonical.default
    def _write(self) -> str:
        return str(self._demand)

    @names.default
    def _mentioned(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(term.name for term in self._demand.terms()))

    @_wanted.default
    def _asked_for(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(term.name for term in self._demand.terms() if term.wanted()))

    @suits.default
    def _function(self) -> _Check:
        return self._demand.check()

    @staticmethod
    def parse(text: str) -> "Needs":
        """Read it; equal texts give the same object.

        Raises:
            ValueError: it cannot be read: says in which column (from 1) what was expected.

        """
        return _interned(text)

    def level(self, skills: Skills) -> int:
        """How able an agent is: the sum of the levels of the skills that it asks to have, each once, whether or not the agent suits.

        `zh >= 0` asks for a skill without excluding anybody; `not zh`, `zh < 50`, `zh = 0` and `zh != 50` do not ask to have it.
        """
        return sum([skills.get(name, 0) for name in self._wanted])

    def missing(self, skills: Skills) -> str:
        """The first demand that is not met: `english 40, needs >= 60`, alternatives joined by `; or`; empty when the agent suits."""
        return self._demand.missing(skills)

    def __str__(self) -> str:
        """Its canonical text: it parses to an equal object, and an equal text to itself."""
        return self._canonical

    def __reduce__(self) -> tuple[Callable[[str], "Needs"], tuple[str]]:
        """A copy, and one in another process, is the one object of its text."""
        return _interned, (self.text,)


@lru_cache(maxsize=4096)  # far more than a centre has; texts that were tried and rejected are not kept
def _interned(text: str) -> Needs:
    return Needs(text)


def _is_wide(char: str) -> bool:
    """The full-width forms of ASCII that a Chinese or Japanese keyboard writes."""
    return "！" <= char <= "～"


def _in_word(char: str) -> bool:
    """Letters, marks and digits of any script, `_`, `-`; wide letters look like others and are none of them."""
    return char == "-" or (f"_{char}".isidentifier() and not _is_wide(char))


def _is_name(word: str) -> bool:
    return word.lower() not in _KEYWORDS and word == word.strip("-_") and any(char.isalpha() and _in_word(char) for char in word)


def _group(word: str, parts: list[_Demand]) -> _Demand:
    """Parts under one word; groups of the same word become one."""
    flat: list[_Demand] = []
    for part in parts:
        flat += part.parts if isinstance(part, _Group) and part.word == word else (part,)
    return flat[0] if len(flat) == 1 else _Group(word, tuple(flat))


class _Reader:
    """Reads one text, word by word; `positive` is false inside an odd number of negations."""

    __slots__ = ("_at", "_end", "_open", "_text", "_word")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = self._end = 0  # where the present word begins and ends
        self._word = ""  # empty: the end of the text
        self._open: list[int] = []  # where the parentheses that are still open stand
        self._advance()

    def demand(self) -> _Demand:
        """All of the text."""
        return self._either(positive=True) if self._word else _Group("and", ())

    def _either(self, *, positive: bool) -> _Demand:
        parts = [self._both(positive=positive)]
        while self._word.lower() == "or":
            self._advance()
            parts.append(self._both(positive=positive))
        return _group("or" if positive else "and", parts)

    def _both(self, *, positive: bool) -> _Demand:
        parts = [self._one(positive=positive)]
        while self._word.lower() == "and":
            self._advance()
            parts.append(self._one(positive=positive))
        return _group("and" if positive else "or", parts)

    def _one(self, *, positive: bool) -> _Demand:
        while self._word.lower() == "not":
            positive = not positive
            self._advance()
        if self._word != "(":
            return self._term(positive=positive)
        if len(self._open) == _DEEPEST:
            raise ValueError(f"{self._text!r}, column {self._at + 1}: more than {_DEEPEST} parentheses stand within one another")
        self._open.append(self._at)
        self._advance()
        inner = self._either(positive=positive)
        self._open.pop()
        self._advance()  # `_either` ends at nothing but our ')'
        self._must_go_on()
        return inner

    def _term(self, *, positive: bool) -> _Demand:
        name = self._word
        if not _is_name(name):
            if name and _in_word(name[0]) and name.lower() not in _KEYWORDS:
                raise self._expected("a skill (letters, digits, '-' and '_' inside, at least one letter)")
            raise self._expected("a skill, 'not' or '('")
        self._advance()
        comparison, level = ">=", 1
        if self._word.startswith(tuple("<>=!")):
            comparison = "=" if self._word == "==" else self._word
            if comparison not in _OPPOSITE:
                raise self._expected("one of >= <= > < = !=")
            self._advance()
            level = self._level()
            self._must_go_on()
        else:
            self._must_go_on("a comparison, ")
        return _Term(name, comparison if positive else _OPPOSITE[comparison], level)

    def _level(self) -> int:
        digits = self._word.lstrip("0") if self._word.isascii() and self._word.isdigit() else "none"
        if len(digits) > 3 or int(digits or "0") > 100:
            raise self._expected("a level from 0 to 100")
        self._advance()
        return int(digits or "0")

    def _must_go_on(self, also: str = "") -> None:
        """After something complete there is a word that joins it, its closing parenthesis, or the end."""
        if self._word == ")" and not self._open:
            raise ValueError(f"{self._text!r}, column {self._at + 1}: this ')' has no '('")
        if self._word.lower() in {"and", "or"} or (self._word == ")" if self._open else not self._word):
            return
        closing = f"')' for the '(' in column {self._open[-1] + 1}" if self._open else "the end"
        raise self._expected(f"{also}'and', 'or' or {closing}" if self._word else closing)

    def _expected(self, what: str) -> ValueError:
        if not self._word:
            return ValueError(f"{self._text!r} ends where {what} is expected")
        hint = f"; it is a wide character, write {chr(ord(self._word) - ord('！') + ord('!'))!r}" if _is_wide(self._word) else ""
        return ValueError(f"{self._text!r}, column {self._at + 1}: {what} is expected, not {self._word!r}{hint}")

    def _advance(self) -> None:
        """Go to the next word: a run of letters and the like, or of `<>=!`, or any other character alone."""
        text, at = self._text, self._end
        while at < len(text) and text[at].isspace():
            at += 1
        end = min(at + 1, len(text))
        if at < end:
            alike = next((kind for kind in (_in_word, "<>=!".__contains__) if kind(text[at])), None)
            while alike is not None and end < len(text) and alike(text[end]):
                end += 1
        self._at, self._end, self._word = at, end, text[at:end]
