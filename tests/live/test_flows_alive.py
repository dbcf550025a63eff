"""Callers in a call flow over real SIP while the flow is changed under them, and while the core is killed."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio
import trio.lowlevel

from appliance.desk import ask_desk
from tests.live.centre import ROOT, RunningCentre

pytestmark = pytest.mark.live

FLOW = """\
flow  = "line"
start = "welcome"

[welcome]
say       = {{ en = "{words}" }}
menu      = {{ 1 = "ask", 2 = "bye" }}
wait_s    = 20
otherwise = "bye"

[ask]
ask       = {{ en = "Key your account.", digits = 4, into = "account", first_s = 20 }}
otherwise = "bye"
next      = "bye"

[bye]
say  = {{ en = "Goodbye." }}
next = "release"
"""


class FlowCentre(RunningCentre):
    """A number that a flow of a file serves."""

    def site_text(self) -> str:
        """The site file, and the flow's beside it."""
        self.write("Press one.")
        people = '[queues.consult]\n[stations]\n8001 = {}\n[agents]\n1001 = { name = "A", station = "8001", groups = { consult = 1 } }\n'
        line = f'[lines.trunk]\nbackend = "sip"\nlisten = "127.0.0.1:{self.port}"\nrtp_ports = "{self.rtp}-{self.rtp + 599}"\n'
        numbers = '[numbers]\n95500 = { flow = "line" }\n[call_flows]\nline = "line.toml"\n'
        return f'[centre]\nlanguages = ["en"]\n{line}{numbers}{people}'

    def write(self, words: str) -> None:
        """The flow, with these words in its menu."""
        (self.folder / "line.toml").write_text(FLOW.format(words=words))

    @contextmanager
    def caller(self, press: str, every_s: float):  # type: ignore[no-untyped-def]  # the type of a context manager says nothing here
        """A call in a process of its own."""
        command = [sys.executable, "-m", "appliance.cli", "call", "95500", "--at", f"127.0.0.1:{self.port}"]
        call = subprocess.Popen(
            [*command, "--press", press, "--every", str(every_s), "--stay", "4"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield call
        finally:
            call.kill()
            call.wait()


VISITS = "SELECT node, left_by, version, contact FROM node_visits ORDER BY seq"


@pytest.mark.requirement("IVR-01")
async def test_a_flow_is_changed_under_a_caller_who_finishes_with_the_old_one(tmp_path: Path) -> None:
    centre = FlowCentre(tmp_path)
    try:
        await centre.start()
        with centre.caller("1 4711", 1.5) as first:
            await centre.wait_rows("SELECT id FROM contacts WHERE stage = 'line/welcome'", 1)
            centre.write("Now press one.")
            assert (await ask_desk(centre.data, {"reload": True})).get("error", "") == ""
            with centre.caller("2", 1.0) as second:
                rows = await centre.wait_rows(VISITS, 5, 40)
                assert second.wait() == first.wait() == 0
    finally:
        centre.end()
    ways = {
        contact: [(row["node"], row["left_by"]) for row in rows if row["contact"] == contact] for contact in {r["contact"] for r in rows}
    }
    old, new = sorted(ways)
    assert ways[old] == [("welcome", "1"), ("ask", "next"), ("bye", "next")]
    assert ways[new] == [("welcome", "2"), ("bye", "next")]
    versions = {contact: {row["version"] for row in rows if row["contact"] == contact} for contact in ways}
    assert len(versions[old]) == len(versions[new]) == 1
    assert versions[old] != versions[new]


@pytest.mark.requirement("IVR-01")
async def test_a_wrong_flow_changes_nothing(tmp_path: Path) -> None:
    centre = FlowCentre(tmp_path)
    try:
        await centre.start()
        (tmp_path / "line.toml").write_text(FLOW.format(words="Hello.").replace('1 = "ask"', '1 = "aks"'))
        error = (await ask_desk(centre.data, {"reload": True})).get("error", "")
        assert "line.toml:6: welcome.menu.1: there is no node 'aks'" in error
        with centre.caller("2", 1.0) as call:
            await centre.wait_rows(VISITS, 2, 30)
            assert call.wait() == 0
    finally:
        centre.end()


@pytest.mark.requirement("ACD-11")
async def test_a_killed_core_goes_on_at_the_node_where_the_caller_stood(tmp_path: Path) -> None:
    centre = FlowCentre(tmp_path)
    try:
        await centre.start()
        with centre.caller("1    4711", 2.0) as call:
            await centre.wait_rows("SELECT id FROM contacts WHERE stage = 'line/ask'", 1)
            centre.kill()
            await centre.start()
            rows = await centre.wait_rows("SELECT variables, keys FROM contacts WHERE outcome = 'self-served'", 1, 40)
            assert call.wait() == 0
        ways = [(row["node"], row["left_by"]) for row in centre.rows(VISITS)]
    finally:
        centre.end()
    assert rows == [{"variables": '{"account":"4711"}', "keys": "14711"}]
    assert ways == [("welcome", "1"), ("ask", "next"), ("bye", "next")]  # the visit that the kill cut off was never left
    await trio.lowlevel.checkpoint()
