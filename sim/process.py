"""The appliance in virtual time: one process of it after another, each with the very core, shell and start of a real one.

    Plain     never dies and breaks nothing; its store is in memory, and its clock right
    Mortal    its store is on a disk (`appliance.store.VirtualDisk`), its clock can be moved, and it can be killed and started again

What a process that is killed had not yet written is gone; its lines go on alone (`hal.simulated.alone`) until the next one finds them.
"""

from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path
from typing import Protocol

import trio

from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet, Heal, Noticed
from appliance.core.plan import Plan
from appliance.core.records import Record
from appliance.shell import Shell, keep_line
from appliance.shell.beginning import begin, storage_alarm
from appliance.shell.clock import keep_clock
from appliance.shell.comparing import keep_comparing
from appliance.shell.shell import Outside
from appliance.site.strategies import load_strategies
from appliance.store import MemoryStore, Store, VirtualDisk, Writer
from hal.api import Backend, LineSetup, value
from sim.clock import SimClock, VirtualEnv

__all__ = ["Mortal", "Plain", "Surroundings"]

_ALIVE_EVERY_S, _CHECK_EVERY_S = 30.0, 10.0


class Lines(Protocol):
    """The lines that a process opens."""

    def names(self) -> list[str]:
        """Of which lines, in their order."""

    def backend(self, name: str) -> tuple[Backend, object]:
        """What opens a line, and its settings."""

    def core_dies(self, dies: bool) -> None:
        """Whether the process dies just now that has the lines open."""


@value
class Surroundings:
    """What a process lives in."""

    env: VirtualEnv
    clock: SimClock
    plan: Plan
    lines: Lines
    outside: Callable[[], Outside]
    seats: Callable[[Shell], None]
    """Told of each process that has begun, whose seats agents sit at."""
    wall_s: float
    """The beginning of the simulation in seconds since the epoch."""


def _check_pin(agent: str, pin: str, answer: Callable[[bool], None]) -> None:
    answer(agent == pin)


class Plain:
    """A process that nothing happens to."""

    settles_s = 0.0
    """How long after the last call has ended it may have something to do."""

    def __init__(self, around: Surroundings, store: MemoryStore) -> None:
        """It will keep its rows in this store."""
        self.around, self.store = around, store
        self.engine = Engine(around.plan, load_strategies())
        self.clock_was_set: list[tuple[float, float]] = [(0.0, around.wall_s)]
        """Since when the core's time of day is how much more than the simulation's."""

    @property
    def broken(self) -> list[str]:
        """Failures of the core while serving."""
        return self.engine.containment.failures

    async def run(self, opened: Callable[[], None]) -> None:
        """Serve until cancelled; `opened` is called once, when every line is open."""
        around, clock = self.around, self.around.clock
        shell = Shell(self.engine, self.store, _check_pin)
        shell.now = clock.current_time
        shell.outside = around.outside()
        around.seats(shell)
        self.store.stored = shell.stored
        clock.core_deadline, clock.core_tick = self.engine.next_deadline, shell.tick
        shell.post(ClockSet(around.wall_s))
        async with trio.open_nursery() as nursery:
            await _open_lines(nursery, shell, around.lines.names(), around.lines.backend)
            opened()


class Mortal:
    """Processes that can be killed, on a disk that can be full, with a clock that can be moved."""

    settles_s = 10.0

    def __init__(self, around: Surroundings, disk: VirtualDisk, wrapped: Callable[[str, Backend], Backend]) -> None:
        """`wrapped` may put something between a line's backend and the core."""
        self.around, self.disk, self._wrapped = around, disk, wrapped
        self.clock_was_set: list[tuple[float, float]] = []
        """Since when the core's time of day is how much more than the simulation's."""
        self.moved_s = 0.0
        """By how much the machine's clock was moved."""
        self.deaths = 0
        self._back: Callable[[], None] = lambda: None
        self.broken: list[str] = []
        """Invariants that were found broken while serving, and failures of the core."""
        self._life: _Life | None = None
        self._alive_again = trio.Event()
        self._last = Engine(around.plan, load_strategies())

    @property
    def engine(self) -> Engine:
        """The core of the process that is there, or was last."""
        return self._last

    def wall(self) -> float:
        """The machine's time of day, in seconds since the epoch."""
        return self.around.wall_s + self.around.env.now + self.moved_s

    async def run(self, opened: Callable[[], None]) -> None:
        """Live one life after another until cancelled; `opened` is called when every line is open for the first time."""
        while True:
            with self.disk.open(self.wall()) as store:
                life = self._life = _Life(self, store)
                self._last = life.engine
                await life.run(opened)
            self.around.lines.core_dies(dies=False)
            await self._alive_again.wait()

    def kill(self) -> None:
        """The process dies at once; it stays dead until `revive`."""
        if self._life is not None:
            self.deaths += 1
            self._alive_again = trio.Event()
            life, self._life = self._life, None
            life.die()

    def revive(self, back: Callable[[], None]) -> None:
        """Start it again; `back` is called when every line is open."""
        self._back = back
        self._alive_again.set()

    def opened(self) -> None:
        """The process that was started has every line open."""
        back, self._back = self._back, lambda: None
        back()

    def clock_set(self) -> None:
        """The core was told the time of day."""
        now = self.around.env.now
        self.clock_was_set.append((now, self.wall() - now))

    def backend(self, name: str) -> tuple[Backend, object]:
        """What opens a line, and its settings."""
        backend, settings = self.around.lines.backend(name)
        return self._wrapped(name, backend), settings


