"""The desk: what may be asked of a running appliance, by whom, and what a wrong request costs."""

import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet
from appliance.core.records import Audit, Record
from appliance.desk import Desk, DeskClosed, ask_desk, desk_path
from appliance.shell import Shell
from hal.api import LineOpened, StationRegistered
from tests.core.playbook import EVERYTHING, MONDAY_8, small_plan

pytestmark = pytest.mark.requirement("OPS-04")


class Rows:
    def __init__(self) -> None:
        self.rows: list[Record] = []

    def put(self, record: Record, token: int = 0) -> None:
        del token
        self.rows.append(record)


@asynccontextmanager
async def open_desk(folder: Path, wrong: str = "") -> AsyncIterator[Rows]:
    rows = Rows()
    shell = Shell(Engine(small_plan()), rows, lambda _agent, _pin, answer: answer(False))
    shell.post(ClockSet(MONDAY_8))
    shell.post(LineOpened("trunk", EVERYTHING.value))
    for station in ("8001", "8002", "8003"):
        shell.post(StationRegistered("trunk", station, "127.0.0.1:5070"))

    async def reload() -> str:
        await trio.lowlevel.checkpoint()
        return wrong

    async with Desk(folder, shell, reload).open():
        yield rows


async def raw(folder: Path, content: bytes) -> list[dict[str, object]]:
    """Send bytes, end, and read all answers."""
    async with await trio.open_unix_socket(str(desk_path(folder))) as stream:
        await stream.send_all(content)
        await stream.send_eof()
        told = b"".join([chunk async for chunk in stream])
    return [json.loads(line) for line in told.splitlines()]


async def test_what_is_asked_is_done_or_refused_with_the_reason(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as rows:
        assert await ask_desk(tmp_path, {"ask": "log-in", "agent": "1001"}) == {"done": True}
        assert await ask_desk(tmp_path, {"ask": "hold", "agent": "1001"}) == {"error": "agent 1001 is in no call"}
        assert await ask_desk(tmp_path, {"ask": "ready", "agent": "1999"}) == {"error": "there is no agent 1999"}
        shown = (await ask_desk(tmp_path, {"show": True}))["shown"]
        assert (shown["agents"]["1001"]["state"], shown["queues"]["consult"]["logged_in"]) == ("ready", 1)
        assert [row.who for row in rows.rows if isinstance(row, Audit) and row.what == "log-in"] == ["operator"]


async def test_a_site_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    async with open_desk(tmp_path, "site.toml:5: queues.consult: unknown key"):
        assert await ask_desk(tmp_path, {"reload": True}) == {"error": "site.toml:5: queues.consult: unknown key"}


@pytest.mark.requirement("OPS-03")
async def test_only_the_owner_may_open_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path):
        path = desk_path(tmp_path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.exists()


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (b"nonsense\n", "this is no JSON"),
        (b"[1]\n", "a request is an object"),
        (b'{"ask": "hold", "who": "1001"}\n', "'who' is not known"),
        (b'{"ask": "hold", "agent": 1001}\n', "texts only"),
        (b'{"agent": "1001"}\n', "it needs 'ask'"),
        (b'{"ask": "fly", "agent": "1001"}\n', "'fly' is nothing that can be asked for"),
        (b"\xff\xfe\n", "this is no JSON"),
        (b"[" * 60_000 + b"\n", "this is no JSON"),
        (b'{"a":' * 12_000 + b"\n", "this is no JSON"),
    ],
)
async def test_a_wrong_request_is_explained_and_the_next_one_is_served(tmp_path: Path, request_: bytes, said: str) -> None:
    async with open_desk(tmp_path):
        wrong, right = await raw(tmp_path, request_ + b'{"ask": "log-in", "agent": "1001"}\n')
        assert said in str(wrong["error"])
        assert right == {"done": True}


async def test_a_request_without_an_end_costs_its_connection_only(tmp_path: Path) -> None:
    async with open_desk(tmp_path):
        async with await trio.open_unix_socket(str(desk_path(tmp_path))) as endless:
            with pytest.raises(trio.BrokenResourceError):
                await endless.send_all(b"x" * 10_000_000)
        assert await ask_desk(tmp_path, {"ask": "log-in", "agent": "1001"}) == {"done": True}


async def test_what_a_killed_run_left_does_not_stand_in_the_way(tmp_path: Path) -> None:
    desk_path(tmp_path).parent.mkdir()
    desk_path(tmp_path).write_text("")
    async with open_desk(tmp_path):
        assert await ask_desk(tmp_path, {"ask": "log-in", "agent": "1001"}) == {"done": True}


async def test_nobody_there_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(DeskClosed, match="no appliance is running"):
        await ask_desk(tmp_path, {"show": True})


async def test_what_cannot_be_shown_costs_the_request_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_engine: Engine) -> dict[str, object]:
        raise KeyError("a leg that is not there")

    monkeypatch.setattr("appliance.desk.shown", broken)
    async with open_desk(tmp_path):
        assert "could not be answered" in (await ask_desk(tmp_path, {"show": True}))["error"]
        assert await ask_desk(tmp_path, {"ask": "log-in", "agent": "1001"}) == {"done": True}
