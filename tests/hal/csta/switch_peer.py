"""The far end of a line at a switch for the contract suite: the simulated switch, its telephones, and a trunk of ours to it.

    caller ──trunk T1── switch ──port 8901──▶ the appliance's voice line ──trunk T2── switch ── phone 8001
                          └── CSTA over a pair of memory streams ── the line's link

Who hears whom is what the switch connects; what the appliance says at a port or over its trunk is read from the voice line's book. A
recording holds what was said to its legs while it went on.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import trio
import trio.testing

from hal.api import Cause, LineSetup, RecordingEnded, StationRegistered
from hal.csta.line import Parts, open_line
from hal.csta.link import Link
from hal.csta.mapping import Mapping
from hal.csta.session import Session
from hal.csta.settings import CstaSettings
from hal.simulated import FarEnd, LegState, SimulatedBackend, SimulatedLeg, SimulatedLine, SimulatedSettings
from hal.simulated import Party as FarParty
from sim.switch.calls import ConnectionID, State
from sim.switch.cti import Cti
from sim.switch.plan import Plan, RoutePoint, Station, Trunk
from sim.switch.server import Server
from sim.switch.services import Services
from sim.switch.virtual import VirtualSpeech
from tests.hal.peer import WAIT_S, Bench, Does, EventLog, Party, Peer, Tone

__all__ = ["Town", "switch_bench"]

LINE, PUBLIC, OURS = "pbx", "T1", "T2"
PHONES = tuple(str(number) for number in range(8001, 8008))
PORTS, RECORDERS = ("8901", "8902", "8903", "8904"), ("8991", "8992")
CODE = "*10"
PLAN = Plan(
    stations=tuple(Station(number) for number in (*PHONES, *PORTS, *RECORDERS)),
    trunks=(Trunk(PUBLIC), Trunk(OURS)),
    route_points=(RoutePoint("7000"), RoutePoint("7010")),
    dialled={"95500": "7000", CODE: "7010"},
    outside_prefix="",
)
LOOK_S = 0.01


class Phone(FarParty, Party):
    """One telephone at the switch, or in the network behind it."""

    def __init__(self, town: "Town", does: Does, says: Tone | None, name: str) -> None:
        self.town, self.does, self.says, self.name = town, does, says, name
        self.up = self.rang = self.over = False
        self.cause: Cause | None = None
        self.pressed = ""

    # --- the switch tells

    def called(self) -> None:
        match self.does:
            case Does.BUSY:
                self.leg.refuse(Cause.USER_BUSY)
            case Does.REJECTS:
                self.leg.refuse(Cause.CALL_REJECTED)
            case _:
                self.rang = True
                self.leg.ring()
                if self.does is Does.ANSWERS:
                    self.up = True
                    self.leg.answer()

    def answered(self) -> None:
        self.up = True

    def released(self, cause: Cause) -> None:
        self.over, self.cause = True, cause

    def digits(self, digits: str) -> None:
        self.pressed += digits

    # --- the suite tells

    async def press(self, digits: str) -> None:
        self.leg.press(digits)

    async def hang_up(self) -> None:
        self.over = True
        self.leg.hang_up()

    async def hold(self) -> None:
        self.town.service("hold_call", self.name)

    async def retrieve(self) -> None:
        self.town.service("retrieve_call", self.name)

    async def dial(self, dnis: str) -> None:
        self.town.speech.dial(self, self.name, dnis)

    async def _is_the_switchs(self, *_: object) -> Any:
        raise AssertionError("what this phone's keys do to two calls is the switch's affair: the line must not offer it")

    transfer = consult = switch = join = wait_transferred = _is_the_switchs  # type: ignore[assignment] # whatever it is asked

    async def wait_rings(self) -> None:
        await self._until("ringing", lambda: self.rang or self.town.rings_for(self))

    async def wait_answered(self) -> None:
        await self._until("the answer", lambda: self.up)

    async def wait_released(self) -> Cause | None:
        await self._until("the release", lambda: self.over)
        return self.cause

    async def wait_hears(self, *tones: Tone) -> None:
        await trio.sleep(LOOK_S)  # hearing takes time
        await self._until(f"{tones} (heard: {self.hears()})", lambda: self.hears() == frozenset(tones))

    async def wait_pressed(self, digits: str) -> None:
        await self._until(f"keys {digits}", lambda: self.pressed == digits)

    def hears(self) -> frozenset[Tone]:
        """What is in this phone's ear now."""
        return self.town.speech.heard_by(self)

    async def _until(self, what: str, true: Any) -> None:
        with trio.move_on_after(WAIT_S):
            while not true():  # noqa: ASYNC110 - in virtual time; nobody tells of it
                await trio.sleep(LOOK_S)
            return
        raise AssertionError(f"phone {self.name}: no {what} in {WAIT_S:g} s")


