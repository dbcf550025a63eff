"""The same people over real SIP: the telephones by themselves, and a whole live run against a running centre."""

import json
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
import trio
import trio.lowlevel
import trio.testing

from appliance.cli import main
from hal.api import (
    Alert,
    Answer,
    Answered,
    Arrived,
    Capability,
    Cause,
    Command,
    Event,
    Group,
    Originate,
    Play,
    RecordingEnded,
    Reject,
    Release,
    Released,
    SendDigits,
    StartRecording,
)
from sim.clock import LiveEnv
from sim.draws import Draws
from sim.live import address_of, differences, left_out
from sim.sip_phones import LINE, SipPhones, onset_s, write_tone
from sim.world import World
from tests.live.centre import RunningCentre
from tests.sim.day import result, small_day

pytestmark = pytest.mark.requirement("SIM-02")


class Wire:
    """A SIP line that notes what it is told to do."""

    name = LINE
    capabilities = Capability(0)

    def __init__(self) -> None:
        self.did: list[Command] = []

    def groups(self) -> tuple[Group, ...]:
        return ()

    def submit(self, command: Command) -> None:
        self.did.append(command)

    def last(self) -> Command:
        return self.did[-1]


@attrs.define
class Town:
    """A world with its telephones, and no centre but what the test says."""

    world: World
    phones: SipPhones
    wire: Wire
    say: Callable[[Event], None]


@pytest.fixture
async def town(tmp_path: Path, nursery: trio.Nursery) -> Town:
    presses = 'presses = { "1" = 1.0 }\npresses_after = "1 s"\npatience = "20 s"'
    changes = (('talk = "30 s"', f'talk = "30 s"\n{presses}'), ('every = "60 s"', 'every = "10 s"'))
    scenario, site = small_day(*changes)
    env, wire = LiveEnv(), Wire()
    phones = SipPhones("192.0.2.1:5060", tmp_path, frozenset({"8001", "8002"}))
    phones.line = wire
    world = phones.world = World(env, Draws(scenario, site, 1), site, phones, {"1001": "4711", "1002": "4712"})
    nursery.start_soon(env.pump)
    await trio.lowlevel.checkpoint()
    world.start()
    await trio.testing.wait_all_tasks_blocked()
    return Town(world, phones, wire, phones.sink)


async def test_agents_log_in_by_dialling_their_code(autojump_clock: trio.testing.MockClock, town: Town) -> None:
    await trio.sleep(0.1)
    calls = [(command.to, command.ani) for command in town.wire.did if isinstance(command, Originate)]
    assert calls == [("sip:*104711@192.0.2.1:5060", "8001"), ("sip:*104712@192.0.2.1:5060", "8002")]
    town.say(Answered(LINE, "w1"))
    town.say(Released(LINE, "w1"))
    town.say(Released(LINE, "w2", Cause.CALL_REJECTED))
    assert town.world.problems == ["0.100 s: agent 1002: *10… was ended with cause CALL_REJECTED"]


async def test_a_caller_dials_listens_presses_and_gives_up(autojump_clock: trio.testing.MockClock, town: Town) -> None:
    await trio.sleep(10.1)
    originate = town.wire.last()
    assert originate == Originate(LINE, "w3", "sip:1@192.0.2.1:5060", "13900000000")
    town.say(Answered(LINE, "w3"))
    assert [type(command) for command in town.wire.did[-2:]] == [StartRecording, Play]
    await trio.sleep(1.1)
    assert town.wire.last() == SendDigits(LINE, "w3", "1")
    await trio.sleep(20)
    assert Release(LINE, "w3") in town.wire.did
    assert town.world.callers[0].outcome == "abandoned"
    town.say(Released(LINE, "w3", by_far_end=False))
    assert town.world.callers[0].by_caller


async def test_an_agents_phone_rings_and_is_known_by_the_number_it_shows(autojump_clock: trio.testing.MockClock, town: Town) -> None:
    await trio.sleep(5)
    town.say(Released(LINE, "w1"))
    await trio.sleep(6)
    town.say(Answered(LINE, "w3"))
    town.say(Arrived(LINE, "x", "13900000000", "8001"))
    assert town.wire.last() == Alert(LINE, "x")
    town.say(Arrived(LINE, "y", "13900000000", "8001"))
    assert town.wire.last() == Reject(LINE, "y", Cause.USER_BUSY)
    town.say(Arrived(LINE, "z", "13900000000", "9999"))
    assert town.wire.last() == Reject(LINE, "z", Cause.NO_USER_RESPONDING)
    await trio.sleep(2.1)
    assert Answer(LINE, "x") in town.wire.did
    town.say(Answered(LINE, "x"))
    assert isinstance(town.wire.last(), Play)
    caller = town.world.callers[0]
    assert (caller.agent, caller.outcome) == ("1001", "answered")
    await trio.sleep(30.1)
    assert Release(LINE, "w3") in town.wire.did


