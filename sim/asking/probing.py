"""Figures of parts of the day, that a scenario does not promise but a question needs: they are asked for as limits that always hold."""

from collections.abc import Mapping
from datetime import time

from appliance.config import Span, replaced
from appliance.site import Site
from sim.scenario import Scenario
from sim.verdict.targets import DAY_S, QueueTargets, Scope, Target

__all__ = ["Limits", "clock_of", "parts_of", "probed"]

Limits = Mapping[str, Mapping[str, Target]]
"""By queue, empty: all calls; and by the name of a figure."""
_ALWAYS = {"occupancy": Target.parse("<= 100 %")}


def parts_of(scenario: Scenario, length_s: float) -> list[Scope]:
    """The hours of a scenario in parts of this length, as scopes of all calls."""
    hours = scenario.hours
    count = -(-int(hours.end_s - hours.begin_s) // int(length_s))
    begins = (hours.begin_s + number * length_s for number in range(count))
    return [Scope("", begin, min(begin + length_s, hours.end_s)) for begin in begins]


def probed(scenario: Scenario, site: Site, limits: Mapping[Scope, Limits]) -> Scenario:
    """The scenario with the figures of parts of the day, of all calls and of each queue; `limits` give a part its service level's time."""

    def with_parts(targets: QueueTargets, queue: str) -> QueueTargets:
        hours: dict[Span, Mapping[str, Target]] = {}
        for part, said in limits.items():
            own = {**said.get("", {}), **said.get(queue, {})}
            hours[Span(clock_of(part.since_s), clock_of(part.until_s))] = {**_ALWAYS, **own}
        return replaced(targets, hours={**hours, **targets.hours})

    targets = scenario.targets
    queues = {queue: with_parts(targets.queues.get(queue, QueueTargets()), queue) for queue in site.queues}
    return replaced(scenario, targets=replaced(with_parts(targets, ""), queues=queues))


def clock_of(second: float) -> time:
    """A second of the day as a time of day; midnight at its end is `time.min`."""
    minutes = round(second % DAY_S) // 60
    return time(minutes // 60, minutes % 60)
