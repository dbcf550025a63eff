"""The backend of simulated lines and its settings."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from typing import ClassVar

import trio
from attrs import define, field

from hal.api import Capability, Cause, Line, LineFault, LineSetup
from hal.simulated.far_end import FarEnd
from hal.simulated.line import SimulatedLine

__all__ = ["ALL", "Schedule", "SimulatedBackend", "SimulatedSettings"]

ALL = (
    Capability.ANSWER | Capability.ORIGINATE | Capability.PLAY | Capability.DTMF | Capability.RECORD | Capability.MIX | Capability.HOLD
    | Capability.EARLY_MEDIA | Capability.TRANSFER | Capability.REGISTRAR | Capability.SPEECH | Capability.CONFERENCE
    | Capability.CAUSES | Capability.LISTING | Capability.OUTSIDE
)  # fmt: skip
"""Everything a simulated line can do."""

Schedule = Callable[[float, Callable[[], None]], object]
"""Calls something after so many seconds of the world's time."""


def _no_time(_file: str) -> float:
    return 0.0


def _always(_file: str) -> bool:
    return True


@define(eq=False, slots=True)
class SimulatedSettings:
    """The `[lines.NAME]` table of a simulated line; what is not written in a file is set by the world that opens the line."""

    channels: int = field(default=0, metadata={"doc": "calls to and from the network at the same time; 0: any number", "ge": 0})
    set_up_s: float = field(default=0.0, metadata={"doc": "from dialling until the other side knows", "ge": 0})
    answer_s: float = field(default=0.0, metadata={"doc": "from the answer until the caller has it and it is acknowledged", "ge": 0})
    prompt_start_s: float = field(default=0.0, metadata={"doc": "from the command to play until it sounds", "ge": 0})
    silence_s: float = field(
        default=60.0,
        metadata={"doc": "an answered call, not on hold, whose party has vanished is released after so long; 0: never", "ge": 0},
    )
    ban_after: int = field(default=0, metadata={"doc": "wrong passwords from one address until it is banned; 0: never", "ge": 0})
    understand_s: float = field(default=0.0, metadata={"doc": "from a word until it is understood", "ge": 0})
    misheard: float = field(default=0.0, metadata={"doc": "chance that a word is taken for another", "ge": 0, "le": 1})
    seed: int = field(default=1, metadata={"doc": "of the draws which words are misheard", "ge": 0})
    orphan_s: float = field(default=60.0, metadata={"doc": "how long calls go on without the appliance before they are ended", "gt": 0})
    trunk: str = field(default="", metadata={"doc": "name given to calls from the network; empty: the line's own"})
    capabilities: Capability = field(default=ALL, init=False)
    far_end: FarEnd | None = field(default=None, init=False)
    now: Callable[[], float] | None = field(default=None, init=False)
    """The world's time in seconds."""
    schedule: Schedule | None = field(default=None, init=False)
    duration_of: Callable[[str], float | None] = field(default=_no_time, init=False)
    """Length of a file in seconds; None: there is no such file."""
    writable: Callable[[str], bool] = field(default=_always, init=False)
    """Whether a recording can be written there."""
    numbers: Iterator[int] = field(factory=count, init=False)
    """Numbers of arriving legs; kept here, so that none comes again when the line is opened again."""
    core_dies: bool = field(default=False, init=False)
    """Whoever closes the line just now is a core that dies: its calls go on, and whoever opens it next finds them."""
    outlived: SimulatedLine | None = field(default=None, init=False)
    """The line of a core that has died."""
    unavailable: str = field(default="", init=False)
    """While not empty the line cannot be opened, and this is why."""

    def world(self) -> tuple[Callable[[], float], Schedule]:
        """The time the line lives in.

        Raises:
            LineFault: nobody has set it: such a line is only of use inside a simulation.

        """
        if self.now is None or self.schedule is None:
            raise LineFault("a simulated line has no time of its own: run it inside a simulation (./hotline sim run)")
        return self.now, self.schedule


class SimulatedBackend:
    """Lines without hardware; see the package's docstring for what they do not model."""

    name: ClassVar[str] = "simulated"
    settings: ClassVar[type] = SimulatedSettings

    def open(self, setup: LineSetup) -> AbstractAsyncContextManager[Line]:
        """Open a line; see `hal.api.Backend`."""
        return _open(setup)


@asynccontextmanager
async def _open(setup: LineSetup) -> AsyncIterator[Line]:
    settings: SimulatedSettings = setup.settings
    await trio.lowlevel.checkpoint()
    if settings.unavailable:
        raise LineFault(f"line '{setup.name}' cannot be opened: {settings.unavailable}")
    with trio.CancelScope() as scope:
        if (found := settings.outlived) is not None:
            line, settings.outlived = found, None
            line.found_again(setup, scope.cancel)
        else:
            line = SimulatedLine(setup, scope.cancel)
            if settings.far_end is not None:
                settings.far_end.opened(line)
        try:
            yield line
        finally:
            if settings.core_dies and line.is_open:
                settings.outlived = line
            else:
                line.shut(Cause.NORMAL_CLEARING)
    if line.fault:
        raise LineFault(f"line '{line.name}' broke: {line.fault}")
