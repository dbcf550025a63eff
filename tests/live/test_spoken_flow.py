"""A caller goes through a whole call flow by what he says: a word of the menu, yes, digits, and yes again to the digits read back.

Nothing is tried twice here, so what he says was chosen by measurement (see decision 0014): of the voices and words that such a flow
has, those understood for sure each time, at any loudness, noise on the line and moment of beginning.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hal.api import Answered, LineSetup, Originate, Play, PlayEnded, Release
from hal.sip import SipBackend, SipSettings
from hal.sip.settings import Stations
from tests.hal import ports
from tests.hal.peer import EventLog
from tests.hal.said import as_wav, said
from tests.live.centre import RunningCentre

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("IVR-05")]

VOICE = "en-us+m1"
WORD, YES, ROW, DIGITS = "billing", "yes", "three two eight", "328"
FLOW = """\
flow  = "line"
start = "what"

[what]
say       = { en = "What can we do for you? You may say billing, or repair." }
menu      = { 1 = "pleased", 2 = "bye" }
words     = { 1 = { en = ["billing"] }, 2 = { en = ["repair"] } }
wait_s    = 20
otherwise = "bye"

[pleased]
yes_no    = { en = "Are you a customer?", into = "is_customer", wait_s = 20 }
otherwise = "bye"
next      = "account"

[account]
otherwise = "bye"
next      = "bye"

[account.ask]
en      = "Your account."
digits  = "1-3"
into    = "account"
spoken  = true
first_s = 20
confirm = { en = "{account}. Is that right?" }

[bye]
say  = { en = "Goodbye." }
next = "release"
"""
TOLD = "SELECT what, detail FROM call_events WHERE what IN ('said', 'not understood', 'not meant') ORDER BY seq"


class Spoken(RunningCentre):
    """A number that this flow serves, on a line that listens."""

    def site_text(self) -> str:
        """The site file, and the flow's beside it."""
        (self.folder / "line.toml").write_text(FLOW)
        people = '[queues.consult]\n[stations]\n8001 = {}\n[agents]\n1001 = { name = "A", station = "8001", groups = { consult = 1 } }\n'
        line = f'[lines.trunk]\nbackend = "sip"\nlisten = "127.0.0.1:{self.port}"\nrtp_ports = "{self.rtp}-{self.rtp + 599}"\n'
        speech = 'speech = { en = "bundled" }\n[speech]\nlanguages = ["en"]\n'
        numbers = '[numbers]\n95500 = { flow = "line" }\n[call_flows]\nline = "line.toml"\n'
        return f'[centre]\nlanguages = ["en"]\n{line}{speech}{numbers}{people}'


class Speaker:
    """A caller whose mouth is files."""

    def __init__(self, folder: Path, line: object, log: EventLog) -> None:
        self.folder, self.line, self.log, self.plays = folder, line, log, 0

    async def says(self, text: str) -> None:
        self.plays += 1
        file = as_wav(self.folder / f"said-{self.plays}.wav", said(text, VOICE))
        self.line.submit(Play("caller", "out", self.plays, (str(file),)))  # type: ignore[attr-defined]
        await self.log.wait(PlayEnded, leg="out", play=self.plays)


@asynccontextmanager
async def speaker(folder: Path, port: int) -> AsyncIterator[Speaker]:
    """Calls the centre."""
    first, log = ports.block(30), EventLog()
    settings = SipSettings(
        listen=f"127.0.0.1:{first}", rtp_ports=f"{first + 10}-{first + 29}", stations=Stations(open=False), transports=("udp",)
    )
    async with SipBackend().open(LineSetup("caller", settings, log.sink, folder / "caller", lambda _: None)) as line:
        line.submit(Originate("caller", "out", f"sip:95500@127.0.0.1:{port}", "13800138000"))
        await log.wait(Answered, leg="out")
        yield Speaker(folder, line, log)
        line.submit(Release("caller", "out"))


async def test_a_caller_goes_through_a_flow_by_what_he_says(tmp_path: Path) -> None:
    centre = Spoken(tmp_path)
    try:
        await centre.start()
        async with speaker(tmp_path, centre.port) as caller:
            await centre.wait_rows("SELECT id FROM contacts WHERE stage = 'line/what'", 1)
            await caller.says(WORD)
            await centre.wait_rows("SELECT id FROM contacts WHERE stage = 'line/pleased'", 1)
            await caller.says(YES)
            await centre.wait_rows("SELECT id FROM contacts WHERE stage = 'line/account'", 1)
            await caller.says(ROW)
            told = await centre.wait_rows(TOLD, 3)
            assert [row["detail"].split()[0] for row in told] == ["1", "1", DIGITS]
            await caller.says(YES)
            ways = await centre.wait_rows("SELECT node, left_by FROM node_visits ORDER BY seq", 4)
            (row,) = await centre.wait_rows("SELECT variables, keys FROM contacts WHERE outcome = 'self-served'", 1)
    finally:
        centre.end()
    assert {row["what"] for row in centre.rows(TOLD)} == {"said"}
    assert [(row["node"], row["left_by"]) for row in ways] == [("what", "1"), ("pleased", "next"), ("account", "next"), ("bye", "next")]
    assert (row["variables"], row["keys"]) == (f'{{"is_customer":true,"account":"{DIGITS}"}}', f"11{DIGITS}1")
