"""What a call flow is made of: nodes, each a few steps in a row and one way out.

    enter ──▶ step ──▶ step ──▶ ... ──▶ exit ──▶ another node, or out of the flow
                │ goes wrong
                └──▶ the node that the step names for it (`otherwise`)

A node's name is where a call stands: in its record, in the counts, and for a restarted core. Steps and exits are values; what they do is
done in `appliance.core.flows`: `steps` has a function for each step, `walk` one for each exit. A target is the name of a node, or of
somewhere outside the flow as a site writes it: `queue:consult`, `release`; `return` ends a flow that another one has called.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from attrs import field

from appliance.core.plan.service import Choice
from appliance.core.program.expressions import Expression
from appliance.core.program.texts import Speech
from hal.api import value

__all__ = [
    "AGAIN",
    "Answer",
    "Ask",
    "Authenticate",
    "Branch",
    "CallFlow",
    "Exit",
    "Go",
    "Keys",
    "LookUp",
    "Loop",
    "Menu",
    "Node",
    "Note",
    "OpenTicket",
    "Program",
    "Record",
    "Say",
    "Send",
    "Set",
    "Step",
    "Target",
    "YesNo",
]

AGAIN = "again"
"""A target: the node that says so, once more from its beginning."""


@value
class Target:
    """Where a flow goes on: a node of it, or, with `out`, somewhere else."""

    node: str = ""
    out: Choice | None = None

    def __str__(self) -> str:
        """As it is written."""
        return self.node or str(self.out)


Keys: TypeAlias = Mapping[str, Target]
"""Key of the telephone -> where it leads."""


@value
class Say:
    """Say something; a key cuts it short, and counts for what asks next."""

    speech: Speech
    barge_in: bool = True


@value
class Set:
    """Give a variable a value."""

    name: str
    expression: Expression


@value
class Ask:
    """Ask for digits, and check them: again with `wrong` said first, at most `retries` times, then `otherwise`."""

    into: str
    kind: str
    """What the digits mean, see `appliance.core.program.kinds`."""
    prompt: Speech
    otherwise: Target
    least: int = 1
    most: int = 20
    end: str = "#"
    first_s: float = 8.0
    """How long to wait for the first key once the prompt is over."""
    next_s: float = 4.0
    retries: int = 2
    wrong: Speech | None = None
    valid: Expression | None = None
    """What must hold of the value, under the name it goes into."""
    confirm: Speech | None = None
    """Said to have the value confirmed with 1, or a yes where the line can listen; any other key asks again."""
    secret: bool = False
    """Nobody sees the digits: not in the story, the record, the agent's data, nor the log."""
    words: bool = False
    """Digits may be spoken, where the line can listen."""


@value
class YesNo:
    """Ask for yes (1) or no (2), keyed, or said where the line can listen."""

    into: str
    prompt: Speech
    otherwise: Target
    wait_s: float = 6.0
    retries: int = 2
    wrong: Speech | None = None


@value
class Record:
    """Record the caller until a key, silence is no end; shorter than `min_s` counts as nothing said."""

    into: str
    """Gets the name of the recording."""
    prompt: Speech
    otherwise: Target
    max_s: float = 180.0
    min_s: float = 1.0
    end: str = "#"


@value
class LookUp:
    """Ask a business gateway; `into` becomes what it answers, a record or a list of them. Without an answer: `otherwise`."""

    gateway: str
    query: str
    arguments: Mapping[str, Expression]
    into: str
    otherwise: Target
    nothing: Target | None = None
    """Where to go when the gateway answered that there is nothing; without it such an answer goes into the variable as `nothing`."""
    waiting: Speech | None = None
    """Said if the answer does not come at once, before the music."""


@value
class Authenticate:
    """Check an account and its PIN, or, with `new`, set the PIN anew; too many wrong ones lock the account for a while."""

    accounts: str
    """Which accounts: the name of a gateway's accounts, see the site."""
    account: Expression
    pin: Expression
    otherwise: Target
    """Wrong PIN or no such account; callers are not told which."""
    locked: Target
    trouble: Target
    """The accounts cannot be reached."""
    new: Expression | None = None
    refused: Target | None = None
    """The new PIN is none that can be set; without it `otherwise`."""


