"""What is kept of agents: their states by the second, and what a restart has to know."""

from typing import ClassVar

from appliance.core.records.record import Record
from hal.api import value

__all__ = ["Agent", "AgentState"]


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
