"""Ports on the loopback address that nothing else uses, each block given out once in a run, below the kernel's own choices."""

import itertools
import os
import socket

LOWEST, HIGHEST, STEP = 10_000, 32_000, 20
_cursor = itertools.count(os.getpid() * 37 % ((HIGHEST - LOWEST) // STEP))


def _free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def block(count: int = STEP) -> int:
    """The first, even one of so many consecutive free ports."""
    steps = -(-count // STEP)
    while True:
        first = LOWEST + next(_cursor) * STEP % (HIGHEST - LOWEST)
        for _ in range(steps - 1):
            next(_cursor)
        if first + count <= HIGHEST and all(_free(port) for port in range(first, first + count)):
            return first
