"""A data directory, opened: the one place the shell gets its store from."""

import sqlite3
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import trio
from attrs import evolve

from appliance.core.records import Record
from appliance.store.boots import Boot
from appliance.store.errors import DatabaseUnusable
from appliance.store.lock import DirectoryLock
from appliance.store.reader import Reader
from appliance.store.reconciliation import Reconciliation, reconcile
from appliance.store.recovery import Left, recover
from appliance.store.retention import forget
from appliance.store.schema import connect, prepare
from appliance.store.writer import Aside, OnStored, OnTrouble, Writer

__all__ = ["Keeper", "Store"]

T = TypeVar("T")
_READERS = 4
"""Questions answered at the same time."""
_FORGET = 100_000
"""Old decisions deleted at the start at most; the writer goes on with the rest."""


class Keeper(Protocol):
    """What the shell needs of a store to write: a `Writer` live, a `MemoryStore` in simulation."""

    stored: OnStored
    alarm: OnTrouble

    def put(self, record: Record, token: int = 0) -> None:
        """Take a row to be kept; with a `token`, `stored` is told when it is."""

    def running(self) -> AbstractAsyncContextManager[Any]:
        """Write while the body runs, and what waits at its end."""


class Store:
    """Opens a data directory for this process alone, brings its database up to date, and finds out what the last run left.

        with Store(directory, at=wall_s, version="1.0") as store:
            async with store.writer(stored=..., alarm=...).running() as writer:
                writer.put(row, token)
                contact = await store.read(lambda reader: reader.contact("1-17"))
                ...
                writer.put(store.ended(at=wall_s))

    `left` is what the last run left (`left.restored` is for the core).
    """

    left: Left

    def __init__(self, directory: Path, *, at: float, version: str = "", begins: bool = True) -> None:
        """Open; `at` is the time of day in seconds since the epoch, `version` the program's.

        Unless a run `begins`, what the last one left stays as it is for the next, and there is no `left`: for commands while none runs.

        Raises:
            DataDirectoryBusy: another process has the directory open.
            DatabaseNewer: a newer program wrote the database.
            DatabaseUnusable: the directory or the database cannot be used; the message says why and what to do.
        """
        self.directory = directory
        self.path = directory / "hotline.db"
        self._idle: list[Reader] = []
        self._limiter = trio.CapacityLimiter(_READERS)
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = DirectoryLock(directory)
        except OSError as error:
            raise DatabaseUnusable(
                self.path, f"{error.strerror}: '{error.filename}'", "check the data directory's owner and rights"
            ) from error
        try:
            connection = prepare(self.path)
            try:
                if begins:
                    self.left = recover(connection, Reader(connection), at, version)
                    forget(connection, at, most=_FORGET)
            finally:
                connection.close()
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the directory; the writer must have ended."""
        while self._idle:
            self._idle.pop().close()
        self._lock.release()

    def writer(
        self,
        *,
        stored: OnStored = lambda _token, _error: None,
        alarm: OnTrouble = lambda _trouble: None,
        limit: int = 250_000,
        connect: Callable[[Path], sqlite3.Connection] = connect,
        aside: Aside | None = None,
    ) -> Writer:
        """Make the writer; there must be one only. `limit` is how many rows may wait in memory while the disk is in trouble.

        `connect` and `aside` are for disks that are simulated.
        """
        return Writer(self.path, stored=stored, alarm=alarm, limit=limit, connect=connect, aside=aside)

    async def read(self, question: Callable[[Reader], T]) -> T:
        """Ask a question in a thread, on a connection of its own; the answer must not be an iterator that is still to be read."""
        return await trio.to_thread.run_sync(self._answer, question, limiter=self._limiter)

    def _answer(self, question: Callable[[Reader], T]) -> T:
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = Reader(self.path)
        try:
            return question(reader)
        finally:
            self._idle.append(reader)

    async def reconcile(self, recordings_dir: Path, keeper: Keeper, going_on: Collection[str] = ()) -> Reconciliation:
        """Match the recordings that the last run left unfinished with their files, and put their rows as `complete` or `broken`.

        `going_on` are the IDs of those that a surviving process still makes: they are left alone.
        """
        found = await self.read(lambda reader: reconcile(self.left.recordings, recordings_dir, reader, going_on))
        for row in found.rows:
            keeper.put(row)
        return found

    def alive(self, at: float) -> Boot:
        """The row that says this run lived at that moment; put every minute or so it bounds what is unknown after a crash."""
        return evolve(self.left.boot, alive_at=at)

    def ended(self, at: float) -> Boot:
        """The row that says this run ended in order at that moment; the last one to be put."""
        return evolve(self.left.boot, alive_at=at, ended_at=at)
