"""The stream: what is told to whom, after a drop, to the slow, and to who is not welcome any more."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from quart.testing.connections import WebsocketDisconnectError, WebsocketResponseError

from appliance.api.feed import Feed
from hal.api import Arrived
from tests.api.running import Running, running

pytestmark = [pytest.mark.requirement("SUP-01"), pytest.mark.requirement("CTI-05")]


@asynccontextmanager
async def reading(here: Running, login: str, query: str = "") -> AsyncIterator[Any]:
    headers = {"Authorization": f"Bearer {await here.token(login)}"}
    with trio.fail_after(30):
        async with here.app.test_client().websocket(f"/v1/events?{query}", headers=headers) as socket:
            yield socket


async def told(socket: Any) -> Any:
    return json.loads(await socket.receive())


async def until(socket: Any, kind: str, key: str, **wanted: Any) -> dict[str, Any]:
    """The first event about this thing that has these values."""
    while True:
        for event in await told(socket):
            data = event["data"] or {}
            if (event["kind"], event["key"]) == (kind, key) and wanted.items() <= data.items():
                return dict(event)


async def test_a_supervisor_is_told_how_things_are_and_what_changes(tmp_path: Path) -> None:
    async with running(tmp_path) as here, reading(here, "zhao") as socket:
        hello = await told(socket)
        assert (hello["kind"], hello["resumed"], hello["run"]) == ("hello", False, here.centre.feed.run)
        assert set(hello["state"]["agents"]) == {"1001", "1002", "1003"}
        here.do("1001", "log-in")
        event = await until(socket, "agent", "1001", state="ready")
        assert event["seq"] > hello["seq"]


async def test_what_changes_is_told_by_its_row_and_not_when_somebody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.api.watch._LOOKS_S", {})
    async with running(tmp_path) as here, reading(here, "zhao") as socket:
        await told(socket)
        for what, state in (("log-in", "ready"), ("log-out", "logged-out")):
            await here.ask("zhao", "GET", "/v1/state")
            here.do("1001", what)
            await until(socket, "agent", "1001", state=state)
        here.centre.shell.post(Arrived("trunk", "L1", "13800138000", "95500"))
        while not any(event["kind"] == "contact" and event["data"]["ani"] == "13800138000" for event in await told(socket)):
            pass


async def test_after_a_drop_no_event_is_lost_or_told_twice(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        async with reading(here, "zhao") as socket:
            hello = await told(socket)
            here.do("1001", "log-in")
            last = (await until(socket, "agent", "1001", state="ready"))["seq"]
        here.do("1001", "not-ready", reason="1")
        here.do("1001", "ready")
        await trio.sleep(0.3)
        async with reading(here, "zhao", f"run={hello['run']}&after={last}") as socket:
            again = await told(socket)
            assert (again["resumed"], again["seq"]) == (True, last)
            here.do("1001", "log-out")
            found: list[dict[str, Any]] = []
            while not found or found[-1]["data"]["state"] != "logged-out":
                found += [event for event in await told(socket) if event["key"] == "1001"]
            seqs = [event["seq"] for event in found]
            assert seqs == sorted(set(seqs))
            assert seqs[0] > last


async def test_who_comes_from_another_run_or_too_late_begins_anew(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        run = here.centre.feed.run
        for query in ("run=other&after=0", f"run={run}&after=999999", f"run={run}", f"run={run}&after=x"):
            async with reading(here, "zhao", query) as socket:
                hello = await told(socket)
                assert hello["resumed"] is False
                assert hello["state"]["agents"]


async def test_who_does_not_keep_up_begins_anew_and_nobody_waits_for_him(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        small = Feed("small", kept=10)
        here.centre.feed = small
        here.centre.watch._feed = small
        async with reading(here, "zhao", "newest=1") as socket:
            await told(socket)
            for _ in range(50):
                here.do("1001", "log-in")
                here.centre.watch._tell()
                here.do("1001", "log-out")
                here.centre.watch._tell()
            message = await told(socket)
            while not isinstance(message, dict):
                message = await told(socket)
            assert (message["kind"], message["resumed"]) == ("hello", False)
            assert message["state"]["agents"]["1001"]["state"] == "logged-out"


async def test_an_agent_sees_himself_and_his_queues(tmp_path: Path) -> None:
    async with running(tmp_path) as here, reading(here, "li") as socket:
        state = (await told(socket))["state"]
        assert set(state["agents"]) == {"1001"}
        assert state["lines"] == {}
        here.do("1002", "log-in")
        here.do("1001", "log-in")
        kinds = set()
        while True:
            events = await told(socket)
            kinds |= {(event["kind"], event["key"]) for event in events if event["kind"] == "agent"}
            if any(event["key"] == "1001" and event["data"]["state"] == "ready" for event in events):
                break
        assert kinds == {("agent", "1001")}


async def test_the_stream_ends_with_the_session(tmp_path: Path) -> None:
    async with running(tmp_path) as here, reading(here, "li") as socket:
        await told(socket)
        assert len(here.centre.streams) == 1
        here.centre.sessions.end_all("li")
        with pytest.raises(WebsocketDisconnectError):
            await until(socket, "agent", "nobody")
        await trio.testing.wait_all_tasks_blocked()
        assert len(here.centre.streams) == 0


@pytest.mark.parametrize(("login", "status"), [("", 401), ("tan", 403)])
async def test_nobody_gets_a_stream_who_may_not(tmp_path: Path, login: str, status: int) -> None:
    async with running(tmp_path) as here:
        headers = {"Authorization": f"Bearer {await here.token(login)}"} if login else {}
        with pytest.raises(ExceptionGroup) as raised:
            async with here.app.test_client().websocket("/v1/events", headers=headers) as socket:
                await socket.receive()
        assert raised.group_contains(WebsocketResponseError)
        (found,) = raised.value.exceptions
        while isinstance(found, ExceptionGroup):
            (found,) = found.exceptions
        assert isinstance(found, WebsocketResponseError)
        assert found.response.status_code == status
