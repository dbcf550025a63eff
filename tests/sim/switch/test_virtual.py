"""The switch in virtual time: people of the world, ports on a simulated line, and a computer over memory streams."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio
import trio.testing
from attrs import define, field

from hal.api import (
    Answer,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    Event,
    LineSetup,
    Play,
    Release,
    Released,
    SendDigits,
)
from hal.simulated import Party, SimulatedBackend, SimulatedLine, SimulatedSettings
from sim.clock import SimClock, VirtualEnv, call_after, run_virtual
from sim.switch.cti import Cti
from sim.switch.mischief import Late
from sim.switch.server import Server
from sim.switch.virtual import VirtualSpeech
from tests.sim.switch.small import PLAN
from tests.sim.switch.wire import ED, START, connection, cut, framed, inner, name

pytestmark = pytest.mark.requirement("SIM-01")


Stream = trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]


class Person(Party):
    """Writes down what he is told."""

    def __init__(self, world: "World", who: str) -> None:
        self.world, self.who = world, who

    def _say(self, what: str) -> None:
        self.world.told.append(f"{self.world.env.now:g} {self.who} {what}")

    def called(self) -> None:
        self._say("called")
        call_after(self.world.env, 2.0, self.leg.answer)

    def answered(self) -> None:
        self._say("answered")

    def released(self, cause: Cause) -> None:
        self._say(f"released {cause.name}")

    def playing(self, play: int, files: tuple[str, ...], loop: bool) -> None:
        self._say(f"hears {' '.join(files)}")

    def play_ended(self, play: int) -> None:
        self._say("hears no more of it")

    def mixed(self, hears: tuple[str, ...]) -> None:
        self._say(f"hears {len(hears)}")

    def digits(self, digits: str) -> None:
        self._say(f"hears keys {digits}")


@define(eq=False)
class World:
    """A switch with one port of an appliance whose line answers and plays."""

    env: VirtualEnv = field(factory=VirtualEnv)
    told: list[str] = field(factory=list)
    line: SimulatedLine = field(init=False)
    cti: Cti = field(init=False)
    speech: VirtualSpeech = field(init=False)
    events: list[Event] = field(factory=list)
    answers: bool = True

    def heard(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Arrived) and self.answers:
            self.line.submit(Answer("ivr", event.leg))
        elif isinstance(event, Answered):
            self.line.submit(Play("ivr", event.leg, 1, ("welcome.wav",)))

    def takes(self, to: str, ani: str) -> Party | Cause:
        return Person(self, to) if to != "station:8003" else Cause.NO_USER_RESPONDING

    @asynccontextmanager
    async def running(self, *mischief: Late) -> AsyncIterator[Stream]:
        """The stream of a computer with a session."""
        self.speech = VirtualSpeech(lambda: self.env.now, lambda device: self.line if device == "8901" else None, self.takes)
        self.cti = self.speech.cti = Cti(PLAN, self.speech, mischief=mischief)
        settings = SimulatedSettings()
        settings.now, settings.schedule = lambda: self.env.now, partial(call_after, self.env)
        settings.duration_of = lambda _file: 3.0
        server = Server(self.cti)
        ours, theirs = trio.testing.memory_stream_pair()
        setup = LineSetup("ivr", settings, self.heard, Path(), lambda _name: "")
        async with SimulatedBackend().open(setup) as line, trio.open_nursery() as nursery:
            assert isinstance(line, SimulatedLine)
            self.line = line
            nursery.start_soon(server.run, [])
            nursery.start_soon(server.attach, "memory", theirs)
            await ours.send_all(framed(1, START.format(0)))
            assert [name(xml) for xml in await received(ours)] == ["StartApplicationSessionPosResponse"]
            yield ours
            nursery.cancel_scope.cancel()

    def run(self, story: Callable[[], object]) -> None:
        run_virtual(SimClock(self.env), story)  # type: ignore[arg-type] # an async function


async def received(stream: Stream) -> list[str]:
    """What has come, at least one message; in memory, a message is never torn."""
    return [xml for _, xml in cut(bytes(await stream.receive_some(1_000_000)))]


async def request(stream: Stream, invoke: int, service: str, inside: str) -> str:
    """The answer to a request, which must not be the first in its company."""
    await stream.send_all(framed(invoke, f'<{service} xmlns="{ED}">{inside}</{service}>'))
    while True:
        for xml in await received(stream):
            if name(xml) in {f"{service}Response", "CSTAErrorCode"}:
                return xml


def test_a_caller_hears_the_appliance_at_a_port_and_is_sent_to_an_agent() -> None:
    world = World()

    async def story() -> None:
        async with world.running() as computer:
            world.speech.call(Person(world, "caller"), "0221", "8901")
            await trio.sleep(1.0)
            (person,) = [p.party for p in world.speech._people.values()]
            person.leg.press("42")
            world.line.submit(SendDigits("ivr", next(iter(world.line.legs)), "#"))
            sent = connection("activeCall", "1001", "8901") + "<transferredTo>8001</transferredTo>"
            assert "Response" in await request(computer, 2, "SingleStepTransferCall", sent)
            await trio.sleep(5.0)
            person.leg.hang_up()

    world.run(story)
    assert world.told == [
        "0 caller answered",
        "0 caller hears 1",
        "0 caller hears welcome.wav",
        "1 caller hears keys #",
        "1 station:8001 called",
        "1 caller hears 0",
        "3 caller hears 1",
        "3 station:8001 hears 1",
        "6 station:8001 released NORMAL_CLEARING",
    ]
    assert next(event.dnis for event in world.events if isinstance(event, Arrived)) == "8901"
    assert "".join(event.digit for event in world.events if isinstance(event, DigitHeard)) == "42"
    assert [event.cause for event in world.events if isinstance(event, Released)] == [Cause.NORMAL_CLEARING]


def test_who_joins_a_call_hears_what_plays_and_nobody_hears_it_begin_twice() -> None:
    world = World()

    async def story() -> None:
        async with world.running() as computer:
            world.speech.call(Person(world, "caller"), "0221", "8901")
            for invoke, (device, later) in enumerate((("8001", 3.5), ("8002", 3.0)), 2):
                join = connection("activeCall", "1001", "8901") + f"<deviceToJoin>{device}</deviceToJoin>"
                assert "Response" in await request(computer, invoke, "SingleStepConferenceCall", join)
                await trio.sleep(later)

    world.run(story)
    assert [what for what in world.told if "welcome" in what] == ["0 caller hears welcome.wav", "2 station:8001 hears welcome.wav"]
    assert "3 caller hears no more of it" in world.told
    assert "5.5 station:8002 hears 3" in world.told


def test_the_appliance_hangs_up_at_a_port() -> None:
    world = World()

    async def story() -> None:
        async with world.running():
            world.speech.call(Person(world, "caller"), "0221", "8901")
            world.line.submit(Release("ivr", next(iter(world.line.legs)), Cause.CALL_REJECTED))
            assert not world.cti.switch.calls

    world.run(story)
    assert world.told[-1] == "0 caller released CALL_REJECTED"


def test_who_is_not_there_is_not_called() -> None:
    world = World(answers=False)

    async def story() -> None:
        async with world.running():
            world.speech.call(Person(world, "first"), "0221", "8003")
            world.speech.call(Person(world, "second"), "0221", "8901")
            world.speech.call(Person(world, "third"), "0221", "8001")
            world.speech.call(Person(world, "fourth"), "0221", "8002")
            world.speech.call(Person(world, "fifth"), "0221", "8004")
            world.speech.dial(Person(world, "agent"), "8001", "8004")

    world.run(story)
    assert world.told == [
        "0 first released NO_USER_RESPONDING",
        "0 station:8001 called",
        "0 station:8002 called",
        "0 fifth released NO_CIRCUIT_AVAILABLE",
        "0 agent released USER_BUSY",
        "0 second released NORMAL_CLEARING",
    ]


def test_the_computer_makes_a_call_into_the_network_in_virtual_time() -> None:
    world = World()

    async def story() -> None:
        async with world.running(Late(kinds=("answers",), by_s=60.0, from_s=1.0)) as computer:
            await trio.sleep(1.0)
            make = "<callingDevice>8001</callingDevice><calledDirectoryNumber>0301234</calledDirectoryNumber>"
            answer = await request(computer, 2, "MakeCall", make)
            assert inner(answer, "deviceID") == "8001"
            assert world.env.now == 61.0

    world.run(story)
    assert world.told == [
        "1 station:8001 called",
        "1 number:301234 called",
        "3 station:8001 hears 1",
        "3 number:301234 hears 1",
    ]


def test_two_runs_are_the_same() -> None:
    stories = []
    for _ in range(2):
        world = World()

        async def story(world: World = world) -> None:
            async with world.running():
                for number in ("8001", "8901", "8002"):
                    world.speech.call(Person(world, f"caller of {number}"), "0221", number)
                    await trio.sleep(0.7)
                await trio.sleep(30)

        world.run(story)
        stories.append(world.told)
    assert stories[0] == stories[1]
    assert len(stories[0]) > 5


def test_a_phone_dials_a_port_and_talks_to_it() -> None:
    world = World()

    async def story() -> None:
        async with world.running():
            world.speech.dial(Person(world, "agent"), "8001", "8901")
            await trio.sleep(1.0)
            (person,) = [person.party for person in world.speech._people.values()]
            person.leg.hang_up()
            assert not world.line.legs

    world.run(story)
    assert world.told == ["0 agent answered", "0 agent hears 1", "0 agent hears welcome.wav"]
    assert next(event.ani for event in world.events if isinstance(event, Arrived)) == "8001"
