"""Finds media workers by their command line, and what a process listens on, in /proc."""

from pathlib import Path


def workers_of(run: Path) -> list[int]:
    """PIDs of the media workers whose sockets are in this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            dead = "\nState:\tZ" in (entry / "status").read_text()
        except OSError:
            continue  # it ended while we looked
        if b"hal.sip.worker" in words and str(run).encode() in b" ".join(words) and not dead:
            found.append(int(entry.name))
    return found


def open_files(pid: int) -> int:
    """How many descriptors a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def bound_addresses(pid: int) -> set[tuple[str, str, int]]:
    """What a process has bound: protocol, address and port; connections it made or accepted are left out."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = str(link.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for protocol in ("udp", "tcp", "udp6", "tcp6"):
        for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]:
            words = line.split()
            if words[9] in inodes and (protocol.startswith("udp") or words[3] == "0A"):
                address, port = words[1].split(":")
                host = ".".join(str(b) for b in reversed(bytes.fromhex(address))) if len(address) == 8 else address
                found.add((protocol, host, int(port, 16)))
    return found
