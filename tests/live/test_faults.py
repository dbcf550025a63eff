"""A short live run in which things really die - a media worker, a phone, the appliance - and the same in virtual time beside it."""

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from appliance.cli import main
from appliance.config import Duration
from sim.faults import DiskFull, LineLost, Moment, SpanAlarm
from sim.faults.live import LiveBreaker, Serving
from tests.live.centre import RunningCentre

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("SIM-05")]

DAY = """\
scenario = "Things die"
site     = "site.toml"
hours    = "10:00-10:01"
[arrivals]
95501 = { every = "4 s" }
[callers]
talk     = "6 s"
hangs_up = 1.0
[agents]
roster        = [{ who = "1001-1004" }]
answers_after = "500 ms"
[[faults]]
at = "10:00:15"
what = "worker crash"
line = "trunk"
[[faults]]
at = "10:00:25"
what = "station dead"
station = "8002"
for = "10 s"
[[faults]]
at = "10:00:42"
what = "core restart"
for = "500 ms"
[[faults]]
at = "10:00:50"
what = "clock jump"
by_s = 60
[targets]
records_lost = "= 0"
"""


def by_kind(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {fault["what"]: fault for fault in report["faults"]}


async def test_what_dies_in_a_live_run_costs_what_it_costs_in_virtual_time(tmp_path: Path) -> None:
    centre = RunningCentre(tmp_path, agents=4)
    scenario = tmp_path / "day.toml"
    scenario.write_text(DAY)
    live, virtual = tmp_path / "live.json", tmp_path / "virtual.json"
    try:
        command = ["sim", "run", str(scenario), "--live", "--start", "--data", str(centre.data), "--json", str(live)]
        code = await trio.to_thread.run_sync(main, command)
    finally:
        centre.end()
    report = json.loads(live.read_text())
    assert code == 0, report
    assert await trio.to_thread.run_sync(main, ["sim", "run", str(scenario), "--json", str(virtual)]) == 0
    really, simulated = by_kind(report), by_kind(json.loads(virtual.read_text()))
    assert list(really) == list(simulated)
    crash = really["worker crash"]
    assert 1 <= crash["calls"]["cut"] + crash["calls"]["lost"] <= 4, report
    assert crash["alarms"][0]["source"].startswith("line:trunk/")
    assert crash["recovered_at"] is not None
    assert simulated["worker crash"]["calls"]["cut"] >= 1
    assert really["core restart"]["recovered_at"] > 42.5
    for restart in (really["core restart"], simulated["core restart"]):
        assert (restart["calls"]["cut"], restart["calls"]["lost"]) == (0, 0), report
    assert really["station dead"]["recovered_at"] is not None
    assert really["clock jump"]["left_out"] == "the machine's clock is not ours to move"
    assert "not brought about: clock jump: the machine's clock is not ours to move" in report["notes"]
    assert report["contacts"]["answered"] >= 8, report


async def test_a_full_disk_and_a_stopped_line_are_told_and_over(tmp_path: Path) -> None:
    centre = RunningCentre(tmp_path, agents=1)
    try:
        async with trio.open_nursery() as nursery:
            serving = Serving(centre.site, centre.data)
            await nursery.start(serving.run)
            breaker = LiveBreaker(serving, nursery)
            for fault, alarm in (
                (DiskFull(at=Moment(0), for_=Duration(5)), "store"),
                (LineLost(at=Moment(0), for_=Duration(30), line="trunk"), "line:trunk/"),
            ):
                assert breaker.begin(fault) == ""
                if alarm == "store":
                    nursery.start_soon(centre.asked, "log-in", "1001")  # a full disk is noticed when something is to be written
                    await trio.sleep(1.0)
                    breaker.end(fault, lambda: None)
                question = f"SELECT * FROM alarms WHERE source LIKE '{alarm}%'"
                await centre.wait_rows(question, 1, limit_s=90)
                if alarm != "store":
                    breaker.end(fault, lambda: None)
                await centre.wait_rows(f"{question} AND cleared_at IS NOT NULL", 1, limit_s=90)
            assert breaker.begin(SpanAlarm(at=Moment(0), for_=Duration(5), line="trunk")).startswith("there is no card")
            nursery.cancel_scope.cancel()
        assert serving.pid == 0
        assert serving.workers() == []
    finally:
        centre.end()
