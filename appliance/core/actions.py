"""What the core decides: commands to lines, rows to keep, PINs to check, alarms to show."""

from appliance.core.records import Alarm, Record
from hal.api import Command, value

__all__ = ["Action", "CheckPin", "OfferContact", "Persist", "Replied", "ShowAlarm", "WithdrawContact"]


@value
class Persist:
    """Keep a row, and answer `Stored(token)` once it would survive a power cut. A `Record` that is an action itself is just kept."""

    record: Record
    token: int


@value
class CheckPin:
    """Ask the shell whether this is the agent's PIN -> `PinChecked(token)`. The core never sees secrets."""

    token: int
    agent: str
    pin: str


@value
class ShowAlarm:
    """An alarm was raised, or cleared, for people and forwarders to see; the row itself comes as Persist."""

    alarm: Alarm


@value
class Replied:
    """What became of a request with this token; `error` says why it was refused, empty: it is done."""

    token: int
    error: str = ""
    contact: str = ""
    """The contact that was made of it."""


@value
class OfferContact:
    """Offer a contact of another medium than voice at an agent's seat: he accepts or declines it within `ring_s`."""

    agent: str
    contact: str
    medium: str
    label: str
    ani: str
    ring_s: float


@value
class WithdrawContact:
    """The offer is over: the contact has left, or was given to somebody else."""

    agent: str
    contact: str


Action = Command | Record | Persist | CheckPin | ShowAlarm | Replied | OfferContact | WithdrawContact
