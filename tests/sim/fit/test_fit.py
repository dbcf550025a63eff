"""A day is simulated, recorded, fitted and lived anew: what went in comes out, within bounds that are stated."""

from contextlib import redirect_stdout
from datetime import UTC
from io import StringIO
from pathlib import Path

import pytest

from appliance.cli import main
from appliance.config import Duration
from appliance.config.structuring import structure
from appliance.core.records import AgentState
from sim.distributions import Lognormal, Weibull, mean_of
from sim.draws import Draws
from sim.fit.fitted import chances
from sim.fit.samples import gathered
from sim.recorded import write_trace
from sim.scenario import Scenario, load_scenario
from sim.trace import Trace, rows_of
from sim.virtual import run_centre
from tests.sim.day import SITE, lived

pytestmark = pytest.mark.requirement("SIM-02")

AGENTS = 28
PEOPLE = "".join(f'{1101 + n} = {{ name = "a", station = "{8101 + n}", groups = {{ help = 1 }} }}\n' for n in range(AGENTS))
CENTRE = (
    SITE.split("[stations]")[0].replace("channels = 8", "channels = 200").replace("wrap_up_s = 5", "wrap_up_s = 600")
    + "[stations]\n"
    + "".join(f"{8101 + n} = {{}}\n" for n in range(AGENTS))
    + "[agents]\n"
    + PEOPLE
)
TRUE = f"""\
scenario = "What is true"
site     = "site.toml"
hours    = "08:00-18:00"
date     = 2026-03-02
days     = 2
[arrivals.1]
per_hour = {{ "08:00" = 230, "13:00" = 170 }}
[callers]
patience = {{ weibull = {{ mean_s = 90, shape = 1.5 }} }}
talk     = {{ lognormal = {{ mean_s = 400, sigma = 0.6 }} }}
redial   = {{ chance = 0.5, after = {{ exponential = {{ mean_s = 200 }} }} }}
[agents]
wrap_up  = {{ lognormal = {{ mean_s = 60, sigma = 0.5 }} }}
roster   = [{{ who = "1101-{1100 + AGENTS}" }}]
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of a small centre as a trace."""
    folder = tmp_path_factory.mktemp("fit")
    (folder / "site.toml").write_text(CENTRE)
    (folder / "true.toml").write_text(TRUE)
    scenario, site = load_scenario(folder / "true.toml")
    centre = run_centre(Draws(scenario, site, 5), site)
    written = write_trace(folder / "calls.csv", centre.store.contacts, centre.store.rows(AgentState), site.centre.timezone)
    assert written == len(centre.world.callers)
    return folder


