"""A disk in trouble: rows wait in memory, people are told, nothing is lost while the process lives."""

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.core.records import CallEvent
from appliance.store import schema
from appliance.store.reader import Reader
from appliance.store.trouble import Trouble
from appliance.store.writer import Writer
from hal.api import Severity
from tests.store.acks import Told
from tests.store.samples import contact, event, ticket

BRISK = (0.001, 0.01)
"""Pauses between tries, in seconds."""


class Disk:
    """Opens the database with a limit on its pages that can be lifted."""

    def __init__(self) -> None:
        self.full = True

    def connect(self, path: Path) -> sqlite3.Connection:
        connection = schema.connect(path)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2 if self.full else 1_000_000}")
        return connection


@pytest.mark.requirement("OPS-05")
@pytest.mark.requirement("OPS-02")
async def test_disk_full(path: Path, reader: Reader) -> None:
    told, disk = Told(), Disk()
    async with Writer(path, stored=told.stored, alarm=told.alarm, retry_s=BRISK, connect=disk.connect).running() as writer:
        for n in range(1, 1001):
            writer.put(contact(f"1-{n}"), n)
            writer.put(event(f"1-{n}"))
        await told.wait_until(lambda: told.troubles)
        assert told.acknowledged == []
        (trouble,) = told.troubles
        assert trouble == writer.trouble
        assert trouble is not None
        assert trouble.severity is Severity.RED
        assert "database or disk is full (SQLITE_FULL)" in trouble.text
        assert trouble.advice == f"free some space on the disk of '{path.parent}'"
        writer.put(ticket(), 5000)
        disk.full = False
        await told.wait_until(lambda: len(told.acknowledged) == 1001)
        assert told.troubles == [trouble, None]
        assert writer.trouble is None
    assert told.acknowledged == [*range(1, 1001), 5000]
    assert len(list(reader.contacts(0, 1e12))) == 1000
    assert len(list(reader.rows(CallEvent))) == 1000


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """The kernel refuses this process to write beyond this many bytes of any file (EFBIG: to SQLite an I/O error)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.requirement("OPS-05")
@pytest.mark.requirement("OPS-02")
async def test_input_output_error(path: Path, reader: Reader) -> None:
    told = Told()
    async with Writer(path, stored=told.stored, alarm=told.alarm, retry_s=BRISK).running() as writer:
        with files_no_larger_than(40_000):
            for n in range(1, 1001):
                writer.put(contact(f"1-{n}"), n)
            await told.wait_until(lambda: told.troubles)
            assert writer.trouble is not None
            assert writer.trouble.severity is Severity.RED
            assert "SQLITE_IOERR" in writer.trouble.text
        await told.wait_until(lambda: told.troubles[-1] is None)
    assert told.acknowledged == list(range(1, 1001))
    assert len(list(reader.contacts(0, 1e12))) == 1000


async def test_locked_by_another_program(path: Path, reader: Reader) -> None:
    told = Told()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer = Writer(path, stored=told.stored, alarm=told.alarm, retry_s=BRISK, connect=lambda path: schema.connect(path, busy_s=0.01))
    async with writer.running():
        writer.put(contact(), 1)
        await told.wait_until(lambda: told.troubles)
        assert writer.trouble is not None
        assert writer.trouble.severity is Severity.YELLOW
        assert "close the program that holds the database" in writer.trouble.advice
        other.close()
        await told.wait_until(lambda: told.acknowledged)
    assert reader.contact("1-1") == contact()


@pytest.fixture
def gone(path: Path) -> Callable[[], None]:
    """The database was moved away and a directory has its name; what this returns brings it back."""
    aside = path.rename(path.with_name("aside"))
    path.mkdir()

    def bring_back() -> None:
        path.rmdir()
        aside.rename(path)

    return bring_back


async def test_the_database_is_gone_and_comes_back(path: Path, gone: Callable[[], None]) -> None:
    told = Told()
    async with Writer(path, stored=told.stored, alarm=told.alarm, retry_s=BRISK).running() as writer:
        writer.put(contact(), 1)
        await told.wait_until(lambda: told.troubles)
        assert writer.trouble is not None
        assert f"check that '{path.parent}' exists" in writer.trouble.advice
        gone()
        await told.wait_until(lambda: told.acknowledged)


@pytest.mark.requirement("OPS-05")
async def test_memory_is_bounded_and_what_was_dropped_is_told(path: Path, reader: Reader) -> None:
    told, disk = Told(), Disk()
    async with Writer(path, stored=told.stored, alarm=told.alarm, retry_s=BRISK, limit=500, connect=disk.connect).running() as writer:
        for n in range(1, 301):
            writer.put(ticket(n), n)
        await told.wait_until(lambda: told.troubles)
        for n in range(2000):
            writer.put(event(what=str(n), at=float(n)))
        assert writer.waiting <= 500
        assert writer.dropped > 1000
        trouble = writer.trouble
        assert trouble is not None
        assert trouble.severity is Severity.RED
        assert "disk is full" in trouble.text
        assert trouble.text.endswith("memory for them is full: the oldest call events and decisions are dropped")
        disk.full = False
        await told.wait_until(lambda: told.troubles[-1] is None)
    assert len(reader.tickets(limit=1000)) == 300
    kept = [int(row.what) for row in reader.events_of("1-1")]
    assert kept == list(range(writer.dropped, 2000))
    (account,) = reader.audit(0, 1e12)
    assert (account.who, account.what) == ("store", "call events and decisions dropped")
    assert account.detail.startswith(f"{writer.dropped} from 0.000 to ")


async def test_a_disk_that_is_too_slow_for_the_load_is_named(path: Path) -> None:
    told = Told()
    async with Writer(path, alarm=told.alarm, limit=500).running() as writer:
        for n in range(1000):
            writer.put(event(what=str(n)))
        assert writer.trouble == Trouble(
            Severity.RED,
            f"rows come faster than '{path}' takes them; memory for them is full: the oldest call events and decisions are dropped",
            "give the store a faster disk",
        )
    assert told.troubles[-1] is None


async def test_the_end_does_not_wait_for_ever(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told, disk = Told(), Disk()
    writer = Writer(path, stored=told.stored, retry_s=BRISK, flush_s=0.05, connect=disk.connect)
    async with writer.running():
        for n in range(1, 301):
            writer.put(contact(f"1-{n}"), n)
        writer.put(ticket())
    assert writer.unwritten == 301
    assert sorted(told.errors) == list(range(1, 301))
    assert "disk is full" in told.errors[1]
    assert "the end came before rows were safe (300 contacts, 1 tickets)" in caplog.text


async def test_the_end_does_not_wait_for_a_disk_that_hangs(path: Path) -> None:
    told = Told()
    unplugged, plugged_in = threading.Event(), threading.Event()

    def connect(path: Path) -> sqlite3.Connection:
        unplugged.set()
        plugged_in.wait(20)
        return schema.connect(path)

    writer = Writer(path, stored=told.stored, flush_s=0.05, connect=connect)
    async with writer.running():
        writer.put(contact(), 1)
    assert unplugged.is_set()
    assert told.errors == {1: f"'{path}' did not answer in time"}
    plugged_in.set()


async def test_a_disk_that_comes_back_at_the_end_gets_the_rows(path: Path, reader: Reader) -> None:
    told, disk = Told(), Disk()
    async with Writer(path, stored=told.stored, alarm=told.alarm, retry_s=(0.001, 3600), connect=disk.connect).running() as writer:
        for n in range(1, 1001):
            writer.put(contact(f"1-{n}"), n)
        await told.wait_until(lambda: told.troubles)
        disk.full = False
    assert told.acknowledged == list(range(1, 1001))
    assert len(list(reader.contacts(0, 1e12))) == 1000
