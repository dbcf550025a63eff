"""Verdicts as documents, in a terminal, and as exit codes of the command."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import lxml.etree
import lxml.html
import pytest

from appliance.cli import main
from sim.report.junit import junit
from sim.report.page import html
from sim.report.terminal import Bar, length, sparkline, summary
from tests.sim.day import SITE, result

pytestmark = pytest.mark.requirement("SIM-03")

SCENARIOS = Path(__file__).parents[2] / "scenarios"


SMALL = f"""\
scenario = "A minute"
site     = "{SCENARIOS / "sites" / "demo.toml"}"
hours    = "10:00-10:03"
[arrivals]
95500 = {{ every = "15 s" }}
[callers]
presses = {{ "1 1" = 1.0 }}
talk    = "5 s"
[agents]
roster = [{{ who = "1001-1004" }}]
[targets]
"""

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
    page = summary(together)
    assert f"speed of answer {together.figures['asa_s']:.1f} s ± " in page
    assert "service level  >= 80 % in 20 s" in page


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


SLOW = ('answers_after = "2 s"', 'answers_after = "9 s"')
CHANCE = ('talk = "30 s"', "talk = { exponential = { mean_s = 100 } }")


def test_junit_has_a_case_for_each_target_and_is_what_servers_check() -> None:
    schema = lxml.etree.RelaxNG(lxml.etree.parse(str(Path(__file__).parent / "junit.rng")))
    extra = '[targets]\nasa = "<= 1 s"\nrecords_lost = "= 0"\n[targets.every."5 min"]\nasa = "<= 30 s"\n'
    text = junit(result(SLOW, extra=extra))
    schema.assertValid(lxml.etree.fromstring(text.encode()))
    suite = ET.fromstring(text)
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "0")
    said = [(case.get("name"), failure.get("message")) for case in suite.iter("testcase") for failure in case.iter("failure")]
    assert said == [("asa <= 1 s", "measured 9.0 s")]
    assert "asa, every 5 min <= 30 s: 9.0 s in 09:00-09:05" in (suite.findtext("system-out") or "")


def test_what_is_not_decided_is_an_error_of_junit() -> None:
    several = result(CHANCE, extra='[targets]\nwait_max = "<= 60 s"\nasa = "<= 9 min"\n', replications=3)
    assert [verdict.state for verdict in several.verdicts] == ["not decided", "met"]
    assert several.exit_code == 3
    suite = ET.fromstring(junit(several))
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")
    assert [error.get("type") for error in suite.iter("error")] == ["not decided"]
    assert "1 of 2 targets not decided" in summary(several)


# --- pages ------------------------------------------------------------------------------------------------------------------------------


def elements(page: str) -> "lxml.etree._Element":
    """The page, read by the rules of XML where HTML's differ only in void elements."""
    return lxml.html.document_fromstring(page)


def test_the_page_stands_alone() -> None:
    page = html(result(extra=TARGETS))
    found = elements(page)
    assert not found.xpath("//script | //link | //img | //iframe | //@src | //@href | //@onclick")
    assert "url(" not in page
    assert "@import" not in page
    assert "http" not in page.lower()
    assert found.xpath("string(//h1)") == "A small day"
    assert found.xpath("string(//p[@class='sentence'])") == "All 4 targets met."
    first = [heading.text for heading in found.xpath("//h2")][:2]
    assert first == ["What was promised", "What was asked"]


def test_each_drawing_is_told_to_those_who_cannot_see_it() -> None:
    found = elements(html(result(extra=TARGETS)))
    drawings = found.xpath("//figure//svg")
    assert len(drawings) == 6
    for drawing in drawings:
        assert drawing.get("role") == "img"
        assert drawing.findtext("title")
        assert drawing.findtext("desc")
    assert found.xpath("//svg[not(ancestor::figure)][not(@aria-hidden)]") == []
    assert len(found.xpath("//details[summary='The curves in numbers']//tbody/tr")) == 120


