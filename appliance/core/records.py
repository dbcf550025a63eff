"""What the core asks to be kept: one class per table of the store, one object per row.

Times (`*_at`) are seconds since the epoch, UTC; durations (`*_s`) are seconds. A row is written again whole when its key comes again.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from hal.api import value

__all__ = [
    "SERVED",
    "Agent",
    "AgentState",
    "Alarm",
    "Audit",
    "CallEvent",
    "Closure",
    "Contact",
    "Decision",
    "Expectation",
    "Leg",
    "ListedCaller",
    "NodeVisit",
    "Outgoing",
    "PollAnswer",
    "Record",
    "Recording",
    "Ticket",
    "as_json",
    "from_json",
]


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
    """Empty while it lasts, then one of `answered abandoned self-served message blocked lost unreached`."""
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
    """Q.850 cause of the release. `answered` with 27, 38 or 41 was cut off: nobody hung up, we or the network lost it."""
    keys: str = ""
    """Keys pressed in self service, oldest first."""
    line: str = ""
    """The line it came in on."""
    leg: str = ""
    """The customer's leg as that line names it, while it lasts: how a restarted core finds the call again."""
    direction: str = "in"
    """`in`; `out`: the centre called the customer, whose number is `ani`; `between`: two agents."""
    priority: int = 0
    vip: bool = False
    place_at: float | None = None
    """Where it stands in its queue: the moment it came there, less its head start."""
    only: str = ""
    """The one agent it waits for, for the time being."""
    call_back: str = ""
    """The number it waits to be called back on."""
    attempts: int = 0
    """How often it was called back already."""
    origin: str = ""
    """The contact it goes back to: a call-back of one that was lost."""
    ewt_low_s: float | None = None
    """The expected wait as it was first stated, from `queued_at` + `ewt_after_s` on: at least."""
    ewt_high_s: float | None = None
    """At most; empty: it was open above, or nothing was stated."""
    ewt_after_s: float | None = None
    """How long it had waited, in whatever queues, when that was stated."""
    data: str = ""
    """What is known of the matter, as a JSON object of texts; it goes along with every transfer."""
    parties: str = ""
    """Who is in its conversation, as a JSON list of [leg, role, agent, room, aside, mode, watches, hold], for a restarted core."""
    agents: str = ""
    """All agents who have talked with the customer, in their order, with a space between them."""
    only_until_at: float | None = None
    """Until when, at most, it waits for that one agent."""
    home: str = ""
    """The centre's queue it was in last: where it goes back to when the agent it waits for by name does not take it."""
    home_place_at: float | None = None
    """Where it stood there, as `place_at`."""
    given_by: str = ""
    """The agent who has given the customer away, until somebody has taken him."""
    manager_wanted: bool | None = None
    """Whether the customer wants his account manager; empty: he was not asked."""
    on_demand: bool = False
    """Recorded because somebody asked for it."""
    recorded_for: int = 0
    """The highest level of who asked for it - 0 agent, 1 supervisor, 2 duty manager, 3 operator: nobody below may stop it."""
    ewt_basis: str = ""
    """What the first statement rested on, as a JSON list of [mean, shape, share that may miss, queue that told it]; empty: not judged."""
    nodes: str = ""
    """Where it stands in call flows: FLOW/NODE, and after a space the node of the flow that is called there."""
    flow_version: str = ""
    """Of the flow it stands in, or stood in last."""
    variables: str = ""
    """What flows have asked, looked up and set, as JSON; secrets are left out."""


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
class Decision(Record):
    """Why this agent was rung for a contact, and the others were not: written at each offer."""

    table: ClassVar = "decisions"
    key: ClassVar = ()

    contact: str
    at: float
    queue: str
    strategy: str
    chosen: str
    """Agents rung, in order; empty: nobody could be."""
    candidates: str
    """Agents who were free and could serve it, best first, each as `AGENT rank R figure F`, separated by `; `; at most twenty of them."""
    excluded: str
    """Agents who were free and could not serve it, each as `AGENT reason`, separated by `; `; at most twenty."""
    more: int
    """How many more there were of both, which are not written down."""


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
    until_at: float | None = None
    """When it ends by itself: wrap-up, or the few seconds of rest after an offer that came to nothing."""


