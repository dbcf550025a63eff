"""What agents ask for at their seats, on a line at an Asterisk: the core says the same as on any line, and Asterisk connects them."""

import pytest

from tests.hal.ami.world import Mischief, World
from tests.hal.csta.centre import Centre

pytestmark = [pytest.mark.requirement("CTI-01"), pytest.mark.requirement("ACC-02")]

NUMBER = "number:13900139000"


def hears(world: World, device: str) -> set[str]:
    """Who is connected with a device."""
    (channel,) = world.asterisk.at(device)
    return {other.device for other in channel.bridged}


def talk(world: World, *devices: str) -> bool:
    """Whether these, and nobody else, are there and all connected."""
    there = {channel.device: {other.device for other in channel.bridged} for channel in world.asterisk.channels.values()}
    return there == {device: set(devices) - {device} for device in devices}


async def talking(world: World, *others: str) -> Centre:
    """1001 talks with a caller, the others are ready."""
    world.answers_after["station:8003"] = 2.0
    centre = Centre(world)  # type: ignore[arg-type] # a world of another kind, of which no more is used
    assert centre.asks("1001", "log-in") == ""
    world.calls()
    await world.wait(6)
    assert talk(world, "trunk", "8001")
    for agent in others:
        assert centre.asks(agent, "log-in") == ""
    await world.wait()
    return centre


async def asking(world: World, *others: str) -> Centre:
    """1001 has asked 1002, who has answered."""
    centre = await talking(world, "1002", *others)
    assert centre.asks("1001", "consult", "1002") == ""
    await world.wait(4)
    assert centre.states("1001", "1002") == ["on-call", "on-call"]
    return centre


async def is_over(centre: Centre, world: World) -> None:
    if world.asterisk.at("trunk"):
        world.people["caller"].leg.hang_up()
    await world.wait(8)
    assert not world.asterisk.channels
    assert centre.contacts == []
    assert world.is_idle
    assert not world.switch.waits
    assert not world.switch._calls.consults


def test_consult_swap_cancel() -> None:
    async def story(world: World) -> None:
        centre = await asking(world)
        assert hears(world, "8001") == {"8002"}
        (trunk,) = world.asterisk.at("trunk")
        assert (trunk.bridged, trunk.place) == (set(), ("hotline-rest", "waits"))
        assert centre.asks("1001", "swap") == ""
        await world.wait()
        (asked,) = world.asterisk.at("8002")
        assert (hears(world, "8001"), asked.place) == ({"trunk"}, ("hotline-rest", "waits"))
        assert [str(state) for state in world.mapping.board.switch.states("8001").values()] == ["connected", "hold"]
        assert centre.asks("1001", "swap") == ""
        await world.wait()
        assert hears(world, "8001") == {"8002"}
        assert centre.asks("1001", "cancel") == ""
        await world.wait()
        assert talk(world, "trunk", "8001")
        assert centre.states("1001", "1002") == ["on-call", "ready"]
        await is_over(centre, world)

    World().run(story)


def test_who_is_heard_no_more_is_let_go_out_of_a_swap() -> None:
    async def story(world: World) -> None:
        centre = await asking(world)
        assert centre.asks("1001", "swap") == ""
        await world.wait()
        assert centre.asks("1001", "cancel") == ""
        await world.wait()
        assert talk(world, "trunk", "8001")
        await is_over(centre, world)

    World().run(story)


def test_while_it_rings_the_agent_takes_the_caller_back() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        del world.answers_after["station:8002"]
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(3)
        assert centre.asks("1001", "cancel") == ""
        await world.wait()
        assert talk(world, "trunk", "8001")
        await is_over(centre, world)

    World().run(story)


def test_hold_and_consult_out_of_it_and_hold_both() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        assert centre.asks("1001", "hold") == ""
        await world.wait()
        assert hears(world, "8001") == set()
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(4)
        assert hears(world, "8001") == {"8002"}
        assert centre.asks("1001", "hold") == ""
        await world.wait()
        assert [hears(world, device) for device in ("8001", "8002", "trunk")] == [set()] * 3
        assert centre.asks("1001", "conference") == ""
        await world.wait()
        assert talk(world, "trunk", "8001", "8002")
        await is_over(centre, world)

    World().run(story)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("rings", [False, True])
