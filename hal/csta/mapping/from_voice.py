"""What happens at the ports, as the voice line behind them says, and who of the parts it is for."""

import attrs

from hal.api import Adopted, Answer, Answered, Arrived, Cause, Event, PlayEnded, Reject, Released
from hal.csta.mapping.legs import Customer, Recorder
from hal.csta.mapping.parts import Parts

__all__ = ["FromVoice"]


class FromVoice:
    """Events of callers and recorders at ports; those of the voice line's own calls pass through."""

    def __init__(self, parts: Parts) -> None:
        """Use these parts."""
        self._board = parts.board
        self._callers, self._recording, self._adopting = parts.callers, parts.recording, parts.adopting

    def heard(self, event: Event) -> None:
        """An event of the voice line."""
        board = self._board
        leg = getattr(event, "leg", "")
        whose = board.voices.get(leg)
        if leg in board.left:
            if isinstance(event, Released):
                del board.left[leg]
        elif isinstance(event, Arrived) and event.dnis in board.ports:
            self._came_in(event, board.ports[event.dnis])
        elif isinstance(event, Adopted) and event.dnis in board.ports:
            self._adopting.found(event)
        elif isinstance(whose, Customer):
            self._at_port(whose, event)
        elif isinstance(whose, Recorder):
            if isinstance(event, Answered):
                self._recording.joined(whose)
            elif isinstance(event, Released):
                self._recording.gone(whose)
                board.left.pop(event.leg, None)
        else:
            board.say(event)

    def _came_in(self, event: Arrived, whose: Customer | Recorder | None) -> None:
        board = self._board
        if isinstance(whose, Customer) and not whose.voice:
            self._callers.came_in(whose, event.leg)
        elif isinstance(whose, Recorder) and not whose.voice:
            whose.voice = event.leg
            board.voices[event.leg] = whose
            board.voice(Answer(event.line, event.leg))
        else:  # somebody has dialled a port by himself
            board.left[event.leg] = None
            board.voice(Reject(event.line, event.leg, Cause.CALL_REJECTED))

    def _at_port(self, customer: Customer, event: Event) -> None:
        match event:
            case Answered():
                self._callers.is_at_port(customer)
            case Released():
                self._callers.voice_gone(customer, event.cause, by_far_end=event.by_far_end)
                self._board.left.pop(event.leg, None)
            case PlayEnded():
                self._callers.play_ended(customer, event)
            case _:
                self._board.say(attrs.evolve(event, leg=customer.id))  # type: ignore[call-arg] # all of a leg have one
