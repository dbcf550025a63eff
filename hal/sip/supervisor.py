"""Keeps one media worker alive: starts it, or finds the one that outlived the last run; talks to it; replaces it when it dies or hangs.

look for its socket ─ there ─────────────┐
        │ nobody listens                 ├─ Hello ─ Ready: up ─ connection lost ─ alive? look again
start it, wait for its socket ───────────┘                          │ dead: lost, start another
"""

import itertools
import os
import signal
import socket
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import trio

from hal.api import LineFault
from hal.sip.wire import Failed, Hello, Lines, Ping, Pong, Ready, Stop, connected, decode, encode

__all__ = ["MediaWorker", "Owner"]

START_S = 15.0
"""A new worker that is not open by then is given up."""
MEET_S = 5.0
STOP_S = 5.0
PING_S = 2.0
HUNG_S = 10.0
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0
FAULTY_AFTER = 6
"""So many failed starts in a row, and no other worker: the line is broken."""
TOO_MUCH_BYTES = 32_000_000


class Owner(Protocol):
    """Whom a worker belongs to: the line."""

    def worker_up(self, worker: "MediaWorker", ready: Ready) -> None:
        """It is open, new or found again."""

    def worker_lost(self, worker: "MediaWorker", how: str) -> None:
        """It died with all its calls; another one is being started."""

    def worker_failed(self, worker: "MediaWorker", reason: str, advice: str) -> bool:
        """It could not be started again; True if the line can live without it."""

    def told(self, worker: "MediaWorker", message: Any) -> None:
        """It says something."""


class _NotThere(Exception):
    """No worker could be met; why, and what to do."""

    def __init__(self, reason: str, advice: str = "", *, serves_another: bool = False) -> None:
        super().__init__(reason)
        self.serves_another = serves_another
        self.reason = reason
        self.advice = advice


