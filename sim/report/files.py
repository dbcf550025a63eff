"""The files that a run is asked to write: looked at before it begins, for it may take hours; and a full disk takes no result with it."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from hal.api import HalError

__all__ = ["look_at", "write_all"]


def look_at(*paths: Path | None) -> None:
    """Look whether these files can be written; None and `-` (stdout) are none.

    Raises:
        HalError: one cannot, as far as one sees without writing it.

    """
    for path in paths:
        if path is None or str(path) == "-":
            continue
        if path.is_dir():
            raise HalError(f"{path} is a folder: name a file in it")
        if not path.parent.is_dir():
            raise HalError(f"{path} cannot be written: there is no folder {path.parent}")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise HalError(f"{path} cannot be written: this user may not")


def write_all(texts: Mapping[Path, Callable[[], str]], show: Callable[[list[str]], str]) -> None:
    """Write what can be written, and print what `show` says when it is told which files were.

    Raises:
        HalError: a file could not be written; all else was done.

    """
    written, failed = [], []
    for path, text in texts.items():
        try:
            path.write_text(text(), "utf-8", newline="")
        except OSError as error:
            failed.append(f"{path} could not be written: {error.strerror}")
        else:
            written.append(str(path))
    print(show(written))
    if failed:
        raise HalError("\n".join(failed))
