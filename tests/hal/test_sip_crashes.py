"""What a crash costs: of a media worker its own calls and nothing else, of the core no speech at all."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from hal.api import (
    Adopted,
    Answer,
    Answered,
    Arrived,
    Cause,
    LineAlarm,
    LineFault,
    LineSetup,
    Mix,
    Originate,
    RecordingEnded,
    Release,
    Released,
    StartRecording,
)
from hal.sip import SipBackend, SipSettings
from tests.hal import ports, sounds
from tests.hal.peer import WAIT_S, Bench, Does, EventLog, Tone
from tests.hal.processes import workers_of
from tests.hal.sip_peer import PASSWORD, Caller, SipPeer, sip_bench

pytestmark = [pytest.mark.live, pytest.mark.requirement("OPS-05")]


async def answered(bench: Bench, ani: str, says: Tone | None = None, line: str = "") -> tuple[Caller, str]:
    """A caller who was answered, and its leg; `line`: the address of another worker than the first."""
    peer = bench.peer
    assert isinstance(peer, SipPeer)
    phone = peer.phone(f"sip:{ani}@127.0.0.1", "regint=0", says)
    phone.line = line or phone.line
    await peer.start(phone)
    await phone.dial("95500")
    leg = await bench.arrived(ani)
    bench.do(Answer(bench.line.name, leg))
    await bench.log.wait(Answered, leg=leg)
    return phone, leg


async def grown(part: Path) -> None:
    """Until a good half second of a recording is on disk."""
    with trio.fail_after(WAIT_S):
        while (await trio.Path(part).stat()).st_size < 10_000:  # noqa: ASYNC110 - another process's doing
            await trio.sleep(0.02)


# --- a worker dies ----------------------------------------------------------------------------------------------------


async def test_a_workers_death_costs_its_own_calls_only(tmp_path: Path) -> None:
    async with sip_bench(tmp_path, workers=2) as bench:
        assert isinstance(bench.peer, SipPeer)
        run = tmp_path / "data" / "run"
        first_port = int(bench.peer.settings.listen.rpartition(":")[2])
        _, lost = await answered(bench, "13800000001", Tone.A)
        bench.do(StartRecording(bench.line.name, "cut", str(tmp_path / "cut.wav"), lost))
        phone, kept = await answered(bench, "13800000002", Tone.B, f"127.0.0.1:{first_port + 2}")
        other = await bench.peer.station("8001", Does.ANSWERS, Tone.C)
        bench.do(Originate(bench.line.name, "agent", "station:8001", "1", beside=kept))
        await bench.log.wait(Answered, leg="agent")
        bench.do(Mix(bench.line.name, {kept: ("agent",), "agent": (kept,)}))
        await other.wait_hears(Tone.B)

        await grown(tmp_path / "cut.wav.0.part.wav")
        before = set(workers_of(run))
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        died = trio.current_time()
        released = await bench.log.wait(Released, leg=lost)
        assert (released.cause, released.by_far_end) == (Cause.NETWORK_OUT_OF_ORDER, False)
        assert "SIGKILL" in (await bench.log.wait(LineAlarm, cleared=False)).text
        await bench.log.wait(LineAlarm, cleared=True)
        print(f"a new worker was open {1000 * (trio.current_time() - died):.0f} ms after the old one was killed")
        cut = await bench.log.wait(RecordingEnded, recording="cut")
        assert "died" in cut.error
        assert sounds.tones_in(sounds.channels(Path(cut.file))[0]) == {Tone.A}

        await other.wait_hears(Tone.B)  # nobody else noticed
        await phone.wait_hears(Tone.C)
        assert set(workers_of(run)) - before
        await answered(bench, "13800000003")  # and new calls come in
        assert {e.leg for e in bench.log.matching(Released)} == {lost}
    bench.check_life_of_legs()


async def test_a_phone_that_is_logged_in_is_reached_by_the_new_worker(tmp_path: Path) -> None:
    async with sip_bench(tmp_path, transports=("udp", "tcp")) as bench:
        phone = await bench.peer.station("8001", Does.ANSWERS, transport="tcp")  # type: ignore[call-arg] # SipPeer's
        os.kill(workers_of(tmp_path / "data" / "run")[0], signal.SIGKILL)
        await bench.log.wait(LineAlarm, cleared=True)
        bench.do(Originate(bench.line.name, "out", "station:8001", "95500"))
        await bench.log.wait(Answered, leg="out")
        await phone.wait_answered()


async def test_a_line_whose_only_worker_cannot_come_back_is_faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hal.sip.supervisor.LONGEST_PAUSE_S", 0.01)
    log = EventLog()
    settings = SipSettings(listen=f"127.0.0.1:{ports.block()}")
    with pytest.raises(LineFault, match="media worker 0"):
        await _broken(LineSetup("sip1", settings, log.sink, tmp_path), monkeypatch)


async def _broken(setup: LineSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    async with SipBackend().open(setup):
        monkeypatch.setattr(sys, "executable", "/bin/false")
        os.kill(workers_of(setup.data_dir / "run")[0], signal.SIGKILL)
        await trio.sleep_forever()


async def test_a_worker_that_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hal.sip.supervisor.PING_S", 0.1)
    monkeypatch.setattr("hal.sip.supervisor.HUNG_S", 0.5)
    async with sip_bench(tmp_path) as bench:
        _, leg = await answered(bench, "13800000001")
        os.kill(workers_of(tmp_path / "data" / "run")[0], signal.SIGSTOP)
        assert (await bench.log.wait(Released, leg=leg)).cause is Cause.NETWORK_OUT_OF_ORDER
        await bench.log.wait(LineAlarm, cleared=True)
        await answered(bench, "13800000002")


# --- the core dies ----------------------------------------------------------------------------------------------------


class Core:
    """A core in a process of its own (core_process.py)."""

    def __init__(self, directory: Path, orphan_s: float) -> None:
        first = ports.block(100)
        self.directory = directory
        self.settings = SipSettings(listen=f"127.0.0.1:{first}", rtp_ports=f"{first + 20}-{first + 99}", orphan_s=orphan_s)
        self._prompt = str(sounds.write(directory / "prompt.wav", Tone.A, 1.0))
        self._text = ""
        self._process: trio.Process

    async def start(self, nursery: trio.Nursery) -> None:
        script = Path(__file__).with_name("core_process.py")
        s = self.settings
        self._process = await trio.lowlevel.open_process(
            [sys.executable, str(script), str(self.directory / "data"), s.listen, s.rtp_ports, self._prompt, str(s.orphan_s)],
            stdout=subprocess.PIPE,
        )
        nursery.start_soon(self._read)
        await self.wait("open")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async with self._process.stdout as out:
            async for data in out:
                self._text += data.decode()

    async def wait(self, text: str, count: int = 1) -> None:
        with trio.fail_after(WAIT_S):
            while self._text.count(text) < count:  # noqa: ASYNC110 - another process's doing
                await trio.sleep(0.01)

    async def kill(self) -> None:
        self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def crashed_core(directory: Path, orphan_s: float, **phone: Any) -> AsyncIterator[tuple[Core, SipPeer, Caller]]:
    """A core that was killed while a caller was listening to its prompt."""
    directory.joinpath("data").mkdir()
    core = Core(directory, orphan_s)
    async with trio.open_nursery() as nursery:
        await core.start(nursery)
        peer = SipPeer(directory, core.settings, EventLog(), nursery, ports.block())
        caller = await peer.call("95500", "13800138000", Tone.B, **phone)
        assert isinstance(caller, Caller)
        await core.wait("Answered(")
        await caller.wait_hears(Tone.A)
        await grown(next((directory / "data").glob("*.part.wav")))
        await core.kill()
        yield core, peer, caller
        nursery.cancel_scope.cancel()


async def test_calls_outlive_the_core_and_are_adopted(tmp_path: Path) -> None:
    async with crashed_core(tmp_path, 30) as (core, peer, caller):
        await caller.wait_hears(Tone.A)  # still
        refused = await peer.call("95500", "13900139000")
        assert await refused.wait_released() is Cause.TEMPORARY_FAILURE  # nobody is there to decide
        await caller.press("5")

        log = EventLog()
        async with SipBackend().open(LineSetup("sip1", core.settings, log.sink, tmp_path / "data", lambda _: PASSWORD)) as line:
            adopted = await log.wait(Adopted)
            assert (adopted.ani, adopted.dnis, adopted.answered, adopted.station) == ("13800138000", "95500", True, "")
            assert log.all[0] is adopted
            await log.wait_digits(adopted.leg, "5")  # what was keyed meanwhile
            await caller.wait_hears(Tone.A)
            await peer.call("95500", "13900139001")
            await log.wait(Arrived, ani="13900139001")
            line.submit(Release("sip1", adopted.leg))
            await log.wait(Released, leg=adopted.leg)
            await caller.wait_released()
            ended = await log.wait(RecordingEnded, recording=f"r-{adopted.leg}")
            assert ended.error == ""
            assert Tone.B in sounds.tones_in(sounds.channels(Path(ended.file))[0])
    assert workers_of(tmp_path / "data" / "run") == []


async def test_without_a_core_for_too_long_a_worker_ends_its_calls_properly(tmp_path: Path) -> None:
    async with crashed_core(tmp_path, 1) as (core, _, caller):
        await caller.wait_released()
        with trio.fail_after(WAIT_S):
            while workers_of(tmp_path / "data" / "run"):  # noqa: ASYNC110 - another process's doing
                await trio.sleep(0.02)
        log = EventLog()
        async with SipBackend().open(LineSetup("sip1", core.settings, log.sink, tmp_path / "data", lambda _: PASSWORD)):
            ended = await log.wait(RecordingEnded)
        assert ended.duration_s > 0
        assert sounds.tones_in(sounds.channels(Path(ended.file))[0]) == {Tone.B}
        assert not log.matching(Adopted)


async def test_core_and_worker_die_together_and_the_recording_is_saved(tmp_path: Path) -> None:
    async with crashed_core(tmp_path, 30) as (core, _, _caller):
        os.kill(workers_of(tmp_path / "data" / "run")[0], signal.SIGKILL)
        log = EventLog()
        async with SipBackend().open(LineSetup("sip1", core.settings, log.sink, tmp_path / "data", lambda _: PASSWORD)):
            ended = await log.wait(RecordingEnded)
        assert "crash" in ended.error
        assert sounds.tones_in(sounds.channels(Path(ended.file))[0]) == {Tone.B}


async def test_a_worker_with_other_settings_is_not_taken_over(tmp_path: Path) -> None:
    async with crashed_core(tmp_path, 30) as (core, peer, caller):
        changed = SipSettings(listen=core.settings.listen, rtp_ports=core.settings.rtp_ports, channels=7, orphan_s=5)
        log = EventLog()
        async with SipBackend().open(LineSetup("sip1", changed, log.sink, tmp_path / "data", lambda _: PASSWORD)):
            await caller.wait_released()
            assert not log.matching(Adopted)
            await peer.call("95500", "13900139000")
            await log.wait(Arrived, ani="13900139000")


async def test_a_second_core_is_turned_away(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench:
        assert isinstance(bench.peer, SipPeer)
        setup = LineSetup("sip1", bench.peer.settings, lambda _: None, tmp_path / "data")
        with pytest.raises(LineFault, match=r"serves another hotline.*data directory of its own"):
            async with SipBackend().open(setup):
                pass
        await answered(bench, "13800000001")  # the first one is unharmed
        assert not bench.log.matching(LineAlarm)
