"""An agent at a switch gives a customer away by the keys of his own phone: it is followed as far as it can be seen."""

import pytest

from sim.switch.calls import State
from tests.hal.csta.centre import Centre
from tests.hal.csta.test_csta_seat import is_over, talking
from tests.hal.csta.world import World

pytestmark = [pytest.mark.requirement("CTI-02"), pytest.mark.requirement("CTI-06")]


async def given(centre: Centre, to: str, how: str) -> None:
    """The phone 8001 gives its caller to another: at once, when that one rings, or when he has answered."""
    world = centre.world
    assert centre.asks("1001", "data", "bill=12") == ""
    if how == "at once":
        world.service("single_step_transfer_call", world.part("8001"), to)
    else:
        world.service("consultation_call", world.part("8001"), to)
        await world.wait(1 if how == "rings" else 5)
        there = world.cti.switch.connections_of("8001")
        held, active = (next(one.id for one in there if one.state is state) for state in (State.HOLD, State.CONNECTED))
        world.service("transfer_call", held, active)
    await world.wait(0.5)


@pytest.mark.parametrize("how", ["at once", "rings", "answered"])
def test_the_colleague_has_the_customer_with_all_that_is_known_of_him(how: str) -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        await given(centre, "8002", how)
        await world.wait(3)
        assert centre.parties() == {"T1#1": "connected", "8002": "connected"}
        (contact,) = centre.contacts
        assert (contact.agent, contact.data, contact.state.value) == ("1002", {"bill": "12"}, "connected")
        assert centre.states("1001", "1002") == ["ready", "on-call"]
        assert centre.asks("1002", "hold") == ""
        await world.wait()
        assert centre.phone("8002") == ["hold"]
        assert centre.asks("1002", "retrieve") == ""
        await world.wait()
        assert centre.asks("1002", "transfer", "1001") == ""
        await world.wait(5)
        assert centre.parties() == {"T1#1": "connected", "8001": "connected"}
        await is_over(centre)

    World().run(story)


@pytest.mark.parametrize("how", ["at once", "rings"])
def test_a_colleague_who_does_not_answer_leaves_him_to_the_agent(how: str) -> None:
    async def story(world: World) -> None:
        del world.answers_after["station:8002"]
        centre = await talking(world, "1002")
        await given(centre, "8002", how)
        assert centre.states("1002") == ["ringing"]
        await world.wait(25)
        assert centre.parties() == {"T1#1": "connected", "8001": "connected"}
        await is_over(centre)

    World().run(story)


def test_a_phone_where_nobody_is_logged_in_has_him_as_one_outside() -> None:
    async def story(world: World) -> None:
        centre = await talking(world)
        await given(centre, "8003", "answered")
        await world.wait(3)
        (contact,) = centre.contacts
        assert contact.state.value == "outside"
        assert centre.parties() == {"T1#1": "connected", "8003": "connected"}
        assert centre.states("1001") == ["ready"]
        await is_over(centre)

    World().run(story)


@pytest.mark.parametrize(("to", "who"), [("013900139000", "T1#2"), ("8002", "8002")])
def test_where_he_cannot_be_followed_he_talks_on_and_is_told_as_gone(to: str, who: str) -> None:
    async def story(world: World) -> None:
        world.answers_after["number:13900139000"] = 2.0
        centre = await talking(world, "1002")
        await given(centre, to, "at once" if to == "8002" else "answered")
        if to == "8002":
            assert centre.states("1002") == ["ringing"]
        await world.wait(8)
        assert set(centre.parties()) == {"T1#1", who}
        if who == "T1#2":
            assert centre.contacts == []
            assert centre.states("1001") == ["ready"]

    World().run(story)


def test_a_colleague_whom_the_core_does_not_ring_talks_on_without_us() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        (contact,) = centre.contacts
        contact.in_flow = True  # no customer is given away out of self service
        await given(centre, "8002", "answered")
        await world.wait(3)
        assert centre.parties() == {"T1#1": "connected", "8002": "connected"}
        assert centre.contacts == []
        assert centre.states("1001", "1002") == ["ready", "ready"]
        assert not world.mapping.board.agents
        assert not world.mapping.board.customers

    World().run(story)
