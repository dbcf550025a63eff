"""The appliance is killed in mid-traffic, again and again, and started again: calls, rows and files must agree afterwards."""

from pathlib import Path

import pytest
import trio

from tests.hal import ports
from tests.hal.peer import Tone
from tests.live.centre import RunningCentre, agents_serving, running
from tests.live.test_thirty_calls import CALLER_HZ, check_recording
from tests.peers.media import write_speech
from tests.peers.processes import PeerFailed
from tests.peers.sipp import Caller, Counts, Sipp, call
from tests.thorough import by_profile

KILLS = by_profile(3, 6, 12)
CALLS = by_profile(20, 40, 80)
AGENT = Tone.B


async def kill_and_restart(centre: RunningCentre) -> None:
    """Several times: a few seconds of traffic, SIGKILL, and a new start."""
    for _ in range(KILLS):
        await trio.sleep(2.5)
        centre.kill()
        await centre.start()


def result(sipp: Sipp) -> Counts:
    """What sipp counted; calls refused while nobody was there to take them are no failure of this test."""
    try:
        return sipp.wait(120)
    except PeerFailed:
        return sipp.counts


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.requirement("OPS-05")
async def test_killed_in_mid_traffic_nothing_is_lost(tmp_path: Path) -> None:
    speech = write_speech(tmp_path / "caller.pcap", CALLER_HZ, 600.0)
    async with running(tmp_path) as centre:
        async with agents_serving(centre, AGENT, 2.0):
            local = ("127.0.0.2", ports.block())
            caller = Caller(
                number="95501", calls=CALLS, rate=3, at_once=20, local=local, media_port=ports.block(300), says=speech, patience_s=90
            )
            with call(caller, centre.address, tmp_path / "callers") as sipp:
                await kill_and_restart(centre)
                counts = await trio.to_thread.run_sync(result, sipp)
        assert counts.made == CALLS
        assert counts.good > CALLS // 2, f"{counts}\n{centre.said()}"
        await centre.wait_rows("SELECT id FROM contacts WHERE outcome != ''", counts.good)
        assert await centre.stop() == 0, centre.said()
        _reconcile(centre, counts)


def _reconcile(centre: RunningCentre, counts: Counts) -> None:
    contacts = centre.rows("SELECT * FROM contacts ORDER BY id")
    assert [row["id"] for row in contacts if not row["outcome"]] == []
    outcomes = {row["ani"]: row["outcome"] for row in contacts}
    assert len(outcomes) == len(contacts), "no caller has two records"
    assert len(contacts) == counts.good, f"{counts}: {outcomes}"
    assert set(outcomes.values()) <= {"answered"}, outcomes
    adopted = centre.rows("SELECT DISTINCT contact FROM call_events WHERE what = 'adopted' AND detail LIKE '%at connected'")
    assert adopted, "no conversation was going on at any of the kills: the test showed less than it says"
    recordings = centre.rows("SELECT * FROM recordings")
    assert {row["state"] for row in recordings} == {"complete"}, [row for row in recordings if row["state"] != "complete"]
    on_disk = {str(path) for path in (centre.data / "recordings").rglob("*") if path.is_file()}
    assert on_disk == {row["file"] for row in recordings}
    answered = {row["id"]: row for row in contacts}
    for row in recordings:
        check_recording(Path(row["file"]))
        if row["contact"] in {a["contact"] for a in adopted}:
            talked = answered[row["contact"]]["talk_s"]
            assert row["duration_s"] == pytest.approx(talked, abs=1.0), "the recording of a conversation that was taken up has no gap"
    states = centre.rows("SELECT agent, state FROM agent_states WHERE seq IN (SELECT max(seq) FROM agent_states GROUP BY agent)")
    assert {row["state"] for row in states} <= {"ready", "wrap-up"}, states
    assert centre.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
