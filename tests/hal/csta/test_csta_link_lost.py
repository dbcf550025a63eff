"""The link to the switch is cut, or the switch misbehaves: calls go on, what nobody knows is found out, and nothing is left over."""

import pytest

from hal.api import (
    AgentMode,
    AgentSeen,
    Answer,
    Arrived,
    Cause,
    CommandFailed,
    LineAlarm,
    Mix,
    Originate,
    Play,
    Release,
    Released,
    ShowAgent,
    StationRegistered,
    StationUnregistered,
)
from sim.switch.mischief import Late, Lose, Swap, Twice
from tests.hal.csta.world import LINE, World, names
from tests.hal.switch_callers import at_port, talking

pytestmark = pytest.mark.requirement("ACC-02")


def test_phones_are_reachable_while_they_are_watched() -> None:
    async def story(world: World) -> None:
        assert {event.station for event in world.new(StationRegistered)} == {"8001", "8002", "8003"}
        world.cut()
        await world.wait()
        events = world.new()
        assert {event.station for event in events if isinstance(event, StationUnregistered)} == {"8001", "8002", "8003"}
        alarms = [event for event in events if isinstance(event, LineAlarm)]
        assert alarms
        assert all(alarm.source == "cti link" and not alarm.cleared for alarm in alarms)
        world.mend()
        await world.wait(10)
        events = world.new()
        assert {event.station for event in events if isinstance(event, StationRegistered)} == {"8001", "8002", "8003"}
        assert [event.cleared for event in events if isinstance(event, LineAlarm)][-1]

    World().run(story)


@pytest.mark.parametrize("seconds", [1, 30, 600])
def test_a_conversation_outlives_a_cut_link_and_its_end_is_found_out(seconds: int) -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.cut()
        await world.wait(seconds)
        assert not world.new(Released)
        world.people["caller"].leg.hang_up()
        world.mend()
        await world.wait(40)
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent])
        assert world.is_idle

    World().run(story)


@pytest.mark.parametrize("who", ["caller first", "agent first", "the agent after a while"])
def test_a_conversation_that_is_ended_while_the_link_is_cut_is_over_for_the_core_and_ends_when_it_is_mended(who: str) -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.cut()
        await world.wait()
        if who == "the agent after a while":
            world.do(Release(LINE, caller))
            await world.wait(20)
            assert [event.leg for event in world.new(Released)] == [caller]
            world.do(Release(LINE, agent))
            await world.wait()
            assert [event.leg for event in world.new(Released)] == [agent]
        else:
            world.do(*(Release(LINE, leg) for leg in ((caller, agent) if who == "caller first" else (agent, caller))))
            await world.wait(20)
            assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent])
        assert world.is_idle
        world.mend()
        await world.wait(40)
        assert not world.cti.switch.calls

    World().run(story)


def test_an_agent_who_is_to_take_over_while_the_link_is_cut_is_given_up_at_once_and_asked_for_once() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.cut()
        await world.wait()
        world.do(Release(LINE, agent), Originate(LINE, "s2", "station:8002", "138", beside=caller))
        await world.wait()
        events = world.new()
        assert [(event.leg, event.cause) for event in events if isinstance(event, Released)] == [("s2", Cause.TEMPORARY_FAILURE)]
        assert len([event for event in events if isinstance(event, CommandFailed)]) == 2, "neither to a port nor straight to him"
        await world.wait(20)
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent])
        world.mend()
        await world.wait(40)
        assert world.is_idle
        assert not world.cti.switch.calls

    World().run(story)


def test_a_caller_at_a_port_hears_on_while_the_link_is_cut() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.cut()
        await world.wait()
        world.do(Play(LINE, caller, 1, ("sorry.wav",)))
        await world.wait()
        assert world.told[-1] == "caller hears sorry.wav"
        world.do(Release(LINE, caller))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == [caller]

    World().run(story)


def test_an_agent_who_was_being_rung_when_the_link_was_cut_is_given_up_and_the_caller_is_taken_back() -> None:
    async def story(world: World) -> None:
        del world.answers_after["station:8001"]
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
        await world.wait()
        world.new()
        world.cut()
        await world.wait(2)
        assert [(event.leg, event.cause) for event in world.new(Released)] == [("s1", Cause.TEMPORARY_FAILURE)]
        world.mend()
        await world.wait(40)
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}

    World().run(story)


