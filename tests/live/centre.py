"""A whole centre as its users have it: `serve` in a process of its own, with real telephones around it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from appliance.desk import ask_desk
from tests.hal import ports
from tests.hal.baresip import Baresip
from tests.hal.peer import Tone
from tests.hal.processes import workers_of

ROOT = Path(__file__).parent.parent.parent
START_S = 60.0
"""How long a start may take, rendering included, before the test fails."""

SITE = """\
[centre]
name = "Test"
languages = ["zh", "en"]

[lines.trunk]
backend   = "sip"
listen    = "127.0.0.1:{port}"
rtp_ports = "{rtp}-{rtp_end}"
channels  = 200

[numbers]
95500 = {{ flow = "hotline" }}
95501 = {{ queue = "consult" }}

[flows.hotline]
welcome   = {{ zh = "欢迎致电。", en = "Welcome." }}
otherwise = "queue:consult"

[flows.hotline.language]
say = {{ zh = "普通话服务请按一。", en = "For English, press two." }}
1   = "zh"
2   = "en"

[flows.hotline.menu]
say = {{ zh = "咨询请按一，留言请按九。", en = "For questions, press one. To leave a message, press nine." }}
1   = "queue:consult"
9   = "voicemail"

[queues.consult]
ring_s    = 15
wrap_up_s = 1
overflow  = [{{ when = "nobody logged in", to = "voicemail" }}]

[stations]
{stations}

[agents]
{agents}
"""


class RunningCentre:
    """One data directory, and `serve` running on it or not."""

    program = "appliance.cli"
    """The module that is the appliance."""

    def __init__(self, folder: Path, agents: int = 4) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = ports.block(4)
        self.rtp = ports.block(600)
        self.agents = self.people(agents)
        self.site = folder / "site.toml"
        self.site.write_text(self.site_text())
        self.log = folder / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None

    def people(self, agents: int) -> list[tuple[str, str]]:
        """So many agents' numbers and stations."""
        return [(f"10{n:02d}", f"80{n:02d}") for n in range(1, agents + 1)]

    def site_text(self) -> str:
        """The site file."""
        return SITE.format(
            port=self.port, rtp=self.rtp, rtp_end=self.rtp + 599,
            stations="\n".join(f"{station} = {{ line = 'trunk' }}" for _, station in self.agents),
            agents="\n".join(f'{a} = {{ name = "Agent {a}", station = "{s}", groups = {{ consult = 1 }} }}' for a, s in self.agents),
        )  # fmt: skip

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return ("127.0.0.1", self.port)

    @property
    def pid(self) -> int:
        """The appliance's process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start, and wait until it says that it is open."""
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", self.program, "serve", "--site", str(self.site), "--data", str(self.data)]
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        with trio.move_on_after(START_S):
            while "is open. Service numbers" not in self.log.read_bytes()[before:].decode():
                if self._process.poll() is not None:
                    break
                await trio.sleep(0.02)
            else:
                return
        raise AssertionError(f"serve did not open:\n{self.said()}")

    def said(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])

    def kill(self) -> None:
        """SIGKILL for the appliance alone; its media workers live on."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    async def stop(self) -> int:
        """SIGTERM, and wait for the orderly end; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        with trio.fail_after(60):
            while (status := self._process.poll()) is None:
                await trio.sleep(0.05)
        self._process = None
        return status

    def end(self) -> None:
        """Whatever still runs of it must not outlive the test."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for pid in workers_of(self.data / "run"):
            os.kill(pid, signal.SIGKILL)

    def rows(self, question: str) -> list[dict[str, Any]]:
        """What the store has, read beside the running appliance."""
        connection = sqlite3.connect(f"file:{self.data / 'hotline.db'}?mode=ro", uri=True)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(question)]
        finally:
            connection.close()

    async def wait_rows(self, question: str, count: int, limit_s: float = 20.0) -> list[dict[str, Any]]:
        """Until the store answers with so many rows."""
        began = time.monotonic()
        while len(found := self.rows(question)) < count:
            assert time.monotonic() - began < limit_s, f"{len(found)} rows of {count} after {limit_s:.0f} s: {question}\n{self.said()}"
            await trio.sleep(0.05)
        return found

    async def asked(self, what: str, agent: str, to: str = "", by: str = "", reason: str = "") -> str:
        """Ask for something at an agent's seat, as the agent himself or as somebody else; why it was not done, empty: it was."""
        request = {"ask": what, "agent": agent, "to": to, "by": by or agent, "reason": reason}
        return str((await ask_desk(self.data, request)).get("error", ""))

    async def ask(self, what: str, agent: str, to: str = "", by: str = "", reason: str = "") -> None:
        """Ask for something, which has to be done."""
        why = await self.asked(what, agent, to, by, reason)
        assert not why, f"{by or agent} asked for {what} {to}: {why}\n{self.said()}"

    async def show(self) -> dict[str, Any]:
        """What goes on: agents, queues, contacts, and how many legs and recordings there are."""
        shown: dict[str, Any] = (await ask_desk(self.data, {"show": True}))["shown"]
        return shown

    async def wrong(self) -> list[str]:
        """What is broken of what must always hold."""
        return list((await ask_desk(self.data, {"check": True}))["checked"])

    async def wait_shown(self, what: str, found: Callable[[dict[str, Any]], Any], limit_s: float = 20.0) -> dict[str, Any]:
        """Until what goes on is like this."""
        began = time.monotonic()
        while not found(shown := await self.show()):
            assert time.monotonic() - began < limit_s, f"not {what} after {limit_s:.0f} s: {shown}\n{self.said()}"
            await trio.sleep(0.05)
        return shown

    async def wait_quiet(self, limit_s: float = 20.0) -> None:
        """Until nothing is left of any call: no contact, leg or recording, and nobody busy; and nothing is broken."""

        def quiet(shown: dict[str, Any]) -> bool:
            busy = [id_ for id_, agent in shown["agents"].items() if agent["state"] not in ("ready", "not-ready", "logged-out")]
            return not (shown["contacts"] or shown["legs"] or shown["recordings"] or busy)

        await self.wait_shown("quiet", quiet, limit_s)
        assert await self.wrong() == []

    def recordings_agree(self) -> int:
        """Every row of a recording that is over has its whole file, and no other file is there; how many there are."""
        rows = self.rows("SELECT file, size_bytes FROM recordings WHERE state NOT IN ('recording', 'empty')")
        on_disk = {str(path): path.stat().st_size for path in (self.data / "recordings").rglob("*") if path.is_file()}
        assert on_disk == {row["file"]: row["size_bytes"] for row in rows}
        return len(rows)

    def secret(self, kind: str, name: str) -> str:
        """A phone's password (`stations`) or an agent's PIN (`agents`)."""
        secrets = tomllib.loads((self.data / "secrets.toml").read_text())
        return str(secrets[kind][name])


