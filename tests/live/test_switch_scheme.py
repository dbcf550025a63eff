"""The first call in the switch scheme: a caller, a telephone switch on its CTI link, the appliance behind its ports, and an agent's phone.

The switch is the simulated one (`sim.switch`), a process of its own that speaks CSTA over TCP and SIP; the caller and the phones are sipp.
"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hal.ports import block
from tests.live.behind_switch import ask, crashing, goes_on, rows, share, site_text
from tests.peers.appliance import serving
from tests.peers.media import write_speech
from tests.peers.processes import PeerFailed, Process, tail, until
from tests.peers.sipp import Agents, Caller, answering, call

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("ACC-02")]

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


def test_a_caller_is_answered_at_a_port_and_joined_with_an_agent_by_the_switch(tmp_path: Path) -> None:
    csta, sip, phone, voice = (block() for _ in range(4))
    rtp = block(100)
    site = tmp_path / "site.toml"
    site.write_text(site_text(f'backend = "csta"\nswitches = ["127.0.0.1:{csta}"]', voice, rtp))
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
    site.write_text(site_text(f'backend = "csta"\nswitches = ["127.0.0.1:{csta}"]', voice, rtp))
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
        goes_on(site, ("127.0.0.1", voice), data, talks=talking, waits=waiting, ani=("13800138000", "13900139000"), hz=(440, 620))