@pytest.mark.requirement("CTI-02")
def test_complete_takes_call_and_data_along(rings: bool, swapped: bool) -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        world.answers_after["station:8002"] = 6.0 if rings else 1.0
        assert centre.asks("1001", "data", "bill=12") == ""
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(3)
        if swapped and not rings:
            assert centre.asks("1001", "swap") == ""
            await world.wait()
        assert centre.asks("1001", "complete") == ""
        await world.wait(6)
        assert talk(world, "trunk", "8002")
        after = [name for name, said in world.ordered if "8002" in said.get("Channel2", "") or name == "Hangup"]
        assert after[-3:] == ["Hangup", "Bridge", "Bridge"] or not rings, "at once, and after the core has said who hears whom"
        (contact,) = centre.contacts
        assert (contact.agent, contact.data, contact.ani) == ("1002", {"bill": "12"}, "13800138000")
        assert centre.states("1001", "1002") == ["ready", "on-call"]
        await is_over(centre, world)

    World().run(story)


def test_complete_to_a_phone_that_nobody_answers_and_the_agent_has_the_caller_again() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        del world.answers_after["station:8002"]
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(3)
        assert centre.asks("1001", "complete") == ""
        await world.wait(45)
        assert talk(world, "trunk", "8001")
        assert centre.states("1001") == ["on-call"]
        await is_over(centre, world)

    World().run(story)


def test_conference_and_the_first_leaves() -> None:
    async def story(world: World) -> None:
        centre = await asking(world)
        assert centre.asks("1001", "conference") == ""
        await world.wait()
        assert talk(world, "trunk", "8001", "8002")
        centre.asks("1001", "hold")
        await world.wait()
        assert talk(world, "trunk", "8001", "8002"), "there is no hold for one of three"
        world.people["station:8001"].leg.hang_up()
        await world.wait()
        assert talk(world, "trunk", "8002")
        assert centre.contacts[0].agent == "1002"
        await is_over(centre, world)

    World().run(story)


@pytest.mark.requirement("CTI-02")
def test_transfer_at_once() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        assert centre.asks("1001", "transfer", "1002") == ""
        await world.wait(6)
        assert talk(world, "trunk", "8002")
        assert centre.states("1001", "1002") == ["ready", "on-call"]
        await is_over(centre, world)

    World().run(story)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("who", ["caller", "station:8001", "station:8002"])
def test_somebody_hangs_up_while_the_agent_asks(who: str, swapped: bool) -> None:
    async def story(world: World) -> None:
        centre = await asking(world)
        if swapped:
            assert centre.asks("1001", "swap") == ""
            await world.wait()
        world.people[who].leg.hang_up()
        await world.wait(6)
        if who == "station:8002":
            assert talk(world, "trunk", "8001")
        await is_over(centre, world)
        assert centre.states("1001", "1002") == ["ready", "ready"]

    World().run(story)


def test_who_is_asked_refuses() -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        world.refuses.add("8002")
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(4)
        assert talk(world, "trunk", "8001")
        await is_over(centre, world)

    World().run(story)


@pytest.mark.parametrize("when_s", [1, 4])
def test_the_link_is_cut_while_the_agent_asks(when_s: float) -> None:
    async def story(world: World) -> None:
        centre = await talking(world, "1002")
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(when_s)
        world.cut()
        await world.wait(3)
        world.mend()
        await world.wait(15)
        assert centre.states("1001", "1002") == ["on-call", "on-call"]
        assert centre.asks("1001", "complete") == ""
        await world.wait(6)
        assert talk(world, "trunk", "8002")
        await is_over(centre, world)

    World().run(story)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("what", ["cancel", "complete", "conference"])
def test_events_are_lost_doubled_and_late_and_all_ends_well(what: str, seed: int) -> None:
    async def story(world: World) -> None:
        centre = await asking(world)
        world.mischief = Mischief(lost=0.3, twice=0.2, late=0.2)
        centre.asks("1001", what)
        await world.wait(10)
        world.mischief = Mischief()
        await is_over(centre, world)

    World(seed=seed, settings={"audit_s": 2.0}).run(story)


