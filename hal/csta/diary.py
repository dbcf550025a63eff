"""What a line at a switch must know after a restart, in one small file."""

import json
from pathlib import Path

import attrs

from hal.csta.mapping import Kept

__all__ = ["Diary"]

_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Diary:
    """One line's. What was written before the machine was started last is not believed: no call at a port has outlived that."""

    def __init__(self, file: Path, boot: str = "") -> None:
        """`boot` tells one start of the machine from another; empty: as its kernel says."""
        self._file = file
        self._boot = boot or _BOOT.read_text(encoding="ascii").strip()

    def read(self) -> tuple[Kept, ...]:
        """What the last run has left; a torn or missing file is as an empty one."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return tuple(Kept(**row) for row in found["rows"]) if found["boot"] == self._boot else ()
        except (OSError, ValueError, TypeError, KeyError):
            return ()

    def write(self, rows: tuple[Kept, ...]) -> None:
        """Keep this for the next run."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        passing = self._file.with_suffix(".new")
        passing.write_text(json.dumps({"boot": self._boot, "rows": [attrs.asdict(row) for row in rows]}), encoding="utf-8")
        passing.replace(self._file)
