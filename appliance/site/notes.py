"""What is allowed in a site and yet is seldom meant: `./hotline check` notes it."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from appliance.config import nearest
from appliance.core.program.nodes import Ask, Menu
from appliance.core.queues.strategies import STRATEGIES
from appliance.site.gateways import HttpGateway
from appliance.site.queues import Queue
from appliance.site.spoken import announce_of, choices_of, everywhere, own_words_of
from appliance.site.tables import Line

if TYPE_CHECKING:
    from appliance.site.model import Site

__all__ = ["notes_on", "words_not_heard"]


def notes_on(site: "Site") -> Iterator[str]:
    """Each note in a sentence."""
    for name, queue in site.queues.items():
        yield from _served(site, name, queue)
        yield from _strategy(site, name, queue)
        yield from _said(site, name, queue)
    yield from (f"agent {name} serves no queue" for name, agent in site.agents.items() if not agent.groups and agent.level == "agent")
    reached = {number.flow for number in site.numbers.values()} | {to.name for to in everywhere(site) if to.verb == "flow"}
    called = {node.call for flow in site.call_flows.values() if flow.content is not None for node in flow.content.nodes.values()}
    flows = (*site.flows, *site.call_flows)
    yield from (f"no number leads to the flow '{flow}'" for flow in flows if flow not in reached | called)
    yield from _recordings(site)
    yield from _in_the_open(site)
    yield from _analogue_telephones(site)
    yield from _clocks(site)
    yield from words_not_heard(site)
    if not site.numbers:
        yield "there is no service number: nobody can call"


def _analogue_telephones(site: "Site") -> Iterator[str]:
    """Telephones at a card's fxs ports that are nobody's, or somebody's on another line."""
    for name, line in site.lines.items():
        for station in (port.station for span in getattr(line.settings, "spans", ()) for port in span.ports if port.station):
            if station not in site.stations:
                yield f"nobody can be called at the telephone {station} of line '{name}': write {station} = {{}} into [stations]"
            elif site.line_of(station) != name:
                yield f"station {station} is on line '{site.line_of(station)}' and its telephone on line '{name}': give one another name"


def _clocks(site: "Site") -> Iterator[str]:
    """Cards that no far end gives a clock."""
    for name, line in site.lines.items():
        digital = [span for span in getattr(line.settings, "spans", ()) if span.signalling != "analogue"]
        if digital and all(span.gives_clock for span in digital):
            text = f"no span of line '{name}' takes the clock from its far end, so there are slips unless all of them take it from here"
            yield f'{text}: towards a public exchange write clock = "network"'


def _served(site: "Site", name: str, queue: Queue) -> Iterator[str]:
    """Whether anybody can serve it, and for everybody who can call."""
    agents = [agent for agent in site.agents.values() if name in agent.groups]
    if not agents:
        yield f"nobody serves the queue '{name}'"
        return
    stages = [queue.needs, *(stage.needs for stage in queue.relax)]
    skills = {skill for agent in site.agents.values() for skill in agent.skills}
    for skill in dict.fromkeys(skill for needs in stages for skill in needs.names):
        if skill not in skills:
            close = nearest(skill, skills)
            yield f"queue '{name}' asks for the skill '{skill}', which no agent has" + (f"; {close}" if close.startswith("did") else "")
    if not any(needs.suits(agent.skills) for needs in stages for agent in agents):
        yield f"none of the agents of queue '{name}' can do what it asks for: {stages[-1]}"
    lines = {site.line_of(agent.station) for agent in agents}
    for line, opened in site.lines.items():
        if line not in lines and _lets_callers_in(opened):
            text = f"callers on line '{line}' reach nobody in queue '{name}': its agents' phones are on {_listed(lines)}"
            yield f"{text}, and a call is put through on its own line only"


def _lets_callers_in(line: Line) -> bool:
    """Whether calls from the network may come in; a line that does not say whose they are may bring anybody's."""
    settings = line.settings
    return bool(getattr(settings, "from_", True) or getattr(settings, "trunks", True))


def _listed(lines: set[str]) -> str:
    return ", ".join(f"line '{line}'" for line in sorted(lines))


def _strategy(site: "Site", name: str, queue: Queue) -> Iterator[str]:
    """Whether the strategy has what it goes by."""
    if queue.strategy == "skill-level" and not any(needs.names for needs in (queue.needs, *(stage.needs for stage in queue.relax))):
        yield f"queue '{name}' is served by skill-level and names no skill in 'needs': all agents are equal"
    if queue.strategy == "caller-number" and not queue.number_rules:
        yield f"queue '{name}' is served by caller-number and has no 'number_rules': all agents are equal"
    if queue.number_rules and queue.strategy in STRATEGIES and queue.strategy != "caller-number":
        yield f"queue '{name}' has 'number_rules', which its strategy {queue.strategy} does not look at"
    for rule in queue.number_rules:
        for agent in rule.agents:
            if name not in site.agents[agent].groups:
                yield f"agent {agent} is named for callers from {rule.prefix} and does not serve queue '{name}'"


def _said(site: "Site", name: str, queue: Queue) -> Iterator[str]:
    """Whether callers are told of the keys they have."""
    if queue.keys and announce_of(queue) is None:
        yield f"nobody tells callers of queue '{name}' what its keys do: it has no 'announce'"
        return
    words = own_words_of(site)
    for choice, _ in choices_of(queue):
        if choice not in words:
            yield f"callers of queue '{name}' do not hear what a key does: give it words, [prompts] {choice}"


def words_not_heard(site: "Site") -> Iterator[str]:
    """Words and digits of call flows that callers may say and nobody understands: keys alone count there."""
    programs = site.plan(lambda piece: piece.name).programs
    for name, program in programs.items():
        for node in program.nodes.values():
            words = node.exit.words if isinstance(node.exit, Menu) else {}
            spoken = any(isinstance(step, Ask) and step.words for step in node.steps)
            for language in site.centre.languages if spoken else words:
                if why := _deaf(site, language):
                    yield f"flow '{name}', node '{node.name}': what callers say in '{language}' is not understood, keys alone count: {why}"


def _deaf(site: "Site", language: str) -> str:
    """Why nobody understands what is said in a language; empty: some line may."""
    if language not in site.speech.languages:
        return f"[speech] languages has no '{language}'"
    models = [getattr(line.settings, "speech", None) for line in site.lines.values()]
    return "" if any(of is None or language in of for of in models) else f"no line has a model for it: [lines.NAME.speech] {language}"


def _recordings(site: "Site") -> Iterator[str]:
    if site.prompts.recorded:
        names = {piece.stem for piece in site.pieces()}
        files = sorted(Path(site.prompts.recorded).glob("*.wav"))
        yield from (f"the recording {file.name} replaces no prompt" for file in files if file.stem not in names)


def _in_the_open(site: "Site") -> Iterator[str]:
    """Secrets that go over a network as everybody there can read them: PINs of callers, and what opens a gateway."""
    for name, gateway in site.gateways.items():
        if not isinstance(gateway.settings, HttpGateway):
            continue
        url = urlsplit(gateway.settings.url)
        if url.scheme != "http" or _is_here(url.hostname or ""):
            continue
        theirs = [f"the PINs of '{accounts}'" for accounts, table in site.accounts.items() if table.gateway == name]
        theirs += [f"the secret '{secret}'" for secret in dict.fromkeys(gateway.settings.secrets.values())]
        if theirs:
            yield f"{' and '.join(theirs)} can be read on the way to the gateway '{name}': its url is http to another machine; use https"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
