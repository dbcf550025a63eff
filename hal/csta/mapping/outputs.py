"""What the mapping wants done, and where."""

from collections.abc import Hashable

from hal.api import Command, Event, value
from hal.csta.messages import Message, Request

__all__ = ["Ask", "LookAt", "Output", "Say", "Tell", "Voice"]


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
