"""Everything at once: fifteen agents, forty-five callers, with transfers, conferences, supervision and hang-ups as a seed has them.

The everyday run is short; `HOTLINE_SOAK_S=600 ./hotline test tests/live/test_crossing.py` is the ten minutes of the requirement, and
`HOTLINE_SOAK_SEED` gives another story.
"""

import os
from pathlib import Path

import pytest
import trio

from tests.live.crowd import CrowdedFloor, crowd, held_by
from tests.thorough import by_profile

LASTS_S = float(os.environ.get("HOTLINE_SOAK_S", by_profile(12, 40, 40)))
SEED = int(os.environ.get("HOTLINE_SOAK_SEED", "1"))


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.requirement("CTI-01")
@pytest.mark.requirement("SUP-02")
@pytest.mark.requirement("ACD-10")
async def test_nothing_is_left_of_a_crowd_in_which_everything_crosses(tmp_path: Path) -> None:
    floor = CrowdedFloor(tmp_path)
    try:
        await floor.start()
        await floor.show()  # the desk's own descriptors are there
        before = held_by(floor)
        async with crowd(floor) as people:
            await people.press_buttons(LASTS_S, SEED)
            await people.go_home(120)
            callers = [sipp.counts for sipp in people.callers]
        await trio.sleep(1.5)  # PJSIP objects are buried for half a second
        after = held_by(floor)
        contacts = floor.rows("SELECT direction, outcome, count(*) AS n FROM contacts GROUP BY direction, outcome")
        print(f"\nseed {SEED}, {LASTS_S:g} s; done {dict(people.done.most_common())}\nrefused {dict(people.refused.most_common())}")
        print(f"contacts {[tuple(row.values()) for row in contacts]}; at once {people.most}; checked {people.checks} times")
        alarms = floor.rows("SELECT source, text, count(*) AS n FROM alarms GROUP BY source")
        print(f"alarms {[tuple(row.values()) for row in alarms if not row['source'].startswith('help:')]}")
        print(f"before {before}\nafter {after}\ncallers {callers}")
        assert "" not in {row["outcome"] for row in contacts}
        assert sum(row["n"] for row in contacts if row["direction"] == "in") == sum(counts.made for counts in callers)
        assert not any(counts.failed for counts in callers), "\n".join(sipp.story() for sipp in people.callers)
        assert after.worker_ports == before.worker_ports
        assert after.worker_files <= before.worker_files
        assert after.serve_files <= before.serve_files + 2
        broken = floor.rows("SELECT id, participants, error FROM recordings WHERE state NOT IN ('complete', 'empty')")
        assert broken == []
        assert floor.recordings_agree() > 0
        await floor.close()
    finally:
        floor.end()