@value
class OpenTicket:
    """Open a ticket; `into` gets its number, `code_into` the check code with which the result can be asked for."""

    ticket: str
    """Its kind: `complaint`, `report` ..."""
    into: str = ""
    code_into: str = ""
    recording: Expression | None = None
    call_back: Expression | None = None
    subject: Expression | None = None
    wants_answer: Expression | None = None
    queue: str = ""
    """The queue in which agents get it as a contact; empty: it only is a ticket."""


@value
class Answer:
    """Count an answer of a poll or survey."""

    poll: str
    question: str
    answer: Expression


@value
class Send:
    """Have a document sent; the medium's part takes it from there."""

    document: str
    by: str
    """`sms`, `mail` or `fax`."""
    to: Expression
    data: Mapping[str, Expression]


@value
class Note:
    """Put something where agents see it."""

    name: str
    expression: Expression


Step: TypeAlias = Say | Set | Ask | YesNo | Record | LookUp | Authenticate | OpenTicket | Answer | Send | Note


@value
class Menu:
    """Say what there is, and go where a key leads."""

    prompt: Speech
    keys: Keys
    otherwise: Target
    wait_s: float = 6.0
    retries: int = 2
    wrong: Speech | None = None
    words: Mapping[str, Mapping[str, tuple[str, ...]]] = field(factory=dict)
    """Language -> key -> words that mean the same, where the line can listen."""
    values: Mapping[str, str] = field(factory=dict)
    """Key -> what choosing it means, put into `into`."""
    into: str = ""


@value
class Branch:
    """Go where the first condition that holds leads."""

    cases: tuple[tuple[Expression, Target], ...]
    otherwise: Target


@value
class Loop:
    """Go to `body` with the next item of a list in `item`, and to `then` when there is none left; the body comes back here."""

    over: Expression
    item: str
    body: Target
    then: Target


@value
class CallFlow:
    """Serve the caller by another flow, and go on here when it returns."""

    flow: str
    then: Target


@value
class Go:
    """Leave for a queue, an agent, a number ...; with `then`, the caller who is still there when that is over comes back here."""

    to: Choice
    then: Target | None = None
    failed: Target | None = None
    """Where he goes on who did not get there: it overflowed, nobody answered; without it, where that leads."""
    priority: int = 0
    """What the way here adds to his priority."""


@value
class Next:
    """Go on with another node."""

    to: Target


Exit: TypeAlias = Menu | Branch | Loop | CallFlow | Go | Next


@value
class Node:
    """One place in a flow."""

    name: str
    steps: tuple[Step, ...]
    exit: Exit


@value
class Program:
    """One flow."""

    name: str
    version: str
    """Of its content: the same words and ways have the same version."""
    start: str
    nodes: Mapping[str, Node]
    variables: Mapping[str, str] = field(factory=dict)
    """Name -> type, of all that is ever set in it."""
    declared: Mapping[str, str] = field(factory=dict)
    """Name -> type, of those whose type the flow says itself."""
    needs: tuple[str, ...] = ()
    """Variables that whoever calls this flow must have set."""
    everywhere: Keys = field(factory=dict)
    """Keys that lead somewhere from every menu, and from speech and questions that do not want them themselves."""
    idle_s: float = 60.0
    """Nothing keyed for this long: `idle`."""
    idle: Target = Target(out=Choice("release"))
    trouble: Target = Target(out=Choice("release"))
    """Where a caller goes whom a mistake in the flow would lose."""
    short: bool = False
    """It is a table of the site file: circles of such alone are found there, where it is known which hours exclude each other."""

    def speeches(self) -> Iterator[Speech]:
        """Everything that is said in it."""
        for node in self.nodes.values():
            for part in (*node.steps, node.exit):
                for name in ("speech", "prompt", "wrong", "confirm", "waiting"):
                    speech = getattr(part, name, None)
                    if speech:
                        yield speech
