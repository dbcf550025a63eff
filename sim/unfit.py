"""What in a scenario refers to something that its site does not have."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from appliance.config import Wrong, nearest
from appliance.config.mistakes import Path
from appliance.site import Site
from sim.faults import misfits as unfit_faults
from sim.outside import misfits

if TYPE_CHECKING:
    from sim.scenario import Scenario

__all__ = ["unfit"]


def unfit(scenario: "Scenario", site: Site) -> Iterator[Wrong]:
    """Each mistake, with its place in the scenario."""

    for number, arrivals in scenario.arrivals.items():
        yield from _there("number", number, site.numbers, ("arrivals", number))
        if arrivals.open:
            yield from _there("hours", arrivals.open, site.hours, ("arrivals", number, "open"))
        if arrivals.line:
            yield from _there("line", arrivals.line, site.lines, ("arrivals", number, "line"))
    if scenario.trace is not None and scenario.trace.line:
        yield from _there("line", scenario.trace.line, site.lines, ("trace", "line"))
    vips = [number for number, caller in site.callers.items() if caller.vip]
    asked: list[tuple[tuple[str, ...], str]] = [(("callers",), question) for question in scenario.callers.answers]
    for name, kind in scenario.callers.kinds.items():
        asked += [(("callers", "kinds", name), question) for question in kind.answers]
        if kind.vips and not vips:
            yield Wrong(
                "the site knows no VIPs",
                "give their numbers here, or write vip = true in its [callers]",
                ("callers", "kinds", name, "vips"),
            )
    programs = site.plan(lambda piece: piece.name).programs if asked else {}
    for start, question in asked:
        flow, node, *_ = question.split(".")
        path = (*start, "answers", question)
        yield from _there("call flow", flow, programs, path)
        if flow in programs and node not in programs[flow].nodes:
            yield Wrong(f"the flow '{flow}' has no node '{node}'", nearest(node, programs[flow].nodes), path)
    for name, written in scenario.written.items():
        yield from _there("queue", written.queue, site.queues, ("written", name, "queue"))
        if written.arrivals.open:
            yield from _there("hours", written.arrivals.open, site.hours, ("written", name, "arrivals", "open"))
    for name in scenario.lines:
        yield from _there("line", name, site.lines, ("lines", name))
    yield from _unfit_agents(scenario, site)
    for queue in scenario.targets.queues:
        yield from _there("queue", queue, site.queues, ("targets", "queues", queue))
    yield from misfits(scenario.gateways, scenario.accounts, site)
    yield from unfit_faults(scenario, site)


def _there(kind: str, name: str, known: Mapping[str, Any], path: Path) -> Iterator[Wrong]:
    if name not in known:
        yield Wrong(f"the site has no {kind} '{name}'", nearest(name, known), path)


def _unfit_agents(scenario: "Scenario", site: Site) -> Iterator[Wrong]:
    agents, skills = scenario.agents, {skill: 0 for person in site.agents.values() for skill in person.skills}
    named = [("roster", n, shift.who) for n, shift in enumerate(agents.roster)]
    named += [("handling", n, each.who) for n, each in enumerate(agents.handling) if each.who is not None]
    named += [("transfers", n, each.who) for n, each in enumerate(agents.transfers) if each.who is not None]
    for key, position, who in named:
        for agent in who.agents:
            yield from _there("agent", agent, site.agents, ("agents", key, position, "who"))
    for position, handling in enumerate(agents.handling):
        for kind, name, known in (
            ("queue", handling.group, site.queues),
            ("number", handling.number, site.numbers),
            ("skill", handling.skill, skills),
        ):
            if name:
                yield from _there(kind, name, known, ("agents", "handling", position, "group" if kind == "queue" else kind))
        if handling.kind and handling.kind not in scenario.callers.kinds:
            text = f"there is no kind of callers '{handling.kind}'"
            yield Wrong(text, nearest(handling.kind, scenario.callers.kinds), ("agents", "handling", position, "kind"))
    for position, transfer in enumerate(agents.transfers):
        if transfer.number:
            yield from _there("number", transfer.number, site.numbers, ("agents", "transfers", position, "number"))
