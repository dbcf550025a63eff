"""An agent at an Asterisk calls a customer, or a colleague, from his seat: his phone rings him first, and dials when he has picked up."""

import pytest

from hal.api import Alerted, Answered, Cause, CommandFailed, Event, Mix, Originate, Play, Release, Released
from hal.csta.messages import ConnectionID, MakeCall
from tests.hal.ami.test_ami_switch import Case, listing
from tests.hal.ami.world import LINE, Mischief, World
from tests.hal.switch_callers import at_port

pytestmark = pytest.mark.requirement("CTI-01")
CUSTOMER, COLLEAGUE = "number:13900139000", "station:8002"


def of_legs(world: World) -> list[Event]:
    return [event for event in world.new() if hasattr(event, "leg")]


async def dials(world: World, to: str, after_s: float | None = 4.0) -> None:
    """The agent's leg is `a`, that of whom he calls `b`; the agent has picked up."""
    world.answers_after = {"station:8001": 2.0, **({to: after_s} if after_s is not None else {})}
    world.new()
    world.do(Originate(LINE, "a", "station:8001", "13900139000", then=to))
    await world.wait(1)
    assert of_legs(world) == [Alerted(LINE, "a")]
    assert to not in world.people, "nobody is called before he has picked up"
    await world.wait(1.5)
    assert of_legs(world) == [Answered(LINE, "a")]
    world.do(Originate(LINE, "b", to, "95500", beside="a"))
    await world.wait(0)


async def is_over(world: World) -> None:
    await world.wait(5)
    assert not world.asterisk.channels
    assert world.is_idle
    assert not world.switch.waits
    assert not world.switch._calls.dialled, "nothing is kept of who has dialled"


@pytest.mark.parametrize("to", [CUSTOMER, COLLEAGUE])
@pytest.mark.parametrize("who", ["core", "agent", "called"])
def test_the_phone_rings_its_agent_and_then_dials(to: str, who: str) -> None:
    async def story(world: World) -> None:
        await dials(world, to)
        await world.wait(5)
        assert of_legs(world) == [Alerted(LINE, "b"), Answered(LINE, "b")]
        world.do(Mix(LINE, {"a": ("b",), "b": ("a",)}))
        (phone,) = world.asterisk.at("8001")
        (originate,) = [said for name, said in world.ordered if name == "Originate"]
        shown = (originate["CallerID"], originate["Variable"])
        assert shown == (f"<{to.partition(':')[2]}>", "HOTLINE_AGENT=8001"), "his phone shows whom it calls, and that one who calls"
        assert {one.device for one in phone.bridged} == {to.partition(":")[2]}
        if who == "core":
            world.do(Release(LINE, "a"), Release(LINE, "b"))
        else:
            world.people["station:8001" if who == "agent" else to].leg.hang_up()
        await world.wait()
        events = world.new()
        assert sorted(event.leg for event in events if isinstance(event, Released)) == ["a", "b"]
        assert not [event for event in events if isinstance(event, CommandFailed)]
        await is_over(world)

    World().run(story)


def test_a_customer_whose_agent_leaves_is_at_a_port_like_any_other() -> None:
    async def story(world: World) -> None:
        await dials(world, CUSTOMER)
        await world.wait(5)
        world.do(Mix(LINE, {"a": ("b",), "b": ("a",)}))
        await world.wait()
        world.told.clear()
        world.do(Release(LINE, "a"), Play(LINE, "b", 1, ("survey.wav",)))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["a"]
        assert f"{CUSTOMER} hears survey.wav" in world.told
        world.do(Release(LINE, "b"))
        await is_over(world)

    World().run(story)


