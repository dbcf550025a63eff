"""From times of day, as the appliance wrote them, back to seconds of the simulation: also when its clock was moved in between."""

from collections.abc import Sequence
from math import inf

__all__ = ["Clocks"]

_BEFORE_S = -1.0
"""Nothing was written before a simulation began."""


class Clocks:
    """What the appliance took for the time of day, over a run."""

    def __init__(self, was_set: Sequence[tuple[float, float]]) -> None:
        """(since, ahead): from this second of the simulation on the time of day was so much more; in order of time."""
        ends = [*(since for since, _ in was_set[1:]), inf]
        first = was_set[0][1]
        self._pieces = [(_BEFORE_S, ends[0], first)]
        self._pieces += [(since, end, ahead) for (since, ahead), end in zip(was_set[1:], ends[1:], strict=True)]
        self._slack_s = 1e-6

    @classmethod
    def right(cls, wall_s: float) -> "Clocks":
        """Never moved; `wall_s` is the beginning of the simulation in seconds since the epoch."""
        return cls([(0.0, wall_s)])

    def moments(self, wall: float) -> list[float]:
        """Every second of the simulation at which it can have been that time of day, the first one first."""
        if len(self._pieces) == 1:
            return [wall - self._pieces[0][2]]
        slack_s = self._slack_s
        return [wall - ahead for since, end, ahead in self._pieces if since - slack_s <= wall - ahead <= end + slack_s]

    def next(self, wall: float, last: float) -> float:
        """The second of the simulation of a row that was written after another at second `last`."""
        possible = self.moments(wall) or [wall - self._pieces[-1][2]]
        if len(possible) == 1:
            return possible[0]
        return next((moment for moment in possible if moment >= last - self._slack_s), possible[-1])
