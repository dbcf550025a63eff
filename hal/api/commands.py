"""What the core asks of a line: imperative, one class each, accepted or refused by `Line.submit`; the outcome comes as an event.

The set is made for lines that differ: a CTI link can ROUTE and OBSERVE but not PLAY. Each command names the capability it needs.
A command for a leg that is just being released is quietly without effect: the `Released` event is on its way.
"""

from collections.abc import Mapping
from typing import ClassVar

from hal.api.capability import Capability
from hal.api.causes import Cause
from hal.api.events import AgentMode
from hal.api.value import value

__all__ = [
    "Alert",
    "Answer",
    "AnswerTransfer",
    "Command",
    "Hold",
    "ListLegs",
    "Listen",
    "Mix",
    "Originate",
    "Play",
    "Reject",
    "Release",
    "Retrieve",
    "Route",
    "SendDigits",
    "ShowAgent",
    "StartRecording",
    "StopListening",
    "StopPlay",
    "StopRecording",
    "Transfer",
]


@value
class Command:
    """Base of all commands; `line` names the line that is to do it, `needs` what that line must be able to do."""

    needs: ClassVar[Capability]

    line: str


@value
class ListLegs(Command):
    """Say what is there now -> `LegsListed`, unless the line cannot say it just now.

    It takes its place in the order of things: the line has done every command that came before this one, and what it lists it lists
    after all events that it told before.
    """

    needs: ClassVar = Capability.LISTING
    listing: int
    """Number of this listing, chosen by the core."""


@value
class Alert(Command):
    """Tell the caller that it rings (SIP 180), or with `early_media` open the speech path before the answer (SIP 183)."""

    needs: ClassVar = Capability.ANSWER
    leg: str
    early_media: bool = False


@value
class Answer(Command):
    """Answer an arrived leg -> `Answered`, or `Released` if the caller was faster."""

    needs: ClassVar = Capability.ANSWER
    leg: str


@value
class Reject(Command):
    """Refuse an arrived leg with a cause -> `Released`."""

    needs: ClassVar = Capability.ANSWER
    leg: str
    cause: Cause


@value
class Release(Command):
    """End a leg, answered or still being set up (SIP BYE or CANCEL) -> `Released`."""

    needs: ClassVar = Capability.ANSWER
    leg: str
    cause: Cause = Cause.NORMAL_CLEARING


@value
class Originate(Command):
    """Call `to` under the leg ID the core chose -> `Alerted`? then `Answered` or `Released`.

    `to` is `station:8001` or `number:13800138000`; a number goes by `trunk` (empty: the line's first).
    """

    needs: ClassVar = Capability.ORIGINATE
    leg: str
    to: str
    ani: str
    """Number shown to the called party."""
    display: str = ""
    """Text shown to the called party, e.g. the queue's name."""
    trunk: str = ""
    beside: str = ""
    """A leg of the same line that this one will be mixed with: both must live in the same media worker."""
    auto_answer: bool = False
    """Ask the phone to answer by itself (`Call-Info: ...;answer-after=0` and `Alert-Info: info=alert-autoanswer`); it need not obey."""
    then: str = ""
    """Whom the core will call beside this leg as soon as it has answered, written like `to`: a line whose phones dial by themselves may
    have this one do so. The command to call him follows in any case."""


@value
class Play(Command):
    """Play files one after the other into the leg, from the start again if `loop`; a new Play replaces the one going on -> `PlayEnded`."""

    needs: ClassVar = Capability.PLAY
    leg: str
    play: int
    """Number of this play, chosen by the core, never reused on the leg."""
    files: tuple[str, ...]
    loop: bool = False


@value
class StopPlay(Command):
    """Stop the play going on, if it is still number `play` -> `PlayEnded(STOPPED)`."""

    needs: ClassVar = Capability.PLAY
    leg: str
    play: int