@pytest.mark.parametrize("how", ["refuses", "busy", "unreachable", "released", "at once"])
def test_an_agent_who_does_not_pick_up_dials_nobody(how: str) -> None:
    async def story(world: World) -> None:
        world.answers_after = {}
        if how == "busy":
            world.refuses.add("8001")
        if how == "unreachable":
            world.asterisk.states["DEVICE_STATE(PJSIP/8001)"] = "UNAVAILABLE"
        world.do(Originate(LINE, "a", "station:8001", "139", then=CUSTOMER))
        if how == "at once":
            world.do(Release(LINE, "a"))
        await world.wait()
        if how == "refuses":
            world.people["station:8001"].leg.refuse(Cause.USER_BUSY)
        elif how == "released":
            world.do(Release(LINE, "a"))
        await world.wait()
        (released,) = world.new(Released)
        assert released.leg == "a"
        assert (released.cause is Cause.USER_BUSY) is (how in ("refuses", "busy"))
        assert CUSTOMER not in world.people
        await is_over(world)

    World().run(story)


@pytest.mark.parametrize("rings", [False, True])
@pytest.mark.parametrize("to", [CUSTOMER, COLLEAGUE])
def test_who_is_called_is_busy_and_the_agent_is_let_go(to: str, rings: bool) -> None:
    async def story(world: World) -> None:
        if not rings:
            world.refuses.add(to.partition(":")[2])
        world.answers_after = {"station:8001": 2.0}
        world.do(Originate(LINE, "a", "station:8001", "139", then=to))
        await world.wait(2.0005)
        world.do(Originate(LINE, "b", to, "95500", beside="a"))
        await world.wait(1)
        if rings:
            world.people[to].leg.refuse(Cause.USER_BUSY)
        await world.wait()
        causes = {event.leg: event.cause for event in world.new(Released)}
        assert causes.keys() == {"a", "b"}
        assert Cause.USER_BUSY in causes.values()
        await is_over(world)

    World().run(story)


def test_who_is_called_does_not_answer() -> None:
    async def story(world: World) -> None:
        await dials(world, CUSTOMER, None)
        world.do(Release(LINE, "b"))
        await world.wait()
        world.do(Release(LINE, "a"))
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == ["a", "b"]
        await is_over(world)

    World().run(story)


def test_the_link_is_down_and_nobody_is_dialled() -> None:
    async def story(world: World) -> None:
        world.cut()
        await world.wait()
        world.do(Originate(LINE, "a", "station:8001", "139", then=CUSTOMER))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["a"]
        world.mend()
        await world.wait(10)
        assert world.told == [], "no phone rings for nobody"
        await is_over(world)

    World().run(story)


def test_a_phone_that_rings_after_all_when_nobody_waits_for_it_is_hung_up() -> None:
    async def story(world: World) -> None:
        world.is_slow = True
        world.do(Originate(LINE, "a", "station:8001", "139", then=CUSTOMER))
        await world.wait(6)
        assert [event.leg for event in world.new(Released)] == ["a"]
        world.is_slow = False
        await world.wait(5)
        assert world.told == ["station:8001 rings", "station:8001 released NORMAL_CLEARING"]
        await is_over(world)

    World().run(story)


@pytest.mark.parametrize("seed", range(12))
def test_events_are_lost_doubled_and_late_and_all_ends_well(seed: int) -> None:
    async def story(world: World) -> None:
        world.answers_after = {"station:8001": 2.0, CUSTOMER: 2.0}
        world.do(Originate(LINE, "a", "station:8001", "139", then=CUSTOMER))
        await world.wait(9)
        if Answered(LINE, "a") in world.new():
            world.do(Originate(LINE, "b", CUSTOMER, "95500", beside="a"))
            await world.wait(9)
            world.do(Release(LINE, "b"))
        world.mischief = Mischief()
        await world.wait(9)
        world.do(Release(LINE, "a"))
        await is_over(world)

    World(seed=seed, mischief=Mischief(lost=0.3, twice=0.2, late=0.2, answers_lost=0.1), settings={"audit_s": 2.0}).run(story)


def test_the_link_is_cut_while_he_dials_and_all_is_told_when_it_is_back() -> None:
    async def story(world: World) -> None:
        await dials(world, CUSTOMER)
        world.cut()
        await world.wait(10)
        world.mend()
        await world.wait(5)
        assert Answered(LINE, "b") in world.new()
        world.people["station:8001"].leg.hang_up()
        await world.wait()
        assert {"a", "b"} == {event.leg for event in world.new(Released)}
        await is_over(world)

    World().run(story)


