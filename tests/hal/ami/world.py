"""A line at an Asterisk in virtual time, its ports on a simulated voice line; what the manager says may get lost on the way."""

import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio
from attrs import define, field

from hal.ami.link import AsteriskLink
from hal.ami.settings import AmiSettings
from hal.ami.switch import AsteriskSwitch
from hal.api import Cause, Command, Event, Line, LineSetup
from hal.asterisk.ami import AmiDown, AmiError, AmiLate, Answer, Message
from hal.csta.line import Parts, open_line
from hal.csta.mapping import Mapping
from hal.simulated import Party, SimulatedBackend, SimulatedLine, SimulatedSettings
from sim.clock import SimClock, VirtualEnv, call_after, run_virtual
from tests.hal.ami.true_asterisk import Ch, Speech, TrueAsterisk
from tests.hal.csta.world import LINE, PHONES, PORTS, RECORDERS, Person

__all__ = ["LINE", "PHONES", "PORTS", "RECORDERS", "Mischief", "World"]

WIRE_S = 0.001
MOST_ORDERED = 3000
"""No story of a test has the manager asked so often."""


@attrs.frozen(kw_only=True)
class Mischief:
    """What becomes of what the manager says."""

    event: str = ""
    """Only these events; empty: all."""
    lost: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    by_s: float = 1.0
    answers_lost: float = 0.0
    """Of actions that were done all the same."""


class Port(Party):
    """A port, as the simulated line behind it sees it: a party that calls."""

    def __init__(self, channel: Ch) -> None:
        self.channel = channel

    def answered(self) -> None:
        self.channel.answer()

    def released(self, cause: Cause) -> None:
        self.channel.asterisk.hang_up(self.channel, int(cause), by=self.channel)

    def playing(self, play: int, files: tuple[str, ...], loop: bool) -> None:
        for other in self.channel.bridged:
            if other.party is not None:
                other.party.playing(play, files, loop)

    def digits(self, digits: str) -> None:
        self.channel.press(digits)


class AtPort(Party):
    """What the Asterisk tells its port."""

    def __init__(self, port: Port) -> None:
        self.port = port

    def released(self, cause: Cause) -> None:
        self.port.leg.hang_up(cause)

    def digits(self, digits: str) -> None:
        self.port.leg.press(digits)


class Wire:
    """Stands for `AmiLink`: actions to the Asterisk, answers and events back."""

    def __init__(self, world: "World", link: AsteriskLink) -> None:
        self.world, self.link = world, link
        self.waiting: dict[int, Callable[[Answer | AmiError], None]] = {}
        self.count = 0

    at = "127.0.0.1:5038"

    async def run(self) -> None:
        await trio.sleep(WIRE_S)
        self.up()
        await trio.sleep_forever()

    def up(self) -> None:
        if not self.world.is_cut and not self.world.is_up:
            self.world.is_up = True
            self.link.manager_up()

    def down(self) -> None:
        if self.world.is_up:
            self.world.is_up = False
            for number in list(self.waiting):
                self.end(number, AmiDown("the connection broke"))
            self.link.manager_down("the connection broke")

    def order(
        self, name: str, headers: Iterable[tuple[str, str]], then: Callable[[Answer | AmiError], None], patience_s: float = 5.0
    ) -> None:
        self.world.ordered.append((name, dict(headers)))
        assert len(self.world.ordered) < MOST_ORDERED, "it goes round in circles"
        if not self.world.is_up:
            then(AmiDown("there is no connection"))
            return
        self.count += 1
        self.waiting[self.count] = then
        call_after(self.world.env, patience_s, partial(self.end, self.count, AmiLate(f"no answer to {name}")))
        if not self.world.is_deaf:
            way_s = WIRE_S + (patience_s + 2.0 if self.world.is_slow else 0.0)
            call_after(self.world.env, way_s, partial(self.arrives, self.count, name, tuple(headers)))

    def arrives(self, number: int, name: str, headers: tuple[tuple[str, str], ...]) -> None:
        if not self.world.is_up:
            return
        answer = self.world.asterisk.do(name, headers)
        if self.world.chance() >= self.world.mischief.answers_lost or not self.world.mischievous:
            call_after(self.world.env, WIRE_S, partial(self.end, number, answer))

    def end(self, number: int, found: Answer | AmiError) -> None:
        if (then := self.waiting.pop(number, None)) is not None:
            then(found)

    def hears(self, message: Message) -> None:
        if self.world.is_up:
            self.link.manager_told(message)


