"""The database file: connections, the schema's migrations, and the views that show local time.

    empty ─ 1 ─ 2 ─ ... ─ VERSION        `PRAGMA user_version`; every arrow is one migration, one transaction

sqlite-utils keeps the history (table `_sqlite_migrations`: which step, when); `user_version` is set in the same transaction, so that
a start with nothing to do costs one PRAGMA. What the tables are is said in `appliance.store.tables`.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.store.errors import DatabaseNewer, DatabaseUnusable
from appliance.store.tables import TABLES

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

__all__ = ["VERSION", "connect", "connect_in_memory", "connect_read_only", "explained", "migrate", "prepare", "steps", "version_of"]

_APPLICATION_ID = 0x686F746C
"""`hotl`: what `file` and we tell our databases by."""


def steps() -> list[tuple[str, str]]:
    """The migrations, oldest first: name and SQL text."""
    folder = resources.files("appliance.store.migrations")
    return sorted((file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".sql"))


VERSION = len(steps())
"""The schema version of this program."""


def connect(path: Path, *, busy_s: float = 2.0) -> sqlite3.Connection:
    """Open for writing so that a committed row survives a power cut: WAL, synchronous=FULL; `busy_s` is how long to wait for a lock.

    Any one thread at a time may use the connection. Transactions are begun and ended by the caller.

    Raises:
        sqlite3.Error: what SQLite says.
    """
    connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False, cached_statements=64)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -16000")  # KiB
        connection.execute("PRAGMA journal_size_limit = 67108864")  # bytes: a WAL grown in trouble shrinks again
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open for reading: each statement sees one moment of the database, whatever is written meanwhile, and cannot change it.

    Raises:
        DatabaseUnusable: there is no such database, or this program cannot read it.
        DatabaseNewer: a newer program wrote it.
    """
    if not path.exists():
        raise DatabaseUnusable(path, "there is no such file", "check the data directory's name, or start the appliance on it once")
    with explained(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA query_only = ON")
            if (version := version_of(connection, path)) < VERSION:
                remedy = "start the appliance on it once: that brings it up to date"
                raise DatabaseUnusable(path, f"its schema has version {version}, this program reads version {VERSION}", remedy)
        except BaseException:
            connection.close()
            raise
    return connection


def connect_in_memory() -> sqlite3.Connection:
    """Make an empty database of the newest schema that is gone when it is closed."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    for _, sql in steps():
        connection.executescript(sql)
    _refresh_views(connection)
    return connection


def prepare(path: Path) -> sqlite3.Connection:
    """Open for writing, making the file or bringing its schema to VERSION first.

    Raises:
        DatabaseNewer: a newer program wrote it.
        DatabaseUnusable: it is no database of ours, is damaged, or cannot be written; the message says what to do.
    """
    with explained(path):
        connection = connect(path)
        try:
            migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The schema version of an open database, 0 for an empty one.

    Raises:
        DatabaseNewer, DatabaseUnusable: this program must not touch it.
    """
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    empty = connection.execute("SELECT NOT EXISTS (SELECT * FROM sqlite_master)").fetchone()[0]
    if application != _APPLICATION_ID and not (empty and application == 0):
        raise DatabaseUnusable(path, "it belongs to another program", "move it away or give another data directory")
    if version > VERSION:
        raise DatabaseNewer(path, version, VERSION)
    return version


def migrate(connection: sqlite3.Connection, path: Path) -> int:
    """Bring the schema to VERSION and make the views anew where they differ; the result is how many steps it took.

    Raises:
        DatabaseNewer, DatabaseUnusable: nothing was changed.
        sqlite3.Error: a step failed; it left nothing behind, the steps before it are done.
    """
    behind = VERSION - version_of(connection, path)
    if behind:
        from sqlite_utils import Database  # costs 0.1 s, and most starts have nothing to migrate

        _drop_views(connection)  # a view in the way would stop ALTER TABLE
        _history().apply(Database(connection, execute_plugins=False, recursive_triggers=False))
    _check_columns(connection, path)
    _refresh_views(connection)
    return behind


def _check_columns(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that says it has this version and has not: one of an unreleased program."""
    for table in TABLES.values():
        present = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table.name,))}
        if missing := [column.name for column in table.columns if column.name not in present]:
            reason = f"its schema has version {VERSION}, yet table '{table.name}' has no {', '.join(missing)}"
            raise DatabaseUnusable(path, reason, "an unreleased program made it: move it away or give another data directory")


def _history() -> "Migrations":
    from sqlite_utils import Migrations

    history = Migrations("hotline")
    for number, (name, sql) in enumerate(steps(), start=1):

        def step(database: "Database", number: int = number, sql: str = sql) -> None:
            for statement in _statements(sql):
                database.conn.execute(statement)
            database.conn.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            database.conn.execute(f"PRAGMA user_version = {number}")

        history(name=name)(step)
    return history


def _statements(sql: str) -> Iterator[str]:
    """Split a script: `executescript` would commit the migration's transaction first."""
    statement = ""
    for piece in re.split(r"(?<=;)", sql):
        statement += piece
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if re.sub(r"--.*", "", statement).strip():
        raise ValueError(f"a migration ends in the middle of a statement: {statement.strip()[:60]!r}")


def _views(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view' AND name LIKE '%\\_local' ESCAPE '\\'"))


def _drop_views(connection: sqlite3.Connection) -> None:
    for name in _views(connection):
        connection.execute(f"DROP VIEW {name}")


def _refresh_views(connection: sqlite3.Connection) -> None:
    wanted = {table.view: table.create_view for table in TABLES.values()}
    if wanted == _views(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _drop_views(connection)
        for statement in wanted.values():
            connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says on opening into an error that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            remedy = "move it away and restore the last backup"
        elif name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            remedy = "close the program that holds it"
        elif name == "SQLITE_FULL":
            remedy = "free some space on its disk"
        else:
            remedy = f"check that '{path.parent}' exists and that this user may read and write it"
        raise DatabaseUnusable(path, f"{error} ({name})" if name else str(error), remedy) from error
