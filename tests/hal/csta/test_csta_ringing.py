"""An agent is called for a caller at a port: he answers or does not, is given up, and the next one is rung."""

import pytest

from hal.api import (
    Alerted,
    Answered,
    Cause,
    Originate,
    Play,
    Release,
    Released,
)
from tests.hal.csta.world import LINE, PHONES, World
from tests.hal.switch_callers import at_port

pytestmark = pytest.mark.requirement("ACC-02")


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


def test_one_agent_at_a_time_is_rung_for_a_caller() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(*(Originate(LINE, leg, f"station:{phone}", "", beside=caller) for leg, phone in (("s1", "8001"), ("s2", "8002"))))
        await world.wait(5)
        assert [(event.leg, event.cause) for event in world.new() if isinstance(event, Released)] == [("s2", Cause.NO_CIRCUIT_AVAILABLE)]

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


def test_an_agent_who_is_released_as_soon_as_he_is_called_leaves_the_caller_at_his_port() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller), Release(LINE, "s1"))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["s1"]
        assert not world.cti.switch.connections_of("8001"), "he is not rung on"
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}

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
