"""Runs on all cores: their results do not depend on where, and in which order, they were made."""

import os
from concurrent.futures import Future, wait
from functools import partial
from itertools import count
from multiprocessing import active_children
from time import perf_counter, sleep

import pytest

import sim.parallel
from hal.api import HalError
from sim.compare import compare
from sim.parallel import Progress, Workers, run_all
from sim.report.beside import Comparison, Other, runs_of
from sim.run import replication, run
from sim.verdict.comparing import Difference, Runs, differences
from sim.verdict.targets import WHOLE
from tests.sim.day import small_day

pytestmark = pytest.mark.requirement("SIM-03")

CHANCE = ('talk = "30 s"', "talk = { exponential = { mean_s = 100 } }")


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes are worth their start, however short the runs are, and there are cores for two."""
    monkeypatch.setattr(sim.parallel, "_WORTH_IT_S", 0.0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def square(number: int, progress: Progress) -> tuple[int, int]:
    progress(0.5)
    return number * number, os.getpid()


def wait_a_second(_number: int, _progress: Progress) -> tuple[int, int]:
    sleep(1.0)
    return 0, os.getpid()


def die(number: int, progress: Progress) -> int:
    if number == 2:
        os._exit(1)
    return number


@pytest.mark.slow
def test_results_come_from_several_processes_in_the_order_of_the_jobs_and_no_more_than_are_enough(beside: None) -> None:
    told: list[float] = []
    found = run_all([partial(square, number) for number in range(50)], told.append, lambda results: len(results) == 7)
    assert [result for result, _ in found] == [0, 1, 4, 9, 16, 25, 36]
    assert len({process for _, process in found}) >= 2
    assert found[0][1] == os.getpid()
    assert told[-1] == 1
    assert all(0 <= share <= 1 for share in told)


def test_what_is_not_worth_it_stays_here() -> None:
    found = run_all([partial(square, number) for number in range(5)])
    assert {process for _, process in found} == {os.getpid()}
    assert run_all([partial(square, number) for number in range(5)], enough=lambda results: len(results) == 2) == found[:2]


@pytest.mark.slow
def test_processes_are_kept_from_round_to_round_and_end_with_the_last_one(beside: None) -> None:
    with Workers() as workers:
        first = workers([partial(square, number) for number in range(20)])
        few = workers([partial(square, number) for number in range(50)], lambda _done: None, lambda results: len(results) == 3)
        then = workers([partial(square, number) for number in range(20)])
    assert [result for result, _ in then] == [result for result, _ in first] == [number * number for number in range(20)]
    assert few == [(0, few[0][1]), (1, few[1][1]), (4, few[2][1])]
    there = {process for _, process in first} - {os.getpid()}
    assert {process for _, process in (*few, *then)} <= there
    assert 0 < len(there) <= 2
    assert active_children() == []


@pytest.mark.slow
def test_one_round_after_the_other_becomes_worth_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job takes a second, a round three; more than ten are worth it, which is so with the fourth round."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(sim.parallel, "_WORTH_IT_S", 10.0)
    monkeypatch.setattr(sim.parallel, "perf_counter", count().__next__)
    with Workers() as workers:
        rounds = [{process for _, process in workers([partial(square, number) for number in range(3)])} for _ in range(5)]
    assert rounds[:3] == [{os.getpid()}] * 3
    assert not {os.getpid()} & (rounds[3] | rounds[4])


@pytest.mark.slow
def test_who_waits_for_other_processes_does_nothing_meanwhile(beside: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One job is done long before the one that is asked for first: that must not be seen again and again."""
    looked: list[float] = []

    def wait_once(futures: list[Future[object]], timeout: float, until: str) -> object:
        looked.append(timeout)
        return wait(futures, timeout, until)

    monkeypatch.setattr(sim.parallel, "wait", wait_once)
    began = perf_counter()
    run_all([partial(square, 0), partial(wait_a_second, 1), partial(square, 2)])
    assert len(looked) <= (perf_counter() - began) / looked[0] + 3


@pytest.mark.slow
def test_a_process_that_dies_is_told(beside: None) -> None:
    with pytest.raises(HalError, match="the process of a run has died"):
        run_all([partial(die, number) for number in range(4)])


@pytest.mark.slow
def test_a_replication_is_the_same_in_any_process(beside: None) -> None:
    scenario, site = small_day(CHANCE)
    there = run_all([partial(replication, scenario, site, seed) for seed in (1, 2, 3)])
    here = [replication(scenario, site, seed) for seed in (1, 2, 3)]
    assert [each.digest for each in there] == [each.digest for each in here]
    assert [each.as_json() | {"wall_s": 0} for each in there] == [each.as_json() | {"wall_s": 0} for each in here]
    assert len({each.digest for each in here}) == 3


