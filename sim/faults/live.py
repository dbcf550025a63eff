"""Faults of a live run: an appliance that the run has started itself is really killed, stopped and refused.

    worker crash    SIGKILL for the line's media processes            disk full   the kernel refuses it every write to a file (RLIMIT_FSIZE)
    core restart    SIGKILL for `serve`, and a new start              line lost   SIGSTOP for the line's media processes, old and new

A dead phone is the world's own. The others are left out, each with its reason: nothing is pretended.
"""

import os
import resource
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from hal.api import LineFault
from sim.faults.gateways import GatewayDead, GatewaySlow
from sim.faults.lines import LineLost, LinkLost, MessagesDoubled, MessagesLost, SpanAlarm, WorkerCrash
from sim.faults.machine import ClockJump, CoreRestart, DiskFull, DiskSlow

__all__ = ["NOT_OURS", "LiveBreaker", "Serving"]

NOT_OURS = "the running centre is not ours to break; with --start the run starts one of its own"
_OPENS_WITHIN_S = 120.0
_ENDS_WITHIN_S = 60.0
_LOOKS_EVERY_S = 0.02
_ROOT = Path(__file__).parents[2]
_LEFT_OUT: dict[type, str] = {
    SpanAlarm: "there is no card whose cable could be pulled",
    LinkLost: "the link to a switch is not ours to cut",
    MessagesLost: "nothing is lost between a media worker and its core",
    MessagesDoubled: "nothing comes twice between a media worker and its core",
    DiskSlow: "a real disk can be filled, but not slowed down, from here",
    ClockJump: "the machine's clock is not ours to move",
    GatewaySlow: "the site's business systems are not ours to slow down",
    GatewayDead: "the site's business systems are not ours to stop",
}


class Serving:
    """An appliance in a process of its own (`./hotline serve`), which may be killed and started again."""

    def __init__(self, site_file: Path, data_dir: Path) -> None:
        """It is not started yet."""
        self.site_file, self.data_dir = site_file, data_dir
        self.said: deque[str] = deque(maxlen=40)
        """The end of what it has said."""
        self._process: trio.Process | None = None
        self._nursery: trio.Nursery
        self._open = trio.Event()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Start it, and when this is cancelled end it in order.

        Raises:
            LineFault: it does not open; the message is its own.

        """
        async with trio.open_nursery() as self._nursery:
            try:
                await self.start()
                task_status.started()
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    await self._end()
                self._nursery.cancel_scope.cancel()

    @property
    def pid(self) -> int:
        """Its process; 0: there is none."""
        return 0 if self._process is None or self._process.returncode is not None else self._process.pid

    async def start(self) -> None:
        """Start it, and come back when it is open."""
        self._open = trio.Event()
        command = [sys.executable, "-m", "appliance.cli", "serve", "--site", str(self.site_file), "--data", str(self.data_dir)]
        self._process = await trio.lowlevel.open_process(
            command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        self._nursery.start_soon(self._listen, self._process)
        with trio.move_on_after(_OPENS_WITHIN_S):
            await self._open.wait()
            if self.pid:
                return
        raise LineFault("the appliance does not open:\n" + "\n".join(self.said))

    async def _listen(self, process: trio.Process) -> None:
        """Take what it says, so that it never waits for us."""
        assert process.stdout is not None
        rest = b""
        async for chunk in process.stdout:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self.said.append(line.decode("utf-8", "replace"))
                if b"is open. Service numbers" in line:
                    self._open.set()
        await process.wait()
        if process is self._process:
            self._open.set()

    def kill(self) -> None:
        """SIGKILL; its media workers live on."""
        if self._process is not None:
            self._process.kill()

    async def dead(self) -> None:
        """Until it is."""
        if self._process is not None:
            await self._process.wait()

    async def _end(self) -> None:
        if self._process is None:
            return
        if self.pid:
            self._process.terminate()
        with trio.move_on_after(_ENDS_WITHIN_S):
            await self._process.wait()
        if self.pid:
            self._process.kill()
            await self._process.wait()
        for worker in self.workers():
            os.kill(worker, signal.SIGKILL)

    def workers(self, line: str = "") -> list[int]:
        """Its media processes, of one line or of all."""
        socket = f"{(self.data_dir / 'run').resolve()}/{line}{'.' if line else ''}"
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _is_worker(entry, socket)]


def _is_worker(process: Path, socket: str) -> bool:
    try:
        words = (process / "cmdline").read_text("utf-8", "replace").split("\0")
        cwd = (process / "cwd").readlink()
    except OSError:
        return False  # it ended while we looked, or is not ours
    return "hal.sip.worker" in words and any(str((cwd / word).resolve()).startswith(socket) for word in words if word.endswith(".sock"))


class LiveBreaker:
    """See `sim.faults.Breaker`."""

    def __init__(self, serving: Serving, nursery: trio.Nursery) -> None:
        """Break this appliance; what takes time is done in the nursery."""
        self._serving, self._nursery = serving, nursery
        self._stopped: dict[str, trio.CancelScope] = {}
        self._limit: tuple[int, int] | None = None

    def begin(self, fault: Any) -> str:
        """See `Breaker`."""
        match fault:
            case WorkerCrash():
                return self._signal(fault.line, signal.SIGKILL)
            case CoreRestart():
                if not self._serving.pid:
                    return "it is dead already"
                self._serving.kill()
            case LineLost():
                if missing := self._signal(fault.line, signal.SIGSTOP):
                    return missing
                self._stopped[fault.line] = trio.CancelScope()
                self._nursery.start_soon(self._keep_stopped, fault.line, self._stopped[fault.line])
            case DiskFull():
                if not self._serving.pid:
                    return "it is dead already"
                self._limit = resource.prlimit(self._serving.pid, resource.RLIMIT_FSIZE)
                resource.prlimit(self._serving.pid, resource.RLIMIT_FSIZE, (1, self._limit[1]))
            case _:
                return _LEFT_OUT[type(fault)]
        return ""

    def end(self, fault: Any, well: Callable[[], None]) -> None:
        """See `Breaker`."""
        match fault:
            case CoreRestart():
                self._nursery.start_soon(self._start, well)
            case LineLost():
                self._stopped.pop(fault.line).cancel()
                self._signal(fault.line, signal.SIGCONT)
            case DiskFull() if self._limit is not None:
                if self._serving.pid:  # else the next one has no limit anyway
                    resource.prlimit(self._serving.pid, resource.RLIMIT_FSIZE, self._limit)

    async def _start(self, well: Callable[[], None]) -> None:
        await self._serving.dead()
        await self._serving.start()
        well()

    async def _keep_stopped(self, line: str, scope: trio.CancelScope) -> None:
        """The appliance ends a worker that does not answer and starts another: that one is stopped, too."""
        with scope:
            while True:
                self._signal(line, signal.SIGSTOP)
                await trio.sleep(_LOOKS_EVERY_S)

    def _signal(self, line: str, number: signal.Signals) -> str:
        workers = self._serving.workers(line)
        for worker in workers:
            try:
                os.kill(worker, number)
            except ProcessLookupError:
                continue  # it has just ended
        return "" if workers else f"line '{line}' has no media worker of this machine"