@pytest.mark.slow
def test_a_simulated_day_comes_out_of_its_trace(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """4,000 calls: arrivals within 8 %, mean patience within 20 %, its shape within 15 %, talks within 4 %, redials within a fifth."""
    out = recorded / "fitted.toml"
    site_file, calls = str(recorded / "site.toml"), str(recorded / "calls.csv")
    assert main(["sim", "fit", calls, "--site", site_file, "--out", str(out), "--interval", "1 h"]) == 0
    told = capsys.readouterr().out
    scenario, site = load_scenario(out)
    assert scenario.agents.roster[0].who.text == f"1101-{1100 + AGENTS}"
    rates = scenario.arrivals["1"].per_hour
    assert isinstance(rates, dict)
    by_hour = {at.hour: rate for at, rate in rates.items()}
    assert sum(by_hour[hour] for hour in range(8, 13)) == pytest.approx(5 * 230, rel=0.08)
    assert sum(by_hour[hour] for hour in range(13, 18)) == pytest.approx(5 * 170, rel=0.08)
    patience, talk, redial = scenario.callers.patience, scenario.callers.talk, scenario.callers.redial
    assert isinstance(patience, Weibull)
    assert patience.mean_s == pytest.approx(90, rel=0.2)
    assert patience.shape == pytest.approx(1.5, rel=0.15)
    assert isinstance(talk, Lognormal)
    assert talk.mean_s == pytest.approx(400, rel=0.04)
    assert talk.sigma == pytest.approx(0.6, rel=0.06)
    assert redial is not None
    assert redial.chance == pytest.approx(0.5, rel=0.2)
    assert mean_of(redial.after) == pytest.approx(200, rel=0.25)
    assert isinstance(scenario.agents.wrap_up, Lognormal)
    assert scenario.agents.wrap_up.mean_s == pytest.approx(60, rel=0.05)  # a little of it is the code that is dialled
    assert scenario.agents.wrap_up.sigma == pytest.approx(0.5, rel=0.08)
    assert "patience: " in told
    assert "Kaplan-Meier" in told
    first_attempts = len(Draws(*load_scenario(recorded / "true.toml"), 5).calls)
    assert len(Draws(scenario, site, 6).calls) == pytest.approx(first_attempts, rel=0.08)


def test_without_a_site_the_tables_are_written_to_be_completed(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = recorded / "tables.toml"
    assert main(["sim", "fit", str(recorded / "calls.csv"), "--out", str(out)]) == 0
    assert "Name the site" in out.read_text()
    assert main(["sim", "run", str(out)]) == 2
    assert "tables.toml:5: site: there is no file" in capsys.readouterr().err


def test_columns_are_named_by_a_scenario(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (recorded / "calls.csv").read_text().replace("at,number", "Start,Service", 1)
    (tmp_path / "theirs.csv").write_text(text)
    (tmp_path / "layout.toml").write_text('[trace]\nfile = "any.csv"\ncolumns = { at = "Start", number = "Service" }\n')
    assert main(["sim", "fit", str(tmp_path / "theirs.csv")]) == 2
    assert "there is no column 'at'" in capsys.readouterr().err
    assert main(["sim", "fit", str(tmp_path / "theirs.csv"), "--columns", str(tmp_path / "layout.toml")]) == 0
    (tmp_path / "layout.toml").write_text('[trace]\nfile = "any.csv"\ncolumms = { at = "Start" }\n')
    assert main(["sim", "fit", str(tmp_path / "theirs.csv"), "--columns", str(tmp_path / "layout.toml")]) == 2
    assert "unknown key 'columms'; did you mean 'columns'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.csv"], "there is no such file"),
        (["calls.csv", "--interval", "7 min"], "possible is 5 min, 10 min, 15 min, 30 min, 1 h, 2 h"),
        (["calls.csv", "--timezone", "Mars/Base"], "there is no such zone"),
        (["calls.csv", "--redial-within", "soon"], "'soon' is not a length of time"),
        (["empty.csv"], "there is no call in it"),
    ],
)
def test_what_cannot_be_fitted_is_said(recorded: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    (recorded / "empty.csv").write_text("at,number\n")
    file, *rest = arguments
    assert main(["sim", "fit", str(recorded / file), *rest]) == 2
    assert said in capsys.readouterr().err


def test_who_calls_again_soon_is_no_new_caller(tmp_path: Path) -> None:
    rows = ["at,number,caller,wait_s,talk_s,outcome"]
    for n in range(40):
        rows.append(f"2026-03-02T{9 + n // 20:02d}:{n % 20 * 3:02d}:00,1,138{n:05d},30,,abandoned")
        if n % 2:
            rows.append(f"2026-03-02T{9 + n // 20:02d}:{n % 20 * 3 + 2:02d}:00,1,138{n:05d},20,60,answered")
    (tmp_path / "calls.csv").write_text("\n".join(rows) + "\n")
    found = gathered(rows_of(structure({"file": "calls.csv"}, Trace), tmp_path, None), 3600.0)
    assert len(found.arrivals["1"]) == 40
    assert chances(found.redials["abandoned"]) == (0.5, 1.0)
    assert set(found.redials["abandoned"].after_s) == {90.0}
    assert found.talks_s == []  # those of second attempts say nothing of callers as such
    apart = gathered(rows_of(structure({"file": "calls.csv"}, Trace), tmp_path, None), 60.0)
    assert len(apart.arrivals["1"]) == 60


# --- what is set ------------------------------------------------------------------------------------------------------------------------

TWO_QUEUES = (
    SITE.replace("2 = { flow", '3 = { queue = "sales" }\n2 = { flow').replace(
        "[stations]", "[queues.sales]\nwrap_up_s = 20\n[stations]\n8003 = {}\n8004 = {}"
    )
    + """\
1003 = { name = "three", station = "8003", groups = { sales = 1 } }
1004 = { name = "four", station = "8004", groups = { sales = 1 } }
"""
)
HOURS = ('hours = "09:00-09:10"', 'hours = "09:00-11:00"'), ('who = "1001-1002"', 'who = "1001-1004"')


def refitted(folder: Path, callers: str = "", agents: str = "", site: str = TWO_QUEUES) -> tuple[Scenario, str]:
    """The scenario, and what was said, that come out of the trace of a day at a centre with two queues."""
    changes: tuple[tuple[str, str], ...] = (('1 = { every = "60 s" }', '1 = { every = "60 s" }\n3 = { every = "70 s" }'), *HOURS)
    changes += (('talk = "30 s"', f'talk = "30 s"\n{callers}'), ('answers_after = "2 s"', f'answers_after = "2 s"\n{agents}'))
    centre = lived(*changes, site=site)
    (folder / "site.toml").write_text(site)
    write_trace(folder / "calls.csv", centre.store.contacts, centre.store.rows(AgentState), UTC)
    words = ["--site", str(folder / "site.toml"), "--out", str(folder / "fitted.toml")]
    with redirect_stdout(StringIO()) as said:
        assert main(["sim", "fit", str(folder / "calls.csv"), *words]) == 0
    return load_scenario(folder / "fitted.toml")[0], said.getvalue()


def test_wrap_ups_that_the_site_sets_are_no_chance_and_are_left_to_it(tmp_path: Path) -> None:
    """5 s in one queue, 20 s in the other: together they look like chance."""
    scenario, said = refitted(tmp_path)
    assert (scenario.agents.wrap_up, scenario.agents.handling) == (None, ())
    assert "queue help: nearly always 5 s: it is set, and not by chance" in said
    assert "queue sales: nearly always 20 s: it is set, and not by chance" in said


def test_an_agent_with_a_wrap_up_of_his_own_makes_no_chance_of_it(tmp_path: Path) -> None:
    own = TWO_QUEUES.replace('name = "two"', 'name = "two", wrap_up_s = 12')
    scenario, said = refitted(tmp_path, site=own)
    assert (scenario.agents.wrap_up, scenario.agents.handling) == (None, ())
    assert "agent 1002: nearly always 12 s" in said
    assert "agents 1003, 1004: nearly always 20 s" in said


def test_wrap_ups_that_agents_set_themselves_are_in_the_scenario(tmp_path: Path) -> None:
    scenario, _ = refitted(tmp_path, agents='handling = [{ group = "sales", wrap_up = "9 s" }]')
    (handling,) = scenario.agents.handling
    assert handling.group == "sales"
    assert isinstance(handling.wrap_up, Duration)
    assert float(handling.wrap_up) == pytest.approx(9, abs=0.5)  # a little of it is the code that is dialled
    assert scenario.agents.wrap_up is None
    again, _ = refitted(tmp_path, agents=f'handling = [{{ group = "sales", wrap_up = "{handling.wrap_up}" }}]')
    (other,) = again.agents.handling
    assert isinstance(other.wrap_up, Duration)
    assert float(other.wrap_up) == pytest.approx(9, abs=1.0)


def test_patience_and_talks_that_are_set_come_out_as_they_went_in(tmp_path: Path) -> None:
    busy = SITE.replace("wrap_up_s = 5", "wrap_up_s = 120").replace("2 = { flow", '3 = { queue = "help" }\n2 = { flow')
    busy = (
        busy.replace("[stations]", "[stations]\n8003 = {}\n8004 = {}")
        + """\
1003 = { name = "three", station = "8003", groups = { help = 1 } }
1004 = { name = "four", station = "8004", groups = { help = 1 } }
"""
    )
    scenario, said = refitted(tmp_path, callers='patience = "40 s"', site=busy)
    assert scenario.callers.patience == Duration(40)
    assert scenario.callers.talk == Duration(30)
    assert "nearly always 40 s: it is set, and not by chance" in said
