"""What the mapping wants done, and where."""

from collections.abc import Hashable

from hal.api import Command, Event, value
from hal.csta.messages import Message, Request

__all__ = ["Ask", "Keep", "Kept", "LookAt", "Output", "Say", "Tell", "Voice"]


@value
class Output:
    """Base of them."""


@value
class Ask(Output):
    """A request to the switch; its answer comes back with the handle."""

    handle: Hashable
    request: Request


@value
class Tell(Output):
    """A message to the switch that has no answer."""

    message: Message


@value
class LookAt(Output):
    """Take a snapshot of a device."""

    device: str


@value
class Voice(Output):
    """A command for the voice line."""

    command: Command


@value
class Say(Output):
    """An event for the core."""

    event: Event


@value
class Kept:
    """A caller at a port, or in a conversation: what the next run has to know of him."""

    leg: str
    ani: str
    dnis: str
    call: str
    is_up: bool
    is_held: bool
    port: str = ""
    voice: str = ""
    """The voice line's leg at the port, once it has come in."""
    agent: str = ""
    """The agent's leg; empty: there is no conversation."""
    station: str = ""
    joins: bool = False
    """The switch was asked to join the two: they talk by now, or he is at his port still."""
    recording_port: str = ""


@value
class Keep(Output):
    """Keep this for the next run, and nothing of what was kept before."""

    rows: tuple[Kept, ...]
