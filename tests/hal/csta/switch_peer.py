"""The far end of a line at a switch for the contract suite: the simulated switch, its telephones, and a trunk of ours to it.

    caller ──trunk T1── switch ──port 8901──▶ the appliance's voice line ──trunk T2── switch ── phone 8001
                          └── CSTA over a pair of memory streams ── the line's link

Who hears whom is what the switch connects; what the appliance says at a port or over its trunk is read from the voice line's book. A
recording holds what was said to its legs while it went on.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import trio
import trio.testing

from hal.api import Cause, LineSetup, StationRegistered
from hal.csta.line import Parts, open_line
from hal.csta.link import Link
from hal.csta.mapping import Mapping
from hal.csta.session import Session
from hal.csta.settings import CstaSettings
from hal.simulated import FarEnd, SimulatedBackend, SimulatedLeg, SimulatedLine, SimulatedSettings
from hal.simulated import Party as FarParty
from sim.switch.calls import ConnectionID, State
from sim.switch.cti import Cti
from sim.switch.plan import Plan, RoutePoint, Station, Trunk
from sim.switch.server import Server
from sim.switch.services import Services
from sim.switch.virtual import VirtualSpeech
from tests.hal.peer import Bench, Does, EventLog, Tone
from tests.hal.switch_town import Phone, SwitchTown

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
            return self.town.said_on(ours)
        person = self._people.get(leg)
        return frozenset({person.party.says} if person is not None and isinstance(person.party, Phone) and person.party.says else ())

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
class Town(SwitchTown):
    """Everybody at the switch and behind it."""

    cti: Cti = attrs.field(init=False)
    server: Server = attrs.field(init=False)
    speech: Voices = attrs.field(init=False)

    async def call(self, dnis: str, ani: str, says: Tone | None = None) -> Phone:
        phone = Phone(self, Does.ANSWERS, says, ani)
        self.speech.call(phone, ani, dnis, PUBLIC)
        return phone

    def dial(self, phone: Phone, station: str, dnis: str) -> None:
        self.speech.dial(phone, station, dnis)

    def heard_by(self, phone: Phone) -> frozenset[Tone]:
        return self.speech.heard_by(phone)

    def to_line(self, leg: str) -> frozenset[Tone]:
        return self.speech.to_line(leg)

    def now(self) -> float:
        """The switch's time."""
        return self.server.now

    def line_at(self, device: str) -> SimulatedLine | None:
        """The line behind a port."""
        return self.voice if device in (*PORTS, *RECORDERS) else None

    def service(self, name: str, station: str) -> None:
        self.speech.in_time()
        switch = self.cti.switch
        (connection,) = switch.connections_of(station)
        with switch.turn(switch.now):
            getattr(Services(switch), name)(ConnectionID(connection.call.id, station))

    def rings_for(self, phone: Phone) -> bool:
        leg = self.speech.leg_of(phone)
        own = self.cti.switch.legs.get(leg or 0, ())
        return any(other.state is State.ALERTING for one in own for other in one.call.connections.values())

    def left(self) -> list[str]:
        """What is still there of the line's calls and recordings. Conversations between others are the switch's, and go on."""
        calls = [(call.id, device) for call in self.cti.switch.calls.values() for device in call.connections]
        ports = [f"call {call} at {device}" for call, device in calls if device in (*PORTS, *RECORDERS) or device.startswith(OURS)]
        return [*ports, *self.left_at_the_voice_line()]


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
