"""Far ends on a line of the switch's own: simulated, in virtual time; and real ones over SIP on the loopback address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
import trio
from attrs import evolve

from hal.api import (
    Answer,
    Answered,
    Arrived,
    Cause,
    Command,
    DigitHeard,
    Event,
    Line,
    LineSetup,
    Mix,
    Originate,
    Play,
    RecordingEnded,
    Release,
    Released,
    SendDigits,
    Sink,
    StartRecording,
)
from hal.simulated import FarEnd, Party, SimulatedBackend, SimulatedLeg, SimulatedLine, SimulatedSettings
from hal.sip import SipBackend, SipSettings
from sim.clock import SimClock, VirtualEnv, call_after, run_virtual
from sim.sip_phones import onset_s, write_tone
from sim.switch.calls import State
from sim.switch.cti import Cti
from sim.switch.legs import LineSpeech
from sim.switch.plan import Plan, RoutePoint, Station, Trunk
from sim.switch.server import Server
from sim.switch.services import Services
from tests.hal import ports
from tests.sim.switch.small import PLAN

E = TypeVar("E", bound=Event)
VIRTUAL = evolve(PLAN, stations=(*PLAN.stations, Station("8905", at="sip:8905@centre")), outside_at="provider:5060")


class Someone(Party):
    """Answers at once if he is called, and remembers."""

    def __init__(self, takes: bool = True) -> None:
        self.takes = takes
        self.told: list[str] = []

    def called(self) -> None:
        self.leg.ring()
        if self.takes:
            self.leg.answer()

    def ringing(self, early_media: bool) -> None:
        self.told.append("ringing")

    def answered(self) -> None:
        self.told.append("answered")

    def released(self, cause: Cause) -> None:
        self.told.append(cause.name)

    def mixed(self, hears: tuple[str, ...]) -> None:
        self.told.append(f"hears {' '.join(hears)}".strip())

    def digits(self, digits: str) -> None:
        self.told.append(f"keys {digits}")


class Outside(FarEnd):
    """Everybody whom the switch's line calls."""

    def __init__(self) -> None:
        self.called_at: dict[str, Someone] = {}
        self.auto: list[bool] = []
        self.takes = True

    def called(self, leg: SimulatedLeg, to: str, ani: str, display: str) -> Party | Cause:
        self.auto.append(leg.auto_answer)
        self.called_at[to] = Someone(self.takes)
        return self.called_at[to]


class World:
    """A switch whose far ends are on a simulated line."""

    def __init__(self) -> None:
        self.env = VirtualEnv()
        self.speech = LineSpeech(lambda: self.env.now)
        self.cti = self.speech.cti = Cti(VIRTUAL, self.speech)
        self.ask = Services(self.cti.switch)
        self.outside = Outside()
        self.line: SimulatedLine

    async def run(self) -> None:
        settings = SimulatedSettings()
        settings.now, settings.schedule, settings.far_end = lambda: self.env.now, partial(call_after, self.env), self.outside
        setup = LineSetup("switch", settings, self.speech.heard, Path(), lambda name: "8001" if name == "station:8001" else None)
        async with SimulatedBackend().open(setup) as line:
            assert isinstance(line, SimulatedLine)
            self.line = self.speech.line = line
            self.story()
            await trio.lowlevel.checkpoint()

    def story(self) -> None:
        raise NotImplementedError


def lived(story: "type[World]") -> World:
    world = story()
    run_virtual(SimClock(world.env), world.run)
    return world


@pytest.mark.requirement("SIM-01")
def test_a_caller_and_a_port_on_one_line() -> None:
    class Story(World):
        def story(self) -> None:
            self.caller = Someone()
            self.line.arrive(self.caller, "0221", "8905")
            port = self.outside.called_at["sip:8905@centre"]
            self.caller.leg.press("4")
            port.leg.press("2")
            self.port_told = list(port.told)
            with self.cti.switch.turn(1.0):
                self.ask.single_step_transfer_call(self.cti.switch.connections_of("8905")[0].id, "0301")
            self.sent_port = port
            self.caller.leg.hang_up()

    world = lived(Story)
    assert isinstance(world, Story)
    assert world.caller.told == ["ringing", "answered", "hears switch-2", "keys 2", "hears switch-3"]
    assert world.port_told == ["hears switch-0", "keys 4"]
    assert world.sent_port.told[-1] == "NORMAL_CLEARING"
    assert world.outside.called_at["sip:301@provider:5060"].told[-1] == "NORMAL_CLEARING"
    assert not world.cti.switch.calls
    assert not world.speech._calls


@pytest.mark.requirement("SIM-01")
def test_a_phone_dials_and_one_that_refuses() -> None:
    class Story(World):
        def story(self) -> None:
            self.outside.takes = False
            self.line.register("8001", "8001")
            self.phone = Someone()
            self.line.arrive(self.phone, "8001", "8905", station="8001")
            self.outside.called_at["sip:8905@centre"].leg.refuse(Cause.CALL_REJECTED)
            self.stranger = Someone()
            self.line.arrive(self.stranger, "8077", "8905", station="8077")

    world = lived(Story)
    assert isinstance(world, Story)
    assert world.phone.told == ["ringing", "CALL_REJECTED"]
    assert world.stranger.told == ["NO_CIRCUIT_AVAILABLE"]


