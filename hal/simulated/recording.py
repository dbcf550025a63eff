"""A recording of a simulated line: a row without a file."""

from collections.abc import Mapping

from hal.api import StartRecording
from hal.simulated.leg import SimulatedLeg

__all__ = ["SimulatedRecording", "channels_of"]

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


def channels_of(command: StartRecording, legs: Mapping[str, SimulatedLeg]) -> tuple[tuple[SimulatedLeg, ...], ...]:
    """The legs in each channel of the recording that is asked for, without those that are gone."""
    right = dict.fromkeys(leg for leg in (command.right, *command.others) if leg)
    sides = ((command.left,), tuple(right)) if right else ((command.left,),)
    return tuple(tuple(legs[leg] for leg in side if leg in legs) for side in sides)
