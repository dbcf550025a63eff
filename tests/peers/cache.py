"""What peers leave on the machine for the next run, shared by checkouts: `${HOTLINE_CACHE:-~/.cache/hotline}`."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.peers.processes import PeerFailed, need

__all__ = ["alone", "cache_folder", "unpacked"]

FETCH_S = 600.0


def cache_folder() -> Path:
    """Where what several checkouts share is kept."""
    given = os.environ.get("HOTLINE_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotline"


@contextlib.contextmanager
def alone(lock: Path, waits: Callable[[], None]) -> Iterator[int]:
    """Hold the lock, after `waits` has said that one waits for it.

    What inherits the file that is yielded keeps on holding it should this process be killed.
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def unpacked(*packages: str) -> Path:
    """The files of Debian packages in a folder, fetched once: for programs whose installation would start a daemon or build a driver.

    What they need of other packages is not fetched: name it among the packages of `./hotline`.

    Raises:
        PeerFailed: they cannot be fetched; the message has apt's last words.

    """
    home = cache_folder() / "unpacked"
    folder = home / "+".join(packages)
    home.mkdir(parents=True, exist_ok=True)

    def say(text: str) -> None:
        print(f"{' '.join(packages)}: {text}", file=sys.stderr, flush=True)

    with alone(home / f"{folder.name}.lock", lambda: say("another process is fetching it; waiting for that")):
        if not folder.is_dir():
            say(f"fetching into {folder}, once")
            _fetch(packages, half := folder.with_suffix(".partial"))
            half.rename(folder)
    return folder


def _fetch(packages: tuple[str, ...], half: Path) -> None:
    shutil.rmtree(half, ignore_errors=True)
    files = half / "packages"
    files.mkdir(parents=True)
    apt = [need("apt-get", "apt"), "-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3"]
    for steps in (["download", *packages],), (["update"], ["download", *packages]):  # its lists are fetched only if they do not do
        for step in steps:
            done = subprocess.run([*apt, *step], cwd=files, capture_output=True, text=True, timeout=FETCH_S, check=False)
        if done.returncode == 0:
            break
    else:
        raise PeerFailed(f"apt-get download {' '.join(packages)} ends with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    for package in sorted(files.glob("*.deb")):
        subprocess.run([need("dpkg-deb", "dpkg"), "-x", package, half], check=True)
