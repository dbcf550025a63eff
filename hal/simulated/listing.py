"""What a simulated line has, as it says it."""

from typing import TYPE_CHECKING

from hal.api import LegsListed, ListedLeg
from hal.simulated.leg import LegState

if TYPE_CHECKING:
    from hal.simulated.line import SimulatedLine

__all__ = ["listed"]


def listed(line: "SimulatedLine", listing: int) -> LegsListed:
    """The answer to `ListLegs`; a call that is still being set up is not there yet."""
    there = (leg for leg in line.legs.values() if leg.known)
    legs = (ListedLeg(leg.id, leg.state is LegState.UP, leg.playing.play if leg.playing is not None else 0) for leg in there)
    return LegsListed(line.name, listing, tuple(legs), tuple(line.recordings))
