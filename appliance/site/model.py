"""The site: what a site file says, and the plan that the core makes of it.

A file becomes a `Site` (`load_site`), whose names all refer to something, whose texts exist in every language, and whose plan the core
accepts; otherwise `ConfigError` has every mistake with its line. `Site.plan` turns it into what the core decides with; texts become
files by a function of the caller's, so that a simulation needs no speech.

    tables, queues, people   one class for each table      fit       what does not fit together, ways: where calls go
    values, strategies       what texts and names mean     planning  the plan, spoken: which words it needs

Not here: secrets (`appliance.secrets`), rendering (`appliance.prompts`), opening lines (the shell).
"""

import wave
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from appliance.config import ConfigError, Document, Mistake, Wrong, load, replaced, setting, table
from appliance.core.admission.numbers import PATTERN
from appliance.core.plan import Plan
from appliance.core.program.analysis import Flows
from appliance.core.queues.strategies import Strategy
from appliance.prompts.words import LANGUAGES, Piece
from appliance.site.accounts import Accounts
from appliance.site.api import Api
from appliance.site.fit import problems_of, wrong_prompts
from appliance.site.flow_file import CallFlowFile, FlowFile
from appliance.site.flow_program import mistakes_in
from appliance.site.gateways import Gateway, mistaken_lookups
from appliance.site.people import Agent, Caller, Station
from appliance.site.planning import FileOf, plan_of
from appliance.site.python_flow import load_python_flow
from appliance.site.queues import Queue
from appliance.site.screening import Screening
from appliance.site.strategies import load_strategies
from appliance.site.tables import Alarms, Centre, Flow, Holidays, Hours, Line, Number, Prompts, Recording, Speech
from appliance.site.values import AGENT, NAME, NAME_EXPECTS, OUTSIDE, OUTSIDE_EXPECTS
from appliance.site.voices import SpokenBy, missing_for

__all__ = ["FileOf", "Site", "load_site", "site_of"]


def _tables(doc: str, keys: str = NAME, expects: str = NAME_EXPECTS, **limits: Any) -> Any:
    return setting(factory=dict, keys=keys, expects=expects, doc=doc, **limits)


@table
class Site:
    """A call centre: lines, service numbers, flows, queues, phones and people."""

    centre: Centre = setting(factory=Centre, doc="The centre as a whole.")
    lines: Mapping[str, Line] = _tables("Lines by name: trunks, spans, phones.")
    numbers: Mapping[str, Number] = _tables(
        "Service numbers: what callers dial.", r"[0-9*#+]{1,20}", "a number of at most 20 digits, as the line reports it"
    )
    screening: Screening = setting(factory=Screening, doc="Who is let in, at every service number that does not say otherwise.")
    hours: Mapping[str, Hours] = _tables("Opening hours by name.")
    flows: Mapping[str, Flow] = _tables("Services by name.")
    call_flows: Mapping[str, CallFlowFile] = _tables("Services that are files of their own, by name: the file beside the site file.")
    gateways: Mapping[str, Gateway] = _tables("Business gateways that call flows ask, by name.")
    accounts: Mapping[str, Accounts] = _tables("Accounts with PINs by which callers identify themselves, by name.")
    queues: Mapping[str, Queue] = _tables("Queues by name.")
    stations: Mapping[str, Station] = _tables("Agents' phones by their name, which is the number they are dialled by.")
    agents: Mapping[str, Agent] = _tables("Agents by number.", AGENT, "an agent's number of 2 to 8 digits, as it is keyed on a phone")
    callers: Mapping[str, Caller] = _tables(
        "Known callers by number, or by the beginning of numbers and a star.",
        PATTERN,
        'a caller\'s number of 3 to 20 digits, as the line reports it, or the beginning of numbers as "95*"',
    )
    directory: Mapping[str, str] = _tables(
        "Numbers outside by a name or short number, for agents' calls and transfers.",
        r"[^\s:](?:[^:]*[^\s:])?",
        OUTSIDE_EXPECTS,
        pattern=OUTSIDE,
    )
    reasons: Mapping[str, str] = _tables(
        "Why agents are not ready: the code they give, and what it means.", r"[0-9A-Za-z_-]{1,20}", "text", pattern=r".*\S.*"
    )
    recording: Recording = setting(factory=Recording, doc="What is recorded.")
    speech: Speech = setting(factory=Speech, doc="Callers' words beside keys.")
    alarms: Alarms = setting(factory=Alarms, doc="When alarms flap.")
    prompts: Prompts = setting(factory=Prompts, doc="Words of the centre's own.")
    api: Api = setting(factory=Api, doc="Where seats, consoles and other programs reach the appliance.")
    voices: Mapping[str, SpokenBy] = _tables("Who speaks, by language; without it espeak-ng does.", "|".join(LANGUAGES), "zh or en")

    def line_of(self, station: str) -> str:
        """The line a station is reached on; empty when it names none and there is not exactly one."""
        named = self.stations[station].line
        return named or (next(iter(self.lines)) if len(self.lines) == 1 else "")

    def strategies(self) -> Mapping[str, Strategy]:
        """The strategies that its queues name, and all of the appliance's own: what the engine is given beside the plan."""
        return load_strategies({queue.strategy for queue in self.queues.values()})

    def pieces(self) -> tuple[Piece, ...]:
        """Everything that can be played at this site, in a fixed order: what has to be rendered."""
        found: dict[Piece, str] = {}
        self.plan(lambda piece: found.setdefault(piece, ""))
        return tuple(found)

    def plan(self, file_of: FileOf, recordings_dir: str = "recordings") -> Plan:
        """What the core decides with; each text and sound becomes the file that `file_of` names for it."""
        return plan_of(self, file_of, recordings_dir)

    def problems(self) -> Iterator[Wrong]:
        """Everything that is wrong although each table is sound by itself."""
        return problems_of(self)


