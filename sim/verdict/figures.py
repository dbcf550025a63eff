"""The figures of a run, as DESIGN.md names and defines them: plain dictionaries, ready to become JSON.

Quantiles are nearest-rank: the smallest value that at least that share of all values does not exceed. A figure of nothing is None.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from hal.api import value
from sim.stories import Day, Story

__all__ = ["Figures", "Period", "figures_of", "quantile", "series_of"]

Figures = dict[str, Any]


@value
class Period:
    """What is measured: calls placed, and agents' seconds, from `since` until before `until`, in seconds of the simulation."""

    since: float
    until: float


def quantile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank quantile of values in ascending order."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _spread(values: Iterable[float | None], names: Mapping[str, float], scale: float = 1.0) -> Figures:
    ordered = sorted(round(value * scale, 6) for value in values if value is not None)
    return {name: quantile(ordered, share) if ordered else None for name, share in names.items()}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


_RESPONSE = {"p50": 0.5, "p99": 0.99, "max": 1.0}
_WAIT = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}


def figures_of(stories: Sequence[Story], day: Day, agents: Sequence[str], period: Period, threshold_s: float) -> Figures:
    """The figures of some calls and of the agents who can serve them."""
    calls = [story for story in stories if period.since <= story.placed_at < period.until]
    by_outcome: dict[str, list[Story]] = {}
    for story in calls:
        by_outcome.setdefault(story.outcome, []).append(story)
    answered, abandoned = by_outcome.get("answered", []), by_outcome.get("abandoned", [])
    blocked = len(by_outcome.get("blocked", []))
    waits = [story.wait_s for story in calls if story.wait_s is not None]
    within = sum(1 for story in answered if story.wait_s is not None and story.wait_s <= threshold_s)
    served = len(answered) + len(abandoned)
    alone = sum(1 for story in calls if story.outcome in ("self-served", "message") and not story.queue)
    told = [story.told_right for story in calls if story.told_right is not None]
    busy_s, there_s = day.seconds(agents, period.since, period.until)
    return {
        "contacts": {
            "offered": len(calls),
            "answered": len(answered),
            "abandoned": len(abandoned),
            "blocked": blocked,
            "self_served": len(by_outcome.get("self-served", [])),
            "messages": len(by_outcome.get("message", [])),
            "redials": sum(1 for story in calls if story.attempt),
        },
        "wait_s": {"mean": _mean(waits), **_spread(waits, _WAIT)},
        "p_wait": _share(sum(1 for wait in waits if wait > 0), len(waits)),
        "service_level": {"threshold_s": threshold_s, "answered": _share(within, len(answered)), "offered": _share(within, served)},
        "asa_s": _mean([story.wait_s for story in answered if story.wait_s is not None]),
        "abandonment": _share(len(abandoned), served),
        "blocking": _share(blocked, len(calls)),
        "occupancy": _share(busy_s, there_s),
        "self_service": _share(alone, len(calls) - blocked),
        "expected_wait": {"told": len(told), "inside": _share(sum(told), len(told))},
        "response_ms": {
            "answer": _spread((story.answer_s for story in calls), _RESPONSE, 1000.0),
            "prompt": _spread((story.prompt_s for story in calls), _RESPONSE, 1000.0),
            "offer": _spread((story.offered_after_s for story in calls), _RESPONSE, 1000.0),
        },
    }


def series_of(stories: Sequence[Story], since: float, until: float, bins: int) -> dict[str, list[float]]:
    """How it went, in `bins` equal parts: calls placed, and the mean numbers of callers waiting and of agents talking."""
    width = (until - since) / bins

    def average(span: Callable[[Story], tuple[float, float] | None]) -> list[float]:
        filled = [0.0] * bins
        for story in stories:
            if (ends := span(story)) is None:
                continue
            begin, end = (min(max(moment - since, 0.0), until - since) for moment in ends)
            first, last = int(begin / width), min(int(end / width), bins - 1)
            for place in range(first, last + 1):
                filled[place] += min(end, (place + 1) * width) - max(begin, place * width)
        return [seconds / width for seconds in filled]

    arrivals = [0.0] * bins
    for story in stories:
        if since <= story.placed_at < until:
            arrivals[min(int((story.placed_at - since) / width), bins - 1)] += 1
    return {"arrivals": arrivals, "waiting": average(_waiting), "talking": average(_talking)}


def _waiting(story: Story) -> tuple[float, float] | None:
    if not story.wait_s:
        return None
    end = story.connected_at if story.connected_at is not None else story.ended_at
    return end - story.wait_s, end


def _talking(story: Story) -> tuple[float, float] | None:
    return None if story.connected_at is None else (story.connected_at, story.ended_at)
