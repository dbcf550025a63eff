"""What is wrong in a site although each of its tables is sound by itself; each with the place in the file and a remedy."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from appliance.callers.numbering import is_country
from appliance.config import Wrong, nearest
from appliance.core.plan import Choice
from appliance.site.accounts import problems_of_accounts
from appliance.site.gateways import problems_of_gateways
from appliance.site.short_flow import place_of
from appliance.site.spoken import SOUNDS, known_words, own_words_of
from appliance.site.strategies import StrategyError, installed, load_strategies
from appliance.site.tables import Say
from appliance.site.voices import unspoken
from appliance.site.ways import circles_of, ways_of

if TYPE_CHECKING:
    from appliance.site.model import Site

__all__ = ["problems_of", "wrong_prompts"]

Path = tuple[str | int, ...]

_FEATURE_CODES = {"*10": "log in", "*11": "ready", "*12": "not ready", "*13": "log out"}


def problems_of(site: "Site") -> Iterator[Wrong]:
    """Everything that does not fit together."""
    found = [
        *_country(site),
        *_lines(site),
        *_languages(site),
        *unspoken(site),
        *_numbers(site),
        *_flows(site),
        *_call_flows(site),
        *problems_of_gateways(site),
        *problems_of_accounts(site),
        *_destinations(site),
        *_prompts(site),
        *_queues(site),
        *_agents(site),
        *_callers(site),
        *_directory(site),
        *circles_of(site),
    ]
    yield from found
    for problem in site.plan(lambda piece: piece.name).problems():
        where, _, said = problem.partition(": ")
        text, _, remedy = said.partition("; ")
        path = _path_of(where)
        if not any(_says(wrong.path, path) for wrong in found):  # else it is said already, and more exactly
            yield Wrong(text, remedy, path)


def _says(said: Path, path: Path) -> bool:
    """Whether a mistake said at one place is the same as at another; what a number lets in may be said by the centre for all of them."""
    return said[: len(path)] == path or (path[2:3] == ("screening",) and said == path[2:])


def _path_of(where: str) -> Path:
    """The key in a site file of what a plan's problem names."""
    match where.split(".", 2):
        case ["flows", name, place]:
            return ("flows", name, *place_of(place))
    return tuple(where.split("."))


def _country(site: "Site") -> Iterator[Wrong]:
    country = site.centre.country
    if country and not is_country(country):
        yield Wrong(f"there is no numbering plan for '{country}'", "the country's two letters, as CN", ("centre", "country"))


def _lines(site: "Site") -> Iterator[Wrong]:
    if not site.lines:
        yield Wrong("the site has no line", "give it a [lines.NAME]")
    for name, station in site.stations.items():
        if station.line and station.line not in site.lines:
            yield Wrong(f"there is no line '{station.line}'", nearest(station.line, site.lines), ("stations", name, "line"))
        elif not site.line_of(name):
            yield Wrong("'line' is missing", nearest("", site.lines) or "give the site a [lines.NAME]", ("stations", name))
    for name, line in site.lines.items():
        if line.backend in ("ami", "csta"):
            yield from _at_a_switch(site, name, line.settings)
        for at, span in enumerate(getattr(line.settings, "spans", ())):
            for socket, port in enumerate(span.ports):
                if port.number and port.number not in site.numbers:
                    path = ("lines", name, "spans", at, "ports", socket, "number")
                    yield Wrong(f"there is no service number '{port.number}'", nearest(port.number, site.numbers), path)


def _at_a_switch(site: "Site", name: str, settings: Any) -> Iterator[Wrong]:
    """A switch's phones and numbers are named twice: there, and in the site."""
    for at, station in enumerate(settings.stations):
        if station not in site.stations:
            yield Wrong(f"there is no station '{station}'", f"write {station} = {{}} into [stations]", ("lines", name, "stations", at))
    for station in site.stations:
        if site.line_of(station) == name and station not in settings.stations:
            text = f"line '{name}' is at a switch, and does not have station '{station}'"
            yield Wrong(text, f'add "{station}" to its `stations`', ("stations", station))
    for point, number in settings.route_points.items():
        if number not in site.numbers:
            yield Wrong(f"there is no service number '{number}'", nearest(number, site.numbers), ("lines", name, "route_points", point))


