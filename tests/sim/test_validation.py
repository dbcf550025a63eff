"""The whole appliance, used as a plain queue, agrees with the exact results of queueing theory, and replays bit by bit.

Each figure is the mean of several replications; its confidence interval at 95 % holds the exact value in 19 of 20 studies. A run is
reproducible, so these intervals either hold it or do not, every time: the seeds are the ones first tried, except where a comment says so.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.config import replaced
from sim.erlang import erlang_a, erlang_b, erlang_c, erlang_c_within
from sim.report.result import Result
from sim.run import run
from sim.scenario import load_scenario

pytestmark = pytest.mark.requirement("SIM-04")

ROOT = Path(__file__).parents[2]
VALIDATION = ROOT / "scenarios" / "validation"


def replicate(name: str, times: int, hours: str | None = None) -> Result:
    scenario, site = load_scenario(VALIDATION / name)
    if hours is not None:
        scenario = replaced(scenario, hours=type(scenario.hours).parse(hours))
    return run(scenario, site, seed=1, replications=times)


def agree(mean: float, half_width: float, exact: float, widest: float) -> None:
    """The interval holds the exact value, and is narrow enough to say something."""
    assert abs(mean - exact) <= half_width, f"{mean} ± {half_width}, exact {exact}"
    assert half_width <= widest * exact, f"± {half_width} says too little about {exact}"


@pytest.mark.slow
@pytest.mark.whole
def test_erlang_a() -> None:
    exact = erlang_a(62, 1 / 3, 180, 120)
    result = replicate("erlang-a-c62.toml", 6, "00:00-04:00")
    figures, widths = result.figures, result.figures["half_width"]
    agree(figures["p_wait"], widths["p_wait"], exact.p_wait, 0.25)
    agree(figures["abandonment"], widths["abandonment"], exact.p_abandon, 0.4)
    agree(figures["wait_s"]["mean"], figures["wait_s"]["half_width"]["mean"], exact.mean_wait_s, 0.4)
    agree(figures["asa_s"], widths["asa_s"], exact.asa_s, 0.4)


@pytest.mark.slow
@pytest.mark.whole
def test_erlang_c() -> None:
    exact = erlang_c(14, 100 / 1800, 180)
    result = replicate("erlang-c-14.toml", 6, "00:00-12:00")
    figures, widths = result.figures, result.figures["half_width"]
    agree(figures["p_wait"], widths["p_wait"], exact.p_wait, 0.3)
    agree(figures["asa_s"], widths["asa_s"], exact.asa_s, 0.5)
    level = figures["service_level"]
    agree(level["offered"], level["half_width"]["offered"], erlang_c_within(14, 100 / 1800, 180, 20), 0.1)
    assert figures["abandonment"] == 0


@pytest.mark.slow
@pytest.mark.whole
def test_erlang_b() -> None:
    result = replicate("erlang-b-20.toml", 6, "00:00-10:00")
    agree(result.figures["blocking"], result.figures["half_width"]["blocking"], erlang_b(20, 300 / 3600 * 180), 0.3)
    assert result.figures["wait_s"]["max"] == 0


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
