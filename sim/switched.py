"""The switch scheme in virtual time: callers and agents' phones are a telephone switch's, the appliance controls it over its CTI link.

    caller ──trunk──▶ switch (sim.switch) ──CSTA──▶ the appliance's line at a switch (hal.csta)
    agent  ──phone──▶    │  ports ─────────────────▶   its voice line (hal.simulated)

Everything between is as in a real run - frames, sessions, monitors, snapshots - but for the cable, which is memory. Agents log in and
change their states by the keys of their phones at the switch, in place of the appliance's codes.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from random import Random
from typing import ClassVar

import trio
from attrs import evolve

from appliance.site import Site
from hal.api import Backend, Cause, HalError, Line, LineSetup
from hal.csta.line import Parts, open_line
from hal.csta.link import Link
from hal.csta.mapping import Kept, Mapping
from hal.csta.session import Session
from hal.csta.settings import CstaSettings
from hal.simulated import Party, SimulatedBackend, SimulatedLine, SimulatedSettings
from sim.cable import cable
from sim.clock import VirtualEnv, call_after
from sim.scenario import Delays
from sim.speech import Speech
from sim.switch.cti import Cti
from sim.switch.errors import Refused
from sim.switch.mischief import Lose
from sim.switch.plan import Plan, RoutePoint, Station, Trunk
from sim.switch.server import Server
from sim.switch.virtual import VirtualSpeech
from sim.virtual import VirtualPhones

__all__ = ["SwitchedPhones"]

_POINT, _PORT, _RECORDER = "70{:02}", "P{:03}", "R{:03}"
_TRUNK = "T1"
_KEYS = {"*11": "ready", "*12": "notReady", "*13": "loggedOff"}
"""The appliance's codes, and the key of a phone at the switch that does the same."""
_AUDIT_S = 900.0
"""How often the appliance looks at all devices to see whether events were lost, where none can be: each look is a message and its answer
for each of hundreds of devices."""


