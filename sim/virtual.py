"""A scenario in virtual time: simulated lines around the very core and shell of the appliance, and the world on their far side."""

from collections.abc import Callable
from functools import partial

import trio
from attrs import define, field

from appliance.core.engine import Engine
from appliance.core.plan import Plan
from appliance.site import Site
from appliance.store import MemoryStore, VirtualDisk
from hal.api import Backend, Cause
from hal.simulated import FarEnd, Party, SimulatedBackend, SimulatedLeg, SimulatedLine, SimulatedRecording, SimulatedSettings
from sim.clock import SimClock, VirtualEnv, run_virtual
from sim.desks import Desks
from sim.draws import Draws
from sim.faults import channels_of, kinds_of
from sim.faults.virtual import MORTAL, VirtualBreaker
from sim.ledger import Ledger
from sim.outside import CannedOutside, Trouble
from sim.process import Mortal, Plain, Surroundings
from sim.scenario import Delays
from sim.speech import Speech
from sim.world import World

__all__ = ["Centre", "VirtualPhones", "run_centre"]


class VirtualPhones:
    """Telephones on simulated lines (`sim.phones.Phones`)."""

    reaches_callers = True
    settles_s = 1.0
    """How long after the last call has ended the centre may hear of it."""

    def __init__(self, env: VirtualEnv, site: Site, delays: Delays, speech: Speech) -> None:
        """Prepare the lines of the site; whatever backend it names, the lines here are simulated."""
        self.env = env
        self.world: World
        self.lines: dict[str, SimulatedLine] = {}
        """The lines that are open."""
        self.settings = {name: self._settings(name, site, delays, speech) for name in site.lines}
        self.events = 0
        """What lines that are closed again have told the core."""
        self.recordings = 0
        self.line_of = {station: site.line_of(station) for station in site.stations}
        self.powered: dict[str, bool] = {}
        """Every phone that was ever plugged in, and whether it is."""
        self.spans_in_alarm: set[tuple[str, int]] = set()
        """Line and number of those that receive nothing."""

    async def run(self, ready: Callable[[], None]) -> None:
        """Whatever on the far side has tasks of its own, until cancelled; `ready` is called when it is there. Of lines, nothing has."""
        ready()

    def names(self) -> list[str]:
        """All lines of the site."""
        return list(self.settings)

    def backend(self, name: str) -> tuple[Backend, object]:
        """What opens a line of the site, and its settings."""
        return SimulatedBackend(), self.settings[name]

    def _settings(self, name: str, site: Site, delays: Delays, speech: Speech) -> SimulatedSettings:
        settings = SimulatedSettings(
            channels=channels_of(site, name),
            set_up_s=float(delays.set_up),
            answer_s=float(delays.answer),
            prompt_start_s=float(delays.prompt_start),
        )
        env = self.env
        settings.far_end = _Exchange(self, name)
        settings.now = lambda: env.now
        settings.schedule = env.plan
        settings.duration_of = speech.duration_of
        return settings

    # --- sim.phones.Phones ----------------------------------------------------------------------------------------------------------

    def call(self, caller: Party, ani: str, dnis: str, line: str) -> None:
        """See `Phones`."""
        if (opened := self.lines.get(line)) is not None:
            opened.arrive(caller, ani, dnis)
        else:
            caller.released(Cause.NETWORK_OUT_OF_ORDER)

    def dial(self, party: Party, station: str, code: str) -> None:
        """See `Phones`."""
        if (opened := self.lines.get(self.line_of[station])) is not None:
            opened.arrive(party, station, code, station=station)
        else:
            party.released(Cause.NETWORK_OUT_OF_ORDER)

    def power(self, station: str, on: bool) -> None:
        """See `Phones`; a phone without power logs out when its log-in expires, which no scenario waits for."""
        self.powered[station] = on
        if on and (opened := self.lines.get(self.line_of[station])) is not None:
            opened.register(station)

    # --- faults -----------------------------------------------------------------------------------------------------------------------

    def crash(self, line: str) -> str:
        """Let the line's media process die; why not, empty: it did."""
        if (opened := self.lines.get(line)) is None:
            return "the line is closed"
        opened.crash()
        return ""

    def cut(self, line: str) -> None:
        """Take the line down until it is mended."""
        settings = self.settings[line]
        settings.unavailable = "it is cut by the scenario"
        if (opened := self.lines.get(line)) is not None:
            opened.fail(settings.unavailable)

    def mend(self, line: str) -> None:
        """Let it be opened again."""
        self.settings[line].unavailable = ""

    def cut_link(self, line: str) -> str:  # noqa: ARG002 - the switch scheme has one
        """Cut the link to the switch; why not, empty: it is cut."""
        return "only the switch scheme has a link to a switch"

    def mend_link(self, line: str) -> None:
        """Mend it."""

    def may_lose_messages(self, seed: int) -> None:
        """Be ready for it: in this run messages may be lost, which ones is drawn from the seed."""

    def lose_messages(self, line: str, chance: float) -> str:  # noqa: ARG002 - the switch scheme has one that does
        """Let so many of the messages of the line be lost on their way; why not, empty: they are."""
        return "nothing is lost between a media worker and its core: only a link to a switch loses messages"

    def span_alarm(self, line: str, span: int, holds_s: float) -> str:
        """Let a span of the line receive nothing; why not, empty: it does not."""
        if (opened := self.lines.get(line)) is None:
            return "the line is closed"
        if span > opened.channels.spans:
            return "the line has no such span"
        opened.spans.alarm(span, holds_s)
        self.spans_in_alarm.add((line, span))
        return ""

    def span_well(self, line: str, span: int) -> None:
        """Let it receive again."""
        self.spans_in_alarm.discard((line, span))
        if (opened := self.lines.get(line)) is not None and span in opened.channels.in_alarm:
            opened.spans.well(span)

    def core_dies(self, dies: bool) -> None:
        """Whether the process dies just now that has the lines open: they go on alone."""
        for name, settings in self.settings.items():
            settings.core_dies = dies
            if dies and (opened := self.lines.get(name)) is not None:
                opened.leave()


