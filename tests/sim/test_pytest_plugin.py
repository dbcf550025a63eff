"""Scenario files as tests: those that are asked for, with their missed targets when they fail; none in a project that asks for none."""

from pathlib import Path

import pytest

from appliance.core.engine import Engine

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.requirement("SIM-06")

SITES = Path(__file__).parents[2] / "scenarios" / "sites"
DAY = f"""\
scenario = "A minute"
site     = "{SITES / "demo.toml"}"
hours    = "10:00-10:01"
[arrivals]
95500 = {{ every = "20 s" }}
[callers]
presses = {{ "1 1" = 1.0 }}
talk    = "5 s"
[agents]
roster = [{{ who = "1001-1004" }}]
[targets]
"""
GOOD, BAD = 'records_lost = "= 0"\n', 'answered = ">= 100"\nrecords_lost = "= 0"\n'


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """A project with two scenarios in a folder, one elsewhere, and a file that is something else."""
    days = pytester.mkdir("days")
    (days / "good.toml").write_text(DAY + GOOD)
    (days / "bad.toml").write_text(DAY + BAD)
    (days / "site.toml").write_text('[centre]\nname = "no scenario"\n')
    (pytester.mkdir("elsewhere") / "other.toml").write_text(DAY + GOOD)
    pytester.makepyfile(test_own="def test_own(): pass")
    return days


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "sim.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:trio", *arguments)


def test_a_project_that_does_not_ask_for_scenarios_has_none(pytester: pytest.Pytester, folder: Path) -> None:
    run(pytester).assert_outcomes(passed=1)


def test_those_of_a_folder_are_tests_and_a_failing_one_prints_its_missed_targets(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makeini("[pytest]\nhotline_scenarios = days\n")
    found = run(pytester, "-v")
    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(
        [
            "days/bad.toml::bad FAILED*",
            "days/good.toml::good PASSED*",
            "test_own.py::test_own PASSED*",
            "1 of 2 targets missed.",
            "A minute    seed 1   virtual*",
            "*answered*>= 100*2*MISSED",
            "*records lost*= 0*0*met",
        ]
    )
    assert "Traceback" not in found.stdout.str()
    assert "repr_failure" not in found.stdout.str()


def test_they_are_chosen_by_word_by_pattern_by_path_and_have_another_day_by_seed(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makeini("[pytest]\nhotline_scenarios = days/g*.toml\n")
    run(pytester).assert_outcomes(passed=2)
    run(pytester, "-k", "good").assert_outcomes(passed=1, deselected=1)
    run(pytester, "elsewhere/other.toml").assert_outcomes(passed=1)
    run(pytester, "elsewhere").assert_outcomes()
    found = run(pytester, "days/bad.toml", "--scenario-seed", "7")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["A minute    seed 7   virtual*"])


def test_what_is_wrong_in_a_file_is_said_with_its_line_and_a_scenario_without_targets_fails(
    pytester: pytest.Pytester, folder: Path
) -> None:
    (folder / "wrong.toml").write_text(DAY + 'recorts_lost = "= 0"\n')
    (folder / "idle.toml").write_text(DAY)
    found = run(pytester, "days/wrong.toml", "days/idle.toml")
    found.assert_outcomes(failed=2)
    found.stdout.fnmatch_lines(
        [
            "*wrong.toml:12: targets.recorts_lost: there is no target 'recorts_lost'; did you mean 'records_lost'?",
            "A minute: it promises nothing; write [[]targets[]]",
        ]
    )


def test_a_run_that_breaks_the_core_fails_whatever_its_targets_say(
    pytester: pytest.Pytester, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "check", lambda _: ["two agents in one chair"])
    found = run(pytester, "days/good.toml")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["1 rules of the core did not hold", "*broken in the core: two agents in one chair*"])
