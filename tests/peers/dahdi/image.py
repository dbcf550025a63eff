"""The disk of the machine with the DAHDI driver, built once per host: kernel and driver of Debian 13, Asterisk 22 of Debian sid.

Two to five minutes and 800 MB, of which 350 MB stay in `${HOTLINE_CACHE:-~/.cache/hotline}/dahdi/<hash of the recipe>`; a second call finds
it there. Two calls at a time: one builds, the other waits. Only for root, and for amd64.
"""

import hashlib
import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from tests.peers.cache import alone, cache_folder
from tests.peers.debian import RECIPE, apart, mmdebstrap, say, watch
from tests.peers.processes import PeerFailed, Process, need, tail

__all__ = ["machine_image"]

WHO = "dahdi"
GUEST = Path(__file__).parent / "guest"
KERNEL_SUITE, SYSTEM_SUITE = "trixie", "sid"
BUILDER = (
    "linux-image-cloud-amd64",
    "linux-headers-cloud-amd64",
    "make",
    "gcc",
    "libc6-dev",
    "gawk",
    "perl",
    "kmod",
    "cpio",
    "xz-utils",
    "e2fsprogs",
    "busybox-static",
)
SYSTEM = (
    "asterisk",
    "asterisk-dahdi",
    "asterisk-modules",
    "asterisk-config",
    "dahdi",
    "dahdi-linux",
    "busybox-static",
    "kmod",
    "iproute2",
    "procps",
    "python3-minimal",
    "libpython3-stdlib",
)
# The driver's source alone: its package would compile it, as soon as it is installed, for a kernel that does not run.
_SOURCE = (
    '--customize-hook=chroot "$1" sh -c "cd /tmp && apt-get update -qq && apt-get download -qq dahdi-dkms'
    ' && dpkg-deb -x dahdi-dkms_*.deb /"'
)
# The tools depend on that package, and with it on a compiler: they are told that it is there.
_NO_SOURCE = (
    "--essential-hook=printf 'Package: dahdi-dkms\\nStatus: install ok installed\\nMaintainer: none <none@localhost>\\nArchitecture: all\\n"
    'Version: 99:0\\nDescription: stands for the driver\\n\\n\' >>"$1/var/lib/dpkg/status"'
)
LIMIT_S = 1800.0
FILES = ("vmlinuz", "initrd.gz", "system.ext4", "packages")


def machine_image() -> Path:
    """The folder with kernel, first file system and disk; built if it is not there yet, with its progress on stderr.

    Raises:
        PeerFailed: it cannot be built; the message says which step failed and what to do.

    """
    parts = [KERNEL_SUITE, SYSTEM_SUITE, *RECIPE, *BUILDER, *SYSTEM, _SOURCE, _NO_SOURCE]
    parts += [path.read_text() for path in sorted(GUEST.iterdir()) if path.is_file()]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    home = cache_folder() / "dahdi"
    image = home / key
    if image.is_dir():
        return image
    if os.geteuid() != 0 or os.uname().machine != "x86_64":
        raise PeerFailed("the machine with the DAHDI driver is built by mmdebstrap, for amd64: that needs root, and such a host")
    home.mkdir(parents=True, exist_ok=True)
    with alone(home / f"{key}.lock", lambda: say(WHO, "another process is building it; waiting for that")) as lock:
        if not image.is_dir():
            _build(home, key, lock)
    return image


def _build(home: Path, key: str, lock: int) -> None:
    half = home / f"{key}.partial"
    logs = [home / f"{key}.{name}.log" for name in ("builder", "system", "build")]
    if half.exists():
        # Never into another file system, should anything still be mounted there.
        subprocess.run(["rm", "-rf", "--one-file-system", half], check=True)
    half.mkdir()
    for log in logs:
        log.unlink(missing_ok=True)
    builder, system = half / "builder", half / "system"
    say(WHO, f"building a machine with the DAHDI driver into {home / key}: once, some minutes and 350 MB (logs: {home / key}.*.log)")
    started = time.monotonic()
    compiler = mmdebstrap(KERNEL_SUITE, builder, [*RECIPE, f"--include={','.join(BUILDER)}", _SOURCE])
    asterisk = mmdebstrap(SYSTEM_SUITE, system, [*RECIPE, f"--include={','.join(SYSTEM)}", _NO_SOURCE])
    with ExitStack() as stack:
        # Both mostly wait for the network, and for a disk.
        both = [stack.enter_context(Process(argv, log, inherits=(lock,))) for argv, log in zip((compiler, asterisk), logs, strict=False)]
        for process in both:
            _done(process, watch(WHO, process, started, LIMIT_S))
    system.rename(builder / "system")
    shutil.copytree(GUEST, builder / "guest", ignore=shutil.ignore_patterns("__pycache__"))
    inside = [*apart(), need("chroot", "coreutils"), str(builder), "/bin/sh", "/guest/build.sh"]
    with Process(inside, logs[2], inherits=(lock,)) as process:
        _done(process, watch(WHO, process, started, LIMIT_S))
    made = half / "made"
    made.mkdir()
    for name in FILES:
        shutil.move(builder / "out" / name, made / name)
    made.rename(home / key)
    subprocess.run(["rm", "-rf", "--one-file-system", half], check=True)
    say(WHO, f"the machine is ready after {time.monotonic() - started:.0f} s")


def _done(process: Process, status: int) -> None:
    """See to it that a step went well."""
    if status:
        raise PeerFailed(
            f"{process.name} ended with {status}; its last lines in {process.log}:\n{tail(process.log)}\n"
            f"See whether the Debian mirror can be reached and has the suites {KERNEL_SUITE} and {SYSTEM_SUITE}; the next run begins anew."
        )