class Voices(VirtualSpeech):
    """All far ends of the switch, and what each of them hears at this moment."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.hear: dict[int, frozenset[int]] = {}
        self.trunk: dict[int, _Through] = {}
        """Calls of the appliance's, by their leg at the switch."""

    def rings(self, leg: int, device: str, calling: str, called: str) -> None:
        for connection in self.cti.switch.legs[leg][0].call.connections.values():
            if connection.leg in self.trunk:
                self.trunk[connection.leg].leg.ring()
        super().rings(leg, device, calling, called)

    def hears(self, leg: int, legs: frozenset[int]) -> None:
        self.hear[leg] = legs
        super().hears(leg, legs)

    def ends(self, leg: int, cause: str) -> None:
        self._over(leg)
        super().ends(leg, cause)

    def gone(self, leg: int, cause: Cause) -> None:
        self._over(leg)
        super().gone(leg, cause)

    def _over(self, leg: int) -> None:
        self.hear.pop(leg, None)
        self.trunk.pop(leg, None)

    def leg_of(self, phone: Phone) -> int | None:
        """A phone's leg at the switch while it has one."""
        return next((leg for leg, person in self._people.items() if person.party is phone), None)

    def heard_by(self, phone: Phone) -> frozenset[Tone]:
        """Which tones a phone hears."""
        leg = self.leg_of(phone)
        return frozenset() if leg is None else self.at(leg)

    def at(self, leg: int) -> frozenset[Tone]:
        """Which tones come to this far end of the switch."""
        return frozenset(tone for other in self.hear.get(leg, ()) for tone in self._from(other))

    def _from(self, leg: int) -> frozenset[Tone]:
        ours = self.voice_leg(leg)
        if ours is not None:
            return self._said_on(ours)
        person = self._people.get(leg)
        return frozenset({person.party.says} if person is not None and isinstance(person.party, Phone) and person.party.says else ())

    def _said_on(self, leg: SimulatedLeg) -> frozenset[Tone]:
        """What the appliance says on a leg of its voice line: what it plays, and what others say to it whom the leg hears."""
        if leg.state is LegState.GONE:
            return frozenset()
        file, legs = leg.heard()
        played = frozenset({self.town.prompts[file][0]}) if file is not None else frozenset()
        return played.union(*(self.to_line(other) for other in legs))

    def to_line(self, voice: str) -> frozenset[Tone]:
        """What a leg of the voice line brings to the appliance."""
        return next((self.at(leg) for leg in self.hear if (ours := self.voice_leg(leg)) is not None and ours.id == voice), frozenset())

    def voice_leg(self, leg: int) -> SimulatedLeg | None:
        """The leg of the voice line behind a far end of the switch; None: it is somebody's telephone."""
        behind = self._ports.get(leg) or self.trunk.get(leg)
        return behind.leg if behind is not None and isinstance(behind.leg, SimulatedLeg) else None

    town: "Town"


class _Through(FarParty):
    """A call of the voice line over the trunk to the switch, as the voice line sees it."""

    def __init__(self, speech: Voices, ani: str, number: str) -> None:
        self.speech, self.ani, self.number = speech, ani, number
        self.network = _Network(self)

    def called(self) -> None:
        self.speech.in_time()
        switch = self.speech.cti.switch
        with switch.turn(switch.now):
            self.speech.call(self.network, self.ani, self.number, OURS)
            if (leg := self.speech.leg_of(self.network)) is not None:  # type: ignore[arg-type] # any party has one
                self.speech.trunk[leg] = self

    def released(self, cause: Cause) -> None:
        self.network.leg.hang_up(cause)

    def digits(self, digits: str) -> None:
        self.network.leg.press(digits)


class _Network(FarParty):
    """The same call, as the switch sees it."""

    def __init__(self, through: _Through) -> None:
        self.through = through

    def answered(self) -> None:
        self.through.leg.answer()

    def released(self, cause: Cause) -> None:
        self.through.leg.hang_up(cause)

    def digits(self, digits: str) -> None:
        self.through.leg.press(digits)


class _Trunk(FarEnd):
    """What the voice line calls; its recordings are told apart."""

    def __init__(self, town: "Town") -> None:
        self.town = town

    def opened(self, line: SimulatedLine) -> None:
        self.town.voice = line

    def called(self, leg: SimulatedLeg, to: str, ani: str, display: str) -> FarParty | Cause:
        return _Through(self.town.speech, ani, to.removeprefix("number:"))


