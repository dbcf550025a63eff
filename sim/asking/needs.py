"""What staffing has to keep in each part of the day, and how many agents Erlang's formulas say that takes."""

from collections.abc import Iterator, Mapping
from math import exp

from appliance.site import Site
from sim.asking.probing import Limits
from sim.erlang import erlang_a, erlang_c, erlang_c_within
from sim.scenario import Scenario
from sim.verdict.kinds import LEVELS
from sim.verdict.targets import QueueTargets, Scope, Target

__all__ = ["OF_STAFF", "erlang_number", "needs_of"]

_MOST = 10_000
OF_STAFF = (*LEVELS, "abandonment", "asa", "p_wait", "wait_mean", "wait_p50", "wait_p90", "wait_p95", "wait_p99", "wait_max")
"""Figures that more agents mend."""


def needs_of(scenario: Scenario, site: Site, parts: list[Scope], wanted: Mapping[str, Target]) -> dict[Scope, Limits]:
    """By part of the day, the limits that staffing has to keep there: those of the whole run, of every part and of the hours it is in.

    `wanted` count instead of all that the scenario promises; where nothing is promised, what the site says of its queues' service level.
    """
    found: dict[Scope, Limits] = {}
    targets = scenario.targets
    for part in parts:
        said = {"": dict(wanted) or _said(targets, part)}
        if not wanted:
            said |= {queue: _said(of, part) for queue, of in targets.queues.items()}
        found[part] = {queue: limits for queue, limits in said.items() if limits}
    if not any(found.values()):
        usual = {queue: {"service_level": _usual(site, queue)} for queue in site.queues}
        found = dict.fromkeys(parts, usual)
    return found


def _said(targets: QueueTargets, part: Scope) -> dict[str, Target]:
    said = dict(targets.limits)
    for every in targets.every.values():
        said.update(every)
    for span, limits in targets.hours.items():
        if span.begin_s <= part.since_s and part.until_s <= span.end_s:
            said.update(limits)
    return {name: target for name, target in said.items() if name in OF_STAFF and target.operator != "="}


def _usual(site: Site, queue: str) -> Target:
    level = site.queues[queue].service_level
    return Target(">=", level.target, "%", level.within_s)


def erlang_number(limits: Mapping[str, Target], calls: float, length_s: float, service_s: float, patience_s: float | None) -> int:
    """The least number of agents that keeps the limits in the long run: Erlang A where patience is known, else C; 0 without calls."""
    if calls <= 0 or service_s <= 0:
        return 0
    rate = calls / length_s
    return next(n for n in range(1, _MOST) if n == _MOST - 1 or all(_kept(limits, n, rate, service_s, patience_s)))


def _kept(limits: Mapping[str, Target], servers: int, rate: float, service_s: float, patience_s: float | None) -> Iterator[bool]:
    if patience_s is None:
        waiting = erlang_c(servers, rate, service_s)
        yield rate * service_s < servers
    else:
        waiting = erlang_a(servers, rate, service_s, patience_s)
    for name, target in limits.items():
        if name in LEVELS:
            within_s = target.within_s or 0.0
            if patience_s is None:
                yield target.met(erlang_c_within(servers, rate, service_s, within_s))
            else:
                speed = max(0.0, servers / service_s + 1 / patience_s - rate)  # at which a wait ends, as in C with all who leave
                yield target.met(1 - waiting.p_wait * exp(-speed * within_s))
        elif name == "p_wait":
            yield target.met(waiting.p_wait)
        elif name == "abandonment":
            yield target.met(waiting.p_abandon)
        else:
            yield target.met(waiting.asa_s if name == "asa" else waiting.mean_wait_s)
