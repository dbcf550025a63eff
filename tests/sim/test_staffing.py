"""Each part of the day gets as many agents as its targets take: what Erlang's formula says where it is exact, and a roster that holds."""

import csv
import json
from pathlib import Path

import pytest
from attrs import evolve

from appliance.config import Document, replaced
from sim.asking.needs import erlang_number, needs_of
from sim.asking.probing import parts_of, probed
from sim.asking.staffing import Pool, Staffing, roster_of, rostered, staffing_of
from sim.erlang import erlang_a, erlang_c_within
from sim.rosters import Agents, roster_text
from sim.run import run
from sim.verdict.targets import Scope, Target
from tests.sim.asking import asked, day_in
from tests.sim.day import SITE, small_day

pytestmark = pytest.mark.requirement("SIM-03")

HEAD, PEOPLE = SITE.split("[stations]")[0], 12
TALK_S, PER_HOUR = 120.0, 120.0
LEVEL = Target.parse(">= 80 % within 20 s")


def people(*queues: str, first: int = 1) -> str:
    """Stations and agents, as many for each queue."""
    rows = [(f"{first + n:02}", queue) for n, queue in enumerate(queues)]
    agents = [f'10{n} = {{ name = "{n}", station = "80{n}", groups = {{ {queue} = 1 }} }}\n' for n, queue in rows]
    return "[stations]\n" + "".join(f"80{n} = {{}}\n" for n, _ in rows) + "[agents]\n" + "".join(agents)


PLAIN = HEAD.replace("wrap_up_s = 5", "wrap_up_s = 0").replace('overflow = [{ when = "nobody logged in", to = "voicemail" }]', "")
ERLANG_C = PLAIN.replace("channels = 8", "channels = 200") + people(*["help"] * PEOPLE)
CHANGES = (
    ('1 = { every = "60 s" }', '1 = { per_hour = { "06:00" = 120, "08:00" = 30 } }'),
    ('talk = "30 s"', "talk = { exponential = { mean_s = 120 } }"),
    ('hours = "09:00-09:10"', 'hours = "06:00-10:00"'),
    ('answers_after = "2 s"', 'answers_after = "0 s"'),
)
TARGETS = '[targets]\nservice_level = ">= 80 % within 20 s"\n'


def exact(per_hour: float) -> int:
    return next(n for n in range(1, 99) if erlang_c_within(n, per_hour / 3600, TALK_S, 20) >= 0.8)


@pytest.mark.slow
def test_numbers_are_within_one_of_the_exact_ones_and_the_roster_meets_the_targets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = day_in(tmp_path, *CHANGES, extra=TARGETS, site=ERLANG_C)
    toml, table, report = (tmp_path / name for name in ("roster.toml", "table.csv", "staff.json"))
    words = ["--interval", "2 h", "--replications", "4", "--shrinkage", "25%", "--toml", toml, "--csv", table, "--json", report]
    code, said = asked(capsys, "staff", day, *words)
    assert code == 0, said
    parts = json.loads(report.read_text())["parts"]
    for part, per_hour in zip(parts, (120, 30), strict=True):
        assert abs(part["agents"] - exact(per_hour)) <= 1, said
        assert abs(part["erlang"] - exact(per_hour)) <= 1, said
        assert part["service_level"] >= 0.8
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["hours"], int(row["agents"])) for row in rows] == [(part["hours"], part["agents"]) for part in parts]
    assert [int(row["rostered"]) for row in rows] == [rostered(part["agents"], 0.25) for part in parts]
    assert toml.read_text() in said
    code, said = asked(capsys, "run", day, "--roster", toml, "--seed", "2", "--replications", "3", "--json", report)
    assert json.loads(report.read_text())["service_level"]["offered"] >= 0.8
    assert code in (0, 3), said


@pytest.mark.slow
def test_one_agent_less_anywhere_misses_a_target() -> None:
    scenario, site = small_day(*CHANGES, extra=TARGETS, site=ERLANG_C)
    found = staffing_of(scenario, site, interval_s=7200, replications=2)
    assert found.missed == []
    for pool, part in found.numbers:
        fewer = {**found.numbers, (pool, part): found.numbers[pool, part] - 1}
        assert again(found, fewer) < 0.8


