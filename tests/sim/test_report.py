"""Figures, verdicts and documents: their definitions, their shapes, and the command's exit codes."""

import io
import json
from math import inf
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.cli import main
from appliance.core.records import AgentState
from sim.faults.clocks import Clocks
from sim.report.junit import junit
from sim.report.page import html
from sim.report.terminal import Bar, length, sparkline, summary
from sim.stories import Day, Story, digest_of
from sim.verdict.figures import Period, figures_of, quantile, series_of
from sim.verdict.intervals import combined, half_width
from sim.verdict.targets import Target, Verdict
from tests.sim.day import result

pytestmark = pytest.mark.requirement("SIM-03")

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def story(
    number: int, outcome: str, wait_s: float | None, *, placed_at: float = 100.0, talk_s: float = 0.0, recorded: bool = True
) -> Story:
    connected = placed_at + 1 + (wait_s or 0.0) if outcome == "answered" else None
    end = placed_at + 1 + (wait_s or 0.0) + talk_s
    queue = "help" if wait_s is not None else ""
    agent = "1001" if connected else ""
    answered_at = None if outcome == "blocked" else placed_at + 0.2
    prompt_at = None if answered_at is None else answered_at + 0.05
    return Story(
        number, 0, str(number), placed_at, answered_at, prompt_at, connected, end, outcome, queue, agent, wait_s, talk_s, True, True,
        0.03 if connected else None,
    )  # fmt: skip


STORIES = [
    story(0, "answered", 0.0, talk_s=60),
    story(1, "answered", 10.0, talk_s=60),
    story(2, "answered", 30.0, talk_s=60),
    story(3, "abandoned", 20.0),
    story(4, "blocked", None),
    story(5, "self-served", None),
    story(6, "message", 5.0),
    story(7, "answered", 500.0, placed_at=10.0),  # during the warm-up
]
DAY = Day(
    [
        AgentState("1001", 0.0, "ready"),
        AgentState("1001", 100.0, "offered"),
        AgentState("1001", 130.0, "not-ready"),
        AgentState("1001", 160.0, "ready"),
        AgentState("1001", 190.0, "logged-out"),
    ],
    Clocks.right(0.0),
)


def test_figures_are_what_the_design_says_they_are() -> None:
    found = figures_of(STORIES, DAY, ["1001"], Period(50.0, 200.0), 20.0)
    assert found["contacts"] == {
        "offered": 7, "answered": 3, "abandoned": 1, "blocked": 1, "self_served": 1, "messages": 1, "redials": 0,
    }  # fmt: skip
    assert found["wait_s"] == {"mean": 13.0, "p50": 10.0, "p90": 30.0, "p95": 30.0, "p99": 30.0, "max": 30.0}
    assert found["p_wait"] == 4 / 5
    assert found["service_level"] == {"threshold_s": 20.0, "answered": 2 / 3, "offered": 2 / 4}
    assert found["asa_s"] == pytest.approx(40 / 3)
    assert found["abandonment"] == 1 / 4
    assert found["blocking"] == 1 / 7
    assert found["occupancy"] == pytest.approx(30 / (50 + 30 + 30))
    assert found["response_ms"]["answer"] == {"p50": 200.0, "p99": 200.0, "max": 200.0}
    assert found["response_ms"]["prompt"] == {"p50": 50.0, "p99": 50.0, "max": 50.0}
    assert found["response_ms"]["offer"] == {"p50": 30.0, "p99": 30.0, "max": 30.0}


def test_figures_of_nothing_are_none() -> None:
    found = figures_of([], Day([], Clocks.right(0.0)), [], Period(0.0, 1.0), 20.0)
    assert found["abandonment"] is None
    assert found["wait_s"]["mean"] is None
    assert found["occupancy"] is None
    assert found["response_ms"]["offer"]["p99"] is None


@given(st.lists(st.floats(0, 1000), min_size=1), st.floats(0.001, 1))
def test_a_quantile_is_a_value_that_enough_values_do_not_exceed(values: list[float], share: float) -> None:
    found = quantile(sorted(values), share)
    assert found in values
    assert sum(1 for value in values if value <= found) >= share * len(values) - 1e-9
    assert sum(1 for value in values if value < found) < share * len(values) + 1e-9


