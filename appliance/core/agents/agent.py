"""An agent, and the one table of agent states.

                     log-in                     offer               alert
    LOGGED_OUT ───────────────▶ READY ───────────────▶ OFFERED ─────────────▶ RINGING
        ▲                       ▲ ▲ ▲                   │ │ │                  │ │ │
        │ log-out               │ │ └─── withdraw ──────┘ │ └─── connect ──┐   │ │ │ (as OFFERED)
        │ (from everywhere)     │ │                       │ refuse         ▼   ▼ ▼ ▼
        │                       │ └──── ready ────┐       │              ON_CALL ◀── dial ── READY, NOT_READY, WRAP_UP
        │                       │                 │       ▼                │ wrap-up
        │                       └── ready ─── WRAP_UP   NOT_READY          │
        │                                         ▲       ▲                │   (back: to the state from which he was offered or dialled)
        └─────────────────────────────────────────┴───────┴── back ────────┘   (also: not-ready, log-out, when asked for meanwhile)

WORKING is READY with contacts of other media in hand (write, put down). Out of both he is offered contacts of his queues; out of
NOT_READY only what is meant for him by name (a consultation, a transfer). Who logs in at a switch's phone begins there (log-in paused).
What an agent asks for while a call is offered or on is remembered in `wanted` and done when the call is over. A log-out, and a pause that
somebody else puts him in, end an offer at once.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from attrs import define, field

from appliance.core.plan import AgentPlan
from appliance.core.queues.skills import Needs
from appliance.core.timers import Timer

__all__ = ["BUSY", "FREE", "RUNG", "TABLE", "Agent", "AgentState", "next_state"]


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
    WORKING = "working"
    """Serves contacts of other media than voice; otherwise as READY."""


_S = AgentState
_BUSY = (_S.OFFERED, _S.RINGING, _S.ON_CALL)
TABLE = MappingProxyType(
    {
        (_S.LOGGED_OUT, "log-in"): _S.READY,
        (_S.LOGGED_OUT, "log-in paused"): _S.NOT_READY,
        (_S.READY, "write"): _S.WORKING,
        (_S.WORKING, "put down"): _S.READY,
        (_S.WORKING, "offer"): _S.OFFERED,
        (_S.WORKING, "dial"): _S.ON_CALL,
        (_S.READY, "offer"): _S.OFFERED,
        (_S.NOT_READY, "offer"): _S.OFFERED,
        (_S.READY, "dial"): _S.ON_CALL,
        (_S.NOT_READY, "dial"): _S.ON_CALL,
        (_S.WRAP_UP, "dial"): _S.ON_CALL,
        (_S.OFFERED, "alert"): _S.RINGING,
        (_S.OFFERED, "connect"): _S.ON_CALL,
        (_S.RINGING, "connect"): _S.ON_CALL,
        (_S.OFFERED, "refuse"): _S.NOT_READY,
        (_S.RINGING, "refuse"): _S.NOT_READY,
        (_S.OFFERED, "rest"): _S.NOT_READY,
        (_S.RINGING, "rest"): _S.NOT_READY,
        (_S.ON_CALL, "wrap-up"): _S.WRAP_UP,
        (_S.READY, "resume wrap-up"): _S.WRAP_UP,
        (_S.WRAP_UP, "ready"): _S.READY,
        (_S.NOT_READY, "ready"): _S.READY,
        (_S.NOT_READY, "rested"): _S.READY,
        **{(busy, "back to ready"): _S.READY for busy in _BUSY},
        **{(busy, "back to wrap-up"): _S.WRAP_UP for busy in _BUSY},
        **{(state, "not-ready"): _S.NOT_READY for state in (_S.READY, _S.WORKING, _S.WRAP_UP, _S.NOT_READY, *_BUSY)},
        **{(state, "log-out"): _S.LOGGED_OUT for state in (_S.READY, _S.WORKING, _S.WRAP_UP, _S.NOT_READY, *_BUSY)},
    }
)

_NOTHING_S = 0.001
BUSY = frozenset(_BUSY)
"""States in which the agent belongs to a contact."""
RUNG = frozenset({_S.OFFERED, _S.RINGING})
"""States in which his phone rings, or is about to."""
FREE = frozenset({_S.READY, _S.WORKING})
"""States in which he can be offered one."""


def next_state(state: AgentState, trigger: str) -> AgentState | None:
    """The state after a trigger; None when it does not apply in this state."""
    return TABLE.get((state, trigger))


@define(eq=False)
class Agent:
    """What the core knows of an agent."""

    id: str
    plan: AgentPlan
    index: int = 0
    """Place in the plan: the order of the strategies `linear` and `circular`."""
    ranks: tuple[tuple[int, str], ...] = ()
    """The queues served now, best rank first."""
    weights: Mapping[str, int] = field(factory=dict)
    """Queue -> share, for the strategy `weighted-random`."""
    state: AgentState = AgentState.LOGGED_OUT
    since: float = 0.0
    idle_since: float = 0.0
    """When he last finished serving a contact, logged in or came back; offers that came to nothing and consultations do not move it."""
    logged_in_at: float = 0.0
    reason: str = ""
    station: str = ""
    """The phone in use; empty when logged out."""
    contact: str = ""
    """ID of the contact the agent belongs to: only in the BUSY states, and in WRAP_UP the one just served."""
    written: dict[str, bool] = field(factory=dict)
    """Contacts of other media: offered (False) or in hand (True)."""
    wanted: tuple[str, str] | None = None
    """`not-ready` or `log-out`, and the reason, to be done when the call is over, or, after a restart, when it is known to be."""
    back: tuple[str, str, float] = ("ready", "", 0.0)
    """The state out of which he was offered or dialled, its reason, and what was left of his wrap-up in seconds."""
    pause: str | None = None
    """The reason of the pause that he goes back to after his wrap-up; None: there is none."""
    entries: dict[str, tuple[float, ...]] = field(factory=dict)
    """Queue -> his entry among those who can be offered a contact; empty: cannot."""
    timer: Timer | None = None
    """Ring time-out, or end of wrap-up."""
    wrap_up_ends: float = 0.0
    wrap_up_limit: float = 0.0
    """The latest end that extensions can give it."""
    resting: bool = False
    """Not ready for a few seconds, after an offer that he let go by or that did not reach him."""
    missed: int = 0
    """Offers let go by, one after the other."""
    served: dict[str, int] = field(factory=dict)
    """Queue -> contacts answered since the log-in."""
    seconds: dict[AgentState, float] = field(factory=dict)
    """Time spent in each state since the log-in, the current stretch not included."""
    suits: dict[Needs, bool] = field(factory=dict)
    """What is known of his fitness, by expression."""
    help_asked: float | None = None
    """Since when he asks for help."""
    help_why: str = ""
    kept: tuple[object, ...] = ()
    """What his row has, see `appliance.core.agents.kept`."""
    beyond_reach: bool = False
    """His phone has been out of reach for longer than a restart explains: to callers he is not there."""
    reach_timer: Timer | None = None
    """When his phone, out of reach now, will have been so for too long."""

    @property
    def away(self) -> bool:
        """Whether he serves nobody for the time being: logged out, or in a pause that does not end by itself."""
        return self.state is AgentState.LOGGED_OUT or (self.state is AgentState.NOT_READY and not self.resting)

    def away_for(self, voice: bool) -> bool:
        """Whether he serves no callers, or, not `voice`, no contacts of other media, for which he needs no phone."""
        return self.away or (voice and self.beyond_reach)

    def unaccounted_s(self, now: float) -> float:
        """Seconds since the log-in that belong to no state, or, below zero, to two; nothing but a mistake of ours makes any."""
        off_s = now - self.logged_in_at - sum(self.seconds.values()) - (now - self.since)
        return off_s if abs(off_s) > _NOTHING_S else 0.0

    def meets(self, needs: Needs) -> bool:
        """Whether his skills meet an expression."""
        known = self.suits.get(needs)
        if known is None:
            known = self.suits[needs] = needs.suits(self.plan.skills)
        return known