class MediaWorker:
    """One worker of a line, whichever process that is just now."""

    def __init__(self, index: int, path: Path, hello: Callable[[], Hello], owner: Owner) -> None:
        self.index = index
        self.up = False
        self.pid = 0
        self._path = path
        self._hello = hello
        self._owner = owner
        self._process: trio.Process | None = None
        self._socket: socket.socket | None = None
        self._lines = Lines()
        self._in: deque[Any] = deque()
        self._out = bytearray()
        self._more_out = trio.Event()
        self._stopping = False
        self._ponged = trio.Event()

    # --- life ---------------------------------------------------------------------------------------------------------

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep a worker running until cancelled; `started` when the first one is open.

        Raises:
            LineFault: the first one cannot be opened, or no further one and the line cannot do without.

        """
        started, failures = False, 0
        try:
            while True:
                try:
                    ready = await self._find() or await self._start()
                except _NotThere as error:
                    failures += 1
                    bearable = started and self._owner.worker_failed(self, error.reason, error.advice)
                    if not started or (failures >= FAULTY_AFTER and not bearable):
                        advice = f"; {error.advice}" if error.advice else ""
                        raise LineFault(f"media worker {self.index}: {error.reason}{advice}") from None
                    await trio.sleep(min(FIRST_PAUSE_S * 2**failures, LONGEST_PAUSE_S))
                    continue
                failures = 0
                self._owner.worker_up(self, ready)
                if not started:
                    task_status.started()
                    started = True
                await self._serve()
                if self._stopping:
                    return
                if not await self._met_again():
                    self._owner.worker_lost(self, await self._how_it_ended())
        finally:
            self._disconnect()

    async def stop(self) -> None:
        """End all its calls and the process; kills it if that takes too long."""
        if not self.pid:
            return
        self._stopping = True
        self.send(Stop())
        with trio.move_on_after(STOP_S) as patience:
            await _ended(self.pid)
        if patience.cancelled_caught:
            self.kill()
            with trio.move_on_after(STOP_S):
                await _ended(self.pid)
        await self._reaped()
        self._path.unlink(missing_ok=True)

    def kill(self) -> None:
        """End the process at once."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    async def _find(self) -> Ready | None:
        """Meet the worker that is there already; None if there is none, or none that fits."""
        try:
            self._take(connected(self._path))
        except OSError:
            return None
        try:
            return await self._greet(MEET_S)
        except _NotThere as error:
            if error.serves_another:
                self.pid = 0  # not ours to end
                raise
            with trio.move_on_after(STOP_S) as patience:
                await _ended(self.pid)
            if patience.cancelled_caught:
                self.kill()
                await _ended(self.pid)
            return None

    async def _start(self) -> Ready:
        log_file = self._path.with_suffix(".log")
        with log_file.open("wb") as out:
            self._process = process = await trio.lowlevel.open_process(
                [sys.executable, "-m", "hal.sip.worker", str(self._path)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a signal to the appliance's group is not for it
            )
        self.pid = process.pid
        with trio.move_on_after(START_S):
            while process.poll() is None:
                try:
                    self._take(connected(self._path))
                except OSError:
                    await trio.sleep(0.005)
                    continue
                return await self._greet(START_S)
        if process.poll() is None:
            self.kill()
        await self._reaped()
        raise _NotThere(f"it did not start: {_last_words(log_file)}", f"see {log_file}")

    def _take(self, sock: socket.socket) -> None:
        self._disconnect()
        self._socket, self._lines, self._out = sock, Lines(), bytearray()
        self._in.clear()
        self.pid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]

    async def _greet(self, patience_s: float) -> Ready:
        self.send(self._hello())
        with trio.move_on_after(patience_s):
            while (message := await self._next()) is not None:
                if isinstance(message, Ready):
                    self.up = True
                    return message
                if isinstance(message, Failed):
                    raise _NotThere(message.reason, message.advice, serves_another=message.serves_another)
                self._owner.told(self, message)
            raise _NotThere(f"it ended at once: {_last_words(self._path.with_suffix('.log'))}")
        self.kill()
        raise _NotThere("it does not answer", f"see {self._path.with_suffix('.log')}")

    async def _met_again(self) -> bool:
        """After a lost connection: True if the process lives and could be met again."""
        try:
            self._take(connected(self._path))
            ready = await self._greet(MEET_S)
        except (OSError, _NotThere):
            self.up = False
            return False
        self._owner.worker_up(self, ready)
        return True

    async def _how_it_ended(self) -> str:
        self.kill()
        with trio.move_on_after(STOP_S):
            await _ended(self.pid)
        code = await self._reaped()
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return "ended" if code is None else f"ended with status {code}: {_last_words(self._path.with_suffix('.log'))}"

    async def _reaped(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        with trio.move_on_after(STOP_S):
            return await process.wait()
        return None

    # --- the connection -----------------------------------------------------------------------------------------------

    def send(self, message: Any) -> None:
        """Tell it something, now if the socket takes it. To a worker that is not there, nothing is said."""
        if self._socket is None:
            return
        waiting = bool(self._out)
        self._out += encode(message)
        if not waiting:
            self._write()
        if self._out:
            self._more_out.set()
        if len(self._out) > TOO_MUCH_BYTES:
            self.kill()

    def _write(self) -> None:
        assert self._socket is not None
        try:
            while self._out:
                del self._out[: self._socket.send(self._out)]
        except BlockingIOError:
            return
        except OSError:
            self._out.clear()  # it is gone; the reader notices

    async def _serve(self) -> None:
        """Pass on what it says until the connection is lost."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._flush)
            nursery.start_soon(self._watch)
            while (message := await self._next()) is not None:
                if isinstance(message, Pong):
                    self._ponged.set()
                else:
                    self._owner.told(self, message)
            nursery.cancel_scope.cancel()

    async def _next(self) -> Any:
        """What it says next; None when the connection is lost."""
        while not self._in:
            sock = self._socket
            if sock is None:
                return None
            await trio.lowlevel.wait_readable(sock)
            try:
                data = sock.recv(262_144)
            except BlockingIOError:
                continue
            except ConnectionResetError:  # it died with something unread
                return None
            if not data:
                return None
            self._in.extend(decode(line) for line in self._lines.feed(data))
        return self._in.popleft()

    async def _flush(self) -> None:
        while True:
            await self._more_out.wait()
            self._more_out = trio.Event()
            while self._out and self._socket is not None:
                await trio.lowlevel.wait_writable(self._socket)
                self._write()

    async def _watch(self) -> None:
        """A worker that does not answer for too long is ended: its far ends hear nothing anyway."""
        self._ponged = trio.Event()
        for number in itertools.count():
            self.send(Ping(number))
            with trio.move_on_after(HUNG_S) as patience:
                await self._ponged.wait()
            if patience.cancelled_caught:
                self.kill()
                return
            self._ponged = trio.Event()
            await trio.sleep(PING_S)

    def _disconnect(self) -> None:
        if self._socket is not None:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()
            self._socket = None
        self.up = False


async def _ended(pid: int) -> None:
    """Until the process is gone, whoever's child it is."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        await trio.lowlevel.wait_readable(descriptor)
    finally:
        os.close(descriptor)


def _last_words(log_file: Path) -> str:
    try:
        lines = [line for line in log_file.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return "it left no log"
    return lines[-1].strip() if lines else "it said nothing"