def test_the_axis_of_time_has_24_hours_and_names_days_where_there_are_several() -> None:
    def ticks(*changes: tuple[str, str]) -> list[str]:
        figure = elements(html(result(*changes))).xpath("//figure[.//h3[starts-with(., 'Calls')]]//svg")[0]
        texts = figure.findall("text")
        lowest = max(float(text.get("y")) for text in texts)
        return [str(text.text) for text in texts if float(text.get("y")) == lowest]

    assert ticks() == [f"09:{minute:02}" for minute in range(11)]
    evening = ticks(('hours = "09:00-09:10"', 'hours = "21:30-24:00"'), ('every = "60 s"', 'every = "1 h"'))
    assert evening[0] == "21:30"
    assert evening[-1] == "24:00"
    days = ticks(('hours = "09:00-09:10"', 'hours = "09:00-09:10"\ndays = 3'), ('every = "60 s"', 'every = "5 min"'))
    assert {"Tue 3", "Wed 4"} < set(days)
    week = html(result(('hours = "09:00-09:10"', 'hours = "09:00-09:10"\ndays = 9'), ('every = "60 s"', 'every = "5 min"')))
    assert "Monday 2026-03-02 to Tuesday 2026-03-10, 09:00-09:10 on each day" in week
    assert "at most 1 calls in 2 h, on Mon 2, 09:00" in week


def test_names_are_text_and_never_markup() -> None:
    site = SITE.replace("[queues.help]", '[queues."help"]').replace('name = "one"', 'name = "<b>one</b>"')
    page = html(result(('"A small day"', '"<script>alert(1)</script> 热线 & 夜班"'), extra=TARGETS, site=site), source='x = "<i>&"')
    found = elements(page)
    assert found.xpath("string(//h1)") == "<script>alert(1)</script> 热线 & 夜班"
    assert not found.xpath("//script")
    assert found.xpath("string(//pre)") == 'x = "<i>&"'


def test_faults_are_marked_in_every_curve_and_told_in_words() -> None:
    fault = '[[faults]]\nat = "09:02"\nwhat = "line lost"\nline = "trunk"\nfor = "2 min"\n'
    found = elements(html(result(('every = "60 s"', 'every = "50 s"'), extra=fault)))
    assert found.xpath("string(//ul[@class='marks']/li)").startswith("109:02–09:04  line lost trunk: ")
    for figure in found.xpath("//figure")[:5]:
        (band,) = figure.xpath(".//rect[@class='fault']")
        wide = 960 - 58 - 14
        assert float(band.get("x")) == pytest.approx(58 + wide * 0.2, abs=0.1)
        assert float(band.get("width")) == pytest.approx(wide * 0.2, abs=0.1)
    assert not found.xpath("//figure")[5].xpath(".//rect[@class='fault']"), "the waits have no time of day"


def test_the_warm_up_is_shaded() -> None:
    found = elements(html(result(('hours = "09:00-09:10"', 'hours = "09:00-09:10"\nwarm_up = "1 min"'))))
    (band,) = found.xpath("//figure")[0].xpath(".//rect[@class='warming']")
    assert float(band.get("width")) == pytest.approx((960 - 58 - 14) * 0.1, abs=0.1)


def test_replications_have_intervals_ranges_and_a_table() -> None:
    found = elements(html(result(CHANCE, extra=TARGETS, replications=3)))
    for table in ("//ul[@class='tiles']", "//h2[.='Queues']/following::table[1]", "//h2[.='Response']/following::table[1]"):
        assert "±" in found.xpath(f"string({table})")
    assert found.xpath("//path[contains(@class, 'spread')]")
    heading = found.xpath("//h2[.='Replications']")[0]
    assert [cell.text for cell in heading.getnext().xpath(".//tbody/tr/td[1]")] == ["1", "2", "3"]


def test_a_page_of_nobody_and_nothing_can_be_read() -> None:
    found = elements(html(result(('who = "1001-1002"', 'who = "1001"'), ('1 = { every = "60 s" }', '1 = { every = "9 min" }'))))
    assert found.xpath("string(//p[@class='sentence'])") == "No targets: nothing was promised."
    assert not found.xpath("//h2[.='What was promised']")