def test_a_target_that_has_nothing_to_measure_is_not_met() -> None:
    assert not Verdict("offer_p99", Target.parse("<= 500 ms"), None).ok


@pytest.mark.parametrize(
    ("target", "measured", "ok"),
    [(">= 80 % within 20 s", 0.8, True), (">= 80 % within 20 s", 0.7999, False), ("<= 500 ms", 0.5, True), ("= 0", 0, True),
     ("= 0", 1, False), ("< 5 %", 0.05, False), ("> 5 %", 0.051, True)],
)  # fmt: skip
def test_limits(target: str, measured: float, ok: bool) -> None:
    assert Target.parse(target).met(measured) is ok


@pytest.mark.parametrize(
    ("target", "measured", "said"),
    [(">= 80 % within 20 s", 0.8312, "83.1 %"), ("<= 500 ms", 0.0123, "12.3 ms"), ("<= 1 s", 0.02, "0.02 s"), ("= 0", 3, "3"),
     ("<= 2 min", 90, "1.5 min")],
)  # fmt: skip
def test_measured_values_are_said_in_the_targets_unit(target: str, measured: float, said: str) -> None:
    assert Target.parse(target).say(measured) == said


def test_the_digest_sees_every_call_and_not_less_than_a_microsecond() -> None:
    assert digest_of(STORIES) == digest_of(list(STORIES))
    assert digest_of(STORIES) != digest_of(STORIES[:-1])
    moved = [story(0, "answered", 0.0, talk_s=60.00001), *STORIES[1:]]
    assert digest_of(moved) != digest_of(STORIES)
    assert digest_of([story(0, "answered", 0.0, talk_s=60.0000000001), *STORIES[1:]]) == digest_of(STORIES)


def test_series_conserve_what_they_draw() -> None:
    drawn = series_of(STORIES, 0.0, 200.0, 8)
    assert sum(drawn["arrivals"]) == 8
    assert sum(drawn["talking"]) * 25 == pytest.approx(3 * 60 - 0.0)
    assert sum(drawn["waiting"]) * 25 == pytest.approx(10 + 30 + 20 + 5 + 189)  # of the last only what lies within


def test_half_widths() -> None:
    assert half_width([1.0]) == inf
    assert half_width([2.0, 2.0, 2.0]) == 0
    assert half_width([1.0, 2.0, 3.0]) == pytest.approx(4.303 / 3**0.5)
    together = combined([{"a": 1.0, "inner": {"b": None, "threshold_s": 20.0}}, {"a": 3.0, "inner": {"b": 2.0, "threshold_s": 20.0}}])
    assert together["a"] == 2
    assert together["half_width"]["a"] == pytest.approx(12.706)
    assert together["inner"] == {"b": 2.0, "threshold_s": 20.0, "half_width": {"b": None}}


KEYS = {
    "scenario", "seed", "mode", "virtual_s", "wall_s", "events", "contacts", "wait_s", "p_wait", "service_level", "asa_s", "abandonment",
    "blocking", "occupancy", "self_service", "expected_wait", "response_ms", "queues", "priorities", "targets", "digest",
}  # fmt: skip
TARGETS = '[targets]\nservice_level = ">= 80 % within 20 s"\nabandonment = "<= 5 %"\noffer_p99 = "<= 500 ms"\nrecords_lost = "= 0"\n'


def test_the_report_has_exactly_the_keys_that_are_promised() -> None:
    report = result(extra=TARGETS).as_json()
    assert set(report) == KEYS
    assert set(report["queues"]["help"]) == set(report["priorities"]["normal"]) == KEYS - {
        "scenario", "seed", "mode", "virtual_s", "wall_s", "events", "queues", "priorities", "targets", "digest",
    }  # fmt: skip
    assert set(report["targets"][0]) == {"name", "limit", "measured", "ok"}
    assert report["mode"] == "virtual"
    json.dumps(report, allow_nan=False)


