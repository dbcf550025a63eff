"""A line at a simulated switch in virtual time, its ports on a simulated voice line; people are those of the test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio
import trio.testing
from attrs import define, evolve, field

from hal.api import Adopted, Cause, Command, Event, Line, LineSetup
from hal.csta.line import Parts, open_line
from hal.csta.link import Link
from hal.csta.mapping import Kept, Mapping
from hal.csta.session import Session
from hal.csta.settings import CstaSettings
from hal.simulated import Party, SimulatedBackend, SimulatedLine, SimulatedSettings
from hal.simulated.leg import LegState, SimulatedLeg
from sim.clock import SimClock, VirtualEnv, call_after, run_virtual
from sim.switch.calls import ConnectionID
from sim.switch.cti import Cti
from sim.switch.plan import Group, Plan, RoutePoint, Station, Trunk
from sim.switch.server import Server
from sim.switch.services import Services
from sim.switch.virtual import VirtualSpeech

LINE = "pbx"
MOST_TOLD = 3000
"""No story of a test has the line tell so much between two looks."""
PORTS, RECORDERS, PHONES = ("8901", "8902"), ("8990",), ("8001", "8002", "8003")
PLAN = Plan(
    stations=tuple(Station(number) for number in (*PHONES, *PORTS, *RECORDERS)),
    trunks=(Trunk("T1", 30),),
    route_points=(RoutePoint("7000", default="7100", waits_s=5, retries=2),),
    groups=(Group("7100", ("8003",)),),
    dialled={"95500": "7000"},
)


class Person(Party):
    """Writes down what he is told; an agent answers after a while, unless he is told not to."""

    def __init__(self, world: "World", who: str) -> None:
        self.world, self.who = world, who

    def _say(self, what: str) -> None:
        self.world.told.append(f"{self.who} {what}")

    def called(self) -> None:
        self._say("rings")
        if (delay := self.world.answers_after.get(self.who)) is not None:
            call_after(self.world.env, delay, self.leg.answer)

    def answered(self) -> None:
        self._say("is answered")

    def released(self, cause: Cause) -> None:
        self._say(f"released {cause.name}")

    def playing(self, play: int, files: tuple[str, ...], loop: bool) -> None:
        self._say(f"hears {' '.join(files)}")

    def mixed(self, hears: tuple[str, ...]) -> None:
        self._say(f"hears {len(hears)}")

    def digits(self, digits: str) -> None:
        self._say(f"hears keys {digits}")


@define(eq=False)
class World:
    """One of them."""

    env: VirtualEnv = field(factory=VirtualEnv)
    told: list[str] = field(factory=list)
    events: list[Event] = field(factory=list)
    answers_after: dict[str, float] = field(factory=lambda: {"station:8001": 2.0, "station:8002": 2.0})
    plan: Plan = PLAN
    mischief: tuple[Any, ...] = ()
    settings: dict[str, Any] = field(factory=dict)
    sink: Callable[[Event], None] | None = None
    people: dict[str, Person] = field(factory=dict)
    cti: Cti = field(init=False)
    speech: VirtualSpeech = field(init=False)
    voice: SimulatedLine = field(init=False)
    line: Line = field(init=False)
    agents: dict[str, str] = field(factory=dict)
    """Who needs a password at the switch."""
    mapping: Mapping = field(init=False)
    stations: tuple[str, ...] = PHONES
    kept: tuple[Kept, ...] = ()
    """What the line has kept for its next run."""
    is_full: bool = False
    """Nothing can be kept."""
    runs: int = 0
    life: trio.CancelScope = field(init=False)
    start: Callable[[], Awaitable[Any]] = field(init=False)
    is_cut: bool = False
    streams: "list[_Cable]" = field(factory=list)

    def hears(self, event: Event) -> None:
        self.events.append(event)
        assert len(self.events) < MOST_TOLD, "it goes round in circles"
        if self.sink is not None:
            self.sink(event)

    def takes(self, to: str, ani: str) -> Party | Cause:
        person = self.people[to] = Person(self, to)
        return person

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.line.submit(command)

    def calls(self, who: str = "caller", ani: str = "13800138000", dnis: str = "95500", user_data: str = "") -> Person:
        person = self.people[who] = Person(self, who)
        self.speech.call(person, ani, dnis, user_data=user_data)
        return person

    def new(self, kind: type[Event] | None = None) -> list[Any]:
        """Events since the last time, of this kind; the others are passed over."""
        found, self.events = self.events, []
        return [event for event in found if kind is None or isinstance(event, kind)]

    def state(self, leg: str) -> dict[str, str]:
        """The switch's call that this caller is in."""
        call = self.call_of(leg)
        return {device: str(connection.state) for device, connection in self.cti.switch.calls[call].connections.items()}

    def call_of(self, leg: str) -> str:
        """The switch's name for the call of a leg; empty: it is none of ours, or not known yet."""
        board = self.mapping.board
        whose = board.customers.get(leg) or board.agents.get(leg)
        return whose.call if whose is not None else ""

    @property
    def is_idle(self) -> bool:
        """The line has nothing left of any call."""
        board = self.mapping.board
        return not (board.customers or board.agents or board.recorders or any(board.ports.values()))

    def part(self, device: str) -> ConnectionID:
        """A device's only connection."""
        (connection,) = self.cti.switch.connections_of(device)
        return connection.id

    def service(self, name: str, *arguments: object) -> None:
        """What a phone's own keys ask the switch for."""
        with self.cti.switch.turn(self.env.now):
            getattr(Services(self.cti.switch), name)(*arguments)

    async def wait(self, seconds: float = 1.0) -> None:
        await trio.sleep(seconds)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["World"]:
        """The line, its link up and everything watched."""
        self.speech = VirtualSpeech(lambda: self.env.now, self._line_at, self.takes)
        self.cti = self.speech.cti = Cti(evolve(self.plan, passwords=self.agents), self.speech, mischief=self.mischief)
        server = Server(self.cti)
        voice = SimulatedSettings()
        voice.now, voice.schedule = lambda: self.env.now, partial(call_after, self.env)
        voice.duration_of = lambda _file: 3.0
        async with trio.open_nursery() as nursery:

            async def connect(_host: str, _port: int) -> trio.abc.Stream:
                if self.is_cut:
                    raise OSError("the cable is cut")
                ours, theirs = trio.testing.memory_stream_pair()
                nursery.start_soon(server.attach, "memory", theirs)
                self.streams.append(_Cable(ours))
                return self.streams[-1]

            nursery.start_soon(server.run, [])
            settings = CstaSettings(
                switches=("127.0.0.1:1",),
                stations=PHONES,
                ports=PORTS,
                recording_ports=RECORDERS,
                route_points={"7000": "95500"},
                outside="0",
                **self.settings,
            )
            setup = LineSetup(LINE, settings, self.hears, Path(), lambda _name: None)

            async def run(*, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
                self.runs += 1
                mapping = settings.mapping_setup(LINE, "c" if self.runs == 1 else f"c{self.runs}-")
                self.mapping = Mapping(evolve(mapping, stations=frozenset(self.stations)), left=self.kept)
                parts = Parts(
                    mapping=self.mapping,
                    link=lambda sink: Link(settings, Session(settings.session_setup(None)), sink, connect),
                    voice=_Backend(self),
                    voice_settings=voice,
                    keep=self.keeps,
                )
                with trio.CancelScope() as self.life:
                    async with open_line(setup, parts) as self.line:
                        task_status.started()
                        await trio.sleep_forever()

            async with SimulatedBackend().open(evolve(setup, settings=voice)) as line:
                assert isinstance(line, SimulatedLine)
                self.voice = line
                self.start = partial(nursery.start, run)
                await self.start()
                await self.wait()
                yield self
                self.life.cancel()
                await self.wait()
            nursery.cancel_scope.cancel()

    def keeps(self, rows: tuple[Kept, ...]) -> None:
        if self.is_full:
            raise OSError("no space left on device")
        self.kept = rows

    async def restart(self, down_s: float = 1.0) -> None:
        """The appliance crashes and is back after a while; the voice line's legs outlive that."""
        kept = self.kept
        self.voice._sink = lambda _event: None
        self.line._do = lambda _outputs: None  # type: ignore[attr-defined] # who crashes closes nothing in order
        self.cut()
        self.life.cancel()
        await self.wait(down_s)
        self.kept = kept
        self.mend()
        await self.start()

    def port_of(self, leg: SimulatedLeg) -> str:
        """Where a leg of the voice line came in."""
        number = next(number for number, port in self.speech._ports.items() if port.leg is leg)
        return str(self.cti.switch.legs[number][0].device)

    def _line_at(self, device: str) -> SimulatedLine | None:
        return self.voice if device in (*PORTS, *RECORDERS) else None

    def run(self, story: Callable[["World"], Awaitable[None]]) -> "World":
        async def all_of_it() -> None:
            async with self.open():
                await story(self)

        run_virtual(SimClock(self.env), all_of_it)
        return self

    def cut(self) -> None:
        """The link breaks, and no other one can be made until `mend`."""
        self.is_cut = True
        for stream in self.streams:
            stream.reading.cancel()
        self.streams.clear()

    def mend(self) -> None:
        self.is_cut = False


class _Cable(trio.abc.Stream):
    """A stream that can be cut: its far end seems to have closed it."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self.reading = trio.CancelScope()

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        with trio.CancelScope() as self.reading:
            return await self._stream.receive_some(max_bytes)
        return b""

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Backend(SimulatedBackend):
    """The world's voice line, whose legs outlive a run."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @asynccontextmanager
    async def open(self, setup: LineSetup) -> AsyncIterator[Line]:
        voice = self._world.voice
        voice._sink = setup.sink
        for leg in voice.legs.values():
            setup.sink(Adopted(LINE, leg.id, "", self._world.port_of(leg), answered=leg.state is LegState.UP))
        await trio.lowlevel.checkpoint()
        yield voice


def names(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]
