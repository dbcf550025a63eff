"""The simulated line passes the contract, and does what its own docstrings promise besides."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest
import trio

from hal import registry
from hal.api import (
    Answer,
    Answered,
    Arrived,
    Cause,
    Event,
    Hold,
    LineAlarm,
    LineFault,
    LineSetup,
    Originate,
    Play,
    PlayEnded,
    RecordingEnded,
    RegistrationRefused,
    Released,
    Retrieve,
    StartRecording,
    StationRegistered,
    StationUnregistered,
    Transfer,
)
from hal.simulated import FarEnd, Party, SimulatedBackend, SimulatedLeg, SimulatedLine, SimulatedSettings
from tests.hal.contract import Bench, LineContract
from tests.hal.peer import EventLog
from tests.hal.simulated_peer import Exchange, Hand, Town

SECRETS = {f"station:{name}": f"pw-{name}" for name in range(8001, 8008)}


class ContractOfSimulatedLine(LineContract):
    """How a simulated line is opened."""

    delays: ClassVar[tuple[float, float, float]]
    """Set-up, answer, start of a prompt."""
    lines: ClassVar[list[SimulatedLine]] = []

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Bench]:
        hand, log = Hand(), EventLog()
        town = Town(hand, str(directory), SECRETS)
        async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
            nursery.start_soon(hand.run)
            settings = SimulatedSettings()
            settings.now, settings.schedule = hand.now, hand.schedule
            settings.far_end = Exchange(town)
            settings.duration_of = town.duration_of
            settings.writable = lambda file: Path(file).parent.is_dir()
            settings.set_up_s, settings.answer_s, settings.prompt_start_s = self.delays
            setup = LineSetup("sim", settings, log.sink, directory, SECRETS.get)
            line = await stack.enter_async_context(registry.backend("simulated").open(setup))
            assert isinstance(line, SimulatedLine)
            self.lines.append(line)
            yield Bench(line, town, log, directory, stack.aclose)
            await stack.aclose()
            nursery.cancel_scope.cancel()

    def left_behind(self) -> list[str]:
        left = [f"leg {leg}" for line in self.lines for leg in line.legs]
        return left + [f"recording {recording}" for line in self.lines for recording in line.recordings]


class TestWithoutDelays(ContractOfSimulatedLine):
    """As in a simulation that only asks who serves whom."""

    delays = (0.0, 0.0, 0.0)


class TestWithDelays(ContractOfSimulatedLine):
    """As in a simulation that also asks how long it takes."""

    delays = (0.04, 0.02, 0.03)


class Bell(Party):
    """A phone that notes what it is told, and does `on_answered` when it is answered."""

    def __init__(self, on_answered: Callable[["Bell"], None] = lambda _bell: None) -> None:
        self.told: list[object] = []
        self.on_answered = on_answered

    def answered(self) -> None:
        self.told.append("answered")
        self.on_answered(self)

    def released(self, cause: Cause) -> None:
        self.told.append(cause)

    @property
    def wire(self) -> SimulatedLeg:
        assert isinstance(self.leg, SimulatedLeg)
        return self.leg


class Desk(FarEnd):
    """A far end where every number is the same phone."""

    def __init__(self, phone: Party) -> None:
        self.phone = phone

    def called(self, leg: SimulatedLeg, to: str, ani: str, display: str) -> Party:
        return self.phone


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def settings(hand: Hand) -> SimulatedSettings:
    settings = SimulatedSettings()
    settings.now, settings.schedule = hand.now, hand.schedule
    return settings


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def setup(settings: SimulatedSettings, told: list[Event], tmp_path: Path) -> LineSetup:
    return LineSetup("sim", settings, told.append, tmp_path, SECRETS.get)


@pytest.fixture
def line(setup: LineSetup) -> SimulatedLine:
    return SimulatedLine(setup, lambda: None)


def test_a_call_beyond_the_channels_is_refused_and_the_core_is_not_told(
    setup: LineSetup, settings: SimulatedSettings, told: list[Event]
) -> None:
    settings.channels = 1
    line = SimulatedLine(setup, lambda: None)
    first, second, phone = Bell(), Bell(), Bell()
    line.arrive(first, "1", "95500")
    line.arrive(second, "2", "95500")
    line.arrive(phone, "8001", "*11", station="8001")  # a station needs no trunk
    assert second.told == [Cause.NO_CIRCUIT_AVAILABLE]
    assert [e.ani for e in told if isinstance(e, Arrived)] == ["1", "8001"]
    line.submit(Originate("sim", "out", "number:3", ""))
    assert told[-1] == Released("sim", "out", Cause.NO_CIRCUIT_AVAILABLE, False)
    first.leg.hang_up()
    line.arrive(second, "2", "95500")
    assert isinstance(told[-1], Arrived)


def test_a_number_too_long_never_becomes_a_call(line: SimulatedLine, told: list[Event]) -> None:
    for ani, dnis in (("1" * 65, "95500"), ("1", "9" * 65)):
        caller = Bell()
        line.arrive(caller, ani, dnis)
        assert caller.told == [Cause.INVALID_NUMBER_FORMAT]
    assert told == []
    line.arrive(Bell(), "1" * 64, "9" * 64)
    assert isinstance(told[0], Arrived)


def test_a_caller_may_hang_up_or_press_in_the_instant_of_the_answer(line: SimulatedLine, told: list[Event]) -> None:
    hasty, keen = Bell(lambda bell: bell.leg.hang_up()), Bell(lambda bell: bell.leg.press("1"))
    for party in (hasty, keen):
        line.arrive(party, "1", "95500")
        line.submit(Answer("sim", party.wire.id))
    assert [type(e).__name__ for e in told] == ["Arrived", "Released", "Arrived", "Answered", "DigitHeard"]


def test_delays_pass_in_the_time_that_was_given(hand: Hand, settings: SimulatedSettings, setup: LineSetup, told: list[Event]) -> None:
    settings.set_up_s, settings.answer_s, settings.prompt_start_s = 1.0, 0.5, 0.25
    settings.duration_of = lambda _file: 2.0
    line = SimulatedLine(setup, lambda: None)
    bell = Bell()
    line.arrive(bell, "1", "95500")
    hand.to(0.9)
    assert told == []
    hand.to(1.0)
    line.submit(Answer("sim", bell.wire.id))
    hand.to(1.4)
    assert bell.told == []
    hand.to(1.5)
    assert isinstance(told[-1], Answered)
    line.submit(Play("sim", bell.wire.id, 1, ("a.wav", "b.wav")))
    hand.to(1.7)
    assert bell.wire.heard() == (None, ())
    hand.to(1.75)
    assert bell.wire.heard() == ("a.wav", ())
    hand.to(3.75)
    assert bell.wire.heard() == ("b.wav", ())
    assert not [e for e in told if isinstance(e, PlayEnded)]
    hand.to(5.75)
    assert isinstance(told[-1], PlayEnded)


def test_a_caller_who_gives_up_while_dialling_never_arrives(
    hand: Hand, settings: SimulatedSettings, setup: LineSetup, told: list[Event]
) -> None:
    settings.set_up_s = 1.0
    line = SimulatedLine(setup, lambda: None)
    bell = Bell()
    line.arrive(bell, "1", "95500")
    bell.leg.hang_up()
    hand.to(2.0)
    assert told == []
    assert not line.legs


def test_a_party_that_vanishes_is_found_out_by_its_silence_but_not_on_hold(hand: Hand, line: SimulatedLine, told: list[Event]) -> None:
    legs = [line.arrive(Party(), ani, "95500") for ani in ("1", "2", "3")]
    for leg in legs:
        line.submit(Answer("sim", leg.id))
    line.submit(Hold("sim", legs[1].id))
    told.clear()
    for leg in legs[:2]:
        leg.vanish()
    hand.to(59.9)
    assert told == []
    hand.to(119.0)
    assert told == [Released("sim", legs[0].id, Cause.DESTINATION_OUT_OF_ORDER, by_far_end=True)]
    line.submit(Retrieve("sim", legs[1].id))
    hand.to(120.0)
    assert [e.leg for e in told if isinstance(e, Released)] == [legs[0].id, legs[1].id]
    hand.to(600.0)
    assert legs[2].id in line.legs


def test_a_phone_asked_to_answer_by_itself_can_see_it(line: SimulatedLine) -> None:
    line.settings.set_up_s = 1.0
    for leg, asked in (("a", False), ("b", True)):
        line.submit(Originate("sim", leg, "number:1", "", auto_answer=asked))
        assert line.legs[leg].auto_answer is asked


def test_a_recording_is_a_row_as_long_as_it_lasted(hand: Hand, line: SimulatedLine, told: list[Event]) -> None:
    bell = Bell()
    line.arrive(bell, "1", "95500")
    line.submit(Answer("sim", bell.wire.id))
    line.submit(StartRecording("sim", "r", "r.wav", bell.wire.id))
    hand.to(2.5)
    bell.leg.hang_up()
    assert told[-2:] == [Released("sim", bell.wire.id), RecordingEnded("sim", "r", "r.wav", 2.5, 44 + 40_000)]


def test_phones_log_in_with_their_password_expire_and_are_banned(
    hand: Hand, line: SimulatedLine, settings: SimulatedSettings, told: list[Event]
) -> None:
    settings.ban_after = 2
    assert line.register("8001", "pw-8001", expires_s=60)
    assert not line.register("8001", "wrong", address="elsewhere")
    assert not line.register("8077", "pw-8001", address="elsewhere")
    assert not line.register("8002", "pw-8002", address="elsewhere")
    assert told == [
        StationRegistered("sim", "8001", "simulated"),
        RegistrationRefused("sim", "8001", "elsewhere"),
        RegistrationRefused("sim", "8077", "elsewhere", True),
        RegistrationRefused("sim", "8002", "elsewhere", True),
    ]
    hand.to(30)
    assert line.register("8001", "pw-8001", expires_s=60)  # again, before it expires
    hand.to(70)
    assert line.stations
    hand.to(90)
    assert told[-1] == StationUnregistered("sim", "8001")


def test_a_crash_loses_the_calls_and_keeps_the_line(line: SimulatedLine, told: list[Event]) -> None:
    bell, after = Bell(), Bell()
    line.arrive(bell, "1", "95500")
    line.crash()
    line.arrive(after, "2", "95500")
    assert bell.told == [Cause.NETWORK_OUT_OF_ORDER]
    assert [type(e).__name__ for e in told] == ["Arrived", "LineAlarm", "Released", "LineAlarm", "Arrived"]
    assert [e.cleared for e in told if isinstance(e, LineAlarm)] == [False, True]


def test_a_party_may_do_as_it_likes_while_it_is_called(line: SimulatedLine, settings: SimulatedSettings, told: list[Event]) -> None:
    class Refuses(Party):
        def called(self) -> None:
            self.leg.refuse(Cause.USER_BUSY)

    line._far_end = Desk(Refuses())
    line.submit(Originate("sim", "out", "number:3", ""))
    line.submit(Transfer("sim", "out", "number:4"))
    assert told == [Released("sim", "out", Cause.USER_BUSY)]


async def test_a_fault_is_raised_and_no_leg_number_comes_again(setup: LineSetup, settings: SimulatedSettings, told: list[Event]) -> None:
    bell = Bell()
    with pytest.raises(LineFault, match="line 'sim' broke: cable cut"):  # noqa: PT012 - the fault comes out of the block
        async with SimulatedBackend().open(setup) as line:
            assert isinstance(line, SimulatedLine)
            first = line.arrive(bell, "1", "95500").id
            line.fail("cable cut")
            await trio.sleep_forever()
    assert bell.told == [Cause.NETWORK_OUT_OF_ORDER]
    assert told[-1] == Released("sim", first, Cause.NETWORK_OUT_OF_ORDER, False)
    settings.unavailable = "cable still cut"
    with pytest.raises(LineFault, match="cable still cut"):
        async with SimulatedBackend().open(setup):
            raise AssertionError("it is closed")
    settings.unavailable = ""
    async with SimulatedBackend().open(setup) as again:
        assert isinstance(again, SimulatedLine)
        assert again.arrive(Bell(), "1", "95500").id != first
    late = Bell()
    again.arrive(late, "1", "95500")
    assert late.told == [Cause.NETWORK_OUT_OF_ORDER]


def test_without_a_world_it_has_no_time(tmp_path: Path) -> None:
    with pytest.raises(LineFault, match="hotline sim run"):
        SimulatedLine(LineSetup("sim", SimulatedSettings(), lambda _event: None, tmp_path), lambda: None)
