"""The result of a ticket for who knows its number and code, and nothing for who tries codes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import trio
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from appliance.core.program.expressions import Value
from appliance.core.records import Ticket
from appliance.outside.answers import GatewayFailed
from appliance.outside.tickets import Tickets, normalised
from appliance.outside.tries import Tries, tries_in
from appliance.store import CodeTries, Store, Writer

pytestmark = pytest.mark.requirement("TKT-06")

TICKET = Ticket("T-00042", "complaint", "1-1", "13800138000", "", "", "zh", 1_700_000_000.0, code="4913")
TOLD = {"number": "T-00042", "kind": "complaint", "state": "open", "created": "2023-11-14"}


def tickets(*rows: Ticket, kept: dict[str, CodeTries] | None = None) -> Tickets:
    tries = {} if kept is None else kept

    async def tries_of(who: str) -> CodeTries | None:
        await trio.lowlevel.checkpoint()
        return tries.get(who)

    def keep(row: CodeTries) -> None:
        tries[row.who] = row

    async def find(number: str) -> Ticket | None:
        await trio.lowlevel.checkpoint()
        return next((row for row in rows if row.number == number), None)

    return Tickets(find, lambda: UTC, Tries(tries_of, keep, trio.current_time))


async def ask(made: Tickets, number: Value, code: Value, caller: str = "13800138000") -> Value:
    return await made.ask("status", {"number": number, "code": code}, caller)


@pytest.mark.parametrize("number", ["T-00042", "42", "0042", "t-42", "T42", "T 42", " 42 ", 42])
async def test_a_number_however_it_is_keyed(number: Value) -> None:
    assert await ask(tickets(TICKET), number, "4913") == TOLD


@given(st.integers(1, 10**12 - 1), st.sampled_from(["", "T-", "t", "T "]), st.integers(0, 5))
def test_every_way_to_write_a_number_is_the_number(number: int, prefix: str, zeros: int) -> None:
    assert normalised(f"{prefix}{'0' * zeros}{number}") == f"T-{number:05d}"


@pytest.mark.parametrize("number", ["", "T-", "X-42", "4 2", "42;", "-42", "9" * 13])
def test_what_is_no_number(number: str) -> None:
    assert normalised(number) == ""


@pytest.mark.parametrize(
    ("number", "code"), [("42", "4914"), ("42", ""), ("42", None), ("43", "4913"), ("", "4913"), ("", ""), ([42], "4913"), ("42", {"a": 1})]
)
async def test_a_wrong_number_or_code_gets_nothing(number: Value, code: Value) -> None:
    assert await ask(tickets(TICKET), number, code) is None


async def test_a_ticket_without_a_code_is_told_nobody() -> None:
    made = tickets(evolve(TICKET, code=""))
    assert await ask(made, "42", "") is None
    assert await ask(made, "42", "-") is None


async def test_the_day_is_that_of_the_centre() -> None:
    made = tickets(evolve(TICKET, created_at=1_700_000_000.0))
    made._zone = lambda: ZoneInfo("Asia/Shanghai")
    assert await ask(made, "42", "4913") == {**TOLD, "created": "2023-11-15"}


async def test_who_tries_codes_gets_no_further(autojump_clock: MockClock) -> None:
    made = tickets(TICKET, evolve(TICKET, number="T-00043"))
    for code in range(5):
        assert await ask(made, "42", f"{code:04d}") is None
    assert await ask(made, "42", "4913") is None
    assert await ask(made, "43", "4913") is None
    assert await ask(made, "42", "4913", "13900139000") is None
    assert await ask(made, "43", "4913", "13900139000") is not None
    await trio.sleep(901)
    assert await ask(made, "42", "4913") == TOLD


async def test_a_ticket_is_watched_whoever_tries_and_a_caller_whatever_he_tries() -> None:
    made = tickets(*(evolve(TICKET, number=f"T-{number:05d}") for number in range(40, 60)))
    for number in range(5):
        await ask(made, "42", "0", f"1380013800{number}")
        await ask(made, str(43 + number), "0", "13700137000")
    assert await ask(made, "42", "4913", "13900139000") is None
    assert await ask(made, "55", "4913", "13700137000") is None
    for number in range(5):
        await ask(made, str(50 + number), "0", "")
    assert await ask(made, "56", "4913", "") is not None  # callers without a number are not one caller


async def test_there_is_one_query() -> None:
    with pytest.raises(GatewayFailed, match="no query 'all'"):
        await tickets(TICKET).ask("all", {}, "")


@asynccontextmanager
async def stored_tickets(
    folder: Path, stored: Callable[[int, str], None] = lambda _token, _error: None
) -> AsyncIterator[tuple[Tickets, Writer]]:
    """Tickets of one run, in the store."""
    with Store(folder, at=0.0) as store:

        async def find(number: str) -> Ticket | None:
            return await store.read(lambda reader: reader.ticket(number))

        writer = store.writer(stored=stored)
        async with writer.running():
            yield Tickets(find, lambda: UTC, Tries(tries_in(store), writer.put, lambda: 1_700_000_900.0)), writer


async def test_what_was_stored_a_moment_ago_is_found(tmp_path: Path) -> None:
    stored = trio.Event()
    async with stored_tickets(tmp_path, lambda _token, _error: stored.set()) as (made, writer):
        assert await ask(made, "42", "4913") is None
        writer.put(TICKET, 1)
        await stored.wait()
        assert await ask(made, "42", "4913") == TOLD


async def test_who_has_tried_codes_gets_no_further_after_a_restart(tmp_path: Path) -> None:
    for run in range(3):
        async with stored_tickets(tmp_path) as (made, writer):
            if not run:
                writer.put(TICKET)
            for code in range(2):
                assert await ask(made, "42", f"{code:04d}", f"13900139{run}{code:02d}") is None
    async with stored_tickets(tmp_path) as (made, _):
        assert await ask(made, "42", "4913") is None, "of six tries none was forgotten"
        made._tries._wall_s = lambda: 1_700_001_801.0
        assert await ask(made, "42", "4913") == TOLD


async def test_of_many_who_ask_only_some_are_remembered_and_the_store_knows_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.outside.tries._WATCHED", 4)
    made = tickets(TICKET)
    for code in range(5):
        await ask(made, "42", f"{code:04d}", "")
    for number in range(50, 60):
        await ask(made, str(number), "0", "")
        assert len(made._tries._times) <= 4
    assert await ask(made, "42", "4913") is None


async def test_the_answer_that_was_given_is_told_where_there_is_one() -> None:
    class Answered(Ticket):
        answer = "已处理"

    row = Answered("T-00042", "complaint", "1-1", "13800138000", "", "", "zh", 1_700_000_000.0, code="4913")
    assert await ask(tickets(row), "42", "4913") == {**TOLD, "answer": "已处理"}
