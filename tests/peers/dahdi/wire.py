"""Runs in the machine: does to a span's wire what happens to wires, by ioctls that the driver has for it.

python3 wire.py alarm SPAN BITS          the span's card sees this alarm (8: red, 0: none); its far end is told, as on a real wire
python3 wire.py unplug ADDRESS CHANNELS  the span is gone
python3 wire.py plug ADDRESS CHANNELS    it is there again, not configured yet
"""

import ctypes
import fcntl
import os
import sys

READ, WRITE = 2, 1


class DynamicSpan(ctypes.Structure):
    """`struct dahdi_dynamic_span`."""

    _fields_ = (
        ("driver", ctypes.c_char * 20),
        ("address", ctypes.c_char * 40),
        ("channels", ctypes.c_int),
        ("timing", ctypes.c_int),
        ("number", ctypes.c_int),
    )


def request(direction: int, number: int, size: int) -> int:
    """An ioctl of the driver's."""
    return direction << 30 | size << 16 | 0xDA << 8 | number


def main(what: str, first: str, second: str) -> None:
    """Do it."""
    control = os.open("/dev/dahdi/ctl", os.O_RDWR)
    if what == "alarm":
        fcntl.ioctl(control, request(WRITE, 82, 8), (ctypes.c_int * 2)(int(first), int(second)))
        return
    span = DynamicSpan(b"loc", first.encode(), int(second), 0)
    if what == "unplug":
        fcntl.ioctl(control, request(WRITE, 81, ctypes.sizeof(span)), span)
    else:
        fcntl.ioctl(control, request(READ | WRITE, 80, ctypes.sizeof(span)), span)


if __name__ == "__main__":
    main(*sys.argv[1:])
