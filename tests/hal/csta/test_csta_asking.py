"""An agent at a switch asks for advice, goes to and fro, gives the customer away, and brings all together - asked for at his seat."""

from unittest.mock import patch

import pytest

from hal.api import (
    Alerted,
    Answered,
    Cause,
    CommandFailed,
    HeldByFarEnd,
    Mix,
    Originate,
    Play,
    Release,
    Released,
    SendDigits,
)
from sim.switch.requests import REQUESTS
from tests.hal.csta.world import LINE, World
from tests.hal.switch_callers import mixes, talking

pytestmark = pytest.mark.requirement("CTI-01")


async def asking(world: World, to: str = "station:8002") -> tuple[str, str]:
    """An agent who talks with the colleague he asks, the customer hearing music; legs of customer and agent, the colleague's is `x`."""
    caller, agent = await talking(world)
    world.do(Originate(LINE, "x", to, "1001", beside=agent))
    mixes(world, (caller,), (agent,))
    await world.wait(1)
    assert world.state(caller) == {"T1#1": "connected", "8001": "hold"}
    await world.wait(4)
    assert [event for event in world.new() if not isinstance(event, Alerted)] == [Answered(LINE, "x")], "and no hold of the phone's own"
    mixes(world, (caller,), (agent, "x"))
    await world.wait()
    return caller, agent


def parts(world: World, device: str) -> set[str]:
    """How a device is in its calls."""
    return {str(one.state) for one in world.cti.switch.connections_of(device)}


def test_the_phone_asks_while_the_customer_is_on_hold_and_comes_back() -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        assert parts(world, "8002") == {"connected"}
        world.do(Release(LINE, "x"))
        mixes(world, (caller, agent))
        await world.wait()
        assert [(event.leg, event.by_far_end) for event in world.new(Released)] == [("x", False)]
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        assert not world.cti.switch.connections_of("8002")
        assert not world.new(CommandFailed)

    World().run(story)


def test_a_colleague_whose_phone_rings_is_told_as_ringing_and_not_asked_after_all() -> None:
    async def story(world: World) -> None:
        del world.answers_after["station:8002"]
        caller, agent = await talking(world)
        world.do(Originate(LINE, "x", "station:8002", "1001", beside=agent))
        mixes(world, (caller,), (agent,))
        await world.wait()
        assert Alerted(LINE, "x") in world.new()
        world.do(Release(LINE, "x"))
        mixes(world, (caller, agent))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        assert not world.cti.switch.connections_of("8002")

    World().run(story)


def test_released_before_the_switch_has_answered_he_is_not_rung_on() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.do(Originate(LINE, "x", "station:8002", "1001", beside=agent), Release(LINE, "x"))
        mixes(world, (caller, agent))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["x"]
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        assert not world.cti.switch.connections_of("8002")

    World().run(story)


def test_to_and_fro() -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        for _ in range(2):
            mixes(world, (caller, agent), ("x",))
            await world.wait()
            assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
            mixes(world, (caller,), (agent, "x"))
            await world.wait()
            assert world.state(caller) == {"T1#1": "connected", "8001": "hold"}
        mixes(world, (caller,), (agent,), ("x",))
        await world.wait()
        assert parts(world, "8001") == {"hold"}, "both wait"
        mixes(world, (caller, agent), ("x",))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        world.do(Release(LINE, "x"))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        assert not world.new(CommandFailed)

    World().run(story)


def test_changed_to_and_fro_faster_than_the_switch_answers() -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        for _ in range(3):
            mixes(world, (caller, agent), ("x",))
            mixes(world, (caller,), (agent, "x"))
        mixes(world, (caller, agent), ("x",))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        assert not world.new(CommandFailed)

    World().run(story)


@pytest.mark.parametrize("swapped", [False, True])
def test_who_was_asked_takes_the_customer(swapped: bool) -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        if swapped:
            mixes(world, (caller, agent), ("x",))
            await world.wait()
        world.do(Release(LINE, agent))
        mixes(world, (caller, "x"))
        await world.wait()
        assert [(event.leg, event.by_far_end) for event in world.new(Released)] == [(agent, False)]
        assert world.state(caller) == {"T1#1": "connected", "8002": "connected"}
        assert not world.cti.switch.connections_of("8001")
        mixes(world, (caller,), ("x",))
        await world.wait()
        assert world.state(caller)["8002"] == "hold", "he can do what the first one could"
        mixes(world, (caller, "x"))
        world.do(Originate(LINE, "y", "station:8001", "1002", beside="x"))
        mixes(world, (caller,), ("x",))
        await world.wait(5)
        assert Answered(LINE, "y") in world.new()
        world.do(Release(LINE, "x"))
        mixes(world, (caller, "y"))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        world.people["caller"].leg.hang_up()
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == sorted(["x", "y", caller])
        assert world.mapping.board.agents == {}
        assert not world.cti.switch.calls

    World().run(story)


