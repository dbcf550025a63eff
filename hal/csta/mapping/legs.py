"""The legs of a line at a switch, as the core knows them.

A customer of whom something has changed that the next run has to know (`adopting`) is in `changed`; every time at which something is due
for one of his legs is in `due`, a heap, and stays there though it is not due any more. Both are shared by all of a line.
"""

import heapq
from enum import Enum
from typing import Any

import attrs

from hal.api import Play

__all__ = ["AgentLeg", "AgentStage", "Customer", "Recorder", "Stage"]


class Stage(Enum):
    """Where a customer's call is."""

    OFFERED = "offered"
    ROUTED = "routed"
    """To a port, where it has not come in yet."""
    AT_PORT = "at port"
    TALKING = "talking"
    PARKING = "parking"
    """On the way back to a port."""


class AgentStage(Enum):
    """Where an agent's leg is."""

    WANTED = "wanted"
    """He cannot be called yet: the customer is on his way to a port, or the phone to call him from does something else."""
    ASKED = "asked"
    RINGING = "ringing"
    UP = "up"
    """He has answered, apart from the customer: at the port, or asked for advice by another."""
    JOINING = "joining"
    TALKING = "talking"
    GIVEN = "given"
    """He has given the customer away by his phone's own keys; to whom is not seen yet."""


def _changes(leg: "Customer | AgentLeg | Recorder", _attribute: "attrs.Attribute[Any]", value: Any) -> Any:
    customer = leg if isinstance(leg, Customer) else leg.customer
    customer.changed[customer.id] = None
    return value


def _due(leg: "Customer | AgentLeg | Recorder", _attribute: "attrs.Attribute[Any]", value: Any) -> Any:
    customer = leg if isinstance(leg, Customer) else leg.customer
    if value is not None:
        heapq.heappush(customer.due, value)
    return value


@attrs.define(eq=False)
class Customer:
    """A call that the switch asked about, or somebody whom an agent calls."""

    id: str
    call: str = attrs.field(on_setattr=_changes)
    cross_ref: str
    register: str | None
    changed: dict[str, None]
    due: list[float]
    ani: str = ""
    dnis: str = ""
    stage: Stage = Stage.OFFERED
    port: str = attrs.field(default="", on_setattr=_changes)
    voice: str = attrs.field(default="", on_setattr=_changes)
    """The voice line's leg at the port, once it has come in."""
    is_up: bool = attrs.field(default=False, on_setattr=_changes)
    """The core was told `Answered`."""
    ends: bool = False
    """The core has released it."""
    late_at: float | None = attrs.field(default=None, on_setattr=_due)
    """When it has to have come in at its port."""
    play: Play | None = None
    """What the core wants him to hear, while that goes on."""
    voice_play: int = 0
    """Number of the voice line's play; 0: he hears nothing of ours."""
    plays: int = 0
    agent: "AgentLeg | None" = attrs.field(default=None, on_setattr=_changes)
    waits: "AgentLeg | None" = None
    """Who is to be called as soon as the one before him is out of the way."""
    returns: bool = False
    """The switch has been asked to bring him back to his port."""
    device: str = ""
    """What he is called in his call, once that is known."""
    given: str = ""
    """The phone that he was given to by another's own keys."""


@attrs.define(eq=False)
class AgentLeg:
    """An agent who is called for a customer, or anybody else."""

    id: str
    station: str
    """His phone; empty: it is none of ours."""
    customer: Customer
    ani: str
    call: str = ""
    """The switch's call: the consultation, then the conversation."""
    stage: AgentStage = attrs.field(default=AgentStage.WANTED, on_setattr=_changes)
    leaves_at: float | None = attrs.field(default=None, on_setattr=_due)
    """The core has released him out of a conversation; whether the customer goes, too, is known then."""
    ends: bool = False
    """The core has released it, and the switch has still to do so."""
    is_held: bool = False
    """He has put the customer on hold at his phone."""
    dialled: str = ""
    """What the switch dials for him."""
    device: str = ""
    """What he is called in his call, once that is known."""
    by: "AgentLeg | None" = None
    """Who asks him for advice, in a call beside that with the customer."""
    asks: "AgentLeg | None" = None
    """Whom he asks for advice."""
    holds: bool = attrs.field(default=False, on_setattr=_changes)
    """The switch was asked to hold his call: that with the customer, or of who is asked that with who asks him."""
    moves: tuple[bool, bool] | None = None
    """The switch is asked to hold, or not, the call with the customer, and that with who is asked; None: it is not."""
    unsure: bool = False
    """How his calls are is known when his phone is looked at the next time."""
    refused: int = 0
    """How often in a row the switch has refused what was asked of his phone."""
    then: str = ""
    """Whom his phone dials when he has picked up: the customer-to-be."""


@attrs.define(eq=False)
class Recorder:
    """A recording port in a conversation."""

    port: str
    customer: Customer
    voice: str = ""
    is_up: bool = attrs.field(default=False, on_setattr=_changes)
    late_at: float | None = attrs.field(default=None, on_setattr=_due)
    """When it has to have joined."""
