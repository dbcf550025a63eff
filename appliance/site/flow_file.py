"""A call flow's file: one table for each node, and for the flow as a whole `flow`, `start` and what holds everywhere in it.

A node does what is in its table in this order, whatever order it is written in, and then leaves:

    ask | yes_no | record, authenticate, lookup, set, ticket, answer, send, note, say, and at last   menu | branch | loop | call | next

    flow_words      what texts, expressions and targets mean     flow_steps      the tables in a node
    flow_program    what the core makes of them                  analysis        what is wrong between nodes (appliance.core.program)
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from attrs import frozen

from appliance.config import Document, Wrong, setting, table
from appliance.core.plan import Choice
from appliance.core.program.kinds import TYPES
from appliance.core.program.nodes import AGAIN
from appliance.core.program.texts import Slot
from appliance.site.flow_steps import (
    AnswerTable,
    AskTable,
    AuthenticateTable,
    CaseTable,
    LookUpTable,
    LoopTable,
    RecordTable,
    SendTable,
    TicketTable,
    YesNoTable,
)
from appliance.site.flow_words import OUT, VARIABLE, VARIABLE_EXPECTS, Formula, Say, TargetText, text_setting, unneeded_variable_setting
from appliance.site.python_flow import PythonFlow
from appliance.site.values import NAME, NAME_EXPECTS, Key

__all__ = ["CallFlowFile", "FlowFile", "NodeTable"]

_EXITS = ("menu", "branch", "loop", "call", "next")


@table
class NodeTable:
    """One node."""

    ask: AskTable | None = setting(default=None, doc="Ask for digits.")
    yes_no: YesNoTable | None = setting(default=None, doc="Ask for yes or no.")
    record: RecordTable | None = setting(default=None, doc="Record the caller.")
    authenticate: AuthenticateTable | None = setting(default=None, doc="Check an account and its PIN.")
    lookup: LookUpTable | None = setting(default=None, doc="Ask a business gateway.")
    set: Mapping[str, Formula] = setting(factory=dict, keys=VARIABLE, expects=VARIABLE_EXPECTS, doc="Variables and their values.")
    ticket: TicketTable | None = setting(default=None, doc="Open a ticket.")
    answer: AnswerTable | None = setting(default=None, doc="Count an answer of a poll.")
    send: SendTable | None = setting(default=None, doc="Have a document sent.")
    note: Mapping[str, Formula] = setting(factory=dict, doc="What agents see: name and value.")
    say: Say | None = text_setting("What is said; with a menu, what there is to choose")
    in_all_languages: bool = setting(default=False, doc="Say it in each of the centre's languages, one after the other.")
    barge_in: bool = setting(default=True, doc="Whether a key cuts it short.")
    menu: Mapping[Key, TargetText] = setting(factory=dict, doc="Where each key leads.")
    wait_s: float = setting(default=6.0, ge=1, le=60, doc="Seconds of silence after the menu before it is said again.")
    retries: int = setting(default=2, ge=0, le=10, doc="How often the menu is said again.")
    wrong: Say | None = text_setting("Said for a key that leads nowhere")
    values: Mapping[Key, str] = setting(factory=dict, doc="What choosing a key means, for `into`.")
    words: Mapping[Key, Mapping[str, tuple[str, ...]]] = setting(
        factory=dict, doc="Words that mean a key, by language, where the line can listen."
    )
    into: str = unneeded_variable_setting("The variable that gets what was chosen.")
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
        expects=VARIABLE_EXPECTS,
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
            if name == AGAIN or name in OUT:
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