def test_a_caller_who_was_offered_when_the_link_was_cut_goes_the_switchs_own_way() -> None:
    async def story(world: World) -> None:
        world.calls()
        await world.wait()
        (arrived,) = world.new(Arrived)
        world.cut()
        await world.wait(8)
        assert [event.leg for event in world.new(Released)] == [arrived.leg]
        assert "station:8003 rings" in world.told

    World().run(story)


@pytest.mark.parametrize(
    "mischief",
    [
        Lose(kinds=("Delivered",)),
        Lose(kinds=("Established",)),
        Twice(kinds=("events",)),
        Swap(kinds=("Delivered", "Established")),
        Lose(kinds=("Transfered",)),
    ],
    ids=["no Delivered", "no Established", "all twice", "swapped", "no Transfered"],
)
def test_a_call_is_served_whatever_becomes_of_events(mischief: object) -> None:
    async def story(world: World) -> None:
        world.calls()
        await world.wait()
        (arrived,) = world.new(Arrived)
        world.do(Answer(LINE, arrived.leg))
        await world.wait()
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=arrived.leg))
        await world.wait(70)  # a lost answer is found at the next look at all devices
        world.do(Mix(LINE, {arrived.leg: ("s1",), "s1": (arrived.leg,)}))
        await world.wait()
        assert {str(one.device) for one in world.cti.switch.connections_of("8001")} == {"8001"}
        assert not world.voice.legs, "the switch has the conversation"
        world.people["caller"].leg.hang_up()
        await world.wait(70)
        assert sorted(event.leg for event in world.new(Released)) == sorted([arrived.leg, "s1"])
        assert world.is_idle

    World(mischief=(mischief,)).run(story)


def test_an_agent_whose_refusal_nobody_hears_of_is_given_up_at_the_next_look() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8003", "138", beside=caller))
        await world.wait()
        world.people["station:8003"].leg.refuse()
        await world.wait(70)
        assert [event.leg for event in world.new(Released)] == ["s1"]
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}

    World(mischief=(Lose(kinds=("events",), from_s=2.5, until_s=60),)).run(story)


def test_a_caller_who_gives_up_on_hold_and_nobody_hears_of_it_is_gone_at_the_next_look() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8003", "138", beside=caller))
        await world.wait()
        world.people["caller"].leg.hang_up()
        await world.wait(70)
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, "s1"])
        assert world.is_idle

    World(mischief=(Lose(kinds=("events",), from_s=1.0, until_s=60),)).run(story)


def test_a_caller_who_is_to_be_taken_from_hold_while_the_link_is_cut_is_when_it_is_mended() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.do(Mix(LINE, {caller: (), agent: ()}))
        await world.wait()
        world.cut()
        await world.wait()
        world.do(Mix(LINE, {caller: (agent,), agent: (caller,)}))
        await world.wait()
        world.mend()
        await world.wait(40)
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}

    World().run(story)


def test_an_agent_who_was_to_be_called_next_is_released_with_the_caller() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8003", "138", beside=caller))
        await world.wait()
        world.people["caller"].leg.hang_up()
        world.do(Release(LINE, "s1"), Originate(LINE, "s2", "station:8002", "138", beside=caller))
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, "s1", "s2"])

    World().run(story)


def test_a_conversation_outlives_answers_that_come_too_late() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        await world.wait(20)
        assert not world.new(Released)
        assert world.state(caller) == {"T1#1": "connected", "8001": "connected"}
        world.do(Release(LINE, agent))
        await world.wait(5)
        assert [event.leg for event in world.new(Released)] == [agent]
        assert set(world.state(caller)) == {"T1#1", "8902"}

    World(mischief=(Late(kinds=("answers",), from_s=2.5, by_s=6.0),)).run(story)


def test_a_caller_who_is_back_at_a_port_is_there_though_nothing_was_heard_of_it_but_the_answer() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.do(Release(LINE, agent))
        await world.wait(0.03)
        world.do(Play(LINE, caller, 1, ("survey.wav",)))
        await world.wait()
        assert "caller hears survey.wav" in world.told
        world.do(Release(LINE, caller))
        await world.wait()
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent])
        assert not world.voice.legs

    World(mischief=(Lose(kinds=("Transfered",)),)).run(story)