class _Life:
    """One process, from its start to its end."""

    def __init__(self, owner: Mortal, store: Store) -> None:
        self.owner, self.store = owner, store
        self.engine = Engine(owner.around.plan, load_strategies())
        self.writer: Writer = owner.disk.writer(store)
        self.shell = Shell(self.engine, self, _check_pin)
        self.shell.now = owner.around.clock.current_time
        owner.around.seats(self.shell)
        self._alive = True
        self._scope = trio.CancelScope()

    def die(self) -> None:
        """End without a word."""
        self._fall_silent()
        self.owner.around.lines.core_dies(dies=True)
        self.writer.abandon()
        self._scope.cancel()

    async def run(self, opened: Callable[[], None]) -> None:
        """Serve until it is killed, or all is over."""
        owner, shell, clock = self.owner, self.shell, self.owner.around.clock
        outside = owner.around.outside()
        shell.outside = lambda asked, answer: outside(asked, lambda answered: answer(answered) if self._alive else None)
        self.writer.stored, self.writer.alarm = shell.stored, storage_alarm(shell)
        with self._scope:
            async with self.writer.running():
                try:
                    async with trio.open_nursery() as nursery:
                        clock.core_deadline, clock.core_tick = self.engine.next_deadline, shell.tick
                        owner.clock_set()
                        begin(shell, self.store.left, self, owner.around.lines.names(), owner.wall)
                        nursery.start_soon(keep_clock, self._set_clock, owner.wall)
                        nursery.start_soon(keep_comparing, shell.post)
                        nursery.start_soon(self._keep_alive)
                        nursery.start_soon(self._watch)
                        await _open_lines(nursery, shell, owner.around.lines.names(), owner.backend)
                        owner.opened()
                        opened()
                finally:
                    self._fall_silent()
                    owner.broken += self.engine.containment.failures

    def _fall_silent(self) -> None:
        clock = self.owner.around.clock
        self._alive = False
        clock.core_deadline, clock.core_tick = lambda: inf, None
        self.shell.lines.clear()

    def put(self, record: Record, token: int = 0) -> None:
        """Keep a row, as long as there is somebody who could."""
        if self._alive:
            self.writer.put(record, token)

    def _set_clock(self, told: ClockSet | Noticed) -> None:
        if isinstance(told, ClockSet):
            self.owner.clock_set()
        self.shell.post(told)

    async def _keep_alive(self) -> None:
        while True:
            self.put(self.store.alive(self.owner.wall()))
            await trio.sleep(_ALIVE_EVERY_S)

    async def _watch(self) -> None:
        """As `appliance.serve` looks for broken invariants, all of them at once."""
        while True:
            await trio.sleep(_CHECK_EVERY_S)
            if violations := self.engine.check():
                self.owner.broken += violations
                self.shell.post(Heal())


async def _open_lines(nursery: trio.Nursery, shell: Shell, names: list[str], backend: Callable[[str], tuple[Backend, object]]) -> None:
    """Open all lines; go on when each is open."""
    for name in names:
        opened = trio.Event()
        opens, settings = backend(name)
        setup = LineSetup(name, settings, lambda _event: None, Path(), lambda _name: "")
        nursery.start_soon(partial(keep_line, shell, opens, setup, opened=opened.set, failed=opened.set))
        await opened.wait()
