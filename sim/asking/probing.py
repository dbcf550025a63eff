"""Figures of parts of the day, that a scenario does not promise but a question needs: they are asked for as limits that always hold."""

from collections.abc import Mapping
from datetime import time

from appliance.config import Span, replaced
from appliance.site import Site
from sim.scenario import Scenario
from sim.verdict.targets import DAY_S, QueueTargets, Scope, Target

__all__ = ["Limits", "parts_of", "probed"]

Limits = Mapping[str, Mapping[str, Target]]
"""By queue, empty: all calls; and by the name of a figure."""
_ALWAYS = {"occupancy": Target.parse("<= 100 %")}


def parts_of(scenario: Scenario, length_s: float) -> list[Scope]:
    """The hours of a scenario in parts of this length, as scopes of all calls."""
    hours = scenario.hours
    count = -(-int(hours.end_s - hours.begin_s) // int(length_s))
    begins = (hours.begin_s + number * length_s for number in range(count))
    return [Scope("", begin, min(begin + length_s, hours.end_s)) for begin in begins]


def probed(scenario: Scenario, site: Site, parts: list[Scope], limits: Limits) -> Scenario:
    """The scenario with each part's figures, of all calls and of each queue; `limits` give parts their service level's time."""
    spans = [Span(_time(part.since_s), _time(part.until_s)) for part in parts]

    def with_parts(targets: QueueTargets, queue: str) -> QueueTargets:
        own = {**limits.get("", {}), **limits.get(queue, {})} if queue else limits.get("", {})
        return replaced(targets, hours={**{span: {**_ALWAYS, **own} for span in spans}, **targets.hours})

    targets = scenario.targets
    queues = {queue: with_parts(targets.queues.get(queue, QueueTargets()), queue) for queue in site.queues}
    whole = with_parts(targets, "")
    return replaced(scenario, targets=replaced(whole, queues=queues))


def _time(second: float) -> time:
    minutes = round(second % DAY_S) // 60
    return time(minutes // 60, minutes % 60)
