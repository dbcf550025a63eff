"""The client against a served API: log-in, requests, and a stream that is cut many times and loses and doubles nothing."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import trio

from tests.api.running import PASSWORD, Running, running
from tests.api.test_serving import free_port, served
from tests.tui.cutting import wire_to
from tui.client import (
    ApiError,
    Away,
    Back,
    Began,
    Changed,
    Client,
    Events,
    LoggedOut,
    NotAllowed,
    NotThere,
    Refused,
    State,
    TooOften,
    Unreachable,
)
from tui.things import Agent, Alarm, Queue

CUTS = 25
pytestmark = [pytest.mark.requirement("CTI-05"), pytest.mark.requirement("SUP-01")]


@asynccontextmanager
async def centre(folder: Path) -> AsyncIterator[tuple[Running, int]]:
    port = free_port()
    async with running(folder) as here, served(here, folder, port, tls=False):
        yield here, port


async def client_of(here: Running, login: str, port: int) -> Client:
    return Client(f"http://127.0.0.1:{port}", token=await here.token(login))


async def first(events: Events) -> State:
    with trio.fail_after(60):
        async for happened in events:
            if isinstance(happened, Began):
                return happened.state
    raise AssertionError("the stream has ended")


async def change(events: Events, key: str, **wanted: Any) -> Changed:
    """The first change of this thing to these values."""
    with trio.fail_after(60):
        async for happened in events:
            if isinstance(happened, Changed) and happened.key == key and wanted.items() <= (happened.data or {}).items():
                return happened
    raise AssertionError("the stream has ended")


def whole(state: State) -> dict[tuple[str, str], Any]:
    kinds = {"agent": state.agents, "queue": state.queues, "contact": state.contacts, "alarm": state.alarms, "line": state.lines}
    return {(kind, key): data for kind, things in kinds.items() for key, data in things.items()}  # type: ignore[attr-defined]


async def test_who_logs_in_is_somebody_and_may_what_his_roles_may(tmp_path: Path) -> None:
    async with centre(tmp_path) as (here, port), Client(f"http://127.0.0.1:{port}") as client:
        await here.centre.users.set_password("li", PASSWORD, by="test", must_change=True)
        with pytest.raises(LoggedOut, match="log in first"):
            await client.state()
        with pytest.raises(LoggedOut, match="login or password is wrong"):
            await client.log_in("li", "something else")
        assert (await client.log_in("li", PASSWORD)).must_change
        with pytest.raises(NotAllowed, match="choose a password"):
            await client.state()
        await client.choose_password(PASSWORD, "noch eine Fahrt")
        await client.log_in("li", "noch eine Fahrt")
        assert (await client.me()).permissions == ["seat"]
        assert set((await client.state()).agents) == {"1001"}
        await client.ask("1001", "log-in", station="8001")
        assert (await client.state()).agents["1001"]["state"] == "ready"
        with pytest.raises(NotAllowed, match="supervise"):
            await client.ask("1002", "log-out")
        with pytest.raises(Refused, match="in no call"):
            await client.ask("1001", "hold")
        for nobody in ("1-99", "../users", "..", "a/b?c#d"):
            with pytest.raises(NotThere):
                await client.story(nobody)
        await client.log_out()
        with pytest.raises(LoggedOut):
            await client.me()


async def test_a_wire_that_is_cut_again_and_again_loses_and_doubles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.client._FIRST_RETRY_S", 0.02)
    monkeypatch.setattr("tui.client._LAST_RETRY_S", 0.2)
    chance = random.Random(7)
    async with centre(tmp_path) as (here, port), wire_to(port, lambda: chance.randint(1, 6000)) as wire:
        feed = here.centre.feed
        async with await client_of(here, "zhao", wire.port) as client, client.events() as events, trio.open_nursery() as nursery:
            wire.whole = True
            state = await first(events)
            wire.whole = False

            async def work() -> None:
                for what in cycle(("log-in", "not-ready", "ready", "log-out")):
                    for agent in ("1001", "1002", "1003"):
                        here.do(agent, what, reason="1")
                    await trio.sleep(0.01)
                    if wire.cuts >= CUTS and what == "log-out":
                        break
                wire.whole = True
                here.do("1001", "log-in")

            nursery.start_soon(work)
            now, seqs, told = whole(state), [state.seq], {Away: 0, Back: 0, Began: 0}
            with trio.fail_after(120):
                async for happened in events:
                    if isinstance(happened, Changed):
                        seqs.append(happened.seq)
                        now[happened.kind, happened.key] = happened.data
                    else:
                        told[type(happened)] += 1
                    if wire.whole and wire.cuts >= CUTS and seqs[-1] == feed.newest and now["agent", "1001"]["state"] == "ready":
                        as_it_is = {(kind, key): data for kind, of in here.centre.watch._shown.items() for key, data in of.items()}
                        break
        assert wire.cuts >= CUTS
        assert (told[Began], told[Away] >= 1, told[Away]) == (0, True, told[Back])
        assert seqs == list(range(state.seq, seqs[-1] + 1)), "a supervisor sees every event: none is missing, none comes twice"
        assert {key: data for key, data in now.items() if data is not None} == as_it_is


async def test_a_contact_that_left_while_the_wire_was_cut_is_told_as_gone(tmp_path: Path) -> None:
    async with centre(tmp_path) as (here, port), wire_to(port, lambda: 10**9) as wire:
        at = here.centre
        seen = {"agent": "1001", "rings": [], "parties": []}
        at.watch._publish("contact", "1-1", seen)
        async with await client_of(here, "li", wire.port) as client, client.events() as events:
            assert set((await first(events)).contacts) == {"1-1"}
            at.watch._publish("contact", "1-2", seen)
            await change(events, "1-2", agent="1001")
            wire.cut()
            for key in ("1-1", "1-2", "1-3"):
                at.watch._publish("contact", key, {**seen, "agent": "1002"})
            gone = [happened async for happened in until_two_are_gone(events)]
            assert [(event.key, event.data) for event in gone] == [("1-1", None), ("1-2", None)]


async def until_two_are_gone(events: Events) -> AsyncIterator[Changed]:
    found = 0
    with trio.fail_after(60):
        async for happened in events:
            if isinstance(happened, Changed) and happened.kind == "contact":
                yield happened
                found += 1
                if found == 2:
                    return


async def test_an_appliance_that_was_started_again_begins_anew(tmp_path: Path) -> None:
    port = free_port()
    async with running(tmp_path) as here, await client_of(here, "zhao", port) as client, client.events() as events:
        async with served(here, tmp_path, port, tls=False):
            assert (await first(events)).run == here.centre.feed.run
        with trio.fail_after(60):
            while not isinstance(await anext(events), Away):
                pass
        here.centre.feed.run = "another"
        async with served(here, tmp_path, port, tls=False):
            assert (await first(events)).run == "another"


async def test_the_stream_ends_with_the_session_and_is_for_those_who_may(tmp_path: Path) -> None:
    async with centre(tmp_path) as (here, port):
        async with await client_of(here, "li", port) as client, client.events(newest=True) as events:
            await first(events)
            here.centre.sessions.end_all("li")
            with pytest.raises(LoggedOut):
                await change(events, "nobody")
        async with await client_of(here, "tan", port) as client, client.events() as events:
            with pytest.raises(NotAllowed), trio.fail_after(60):
                await anext(events)


async def test_nobody_there_and_somebody_else_there_are_said(tmp_path: Path) -> None:
    async with Client(f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(Unreachable, match="does not answer"):
            await client.me()
        async with client.events() as events:
            with trio.fail_after(60):
                assert isinstance(await anext(events), Away)
    port = free_port()
    async with running(tmp_path) as here, served(here, tmp_path, port):
        async with Client(f"https://127.0.0.1:{port}", trust=tmp_path / "tls" / "api.pem") as client:
            with pytest.raises(LoggedOut):
                await client.me()
        async with Client(f"https://127.0.0.1:{port}") as client:
            with pytest.raises(Unreachable, match="certificate"):
                await client.me()


async def test_who_asks_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    async with centre(tmp_path) as (_, port), Client(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(TooOften) as raised:
            await flood(client)
        assert raised.value.retry_s >= 1


async def flood(client: Client) -> None:
    for _ in range(5000):
        await client.call("GET", "/healthz")


async def test_what_the_block_raises_comes_out_as_it_is(tmp_path: Path) -> None:
    async with centre(tmp_path) as (here, port), await client_of(here, "li", port) as client:
        with pytest.raises(ZeroDivisionError):
            await mistaken(client)


async def mistaken(client: Client) -> None:
    async with client.events() as events:
        await first(events)
        raise ZeroDivisionError


async def test_it_runs_on_asyncio_too(tmp_path: Path) -> None:
    async with centre(tmp_path) as (here, port):
        token = await here.token("li")

        async def screen() -> list[type]:
            async with Client(f"http://127.0.0.1:{port}", token=token) as client, client.events() as events:
                found: list[type] = [type(await asyncio.wait_for(anext(events), 60))]
                await client.ask("1001", "log-in", station="8001")
                found.append(type(await asyncio.wait_for(anext(events), 60)))
                return found

        assert await trio.to_thread.run_sync(lambda: asyncio.run(screen())) == [Began, Changed]


async def test_things_are_what_the_api_shows(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        status, state = await here.ask("zhao", "GET", "/v1/state")
        assert status == 200
        assert state["agents"]["1001"].keys() == get_type_hints(Agent).keys()
        assert next(iter(state["queues"].values())).keys() == get_type_hints(Queue).keys()
        assert get_type_hints(Alarm).keys() >= {"severity", "source", "text", "advice", "raised_at"}


def test_no_error_tells_a_password_or_a_token() -> None:
    assert issubclass(LoggedOut, ApiError)
    assert "geheim" not in repr(Client("http://127.0.0.1:1", token="geheim"))
