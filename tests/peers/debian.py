"""Debian systems in folders, made by mmdebstrap from the mirror that the machine itself uses, and kept for all checkouts.

The machine stays what it is: only the folder has another release. What is made is one step after the other on stderr, and nothing stays
mounted however the maker ends. Only for root.
"""

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.peers.processes import PeerFailed, Process, need, tail, until

__all__ = ["RECIPE", "apart", "mirror", "mmdebstrap", "say", "watch"]

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
RECIPE = (
    "--mode=root",
    "--variant=apt",
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Check-Date "false"',
    '--aptopt=Acquire::Retries "3"',
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=force-unsafe-io",
)
"""What every one of them has in common: nothing that is only recommended, no documentation. The index of sid reads as expired."""


def say(who: str, text: str) -> None:
    """Tell on stderr how far something is."""
    print(f"{who}: {text}", file=sys.stderr, flush=True)


def mirror(suite: str) -> str:
    """The Debian mirror of this machine's own apt sources, whatever their format; `suite` is one more that it may be there for."""
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
        uri, found, component = [*line.split(), "", "", ""][:3]
        if component == "main" and found in {own, suite, "testing", "unstable", "stable"} and uri.startswith(("http", "file:", "copy:")):
            return uri
    raise PeerFailed(f"there is no Debian mirror in the apt sources of this machine (apt-get indextargets):\n{said.stdout}{said.stderr}")


def mmdebstrap(suite: str, target: Path, options: Sequence[str]) -> list[str]:
    """The command that makes `target` a Debian `suite`."""
    keyring = [f"--keyring={KEYRING}"] if Path(KEYRING).is_file() else []
    return [*apart(), need("mmdebstrap", "mmdebstrap"), *options, *keyring, suite, str(target), mirror(suite)]


def apart() -> list[str]:
    """A mount namespace for what mounts /proc and /dev in a folder: nothing stays mounted however it ends."""
    argv = [need("unshare", "util-linux"), "--mount"]
    if subprocess.run([*argv, "true"], capture_output=True, check=False).returncode == 0:
        return argv
    # In a chroot the root is no mount point, and cannot be told to keep its mounts to itself.
    return [*argv, "--propagation", "unchanged"]


def watch(who: str, installing: Process, started: float, limit_s: float) -> int:
    """Say on stderr what mmdebstrap is at, until it ends; its exit status.

    Raises:
        PeerFailed: it still runs after `limit_s`.

    """
    told = 0
    while not until(lambda: installing.status is not None, 1.0, every_s=0.1):
        said = re.findall(r"^I: (?!running --)(.*?)\.*$", installing.log.read_text(errors="replace"), re.MULTILINE)
        for step in said[told:]:
            say(who, f"  {time.monotonic() - started:3.0f} s  {step}")
        told = len(said)
        if time.monotonic() - started > limit_s:
            raise PeerFailed(f"mmdebstrap still runs after {limit_s:.0f} s; its last lines in {installing.log}:\n{tail(installing.log)}")
    return installing.wait(1.0)
