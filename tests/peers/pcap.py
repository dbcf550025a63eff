"""Files of packets (libpcap's classic format): UDP over IPv4 over Ethernet, which is what the loopback interface shows.

Read: every whole UDP datagram, in order; anything else is passed over. Written: the same, for sipp to play. Not here: IP fragments (an
INVITE over the loopback interface has 64 kB to itself), IPv6, pcapng.
"""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

__all__ = ["Address", "Datagram", "Unreadable", "read", "write"]

Address = tuple[str, int]
"""IPv4 address and UDP port."""

_ETHERNET = 1
# Magic number as it stands in the file -> byte order, parts of a second in a unit of the time stamp (pcap-savefile(5)).
_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
}


class Unreadable(Exception):
    """A file is not what tcpdump writes on the loopback interface."""


@attrs.frozen
class Datagram:
    """One UDP datagram."""

    at_s: float
    """When it was seen, in seconds since the epoch."""
    source: Address
    target: Address
    payload: bytes


def read(path: Path) -> Iterator[Datagram]:
    """All UDP datagrams of a capture. A last packet that was cut off with the file is left out.

    Raises:
        Unreadable: it is no capture of an Ethernet-like interface.

    """
    with path.open("rb") as file:
        header = file.read(24)
        if len(header) < 24 or header[:4] not in _MAGIC:
            raise Unreadable(f"{path} is not a file of packets in libpcap's classic format")
        order, unit = _MAGIC[header[:4]]
        link = struct.unpack(order + "I", header[20:24])[0]
        if link != _ETHERNET:
            raise Unreadable(
                f"{path} was captured on an interface of link type {link}; expected {_ETHERNET} (Ethernet), as the loopback has"
            )
        record = struct.Struct(order + "IIII")
        while len(start := file.read(16)) == 16:
            seconds, part, length, _ = record.unpack(start)
            packet = file.read(length)
            if len(packet) < length:
                return
            datagram = _datagram(seconds + part * unit, packet)
            if datagram is not None:
                yield datagram


def _datagram(at_s: float, packet: bytes) -> Datagram | None:
    if len(packet) < 42 or packet[12:14] != b"\x08\x00" or packet[14] >> 4 != 4 or packet[23] != 17:
        return None
    if int.from_bytes(packet[20:22], "big") & 0x3FFF:  # more fragments, or an offset (RFC 791 section 3.1)
        return None
    udp = 14 + (packet[14] & 15) * 4
    source_port, target_port, length = struct.unpack_from(">HHH", packet, udp)
    source, target = (".".join(map(str, packet[i : i + 4])) for i in (26, 30))
    return Datagram(at_s, (source, source_port), (target, target_port), packet[udp + 8 : udp + length])


def write(path: Path, datagrams: Iterable[Datagram]) -> None:
    """Write datagrams as a capture that any tool reads."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, _ETHERNET))
        for datagram in datagrams:
            packet = _packet(datagram)
            seconds, part = divmod(round(datagram.at_s * 1e6), 1_000_000)
            file.write(struct.pack("<IIII", seconds, part, len(packet), len(packet)) + packet)


def _packet(datagram: Datagram) -> bytes:
    addresses = b"".join(bytes(map(int, address.split("."))) for address, _ in (datagram.source, datagram.target))
    # No UDP checksum (zero, RFC 768): whoever plays the file makes his own.
    udp = struct.pack(">HHHH", datagram.source[1], datagram.target[1], 8 + len(datagram.payload), 0) + datagram.payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + addresses
    total = sum(struct.unpack(">10H", ip))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return b"\0" * 12 + b"\x08\x00" + ip[:10] + struct.pack(">H", ~total & 0xFFFF) + ip[12:] + udp
