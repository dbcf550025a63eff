"""The first call in the switch scheme: a caller, a telephone switch on its CTI link, the appliance behind its ports, and an agent's phone.

The switch is the simulated one (`sim.switch`), a process of its own that speaks CSTA over TCP and SIP; the caller and the phones are sipp.
"""

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
import pytest

from tests.hal.ports import block
from tests.peers.appliance import Appliance, serving
from tests.peers.media import write_speech
from tests.peers.processes import PeerFailed, Process, tail, until
from tests.peers.sipp import Agents, Caller, answering, call

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("ACC-02")]

SITE = """
[centre]
languages = ["en"]

[lines.pbx]
backend = "csta"
switches = ["127.0.0.1:{csta}"]
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
SWITCH = """
[[stations]]
number = "8001"
at = "sip:8001@127.0.0.3:{phone}"
[[stations]]
number = "8002"
at = "sip:8002@127.0.0.3:{phone}"
[[stations]]
number = "8901"
at = "sip:8901@127.0.0.1:{voice}"
[[stations]]
number = "8902"
at = "sip:8902@127.0.0.1:{voice}"
[[stations]]
number = "8991"
at = "sip:8991@127.0.0.1:{voice}"
[[trunks]]
name = "T1"
channels = 30
[[route_points]]
number = "7000"
[dialled]
95500 = "7000"
"""


@contextlib.contextmanager
def switch(folder: Path, csta: int, sip: int, phone: int, voice: int) -> Iterator[Process]:
    """The telephone switch."""
    folder.mkdir()
    description = folder / "switch.toml"
    description.write_text(SWITCH.format(phone=phone, voice=voice))
    argv: list[str | Path] = [sys.executable, "-P", "-m", "sim.switch", "--listen", f"127.0.0.1:{csta}", "--sip", f"127.0.0.1:{sip}"]
    with Process([*argv, "--switch", description], folder / "switch.log") as process:
        if not until(lambda: "listening on" in process.log.read_text(errors="replace"), 30.0) or process.status is not None:
            raise PeerFailed(f"the switch does not start; it said last:\n{tail(process.log)}")
        yield process


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


def shown(centre: Appliance) -> str:
    """What an operator sees."""
    argv = [sys.executable, "-P", "-m", "appliance.cli", "show", "--data", str(centre.data)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False).stdout


def rows(centre: Appliance, query: str) -> list[tuple[Any, ...]]:
    """What the store has."""
    with contextlib.closing(sqlite3.connect(f"file:{centre.data / 'hotline.db'}?mode=ro", uri=True)) as store:
        return store.execute(query).fetchall()


def share(file: Path, tone_hz: int) -> float:
    """Share of a recording's power at a frequency."""
    with wave.open(str(file)) as opened:
        rate, sound = opened.getframerate(), np.frombuffer(opened.readframes(opened.getnframes()), np.int16).astype(float)
    power = np.abs(np.fft.rfft(sound)) ** 2
    there = np.abs(np.fft.rfftfreq(len(sound), 1 / rate) - tone_hz) < 15
    return float(power[there].sum() / power[1:].sum())


def test_a_caller_is_answered_at_a_port_and_joined_with_an_agent_by_the_switch(tmp_path: Path) -> None:
    csta, sip, phone, voice = (block() for _ in range(4))
    rtp = block(100)
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(csta=csta, voice=voice, rtp=rtp, rtp_end=rtp + 99))
    caller_says, agent_says = (write_speech(tmp_path / f"{hz}.pcap", hz, 20.0) for hz in (440, 620))
    server = ("127.0.0.1", sip)
    agents = Agents(local=("127.0.0.3", phone), rings_s=0.5, talks_s=None, says=agent_says)
    with (
        switch(tmp_path / "switch", csta, sip, phone, voice),
        answering(agents, server, tmp_path / "agents"),
        serving(site, ("127.0.0.1", voice), tmp_path / "data") as centre,
    ):
        ask(centre, "1001", "log-in")
        assert until(lambda: centre.ready() == {"1001"}, 20.0)
        caller = Caller(number="95500", says=caller_says, stays_s=8.0)
        with call(caller, server, tmp_path / "caller") as calls:
            assert calls.wait(60).good == 1
        assert until(lambda: centre.contacts() == {"answered": 1}, 20.0), centre.contacts()
        ((dnis, agent),) = rows(centre, "SELECT dnis, agent FROM contacts")
        assert (dnis, agent) == ("95500", "1001")
        assert until(lambda: len(centre.recordings()) == 1, 20.0), "a recording port has joined them"
        (recording,) = centre.recordings()
    assert share(recording, 440) > 0.2, "the caller"
    assert share(recording, 620) > 0.2, "the agent"