@pytest.mark.requirement("SIM-01")
def test_the_computer_lets_a_phone_call() -> None:
    class Story(World):
        def story(self) -> None:
            self.line.register("8001", "8001")
            with self.cti.switch.turn(0.0):
                self.ask.make_call("8905", "8001")

    world = lived(Story)
    one, other = world.outside.called_at["sip:8905@centre"], world.outside.called_at["station:8001"]
    assert world.outside.auto == [True, False]
    assert one.told[0] == "hears switch-2"
    assert other.told[0] == "hears switch-1"


class Ears:
    """Waits for events of a line."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._come = trio.Event()

    def sink(self, event: Event) -> None:
        self.events.append(event)
        self._come.set()
        self._come = trio.Event()

    async def wait(self, kind: type[E], **values: object) -> E:
        with trio.fail_after(30):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and all(getattr(event, name) == value for name, value in values.items()):
                        return event
                await self._come.wait()


@asynccontextmanager
async def sip_line(name: str, listen: int, sink: Sink, folder: Path) -> AsyncIterator[Line]:
    settings = SipSettings(listen=f"127.0.0.1:{listen}", transports=("udp",), rtp_ports=f"{listen + 10}-{listen + 39}", orphan_s=5)
    async with SipBackend().open(LineSetup(name, settings, sink, folder, lambda _name: None)) as line:
        yield line


@pytest.mark.requirement("SIM-01")
def test_a_phone_that_the_computer_answers_is_heard_when_its_user_answers() -> None:
    class Story(World):
        def story(self) -> None:
            self.commands: list[Command] = []
            submit = self.line.submit

            def spied(command: Command) -> None:
                self.commands.append(command)
                submit(command)

            self.line.submit = spied  # type: ignore[method-assign] # a spy
            self.outside.takes = False
            self.line.register("8001", "8001")
            self.caller = Someone()
            self.line.arrive(self.caller, "0221", "8001")
            with self.cti.switch.turn(1.0):
                self.ask.answer_call(self.cti.switch.connections_of("8001")[0].id)
            phone = self.outside.called_at["station:8001"]
            self.before = (list(self.caller.told), list(phone.told))
            phone.leg.answer()
            self.after = (self.caller.told[2:], phone.told)
            with self.cti.switch.turn(2.0):
                self.ask.hold_call(self.cti.switch.connections_of("8001")[0].id)
            with self.cti.switch.turn(3.0):
                self.ask.retrieve_call(self.cti.switch.connections_of("8001")[0].id)

    world = lived(Story)
    assert isinstance(world, Story)
    assert world.before == (["ringing", "answered"], [])
    assert world.after[0][0] == "hears switch-2"
    assert world.after[1][0] == "hears switch-0"
    assert len([command for command in world.commands if isinstance(command, Answer)]) == 1
    first_mix = next(command for command in world.commands if isinstance(command, Mix))
    assert set(first_mix.hears) == {"switch-0", "switch-2"}


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.requirement("ACC-02")
async def test_a_real_call_through_the_switch(tmp_path: Path) -> None:
    """A caller's SIP call comes to a route point, is led to a port, hears its tone, presses keys, and is sent on to a phone."""
    first, people = ports.block(50), ports.block(50)
    plan = Plan(
        stations=(Station("8901", at=f"sip:8901@127.0.0.1:{people}"), Station("8001", at=f"sip:8001@127.0.0.1:{people}")),
        trunks=(Trunk("T1", 2),),
        route_points=(RoutePoint("7000", default="8901"),),
        dialled={"95500": "7000"},
    )
    speech = LineSpeech(lambda: server.now)
    cti = speech.cti = Cti(plan, speech)
    server = Server(cti)
    ears = Ears()
    for name in ("people", "switch"):
        (tmp_path / name).mkdir()
    tone = str(write_tone(tmp_path / "tone.wav", 600))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run, [])
        async with (
            sip_line("people", people, ears.sink, tmp_path / "people") as line,
            sip_line("switch", first, speech.heard, tmp_path / "switch") as speech.line,
        ):
            line.submit(Originate("people", "caller", f"sip:95500@127.0.0.1:{first}", "02215550001"))
            port = await ears.wait(Arrived, dnis="8901")
            assert port.ani == "02215550001"
            line.submit(Answer("people", port.leg))
            await ears.wait(Answered, leg="caller")
            line.submit(Play("people", port.leg, 1, (tone,), loop=True))
            line.submit(StartRecording("people", "heard", str(tmp_path / "heard.wav"), "caller", max_s=1.5))
            heard = await ears.wait(RecordingEnded, recording="heard")
            assert onset_s(Path(heard.file)) is not None
            line.submit(SendDigits("people", "caller", "7"))
            await ears.wait(DigitHeard, leg=port.leg, digit="7")

            with cti.switch.turn(server.now):
                Services(cti.switch).single_step_transfer_call(cti.switch.connections_of("8901")[0].id, "8001")
            await ears.wait(Released, leg=port.leg)
            agent = await ears.wait(Arrived, dnis="8001")
            line.submit(Answer("people", agent.leg))
            await ears.wait(Answered, leg=agent.leg)
            line.submit(Play("people", agent.leg, 1, (tone,), loop=True))
            line.submit(StartRecording("people", "again", str(tmp_path / "again.wav"), "caller", max_s=1.5))
            again = await ears.wait(RecordingEnded, recording="again")
            assert onset_s(Path(again.file)) is not None
            assert cti.switch.in_state("8001", State.CONNECTED) is not None
            line.submit(Release("people", "caller"))
            await ears.wait(Released, leg=agent.leg)
            assert not cti.switch.calls
        nursery.cancel_scope.cancel()