@attrs.define(eq=False)
class Town(Peer):
    """Everybody at the switch and behind it."""

    directory: str
    log: EventLog
    cti: Cti = attrs.field(init=False)
    server: Server = attrs.field(init=False)
    speech: Voices = attrs.field(init=False)
    voice: SimulatedLine = attrs.field(init=False)
    at: dict[str, Phone] = attrs.field(factory=dict)
    """Who takes calls, by address: `station:8001`, `number:137...`."""
    prompts: dict[str, tuple[Tone, float]] = attrs.field(factory=dict)
    sounds: dict[str, list[set[Tone]]] = attrs.field(factory=dict)
    """What each recording holds so far, by channel."""
    _numbers: Iterator[int] = attrs.field(factory=count)

    async def call(self, dnis: str, ani: str, says: Tone | None = None) -> Phone:
        phone = Phone(self, Does.ANSWERS, says, ani)
        self.speech.call(phone, ani, dnis, PUBLIC)
        return phone

    async def subscriber(self, number: str, does: Does, says: Tone | None = None) -> Phone:
        phone = self.at[f"number:{number}"] = Phone(self, does, says, number)
        return phone

    async def station(self, name: str, does: Does, says: Tone | None = None) -> Phone:
        phone = self.at[f"station:{name}"] = Phone(self, does, says, name)
        await self.log.wait(StationRegistered, station=name)
        return phone

    def now(self) -> float:
        """The switch's time."""
        return self.server.now

    def takes(self, to: str, _ani: str) -> FarParty | Cause:
        """Who takes a call."""
        return self.at.get(to, Cause.UNALLOCATED_NUMBER)

    def line_at(self, device: str) -> SimulatedLine | None:
        """The line behind a port."""
        return self.voice if device in (*PORTS, *RECORDERS) else None

    def service(self, name: str, station: str) -> None:
        """What a phone's own keys ask the switch for."""
        self.speech.in_time()
        switch = self.cti.switch
        (connection,) = switch.connections_of(station)
        with switch.turn(switch.now):
            getattr(Services(switch), name)(ConnectionID(connection.call.id, station))

    def rings_for(self, phone: Phone) -> bool:
        """Whether who has called hears the switch's ringing tone."""
        leg = self.speech.leg_of(phone)
        own = self.cti.switch.legs.get(leg or 0, ())
        return any(other.state is State.ALERTING for one in own for other in one.call.connections.values())

    def prompt(self, tone: Tone, length_s: float) -> str:
        file = f"{self.directory}/prompt-{next(self._numbers)}.wav"
        self.prompts[file] = (tone, length_s)
        return file

    def duration_of(self, file: str) -> float | None:
        """Length of a prompt; None: there is none."""
        return self.prompts[file][1] if file in self.prompts else None

    async def recorded(self, ended: RecordingEnded) -> tuple[frozenset[Tone], ...]:
        return tuple(frozenset(channel) for channel in self.sounds[ended.recording])

    async def listen(self) -> None:
        """Hear what recordings hear, for ever."""
        while True:
            for recording in self.voice.recordings.values():
                sounds = self.sounds.setdefault(recording.id, [set() for _ in recording.channels])
                for legs, sound in zip(recording.channels, sounds, strict=True):
                    sound.update(*(self.speech.to_line(leg.id) for leg in legs))
            await trio.sleep(LOOK_S / 2)

    def left(self) -> list[str]:
        """What is still there of the line's calls and recordings. Conversations between others are the switch's, and go on."""
        calls = [(call.id, device) for call in self.cti.switch.calls.values() for device in call.connections]
        ports = [f"call {call} at {device}" for call, device in calls if device in (*PORTS, *RECORDERS) or device.startswith(OURS)]
        return ports + [f"leg {leg}" for leg in self.voice.legs] + [f"recording {recording}" for recording in self.voice.recordings]


@asynccontextmanager
async def switch_bench(directory: Path) -> AsyncIterator[Bench]:
    """A line at a switch and its peer; time is trio's."""
    log = EventLog()
    town = Town(str(directory), log)
    town.speech = speech = Voices(town.now, town.line_at, town.takes)
    speech.town = town
    town.cti = speech.cti = Cti(PLAN, speech)
    town.server = server = Server(town.cti)
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:

        async def connect(_host: str, _port: int) -> trio.abc.Stream:
            ours, theirs = trio.testing.memory_stream_pair()
            nursery.start_soon(server.attach, "memory", theirs)
            return ours

        async def wait(delay_s: float, function: Callable[[], None]) -> None:
            await trio.sleep(delay_s)
            function()

        def later(delay_s: float, function: Callable[[], None]) -> None:
            nursery.start_soon(wait, delay_s, function)

        nursery.start_soon(server.run, [])
        voice = SimulatedSettings()
        voice.now, voice.schedule = trio.current_time, later
        voice.far_end, voice.duration_of = _Trunk(town), town.duration_of
        voice.writable = lambda file: Path(file).parent.is_dir()
        voice.set_up_s, voice.answer_s, voice.prompt_start_s = 0.04, 0.02, 0.03
        settings = CstaSettings(
            switches=("127.0.0.1:1",),
            stations=PHONES,
            ports=PORTS,
            recording_ports=RECORDERS,
            route_points={"7000": "95500", "7010": CODE},
        )
        parts = Parts(
            mapping=Mapping(settings.mapping_setup(LINE, "c")),
            link=lambda sink: Link(settings, Session(settings.session_setup(None)), sink, connect),
            voice=SimulatedBackend(),
            voice_settings=voice,
        )
        line = await stack.enter_async_context(open_line(LineSetup(LINE, settings, log.sink, directory), parts))
        nursery.start_soon(town.listen)
        for phone in PHONES:
            await log.wait(StationRegistered, station=phone)
        await trio.sleep(1)  # the session has begun: all is watched, and calls are routed
        yield Bench(line, town, log, directory, stack.aclose)
        await stack.aclose()
        nursery.cancel_scope.cancel()
