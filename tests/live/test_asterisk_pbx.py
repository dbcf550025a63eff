"""The first call behind a PBX that is a real Asterisk, over its manager: a caller, the PBX, the appliance behind its ports, agents' phones.

And what becomes of calls when the manager's connection is cut, and when the Asterisk dies.
"""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests.hal.certificates import self_signed
from tests.hal.ports import block
from tests.live.behind_switch import alarms, ask, crashing, goes_on, link_is_well, rows, share, shown
from tests.live.pbx import DEFAULT_HZ, OUTSIDE, Cable, Place, bridges, loudest, pbx
from tests.peers.appliance import Appliance, serving
from tests.peers.capture import capture
from tests.peers.for_root import asterisk_for_root
from tests.peers.media import write_speech
from tests.peers.processes import until
from tests.peers.sipp import Agents, Caller, answering, call

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("ACC-02"), asterisk_for_root]

CALLER_HZ, AGENT_HZ = 440, 620
PHONES, CALLERS = "127.0.0.3", "127.0.0.61"
SPEECH = f"udp and (dst host {PHONES} or dst host {CALLERS}) and not port 5060"


def agents_of(place: Place) -> Agents:
    says = write_speech(place.folder / "agent.pcap", AGENT_HZ, 60.0)
    return Agents(local=(PHONES, place.phone), rings_s=0.5, talks_s=None, says=says)


def caller_of(place: Place, stays_s: float | None, *, says: bool = True, at: int = 0) -> Caller:
    tone = write_speech(place.folder / "caller.pcap", CALLER_HZ, 60.0) if says else None
    return Caller(
        number="7000",
        says=tone,
        stays_s=stays_s,
        local=(CALLERS, place.caller + at),
        media_port=14000 + 100 * at,
        first_ani=13800000000 + at,
    )


def logged_in(centre: Appliance) -> None:
    ask(centre, "1001", "log-in")
    assert until(lambda: centre.ready() == {"1001"}, 60.0)
    assert until(lambda: link_is_well(centre), 60.0)


def talks(centre: Appliance, agent: str = "1001") -> bool:
    return rows(centre, f"SELECT count(*) FROM contacts WHERE outcome = '' AND agent = '{agent}'") == [(1,)]


