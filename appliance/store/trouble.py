"""What can go wrong while rows are written, told apart: the storage's trouble is waited out, a row's own fault is not."""

import sqlite3
from pathlib import Path

from hal.api import Severity, value

__all__ = ["ROW_FAULTS", "Trouble", "trouble_of"]

ROW_FAULTS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    ValueError,
    TypeError,
)
"""Raised for a value no table can hold; trying again would not help. Every other `sqlite3.Error` is the storage's trouble."""


@value
class Trouble:
    """Why rows cannot be written now, for an operator: `source` is the store, `severity` as for every alarm, `advice` what to do."""

    severity: Severity
    text: str
    advice: str
    source: str = "store"


def trouble_of(path: Path, error: sqlite3.Error) -> Trouble:
    """Explain an error of the storage at `path`."""
    name = getattr(error, "sqlite_errorname", "")
    text = f"rows cannot be written to '{path}' and wait in memory: {error}{f' ({name})' if name else ''}"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Trouble(Severity.YELLOW, text, "close the program that holds the database")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return Trouble(Severity.RED, text, "the database is damaged: restore the last backup")
    if name == "SQLITE_FULL":
        return Trouble(Severity.RED, text, f"free some space on the disk of '{path.parent}'")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return Trouble(Severity.RED, text, f"check that '{path.parent}' exists and that this user may read and write it")
    if name == "SQLITE_ERROR":
        return Trouble(Severity.RED, text, "the database and this program do not fit together: report this with the diagnosis bundle")
    return Trouble(Severity.RED, text, f"check the disk of '{path.parent}', its space and the system log")
