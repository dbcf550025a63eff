"""The shell: order without re-entrance, the core's timers, lines that break and come back, an orderly end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest
import trio
import trio.testing

from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.core.records import Contact, Record, Ticket
from appliance.shell import Shell, keep_line
from hal.api import (
    Answer,
    Answered,
    Arrived,
    Capability,
    Command,
    Event,
    Group,
    Line,
    LineFault,
    LineSetup,
    Originate,
    Release,
    Released,
    StationRegistered,
    check_supported,
    value,
)
from tests.core.playbook import EVERYTHING, small_plan

pytestmark = pytest.mark.requirement("SIM-01")


class Rows:
    """A store that keeps rows in a list and answers at once."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.shell: Shell | None = None

    def put(self, record: Record, token: int = 0) -> None:
        self.rows.append(record)
        if token and self.shell is not None:
            self.shell.stored(token)


@value
class Settings:
    pass


class FakeLine:
    """A line that answers at once from within `submit`; it models no media and no far end."""

    def __init__(self, setup: LineSetup, capabilities: Capability = EVERYTHING) -> None:
        self.name, self.capabilities, self._sink = setup.name, capabilities, setup.sink
        self.commands: list[Command] = []

    def groups(self) -> tuple[Group, ...]:
        return (Group("trunk city", 3, 30, 2, "spans 1"),)

    def submit(self, command: Command) -> None:
        check_supported(self, command)
        self.commands.append(command)
        if isinstance(command, Answer):
            self._sink(Answered(self.name, command.leg))
        elif isinstance(command, Release):
            self._sink(Released(self.name, command.leg, by_far_end=False))


class FakeBackend:
    """Opens FakeLines, and breaks them on demand."""

    name: ClassVar = "fake"
    settings: ClassVar[type] = Settings

    def __init__(self, *, fail_first: int = 0, early: tuple[Event, ...] = ()) -> None:
        self.fail_first, self.early = fail_first, early
        self.opened_at: list[float] = []
        self.lines: list[FakeLine] = []
        self.broken = trio.Event()

    @asynccontextmanager
    async def open(self, setup: LineSetup) -> AsyncIterator[Line]:
        self.opened_at.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        if len(self.opened_at) <= self.fail_first:
            raise LineFault(f"port taken ({len(self.opened_at)})")
        line = FakeLine(setup)
        self.lines.append(line)
        for event in self.early:
            setup.sink(event)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._breaks)
            yield line
            nursery.cancel_scope.cancel()

    async def _breaks(self) -> None:
        await self.broken.wait()
        raise LineFault("cable cut")


def shell() -> tuple[Shell, Rows]:
    rows = Rows()
    made = Shell(Engine(small_plan()), rows, lambda _agent, pin, answer: answer(pin == "1234"))
    rows.shell = made
    return made, rows


def setup_of(made: Shell) -> LineSetup:
    return LineSetup("trunk", Settings(), made.post, Path("unused"))


async def test_an_event_posted_while_performing_waits_its_turn(autojump_clock: trio.testing.MockClock) -> None:
    made, rows = shell()
    line = FakeLine(setup_of(made))
    made.attach(line)
    made.post(ClockSet(0.0))
    made.post(Arrived("trunk", "a", "138", "95500"))  # Answer -> Answered comes back inside submit
    assert [type(command).__name__ for command in line.commands] == ["Answer", "Play"]
    made.post(Released("trunk", "a"))
    ended = [row for row in rows.rows if isinstance(row, Contact)][-1]
    assert ended.outcome == "self-served"


async def test_the_core_s_timers_fire_at_their_time(autojump_clock: trio.testing.MockClock) -> None:
    made, _ = shell()
    line = FakeLine(setup_of(made))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.run)
        nursery.start_soon(keep_line, made, _Opens(line), setup_of(made))
        await trio.testing.wait_all_tasks_blocked()
        made.post(StationRegistered("trunk", "8001", "x"))
        made.post(AgentAsked("1001", "log-in"))
        made.post(Arrived("trunk", "a", "138", "95501"))
        began = trio.current_time()
        ring = next(command for command in line.commands if isinstance(command, Originate))
        await trio.sleep(14.9)
        assert not any(isinstance(command, Release) for command in line.commands)
        await trio.sleep(0.2)
        assert [command.leg for command in line.commands if isinstance(command, Release)] == [ring.leg]
        assert trio.current_time() - began == pytest.approx(15.1)
        nursery.cancel_scope.cancel()


class _Opens:
    """A backend for one line made beforehand."""

    name: ClassVar = "fake"
    settings: ClassVar[type] = Settings

    def __init__(self, line: FakeLine) -> None:
        self.line = line

    @asynccontextmanager
    async def open(self, setup: LineSetup) -> AsyncIterator[Line]:
        await trio.lowlevel.checkpoint()
        yield self.line


@pytest.mark.requirement("OPS-05")
async def test_a_line_that_cannot_open_is_tried_again_with_back_off(autojump_clock: trio.testing.MockClock) -> None:
    made, _ = shell()
    backend = FakeBackend(fail_first=3)
    opened = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep_line, made, backend, setup_of(made), opened.set)
        await opened.wait()
        gaps = [round(b - a, 3) for a, b in zip(backend.opened_at, backend.opened_at[1:], strict=False)]
        assert gaps == [0.5, 1.0, 2.0]
        assert "line:trunk" not in made.engine.state.alarms, "cleared when it opened"
        nursery.cancel_scope.cancel()


@pytest.mark.requirement("OPS-05")
async def test_a_broken_line_loses_its_calls_and_nothing_else(autojump_clock: trio.testing.MockClock) -> None:
    made, rows = shell()
    backend = FakeBackend(early=(Arrived("trunk", "early", "138", "95500"),))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.run)
        nursery.start_soon(keep_line, made, backend, setup_of(made))
        await trio.testing.wait_all_tasks_blocked()
        assert backend.lines[0].commands, "a call that came while the line opened is served"
        backend.broken.set()
        await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(0.1)
        assert made.engine.state.alarms["line:trunk"].text == "line 'trunk' is lost: cable cut"
        assert [row.outcome for row in rows.rows if isinstance(row, Contact)][-1] == "lost"
        backend.broken = trio.Event()
        await trio.sleep(1)
        assert len(backend.lines) == 2
        assert not made.engine.state.alarms
        nursery.cancel_scope.cancel()


async def test_a_command_the_line_cannot_do_is_an_alarm_not_a_crash(autojump_clock: trio.testing.MockClock) -> None:
    made, _ = shell()
    made.attach(FakeLine(setup_of(made), Capability.ROUTE))
    made.post(Arrived("trunk", "a", "138", "95500"))
    assert "line 'trunk' cannot Answer; it can: ROUTE" in made.engine.state.alarms["line:trunk/Answer"].text


async def test_drain_waits_for_the_last_call_and_then_cuts_off(autojump_clock: trio.testing.MockClock) -> None:
    for grace_s, whole in ((60.0, True), (5.0, False)):
        made, rows = shell()
        made.attach(FakeLine(setup_of(made)))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(made.run)
            made.post(Arrived("trunk", "a", "138", "95500"))

            async def hang_up(made: Shell = made) -> None:
                await trio.sleep(20.0)
                made.post(Released("trunk", "a"))

            nursery.start_soon(hang_up)
            assert await made.drain(grace_s) is whole
            assert made.engine.idle
            assert not [row for row in rows.rows if isinstance(row, Ticket)]
            nursery.cancel_scope.cancel()
