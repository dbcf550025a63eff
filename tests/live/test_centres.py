"""The centres that are shipped, over real SIP: callers key their way through the flows, and hear what they are to hear."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from appliance.caller import heard_in, place_call
from appliance.desk import ask_desk
from appliance.serve import library_of
from appliance.site import load_site
from tests.hal.peer import Tone
from tests.live.centre import ROOT, RunningCentre, agents_serving

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.whole, pytest.mark.alone]

MOBILE = "13800138000"
_EVERY_S = 0.7


class ShippedCentre(RunningCentre):
    """A copy of a shipped centre, on ports of its own, with a database of its own where it has one."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.heard: list[tuple[str, str, str]] = []
        """Of each call: the keys, what was to be heard, and what was."""
        shutil.copytree(ROOT / "scenarios" / "sites" / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.db"))
        super().__init__(folder, agents=1)
        for script in folder.glob("*.sql"):
            subprocess.run([sys.executable, "-c", _MAKE, str(script)], check=True)

    def site_text(self) -> str:
        """The shipped site file, on these ports, with offices that are closed."""
        text = (ROOT / "scenarios" / "sites" / self.name / "site.toml").read_text("utf-8")
        line = f'listen   = "127.0.0.1:{self.port}"\nrtp_ports = "{self.rtp}-{self.rtp + 599}"'
        text = text.replace('mon-fri  = ["09:00-12:00", "13:30-18:00"]', "mon-fri  = []")
        return text.replace('listen   = "127.0.0.1:5060"', line).replace(
            "../holidays-2026.toml", str(ROOT / "scenarios/sites/holidays-2026.toml")
        )

    async def start(self) -> None:
        """Render first: a cold cache takes longer than a start may."""
        site = load_site(self.site)
        await trio.to_thread.run_sync(library_of(site).render, list(site.pieces()))
        await super().start()

    async def call(self, number: str, keys: str, stay_s: float, wanted: str, language: str = "zh") -> None:
        """Key one after the other - a space is a while of listening - and note which of these prompts were heard."""
        folder = self.folder / f"caller{len(list(self.folder.glob('caller*')))}"
        folder.mkdir()
        story, file = await place_call(f"sip:{number}@127.0.0.1:{self.port}", MOBILE, keys, _EVERY_S, stay_s, folder)
        assert file is not None, story
        heard = await trio.to_thread.run_sync(self._heard, file, wanted.split(), language)
        self.heard.append((keys, wanted, " ".join(heard)))

    def _heard(self, file: Path, wanted: list[str], language: str) -> list[str]:
        """Which of these were heard, each where it began first."""
        site = load_site(self.site)
        library = library_of(site)
        pieces = {piece.text: piece for piece in site.pieces() if piece.name in wanted and piece.language == language}
        found = heard_in(file, {text: Path(library.file(piece)) for text, piece in pieces.items()})
        said = (re.fullmatch(r"heard   (.*)  \(.*\)", heard.text) for heard in found)
        return list(dict.fromkeys(pieces[each[1]].name for each in said if each is not None and each[1] in pieces))

    def ways(self) -> Counter[tuple[str, str, str]]:
        """The nodes that were left, and by what."""
        return Counter((row["flow"], row["node"], row["left_by"]) for row in self.rows("SELECT flow, node, left_by FROM node_visits"))


_MAKE = """
import pathlib, sqlite3, sys
script = pathlib.Path(sys.argv[1])
made = sqlite3.connect(script.with_suffix(".db"))
made.executescript(script.read_text("utf-8"))
made.close()
"""


@asynccontextmanager
async def opened(folder: Path, name: str) -> AsyncIterator[ShippedCentre]:
    """The centre, open, and gone afterwards; nothing may be broken in it."""
    centre = ShippedCentre(folder, name)
    try:
        await centre.start()
        yield centre
        for keys, wanted, heard in centre.heard:
            assert heard, f"{keys}: nothing was heard\n{centre.ways()}\n{centre.said()}"
            place = iter(wanted.split())  # what a key cuts short at its beginning may not be known; what comes last is said to its end
            assert all(name in place for name in heard.split()), f"{keys}: {heard} is not in the order {wanted}\n{centre.ways()}"
            assert heard.split()[-1] == wanted.split()[-1], f"{keys}: {heard} does not end as {wanted}\n{centre.ways()}\n{centre.said()}"
        assert await centre.wrong() == []
    finally:
        centre.end()


@pytest.mark.requirement("IVR-03")
@pytest.mark.requirement("IVR-06")
@pytest.mark.requirement("IVR-10")
async def test_a_telecom_company_tells_bills_to_who_has_the_pin_and_asks_how_the_agent_was(tmp_path: Path) -> None:
    async with opened(tmp_path, "telecom") as centre:
        entries = [{"account": f"571880000{n}", "pin": "246813"} for n in (1, 2, 3)]
        told = await ask_desk(centre.data, {"accounts": "set", "of": "subscribers", "by": "test", "entries": entries})
        assert [entry["account"] for entry in told["set"]] == [entry["account"] for entry in entries]
        wrong = "5718800002#   111111     "
        async with agents_serving(centre, Tone.B, 2.0), trio.open_nursery() as nursery:
            for keys, stay_s, wanted, language in (
                ("1    1    5718800001#    246813    202610             1  13800138000", 5, "hotline.welcome.say login.number.ask "
                 "login.pin.ask bill.month.ask bill.look.say.1 bill.to_mobile.say.1", "zh"),
                (f"1    1    {wrong}{wrong}{wrong}", 6, "login.wrong.say login.locked.say", "zh"),
                ("2    2    5718800001#    246813", 7, "hotline.welcome.say arrears.look.say.1", "en"),
                ("1    3    5718800003#   246813    246813   864209   864209", 6, "pin.old.ask pin.set.say", "zh"),
                ("1    0" + "      1" * 5, 3, "people.queue.say people.mark.say people.keep.say", "zh"),
            ):  # fmt: skip
                nursery.start_soon(centre.call, "10000", keys, stay_s, wanted, language)
        ways = centre.ways()
        assert (ways["login", "check", "next"], ways["login", "check", "otherwise"] + ways["login", "check", "wrong"]) == (3, 2), ways
        assert (ways["login", "check", "locked"], ways["pin", "set", "next"]) == (1, 1), ways
        [sent] = await centre.wait_rows("SELECT * FROM outgoing", 1)
        assert (sent["medium"], sent["address"], sent["document"]) == ("sms", MOBILE, "bill")
        assert json.loads(sent["data"]) == {"account": "5718800001", "month": "2026-10"}
        polls = await centre.wait_rows("SELECT poll, question, answer FROM poll_answers", 1)
        assert [tuple(row.values()) for row in polls] == [("service", "mark", "satisfied")]


@pytest.mark.requirement("ACC-08")
@pytest.mark.requirement("IVR-07")
@pytest.mark.requirement("IVR-08")
@pytest.mark.requirement("IVR-09")
async def test_a_government_hotline_serves_at_night_without_any_agent(tmp_path: Path) -> None:
    async with opened(tmp_path, "government") as centre:
        async with trio.open_nursery() as nursery:
            for keys, stay_s, wanted in (
                ("1    1    1    1    1" + " " * 16 + "#", 20, "hotline.welcome.say mailbox.message.record mailbox.message.say.1"),
                ("1    5     1    2    4", 6, "poll.knows.yes_no hotline.more.say"),
                ("1    0", 10, "people.nobody.say"),
                ("1    4    2       1", 4, "information.hours.say information.send_to_caller.say"),
            ):
                nursery.start_soon(centre.call, "95500", keys, stay_s, wanted)
        [ticket] = await centre.wait_rows("SELECT * FROM tickets", 1)
        told = [ticket[name] for name in ("number", "kind", "call_back", "subject", "wants_answer")]
        assert told == ["T-00001", "mailbox", MOBILE, "suggestion", 1]
        [recording] = centre.rows("SELECT kind, duration_s FROM recordings WHERE state = 'complete'")
        assert recording["kind"] == "message"
        assert recording["duration_s"] > 1
        assert len(centre.rows("SELECT id FROM contacts WHERE medium = 'message' AND queue = 'mailbox'")) == 1
        polls = {row["question"]: row["answer"] for row in centre.rows("SELECT question, answer FROM poll_answers")}
        assert polls == {"knows": "yes", "matters": "talent", "mark": "4"}
        [sent] = centre.rows("SELECT medium, address, data FROM outgoing")
        assert (sent["medium"], sent["address"], json.loads(sent["data"])) == ("sms", MOBILE, {"topic": "hours"})
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                centre.call, "95500", f"1    3    1#   {ticket['code']}", 7, "status.number.ask status.code.ask status.open.say.1"
            )
            other = f"{(int(ticket['code']) + 1) % 1_000_000:06}"
            nursery.start_soon(centre.call, "95500", f"1    3    1#   {other}", 7, "status.not_found.say")