@pytest.mark.parametrize("to", [CUSTOMER, COLLEAGUE])
def test_he_holds_and_retrieves_whom_he_has_called(to: str) -> None:
    async def story(world: World) -> None:
        await dials(world, to)
        await world.wait(5)
        world.do(Mix(LINE, {"a": ("b",), "b": ("a",)}))
        await world.wait()
        for hears, bridged in (((), set()), (("b",), {to.partition(":")[2]})):
            world.do(Mix(LINE, {"a": hears, "b": ("a",) if hears else ()}))
            await world.wait()
            (phone,) = world.asterisk.at("8001")
            assert {one.device for one in phone.bridged} == bridged
        assert not world.new(CommandFailed)
        world.do(Release(LINE, "a"), Release(LINE, "b"))
        await is_over(world)

    World().run(story)


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize("listed", [False, True])
def test_a_number_outside_rings_and_is_answered_for_a_caller_at_a_port(listed: bool) -> None:
    async def story(world: World) -> None:
        world.answers_after = {CUSTOMER: 4.0}
        caller = await at_port(world)
        world.mischief = Mischief(lost=1.0 if listed else 0.0)
        world.do(Originate(LINE, "x", CUSTOMER, "138", beside=caller))
        await world.wait(3)
        assert of_legs(world) == [Alerted(LINE, "x")]
        await world.wait(3)
        assert of_legs(world) == [Answered(LINE, "x")]
        world.mischief = Mischief()
        world.do(Mix(LINE, {"x": (caller,), caller: ("x",)}))
        await world.wait(3)
        (front,) = world.asterisk.at("13900139000")
        assert {one.device for one in front.bridged} == {"trunk"}
        assert {event.leg for event in world.new(Released)} == {"x", caller}, "nothing more is seen of the two"
        front.hang_up()
        await is_over(world)

    World(settings={"audit_s": 1.0}).run(story)


@pytest.mark.parametrize("listed", [False, True])
def test_what_stands_for_a_number_outside_is_found_again_after_a_restart_of_ours(listed: bool) -> None:
    case = Case()
    front = {"Uniqueid": "y-1", "Linkedid": "y-1", "Channel": "Local/139@hotline-out-00000001;1", "CallerIDNum": "139"}
    behind = {"Uniqueid": "1.5", "Linkedid": "y-1", "Channel": "PJSIP/trunk-00000005", "CallerIDNum": "139"}
    if listed:
        case.take(case.switch.look_at("8001"))
        case.answer("CoreShowChannels", listing({**behind, "ChannelState": "6"}, {**front, "ChannelState": "6"}))
    else:
        case.hear("Newchannel", front, 0)
        case.hear("Newstate", behind, 6)
    assert case.switch._calls.channels.all.keys() == {"y-1"}


@pytest.mark.parametrize(("cause", "told"), [("17", ["Failed"]), ("34", [])])
def test_who_cannot_be_reached_one_way_may_be_another(cause: str, told: list[str]) -> None:
    case = Case()
    case.take(case.switch.request("a", MakeCall("8001", "139")))
    phone = {"Uniqueid": "x-1", "Linkedid": "x-1", "Channel": "PJSIP/8001-00000002", "CallerIDNum": "8001"}
    trunk = {"Uniqueid": "1.5", "Linkedid": "x-1", "Channel": "PJSIP/trunk-00000005", "CallerIDNum": "139"}
    case.hear("Newstate", phone, 5)
    case.hear("Newstate", phone, 6)
    case.hear("Newchannel", trunk, 0)
    case.look()
    assert case.hear("Hangup", trunk, Cause=cause) == told
    assert case.switch._calls.of("x-1", "8001") is not None
    assert case.switch._calls.customer("x-1") is None
    assert ConnectionID("x-1", "8001") in [part for part, _ in case.switch._calls.connections("8001")]
