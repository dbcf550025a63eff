"""Scenario files: what they can say, and what is said about their mistakes."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from appliance.config import ConfigError, Document, loads, table
from appliance.config.declare import key_of, settings_of
from sim.arrivals import Arrivals, Burst
from sim.commands import scenario_schema
from sim.distributions import Exponential, Weibull, mean_of
from sim.draws import Draws
from sim.faults import LineLost, Moment
from sim.habits import CallBack, Callers, Kind, Redial, Slips
from sim.rosters import Absence, Agents, Handling, Lapses, Transfer
from sim.scenario import Who, load_scenario, scenario_of
from sim.trace import Trace
from sim.trunks import Trunk
from sim.verdict.targets import Target
from sim.written import Written

pytestmark = pytest.mark.requirement("SIM-02")

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@table
class Recorded:
    """The part of a scenario that is its trace."""

    trace: Trace


SHIPPED = sorted(path for path in SCENARIOS.rglob("*.toml") if "sites" not in path.parts)

GOOD = """\
scenario = "A morning"
site     = "sites/demo.toml"
hours    = "09:00-12:00"
warm_up  = "15 min"

[arrivals]
95500 = { per_hour = { "09:00" = 220, "10:00" = 320 } }

[callers]
patience = { weibull = { mean_s = 150, shape = 1.4 } }
presses  = { "1" = 0.7, "2 4" = 0.3 }
talk     = "180 s"

[agents]
roster = [{ who = "1001-1003, 1006", from = "08:55", breaks = ["10:30-10:45"] }]

[[faults]]
at   = "10:05"
what = "line lost"
line = "trunk"
for  = "3 min"

[targets]
service_level = ">= 80 % within 20 s"
offer_p99     = "<= 500 ms"
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        scenario_of(Document.parse(text, "morning.toml"), SCENARIOS)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_scenario_says_who_calls_who_works_what_breaks_and_what_is_promised() -> None:
    scenario, site = scenario_of(Document.parse(GOOD, "morning.toml"), SCENARIOS)
    assert scenario.callers.patience == Weibull(mean_s=150, shape=1.4)
    assert mean_of(scenario.callers.talk) == 180
    assert scenario.agents.roster[0].who.agents == ("1001", "1002", "1003", "1006")
    assert scenario.start_s == 8 * 3600 + 55 * 60
    assert scenario.opens_s == 300
    assert scenario.faults[0].details == LineLost(at=Moment.parse("10:05"), for_=180.0, line="trunk")  # type: ignore[arg-type]
    rates = scenario.arrivals["95500"].rates(Draws(scenario, site, 1).calendar, scenario.hours, 0)
    assert rates == [(300, 3900, 220 / 3600), (3900, 11100, 320 / 3600)]
    assert scenario.targets.limits["service_level"] == Target(">=", 0.8, "%", 20)
    assert "95500" in site.numbers


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_scenario_is_sound_and_fits_the_schema(path: Path) -> None:
    load_scenario(path)
    document = Document.read(path)
    jsonschema.validate(json.loads(json.dumps(document.data, default=str)), json.loads(scenario_schema()))


