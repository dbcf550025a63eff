"""Recordings at a switch: of a caller at his port, of a conversation at a port that joins it."""

import pytest

from hal.api import (
    Answer,
    Arrived,
    Mix,
    Originate,
    RecordingEnded,
    StartRecording,
    StopRecording,
)
from tests.hal.csta.world import LINE, World
from tests.hal.switch_callers import at_port, talking

pytestmark = pytest.mark.requirement("ACC-02")


def test_a_conversation_is_recorded_at_a_port_that_joins_it() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.do(StartRecording(LINE, "r1", "r1.wav", caller, agent))
        await world.wait()
        assert set(world.state(caller)) == {"T1#1", "8001", "8990"}
        world.do(StopRecording(LINE, "r1"), StartRecording(LINE, "r2", "r2.wav", agent))
        await world.wait(3)
        (first,) = world.new(RecordingEnded)
        assert (first.recording, first.error) == ("r1", "")
        world.people["caller"].leg.hang_up()
        await world.wait()
        (second,) = world.new(RecordingEnded)
        assert (second.recording, second.error, second.duration_s >= 3) == ("r2", "", True)
        assert not world.voice.legs
        assert not world.cti.switch.calls

    World().run(story)


def test_a_caller_is_recorded_at_his_port() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(StartRecording(LINE, "r1", "r1.wav", caller))
        await world.wait(3)
        world.do(StopRecording(LINE, "r1"))
        await world.wait()
        (ended,) = world.new(RecordingEnded)
        assert (ended.recording, ended.error, round(ended.duration_s)) == ("r1", "", 3)

    World().run(story)


def test_a_recording_without_a_free_port_is_told_as_missing() -> None:
    async def story(world: World) -> None:
        first = await talking(world)
        world.do(StartRecording(LINE, "r1", "r1.wav", *first))
        await world.wait()
        world.new()
        world.calls("second", "139")
        await world.wait()
        (arrived,) = world.new(Arrived)
        world.do(Answer(LINE, arrived.leg))
        await world.wait()
        world.do(Originate(LINE, "s2", "station:8002", "139", beside=arrived.leg))
        await world.wait(5)
        world.do(Mix(LINE, {arrived.leg: ("s2",), "s2": (arrived.leg,)}))
        await world.wait()
        world.do(StartRecording(LINE, "r2", "r2.wav", arrived.leg, "s2"))
        await world.wait()
        assert [(event.recording, event.error) for event in world.new(RecordingEnded)] == [("r2", "no recording port is free")]

    World().run(story)
