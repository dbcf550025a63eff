"""A message between the core and a media worker is lost: once it was missed twice, all is as if it had come.

Core, shell and line are in this process, where a message can be swallowed; the media worker and the telephones are as ever.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve

from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet, Compare
from appliance.core.records import Contact, Record, Recording
from appliance.shell import Shell
from hal.api import Answered, Arrived, Cause, LegsListed, LineOpened, RecordingEnded, Release, Released
from hal.sip.line import SipLine
from hal.sip.wire import RecordingClosed
from tests.core.playbook import MONDAY_8
from tests.core.story import centre_plan
from tests.hal.peer import WAIT_S, Bench, Does, Party, Tone
from tests.hal.sip_peer import sip_bench
from tests.live.floor import CUSTOMER, Floor, open_floor, people

pytestmark = [pytest.mark.live, pytest.mark.requirement("ACD-10")]

CALLER = "13800138000"


class Centre:
    """A core on a SIP line, and what its store was given."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        assert isinstance(bench.line, SipLine)
        self.bench, self.line = bench, bench.line
        self.kept: list[Record] = []
        self.engine = Engine(evolve(centre_plan(), recordings_dir=str(folder / "recordings")))
        self.shell = Shell(self.engine, self, lambda _agent, _pin, answer: answer(True))
        self.swallowed: list[Any] = []
        self._lost = trio.Event()
        self.shell.post(ClockSet(MONDAY_8))
        self.shell.attach(bench.line)
        self.shell.post(LineOpened(bench.line.name, bench.line.capabilities.value))
        bench.log.then = self.shell.post

    def put(self, record: Record, token: int = 0) -> None:
        self.kept.append(record)
        if token:
            self.shell.stored(token)

    def swallow(self, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
        """The next message of this kind is lost, whichever way it goes."""
        (worker,) = self.line._workers

        def once(then: Callable[..., None], message: Any, *before: Any) -> None:
            if isinstance(message, kind) and not self.swallowed:
                self.swallowed.append(message)
                self._lost.set()
            else:
                then(*before, message)

        told, send = self.line.told, worker.send
        monkeypatch.setattr(self.line, "told", lambda of, message: once(told, message, of))
        monkeypatch.setattr(worker, "send", lambda message: once(send, message))

    async def caller_and_agent(self) -> tuple[Party, Party]:
        """A caller, and the phone of the agent who is rung for him and picks up: on their way to one another."""
        phone = await self.bench.peer.station("8001", Does.ANSWERS, Tone.B)
        self.shell.post(AgentAsked("1001", "log-in"))
        return await self.bench.peer.call("95501", CALLER, Tone.A), phone

    async def lost(self) -> Any:
        """Until a message was."""
        with trio.fail_after(WAIT_S):
            await self._lost.wait()
        return self.swallowed[0]

    async def compare(self, times: int = 2) -> None:
        """What happens in so many minutes."""
        log = self.bench.log
        for number in range(len(log.matching(LegsListed)), len(log.matching(LegsListed)) + times):
            self.shell.post(Compare())
            await log.until("listing", partial(self._listed, number))

    def _listed(self, number: int) -> bool:
        return len(self.bench.log.matching(LegsListed)) > number

    @property
    def alarm(self) -> str:
        found = self.engine.state.alarms.get("messages:trunk")
        return "" if found is None else found.text

    def row(self) -> Contact:
        return [row for row in self.kept if isinstance(row, Contact)][-1]


@asynccontextmanager
async def open_centre(folder: Path) -> AsyncIterator[Centre]:
    async with sip_bench(folder, name="trunk") as bench:
        yield Centre(bench, folder)


async def test_a_caller_whose_hanging_up_was_lost_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_centre(tmp_path) as centre:
        bench = centre.bench
        caller = await bench.peer.call("95501", CALLER, Tone.A)
        await caller.wait_answered()
        leg = await bench.arrived(CALLER)
        await bench.log.wait(Answered, leg=leg)
        await centre.compare()
        assert centre.alarm == ""
        centre.swallow(Released, monkeypatch)
        await caller.hang_up()
        await centre.lost()
        await centre.compare(1)
        assert centre.row().outcome == ""
        await centre.compare(1)
        assert (centre.row().outcome, centre.row().cause) == ("abandoned", Cause.TEMPORARY_FAILURE)
        assert f"{leg} is gone at the line" in centre.alarm
        await bench.log.wait(Released, leg=leg)  # the line has forgotten it, too
        assert [group.busy for group in centre.line.groups()] == [0] * len(centre.line.groups())
        assert centre.engine.check() == []


async def test_an_agent_whose_answer_was_lost_talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_centre(tmp_path) as centre:
        bench = centre.bench
        caller, phone = await centre.caller_and_agent()
        await caller.wait_answered()
        leg = await bench.arrived(CALLER)
        await bench.log.wait(Answered, leg=leg)
        centre.swallow(Answered, monkeypatch)
        await phone.wait_answered()
        await centre.lost()
        await centre.compare()
        await caller.wait_hears(Tone.B)
        await phone.wait_hears(Tone.A)
        assert "had been answered" in centre.alarm
        await caller.hang_up()
        await bench.log.wait(Released, leg=leg)
        await phone.wait_released()


async def test_a_caller_of_whom_the_core_never_heard_is_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_centre(tmp_path) as centre:
        centre.swallow(Arrived, monkeypatch)
        caller = await centre.bench.peer.call("95501", CALLER, Tone.A)
        await centre.lost()
        await centre.compare()
        await caller.wait_released()
        assert "is at the line only" in centre.alarm
        assert centre.kept == [row for row in centre.kept if not isinstance(row, Contact)]


async def test_an_agent_who_was_not_released_is_released_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_centre(tmp_path) as centre:
        bench = centre.bench
        caller, phone = await centre.caller_and_agent()
        await caller.wait_hears(Tone.B)
        centre.swallow(Release, monkeypatch)
        await caller.hang_up()
        lost = await centre.lost()
        await centre.compare()
        await phone.wait_released()
        await bench.log.wait(Released, leg=lost.leg)
        assert "was not released" in centre.alarm


class Forgetful(Floor):
    program = "tests.live.forgetful"

    async def close(self) -> None:
        assert await self.stop() == 0, self.said()
        assert [row["source"] for row in self.rows("SELECT source FROM alarms")] == ["messages:trunk"]


async def test_a_running_appliance_compares_by_itself(tmp_path: Path) -> None:
    async with open_floor(tmp_path, Forgetful) as floor, people(floor, "1001", CUSTOMER) as p:
        await p.call()
        await p.talk("1001", CUSTOMER)
        await p[CUSTOMER].hang_up()
        await p["1001"].wait_released()
        [row] = await floor.wait_rows("SELECT * FROM contacts WHERE outcome = 'answered'", 1, limit_s=60.0)
        assert row["cause"] == Cause.TEMPORARY_FAILURE
        assert floor.rows("SELECT * FROM audit WHERE what = 'compared'")
        await p.call()
        await p.talk("1001", CUSTOMER)
        await p[CUSTOMER].hang_up()


async def test_a_message_whose_end_was_lost_is_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_centre(tmp_path) as centre:
        bench = centre.bench
        caller, phone = await centre.caller_and_agent()
        await caller.wait_hears(Tone.B)
        await phone.wait_hears(Tone.A)
        centre.swallow(RecordingClosed, monkeypatch)
        await caller.hang_up()
        await centre.lost()
        await centre.compare()
        ended = await bench.log.wait(RecordingEnded)
        (row,) = [row for row in centre.kept if isinstance(row, Recording) and row.state != "recording"]
        assert (row.state, row.id) == ("complete", ended.recording)
        assert await bench.peer.recorded(ended) == (frozenset({Tone.A}), frozenset({Tone.B}))
