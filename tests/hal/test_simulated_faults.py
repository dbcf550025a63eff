"""What a simulated line does when a span of it is in alarm, and when its core dies."""

from pathlib import Path

import pytest
import trio

from hal.api import (
    Adopted,
    Answer,
    Arrived,
    Cause,
    DigitHeard,
    Event,
    LineAlarm,
    LineSetup,
    Listen,
    Originate,
    RecordingEnded,
    Released,
    StartRecording,
    StationRegistered,
    StopRecording,
)
from hal.simulated import FarEnd, Party, SimulatedBackend, SimulatedLeg, SimulatedLine, SimulatedSettings
from tests.hal.simulated_peer import Hand

pytestmark = pytest.mark.requirement("SIM-05")


class Bell(Party):
    """A phone that notes why it was released."""

    def __init__(self) -> None:
        self.released_for: Cause | None = None

    def released(self, cause: Cause) -> None:
        self.released_for = cause


class Desk(FarEnd):
    """A far end with one phone."""

    def __init__(self) -> None:
        self.phone = Bell()

    def called(self, leg: SimulatedLeg, to: str, ani: str, display: str) -> Party:
        return self.phone


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def settings(hand: Hand) -> SimulatedSettings:
    settings = SimulatedSettings(channels=60)
    settings.now, settings.schedule = hand.now, hand.schedule
    settings.far_end = Desk()
    return settings


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def setup(settings: SimulatedSettings, told: list[Event], tmp_path: Path) -> LineSetup:
    return LineSetup("e1", settings, told.append, tmp_path, lambda _name: "")


def calls(line: SimulatedLine, number: int) -> list[Bell]:
    """So many callers who talk."""
    callers = [Bell() for _ in range(number)]
    for n, caller in enumerate(callers):
        line.arrive(caller, f"1{n:02}", "95500")
        assert isinstance(caller.leg, SimulatedLeg)
        line.submit(Answer("e1", caller.leg.id))
    return callers


def test_a_span_in_alarm_takes_its_channels_along_and_no_others(setup: LineSetup, told: list[Event]) -> None:
    line = SimulatedLine(setup, lambda: None)
    callers = calls(line, 40)
    line.spans.alarm(1, 0.0)
    assert [caller.released_for for caller in callers] == [Cause.DESTINATION_OUT_OF_ORDER] * 30 + [None] * 10
    more = calls(line, 21)
    assert [caller.released_for for caller in more] == [None] * 20 + [Cause.NO_CIRCUIT_AVAILABLE]
    callers[35].leg.hang_up()
    line.spans.well(1)
    assert len([caller for caller in calls(line, 40) if caller.released_for is None]) == 31
    alarms = [(event.source, event.cleared) for event in told if isinstance(event, LineAlarm)]
    assert alarms == [("span 1", False), ("span 1", True)]


def test_calls_are_held_as_long_as_t309_and_go_on_when_the_span_is_back(setup: LineSetup, told: list[Event], hand: Hand) -> None:
    line = SimulatedLine(setup, lambda: None)
    stays, leaves = calls(line, 2)
    ringing = Bell()
    line.arrive(ringing, "3", "95500")
    line.spans.alarm(1, 6.0)
    assert ringing.released_for is Cause.DESTINATION_OUT_OF_ORDER  # it was not through yet
    before = len(told)
    leaves.leg.hang_up()
    stays.leg.press("5")
    assert told[before:] == []
    line.spans.well(1)
    assert Released("e1", "e1-1", Cause.NORMAL_CLEARING, by_far_end=True) in told
    hand.to(hand.t + 10.0)
    assert stays.released_for is None
    stays.leg.press("7")
    assert told[-1] == DigitHeard("e1", "e1-0", "7")


def test_a_call_that_is_held_too_long_is_lost(setup: LineSetup, told: list[Event], hand: Hand) -> None:
    line = SimulatedLine(setup, lambda: None)
    (caller,) = calls(line, 1)
    line.spans.alarm(1, 6.0)
    hand.to(hand.t + 5.0)
    assert [caller.released_for] == [None]
    hand.to(hand.t + 2.0)
    assert caller.released_for is Cause.DESTINATION_OUT_OF_ORDER
    assert told[-1] == Released("e1", "e1-0", Cause.DESTINATION_OUT_OF_ORDER, by_far_end=False)
    line.spans.well(1)
    assert line.legs == {}


async def test_calls_outlive_their_core_and_the_next_one_finds_them(
    setup: LineSetup, settings: SimulatedSettings, told: list[Event]
) -> None:
    backend = SimulatedBackend()
    async with backend.open(setup) as line:
        assert isinstance(line, SimulatedLine)
        line.register("8001", "")
        stays, leaves = calls(line, 2)
        line.submit(Originate("e1", "1/1", "station:8001", ani="100"))
        assert isinstance(settings.far_end, Desk)
        settings.far_end.phone.leg.answer()
        line.submit(StartRecording("e1", "r1", "r1.wav", "e1-1"))
        line.submit(Listen("e1", "e1-0", 1, "en", {"a": ("a",)}))
        settings.core_dies = True
        line.leave()
        told.clear()
    settings.core_dies = False
    refused = Bell()
    line.arrive(refused, "9", "95500")
    assert refused.released_for is Cause.TEMPORARY_FAILURE
    leaves.leg.hang_up()
    stays.leg.press("1")
    line.submit(StopRecording("e1", "r1"))
    assert told == []
    async with backend.open(setup) as again:
        assert again is line
        assert told == [
            Adopted("e1", "e1-0", "100", "95500", answered=True),
            Adopted("e1", "1/1", "100", "8001", answered=True, station="8001"),
            StationRegistered("e1", "8001", "simulated"),
            RecordingEnded("e1", "r1", "r1.wav", 0.0, 44),
            DigitHeard("e1", "e1-0", "1"),
        ]
        assert isinstance(stays.leg, SimulatedLeg)
        assert stays.leg.listening is None
        line.arrive(Bell(), "10", "95500")
        assert isinstance(told[-1], Arrived)
    assert stays.released_for is Cause.NORMAL_CLEARING


async def test_calls_that_no_core_comes_for_are_ended(setup: LineSetup, settings: SimulatedSettings, hand: Hand) -> None:
    backend = SimulatedBackend()
    async with backend.open(setup) as line:
        assert isinstance(line, SimulatedLine)
        (caller,) = calls(line, 1)
        settings.core_dies = True
        line.leave()
    settings.core_dies = False
    hand.to(hand.t + settings.orphan_s + 1)
    assert caller.released_for is Cause.NORMAL_CLEARING
    async with backend.open(setup) as again:
        assert again is not line
    await trio.lowlevel.checkpoint()
