"""What a session says: to the wire `Send` and `Hangup`, and the rest to who uses it."""

from collections.abc import Hashable

from hal.api import value
from hal.csta.messages import ConnectionID, CSTAErrorCode, Message, Response

__all__ = [
    "OF_NO_USE",
    "Answer",
    "Ended",
    "Hangup",
    "Heard",
    "Ignored",
    "Late",
    "Notice",
    "Opened",
    "Refused",
    "Routing",
    "RoutingStopped",
    "Send",
    "Snapshot",
    "Status",
    "Unanswered",
    "Unwatched",
    "Watched",
]


@value
class Notice:
    """Base of them."""


@value
class Send(Notice):
    """Bytes for the connection."""

    data: bytes


@value
class Hangup(Notice):
    """The connection is of no use any more: close it, and say so by `Session.closed`."""

    reason: str


@value
class Opened(Notice):
    """The session is open; monitors and registrations follow."""

    session_id: str
    version: str
    """The edition's namespace that was agreed upon."""


@value
class Ended(Notice):
    """An open session is over, and with it every monitor and registration."""

    reason: str


@value
class Answer(Notice):
    """A request was answered well."""

    handle: Hashable
    response: Response


@value
class Refused(Notice):
    """A request was answered with an error."""

    handle: Hashable
    error: CSTAErrorCode


@value
class Unanswered(Notice):
    """Nothing is known of a request: whether it was carried out, only events can tell."""

    handle: Hashable
    reason: str


@value
class Late(Notice):
    """A request was carried out after all: it was said to be `Unanswered` before this answer came."""

    handle: Hashable
    response: Response


@value
class Heard(Notice):
    """An event of a monitor (of which device; empty when its monitor is not known), or one of the routing dialogue."""

    message: Message
    device: str = ""


@value
class Snapshot(Notice):
    """All connections of a device, each with its state in the switch's words."""

    device: str
    connections: tuple[tuple[ConnectionID, str], ...]
    of_all: bool = False
    """All devices are looked at, for events may have been lost: those of agents' states as well."""


@value
class Watched(Notice):
    """A device is monitored, for the first time or again; its snapshot follows."""

    device: str


@value
class Unwatched(Notice):
    """A device is not, and will be asked for again."""

    device: str
    reason: str


@value
class Routing(Notice):
    """The switch asks us about the calls to this device."""

    device: str


@value
class RoutingStopped(Notice):
    """It does not, and will be asked again."""

    device: str
    reason: str


@value
class Status(Notice):
    """How the switch says it is."""

    status: str


OF_NO_USE = frozenset(
    f"{name}Event"
    for name in (
        "AutoAnswer", "AutoWorkMode", "Bridged", "ButtonInformation", "ButtonPress", "CallBack", "CallBackMessage", "CallInformation",
        "CallerIDStatus", "Charging", "DigitsDialed", "DigitsGenerated", "DisplayUpdated", "DoNotDisturb", "Forwarding", "Hookswitch",
        "LampMode", "MediaAttached", "MediaDetached", "MessageWaiting", "MicrophoneGain", "MicrophoneMute", "NetworkCapabilitiesChanged",
        "RingerStatus", "RouteingMode", "ServiceCompletionFailure", "SpeakerMute", "SpeakerVolume", "TelephonyTonesGenerated",
    )
)  # fmt: skip
"""Events of the standard (ECMA-269, named as in ECMA-323) that a switch may send of what it watches for us, and from which nothing follows
here: a caller at a port who presses keys makes one with each."""


@value
class Ignored(Notice):
    """Something came that nobody can use: it is counted, and written to the log."""

    reason: str
    strange: bool = False
    """It could not be read, or is nothing that is known here; else it came at the wrong time, or is one of `OF_NO_USE`."""