@define(eq=False)
class World(Speech):
    """One of them."""

    env: VirtualEnv = field(factory=VirtualEnv)
    told: list[str] = field(factory=list)
    events: list[Event] = field(factory=list)
    answers_after: dict[str, float] = field(factory=lambda: {"station:8001": 2.0, "station:8002": 2.0})
    mischief: Mischief = Mischief()
    mischievous: bool = True
    settings: dict[str, Any] = field(factory=dict)
    sink: Callable[[Event], None] | None = None
    people: dict[str, Person] = field(factory=dict)
    ordered: list[tuple[str, dict[str, str]]] = field(factory=list)
    asterisk: TrueAsterisk = field(init=False)
    mapping: Mapping = field(init=False)
    switch: AsteriskSwitch = field(init=False)
    wire: Wire = field(init=False)
    voice: SimulatedLine = field(init=False)
    line: Line = field(init=False)
    refuses: set[str] = field(factory=set)
    """Phones that take no call, and do not ring."""
    is_deaf: bool = False
    """Actions do not reach the Asterisk."""
    is_slow: bool = False
    """They reach it seconds after nobody waits for their answers any more."""
    is_cut: bool = False
    is_up: bool = False
    seed: int = 0
    chance: Callable[[], float] = field(init=False)

    def hears(self, event: Event) -> None:
        self.events.append(event)
        if self.sink is not None:
            self.sink(event)

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.line.submit(command)

    def calls(self, who: str = "caller", ani: str = "13800138000") -> Person:
        person = self.people[who] = Person(self, who)  # type: ignore[arg-type] # a world of another kind, with the same people
        self.asterisk.call(person, ani)
        return person

    def new(self, kind: type[Event] | None = None) -> list[Any]:
        """Events since the last time, of this kind; the others are passed over."""
        found, self.events = self.events, []
        return [event for event in found if kind is None or isinstance(event, kind)]

    def call_of(self, leg: str) -> str:
        """The call of a leg; empty: it is none of ours, or not known yet."""
        board = self.mapping.board
        whose = board.customers.get(leg) or board.agents.get(leg)
        return whose.call if whose is not None else ""

    @property
    def is_idle(self) -> bool:
        """The line has nothing left of any call."""
        board = self.mapping.board
        return not (board.customers or board.agents or board.recorders or any(board.ports.values()))

    async def wait(self, seconds: float = 1.0) -> None:
        await trio.sleep(seconds)

    # --- the Asterisk -----------------------------------------------------------------------------------------------------

    def rings(self, channel: Ch) -> Party | Cause | None:
        if channel.device in (*PORTS, *RECORDERS):
            port = Port(channel)
            channel.party = AtPort(port)
            channel.ring()
            self.voice.arrive(port, channel.number, channel.device)
            return channel.party
        if channel.device in self.refuses:
            return Cause.USER_BUSY
        who = f"{'station' if channel.device in PHONES else 'number'}:{channel.device}"
        person = self.people[who] = Person(self, who)  # type: ignore[arg-type] # as above
        person.leg = channel
        channel.party = person
        channel.ring()
        person.called()
        return person

    def says(self, message: Message) -> None:
        """What the manager says, as far as it comes through."""
        mischief = self.mischief
        touched = self.mischievous and mischief.event in ("", message.event)
        if touched and self.chance() < mischief.lost:
            return
        late = touched and self.chance() < mischief.late
        call_after(self.env, WIRE_S + (mischief.by_s if late else 0.0), partial(self.wire.hears, message))
        if touched and self.chance() < mischief.twice:
            call_after(self.env, WIRE_S, partial(self.wire.hears, message))

    def cut(self) -> None:
        self.is_cut = True
        self.wire.down()

    def mend(self) -> None:
        self.is_cut = False
        self.wire.up()

    def restart(self, down_s: float = 3.0) -> None:
        """The Asterisk restarts, without its calls."""
        self.cut()
        self.asterisk.restart()
        call_after(self.env, down_s, self.mend)

    # --- the line ---------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def open(self) -> AsyncIterator["World"]:
        self.chance = random.Random(self.seed).random
        self.asterisk = TrueAsterisk(self, self.says, partial(call_after, self.env))
        for phone in PHONES:
            self.asterisk.states[f"DEVICE_STATE(PJSIP/{phone})"] = "NOT_INUSE"
        voice = SimulatedSettings()
        voice.now, voice.schedule = lambda: self.env.now, partial(call_after, self.env)
        voice.duration_of = lambda _file: 3.0
        settings = AmiSettings(
            manager="127.0.0.1",
            stations=PHONES,
            ports=PORTS,
            recording_ports=RECORDERS,
            route_points={"7000": "95500"},
            **{"dials": "numbers", **self.settings},
        )
        setup = LineSetup(LINE, settings, self.hears, Path(), lambda _name: None)
        self.mapping = Mapping(settings.mapping_setup(LINE, "c"))
        self.switch = AsteriskSwitch(settings.switch_setup("x-"))

        def wire(link: AsteriskLink) -> Any:
            self.wire = Wire(self, link)
            return self.wire

        parts = Parts(
            mapping=self.mapping,
            link=lambda sink: AsteriskLink(self.switch, wire, "127.0.0.1", sink, settings.answer_s, logging.getLogger("test")),
            voice=SimulatedBackend(),
            voice_settings=voice,
            cannot=settings.cannot,
        )
        async with open_line(setup, parts) as self.line:
            voice_line = self.line._voice  # type: ignore[attr-defined] # the line behind its ports
            assert isinstance(voice_line, SimulatedLine)
            self.voice = voice_line
            await self.wait()
            yield self

    def run(self, story: Callable[["World"], Awaitable[None]]) -> "World":
        async def all_of_it() -> None:
            async with self.open():
                await story(self)

        run_virtual(SimClock(self.env), all_of_it)
        return self
