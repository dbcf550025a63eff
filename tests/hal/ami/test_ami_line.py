"""A line at an Asterisk that is the PBX: callers are led to ports, joined with agents by it, held, recorded, and taken back."""

import pytest

from hal.api import (
    AgentMode,
    AgentSeen,
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    CommandFailed,
    DigitHeard,
    LineAlarm,
    Listen,
    Mix,
    Originate,
    Play,
    PlayEnded,
    RecordingEnded,
    Reject,
    Release,
    Released,
    SendDigits,
    ShowAgent,
    SpeechBegan,
    SpeechHeard,
    StartRecording,
    StationRegistered,
    StationUnregistered,
)
from tests.hal.ami.world import LINE, Mischief, World
from tests.hal.switch_callers import at_port, talking

pytestmark = pytest.mark.requirement("ACC-02")


def test_a_caller_is_answered_at_a_port_and_hears_and_presses_there() -> None:
    async def story(world: World) -> None:
        world.calls(ani="13800138000")
        await world.wait()
        (arrived,) = world.new(Arrived)
        assert (arrived.ani, arrived.dnis, arrived.trunk) == ("13800138000", "95500", "7000")
        world.do(Answer(LINE, arrived.leg))
        await world.wait()
        world.do(Play(LINE, arrived.leg, 1, ("welcome.wav",)))
        world.people["caller"].leg.press("5")
        await world.wait(4)
        assert world.told == ["caller is answered", "caller hears welcome.wav"]
        assert [event for event in world.new() if getattr(event, "leg", "") == arrived.leg] == [
            Answered(LINE, arrived.leg),
            DigitHeard(LINE, arrived.leg, "5"),
            PlayEnded(LINE, arrived.leg, 1),
        ]

    World().run(story)


def test_a_caller_is_understood_at_his_port() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Listen(LINE, caller, 3, "en", {"1": ("billing",), "2": ("repair",)}))
        (port,) = world.voice.legs.values()
        port.speak("repair")
        await world.wait(2)
        began, heard = world.new()
        assert began == SpeechBegan(LINE, caller, 3)
        assert isinstance(heard, SpeechHeard)
        assert (heard.leg, heard.listening, heard.meant) == (caller, 3, "2")

    World().run(story)


def test_a_caller_hears_music_until_his_agent_answers_and_then_both_talk() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Play(LINE, caller, 1, ("music.wav",), loop=True))
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
        await world.wait(1)
        assert [type(event) for event in world.new()] == [Alerted]
        assert world.told[-2:] == ["caller hears music.wav", "station:8001 rings"]
        await world.wait(2)
        assert Answered(LINE, "s1") in world.new()
        world.do(Mix(LINE, {caller: ("s1",), "s1": (caller,)}))
        await world.wait()
        (phone,) = world.asterisk.at("8001")
        assert [other.name[:11] for other in phone.bridged] == ["PJSIP/trunk"]
        assert not world.asterisk.at("8901"), "the port is free"
        assert not world.voice.legs
        world.people["caller"].leg.hang_up()
        await world.wait()
        assert {(event.leg, event.cause) for event in world.new(Released)} == {
            (caller, Cause.NORMAL_CLEARING),
            ("s1", Cause.NORMAL_CLEARING),
        }
        assert world.is_idle

    World().run(story)


def test_what_is_played_to_a_caller_goes_on_while_a_phone_rings_for_him() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Play(LINE, caller, 1, ("position.wav",)))
        world.do(Originate(LINE, "s1", "station:8003", "138", beside=caller))
        await world.wait(5)
        assert [event for event in world.new() if isinstance(event, PlayEnded)] == [PlayEnded(LINE, caller, 1)], "to its end"
        world.do(Play(LINE, caller, 2, ("again.wav",)))
        await world.wait()
        assert world.told[-2:] == ["station:8003 rings", "caller hears again.wav"]

    World().run(story)


