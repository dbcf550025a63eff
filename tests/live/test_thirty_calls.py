"""Thirty calls at once from sipp, served by four baresip phones: nothing here but the centre is ours.

The everyday run is short; `HOTLINE_LIVE_S=300 ./hotline test tests/live/test_thirty_calls.py` keeps it up for five minutes.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import trio

from tests.hal import ports
from tests.hal.peer import Tone
from tests.hal.sounds import channels
from tests.live.centre import RunningCentre, agents_serving, running
from tests.peers.media import Press, write_speech
from tests.peers.sipp import Caller, call
from tests.thorough import by_profile

AT_ONCE = 30
TALK_S = 3.0
CALLER_HZ = 1000
AGENT = Tone.B
LASTS_S = float(os.environ.get("HOTLINE_LIVE_S", by_profile(6, 25, 25)))


def tone_share(sound: "np.ndarray[tuple[int], np.dtype[np.int16]]", hertz: float) -> float:
    """How much of the sound's energy lies within 30 Hz of a tone."""
    power = np.abs(np.fft.rfft(sound.astype(float) * np.hanning(len(sound)))) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / 8000)
    return float(power[np.abs(frequencies - hertz) < 30].sum() / max(power.sum(), 1.0))


def check_recording(file: Path) -> None:
    """The caller's tone is in the left channel, the agent's in the right one, and neither in the other."""
    left, right = channels(file)
    assert len(left) == len(right)
    # The agent's phone plays silence for a moment after the answer: what is judged is the middle.
    middle = slice(len(left) // 4, 3 * len(left) // 4)
    assert tone_share(left[middle], CALLER_HZ) > 0.9, f"{file.name}: the caller is not in the left channel"
    assert tone_share(right[middle], AGENT.value) > 0.9, f"{file.name}: the agent is not in the right channel"
    assert tone_share(left[middle], AGENT.value) < 0.05
    assert tone_share(right[middle], CALLER_HZ) < 0.05


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.requirement("ACD-05")
@pytest.mark.requirement("REC-01")
@pytest.mark.requirement("ACC-03")
async def test_thirty_calls_at_once_are_all_served_and_recorded(tmp_path: Path) -> None:
    calls = AT_ONCE + int(LASTS_S * 4 / (TALK_S + 1))
    speech = write_speech(tmp_path / "caller.pcap", CALLER_HZ, 600.0, [Press(1.5, "1"), Press(3.0, "1")])
    async with running(tmp_path) as centre:
        async with agents_serving(centre, AGENT, TALK_S):
            caller = Caller(
                number="95500",
                calls=calls,
                rate=10,
                at_once=AT_ONCE,
                local=("127.0.0.2", ports.block()),
                media_port=ports.block(300),
                says=speech,
            )
            with call(caller, centre.address, tmp_path / "callers") as sipp:
                counts = await trio.to_thread.run_sync(sipp.wait, 60 + LASTS_S * 3)
        assert (counts.made, counts.good, counts.failed) == (calls, calls, 0)
        await centre.wait_rows("SELECT id FROM recordings WHERE state = 'complete'", calls)
        _reconcile(centre, calls)
        assert await centre.stop() == 0, centre.said()


def _reconcile(centre: RunningCentre, calls: int) -> None:
    """Every call of sipp has its record, its story, its legs and its recording, and there is nothing else."""
    contacts = centre.rows("SELECT * FROM contacts")
    assert len(contacts) == calls
    assert {row["outcome"] for row in contacts} == {"answered"}
    assert {row["keys"] for row in contacts} == {"11"}
    assert len({row["ani"] for row in contacts}) == calls
    assert all(row["talk_s"] > 1 for row in contacts)
    recordings = centre.rows("SELECT * FROM recordings")
    assert sorted(row["contact"] for row in recordings) == sorted(row["id"] for row in contacts)
    assert {row["state"] for row in recordings} == {"complete"}
    for row in recordings:
        assert Path(row["file"]).stat().st_size == row["size_bytes"]
        check_recording(Path(row["file"]))
    on_disk = {str(path) for path in (centre.data / "recordings").rglob("*") if path.is_file()}
    assert on_disk == {row["file"] for row in recordings}
    assert centre.rows("SELECT * FROM alarms") == []
