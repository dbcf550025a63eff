"""One process at a time may have a data directory open."""

import fcntl
import os
from pathlib import Path

from appliance.store.errors import DataDirectoryBusy

__all__ = ["DirectoryLock"]


class DirectoryLock:
    """Holds the lock of a data directory from its making until `release`, or until the process ends, however it ends.

    The lock is an flock on `hotline.lock`, which also holds the process's ID for people to read. Programs that this one starts do not
    inherit it.
    """

    def __init__(self, directory: Path) -> None:
        """Take the lock.

        Raises:
            DataDirectoryBusy: another process, or another part of this one, has it.
            OSError: the directory cannot be written.
        """
        self._file = os.open(directory / "hotline.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._file, 32, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise DataDirectoryBusy(directory, owner) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let another process have the directory. The file stays: removing it would let two processes lock two files of one name."""
        os.close(self._file)
