"""One time for SimPy and trio: order, errors, holds, and the same everywhere."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from itertools import count
from math import inf
from pathlib import Path
from typing import Any

import pytest
import simpy
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from sim.clock import LiveEnv, SimClock, Standstill, VirtualEnv, call_after, run_virtual


@pytest.fixture
def env() -> VirtualEnv:
    return VirtualEnv()


@pytest.fixture
def clock(env: VirtualEnv) -> SimClock:
    return SimClock(env)


class Core:
    """As much of a core as a clock needs: timers, and a task that sleeps for them."""

    def __init__(self, clock: SimClock, *, in_hook: bool) -> None:
        self.clock, self.in_hook = clock, in_hook
        self.heap: list[tuple[float, int, Callable[[], None]]] = []
        self.numbers = count()
        self.scope: trio.CancelScope | None = None
        clock.core_deadline = self.deadline
        if in_hook:
            clock.core_tick = self.tick

    def deadline(self) -> float:
        return self.heap[0][0] if self.heap else inf

    def at(self, moment: float, fire: Callable[[], None]) -> None:
        heappush(self.heap, (moment, next(self.numbers), fire))
        if self.scope is not None:
            self.scope.deadline = self.deadline()

    def tick(self) -> None:
        while self.heap and self.heap[0][0] <= trio.current_time():
            heappop(self.heap)[2]()

    async def run(self) -> None:
        if self.in_hook:
            await trio.sleep_forever()
        while True:
            with trio.CancelScope(deadline=self.deadline()) as self.scope:
                await trio.sleep_forever()
            self.tick()


@pytest.mark.parametrize("in_hook", [False, True])
@pytest.mark.requirement("SIM-01")
def test_of_one_instant_the_world_comes_first_and_then_the_core(env: VirtualEnv, clock: SimClock, in_hook: bool) -> None:
    seen: list[str] = []
    core = Core(clock, in_hook=in_hook)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(core.run)
            core.at(5.0, lambda: seen.append("core 1"))
            call_after(env, 5.0, lambda: seen.append("world 1"))
            call_after(env, 5.0, lambda: core.at(5.0, lambda: seen.append("core 2")))
            call_after(env, 5.0, lambda: call_after(env, 0.0, lambda: seen.append("world 2")))
            await trio.sleep(6)
            nursery.cancel_scope.cancel()

    run_virtual(clock, main)
    assert seen == ["world 1", "world 2", "core 1", "core 2"]
    assert env.now == 6.0


def test_a_task_woken_by_the_world_runs_at_that_moment(env: VirtualEnv, clock: SimClock) -> None:
    seen: list[tuple[str, float]] = []

    async def main() -> None:
        woken = trio.Event()
        call_after(env, 1.25, woken.set)
        call_after(env, 2.5, lambda: seen.append(("world", env.now)))
        await woken.wait()
        seen.append(("task", trio.current_time()))
        await trio.sleep(2)
        seen.append(("task", trio.current_time()))

    run_virtual(clock, main)
    assert seen == [("task", 1.25), ("world", 2.5), ("task", 3.25)]


def test_an_exception_of_the_world_is_raised_as_it_is(env: VirtualEnv, clock: SimClock) -> None:
    def process() -> Generator[simpy.Event, Any, None]:
        yield env.timeout(3)
        raise LookupError("a mistake in the world")

    env.process(process())
    with pytest.raises(LookupError, match="a mistake in the world"):
        run_virtual(clock, trio.sleep_forever)


def test_a_standstill_is_an_error_and_not_a_program_that_hangs(clock: SimClock) -> None:
    with pytest.raises(Standstill, match="hold"):
        run_virtual(clock, trio.sleep_forever)


def test_time_stands_still_while_something_real_is_awaited(env: VirtualEnv, clock: SimClock) -> None:
    seen: list[float] = []

    async def main() -> None:
        call_after(env, 1.0, lambda: seen.append(env.now))
        with clock.hold():
            await trio.to_thread.run_sync(lambda: None)
            seen.append(trio.current_time())
        await trio.sleep(2)

    run_virtual(clock, main)
    assert seen == [0.0, 1.0]


@given(
    st.lists(st.tuples(st.sampled_from("wct"), st.integers(0, 4)), max_size=25),
    st.booleans(),
)
def test_time_never_goes_back_and_everything_happens_at_its_time(plan: list[tuple[str, int]], in_hook: bool) -> None:
    env = VirtualEnv()
    clock = SimClock(env)
    core = Core(clock, in_hook=in_hook)
    seen: list[tuple[str, int, float]] = []

    async def task(at: int) -> None:
        await trio.sleep_until(at)
        seen.append(("t", at, trio.current_time()))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(core.run)
            for kind, at in plan:
                if kind == "w":
                    call_after(env, at, lambda at=at: seen.append(("w", at, env.now)))  # type: ignore[misc]
                elif kind == "c":
                    core.at(at, lambda at=at: seen.append(("c", at, trio.current_time())))  # type: ignore[misc]
                else:
                    nursery.start_soon(task, at)
            await trio.sleep(10)
            nursery.cancel_scope.cancel()

    run_virtual(clock, main)
    assert sorted(seen) == sorted((kind, at, float(at)) for kind, at in plan)
    times = [at for _, at, _ in seen]
    assert times == sorted(times)
    for at in set(times) - {0}:  # at 0 the tasks of this test are still being started
        kinds = "".join(kind for kind, when, _ in seen if when == at and kind != "t")
        assert "cw" not in kinds, "the core came before the world"


TRACE = """
import sys, trio
from sim.clock import SimClock, VirtualEnv, call_after, run_virtual
env = VirtualEnv(); clock = SimClock(env); out = []
names = {"a", "b", "c", "d", "e", "f"}
def chain(name, n):
    out.append((name, n, env.now))
    if n: call_after(env, len(out) % 3, lambda: chain(name, n - 1))
async def main():
    for name in sorted(names): call_after(env, 1.0, lambda name=name: chain(name, 5))
    await trio.sleep(30)
run_virtual(clock, main)
print(out)
"""


@pytest.mark.requirement("SIM-04")
def test_the_order_does_not_depend_on_the_hash_seed() -> None:
    root = Path(__file__).parents[2]

    def trace(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        return subprocess.run([sys.executable, "-c", TRACE], env=environment, capture_output=True, text=True, check=True).stdout

    assert trace("1") == trace("77") != ""


async def test_live_the_world_keeps_its_own_schedule(autojump_clock: trio.testing.MockClock) -> None:
    env = LiveEnv()
    seen: list[tuple[str, float, float]] = []
    start = trio.current_time()

    def note(what: str) -> None:
        seen.append((what, round(env.now, 6), round(trio.current_time() - start, 6)))

    def far() -> Generator[simpy.Event, Any, None]:
        yield env.timeout(1.5)
        note("far")
        yield env.timeout(0.25)
        note("after")

    env.process(far())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(env.pump)
        await trio.sleep(0.5)
        call_after(env, 0.2, lambda: note("near"))
        assert env.now == 0.5
        await trio.sleep(2)
        nursery.cancel_scope.cancel()
    assert seen == [("near", 0.7, 0.7), ("far", 1.5, 1.5), ("after", 1.75, 1.75)]


async def test_live_an_exception_of_the_world_ends_the_pump(autojump_clock: trio.testing.MockClock) -> None:
    env = LiveEnv()
    nothing: dict[str, int] = {}
    call_after(env, 1, lambda: nothing["missing"])
    with pytest.raises(KeyError):
        await env.pump()
