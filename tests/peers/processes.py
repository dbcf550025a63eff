"""Child processes of tests and benchmarks: each in a process group of its own, its output in a file, ended with its descendants.

Not here: restarting. A peer that ends by itself has failed, and the test that needed it says so.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["PeerFailed", "Process", "cpu_s", "freeze", "need", "tail", "until"]

GRACE_S = 5.0
"""How long a process may take to end when it is asked to."""


class PeerFailed(Exception):
    """A real peer did not do what was asked of it; the message carries the last it said."""


def need(command: str, package: str) -> str:
    """Path of a command of the machine.

    Raises:
        PeerFailed: it is not installed; the message names the Debian package.

    """
    # Debian keeps some of them where an ordinary user's PATH does not look.
    found = shutil.which(command, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    if found is None:
        raise PeerFailed(f"there is no '{command}' on this machine; apt-get install {package}")
    return found


def tail(path: Path, lines: int = 20) -> str:
    """The last lines of a file, indented for a message; says so when there are none."""
    said = path.read_text(errors="replace").splitlines()[-lines:] if path.is_file() else []
    return "\n".join(f"    {line}" for line in said) or "    (nothing)"


def until(found: Callable[[], bool], limit_s: float, every_s: float = 0.02) -> bool:
    """Wait for a condition of the outside world; false when it did not come about in time."""
    end = time.monotonic() + limit_s
    while not found():
        if time.monotonic() > end:
            return False
        time.sleep(every_s)
    return True


class Process:
    """One running command with all that descends from it; as a context manager it is ended with the block."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        log: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        inherits: Sequence[int] = (),
    ) -> None:
        """Start it; what it prints goes to the file `log`. It keeps the open files `inherits`."""
        self.name = Path(argv[0]).name
        self.log = log
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                [str(a) for a in argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=None if env is None else dict(env),
                start_new_session=True,
                pass_fds=inherits,
            )
        self.pid = self._child.pid

    @property
    def status(self) -> int | None:
        """The exit status (negative: the signal that ended it), None while it runs."""
        return self._child.poll()

    def wait(self, limit_s: float) -> int:
        """Wait for its end; the exit status.

        Raises:
            PeerFailed: it still runs after `limit_s`.

        """
        try:
            return self._child.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise PeerFailed(f"{self.name} still runs after {limit_s:g} s; it said last:\n{tail(self.log)}") from None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, if it still runs."""
        if self.status is None:
            self._child.send_signal(number)

    def stop(self, ask: signal.Signals = signal.SIGTERM, grace_s: float = GRACE_S) -> int:
        """Ask it to end, and end it and its descendants by force when it does not; the exit status."""
        self.send(ask)
        try:
            self._child.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._child.kill()
        status = self._child.wait()
        # The group outlives its leader while a descendant runs; the number is not given to anybody else before.
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return status
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def freeze(pid: int, limit_s: float = 60.0) -> None:
    """Stop a process, and see it stopped: only one of its threads is told, and the others go on until that one has had its turn.

    Raises:
        PeerFailed: some of it still runs after `limit_s`.

    """
    os.kill(pid, signal.SIGSTOP)

    def states() -> list[str]:
        return [stat.read_text().rpartition(")")[2].split()[0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")]

    if not until(lambda: set(states()) == {"T"}, limit_s):
        raise PeerFailed(f"process {pid} is not stopped after {limit_s:g} s; its threads: {' '.join(states())}")


def cpu_s(pid: int) -> float:
    """Processor time used by a process and its living descendants so far, in seconds; 0 for one that is gone."""
    used: dict[int, float] = {}
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # proc(5): behind the command's name in parentheses come state, ppid, ...; utime and stime are the 12th and 13th of these.
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        one = int(stat.parent.name)
        used[one] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        children.setdefault(int(fields[1]), []).append(one)
    total, family = 0.0, [pid]
    while family:
        one = family.pop()
        total += used.get(one, 0.0)
        family += children.get(one, ())
    return total
