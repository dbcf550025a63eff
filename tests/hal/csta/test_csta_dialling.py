"""An agent at a switch calls a customer, or a colleague, from his seat: his phone rings him first, and dials when he has picked up."""

import pytest
from attrs import evolve

from hal.api import Alerted, Answered, Cause, CommandFailed, Event, HeldByFarEnd, Mix, Originate, Play, Release, Released, StartRecording
from tests.hal.csta.world import LINE, PLAN, World
from tests.hal.switch_callers import talking

pytestmark = pytest.mark.requirement("CTI-01")
CUSTOMER, COLLEAGUE = "number:13900139000", "station:8002"


def of_legs(world: World) -> list[Event]:
    return [event for event in world.new() if hasattr(event, "leg")]


async def dials(world: World, to: str) -> None:
    """The agent's leg is `a`, that of whom he calls `b`; the agent has picked up."""
    world.answers_after = {"station:8001": 2.0, to: 4.0}
    world.new()
    world.do(Originate(LINE, "a", "station:8001", "13900139000", then=to))
    await world.wait(1)
    assert of_legs(world) == [Alerted(LINE, "a")]
    await world.wait(1.5)
    assert of_legs(world) == [Answered(LINE, "a")]
    world.do(Originate(LINE, "b", to, "95500", beside="a"))
    await world.wait(0)


async def talk(world: World, to: str) -> None:
    await dials(world, to)
    await world.wait(5)
    assert of_legs(world) == [Alerted(LINE, "b"), Answered(LINE, "b")]
    world.do(Mix(LINE, {"a": ("b",), "b": ("a",)}))
    await world.wait()
    (call,) = world.cti.switch.calls.values()
    assert {str(one.state) for one in call.connections.values()} == {"connected"}


@pytest.mark.parametrize("to", [CUSTOMER, COLLEAGUE])
@pytest.mark.parametrize("who", ["core", "agent", "called"])
def test_the_phone_rings_its_agent_and_then_dials(to: str, who: str) -> None:
    async def story(world: World) -> None:
        await talk(world, to)
        world.do(Mix(LINE, {"a": (), "b": ()}))
        await world.wait()
        assert str(world.cti.switch.connections_of("8001")[0].state) == "hold"
        world.do(Mix(LINE, {"a": ("b",), "b": ("a",)}))
        await world.wait()
        assert str(world.cti.switch.connections_of("8001")[0].state) == "connected"
        if who == "core":
            world.do(Release(LINE, "a"), Release(LINE, "b"))
        else:
            world.people["station:8001" if who == "agent" else to].leg.hang_up()
        await world.wait()
        events = world.new()
        assert sorted(event.leg for event in events if isinstance(event, Released)) == ["a", "b"]
        assert not [event for event in events if isinstance(event, CommandFailed)]
        assert not world.cti.switch.calls
        assert not world.mapping.board.agents
        assert not world.mapping.board.customers

    World().run(story)


def test_who_is_called_has_the_agents_colleague_next_and_is_recorded() -> None:
    async def story(world: World) -> None:
        await talk(world, CUSTOMER)
        world.do(StartRecording(LINE, "r", "r.wav", "b", "a"), Originate(LINE, "x", COLLEAGUE, "1001", beside="a"))
        world.do(Mix(LINE, {"a": (), "b": ()}))
        await world.wait()
        world.people[COLLEAGUE].leg.answer()
        await world.wait()
        world.do(Release(LINE, "a"), Mix(LINE, {"x": ("b",), "b": ("x",)}))
        await world.wait()
        assert {"8002", "T1#1"} <= set(world.state("b"))
        assert [event.leg for event in world.new(Released)] == ["a"]

    World().run(story)


def test_a_customer_whose_agent_leaves_is_at_a_port_like_any_other() -> None:
    async def story(world: World) -> None:
        await talk(world, CUSTOMER)
        world.told.clear()
        world.do(Release(LINE, "a"), Play(LINE, "b", 1, ("survey.wav",)))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["a"]
        assert f"{CUSTOMER} hears survey.wav" in world.told

    World().run(story)


@pytest.mark.parametrize("how", ["refuses", "no answer", "released", "at once"])
def test_an_agent_who_does_not_pick_up_dials_nobody(how: str) -> None:
    async def story(world: World) -> None:
        world.answers_after = {}
        world.do(Originate(LINE, "a", "station:8001", "139", then=CUSTOMER))
        if how == "at once":
            world.do(Release(LINE, "a"))
        await world.wait()
        if how == "refuses":
            world.people["station:8001"].leg.refuse(Cause.USER_BUSY)
        elif how != "at once":
            world.do(Release(LINE, "a"))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["a"]
        assert CUSTOMER not in world.people
        assert not world.cti.switch.calls

    World().run(story)