def test_the_schema_beside_the_scenarios_is_current() -> None:
    kept = (SCENARIOS / "scenario.schema.json").read_text("utf-8")
    assert kept == scenario_schema(), "run: ./hotline sim schema > scenarios/scenario.schema.json"


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("warm_upp = ", "warm_up  = ", "morning.toml:4: unknown key 'warm_upp'; did you mean 'warm_up'?"),
        ("sites/dmeo.toml", "sites/demo.toml", "did you mean 'demo.toml'?"),
        ("95510 = {", "95500 = {", "morning.toml:7: arrivals.95510: the site has no number '95510'; did you mean '95501'?"),
        ("wiebull", "weibull", "'wiebull' is not possible; did you mean 'weibull'?"),
        ('"1" = 0.6', '"1" = 0.7', "the shares add up to 0.9, not to 1"),
        ('"24" = 0.3', '"2 4" = 0.3', "'24' cannot stand here; expected is keys with spaces between them"),
        ("1001-1030", "1001-1003", "the site has no agent '1010'"),
        ("1003-1001", "1001-1003", "'1003-1001' is not a range"),
        ("day = 2\nwhat", "what", "faults[1].day: the run has no day 2; write days = ... for a longer one"),
        ('at   = "08:10"', 'at   = "10:05"', "faults[1].at: the run begins at 08:55"),
        ('at   = "12:00"', 'at   = "10:05"', "faults[1].at: nobody calls any more: the hours are 09:00-12:00"),
        ("line list", "line lost", "there is no what 'line list'; did you mean 'line lost'?"),
        ('line = "trank"', 'line = "trunk"', "the site has no line 'trank'; did you mean 'trunk'?"),
        ("servis_level", "service_level", "there is no target 'servis_level'; did you mean 'service_level'?"),
        ('>= 80 % "', '>= 80 % within 20 s"', "morning.toml:24: targets.service_level: '>= 80 %' does not fit 'service_level'"),
        ("<= 500 %", "<= 500 ms", "'offer_p99' is a time in ms, s or min, not '<= 500 %'"),
        ("about 5", "<= 500 ms", "'about 5' is not a limit such as"),
        ('"4 h"', '"15 min"', "nothing is left to measure after the warm-up"),
        ('"13:00" = 220, "14:00"', '"09:00" = 220, "10:00"', "nobody calls 95500 within 09:00-12:00"),
        ("12:00-09:00", "09:00-12:00", "ends before it begins"),
        ("mean_s = -1", "mean_s = 150", "-1 is out of range"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_do(wrong: str, right: str, said: str) -> None:
    assert right in GOOD
    assert said in "\n".join(mistakes(GOOD.replace(right, wrong, 1)))


@pytest.mark.parametrize(
    ("arrivals", "said"),
    [
        ("{}", "nobody would call"),
        ('{ every = "10 s", per_hour = 5 }', "'every' stands alone"),
        ('{ every = "0 s" }', "calls need some time between them"),
    ],
)
def test_arrivals_that_make_no_sense(arrivals: str, said: str) -> None:
    text = GOOD.replace('{ per_hour = { "09:00" = 220, "10:00" = 320 } }', arrivals)
    assert said in "\n".join(mistakes(text))


@pytest.mark.parametrize(
    ("agents", "said"),
    [
        ('handling = [{ who = "1001-1030", factor = 2 }]', "agents.handling[1].who: the site has no agent '1010'"),
        ('handling = [{ group = "consul" }]', "agents.handling[1].group: the site has no queue 'consul'; did you mean 'consult'?"),
        ('handling = [{ number = "9550" }]', "agents.handling[1].number: the site has no number '9550'"),
        ('handling = [{ skill = "complaint" }]', "agents.handling[1].skill: the site has no skill 'complaint'; did you mean 'complaints'?"),
        ('handling = [{ kind = "vips" }]', "agents.handling[1].kind: there is no kind of callers 'vips'"),
        ('transfers = [{ share = 1.0, to = "1009", number = "9550" }]', "agents.transfers[1].number: the site has no number '9550'"),
        ('transfers = [{ share = 1.0, to = "1009", who = "77" }]', "agents.transfers[1].who: the site has no agent '77'"),
    ],
)
def test_what_is_said_of_agents_fits_the_site(agents: str, said: str) -> None:
    assert said in "\n".join(mistakes(GOOD.replace("[agents]", f"[agents]\n{agents}")))


def test_all_mistakes_are_told_at_once() -> None:
    text = GOOD.replace("trunk", "trank").replace("1001-1003", "1001-1030")
    assert len(mistakes(text)) > 2


def test_an_agent_works_one_shift() -> None:
    text = GOOD.replace("roster = [", 'roster = [{ who = "1003" }, ')
    assert "agent 1003 is in two shifts" in "\n".join(mistakes(text))


@pytest.mark.parametrize(("text", "agents"), [("7", ("7",)), ("08-10", ("08", "09", "10")), ("1, 3-4", ("1", "3", "4"))])
def test_agents_are_written_as_ranges(text: str, agents: tuple[str, ...]) -> None:
    who = Who.parse(text)
    assert who.agents == agents
    assert str(who) == text


@pytest.mark.parametrize("text", [">= 80 % within 20 s", "<= 500 ms", "= 0", "< 2 min", "<= 5 %"])
def test_a_target_is_written_as_it_is_read(text: str) -> None:
    assert str(Target.parse(text)) == text


def test_what_chance_decides_is_the_same_for_the_same_seed_whatever_else_changes() -> None:
    scenario, site = scenario_of(Document.parse(GOOD, "a"), SCENARIOS)
    other, _ = scenario_of(Document.parse(GOOD.replace('roster = [{ who = "1001-1003, 1006"', 'roster = [{ who = "1001"'), "b"), SCENARIOS)
    calls = Draws(scenario, site, 7).calls
    assert calls == Draws(other, site, 7).calls
    assert calls != Draws(scenario, site, 8).calls
    assert [call.at for call in calls] == sorted(call.at for call in calls)
    assert {call.keys for call in calls} == {"1", "24"}
    # A change of the talk times leaves everything else as it was.
    longer, _ = scenario_of(Document.parse(GOOD.replace('"180 s"', "{ exponential = { mean_s = 60 } }"), "c"), SCENARIOS)
    assert [(c.at, c.patience_s, c.keys) for c in Draws(longer, site, 7).calls] == [(c.at, c.patience_s, c.keys) for c in calls]


def test_arrivals_come_as_they_are_said() -> None:
    def times(arrivals: str) -> list[float]:
        text = GOOD.replace('{ per_hour = { "09:00" = 220, "10:00" = 320 } }', arrivals)
        scenario, site = scenario_of(Document.parse(text, "x"), SCENARIOS)
        return [call.at - scenario.opens_s for call in Draws(scenario, site, 1).calls]

    assert times('{ every = "30 min" }') == [1800, 3600, 5400, 7200, 9000]
    exactly = times('{ calls = 1000, per_hour = { "09:00" = 0, "10:00" = 300, "11:00" = 100 } }')
    assert len(exactly) == 1000
    assert min(exactly) >= 3600
    assert 700 <= sum(1 for at in exactly if at < 7200) <= 800
    poisson = times('{ per_hour = { "10:00" = 2000 } }')
    assert 3800 <= len(poisson) <= 4200
    assert min(poisson) >= 3600


def test_redials_and_second_offers_depend_on_the_call_alone() -> None:
    text = GOOD.replace("[agents]", "redial = { chance = 0.5, after = { exponential = { mean_s = 60 } } }\n[agents]")
    scenario, site = scenario_of(Document.parse(text, "x"), SCENARIOS)
    one, two = Draws(scenario, site, 3), Draws(scenario, site, 3)
    calls = one.calls[:40]
    backwards = [two.redials_after_s(call, 0) for call in reversed(calls)]
    assert [one.redials_after_s(call, 0) for call in calls] == backwards[::-1]
    assert None in backwards
    assert one.conduct.rings_s(calls[0], 1) != one.conduct.rings_s(calls[0], 2)
    assert one.conduct.rings_s(calls[0], 0) == calls[0].rings_s


def test_means_are_means() -> None:
    assert mean_of(Exponential(mean_s=5)) == 5


def test_the_examples_of_the_handbook_are_sound() -> None:
    handbook = (SCENARIOS / "README.md").read_text("utf-8")
    arrivals, trace = re.findall(r"```toml\n(.*?)```", handbook, flags=re.DOTALL)
    scenario, site = scenario_of(Document.parse(f'scenario = "x"\nsite = "sites/demo.toml"\n{arrivals}', "README.md"), SCENARIOS)
    assert scenario.days == 14
    assert len(Draws(scenario, site, 1).calls) > 10_000
    assert loads(Recorded, trace).trace.columns.at == "Call start"
    text = handbook.replace("`", " ")
    for each in (Callers, Agents, Kind, Handling, Transfer, Lapses, Absence, Redial, CallBack, Slips, Trunk, Written, Burst, Arrivals):
        named = {key_of(field) for field in settings_of(each)} - {"line"}
        assert not [name for name in named if not re.search(rf"\b{name}\b", text)], each
