#!/usr/bin/env python3
"""Watches telephone cards by the DAHDI driver's ioctls, where they are, and reports what it sees to whoever connects.

    python3 card.py show                         spans, alarms, counters and channels, once, as a table
    python3 card.py serve --listen 127.0.0.1:5037    or a path: reports, until it is ended

An ioctl does not cross to another machine, so this runs beside the driver: one file, the standard library, nothing of the project. It opens
`/dev/dahdi/ctl` (the group `dahdi` may), sets nothing, and does not disturb who has the channels open. Who connects is told of every span
once, then of each that changes, and that the watcher lives: one JSON object a line. There are no secrets in them.

Structures and numbers are those of dahdi-linux 3.1, include/dahdi/user.h. Slips are counted nowhere but in /proc/dahdi.
"""

import argparse
import ctypes
import dataclasses
import errno
import fcntl
import json
import os
import re
import selectors
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

__all__ = [
    "ANALOGUE", "GET_PARAMS", "SPANSTAT", "Alive", "Cards", "Channel", "ChannelParameters", "Counters", "Fault", "Gone", "Report",
    "Reports", "Span", "SpanInfo", "encode", "listening", "serve", "table",
]  # fmt: skip

CONTROL = Path("/dev/dahdi/ctl")
PROC = Path("/proc/dahdi")
PERIOD_S = 0.5
LISTEN = "127.0.0.1:5037"
MOST_SPANS, MOST_CHANNELS = 128, 1023
ANALOGUE = 1 << 12 | 1 << 13  # __DAHDI_SIG_FXO, __DAHDI_SIG_FXS
BACKLOG_BYTES = 4_000_000
"""Who has not read so much is let go: it finds out all again when it comes back."""

ALARMS = {
    1: "recovering", 2: "loopback", 4: "yellow", 8: "red", 16: "blue", 32: "not open",
    256: "loss of signal", 512: "loss of frame", 1024: "loss of multiframe",
}  # fmt: skip
"""Bits of `alarms` (DAHDI_ALARM_...)."""


class SpanInfo(ctypes.LittleEndianStructure):
    """`struct dahdi_spaninfo`, packed: 314 bytes."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (
        ("spanno", ctypes.c_int),
        ("name", ctypes.c_char * 20),
        ("desc", ctypes.c_char * 40),
        *((name, ctypes.c_int) for name in ("alarms", "txlevel", "rxlevel", "bpvcount", "crc4count", "ebitcount", "fascount")),
        *((name, ctypes.c_uint32) for name in ("fecount", "cvcount", "becount", "prbs", "errsec")),
        *((name, ctypes.c_int) for name in ("irqmisses", "syncsrc", "numchans", "totalchans", "totalspans", "lbo", "lineconfig")),
        *((name, ctypes.c_char * 40) for name in ("lboname", "location", "manufacturer", "devicetype")),
        ("irq", ctypes.c_int),
        ("linecompat", ctypes.c_int),
        ("spantype", ctypes.c_char * 6),
    )


class ChannelParameters(ctypes.LittleEndianStructure):
    """`struct dahdi_params`: 136 bytes."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("channo", "spanno", "chanpos", "sigtype", "sigcap", "rxisoffhook", "rxbits", "txbits")),
        *((name, ctypes.c_int) for name in ("txhooksig", "rxhooksig", "curlaw", "idlebits")),
        ("name", ctypes.c_char * 40),
        *((name, ctypes.c_int) for name in ("prewinktime", "preflashtime", "winktime", "flashtime", "starttime", "rxwinktime")),
        *((name, ctypes.c_int) for name in ("rxflashtime", "debouncetime", "pulsebreaktime", "pulsemaketime", "pulseaftertime")),
        ("chan_alarms", ctypes.c_uint32),
    )


def _iowr(number: int, structure: type[ctypes.Structure]) -> int:
    """`_IOWR(0xDA, number, structure)` of <asm-generic/ioctl.h>."""
    return 3 << 30 | ctypes.sizeof(structure) << 16 | 0xDA << 8 | number


GET_PARAMS = _iowr(5, ChannelParameters)
SPANSTAT = _iowr(10, SpanInfo)

Ioctl = Callable[[int, ctypes.Structure], Any]

# --- reports ------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Counters:
    """What the driver has counted since it was loaded, or the card reset."""

    slips: int = 0
    """Frames lost or doubled because two clocks differ."""
    bipolar_violations: int = 0
    crc4_errors: int = 0
    e_bits: int = 0
    """Blocks that the far end received with errors."""
    frame_alignment_errors: int = 0
    framing_errors: int = 0
    code_violations: int = 0
    bit_errors: int = 0
    errored_seconds: int = 0
    missed_interrupts: int = 0


@dataclasses.dataclass(frozen=True)
class Channel:
    """A channel as the driver has it, whoever has it open."""

    number: int
    name: str
    signalling: int
    """Bits of DAHDI_SIG_...; 0: not configured."""
    alarms: tuple[str, ...]
    off_hook: bool
    """Of analogue channels."""
    bits_in: int
    """ABCD of channel-associated signalling; -1: it has none."""
    bits_out: int