@pytest.mark.parametrize("to", [CUSTOMER, COLLEAGUE])
def test_who_is_called_refuses_and_the_agent_is_let_go(to: str) -> None:
    async def story(world: World) -> None:
        await dials(world, to)
        world.people[to].leg.refuse(Cause.USER_BUSY)
        await world.wait()
        released = world.new(Released)
        assert released[0].leg == "b" or {event.leg for event in released} == {"a", "b"}
        assert next(event.cause for event in released if event.leg == "b") is Cause.USER_BUSY
        world.do(Release(LINE, "a"))
        await world.wait()
        assert not world.cti.switch.calls
        assert world.mapping.board.agents == {}

    World().run(story)


def test_a_call_that_his_phone_has_put_on_hold_while_it_rang_is_told_as_held() -> None:
    async def story(world: World) -> None:
        await dials(world, CUSTOMER)
        world.service("consultation_call", world.part("8001"), "8003")
        await world.wait(5)
        assert of_legs(world) == [Alerted(LINE, "b"), Answered(LINE, "b"), HeldByFarEnd(LINE, "a")]

    World().run(story)


def test_who_is_called_does_not_answer() -> None:
    async def story(world: World) -> None:
        await dials(world, CUSTOMER)
        world.do(Release(LINE, "b"))
        await world.wait()
        world.do(Release(LINE, "a"))
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == ["a", "b"]
        assert not world.cti.switch.calls

    World().run(story)


def test_a_phone_that_is_busy_and_one_that_is_dead_dial_nobody() -> None:
    async def story(world: World) -> None:
        world.cti.switch.dials("8001", "8003")
        world.do(Originate(LINE, "a", "station:8001", "139", then=CUSTOMER))
        await world.wait()
        assert [(event.leg, event.cause) for event in world.new(Released)] == [("a", Cause.USER_BUSY)]
        world.cut()
        await world.wait()
        world.do(Originate(LINE, "c", "station:8002", "139", then=CUSTOMER))
        await world.wait()
        assert [(event.leg, event.cause) for event in world.new(Released)] == [("c", Cause.TEMPORARY_FAILURE)]

    World().run(story)


def test_the_link_is_cut_while_he_dials_and_all_is_told_when_it_is_back() -> None:
    async def story(world: World) -> None:
        await dials(world, CUSTOMER)
        world.cut()
        await world.wait(10)
        world.mend()
        await world.wait(40)
        world.people["station:8001"].leg.hang_up()
        await world.wait()
        assert {"a", "b"} == {event.leg for event in world.new(Released)}

    World().run(story)


def forwarded(to: str) -> World:
    """Phone 8002 is not answered, and after 5 s its calls go there."""
    stations = tuple(evolve(one, no_answer_s=5, no_answer_to=to) if one.number == "8002" else one for one in PLAN.stations)
    return World(plan=evolve(PLAN, stations=stations))


def test_a_colleague_whose_calls_go_on_to_another_phone_is_reached_there() -> None:
    async def story(world: World) -> None:
        world.answers_after = {"station:8001": 2.0, "station:8003": 2.0}
        world.do(Originate(LINE, "a", "station:8001", "", then=COLLEAGUE))
        await world.wait(3)
        world.do(Originate(LINE, "b", COLLEAGUE, "", beside="a"))
        await world.wait(15)
        assert not world.new(Released)
        assert {str(one.device) for one in next(iter(world.cti.switch.calls.values())).connections.values()} == {"8001", "8003"}
        world.do(Release(LINE, "a"), Release(LINE, "b"))
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == ["a", "b"]
        assert not world.cti.switch.calls
        assert world.is_idle

    forwarded("8003").run(story)


def test_a_colleague_who_is_asked_is_reached_at_the_phone_that_his_calls_go_on_to() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.answers_after = {"station:8003": 2.0}
        world.new()
        world.do(Originate(LINE, "b", COLLEAGUE, "", beside=agent))
        await world.wait(15)
        events = of_legs(world)
        assert (events[0], events[-1]) == (Alerted(LINE, "b"), Answered(LINE, "b"))
        assert not [event for event in events if isinstance(event, Released)]
        world.do(Release(LINE, "b"), Release(LINE, agent), Release(LINE, caller))
        await world.wait()
        assert not world.cti.switch.calls
        assert world.is_idle

    forwarded("8003").run(story)