def _languages(site: "Site") -> Iterator[Wrong]:
    spoken = site.centre.languages
    for language in site.speech.languages:
        if language not in spoken:
            yield Wrong(f"the centre does not speak '{language}'", nearest(language, spoken), ("speech", "languages"))
    texts: list[tuple[tuple[str, ...], Say]] = [(("prompts", name), say) for name, say in site.prompts.words.items()]
    texts += [(("queues", name, "whisper"), queue.whisper) for name, queue in site.queues.items() if queue.whisper is not None]
    for name, flow in site.flows.items():
        texts += [(("flows", name, *path), say) for path, say in flow.texts()]
        named: list[tuple[Path, str]] = []
        for key, language in flow.language.keys.items() if flow.language else ():
            named.append((("language", str(key)), language))
        for key, said in flow.menu.words.items() if flow.menu else ():
            named += [(("menu", "words", str(key)), language) for language in said]
        for at, language in named:
            if language not in spoken:
                yield Wrong(f"the centre does not speak '{language}'", nearest(language, spoken), ("flows", name, *at))
    for path, say in texts:
        for language in spoken:
            if language not in say:
                yield Wrong(f"there is no text in '{language}'", f'add {language} = "..."', path)
        for language in say:
            if language not in spoken:
                text = f"the centre does not speak '{language}'"
                yield Wrong(text, "add it to centre.languages or leave the text out", (*path, language))
    for name, number in site.numbers.items():
        if number.language and number.language not in spoken:
            text = f"the centre does not speak '{number.language}'"
            yield Wrong(text, nearest(number.language, spoken), ("numbers", name, "language"))


def _numbers(site: "Site") -> Iterator[Wrong]:
    for name, number in site.numbers.items():
        if name[:1] in "*#":
            codes = ", ".join(f"{code} {what}" for code, what in _FEATURE_CODES.items())
            yield Wrong(f"'{name}' is kept for what agents dial ({codes})", "a service number is made of digits", ("numbers", name))
        if name in site.stations:
            yield Wrong(f"'{name}' is a station too", "a number leads to one thing only", ("numbers", name))
        flows = (*site.flows, *site.call_flows)
        if number.flow and number.flow not in flows:
            yield Wrong(f"there is no flow '{number.flow}'", _there_is(number.flow, flows), ("numbers", name, "flow"))
        if number.queue and number.queue not in site.queues:
            yield Wrong(f"there is no queue '{number.queue}'", _there_is(number.queue, site.queues), ("numbers", name, "queue"))


def _flows(site: "Site") -> Iterator[Wrong]:
    for name, flow in site.flows.items():
        if flow.hours:
            yield from _known_hours(site, flow.hours, ("flows", name, "hours"))


def _call_flows(site: "Site") -> Iterator[Wrong]:
    for name in site.call_flows:
        if name in site.flows:
            yield Wrong(f"the flow '{name}' is in [flows] too", "give one of them another name", ("call_flows", name))


def _there_is(name: str, known: Collection[str]) -> str:
    """The nearest name, or those there are, or that there is none."""
    return nearest(name, known) if known else "there is none"


