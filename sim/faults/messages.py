"""Messages between a line and the core that come twice, for a time.

A backend in between: what it opens is the line itself but for what is told and commanded. What a line still has when it opens is told once.
Lost messages are not modelled here: the socket between a media worker and its core loses none. A switch's link does (`sim.switched`).
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random
from typing import ClassVar

from attrs import evolve

from hal.api import Adopted, Backend, Capability, Command, Event, Group, Line, LineSetup, StationRegistered

__all__ = ["Between", "Unsure"]

_ONCE = (Adopted, StationRegistered)


class Unsure:
    """How often messages of one line arrive."""

    def __init__(self, chance: Random) -> None:
        """Once, until something is set."""
        self.doubled = 0.0
        """Share of the messages that come twice."""
        self._chance = chance

    def times(self) -> int:
        """How often the next message arrives."""
        return 2 if self.doubled and self._chance.random() < self.doubled else 1


class Between:
    """A backend whose lines are heard and told as surely as `unsure` says."""

    name: ClassVar[str] = "between"
    settings: ClassVar[type] = object

    def __init__(self, backend: Backend, unsure: Unsure) -> None:
        """Open lines by this backend."""
        self._backend, self._unsure = backend, unsure

    def open(self, setup: LineSetup) -> AbstractAsyncContextManager[Line]:
        """See `Backend`."""
        return self._open(setup)

    @asynccontextmanager
    async def _open(self, setup: LineSetup) -> AsyncIterator[Line]:
        unsure, sink = self._unsure, setup.sink

        def heard(event: Event) -> None:
            for _ in range(1 if isinstance(event, _ONCE) else unsure.times()):
                sink(event)

        async with self._backend.open(evolve(setup, sink=heard)) as line:
            yield _Told(line, unsure)


class _Told:
    """The line, as it is told what to do."""

    def __init__(self, line: Line, unsure: Unsure) -> None:
        self._line, self._unsure = line, unsure
        self.name = line.name

    @property
    def capabilities(self) -> Capability:
        return self._line.capabilities

    @capabilities.setter
    def capabilities(self, _capabilities: Capability) -> None:
        raise AttributeError("a line's capabilities are its own")

    def groups(self) -> tuple[Group, ...]:
        return self._line.groups()

    def submit(self, command: Command) -> None:
        for _ in range(self._unsure.times()):
            self._line.submit(command)
