"""What breaks at agents' desks."""

from typing import ClassVar

from appliance.config import Duration, setting, table
from sim.faults.fitting import Hit
from sim.faults.moments import Moment

__all__ = ["StationDead"]


@table
class StationDead(Hit):
    """A phone without power: it answers nothing, not even its own log-in, and the call on it falls silent."""

    hits: ClassVar[str] = "station"

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    station: str = setting(doc="Name of the station.")