@pytest.mark.requirement("IVR-03")
@pytest.mark.requirement("IVR-04")
async def test_a_power_company_reads_out_what_is_known_of_an_outage_and_takes_down_the_rest(tmp_path: Path) -> None:
    async with opened(tmp_path, "power") as centre, trio.open_nursery() as nursery:
        for keys, stay_s, wanted in (
            ("2          1" + " " * 22 + "2    1", 8, "hotline.begin.say outage.look.say outage.report.say outage.take.say.1"),
            ("4          1    2    12345#              1", 5, "account.reading.ask.confirm.1"),
            ("4          1    1" + " " * 16 + "1", 5, "account.owed.say.1 account.send.say"),
            ("1", 8, "hotline.danger.say"),
        ):
            nursery.start_soon(centre.call, "95598", keys, stay_s, wanted)
        with trio.fail_after(80):
            await centre.wait_rows("SELECT number FROM tickets WHERE kind = 'meter-reading'", 1, 60.0)
            await centre.wait_rows("SELECT number FROM tickets WHERE kind = 'outage'", 1, 60.0)
            await centre.wait_rows("SELECT id FROM outgoing", 1, 60.0)
        subjects = {row["kind"]: row["subject"] for row in centre.rows("SELECT kind, subject FROM tickets")}
        assert (subjects["outage"], subjects["meter-reading"]) == ("area 3307001", "3307001 12345")
        [sent] = centre.rows("SELECT document, data FROM outgoing")
        assert json.loads(sent["data"]) == {"account": "3307001", "amount": "146.3", "due": "2026-12-15"}
        assert [row["priority"] for row in centre.rows("SELECT priority FROM contacts WHERE queue = 'repair' AND medium = 'voice'")] == [20]
