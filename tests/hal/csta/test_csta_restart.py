"""The appliance crashes and starts again while calls at a switch go on: they are the same legs afterwards, and nothing is left over."""

from pathlib import Path

import attrs
import pytest

from hal.api import (
    Adopted,
    Answered,
    Cause,
    Event,
    HeldByFarEnd,
    LineAlarm,
    Mix,
    Originate,
    Play,
    PlayEnded,
    RecordingEnded,
    Release,
    Released,
    StartRecording,
    StopRecording,
)
from hal.csta.diary import Diary
from hal.csta.mapping import Kept
from sim.switch.mischief import Late
from tests.hal.csta.world import LINE, World
from tests.hal.switch_callers import at_port, talking

pytestmark = pytest.mark.requirement("OPS-05")
ROW = Kept("c1", "13800138000", "95500", "1001", is_up=True, is_held=False, port="8901", voice="v1", agent="1/a", station="8001")


def of_legs(world: World) -> list[Event]:
    return [event for event in world.new() if hasattr(event, "leg")]


def test_a_caller_at_a_port_is_the_same_leg_after_a_restart() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        await world.restart()
        assert of_legs(world) == [Adopted(LINE, caller, "13800138000", "95500", answered=True)]
        world.do(Play(LINE, caller, 9, ("sorry.wav",)))
        await world.wait(4)
        assert world.told[-1] == "caller hears sorry.wav"
        world.do(Originate(LINE, "2/a", "station:8001", "138", beside=caller))
        await world.wait(5)
        world.do(Mix(LINE, {caller: ("2/a",), "2/a": (caller,)}))
        await world.wait()
        assert set(world.state(caller)) == {"T1#1", "8001"}
        assert PlayEnded(LINE, caller, 9) in world.new()
        world.people["caller"].leg.hang_up()
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, "2/a"])
        assert world.is_idle
        assert not world.kept

    World().run(story)


def test_a_conversation_goes_on_over_a_restart_with_its_recording() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.do(StartRecording(LINE, "r1", "r1.wav", caller, agent))
        await world.wait()
        world.new()
        await world.restart(30)
        assert of_legs(world) == [
            Adopted(LINE, caller, "13800138000", "95500", answered=True),
            Adopted(LINE, agent, "13800138000", "8001", answered=True, station="8001"),
        ]
        await world.wait(10)
        assert not of_legs(world)
        world.do(StopRecording(LINE, "r1"), StartRecording(LINE, "r2", "r2.wav", caller, agent))
        await world.wait()
        world.do(Mix(LINE, {caller: (), agent: ()}))
        await world.wait()
        assert world.state(caller)["8001"] == "hold"
        world.do(Mix(LINE, {caller: (agent,), agent: (caller,)}))
        await world.wait()
        assert world.state(caller)["8001"] == "connected"
        world.people["caller"].leg.hang_up()
        await world.wait()
        events = world.new()
        assert [event.recording for event in events if isinstance(event, RecordingEnded) and not event.error] == ["r1", "r2"]
        assert sorted(event.leg for event in events if isinstance(event, Released)) == sorted([caller, agent])
        assert not world.voice.legs
        assert world.is_idle

    World().run(story)


def test_who_was_joined_with_an_agent_in_the_moment_of_the_crash_is_in_conversation_afterwards() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "1/a", "station:8001", "138", beside=caller))
        await world.wait(5)
        world.do(Mix(LINE, {caller: ("1/a",), "1/a": (caller,)}))
        await world.wait(0.5)
        assert world.kept[0].joins, "the switch has done it, and not said so yet"
        world.new()
        await world.restart()
        assert of_legs(world) == [
            Adopted(LINE, caller, "13800138000", "95500", answered=True),
            Adopted(LINE, "1/a", "13800138000", "8001", answered=True, station="8001"),
        ]
        await world.wait(90)
        assert not of_legs(world)
        world.do(Mix(LINE, {caller: (), "1/a": ()}))
        await world.wait(2)
        assert world.state(caller)["8001"] == "hold", "it is known which call it is"
        world.people["caller"].leg.hang_up()
        await world.wait(2)
        assert sorted(event.leg for event in world.new(Released)) == sorted(["1/a", caller])
        assert world.is_idle

    World(mischief=(Late(kinds=("answers", "Transfered"), by_s=1.0, from_s=5.0),)).run(story)


def test_who_was_to_be_joined_and_is_at_his_port_still_is_served_there() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "1/a", "station:8001", "138", beside=caller))
        await world.wait(5)
        (row,) = world.kept
        world.kept = (attrs.evolve(row, agent="1/a", station="8001", joins=True),)  # the request has not reached the switch
        world.new()
        await world.restart()
        await world.wait(5)
        assert of_legs(world) == [Adopted(LINE, caller, "13800138000", "95500", answered=True)]
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}
        assert not world.cti.switch.connections_of("8001")

    World().run(story)


def test_who_was_to_be_joined_and_has_hung_up_meanwhile_is_told_as_gone() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "1/a", "station:8001", "138", beside=caller))
        await world.wait(5)
        (row,) = world.kept
        kept = (attrs.evolve(row, agent="1/a", station="8001", joins=True),)
        world.people["caller"].leg.hang_up()
        world.people["station:8001"].leg.hang_up()
        await world.wait()
        world.new()
        world.kept = kept
        await world.restart()
        await world.wait(20)
        assert sorted(event.leg for event in world.new(Released)) == sorted(["1/a", caller])
        assert world.is_idle

    World().run(story)


