"""What breaks at the appliance's own machine: its process, its disk, its clock."""

from random import Random
from typing import Any

from appliance.config import Duration, setting, table
from sim.faults.fitting import Hit
from sim.faults.moments import Moment

__all__ = ["ClockJump", "CoreRestart", "DiskFull", "DiskSlow"]


@table
class CoreRestart(Hit):
    """The appliance's process dies without a word and comes back from its store; calls go on at their media workers meanwhile."""

    at: Moment = setting(doc="When it dies.")
    for_: Duration = setting(key="for", default=Duration(2.0), doc="How long it is down before it starts again.")


@table
class DiskFull(Hit):
    """The disk takes nothing more: rows wait in memory until there is space again."""

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")


@table
class DiskSlow(Hit):
    """Every write to the disk takes long."""

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    delay: Duration = setting(default=Duration(1.0), doc="How much longer each write takes.")


@table
class ClockJump(Hit):
    """Somebody, or a time server, moves the machine's clock."""

    at: Moment = setting(doc="When it happens.")
    by_s: float = setting(ge=-86400, le=86400, doc="Seconds forwards; backwards when negative.")

    @classmethod
    def more(cls, chance: Random) -> dict[str, Any]:
        """By how much."""
        return {"by_s": chance.choice((-600.0, -30.0, -1.0, 1.0, 30.0, 600.0))}
