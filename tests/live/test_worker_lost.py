"""A media worker dies: its callers are lost and counted, there is an alarm, and who waited or talked and has a number is called back."""

import os
import signal
from pathlib import Path

import pytest

from hal.api import Cause
from tests.hal.peer import Tone
from tests.hal.processes import workers_of
from tests.live.floor import CUSTOMER, OUTSIDE, open_floor, people

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("ACD-11")]

WITHHELD = "anonymous"


async def test_callers_lost_with_a_media_worker_are_counted_and_called_back(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor, people(floor, "1001", OUTSIDE) as p:
        await p.add(WITHHELD, tone=Tone.A)
        await p.call(by=WITHHELD)
        await p.talk(WITHHELD, "1001")
        await p.call(by=OUTSIDE)
        await p.hear({WITHHELD: "1001", "1001": WITHHELD, OUTSIDE: "music"})
        [worker] = workers_of(floor.data / "run")
        os.kill(worker, signal.SIGKILL)
        await p.talk("1001", OUTSIDE)  # his phone is called again, and then the one who waited
        lost = {row["ani"]: row for row in floor.rows("SELECT * FROM contacts WHERE outcome = 'lost'")}
        assert set(lost) == {OUTSIDE}
        [called] = floor.rows("SELECT * FROM contacts WHERE direction = 'out'")
        assert (called["ani"], called["origin"], called["queue"], called["agent"]) == (OUTSIDE, lost[OUTSIDE]["id"], "consult", "1001")
        alarms = await floor.wait_rows("SELECT * FROM alarms WHERE source LIKE 'line:trunk/%'", 1)
        assert "SIGKILL" in alarms[0]["text"]
        assert "3 legs were lost" in alarms[0]["text"]
        assert alarms[0]["cleared_at"] is not None
        await floor.ask("release", "1001")
        await floor.wait_quiet()
        ended = floor.rows("SELECT direction, outcome, cause FROM contacts ORDER BY id")
        assert [(row["direction"], row["outcome"]) for row in ended] == [("in", "answered"), ("in", "lost"), ("out", "answered")]
        assert [row["cause"] for row in ended[:2]] == [Cause.NETWORK_OUT_OF_ORDER] * 2  # he had been served, and was cut off
        recordings = await floor.wait_rows("SELECT * FROM recordings WHERE state != 'recording'", 2)
        assert {row["state"] for row in recordings} == {"broken", "complete"}  # what was on disk of the first is kept
        assert floor.recordings_agree() == 2
        await p.add(CUSTOMER)
        await p.call()
        await p[CUSTOMER].wait_hears(Tone.B)
        await p[CUSTOMER].hang_up()