class _Exchange(FarEnd):
    """The far side of one line."""

    def __init__(self, phones: VirtualPhones, line: str) -> None:
        self.phones, self.line = phones, line

    def opened(self, line: SimulatedLine) -> None:
        self.phones.lines[self.line] = line
        for name, span in sorted(self.phones.spans_in_alarm):
            if name == self.line:
                line.spans.alarm(span, 0.0)
        for station, on in self.phones.powered.items():
            if on and self.phones.line_of[station] == self.line:
                line.register(station)

    def closed(self, line: SimulatedLine) -> None:
        self.phones.events += line.events
        del self.phones.lines[line.name]

    def called(self, leg: SimulatedLeg, to: str, ani: str, display: str) -> Party | Cause:  # noqa: ARG002 - the line's protocol
        return self.phones.world.called(to, ani, self.line)

    def recorded(self, recording: SimulatedRecording) -> None:  # noqa: ARG002 - the line's protocol
        self.phones.recordings += 1


@define(eq=False)
class Centre:
    """A centre in virtual time, during and after a run."""

    draws: Draws
    site: Site
    phones_of: Callable[[VirtualEnv, Site, Delays, Speech], VirtualPhones] = VirtualPhones
    """Whose telephones they are: lines', or a switch's (`sim.switched`)."""
    measured: bool = False
    """Nothing is kept but what figures are made of (`ledger`): for long days."""
    env: VirtualEnv = field(factory=VirtualEnv)
    world: World = field(init=False)
    store: MemoryStore | VirtualDisk = field(init=False)
    ledger: Ledger = field(init=False)
    """The calls that are over; when not `measured`, they are in the world and the store instead."""
    process: Plain | Mortal = field(init=False)
    phones: VirtualPhones = field(init=False)
    clock: SimClock = field(init=False)
    speech: Speech = field(init=False)
    desks: Desks = field(init=False)
    wall_s: float = field(init=False)
    """The beginning of the simulation in seconds since the epoch."""

    def __attrs_post_init__(self) -> None:
        """Put core, store, telephones and world together."""
        scenario = self.draws.scenario
        speech = self.speech = Speech(spoken=scenario.delays.spoken)
        plan = self.site.plan(speech.file_of)
        self.wall_s = scenario.wall(self.site)
        self.clock = SimClock(self.env)
        self.phones = self.phones_of(self.env, self.site, scenario.delays, speech)
        for name, trunk in scenario.lines.items():
            if trunk.channels is not None:
                self.phones.settings[name].channels = trunk.channels
        self.world = World(self.env, self.draws, self.site, self.phones, {agent: agent for agent in self.site.agents})
        self.desks = Desks(self.world)
        self.ledger = Ledger(self.world, self.wall_s)
        trouble = Trouble()
        breaker = self.world.breaker = VirtualBreaker(self.phones, self.draws.seed, trouble)
        outside = partial(CannedOutside, self.env, scenario, self.site, self.draws.seed, speech, trouble)
        around = Surroundings(self.env, self.clock, plan, self.phones, outside, self.desks.attach, self.wall_s)
        kinds = kinds_of(scenario)
        if "messages lost" in kinds:
            self.phones.may_lose_messages(self.draws.seed)
        if kinds & MORTAL:
            self.store = VirtualDisk(lambda: float(scenario.delays.stored))
            self.process = breaker.process = Mortal(around, self.store, breaker.between)
        else:
            told = self.ledger.told() if self.measured else None
            self.store = MemoryStore(self.env.plan, delay_s=lambda: float(scenario.delays.stored), told=told)
            self.process = Plain(around, self.store)
        self.phones.world = self.world
        self.phones.powered = dict.fromkeys(self.world.phones_by_station, True)
        self.world.question_of = speech.question_of
        self.world.hears_words(_files(plan, "unavailable") | _files(plan, "message"), _files(plan, "beep"), _files(plan, "refused"))

    @property
    def engine(self) -> Engine:
        """The core that is there, or was last."""
        return self.process.engine

    async def _main(self) -> None:
        done, opened, ready = trio.Event(), trio.Event(), trio.Event()
        self.world.done = done.set
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.phones.run, ready.set)
            await ready.wait()
            nursery.start_soon(self.process.run, opened.set)
            await opened.wait()
            self.world.start()
            self.desks.start()
            await done.wait()
            told_s = 2 * float(self.draws.scenario.delays.stored)  # a message's ticket is safe, and then its call is over
            if settles_s := self.phones.settles_s + self.process.settles_s + told_s:
                await trio.sleep(settles_s)
            nursery.cancel_scope.cancel()

    def run(self) -> None:
        """Live the day; an exception of any part is raised here."""
        if self.measured:
            self.clock.on_turn = partial(self._settle, self.clock.on_turn)
        try:
            run_virtual(self.clock, self._main)
        finally:
            if isinstance(self.store, VirtualDisk):
                self.store.close()
        if self.measured:
            self.ledger.close()

    def _settle(self, then: Callable[[], object]) -> None:
        self.ledger.settle()
        then()

    def plain(self, text: str) -> str:
        """What the appliance has said, without the name of a passing folder: the same in every run."""
        return text.replace(str(self.store.directory), "data") if isinstance(self.store, VirtualDisk) else text

    @property
    def events(self) -> int:
        """Events that lines have told the core."""
        return self.phones.events + sum(line.events for line in self.phones.lines.values())


def _files(plan: Plan, prompt: str) -> frozenset[str]:
    """All files a prompt of the appliance's own is played from."""
    return frozenset(file for files in plan.prompts.get(prompt, {}).values() for file in files)


def run_centre(draws: Draws, site: Site) -> Centre:
    """One day of one centre."""
    centre = Centre(draws, site)
    centre.run()
    return centre