@value
class Listen(Command):
    """Listen on the leg for these words -> each time its far end speaks `SpeechBegan` and then `SpeechHeard`.

    It goes on until StopListening, a new Listen on the leg, or the release. What the leg is played is not listened to. No call depends on
    it: where speech cannot be understood in time, or at all, nothing is heard. A language that the line has no model for: `CommandFailed`.
    """

    needs: ClassVar = Capability.SPEECH
    leg: str
    listening: int
    """Number of this listening, chosen by the core, never reused on the leg."""
    language: str
    words: Mapping[str, tuple[str, ...]]
    """Meaning -> the words, or groups of words, that have it."""
    most: int = 1
    """So many of them may be said in a row, as the digits of a number."""


@value
class StopListening(Command):
    """End a listening, if it is still number `listening`; nothing more is heard of it."""

    needs: ClassVar = Capability.SPEECH
    leg: str
    listening: int


@value
class SendDigits(Command):
    """Send keys to the far end by RFC 4733 (or INFO, or in-band, as negotiated)."""

    needs: ClassVar = Capability.DTMF
    leg: str
    digits: str


@value
class StartRecording(Command):
    """Record what `left` says into the left channel of a WAV file (8 kHz, 16 bit), what `right` and `others` say into the right one.

    With neither `right` nor `others` the file has one channel. With `beep`, a tone to the left leg first. Legs that are gone are passed
    over; if all of them are, it ends at once with the error `LEGS_GONE`. Else it ends with StopRecording, with `max_s`, or when every
    recorded leg is released -> `RecordingEnded`. `file` appears under its name only when it is whole.

    A conversation whose parties change is recorded in segments: StopRecording, followed at once by StartRecording with the new parties,
    loses no more than one frame (20 ms) between the two files and changes nothing of who hears whom.
    """

    needs: ClassVar = Capability.RECORD
    recording: str
    file: str
    left: str
    right: str = ""
    max_s: float = 0.0
    """0: no limit."""
    beep: bool = False
    others: tuple[str, ...] = ()
    """More legs in the right channel, as in a conference. All recorded legs must live in the same media worker."""


@value
class StopRecording(Command):
    """End a recording -> `RecordingEnded`."""

    needs: ClassVar = Capability.RECORD
    recording: str


@value
class Mix(Command):
    """Set whom each of these legs hears, exactly; legs that are not keys stay as they are.

    Conference, silent listening, whisper and barge-in are all this: `{"a": ("b",), "b": ("a",)}` is a conversation, adding
    `"s": ("a", "b")` a silent supervisor, and `"a": ("b", "s")` lets the supervisor whisper to a.
    """

    needs: ClassVar = Capability.MIX
    hears: Mapping[str, tuple[str, ...]]


@value
class Hold(Command):
    """Put the far end on hold: it is told so, hears only what is played to it, and nobody hears it."""

    needs: ClassVar = Capability.HOLD
    leg: str


@value
class Retrieve(Command):
    """End a `Hold`; the mix from before it is in force again."""

    needs: ClassVar = Capability.HOLD
    leg: str


@value
class Transfer(Command):
    """Hand the far end over to `to` (as in Originate), in the network rather than here (SIP REFER) -> `Released`, or `CommandFailed`."""

    needs: ClassVar = Capability.TRANSFER
    leg: str
    to: str


@value
class AnswerTransfer(Command):
    """Tell the far end how the transfer it asked for (`TransferAsked`) has ended: without `cause` well, else with that cause.

    It changes nothing of the leg itself: after success the core releases it, if the far end does not do so first; after a failure the
    call goes on. Without a request that still waits for its answer it has no effect.
    """

    needs: ClassVar = Capability.TRANSFER
    leg: str
    cause: Cause | None = None


@value
class Route(Command):
    """Tell the switch where a call it asks about shall go (CSTA RouteSelect)."""

    needs: ClassVar = Capability.ROUTE
    leg: str
    to: str


@value
class ShowAgent(Command):
    """Have a phone of a switch show an agent's state (CSTA SetAgentState); else `CommandFailed`, with the station as its leg.

    The line keeps it until the phone shows it, somebody presses a key there, or something else is asked for: the switch is asked again,
    up to three times, then there is an alarm. When the phone is reached again it is tried anew.
    """

    needs: ClassVar = Capability.AGENT_STATES
    station: str
    agent: str
    mode: AgentMode
    reason: str = ""
