"""What agents ask for at their seats, on a line at a switch: the core says the same as on any line, and the phones do it."""

import pytest

from tests.hal.csta.centre import Centre
from tests.hal.csta.world import World

pytestmark = pytest.mark.requirement("CTI-01")


async def talking(world: World, *others: str) -> Centre:
    """1001 talks with a caller, the others are ready."""
    world.answers_after["station:8003"] = 2.0
    centre = Centre(world)
    assert centre.asks("1001", "log-in") == ""
    world.calls(dnis="95500")
    await world.wait(6)
    assert centre.parties() == {"T1#1": "connected", "8001": "connected"}
    for agent in others:
        assert centre.asks(agent, "log-in") == ""
    await world.wait()
    return centre


async def is_over(centre: Centre) -> None:
    centre.world.people["caller"].leg.hang_up()
    await centre.world.wait(8)
    assert not centre.world.cti.switch.calls
    assert centre.contacts == []
    assert not centre.world.mapping.board.agents
    assert not centre.world.mapping.board.customers


def test_consult_swap_cancel() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(4)
        assert centre.states("1001", "1002") == ["on-call", "on-call"]
        assert (centre.phone("8001"), centre.phone("8002")) == (["hold", "connected"], ["connected"])
        assert centre.asks("1001", "swap") == ""
        await world.wait()
        assert centre.phone("8001") == ["connected", "hold"]
        assert centre.asks("1001", "cancel") == ""
        await world.wait()
        assert centre.parties() == {"T1#1": "connected", "8001": "connected"}
        assert centre.states("1002") == ["ready"]
        await is_over(centre)

    World().run(story)


def test_hold_and_consult_out_of_it() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        assert centre.asks("1001", "hold") == ""
        await world.wait()
        assert centre.phone("8001") == ["hold"]
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(4)
        assert centre.asks("1001", "hold") == ""
        await world.wait()
        assert centre.phone("8001") == ["hold", "hold"]
        assert centre.asks("1001", "conference") == ""
        await world.wait()
        assert centre.parties() == dict.fromkeys(("T1#1", "8001", "8002"), "connected")
        await is_over(centre)

    World().run(story)


def test_who_was_asked_is_given_up_while_the_link_is_down_and_let_go_when_it_is_up() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(1)
        world.cut()
        await world.wait(35)
        assert centre.states("1001", "1002") == ["on-call", "ready"]
        assert centre.phone("8002") == ["connected"], "he has picked up meanwhile, which nobody could see"
        world.mend()
        await world.wait(60)
        assert centre.parties() == {"T1#1": "connected", "8001": "connected"}
        await is_over(centre)

    World().run(story)


@pytest.mark.parametrize("rings", [False, True])
@pytest.mark.requirement("CTI-02")
def test_complete_takes_call_and_data_along(rings: bool) -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        world.answers_after["station:8002"] = 6.0 if rings else 1.0
        assert centre.asks("1001", "data", "bill=12") == ""
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(3)
        assert centre.asks("1001", "complete") == ""
        await world.wait(6)
        assert centre.parties() == {"T1#1": "connected", "8002": "connected"}
        (contact,) = centre.contacts
        assert (contact.agent, contact.data, contact.ani) == ("1002", {"bill": "12"}, "13800138000")
        assert centre.states("1001", "1002") == ["ready", "on-call"]
        await is_over(centre)

    World().run(story)


def test_complete_to_a_phone_that_nobody_answers_and_the_agent_has_the_customer_again() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        del world.answers_after["station:8002"]
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(3)
        assert centre.asks("1001", "complete") == ""
        await world.wait(45)
        assert centre.parties() == {"T1#1": "connected", "8001": "connected"}
        assert centre.states("1001") == ["on-call"]
        await is_over(centre)

    World().run(story)


