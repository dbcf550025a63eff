"""One time for two schedulers: SimPy's, in which the world is written, and trio's, in which the shell lives.

In virtual time trio asks its clock how long to sleep only when no task can run; `SimClock` answers by stepping the SimPy environment until
something wakes a task or the next deadline is reached. There is no second thread, and nothing ever waits:

    trio idle ── deadline_to_sleep_time ──▶ env.step() ── SimPy callback ──▶ shell.post ──▶ core ──▶ line.submit ──▶ far end
        ▲                                       │ until a task can run, or the deadline
        └──────────────── 0.0 ──────────────────┘

Tie rule: of what is due in the same instant, all of the world's events come first, then the core's timers.

Live, `LiveEnv` runs the same world on trio's real clock. Neither knows what the world does.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from heapq import heappop, heappush
from math import inf
from typing import Any

import simpy
import trio
from simpy.events import NORMAL

__all__ = ["LiveEnv", "SimClock", "Standstill", "VirtualEnv", "call_after", "planner", "run_virtual"]

_STEPS_AT_A_TIME = 1_000
"""So many events, then trio has a turn: Ctrl-C is heard within some ten milliseconds."""


class Standstill(RuntimeError):
    """Virtual time cannot go on: every task waits, and neither the world nor the core has planned anything."""

    def __init__(self, now: float) -> None:
        """Say when, and what is usually the reason."""
        super().__init__(
            f"the simulation stands still at {now:g} s: all tasks wait for something that nothing will bring about; what works outside "
            "virtual time (a thread, a socket) must be awaited inside `SimClock.hold()`"
        )


class VirtualEnv(simpy.Environment):
    """An environment whose time can also move where it has no event of its own, and that calls plain functions."""

    def __init__(self) -> None:
        """Stand at 0."""
        super().__init__()
        self.planned: list[tuple[float, int, int, Any]] = self._queue  # type: ignore[assignment] # events only, for all that SimPy knows
        """What is to come, as SimPy keeps it: a heap of (when, priority, number, event), where an event may be a plain function."""

    def plan(self, delay_s: float, function: Callable[[], object]) -> None:
        """Call a function so many seconds later: what a Timeout with a callback is, at a quarter of the price."""
        heappush(self.planned, (self._now + delay_s, NORMAL, next(self._eid), function))

    def step(self) -> None:
        """Let the next thing happen."""
        if self.planned and not isinstance(self.planned[0][3], simpy.Event):
            self._now, _, _, function = heappop(self.planned)
            function()
        else:
            super().step()

    def advance(self, to: float) -> None:
        """Let it be `to`: not before now, not after the next event."""
        self._now = to


def planner(env: simpy.Environment) -> Callable[[float, Callable[[], object]], object]:
    """`plan(delay_s, function)`: calls the function so many seconds of the environment's time later."""
    if isinstance(env, VirtualEnv):
        return env.plan
    return partial(_call_after, env)


def call_after(env: simpy.Environment, delay_s: float, function: Callable[[], object]) -> None:
    """Call `function` so many seconds of the environment's time later."""
    planner(env)(delay_s, function)


def _call_after(env: simpy.Environment, delay_s: float, function: Callable[[], object]) -> None:
    def fire(_event: simpy.Event) -> None:
        function()

    timeout = simpy.Timeout(env, max(0.0, delay_s))
    timeout.callbacks.append(fire)