def again(found: Staffing, numbers: dict[tuple[Pool, Scope], int]) -> float:
    """The worst service level of any part with other numbers."""
    agents = Agents(roster=roster_of(found.scenario, found.parts, found.pools, numbers), answers_after=found.scenario.agents.answers_after)
    result = run(probed(replaced(found.scenario, agents=agents), found.result.site, found.needs), found.result.site, replications=2)
    levels = [evolve(found, result=result).figure("service_level", part) for part in found.parts]
    return min(level for level in levels if level is not None)


def test_agents_come_from_the_pool_whose_queue_needs_them() -> None:
    site = PLAIN.replace("[queues.help]", "[queues.quiet]\nring_s = 10\n[queues.help]") + people("help", "help", "help", "quiet", "quiet")
    site = site.replace('1 = { queue = "help" }', '1 = { queue = "help" }\n3 = { queue = "quiet" }')
    calls = ('1 = { every = "60 s" }', '1 = { every = "20 s" }\n3 = { every = "120 s" }')
    found = staffing_of(*small_day(calls, extra='[targets]\nasa = "<= 5 s"\n', site=site), interval_s=600, replications=1)
    assert {pool.name: number for (pool, _), number in found.numbers.items()} == {"help": 2, "quiet": 1}


def test_a_site_with_too_few_agents_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls = ('1 = { every = "60 s" }', '1 = { every = "10 s" }')
    code, said = asked(capsys, "staff", day_in(tmp_path, calls), "--interval", "10 min", "--replications", "1", "--target", "asa <= 5 s")
    assert code == 1
    assert "with all agents of its queues that the site has" in said


def test_shifts_have_breaks_where_fewer_are_needed() -> None:
    scenario, _ = small_day(('hours = "09:00-09:10"', 'hours = "09:00-12:00"'))
    pool, parts = Pool(("help",), ("1001", "1002", "1003")), parts_of(scenario, 3600)
    numbers = {(pool, part): number for part, number in zip(parts, (2, 1, 3), strict=True)}
    roster = roster_of(scenario, parts, [pool], numbers)
    text = roster_text(roster)
    assert text == (
        'roster = [\n    { who = "1001" },\n    { who = "1002", breaks = ["10:00-11:00"] },\n    { who = "1003", from = "11:00" },\n]\n'
    )
    assert Document.parse(text, "roster").structure(Agents).roster == roster
    numbers = {(pool, part): number for part, number in zip(parts, (1, 1, 0), strict=True)}
    assert [(shift.who.text, f"{shift.to:%H:%M}") for shift in roster_of(scenario, parts, [pool], numbers)] == [("1001", "11:00")]


def test_what_a_part_has_to_keep() -> None:
    extra = """[targets]
asa = "<= 9 s"
records_lost = "= 0"
[targets.every."5 min"]
p_wait = "<= 50 %"
[targets.hours."09:05-09:10"]
asa = "<= 3 s"
[targets.queues.help]
abandonment = "<= 2 %"
"""
    scenario, site = small_day(extra=extra)
    early, late = parts = parts_of(scenario, 300)
    found = needs_of(scenario, site, parts, {})
    assert {name: str(target) for name, target in found[early][""].items()} == {"asa": "<= 9 s", "p_wait": "<= 50 %"}
    assert str(found[late][""]["asa"]) == "<= 3 s"
    assert str(found[late]["help"]["abandonment"]) == "<= 2 %"
    assert needs_of(scenario, site, parts, {"service_level": LEVEL})[early] == {"": {"service_level": LEVEL}}
    unpromised, _ = small_day()
    assert str(needs_of(unpromised, site, parts, {})[early]["help"]["service_level"]) == ">= 90 % within 10 s"


def test_erlang_gives_the_first_numbers() -> None:
    limits = {"service_level": LEVEL}
    assert erlang_number(limits, 0, 3600, 180, None) == 0
    assert erlang_number(limits, 200, 3600, 180, None) == 14
    assert erlang_number({}, 200, 3600, 180, None) == 11  # more than the load of 10
    abandonment = {"abandonment": Target.parse("<= 5 %")}
    number = erlang_number(abandonment, 200, 3600, 180, 60)
    assert erlang_a(number, 200 / 3600, 180, 60).p_abandon <= 0.05 < erlang_a(number - 1, 200 / 3600, 180, 60).p_abandon


@pytest.mark.parametrize(
    "words", [["--target", "occupancy <= 90 %"], ["--target", "asa 5"], ["--target", "asa <= 9 %"], ["--interval", "90 s"]]
)
def test_what_cannot_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    with pytest.raises(SystemExit):
        asked(capsys, "staff", day_in(tmp_path), *words)
