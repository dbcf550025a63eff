"""A real Asterisk 22 that runs for as long as a block: its own configuration, addresses, logs and recordings, the program shared.

    with asterisk(Centre(agents={"8001": "127.0.0.3:6200"}), prompt=prompt, music=music) as peer:
        ... callers dial 95501 at peer.sip ...

Each instance lives in a folder of its own inside the root (chroot sees nothing else), which is gone afterwards; nothing is mounted. One
whose owner was killed is found and ended by the next. Only for root, only on loopback addresses.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from tests.peers.asterisk_config import Centre, files
from tests.peers.asterisk_root import asterisk_root, version_of
from tests.peers.processes import PeerFailed, Process, cpu_s, need, tail, until

__all__ = ["Asterisk", "Centre", "asterisk"]

START_S = 30.0
CONSOLE_S = 20.0
_FOLDERS = ("etc", "run", "log/cdr-csv", "spool/monitor", "spool/outgoing", "spool/tmp", "db/keys", "cache", "sounds", "music", "agi")
_OPEN_FILES = 16384
"""Two sockets for each of the legs, and a file for each recording: the usual 1024 end at 200 calls."""


@attrs.frozen(kw_only=True)
class Asterisk:
    """A running Asterisk."""

    centre: Centre
    version: str
    """As `22.10.1`."""
    home: Path
    """The instance's folder, as this process sees it."""
    pid: int
    _root: Path

    @property
    def sip(self) -> tuple[str, int]:
        """Where it takes calls."""
        return self.centre.address, self.centre.sip_port

    @property
    def cpu_s(self) -> float:
        """Processor time used so far, in seconds."""
        return cpu_s(self.pid)

    def recordings(self) -> list[Path]:
        """Recorded conversations, finished or not."""
        return sorted((self.home / "spool/monitor").glob("*.wav"))

    def call_records(self) -> int:
        """Call records written so far: one line for each leg that was answered by somebody."""
        master = self.home / "log/cdr-csv/Master.csv"
        return len(master.read_text().splitlines()) if master.is_file() else 0

    def complaints(self) -> str:
        """What its log has of errors and warnings, most of them of features that are not configured."""
        return tail(self.home / "log/messages.log", 15)

    def cli(self, command: str) -> str:
        """What a command of its console prints.

        Raises:
            PeerFailed: the console cannot be reached.

        """
        said = _console(self._root, self.home, command)
        if said.returncode:
            raise PeerFailed(f"asterisk -rx '{command}' ends with {said.returncode}: {said.stdout}{said.stderr}")
        return said.stdout


@contextlib.contextmanager
def asterisk(centre: Centre, *, prompt: Path, music: Path, instead: Mapping[str, str] | None = None) -> Iterator[Asterisk]:
    """Run an Asterisk with this centre, ready for calls; `prompt` and `music` are WAV files (8 kHz, 16 bit, mono).

    `instead` has further files of its configuration by name, in place of the centre's own or beside them.

    Raises:
        PeerFailed: it cannot be installed, or is not up within half a minute; the message has its last words.

    """
    root = asterisk_root()
    version = version_of(root)
    with _instance(root) as home:
        _furnish(root, home, centre, prompt, music)
        for name, text in (instead or {}).items():
            (home / "etc" / name).write_text(text)
        argv = [need("prlimit", "util-linux"), f"--nofile={_OPEN_FILES}", *_command(root, home), "-f"]
        with Process(argv, home / "log/stdout") as process:
            (home / "pid").write_text(str(process.pid))
            running = Asterisk(centre=centre, version=version, home=home, pid=process.pid, root=root)
            try:
                _wait_up(root, home, process)
                yield running
            finally:
                # One that does not listen is ended by force with its process; the block's own failure stays the one that is told.
                if process.status is None:
                    with contextlib.suppress(PeerFailed):
                        _console(root, home, "core stop now")


def _command(root: Path, home: Path) -> list[str]:
    """Asterisk with this instance's configuration."""
    return [need("chroot", "coreutils"), str(root), "/usr/sbin/asterisk", "-C", f"/{home.relative_to(root)}/etc/asterisk.conf"]


def _console(root: Path, home: Path, command: str) -> "subprocess.CompletedProcess[str]":
    argv = [*_command(root, home), "-rx", command]
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=CONSOLE_S, check=False)
    except subprocess.TimeoutExpired:
        raise PeerFailed(
            f"asterisk -rx '{command}' has no answer after {CONSOLE_S:g} s; the log:\n{tail(home / 'log/messages.log')}"
        ) from None


def _wait_up(root: Path, home: Path, process: Process) -> None:
    def settled() -> bool:
        return process.status is not None or "fully booted" in _console(root, home, "core waitfullybooted").stdout

    if until(settled, START_S, every_s=0.1) and process.status is None:
        return
    state = "is not up" if process.status is None else f"ended with {process.status}"
    raise PeerFailed(f"Asterisk {state}; it said last:\n{tail(home / 'log/stdout')}\n{tail(home / 'log/messages.log')}")


def _furnish(root: Path, home: Path, centre: Centre, prompt: Path, music: Path) -> None:
    """Write what the instance reads: its configuration and its sounds."""
    for folder in _FOLDERS:
        (home / folder).mkdir(parents=True)
    found = sorted(root.glob("usr/lib/*/asterisk/modules"))
    if not found:
        raise PeerFailed(f"there are no Asterisk modules in {root}; delete it, so that it is installed again")
    # It looks for its documentation, without which no module loads, among its variable data.
    (home / "db/documentation").symlink_to("/usr/share/asterisk/documentation")
    for name, text in files(centre, f"/{home.relative_to(root)}", f"/{found[0].relative_to(root)}", "/usr/share/asterisk").items():
        (home / "etc" / name).write_text(text)
    shutil.copy(prompt, home / "sounds/prompt.wav")
    shutil.copy(music, home / "music/music.wav")


@contextlib.contextmanager
def _instance(root: Path) -> Iterator[Path]:
    """Yield a fresh folder for an instance; it goes with the block, and those of owners that are gone go now."""
    everybody = root / "instances"
    everybody.mkdir(exist_ok=True)
    with (everybody / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in everybody.iterdir():
            if left.is_dir():
                _sweep(left)
        home = Path(tempfile.mkdtemp(dir=everybody, prefix="i"))
        owner = (home / "owner").open("w")
        fcntl.flock(owner, fcntl.LOCK_EX)
    with owner:
        try:
            yield home
        finally:
            shutil.rmtree(home)


def _sweep(left: Path) -> None:
    """End and remove an instance whose owner lives no more."""
    with (left / "owner").open("a") as owner:
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        pid = (left / "pid").read_text() if (left / "pid").is_file() else ""
        if pid and _runs(left, pid):
            os.kill(int(pid), signal.SIGKILL)
        until(lambda: not (pid and _runs(left, pid)), 5.0)
        shutil.rmtree(left)


def _runs(home: Path, pid: str) -> bool:
    """Whether a process of this number is this instance's Asterisk, and not somebody who has the number now."""
    try:
        return f"/{home.parent.name}/{home.name}/".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
