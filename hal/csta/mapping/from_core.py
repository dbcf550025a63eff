"""What the core wants done, and who of the parts does it."""

from collections.abc import Iterable

import attrs

from hal.api import (
    Alert,
    Answer,
    Command,
    CommandFailed,
    Mix,
    Originate,
    Play,
    PlayEnd,
    PlayEnded,
    Reject,
    Release,
    SendDigits,
    ShowAgent,
    StartRecording,
    StopPlay,
    StopRecording,
)
from hal.csta.mapping.legs import AgentLeg, Customer, Stage
from hal.csta.mapping.parts import Parts
from hal.csta.messages import GenerateDigits

__all__ = ["FromCore"]


class FromCore:
    """Commands for legs at the switch, and for those that only pass through to the voice line."""

    def __init__(self, parts: Parts) -> None:
        """Use these parts."""
        self._board, self._setup = parts.board, parts.board.setup
        self._callers, self._consulting, self._recording, self._states = parts.callers, parts.consulting, parts.recording, parts.states
        self._dialling, self._giving = parts.dialling, parts.giving

    def do(self, command: Command) -> None:
        """A command of the core."""
        board = self._board
        leg = getattr(command, "leg", "")
        customer, agent = board.customers.get(leg), board.agents.get(leg)
        match command:
            case ShowAgent():
                self._states.show(command)
            case Mix():
                self._mix(command)
            case StartRecording() if whose := self._customer_of((command.left, command.right, *command.others)):
                self._recording.start(whose, command)
            case StopRecording():
                self._recording.stop(command)
            case Originate() if agent is not None:
                pass  # it was told twice
            case Originate():
                self._originate(command)
            case _ if customer is not None:
                self._for_customer(customer, command)
            case _ if agent is not None:
                self._for_agent(agent, command)
            case _:
                board.voice(command)

    def _customer_of(self, legs: Iterable[str]) -> Customer | None:
        for leg in legs:
            if leg in self._board.customers:
                return self._board.customers[leg]
            if leg in self._board.agents:
                return self._board.agents[leg].customer
        return None

    def _mix(self, command: Mix) -> None:
        board = self._board
        ours = {leg: heard for leg, heard in command.hears.items() if leg in board.customers or leg in board.agents}
        board.hears.update(ours)
        if rest := {leg: heard for leg, heard in command.hears.items() if leg not in ours}:
            board.voice(Mix(command.line, rest))
        for customer in {id(one): one for leg in ours if (one := self._customer_of((leg,)))}.values():
            self._consulting.mixed(customer)
            self._recording.follow(customer)

    def _originate(self, command: Originate) -> None:
        board = self._board
        station, _ = board.dialled(command.to)
        if (customer := board.customers.get(command.beside)) is not None:
            if self._giving.originate(command, customer):
                self._consulting.as_seen(board.agents[command.leg])
            else:
                self._consulting.originate(command, customer)
        elif (agent := board.agents.get(command.beside)) is not None and self._dialling.is_of(agent):
            self._dialling.called(command, agent)
        elif agent is not None:
            self._consulting.asking.originate(command, agent)
        elif station and command.then:
            self._dialling.originate(command)
        elif station:  # for a call of the voice line's own, by its trunk to the switch
            board.voice(attrs.evolve(command, to=f"number:{station}"))
        else:
            board.voice(command)

    def _for_customer(self, customer: Customer, command: Command) -> None:
        board = self._board
        match command:
            case Alert():
                pass  # the switch lets it ring
            case Answer():
                self._callers.answer(customer)
            case Reject() | Release():
                self._callers.release(customer, command.cause)
            case Play():
                self._callers.play(customer, command)
            case StopPlay():
                self._callers.stop_play(customer, command)
            case SendDigits() if customer.stage is Stage.TALKING and customer.agent is not None:
                board.ask(
                    ("keys", customer.id), GenerateDigits(board.phone(customer.agent), characters_to_send=command.digits, digit_mode="dtmf")
                )
            case _ if (moved := self._callers.at_the_port(customer, command)) is not None:
                board.voice(moved)
            case _:
                board.say(CommandFailed(command.line, customer.id, type(command).__name__, "the switch has the call now"))

    def _for_agent(self, agent: AgentLeg, command: Command) -> None:
        board = self._board
        match command:
            case Release() | Reject() if self._dialling.is_of(agent):
                self._dialling.release(agent)
            case Release() | Reject():
                self._consulting.release(agent)
            case Play():
                board.say(PlayEnded(command.line, agent.id, command.play, PlayEnd.STOPPED))
            case StopPlay():
                pass  # nothing was
            case _:
                board.say(CommandFailed(command.line, agent.id, type(command).__name__, "the switch has the call"))