async def test_when_the_prompt_began_is_what_was_heard(autojump_clock: trio.testing.MockClock, town: Town, tmp_path: Path) -> None:
    await trio.sleep(10.1)
    town.say(Answered(LINE, "w3"))
    assert [*town.phones.waited_for] == ["w3"]
    file = tmp_path / "w3.wav"
    write_tone(file, 440)
    town.say(RecordingEnded(LINE, "w3", str(file), 1.0, 16044))
    assert [*town.phones.waited_for] == []
    assert town.world.callers[0].prompt_at == pytest.approx(10.1, abs=0.02)
    assert not file.exists()


def test_what_a_live_run_leaves_out_of_a_scenario_is_said() -> None:
    scenario, _ = small_day()
    assert left_out(scenario) == []
    asked = ('talk = "30 s"', 'talk = "30 s"\ncall_back = { share = 0.5 }')
    more = '[lines.trunk]\nchannels = 30\nset_up = "1 s"\nglare = "1 s"\n[written.mails]\nqueue = "help"\narrivals = { per_hour = 5 }\n'
    scenario, _ = small_day(asked, extra=more)
    said = "\n".join(left_out(scenario))
    assert len(left_out(scenario)) == 4
    assert all(word in said for word in ("called back", "mails", "channels", "glare"))


def test_the_onset_of_sound(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav", 440)
    assert onset_s(tone) == 0.0
    data = tone.read_bytes()
    quiet = data[:40] + (len(data) - 44 + 4000).to_bytes(4, "little") + bytes(4000) + data[44:]
    (tmp_path / "late.wav").write_bytes(quiet)
    assert onset_s(tmp_path / "late.wav") == pytest.approx(0.25)
    (tmp_path / "silent.wav").write_bytes(data[:44] + bytes(len(data) - 44))
    assert onset_s(tmp_path / "silent.wav") is None


def test_differences_are_told_call_by_call() -> None:
    stories = result().stories
    same = differences(stories, stories)
    assert same == (9, [], "waits live and virtual differ by 0 ms in the median, 0 ms at most")
    other = [attrs.evolve(stories[0], outcome="abandoned"), attrs.evolve(stories[1], attempt=1), *stories[2:]]
    compared, found, _ = differences(stories, other)
    assert compared == 8
    assert [entry["call"] for entry in found] == [0, 1]
    assert found[0]["why"] == "live abandoned in queue help, virtual answered in queue help"


def test_the_centre_is_where_its_site_says() -> None:
    _, site = small_day()
    assert address_of(site) == "127.0.0.1:5060"


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.whole
async def test_a_live_run_and_its_twin_in_virtual_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    centre = RunningCentre(tmp_path, agents=2)
    scenario = tmp_path / "day.toml"
    scenario.write_text(
        'scenario = "Live"\nsite = "site.toml"\nhours = "10:00-10:01"\n[arrivals]\n95500 = { every = "12 s" }\n'
        '[callers]\npresses = { "1 1" = 1.0 }\npresses_after = "500 ms"\ntalk = "4 s"\nhangs_up = 0.5\n'
        '[agents]\nroster = [{ who = "1001-1002" }]\nanswers_after = "1 s"\n'
        '[targets]\nanswered = "= 4"\nanswer_p99 = "<= 2 s"\nprompt_p99 = "<= 2 s"\noffer_p99 = "<= 2 s"\nrecords_lost = "= 0"\n'
    )
    report = tmp_path / "live.json"
    try:
        await centre.start()
        command = ["sim", "run", str(scenario), "--live", "--data", str(centre.data), "--json", str(report)]
        code = await trio.to_thread.run_sync(main, command)
        await centre.stop()
    finally:
        centre.end()
    told = json.loads(report.read_text())
    assert code == 0, told
    assert told["mode"] == "live"
    assert told["contacts"]["answered"] == 4
    assert told["queues"]["consult"]["contacts"]["answered"] == 4
    assert told["virtual_comparison"] == {"compared": 4, "differences": []}
    assert told["response_ms"]["prompt"]["p50"] is not None
