"""The site: what a site file says, and the plan that the core makes of it.

A file becomes a `Site` (`load_site`), whose names all refer to something, whose texts exist in every language, and whose plan the core
accepts; otherwise `ConfigError` has every mistake with its line. `Site.plan` turns it into what the core decides with; texts become
files by a function of the caller's, so that a simulation needs no speech.

Not here: secrets (`appliance.secrets`), rendering (`appliance.prompts`), opening lines (the shell).
"""

import wave
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance.config import ConfigError, Document, Mistake, Wrong, load, nearest, replaced, setting, table
from appliance.core.plan import (
    AgentPlan,
    Choice,
    FlowPlan,
    HoursPlan,
    NumberPlan,
    Overflow,
    Plan,
    Prompt,
    QueuePlan,
    ServiceLevel,
    Slot,
    StationPlan,
)
from appliance.prompts.words import OWN_WORDS, Piece
from appliance.site.tables import Agent, Centre, Flow, Holidays, Hours, Line, Number, Prompts, Queue, Recording, Say, Station
from appliance.site.values import NAME, NAME_EXPECTS, NOBODY

__all__ = ["FileOf", "Site", "load_site", "site_of"]

FileOf = Callable[[Piece], str]
"""The file that a piece is played from."""

_FEATURE_CODES = {"*10": "log in", "*11": "ready", "*12": "not ready", "*13": "log out"}


def _tables(doc: str, keys: str = NAME, expects: str = NAME_EXPECTS) -> Any:
    return setting(factory=dict, keys=keys, expects=expects, doc=doc)


