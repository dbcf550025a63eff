"""`./hotline bench sim` in small: every figure is there, all simulate the same queue, and the full centre is one."""

import json
from pathlib import Path

import pytest

from appliance.core.records import Contact
from sim.bench import Queue, Size, bench_sim, full_centre, plain_queue
from sim.bench.peers import CIW, SIMPY, by_ciw, by_simpy
from sim.draws import Draws
from sim.virtual import Centre

pytestmark = [pytest.mark.alone, pytest.mark.requirement("SIM-06")]

SMALL = Queue(10, 10 / 60, 60, 120)


@pytest.mark.slow
def test_every_figure_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = Size(queues=(SMALL,), calls=200, day=150, agents=20, fewer=100, more=200, turns=1)
    assert bench_sim(tmp_path / "figures.json", size) == 1, "nobody is three times as fast as a peer with ten servers"
    rows = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert all(list(row) == ["metric", "unit", "ours", "peer", "ratio", "peer_name", "target", "ok"] for row in rows)
    assert [(row["unit"], row["peer_name"], row["target"]) for row in rows] == [
        ("calls/s", CIW, 3.0),
        ("calls/s", SIMPY, None),
        ("calls/s", CIW, 1.0),
        ("s", "", 30.0),
        ("s", "", 900.0),
        ("MB", CIW, None),
        ("bytes", CIW, 1024.0),
        ("MB", CIW, None),
        ("bytes", CIW, 1024.0),
    ]
    for row in rows:
        assert row["ok"] is (None if row["target"] is None else row["ok"])
        if row["unit"] == "calls/s":
            assert row["ours"] > 0
            assert row["ratio"] == pytest.approx(row["ours"] / row["peer"], rel=0.01)
    told = capsys.readouterr().out
    assert f"plain queue, 10 servers: ours {rows[0]['ours']:,.1f}, {CIW} {rows[0]['peer']:,.1f} calls/s" in told
    assert "(target 3: missed)" in told


def test_the_plain_queue_has_as_many_calls_as_the_peers_and_no_delays() -> None:
    calls = 300
    centre = Centre(Draws(*plain_queue(SMALL, calls), 1), plain_queue(SMALL, calls)[1], measured=True)
    centre.run()
    assert len(centre.ledger.stories) == calls == by_simpy(SMALL, calls, 1)
    assert abs(by_ciw(SMALL, calls, 1) - calls) <= SMALL.servers * 4, "Ciw stops when the last has come: the last ones are not told"
    answered = [story for story in centre.ledger.stories if story.outcome == "answered"]
    assert {story.outcome for story in centre.ledger.stories} == {"answered", "abandoned"}
    assert any(story.wait_s for story in answered)
    assert all(story.answered_at == story.placed_at for story in answered)


def test_the_full_centre_has_all_that_a_call_can_meet() -> None:
    calls, (scenario, site) = 400, full_centre(400, agents=20)
    centre = Centre(Draws(scenario, site, 1), site)
    centre.run()
    per_call = {table: rows / calls for table, rows in centre.store.counts().items()}
    assert centre.events / calls > 12
    assert sum(per_call.values()) > 20, "an agent's own row comes again and again"
    assert min(per_call[table] for table in ("contacts", "legs", "node_visits", "recordings", "decisions", "call_events")) > 0.9
    assert {row.queue for row in centre.store.rows(Contact)} == {"", "consult", "orders", "bills"}
    assert centre.store.counts()["tickets"] > 0
    assert centre.world.problems == []
