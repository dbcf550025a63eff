"""A centre with its API in one process, without a network: real engine, real store, requests straight to the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from attrs import define, field
from quart import Quart

from appliance.api import parts_of
from appliance.api.app import application
from appliance.api.centre import Centre
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.shell import Shell
from appliance.store import Safely, Store, User
from hal.api import LineOpened, StationRegistered
from tests.core.playbook import EVERYTHING, MONDAY_8, small_plan

__all__ = ["PASSWORD", "Running", "running"]

PASSWORD = "eine lange Fahrt"
PEOPLE = {
    "li": ("agent", "1001"),
    "wang": ("agent", "1002"),
    "zhao": ("supervisor", "1003"),
    "chen": ("administrator", ""),
    "guo": ("leader", ""),
    "he": ("duty-manager", ""),
    "tan": ("handler", ""),
}


@define
class Running:
    """What a test has of it."""

    centre: Centre
    app: Quart
    clock: list[float]
    tokens: dict[str, str] = field(factory=dict)

    async def token(self, login: str) -> str:
        """A token of a user of PEOPLE, made when he first asks."""
        if login not in self.tokens:
            self.tokens[login], _ = self.centre.sessions.begin(login, "127.0.0.1")
        return self.tokens[login]

    async def ask(self, login: str, method: str, path: str, body: Any = None, **words: Any) -> tuple[int, Any]:
        """The status and the answer; login "" is nobody."""
        headers = {"Authorization": f"Bearer {await self.token(login)}"} if login else {}
        response = await self.app.test_client().open(path, method=method, headers=headers, json=body, **words)
        return response.status_code, await response.get_json(silent=True)

    def do(self, agent: str, what: str, *, reason: str = "", by: str = "") -> None:
        """Ask the core for something at an agent's seat."""
        self.centre.shell.post(AgentAsked(agent, what, reason, by=by))


@asynccontextmanager
async def running(folder: Path, *, at: float = MONDAY_8, wrong: str = "") -> AsyncIterator[Running]:
    clock = [at]
    with Store(folder, at=at) as store:
        writer = store.writer()
        safely = Safely(writer)
        async with writer.running(), trio.open_nursery() as nursery:
            shell = Shell(Engine(small_plan()), writer, lambda _agent, _pin, answer: answer(False))
            writer.stored = safely.heard(shell.stored)
            shell.post(ClockSet(at))
            shell.post(LineOpened("trunk", EVERYTHING.value))
            for station in ("8001", "8002", "8003"):
                shell.post(StationRegistered("trunk", station, "127.0.0.1:5070"))

            async def reload() -> str:
                await trio.lowlevel.checkpoint()
                return wrong

            centre = await parts_of(lambda: "test", shell, store, safely, reload, lambda: clock[0])
            for login, (roles, agent) in PEOPLE.items():
                if centre.users.find(login) is None:
                    await centre.users.add(User(login, login, roles, agent), by="test")
            nursery.start_soon(centre.watch.run)
            nursery.start_soon(shell.run)
            yield Running(centre, application(centre), clock)
            nursery.cancel_scope.cancel()
