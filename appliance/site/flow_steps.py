"""The tables of a call flow's file for what a node asks, does, and is left by: one class each."""

from collections.abc import Iterator, Mapping

from appliance.config import Wrong, setting, table
from appliance.core.program.kinds import ASKED
from appliance.site.flow_words import (
    Count,
    Formula,
    Say,
    TargetText,
    question_setting,
    text_setting,
    unneeded_variable_setting,
    variable_setting,
)
from appliance.site.values import NAME, NAME_EXPECTS

__all__ = [
    "AnswerTable",
    "AskTable",
    "AuthenticateTable",
    "CaseTable",
    "LookUpTable",
    "LoopTable",
    "RecordTable",
    "SendTable",
    "TicketTable",
    "YesNoTable",
]


@table
class AskTable:
    """Ask for digits. The free keys are languages: `ask = { zh = "请输入账号。", digits = "6-10", into = "account" }`."""

    into: str = variable_setting()
    kind: str = setting(key="as", default="digits", one_of=ASKED, doc="What the digits mean.")
    digits: Count | int = setting(default=Count(1, 20), doc="How many there are; the last possible one ends the question.")
    end: str = setting(default="#", pattern=r"[*#]?", expects='"#", "*" or ""', doc="The key that ends it; empty: none.")
    first_s: float = setting(default=8.0, ge=1, le=60, doc="Seconds of silence after the question before it counts as unanswered.")
    next_s: float = setting(default=4.0, ge=1, le=30, doc="Seconds between two digits before it counts as ended.")
    retries: int = setting(default=2, ge=0, le=10, doc="How often it is asked again.")
    otherwise: TargetText | None = setting(default=None, doc="Where a call goes without an answer; without it the node's `otherwise`.")
    wrong: Say | None = text_setting("Said when the answer is none that is wanted")
    valid: Formula | None = setting(default=None, doc="What must hold of the answer, under the name it goes into.")
    confirm: Say | None = text_setting("Said to have the answer confirmed: 1 keeps it, anything else asks again")
    secret: bool = setting(default=False, doc="Nobody sees the digits: no record, no log, no agent.")
    spoken: bool = setting(default=False, doc="The digits may be spoken, where the line can listen.")
    say: Say = question_setting("The question")

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

    into: str = variable_setting()
    wait_s: float = setting(default=6.0, ge=1, le=60, doc="Seconds of silence before it is asked again.")
    retries: int = setting(default=2, ge=0, le=10, doc="How often it is asked again.")
    otherwise: TargetText | None = setting(default=None, doc="Where a call goes without an answer; without it the node's `otherwise`.")
    wrong: Say | None = text_setting("Said for another key")
    say: Say = question_setting("The question")


@table
class RecordTable:
    """Record the caller. The free keys are languages: what is said before the tone."""

    into: str = variable_setting("The variable that gets the recording.")
    max_s: float = setting(default=180.0, ge=1, le=3600, doc="Longest recording, in seconds.")
    min_s: float = setting(default=1.0, ge=0, le=30, doc="A shorter one is nothing said.")
    end: str = setting(default="#", pattern=r"[0-9*#]+", expects="keys of the telephone", doc="Keys that end it.")
    otherwise: TargetText | None = setting(default=None, doc="Where a call goes that said nothing; without it the node's `otherwise`.")
    say: Say = question_setting("What is said before")


@table
class LookUpTable:
    """Ask a business gateway of the site. `with` are its arguments: names of variables, or a table of expressions."""

    gateway: str = setting(doc="Name of the gateway.")
    query: str = setting(doc="Name of its query.")
    arguments: tuple[str, ...] | Mapping[str, Formula] = setting(key="with", default=(), doc="What the query is given.")
    into: str = variable_setting("The variable that gets the answer.")
    otherwise: TargetText | None = setting(
        default=None, doc="Where a call goes when there is no answer; without it the node's `otherwise`."
    )
    nothing: TargetText | None = setting(default=None, doc="Where a call goes when the answer is that there is nothing.")
    waiting: Say | None = text_setting("Said when the answer takes a moment")


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
    into: str = unneeded_variable_setting("The variable that gets its number.")
    code_into: str = unneeded_variable_setting("The variable that gets its check code.")
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
    item: str = variable_setting("The variable that gets the item.")
    to: TargetText = setting(doc="The node that deals with one item.")
