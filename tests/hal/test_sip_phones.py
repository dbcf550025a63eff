"""Phones that we play call a line of ours: what `./hotline call` and scenarios run live are made of."""

from pathlib import Path

import pytest
import trio

from hal.api import Answer, Answered, Arrived, LineFault, Mix, Originate, Released, SendDigits, StationRegistered
from hal.sip.phones import open_phones
from tests.hal import sounds
from tests.hal.peer import Bench, Tone
from tests.hal.sip_peer import PASSWORD, SipPeer, sip_bench

pytestmark = [pytest.mark.live, pytest.mark.requirement("SIM-02")]


def _at(bench: Bench) -> str:
    assert isinstance(bench.peer, SipPeer)
    return bench.peer.settings.listen


async def test_a_caller_and_an_agent_talk_through_the_line(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, open_phones(tmp_path / "phones", _at(bench), ["8001"], lambda _: PASSWORD) as phones:
        await phones.wait_registered()
        await bench.log.wait(StationRegistered, station="8001")
        caller = phones.call("95500", ani="13800138000")
        a = await bench.arrived("13800138000")
        bench.do(Answer(bench.line.name, a))
        assert await caller.wait_answered()
        bench.do(Originate(bench.line.name, "agent", "station:8001", "13800138000", "consult", beside=a))
        agent = await phones.next_call()
        assert (agent.ani, agent.dnis) == ("13800138000", "8001")
        agent.ring()
        agent.answer()
        await bench.log.wait(Answered, leg="agent")
        bench.do(Mix(bench.line.name, {a: ("agent",), "agent": (a,)}))
        agent.record(tmp_path / "heard.wav")
        caller.say(str(sounds.write(tmp_path / "a.wav", Tone.A, 1.0)))
        await caller.wait_said()
        agent.send_digits("7#")
        await bench.log.wait_digits("agent", "7#")
        bench.do(SendDigits(bench.line.name, a, "42"))
        assert await caller.wait_digits(2) == "42"
        caller.hang_up()
        await bench.log.wait(Released, leg=a)
        agent.hang_up()
        assert not (await agent.wait_released()).by_far_end
        heard = await agent.wait_recorded()
        assert sounds.tones_in(sounds.channels(Path(heard.file))[0]) == {Tone.A}
    bench.check_life_of_legs()


async def test_a_station_of_ours_dials_as_itself(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, open_phones(tmp_path / "phones", _at(bench), ["8001"], lambda _: PASSWORD) as phones:
        await phones.wait_registered()
        call = phones.call("*10#", ani="8001")
        arrived = await bench.log.wait(Arrived)
        assert (arrived.station, arrived.dnis) == ("8001", "*10#")
        call.hang_up()
        await call.wait_released()
        await bench.log.wait(Released)


async def test_a_wrong_secret_is_named(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, open_phones(tmp_path / "phones", _at(bench), ["8001"], lambda _: "wrong") as phones:
        with pytest.raises(LineFault, match="8001"):
            await phones.wait_registered()


async def test_twenty_calls_at_once(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, open_phones(tmp_path / "phones", _at(bench)) as phones:
        calls = [phones.call("95500", ani=str(13800138000 + n)) for n in range(20)]
        with trio.fail_after(10):
            for call in calls:
                bench.do(Answer(bench.line.name, await bench.arrived(call.ani)))
            assert all([await call.wait_answered() for call in calls])
            for call in calls:
                call.hang_up()
            for call in calls:
                await call.wait_released()
                await bench.log.until("all released", lambda: len(bench.log.matching(Released)) == 20)
