"""Gateways that are SQLite files of somebody else: one SELECT each, which cannot write, attach, load or run for ever."""

import sqlite3
import threading
from decimal import Decimal
from pathlib import Path

import trio

from appliance.core.program.expressions import Value
from appliance.outside.answers import GatewayFailed, usable
from appliance.outside.gateway import Arguments
from appliance.site.gateways import SqlGateway, SqlQuery

__all__ = ["SqlPeer"]

_STEPS = 5000
"""Instructions of SQLite's machine between two looks at whether to go on: well below a millisecond."""
_LONGEST = 1_000_000
"""Bytes of one value, and of one row."""
_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})


class SqlPeer:
    """Reads one file, in threads of its own: a disk that hangs holds up nothing but this."""

    def __init__(self, settings: SqlGateway) -> None:
        """The file is opened for each question, so that it may be replaced at any time."""
        self._settings = settings
        self._threads = trio.CapacityLimiter(settings.most_at_once)

    async def ask(self, query: str, arguments: Arguments) -> Value:
        """See `Peer`."""
        bound = {name: _bound(name, of) for name, of in arguments.items()}
        stop = threading.Event()
        try:
            return await trio.to_thread.run_sync(
                self._read, self._settings.queries[query], bound, stop, limiter=self._threads, abandon_on_cancel=True
            )
        finally:
            stop.set()

    def may_repeat(self, query: str) -> bool:  # noqa: ARG002 - the protocol's
        """See `Peer`."""
        return True

    async def close(self) -> None:
        """See `Peer`."""
        await trio.lowlevel.checkpoint()

    def _read(self, query: SqlQuery, bound: dict[str, str | int | float | None], stop: threading.Event) -> Value:
        """In the thread."""
        try:
            uri = f"{Path(self._settings.file).absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, timeout=self._settings.timeout_s / 2, isolation_level=None)
        except sqlite3.Error as error:
            raise GatewayFailed(f"its file cannot be opened: {error}", again=True) from None
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
            connection.set_authorizer(_authorized)
            connection.set_progress_handler(stop.is_set, _STEPS)
            cursor = connection.execute(query.sql, bound)
            names = [column for column, *_ in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(query.rows if query.result == "many" else 1)]
        except (sqlite3.Error, sqlite3.Warning) as error:
            why = getattr(error, "sqlite_errorname", "") or type(error).__name__
            raise GatewayFailed(f"its file does not answer ({why}): {error}") from None
        finally:
            connection.close()
        return usable(rows if query.result == "many" else rows[0] if rows else None)


def _authorized(action: int, _what: str | None, of: str | None, _database: str | None, _trigger: str | None) -> int:
    """Reading, and functions but the one that loads code; SQLite asks this while it prepares a statement."""
    allowed = action in _READING and not (action == sqlite3.SQLITE_FUNCTION and of == "load_extension")
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _bound(name: str, of: Value) -> str | int | float | None:
    match of:
        case Decimal():
            return int(of) if of == of.to_integral_value() else float(of)
        case int() if abs(of) >= 2**63:
            raise GatewayFailed(f"'{name}' is too large a number", theirs=False)
        case None | str() | int():
            return of
    raise GatewayFailed(f"'{name}' is no text and no number", theirs=False)