@pytest.mark.alone
@pytest.mark.requirement("ACD-11")
def test_a_conversation_at_the_switch_and_who_waits_at_a_port_outlive_an_appliance_that_is_killed(tmp_path: Path) -> None:
    csta, sip, phone, voice, local, other = (block() for _ in range(6))
    rtp = block(100)
    site, data = tmp_path / "site.toml", tmp_path / "data"
    site.write_text(SITE.format(csta=csta, voice=voice, rtp=rtp, rtp_end=rtp + 99))
    caller_says, agent_says = (write_speech(tmp_path / f"{hz}.pcap", hz, 20.0) for hz in (440, 620))
    server = ("127.0.0.1", sip)
    agents = Agents(local=("127.0.0.3", phone), rings_s=0.5, talks_s=None, says=agent_says)
    first = Caller(number="95500", says=caller_says, first_ani=13800138000, local=("127.0.0.2", local))
    second = Caller(number="95500", says=caller_says, first_ani=13900139000, local=("127.0.0.2", other), media_port=15000)
    with (
        switch(tmp_path / "switch", csta, sip, phone, voice),
        answering(agents, server, tmp_path / "agents"),
        contextlib.ExitStack() as callers,
    ):
        with crashing(site, ("127.0.0.1", voice), data) as centre:
            ask(centre, "1001", "log-in")
            assert until(lambda: centre.ready() == {"1001"}, 60.0)
            talking = callers.enter_context(call(first, server, tmp_path / "first"))
            assert until(lambda: rows(centre, "SELECT state FROM recordings") == [("recording",)], 60.0)
            waiting = callers.enter_context(call(second, server, tmp_path / "second"))
            queued = "SELECT stage FROM contacts WHERE ani = '13900139000'"
            assert until(lambda: rows(centre, queued) == [("queued",)], 60.0)
        with serving(site, ("127.0.0.1", voice), data) as centre:
            assert until(lambda: "13900139000" in shown(centre), 60.0), shown(centre)
            open_again_at, told = time.time(), shown(centre)
            (talks,) = [line.split()[2:4] for line in told.splitlines() if " 13800138000 " in line]
            (waits,) = [line.split()[2:4] for line in told.splitlines() if " 13900139000 " in line]
            assert (talks, waits) == (["connected", "help"], ["queued", "help"]), told
            assert talking.counts.failed == waiting.counts.failed == 0
            assert rows(centre, queued) == [("queued",)], "his agent talks"
            ask(centre, "1001", "release")
            assert talking.wait(60).good == 1
            served = "SELECT connected_at IS NOT NULL FROM contacts WHERE ani = '13900139000'"
            assert until(lambda: rows(centre, served) == [(1,)], 60.0), "who waited is next"
            assert until(lambda: len(rows(centre, "SELECT 1 FROM recordings")) == 2, 60.0)
            ask(centre, "1001", "release")
            assert waiting.wait(60).good == 1
            assert until(lambda: centre.contacts() == {"answered": 2}, 60.0), centre.contacts()
            recorded = "SELECT state, participants, file, began_at, duration_s FROM recordings ORDER BY began_at"
            assert until(lambda: all(row[0] == "complete" for row in rows(centre, recorded)), 60.0), rows(centre, recorded)
            (state, participants, file, began_at, duration_s), _ = rows(centre, recorded)
            assert (state, participants) == ("complete", "caller agent:1001")
            assert began_at < open_again_at < began_at + duration_s, "it went on all the time"
            assert share(Path(file), 440) > 0.2, "the caller"
            assert share(Path(file), 620) > 0.2, "the agent"
            assert rows(centre, "SELECT text FROM alarms WHERE source = 'invariants'") == []
