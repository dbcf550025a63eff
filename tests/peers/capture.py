"""tcpdump on the loopback interface, into a file that is read afterwards: the time stamps are the kernel's, and no packet comes twice."""

import contextlib
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tests.peers.processes import PeerFailed, Process, need, tail, until

__all__ = ["capture"]

START_S = 10.0
_BUFFER_KB = 65536
_DELIVERY_S = 1.3
"""The kernel hands packets over in blocks, a second old at most; those of a block that is not full are lost when tcpdump ends."""
_LONGEST = 4096
"""Bytes kept of a packet: the longest INVITE, whole."""


@contextlib.contextmanager
def capture(path: Path, wanted: str) -> Iterator[Path]:
    """Capture what the filter `wanted` (pcap-filter(7)) lets through into `path`, which is complete when the block ends.

    Raises:
        PeerFailed: tcpdump does not run, or it lost packets, so that what it has cannot be trusted.

    """
    log = path.with_suffix(".log")
    # -Z root: it stays who it is, so that it can write where the test wants it to.
    argv = [need("tcpdump", "tcpdump"), "-i", "lo", "-n", "-U", "-Z", "root", "-B", str(_BUFFER_KB), "-s", str(_LONGEST), "-w", str(path)]
    with Process([*argv, wanted], log) as process:
        listening = until(lambda: process.status is not None or "listening on" in log.read_text(errors="replace"), START_S)
        if not listening or process.status is not None:
            raise PeerFailed(f"tcpdump does not listen; it said:\n{tail(log)}")
        yield path
        time.sleep(_DELIVERY_S)
        process.stop(signal.SIGINT)
    lost = re.search(r"(\d+) packets dropped by kernel", log.read_text(errors="replace"))
    if lost is None or int(lost[1]):
        raise PeerFailed(f"tcpdump lost packets:\n{tail(log)}")
