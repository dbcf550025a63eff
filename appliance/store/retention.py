"""How long decisions are kept: they are the one table that grows with every offer and is of use for a while only. Everything else stays."""

import logging
import sqlite3

__all__ = ["KEPT_ROWS", "KEPT_S", "forget"]

KEPT_S = 30 * 86_400.0
"""A decision older than this is deleted."""
KEPT_ROWS = 2_000_000
"""Of the others the newest so many are kept."""

_log = logging.getLogger("hotline.store")


def forget(connection: sqlite3.Connection, at: float, *, most: int) -> int:
    """Delete the oldest decisions, as far as they need not be kept at this time of day, in one transaction; the result is how many.

    It looks at no more than the `most` oldest: ask again for the rest. The newest one stays, so that `seq` never begins anew. Rows are
    looked at in the order in which they were written: one with a time that is still to come keeps those after it until there are
    too many of them.

    Raises:
        sqlite3.Error: the storage is in trouble; nothing was deleted.
    """
    first, last = connection.execute("SELECT (SELECT min(seq) FROM decisions), (SELECT max(seq) FROM decisions)").fetchone()
    if first is None:
        return 0
    expired = "(seq <= :beyond OR at < :since)"
    limits = {"first": first, "until": min(first + most, last), "beyond": last - KEPT_ROWS, "since": at - KEPT_S}
    if connection.execute(f"SELECT 1 FROM decisions WHERE seq = :first AND seq < :until AND {expired}", limits).fetchone() is None:
        return 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        count = connection.execute(f"DELETE FROM decisions WHERE seq < :until AND {expired}", limits).rowcount
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    _log.debug("%d old decisions deleted", count)
    return count
