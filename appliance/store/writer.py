"""The writer: rows go to SQLite in one thread, a whole group in one transaction, and are acknowledged when they would survive a power cut.

    put ─ waiting ─ linger ─ commit in the thread ─┬─ stored(token, "")
             └───── back-off, alarm ◄──────────────┘ storage in trouble: nothing is lost, nothing is acknowledged

It does not read, and does not know the time of day: records bring their own. The row by which the appliance says that it lives (`Boot`)
brings it too: whenever one came, decisions that are too old are deleted (`appliance.store.retention`), a few at a time.
"""

import logging
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import trio

from appliance.core.records import Record
from appliance.store.backlog import Backlog, Waiting
from appliance.store.boots import Boot
from appliance.store.errors import StoreClosed
from appliance.store.pace import Pace
from appliance.store.retention import forget
from appliance.store.schema import connect
from appliance.store.tables import TABLES
from appliance.store.transaction import write
from appliance.store.trouble import Trouble, trouble_of
from hal.api import Severity

__all__ = ["Aside", "OnStored", "OnTrouble", "Writer"]

T = TypeVar("T")


class Aside(Protocol):
    """Runs what waits for the disk beside everything else: in a thread, or in a simulation when its time has come."""

    async def __call__(self, function: Callable[..., T], *arguments: object) -> T:
        """What the function returns, or raises."""


OnStored = Callable[[int, str], None]
"""Called with a token when its row is safe (`""`), or with why it never will be."""
OnTrouble = Callable[[Trouble | None], None]
"""Called with what is wrong when the storage is in trouble or the trouble changes, with None when it is over."""

_MOST_ROWS = 10_000
"""Rows in one transaction at most: after a long trouble acknowledgements still come bit by bit."""

_FEW_ROWS = 500
"""Rows in one transaction while the storage is in trouble: a little space on the disk is enough to go on."""

_FORGET = 5_000
"""Old decisions deleted at a time: some 50 ms in which rows wait."""

_log = logging.getLogger("hotline.store")


def _nothing_stored(_token: int, _error: str) -> None:
    """Tell nobody."""


def _no_trouble(_trouble: Trouble | None) -> None:
    """Tell nobody."""


