"""The whole appliance, used as a plain queue, agrees with the exact results of queueing theory, and replays bit by bit.

Each figure is the mean of several replications; its confidence interval at 95 % holds the exact value in 19 of 20 studies. A run is
reproducible, so these intervals either hold it or do not, every time: the seeds are the ones first tried, except where a comment says so.
"""

import os
import subprocess
import sys
from math import hypot
from pathlib import Path
from statistics import NormalDist

import pytest

from sim.erlang import Waiting, erlang_a, erlang_b, erlang_c, erlang_c_within
from sim.report.result import Result
from sim.run import run
from sim.scenario import load_scenario
from tests.sim.by_ciw import by_ciw

pytestmark = pytest.mark.requirement("SIM-04")

ROOT = Path(__file__).parents[2]
VALIDATION = ROOT / "scenarios" / "validation"
ALL_NINE = NormalDist().inv_cdf(1 - 0.025 / 9) / NormalDist().inv_cdf(1 - 0.025)
"""So many times as wide as one figure's are the intervals that hold nine at once, as sure."""


def replicate(name: str) -> Result:
    """Twenty of it, on all cores: what `./hotline sim run FILE --replications 20` shows."""
    scenario, site = load_scenario(VALIDATION / name)
    return run(scenario, site, seed=1, replications=20)


def agree(mean: float, half_width: float, exact: float, widest: float) -> None:
    """The interval holds the exact value, and is narrow enough to say something."""
    assert abs(mean - exact) <= half_width, f"{mean} ± {half_width}, exact {exact}"
    assert half_width <= widest * exact, f"± {half_width} says too little about {exact}"


@pytest.mark.slow
@pytest.mark.whole
@pytest.mark.parametrize(
    ("name", "exact"),
    [("erlang-a-c62.toml", erlang_a(62, 1 / 3, 180, 120)), ("erlang-a-c500.toml", erlang_a(500, 500 / 240, 240, 120))],
    ids=["c62", "c500"],
)
def test_erlang_a(name: str, exact: Waiting) -> None:
    figures = replicate(name).figures
    widths = figures["half_width"]
    agree(figures["p_wait"], widths["p_wait"], exact.p_wait, 0.2)
    agree(figures["abandonment"], widths["abandonment"], exact.p_abandon, 0.3)
    agree(figures["wait_s"]["mean"], figures["wait_s"]["half_width"]["mean"], exact.mean_wait_s, 0.3)
    agree(figures["asa_s"], widths["asa_s"], exact.asa_s, 0.3)


@pytest.mark.slow
@pytest.mark.whole
@pytest.mark.parametrize(
    ("name", "servers", "rate"), [("erlang-c-14.toml", 14, 100 / 1800), ("erlang-c-68.toml", 68, 1 / 3)], ids=["14", "68"]
)
def test_erlang_c(name: str, servers: int, rate: float) -> None:
    exact, figures = erlang_c(servers, rate, 180), replicate(name).figures
    widths, level = figures["half_width"], figures["service_level"]
    agree(figures["p_wait"], widths["p_wait"], exact.p_wait, 0.2)
    agree(figures["asa_s"], widths["asa_s"], exact.asa_s, 0.4)
    agree(level["offered"], level["half_width"]["offered"], erlang_c_within(servers, rate, 180, 20), 0.05)
    assert figures["abandonment"] == 0


@pytest.mark.slow
@pytest.mark.whole
def test_erlang_b() -> None:
    figures = replicate("erlang-b-20.toml").figures
    agree(figures["blocking"], figures["half_width"]["blocking"], erlang_b(20, 300 / 3600 * 180), 0.15)
    assert figures["wait_s"]["max"] == 0


@pytest.mark.slow
@pytest.mark.whole
def test_several_classes_with_priorities_and_reneging() -> None:
    """Theory has no formula for them: Ciw simulates the same queue, and each class's difference is inside its interval.

    Nine differences are looked at in one study: the intervals are as wide as to hold all of them at 95 % (Bonferroni).
    """
    scenario, site = load_scenario(VALIDATION / "priorities-12.toml")
    peer = by_ciw(scenario, site, range(1, 101))
    queues = replicate("priorities-12.toml").queues
    for name, figures in queues.items():
        widths = figures["half_width"]
        ours = {
            "abandonment": (figures["abandonment"], widths["abandonment"]),
            "wait": (figures["wait_s"]["mean"], figures["wait_s"]["half_width"]["mean"]),
            "asa": (figures["asa_s"], widths["asa_s"]),
        }
        for figure, (mean, half_width) in ours.items():
            theirs, their_half_width = peer[name][figure]
            agree(mean, ALL_NINE * hypot(half_width, their_half_width), theirs, 0.25)
    waits = [figures["wait_s"]["mean"] for figures in queues.values()]
    assert waits[0] * 1.5 < waits[1] < waits[2] / 2, "the priorities count, and the classes are told apart"


REPORT = """\
import json, sys
from pathlib import Path
from appliance.config import replaced
from sim.run import run
from sim.scenario import load_scenario
scenario, site = load_scenario(Path(sys.argv[1]))
scenario = replaced(scenario, hours=type(scenario.hours).parse("09:00-10:00"), faults=scenario.faults[:2])
print(json.dumps(run(scenario, site, seed=4).as_json() | {"wall_s": 0}))
"""


@pytest.mark.slow
@pytest.mark.whole
def test_two_processes_with_different_hash_seeds_give_the_same_report() -> None:
    def report(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", REPORT, str(ROOT / "scenarios" / "ten-thousand.toml")]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    first = report("1")
    assert first == report("4711")
    assert '"digest"' in first


def test_another_seed_is_another_day() -> None:
    scenario, site = load_scenario(ROOT / "scenarios" / "first-day.toml")
    assert run(scenario, site, seed=1).digest == run(scenario, site, seed=1).digest != run(scenario, site, seed=2).digest
