"""What goes along with a call at a switch: what the network has sent, and the name by which both sides know whose it is."""

import attrs
import pytest

from appliance.desk import shown
from hal.api import LONGEST_DATA, Arrived
from sim.switch.calls import State
from tests.hal.csta.centre import Centre
from tests.hal.csta.world import World
from tests.hal.switch_callers import talking

pytestmark = [pytest.mark.requirement("CTI-02"), pytest.mark.requirement("CTI-03")]


def along(world: World, device: str) -> list[tuple[str, str]]:
    """Correlator and user data of the calls that a phone is in."""
    return [(one.call.correlator, one.call.user_data) for one in world.cti.switch.connections_of(device)]


@pytest.mark.parametrize("by_key", [False, True])
def test_what_came_with_the_call_is_there_when_the_phone_rings_and_goes_along(by_key: bool) -> None:
    async def story(world: World) -> None:
        world.answers_after["station:8001"] = 3.0
        centre = Centre(world)
        assert centre.asks("1001", "log-in") == ""
        world.calls(user_data="客户 K-17")
        await world.wait()
        (contact,) = centre.contacts
        screen = shown(centre.engine)["contacts"][contact.id]
        assert centre.states("1001") == ["ringing"]
        assert (screen["rings"], screen["ani"], screen["dnis"], screen["queue"]) == (["1001"], "13800138000", "95500", "consult")
        assert screen["data"] == {"user-data": "客户 K-17"}
        mine = (screen["leg"], "客户 K-17")
        assert along(world, "8001") == [mine], "the switch's call names the leg, also to other applications at the switch"
        await world.wait(5)
        assert centre.asks("1002", "log-in") == ""
        await world.wait()
        if by_key:
            world.service("consultation_call", world.part("8001"), "8002")
        else:
            assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(4)
        assert along(world, "8002") == [mine]
        if by_key:
            there = world.cti.switch.connections_of("8001")
            held, active = (next(one.id for one in there if one.state is state) for state in (State.HOLD, State.CONNECTED))
            world.service("transfer_call", held, active)
        else:
            assert centre.asks("1001", "complete") == ""
        await world.wait()
        assert along(world, "8002") == [mine]
        assert (contact.agent, contact.data) == ("1002", {"user-data": "客户 K-17"})

    World().run(story)


def test_a_call_that_an_agent_makes_bears_the_name_of_his_leg() -> None:
    async def story(world: World) -> None:
        centre = Centre(world)
        assert centre.asks("1001", "log-in") == centre.asks("1001", "dial", "13900139000") == ""
        await world.wait(1)
        (contact,) = centre.contacts
        assert along(world, "8001") == [(next(iter(contact.parties)), "")]

    World().run(story)


def test_a_switch_that_takes_no_correlator_data_is_sent_none() -> None:
    async def story(world: World) -> None:
        board = world.mapping.board
        board.setup = attrs.evolve(board.setup, correlates=False)
        await talking(world)
        assert along(world, "8001") == [("", "")]

    World().run(story)


def test_more_than_a_key_is_cut() -> None:
    async def story(world: World) -> None:
        world.new()
        world.calls(user_data="x" * 3000)
        await world.wait()
        assert [len(arrived.data) for arrived in world.new(Arrived)] == [LONGEST_DATA]

    World().run(story)
