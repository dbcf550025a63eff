"""A line at a switch: callers are led to ports, heard and served there, and refused or gone at every stage."""

import pytest

from hal.api import (
    Answer,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    Listen,
    Mix,
    Originate,
    Play,
    PlayEnded,
    Reject,
    Release,
    Released,
    SpeechBegan,
    SpeechHeard,
)
from tests.hal.csta.world import LINE, Person, World
from tests.hal.switch_callers import at_port

pytestmark = pytest.mark.requirement("ACC-02")


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


def test_a_caller_is_understood_at_his_port() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Listen(LINE, caller, 3, "en", {"1": ("billing",), "2": ("repair",)}))
        (port,) = world.voice.legs.values()
        port.speak("repair")
        await world.wait(2)
        began, heard = world.new()
        assert began == SpeechBegan(LINE, caller, 3)
        assert isinstance(heard, SpeechHeard)
        assert (heard.leg, heard.listening, heard.meant) == (caller, 3, "2")

    World().run(story)


def test_an_agent_who_calls_is_named_and_gone_when_he_hangs_up() -> None:
    async def story(world: World) -> None:
        agent = world.people["8002"] = Person(world, "8002")
        world.speech.dial(agent, "8002", "7000")
        await world.wait()
        (arrived,) = world.new(Arrived)
        assert (arrived.ani, arrived.station, arrived.trunk) == ("8002", "8002", "")
        world.do(Answer(LINE, arrived.leg))
        await world.wait()
        world.do(Originate(LINE, "s1", "station:8001", "", beside=arrived.leg))
        await world.wait(5)
        world.do(Mix(LINE, {arrived.leg: ("s1",), "s1": (arrived.leg,)}))
        await world.wait()
        assert set(world.state(arrived.leg)) == {"8001", "8002"}
        world.new()
        agent.leg.hang_up()
        await world.wait()
        assert {(event.leg, event.by_far_end) for event in world.new(Released)} == {(arrived.leg, True), ("s1", True)}

    World().run(story)


def test_a_caller_whose_port_breaks_down_did_not_hang_up() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.voice.crash()
        await world.wait()
        assert world.new(Released) == [Released(LINE, caller, Cause.NETWORK_OUT_OF_ORDER, by_far_end=False)]

    World().run(story)


def test_music_does_not_begin_again_whenever_the_switch_is_looked_at() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.told.clear()
        world.do(Play(LINE, caller, 1, ("music.wav",), loop=True))
        await world.wait(200)
        assert world.told == ["caller hears music.wav"]

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
