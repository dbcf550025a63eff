"""What a contact leaves behind: a recording, something to be done, a document to be sent."""

from typing import ClassVar

from appliance.core.records.record import Record
from hal.api import value

__all__ = ["Outgoing", "Recording", "Ticket"]


@value
class Recording(Record):
    """A recording: written when it starts, and when it is closed and whole on disk."""

    table: ClassVar = "recordings"
    key: ClassVar = ("id",)

    id: str
    contact: str
    kind: str
    """`call` (left the customer, right everyone else), `consult` (out of the customer's hearing) or `message` (one channel)."""
    file: str
    agent: str
    """The agent responsible while it was made."""
    began_at: float
    duration_s: float | None = None
    size_bytes: int | None = None
    state: str = "recording"
    """`recording`, then `complete`, `broken`, or `empty`: everybody left in the moment it should have begun, and there is no file."""
    error: str = ""
    participants: str = ""
    """Who can be heard, left channel first, as in `Leg.party`: a conversation is one recording as long as these stay the same."""


@value
class Ticket(Record):
    """Something to be done for a customer."""

    table: ClassVar = "tickets"
    key: ClassVar = ("number",)

    number: str
    kind: str
    """`message`, or `call-back` when the message could not be recorded."""
    contact: str
    ani: str
    call_back: str
    """Number to call back; empty when none was left."""
    recording: str
    language: str
    created_at: float
    state: str = "open"
    code: str = ""
    """The check code with which the customer can ask for the result."""
    subject: str = ""
    wants_answer: bool = False


@value
class Outgoing(Record):
    """A document to be sent to a customer by another medium, and what became of it."""

    table: ClassVar = "outgoing"
    key: ClassVar = ("id",)

    id: str
    contact: str
    asked_at: float
    medium: str
    address: str
    document: str
    language: str
    data: str
    """What stands in the document, as JSON: name -> text."""
    state: str = "waiting"
    """`waiting`, then `sent` or `failed`."""
