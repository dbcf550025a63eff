"""Frames on the TCP stream (ECMA-323 annex "CSTA over TCP"): `00 00`, length, invoke ID, XML.

The length is two bytes, big-endian, and counts the eight bytes of the header, too; the invoke ID is four decimal digits. 9999 marks an
event; requests carry 1..9998, and their answers the same.
"""

import struct

__all__ = ["EVENT", "HEADER_BYTES", "LONGEST", "BadFrame", "FrameReader", "frame"]

EVENT = 9999
HEADER_BYTES = 8
LONGEST = 65535
"""Bytes of the longest frame."""


class BadFrame(ValueError):
    """What has come is no frame; where the next one begins cannot be known."""


def frame(invoke: int, xml: bytes) -> bytes:
    """A message as it goes on the wire.

    Raises:
        BadFrame: it is too long.

    """
    length = HEADER_BYTES + len(xml)
    if length > LONGEST:
        raise BadFrame(f"a message of {length} bytes fits into no frame")
    return struct.pack(">HH4s", 0, length, b"%04d" % invoke) + xml


class FrameReader:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        """Begin at the beginning of a stream."""
        self._left = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The messages that are now complete, each with its invoke ID.

        Raises:
            BadFrame: what comes next is no header; the stream is of no more use.

        """
        self._left += data
        found = []
        while len(self._left) >= HEADER_BYTES:
            format_, length, invoke = struct.unpack_from(">HH4s", self._left)
            if format_ != 0 or length < HEADER_BYTES or not invoke.isdigit():
                raise BadFrame(f"no header: {bytes(self._left[:HEADER_BYTES]).hex(' ')}")
            if len(self._left) < length:
                break
            found.append((int(invoke), bytes(self._left[HEADER_BYTES:length])))
            del self._left[:length]
        return found
