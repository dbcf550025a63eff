"""A recording of a simulated line: a row without a file."""

from hal.simulated.leg import SimulatedLeg

__all__ = ["SimulatedRecording"]

_HEADER_BYTES = 44
_BYTES_PER_SECOND = 16_000  # 8 kHz, 16 bit, per channel


class SimulatedRecording:
    """What is recorded, since when, and how long the file would be."""

    __slots__ = ("channels", "file", "id", "since")

    def __init__(self, id_: str, file: str, channels: tuple[tuple[SimulatedLeg, ...], ...], since: float) -> None:
        """Made by the line."""
        self.id, self.file, self.since = id_, file, since
        self.channels = channels
        """The legs in each channel, left first."""

    def legs(self) -> tuple[SimulatedLeg, ...]:
        """The legs that are recorded, left first."""
        return tuple(leg for channel in self.channels for leg in channel)

    def size_bytes(self, duration_s: float) -> int:
        """How long the file would be."""
        return _HEADER_BYTES + len(self.channels) * round(duration_s * _BYTES_PER_SECOND)
