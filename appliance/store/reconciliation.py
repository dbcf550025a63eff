"""Recordings whose end nobody saw, matched with the files on disk.

A file appears under its name only when it is whole (`hal.api.StartRecording`); what has a similar name was being written.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path

from attrs import evolve

from appliance.core.records import Recording
from appliance.store.reader import Reader
from appliance.store.wav import measure
from hal.api import value

__all__ = ["Reconciliation", "reconcile"]

_CHUNK = 250
"""Files looked up in one question."""


@value
class Reconciliation:
    """What became of recordings that were going on; `str()` of it is a report for people."""

    complete: tuple[Recording, ...] = ()
    """Their file is there and whole."""
    broken: tuple[Recording, ...] = ()
    """Their file is there, or a part of it, and `error` says what is wrong."""
    missing: tuple[Recording, ...] = ()
    """There is no file; the row is `broken` too."""
    going_on: tuple[Recording, ...] = ()
    """Still being made, and left alone."""
    orphans: tuple[Path, ...] = ()
    """Files that belong to no recording, by name; they are left alone."""

    @property
    def rows(self) -> tuple[Recording, ...]:
        """The rows to write."""
        return self.complete + self.broken + self.missing

    def __str__(self) -> str:
        counts = (len(self.complete), len(self.broken), len(self.missing), len(self.going_on), len(self.orphans))
        lines = ["recordings: {} complete, {} broken, {} missing, {} going on; {} files of none".format(*counts)]
        lines += [f"  {row.id}: {row.error}" for row in (*self.broken, *self.missing)]
        lines += [f"  {path}: belongs to no recording" for path in self.orphans]
        return "\n".join(lines)


def reconcile(rows: Iterable[Recording], folder: Path, reader: Reader, going_on: Collection[str] = ()) -> Reconciliation:
    """Look for the file of each of these recordings, and for files of none; `going_on` are IDs of recordings to leave alone.

    It writes nothing. It looks at every file below `folder`: about a second for 50,000.
    """
    complete: list[Recording] = []
    broken: list[Recording] = []
    missing: list[Recording] = []
    alive: list[Recording] = []
    stems = set()
    for row in rows:
        path = _locate(folder, row.file)
        stems.add(path.stem)
        if row.id in going_on:
            alive.append(row)
            continue
        judged, found = _judge(row, path)
        (complete if judged.state == "complete" else broken if found else missing).append(judged)
    orphans = tuple(path for path in _unknown(folder, reader) if not any(stem in path.name for stem in stems))
    return Reconciliation(tuple(complete), tuple(broken), tuple(missing), tuple(alive), orphans)


def _locate(folder: Path, name: str) -> Path:
    """Where a recording's file is: its name is absolute, or relative to the folder of recordings or to the directory that one is in."""
    path = folder / name
    return path if path.exists() or not (folder.parent / name).exists() else folder.parent / name


def _judge(row: Recording, path: Path) -> tuple[Recording, bool]:
    """The row as it should be, and whether anything of it is on disk."""
    try:
        sound = measure(path)
    except FileNotFoundError:
        part = _part_of(path)
        if part is None:
            return evolve(row, state="broken", error="there is no file"), False
        return evolve(row, state="broken", size_bytes=part.stat().st_size, error=f"cut off: what there is is in '{part.name}'"), True
    except OSError as error:
        return evolve(row, state="broken", error=f"it cannot be read: {error.strerror}"), True
    state = "broken" if sound.problem else "complete"
    return evolve(row, state=state, error=sound.problem, duration_s=sound.duration_s, size_bytes=sound.size_bytes), True


def _part_of(path: Path) -> Path | None:
    """The file that would have got this name when whole: one whose name holds it, such as `NAME.part` or `.NAME.tmp`."""
    if not path.parent.is_dir():
        return None
    return min((other for other in path.parent.iterdir() if path.stem in other.name), default=None)


def _unknown(folder: Path, reader: Reader) -> Iterator[Path]:
    """Files below the folder that no row names, whichever way it names them."""
    files = iter(sorted(path for path in folder.rglob("*") if path.is_file()))
    while chunk := list(islice(files, _CHUNK)):
        names = {
            path: (str(path), str(path.absolute()), str(path.relative_to(folder)), str(path.relative_to(folder.parent))) for path in chunk
        }
        known = reader.known_files({name for variants in names.values() for name in variants})
        yield from (path for path in chunk if known.isdisjoint(names[path]))
