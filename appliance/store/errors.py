"""The store's errors: each message says what is wrong, where, and what to do, and is fit for an operator."""

from pathlib import Path

__all__ = ["DataDirectoryBusy", "DatabaseNewer", "DatabaseUnusable", "StoreClosed", "StoreError"]


class StoreError(Exception):
    """Base of the store's errors."""


class DataDirectoryBusy(StoreError):
    """Another process has this data directory open."""

    def __init__(self, directory: Path, owner: str) -> None:
        """Name the directory and, if known, the process that has it."""
        by = f"process {owner}" if owner else "another process"
        super().__init__(f"data directory '{directory}' is in use by {by}: stop that one first, or give this one a directory of its own")


class DatabaseNewer(StoreError):
    """The database was written by a newer version of the program."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        """Name the file, its schema version and the newest one known here."""
        super().__init__(
            f"database '{path}' has schema version {found}, this program knows versions up to {known}: "
            "start the newer program again, or restore the backup made before it was installed"
        )


class DatabaseUnusable(StoreError):
    """The file is no database, is damaged, belongs to another program, or cannot be read or written."""

    def __init__(self, path: Path, reason: str, remedy: str) -> None:
        """Say which file, what is wrong with it and what to do."""
        super().__init__(f"database '{path}' cannot be used: {reason}; {remedy}")


class StoreClosed(StoreError):
    """Our mistake: a row came after the writer had ended."""

    def __init__(self, table: str) -> None:
        """Name the table of the row that came too late."""
        super().__init__(f"a row for table '{table}' came after the store's writer had ended: end whatever writes rows before the writer")
