"""A real Asterisk 22 in a folder, installed once per machine: Debian's own package, from the mirror that the machine itself uses.

With it come chan_dahdi and dahdi_cfg, to see whether they understand what a card is told; there is no card and no driver.

Debian 12 has no Asterisk; Debian sid has. Only the folder is sid, the machine stays what it is: mmdebstrap installs, Asterisk runs by
chroot and without any mount. It takes a minute and 300 MB, in `${HOTLINE_CACHE:-~/.cache/hotline}/asterisk/<hash of the recipe>`; a second
call finds it there. Two calls at a time: one installs, the other waits. An interrupted one keeps the packages it had fetched.

Only for root. Not here: configuration and running, which is `asterisk`.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from tests.peers.cache import alone, cache_folder
from tests.peers.debian import RECIPE, mmdebstrap, say, watch
from tests.peers.processes import PeerFailed, Process, need, tail

__all__ = ["WANTED", "asterisk_root", "version_of"]

WANTED = "22"
"""The major version that tests and benchmarks compare with."""

WHO = "asterisk"
SUITE = "sid"
PACKAGES = ("asterisk",)
UNPACKED = ("asterisk-dahdi", "dahdi", "libopenr2-3", "libpri1.4", "libss7-2.0", "libtonezone2.0")
"""Only unpacked: to be installed they want the driver's source and a compiler."""

# The appliance's packages start no daemon while they are installed.
_NO_DAEMONS = 'mkdir -p "$1/usr/sbin"; printf "#!/bin/sh\\nexit 101\\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"'
# Without these Asterisk waits 10 to 25 s for name servers that nobody can reach from here.
_NO_NAMES = (
    'printf "127.0.0.1 localhost\\n" >"$1/etc/hosts"; rm -f "$1/etc/resolv.conf"; '
    'printf "nameserver 127.0.0.1\\noptions timeout:1 attempts:1\\n" >"$1/etc/resolv.conf"'
)
_CARDS = (
    f'chroot "$1" sh -ec "cd /tmp; apt-get download {" ".join(UNPACKED)}; for one in *.deb; do dpkg -x \\$one /tmp/cards; done; '
    'cp -a --update=none /tmp/cards/usr/. /usr/; ldconfig; rm -rf /tmp/cards /tmp/*.deb"; '
    'mkdir -p "$1/dev/dahdi"; : >"$1/dev/dahdi/ctl"'  # dahdi_cfg -t opens it and asks it for nothing that it needs
)
OPTIONS = (
    *RECIPE,
    f"--include={','.join(PACKAGES)}",
    f"--setup-hook={_NO_DAEMONS}",
    f"--customize-hook={_CARDS}",
    f"--customize-hook={_NO_NAMES}",
)
ARCHIVES = "var/cache/apt/archives"
LIMIT_S = 1800.0
"""How long the installation may take: a slow network is no failure, one that stands still is."""


def asterisk_root() -> Path:
    """The folder with Asterisk in it, installed if it is not there yet, with its progress on stderr.

    Raises:
        PeerFailed: it cannot be installed; the message says which step failed and what to do.

    """
    key = hashlib.sha256("\n".join((SUITE, os.uname().machine, *OPTIONS)).encode()).hexdigest()[:16]
    home = cache_folder() / "asterisk"
    root = home / key
    if root.is_dir():
        return root
    if os.geteuid() != 0:
        raise PeerFailed("the comparison with a real Asterisk needs root: it is installed by mmdebstrap and run by chroot")
    home.mkdir(parents=True, exist_ok=True)
    with alone(home / f"{key}.lock", lambda: say(WHO, "another process is installing it; waiting for that")) as lock:
        if not root.is_dir():
            _install(home, key, lock)
    return root


def version_of(root: Path) -> str:
    """The version that is installed, as `22.10.1`."""
    said = subprocess.run(
        [need("chroot", "coreutils"), root, "/usr/sbin/asterisk", "-V"], capture_output=True, text=True, timeout=30, check=False
    )
    words = said.stdout.split()
    if said.returncode or len(words) < 2:
        raise PeerFailed(f"asterisk -V in {root} ends with {said.returncode}: {said.stdout}{said.stderr}")
    return words[1].partition("+")[0].partition("~")[0]


def _install(home: Path, key: str, lock: int) -> None:
    """Make `home/key`; what an interrupted earlier try had fetched is used again."""
    half, kept, log = home / f"{key}.partial", home / f"{key}.packages", home / f"{key}.log"
    kept.mkdir(exist_ok=True)
    if half.exists():
        for package in half.glob(f"{ARCHIVES}/*.deb"):
            shutil.move(package, kept / package.name)
        # Never into another file system, should anything still be mounted there.
        subprocess.run(["rm", "-rf", "--one-file-system", half], check=True)
    fetched = f'mkdir -p "$1/{ARCHIVES}"; find {shlex.quote(str(kept))} -name "*.deb" -exec cp -t "$1/{ARCHIVES}" {{}} +'
    argv = mmdebstrap(SUITE, half, [*OPTIONS, f"--setup-hook={fetched}"])
    say(WHO, f"installing Asterisk from Debian {SUITE} into {home / key}: once, about a minute and 300 MB (log: {log})")
    started = time.monotonic()
    log.unlink(missing_ok=True)
    with Process(argv, log, inherits=(lock,)) as installing:
        status = watch(WHO, installing, started, LIMIT_S)
    if status:
        raise PeerFailed(
            f"mmdebstrap ended with {status}; its last lines in {log}:\n{tail(log)}\n"
            f"See whether {argv[-1]} can be reached and has the suite {SUITE}; the next run goes on with the packages already fetched."
        )
    version = version_of(half)
    if version.partition(".")[0] != WANTED:
        raise PeerFailed(
            f"Debian {SUITE} has Asterisk {version} now, and the comparison is with {WANTED}: see tests/peers/asterisk_root.py"
        )
    half.rename(home / key)
    shutil.rmtree(kept)
    say(WHO, f"Asterisk {version} is ready after {time.monotonic() - started:.0f} s")
