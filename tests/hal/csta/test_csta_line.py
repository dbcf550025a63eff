"""A line at a switch: callers are led to ports and heard there, joined with agents by the switch, and taken back."""

import pytest

from hal.api import (
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    HeldByFarEnd,
    Mix,
    Originate,
    Play,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    Reject,
    Release,
    Released,
    RetrievedByFarEnd,
    SendDigits,
    StartRecording,
    StopPlay,
    StopRecording,
)
from tests.hal.csta.world import LINE, PHONES, World

pytestmark = pytest.mark.requirement("ACC-02")


async def at_port(world: World) -> str:
    """A caller who is answered; his leg."""
    world.new()
    world.calls()
    await world.wait()
    (arrived,) = world.new(Arrived)
    world.do(Answer(LINE, arrived.leg))
    await world.wait()
    assert Answered(LINE, arrived.leg) in world.new()
    return str(arrived.leg)


async def talking(world: World) -> tuple[str, str]:
    """A caller who talks with agent 8001; both legs."""
    caller = await at_port(world)
    world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
    await world.wait(5)
    assert Answered(LINE, "s1") in world.new()
    world.do(Mix(LINE, {caller: ("s1",), "s1": (caller,)}))
    await world.wait()
    return caller, "s1"


def test_a_caller_is_answered_at_a_port_and_hears_and_presses_there() -> None:
    async def story(world: World) -> None:
        world.calls(ani="13800138000")
        await world.wait()
        (arrived,) = world.new(Arrived)
        assert (arrived.ani, arrived.dnis, arrived.trunk) == ("13800138000", "95500", "7000")
        world.do(Answer(LINE, arrived.leg))
        await world.wait()
        world.do(Play(LINE, arrived.leg, 1, ("welcome.wav",)))
        world.people["caller"].leg.press("5")
        await world.wait(4)
        assert world.told == ["caller is answered", "caller hears 1", "caller hears welcome.wav"]
        assert [event for event in world.new() if getattr(event, "leg", "") == arrived.leg] == [
            Answered(LINE, arrived.leg),
            DigitHeard(LINE, arrived.leg, "5"),
            PlayEnded(LINE, arrived.leg, 1),
        ]
        world.do(Release(LINE, arrived.leg))
        await world.wait()
        assert [(event.leg, event.by_far_end) for event in world.new(Released)] == [(arrived.leg, False)]
        assert not world.cti.switch.calls

    World().run(story)


def test_caller_and_agent_are_joined_by_the_switch_and_the_port_is_free() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        assert not world.cti.switch.connections_of("8901")
        assert not world.voice.legs
        (call,) = world.cti.switch.calls.values()
        assert set(call.connections) == {"T1#1", "8001"}
        assert world.told[-2:] == ["station:8001 hears 1", "caller hears 1"] or "caller hears 1" in world.told[-3:]
        world.people["caller"].leg.hang_up()
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent])
        assert not world.cti.switch.calls

    World().run(story)


def test_who_does_not_answer_is_given_up_and_the_caller_hears_his_music_again() -> None:
    async def story(world: World) -> None:
        del world.answers_after["station:8001"]
        caller = await at_port(world)
        world.do(Play(LINE, caller, 1, ("music.wav",), loop=True))
        await world.wait()
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
        await world.wait(3)
        assert Alerted(LINE, "s1") in world.new()
        world.told.clear()
        world.do(Release(LINE, "s1"))
        await world.wait()
        assert [(event.leg, event.by_far_end) for event in world.new(Released)] == [("s1", False)]
        assert "station:8001 released NORMAL_CLEARING" in world.told
        assert world.told[-1] == "caller hears music.wav"
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}

    World().run(story)


@pytest.mark.parametrize(("phone", "cause"), [("8001", Cause.USER_BUSY), ("9999", Cause.USER_BUSY)])
def test_who_cannot_be_rung_is_released_with_a_cause_and_the_caller_stays(phone: str, cause: Cause) -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        if phone == "8001":
            world.cti.switch.dials("8001", "8002")
        world.do(Originate(LINE, "s1", f"station:{phone}", "138", beside=caller))
        await world.wait(3)
        (released,) = world.new(Released)
        assert (released.leg, released.cause) == ("s1", cause)
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}

    World(stations=(*PHONES, "9999")).run(story)


def test_a_caller_who_is_released_as_he_is_joined_is_gone() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
        await world.wait(5)
        world.do(Mix(LINE, {caller: ("s1",), "s1": (caller,)}), Release(LINE, caller))
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, "s1"])
        assert world.is_idle

    World().run(story)


def test_music_does_not_begin_again_whenever_the_switch_is_looked_at() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.told.clear()
        world.do(Play(LINE, caller, 1, ("music.wav",), loop=True))
        await world.wait(200)
        assert world.told == ["caller hears music.wav"]

    World().run(story)


