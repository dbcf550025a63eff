"""Whether a recording's file is whole, from its RIFF header; the sound itself is not looked at.

Source: IBM and Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", WAVE.
"""

import struct
from pathlib import Path

from hal.api import value

__all__ = ["Sound", "measure"]


@value
class Sound:
    """A WAV file's length; `problem` says what is wrong with the file, and then the length is what can still be played."""

    duration_s: float
    size_bytes: int
    problem: str = ""


def measure(path: Path) -> Sound:
    """Read the header of a WAV file and compare it with the file's size.

    Raises:
        OSError: the file is not there or cannot be read.
    """
    size = path.stat().st_size
    bytes_per_s = 0
    with path.open("rb") as file:
        head = file.read(12)
        if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return Sound(0.0, size, "empty" if not size else "no WAV header")
        while len(chunk := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", chunk)
            if name == b"data":
                return _sound(size, size - file.tell(), length, bytes_per_s)
            if name == b"fmt ":
                body = file.read(length)
                bytes_per_s = struct.unpack_from("<I", body, 8)[0] if len(body) >= 12 else 0
                file.seek(length % 2, 1)
            else:
                file.seek(length + length % 2, 1)
    return Sound(0.0, size, "no sound in it")


def _sound(size: int, present: int, announced: int, bytes_per_s: int) -> Sound:
    if not bytes_per_s:
        return Sound(0.0, size, "its header does not say the format")
    if announced == 0 or announced > present:
        return Sound(present / bytes_per_s, size, f"cut off: the header announces {announced} bytes of sound, there are {present}")
    return Sound(announced / bytes_per_s, size)