class Writer:
    """Keeps rows durably; `put` never waits, `stored` follows in the order of the puts.

    When a row is acknowledged, every row put before it is safe too. `stored` and `alarm` are called on trio's thread; they may be set at
    any time before the first `put`. `limit` is how many rows wait in memory before some are dropped (see `Backlog`); `flush_s`
    bounds how long an orderly end takes; `retry_s` are the first and the longest pause before a storage in trouble is tried again.
    """

    def __init__(
        self,
        path: Path,
        *,
        stored: OnStored = _nothing_stored,
        alarm: OnTrouble = _no_trouble,
        limit: int = 250_000,
        flush_s: float = 10.0,
        retry_s: tuple[float, float] = (0.1, 5.0),
        pace: Pace | None = None,
        connect: Callable[[Path], sqlite3.Connection] = connect,
        aside: Aside | None = None,
    ) -> None:
        self.path = path
        self.stored = stored
        self.alarm = alarm
        self.rows = 0
        """Rows written."""
        self.commits = 0
        """Transactions committed."""
        self.rejected = 0
        """Rows no table could hold."""
        self.unwritten = 0
        """Rows given up at the end because the storage was still in trouble."""
        self.trouble: Trouble | None = None
        """What is wrong now."""
        self._cause: Trouble | None = None
        self._alive_at: float | None = None
        """The time of day, when a row that waits says so."""
        self._overflowing = False
        self._limit = limit
        self._backlog = Backlog(limit)
        self._flush_s = flush_s
        self._retry_s = retry_s
        self._pace = pace or Pace()
        self._connect = connect
        self._connection: sqlite3.Connection | None = None  # the thread's while `_write` runs
        self._aside = aside or _in_a_thread()
        self._wake = trio.Event()
        self._stopping = trio.Event()
        self._deadline = trio.CancelScope(shield=True)
        self._ended = False

    @property
    def waiting(self) -> int:
        """Rows in memory that are not yet safe."""
        return len(self._backlog)

    @property
    def dropped(self) -> int:
        """Call events and decisions given up because memory was full before the storage was back."""
        return self._backlog.dropped

    def put(self, record: Record, token: int = 0) -> None:
        """Take a row to be kept; with a `token`, `stored` is told when it is. Only from trio's thread; never waits.

        Raises:
            TypeError: no table holds such a record.
            StoreClosed: the writer has ended.
        """
        if type(record) not in TABLES:
            raise TypeError(f"{type(record).__name__} has no table; records are {', '.join(cls.__name__ for cls in TABLES)}")
        if self._ended:
            raise StoreClosed(record.table)
        if type(record) is Boot and record.ended_at is None:
            self._alive_at = record.alive_at
        if self._backlog.add(record, token):
            self._overflowing = True
            self._tell()
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Writer"]:
        """Write while the body runs; at its end, however it ends, write what waits, for at most `flush_s`."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._work)
            try:
                yield self
            finally:
                self._deadline.deadline = trio.current_time() + self._flush_s
                self._stopping.set()
                self._wake.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write until cancelled, then write what waits: `running`, for a nursery that ends after everything that puts rows."""
        async with self.running():
            task_status.started()
            await trio.sleep_forever()

    def abandon(self) -> None:
        """Write nothing more and tell nobody, as when the process is killed: for simulations of that."""
        self.stored, self.alarm = _nothing_stored, _no_trouble
        self._backlog = Backlog(self._limit)
        self._deadline.cancel()

    async def _work(self) -> None:
        with self._deadline:
            while self._backlog or not self._stopping.is_set():
                await self._wake.wait()
                if not self._backlog:
                    self._wake = trio.Event()
                    if self._stopping.is_set():
                        break
                    continue
                await self._linger()
                await self._commit()
            self._ended = True
            await self._aside(self._close)
        self._ended = True
        self._give_up()

    async def _linger(self) -> None:
        now = trio.current_time()
        linger_s = self._pace.linger_s(now)
        if linger_s and len(self._backlog) < _MOST_ROWS:
            with trio.move_on_after(linger_s):
                await self._stopping.wait()

    async def _commit(self) -> None:
        """Write the oldest rows, however long the storage is in trouble, and acknowledge them."""
        pause_s = self._retry_s[0]
        while True:
            rows = self._backlog.oldest(_MOST_ROWS if self._cause is None else _FEW_ROWS)
            try:
                faults = await self._aside(self._write, rows)
            except sqlite3.Error as error:
                self._backlog.failed()
                self._cause = trouble_of(self.path, error)
                self._tell()
            else:
                break
            if self._stopping.is_set():
                await trio.sleep(min(pause_s, 0.25))
            else:
                with trio.move_on_after(pause_s):
                    await self._stopping.wait()
            pause_s = min(pause_s * 2, self._retry_s[1])
        self._backlog.done()
        self._pace.note(len(rows), trio.current_time())
        self.commits += 1
        self.rows += len(rows) - len(faults)
        self.rejected += len(faults)
        if self.trouble is not None:
            self._recover()
        for n, (_, token) in enumerate(rows):
            if token:
                self.stored(token, faults.get(n, ""))
        if self._alive_at is not None and not self._stopping.is_set():
            at, self._alive_at = self._alive_at, None
            await self._aside(self._forget, at)

    def _write(self, rows: list[Waiting]) -> dict[int, str]:
        """In the thread: one transaction, on a connection that is made anew after every trouble."""
        if self._connection is None:
            self._connection = self._connect(self.path)
        try:
            return write(self._connection, rows)
        except BaseException:
            connection, self._connection = self._connection, None
            connection.close()
            raise

    def _forget(self, at: float) -> None:
        """In the thread: delete some of the decisions that are too old; when the storage cannot, the next rows will say so."""
        if self._connection is not None:
            try:
                forget(self._connection, at, most=_FORGET)
            except sqlite3.Error as error:
                _log.warning("old decisions in '%s' could not be deleted: %s", self.path, error)

    def _close(self) -> None:
        """In the thread: the last connection to go empties the WAL into the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _tell(self) -> None:
        """Say what is wrong, once for each change of it."""
        trouble = self._cause
        if self._overflowing:
            cause = trouble or Trouble(Severity.RED, f"rows come faster than '{self.path}' takes them", "give the store a faster disk")
            text = f"{cause.text}; memory for them is full: the oldest call events and decisions are dropped"
            trouble = Trouble(Severity.RED, text, cause.advice)
        if trouble == self.trouble:
            return
        self.trouble = trouble
        if trouble is None:
            _log.warning("rows are written to '%s' again", self.path)
        else:
            _log.error("%s; %s", trouble.text, trouble.advice)
        self.alarm(trouble)

    def _recover(self) -> None:
        """A commit went well: the storage's trouble is over, the overflow when half of the memory is free again."""
        self._cause = None
        if self._overflowing and len(self._backlog) <= self._limit // 2:
            self._overflowing = False
            if account := self._backlog.account():
                self.put(account)
        self._tell()

    def _give_up(self) -> None:
        """The end came before the storage was back: say what is lost."""
        if not self._backlog:
            return
        self.unwritten = len(self._backlog)
        why = self.trouble.text if self.trouble else f"'{self.path}' did not answer in time"
        tables = ", ".join(f"{count} {table}" for table, count in self._backlog.tables().items())
        _log.critical("the end came before rows were safe (%s): %s", tables, why)
        self._backlog.failed()
        for _, token in self._backlog.oldest(sys.maxsize):
            if token:
                self.stored(token, why)


def _in_a_thread() -> Aside:
    one_at_a_time = trio.CapacityLimiter(1)

    async def aside(function: Callable[..., T], *arguments: object) -> T:
        return await trio.to_thread.run_sync(function, *arguments, limiter=one_at_a_time, abandon_on_cancel=True)

    return aside