def test_one_agent_at_a_time_is_rung_for_a_caller() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(*(Originate(LINE, leg, f"station:{phone}", "", beside=caller) for leg, phone in (("s1", "8001"), ("s2", "8002"))))
        await world.wait(5)
        assert [(event.leg, event.cause) for event in world.new() if isinstance(event, Released)] == [("s2", Cause.NO_CIRCUIT_AVAILABLE)]

    World().run(story)


def test_the_agent_hangs_up_and_both_are_gone() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.people["station:8001"].leg.hang_up()
        await world.wait()
        assert [(event.leg, event.by_far_end) for event in world.new(Released)] == [(agent, True), (caller, True)]

    World().run(story)


def test_hold_and_retrieve_are_the_switchs() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.do(Mix(LINE, {caller: (), agent: ()}), Play(LINE, caller, 7, ("music.wav",), loop=True))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "hold"}
        world.do(Mix(LINE, {caller: (agent,), agent: (caller,)}), StopPlay(LINE, caller, 7))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        assert world.new() == [PlayEnded(LINE, caller, 7, PlayEnd.STOPPED)], "what the switch played, and no hold of the far end"

    World().run(story)


def test_a_hold_at_the_phone_is_told() -> None:
    async def story(world: World) -> None:
        _, agent = await talking(world)
        world.new()
        world.service("hold_call", world.part("8001"))
        await world.wait()
        world.service("retrieve_call", world.part("8001"))
        await world.wait()
        assert world.new() == [HeldByFarEnd(LINE, agent), RetrievedByFarEnd(LINE, agent)]

    World().run(story)


def test_a_caller_whom_his_agent_leaves_is_back_at_a_port() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.told.clear()
        world.do(Release(LINE, agent), Play(LINE, caller, 9, ("survey.wav",)))
        await world.wait()
        assert [(event.leg, event.by_far_end) for event in world.new(Released)] == [(agent, False)]
        assert "caller hears survey.wav" in world.told
        assert set(world.state(caller)) == {"T1#1", "8902"}, "the next port in turn"
        await world.wait(4)
        assert PlayEnded(LINE, caller, 9) in world.new()
        world.do(Originate(LINE, "s2", "station:8002", "138", beside=caller))
        await world.wait(5)
        world.do(Mix(LINE, {caller: ("s2",), "s2": (caller,)}))
        await world.wait()
        assert set(world.state(caller)) == {"T1#1", "8002"}

    World().run(story)


def test_both_released_are_not_taken_to_a_port() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.do(Release(LINE, agent), Release(LINE, caller))
        await world.wait()
        assert sorted((event.leg, event.by_far_end) for event in world.new(Released)) == sorted([(agent, False), (caller, False)])
        assert not world.voice.legs
        assert not world.cti.switch.calls

    World().run(story)


def test_a_conversation_is_recorded_at_a_port_that_joins_it() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.do(StartRecording(LINE, "r1", "r1.wav", caller, agent))
        await world.wait()
        assert set(world.state(caller)) == {"T1#1", "8001", "8990"}
        world.do(StopRecording(LINE, "r1"), StartRecording(LINE, "r2", "r2.wav", agent))
        await world.wait(3)
        (first,) = world.new(RecordingEnded)
        assert (first.recording, first.error) == ("r1", "")
        world.people["caller"].leg.hang_up()
        await world.wait()
        (second,) = world.new(RecordingEnded)
        assert (second.recording, second.error, second.duration_s >= 3) == ("r2", "", True)
        assert not world.voice.legs
        assert not world.cti.switch.calls

    World().run(story)


def test_a_caller_is_recorded_at_his_port() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(StartRecording(LINE, "r1", "r1.wav", caller))
        await world.wait(3)
        world.do(StopRecording(LINE, "r1"))
        await world.wait()
        (ended,) = world.new(RecordingEnded)
        assert (ended.recording, ended.error, round(ended.duration_s)) == ("r1", "", 3)

    World().run(story)


def test_a_recording_without_a_free_port_is_told_as_missing() -> None:
    async def story(world: World) -> None:
        first = await talking(world)
        world.do(StartRecording(LINE, "r1", "r1.wav", *first))
        await world.wait()
        world.new()
        world.calls("second", "139")
        await world.wait()
        (arrived,) = world.new(Arrived)
        world.do(Answer(LINE, arrived.leg))
        await world.wait()
        world.do(Originate(LINE, "s2", "station:8002", "139", beside=arrived.leg))
        await world.wait(5)
        world.do(Mix(LINE, {arrived.leg: ("s2",), "s2": (arrived.leg,)}))
        await world.wait()
        world.do(StartRecording(LINE, "r2", "r2.wav", arrived.leg, "s2"))
        await world.wait()
        assert [(event.recording, event.error) for event in world.new(RecordingEnded)] == [("r2", "no recording port is free")]

    World().run(story)


