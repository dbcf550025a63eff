"""`./hotline bench sim`: calls simulated per second, ours beside Ciw's, for the same queue in the same process.

Both simulate Poisson arrivals, exponential talks and exponential patience at c alike servers, for as many calls. Ours runs the whole
appliance for it: simulated line, core, shell, store, agents' phones. They take turns, so that a busy machine slows both; each figure is the
median of the processor time of the turns, under the same settings of the garbage collector.
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import process_time

from sim.distributions import Exponential
from sim.draws import Draws
from sim.run import rare_collections
from sim.scenario import Arrivals, load_scenario
from sim.virtual import Centre

__all__ = ["bench_sim"]

_FOLDER = Path(__file__).parent.parent / "scenarios" / "validation"
_SCENARIOS = ("erlang-a-c62.toml", "erlang-a-c500.toml")
_TURNS = 5
_TARGET = 3.0


def bench_sim(path: Path | None = None, turns: int = _TURNS) -> int:
    """Measure, print, and write the JSON list if asked; 0: the target is met."""
    rows = [_row(_FOLDER / name, turns) for name in _SCENARIOS]
    for row in rows:
        verdict = "met" if row["ok"] else "MISSED"
        print(
            f"{row['metric']}: ours {row['ours']:,.0f}, {row['peer_name']} {row['peer']:,.0f} {row['unit']}, "
            f"ratio {row['ratio']:.2f} (target {row['target']:g}: {verdict})"
        )
    if path is not None:
        path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    return 0 if all(row["ok"] for row in rows) else 1


def _row(file: Path, turns: int) -> dict[str, str | float | bool]:
    scenario, site = load_scenario(file)
    servers = sum(len(shift.who.agents) for shift in scenario.agents.roster)
    calls = len(Draws(scenario, site, 1).calls)
    patience, talk = scenario.callers.patience, scenario.callers.talk
    (arrivals,) = scenario.arrivals.values()
    assert isinstance(patience, Exponential)
    assert isinstance(talk, Exponential)
    rate = _per_second(arrivals)

    def ours(seed: int) -> None:
        Centre(Draws(scenario, site, seed), site).run()

    def theirs(seed: int) -> None:
        _run_ciw(calls, rate, 1 / talk.mean_s, 1 / patience.mean_s, servers, seed)

    times: dict[str, list[float]] = {"ours": [], "peer": []}
    for turn in range(turns):
        for name, simulate in (("ours", ours), ("peer", theirs)):
            with rare_collections():
                times[name].append(_processor_s(simulate, turn + 1))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    our_rate, peer_rate = calls / median(times["ours"]), calls / median(times["peer"])
    ratio = our_rate / peer_rate
    return {
        "metric": f"calls simulated, M/M/{servers}+M",
        "unit": "calls/s",
        "ours": round(our_rate, 1),
        "peer": round(peer_rate, 1),
        "ratio": round(ratio, 3),
        "peer_name": f"ciw {version('ciw')}",
        "target": _TARGET,
        "ok": ratio >= _TARGET,
    }


def _per_second(arrivals: Arrivals) -> float:
    assert isinstance(arrivals.per_hour, float)
    return arrivals.per_hour / 3600


def _processor_s(simulate: Callable[[int], None], seed: int) -> float:
    began = process_time()
    simulate(seed)
    return process_time() - began


def _run_ciw(calls: int, arrival: float, service: float, reneging: float, servers: int, seed: int) -> None:
    """The same queue by Ciw, which notes the same of every customer."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(arrival)],
        service_distributions=[ciw.dists.Exponential(service)],
        reneging_time_distributions=[ciw.dists.Exponential(reneging)],
        number_of_servers=[servers],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(calls, method="Arrive")