def test_agents_states_go_both_ways() -> None:
    async def story(world: World) -> None:
        assert [(event.station, event.mode) for event in world.new(AgentSeen)] == [
            (station, AgentMode.LOGGED_OUT) for station in ("8001", "8002", "8003")
        ]
        for mode, shown in ((AgentMode.READY, "ready"), (AgentMode.NOT_READY, "notReady"), (AgentMode.LOGGED_OUT, None)):
            world.do(ShowAgent(LINE, "8001", "1001", mode))
            await world.wait()
            at = world.cti.switch.agents.logged_on.get("8001")
            assert (at.state if at is not None else None) == shown
        assert world.new() == [], "what was asked for is no news"
        for key, mode in (("loggedOn", AgentMode.NOT_READY), ("ready", AgentMode.READY), ("loggedOff", AgentMode.LOGGED_OUT)):
            with world.cti.switch.turn(world.env.now):
                world.cti.switch.agents.set_state("8001", key, "1001")
            world.cti.changed()
            await world.wait()
            assert world.new(AgentSeen) == [AgentSeen(LINE, "8001", "1001", mode)]
        world.do(ShowAgent(LINE, "8002", "ann", AgentMode.READY))
        await world.wait()
        failed = world.new(CommandFailed)
        assert {(event.leg, event.command) for event in failed} == {("8002", "ShowAgent")}, "her password is not known"

    World(agents={"ann": "1234"}).run(story)


def test_a_command_that_comes_twice_calls_once() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        originate = Originate(LINE, "s1", "station:8001", "138", beside=caller)
        world.do(originate, originate)
        await world.wait(5)
        assert names(world.new())[-2:] == ["Alerted", "Answered"], "and none failed"
        world.do(Release(LINE, "s1"))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["s1"]
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}

    World().run(story)


@pytest.mark.parametrize("key", ["ready", "loggedOff"])
def test_a_key_of_which_no_event_tells_is_seen_as_the_phone_is_looked_at_again(key: str) -> None:
    async def story(world: World) -> None:
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY), ShowAgent(LINE, "8001", "1001", AgentMode.NOT_READY))
        await world.wait(125)
        assert world.new(AgentSeen)[3:] == [], "it is as it was told to be"
        with world.cti.switch.turn(world.env.now):
            world.cti.switch.agents.set_state("8001", key, "1001")
        await world.wait(125)
        mode, who = {"ready": (AgentMode.READY, "1001"), "loggedOff": (AgentMode.LOGGED_OUT, "")}[key]
        assert world.new(AgentSeen) == [AgentSeen(LINE, "8001", who, mode)]

    World(mischief=(Lose(kinds=("AgentReady", "AgentNotReady", "AgentLoggedOff")),)).run(story)


def test_a_phone_that_gives_its_caller_away_takes_the_call_out_of_our_hands() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.service("single_step_transfer_call", world.part("8001"), "8002")
        await world.wait(10)
        assert sorted(event.leg for event in world.new(Released)) == sorted([caller, agent])
        assert world.cti.switch.connections_of("8002"), "they talk on"
        assert world.is_idle

    World().run(story)


def test_a_phone_that_gives_its_call_away_as_it_is_joined_leaves_the_caller_at_his_port() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
        await world.wait(5)
        world.service("single_step_transfer_call", world.part("8001"), "8002")
        world.do(Mix(LINE, {caller: ("s1",), "s1": (caller,)}))
        await world.wait()
        assert [event.leg for event in world.new(Released)] == ["s1"]
        assert world.state(caller) == {"T1#1": "connected", "8901": "connected"}

    World().run(story)


def test_a_busy_port_is_passed_over() -> None:
    async def story(world: World) -> None:
        world.service("make_call", "8901", "8003")
        world.calls()
        await world.wait()
        (arrived,) = world.new(Arrived)
        world.do(Answer(LINE, arrived.leg))
        await world.wait()
        assert set(world.state(arrived.leg)) == {"T1#1", "8902"}

    World(mischief=(Lose(kinds=("events",), until_s=4.0),)).run(story)
