"""A contact: one customer's interaction from arrival to disposition, and the one table of its states.

                begin                  enqueue             offer              connect
    ARRIVED ─────────▶ SELF_SERVICE ───────────▶ QUEUED ──────────▶ OFFERED ──────────▶ CONNECTED ◀─ connect ─ ARRIVED (an agent calls)
       │                 ▲  ▲  ▲ │                │  ▲               │  │                  │  │
       │                 │  │  └─┼──── leave ─────┘  └── offer failed┘  │                  │  │ go outside
       │                 │  └────┼──── agent left ◀─────────────────────┼──────────────────┘  ▼
       │                 └───────┼──── outside left ◀───────────────────┼──────────────── OUTSIDE ◀─ go outside ─ SELF_SERVICE
       │ end                     │ end                                  │                     │
       ▼                         ▼                                      ▼                     ▼ end (from every state)
     ENDED ◀─────────────────────┴──────────────────────────────────────┴─────────────────────┘

Each state has one owner: the script (ARRIVED, SELF_SERVICE, OUTSIDE), a queue (QUEUED, OFFERED), an agent (CONNECTED), nobody (ENDED).
Who takes part in its conversation, on hold, in consultation or in conference, is in `parties` (`appliance.core.talks.conversation`).
"""

from collections.abc import Coroutine
from enum import Enum
from types import MappingProxyType
from typing import Any

from attrs import define, field

from appliance.core.plan import Choice
from appliance.core.queues.expected_wait import Quote
from appliance.core.talks.conversation import Party
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
    OUTSIDE = "outside"
    ENDED = "ended"


