"""A scenario in virtual time: simulated lines around the very core and shell of the appliance, and the world on their far side."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import trio
from attrs import define, field

from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet
from appliance.core.plan import Plan
from appliance.shell import Shell, keep_line
from appliance.site import Site
from appliance.site.strategies import load_strategies
from appliance.store import MemoryStore
from hal.api import Backend, Cause, LineSetup
from hal.simulated import FarEnd, Party, SimulatedBackend, SimulatedLeg, SimulatedLine, SimulatedRecording, SimulatedSettings
from sim.clock import SimClock, VirtualEnv, call_after, run_virtual
from sim.draws import Draws
from sim.ledger import Ledger
from sim.outside import CannedOutside
from sim.scenario import Delays
from sim.speech import Speech
from sim.world import World

__all__ = ["Centre", "VirtualPhones", "run_centre"]


class VirtualPhones:
    """Telephones on simulated lines (`sim.phones.Phones`)."""

    settles_s = 0.0
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

    def backend(self, name: str) -> tuple[Backend, object]:
        """What opens a line of the site, and its settings."""
        return SimulatedBackend(), self.settings[name]

    def _settings(self, name: str, site: Site, delays: Delays, speech: Speech) -> SimulatedSettings:
        settings = SimulatedSettings(
            channels=getattr(site.lines[name].settings, "channels", 0),
            set_up_s=float(delays.set_up),
            answer_s=float(delays.answer),
            prompt_start_s=float(delays.prompt_start),
        )
        env = self.env
        settings.far_end = _Exchange(self, name)
        settings.now = lambda: env.now
        settings.schedule = partial(call_after, env)
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

    def crash(self, line: str) -> bool:
        """See `Phones`."""
        if (opened := self.lines.get(line)) is not None:
            opened.crash()
        return True

    def cut(self, line: str, for_s: float) -> bool:
        """See `Phones`."""
        settings = self.settings[line]
        settings.unavailable = "it is cut by the scenario"
        call_after(self.env, for_s, lambda: setattr(settings, "unavailable", ""))
        if (opened := self.lines.get(line)) is not None:
            opened.fail(settings.unavailable)
        return True


class _Exchange(FarEnd):
    """The far side of one line."""

    def __init__(self, phones: VirtualPhones, line: str) -> None:
        self.phones, self.line = phones, line

    def opened(self, line: SimulatedLine) -> None:
        self.phones.lines[self.line] = line
        for station, on in self.phones.powered.items():
            if on and self.phones.line_of[station] == self.line:
                line.register(station)

    def closed(self, line: SimulatedLine) -> None:
        self.phones.events += line.events
        del self.phones.lines[line.name]

    def called(self, leg: SimulatedLeg, to: str, ani: str, display: str) -> Party | Cause:  # noqa: ARG002 - the line's protocol
        return self.phones.world.called(to, ani)

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
    store: MemoryStore = field(init=False)
    ledger: Ledger = field(init=False)
    """The calls that are over; when not `measured`, they are in the world and the store instead."""
    engine: Engine = field(init=False)
    phones: VirtualPhones = field(init=False)
    clock: SimClock = field(init=False)
    speech: Speech = field(init=False)
    wall_s: float = field(init=False)
    """The beginning of the simulation in seconds since the epoch."""

    def __attrs_post_init__(self) -> None:
        """Put core, store, telephones and world together."""
        scenario = self.draws.scenario
        speech = self.speech = Speech(spoken=scenario.delays.spoken)
        plan = self.site.plan(speech.file_of)
        self.wall_s = scenario.wall(self.site)
        self.clock = SimClock(self.env)
        self.engine = Engine(plan, load_strategies())
        self.phones = self.phones_of(self.env, self.site, scenario.delays, speech)
        self.world = World(self.env, self.draws, self.site, self.phones, {agent: agent for agent in self.site.agents})
        self.phones.world = self.world
        self.ledger = Ledger(self.world, self.wall_s)
        told = self.ledger.told() if self.measured else None
        self.store = MemoryStore(partial(call_after, self.env), delay_s=lambda: float(scenario.delays.stored), told=told)
        self.phones.powered = dict.fromkeys(self.world.phones_by_station, True)
        self.world.question_of = speech.question_of
        self.world.hears_words(_files(plan, "unavailable") | _files(plan, "message"), _files(plan, "beep"), _files(plan, "refused"))

    async def _main(self) -> None:
        shell = Shell(self.engine, self.store, lambda agent, pin, answer: answer(agent == pin))
        shell.outside = CannedOutside(self.env, self.draws.scenario, self.site, self.draws.seed, self.speech)
        shell.now = self.clock.current_time
        self.store.stored = shell.stored
        self.clock.core_deadline = self.engine.next_deadline
        self.clock.core_tick = shell.tick
        shell.post(ClockSet(self.wall_s))
        done = trio.Event()
        self.world.done = done.set
        async with trio.open_nursery() as nursery:
            for name in self.phones.settings:
                opened = trio.Event()
                backend, settings = self.phones.backend(name)
                setup = LineSetup(name, settings, lambda _event: None, Path(), lambda _name: "")
                nursery.start_soon(keep_line, shell, backend, setup, opened.set)
                await opened.wait()
            self.world.start()
            await done.wait()
            if self.phones.settles_s:
                await trio.sleep(self.phones.settles_s)
            nursery.cancel_scope.cancel()

    def run(self) -> None:
        """Live the day; an exception of any part is raised here."""
        if self.measured:
            self.clock.on_turn = partial(self._settle, self.clock.on_turn)
        run_virtual(self.clock, self._main)
        if self.measured:
            self.ledger.close()

    def _settle(self, then: Callable[[], object]) -> None:
        self.ledger.settle()
        then()

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
