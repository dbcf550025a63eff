"""Ports on the loopback address that nothing else uses, below the kernel's own choices.

Each process that runs tests has a share for itself: a port that nobody listens on may still be one that a neighbour was just given - of the
same run (pytest-xdist), or of another one on this machine. A share is held by a lock that ends with its process.
"""

import fcntl
import itertools
import os
import socket
import tempfile
from functools import cache
from pathlib import Path

LOWEST, STEP = 10_000, 20
SHARES, WIDTH = 8, 2740
_cursor = itertools.count()


@cache
def _share() -> int:
    """The first port of this process's share; where all are taken, of one that another process has, too."""
    locks = os.open(Path(tempfile.gettempdir()) / f"hotline-test-ports-{os.geteuid()}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    wanted = [(os.getpid() + number) % SHARES for number in range(SHARES)]
    for share in wanted:
        try:
            fcntl.lockf(locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, share)
        except BlockingIOError:
            continue
        return LOWEST + share * WIDTH
    os.close(locks)
    return LOWEST + wanted[0] * WIDTH


def _free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def block(count: int = STEP) -> int:
    """The first, even one of so many consecutive free ports; it may be given again when all of this process's have had their turn."""
    steps = -(-count // STEP)
    while True:
        offset = next(_cursor) * STEP % WIDTH
        for _ in range(steps - 1):
            next(_cursor)
        if offset + count <= WIDTH and all(_free(port) for port in range(_share() + offset, _share() + offset + count)):
            return _share() + offset
