"""What the switch answers to what was asked of it; the handle says what that was, and for which leg."""

from collections.abc import Hashable

from hal.api import Cause, CommandFailed, ShowAgent
from hal.csta.mapping.legs import AgentStage
from hal.csta.mapping.parts import Parts
from hal.csta.messages import (
    ConferenceCallResponse,
    ConsultationCallResponse,
    MakeCallResponse,
    Response,
    SingleStepTransferCallResponse,
    TransferCallResponse,
)
from hal.csta.model import State

__all__ = ["Answers"]


class Answers:
    """Answers to `Ask`."""

    def __init__(self, parts: Parts) -> None:
        """Use these parts."""
        self._board, self._setup = parts.board, parts.board.setup
        self._dialling = parts.dialling
        self._consulting, self._recording, self._states = parts.consulting, parts.recording, parts.states

    def yes(self, handle: Hashable, response: Response) -> None:
        """The switch does it."""
        board = self._board
        match handle, response:
            case ("consult", str() as leg), ConsultationCallResponse(initiated_call=initiated) if leg in board.agents:
                self._consulting.consults(board.agents[leg], initiated.call)
            case ("join", str() as leg), TransferCallResponse(transferred_call=transferred) if leg in board.agents:
                if transferred.call:
                    if board.state(transferred.call, board.agents[leg].station) is State.NULL:
                        board.look_at(board.agents[leg].station)  # should the event of it be lost
                    self._consulting.joined(board.agents[leg], transferred.call)
                    self._recording.follow(board.agents[leg].customer)
            case ("park", str() as leg), SingleStepTransferCallResponse(transferred_call=parked) if leg in board.agents:
                self._consulting.parting.parked(board.agents[leg], parked.call)
            case ("pass", str() as leg), SingleStepTransferCallResponse(transferred_call=passed) if leg in board.agents:
                self._consulting.parting.passed(board.agents[leg], passed.call)
            case ("dial", str() as leg), MakeCallResponse(calling_device=calling) if leg in board.agents:
                self._dialling.dials(board.agents[leg], calling.call)
            case ("ask", str() as leg), ConsultationCallResponse(initiated_call=initiated) if leg in board.agents:
                self._consulting.asking.asks(board.agents[leg], initiated.call)
            case ("give", str() as leg), TransferCallResponse(transferred_call=given) if leg in board.agents and given.call:
                asked = board.agents[leg].asks
                self._consulting.asking.given(board.agents[leg], given.call)
                if asked is not None:
                    self._consulting.mixed(asked.customer)
                    self._recording.follow(asked.customer)
            case ("together", str() as leg), ConferenceCallResponse(conference_call=all_in) if leg in board.agents and all_in.call:
                self._consulting.asking.together(board.agents[leg], all_in.call)
                self._consulting.mixed(board.agents[leg].customer)
            case ("move", str() as leg), _ if leg in board.agents:
                self._consulting.asking.moved(board.agents[leg])
                self._recording.follow(board.agents[leg].customer)
            case ("how", str() as station), _:
                self._states.found(station, response)

    def late(self, handle: Hashable, response: Response) -> None:
        """The switch has done what was given up: nobody is called for somebody who is not waited for any more."""
        match handle, response:
            case ("dial", str() as leg), MakeCallResponse(calling_device=calling):
                self._dialling.too_late(leg, self._setup.read(calling.device), calling.call)
            case ("ask", _), ConsultationCallResponse(initiated_call=initiated):
                self._consulting.asking.look_again(self._setup.read(initiated.device))
            case ("consult", _), ConsultationCallResponse(initiated_call=initiated):
                self._board.look_at(self._setup.read(initiated.device))

    def no(self, handle: Hashable, why: str, cause: Cause) -> None:
        """It does not, or has not said so in time."""
        board, line = self._board, self._setup.line
        match handle:
            case ("consult", str() as leg) if leg in board.agents and board.agents[leg].stage is AgentStage.ASKED:  # no event has told
                customer = board.agents[leg].customer
                self._consulting.consult_failed(board.agents[leg], cause)
                board.look_at(customer.port)
            case ("join", str() as leg) if leg in board.agents:
                self._consulting.join_failed(board.agents[leg], why)
            case ("move" | "together", str() as leg) if leg in board.agents:
                self._consulting.asking.moved_not(board.agents[leg], why, refused=cause is Cause.USER_BUSY)
            case ("ask", str() as leg) if leg in board.agents and not board.agents[leg].call:  # no event has told
                self._consulting.asking.asks_not(board.agents[leg], cause)
            case ("dial", str() as leg) if leg in board.agents and (cause is Cause.USER_BUSY or not board.agents[leg].call):
                # what events told was a call that he has made himself
                self._dialling.dials_not(board.agents[leg], cause, refused=cause is Cause.USER_BUSY)
            case ("end", str() as station, str() as call):
                self._consulting.asking.not_ended(station, call)
            case ("give", str() as leg) if leg in board.agents:
                self._consulting.parting.not_given(board.agents[leg], why)
            case ("park", str() as leg) if leg in board.agents:
                self._consulting.parting.failed(board.agents[leg], why)
            case ("pass", str() as leg) if leg in board.agents:
                self._consulting.parting.not_passed(board.agents[leg], why, cause)
            case ("deflect", str() as leg, str() as device) if leg in board.customers:
                self._consulting.parting.not_deflected(board.customers[leg], device, why)
            case ("record", str() as leg) if leg in board.recorders:
                self._recording.failed(board.recorders[leg].customer, why)
            case ("back", str() as leg) if leg in board.customers:
                board.look_at(board.customers[leg].port)
            case ("clear", str() as leg) if leg in board.customers:
                customer = board.customers[leg]
                customer.late_at = board.now + self._setup.come_in_s
                board.look_at(customer.agent.station if customer.agent is not None else customer.port)
            case ("show", ShowAgent() as command, str() as what):
                self._states.refused(command, what, why)
            case ("how", str() as station):
                self._states.not_found(station, refused=cause is Cause.USER_BUSY)
            case ("keys", str() as leg):
                board.say(CommandFailed(line, leg, "SendDigits", why))
