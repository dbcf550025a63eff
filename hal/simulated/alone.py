"""A simulated line without a core: what it keeps for the next one, as a media worker does (`hal.sip.worker`).

Calls go on by themselves, new ones are refused. Of what happens meanwhile the next core hears only what it cannot see from what is still
there: keys, and recordings that have ended. Who waits too long for a core ends all calls.
"""

from typing import TYPE_CHECKING

from hal.api import Adopted, Cause, DigitHeard, Event, RecordingEnded, StationRegistered
from hal.simulated.leg import LegState

if TYPE_CHECKING:
    from hal.simulated.line import SimulatedLine

__all__ = ["Alone"]


class Alone:
    """The time between two cores."""

    def __init__(self, line: "SimulatedLine") -> None:
        """Begin it; after `orphan_s` the calls are ended."""
        self._line = line
        self._kept: list[Event] = []
        self._over = False
        line.schedule(line.settings.orphan_s, self._give_up)

    def sink(self, event: Event) -> None:
        """Take what the core would have been told."""
        if isinstance(event, DigitHeard | RecordingEnded):
            self._kept.append(event)

    def tell(self) -> None:
        """Another core is there: it is told what there still is."""
        self._over = True
        line = self._line
        for leg in list(line.legs.values()):
            if leg.known:
                ani, dnis, station = leg.named
                line.emit(Adopted(line.name, leg.id, ani, dnis, leg.state is LegState.UP, station))
        for station, addresses in line.stations.items():
            line.emit(StationRegistered(line.name, station, next(iter(addresses))))
        for event in self._kept:
            if not isinstance(event, DigitHeard) or event.leg in line.legs:
                line.emit(event)

    def _give_up(self) -> None:
        if not self._over:
            self._line.settings.outlived = None
            self._line.shut(Cause.NORMAL_CLEARING)
