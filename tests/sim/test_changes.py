"""What if: values that `--set` gives reach the run through the files' own checks, and what is wrong with one is told with its option."""

from pathlib import Path

import pytest

from appliance.config import ConfigError
from sim.changes import Change, roster_from
from sim.scenario import Scenario, load_scenario
from tests.sim.asking import asked, day_in

pytestmark = pytest.mark.requirement("SIM-02")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return day_in(tmp_path)


def changed(file: Path, *texts: str) -> Scenario:
    return load_scenario(file, None, [Change.parse(text) for text in texts])[0]


def test_values_of_scenario_and_site(file: Path) -> None:
    texts = ["callers.hangs_up=0.25", "callers.talk = 10 s", 'agents.roster[1].who="1002"', "site.queues.help.ring_s=33"]
    scenario, site = load_scenario(file, None, [Change.parse(text) for text in texts])
    assert (scenario.callers.hangs_up, scenario.callers.talk) == (0.25, 10.0)
    assert scenario.agents.roster[0].who.agents == ("1002",)
    assert site.queues["help"].ring_s == 33
    assert load_scenario(file)[1].queues["help"].ring_s == 10
    redial = changed(file, "callers.redial.chance=0.5", "callers.redial.after='9 s'").callers.redial
    assert redial is not None
    assert redial.after == 9.0


def test_keys_in_quotes_may_have_dots_and_hyphens(file: Path) -> None:
    scenario = changed(file, 'targets.hours."09:00-09:05".asa=<= 9 s')
    assert [promise.label for promise in scenario.targets.promises(scenario.hours)] == ["09:00-09:05"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("callers.hangs_upp=1", "--set callers.hangs_upp=1: callers: unknown key 'hangs_upp'; did you mean 'hangs_up'?"),
        ("callers.hangs_up=7", "--set callers.hangs_up=7: callers.hangs_up: 7 is out of range; possible is 0 to 1"),
        ("agents.roster[2].who=1", "--set agents.roster[2].who=1: agents.roster.2: there is no '2' in a list of 1; count from 1"),
        ("hours.x=1", "--set hours.x=1: hours.x: hours is a value, and no table that could have a 'x'"),
        ("site.queues.help.ring_s=soon", "queues.help.ring_s: expected a number, not the text 'soon'"),
    ],
)
def test_what_is_wrong_is_told_with_the_option(file: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        changed(file, text)
    assert said in str(raised.value)
    assert str(raised.value).startswith(f"--set {text}: ")


@pytest.mark.parametrize("text", ["callers", "callers.hangs_up=", "=3", "a b=3"])
def test_what_is_no_change(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no (PATH=VALUE|path)"):
        Change.parse(text)


def test_a_roster_of_its_own(file: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.toml"
    roster.write_text('roster = [{ who = "1001", to = "09:05" }]')
    assert [shift.who.agents for shift in load_scenario(file, None, [roster_from(roster)])[0].agents.roster] == [("1001",)]
    roster.write_text("rooster = []")
    with pytest.raises(ConfigError, match="this is no roster"):
        roster_from(roster)


def test_run_and_compare_take_changes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = asked(capsys, "run", file, "--set", "hours=09:00-09:30")
    assert (code, "offered 29" in said) == (0, True)
    code, said = asked(capsys, "compare", file, "--replications", "2", "--set", "site.queues.help.wrap_up_s=50")
    assert code == 0
    assert "as it is and changed" in said
    occupancy = next(line for line in said.splitlines() if line.strip().startswith("occupancy"))
    assert "different" in occupancy
    code, said = asked(capsys, "run", file, "--live", "--set", "site.queues.help.ring_s=9")
    assert (code, "meets the site as it is" in said) == (2, True)
