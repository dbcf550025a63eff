"""Rendered files on the disk: what is new, what is there already, and what would change, which is shown before it is overwritten."""

import contextlib
import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

__all__ = ["Change", "Unwritable", "changes", "left_over", "write"]

_MARKED_BYTES = 300
"""The mark is in the first line."""


class Unwritable(Exception):
    """A file cannot go where it belongs; nothing is written then. The message says what to do."""


@attrs.frozen
class Change:
    """A file that is not there, or not as it was rendered."""

    name: str
    before: bytes | None
    """None: it is not there."""
    after: bytes

    def diff(self) -> str:
        """What changes in it, as `diff -u` shows it; empty for a new file. What is no text, and DOS line ends, show."""
        if self.before is None:
            return ""
        lines = difflib.unified_diff(_lines(self.before), _lines(self.after), self.name, f"{self.name} (new)")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(found: bytes) -> list[str]:
    return [line.decode(errors="backslashreplace").replace("\r", "\\r") for line in found.splitlines(keepends=True)]


def changes(out: Path, files: Mapping[str, str]) -> list[Change]:
    """What writing these files would change.

    Raises:
        Unwritable: one of them could not be written.
        OSError: one cannot be read.

    """
    for name in files:
        _check_place(out, name)
    found = []
    for name, text in files.items():
        path, after = out / name, text.encode()
        before = path.read_bytes() if path.exists() else None
        if before != after:
            found.append(Change(name, before, after))
    return found


def _check_place(out: Path, name: str) -> None:
    path = out / name
    folders = [folder for folder in path.parents if folder.is_relative_to(out)]
    for folder in folders:
        if folder != out and folder.is_symlink():
            raise Unwritable(f"{folder} is a link, and what is rendered stays in its folder: move it away, or name where it leads by --out")
        if folder.exists() and not folder.is_dir():
            raise Unwritable(f"{folder} is a file, and has to be the folder of {path.name}: move it away, or choose another --out")
    if path.is_dir():
        raise Unwritable(f"{path} is a folder, and a file of this name is to be written: move it away, or choose another --out")


def left_over(out: Path, files: Mapping[str, str], mark: str) -> Iterator[Path]:
    """Files of an earlier rendering, told by their mark, that are not part of this one; each is left where it is."""
    for top in ("asterisk", "dahdi", "kamailio", "pbx", "systemd"):
        for folder, _, names in os.walk(out / top):
            for path in sorted(Path(folder) / name for name in names):
                if str(path.relative_to(out)) not in files and path.is_file() and mark.encode() in _beginning(path):
                    yield path


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MARKED_BYTES)


def write(out: Path, changed: Sequence[Change]) -> None:
    """Write them all, or none if one cannot be; mode, owner and group stay as they were, and nothing is written to where a link leads."""
    halves: list[tuple[Path, Path]] = []
    try:
        for change in changed:
            path = out / change.name
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_name(f".{path.name}.new")
            half.unlink(missing_ok=True)  # left by a run that was killed, or somebody's link
            halves.append((half, path))
            with half.open("xb") as file:
                file.write(change.after)
            if change.before is not None:
                _as_before(half, path)
    except OSError:
        for half, _ in halves:
            half.unlink(missing_ok=True)
        raise
    for half, path in halves:
        half.replace(path)


def _as_before(half: Path, path: Path) -> None:
    was = path.stat()
    with contextlib.suppress(PermissionError):  # who is not root cannot give a file away: it is his then, as after an editor
        os.chown(half, was.st_uid, was.st_gid)
    half.chmod(was.st_mode & 0o7777)
