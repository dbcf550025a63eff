"""Decisions are kept for a while, and so many of them: the database does not grow with every offer for ever."""

import sqlite3
from pathlib import Path

import pytest
import trio
import trio.lowlevel

from appliance.core.records import Decision
from appliance.store import retention
from appliance.store.boots import Boot
from appliance.store.reader import Reader
from appliance.store.retention import KEPT_S, forget
from appliance.store.schema import connect, connect_in_memory
from appliance.store.store import Store
from appliance.store.transaction import write
from appliance.store.writer import Writer
from tests.store.samples import NOON, decision, event

LATER = NOON + KEPT_S


def kept(connection: sqlite3.Connection) -> list[int]:
    return [seq for (seq,) in connection.execute("SELECT seq FROM decisions ORDER BY seq")]


def with_decisions(*at: float) -> sqlite3.Connection:
    connection = connect_in_memory()
    write(connection, [(decision(at=moment), 0) for moment in at])
    return connection


def test_what_is_older_than_thirty_days_goes() -> None:
    connection = with_decisions(*(NOON + n for n in range(10)))
    assert forget(connection, LATER, most=100) == 0  # exactly thirty days
    assert forget(connection, LATER + 4, most=100) == 4
    assert kept(connection) == [5, 6, 7, 8, 9, 10]
    connection.close()


def test_the_newest_ones_stay_whatever_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "KEPT_ROWS", 3)
    connection = with_decisions(*([NOON] * 10))
    assert forget(connection, NOON, most=100) == 7
    assert kept(connection) == [8, 9, 10]
    assert forget(connection, NOON, most=100) == 0
    connection.close()


def test_a_few_at_a_time() -> None:
    connection = with_decisions(*([NOON] * 10))
    assert [forget(connection, LATER + 1, most=4) for _ in range(4)] == [4, 4, 1, 0]
    assert kept(connection) == [10]  # the newest stays, so that `seq` never begins anew
    connection.close()


def test_there_is_nothing_to_forget_in_an_empty_table() -> None:
    connection = connect_in_memory()
    assert forget(connection, LATER, most=4) == 0
    connection.close()


def test_a_moment_that_is_still_to_come_does_no_harm() -> None:
    connection = with_decisions(NOON, NOON * 2, NOON, NOON)
    assert forget(connection, LATER + 1, most=100) == 2
    assert kept(connection) == [2, 4]
    connection.close()


def test_nothing_else_is_deleted() -> None:
    connection = with_decisions(*([NOON] * 5))
    write(connection, [(event(at=0.0), 0)])
    forget(connection, LATER + 1, most=100)
    assert connection.execute("SELECT count(*) FROM call_events").fetchone() == (1,)
    connection.close()


def test_at_the_start(path: Path) -> None:
    connection = connect(path)
    write(connection, [(decision(at=NOON), 0), (decision("1-2", at=NOON + 9), 0), (decision("1-3", at=LATER), 0)])
    connection.close()
    with Store(path.parent, at=LATER + 5) as store:
        assert trio.run(store.read, lambda reader: [row.contact for row in reader.rows(Decision)]) == ["1-2", "1-3"]


async def test_while_it_runs(path: Path, reader: Reader) -> None:
    acknowledged = trio.Event()
    async with Writer(path, stored=lambda _token, _error: acknowledged.set()).running() as writer:
        writer.put(decision(at=NOON))
        writer.put(decision("1-2", at=LATER))
        writer.put(Boot(1, "1.0", NOON, LATER + 5), 1)  # the appliance says that it lives, and what time it is
        await acknowledged.wait()
        with trio.fail_after(20):
            while len(list(reader.rows(Decision))) == 2:
                writer.put(Boot(1, "1.0", NOON, LATER + 5))
                await trio.lowlevel.checkpoint()
    assert [row.contact for row in reader.rows(Decision)] == ["1-2"]


async def test_an_orderly_end_does_not_wait_for_it(path: Path, reader: Reader) -> None:
    async with Writer(path).running() as writer:
        writer.put(decision(at=NOON))
        writer.put(decision("1-2", at=LATER))
        writer.put(Boot(1, "1.0", NOON, LATER + 5, LATER + 5))
    assert len(list(reader.rows(Decision))) == 2


async def test_a_storage_that_cannot_delete_goes_on_writing(
    path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_connection: sqlite3.Connection, _at: float, *, most: int) -> int:
        raise sqlite3.OperationalError(f"no room for {most}")

    monkeypatch.setattr("appliance.store.writer.forget", broken)
    acknowledged: list[int] = []
    async with Writer(path, stored=lambda token, _error: acknowledged.append(token)).running() as writer:
        writer.put(Boot(1, "1.0", NOON, NOON), 1)
        with trio.fail_after(20):
            while "could not be deleted: no room for" not in caplog.text:
                await trio.lowlevel.checkpoint()
        writer.put(event(), 2)
    assert acknowledged == [1, 2]
    assert len(reader.events_of("1-1")) == 1


def test_deleting_is_whole_or_not_at_all() -> None:
    connection = with_decisions(*([NOON] * 5))
    connection.execute("CREATE TRIGGER no BEFORE DELETE ON decisions WHEN old.seq = 3 BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(sqlite3.IntegrityError, match="no"):
        forget(connection, LATER + 1, most=100)
    assert kept(connection) == [1, 2, 3, 4, 5]
    assert not connection.in_transaction
    connection.close()