@pytest.mark.parametrize("what", ["consult", "transfer"])
def test_without_a_way_to_numbers_outside_the_seat_is_told_so(what: str) -> None:
    async def story(world: World) -> None:
        centre = await talking(world)
        assert centre.asks("1001", what, "13900139000") == "line 'pbx' has no way to numbers outside"
        assert talk(world, "trunk", "8001")
        await is_over(centre, world)
        assert centre.asks("1001", "dial", "13900139000") == "line 'pbx' has no way to numbers outside"
        assert centre.states("1001") == ["ready"]

    World(settings={"dials": ""}).run(story)


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("what", ["swap", "cancel", "conference", "complete"])
def test_a_number_outside_is_asked_as_a_colleague_is(what: str, lost: bool) -> None:
    async def story(world: World) -> None:
        world.answers_after[NUMBER] = 2.0
        centre = await talking(world)
        world.mischief = Mischief(event="Newchannel", lost=1.0 if lost else 0.0)
        assert centre.asks("1001", "consult", "13900139000") == ""
        await world.wait(1)
        assert [name for name, said in world.ordered if said.get("CallerID") == "<8001>"] == ["Originate"], "he sees who asks him"
        await world.wait(3)
        assert hears(world, "8001") == {"13900139000"}
        assert centre.asks("1001", what) == ""
        await world.wait()
        if what == "swap":
            assert hears(world, "8001") == {"trunk"}
            assert centre.asks("1001", "complete") == ""
            await world.wait()
        if what in ("swap", "complete"):
            assert talk(world, "trunk", "13900139000")
            assert centre.states("1001") == ["ready"]
            assert centre.contacts == [], "nothing more is seen of the two"
        else:
            assert talk(world, "trunk", "8001", *(("13900139000",) if what == "conference" else ()))
        if what == "conference":
            assert centre.asks("1001", "drop", "13900139000") == ""
            await world.wait()
            assert talk(world, "trunk", "8001")
        await is_over(centre, world)

    World(settings={"audit_s": 2.0}).run(story)


@pytest.mark.requirement("CTI-04")
def test_a_number_outside_that_is_busy_leaves_the_agent_with_his_caller() -> None:
    async def story(world: World) -> None:
        centre = await talking(world)
        assert centre.asks("1001", "consult", "13900139000") == ""
        await world.wait(1)
        world.people[NUMBER].leg.refuse()
        await world.wait()
        assert talk(world, "trunk", "8001")
        await is_over(centre, world)

    World().run(story)


@pytest.mark.requirement("CTI-04")
def test_a_number_outside_is_given_the_customer() -> None:
    async def story(world: World) -> None:
        centre = await talking(world)
        world.answers_after[NUMBER] = 2.0
        assert centre.asks("1001", "transfer", "13900139000") == ""
        await world.wait(6)
        assert talk(world, "trunk", "13900139000")
        assert centre.contacts == [], "they are out of sight"
        assert centre.states("1001") == ["ready"]
        await is_over(centre, world)

    World().run(story)


def test_dial_a_customer_and_a_colleague() -> None:
    async def story(world: World) -> None:
        world.answers_after[NUMBER] = 2.0
        centre = Centre(world)  # type: ignore[arg-type] # as in `talking`
        assert centre.asks("1001", "log-in") == centre.asks("1002", "log-in") == ""
        assert centre.asks("1001", "dial", "13900139000") == ""
        await world.wait(6)
        assert talk(world, "8001", "13900139000")
        (contact,) = centre.contacts
        assert (contact.direction, contact.connected_at is not None) == ("out", True)
        assert centre.asks("1001", "hold") == ""
        await world.wait()
        assert hears(world, "8001") == set()
        assert centre.asks("1001", "retrieve") == ""
        await world.wait()
        assert talk(world, "8001", "13900139000")
        assert centre.asks("1001", "consult", "1002") == ""
        await world.wait(4)
        assert hears(world, "8001") == {"8002"}
        assert centre.asks("1001", "cancel") == ""
        await world.wait()
        assert centre.asks("1001", "release") == ""
        await world.wait()
        assert not world.asterisk.channels
        assert centre.asks("1001", "dial", "1002") == ""
        await world.wait(6)
        assert talk(world, "8001", "8002")
        assert centre.states("1001", "1002") == ["on-call", "on-call"]
        assert centre.asks("1002", "release") == ""
        await is_over(centre, world)
        assert centre.states("1001", "1002") == ["ready", "ready"]

    World().run(story)