def test_the_customer_is_given_away_to_a_phone_that_rings_still() -> None:
    async def story(world: World) -> None:
        world.answers_after["station:8002"] = 8.0
        caller, agent = await talking(world)
        world.do(Originate(LINE, "x", "station:8002", "1001", beside=agent))
        mixes(world, (caller,), (agent,))
        await world.wait()
        world.do(Release(LINE, agent))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == [agent]
        assert world.state(caller) == {"T1#1": "connected", "8002": "alerting"}
        await world.wait(8)
        assert Answered(LINE, "x") in world.new()
        mixes(world, (caller, "x"))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8002": "connected"}

    World().run(story)


def test_a_phone_that_rings_for_a_customer_who_was_given_away_and_is_not_answered_leaves_him_to_a_port() -> None:
    async def story(world: World) -> None:
        del world.answers_after["station:8002"]
        caller, agent = await talking(world)
        world.do(Originate(LINE, "x", "station:8002", "1001", beside=agent))
        mixes(world, (caller,), (agent,))
        await world.wait()
        world.do(Release(LINE, agent))
        await world.wait(20)
        world.new()
        world.do(Release(LINE, "x"), Originate(LINE, "back", "station:8001", "138", beside=caller))
        await world.wait(5)
        events = world.new()
        assert [event.leg for event in events if isinstance(event, Released)] == ["x"]
        assert Answered(LINE, "back") in events, "he who gave him away has him again"
        mixes(world, (caller, "back"))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}

    World().run(story)


def test_all_together_and_each_of_them_leaves() -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        mixes(world, (caller, agent, "x"))
        await world.wait()
        assert world.state(caller) == dict.fromkeys(("T1#1", "8001", "8002"), "connected")
        world.do(Mix(LINE, {agent: (), caller: ("x",), "x": (caller,)}))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "hold", "8002": "connected"}
        assert not world.new(HeldByFarEnd)
        mixes(world, (caller, agent, "x"))
        await world.wait()
        world.do(Release(LINE, agent))
        mixes(world, (caller, "x"))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == [agent]
        assert world.state(caller) == dict.fromkeys(("T1#1", "8002"), "connected")
        world.do(Release(LINE, "x"), Play(LINE, caller, 3, ("survey.wav",)))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["x"]
        assert world.told[-1] == "caller hears survey.wav"

    World().run(story)


def test_one_is_put_out_of_a_conference_and_the_customer_ends_the_rest() -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        mixes(world, (caller, agent, "x"))
        await world.wait()
        world.do(Release(LINE, "x"))
        mixes(world, (caller, agent))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["x"]
        assert world.state(caller) == dict.fromkeys(("T1#1", "8001"), "connected")
        world.people["caller"].leg.hang_up()
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent])
        assert world.mapping.board.agents == {}

    World().run(story)


@pytest.mark.parametrize("who", ["caller", "station:8001", "station:8002"])
def test_who_hangs_up_in_a_conference_leaves_it_and_the_core_ends_the_rest(who: str) -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        mixes(world, (caller, agent, "x"))
        await world.wait()
        legs = {"caller": caller, "station:8001": agent, "station:8002": "x"}
        world.people[who].leg.hang_up()
        await world.wait()
        assert [event.leg for event in world.new(Released)] == [legs.pop(who)]
        world.do(*(Release(LINE, leg) for leg in legs.values()))
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == sorted(legs.values())
        assert not world.cti.switch.calls

    World().run(story)


