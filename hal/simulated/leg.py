"""A leg of a simulated line, seen from its far side, and who is heard on it.

           (incoming)                (originated)
ARRIVED ───────┐                 CALLED ── ring ──▶ CALLED
   │ Answer    │ Reject, Release,   │ answer │ refuse, Release
   ▼           │ hang_up            ▼        │
ANSWERING ─────┤                   UP ───────┤
   │ answer_s  │                             │
   ▼           ▼                             ▼
  UP ──────▶ GONE ◀──────────────────────────┘
"""

from enum import IntEnum
from typing import TYPE_CHECKING

from hal.api import Alerted, Answered, Cause, DigitHeard, HeldByFarEnd, Listen, RetrievedByFarEnd, TransferAsked
from hal.simulated.far_end import Party

if TYPE_CHECKING:
    from hal.simulated.line import SimulatedLine
    from hal.simulated.recording import SimulatedRecording

__all__ = ["NOBODY", "LegState", "Playing", "SimulatedLeg"]


class LegState(IntEnum):
    """How far the leg is."""

    ARRIVED = 0
    CALLED = 1
    ANSWERING = 2
    UP = 3
    GONE = 4


NOBODY = Party()
_CALLED, _ANSWERING, _UP, _GONE = LegState.CALLED, LegState.ANSWERING, LegState.UP, LegState.GONE


class Playing:
    """A play that goes on."""

    __slots__ = ("files", "loop", "play", "since")

    def __init__(self, play: int, files: tuple[tuple[str, float], ...], loop: bool) -> None:
        """`files` come with their lengths in seconds."""
        self.play, self.files, self.loop = play, files, loop
        self.since: float | None = None
        """When it began to sound; None: not yet."""

    def file_at(self, now: float) -> str | None:
        """The file that sounds now."""
        if self.since is None:
            return None
        into = now - self.since
        if self.loop and (total := sum(length for _, length in self.files)) > 0:
            into %= total
        for file, length in self.files:
            if into < length:
                return file
            into -= length
        return None


class SimulatedLeg:
    """One connection; its methods are what the party at the far end does. What is done on a leg that is gone has no effect."""

    __slots__ = (
        "auto_answer",
        "channel",
        "cut",
        "hears",
        "held",
        "held_by_party",
        "id",
        "known",
        "line",
        "listening",
        "named",
        "party",
        "playing",
        "recordings",
        "state",
        "transfer_asked",
        "trunk",
    )

    def __init__(self, line: "SimulatedLine", id_: str, party: Party, state: LegState, trunk: bool) -> None:
        """Made by the line."""
        self.line, self.id, self.party, self.state, self.trunk = line, id_, party, state, trunk
        self.hears: tuple[str, ...] = ()
        """Whom the mix lets it hear."""
        self.playing: Playing | None = None
        self.known = False
        """Whether the core knows of it: it has not arrived while it is being set up."""
        self.held = False
        self.held_by_party = False
        self.auto_answer = False
        """The line asks this phone to answer by itself."""
        self.transfer_asked = False
        """The party has asked for a transfer that was not answered yet."""
        self.recordings: list[SimulatedRecording] | None = None
        self.listening: Listen | None = None
        self.channel = 0
        """The channel to the network that it is on; 0: none in particular."""
        self.cut = False
        """Its span is in alarm: nothing passes in either direction, and neither side knows what the other does."""
        self.named = ("", "", "")
        """Calling number, called number or station, and the station at its far end: what outlives the core of a call's beginning."""

    # --- what the party does ----------------------------------------------------------------------------------------------

    def ring(self) -> None:
        """Tell the line that it rings here."""
        if self.state is _CALLED:
            self.line.emit(Alerted(self.line.name, self.id))

    def answer(self) -> None:
        """Pick up."""
        if self.state is _CALLED:
            self.state = _UP
            self.line.emit(Answered(self.line.name, self.id))

    def refuse(self, cause: Cause = Cause.USER_BUSY) -> None:
        """Do not take the call."""
        if self.state is _CALLED:
            self.line.far_end_released(self, cause)

    def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """End the call, or give it up before the answer."""
        if self.state is not _GONE:
            self.line.far_end_released(self, cause)

    def vanish(self) -> None:
        """Be gone without a word, as when a cable is cut: the line finds out by the silence (`silence_s`), and not while on hold."""
        if self.state is _UP:
            self.line.far_end_vanished(self)

    def press(self, digits: str) -> None:
        """Send keys, once the call is through."""
        for digit in "" if self.cut else digits:
            if self.state is _ANSWERING:
                self.confirm()
            if self.state is _UP:
                self.line.emit(DigitHeard(self.line.name, self.id, digit))

    def speak(self, text: str) -> None:
        """Say something, once the call is through; it is heard where the line listens."""
        if self.state is _UP and not self.cut:
            self.line.hearing.said(self, text)

    def hold(self) -> None:
        """Put the line on hold."""
        if self.state is _UP and not self.held_by_party and not self.cut:
            self.held_by_party = True
            self.line.emit(HeldByFarEnd(self.line.name, self.id))

    def retrieve(self) -> None:
        """Take the line back."""
        if self.state is _UP and self.held_by_party and not self.cut:
            self.held_by_party = False
            self.line.emit(RetrievedByFarEnd(self.line.name, self.id))

    def ask_transfer(self, to: str, replaces: str = "") -> None:
        """Ask to be replaced by `to`, or by the far end of another leg; has no effect while another such request waits."""
        if self.state is _UP and not self.transfer_asked and not self.cut:
            self.transfer_asked = True
            joined = replaces if replaces in self.line.legs and replaces != self.id else ""
            self.line.emit(TransferAsked(self.line.name, self.id, to, joined, replaces != joined))

    # --- what the line does -----------------------------------------------------------------------------------------------

    def confirm(self) -> None:
        """The answer has reached the caller and was acknowledged."""
        if self.state is _ANSWERING:
            self.state = _UP
            self.line.emit(Answered(self.line.name, self.id))

    def depart(self) -> None:
        """Be gone: nothing sounds on the leg any more."""
        self.state = _GONE
        self.playing = self.listening = None
        self.party = NOBODY

    def heard(self) -> tuple[str | None, tuple[str, ...]]:
        """What is heard at the far end at this moment: the file that plays, and the legs that can be heard."""
        file = self.playing.file_at(self.line.now()) if self.playing is not None else None
        if self.held or self.held_by_party or self.state is not _UP:
            return file, ()
        legs = self.line.legs
        heard = (legs.get(other) for other in self.hears)
        return file, tuple(leg.id for leg in heard if leg is not None and leg.state is _UP and not (leg.held or leg.held_by_party))
