"""A day in a centre's database is lived anew: the same calls and agents, nearly the same figures, and others under another site."""

import json
from datetime import date
from pathlib import Path

import attrs
import pytest
import trio

from appliance.core.records import AgentState
from appliance.store import Writer
from appliance.store.schema import prepare
from sim.asking.replaying import Recorded, day_of, recorded_result, scenario_from, ways_of
from sim.run import run
from sim.virtual import Centre
from tests.sim.asking import asked
from tests.sim.day import SITE, lived, small_day

pytestmark = pytest.mark.requirement("SIM-02")

CHANGES = (
    ('every = "60 s"', "per_hour = 180"),
    ('hours = "09:00-09:10"', 'hours = "09:00-10:30"'),
    ('talk = "30 s"', "talk = { exponential = { mean_s = 30 } }\npatience = { exponential = { mean_s = 45 } }"),
    ('{ who = "1001-1002" }', '{ who = "1001", breaks = ["09:30-09:40"] }, { who = "1002", from = "08:50", to = "10:15" }'),
)


@pytest.fixture(scope="module")
def centre() -> Centre:
    return lived(*CHANGES)


@pytest.fixture(scope="module")
def data(centre: Centre, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with that day in its database, and the site file beside it."""
    folder = tmp_path_factory.mktemp("replay")
    (folder / "site.toml").write_text(SITE)

    prepare(folder / "hotline.db").close()

    async def write() -> None:
        async with Writer(folder / "hotline.db").running() as writer:
            for row in (*centre.store.contacts, *centre.store.rows(AgentState)):
                writer.put(row)

    trio.run(write)
    return folder


def test_the_calls_and_the_agents_of_the_day_come_again(data: Path, centre: Centre, tmp_path: Path) -> None:
    _, site = small_day()
    recorded = day_of(data / "hotline.db", site)
    assert recorded.day == date(2026, 3, 2)
    assert len(recorded.contacts) == len(centre.world.callers)
    scenario, site, left_out = scenario_from(recorded, data / "site.toml", site, tmp_path / "day.toml")
    assert left_out == []
    assert str(scenario.hours) == "09:00-10:30"
    (one, two) = scenario.agents.roster
    assert (one.who.text, [str(each) for each in one.breaks]) == ("1001", ["09:30-09:40"])
    assert (two.who.text, f"{two.from_:%H:%M}", f"{two.to:%H:%M}") == ("1002", "08:50", "10:15")
    assert str(scenario.agents.answers_after) == "Uniform(min_s=2.0, max_s=2.0)"
    assert scenario.agents.wrap_up is None  # as the site gives them
    result = run(scenario, site)
    before = recorded_result(recorded, result)
    assert result.figures["contacts"]["offered"] == before.figures["contacts"]["offered"] == len(centre.world.callers)
    assert abs(result.figures["contacts"]["abandoned"] - before.figures["contacts"]["abandoned"]) <= 0.05 * len(centre.world.callers)
    assert abs(result.figures["occupancy"] - before.figures["occupancy"]) < 0.05


def test_recorded_figures_are_those_of_the_day(data: Path, centre: Centre, tmp_path: Path) -> None:
    scenario, site = small_day(*CHANGES)
    lived_again = run(scenario, site)
    recorded = day_of(data / "hotline.db", site, date(2026, 3, 2))
    before = recorded_result(recorded, lived_again)
    for name in ("contacts", "service_level", "asa_s", "abandonment"):
        found = before.figures[name]
        wanted = lived_again.figures[name]
        assert found == (pytest.approx(wanted, abs=1e-3) if not isinstance(wanted, dict) else pytest.approx(wanted))
    assert before.figures["occupancy"] == pytest.approx(lived_again.figures["occupancy"], abs=1e-3)


def test_the_command_puts_both_side_by_side(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "yesterday.toml"
    words = ("--site", data / "site.toml", "--out", out, "--json", tmp_path / "report.json")
    code, said = asked(capsys, "replay", data, *words)
    assert code == 0, said
    assert "As recorded on 2026-03-02\nrecorded and replayed" in said
    report = json.loads((tmp_path / "report.json").read_text())
    offered = next(row for row in report["differences"] if row["figure"] == "offered")
    assert offered["before"] == offered["after"] > 200
    code, said = asked(capsys, "run", out)
    assert code == 0
    assert f"offered {offered['before']:.0f}" in said


def test_under_another_site_it_comes_out_otherwise(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = asked(capsys, "replay", data / "hotline.db", "--site", data / "site.toml", "--set", "site.queues.help.wrap_up_s=60")
    assert code == 0
    (abandonment,) = (line.split() for line in said.splitlines() if line.strip().startswith("abandonment"))
    assert float(abandonment[3]) > float(abandonment[1]) + 10


@pytest.mark.parametrize(
    ("words", "wrong"),
    [(["--date", "2026-03-03"], "no call has been recorded on 2026-03-03"), (["--set", "site.numbers.1=2"], "numbers.1")],
)
def test_what_cannot_be_replayed_is_told(data: Path, capsys: pytest.CaptureFixture[str], words: list[str], wrong: str) -> None:
    code, said = asked(capsys, "replay", data, "--site", data / "site.toml", *words)
    assert (code, wrong in said) == (2, True), said


def test_agents_who_are_none_of_the_site_are_left_out_and_named(data: Path, tmp_path: Path) -> None:
    _, site = small_day()
    recorded = day_of(data / "hotline.db", site)
    rows = [*recorded.states, AgentState("1999", recorded.midnight + 3600, "ready")]
    stranger = Recorded(recorded.day, recorded.midnight, recorded.contacts, rows)
    scenario, _, left_out = scenario_from(stranger, data / "site.toml", site, tmp_path / "day.toml")
    assert left_out == ["agent 1999 of that day is none of the site"]
    assert [shift.who.text for shift in scenario.agents.roster] == ["1001", "1002"]


def test_wrap_ups_are_the_sites_unless_agents_took_others(data: Path) -> None:
    _, site = small_day()
    fit = {"wrap_up": {"exponential": {"mean_s": 40.0}}}
    recorded = day_of(data / "hotline.db", site)
    assert "wrap_up" not in ways_of(recorded, site, fit)
    contacts = [attrs.evolve(row, id=f"w{n}", queue="help") for n, row in enumerate(recorded.contacts[:30])]
    states = []
    for n, row in enumerate(contacts):
        at = recorded.midnight + 36000 + n * 100
        states += [AgentState("1001", at, "wrap-up", contact=row.id), AgentState("1001", at + 5 + n, "ready")]
    assert ways_of(Recorded(recorded.day, recorded.midnight, contacts, states), site, fit) == fit