class SwitchedPhones(VirtualPhones):
    """The telephones of a centre whose only line is at a switch (`sim.phones.Phones`)."""

    settles_s = 1.0

    def __init__(self, env: VirtualEnv, site: Site, delays: Delays, speech: Speech) -> None:
        """Lay out the switch for the site: a route point for each service number, a phone for each station, ports for all who may call."""
        super().__init__(env, site, delays, speech)
        if len(site.lines) != 1:
            raise HalError(f"in the switch scheme the switch is the only line; this site has {len(site.lines)}: {', '.join(site.lines)}")
        (self.line,) = site.lines
        self.line_of = dict.fromkeys(site.stations, "")  # the voice line has no phones
        channels = self.settings[self.line].channels or 200
        self.ports = tuple(_PORT.format(number) for number in range(channels))
        recorders = tuple(_RECORDER.format(number) for number in range(len(site.stations)))
        points = {_POINT.format(number): dialled for number, dialled in enumerate(site.numbers)}
        self.plan = Plan(
            stations=tuple(Station(number) for number in (*site.stations, *self.ports, *recorders)),
            trunks=(Trunk(_TRUNK, channels),),
            route_points=tuple(RoutePoint(point) for point in points),
            dialled={dialled: point for point, dialled in points.items()},
        )
        self._as_real = CstaSettings(
            switches=("switch",),
            stations=tuple(site.stations),
            route_points=points,
            ports=self.ports,
            recording_ports=recorders,
            outside=self.plan.outside_prefix,
        )
        self.table = evolve(self._as_real, audit_s=_AUDIT_S)
        self.link_is_cut = False
        self.cut_now = trio.CancelScope()
        """Cancelled, the connection of now is lost."""
        self.speech = VirtualSpeech(lambda: env.now, self._line_at, self._takes)
        self.cti = self.speech.cti = Cti(self.plan, self.speech)
        self.cti.switch.agents.shown = self._shown
        self._server = Server(self.cti)
        self._opens = _Switched(self, self.settings[self.line])
        self._nursery: trio.Nursery
        self._keys_of: dict[str, str] = {}
        """Station -> who is logged in there by its keys."""
        self._pressing = False

    async def run(self, ready: Callable[[], None]) -> None:
        """See `VirtualPhones`: the switch lives as long, whatever becomes of the appliance."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._server.run, [], lambda _ports: ready())

    async def connect(self, _host: str, _port: int) -> trio.abc.Stream:
        """A computer connects to the switch."""
        if self.link_is_cut:
            raise OSError("the link is cut by the scenario")
        ours, theirs = cable()
        self._nursery.start_soon(self._attach, theirs)
        return ours

    async def _attach(self, theirs: trio.abc.Stream) -> None:
        with trio.CancelScope() as self.cut_now:
            await self._server.attach("memory", theirs)

    def backend(self, name: str) -> tuple[Backend, object]:
        """See `VirtualPhones`."""
        return self._opens, self.settings[name]

    def _line_at(self, device: str) -> SimulatedLine | None:
        return self.lines.get(self.line) if device[0] in "PR" else None

    def _takes(self, to: str, ani: str) -> Party | Cause:
        """Who takes a call; the number that the world knows a caller by, for the phone shows the port that calls."""
        held = [
            connection.call.calling for connection in self.cti.switch.connections_of(ani) if connection.call.called != to.partition(":")[2]
        ]
        return self.world.called(to, held[0] if held else ani)

    # --- sim.phones.Phones ----------------------------------------------------------------------------------------------------------

    def call(self, caller: Party, ani: str, dnis: str, line: str) -> None:  # noqa: ARG002 - there is one
        """See `Phones`."""
        self.speech.call(caller, ani, dnis, _TRUNK)

    def dial(self, party: Party, station: str, code: str) -> None:
        """See `Phones`: who dials a code of the appliance here presses a key of his phone."""

        def pressed() -> None:
            party.released(Cause.NORMAL_CLEARING)  # a key is no call: whoever presses it can be called at once
            self._press(station, code)

        call_after(self.env, 0.0, pressed)

    def _shown(self, station: str, state: str) -> None:
        if state == "notReady" and not self._pressing:
            self.world.phones_by_station[station].sees_pause()

    def _press(self, station: str, code: str) -> None:
        with self._turn(), self._key():
            try:
                if code.startswith("*10"):
                    self._keys_of[station] = code.removeprefix("*10")
                    self.cti.switch.agents.set_state(station, "loggedOn", self._keys_of[station])
                    self.cti.switch.agents.set_state(station, "ready", self._keys_of[station])
                else:
                    self.cti.switch.agents.set_state(station, _KEYS[code[:3]], self._keys_of.get(station, ""))
            except Refused as error:
                self.world.problem(f"phone {station} does not do '{code}': {error}")

    @contextmanager
    def _key(self) -> Iterator[None]:
        self._pressing = True
        try:
            yield
        finally:
            self._pressing = False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        self.speech.in_time()
        with self.cti.switch.turn(self.env.now):
            yield
        self.cti.changed()

    def power(self, station: str, on: bool) -> None:
        """See `Phones`: the switch does not notice."""
        self.powered[station] = on

    def cut(self, line: str) -> None:
        """See `VirtualPhones`: the CTI link is cut, and with it the voice line: all that the appliance has."""
        self.cut_link(line)
        super().cut(line)

    def mend(self, line: str) -> None:
        """See `VirtualPhones`."""
        self.mend_link(line)
        super().mend(line)

    def cut_link(self, line: str) -> str:  # noqa: ARG002 - there is one
        """See `VirtualPhones`."""
        self.link_is_cut = True
        self.cut_now.cancel()
        return ""

    def mend_link(self, line: str) -> None:  # noqa: ARG002 - there is one
        """See `VirtualPhones`."""
        self.link_is_cut = False

    def may_lose_messages(self, seed: int) -> None:
        """See `VirtualPhones`: the appliance looks at all devices as often as at a real switch."""
        self.cti.chance = Random(f"{seed}/messages")
        self.table = self._as_real

    def lose_messages(self, line: str, chance: float) -> str:  # noqa: ARG002 - there is one
        """See `VirtualPhones`: events of the switch never come. What it answers always does: a link that loses that too is a broken one."""
        self.cti.misbehave((Lose(kinds=("events",), chance=chance),) if chance else ())
        return ""

    def core_dies(self, dies: bool) -> None:
        """See `VirtualPhones`: a process that dies says nothing to the switch, either."""
        if dies:
            self.cut_now.cancel()
        super().core_dies(dies)


class _Switched:
    """Opens the line at the switch."""

    name: ClassVar[str] = "csta"
    settings: ClassVar[type] = SimulatedSettings

    def __init__(self, phones: SwitchedPhones, voice: SimulatedSettings) -> None:
        self._phones, self._voice = phones, voice
        self._runs = 0
        self._kept: tuple[Kept, ...] = ()
        """What the line has written down for its next run."""

    def _keep(self, rows: tuple[Kept, ...]) -> None:
        if not self._voice.core_dies:
            self._kept = rows

    def open(self, setup: LineSetup) -> AbstractAsyncContextManager[Line]:
        return self._open(setup)

    @asynccontextmanager
    async def _open(self, setup: LineSetup) -> AsyncIterator[Line]:
        phones, table = self._phones, self._phones.table
        self._runs += 1
        parts = Parts(
            mapping=Mapping(table.mapping_setup(setup.name, f"{setup.name}-{self._runs}-"), left=self._kept),
            link=lambda sink: Link(table, Session(table.session_setup(None)), sink, phones.connect),
            voice=SimulatedBackend(),
            voice_settings=self._voice,
            keep=self._keep,
        )
        async with open_line(setup, parts) as line:
            yield line
