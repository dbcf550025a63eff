"""What is kept of one customer's interaction: its row, its legs, its story."""

from typing import ClassVar

from appliance.core.records.record import Record
from hal.api import value

__all__ = ["CallEvent", "Contact", "Leg"]


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