# --- in a terminal ----------------------------------------------------------------------------------------------------------------------


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


CHANCEY = SMALL.replace('talk    = "5 s"', "talk    = { exponential = { mean_s = 20 } }")


def test_replications_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "day.toml"
    file.write_text(CHANCEY + 'asa = "<= 1 min"\n')
    assert main(["sim", "run", str(file), "--replications", "3", "--seed", "4"]) == 0
    assert "seeds 4-6" in capsys.readouterr().out
    assert main(["sim", "run", str(file), "--replications", "8", "--precision", "60%", "--json", "-"]) == 0
    assert len(json.loads(capsys.readouterr().out)["replications"]) == 5
    assert main(["sim", "run", str(file), "--replications", "2", "--live"]) == 2
    assert "cannot be replicated" in capsys.readouterr().err
    for wrong in (["--precision", "5"], ["--precision", "0%"], ["--replications", "0"]):
        with pytest.raises(SystemExit):
            main(["sim", "run", str(file), *wrong])


def test_a_run_beside_an_earlier_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, before, page = tmp_path / "day.toml", tmp_path / "before.json", tmp_path / "page.html"
    file.write_text(CHANCEY)
    main(["sim", "run", str(file), "--replications", "3", "--json", str(before)])
    file.write_text(CHANCEY.replace("1001-1004", "1001-1001"))
    capsys.readouterr()
    main(
        ["sim", "run", str(file), "--replications", "3", "--against", str(before), "--html", str(page), "--json", str(tmp_path / "b.json")]
    )
    said = capsys.readouterr().out
    assert "beside before.json:" in said
    assert "occupancy" in said
    assert "different" in said
    compared = json.loads((tmp_path / "b.json").read_text())["comparison"]
    assert compared["pairs"] == 3
    found = elements(page.read_text("utf-8"))
    assert found.xpath("//h2[.='Beside before.json']")
    assert len(found.xpath("//path[contains(@class, 'before')]")) == 2
    main(["sim", "run", str(file), "--against", str(before)])
    assert "may be chance" in capsys.readouterr().out, "one run against three has one pair"
    before.write_text('{"scenario": 1}')
    assert main(["sim", "run", str(file), "--against", str(before)]) == 2
    assert "is no report of" in capsys.readouterr().err


def test_two_scenarios_or_two_sites_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two, page = tmp_path / "one.toml", tmp_path / "two.toml", tmp_path / "page.html"
    one.write_text(CHANCEY)
    two.write_text(CHANCEY.replace("1001-1004", "1001-1002"))
    site = tmp_path / "quick.toml"
    site.write_text(
        (SCENARIOS / "sites" / "demo.toml").read_text().replace("holidays-2026.toml", str(SCENARIOS / "sites/holidays-2026.toml"))
    )
    assert main(["sim", "compare", str(one), str(two), "--replications", "3", "--html", str(page), "--json", str(tmp_path / "c.json")]) == 0
    said = capsys.readouterr().out
    assert "one and two    seeds 1-3" in said
    assert "3 pairs of runs" in said
    found = elements(page.read_text("utf-8"))
    assert found.xpath("string(//h1)") == "one and two"
    assert not found.xpath("//script | //link | //img")
    report = json.loads((tmp_path / "c.json").read_text())
    assert [len(run["replications"]) for run in report["runs"]] == [3, 3]
    assert main(["sim", "compare", str(one), "--site", str(site), "--replications", "2"]) == 0
    assert "demo and quick" in capsys.readouterr().out
    assert main(["sim", "compare", str(one), "--site", str(site), "--site", str(site), "--replications", "2"]) == 0
    assert "every figure is the same" in capsys.readouterr().out
    assert main(["sim", "compare", str(one)]) == 2
    assert "compare two scenarios, or one scenario with --site" in capsys.readouterr().err


def test_another_site_in_place_of_the_scenarios_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "day.toml"
    file.write_text(SMALL)
    assert main(["sim", "run", str(file), "--site", str(tmp_path / "nowhere.toml")]) == 2
    assert "there is no file" in capsys.readouterr().err
