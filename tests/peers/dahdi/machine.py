"""The machine with the DAHDI driver, running for as long as a block.

    with dahdi_machine(directory) as machine:
        machine.run("dahdi_scan")
        with machine.manager(EXCHANGE) as exchange: ...

It runs under qemu from a disk that it cannot change, with its ports on 127.0.0.1 only, and ends with the process that started it. One at a
time on a host: a second one waits. It is emulated, whatever the host has: what is seen here is seen everywhere.
"""

import base64
import contextlib
import fcntl
import io
import json
import socket
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from hal.asterisk import CardSettings
from tests.hal import ports
from tests.peers.cache import cache_folder
from tests.peers.dahdi.ami import Manager
from tests.peers.dahdi.image import machine_image
from tests.peers.dahdi.wiring import EXCHANGE, GATEWAY, RTP_PORTS, SECRET, USER, Network, Side, files
from tests.peers.debian import say
from tests.peers.processes import PeerFailed, Process, cpu_s, need, tail, until

__all__ = ["Machine", "dahdi_machine"]

AGENT_PORT = 2222
BOOT_CPU_S, BOOT_S = 150.0, 900.0
"""Of its processor, of which it needs 20 to 40 s to come up; and by the clock, on a host that has much else to do."""
TRIES = 3
MEMORY_MB = 768


@attrs.frozen(kw_only=True)
class Machine:
    """A running machine."""

    pid: int
    """Of qemu."""
    outside: Mapping[int, int]
    """TCP port in the machine -> on 127.0.0.1 of the host."""
    console: Path
    boot_s: float

    def run(self, command: str, limit_s: float = 30.0, *, stdin: str = "") -> str:
        """What a command of its shell says.

        Raises:
            PeerFailed: it ended with another status than 0, or not in time.

        """
        asked = json.dumps({"command": command, "limit_s": limit_s, "stdin": stdin}).encode() + b"\n"
        with socket.create_connection(("127.0.0.1", self.outside[AGENT_PORT]), limit_s + 20) as agent:
            agent.sendall(asked)
            with agent.makefile("rb") as answers:
                line = answers.readline()
        if not line:
            raise PeerFailed(f"the machine does not answer to '{command}'; its console:\n{tail(self.console)}")
        answer = json.loads(line)
        if answer["status"]:
            raise PeerFailed(f"'{command}' in the machine ends with {answer['status']}: {answer['said']}")
        return str(answer["said"])

    def cli(self, side: Side, command: str) -> str:
        """What a command of an Asterisk's console prints."""
        return self.run(f"asterisk -C /etc/{side.name}/asterisk.conf -rx '{command}'")

    def read(self, path: str) -> bytes:
        """A file of the machine."""
        return base64.b64decode(self.run(f"base64 {path}"))

    @contextlib.contextmanager
    def manager(self, side: Side) -> Iterator[Manager]:
        """A connection to an Asterisk's AMI, logged in."""
        with socket.create_connection(("127.0.0.1", self.outside[side.manager_port]), 10) as connection:
            manager = Manager(connection)
            manager.ask("Login", Username=USER, Secret=SECRET)
            yield manager

    @property
    def cpu_s(self) -> float:
        """Processor time used so far, in seconds."""
        return cpu_s(self.pid)


@contextlib.contextmanager
def dahdi_machine(
    directory: Path,
    *,
    appliance: CardSettings | None = None,
    network: Network | None = None,
    more: Mapping[str, str] | None = None,
    outside: Mapping[int, int] | None = None,
) -> Iterator[Machine]:
    """Run the machine; its log goes to `directory`.

    Args:
        directory: for what it prints.
        appliance: the card line that the gateway is the Asterisk of, and sends all calls to that are not for itself.
        network: telephones outside that are at its exchange.
        more: more files of the machine, by their path.
        outside: TCP ports of the machine and where they are wanted outside; those of agent and managers are found somewhere.

    Raises:
        PeerFailed: it cannot be built, or does not come up; the message has its last words.

    """
    image = machine_image()
    disk = directory / "machine.tar"
    disk.write_bytes(_tar({**files(appliance, network), **(more or {})}))
    with (cache_folder() / "dahdi" / "running").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for attempt in range(1, TRIES + 1):
            tcp = {**_free(AGENT_PORT, GATEWAY.manager_port, EXCHANGE.manager_port), **(outside or {})}
            console = directory / f"console-{attempt}.log"
            started = time.monotonic()
            with Process(_qemu(image, disk, console, tcp, _udp(appliance, network)), directory / "qemu.log") as process:
                if _booted(process, console):
                    yield Machine(pid=process.pid, outside=tcp, console=console, boot_s=time.monotonic() - started)
                    return
                # The emulator of Debian 12 is known to end a machine at random, seldom.
                say("dahdi", f"the machine did not come up ({attempt} of {TRIES}); it said last:\n{tail(console)}\n{tail(process.log)}")
        raise PeerFailed(f"the machine did not come up in {TRIES} tries; it said last:\n{tail(console)}\n{tail(directory / 'qemu.log')}")


def _free(*inside: int) -> dict[int, int]:
    first = ports.block(len(inside))
    return {port: first + number for number, port in enumerate(inside)}


def _tar(made: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, text in made.items():
            content = text.encode()
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _udp(appliance: CardSettings | None, network: Network | None) -> Iterator[tuple[str, int]]:
    """Addresses outside that lead to the same ports inside."""
    if appliance:
        host, port = appliance.sip_address
        last = int(appliance.voice.rtp_ports.split("-")[1])
        yield from ((host, one) for one in (port, *range(last + 1, last + RTP_PORTS + 1)))
    if network:
        host, number = network.at.split(":")
        first = network.first_rtp_port
        yield from ((host, one) for one in (int(number), *range(first, first + RTP_PORTS)))


def _qemu(image: Path, disk: Path, console: Path, tcp: Mapping[int, int], udp: Iterable[tuple[str, int]]) -> list[str]:
    forwards = [f"hostfwd=tcp:127.0.0.1:{out}-:{inside}" for inside, out in tcp.items()]
    forwards += [f"hostfwd=udp:{host}:{port}-:{port}" for host, port in udp]
    return [
        # However this process ends, the machine ends with it.
        *(need("setpriv", "util-linux"), "--pdeathsig", "KILL"),
        need("qemu-system-x86_64", "qemu-system-x86"),
        # qemu 7.2 (Debian 12) spoils the flags at cmpxchg16b, and the machine fails at random: there is no such instruction then.
        *("-accel", "tcg", "-cpu", "Nehalem,-cx16", "-smp", "1", "-m", str(MEMORY_MB)),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-monitor", "none"),
        *("-kernel", str(image / "vmlinuz"), "-initrd", str(image / "initrd.gz")),
        *("-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on tsc=reliable no_timer_check"),
        *("-drive", f"file={image / 'system.ext4'},format=raw,if=virtio,snapshot=on"),
        *("-drive", f"file={disk},format=raw,if=virtio,readonly=on"),
        *("-netdev", ",".join(["user", "id=net", *forwards]), "-device", "virtio-net-pci,netdev=net,romfile="),
        *("-serial", f"file:{console}"),
    ]


def _booted(process: Process, console: Path) -> bool:
    """Until it is ready, or has failed."""

    def said() -> str:
        return console.read_text(errors="replace") if console.is_file() else ""

    def settled() -> bool:
        return process.status is not None or any(w in said() for w in ("VM-READY", "panic", "Oops")) or cpu_s(process.pid) > BOOT_CPU_S

    until(settled, BOOT_S, every_s=0.25)
    return process.status is None and "VM-READY" in said()