@value
class Agent(Record):
    """What a restart needs to know of an agent besides his state: as it was when it last changed."""

    table: ClassVar = "agents"
    key: ClassVar = ("agent",)

    agent: str
    at: float
    """When this was written."""
    idle_at: float
    """When he last finished serving a contact, logged in or came back."""
    seconds: str = ""
    """Seconds in each state since the log-in, up to `at`, as a JSON object; the appliance's own downtime is in none."""
    served: str = ""
    """Contacts answered since the log-in, by queue, as a JSON object."""
    missed: int = 0
    """Offers let go by, one after the other."""
    wanted: str = ""
    """`not-ready` or `log-out`, asked for during a call: done when it is over."""
    wanted_reason: str = ""
    back: str = ""
    """Of an agent in a call, or in wrap-up after it: out of which state he was called, as a JSON list of [state, reason, seconds left of
    wrap-up, seconds that it could still be extended by]; empty: he was free."""
    wrap_up_limit_at: float | None = None
    """The latest end that extensions can give his wrap-up."""
    help_at: float | None = None
    """Since when he asks for help; empty: he does not."""
    help_why: str = ""


@value
class Expectation(Record):
    """What a queue has learnt of how long its contacts wait, and how well what they were told came true; one row for each medium."""

    table: ClassVar = "expectations"
    key: ClassVar = ("queue", "medium")

    queue: str
    medium: str
    at: float
    """When this was written."""
    told: int
    """Served contacts that had been told how long they would wait, since they are counted."""
    held: int
    """Of these, whose wait was inside what they were told first."""
    learnt: str
    """For the core itself, as a JSON list."""


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


SERVED = "served"
"""How a node is left that has put a caller through to somebody, when the call ends with that."""


@value
class NodeVisit(Record):
    """A caller was in one node of a call flow (IVR-12); written as he leaves it."""

    table: ClassVar = "node_visits"
    key: ClassVar = ()

    contact: str
    at: float
    """When he left it."""
    flow: str
    version: str
    node: str
    left_by: str
    """The key, condition or word that led on - `1`, `otherwise`, `queue:bills` -, `idle`, `trouble`, or its end: `served`, `hung up`."""
    stayed_s: float
    timeouts: int = 0
    errors: int = 0


@value
class PollAnswer(Record):
    """One answer in a poll or survey (IVR-10), with who had served the caller last, and the queue he had asked for; empty: nobody had."""

    table: ClassVar = "poll_answers"
    key: ClassVar = ()

    contact: str
    at: float
    poll: str
    question: str
    answer: str
    agent: str = ""
    queue: str = ""


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


@value
class ListedCaller(Record):
    """A caller's number, or the beginning of numbers, that was listed while running: the newest word about it."""

    table: ClassVar = "listed_callers"
    key: ClassVar = ("number",)

    number: str
    """As it was written; `95*` is every number that begins so."""
    kind: str
    """`block allow vip`, or `removed`: it is not listed any more."""
    at: float
    who: str = ""
    why: str = ""
    until_at: float | None = None
    """When that ends by itself."""
    priority: int = 0
    """Of a VIP's calls."""
    name: str = ""
    """Who it is."""


@value
class Closure(Record):
    """A service number that an operator closed, or opened again, whatever its hours say: the newest word about it."""

    table: ClassVar = "closures"
    key: ClassVar = ("number",)

    number: str
    """`all`: the whole centre."""
    at: float
    who: str = ""
    why: str = ""
    until_at: float | None = None
    """When it opens by itself."""
    say: str = ""
    """The prompt that callers hear instead of the usual words."""
    onward: str = ""
    """Where their calls go after that, as a site file writes it; empty: where calls go out of hours."""
    open: bool = False
    """It is open again."""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=float).encode  # an exact number as its figure


def as_json(content: Mapping[str, object] | Sequence[object]) -> str:
    """A column that holds more than one thing."""
    return _encode(content)


def from_json(text: str, otherwise: Any) -> Any:
    """What a column holds; `otherwise` when it holds nothing."""
    return json.loads(text) if text else otherwise