@pytest.mark.parametrize("to", ["station:8002", "number:13900139000"])
@pytest.mark.parametrize("when", ["rings", "up"])
def test_who_is_asked_hangs_up_or_refuses_and_the_customer_is_talked_to_again(to: str, when: str) -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.answers_after = {to: 2.0} if when == "up" else {}
        world.do(Originate(LINE, "x", to, "1001", beside=agent))
        mixes(world, (caller,), (agent,))
        await world.wait(5)
        if when == "up":
            assert Answered(LINE, "x") in world.new()
            mixes(world, (caller,), (agent, "x"))
            world.people[to].leg.hang_up()
        else:
            world.people[to].leg.refuse(Cause.USER_BUSY)
        await world.wait()
        (released,) = world.new(Released)
        assert (released.leg, released.cause) == ("x", Cause.NORMAL_CLEARING if when == "up" else Cause.USER_BUSY)
        mixes(world, (caller, agent))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        assert not world.new(CommandFailed)

    World().run(story)


@pytest.mark.parametrize("busy", ["8002", "outside"])
def test_who_cannot_be_reached_is_not_waited_for(busy: str) -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        if busy == "8002":
            world.cti.switch.dials("8002", "8003")
        world.do(Originate(LINE, "x", "station:8002" if busy == "8002" else "station:9999", "1001", beside=agent))
        mixes(world, (caller,), (agent,))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["x"]
        mixes(world, (caller, agent))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        assert not world.new(CommandFailed)

    World().run(story)


def test_the_agent_hangs_up_while_he_asks() -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        world.people["station:8001"].leg.hang_up()
        await world.wait(6)
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent, "x"])
        assert not world.cti.switch.calls
        assert world.mapping.board.agents == {}

    World().run(story)


def test_the_customer_hangs_up_while_the_agent_asks() -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        world.people["caller"].leg.hang_up()
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent])
        world.do(Release(LINE, "x"))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["x"]
        assert not world.cti.switch.calls
        assert world.mapping.board.agents == {}

    World().run(story)


@pytest.mark.requirement("CTI-04")
def test_an_outside_number_is_asked_and_has_the_customer() -> None:
    async def story(world: World) -> None:
        world.answers_after["number:13900139000"] = 2.0
        caller, agent = await asking(world, "number:13900139000")
        assert parts(world, "T1#2") == {"connected"}
        world.do(SendDigits(LINE, caller, "1"), Release(LINE, agent))
        mixes(world, (caller, "x"))
        await world.wait()
        (call,) = world.cti.switch.calls.values()
        assert set(call.connections) == {"T1#1", "T1#2"}
        assert [event.leg for event in world.new(Released)] == [agent, "x", caller], "nothing more would be seen of the two"
        assert world.mapping.board.agents == {}

    World().run(story)


def test_nobody_is_asked_from_a_phone_that_asks_already() -> None:
    async def story(world: World) -> None:
        _, agent = await asking(world)
        world.do(Originate(LINE, "y", "station:8003", "1001", beside=agent))
        await world.wait()
        assert [(event.leg, event.cause) for event in world.new(Released)] == [("y", Cause.NO_CIRCUIT_AVAILABLE)]

    World().run(story)


def test_on_hold_by_the_seat_he_asks_all_the_same() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        mixes(world, (caller,), (agent,))
        await world.wait()
        world.do(Originate(LINE, "x", "station:8002", "1001", beside=agent))
        await world.wait(5)
        assert Answered(LINE, "x") in world.new()
        assert world.state(caller) == {"T1#1": "connected", "8001": "hold"}

    World().run(story)


@pytest.mark.requirement("OPS-05")
def test_after_a_crash_the_agent_is_back_with_the_customer() -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        await world.restart()
        await world.wait(5)
        mixes(world, (caller, agent))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        assert not world.cti.switch.connections_of("8002"), "nobody knows any more why he was called"
        assert not world.new(CommandFailed)

    World().run(story)


def test_what_the_switch_refuses_is_told_and_not_asked_for_for_ever() -> None:
    async def story(world: World) -> None:
        caller, agent = await asking(world)
        del REQUESTS["AlternateCall"]
        mixes(world, (caller, agent), ("x",))
        await world.wait(5)
        assert [(event.leg, event.command) for event in world.new(CommandFailed)] == 3 * [(agent, "Mix")]
        assert world.state(caller) == {"T1#1": "connected", "8001": "hold"}, "as it was"
        world.do(Release(LINE, "x"))
        mixes(world, (caller, agent))
        await world.wait()
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}

    with patch.dict(REQUESTS):
        World().run(story)
