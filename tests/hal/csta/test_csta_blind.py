"""An agent at a switch gives the customer away without having talked to the next one: by way of a port, or at the switch itself."""

import pytest

from hal.api import Answer, Answered, Arrived, Originate, Release, Released
from tests.hal.csta.world import LINE, World
from tests.hal.switch_callers import mixes, talking

pytestmark = pytest.mark.requirement("CTI-01")


@pytest.mark.parametrize("to", ["station:8002", "number:13900139000"])
def test_the_customer_is_given_away_at_once_by_way_of_a_port(to: str) -> None:
    async def story(world: World) -> None:
        world.answers_after[to] = 2.0
        caller, agent = await talking(world)
        world.do(Release(LINE, agent), Originate(LINE, "x", to, "1001", beside=caller))
        await world.wait(5)
        events = world.new()
        assert [event.leg for event in events if isinstance(event, Released)] == [agent]
        assert Answered(LINE, "x") in events
        mixes(world, (caller, "x"))
        await world.wait()
        (call,) = world.cti.switch.calls.values()
        assert set(call.connections) == {"T1#1", "8002" if to == "station:8002" else "T1#2"}

    World().run(story)


@pytest.mark.parametrize("ports", ["taken", "out of service"])
def test_with_no_port_free_he_is_given_away_at_the_switch_itself(ports: str) -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        if ports == "taken":
            for who in ("second", "third"):
                world.calls(who)
                await world.wait()
                world.do(*(Answer(LINE, event.leg) for event in world.new(Arrived)))
        else:
            for port in ("8901", "8902"):
                world.cti.switch.unplug(port)
        await world.wait()
        world.new()
        world.do(Release(LINE, agent), Originate(LINE, "x", "station:8002", "1001", beside=caller))
        await world.wait(5)
        events = world.new()
        assert [event.leg for event in events if isinstance(event, Released)] == [agent]
        assert Answered(LINE, "x") in events
        mixes(world, (caller, "x"))
        await world.wait()
        assert set(world.state(caller)) == {"T1#1", "8002"}

    World().run(story)
