"""Frames of CSTA over TCP (ECMA-323, annex on TCP): a header of 8 bytes and UTF-8 XML.

    00 00 | length, uint16 big-endian, header included | invoke ID, 4 ASCII digits | XML

An event has the invoke ID 9999; a request 1 to 9998, and its answer the same. The length counts bytes, not characters.

A broken header is the end of the connection: a peer whose lengths are wrong has lost an unknown number of events, so that a
search for the next header would buy nothing that a new connection with its snapshots does not give, and that with certainty. What is
in a frame is not looked at here: XML that cannot be read is a matter of that frame alone (`hal.csta.messages`).

Some peers read the length as a signed number; `encode_frame` therefore takes a smaller limit for them.
"""

from hal.api import value
from hal.csta.errors import CannotWrite

__all__ = ["EVENT", "HEADER_BYTES", "LARGEST_BYTES", "LAST_REQUEST", "Frame", "FrameDecoder", "encode_frame"]

HEADER_BYTES = 8
LARGEST_BYTES = 65535
"""The most that a length can say, header included."""
LAST_REQUEST = 9998
EVENT = 9999


@value
class Frame:
    """One message as it is on the wire."""

    invoke_id: int
    xml: bytes


def encode_frame(frame: Frame, largest_bytes: int = LARGEST_BYTES) -> bytes:
    """The frame's bytes.

    Raises:
        CannotWrite: it is larger than `largest_bytes`, or its invoke ID has not four digits.

    """
    length = HEADER_BYTES + len(frame.xml)
    if length > min(largest_bytes, LARGEST_BYTES):
        raise CannotWrite(f"a message of {length} bytes does not fit into a frame of {min(largest_bytes, LARGEST_BYTES)}")
    if not 0 <= frame.invoke_id <= EVENT:
        raise CannotWrite(f"the invoke ID {frame.invoke_id} has not four digits")
    return b"\0\0%c%c%04d%b" % (length >> 8, length & 0xFF, frame.invoke_id, frame.xml)


class FrameDecoder:
    """Cuts a byte stream, however it comes in pieces, into frames; it never holds more than one frame and the last piece."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.fault = ""
        """What stood where a header must be; from then on nothing more is decoded. Empty: all is well."""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are whole with these bytes, those before a broken header included; look at `fault` afterwards."""
        if self.fault:
            return []
        buffer = self._buffer
        buffer += data
        frames: list[Frame] = []
        start = 0
        while len(buffer) - start >= HEADER_BYTES:
            length = buffer[start + 2] << 8 | buffer[start + 3]
            digits = bytes(buffer[start + 4 : start + 8])
            if buffer[start] or buffer[start + 1] or length < HEADER_BYTES or not digits.isdigit():
                self.fault = f"no CSTA header: {bytes(buffer[start : start + HEADER_BYTES]).hex(' ')}"
                buffer.clear()
                return frames
            if len(buffer) - start < length:
                break
            frames.append(Frame(int(digits), bytes(buffer[start + HEADER_BYTES : start + length])))
            start += length
        del buffer[:start]
        return frames

    @property
    def waiting_bytes(self) -> int:
        """Bytes of a frame that is not whole yet; at the end of a connection they are lost."""
        return len(self._buffer)
