"""Caller and agent are joined by the switch: hold, keys, the end of it, and the caller who is taken back to a port."""

import pytest

from hal.api import (
    HeldByFarEnd,
    Mix,
    Originate,
    Play,
    PlayEnd,
    PlayEnded,
    Release,
    Released,
    RetrievedByFarEnd,
    SendDigits,
    StopPlay,
)
from tests.hal.csta.world import LINE, World
from tests.hal.switch_callers import at_port, talking

pytestmark = pytest.mark.requirement("ACC-02")


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


def test_keys_are_sent_into_a_conversation() -> None:
    async def story(world: World) -> None:
        caller, _ = await talking(world)
        world.told.clear()
        world.do(SendDigits(LINE, caller, "12"))
        await world.wait()
        assert "caller hears keys 12" in world.told

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