@asynccontextmanager
async def running(folder: Path, agents: int = 4) -> AsyncIterator[RunningCentre]:
    """A centre that is open, and gone afterwards."""
    centre = RunningCentre(folder, agents)
    try:
        await centre.start()
        yield centre
    finally:
        centre.end()


class AgentPhone:
    """A baresip phone with an agent at it, who answers at once and hangs up after `talks_s`."""

    def __init__(self, centre: RunningCentre, agent: str, station: str, says: Tone) -> None:
        password = centre.secret("stations", station)
        account = f"auth_user={station};auth_pass={password};answermode=auto;regint=300"
        folder = centre.folder / f"phone{station}"
        self.phone = Baresip(folder, f"sip:{station}@127.0.0.1:{centre.port}", account, says, codecs="pcma")
        self.centre, self.agent, self.station = centre, agent, station
        self.served = 0

    async def log_in(self) -> None:
        """Dial the log-in code and hear it out."""
        await self.centre.wait_rows(f"SELECT seq FROM audit WHERE who = 'station:{self.station}' AND what = 'registered'", 1)
        await self.phone.dial(f"sip:*10{self.centre.secret('agents', self.agent)}@127.0.0.1:{self.centre.port}")
        await self.phone.wait("CALL_CLOSED")

    async def serve(self, talks_s: float) -> None:
        """Take calls until cancelled."""
        while True:
            before = len(self.phone.told("CALL_CLOSED"))
            answered = len(self.phone.told("CALL_ESTABLISHED"))
            while len(self.phone.told("CALL_ESTABLISHED")) == answered:
                await trio.sleep(0.02)
            await trio.sleep(talks_s)
            if len(self.phone.told("CALL_CLOSED")) == before:
                await self.phone.hang_up()
                while len(self.phone.told("CALL_CLOSED")) == before:
                    await trio.sleep(0.02)
            self.served += 1


@asynccontextmanager
async def agents_serving(centre: RunningCentre, says: Tone, talks_s: float) -> AsyncIterator[None]:
    """All agents logged in and serving; what is asserted of their work belongs after this block, which ends by cancelling them."""
    async with trio.open_nursery() as nursery:
        for agent, station in centre.agents:
            phone = AgentPhone(centre, agent, station, says)
            await nursery.start(phone.phone.run)
            await phone.log_in()
            nursery.start_soon(phone.serve, talks_s)
        yield
        nursery.cancel_scope.cancel()