# --- precision --------------------------------------------------------------------------------------------------------------------------


def test_replications_stop_when_the_intervals_are_narrow_enough() -> None:
    scenario, site = small_day(CHANCE, extra='[targets]\nservice_level = ">= 50 % within 5 s"\n')
    coarse = run(scenario, site, replications=40, precision=0.5)
    fine = run(scenario, site, replications=40, precision=0.2)
    assert 5 <= len(coarse.replications) < len(fine.replications) < 40
    (verdict,) = fine.verdicts
    assert verdict.half_width is not None
    assert verdict.half_width <= 0.2 * max(verdict.measured or 0.0, 0.5)
    before = run(scenario, site, replications=len(fine.replications) - 1)
    assert not before.known_within(0.2)


def test_without_targets_the_usual_figures_are_looked_at() -> None:
    scenario, site = small_day(CHANCE)
    found = run(scenario, site, replications=3)
    assert not found.known_within(0.001)
    assert found.known_within(100.0)


# --- comparisons ------------------------------------------------------------------------------------------------------------------------


def row(rows: list[Difference], name: str) -> Difference:
    return next(each for each in rows if each.name == name and each.scope == WHOLE)


def test_the_same_configuration_twice_is_the_same() -> None:
    day = small_day(CHANCE)
    _, _, comparison = compare(("a", *day), ("b", *day), replications=3)
    assert comparison.pairs == 3
    assert {each.says for each in comparison.rows} <= {"the same"}


def test_what_more_agents_change_is_told_and_what_they_do_not_change_is_not() -> None:
    few = small_day(CHANCE, ('who = "1001-1002"', 'who = "1001"'))
    many = small_day(CHANCE)
    first, second, comparison = compare(("one", *few), ("two", *many), replications=8)
    rows = list(comparison.rows)
    assert row(rows, "asa").says == "better"
    assert row(rows, "asa").significant
    assert row(rows, "service_level").says == "better"
    assert row(rows, "occupancy").says == "different"
    assert row(rows, "offered").says == "the same"
    assert [run.seed for run in first.runs] == [run.seed for run in second.runs] == list(range(1, 9))
    mean = row(rows, "asa")
    assert mean.before == pytest.approx(first.figures["asa_s"])
    assert mean.after == pytest.approx(second.figures["asa_s"])
    backwards = compare(("two", *many), ("one", *few), replications=8)[2]
    assert row(list(backwards.rows), "asa").says == "worse"


def test_pairs_with_the_same_callers_tell_more_than_the_same_runs_unpaired() -> None:
    usual = small_day(CHANCE)
    slower = small_day(CHANCE, ('answers_after = "2 s"', 'answers_after = "3 s"'))
    paired = row(list(compare(("a", *usual), ("b", *slower), replications=6)[2].rows), "asa")
    scenario, site = slower
    other = run(scenario, site, seed=100, replications=6)
    base = run(*usual, replications=6)
    unpaired = row(list(Comparison.of(Other("x", runs_of(base), None), other, "a", "b").rows), "asa")
    assert paired.significant
    assert paired.half_width is not None
    assert unpaired.half_width is not None
    assert paired.half_width < unpaired.half_width / 2


def measured(*values: float, seeds_from: int) -> Runs:
    return {seed: {WHOLE: {"asa_s": value}} for seed, value in enumerate(values, seeds_from)}


def test_differences_of_pairs_and_of_runs_without_seeds_in_common() -> None:
    before = measured(1.0, 2.0, 3.0, seeds_from=1)
    (paired,) = differences(before, measured(2.0, 4.0, 6.0, seeds_from=1), WHOLE, ["asa"])
    (welch,) = differences(before, measured(2.0, 4.0, 6.0, seeds_from=9), WHOLE, ["asa"])
    assert paired.change == welch.change == 2.0
    assert paired.half_width == pytest.approx(4.303 / 3**0.5)
    assert welch.half_width == pytest.approx(4.303 * (1 / 3 + 4 / 3) ** 0.5)  # 2.94 degrees of freedom
    (one,) = differences(measured(1.0, seeds_from=1), measured(2.0, seeds_from=1), WHOLE, ["asa"])
    assert (one.change, one.half_width, one.says) == (1.0, None, "may be chance")


def test_pairs_stop_when_the_differences_are_known_well_enough() -> None:
    usual = small_day(CHANCE)
    slower = small_day(CHANCE, ('answers_after = "2 s"', 'answers_after = "3 s"'))
    first, second, comparison = compare(("a", *usual), ("b", *slower), replications=30, precision=0.9)
    assert len(first.runs) == len(second.runs) == comparison.pairs == 5
