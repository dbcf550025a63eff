"""What is written in the tables of a call flow's file: texts with values in them, expressions, targets, numbers of digits."""

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from appliance.config import setting
from appliance.core.plan import Choice
from appliance.core.program.expressions import Expression, parse
from appliance.core.program.nodes import Target
from appliance.core.program.texts import Text, read_text
from appliance.prompts.words import LANGUAGES
from appliance.site.values import destination

__all__ = [
    "OUT",
    "VARIABLE",
    "VARIABLE_EXPECTS",
    "Count",
    "Formula",
    "Say",
    "Spoken",
    "TargetText",
    "question_setting",
    "text_setting",
    "unneeded_variable_setting",
    "variable_setting",
]

VARIABLE = r"[^\W\d]\w*"
OUT = ("return", "voicemail", "callback", "release")
"""Targets outside the flow that are one word."""
VARIABLE_EXPECTS = "a variable's name of letters, digits and '_'"


@frozen
class Spoken:
    """A text with values in it: `您的话费是{bill.amount:money}。`."""

    expects: ClassVar[str] = "text to say, with values as {NAME:KIND}"

    written: str
    parts: Text

    @classmethod
    def parse(cls, text: str) -> "Spoken":
        """Read it; ValueError with what is wrong in it."""
        parts = read_text(text)
        if not parts:
            raise ValueError("there is nothing to say in it")
        return cls(text, parts)

    def __str__(self) -> str:
        """As it was written."""
        return self.written


Say = Mapping[str, Spoken]


@frozen
class Formula:
    """An expression: `bill.amount > 100`."""

    expects: ClassVar[str] = "an expression such as bill.amount > 100"

    expression: Expression

    @classmethod
    def parse(cls, text: str) -> "Formula":
        """Read it; ValueError with the place of what is wrong."""
        return cls(parse(text))

    def __str__(self) -> str:
        """As it was written."""
        return str(self.expression)


@frozen
class TargetText:
    """Where a flow goes on: the name of a node, or a destination outside the flow, `again` or `return`."""

    expects: ClassVar[str] = "the name of a node, 'again', 'return', or a destination such as 'queue:consult', 'voicemail' or 'release'"

    target: Target

    @classmethod
    def parse(cls, text: str) -> "TargetText":
        """Read it; ValueError when it is neither."""
        if text == "return":
            return cls(Target(out=Choice("return")))
        if ":" in text or text in OUT:
            return cls(Target(out=destination(text)))
        return cls(Target(text))

    def __str__(self) -> str:
        """As it is written."""
        return str(self.target)


@frozen
class Count:
    """How many digits: `6`, or `4-8`."""

    expects: ClassVar[str] = "a number of digits such as 6, or '4-8'"
    pattern: ClassVar[str] = r"[0-9]{1,2}(-[0-9]{1,2})?"

    least: int
    most: int

    @classmethod
    def parse(cls, text: str) -> "Count":
        """Read it; ValueError when it is no number, or the first is more than the second."""
        least, _, most = text.partition("-")
        if not (least.isdecimal() and (most or "1").isdecimal()):
            raise ValueError(f"'{text}' is not {cls.expects}")
        made = cls(int(least), int(most or least))
        if not 1 <= made.least <= made.most <= 32:
            raise ValueError(f"'{text}': digits are counted from 1 to 32, the smaller number first")
        return made

    def __str__(self) -> str:
        """`6` or `4-8`."""
        return f"{self.least}-{self.most}" if self.most != self.least else str(self.least)


def text_setting(doc: str) -> Say | None:
    """What is said, or nothing, as one key of a table."""
    said: Say | None = setting(
        default=None, keys="|".join(LANGUAGES), expects="one of the languages", doc=f"{doc}, in each of the centre's languages."
    )
    return said


def question_setting(doc: str) -> Say:
    """What is said by the free keys of a table: its languages."""
    said: Say = setting(
        rest=True, factory=dict, keys="|".join(LANGUAGES), expects="one of the languages", doc=f"{doc}, in each of the centre's languages."
    )
    return said


def variable_setting(doc: str = "The variable that gets it.") -> str:
    """A variable that gets something."""
    name: str = setting(pattern=VARIABLE, expects=VARIABLE_EXPECTS, doc=doc)
    return name


def unneeded_variable_setting(doc: str) -> str:
    """A variable that gets something if it is named."""
    name: str = setting(default="", pattern=rf"({VARIABLE})?", expects=VARIABLE_EXPECTS, doc=doc)
    return name
