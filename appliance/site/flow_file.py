"""A call flow's file: one table for each node, and for the flow as a whole `flow`, `start` and what holds everywhere in it.

A node does what is in its table in this order, whatever order it is written in, and then leaves:

    ask | yes_no | record, authenticate, lookup, set, ticket, answer, send, note, say, and at last   menu | branch | loop | call | next

What is wrong between nodes is found by `appliance.core.program.analysis`; what the tables mean is made in `appliance.site.flow_program`.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from attrs import frozen

from appliance.config import Document, Wrong, setting, table
from appliance.core.plan import Choice
from appliance.core.program.expressions import Expression, parse
from appliance.core.program.kinds import ASKED, TYPES
from appliance.core.program.nodes import AGAIN, Target
from appliance.core.program.texts import Slot, Text, read_text
from appliance.prompts.words import LANGUAGES
from appliance.site.python_flow import PythonFlow
from appliance.site.values import NAME, NAME_EXPECTS, Key, destination

__all__ = [
    "AskTable",
    "AuthenticateTable",
    "CallFlowFile",
    "Count",
    "FlowFile",
    "Formula",
    "LookUpTable",
    "NodeTable",
    "Spoken",
    "TargetText",
    "TicketTable",
]

VARIABLE = r"[^\W\d]\w*"
_OUT = ("return", "voicemail", "callback", "release")
"""Targets outside the flow that are one word."""
_VARIABLE_EXPECTS = "a variable's name of letters, digits and '_'"


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
        if ":" in text or text in _OUT:
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


def _say(doc: str) -> Say | None:
    said: Say | None = setting(
        default=None, keys="|".join(LANGUAGES), expects="one of the languages", doc=f"{doc}, in each of the centre's languages."
    )
    return said


def _prompt(doc: str) -> Say:
    said: Say = setting(
        rest=True, factory=dict, keys="|".join(LANGUAGES), expects="one of the languages", doc=f"{doc}, in each of the centre's languages."
    )
    return said


def _into(doc: str = "The variable that gets it.") -> str:
    name: str = setting(pattern=VARIABLE, expects=_VARIABLE_EXPECTS, doc=doc)
    return name


def _may_go_into(doc: str) -> str:
    name: str = setting(default="", pattern=rf"({VARIABLE})?", expects=_VARIABLE_EXPECTS, doc=doc)
    return name


@table
class AskTable:
    """Ask for digits. The free keys are languages: `ask = { zh = "请输入账号。", digits = "6-10", into = "account" }`."""

    into: str = _into()
    kind: str = setting(key="as", default="digits", one_of=ASKED, doc="What the digits mean.")
    digits: Count | int = setting(default=Count(1, 20), doc="How many there are; the last possible one ends the question.")
    end: str = setting(default="#", pattern=r"[*#]?", expects='"#", "*" or ""', doc="The key that ends it; empty: none.")
    first_s: float = setting(default=8.0, ge=1, le=60, doc="Seconds of silence after the question before it counts as unanswered.")
    next_s: float = setting(default=4.0, ge=1, le=30, doc="Seconds between two digits before it counts as ended.")
    retries: int = setting(default=2, ge=0, le=10, doc="How often it is asked again.")
    otherwise: TargetText | None = setting(default=None, doc="Where a call goes without an answer; without it the node's `otherwise`.")
    wrong: Say | None = _say("Said when the answer is none that is wanted")
    valid: Formula | None = setting(default=None, doc="What must hold of the answer, under the name it goes into.")
    confirm: Say | None = _say("Said to have the answer confirmed: 1 keeps it, anything else asks again")
    secret: bool = setting(default=False, doc="Nobody sees the digits: no record, no log, no agent.")
    spoken: bool = setting(default=False, doc="The digits may be spoken, where the line can listen.")
    say: Say = _prompt("The question")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if not self.say:
            yield Wrong("there is no question", 'write it: zh = "..."')
        if self.kind == "money" and self.end == "*":
            yield Wrong("'*' is the decimal point of an amount", 'end it with "#"', ("end",))

    @property
    def count(self) -> Count:
        """How many digits."""
        return Count(self.digits, self.digits) if isinstance(self.digits, int) else self.digits


@table
class YesNoTable:
    """Ask for yes (1) or no (2). The free keys are languages."""

    into: str = _into()
    wait_s: float = setting(default=6.0, ge=1, le=60, doc="Seconds of silence before it is asked again.")
    retries: int = setting(default=2, ge=0, le=10, doc="How often it is asked again.")
    otherwise: TargetText | None = setting(default=None, doc="Where a call goes without an answer; without it the node's `otherwise`.")
    wrong: Say | None = _say("Said for another key")
    say: Say = _prompt("The question")


@table
class RecordTable:
    """Record the caller. The free keys are languages: what is said before the tone."""

    into: str = _into("The variable that gets the recording.")
    max_s: float = setting(default=180.0, ge=1, le=3600, doc="Longest recording, in seconds.")
    min_s: float = setting(default=1.0, ge=0, le=30, doc="A shorter one is nothing said.")
    end: str = setting(default="#", pattern=r"[0-9*#]+", expects="keys of the telephone", doc="Keys that end it.")
    otherwise: TargetText | None = setting(default=None, doc="Where a call goes that said nothing; without it the node's `otherwise`.")
    say: Say = _prompt("What is said before")


@table
class LookUpTable:
    """Ask a business gateway of the site. `with` are its arguments: names of variables, or a table of expressions."""

    gateway: str = setting(doc="Name of the gateway.")
    query: str = setting(doc="Name of its query.")
    arguments: tuple[str, ...] | Mapping[str, Formula] = setting(key="with", default=(), doc="What the query is given.")
    into: str = _into("The variable that gets the answer.")
    otherwise: TargetText | None = setting(
        default=None, doc="Where a call goes when there is no answer; without it the node's `otherwise`."
    )
    nothing: TargetText | None = setting(default=None, doc="Where a call goes when the answer is that there is nothing.")
    waiting: Say | None = _say("Said when the answer takes a moment")


@table
class AuthenticateTable:
    """Check an account and its PIN, or set a new one."""

    accounts: str = setting(doc="Name of the site's accounts.")
    account: Formula = setting(doc="The account.")
    pin: Formula = setting(doc="Its PIN, from a question with `secret = true`.")
    new: Formula | None = setting(default=None, doc="The PIN to be set.")
    otherwise: TargetText | None = setting(default=None, doc="Where a call goes with a wrong account or PIN.")
    refused: TargetText | None = setting(
        default=None,
        doc="Where it goes when the new PIN is none (4 to 12 digits, not all alike, not the account); without it as `otherwise`.",
    )
    locked: TargetText | None = setting(default=None, doc="Where it goes when the account is locked; without it as `otherwise`.")
    trouble: TargetText | None = setting(default=None, doc="Where it goes when the accounts cannot be reached; without it as `otherwise`.")


@table
class TicketTable:
    """Open a ticket."""

    kind: str = setting(pattern=NAME, expects=NAME_EXPECTS, doc="Its kind: complaint, report ...")
    into: str = _may_go_into("The variable that gets its number.")
    code_into: str = _may_go_into("The variable that gets its check code.")
    recording: Formula | None = setting(default=None, doc="A recording that belongs to it.")
    call_back: Formula | None = setting(default=None, doc="The number to call back; without it the caller's own.")
    subject: Formula | None = setting(default=None, doc="What it is about.")
    wants_answer: Formula | None = setting(default=None, doc="Whether the caller wants an answer.")
    queue: str = setting(default="", doc="The queue in which agents get it; without it nobody is offered it.")


@table
class AnswerTable:
    """Count an answer of a poll or survey."""

    poll: str = setting(pattern=NAME, expects=NAME_EXPECTS, doc="Name of the poll.")
    question: str = setting(pattern=NAME, expects=NAME_EXPECTS, doc="Name of the question.")
    value: Formula = setting(doc="The answer.")


@table
class SendTable:
    """Have a document sent to the customer."""

    document: str = setting(pattern=NAME, expects=NAME_EXPECTS, doc="Name of the document.")
    by: str = setting(one_of=("sms", "mail", "fax"), doc="The medium.")
    to: Formula = setting(doc="The address: a number, a mail address.")
    data: Mapping[str, Formula] = setting(key="with", factory=dict, doc="What stands in it: name and expression.")


@table
class CaseTable:
    """One way of a branch."""

    when: Formula = setting(doc="What must hold.")
    to: TargetText = setting(doc="Where it leads.")


@table
class LoopTable:
    """Go through a list: to `to` with each item, which comes back here, and to `next` when there is none left."""

    over: Formula = setting(doc="The list.")
    item: str = _into("The variable that gets the item.")
    to: TargetText = setting(doc="The node that deals with one item.")


_EXITS = ("menu", "branch", "loop", "call", "next")


@table
class NodeTable:
    """One node."""

    ask: AskTable | None = setting(default=None, doc="Ask for digits.")
    yes_no: YesNoTable | None = setting(default=None, doc="Ask for yes or no.")
    record: RecordTable | None = setting(default=None, doc="Record the caller.")
    authenticate: AuthenticateTable | None = setting(default=None, doc="Check an account and its PIN.")
    lookup: LookUpTable | None = setting(default=None, doc="Ask a business gateway.")
    set: Mapping[str, Formula] = setting(factory=dict, keys=VARIABLE, expects=_VARIABLE_EXPECTS, doc="Variables and their values.")
    ticket: TicketTable | None = setting(default=None, doc="Open a ticket.")
    answer: AnswerTable | None = setting(default=None, doc="Count an answer of a poll.")
    send: SendTable | None = setting(default=None, doc="Have a document sent.")
    note: Mapping[str, Formula] = setting(factory=dict, doc="What agents see: name and value.")
    say: Say | None = _say("What is said; with a menu, what there is to choose")
    in_all_languages: bool = setting(default=False, doc="Say it in each of the centre's languages, one after the other.")
    barge_in: bool = setting(default=True, doc="Whether a key cuts it short.")
    menu: Mapping[Key, TargetText] = setting(factory=dict, doc="Where each key leads.")
    wait_s: float = setting(default=6.0, ge=1, le=60, doc="Seconds of silence after the menu before it is said again.")
    retries: int = setting(default=2, ge=0, le=10, doc="How often the menu is said again.")
    wrong: Say | None = _say("Said for a key that leads nowhere")
    values: Mapping[Key, str] = setting(factory=dict, doc="What choosing a key means, for `into`.")
    words: Mapping[Key, Mapping[str, tuple[str, ...]]] = setting(
        factory=dict, doc="Words that mean a key, by language, where the line can listen."
    )
    into: str = _may_go_into("The variable that gets what was chosen.")
    branch: tuple[CaseTable, ...] = setting(default=(), doc="Conditions, looked at in their order.")
    loop: LoopTable | None = setting(default=None, doc="Go through a list.")
    call: str = setting(default="", doc="Another flow that serves the caller and returns here.")
    next: TargetText | None = setting(default=None, doc="Where it goes on.")
    then: TargetText | None = setting(default=None, doc="Where a caller goes on who comes back from `next`: the agent has left.")
    failed: TargetText | None = setting(default=None, doc="Where a caller goes on who did not get to where `next` leads.")
    priority: int = setting(default=0, ge=0, le=99, doc="Priority that the way to `next` adds to the call.")
    otherwise: TargetText | None = setting(default=None, doc="Where a call goes without an answer, and when no condition holds.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        asked = [name for name in ("ask", "yes_no", "record") if getattr(self, name) is not None]
        if len(asked) > 1:
            yield Wrong(f"a node asks one thing; here are {' and '.join(asked)}", "make a node of each", (asked[1],))
        exits = [name for name in _EXITS if getattr(self, name)]
        needs_next = [name for name in ("loop", "call") if getattr(self, name)]
        if needs_next and self.next is None:
            yield Wrong(f"'{needs_next[0]}' needs 'next': where it goes on after that", 'write next = "NODE"', (needs_next[0],))
        alone = [name for name in exits if name != "next"] or exits
        if not exits:
            yield Wrong("nothing leads on from here", f'write one of {", ".join(_EXITS)}; the end is next = "release"')
        elif len(alone) > 1 or ("next" in exits and not needs_next and len(exits) > 1):
            yield Wrong(f"a node is left by one thing; here are {' and '.join(exits)}", "make a node of each", (exits[1],))
        yield from self._silent()
        if self.menu and not self.say:
            yield Wrong("the menu says nothing", 'write what there is to choose: say = { zh = "..." }', ("menu",))
        if self.yes_no is not None and not self.yes_no.say:
            yield Wrong("there is no question", 'write it: zh = "..."', ("yes_no",))
        if self.in_all_languages and any(isinstance(part, Slot) for text in (self.say or {}).values() for part in text.parts):
            yield Wrong("what is said in all languages has no values", "say them once the language is chosen", ("in_all_languages",))
        for name in ("values", "words"):
            for key in getattr(self, name):
                if key not in self.menu:
                    yield Wrong(f"the menu has no key {key}", "", (name, str(key)))
        if self.values and not self.into:
            yield Wrong("what was chosen goes nowhere", 'write into = "VARIABLE"', ("values",))
        out = self.next.target.out if self.next is not None else None
        for name in ("then", "failed"):
            if getattr(self, name) is not None and (out is None or out.verb in ("return", "release")):
                yield Wrong(f"'{name}' is for callers who come back, and from '{self.next}' nobody does", "leave it out", (name,))

    def _silent(self) -> Iterator[Wrong]:
        """Questions whose silence leads nowhere."""
        for name in ("ask", "yes_no", "record", "lookup", "authenticate"):
            step = getattr(self, name)
            if step is not None and step.otherwise is None and self.otherwise is None:
                yield Wrong("it does not say where a call goes without an answer", 'write otherwise = "NODE"', (name,))
        for name in ("menu", "branch"):
            if getattr(self, name) and self.otherwise is None:
                text = "no key is pressed" if name == "menu" else "no condition holds"
                yield Wrong(f"it does not say where a call goes when {text}", 'write otherwise = "NODE"', (name,))


@table
class FlowFile:
    """A call flow. The free keys are its nodes: `[welcome]`."""

    flow: str = setting(pattern=NAME, expects=NAME_EXPECTS, doc="Name of the flow.")
    start: str = setting(doc="The node it begins with.")
    needs: tuple[str, ...] = setting(default=(), doc="Variables that another flow must have set before it calls this one.")
    variables: Mapping[str, str] = setting(
        factory=dict,
        keys=VARIABLE,
        expects=_VARIABLE_EXPECTS,
        one_of=TYPES,
        doc="Types of variables, where they do not follow from what sets them.",
    )
    everywhere: Mapping[Key, TargetText] = setting(factory=dict, doc="Keys that lead somewhere from every menu and all that is said.")
    idle_s: float = setting(default=60.0, ge=5, le=600, doc="Nothing keyed for so many seconds: `idle`.")
    idle: TargetText = setting(factory=lambda: TargetText.parse("release"), doc="Where a caller goes who keys nothing any more.")
    trouble: TargetText = setting(factory=lambda: TargetText.parse("release"), doc="Where a call goes that a mistake would lose.")
    nodes: Mapping[str, NodeTable] = setting(
        rest=True, factory=dict, keys=VARIABLE, expects="a node's name of letters, digits and '_'", doc="A node."
    )

    def leaves_to(self) -> Iterator[Choice]:
        """Everywhere outside itself that it leads to."""
        ways = [*self.everywhere.values(), self.idle, self.trouble]
        for node in self.nodes.values():
            ways += [*node.menu.values(), *(case.to for case in node.branch)]
            steps = (node, node.ask, node.yes_no, node.record, node.lookup, node.authenticate, node.loop)
            ways += [way for step in steps for way in _ways_of(step)]
        yield from (way.target.out for way in ways if way.target.out is not None)

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if not self.nodes:
            yield Wrong("the flow has no node", "write a table for each: [welcome]")
        for name in self.nodes:
            if name == AGAIN or name in _OUT:
                yield Wrong(f"'{name}' is no name of a node: as a target it means something else", "call it otherwise", (name,))


def _ways_of(step: object) -> list[TargetText]:
    """Where one table leads by its own keys."""
    names = ("otherwise", "nothing", "locked", "refused", "trouble", "to", "next", "then", "failed")
    return [way for name in names if isinstance(way := getattr(step, name, None), TargetText)]


@frozen
class CallFlowFile:
    """The file of a call flow, beside the site file; once the site is loaded, with what is in it."""

    expects: ClassVar[str] = "the name of a file beside the site file"
    pattern: ClassVar[str] = r".*\.(toml|py)"

    file: str
    content: FlowFile | None = None
    document: Document | None = None
    python: PythonFlow | None = None
    """Of a file that is Python."""

    @classmethod
    def parse(cls, text: str) -> "CallFlowFile":
        """Take the name; ValueError when it is none of a flow's file."""
        if not text.endswith((".toml", ".py")):
            raise ValueError(f"'{text}' is not {cls.expects} that ends in .toml or .py")
        return cls(text)

    def __str__(self) -> str:
        """The file's name."""
        return self.file
