"""What a line tells the core: past tense, one class each.

A leg's events come in this order; every leg that `Arrived` or was originated ends in exactly one `Released`, whatever happens:

    Arrived ─────────────┐                      (incoming)
    Originate ─ Alerted ─┴─ Answered ─ { PlayEnded DigitHeard SpeechHeard RecordingEnded HeldByFarEnd ... }* ─ Released

After `Released` nothing more is heard of the leg but `RecordingEnded`. Times are the core's business: events carry none.
"""

from enum import Enum

from hal.api.causes import Cause
from hal.api.value import value

__all__ = [
    "LEGS_GONE",
    "LONGEST_DATA",
    "LONGEST_NUMBER",
    "Adopted",
    "AgentMode",
    "AgentSeen",
    "Alerted",
    "Answered",
    "Arrived",
    "CommandFailed",
    "DigitHeard",
    "Event",
    "HeldByFarEnd",
    "LegsListed",
    "LineAlarm",
    "LineLost",
    "LineOpened",
    "ListedLeg",
    "PlayEnd",
    "PlayEnded",
    "RecordingEnded",
    "RegistrationRefused",
    "Released",
    "RetrievedByFarEnd",
    "Severity",
    "SpeechBegan",
    "SpeechHeard",
    "StationRegistered",
    "StationUnregistered",
    "TransferAsked",
    "Transferred",
]


LONGEST_NUMBER = 64
"""Characters of a calling or called number; the longest of ITU-T E.164 has 15 digits, names of stations may be longer."""


LONGEST_DATA = 256
"""Characters of what the network sends along with a call; user-to-user information of ITU-T Q.931 has 131 octets at most."""


LEGS_GONE = "every leg to be recorded was gone"
"""`RecordingEnded.error` of a recording that its legs left no time to begin: there is no file, and nothing is missing."""


class Severity(Enum):
    """Alarm severities of the field (S1): BLUE is information, YELLOW needs attention, RED is a loss of service."""

    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"


class PlayEnd(Enum):
    """How a `Play` ended."""

    COMPLETED = "completed"
    STOPPED = "stopped"  # by StopPlay or by a later Play on the same leg
    FAILED = "failed"  # a file is missing or unreadable


@value
class Event:
    """Base of all events; `line` names the line that reports it."""

    line: str


@value
class Arrived(Event):
    """A call has reached the line and waits for `Answer`, `Alert` or `Reject`."""

    leg: str
    ani: str
    """Calling party's number as the network gave it, at most `LONGEST_NUMBER` characters; empty when withheld."""
    dnis: str
    """Called number, no longer either: the service number, or what a station dialled. A call with longer ones is refused by the line."""
    trunk: str = ""
    """Name of the trunk or span; empty when it came from a station."""
    station: str = ""
    """The station that calls, proved by its registration or digest; empty for a trunk call."""
    channel: str = ""
    """Over what it comes, for whoever looks for a fault: span and channel of a card, or a port; empty when the line knows none."""
    data: str = ""
    """What the network, or a switch, has sent along with it, as a customer's key: at most `LONGEST_DATA` characters."""


@value
class Adopted(Event):
    """A leg that outlived the core's last run and is still there; sent after `LineOpened`, before any other event of that leg."""

    leg: str
    ani: str
    dnis: str
    """The number, or name of the station, that was called, whoever called."""
    answered: bool
    station: str = ""
    """The station at its far end, whoever called; empty for a trunk call."""


@value
class Alerted(Event):
    """The far end of an originated leg rings (SIP 180/183, ISDN ALERTING)."""

    leg: str


@value
class Answered(Event):
    """The leg is through in both directions; for an incoming leg, the answer was acknowledged."""

    leg: str


@value
class Released(Event):
    """The leg is gone; its ID is never used again."""

    leg: str
    cause: Cause = Cause.NORMAL_CLEARING
    by_far_end: bool = True


@value
class PlayEnded(Event):
    """The `Play` with this `play` number ended on its leg."""

    leg: str
    play: int
    end: PlayEnd = PlayEnd.COMPLETED


@value
class DigitHeard(Event):
    """One key, once: `0-9 * # A-D`, by RFC 4733, SIP INFO or in-band."""

    leg: str
    digit: str