class SimClock(trio.abc.Clock, trio.abc.Instrument):
    """Virtual time for trio, by public trio API only; give it to `trio.run` as clock and as instrument, or use `run_virtual`.

    As an instrument it learns which event of the world has woken a task. A deadline that is moved from within the world's events is not
    visible to it: `core_deadline` is asked before every event for the only one that is, the core's. With `core_tick` the core's timers are
    fired here as well, and no task needs to wait for them: the same in effect and order, at a third of the price.
    """

    def __init__(self, env: VirtualEnv) -> None:
        """Share the time of this environment."""
        self.env = env
        self.core_deadline: Callable[[], float] = lambda: inf
        self.core_tick: Callable[[], object] | None = None
        self.on_turn: Callable[[], object] = lambda: None
        """Called every thousand events."""
        self.error: Exception | None = None
        """What the world or the core raised."""
        self.steps = 0
        """Events and ticks so far."""
        self._now = env.now
        self._holds = 0
        self._woken = False
        self._root: trio.CancelScope | None = None

    # --- trio.abc.Clock and trio.abc.Instrument -----------------------------------------------------------------------------------

    def start_clock(self) -> None:
        """Nothing has to be started."""

    def current_time(self) -> float:
        """The virtual time in seconds."""
        return self._now

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Let the world go on: trio has nothing to run before `deadline`."""
        if deadline <= self._now or self._root is None:  # trio is still, or already, busy with itself
            return 0.0
        if self._holds:
            return inf
        try:
            return self._go_on(deadline)
        except Exception as error:
            return self._stop(error)

    def task_scheduled(self, _task: trio.lowlevel.Task) -> None:
        """A task can run again."""
        self._woken = True

    # --- the world's turn -----------------------------------------------------------------------------------------------------------

    def _go_on(self, deadline: float) -> float:
        env, core_deadline, tick = self.env, self.core_deadline, self.core_tick
        planned, step = env.planned, env.step
        self._woken = False
        for _ in range(_STEPS_AT_A_TIME):
            self.steps += 1
            core = core_deadline()
            limit = core if core < deadline else deadline  # noqa: FURB136 - min() takes longer than all the rest of the loop
            at = planned[0][0] if planned else inf
            if at > limit:
                self._now = limit
                env.advance(limit)
                if tick is None or core > limit:
                    return 0.0
                tick()
            elif at == inf:
                raise Standstill(self._now)
            else:
                self._now = at
                step()
                if self._woken and at == limit == env.peek():
                    continue  # the tie rule: trio would fire a deadline of this instant before the rest of its events
            if self._woken:
                return 0.0
        self.on_turn()
        return 0.0

    def _stop(self, error: Exception) -> float:
        self.error = error
        if self._root is not None:
            self._root.cancel()
        return 0.0

    # --- for the simulation -----------------------------------------------------------------------------------------------------------

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let time stand still while something outside virtual time is awaited, so that its result comes at a definite moment."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1

    async def watched(self, main: Callable[[], Awaitable[Any]]) -> Any:
        """Run `main`; what the world or the core raises ends it, and is raised here."""
        result = None
        try:
            with trio.CancelScope() as self._root:
                result = await main()
        finally:
            self._root = None
        if self.error is not None:
            raise self.error
        return result


def run_virtual(clock: SimClock, main: Callable[[], Awaitable[Any]]) -> Any:
    """`trio.run` in virtual time; an exception of the world is raised as it is."""
    return trio.run(clock.watched, main, clock=clock, instruments=[clock])


class LiveEnv(simpy.Environment):
    """An environment on trio's clock: `pump` lets its events happen when they are due.

    Times are seconds since `pump` was started. What trio tasks plan counts from the present moment; what events plan counts from the
    moment they were due, so that nothing drifts.
    """

    def __init__(self) -> None:
        """Stand at 0 until `pump` is started."""
        super().__init__()
        self._origin: float | None = None
        self._scope: trio.CancelScope | None = None
        self._stepping = False

    @property
    def now(self) -> float:
        """The present moment; inside an event, the one it was due at."""
        if self._origin is not None and not self._stepping:
            self._now = max(self._now, trio.current_time() - self._origin)
        return self._now

    def at(self, moment: float) -> float:
        """A moment of trio's clock in this environment's time."""
        return moment - (self._origin or 0.0)

    def schedule(self, event: simpy.Event, priority: int = NORMAL, delay: float = 0) -> None:
        """Plan an event; called by SimPy."""
        if self._origin is not None and not self._stepping:
            self._now = max(self._now, trio.current_time() - self._origin)
        super().schedule(event, priority, delay)  # type: ignore[arg-type] # the same
        if self._scope is not None and self._origin is not None:
            self._scope.deadline = self._origin + self.peek()

    async def pump(self) -> None:
        """Let events happen, for ever; an exception of one of them is raised here."""
        self._origin = trio.current_time() - self._now
        while True:
            with trio.CancelScope(deadline=self._origin + self.peek()) as self._scope:
                await trio.sleep_forever()
            self._scope = None
            self._stepping = True
            try:
                while self.peek() <= trio.current_time() - self._origin:
                    self.step()
            finally:
                self._stepping = False
