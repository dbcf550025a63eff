"""A DAHDI driver's control device at the boundary of its ioctls: what it answers is set by the test.

Not modelled: opening, permissions, events of channels, and that a driver's counters and alarms come from a wire.
"""

import ctypes
import errno
from typing import Any

import attrs

from hal.dahdi.card import GET_PARAMS, SPANSTAT, ChannelParameters, SpanInfo


@attrs.define
class Driver:
    """Spans and channels by number, each with the fields of its structure that are not 0."""

    spans: dict[int, dict[str, Any]] = attrs.field(factory=dict)
    channels: dict[int, dict[str, Any]] = attrs.field(factory=dict)
    broken: int = 0
    """The error that everything ends with."""
    asked: int = 0

    def e1(self, number: int, first: int, **fields: Any) -> None:
        """Put in a span of 31 channels."""
        name = f"WCT1/0/{number}".encode()
        self.spans[number] = {"name": name, "spantype": b"E1", "totalchans": 31, "numchans": 31, **fields}
        for position in range(1, 32):
            at = {"spanno": number, "chanpos": position, "name": name + b"/%d" % position}
            self.channels[first + position - 1] = {**at, "sigtype": 128, "rxbits": -1, "txbits": -1}

    def remove(self, number: int) -> None:
        """Take a span out with its channels."""
        del self.spans[number]
        self.channels = {one: fields for one, fields in self.channels.items() if fields["spanno"] != number}

    def ioctl(self, request: int, structure: ctypes.Structure) -> int:
        """Answer as the kernel does: by filling in the structure, or with an error."""
        self.asked += 1
        if self.broken:
            raise OSError(self.broken, "driver")
        if request == SPANSTAT:
            assert isinstance(structure, SpanInfo)
            number, known = structure.spanno, self.spans
            more: dict[str, Any] = {"totalspans": len(self.spans)}
        else:
            assert request == GET_PARAMS
            assert isinstance(structure, ChannelParameters)
            number, known, more = structure.channo, self.channels, {}
        if number not in known:
            raise OSError(errno.EINVAL, "Invalid argument")
        for field, value in {**known[number], **more}.items():
            setattr(structure, field, value)
        return 0