def test_conference_and_the_first_leaves() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002", "1003")
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(4)
        assert centre.asks("1001", "conference") == ""
        await world.wait()
        assert centre.parties() == dict.fromkeys(("T1#1", "8001", "8002"), "connected")
        assert centre.asks("1002", "consult", "1003") == ""
        await world.wait(4)
        assert centre.asks("1002", "conference") == ""
        await world.wait()
        assert centre.parties() == dict.fromkeys(("T1#1", "8001", "8002", "8003"), "connected")
        assert centre.asks("1001", "drop", "1003") == ""
        await world.wait()
        world.people["station:8001"].leg.hang_up()
        await world.wait()
        assert centre.parties() == dict.fromkeys(("T1#1", "8002"), "connected")
        assert centre.contacts[0].agent == "1002"
        await is_over(centre)

    World().run(story)


@pytest.mark.requirement("CTI-02")
def test_transfer_at_once() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        assert centre.asks("1001", "transfer", "1002") == ""
        await world.wait(6)
        assert centre.parties() == {"T1#1": "connected", "8002": "connected"}
        assert centre.states("1001", "1002") == ["ready", "on-call"]
        await is_over(centre)

    World().run(story)


def test_transfer_to_somebody_who_does_not_answer_comes_back() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        del world.answers_after["station:8002"]
        assert centre.asks("1001", "transfer", "1002") == ""
        await world.wait(45)
        assert centre.parties() == {"T1#1": "connected", "8001": "connected"}
        await is_over(centre)

    World().run(story)


@pytest.mark.requirement("CTI-04")
def test_a_number_outside_is_given_the_customer() -> None:
    async def story(world: World) -> None:
        centre = await talking(world)
        world.answers_after["number:13900139000"] = 2.0
        assert centre.asks("1001", "transfer", "13900139000") == ""
        await world.wait(6)
        assert centre.parties() == {"T1#1": "connected", "T1#2": "connected"}
        assert centre.contacts == [], "they are out of sight"
        assert centre.states("1001") == ["ready"]

    World().run(story)


def test_dial_a_customer_and_a_colleague() -> None:
    async def story(world: World) -> None:
        world.answers_after["number:13900139000"] = 2.0
        centre = Centre(world)
        assert centre.asks("1001", "log-in") == centre.asks("1002", "log-in") == ""
        assert centre.asks("1001", "dial", "13900139000") == ""
        await world.wait(6)
        assert centre.parties() == {"8001": "connected", "T1#1": "connected"}
        (contact,) = centre.contacts
        assert (contact.direction, contact.connected_at is not None) == ("out", True)
        assert centre.asks("1001", "release") == ""
        await world.wait()
        assert not world.cti.switch.calls
        assert centre.asks("1001", "dial", "1002") == ""
        await world.wait(6)
        assert centre.parties() == {"8001": "connected", "8002": "connected"}
        assert centre.states("1001", "1002") == ["on-call", "on-call"]
        assert centre.asks("1002", "release") == ""
        await world.wait()
        assert not world.cti.switch.calls
        assert centre.states("1001", "1002") == ["ready", "ready"]

    World().run(story)


@pytest.mark.parametrize("who", ["caller", "station:8001", "station:8002"])
def test_somebody_hangs_up_while_the_agent_asks(who: str) -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(4)
        world.people[who].leg.hang_up()
        await world.wait(6)
        if who == "station:8002":
            assert centre.parties() == {"T1#1": "connected", "8001": "connected"}
            await is_over(centre)
        assert not world.cti.switch.calls
        assert centre.contacts == []
        assert centre.states("1001", "1002") == ["ready", "ready"]

    World().run(story)


@pytest.mark.requirement("ACC-02")
def test_agents_in_calls_are_logged_on_still_when_the_link_is_back() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        world.cut()
        await world.wait(10)
        world.mend()
        await world.wait(40)
        assert centre.states("1001", "1002") == ["on-call", "ready"]
        await is_over(centre)
        assert centre.states("1001", "1002") == ["ready", "ready"]

    World().run(story)


@pytest.mark.parametrize("when", ["rings", "talks"])
def test_the_link_is_cut_while_the_agent_asks(when: str) -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(1 if when == "rings" else 4)
        world.cut()
        await world.wait(3)
        world.mend()
        await world.wait(15)
        assert centre.states("1001", "1002") == ["on-call", "on-call"]
        assert centre.asks("1001", "complete") == ""
        await world.wait()
        assert centre.parties() == {"T1#1": "connected", "8002": "connected"}
        await is_over(centre)

    World().run(story)
