"""A centre behind a telephone switch, whatever the link to that speaks: its site, what is asked of it, and how it goes on after a kill."""

import contextlib
import signal
import sqlite3
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.peers.appliance import Appliance, serving
from tests.peers.pcap import Address
from tests.peers.processes import PeerFailed, until
from tests.peers.sipp import Sipp

__all__ = ["alarms", "ask", "crashing", "goes_on", "link_is_well", "rows", "share", "shown", "site_text"]

SITE = """
[centre]
languages = ["en"]

[lines.pbx]
{link}
stations = ["8001", "8002"]
route_points = {{ 7000 = "95500" }}
ports = ["8901", "8902"]
recording_ports = ["8991"]

[lines.pbx.voice]
listen = "127.0.0.1:{voice}"
rtp_ports = "{rtp}-{rtp_end}"
orphan_s = 600

[numbers]
95500 = {{ queue = "help" }}

[queues.help]
ring_s = 15

[stations]
8001 = {{}}
8002 = {{}}

[agents]
1001 = {{ name = "Ann", station = "8001", groups = {{ help = 1 }} }}
1002 = {{ name = "Ben", station = "8002", groups = {{ help = 1 }} }}

[recording]
calls = true
"""


def site_text(link: str, voice: int, rtp: int) -> str:
    """Its site file; `link` has the lines about backend and switch."""
    return SITE.format(link=link, voice=voice, rtp=rtp, rtp_end=rtp + 99)


@contextlib.contextmanager
def crashing(site: Path, sip: tuple[str, int], data: Path) -> Iterator[Appliance]:
    """An appliance that is killed as the block ends; its media worker lives on."""
    try:
        with serving(site, sip, data) as centre:
            yield centre
            centre.process.send(signal.SIGKILL)
            centre.process.wait(30.0)
    except PeerFailed as failed:
        if "ended with -9" not in str(failed):
            raise
    (data / "serve.log").rename(data / "serve.first.log")


def ask(centre: Appliance, *words: str) -> None:
    """What an agent asks for at his seat."""
    argv = [sys.executable, "-P", "-m", "appliance.cli", "ask", *words, "--data", str(centre.data)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def shown(centre: Appliance, *what: str) -> str:
    """What an operator sees."""
    argv = [sys.executable, "-P", "-m", "appliance.cli", "show", *what, "--data", str(centre.data)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False).stdout


def rows(centre: Appliance, query: str) -> list[tuple[Any, ...]]:
    """What the store has."""
    with contextlib.closing(sqlite3.connect(f"file:{centre.data / 'hotline.db'}?mode=ro", uri=True)) as store:
        return store.execute(query).fetchall()


def alarms(centre: Appliance) -> list[tuple[str, str, bool]]:
    """Source, text and whether it is over, of each alarm."""
    return [(source, text, over is not None) for source, text, over in rows(centre, "SELECT source, text, cleared_at FROM alarms")]


def link_is_well(centre: Appliance) -> bool:
    """No alarm about the link stands."""
    return all(over for source, _, over in alarms(centre) if source == "line:pbx/cti link")


def share(file: Path, tone_hz: int) -> float:
    """Share of a recording's power at a frequency."""
    with wave.open(str(file)) as opened:
        rate, sound = opened.getframerate(), np.frombuffer(opened.readframes(opened.getnframes()), np.int16).astype(float)
    power = np.abs(np.fft.rfft(sound)) ** 2
    there = np.abs(np.fft.rfftfreq(len(sound), 1 / rate) - tone_hz) < 15
    return float(power[there].sum() / power[1:].sum())


def goes_on(site: Path, sip: Address, data: Path, *, talks: Sipp, waits: Sipp, ani: tuple[str, str], hz: tuple[int, int]) -> None:
    """The appliance is started anew: it has the one who talks and the one who waits, serves them to the end, and has recorded all the time.

    `ani` is the number of each, `hz` what customer and agent sound like.
    """
    with serving(site, sip, data) as centre:
        assert until(lambda: ani[1] in shown(centre), 60.0), shown(centre)
        open_again_at, told = time.time(), shown(centre)
        for number, where in zip(ani, (["connected", "help"], ["queued", "help"]), strict=True):
            assert [line.split()[2:4] for line in told.splitlines() if f" {number} " in line] == [where], told
        assert until(lambda: link_is_well(centre), 60.0)
        assert talks.running
        assert waits.running
        assert talks.counts.failed == waits.counts.failed == 0
        assert rows(centre, f"SELECT stage FROM contacts WHERE ani = '{ani[1]}'") == [("queued",)], "his agent talks"
        ask(centre, "1001", "release")
        assert talks.wait(60).good == 1
        served = f"SELECT connected_at IS NOT NULL FROM contacts WHERE ani = '{ani[1]}'"
        assert until(lambda: rows(centre, served) == [(1,)], 60.0), "who waited is next"
        assert until(lambda: len(rows(centre, "SELECT 1 FROM recordings")) == 2, 60.0)
        ask(centre, "1001", "release")
        assert waits.wait(60).good == 1
        assert until(lambda: centre.contacts() == {"answered": 2}, 60.0), centre.contacts()
        recorded = "SELECT state, participants, file, began_at, duration_s FROM recordings ORDER BY began_at"
        assert until(lambda: all(row[0] == "complete" for row in rows(centre, recorded)), 60.0), rows(centre, recorded)
        (state, participants, file, began_at, duration_s), _ = rows(centre, recorded)
        assert (state, participants) == ("complete", "caller agent:1001")
        assert began_at < open_again_at < began_at + duration_s, "it went on all the time"
        assert share(Path(file), hz[0]) > 0.2, "the caller"
        assert share(Path(file), hz[1]) > 0.2, "the agent"
        assert rows(centre, "SELECT text FROM alarms WHERE source = 'invariants'") == []
