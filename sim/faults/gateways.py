"""What breaks at the business systems that call flows ask."""

from typing import ClassVar

from appliance.config import Duration, setting, table
from sim.faults.fitting import Hit
from sim.faults.moments import Moment

__all__ = ["GatewayDead", "GatewaySlow"]


@table
class GatewaySlow(Hit):
    """Each answer of a gateway takes longer; longer than the site's time-out is none."""

    hits: ClassVar[str] = "gateway"

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    gateway: str = setting(doc="Name of the gateway.")
    delay: Duration = setting(default=Duration(5.0), doc="How much longer.")


@table
class GatewayDead(Hit):
    """A gateway refuses every connection."""

    hits: ClassVar[str] = "gateway"

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    gateway: str = setting(doc="Name of the gateway.")