def test_a_caller_is_answered_at_a_port_and_joined_with_an_agent_by_the_pbx(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with (
        pbx(place),
        answering(agents_of(place), place.server, tmp_path / "agents"),
        serving(place.site(), ("127.0.0.1", place.voice), place.data()) as centre,
    ):
        logged_in(centre)
        with capture(tmp_path / "heard.pcap", SPEECH), call(caller_of(place, 8.0), place.server, tmp_path / "caller") as calls:
            assert calls.wait(60).good == 1
        assert until(lambda: centre.contacts() == {"answered": 1}, 60.0), centre.contacts()
        assert rows(centre, "SELECT dnis, ani, agent, queue FROM contacts") == [("95500", "13800000000", "1001", "help")]
        assert until(lambda: len(centre.recordings()) == 1, 60.0), "a recording port has joined them"
        (recording,) = centre.recordings()
        assert not [text for source, text, _ in alarms(centre) if source.startswith("line:pbx")]
    assert share(recording, CALLER_HZ) > 0.2, "the caller"
    assert share(recording, AGENT_HZ) > 0.2, "the agent"
    assert loudest(tmp_path / "heard.pcap", CALLERS, [AGENT_HZ])[AGENT_HZ] > 0.2, "the caller hears the agent"
    assert loudest(tmp_path / "heard.pcap", PHONES, [CALLER_HZ])[CALLER_HZ] > 0.5, "the agent hears the caller"


def test_a_talk_outlives_a_cut_link_and_new_callers_take_the_default_route_meanwhile(tmp_path: Path) -> None:
    place = Place(tmp_path, waits_s=2.0)
    with (
        pbx(place),
        Cable(place) as cable,
        answering(agents_of(place), place.server, tmp_path / "agents"),
        serving(place.site(), ("127.0.0.1", place.voice), place.data()) as centre,
    ):
        logged_in(centre)
        with call(caller_of(place, 60.0), place.server, tmp_path / "first") as first:
            assert until(lambda: talks(centre), 60.0)
            cable.cut()
            assert until(lambda: not link_is_well(centre), 60.0)
            with (
                capture(tmp_path / "cut.pcap", SPEECH),
                call(caller_of(place, None, says=False, at=2), place.server, tmp_path / "second") as second,
            ):
                assert second.wait(60).good == 1, "the PBX answers, and hangs up after its announcement"
            cable.mend()
            assert until(lambda: link_is_well(centre), 60.0)
            assert first.running, "the talk goes on"
            assert centre.contacts() == {"": 1}
            ask(centre, "1001", "release")
            assert first.finish(60).failed == 0
        assert until(lambda: centre.contacts() == {"answered": 1}, 60.0), centre.contacts()
        logged = "SELECT text FROM alarms WHERE source = 'line:pbx/cti link'"
        assert any("link to the switch is down" in text for (text,) in rows(centre, logged)), rows(centre, logged)
        assert until(lambda: centre.ready() == {"1001"}, 60.0)
        with call(caller_of(place, 4.0, at=4), place.server, tmp_path / "third") as third:
            assert third.wait(60).good == 1
        assert until(lambda: centre.contacts() == {"answered": 2}, 60.0), centre.contacts()
    heard = loudest(tmp_path / "cut.pcap", CALLERS, [DEFAULT_HZ, AGENT_HZ])
    assert heard[DEFAULT_HZ] > 0.1, "the second caller was on the default route"
    assert heard[AGENT_HZ] > 0.1, "and the first went on talking"


def test_over_tls_a_talk_is_worked_on_over_the_second_address_when_the_first_is_cut(tmp_path: Path) -> None:
    place = Place(tmp_path, tls=self_signed(tmp_path, "IP:127.0.0.1,IP:127.0.0.60"), second=block())
    with (
        pbx(place),
        Cable(place) as cable,
        answering(agents_of(place), place.server, tmp_path / "agents"),
        serving(place.site(), ("127.0.0.1", place.voice), place.data()) as centre,
    ):
        logged_in(centre)
        assert f"up: 127.0.0.1:{place.through}" in shown(centre, "lines")
        with call(caller_of(place, 60.0), place.server, tmp_path / "first") as first:
            assert until(lambda: talks(centre), 60.0)
            cable.cut()
            logged = "SELECT count(*) FROM alarms WHERE source = 'line:pbx/cti link' AND text LIKE '%link to the switch is down%'"
            assert until(lambda: rows(centre, logged) == [(1,)], 60.0)
            assert until(lambda: link_is_well(centre), 60.0)
            assert f"up: 127.0.0.60:{place.second}" in shown(centre, "lines")
            assert first.running, "the talk goes on"
            ask(centre, "1001", "release")
            assert first.finish(60).failed == 0
        assert until(lambda: centre.contacts() == {"answered": 1}, 60.0), centre.contacts()
        with call(caller_of(place, 4.0, at=4), place.server, tmp_path / "second") as second:
            assert second.wait(60).good == 1
        assert until(lambda: centre.contacts() == {"answered": 2}, 60.0), centre.contacts()


def test_calls_lost_with_a_dead_asterisk_are_told_and_the_next_are_served(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with contextlib.ExitStack() as first_life, contextlib.ExitStack() as others:
        peer = first_life.enter_context(pbx(place))
        others.enter_context(answering(agents_of(place), place.server, tmp_path / "agents"))
        centre = others.enter_context(serving(place.site(), ("127.0.0.1", place.voice), place.data()))
        logged_in(centre)
        with call(caller_of(place, 60.0), place.server, tmp_path / "first"):
            assert until(lambda: talks(centre), 60.0)
            os.kill(peer.pid, signal.SIGKILL)
            first_life.close()
            assert until(lambda: not link_is_well(centre), 60.0)
            with pbx(place):
                assert until(lambda: link_is_well(centre), 60.0)
                assert until(lambda: centre.contacts() == {"answered": 1}, 60.0), "the call is told as over"
                assert until(lambda: centre.ready() == {"1001"}, 60.0)
                with call(caller_of(place, 4.0, at=4), place.server, tmp_path / "second") as second:
                    assert second.wait(60).good == 1
                assert until(lambda: centre.contacts() == {"answered": 2}, 60.0), centre.contacts()


@pytest.mark.alone
@pytest.mark.requirement("ACD-11")
def test_a_conversation_and_who_waits_at_a_port_outlive_an_appliance_that_is_killed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    site, data, voice = place.site(), place.data(), ("127.0.0.1", place.voice)
    with pbx(place), answering(agents_of(place), place.server, tmp_path / "agents"), contextlib.ExitStack() as callers:
        with crashing(site, voice, data) as centre:
            logged_in(centre)
            talking = callers.enter_context(call(caller_of(place, None), place.server, tmp_path / "first"))
            assert until(lambda: rows(centre, "SELECT state FROM recordings") == [("recording",)], 60.0)
            waiting = callers.enter_context(call(caller_of(place, None, at=2), place.server, tmp_path / "second"))
            queued = "SELECT stage FROM contacts WHERE ani = '13800000002'"
            assert until(lambda: rows(centre, queued) == [("queued",)], 60.0)
        goes_on(site, voice, data, talks=talking, waits=waiting, ani=("13800000000", "13800000002"), hz=(CALLER_HZ, AGENT_HZ))


@pytest.mark.requirement("CTI-01")
def test_an_agent_asks_a_colleague_swaps_brings_all_together_and_gives_the_caller_away(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with (
        pbx(place) as peer,
        answering(agents_of(place), place.server, tmp_path / "agents"),
        serving(place.site(), ("127.0.0.1", place.voice), place.data()) as centre,
    ):
        logged_in(centre)

        with call(caller_of(place, None), place.server, tmp_path / "caller") as calls:
            assert until(lambda: talks(centre), 60.0)
            ask(centre, "1002", "log-in")
            assert until(lambda: "1002" in centre.ready(), 60.0)
            ask(centre, "1001", "consult", "1002")
            assert until(lambda: bridges(peer, "8001", "8002"), 60.0), peer.cli("core show channels concise")
            ask(centre, "1001", "swap")
            assert until(lambda: bridges(peer, "8001", "callers"), 60.0), peer.cli("core show channels concise")
            ask(centre, "1001", "swap")
            assert until(lambda: bridges(peer, "8001", "8002"), 60.0), peer.cli("core show channels concise")
            ask(centre, "1001", "cancel")
            assert until(lambda: bridges(peer, "8001", "callers"), 60.0), peer.cli("core show channels concise")
            assert until(lambda: "1002" in centre.ready(), 60.0)
            ask(centre, "1001", "consult", "1002")
            assert until(lambda: bridges(peer, "8001", "8002"), 60.0), peer.cli("core show channels concise")
            ask(centre, "1001", "conference")
            assert until(lambda: bridges(peer, "8001", "8002", "callers"), 60.0), peer.cli("core show channels concise")
            ask(centre, "1001", "drop", "1002")
            assert until(lambda: bridges(peer, "8001", "callers"), 60.0), peer.cli("core show channels concise")
            assert until(lambda: "1002" in centre.ready(), 60.0)
            ask(centre, "1001", "consult", "1002")
            assert until(lambda: bridges(peer, "8001", "8002"), 60.0), peer.cli("core show channels concise")
            ask(centre, "1001", "complete")
            assert until(lambda: bridges(peer, "8002", "callers"), 60.0), peer.cli("core show channels concise")
            assert until(lambda: talks(centre, "1002"), 60.0)
            assert calls.running
            ask(centre, "1002", "release")
            assert calls.wait(60).good == 1
        assert until(lambda: centre.contacts() == {"answered": 1}, 60.0), centre.contacts()
        assert rows(centre, "SELECT text FROM alarms WHERE source = 'invariants'") == []


@pytest.mark.requirement("CTI-01")
def test_an_agent_calls_from_his_seat_and_asks_somebody_outside(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with (
        pbx(place) as peer,
        answering(agents_of(place), place.server, tmp_path / "agents"),
        serving(place.site(), ("127.0.0.1", place.voice), place.data()) as centre,
    ):
        logged_in(centre)
        ask(centre, "1001", "dial", OUTSIDE)
        assert until(lambda: bridges(peer, "8001", OUTSIDE), 60.0), peer.cli("core show channels concise")
        shown = rows(centre, "SELECT direction, ani, agent FROM contacts")
        assert until(lambda: rows(centre, "SELECT count(*) FROM contacts WHERE connected_at IS NOT NULL") == [(1,)], 60.0), shown
        ask(centre, "1001", "hold")
        assert until(lambda: not bridges(peer, "8001", OUTSIDE), 60.0)
        ask(centre, "1001", "retrieve")
        assert until(lambda: bridges(peer, "8001", OUTSIDE), 60.0), peer.cli("core show channels concise")
        ask(centre, "1002", "log-in")
        assert until(lambda: "1002" in centre.ready(), 60.0)
        ask(centre, "1001", "consult", "1002")
        assert until(lambda: bridges(peer, "8001", "8002"), 60.0), peer.cli("core show channels concise")
        ask(centre, "1001", "complete")
        assert until(lambda: bridges(peer, "8002", OUTSIDE), 60.0), peer.cli("core show channels concise")
        ask(centre, "1002", "release")
        assert until(lambda: centre.ready() == {"1001", "1002"}, 60.0)
        ask(centre, "1001", "dial", "1002")
        assert until(lambda: bridges(peer, "8001", "8002"), 60.0), peer.cli("core show channels concise")
        ask(centre, "1002", "release")
        assert until(lambda: centre.ready() == {"1001", "1002"}, 60.0)
        ask(centre, "1002", "log-out")
        with call(caller_of(place, None), place.server, tmp_path / "caller") as calls:
            assert until(lambda: talks(centre), 60.0)
            ask(centre, "1001", "consult", OUTSIDE)
            assert until(lambda: bridges(peer, "8001", OUTSIDE), 60.0), peer.cli("core show channels concise")
            ask(centre, "1001", "swap")
            assert until(lambda: bridges(peer, "8001", "callers"), 60.0), peer.cli("core show channels concise")
            ask(centre, "1001", "complete")
            assert until(lambda: bridges(peer, OUTSIDE, "callers"), 60.0), peer.cli("core show channels concise")
            assert until(lambda: centre.ready() == {"1001"}, 60.0)
            there = peer.cli("core show channels concise").splitlines()
            (outside,) = [line.partition("!")[0] for line in there if line.startswith(f"PJSIP/{OUTSIDE}-")]
            peer.cli(f"channel request hangup {outside}")
            assert calls.wait(60).good == 1, "he is let go, too"
        assert until(lambda: not peer.cli("core show channels concise").strip(), 60.0), peer.cli("core show channels concise")
        assert rows(centre, "SELECT text FROM alarms WHERE source = 'invariants'") == []
