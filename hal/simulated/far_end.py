"""What is on the far side of a simulated line: its subscribers, and the protocol in which the line tells them what happens.

The line tells, the far end acts - at once or later, as it likes - by the methods of `SimulatedLine` and of the `SimulatedLeg` it was given:

    a caller            line.arrive(party, ani, dnis)           then told ringing, answered, playing, mixed, released
                                                                acts: party.leg.press("1"), .hold(), .hang_up()
    a called phone      far_end.called(leg, ...) -> party       then told called; acts: party.leg.ring(), .answer(), .refuse(cause)
    a phone's log-in    line.register(station, password)

Everything may be told before the method that caused it returns: without delays a call can be over when `arrive` comes back.
Nobody is told what he did himself: `hang_up` is not answered by `released`.
"""

from typing import TYPE_CHECKING, Protocol

from hal.api import Cause

if TYPE_CHECKING:
    from hal.simulated.leg import SimulatedLeg
    from hal.simulated.line import SimulatedLine
    from hal.simulated.recording import SimulatedRecording

__all__ = ["Connection", "FarEnd", "Party"]


class Connection(Protocol):
    """What a party can do on its leg; `SimulatedLeg` can do more, and a world that also calls by real telephones needs no more."""

    def ring(self) -> None:
        """Tell the line that it rings here."""

    def answer(self) -> None:
        """Pick up."""

    def refuse(self, cause: Cause = Cause.USER_BUSY) -> None:
        """Do not take the call."""

    def press(self, digits: str) -> None:
        """Send keys."""

    def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """End the call, or give it up before the answer."""


class Party:
    """One telephone during one call; each method is called by the line when that happens, and does nothing here."""

    __slots__ = ("leg",)

    leg: Connection
    """Its connection: set by the line before anything else is told."""

    def called(self) -> None:
        """The call has reached this phone: it can ring, answer or refuse."""

    def ringing(self, early_media: bool) -> None:
        """The calling party hears that it rings at the other end, or already what is played there."""

    def answered(self) -> None:
        """The line has answered the call of this party."""

    def released(self, cause: Cause) -> None:
        """The line has ended, refused or lost the call; nothing comes after this."""

    def playing(self, play: int, files: tuple[str, ...], loop: bool) -> None:
        """These files begin to sound."""

    def play_ended(self, play: int) -> None:
        """They have ended, been stopped or replaced."""

    def beep(self) -> None:
        """A tone says: speak now, you are recorded."""

    def mixed(self, hears: tuple[str, ...]) -> None:
        """From now on this party hears these legs."""

    def digits(self, digits: str) -> None:
        """The line sends keys."""

    def held(self) -> None:
        """The line puts this party on hold."""

    def retrieved(self) -> None:
        """The line takes it back."""

    def transfer_answered(self, cause: Cause | None) -> None:
        """The transfer this party asked for was done, or has failed for this cause."""


class FarEnd:
    """Everything on the far side of one line; it stays while the line is closed and opened again."""

    def opened(self, line: "SimulatedLine") -> None:
        """The line is open, for the first time or again: this is the object to act on from now on."""

    def closed(self, line: "SimulatedLine") -> None:
        """The line is closed; its calls were released."""

    def called(self, leg: "SimulatedLeg", to: str, ani: str, display: str) -> Party | Cause:
        """The line calls `to` (`station:8001` or `number:...`): who takes this call, or why it fails."""
        raise NotImplementedError

    def transferred(self, leg: "SimulatedLeg", to: str) -> None:
        """The line has handed the party of `leg`, which is told `released`, over to `to` in the network."""

    def recorded(self, recording: "SimulatedRecording") -> None:
        """A recording has ended."""