def test_replications_give_means_with_their_uncertainty() -> None:
    together = result(('talk = "30 s"', "talk = { exponential = { mean_s = 100 } }"), extra=TARGETS, replications=3)
    report = together.as_json()
    assert set(report) == KEYS | {"replications", "half_width"}
    assert [each["seed"] for each in report["replications"]] == [1, 2, 3]
    assert report["wait_s"]["half_width"]["mean"] > 0
    assert len({each["digest"] for each in report["replications"]} | {report["digest"]}) == 4
    assert "±" in summary(together)


def test_the_page_at_the_end() -> None:
    outcome = result(extra=TARGETS)
    page = summary(outcome, ["a.html"])
    assert "A small day    seed 1   virtual" in page
    assert f"digest {outcome.digest[:4]} {outcome.digest[4:8]}" in page
    assert "offered 9   answered 9   abandoned 0" in page
    assert "service level  >= 80 % in 20 s   100 %      met" in page
    assert "All 4 targets met.\nreport: a.html" in page
    missed = result(('answers_after = "2 s"', 'answers_after = "9 s"'), extra='[targets]\nasa = "<= 1 s"\n')
    assert "1 of 1 targets missed." in summary(missed)
    assert missed.exit_code == 1


def test_nothing_promised_is_nothing_missed() -> None:
    outcome = result()
    assert outcome.ok
    assert "No targets" in summary(outcome)


def test_junit_has_a_case_for_each_target() -> None:
    outcome = result(('answers_after = "2 s"', 'answers_after = "9 s"'), extra='[targets]\nasa = "<= 1 s"\nrecords_lost = "= 0"\n')
    suite = ET.fromstring(junit(outcome))
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failures = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert failures == ["asa <= 1 s"]


def test_the_html_page_stands_alone() -> None:
    page = html(result(extra=TARGETS))
    assert "http" not in page.lower().replace("<!doctype html>", "")
    assert "A small day" in page
    assert page.count("<svg") == 3
    assert "All targets met" in page


def test_blocks_and_lengths() -> None:
    assert sparkline([0, 1, 2, 4]) == "▁▃▅█"
    assert sparkline([0, 0]) == "▁▁"
    assert [length(s) for s in (0.009, 1.94, 59, 330, 10_800, 44_100)] == ["9 ms", "1.9 s", "59.0 s", "5 min 30 s", "3 h", "12 h 15 min"]


def test_a_bar_is_drawn_on_terminals_only_and_wiped() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen, file = Terminal(), io.StringIO()
    for stream in (screen, file):
        bar = Bar("day", stream)
        for done in (0.0, 0.5, 0.5, 1.0):
            bar.show(done)
    assert "day  ███████████████···············  50%" in screen.getvalue()
    assert screen.getvalue().endswith("\r")
    assert file.getvalue() == ""


# --- the command ------------------------------------------------------------------------------------------------------------------------


def test_a_scenario_that_keeps_its_promises_exits_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(tmp_path / name) for name in ("a.json", "a.html", "a.xml")]
    code = main(["sim", "run", str(SCENARIOS / "first-day.toml"), "--json", files[0], "--html", files[1], "--junit", files[2]])
    assert code == 0
    assert "All 6 targets met." in capsys.readouterr().out
    assert json.loads(Path(files[0]).read_text())["contacts"]["offered"] == 36
    assert all(Path(file).stat().st_size for file in files)


def test_a_missed_target_exits_with_1_and_json_goes_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "day.toml"
    text = (SCENARIOS / "first-day.toml").read_text().replace('"sites/', f'"{SCENARIOS}/sites/').replace('"<= 500 ms"', '"<= 1 ms"')
    file.write_text(text)
    assert main(["sim", "run", str(file), "--json", "-", "--seed", "3"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [target["ok"] for target in report["targets"]] == [True, True, False, True, False, True]
    assert report["seed"] == 3


def test_a_wrong_scenario_exits_with_2_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "day.toml"
    file.write_text('scenario = "x"\nsitte = "y"\n')
    assert main(["sim", "run", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{file}:2: unknown key 'sitte'; did you mean 'site'?" in said.err
    assert main(["sim", "run", str(tmp_path / "nowhere.toml")]) == 2


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"]