def test_music_goes_on_when_a_caller_is_back_at_a_port() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Play(LINE, caller, 1, ("music.wav",), loop=True))
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
        await world.wait(3)
        world.do(Mix(LINE, {caller: ("s1",), "s1": (caller,)}))
        await world.wait()
        world.told.clear()
        world.do(Release(LINE, "s1"))
        await world.wait()
        assert "caller hears music.wav" in world.told

    World().run(story)


def test_a_caller_who_is_rejected_is_hung_up_and_one_without_a_port_goes_the_default_route() -> None:
    async def story(world: World) -> None:
        world.calls()
        await world.wait()
        (arrived,) = world.new(Arrived)
        world.do(Reject(LINE, arrived.leg, Cause.CALL_REJECTED))
        await world.wait()
        assert world.told == ["caller released CALL_REJECTED"]
        for number in range(3):
            world.calls(f"caller{number}")
            await world.wait(0.1)
            (arrived,) = world.new(Arrived)
            world.do(Answer(LINE, arrived.leg))
            await world.wait(0.1)
        assert [channel.place for channel in world.asterisk.at("trunk")] == [
            ("hotline-to", "8901"),
            ("hotline-to", "8902"),
            ("hotline-default", "7000"),
        ]
        assert [event.cause for event in world.new(Released)] == [Cause.NO_CIRCUIT_AVAILABLE]

    World().run(story)


def test_hold_and_retrieve_are_redirects_and_a_held_phone_is_not_left_alone() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        (phone,), (trunk,) = world.asterisk.at("8001"), world.asterisk.at("trunk")
        world.do(Mix(LINE, {caller: (), agent: ()}))
        await world.wait()
        assert (trunk.place, phone.place) == (("hotline-rest", "music"), ("hotline-rest", "silence"))
        world.do(Mix(LINE, {caller: (agent,), agent: (caller,)}))
        await world.wait()
        assert phone.bridged == {trunk}
        world.do(Mix(LINE, {caller: (), agent: ()}))
        await world.wait()
        world.people["caller"].leg.hang_up()
        await world.wait()
        assert not world.asterisk.channels
        assert {event.leg for event in world.new(Released)} == {caller, agent}

    World().run(story)


def test_an_agent_is_released_out_of_a_conversation_and_the_caller_is_back_at_a_port() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.do(Release(LINE, agent))
        world.do(Play(LINE, caller, 7, ("thanks.wav",)))
        await world.wait(5)
        assert [(type(event), event.leg) for event in world.new()] == [(Released, agent), (PlayEnded, caller)]
        assert world.told[-1] == "caller hears thanks.wav"
        assert not world.asterisk.at("8001")

    World().run(story)


def test_a_conversation_is_recorded_at_a_port_that_listens_to_the_phone() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.do(StartRecording(LINE, "r1", "r1.wav", caller, agent))
        await world.wait()
        (recorder,), (phone,) = world.asterisk.at("8990"), world.asterisk.at("8001")
        assert recorder.spies_on == phone.name
        await world.wait(3)
        world.people["caller"].leg.hang_up()
        await world.wait()
        (ended,) = world.new(RecordingEnded)
        assert (ended.recording, ended.error) == ("r1", "")
        assert ended.duration_s > 2
        assert not world.asterisk.channels

    World().run(story)


def test_keys_are_sent_to_the_caller() -> None:
    async def story(world: World) -> None:
        caller, _ = await talking(world)
        world.do(SendDigits(LINE, caller, "12"))
        await world.wait()
        assert world.told[-2:] == ["caller hears keys 1", "caller hears keys 2"]
        assert not world.new(CommandFailed)

    World().run(story)


