"""Verdicts as documents, in a terminal, and as exit codes of the command."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from appliance.cli import main
from sim.report.junit import junit
from sim.report.page import html
from sim.report.terminal import Bar, length, sparkline, summary
from sim.verdict.targets import Target
from tests.sim.day import result

pytestmark = pytest.mark.requirement("SIM-03")

SCENARIOS = Path(__file__).parents[2] / "scenarios"


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


KEYS = {
    "scenario", "seed", "mode", "virtual_s", "wall_s", "events", "contacts", "wait_s", "p_wait", "service_level", "asa_s", "abandonment",
    "blocking", "occupancy", "self_service", "expected_wait", "recordings", "losses", "response_ms", "queues", "priorities", "targets",
    "digest", "curves", "wait_distribution",
}  # fmt: skip
TARGETS = '[targets]\nservice_level = ">= 80 % within 20 s"\nabandonment = "<= 5 %"\noffer_p99 = "<= 500 ms"\nrecords_lost = "= 0"\n'


def test_the_report_has_exactly_the_keys_that_are_promised() -> None:
    report = result(extra=TARGETS).as_json()
    assert set(report) == KEYS
    assert set(report["queues"]["help"]) == set(report["priorities"]["normal"]) == KEYS - {
        "scenario", "seed", "mode", "virtual_s", "wall_s", "events", "queues", "priorities", "targets", "digest", "curves",
        "wait_distribution",
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
    assert page.count("<figure>") == 6
    assert "All 4 targets met." in page


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
