"""A conversation is recorded whole, in segments: what lies between two of them is measured in what the customer said, to the sample."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hal import sounds
from tests.hal.peer import Tone
from tests.hal.test_sip_segments import FRAME, Sound, between, noise, place
from tests.live.floor import AGENTS, CUSTOMER, TONES, Floor, Phone, open_floor, people
from tests.live.test_thirty_calls import tone_share

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("REC-01")]

CUSTOMER_ALONE = ("caller",)
STORY = [
    ("call", ("caller", "agent:1001")),
    ("call", CUSTOMER_ALONE),  # on hold
    ("call", ("caller", "agent:1001")),
    ("call", CUSTOMER_ALONE),  # while a colleague is asked
    ("consult", ("agent:1001", "agent:1002")),
    ("call", ("caller", "agent:1002")),
    ("call", CUSTOMER_ALONE),
    ("consult", ("agent:1002", "agent:1003")),
    ("call", ("caller", "agent:1002", "agent:1003")),
    ("call", ("caller", "agent:1002")),
]


async def heard(phone: Phone, *tones: Tone) -> None:
    """Until it hears exactly these, and half a second more."""
    await phone.wait_hears(*tones)
    await phone.wait_heard_s(phone.heard_s() + 0.5)


async def test_hold_consultation_transfer_and_conference_are_recorded_without_a_gap(tmp_path: Path) -> None:
    said: list[Sound] = []
    async with open_floor(tmp_path) as floor:
        async with people(floor, *AGENTS) as p:
            await p.add(CUSTOMER, voice=lambda file: said.append(noise(file, 90)))
            customer, first, second, third = (p[name] for name in (CUSTOMER, *AGENTS))
            await customer.dial("95500")
            await heard(customer, Tone.B)
            await floor.ask("hold", "1001")
            await heard(customer, Tone.G)
            await floor.ask("retrieve", "1001")
            await heard(customer, Tone.B)
            await floor.ask("consult", "1001", "1002")
            await heard(first, Tone.C)
            await floor.ask("complete", "1001")
            await heard(customer, Tone.C)
            await floor.ask("consult", "1002", "1003")
            await heard(third, Tone.C)
            await floor.ask("conference", "1002")
            await heard(customer, Tone.C, Tone.D)
            await third.hang_up()
            await heard(customer, Tone.C)
            await customer.hang_up()
            await second.wait_hears()
        rows = await floor.wait_rows("SELECT * FROM recordings WHERE state = 'complete' ORDER BY began_at", len(STORY))
        assert [(row["kind"], tuple(row["participants"].split())) for row in rows] == STORY
        for row in rows:
            _check_channels(row, said[0])
        _check_gaps([row for row in rows if row["kind"] == "call"], said[0])
        [contact] = floor.rows("SELECT * FROM contacts")
        recorded_s = sum(row["duration_s"] for row in rows if row["kind"] == "call")
        assert recorded_s == pytest.approx(contact["talk_s"], abs=1.0)


class OnDemand(Floor):
    """A centre that records nothing by itself."""

    def site_text(self) -> str:
        return super().site_text() + "\n[recording]\ncalls = false\n"


@pytest.mark.requirement("CTI-06")
@pytest.mark.requirement("SUP-02")
async def test_a_call_is_recorded_on_demand_by_keys_and_by_a_supervisor(tmp_path: Path) -> None:
    async with open_floor(tmp_path, OnDemand) as floor, people(floor, CUSTOMER, "1001") as p:
        await p.call()
        await p.talk(CUSTOMER, "1001")
        for number in (1, 2):
            assert len(floor.rows("SELECT id FROM recordings")) == number - 1
            await p["1001"].press("*1")
            await floor.wait_rows("SELECT id FROM recordings", number)
            await heard(p[CUSTOMER], Tone.B)
            await p["1001"].press("*1")
            await floor.wait_rows("SELECT id FROM recordings WHERE state = 'complete'", number)
        await p.talk(CUSTOMER, "1001")
        await floor.ask("record", "1001", by="1009")
        await heard(p[CUSTOMER], Tone.B)
        await p[CUSTOMER].hang_up()
        await floor.wait_quiet()
        rows = await floor.wait_rows("SELECT * FROM recordings WHERE state = 'complete'", 3)
        for row in rows:
            left, right = sounds.channels(Path(row["file"]))
            assert [sounds.tones_in(channel[-1600:]) for channel in (left, right)] == [{Tone.A}, {Tone.B}]


def _check_channels(row: dict[str, Any], said: Sound) -> None:
    """The customer's noise is in the left channel and nowhere else, and each of the others is in the right one."""
    left_name, *others = row["participants"].split()
    channels = sounds.channels(Path(row["file"]))
    assert len(channels) == (2 if others else 1)
    assert len({len(channel) for channel in channels}) == 1
    if left_name == "caller":
        alike = [_likeness(channels[0][len(channels[0]) * part // 4 :][:800], said) for part in (1, 2, 3)]
        assert max(alike) > 0.9, f"{row['participants']}: the customer is not in the left channel: {alike}"  # a piece may hold a slip
    else:
        assert sounds.tones_in(channels[0][-1600:]) == {TONES[left_name.partition(":")[2]]}
    if others:
        tones = [TONES[name.partition(":")[2]] for name in others]
        right = channels[1][-1600:]
        assert sounds.tones_in(right) == set(tones)
        assert sum(tone_share(right, tone.value) for tone in tones) > 0.9, f"{row['participants']}: more than them in the right channel"


def _likeness(piece: Sound, said: Sound) -> float:
    """How much a piece is one with what was said there (1: the same)."""
    origin = said[place(piece.astype(float), said) :][:800]
    return float(np.corrcoef(piece.astype(float), origin.astype(float))[0, 1])


def _check_gaps(rows: list[dict[str, Any]], said: Sound) -> None:
    """From one segment to the next no more than a frame of what the customer said is lost; one slip of a jitter buffer is forgiven."""
    segments = [sounds.channels(Path(row["file"]))[0] for row in rows]
    lost = [between(one, other, said) for one, other in pairwise(segments)]
    print("samples lost between segments:", lost)
    assert sum(0 <= samples <= 2 * FRAME for samples in lost) >= len(lost) - 1, lost
