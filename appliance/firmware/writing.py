"""Rendered files on the disk: what is new, what is there already, and what would change, which is shown before it is overwritten."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

__all__ = ["Change", "changes", "write"]


@attrs.frozen
class Change:
    """A file that is not there, or not as it was rendered."""

    name: str
    before: str | None
    """None: it is not there."""
    after: str

    def diff(self) -> str:
        """What changes in it, as `diff -u` shows it; empty for a new file."""
        if self.before is None:
            return ""
        before, after = self.before.splitlines(keepends=True), self.after.splitlines(keepends=True)
        lines = difflib.unified_diff(before, after, self.name, f"{self.name} (new)")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def changes(out: Path, files: Mapping[str, str]) -> Iterator[Change]:
    """What writing these files would change; OSError: one cannot be read."""
    for name, text in files.items():
        path = out / name
        before = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else None
        if before != text:
            yield Change(name, before, text)


def write(out: Path, changed: Change) -> None:
    """Write one file, whole or not at all; its mode stays as it was, and nothing is written to where a link leads."""
    path = out / changed.name
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.new")
    half.unlink(missing_ok=True)  # left by a run that was killed, or somebody's link
    with half.open("x", encoding="utf-8") as file:
        file.write(changed.after)
    if changed.before is not None:
        half.chmod(path.stat().st_mode)
    half.replace(path)
