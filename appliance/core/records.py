"""What the core asks to be kept: one class per table of the store, one object per row.

Times (`*_at`) are seconds since the epoch, UTC; durations (`*_s`) are seconds. A row is written again whole when its key comes again.
"""

from typing import ClassVar

from hal.api import value

__all__ = ["AgentState", "Alarm", "Audit", "CallEvent", "Contact", "Leg", "Record", "Recording", "Ticket"]


@value
class Record:
    """Base of all rows; `table` is where it belongs and `key` the columns that identify it (empty: append only)."""

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]


@value
class Contact(Record):
    """One customer's interaction: written when it arrives, at every stage, and when it ends."""

    table: ClassVar = "contacts"
    key: ClassVar = ("id",)

    id: str
    medium: str
    ani: str
    dnis: str
    arrived_at: float
    stage: str
    """How far its script got: what a restarted core would go on with; `ended` when it is over."""
    stage_at: float
    language: str = ""
    queue: str = ""
    """The queue it asked for last."""
    agent: str = ""
    """The agent who served it last."""
    outcome: str = ""
    """Empty while it lasts, then one of `answered abandoned self-served message blocked lost`."""
    answered_at: float | None = None
    """When the appliance answered."""
    queued_at: float | None = None
    """When it first asked for a queue."""
    connected_at: float | None = None
    """When an agent was first through."""
    ended_at: float | None = None
    wait_s: float | None = None
    """From asking for the queue to the agent's answer, to giving up, or to the overflow."""
    talk_s: float = 0.0
    cause: int = 0
    """Q.850 cause of the release."""
    keys: str = ""
    """Keys pressed in self service, oldest first."""
    line: str = ""
    """The line it came in on."""
    leg: str = ""
    """The caller's leg as that line names it, while it lasts: how a restarted core finds the call again."""


@value
class Leg(Record):
    """One party's connection in a call; written when it is released."""

    table: ClassVar = "legs"
    key: ClassVar = ("id",)

    id: str
    contact: str
    line: str
    party: str
    """`caller`, `agent:1001` or `station:8001`."""
    started_at: float
    answered_at: float | None
    ended_at: float
    cause: int
    by_far_end: bool


@value
class CallEvent(Record):
    """A step in a contact's life, in order: the call's story as it is told on `why did this happen`."""

    table: ClassVar = "call_events"
    key: ClassVar = ()

    contact: str
    at: float
    what: str
    detail: str = ""


@value
class AgentState(Record):
    """The moment an agent's state changed: the state lasts until the same agent's next row, so every second belongs to one state.

    An agent's newest row is what a restart goes on with.
    """

    table: ClassVar = "agent_states"
    key: ClassVar = ()

    agent: str
    at: float
    state: str
    """`logged-out ready offered ringing on-call wrap-up not-ready`."""
    reason: str = ""
    """Why not ready: the agent's own code, or `no answer`, `busy`, `unreachable`."""
    station: str = ""
    contact: str = ""


@value
class Recording(Record):
    """A recording: written when it starts, and when it is closed and whole on disk."""

    table: ClassVar = "recordings"
    key: ClassVar = ("id",)

    id: str
    contact: str
    kind: str
    """`call` (left caller, right agent) or `message` (one channel)."""
    file: str
    agent: str
    began_at: float
    duration_s: float | None = None
    size_bytes: int | None = None
    state: str = "recording"
    """`recording`, then `complete` or `broken`."""
    error: str = ""


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


@value
class Alarm(Record):
    """An alarm raised, and again when it is cleared."""

    table: ClassVar = "alarms"
    key: ClassVar = ("id",)

    id: str
    severity: str
    source: str
    text: str
    advice: str
    raised_at: float
    cleared_at: float | None = None


@value
class Audit(Record):
    """Who did what: log-ins and refusals of agents and phones."""

    table: ClassVar = "audit"
    key: ClassVar = ()

    at: float
    who: str
    what: str
    detail: str = ""
