"""A real Asterisk 22 in a folder, installed once per machine: Debian's own package, from the mirror that the machine itself uses.

With it come chan_dahdi and dahdi_cfg, to see whether they understand what a card is told; there is no card and no driver.

Debian 12 has no Asterisk; Debian sid has. Only the folder is sid, the machine stays what it is: mmdebstrap installs, Asterisk runs by
chroot and without any mount. It takes a minute and 300 MB, in `${HOTLINE_CACHE:-~/.cache/hotline}/asterisk/<hash of the recipe>`; a second
call finds it there. Two calls at a time: one installs, the other waits. An interrupted one keeps the packages it had fetched.

Only for root. Not here: configuration and running, which is `asterisk`.
"""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.peers.cache import alone, cache_folder
from tests.peers.processes import PeerFailed, Process, need, tail, until

__all__ = ["WANTED", "asterisk_root", "cache_folder", "version_of"]

WANTED = "22"
"""The major version that tests and benchmarks compare with."""

SUITE = "sid"
PACKAGES = ("asterisk",)
UNPACKED = ("asterisk-dahdi", "dahdi", "libopenr2-3", "libpri1.4", "libss7-2.0", "libtonezone2.0")
"""Only unpacked: to be installed they want the driver's source and a compiler."""
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

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
RECIPE = (
    "--mode=root",
    "--variant=apt",
    f"--include={','.join(PACKAGES)}",
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Check-Date "false"',
    '--aptopt=Acquire::Retries "3"',
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=force-unsafe-io",
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
    key = hashlib.sha256("\n".join((SUITE, os.uname().machine, *RECIPE)).encode()).hexdigest()[:16]
    home = cache_folder() / "asterisk"
    root = home / key
    if root.is_dir():
        return root
    if os.geteuid() != 0:
        raise PeerFailed("the comparison with a real Asterisk needs root: it is installed by mmdebstrap and run by chroot")
    home.mkdir(parents=True, exist_ok=True)
    with alone(home / f"{key}.lock", lambda: _say("another process is installing it; waiting for that")) as lock:
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


def _say(text: str) -> None:
    print(f"asterisk: {text}", file=sys.stderr, flush=True)


def _mirror() -> str:
    """The Debian mirror of this machine's own apt sources, whatever their format."""
    said = subprocess.run(
        [
            need("apt-get", "apt"),
            "indextargets",
            "--no-release-info",
            "--format",
            "$(REPO_URI) $(RELEASE) $(COMPONENT)",
            "Created-By: Packages",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    own = release.get("VERSION_CODENAME", "").strip('"')
    for line in said.stdout.splitlines():
        uri, suite, component = [*line.split(), "", "", ""][:3]
        if component == "main" and suite in {own, SUITE, "testing", "unstable", "stable"} and uri.startswith(("http", "file:", "copy:")):
            return uri
    raise PeerFailed(f"there is no Debian mirror in the apt sources of this machine (apt-get indextargets):\n{said.stdout}{said.stderr}")


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
    argv = [*_apart(), need("mmdebstrap", "mmdebstrap"), *RECIPE, f"--setup-hook={fetched}"]
    argv += [f"--keyring={KEYRING}"] if Path(KEYRING).is_file() else []
    argv += [SUITE, str(half), _mirror()]
    _say(f"installing Asterisk from Debian {SUITE} into {home / key}: once, about a minute and 300 MB (log: {log})")
    started = time.monotonic()
    log.unlink(missing_ok=True)
    with Process(argv, log, inherits=(lock,)) as installing:
        status = _watch(installing, started)
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
    _say(f"Asterisk {version} is ready after {time.monotonic() - started:.0f} s")


def _apart() -> list[str]:
    """A mount namespace for mmdebstrap, which mounts /proc and /dev in the folder: nothing stays mounted however it ends."""
    argv = [need("unshare", "util-linux"), "--mount"]
    if subprocess.run([*argv, "true"], capture_output=True, check=False).returncode == 0:
        return argv
    # In a chroot the root is no mount point, and cannot be told to keep its mounts to itself.
    return [*argv, "--propagation", "unchanged"]


def _watch(installing: Process, started: float) -> int:
    """Say on stderr what mmdebstrap is at, until it ends; its exit status."""
    told = 0
    while not until(lambda: installing.status is not None, 1.0, every_s=0.1):
        said = re.findall(r"^I: (?!running --)(.*?)\.*$", installing.log.read_text(errors="replace"), re.MULTILINE)
        for step in said[told:]:
            _say(f"  {time.monotonic() - started:3.0f} s  {step}")
        told = len(said)
        if time.monotonic() - started > LIMIT_S:
            raise PeerFailed(f"mmdebstrap still runs after {LIMIT_S:.0f} s; its last lines in {installing.log}:\n{tail(installing.log)}")
    return installing.wait(1.0)
