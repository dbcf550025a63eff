"""The contract between the shell and a backend."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, ClassVar, Protocol

from hal.api.capability import Capability
from hal.api.commands import Command
from hal.api.errors import UnsupportedCommand
from hal.api.events import Event
from hal.api.value import value

__all__ = ["Backend", "Group", "Line", "LineSetup", "Sink", "check_supported"]

Sink = Callable[[Event], None]
"""Where a line delivers its events: synchronous, never raises, may be called from within `submit`.

There is no queue in between and so none that can overflow: a backend reads its far side only as fast as the sink returns.
"""


@value
class LineSetup:
    """What a backend gets to open a line."""

    name: str
    settings: Any
    """An instance of the backend's `settings` class, as the site file gave it."""
    sink: Sink
    data_dir: Path
    """Where sockets and passing files may be made."""
    secret: Callable[[str], str | None] = lambda _name: None
    """Looks a secret up by name (`station:8001`, `trunk:telecom`); None: there is none."""


@value
class Group:
    """A part of a line as an operator looks at it: channels that go together, as a trunk, a span, ports; or a link that all depends on."""

    name: str
    busy: int = 0
    """Channels in use."""
    channels: int = 0
    """How many there are; 0: as many as are needed, or it has none."""
    blocked: int = 0
    """Of these, how many nobody can use now."""
    state: str = ""
    """What there is to say of it besides: where it leads, what is wrong with it."""


class Line(Protocol):
    """An open line. It lives inside the `async with` of `Backend.open`; its tasks and processes die with that block."""

    name: str
    capabilities: Capability

    def submit(self, command: Command) -> None:
        """Accept a command at once, without waiting; its outcome comes as an event.

        Raises:
            UnsupportedCommand: the line lacks the capability `command.needs`.

        """

    def groups(self) -> tuple[Group, ...]:
        """Its parts as they are now, always the same ones in the same order."""


class Backend(Protocol):
    """A kind of hardware. Third parties add one by the entry point group `hotline.backends`."""

    name: ClassVar[str]
    settings: ClassVar[type]
    """attrs class of the `[lines.NAME]` table, `backend` left out."""

    def open(self, setup: LineSetup) -> AbstractAsyncContextManager[Line]:
        """Open a line; a fault later is raised out of the block as `LineFault`.

        Raises:
            LineFault: it cannot be opened; the message says why and what to do.

        """


def check_supported(line: Line, command: Command) -> None:
    """Raise `UnsupportedCommand` unless the line has what the command needs."""
    if command.needs not in line.capabilities:
        raise UnsupportedCommand(line.name, type(command).__name__, line.capabilities)
