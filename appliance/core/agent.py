"""An agent, and the one table of agent states.

                     log-in                     offer               alert
    LOGGED_OUT ───────────────▶ READY ───────────────▶ OFFERED ─────────────▶ RINGING
        ▲                       ▲ ▲ ▲                   │ │ │                  │ │ │
        │ log-out               │ │ └─── withdraw ──────┘ │ └─── connect ──┐   │ │ │ (as OFFERED)
        │ (READY, WRAP_UP,      │ │                       │ refuse         ▼   ▼ ▼ ▼
        │  NOT_READY)           │ └──── ready ────┐       │              ON_CALL
        │                       │                 │       ▼                │ end
        │                       └── ready ─── WRAP_UP   NOT_READY ◀──┐     │ (without wrap-up: straight to READY)
        └────────────────────────────────────────┴──────────┘        │     ▼
                                          not-ready (READY, WRAP_UP) ┘   WRAP_UP

What an agent asks for while a call is offered or on is remembered in `wanted` and done when the call is over.
"""

from enum import Enum
from types import MappingProxyType

from attrs import define, field

from appliance.core.plan import AgentPlan
from appliance.core.timers import Timer

__all__ = ["BUSY", "TABLE", "Agent", "AgentState", "next_state"]


class AgentState(Enum):
    """What an agent is doing; every second of his day belongs to exactly one of these."""

    __hash__ = object.__hash__  # by identity, in C: these are the keys of hot tables, and no set of them is ever iterated

    LOGGED_OUT = "logged-out"
    READY = "ready"
    OFFERED = "offered"
    RINGING = "ringing"
    ON_CALL = "on-call"
    WRAP_UP = "wrap-up"
    NOT_READY = "not-ready"


_S = AgentState
TABLE = MappingProxyType(
    {
        (_S.LOGGED_OUT, "log-in"): _S.READY,
        (_S.READY, "not-ready"): _S.NOT_READY,
        (_S.READY, "log-out"): _S.LOGGED_OUT,
        (_S.READY, "offer"): _S.OFFERED,
        (_S.OFFERED, "alert"): _S.RINGING,
        (_S.OFFERED, "connect"): _S.ON_CALL,
        (_S.OFFERED, "withdraw"): _S.READY,
        (_S.OFFERED, "refuse"): _S.NOT_READY,
        (_S.RINGING, "connect"): _S.ON_CALL,
        (_S.RINGING, "withdraw"): _S.READY,
        (_S.RINGING, "refuse"): _S.NOT_READY,
        (_S.ON_CALL, "end"): _S.WRAP_UP,
        (_S.ON_CALL, "end without wrap-up"): _S.READY,
        (_S.WRAP_UP, "ready"): _S.READY,
        (_S.WRAP_UP, "not-ready"): _S.NOT_READY,
        (_S.WRAP_UP, "log-out"): _S.LOGGED_OUT,
        (_S.NOT_READY, "ready"): _S.READY,
        (_S.NOT_READY, "not-ready"): _S.NOT_READY,
        (_S.NOT_READY, "log-out"): _S.LOGGED_OUT,
    }
)

BUSY = frozenset({_S.OFFERED, _S.RINGING, _S.ON_CALL})
"""States in which the agent belongs to a contact."""


def next_state(state: AgentState, trigger: str) -> AgentState | None:
    """The state after a trigger; None when it does not apply in this state."""
    return TABLE.get((state, trigger))


@define(eq=False)
class Agent:
    """What the core knows of an agent."""

    id: str
    plan: AgentPlan
    ranks: tuple[tuple[int, str], ...]
    """The queues served, best rank first."""
    state: AgentState = AgentState.LOGGED_OUT
    since: float = 0.0
    reason: str = ""
    station: str = ""
    """The phone in use; empty when logged out."""
    contact: str = ""
    """ID of the contact the agent belongs to: only in the BUSY states, and in WRAP_UP the one just served."""
    wanted: tuple[str, str] | None = None
    """`not-ready` or `log-out`, and the reason, to be done when the call is over."""
    idle_key: tuple[float, int] | None = None
    """Place among those who can be offered a contact; None: cannot."""
    timer: Timer | None = None
    """Ring time-out, or end of wrap-up."""
    seconds: dict[AgentState, float] = field(factory=dict)
    """Time spent in each state since the log-in, the current stretch not included."""
