"""A served centre through its API: the first administrator by the code, an agent whom he makes, a call that both screens see or do not see,
a lock from the machine itself, and a restart that ends no session.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.live.centre import ROOT, RunningCentre
from tui.client import Away, Began, Changed, Client, Events, LoggedOut, NotAllowed

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("OPS-03"), pytest.mark.requirement("SUP-01")]

ADMINISTRATOR, GIVEN, OWN = "eine lange Fahrt", "auf dem Wasser", "noch eine Fahrt"
CALLER = "13800138000"


class ServedCentre(RunningCentre):
    """A centre with `[api]`, on a port of its own."""

    def site_text(self) -> str:
        return f'{super().site_text()}\n[api]\nlisten = "127.0.0.1:{self.port + 3}"\n'

    def client(self, token: str = "") -> Client:
        return Client(f"https://127.0.0.1:{self.port + 3}", trust=self.data / "tls" / "api.pem", token=token)


async def hotline(*words: str) -> None:
    command = [sys.executable, "-m", "appliance.cli", *words]
    done = await trio.to_thread.run_sync(
        lambda: subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def contacts(events: Events, until_gone: int) -> list[dict[str, Any] | None]:
    """What is told of contacts, until so many of them are over."""
    found: list[dict[str, Any] | None] = []
    with trio.fail_after(120):
        async for happened in events:
            if isinstance(happened, Changed) and happened.kind == "contact":
                found.append(None if happened.data is None else dict(happened.data))
                if found.count(None) == until_gone:
                    break
    return found


async def began(events: Events) -> Began:
    with trio.fail_after(120):
        async for happened in events:
            if isinstance(happened, Began):
                return happened
    raise AssertionError("the stream has ended")


async def test_an_administrator_by_the_code_an_agent_and_a_call(tmp_path: Path) -> None:
    centre = ServedCentre(tmp_path, agents=1)
    try:
        await centre.start()
        code = re.search(r"makes himself: (\S+)", centre.log.read_text())
        assert code is not None, centre.said()
        async with centre.client() as administrator, centre.client() as agent:
            await administrator.first_administrator(code[1], "chen", "陈静", ADMINISTRATOR)
            await administrator.log_in("chen", ADMINISTRATOR)
            new = {"login": "wang", "name": "王芳", "roles": ["agent"], "agent": "1001", "password": GIVEN}
            await administrator.call("POST", "/v1/users", new)
            assert (await agent.log_in("wang", GIVEN)).must_change
            with pytest.raises(NotAllowed):
                await agent.state()
            await agent.choose_password(GIVEN, OWN)
            await agent.log_in("wang", OWN)
            with pytest.raises(NotAllowed):
                await agent.call("GET", "/v1/users")
            async with administrator.events() as board, agent.events() as seat:
                assert set((await began(board)).state.lines) == {"trunk"}
                assert set((await began(seat)).state.agents) == {"1001"}
                at = ("--at", f"127.0.0.1:{centre.port}", "--site", str(centre.site), "--stay", "1")
                await hotline("call", "95500", "--from", CALLER, *at)
                told = await contacts(board, 1)
                assert {each["ani"] for each in told if each is not None} == {CALLER}
                await hotline("users", "lock", "wang", "--data", str(centre.data))
                with pytest.raises(LoggedOut):
                    await contacts(seat, 1)  # another's call is not shown to him
                centre.kill()
                with trio.fail_after(120):
                    while not isinstance(await anext(board), Away):
                        pass
                before = administrator.token
                await centre.start()
                assert (await began(board)).state.centre == "Test"
                assert administrator.token == before
        rows = centre.rows("SELECT who, what FROM audit WHERE who LIKE 'user:%' OR who LIKE 'desk:%' ORDER BY seq")
        assert [row["what"] for row in rows if row["who"] == "user:chen"] == ["password changed", "log-in", "user made", "password set"]
        assert [row["what"] for row in rows if row["who"].startswith("desk:")] == ["user changed"]
        assert await centre.stop() == 0
    finally:
        centre.end()