def test_a_caller_for_whom_no_port_is_free_goes_the_switchs_own_way() -> None:
    async def story(world: World) -> None:
        await at_port(world)
        world.calls("second", "139")
        world.calls("third", "137")
        await world.wait()
        for arrived in world.new(Arrived):
            world.do(Answer(LINE, arrived.leg))
        await world.wait()
        (refused,) = world.new(Released)
        assert (refused.cause, refused.by_far_end) == (Cause.NO_CIRCUIT_AVAILABLE, False)
        assert "station:8003 rings" in world.told, "the default route"

    World().run(story)


def test_a_caller_who_is_refused_is_cleared() -> None:
    async def story(world: World) -> None:
        world.calls()
        await world.wait()
        (arrived,) = world.new(Arrived)
        world.do(Reject(LINE, arrived.leg, Cause.CALL_REJECTED))
        await world.wait()
        assert [(event.leg, event.by_far_end) for event in world.new(Released)] == [(arrived.leg, False)]
        assert world.told[-1].startswith("caller released")
        assert not world.cti.switch.calls

    World().run(story)


@pytest.mark.parametrize("stage", ["offered", "routed", "at port", "ringing", "up"])
def test_a_caller_who_hangs_up_is_gone_at_every_stage(stage: str) -> None:
    async def story(world: World) -> None:
        if stage == "offered":
            world.calls()
            await world.wait()
        elif stage == "routed":
            world.calls()
            await world.wait()
            world.do(Answer(LINE, world.new(Arrived)[0].leg))
        else:
            caller = await at_port(world)
            if stage != "at port":
                world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
                await world.wait(1 if stage == "ringing" else 5)
        world.people["caller"].leg.hang_up()
        await world.wait()
        gone = [event.leg for event in world.new(Released)]
        assert len([leg for leg in gone if leg != "s1"]) == 1
        if stage in ("ringing", "up"):
            world.do(Release(LINE, "s1"))
            await world.wait(6)
        assert not world.cti.switch.calls
        assert not world.voice.legs
        assert world.is_idle

    World().run(story)


def test_who_dials_a_port_by_himself_is_refused() -> None:
    async def story(world: World) -> None:
        world.new()
        world.cti.switch.dials("8002", "8901")
        await world.wait()
        assert not world.new(), "the core is told nothing of it, its end neither"
        assert not world.cti.switch.connections_of("8901")

    World().run(story)


@pytest.mark.parametrize("after_s", [0, 1])
def test_the_next_agent_is_rung_as_soon_as_the_one_before_is_out_of_the_way(after_s: int) -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8001", "", beside=caller))
        if after_s:
            await world.wait(after_s)
        world.do(Release(LINE, "s1"), Originate(LINE, "s2", "station:8002", "", beside=caller))
        await world.wait(5)
        events = world.new()
        assert [event.leg for event in events if isinstance(event, Released)] == ["s1"]
        assert Answered(LINE, "s2") in events
        world.do(Release(LINE, "s2"), Originate(LINE, "s3", "station:8003", "", beside=caller), Release(LINE, "s3"))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["s2", "s3"]

    World().run(story)


def test_keys_are_sent_into_a_conversation() -> None:
    async def story(world: World) -> None:
        caller, _ = await talking(world)
        world.told.clear()
        world.do(SendDigits(LINE, caller, "12"))
        await world.wait()
        assert "caller hears keys 12" in world.told

    World().run(story)


def test_an_agent_who_is_released_as_soon_as_he_is_called_leaves_the_caller_at_his_port() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller), Release(LINE, "s1"))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["s1"]
        assert not world.cti.switch.connections_of("8001"), "he is not rung on"
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}

    World().run(story)


def test_an_agent_who_holds_before_he_is_joined_is_told_as_holding() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
        await world.wait(5)
        world.service("hold_call", world.part("8001"))
        world.do(Mix(LINE, {caller: ("s1",), "s1": (caller,)}))
        await world.wait()
        assert HeldByFarEnd(LINE, "s1") in world.new()
        world.service("retrieve_call", world.part("8001"))
        await world.wait()
        assert world.new() == [RetrievedByFarEnd(LINE, "s1")]

    World().run(story)


def test_a_caller_is_gone_although_somebody_dials_his_port_and_it_rings_an_agent_who_was_just_released() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.cti.switch.dials("8002", "8901")
        await world.wait()
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller), Release(LINE, "s1"))
        world.people["caller"].leg.hang_up()
        await world.wait(5)
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, "s1"])
        assert not world.cti.switch.connections_of("8001"), "he is not rung on"
        assert not world.voice.legs
        assert world.is_idle

    World().run(story)


def test_a_caller_whose_port_somebody_dials_is_taken_back_from_his_agent() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.cti.switch.dials("8002", "8901")
        await world.wait()
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
        await world.wait()
        world.do(Release(LINE, "s1"))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}

    World().run(story)
