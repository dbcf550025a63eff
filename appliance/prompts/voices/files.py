"""Files that a voice is made of: where they are, and what tells one content from another."""

from pathlib import Path

__all__ = ["beside", "stamp"]


def beside(folder: Path, name: str) -> str:
    """The path of a file that was named in a site file in `folder`."""
    return str((folder / name).absolute())


def stamp(*files: Path | str) -> str:
    """Size and time of change of each file, to the nanosecond: another content has another one. Models are too large to be read for it."""
    told = []
    for file in map(Path, files):
        try:
            found = file.stat()
            told.append(f"{file} {found.st_size} {found.st_mtime_ns}")
        except OSError:
            told.append(f"{file} is not there")
    return "\n".join(told)