def test_a_conversation_that_was_held_at_the_phone_is_told_as_held() -> None:
    async def story(world: World) -> None:
        _, agent = await talking(world)
        world.service("hold_call", world.part("8001"))
        await world.wait()
        world.new()
        await world.restart()
        await world.wait(10)
        assert [event.leg for event in world.new(HeldByFarEnd)] == [agent]

    World().run(story)


def test_a_conversation_that_ended_meanwhile_is_over_as_soon_as_the_switch_is_seen() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.do(StartRecording(LINE, "r1", "r1.wav", caller, agent))
        await world.wait()
        world.new()
        world.people["caller"].leg.hang_up()
        kept = world.kept
        assert kept
        await world.restart()
        await world.wait(20)
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent])
        assert world.is_idle
        assert not world.kept

    World().run(story)


def test_a_caller_who_hung_up_meanwhile_is_not_there_any_more() -> None:
    async def story(world: World) -> None:
        await at_port(world)
        world.voice._sink = lambda _event: None
        kept = world.kept
        world.people["caller"].leg.hang_up()
        world.kept = kept
        await world.restart()
        await world.wait(10)
        assert not of_legs(world)
        assert world.is_idle
        second = await at_port(world)
        assert second

    World().run(story)


@pytest.mark.parametrize("up", [False, True], ids=["ringing", "answered"])
def test_an_agent_of_the_last_run_is_let_go_and_the_next_one_is_rung_then(up: bool) -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "1/a", "station:8001", "138", beside=caller))
        await world.wait(5 if up else 1)
        await world.restart()
        world.do(Originate(LINE, "2/a", "station:8002", "138", beside=caller))
        await world.wait(10)
        assert "station:8001 released NORMAL_CLEARING" in world.told
        assert Answered(LINE, "2/a") in world.new()
        world.do(Release(LINE, "2/a"), Release(LINE, caller))
        await world.wait(5)
        assert not world.cti.switch.calls
        assert world.is_idle

    World().run(story)


def test_whom_nobody_knows_at_a_port_is_released() -> None:
    async def story(world: World) -> None:
        await at_port(world)
        world.kept = ()
        await world.restart()
        await world.wait(10)
        assert not of_legs(world)
        assert not world.voice.legs
        assert not world.cti.switch.calls

    World().run(story)


def test_an_orderly_end_leaves_nothing_to_the_next_run() -> None:
    async def story(world: World) -> None:
        await talking(world)
        assert world.kept

    assert not World().run(story).kept


def test_what_is_kept_is_read_again_until_the_machine_is_started_anew(tmp_path: Path) -> None:
    file = tmp_path / "run" / "pbx.calls.json"
    assert Diary(file, "b1").read() == ()
    Diary(file, "b1").write((ROW,))
    assert Diary(file, "b1").read() == (ROW,)
    assert Diary(file, "b2").read() == ()
    file.write_text(file.read_text()[:-5])
    assert Diary(file, "b1").read() == ()
    Diary(file).write((ROW,))
    assert Diary(file).read() == (ROW,)


def test_calls_go_on_when_nothing_can_be_written_down() -> None:
    async def story(world: World) -> None:
        alarms: list[bool] = []
        world.sink = lambda event: alarms.append(event.cleared) if isinstance(event, LineAlarm) else None
        world.is_full = True
        caller = await at_port(world)
        assert alarms == [False]
        world.is_full = False
        world.do(Release(LINE, caller))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == [caller]
        assert alarms == [False, True]

    World().run(story)


@pytest.mark.parametrize("while_down", [False, True])
def test_a_phone_that_makes_a_call_by_itself_is_shown_busy_over_a_restart_until_that_ends(while_down: bool) -> None:
    async def story(world: World) -> None:
        def busy() -> int:
            (phones,) = [group for group in world.mapping.groups() if group.name == "phones"]
            return phones.busy

        world.answers_after = {"station:8003": 1.0}
        if while_down:
            await world.restart()
            world.cut()
            world.cti.switch.dials("8001", "8003")
            await world.wait(3)
            world.mend()
        else:
            world.cti.switch.dials("8001", "8003")
            await world.wait(3)
            assert busy() == 2
            await world.restart()
        await world.wait(40)
        assert busy() == 2, "the next run sees it, too"
        assert str(world.cti.switch.connections_of("8001")[0].state) == "connected", "and leaves it alone"
        caller = await at_port(world)
        world.do(Originate(LINE, "s", "station:8001", "138", beside=caller))
        await world.wait()
        assert [(event.leg, event.cause) for event in world.new(Released)] == [("s", Cause.USER_BUSY)]
        world.people["station:8003"].leg.hang_up()
        await world.wait()
        assert busy() == 0
        world.answers_after = {"station:8001": 1.0}
        world.do(Originate(LINE, "t", "station:8001", "138", beside=caller))
        await world.wait(3)
        assert Answered(LINE, "t") in world.new()

    World().run(story)