@dataclasses.dataclass(frozen=True)
class Span:
    """Everything that is known of a span."""

    kind: ClassVar[str] = "span"
    number: int
    name: str
    description: str
    interface: str
    """`E1`, `T1`, `BRI`, ...; empty for some analogue cards."""
    alarms: tuple[str, ...]
    clock_from: int
    """The span that this one's card takes its clock from; 0: its own."""
    counters: Counters
    channels: tuple[Channel, ...]


@dataclasses.dataclass(frozen=True)
class Gone:
    """A span that was there is there no more: its card, or its driver."""

    kind: ClassVar[str] = "gone"
    number: int


@dataclasses.dataclass(frozen=True)
class Fault:
    """The driver cannot be asked; what was told of spans before may be outdated."""

    kind: ClassVar[str] = "fault"
    text: str


@dataclasses.dataclass(frozen=True)
class Alive:
    """All spans were looked at; there are so many."""

    kind: ClassVar[str] = "alive"
    spans: int


Report = Span | Gone | Fault | Alive


def encode(report: Report) -> bytes:
    """A report as it goes over the socket: one line."""
    return json.dumps({"kind": report.kind, **dataclasses.asdict(report)}, separators=(",", ":")).encode() + b"\n"


# --- the driver ---------------------------------------------------------------------------------------------------------


class Cards:
    """The spans of this machine."""

    def __init__(self, ioctl: Ioctl, proc: Path = PROC) -> None:
        self._ioctl = ioctl
        self._proc = proc

    def spans(self) -> list[Span]:
        """All spans as they are now, by number.

        Raises:
            OSError: the driver does not answer.

        """
        found = list(self._spans())
        channels: dict[int, list[Channel]] = {}
        left = sum(info.totalchans for info in found)
        for number in range(1, MOST_CHANNELS + 1):
            if not left:
                break
            parameters = ChannelParameters(channo=number)
            if self._asked(GET_PARAMS, parameters):
                left -= 1
                channels.setdefault(parameters.spanno, []).append(_channel(parameters))
        return [_span(info, self._slips(info.spanno), tuple(channels.get(info.spanno, ()))) for info in found]

    def _spans(self) -> Iterator[SpanInfo]:
        left = MOST_SPANS
        for number in range(1, MOST_SPANS + 1):
            info = SpanInfo(spanno=number)
            if not left:
                return
            if self._asked(SPANSTAT, info):
                left = info.totalspans - 1 if left == MOST_SPANS else left - 1
                yield info

    def _asked(self, request: int, structure: ctypes.Structure) -> bool:
        """Fill in the structure; false if there is no such span or channel."""
        try:
            self._ioctl(request, structure)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENODEV, errno.ENXIO):
                return False
            raise
        return True

    def _slips(self, number: int) -> int:
        try:
            said = (self._proc / str(number)).read_text(errors="replace")
        except OSError:
            return 0  # the driver may be built without /proc
        found = re.search(r"^\s*Timing slips: (\d+)", said, re.MULTILINE)
        return int(found[1]) if found else 0


def _span(info: SpanInfo, slips: int, channels: tuple[Channel, ...]) -> Span:
    counters = Counters(
        slips=slips,
        bipolar_violations=_count(info.bpvcount),
        crc4_errors=_count(info.crc4count),
        e_bits=_count(info.ebitcount),
        frame_alignment_errors=_count(info.fascount),
        framing_errors=_count(info.fecount),
        code_violations=_count(info.cvcount),
        bit_errors=_count(info.becount),
        errored_seconds=_count(info.errsec),
        missed_interrupts=_count(info.irqmisses),
    )
    name, description, interface = (text.decode("utf-8", "replace") for text in (info.name, info.desc, info.spantype))
    return Span(info.spanno, name, description, interface, _alarms(info.alarms), info.syncsrc, counters, channels)


def _channel(parameters: ChannelParameters) -> Channel:
    p, name = parameters, parameters.name.decode("utf-8", "replace")
    off_hook = bool(p.rxisoffhook and p.sigtype & ANALOGUE)
    return Channel(p.channo, name, p.sigtype, _alarms(p.chan_alarms), off_hook, _abcd(p.rxbits), _abcd(p.txbits))


def _abcd(bits: int) -> int:
    """Bits of channel-associated signalling; some drivers leave those of a second channel above them."""
    return bits & 15 if bits >= 0 else -1


def _count(value: int) -> int:
    """A counter; drivers that do not count give -1, signed or not."""
    return 0 if value in (-1, 0xFFFFFFFF) else value


def _alarms(bits: int) -> tuple[str, ...]:
    """Names of alarms; those that this file does not know, by their bit."""
    return tuple(ALARMS.get(1 << bit, f"alarm {1 << bit}") for bit in range(32) if bits & 1 << bit)


# --- telling ------------------------------------------------------------------------------------------------------------


