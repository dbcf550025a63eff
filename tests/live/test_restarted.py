"""The appliance is killed while people talk to each other: nobody hears anything of it, and afterwards everything goes on from there."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hal import sounds
from tests.live.floor import CUSTOMER, OUTSIDE, SUPERVISOR, Floor, People, open_floor, people

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.alone, pytest.mark.requirement("ACD-11")]

NEXT, LAST = "13800138001", "13800138002"
"""Callers who wait."""


async def kill_and_restart(floor: Floor, p: People, hears: Mapping[str, str]) -> None:
    """SIGKILL and a new start: what everybody hears is the same before, while nobody decides anything, and after."""
    await p.hear(hears)
    floor.kill()
    await p.hear(hears)
    await floor.start()
    await p.hear(hears)
    assert await floor.wrong() == []


async def test_a_consultation_a_supervisor_the_queue_and_a_call_back_go_on_after_a_restart(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor, people(floor, CUSTOMER, "1001", "1002", "1003", OUTSIDE, SUPERVISOR) as p:
        await p.add(NEXT, LAST)
        await floor.ask("not-ready", "1003")
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await floor.ask("data", "1001", "account=4711")
        await floor.ask("consult", "1001", "1002")
        await p.hear({CUSTOMER: "music", "1001": "1002", "1002": "1001"})
        await floor.ask("listen", "1001", by=SUPERVISOR)
        await p.call(by=OUTSIDE)
        await p[OUTSIDE].wait_hears(p.tones["music"])
        await p[OUTSIDE].press("1")
        await p[OUTSIDE].wait_released()
        for caller in (NEXT, LAST):
            await p.call(by=caller)
            await p[caller].wait_hears(p.tones["music"])
        talking = {CUSTOMER: "music", "1001": "1002", "1002": "1001", SUPERVISOR: "1001 1002"}
        await kill_and_restart(floor, p, talking | {NEXT: "music", LAST: "music"})
        await floor.ask("complete", "1001")  # who gave the customer away is free, and is given who has waited longest
        await p.hear({CUSTOMER: "1002", "1002": CUSTOMER, "1001": OUTSIDE, OUTSIDE: "1001", NEXT: "music", LAST: "music"})
        await p[CUSTOMER].hang_up()
        await p.hear({NEXT: "1002", "1001": OUTSIDE, OUTSIDE: "1001", LAST: "music"})
        await floor.ask("ready", "1003")
        await p.hear({NEXT: "1002", "1001": OUTSIDE, OUTSIDE: "1001", LAST: "1003"})
        for caller in (OUTSIDE, NEXT, LAST):
            await p[caller].hang_up()
        await floor.wait_quiet()
        rows = {row["ani"]: row for row in floor.rows("SELECT * FROM contacts")}
        assert {ani: (row["outcome"], row["agent"]) for ani, row in rows.items()} == {
            CUSTOMER: ("answered", "1002"), OUTSIDE: ("answered", "1001"), NEXT: ("answered", "1002"), LAST: ("answered", "1003"),
        }  # fmt: skip
        assert rows[CUSTOMER]["data"] == '{"account":"4711"}'
        _recordings_whole(floor, rows[CUSTOMER])


async def test_a_conference_with_a_supervisor_and_a_hold_go_on_after_two_restarts(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor, people(floor, CUSTOMER, "1001", "1002", OUTSIDE, SUPERVISOR) as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        for other in ("1002", OUTSIDE):
            await floor.ask("consult", "1001", other)
            await p["1001"].wait_hears(p.tones[other])
            await floor.ask("conference", "1001")
        everyone = (CUSTOMER, "1001", "1002", OUTSIDE)
        hears = {name: " ".join(other for other in everyone if other != name) for name in everyone}
        await floor.ask("whisper", "1002", by=SUPERVISOR)
        hears |= {SUPERVISOR: " ".join(everyone), "1002": f"{hears['1002']} {SUPERVISOR}"}
        await kill_and_restart(floor, p, hears)
        await floor.ask("barge", "1002", by=SUPERVISOR)
        await p.talk(*everyone, SUPERVISOR)
        await floor.ask("stop", "1002", by=SUPERVISOR)
        await floor.ask("drop", "1001", OUTSIDE)
        await floor.ask("drop", "1001", "1002")
        await p.talk(CUSTOMER, "1001")
        await floor.ask("hold", "1001")
        await kill_and_restart(floor, p, {CUSTOMER: "music"})
        await floor.ask("retrieve", "1001")
        await p.talk(CUSTOMER, "1001")
        await p[CUSTOMER].hang_up()
        await p.hear()
        await floor.wait_quiet()
        [contact] = floor.rows("SELECT * FROM contacts")
        assert contact["outcome"] == "answered"
        _recordings_whole(floor, contact)


async def test_a_second_call_of_a_phone_goes_on_after_a_restart_and_can_be_joined_to_the_first(tmp_path: Path) -> None:
    async with open_floor(tmp_path) as floor, people(floor, CUSTOMER, "1001", "1002") as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        await p["1001"].consult("1002")
        await kill_and_restart(floor, p, {CUSTOMER: "music", "1001": "1002", "1002": "1001"})
        await p["1001"].switch()
        await p.talk(CUSTOMER, "1001")
        await p["1001"].switch()
        await kill_and_restart(floor, p, {CUSTOMER: "music", "1001": "1002", "1002": "1001"})
        await p["1001"].join("1002")
        await p.talk(CUSTOMER, "1002")
        await p[CUSTOMER].hang_up()
        await p.hear()


def _recordings_whole(floor: Floor, contact: dict[str, Any]) -> None:
    """The customer is heard in every moment of every segment, and they are together as long as the conversation was."""
    rows = floor.rows(f"SELECT * FROM recordings WHERE contact = '{contact['id']}'")
    assert {row["state"] for row in rows} == {"complete"}
    calls = sorted((row for row in rows if row["kind"] == "call"), key=lambda row: row["began_at"])
    who = [row["participants"] for row in calls]
    assert all(one != other for one, other in pairwise(who)), f"a restart has cut a segment in two: {who}"
    for row in calls:
        assert row["participants"].startswith("caller")
        left = sounds.channels(Path(row["file"]))[0].astype(float)
        frames = left[: len(left) // 160 * 160].reshape(-1, 160)
        loud = np.sqrt((frames**2).mean(axis=1)) > 700
        silent = int((~loud).sum())
        assert silent <= 0.02 * len(loud) + 5, f"{row['participants']}: {silent} of {len(loud)} frames are silent"
    assert sum(row["duration_s"] for row in calls) == pytest.approx(contact["talk_s"], abs=1.0)
