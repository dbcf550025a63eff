"""The figures of a run, as DESIGN.md names and defines them: plain dictionaries, ready to become JSON.

They are counted call by call, and what is kept does not grow with the number of calls. A figure of nothing is None.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from hal.api import value
from sim.stories import Day, Story
from sim.verdict.spread import RESPONSE, WAIT, Histogram, Spread
from sim.verdict.targets import Scope

__all__ = ["LEFT", "Figures", "Period", "Tally", "periods_of"]

Figures = dict[str, Any]
LEFT = ("answered", "abandoned", "other")
"""How a wait ends: by an agent, by giving up, and otherwise (message, overflow, loss)."""


@value
class Period:
    """What is measured: calls placed, and agents' seconds, from `since` until before `until`, in seconds of the simulation."""

    since: float
    until: float


def periods_of(scope: Scope, whole: Period, midnights: Iterable[float]) -> list[Period]:
    """The parts of a period that are a scope's hours, on every day; the days begin at `midnights`, in seconds of the simulation."""
    if scope.all_day:
        return [whole]
    found = []
    for midnight in midnights:
        begin, end = max(midnight + scope.since_s, whole.since), min(midnight + scope.until_s, whole.until)
        if begin < end:
            found.append(Period(begin, end))
    return found


class Tally:
    """The figures of some calls: those placed in some periods that a queue, or everybody, had."""

    def __init__(self, periods: Sequence[Period], threshold_s: float, queue: str = "") -> None:
        """Count nothing yet; `threshold_s` is the service level's."""
        self.periods, self.threshold_s, self.queue = periods, threshold_s, queue
        self._outcomes: Counter[str] = Counter()
        self._more: Counter[str] = Counter()
        self._waits, self._speed = Spread(), Spread()
        self._responses = {name: Spread() for name in ("answer", "prompt", "offer")}
        self.histogram = Histogram(LEFT)

    def add(self, story: Story) -> None:
        """Count a call, if it is one of these."""
        placed_at = story.placed_at
        if self.queue not in ("", story.queue):
            return
        for period in self.periods:
            if period.since <= placed_at < period.until:
                break
        else:
            return
        outcome, wait_s, more = story.outcome, story.wait_s, self._more
        self._outcomes[outcome] += 1
        if story.attempt:
            more["redials"] += 1
        if not story.queue and outcome in ("self-served", "message"):
            more["alone"] += 1
        if not story.recorded:
            more["unrecorded"] += 1
        if wait_s is not None:
            self._waits.add(wait_s)
            self.histogram.add(outcome if outcome in LEFT else "other", wait_s)
            more["waited"] += wait_s > 0
            if outcome == "answered":
                self._speed.add(wait_s)
                more["within"] += wait_s <= self.threshold_s
        if story.told_right is not None:
            more["told"] += 1
            more["told right"] += story.told_right
        if story.recording is not None:
            more["to be recorded"] += 1
            more["whole recordings"] += story.recording
        if (answer_s := story.answer_s) is not None:
            self._responses["answer"].add(answer_s * 1000.0)
        if (prompt_s := story.prompt_s) is not None:
            self._responses["prompt"].add(prompt_s * 1000.0)
        if story.offered_after_s is not None:
            self._responses["offer"].add(story.offered_after_s * 1000.0)

    def figures(self, day: Day, agents: Iterable[str]) -> Figures:
        """What was counted, and how busy these agents were meanwhile."""
        outcomes, more = self._outcomes, self._more
        offered, answered, abandoned, blocked = outcomes.total(), outcomes["answered"], outcomes["abandoned"], outcomes["blocked"]
        served = answered + abandoned
        agents = list(agents)
        times = [day.seconds(agents, period.since, period.until) for period in self.periods]
        busy_s, there_s = (sum(each) for each in zip(*times, strict=True)) if times else (0.0, 0.0)
        return {
            "contacts": {
                "offered": offered,
                "answered": answered,
                "abandoned": abandoned,
                "blocked": blocked,
                "self_served": outcomes["self-served"],
                "messages": outcomes["message"],
                "unreached": outcomes["unreached"],
                "redials": more["redials"],
            },
            "wait_s": {"mean": self._waits.mean, **self._waits.quantiles(WAIT)},
            "p_wait": _share(more["waited"], self._waits.number),
            "service_level": {
                "threshold_s": self.threshold_s,
                "answered": _share(more["within"], answered),
                "offered": _share(more["within"], served),
            },
            "asa_s": self._speed.mean,
            "abandonment": _share(abandoned, served),
            "blocking": _share(blocked, offered),
            "occupancy": _share(busy_s, there_s),
            "self_service": _share(more["alone"], offered - blocked),
            "expected_wait": {"told": more["told"], "inside": _share(more["told right"], more["told"])},
            "recordings": {"expected": more["to be recorded"], "complete": _share(more["whole recordings"], more["to be recorded"])},
            "losses": {
                "calls": outcomes["lost"],
                "records": more["unrecorded"],
                "recordings": more["to be recorded"] - more["whole recordings"],
            },
            "response_ms": {name: self._responses[name].quantiles(RESPONSE) for name in self._responses},
        }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
