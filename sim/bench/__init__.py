"""`./hotline bench sim`: calls simulated per second and memory, beside Ciw and SimPy, for the same queues in the same run.

The peers simulate Poisson arrivals, exponential talks and exponential patience at c alike servers, and nothing else. Ours runs the whole
appliance for that: simulated line, core, shell, store, agents' phones; and then a full centre, with menus, skills, announcements,
recordings and records. All take turns, so that a busy machine slows all; each figure is the median of the processor time of the turns,
under the same settings of the garbage collector. Memory is the peak of processes that do nothing else, with more calls and with fewer.
"""

import json
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import process_time

from appliance.site import Site
from hal.api import value
from sim.bench.centres import DAY_AGENTS, DAY_CALLS, Queue, full_centre, plain_queue
from sim.bench.peers import CIW, SIMPY, by_ciw, by_simpy
from sim.bench.rows import Row, beside, limited, said
from sim.draws import Draws
from sim.run import rare_collections
from sim.scenario import Scenario
from sim.virtual import Centre

__all__ = ["Queue", "Size", "bench_sim", "full_centre", "plain_queue"]

_QUEUES = (Queue(62, 62 / 186, 180, 120), Queue(500, 500 / 240, 240, 120), Queue(2000, 2000 / 240, 240, 120))
_PLAIN_TARGET, _FULL_TARGET = 3.0, 1.0
_DAY_TARGET_S, _MONTH_DAYS, _MONTH_TARGET_S = 30.0, 30, 15 * 60.0
_FLAT_BYTES = 1024.0
"""A call that is over may take so much: it is one row of numbers, and its share of what the allocator holds."""


@value
class Size:
    """How much is simulated."""

    queues: tuple[Queue, ...] = _QUEUES
    calls: int = 20_000
    """Of a plain queue, and of the part of the full centre's day that is compared with it."""
    day: int = DAY_CALLS
    """Of the full centre's day."""
    agents: int = DAY_AGENTS
    """Of the full centre."""
    fewer: int = 10_000
    more: int = 40_000
    """Between these the growth of memory is measured."""
    turns: int = 3


def bench_sim(path: Path | None = None, size: Size = Size()) -> int:  # noqa: B008 - a value
    """Measure, print, and write the JSON list if asked; 0: every target is met, 1: one is not."""
    rows = [*_speeds(size), *_day(size), *_memory(size)]
    for row in rows:
        print(said(row))
    if path is not None:
        path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    return 1 if any(row["ok"] is False for row in rows) else 0


# --- speed --------------------------------------------------------------------------------------------------------------------------------


def _speeds(size: Size) -> list[Row]:
    rows = []
    compared = min(size.queues, key=lambda queue: abs(queue.servers - size.agents))
    for queue in size.queues:
        runs: dict[str, Callable[[int], object]] = {
            "ours": partial(_simulate, plain_queue(queue, size.calls)),
            CIW: partial(by_ciw, queue, size.calls),
            SIMPY: partial(by_simpy, queue, size.calls),
        }
        if queue is compared:
            runs["full"] = partial(_simulate, full_centre(size.calls, size.agents))
        rates = {name: size.calls / seconds for name, seconds in _medians(runs, size.turns).items()}
        for peer, target in ((CIW, _PLAIN_TARGET), (SIMPY, None)):
            rows.append(beside(f"plain queue, {queue.servers} servers", "calls/s", rates["ours"], rates[peer], peer, target))
        if queue is compared:
            metric = f"full centre, {size.agents} agents, beside a plain queue"
            rows.append(beside(metric, "calls/s", rates["full"], rates[CIW], CIW, _FULL_TARGET))
    return rows


def _simulate(what: tuple[Scenario, Site], seed: int) -> Centre:
    scenario, site = what
    centre = Centre(Draws(scenario, site, seed), site, measured=True)
    centre.run()
    return centre


def _medians(runs: dict[str, Callable[[int], object]], turns: int) -> dict[str, float]:
    """Processor seconds of each; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(turns):
        for name, simulate in runs.items():
            times[name].append(_processor_s(partial(simulate, turn + 1)))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {name: median(seconds) for name, seconds in times.items()}


def _processor_s(simulate: Callable[[], object]) -> float:
    with rare_collections():
        began = process_time()
        simulate()
        return process_time() - began


def _day(size: Size) -> list[Row]:
    """One whole day, and, since neither time nor memory of a call depends on how many came before, a month of such days."""
    print("one whole day ...", file=sys.stderr, flush=True)
    day_s = _processor_s(partial(_simulate, full_centre(size.day, size.agents), 1))
    month_s = day_s * _MONTH_DAYS
    return [
        limited(f"a full centre's day, {size.agents} agents, {size.day:,} calls", "s", day_s, _DAY_TARGET_S),
        limited(f"a month of {_MONTH_DAYS} such days, reckoned from the one", "s", month_s, _MONTH_TARGET_S),
    ]


# --- memory -------------------------------------------------------------------------------------------------------------------------------


def _memory(size: Size) -> list[Row]:
    queue = min(size.queues, key=lambda queue: abs(queue.servers - size.agents))
    found = {}
    for name, what in {"full": "full", "plain": "plain", CIW: "ciw"}.items():
        few, many = (_in_a_process(partial(_peak_bytes, what, queue, calls, size.agents)) for calls in (size.fewer, size.more))
        found[name] = (many, (many - few) / (size.more - size.fewer))
    rows = []
    for name, metric in (("full", f"full centre, {size.agents} agents"), ("plain", f"plain queue, {queue.servers} servers")):
        rows.append(beside(f"{metric}: peak memory of {size.more:,} calls", "MB", found[name][0] / 1e6, found[CIW][0] / 1e6, CIW, None))
        rows.append(limited(f"{metric}: memory for each call that is over", "bytes", found[name][1], _FLAT_BYTES, found[CIW][1], CIW))
    return rows


def _peak_bytes(what: str, queue: Queue, calls: int, agents: int) -> int:
    with rare_collections():
        if what == "ciw":
            by_ciw(queue, calls, 1)
        else:
            _simulate(full_centre(calls, agents) if what == "full" else plain_queue(queue, calls), 1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _in_a_process(job: Callable[[], int]) -> int:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(job).result()
