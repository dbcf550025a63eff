"""A recording of a simulated line: a row without a file."""

from hal.simulated.leg import SimulatedLeg

__all__ = ["SimulatedRecording"]

_HEADER_BYTES = 44
_BYTES_PER_SECOND = 16_000  # 8 kHz, 16 bit, per channel


class SimulatedRecording:
    """What is recorded, since when, and how long the file would be."""

    __slots__ = ("file", "id", "left", "right", "since")

    def __init__(self, id_: str, file: str, left: SimulatedLeg, right: SimulatedLeg | None, since: float) -> None:
        """Made by the line."""
        self.id, self.file, self.left, self.right, self.since = id_, file, left, right, since

    def legs(self) -> tuple[SimulatedLeg, ...]:
        """The legs that are recorded, left first."""
        return (self.left,) if self.right is None else (self.left, self.right)

    def size_bytes(self, duration_s: float) -> int:
        """How long the file would be."""
        return _HEADER_BYTES + len(self.legs()) * round(duration_s * _BYTES_PER_SECOND)
