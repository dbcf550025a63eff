"""A contact: one customer's interaction from arrival to disposition, and the one table of its states.

                begin                  enqueue             offer              connect
    ARRIVED ─────────▶ SELF_SERVICE ───────────▶ QUEUED ──────────▶ OFFERED ──────────▶ CONNECTED
       │                 ▲  ▲  │                  │  ▲               │  │                  │
       │                 │  └──┼──── leave ───────┘  └── offer failed┘  │                  │
       │                 └─────┼──── agent left ◀───────────────────────┼──────────────────┘
       │ end                   │ end                                    │
       ▼                       ▼                                        ▼ end (from every state)
     ENDED ◀───────────────────┴────────────────────────────────────────┘

In each state it has one owner: the script (ARRIVED, SELF_SERVICE), a queue (QUEUED), an agent (OFFERED, CONNECTED), nobody (ENDED).
"""

from collections.abc import Coroutine
from enum import Enum
from types import MappingProxyType
from typing import Any

from attrs import define, field

from appliance.core.timers import Timer
from hal.api import Cause

__all__ = ["TABLE", "Contact", "ContactState", "next_state"]


class ContactState(Enum):
    """Where a contact is."""

    __hash__ = object.__hash__  # by identity, in C: these are the keys of hot tables, and no set of them is ever iterated

    ARRIVED = "arrived"
    SELF_SERVICE = "self-service"
    QUEUED = "queued"
    OFFERED = "offered"
    CONNECTED = "connected"
    ENDED = "ended"


_S = ContactState
TABLE = MappingProxyType(
    {
        (_S.ARRIVED, "begin"): _S.SELF_SERVICE,
        (_S.ARRIVED, "end"): _S.ENDED,
        (_S.SELF_SERVICE, "enqueue"): _S.QUEUED,
        (_S.SELF_SERVICE, "end"): _S.ENDED,
        (_S.QUEUED, "offer"): _S.OFFERED,
        (_S.QUEUED, "leave"): _S.SELF_SERVICE,
        (_S.QUEUED, "end"): _S.ENDED,
        (_S.OFFERED, "offer failed"): _S.QUEUED,
        (_S.OFFERED, "connect"): _S.CONNECTED,
        (_S.OFFERED, "end"): _S.ENDED,
        (_S.CONNECTED, "agent left"): _S.SELF_SERVICE,
        (_S.CONNECTED, "end"): _S.ENDED,
    }
)


def next_state(state: ContactState, trigger: str) -> ContactState:
    """The state after a trigger.

    Raises:
        KeyError: the trigger does not exist in this state: a mistake of ours.

    """
    return TABLE[(state, trigger)]


@define(eq=False)
class Contact:
    """What the core knows of a contact."""

    id: str
    line: str
    leg: str
    """The caller's leg; empty once it is released."""
    ani: str
    dnis: str
    language: str
    arrived_at: float
    station: str = ""
    """The station that calls; empty for a customer."""
    wall_offset: float = 0.0
    """Wall clock minus engine time as it arrived: its record stays consistent when the machine's clock is moved meanwhile."""
    internal: bool = False
    """A phone dialling a code: no customer, no call record."""
    state: ContactState = ContactState.ARRIVED
    stage: str = "arrived"
    stage_at: float = 0.0
    keys: str = ""
    queue: str = ""
    agent: str = ""
    """The agent it is offered to or served by; later the one who served it last."""
    agent_leg: str = ""
    answered_at: float | None = None
    queued_at: float | None = None
    connected_at: float | None = None
    talk_since: float | None = None
    wait_since: float | None = None
    wait_s: float | None = None
    talk_s: float = 0.0
    cause: Cause = Cause.NORMAL_CLEARING
    outcome: str = ""
    place: tuple[float, int] = (0.0, 0)
    """Order in the queue: kept when an offer fails."""
    overdue: Any = None
    """The overflow that is due, while an offer that may yet succeed holds it back."""
    timers: list[Timer] = field(factory=list)
    """Overflow timers of the present stay in a queue."""
    recordings: int = 0
    recording: str = ""
    """The recording going on."""
    script: Coroutine[Any, Any, None] | None = None
    waiting: tuple[type, ...] = ()
    """Types of what the script waits for; empty while it runs or is over."""
    wait_timer: Timer | None = None
    typed: list[str] = field(factory=list)
    """Keys pressed and not yet asked for (type-ahead)."""
