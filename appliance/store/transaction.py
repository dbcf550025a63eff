"""One group of rows, one transaction: the hot path, shared by the writer on disk and the store in memory."""

import logging
import sqlite3
from collections.abc import Iterable, Sequence

from appliance.core.records import Record
from appliance.store.tables import TABLES, Row
from appliance.store.trouble import ROW_FAULTS

__all__ = ["insert", "write"]

_log = logging.getLogger("hotline.store")


def write(connection: sqlite3.Connection, rows: Sequence[tuple[Record, int]]) -> dict[int, str]:
    """Commit a group; the result says, by index, which rows no table can hold, and why. All others are safe.

    Raises:
        sqlite3.Error: the storage is in trouble; none of the rows was written.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        try:
            insert(connection, (record for record, _ in rows))
            faults: dict[int, str] = {}
        except ROW_FAULTS:
            connection.execute("ROLLBACK")
            connection.execute("BEGIN IMMEDIATE")
            faults = _one_by_one(connection, rows)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return faults


def insert(connection: sqlite3.Connection, records: Iterable[Record]) -> None:
    """Write rows within the caller's transaction: of those with the same key only the last one."""
    appended: dict[type[Record], list[Row]] = {}
    keyed: dict[type[Record], dict[object, Row]] = {}
    for record in records:
        cls = type(record)
        table = TABLES[cls]
        if table.key_of is None:
            appended.setdefault(cls, []).append(table.row(record))
        else:
            keyed.setdefault(cls, {})[table.key_of(record)] = table.row(record)
    for cls, rows in appended.items():
        connection.executemany(TABLES[cls].write, rows)
    for cls, newest in keyed.items():
        connection.executemany(TABLES[cls].write, newest.values())


def _one_by_one(connection: sqlite3.Connection, rows: Sequence[tuple[Record, int]]) -> dict[int, str]:
    """Find the rows at fault: a statement that fails takes back only itself."""
    faults: dict[int, str] = {}
    for n, (record, _) in enumerate(rows):
        table = TABLES[type(record)]
        try:
            connection.execute(table.write, _readable(table.row(record)))
        except ROW_FAULTS as error:
            faults[n] = f"a row of {table.name} cannot be kept: {error}"
            _log.error("%s", faults[n])
    return faults


def _readable(row: Row) -> Row:
    """Text from outside that is no valid Unicode is kept with its odd bytes written out (`\\udcff`)."""
    return tuple(value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value for value in row)
