"""The worker's end of the socket to the core. Never blocks, except for a moment in `wait_for`."""

import logging
import os
import select
import socket
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from hal.sip.wire import Failed, Lines, Logged, at, decode, encode

__all__ = ["Link", "LogToCore"]

T = TypeVar("T")

ENOUGH_BYTES = 256_000
"""With so much unread by the core, new calls are refused."""
TOO_MUCH_BYTES = 16_000_000
"""With so much unread the core counts as gone."""


class Link:
    """Listens for the core, one at a time, and exchanges messages with it."""

    def __init__(self, path: Path) -> None:
        """Listen at `path`, for this user only."""
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._listener.setblocking(False)
        mask = os.umask(0o177)
        try:
            path.unlink(missing_ok=True)
            with at(path) as address:
                self._listener.bind(address)
        finally:
            os.umask(mask)
        self._listener.listen(4)
        self._core: socket.socket | None = None
        self._lines = Lines()
        self._out = bytearray()
        self.inbox: deque[Any] = deque()

    @property
    def connected(self) -> bool:
        """True while there is a core."""
        return self._core is not None

    def keeps_up(self) -> bool:
        """True while there is a core and it reads what it is told."""
        return self._core is not None and len(self._out) < ENOUGH_BYTES

    def watch(self, poller: "select.poll") -> None:
        """Register what wakes the loop."""
        poller.register(self._listener, select.POLLIN)

    def exchange(self, poller: "select.poll") -> bool:
        """Accept a core, read what there is into `inbox`, write what fits. True when the core was lost just now."""
        self._accept(poller)
        if self._core is None:
            return False
        alive = self._read() and self._write()
        if not alive:
            poller.unregister(self._core)
            self._core.close()
            self._core = None
            self._out.clear()
        return not alive

    def send(self, message: Any) -> None:
        """Tell the core something; without a core it is dropped: whoever comes next gets the whole state."""
        if self._core is not None:
            self._out += encode(message)

    def flush(self) -> None:
        """Write what fits now; a loss is noticed by `exchange`."""
        if self._core is not None and self._out:
            self._write()

    def wait_for(self, found: Callable[[Any], T | None], timeout_s: float) -> T | None:
        """Read on until a message gives something, which is taken out of the inbox; at most `timeout_s`, for that blocks everything."""
        deadline = time.monotonic() + timeout_s
        self.flush()
        while self._core is not None:
            for message in self.inbox:
                if (result := found(message)) is not None:
                    self.inbox.remove(message)
                    return result
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._core], [], [], left)[0] or not self._read():
                return None
        return None

    def close(self) -> None:
        """Stop listening; what was sent is written out if the core reads it within a second."""
        if self._core is not None:
            self._core.settimeout(1.0)
            try:
                self._core.sendall(self._out)
            except OSError:
                self._out.clear()  # it reads no more: nobody is left to tell
            self._core.close()
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _accept(self, poller: "select.poll") -> None:
        try:
            sock, _ = self._listener.accept()
        except BlockingIOError:
            return
        sock.setblocking(False)
        if self._core is not None:
            advice = "stop the other one, or give this one a data directory of its own"
            sock.send(encode(Failed("its socket serves another hotline", advice, serves_another=True)))
            sock.close()
            return
        self._core, self._lines, self._out = sock, Lines(), bytearray()
        self.inbox.clear()
        poller.register(sock, select.POLLIN)

    def _read(self) -> bool:
        assert self._core is not None
        try:
            while data := self._core.recv(262_144):
                self.inbox.extend(decode(line) for line in self._lines.feed(data))
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _write(self) -> bool:
        assert self._core is not None
        try:
            while self._out:
                del self._out[: self._core.send(self._out)]
        except BlockingIOError:
            return len(self._out) < TOO_MUCH_BYTES
        except OSError:
            return False
        return True


class LogToCore(logging.Handler):
    """Sends what is logged in the worker to the log of the line."""

    def __init__(self, link: Link) -> None:
        super().__init__(logging.DEBUG)
        self._link = link

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        self._link.send(Logged(record.levelno, self.format(record)))