@table
class Site:
    """A call centre: lines, service numbers, flows, queues, phones and people."""

    centre: Centre = setting(factory=Centre, doc="The centre as a whole.")
    lines: Mapping[str, Line] = _tables("Lines by name: trunks, spans, phones.")
    numbers: Mapping[str, Number] = _tables(
        "Service numbers: what callers dial.", r"[0-9*#+]{1,20}", "a number of at most 20 digits, as the line reports it"
    )
    hours: Mapping[str, Hours] = _tables("Opening hours by name.")
    flows: Mapping[str, Flow] = _tables("Services by name.")
    queues: Mapping[str, Queue] = _tables("Queues by name.")
    stations: Mapping[str, Station] = _tables("Agents' phones by their name, which is the number they are dialled by.")
    agents: Mapping[str, Agent] = _tables(
        "Agents by number.", r"[0-9]{2,8}", "an agent's number of 2 to 8 digits, as it is keyed on a phone"
    )
    recording: Recording = setting(factory=Recording, doc="What is recorded.")
    prompts: Prompts = setting(factory=Prompts, doc="The appliance's own words.")

    def own_words(self) -> Mapping[str, Say]:
        """The appliance's own words as this site says them."""
        return {**OWN_WORDS, **self.prompts.words}

    def line_of(self, station: str) -> str:
        """The line a station is reached on; empty when it names none and there is not exactly one."""
        named = self.stations[station].line
        return named or (next(iter(self.lines)) if len(self.lines) == 1 else "")

    def pieces(self) -> tuple[Piece, ...]:
        """Everything that can be played at this site, in a fixed order: what has to be rendered."""
        found: dict[Piece, str] = {}
        self.plan(lambda piece: found.setdefault(piece, ""))
        return tuple(found)

    def plan(self, file_of: FileOf, recordings_dir: str = "recordings") -> Plan:
        """What the core decides with; each text and sound becomes the file that `file_of` names for it."""
        speak = _Speaker(self.centre.languages, file_of)
        own = {name: speak.say(name, say) for name, say in self.own_words().items()}
        music = speak.sound("wait-music")
        return Plan(
            name=self.centre.name,
            languages=self.centre.languages,
            numbers={name: NumberPlan(number.to, number.language) for name, number in self.numbers.items()},
            flows={name: self._flow(name, flow, speak, own) for name, flow in self.flows.items()},
            hours={name: self._hours(hours) for name, hours in self.hours.items()},
            queues={name: self._queue(name, queue, music) for name, queue in self.queues.items()},
            stations={name: StationPlan(self.line_of(name)) for name in self.stations},
            agents={name: AgentPlan(agent.name, agent.station, dict(agent.groups)) for name, agent in self.agents.items()},
            prompts={**own, "beep": speak.sound("beep")},
            record_calls=self.recording.calls,
            recordings_dir=recordings_dir,
            message_max_s=self.recording.message_max_s,
            message_min_s=self.recording.message_min_s,
        )

    def _flow(self, name: str, flow: Flow, speak: "_Speaker", own: Mapping[str, Prompt]) -> FlowPlan:
        def said(what: str, say: Say | None, usual: str = "") -> Prompt | None:
            return speak.say(f"{name}.{what}", say) if say is not None else own.get(usual)

        return FlowPlan(
            welcome=said("welcome", flow.welcome),
            language_menu=speak.in_all(f"{name}.language", flow.language.say) if flow.language else None,
            languages={key.key: language for key, language in flow.language.keys.items()} if flow.language else {},
            menu=said("menu", flow.menu.say) if flow.menu else None,
            choices={key.key: choice for key, choice in flow.menu.keys.items()} if flow.menu else {},
            wait_s=flow.wait_s,
            retries=flow.retries,
            otherwise=flow.otherwise,
            sorry=said("sorry", flow.sorry, "sorry"),
            hours=flow.hours,
            closed=said("closed", flow.closed.say, "closed"),
            closed_then=flow.closed.then,
            goodbye=said("goodbye", flow.goodbye, "goodbye"),
        )

    def _hours(self, hours: Hours) -> HoursPlan:
        week: list[tuple[Slot, ...]] = [()] * 7
        for days, spans in hours.week.items():
            for day in days:
                week[day] = tuple(Slot(span.opens, span.closes) for span in spans)
        closed = frozenset() if isinstance(hours.holidays, str) else frozenset(hours.holidays)
        return HoursPlan(tuple(week), self.centre.timezone, closed)

    def _queue(self, name: str, queue: Queue, music: Prompt) -> QueuePlan:
        own_music = dict.fromkeys(self.centre.languages, (queue.music,)) if isinstance(queue.music, str) else music
        return QueuePlan(
            label=queue.label or name,
            strategy=queue.strategy,
            ring_s=queue.ring_s,
            wrap_up_s=queue.wrap_up_s,
            service_level=ServiceLevel(queue.service_level.within_s, queue.service_level.target),
            music=own_music if queue.music else None,
            overflow=tuple(Overflow(rule.when.what, rule.to, rule.when.after_s) for rule in queue.overflow),
        )

    # -- what does not fit together ------------------------------------------------------------------------------------------------

    def problems(self) -> Iterator[Wrong]:
        """Everything that is wrong although each table is sound by itself."""
        yield from self._wrong_lines()
        yield from self._wrong_languages()
        yield from self._wrong_numbers()
        yield from self._shared_stations()
        yield from self._circles()
        for problem in self.plan(lambda piece: piece.name).problems():
            where, _, said = problem.partition(": ")
            text, _, remedy = said.partition("; ")
            yield Wrong(text, remedy, _path_of(where))

    def _wrong_lines(self) -> Iterator[Wrong]:
        for name, station in self.stations.items():
            if station.line and station.line not in self.lines:
                yield Wrong(f"there is no line '{station.line}'", nearest(station.line, self.lines), ("stations", name, "line"))
            elif not self.line_of(name):
                yield Wrong("'line' is missing", nearest("", self.lines) or "give the site a [lines.NAME]", ("stations", name))
        if not self.lines:
            yield Wrong("the site has no line", "give it a [lines.NAME]")

    def _wrong_languages(self) -> Iterator[Wrong]:
        texts: list[tuple[tuple[str, ...], Say]] = [(("prompts", name), say) for name, say in self.prompts.words.items()]
        for name, flow in self.flows.items():
            texts += [(("flows", name, *path), say) for path, say in flow.texts()]
            for key, language in flow.language.keys.items() if flow.language else ():
                if language not in self.centre.languages:
                    text = f"the centre does not speak '{language}'"
                    yield Wrong(text, nearest(language, self.centre.languages), ("flows", name, "language", str(key)))
        for path, say in texts:
            for language in self.centre.languages:
                if language not in say:
                    yield Wrong(f"there is no text in '{language}'", f'add {language} = "..."', path)
            for language in say:
                if language not in self.centre.languages:
                    text = f"the centre does not speak '{language}'"
                    yield Wrong(text, "add it to centre.languages or leave the text out", (*path, language))
        for name, number in self.numbers.items():
            if number.language and number.language not in self.centre.languages:
                text = f"the centre does not speak '{number.language}'"
                yield Wrong(text, nearest(number.language, self.centre.languages), ("numbers", name, "language"))

    def _wrong_numbers(self) -> Iterator[Wrong]:
        for name in self.numbers:
            if name[:1] in "*#":
                codes = ", ".join(f"{code} {what}" for code, what in _FEATURE_CODES.items())
                yield Wrong(f"'{name}' is kept for what agents dial ({codes})", "a service number is made of digits", ("numbers", name))
            if name in self.stations:
                yield Wrong(f"'{name}' is a station too", "a number leads to one thing only", ("numbers", name))

    def _shared_stations(self) -> Iterator[Wrong]:
        owners: dict[str, str] = {}
        for name, agent in self.agents.items():
            owner = owners.setdefault(agent.station, name)
            if owner != name:
                text = f"station {agent.station} is agent {owner}'s already"
                yield Wrong(text, "each agent has a station of his own; another can be given at log-in", ("agents", name, "station"))

    def _circles(self) -> Iterator[Wrong]:
        """Ways a call could go round for ever without a caller's doing."""
        ways: dict[Choice, list[tuple[Choice, tuple[str | int, ...]]]] = {}
        for name, flow in self.flows.items():
            here = ways.setdefault(Choice("flow", name), [])
            if flow.hours:
                here.append((flow.closed.then, ("flows", name, "closed", "then")))
            here.append((flow.otherwise, ("flows", name, "otherwise")))
        for name, queue in self.queues.items():
            ways[Choice("queue", name)] = [
                (rule.to, ("queues", name, "overflow", number, "to"))
                for number, rule in enumerate(queue.overflow)
                if rule.when.what == NOBODY
            ]
        for start in ways:
            seen = {start}
            for to, path in ways[start]:
                at: list[Choice] = [to]
                while at:
                    place = at.pop()
                    if place == start:
                        yield Wrong(
                            f"a call that nobody serves would come back to {start} for ever", "let it end in voicemail or release", path
                        )
                        break
                    if place not in seen:
                        seen.add(place)
                        at += [onward for onward, _ in ways.get(place, ())]