def _destinations(site: "Site") -> Iterator[Wrong]:
    places: Mapping[str, Collection[str]] = {
        "queue": site.queues, "flow": (*site.flows, *site.call_flows), "agent": site.agents, "station": site.stations,
    }  # fmt: skip
    words = own_words_of(site)
    for to, path, from_queue in ways_of(site):
        if to.verb in places and to.name not in places[to.verb]:
            yield Wrong(f"there is no {to.verb} '{to.name}'", _there_is(to.name, places[to.verb]), path)
        elif to == Choice("callback") and not from_queue:
            text = "'callback' keeps the place of somebody who waits, and here nobody waits yet"
            yield Wrong(text, "lead to a queue, and offer the call-back by its keys or overflow", path)
        elif to.verb == "announcement" and to.name in SOUNDS:
            yield Wrong(f"'{to.name}' is a sound", "give the announcement another name", path)
        elif to.verb == "announcement" and to.name not in words:
            close = nearest(to.name, words)
            write = f"write it in [prompts]: {to.name} = {{ {', '.join(f'{language} = ...' for language in site.centre.languages)} }}"
            yield Wrong(f"there is no prompt '{to.name}'", close if close.startswith("did") else write, path)


def _prompts(site: "Site") -> Iterator[Wrong]:
    if all(flow.content is not None or flow.python is not None for flow in site.call_flows.values()):
        yield from wrong_prompts(site)  # else it is not known yet what call flows announce


def wrong_prompts(site: "Site") -> Iterator[Wrong]:
    """Prompts that nothing says."""
    known = known_words(site)
    for name in site.prompts.words:
        if name not in known:
            close = nearest(name, sorted(known))
            remedy = close if close.startswith("did") else f"nothing says it: it would be said by 'announcement:{name}'"
            yield Wrong(f"there is no prompt '{name}'", remedy, ("prompts", name))


def _queues(site: "Site") -> Iterator[Wrong]:
    for name, queue in site.queues.items():
        try:
            if queue.strategy not in load_strategies([queue.strategy]):
                text = f"there is no strategy '{queue.strategy}'"
                yield Wrong(text, nearest(queue.strategy, installed()), ("queues", name, "strategy"))
        except StrategyError as error:
            yield Wrong(str(error), "repair what brought it, or choose another", ("queues", name, "strategy"))
        for number, rule in enumerate(queue.overflow):
            if rule.when.hours:
                yield from _known_hours(site, rule.when.hours, ("queues", name, "overflow", number, "when"))
        for number, numbers in enumerate(queue.number_rules):
            for position, agent in enumerate(numbers.agents):
                if agent not in site.agents:
                    path = ("queues", name, "number_rules", number, "agents", position)
                    yield Wrong(f"there is no agent '{agent}'", _there_is(agent, site.agents), path)


def _known_hours(site: "Site", hours: str, path: Path) -> Iterator[Wrong]:
    if hours not in site.hours:
        yield Wrong(f"there are no hours '{hours}'", _there_is(hours, site.hours), path)


def _agents(site: "Site") -> Iterator[Wrong]:
    owners: dict[str, str] = {}
    for name, agent in site.agents.items():
        owner = owners.setdefault(agent.station, name)
        if agent.station not in site.stations:
            yield Wrong(f"there is no station '{agent.station}'", _there_is(agent.station, site.stations), ("agents", name, "station"))
        elif owner != name:
            text = f"station {agent.station} is agent {owner}'s already"
            yield Wrong(text, "each agent has a station of his own; another can be given at log-in", ("agents", name, "station"))
        for queue, place in agent.groups.items():
            if queue not in site.queues:
                yield Wrong(f"there is no queue '{queue}'", _there_is(queue, site.queues), ("agents", name, "groups", queue))
            elif not isinstance(place, int) and place.hours:
                yield from _known_hours(site, place.hours, ("agents", name, "groups", queue, "hours"))


def _callers(site: "Site") -> Iterator[Wrong]:
    for number, caller in site.callers.items():
        if caller.manager and caller.manager not in site.agents:
            yield Wrong(f"there is no agent '{caller.manager}'", _there_is(caller.manager, site.agents), ("callers", number, "manager"))


def _directory(site: "Site") -> Iterator[Wrong]:
    taken = {**dict.fromkeys(site.queues, "a queue"), **dict.fromkeys(site.stations, "a station"), **dict.fromkeys(site.agents, "an agent")}
    for name in site.directory:
        if name in taken:
            yield Wrong(f"'{name}' is {taken[name]} too", "a name leads to one thing only", ("directory", name))
