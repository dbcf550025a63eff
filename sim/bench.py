"""`./hotline bench sim`: calls simulated per second, ours beside Ciw's, for the same queues in the same process.

Both simulate Poisson arrivals, exponential talks and exponential patience at c alike servers with as many calls. Ours runs the whole
appliance for it: simulated line, core, shell, store, agents' phones; Ciw a queue and nothing else. They take turns, so that a busy machine
slows both; each figure is the median of the processor time of the turns, under the same settings of the garbage collector.
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import process_time

from appliance.config import Document
from appliance.site import Site
from appliance.site.model import site_of
from hal.api import value
from sim.draws import Draws
from sim.run import rare_collections
from sim.scenario import Scenario
from sim.virtual import Centre

__all__ = ["bench_sim", "plain_queue"]

_TURNS = 5
_TARGET = 3.0
_CALLS = 20_000


@value
class Queue:
    """A system M/M/c+M; times in seconds, `rate` in calls per second."""

    servers: int
    rate: float
    talk_s: float
    patience_s: float


_QUEUES = (Queue(62, 62 / 186, 180, 120), Queue(500, 500 / 240, 240, 120), Queue(2000, 2000 / 240, 240, 120))


def bench_sim(path: Path | None = None, turns: int = _TURNS) -> int:
    """Measure, print, and write the JSON list if asked; 0: the target is met for every queue, 1: it is not."""
    rows = []
    for queue in _QUEUES:
        row = _row(queue, turns)
        verdict = "met" if row["ok"] else "missed"
        print(
            f"{row['metric']}: ours {row['ours']:,.0f}, {row['peer_name']} {row['peer']:,.0f} {row['unit']}; "
            f"{row['ratio']:.2f} times the peer's (target {row['target']:g}: {verdict})"
        )
        rows.append(row)
    if path is not None:
        path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    return 0 if all(row["ok"] for row in rows) else 1


def _row(queue: Queue, turns: int) -> dict[str, str | float | bool]:
    scenario, site = plain_queue(queue, _CALLS)

    def ours(seed: int) -> None:
        Centre(Draws(scenario, site, seed), site).run()

    def theirs(seed: int) -> None:
        _run_ciw(queue, _CALLS, seed)

    times: dict[str, list[float]] = {"ours": [], "peer": []}
    for turn in range(turns):
        for name, simulate in (("ours", ours), ("peer", theirs)):
            with rare_collections():
                times[name].append(_processor_s(simulate, turn + 1))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    our_rate, peer_rate = _CALLS / median(times["ours"]), _CALLS / median(times["peer"])
    ratio = our_rate / peer_rate
    return {
        "metric": f"calls simulated, {queue.servers} servers",
        "unit": "calls/s",
        "ours": round(our_rate, 1),
        "peer": round(peer_rate, 1),
        "ratio": round(ratio, 3),
        "peer_name": f"ciw {version('ciw')}",
        "target": _TARGET,
        "ok": ratio >= _TARGET,
    }


def _processor_s(simulate: Callable[[int], None], seed: int) -> float:
    began = process_time()
    simulate(seed)
    return process_time() - began


def plain_queue(queue: Queue, calls: int) -> tuple[Scenario, Site]:
    """A centre whose only number leads straight to a queue, without any delay of lines, phones or prompts, and a load of so many calls."""
    width = len(str(queue.servers))
    agents = [f"1{n:0{width}d}" for n in range(1, queue.servers + 1)]
    site = "\n".join(
        [
            '[centre]\nlanguages = ["en"]\ntimezone = "UTC"\n[lines.trunk]\nbackend = "simulated"\n[numbers]\n1 = { queue = "only" }',
            "[queues.only]\nmusic = false\n[recording]\ncalls = false\n[stations]",
            *(f"8{agent} = {{}}" for agent in agents),
            "[agents]",
            *(f'{agent} = {{ name = "server {agent}", station = "8{agent}", groups = {{ only = 1 }} }}' for agent in agents),
        ]
    )
    minutes = -(-calls // (queue.rate * 60))
    scenario = f"""
        scenario = "plain queue"
        site = "none"
        hours = "00:00-{minutes // 60:02.0f}:{minutes % 60:02.0f}"
        [arrivals]
        1 = {{ calls = {calls} }}
        [callers]
        patience = {{ exponential = {{ mean_s = {queue.patience_s} }} }}
        talk = {{ exponential = {{ mean_s = {queue.talk_s} }} }}
        [agents]
        roster = [{{ who = "{agents[0]}-{agents[-1]}" }}]
        answers_after = "0 s"
        [delays]
        set_up = "0 s"
        answer = "0 s"
        prompt_start = "0 s"
        stored = "0 s"
        spoken = false
    """
    return Document.parse(scenario, "bench").structure(Scenario), site_of(Document.parse(site, "bench site"), Path())


def _run_ciw(queue: Queue, calls: int, seed: int) -> None:
    """The same queue by Ciw, which notes the same of every customer."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(queue.rate)],
        service_distributions=[ciw.dists.Exponential(1 / queue.talk_s)],
        reneging_time_distributions=[ciw.dists.Exponential(1 / queue.patience_s)],
        number_of_servers=[queue.servers],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(calls, method="Arrive")
