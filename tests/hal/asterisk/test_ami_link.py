"""The connection to a manager that misbehaves: it is made again, and nobody who asked waits for ever."""

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from hal.asterisk.ami import AmiDown, AmiError, AmiLate, AmiLink, Answer, Message
from hal.asterisk.ami import link as link_module
from hal.asterisk.ami.session import PING_S
from tests.hal.asterisk.managers import Does, Ear, Manager, manager, success

SOON_S = PING_S - 1
"""Before a ping would wake it."""

pytestmark = pytest.mark.requirement("ACC-01")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(link_module, "LONGEST_PAUSE_S", 0.05)


@asynccontextmanager
async def linked(port: int) -> AsyncIterator[tuple[AmiLink, Ear]]:
    ear = Ear()
    link = AmiLink("127.0.0.1", port, "hotline", "secret", ear, prefix="test", log=logging.getLogger("hotline.line.test"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        yield link, ear
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def both(does: Does = success) -> AsyncIterator[tuple[AmiLink, Ear, list[Manager]]]:
    async with manager(does) as (port, had), linked(port) as (link, ear):
        await ear.until(lambda: ear.ups)
        yield link, ear, had


async def test_the_second_address_is_used_while_the_first_fails_and_the_first_when_the_second_does() -> None:
    ear = Ear()
    async with trio.open_nursery() as nursery, manager() as (second, had):
        async with manager() as (first, first_had):
            link = AmiLink("127.0.0.1", first, "hotline", "secret", ear, prefix="test", log=logging.getLogger("hotline.line.test"),
                           second=("127.0.0.1", second))  # fmt: skip
            nursery.start_soon(link.run)
            await ear.until(lambda: ear.ups)
            assert (link.at, had) == (f"127.0.0.1:{first}", [])
            await first_had[-1].stream.aclose()
        await ear.until(lambda: link.up and link.at == f"127.0.0.1:{second}")
        assert (await link.ask("CoreStatus")).ok
        async with manager(port=first):
            await had[-1].stream.aclose()
            await ear.until(lambda: link.up and link.at == f"127.0.0.1:{first}")
            assert (await link.ask("CoreStatus")).ok
        nursery.cancel_scope.cancel()


async def test_there_is_a_pause_only_when_neither_address_can_be_reached(autojump_clock: trio.testing.MockClock) -> None:
    tried: list[tuple[float, str]] = []

    async def connect(host: str, _port: int) -> trio.abc.Stream:
        tried.append((trio.current_time(), host))
        raise ConnectionRefusedError(111, "Connection refused")

    link = AmiLink("a", 1, "hotline", "secret", Ear(), prefix="test", log=logging.getLogger("x"), connect=connect, second=("b", 2))
    with trio.move_on_after(0.025):
        await link.run()
    assert [host for _, host in tried[:4]] == ["a", "b", "a", "b"]
    assert tried[0][0] == tried[1][0] < tried[2][0] == tried[3][0]


async def test_an_action_is_answered_and_events_are_told() -> None:
    async with both() as (link, ear, had):
        assert (await link.ask("CoreStatus")).ok
        await had[0].say(("Event", "Newchannel"), ("Channel", "x"))
        await ear.until(lambda: ear.told)
        assert ear.told[0].get("Channel") == "x"


async def test_what_is_ordered_is_done_in_order_and_ends_once_each_be_it_at_once() -> None:
    found: list[object] = []
    asked: list[str] = []

    async def does(manager: Manager, action: Message) -> None:
        asked.append(action.get("Action"))
        await manager.answer(action)

    async with both(does) as (link, ear, had):
        link.order("Bad", [("Name", "two\nlines")], found.append)
        assert [type(one) for one in found] == [AmiError]
        link.order("One", (), found.append)
        link.order("Two", (), found.append)
        await link.ask("Three")
        assert asked == ["One", "Two", "Three"]
        assert [type(one) for one in found] == [AmiError, Answer, Answer]
        await had[0].stream.aclose()
        await ear.until(lambda: ear.downs)
        link.order("Late", (), found.append)
        assert [type(one) for one in found][3:] == [AmiDown]


async def test_nobody_waits_longer_than_he_said_and_a_late_answer_harms_nothing() -> None:
    late: list[Message] = []

    async def does(manager: Manager, action: Message) -> None:
        if action.get("Action") == "Slow":
            late.append(action)
        else:
            await manager.answer(action)

    async with both(does) as (link, ear, had):
        with (
            trio.fail_after(PING_S - 1),
            pytest.raises(AmiLate, match=r"no answer to Slow within 0\.05 s"),
        ):  # it is not the ping that wakes it
            await link.ask("Slow", patience_s=0.05)
        await had[0].answer(late[0])
        assert (await link.ask("CoreStatus")).ok
        assert link.dropped == 1
        assert len(had) == 1  # the connection stands
        assert ear.downs == []


async def test_a_lost_connection_ends_what_waits_and_is_made_again() -> None:
    async def does(manager: Manager, action: Message) -> None:
        if action.get("Action") == "Die":
            await manager.stream.aclose()
        elif action.get("Action") != "Never":
            await manager.answer(action)

    async with both(does) as (link, ear, _):
        ends: list[type] = []

        async def never() -> None:
            with pytest.raises(AmiDown) as caught:
                await link.ask("Never", patience_s=60)
            ends.append(caught.type)

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(never)
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(AmiDown):
                await link.ask("Die")
        assert ends == [AmiDown] * 3
        await ear.until(lambda: ear.ups == 2)
        assert len(ear.downs) == 1
        assert (await link.ask("CoreStatus")).ok


async def test_a_manager_that_is_not_there_is_told_once_and_looked_for_on_and_on() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with linked(port) as (link, ear):
        await ear.until(lambda: ear.downs)
        with pytest.raises(AmiDown, match="no connection"):
            await link.ask("CoreStatus")
        hung_up = 0

        async def hang_up(_: trio.SocketStream) -> None:
            nonlocal hung_up
            hung_up += 1
            await trio.lowlevel.checkpoint()
            if hung_up == 5:
                scope.cancel()

        with trio.CancelScope() as scope:
            await trio.serve_tcp(hang_up, port, host="127.0.0.1")
        assert len(ear.downs) == 1
        async with manager(port=port):
            await ear.until(lambda: ear.ups)
            assert (await link.ask("CoreStatus")).ok
        await ear.until(lambda: len(ear.downs) == 2)
    assert len(ear.downs) == 2


async def test_a_refusal_is_an_answer() -> None:
    async def does(manager: Manager, action: Message) -> None:
        await manager.answer(action, ("Message", "Invalid/unknown command: Foo"), response="Error")

    async with both(does) as (link, _, _had):
        answer = await link.ask("Foo")
        assert (answer.ok, answer.text) == (False, "Invalid/unknown command: Foo")


async def test_a_manager_that_does_not_read_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "TOO_MUCH_BYTES", 100_000)
    gate = trio.Event()

    async def does(_: Manager, __: Message) -> None:
        await gate.wait()  # and reads no further

    async with both(does) as (link, ear, _):
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                with pytest.raises(AmiDown):
                    await link.ask("UserEvent", [(f"H{n}", "x" * 900) for n in range(20)], patience_s=60)

            for _ in range(900):
                nursery.start_soon(ask)
            with trio.fail_after(SOON_S):
                await ear.until(lambda: ear.downs)
        assert ear.downs == ["the manager does not read what it is sent"]
        gate.set()
        await ear.until(lambda: ear.ups == 2)


async def test_many_ask_at_once_and_each_gets_his_own() -> None:
    async def does(manager: Manager, action: Message) -> None:
        await manager.answer(action, ("Echo", action.get("Word")))

    async with both(does) as (link, _, _had):
        answers: dict[str, Answer] = {}

        async def ask(word: str) -> None:
            answers[word] = await link.ask("Echo", [("Word", word)])

        async with trio.open_nursery() as nursery:
            for number in range(200):
                nursery.start_soon(ask, str(number))
        assert all(answer.response.get("Echo") == word for word, answer in answers.items())
        assert len(answers) == 200


async def test_what_is_asked_while_the_line_closes_ends() -> None:
    async def does(_: Manager, __: Message) -> None:
        await trio.lowlevel.checkpoint()

    async with manager(does) as (port, _), trio.open_nursery() as nursery, linked(port) as (link, ear):
        await ear.until(lambda: ear.ups)

        async def ask() -> None:
            with pytest.raises(AmiDown):
                await link.ask("Never", patience_s=60)

        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