class _Speaker:
    """Turns texts into the files they are played from."""

    def __init__(self, languages: tuple[str, ...], file_of: FileOf) -> None:
        self._languages, self._file_of = languages, file_of

    def say(self, name: str, say: Say) -> Prompt:
        return {language: (self._file_of(Piece(name, language, say[language])),) for language in self._languages if language in say}

    def in_all(self, name: str, say: Say) -> Prompt:
        """Every language's text, one after the other, whatever the caller's language is."""
        files = tuple(self._file_of(Piece(name, language, say[language])) for language in self._languages if language in say)
        return dict.fromkeys(self._languages, files)

    def sound(self, name: str) -> Prompt:
        return dict.fromkeys(self._languages, (self._file_of(Piece(name)),))


def _path_of(where: str) -> tuple[str, ...]:
    """The key in a site file of what a plan's problem names."""
    match where.split("."):
        case ["flows", name, "choices", key]:
            return ("flows", name, "menu", key)
        case ["flows", name, "closed_then"]:
            return ("flows", name, "closed", "then")
        case ["agents", name, "groups"]:
            return ("agents", name, "groups")
        case ["numbers", name]:
            return ("numbers", name)
        case steps:
            return tuple(steps)


def _unplayable(file: Path) -> str:
    """Why a line could not play a file; empty: it could."""
    try:
        with wave.open(str(file)) as opened:
            return "" if (opened.getsampwidth(), opened.getnchannels()) == (2, 1) else "is not 16 bit with one channel"
    except (wave.Error, EOFError) as error:
        return f"is not a WAV file with PCM: {error}"


def load_site(path: Path | str) -> Site:
    """The site in a file, with the files it names; `ConfigError` with everything that is wrong in them."""
    return site_of(Document.read(path), Path(path).parent)


def site_of(document: Document, folder: Path) -> Site:
    """The site in a document; the files it names are looked for in `folder`."""
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
    prompts = site.prompts
    if prompts.recorded:
        prompts = replaced(prompts, recorded=str(folder / prompts.recorded))
        if not Path(prompts.recorded).is_dir():
            mistakes.append(document.mistake(("prompts", "recorded"), f"there is no folder {prompts.recorded}"))
    if mistakes:
        raise ConfigError(mistakes)
    return replaced(site, hours=hours, queues=queues, prompts=prompts)