def _unplayable(file: Path) -> str:
    """Why a line could not play a file; empty: it could."""
    try:
        with wave.open(str(file)) as opened:
            return "" if (opened.getsampwidth(), opened.getnchannels()) == (2, 1) else "is not 16 bit with one channel"
    except (wave.Error, EOFError) as error:
        return f"is not a WAV file with PCM: {error}"


def load_site(path: Path | str, *, speaks: bool = False) -> Site:
    """The site in a file, with the files it names; `ConfigError` with everything that is wrong in them.

    `speaks`: what its voices need has to be here, too; a simulation needs none of it.
    """
    return site_of(Document.read(path), Path(path).parent, speaks=speaks)


def site_of(document: Document, folder: Path, *, speaks: bool = False) -> Site:
    """The site in a document; the files it names are looked for in `folder`. For `speaks` see `load_site`."""
    site = document.structure(Site)
    mistakes: list[Mistake] = []
    hours = dict(site.hours)
    for name, open_hours in site.hours.items():
        if isinstance(open_hours.holidays, str):
            file = folder / open_hours.holidays
            if not file.is_file():
                mistakes.append(document.mistake(("hours", name, "holidays"), f"there is no file {file}", "name one beside the site file"))
                continue
            try:
                hours[name] = replaced(open_hours, holidays=load(Holidays, file).holidays)
            except ConfigError as error:
                mistakes += error.mistakes
    queues = dict(site.queues)
    for name, queue in site.queues.items():
        if isinstance(queue.music, str):
            file = folder / queue.music
            queues[name] = replaced(queue, music=str(file))
            if not file.is_file():
                mistakes.append(document.mistake(("queues", name, "music"), f"there is no file {file}", "name one beside the site file"))
            elif wrong := _unplayable(file):
                mistakes.append(document.mistake(("queues", name, "music"), f"{file} {wrong}", "save it as WAV, 16-bit PCM, one channel"))
    gateways = dict(site.gateways)
    for name, gateway in site.gateways.items():
        settings = gateway.settings
        for key in ("file", "ca_file"):
            if named := getattr(settings, key, ""):
                file = folder / named
                settings = replaced(settings, **{key: str(file)})
                if not file.is_file():
                    mistakes.append(document.mistake(("gateways", name, key), f"there is no file {file}", "name one beside the site file"))
        gateways[name] = replaced(gateway, settings=settings)
    prompts = site.prompts
    if prompts.recorded:
        prompts = replaced(prompts, recorded=str(folder / prompts.recorded))
        if not Path(prompts.recorded).is_dir():
            mistakes.append(document.mistake(("prompts", "recorded"), f"there is no folder {prompts.recorded}"))
    voices = {language: by.located(folder) for language, by in site.voices.items()}
    mistakes += missing_for(voices, document) if speaks else []
    flows = dict(site.call_flows)
    for name, flow in site.call_flows.items():
        if flow.file.endswith(".py"):
            python, wrong_in_it = load_python_flow(name, folder / flow.file, site.centre.languages)
            mistakes += wrong_in_it
            flows[name] = evolve(flow, python=python)
            continue
        try:
            content = Document.read(folder / flow.file)
            flows[name] = evolve(flow, content=content.structure(FlowFile), document=content)
        except ConfigError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ConfigError(mistakes)
    whole = replaced(site, hours=hours, queues=queues, prompts=prompts, gateways=gateways, call_flows=flows, voices=voices)
    plan = whole.plan(lambda piece: piece.name)
    mistakes += document.mistakes(wrong_prompts(whole)) if flows else []
    checked = Flows(plan)
    mistakes += [mistake for name, flow in flows.items() for mistake in mistakes_in(name, flow, checked)]
    mistakes += mistaken_lookups(whole, plan.programs)
    if mistakes:
        raise ConfigError(mistakes)
    return whole
