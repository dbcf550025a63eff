"""The store of a simulation: rows stay in memory on the same thread, and an acknowledgement takes a modelled time.

It does not model: rows no table can hold, memory running full, the effect of load on the time a commit takes.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from sqlite3 import Connection
from typing import Any, TypeVar, cast

import trio

from appliance.core.records import Contact, Record
from appliance.store.reader import Reader
from appliance.store.schema import connect_in_memory
from appliance.store.tables import TABLES, Table, table_of
from appliance.store.transaction import insert
from appliance.store.trouble import Trouble
from appliance.store.writer import OnStored, OnTrouble

__all__ = ["MemoryStore", "Schedule"]

R = TypeVar("R", bound=Record)

Schedule = Callable[[float, Callable[[], None]], object]
"""`schedule(delay_s, function)` calls the function that many seconds of the simulation's time later."""


class MemoryStore:
    """Keeps rows like a `Writer`, without a thread: every row is a Python object, and becomes one of SQLite when somebody reads.

    `delay_s` is asked for the time each acknowledgement takes; they keep their order. With `told` no row is kept: each is counted, and
    those of the classes named there are told as they come. That is for long simulations, which do not grow with the rows then.
    """

    def __init__(
        self,
        schedule: Schedule,
        *,
        stored: OnStored = lambda _token, _error: None,
        alarm: OnTrouble = lambda _trouble: None,
        delay_s: Callable[[], float] = lambda: 0.005,
        told: Mapping[type[Record], Callable[[Any], None]] | None = None,
    ) -> None:
        self.stored = stored
        self.alarm = alarm
        self.delay_s = delay_s
        self.trouble: Trouble | None = None
        """What is wrong with the modelled disk."""
        self._schedule = schedule
        self._tokens: deque[int] = deque()
        self._held = 0
        self._connection: Connection | None = None
        self._tables = {cls: _rows(table) if told is None else _Counted(told.get(cls)) for cls, table in TABLES.items()}
        self._add = {cls: rows.add for cls, rows in self._tables.items()}

    def put(self, record: Record, token: int = 0) -> None:
        """Take a row to be kept; with a `token`, `stored` is told after the modelled time.

        Raises:
            TypeError: no table holds such a record.
        """
        try:
            self._add[type(record)](record)
        except KeyError:
            table_of(type(record))  # says which there are
            raise
        if token:
            self._tokens.append(token)
            self._schedule(self.delay_s(), self._acknowledge)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["MemoryStore"]:
        """There is nothing to run: for the same use as a `Writer`."""
        yield self

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """There is nothing to run: for the same use as a `Writer`."""
        task_status.started()
        await trio.sleep_forever()

    # -- a disk in trouble ---------------------------------------------------------------------------------------------------------------

    def break_down(self, trouble: Trouble) -> None:
        """From now on the modelled disk takes nothing: acknowledgements wait until `recover`."""
        self.trouble = trouble
        self.alarm(trouble)

    def recover(self) -> None:
        """The modelled disk is back: what was held is acknowledged."""
        self.trouble = None
        self.alarm(None)
        held, self._held = self._held, 0
        for _ in range(held):
            self._acknowledge()

    def _acknowledge(self) -> None:
        """One commit is through: the oldest token's, whichever call this is."""
        if self.trouble is not None:
            self._held += 1
            return
        self.stored(self._tokens.popleft(), "")

    # -- what was kept -------------------------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Table -> rows in it; where rows are told: times a row was put."""
        return {cls.table: len(rows) for cls, rows in self._tables.items()}

    @property
    def contacts(self) -> Sequence[Contact]:
        """All contacts as they were written last, in the order of their arrival."""
        return self.rows(Contact)

    def rows(self, record: type[R]) -> Sequence[R]:
        """All rows of a record's table, as they were written last, in the order in which they were written first.

        Raises:
            LookupError: such rows are only counted.
        """
        rows = self._tables[record].all()
        if rows is None:
            raise LookupError(f"rows of '{record.table}' are only counted: make the store without `told`")
        return cast("Sequence[R]", rows)

    def reader(self) -> Reader:
        """Answer questions about all rows put so far; the reader sees later ones when this is called again. It need not be closed.

        Raises:
            LookupError: rows are only counted.
        """
        if self._connection is None:
            for record in TABLES:
                self.rows(record)
            self._connection = connect_in_memory()
        self._connection.execute("BEGIN")
        for rows in self._tables.values():
            insert(self._connection, rows.fresh())
        self._connection.execute("COMMIT")
        return Reader(self._connection)


class _Appended:
    """Rows of an append-only table."""

    def __init__(self) -> None:
        self._rows: list[Record] = []
        self._read = 0
        self.add = self._rows.append

    def __len__(self) -> int:
        return len(self._rows)

    def all(self) -> Sequence[Record] | None:
        return self._rows

    def fresh(self) -> Sequence[Record]:
        """Rows that came since this was last asked."""
        rows = self._rows[self._read :]
        self._read = len(self._rows)
        return rows


class _Keyed:
    """The newest row for each key."""

    def __init__(self, key_of: Callable[[Any], object]) -> None:
        self._rows: dict[object, Record] = {}
        self._fresh: dict[object, Record] = {}
        rows, fresh = self._rows, self._fresh

        def add(record: Record) -> None:
            key = key_of(record)
            rows[key] = fresh[key] = record

        self.add = add

    def __len__(self) -> int:
        return len(self._rows)

    def all(self) -> Sequence[Record] | None:
        return list(self._rows.values())

    def fresh(self) -> Sequence[Record]:
        """Rows that came since this was last asked."""
        rows = list(self._fresh.values())
        self._fresh.clear()
        return rows


class _Counted:
    """How often a row was put."""

    def __init__(self, tell: Callable[[Any], None] | None) -> None:
        self._count, self._tell = 0, tell

    def __len__(self) -> int:
        return self._count

    def add(self, record: Record) -> None:
        self._count += 1
        if self._tell is not None:
            self._tell(record)

    def all(self) -> Sequence[Record] | None:
        return None

    def fresh(self) -> Sequence[Record]:
        return ()


def _rows(table: Table[Any]) -> _Appended | _Keyed:
    """How a table's rows are kept."""
    return _Appended() if table.key_of is None else _Keyed(table.key_of)
