"""What the core decides: commands to lines, rows to keep, PINs to check, alarms to show."""

from collections.abc import Mapping

from attrs import field

from appliance.core.program.expressions import Value
from appliance.core.records import Alarm, Record
from hal.api import Command, value

__all__ = [
    "Action",
    "AskGateway",
    "CheckAccount",
    "CheckPin",
    "OfferContact",
    "Persist",
    "Render",
    "Replied",
    "ShowAlarm",
    "WithdrawContact",
]


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
class AskGateway:
    """Ask a business gateway -> `GatewayAnswered(token)`, in time also when the gateway is slow, dead or shut off."""

    token: int
    gateway: str
    query: str
    arguments: Mapping[str, Value] = field(hash=False, repr=False)
    caller: str = ""
    """The number that calls, so that who tries codes can be told."""


@value
class CheckAccount:
    """Ask the shell whether this is the account's PIN, and with `new`, if it is, to set another -> `AccountChecked(token)`."""

    token: int
    accounts: str
    account: str
    pin: str = field(repr=False)
    new: str = field(default="", repr=False)
    caller: str = ""
    """The number that calls, so that who tries PINs of many accounts can be told."""


@value
class Render:
    """Make speech of a text that is not known before -> `Rendered(token)`."""

    token: int
    text: str
    language: str
    within_s: float = 0.0
    """For so long something else is heard: only then does somebody wait for it."""


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


_Asked = Persist | CheckPin | AskGateway | CheckAccount | Render
Action = Command | Record | _Asked | ShowAlarm | Replied | OfferContact | WithdrawContact
