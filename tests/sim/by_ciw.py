"""A queue whose customers are of several kinds, with priorities and reneging, simulated by Ciw from what a scenario and its site say."""

from collections.abc import Sequence
from math import inf
from statistics import fmean
from typing import Any

import ciw

from appliance.site import Site
from sim.distributions import Exponential
from sim.scenario import Scenario
from sim.verdict.intervals import half_width

__all__ = ["Figures", "by_ciw"]

Figures = dict[str, tuple[float, float]]
"""`abandonment`, `wait` (of all, zeros and those who gave up too) and `asa`: the mean, and half the width of its 95 % interval."""


class _UntilClosing(ciw.dists.Exponential):  # type: ignore[misc]
    """Customers come until a time, and nobody after it."""

    def __init__(self, rate: float, closes_s: float) -> None:
        super().__init__(rate)
        self._closes_s = closes_s

    def sample(self, t: float = 0.0, ind: Any = None) -> float:
        gap: float = super().sample(t, ind)
        return gap if t + gap < self._closes_s else inf


def by_ciw(scenario: Scenario, site: Site, seeds: Sequence[int]) -> dict[str, Figures]:
    """The scenario's `kinds` of callers at its one number, in replications; the first key that a kind presses is its priority's."""
    kinds, (flow,), (arrivals,) = scenario.callers.kinds, site.flows.values(), scenario.arrivals.values()
    assert isinstance(arrivals.per_hour, float | int)
    rate = arrivals.per_hour / 3600
    of_key = {key.key: level for key, level in flow.priority.items()}
    priority = {name: of_key.get(next(iter(kind.presses or {})), 0) for name, kind in kinds.items()}
    highest = max(priority.values())
    network = ciw.create_network(
        arrival_distributions={name: [_UntilClosing(rate * kind.share, scenario.length_s)] for name, kind in kinds.items()},
        service_distributions={name: [_exponential(kind.talk)] for name, kind in kinds.items()},
        reneging_time_distributions={name: [_exponential(kind.patience)] for name, kind in kinds.items()},
        priority_classes={name: highest - level for name, level in priority.items()},
        number_of_servers=[sum(len(shift.who.agents) for shift in scenario.agents.roster)],
    )
    runs = [_one(network, scenario, seed) for seed in seeds]
    return {
        name: {figure: (fmean(own := [run[name][figure] for run in runs]), half_width(own)) for figure in ("abandonment", "wait", "asa")}
        for name in kinds
    }


def _exponential(lengths: object) -> Any:
    assert isinstance(lengths, Exponential)
    return ciw.dists.Exponential(1 / lengths.mean_s)


def _one(network: Any, scenario: Scenario, seed: int) -> dict[str, dict[str, float]]:
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(scenario.length_s + 86_400)
    records = simulation.get_all_records()
    found = {}
    for name in scenario.callers.kinds:
        rows = [row for row in records if row.customer_class == name and row.arrival_date >= scenario.warm_up]
        served = [row.waiting_time for row in rows if row.record_type == "service"]
        waits = [row.waiting_time for row in rows]
        found[name] = {"abandonment": 1 - len(served) / len(rows), "wait": fmean(waits), "asa": fmean(served)}
    return found
