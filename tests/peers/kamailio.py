"""A real Kamailio 5.6 in front of media workers, with the configuration that is rendered for a site; fetched once, and not installed."""

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.peers.cache import unpacked
from tests.peers.processes import PeerFailed, Process, need, tail, until

__all__ = ["front", "front_command"]

START_S = 20.0


def front_command(files: Mapping[str, str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command line and environment of a Kamailio with these files, which are put into the folder."""
    root = unpacked("kamailio")
    ((libraries),) = root.glob("usr/lib/*/kamailio")
    listed = folder / "dispatcher.list"
    listed.write_text(files["kamailio/dispatcher.list"])
    written = folder / "kamailio.cfg"
    written.write_text(files["kamailio/kamailio.cfg"].replace("/etc/kamailio/dispatcher.list", str(listed)))
    argv = [str(root / "usr/sbin/kamailio"), "-L", str(libraries / "modules"), "-f", str(written), "-Y", str(folder), "-w", str(folder)]
    return argv, os.environ | {"LD_LIBRARY_PATH": str(libraries)}


@contextlib.contextmanager
def front(files: Mapping[str, str], folder: Path) -> Iterator[Process]:
    """Run it in the foreground until the block ends.

    Raises:
        PeerFailed: it does not start; the message has its last words.

    """
    argv, environment = front_command(files, folder)
    words = [f"LD_LIBRARY_PATH={environment['LD_LIBRARY_PATH']}", *argv, "-DD", "-E", "-P", str(folder / "pid")]
    with Process([need("env", "coreutils"), *words], folder / "kamailio.log") as process:
        address = _listen(files["kamailio/kamailio.cfg"])
        if not until(lambda: process.status is not None or _bound(address), START_S, every_s=0.1) or process.status is not None:
            raise PeerFailed(f"kamailio does not start; it said last:\n{tail(folder / 'kamailio.log')}")
        yield process


def _listen(text: str) -> tuple[str, int]:
    said = next(line.removeprefix("listen=udp:") for line in text.splitlines() if line.startswith("listen=udp:"))
    host, _, port = said.partition(":")
    return host, int(port)


def _bound(address: tuple[str, int]) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(address)
        except OSError:
            return True
    return False
