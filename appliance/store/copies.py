"""Copies of a run's rows in a new database, as years of a centre would leave them: for measuring what becomes slower as it grows.

    rows of one run ── copy 1 ── copy 2 ── ... ── the last copy        each some days later, under IDs of a run of its own, other callers
                        boot 1    boot 2           decisions only as far back as an appliance still has them

Recordings have rows and no files.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from attrs import frozen

from appliance.core.records import Agent, Closure, Decision, Expectation, ListedCaller, Record, Ticket
from appliance.store.accounts import Account, CodeTries
from appliance.store.boots import Boot
from appliance.store.errors import DatabaseUnusable
from appliance.store.lock import DirectoryLock
from appliance.store.retention import KEPT_ROWS, KEPT_S
from appliance.store.schema import connect, explained, prepare
from appliance.store.tables import TABLES, Table, table_of

__all__ = ["Copies", "database_for"]

_FIRST_CALLER = 13_000_000_000
"""Callers have numbers from here on, as mobile phones in China."""
_IDS = frozenset({"id", "contact", "leg", "file", "recording", "origin"})
"""Columns that name something which every run of the appliance numbers anew."""
_NUMBERS = frozenset({"ani", "call_back"})
_BOOT = "0001-"
"""What IDs of the run that is copied begin with."""
_AS_IT_IS = frozenset({Account, Agent, Boot, Closure, CodeTries, Expectation, ListedCaller})
"""How things are now: of these only the last copy counts."""
_CACHE_KIB = 512_000
_ROWS_SHARE = 0.7
"""Of the time, about; the rest are indexes."""


def database_for(directory: Path) -> Path:
    """Where a directory's database belongs, which is not there yet.

    Raises:
        DatabaseUnusable: it is there.
    """
    path = directory / "hotline.db"
    if path.exists():
        raise DatabaseUnusable(path, "it is there already", "name a new directory")
    return path


@frozen
class Copies:
    """Copies of the rows of one run that was the first on its data directory."""

    rows: Mapping[type[Record], Sequence[Record]]
    count: int
    callers: int
    """They call from at most so many numbers."""
    began_s: float
    """When the run that is copied began, in seconds since the epoch."""
    every_s: int
    """From one copy to the next."""
    last_s: int
    """From the run to the last copy."""

    def write(self, directory: Path, progress: Callable[[float], None] = lambda _done: None) -> Path:
        """Make the database, safe on the disk, in a directory that is made if need be; its path.

        Raises:
            StoreError: there is a database already, the directory is in use, or it cannot be written; no database is left behind.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = DirectoryLock(directory)
        try:
            path = database_for(directory)
            try:
                with explained(path):
                    self._make(path, progress)
            except BaseException:
                for left in directory.glob(f"{path.name}*"):
                    left.unlink()
                raise
        finally:
            lock.release()
        return path

    def _make(self, path: Path, progress: Callable[[float], None]) -> None:
        """Rows first, then their indexes: sorted once, they take less than row by row."""
        with closing(prepare(path)) as connection:
            for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}", "locking_mode = EXCLUSIVE"):
                connection.execute(f"PRAGMA {pragma}")
            indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
            for name, _ in indexes:
                connection.execute(f"DROP INDEX {name}")
            self._copy(connection, lambda done: progress(done * _ROWS_SHARE))
            for number, (_, sql) in enumerate(indexes):
                connection.execute(sql)
                progress(_ROWS_SHARE + (1 - _ROWS_SHARE) * number / len(indexes))
        with closing(connect(path)) as connection:  # with a journal again
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("rb") as written:
            os.fsync(written.fileno())
        progress(1.0)

    def _copy(self, connection: Connection, progress: Callable[[float], None]) -> None:
        """Write all copies, the oldest first."""
        connection.execute("ATTACH ':memory:' AS lived")
        rows = [row for kept in self.rows.values() for row in kept]
        numbers = sorted({getattr(row, name) for row in rows for name in _NUMBERS if getattr(row, name, "")})
        connection.execute("CREATE TABLE lived.callers (number TEXT PRIMARY KEY, place INTEGER) WITHOUT ROWID")
        connection.executemany("INSERT INTO lived.callers VALUES (?, ?)", ((number, place) for place, number in enumerate(numbers)))
        for record, kept in self.rows.items():
            table = TABLES[record]
            names = ", ".join(column.name for column in table.columns)
            connection.execute(f"CREATE TABLE lived.{table.name} AS SELECT {names} FROM main.{table.name} WHERE 0")
            connection.executemany(
                f"INSERT INTO lived.{table.name} VALUES ({', '.join('?' * len(table.columns))})", (table.row(row) for row in kept)
            )
        tickets = len(self.rows[Ticket])
        statements = [(record, _copy_of(TABLES[record], tickets)) for record, kept in self.rows.items() if kept and record is not Boot]
        alive_s = self.began_s + self.every_s - 1
        for number in range(self.count):
            back = self.count - 1 - number
            shift_s = self.last_s - back * self.every_s
            values = {"boot": number + 1, "shift": shift_s, "step": number * len(numbers), "callers": self.callers}
            connection.execute("BEGIN")
            for record, statement in statements:
                if back == 0 or (record not in _AS_IT_IS and (record is not Decision or self._keeps_decisions(back))):
                    connection.execute(statement, values)
            boot = Boot(number + 1, "grown", self.began_s + shift_s, alive_s + shift_s, alive_s + shift_s)
            connection.execute(table_of(Boot).write, table_of(Boot).row(boot))
            connection.execute("COMMIT")
            progress((number + 1) / self.count)
        connection.execute("DETACH lived")

    def _keeps_decisions(self, back: int) -> bool:
        """Whether an appliance would still have the decisions of so many copies ago."""
        return back * self.every_s <= KEPT_S and (back + 1) * len(self.rows[Decision]) <= KEPT_ROWS


def _copy_of(table: Table[Any], tickets: int) -> str:
    """The statement that writes one copy of a table's rows."""
    names = [column.name for column in table.columns]
    values = [_value_of(table, name, tickets) for name in names]
    order = " ORDER BY rowid"  # of append-only tables: the order in which they were written
    return f"INSERT INTO main.{table.name} ({', '.join(names)}) SELECT {', '.join(values)} FROM lived.{table.name} AS r{order}"


def _value_of(table: Table[Any], name: str, tickets: int) -> str:
    """An SQL expression for a column of a copy."""
    if name == "at" or name.endswith("_at"):
        return f"r.{name} + :shift"
    if name in _NUMBERS:
        place = f"(SELECT printf('%d', {_FIRST_CALLER} + (place + :step) % :callers) FROM lived.callers WHERE number = r.{name})"
        return f"coalesce({place}, r.{name})"
    if table.record is Ticket and name == "number":
        return f"printf('T-%05d', substr(r.number, 3) + (:boot - 1) * {tickets})"
    if name == "file":  # .../DAY/ID.wav
        day = "substr(r.file, length(r.file) - length(r.id) - 14, 10)"
        return f"replace(replace(r.file, {day}, coalesce(date({day}, :shift || ' seconds'), {day})), '{_BOOT}', printf('%04d-', :boot))"
    if name in _IDS:
        made_anew = f"printf('%04d-', :boot) || substr(r.{name}, {len(_BOOT) + 1})"
        return f"CASE WHEN r.{name} LIKE '{_BOOT}%' THEN {made_anew} WHEN r.{name} = '' THEN '' ELSE r.{name} || '.' || :boot END"
    return f"r.{name}"