@pytest.mark.parametrize(
    ("how", "cause"),
    [("absent", Cause.UNALLOCATED_NUMBER), ("busy", Cause.USER_BUSY), ("refuses", Cause.USER_BUSY), ("lost", Cause.UNALLOCATED_NUMBER)],
)
def test_an_agent_who_cannot_be_called_is_told_with_the_cause_and_the_caller_stays(how: str, cause: Cause) -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        if how == "absent":
            world.asterisk.states["DEVICE_STATE(PJSIP/8003)"] = "UNAVAILABLE"
        elif how == "busy":
            world.refuses.add("8003")
        elif how == "lost":
            world.is_deaf = True
        world.do(Originate(LINE, "s1", "station:8003", "138", beside=caller))
        await world.wait(6)
        if how == "refuses":
            world.people["station:8003"].leg.refuse()
            await world.wait()
        assert [(event.leg, event.cause) for event in world.new(Released)] == [("s1", cause)]
        world.do(Play(LINE, caller, 1, ("sorry.wav",)))
        await world.wait()
        assert world.told[-1] == "caller hears sorry.wav"

    World().run(story)


def test_a_phone_that_rings_after_all_when_nobody_waits_for_it_is_hung_up() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.is_slow = True
        world.do(Originate(LINE, "s1", "station:8003", "138", beside=caller))
        await world.wait(6)
        assert [event.leg for event in world.new(Released)] == ["s1"]
        world.is_slow = False
        await world.wait(5)
        assert "station:8003 rings" in world.told
        assert world.told[-1] == "station:8003 released NORMAL_CLEARING"

    World().run(story)


def test_phones_are_reachable_while_they_are_registered_and_the_link_is_up() -> None:
    async def story(world: World) -> None:
        assert {event.station for event in world.new(StationRegistered)} == {"8001", "8002", "8003"}
        world.asterisk.shows("PJSIP/8001", "UNAVAILABLE")
        await world.wait()
        assert [event.station for event in world.new(StationUnregistered)] == ["8001"]
        world.cut()
        await world.wait()
        events = world.new()
        assert {event.station for event in events if isinstance(event, StationUnregistered)} == {"8002", "8003"}
        assert {event.source for event in events if isinstance(event, LineAlarm)} == {"cti link"}
        world.mend()
        await world.wait()
        events = world.new()
        assert {event.station for event in events if isinstance(event, StationRegistered)} == {"8002", "8003"}
        assert [event.cleared for event in events if isinstance(event, LineAlarm)] == [True]

    World().run(story)


def test_agents_states_go_both_ways_and_outlive_a_restart_of_ours() -> None:
    async def story(world: World) -> None:
        assert not [event for event in world.new() if isinstance(event, AgentSeen)], "a phone that shows nothing says nothing"
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.NOT_READY))
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        await world.wait()
        assert world.asterisk.states["DEVICE_STATE(Custom:hotline-8001)"] == "NOT_INUSE"
        assert world.new() == [], "what we have set ourselves is no news"
        world.asterisk.shows("Custom:hotline-8001", "BUSY")
        await world.wait()
        assert world.new() == [AgentSeen(LINE, "8001", "1001", AgentMode.NOT_READY)]
        world.cut()
        world.asterisk.database["DB(hotline/8002)"] = "1002"
        world.asterisk.shows("Custom:hotline-8002", "NOT_INUSE")
        await world.wait()
        world.new()
        world.mend()
        await world.wait()
        assert world.new(AgentSeen) == [AgentSeen(LINE, "8002", "1002", AgentMode.READY)], "and 8001 is as both know it"

    World().run(story)


def test_a_state_whose_event_was_lost_is_found_with_the_next_list() -> None:
    async def story(world: World) -> None:
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        await world.wait()
        world.new()
        world.asterisk.shows("Custom:hotline-8001", "BUSY")
        await world.wait(3)
        assert world.new(AgentSeen) == [AgentSeen(LINE, "8001", "1001", AgentMode.NOT_READY)]
        await world.wait(3)
        assert world.new(AgentSeen) == []

    World(mischief=Mischief(event="DeviceStateChange", lost=1.0), settings={"audit_s": 1.0}).run(story)