_S = ContactState
TABLE = MappingProxyType(
    {
        (_S.ARRIVED, "begin"): _S.SELF_SERVICE,
        (_S.ARRIVED, "connect"): _S.CONNECTED,
        (_S.ARRIVED, "end"): _S.ENDED,
        (_S.SELF_SERVICE, "enqueue"): _S.QUEUED,
        (_S.SELF_SERVICE, "connect"): _S.CONNECTED,
        (_S.SELF_SERVICE, "go outside"): _S.OUTSIDE,
        (_S.SELF_SERVICE, "end"): _S.ENDED,
        (_S.QUEUED, "offer"): _S.OFFERED,
        (_S.QUEUED, "leave"): _S.SELF_SERVICE,
        (_S.QUEUED, "end"): _S.ENDED,
        (_S.OFFERED, "offer failed"): _S.QUEUED,
        (_S.OFFERED, "connect"): _S.CONNECTED,
        (_S.OFFERED, "end"): _S.ENDED,
        (_S.CONNECTED, "agent left"): _S.SELF_SERVICE,
        (_S.CONNECTED, "go outside"): _S.OUTSIDE,
        (_S.CONNECTED, "end"): _S.ENDED,
        (_S.OUTSIDE, "outside left"): _S.SELF_SERVICE,
        (_S.OUTSIDE, "end"): _S.ENDED,
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
    """The customer's leg; empty when there is none: not yet, not any more, or never (a call between agents)."""
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
    direction: str = "in"
    """`in`, `out` (an agent or a call-back called the customer), `between` (two agents)."""
    medium: str = "voice"
    data: dict[str, str] = field(factory=dict)
    """What is known of the customer's matter: filled by flows and agents, goes along with every transfer."""

    state: ContactState = ContactState.ARRIVED
    stage: str = "arrived"
    stage_at: float = 0.0
    keys: str = ""

    # -- in a call flow
    flows: Any = None
    """The plan as it was when it came to its first flow: it finishes with the flows, and their words, of that."""
    nodes: list[str] = field(factory=list)
    """Where it stands, as FLOW/NODE: the flow it came to first, and those called from there."""
    flow_version: str = ""
    """Of the flow it stands in, or stood in last."""
    variables: dict[str, Any] = field(factory=dict)
    """What flows have asked, looked up and set."""
    secrets: set[str] = field(factory=set)
    """Variables that are shown to nobody and kept nowhere."""
    key_at: float = 0.0
    """When the caller pressed a key or talked with somebody last; what keeps him from both moves it on."""
    idle: bool = False
    """Nothing was keyed since the flow sent him where it sends who keys nothing."""
    end_expected: tuple[str, float] = ("", 0.0)
    """A key that ends the digits keyed last, if it comes until then (engine time)."""
    surplus_until: float = 0.0
    """A digit that comes until then belongs to the secret that was keyed last, and is heard by nobody; 0: none does."""
    answers: dict[int, Any] = field(factory=dict)
    """Answers of the shell that have come while the script was busy, by token."""

    # -- in a queue
    queue: str = ""
    home: str = ""
    """The centre's queue it was in last, while it waits for an agent by name."""
    home_place: tuple[float, int] | None = None
    """Its place there."""
    manager_wanted: bool | None = None
    """Whether the customer wants his account manager; None: he was not asked yet."""
    priority: int = 0
    vip: bool = False
    place: tuple[float, int] = (0.0, 0)
    """Order among all who wait, smaller first: see `appliance.core.queues.waiting`. Kept when an offer fails."""
    only: str = ""
    """The one agent it waits for at the moment; empty: whoever can."""
    only_until: float = 0.0
    """Until when, at most (engine time); 0: it was for anybody from the beginning."""
    relaxed: int = 0
    """Which stage of the queue's demands it has come to by waiting."""
    lane: Any = None
    """The lane of the queue it stands in, see `appliance.core.waiting.Lane`."""
    offers: dict[str, str] = field(factory=dict)
    """Leg -> agent: the phones that ring for it now."""
    declined: list[str] = field(factory=list)
    """Agents who did not take it, of a contact of another medium: they are asked again after a while."""
    ring_timer: Timer | None = None
    """When an offer of a contact of another medium is over."""
    overdue: Any = None
    """The overflow that is due, while an offer that may yet succeed holds it back."""
    timers: list[Timer] = field(factory=list)
    """Of the present stay in a queue: overflow, relaxation, announcements."""
    hour_timers: list[Timer] = field(factory=list)
    """Of these, those that the wall clock sets."""
    quote: Quote | None = None
    """The expected wait as it was stated first, in whatever queue."""
    quoted_after_s: float | None = None
    """How long it had waited when that was stated."""
    owed_by: str = ""
    """The queue that stated it; empty: nothing is owed, or not any more. See `appliance.core.queues.promises`."""
    stated: Quote | None = None
    """The expected wait as it was stated last."""
    stated_in: str = ""
    """The queue that it was stated in."""
    stated_ahead: int = 0
    """How many were before him then: more now means that somebody was put before him."""
    call_back: str = ""
    """Number to call back: set while it waits without a caller."""
    attempts: int = 0
    """How often he was called back already."""

    # -- in conversation
    agent: str = ""
    """The agent who is responsible for it, or was last."""
    parties: dict[str, Party] = field(factory=dict)
    """Leg -> who takes part in the conversation."""
    kept_layout: tuple[tuple[object, ...], ...] = ()
    """The parties that the contact's row has."""
    kept_parties: str = ""
    """The same as the row has it."""
    heard: dict[str, tuple[str, ...]] = field(factory=dict)
    """Whom each leg hears, as the line was told last."""
    agents: list[str] = field(factory=list)
    """All agents who have talked with the customer, in their order."""
    agent_lost: bool = False
    """Nobody is with it any more in self service, though nobody hung up: an agent is sought when it is through."""
    in_flow: bool = False
    """An agent has sent the customer to self service and stays with him."""
    segments: dict[int, tuple[str, tuple[str, ...]]] = field(factory=dict)
    """Room -> recording going on there, and the legs in it."""
    given_by: str = ""
    """The agent who has given the customer away, until somebody has taken him: who does not take him leaves him to this agent again."""
    target: Choice | None = None
    """Whom an agent calls with it."""
    on_demand: bool = False
    """Recorded because somebody asked for it."""
    recorded_for: int = 0
    """The highest level of who asked for it, by its place in `LEVELS`, the operator above all: nobody below him stops it."""

    # -- moments and what came of it
    answered_at: float | None = None
    queued_at: float | None = None
    connected_at: float | None = None
    talk_since: float | None = None
    wait_since: float | None = None
    wait_s: float | None = None
    talk_s: float = 0.0
    cause: Cause = Cause.NORMAL_CLEARING
    outcome: str = ""
    origin: str = ""
    """The contact that it goes back to: a call-back of one that was lost."""
    recordings: int = 0
    recording: str = ""
    """The message that is being recorded."""

    # -- its script
    script: Coroutine[Any, Any, None] | None = None
    waiting: tuple[type, ...] = ()
    """Types of what the script waits for; empty while it runs or is over."""
    wait_timer: Timer | None = None
    listening: int = 0
    """Number of the listening that goes on; 0: none does."""
    speaking: bool = False
    """The caller speaks while he is listened to."""
    spoken: list[Any] = field(factory=list)
    """What was heard and not yet asked for, oldest first."""
    typed: list[str] = field(factory=list)
    """Keys pressed and not yet asked for (type-ahead)."""

    @property
    def cuts_in(self) -> bool:
        """Whether the caller has keyed or said something that waits to be asked for, or is just speaking: he need not hear more."""
        return bool(self.typed or self.spoken or self.speaking)

    @property
    def patient(self) -> bool:
        """Whether it can wait for ever, for nobody holds a line meanwhile: no overflow sends it away."""
        return bool(self.call_back) or self.medium == "message"
