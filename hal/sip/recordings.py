"""Makes recordings out of what the workers wrote: one WAV file for each side becomes one with a channel for each, whole or not there.

Nothing here trusts a header: a worker that was killed leaves sizes of zero, and what is on disk counts. Blocking; to be run in a thread.
"""

import hashlib
import json
import os
from array import array
from pathlib import Path
from typing import BinaryIO

import attrs

from hal.sip.wire import RecordingClosed

__all__ = ["Stored", "found_any", "left_over", "manifest_path", "store"]

RATE = 8000
WIDTH = 2
BLOCK_FRAMES = 160_000


@attrs.frozen
class Stored:
    """A recording as it lies on disk."""

    duration_s: float
    size_bytes: int


def manifest_path(run: Path, line: str, recording: str) -> Path:
    """Where a recording going on is noted, so that it can be saved whoever crashes."""
    return run / f"{line}.{hashlib.sha256(recording.encode()).hexdigest()[:16]}.recording"


def found_any(closed: RecordingClosed) -> bool:
    """True if at least one part is on disk."""
    return any(Path(part).exists() for part in closed.parts)


def store(closed: RecordingClosed, manifest: Path) -> Stored:
    """Join the parts, make the file durable, take its name, remove what is not needed any more. May be repeated after a crash at any point.

    The channels are made equally long by silence at the end.

    Raises:
        OSError: the disk is full, a part is missing, ...; the parts are kept.

    """
    file = Path(closed.file)
    parts = [Path(part) for part in closed.parts]
    if not found_any(closed) and file.exists():  # stored before; only the rest was not done
        manifest.unlink(missing_ok=True)
        size = file.stat().st_size
        return Stored((size - 44) / (RATE * WIDTH * len(parts)), size)
    if closed.error and not found_any(closed):  # it failed before anything was heard
        manifest.unlink(missing_ok=True)
        return Stored(0.0, 0)
    if not found_any(closed):
        manifest.unlink(missing_ok=True)
        raise FileNotFoundError(f"the parts of '{file}' are gone")
    passing = file.with_name(f".{file.name}.joining")
    frames = _join(parts, passing)
    os.replace(passing, file)  # noqa: PTH105 - the same file system: atomic
    _sync(file.parent)
    for part in parts:
        part.unlink(missing_ok=True)
    manifest.unlink(missing_ok=True)
    return Stored(frames / RATE, file.stat().st_size)


def left_over(run: Path, line: str) -> dict[str, tuple[RecordingClosed, Path]]:
    """Recordings of a line that nobody has stored, by ID, with their notes."""
    found = {}
    for manifest in sorted(run.glob(f"{line}.*.recording")):
        try:
            closed = RecordingClosed(**json.loads(manifest.read_text()))
        except (ValueError, TypeError):  # torn while it was written: its recording had not begun
            manifest.unlink(missing_ok=True)
            continue
        found[closed.recording] = (closed, manifest)
    return found


def _join(parts: list[Path], target: Path) -> int:
    """Write the parts side by side; returns the number of frames."""
    sources = []
    try:
        for part in parts:
            source = part.open("rb")
            sources.append((source, _data(part)))
        frames = max(length // WIDTH for _, (_, length) in sources)
        for source, (start, _) in sources:
            source.seek(start)
        with open(target, "wb", opener=_private) as out:
            out.write(_header(len(parts), frames))
            for first in range(0, frames, BLOCK_FRAMES):
                count = min(BLOCK_FRAMES, frames - first)
                out.write(_interleaved([_block(s, first, count, length) for s, (_, length) in sources], count))
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    finally:
        for source, _ in sources:
            source.close()
    return frames


def _block(source: BinaryIO, first: int, count: int, length: int) -> bytes:
    wanted = max(0, min(count * WIDTH, length // WIDTH * WIDTH - first * WIDTH))
    return source.read(wanted).ljust(count * WIDTH, b"\0")


def _interleaved(channels: list[bytes], count: int) -> bytes:
    if len(channels) == 1:
        return channels[0]
    mixed = array("h", bytes(count * WIDTH * len(channels)))
    for number, channel in enumerate(channels):
        mixed[number :: len(channels)] = array("h", channel)
    return mixed.tobytes()


def _data(part: Path) -> tuple[int, int]:
    """Where the samples of a WAV file begin and how many bytes they are, by the size of the file. Cut off in its header, it holds none."""
    size = part.stat().st_size
    with part.open("rb") as file:
        head = file.read(256)
    at = head.find(b"data", 12)
    start = at + 8 if at > 0 else 44
    return start, max(0, size - start)


def _header(channels: int, frames: int) -> bytes:
    data = frames * WIDTH * channels
    return b"".join(
        (
            b"RIFF", (36 + data).to_bytes(4, "little"), b"WAVEfmt ", (16).to_bytes(4, "little"), (1).to_bytes(2, "little"),
            channels.to_bytes(2, "little"), RATE.to_bytes(4, "little"), (RATE * WIDTH * channels).to_bytes(4, "little"),
            (WIDTH * channels).to_bytes(2, "little"), (WIDTH * 8).to_bytes(2, "little"), b"data", data.to_bytes(4, "little"),
        )
    )  # fmt: skip


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
