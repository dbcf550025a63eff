"""The far end of a line at an Asterisk PBX for the contract suite: an Asterisk of the tests' own, its telephones, and our trunk to it.

    caller ──trunk── Asterisk ──port 8901──▶ the appliance's voice line ──our trunk── Asterisk ── phone 8001
                        └── its manager, over a pair of memory streams ── the line's link

Who hears whom is what the Asterisk bridges, and whom it lets a recording port listen to.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs
import trio
import trio.testing

from hal.ami.link import AsteriskLink
from hal.ami.settings import AmiSettings
from hal.ami.switch import AsteriskSwitch
from hal.api import Cause, LineSetup, StationRegistered
from hal.asterisk.ami import AmiLink, Message
from hal.csta.line import Parts, open_line
from hal.csta.mapping import Mapping
from hal.simulated import FarEnd, SimulatedBackend, SimulatedLeg, SimulatedLine, SimulatedSettings
from hal.simulated import Party as FarParty
from tests.hal.ami.true_asterisk import Ch, Speech, TrueAsterisk
from tests.hal.ami.world import AtPort, Port
from tests.hal.asterisk.managers import Manager
from tests.hal.peer import Bench, Does, EventLog, Tone
from tests.hal.switch_town import Phone, SwitchTown

__all__ = ["FIRST", "SECOND", "Town", "asterisk_bench"]

LINE, OURS = "pbx", "ours"
FIRST, SECOND = "192.0.2.20", "192.0.2.21"
PHONES = tuple(str(number) for number in range(8001, 8008))
PORTS, RECORDERS = ("8901", "8902", "8903", "8904"), ("8991", "8992")
POINTS = {"95500": "95500", "*10": "*10"}
_UP = 6


class Through(FarParty):
    """A call of the voice line over its trunk to the Asterisk, as the voice line sees it."""

    def __init__(self, town: "Town", ani: str, number: str) -> None:
        self.town, self.ani, self.number = town, ani, number
        self.network = Network(self)

    def called(self) -> None:
        self.town.asterisk.call(self.network, self.ani, self.number, OURS)

    def released(self, cause: Cause) -> None:
        self.network.leg.hang_up(cause)

    def digits(self, digits: str) -> None:
        self.network.leg.press(digits)


class Network(FarParty):
    """The same call, as the Asterisk sees it."""

    def __init__(self, through: Through) -> None:
        self.through = through

    def ringing(self, early_media: bool) -> None:
        self.through.leg.ring()

    def answered(self) -> None:
        self.through.leg.answer()

    def released(self, cause: Cause) -> None:
        self.through.leg.hang_up(cause)

    def digits(self, digits: str) -> None:
        self.through.leg.press(digits)


class OurTrunk(FarEnd):
    """Where the voice line calls."""

    def __init__(self, town: "Town") -> None:
        self.town = town

    def opened(self, line: SimulatedLine) -> None:
        self.town.voice = line

    def called(self, leg: SimulatedLeg, to: str, ani: str, display: str) -> FarParty | Cause:
        return Through(self.town, ani, to.removeprefix("number:"))


@attrs.define(eq=False)
class Town(SwitchTown, Speech):
    """Everybody at the Asterisk and behind it."""

    asterisk: TrueAsterisk = attrs.field(init=False)
    out_of_reach: set[str] = attrs.field(factory=set)
    """Addresses of the manager that refuse connections."""
    cables: dict[str, trio.CancelScope] = attrs.field(factory=dict)
    """The last connection to each address, which can be cut."""

    async def call(self, dnis: str, ani: str, says: Tone | None = None) -> Phone:
        phone = Phone(self, Does.ANSWERS, says, ani)
        self.asterisk.call(phone, ani, dnis)
        return phone

    def dial(self, phone: Phone, station: str, dnis: str) -> None:
        self.asterisk.call(phone, station, dnis, station)

    def service(self, name: str, station: str) -> None:
        self.asterisk.hold(station, holds=name == "hold_call")

    def rings_for(self, phone: Phone) -> bool:
        return False

    def rings(self, channel: Ch) -> FarParty | Cause:
        """See `Speech`."""
        if channel.device in (*PORTS, *RECORDERS):
            port = Port(channel)
            channel.party = AtPort(port)
            channel.ring()
            self.voice.arrive(port, channel.number, channel.device)
            return channel.party
        phone = self.takes(f"{'station' if channel.device in PHONES else 'number'}:{channel.device}", channel.number)
        if isinstance(phone, Phone):
            phone.leg, channel.party = channel, phone
            phone.called()
        return phone

    # --- who hears whom ---------------------------------------------------------------------------------------------------

    def heard_by(self, phone: Phone) -> frozenset[Tone]:
        return self._heard_at(phone.leg) if isinstance(phone.leg, Ch) else frozenset()

    def _heard_at(self, channel: Ch) -> frozenset[Tone]:
        if channel.gone or channel.state != _UP or channel.held:
            return frozenset()
        heard = set(channel.bridged)
        for spied in [one for one in self.asterisk.channels.values() if one.name == channel.spies_on]:
            heard |= {spied, *spied.bridged}
        return frozenset[Tone]().union(*(self._said_by(one) for one in heard if not one.held))

    def _said_by(self, channel: Ch) -> frozenset[Tone]:
        leg = self._leg_of(channel)
        if leg is not None:
            return self.said_on(leg)
        return frozenset({channel.party.says}) if isinstance(channel.party, Phone) and channel.party.says is not None else frozenset()

    def _leg_of(self, channel: Ch) -> SimulatedLeg | None:
        """The voice line's leg at a channel; None: it is somebody's telephone."""
        match channel.party:
            case AtPort(port=behind) | Network(through=behind):
                return behind.leg if isinstance(behind.leg, SimulatedLeg) else None
            case _:
                return None

    def to_line(self, leg: str) -> frozenset[Tone]:
        here = [channel for channel in self.asterisk.channels.values() if (ours := self._leg_of(channel)) is not None and ours.id == leg]
        return frozenset[Tone]().union(*(self._heard_at(channel) for channel in here))

    def left(self) -> list[str]:
        """What is still there of the line's calls and recordings. Conversations between others are the Asterisk's, and go on."""
        ours = [channel.name for channel in self.asterisk.channels.values() if channel.device in (*PORTS, *RECORDERS, OURS)]
        return [*ours, *self.left_at_the_voice_line()]


class Desk:
    """The manager of an Asterisk: what is said comes in order, events of an action before what is answered to it."""

    def __init__(self, asterisk: Callable[[], TrueAsterisk]) -> None:
        self._asterisk = asterisk
        self._out, self._in = trio.open_memory_channel[Message](10_000)

    def say(self, message: Message) -> None:
        """An event of the Asterisk, or part of an answer."""
        self._out.send_nowait(message)

    async def does(self, _manager: Manager, action: Message) -> None:
        """What comes of an action."""
        id_ = ("ActionID", action.get("ActionID"))
        answer = self._asterisk().do(action.get("Action"), action.headers)
        self.say(Message((*answer.response.headers, id_)))
        for item in answer.items:
            self.say(Message((*item.headers, id_)))
        if answer.response.get("EventList"):
            self.say(Message((("Event", "Complete"), id_, ("EventList", "Complete"))))

    async def serve(self, stream: trio.abc.Stream, cable: trio.CancelScope) -> None:
        """One connection, until its cable is cut; what was said before it, nobody hears."""
        while self._in.statistics().current_buffer_used:
            self._in.receive_nowait()
        manager = Manager(stream, self.does)
        with cable:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._speak, manager)
                await manager.serve()
                nursery.cancel_scope.cancel()
        await trio.aclose_forcefully(stream)

    async def _speak(self, manager: Manager) -> None:
        async for message in self._in:
            await manager.say(*message.headers)


@asynccontextmanager
async def asterisk_bench(directory: Path, *, first_fails: bool = False) -> AsyncIterator[Bench]:
    """A line at an Asterisk and its peer; time is trio's. The manager has two addresses, of which the first may be of no use."""
    log = EventLog()
    town = Town(str(directory), log)
    desk = Desk(lambda: town.asterisk)
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:

        async def connect(host: str, _port: int) -> trio.abc.Stream:
            if host in town.out_of_reach:
                raise ConnectionRefusedError(111, "Connection refused")
            ours, theirs = trio.testing.memory_stream_pair()
            town.cables[host] = trio.CancelScope()
            nursery.start_soon(desk.serve, theirs, town.cables[host])
            return ours

        async def wait(delay_s: float, function: Callable[[], object]) -> None:
            await trio.sleep(delay_s)
            function()

        def later(delay_s: float, function: Callable[[], object]) -> None:
            nursery.start_soon(wait, delay_s, function)

        town.asterisk = TrueAsterisk(town, desk.say, later)
        town.asterisk.route_points = tuple(POINTS)
        town.asterisk.states = {f"DEVICE_STATE(PJSIP/{phone})": "NOT_INUSE" for phone in PHONES}
        voice = SimulatedSettings()
        voice.now, voice.schedule = trio.current_time, later
        voice.far_end, voice.duration_of = OurTrunk(town), town.duration_of
        voice.writable = lambda file: Path(file).parent.is_dir()
        voice.set_up_s, voice.answer_s, voice.prompt_start_s = 0.04, 0.02, 0.03
        if first_fails:
            town.out_of_reach.add(FIRST)
        settings = AmiSettings(
            manager=FIRST,
            second_manager=SECOND,
            stations=PHONES,
            ports=PORTS,
            recording_ports=RECORDERS,
            route_points=POINTS,
            dials="numbers",
        )
        host, port = settings.address

        def manager(link: AsteriskLink) -> AmiLink:
            return AmiLink(
                host,
                port,
                settings.user,
                "secret",
                link,
                prefix="x",
                log=logging.getLogger("test"),
                connect=connect,
                second=settings.second_address,
            )

        parts = Parts(
            mapping=Mapping(settings.mapping_setup(LINE, "c")),
            link=lambda sink: AsteriskLink(
                AsteriskSwitch(settings.switch_setup("x-")), manager, settings.manager, sink, settings.answer_s, logging.getLogger("test")
            ),
            voice=SimulatedBackend(),
            voice_settings=voice,
        )
        line = await stack.enter_async_context(open_line(LineSetup(LINE, settings, log.sink, directory), parts))
        nursery.start_soon(town.listen)
        for phone in PHONES:
            await log.wait(StationRegistered, station=phone)
        await trio.sleep(1)  # all channels are known
        yield Bench(line, town, log, directory, stack.aclose)
        await stack.aclose()
        nursery.cancel_scope.cancel()
