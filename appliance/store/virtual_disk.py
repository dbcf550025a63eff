"""A data directory in a simulation: the very store of a real one, whose disk takes modelled time, is slow, or is full.

It does not model: a database that is damaged or locked, files of recordings, the effect of load on the time a commit takes. No thread runs.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import trio

from appliance.core.records import Contact, Record
from appliance.store.reader import Reader
from appliance.store.store import Store
from appliance.store.tables import TABLES
from appliance.store.writer import Writer

__all__ = ["VirtualDisk"]

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class VirtualDisk:
    """One disk, on which one process after another has its store."""

    def __init__(self, delay_s: Callable[[], float] = lambda: 0.005) -> None:
        """Begin empty; `delay_s` is asked how long each write takes."""
        self._folder = TemporaryDirectory(prefix="hotline-disk-")
        self.directory = Path(self._folder.name)
        self.delay_s = delay_s
        self.full = False
        """Whether every write is refused."""
        self.slow_s = 0.0
        """How much longer each write takes just now."""
        self._kept: sqlite3.Connection | None = None

    def open(self, at: float) -> Store:
        """What a process does that starts at this time of day: see `Store`."""
        return Store(self.directory, at=at, version="simulated")

    def writer(self, store: Store) -> Writer:
        """Its writer."""
        return store.writer(connect=self._connect, aside=self._aside)

    async def _aside(self, function: Callable[..., T], *arguments: object) -> T:
        await trio.sleep(self.delay_s() + self.slow_s)
        return function(*arguments)

    def _connect(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=self._factory)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # what is lost by it in a power cut of the machine below is not what is simulated
        return connection

    @property
    def _factory(self) -> type[sqlite3.Connection]:
        disk = self

        class Connection(sqlite3.Connection):
            """Refuses to begin anything while the disk is full."""

            def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
                if disk.full and sql.startswith("BEGIN"):
                    error = sqlite3.OperationalError("database or disk is full")
                    error.sqlite_errorname = "SQLITE_FULL"
                    raise error
                return super().execute(sql, parameters)

        return Connection

    # --- what was kept ------------------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Keep what is on the disk in memory, and give the disk away."""
        if self._kept is None:
            self._kept = sqlite3.connect(":memory:")
            path = self.directory / "hotline.db"
            if path.exists():
                with sqlite3.connect(path) as source:
                    source.backup(self._kept)
                source.close()
            self._folder.cleanup()

    def rows(self, record: type[R]) -> Sequence[R]:
        """All rows of a record's table, once the disk is closed, in the order in which they were written first."""
        if self._kept is None:
            raise LookupError("the disk is in use: its rows can be read when the run is over")
        order = "seq" if TABLES[record].key_of is None else ", ".join(record.key)
        return list(Reader(self._kept).rows(record, f"1 ORDER BY {order}"))

    @property
    def contacts(self) -> Sequence[Contact]:
        """All contacts as they were written last, in the order of their arrival."""
        return self.rows(Contact)

    def counts(self) -> dict[str, int]:
        """Table -> rows in it."""
        return {record.table: len(self.rows(record)) for record in TABLES}