class Reports:
    """What is to be told, and to whom; `look` is called again and again."""

    def __init__(self, spans: Callable[[], list[Span]]) -> None:
        self._look = spans
        self._told: dict[int, Span] = {}
        self._last: Fault | Alive | None = None

    def everything(self) -> list[Report]:
        """What somebody new must know."""
        return [*self._told.values(), *([self._last] if self._last else [])]

    def look(self) -> list[Report]:
        """What is new since the last look, with a sign of life."""
        try:
            spans = {span.number: span for span in self._look()}
        except OSError as error:
            self._last = Fault(f"{error.strerror}: {error.filename or CONTROL}")
            return [self._last]
        news: list[Report] = [Gone(number) for number in self._told if number not in spans]
        news += [span for number, span in spans.items() if self._told.get(number) != span]
        self._told, self._last = spans, Alive(len(spans))
        return [*news, self._last]


def listening(address: str) -> socket.socket:
    """A socket that listens at `host:port`, or at a path.

    Raises:
        OSError: it is taken, or not allowed.

    """
    if "/" in address:
        path = Path(address)
        path.unlink(missing_ok=True)
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(address)
        path.chmod(0o660)
        unix.listen()
        return unix
    host, _, port = address.rpartition(":")
    return socket.create_server((host, int(port)))


def serve(server: socket.socket, reports: Reports, period_s: float) -> None:
    """Look every `period_s` seconds and tell all who are connected, for ever."""
    server.setblocking(False)
    waiting: dict[socket.socket, bytearray] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        due = time.monotonic()
        while True:
            for key, _ in selector.select(max(0.0, due - time.monotonic())):
                if key.fileobj is server:
                    client, _ = server.accept()
                    client.setblocking(False)
                    selector.register(client, selectors.EVENT_READ)
                    waiting[client] = bytearray(b"".join(map(encode, reports.everything())))
                elif isinstance(key.fileobj, socket.socket) and not _hears(key.fileobj):
                    _let_go(selector, waiting, key.fileobj)
            if time.monotonic() >= due:
                due = time.monotonic() + period_s
                news = b"".join(map(encode, reports.look()))
                for backlog in waiting.values():
                    backlog += news
            for client in list(waiting):
                if not _told(client, waiting[client]):
                    _let_go(selector, waiting, client)


def _hears(client: socket.socket) -> bool:
    """Whether it is still there; what it says is of no interest."""
    try:
        return bool(client.recv(4096))
    except OSError as error:
        return isinstance(error, BlockingIOError)


def _told(client: socket.socket, backlog: bytearray) -> bool:
    """Send what it takes; false if it is gone, or reads too slowly."""
    try:
        while backlog:
            del backlog[: client.send(backlog)]
    except OSError as error:
        return isinstance(error, BlockingIOError) and len(backlog) < BACKLOG_BYTES
    return True


def _let_go(selector: selectors.BaseSelector, waiting: dict[socket.socket, bytearray], client: socket.socket) -> None:
    selector.unregister(client)
    del waiting[client]
    client.close()


# --- commands -----------------------------------------------------------------------------------------------------------


def _control() -> list[Span]:
    """All spans by the control device, opened for each look: a driver may be loaded anew meanwhile."""
    descriptor = os.open(CONTROL, os.O_RDWR)
    try:
        return Cards(lambda request, structure: fcntl.ioctl(descriptor, request, structure)).spans()
    finally:
        os.close(descriptor)


def table(spans: list[Span]) -> str:
    """Spans for the eye: what is wrong, what was counted, which channels are not as usual."""
    lines = []
    for span in spans:
        counted = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in dataclasses.asdict(span.counters).items() if count)
        clock = f"span {span.clock_from}" if span.clock_from else "its own"
        lines.append(f"span {span.number}  {span.name}  {span.interface or 'analogue'}  {', '.join(span.alarms) or 'ok'}")
        lines.append(f"  {len(span.channels)} channels, clock from {clock}; counted: {counted or 'nothing'}")
        lines += [f"  channel {one.number}: {', '.join(one.alarms)}" for one in span.channels if one.alarms and not span.alarms]
        lines += [f"  channel {one.number}: off hook" for one in span.channels if one.off_hook]
    return "\n".join(lines) or "no spans: see dahdi_cfg and dahdi_scan"


def main(arguments: list[str]) -> int:
    """Run a command; its exit status."""
    parser = argparse.ArgumentParser(prog="card.py", description="watches telephone cards by the DAHDI driver")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("show", help="spans, alarms, counters and channels, once")
    server = commands.add_parser("serve", help="report to whoever connects")
    server.add_argument("--listen", default=LISTEN, help=f"host:port or a path (default: {LISTEN})")
    server.add_argument("--period", type=float, default=PERIOD_S, help=f"seconds between two looks (default: {PERIOD_S})")
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "show":
            print(table(_control()))
        else:
            with listening(asked.listen) as socket_:
                serve(socket_, Reports(_control), asked.period)
    except OSError as error:
        print(f"card.py: {error.strerror}: {error.filename or getattr(asked, 'listen', CONTROL)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