@value
class SpeechBegan(Event):
    """Somebody speaks on a leg that is listened to: time to stop what he is played. `SpeechHeard` follows when he pauses."""

    leg: str
    listening: int
    """Number of the `Listen`."""


@value
class SpeechHeard(Event):
    """Somebody has spoken on a leg that is listened to."""

    leg: str
    listening: int
    """Number of the `Listen`."""
    meant: str
    """The meaning of what was said, of several in a row one after the other; empty: it was none of the words."""
    confidence: float = 0.0
    """From 0 to 1: how much it sounded like these words and nothing else."""


@value
class RecordingEnded(Event):
    """The recording is closed and whole on disk: `file`, its length in seconds and bytes. `error` says what is missing, if anything."""

    recording: str
    file: str
    duration_s: float
    size_bytes: int
    error: str = ""


@value
class HeldByFarEnd(Event):
    """The far end put us on hold (SIP re-INVITE sendonly/inactive)."""

    leg: str


@value
class RetrievedByFarEnd(Event):
    """The far end took us back from hold."""

    leg: str


@value
class TransferAsked(Event):
    """The far end asks to be replaced by another, and waits for `AnswerTransfer`; its call goes on meanwhile (RFC 3515, RFC 5589).

    Blind: by whoever answers at `to`. Attended: by the far end of a call it has with us already, `replaces` being our leg of that call.
    """

    leg: str
    to: str
    """The number as it was dialled, escapes undone."""
    replaces: str = ""
    unknown: bool = False
    """Attended, but the call to join is none of the line's, or is over, or is held by another media worker: such a transfer is refused
    (`AnswerTransfer` with a cause), never carried out as a blind one."""


@value
class Transferred(Event):
    """The far end has given its call to another phone of the line, by itself; `Released` of this leg follows.

    Who calls `station:TO` beside the other leg of the call finds that the phone rings for it, or was answered, already. Who does not within
    the moment will hear that the other leg is released: the two talk on without the line.
    """

    leg: str
    to: str
    """The station."""


@value
class StationRegistered(Event):
    """A phone is reachable under this station name (first contact, or again)."""

    station: str
    address: str


@value
class StationUnregistered(Event):
    """The station's last contact expired or was withdrawn."""

    station: str


class AgentMode(Enum):
    """What a switch knows of an agent besides his calls (ECMA-269, agent states)."""

    LOGGED_OUT = "logged out"
    READY = "ready"
    NOT_READY = "not ready"
    AFTER_CALL = "after call"  # working after call


@value
class AgentSeen(Event):
    """An agent's state at a phone of a switch: told of every such phone as the line opens, right after `LineOpened`, then of each change.

    What `ShowAgent` has asked for does not come back so, unless the phone shows something else in the end.
    """

    station: str
    agent: str
    """Who is logged in there, as the switch names him; empty: it does not say."""
    mode: AgentMode
    reason: str = ""


@value
class RegistrationRefused(Event):
    """A log-in of a phone was refused: wrong password or unknown station; `banned` once it was one too many from that address."""

    station: str
    address: str
    banned: bool = False


@value
class LineOpened(Event):
    """The line is open and takes commands."""

    capabilities: int
    """The bits of `hal.api.Capability`."""


@value
class LineLost(Event):
    """The line is gone with all its legs: each of them counts as released with NETWORK_OUT_OF_ORDER."""

    reason: str


@value
class LineAlarm(Event):
    """Something on the line needs eyes: raised, or `cleared`. `source` is the span, trunk, worker or station."""

    severity: Severity
    source: str
    text: str
    advice: str = ""
    cleared: bool = False


@value
class ListedLeg:
    """A leg as the line has it."""

    leg: str
    answered: bool
    play: int = 0
    """Number of the play going on; 0: none does."""


@value
class LegsListed(Event):
    """What the line has: every leg that was told of or originated and is not yet released, every recording that has not yet ended."""

    listing: int
    """Number of the `ListLegs`."""
    legs: tuple[ListedLeg, ...]
    recordings: tuple[str, ...]


@value
class CommandFailed(Event):
    """A command was accepted and then could not be done (a busy recorder, an unreachable gateway); the leg lives on."""

    leg: str
    command: str
    reason: str
