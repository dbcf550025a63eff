"""Agents leave customers: to a port, to who was asked for advice, out of a conference, or with them.

When the core releases an agent, it says within `settle_s` whether the customer goes, too, and who is called for him next.
"""

from typing import TYPE_CHECKING

from hal.api import Cause, CommandFailed
from hal.csta.mapping.board import Board
from hal.csta.mapping.callers import Callers
from hal.csta.mapping.legs import AgentLeg, AgentStage, Customer, Stage
from hal.csta.messages import ClearConnection, DeflectCall, SingleStepTransferCall

if TYPE_CHECKING:
    from hal.csta.mapping.asking import Asking

__all__ = ["Parting"]


class Parting:
    """All agents of one line who are released out of conversations."""

    def __init__(self, board: Board, callers: Callers, asking: "Asking") -> None:
        """Nobody is yet."""
        self._board, self._callers, self._asking = board, callers, asking

    def leaves(self, agent: AgentLeg) -> None:
        """He was released out of a conversation; what becomes of the customer is known by now."""
        board, customer, asked = self._board, agent.customer, agent.asks
        if agent.stage is AgentStage.JOINING or agent.moves is not None or (asked is not None and not asked.call):  # about to be known
            agent.leaves_at = board.now + board.setup.settle_s
            return
        agent.leaves_at = None
        others = [one for one in board.talkers(customer) if one is not agent and not one.ends]
        if customer.id not in board.customers:  # the switch could not be reached when he was released
            agent.ends = True
            board.unwanted[agent.call, agent.station] = None
            board.look_at(agent.station)
            board.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
        elif customer.ends:
            agent.ends = True
        elif asked is not None and not asked.ends:
            self._asking.give(agent)
        elif others:
            agent.ends = True
            board.ask(("leave", agent.id), ClearConnection(board.phone(agent)))
        else:
            agent.ends = True
            self._alone(agent, customer)

    def _alone(self, agent: AgentLeg, customer: Customer) -> None:
        """Nobody is left with the customer: he goes to a port; where none is free, straight to who is called for him, or away."""
        board = self._board
        port = board.free_port(board.setup.ports) if agent.station else ""
        if port:
            self._callers.expect(customer, port, Stage.PARKING)
            board.ask(("park", agent.id), SingleStepTransferCall(board.phone(agent), board.setup.written(port)))
        elif customer.waits is not None and agent.station:
            self._pass(agent, customer.waits)
        else:
            self._away(agent, customer)

    def _pass(self, agent: AgentLeg, to: AgentLeg) -> None:
        customer = agent.customer
        customer.stage, customer.late_at = Stage.PARKING, self._board.now + self._board.setup.come_in_s
        self._board.ask(("pass", agent.id), SingleStepTransferCall(self._board.phone(agent), self._board.setup.written(to.dialled)))

    def _away(self, agent: AgentLeg, customer: Customer) -> None:
        customer.ends, customer.late_at = True, self._board.now + self._board.setup.come_in_s
        self._board.ask(("clear", customer.id), ClearConnection(self._board.phone(agent)))

    def parked(self, agent: AgentLeg, call: str) -> None:
        """The switch has sent the customer to a port, and let the agent go with that."""
        customer = agent.customer
        customer.call = call or customer.call
        self._board.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
        self.free(customer)

    def free(self, customer: Customer) -> None:
        """His agent is out of the way; the voice line may have been faster than the switch."""
        if customer.voice and customer.stage is Stage.AT_PORT:
            self._callers.consulting.returned(customer)

    def passed(self, agent: AgentLeg, call: str) -> None:
        """The switch has sent the customer to who is called for him."""
        board, customer = self._board, agent.customer
        customer.call = call or customer.call
        board.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
        if customer.waits is not None:
            customer.agent, customer.waits = customer.waits, None
            customer.agent.stage, customer.agent.call = AgentStage.ASKED, customer.call
            self._callers.consulting.as_seen(customer.agent)

    def failed(self, agent: AgentLeg, why: str) -> None:
        """The switch does not send the customer to a port: he goes straight to who is called for him, or the conversation ends for both."""
        board, customer = self._board, agent.customer
        board.say(CommandFailed(board.setup.line, agent.id, "Release", why))
        board.leave_port(customer)
        was_parking, customer.stage, customer.late_at = customer.stage is Stage.PARKING, Stage.TALKING, None
        if was_parking and customer.waits is not None:
            self._pass(agent, customer.waits)
        else:
            self._away(agent, customer)

    def not_passed(self, agent: AgentLeg, why: str, cause: Cause) -> None:
        """Nor to who is called for him, as far as is known: that one is let go, and the conversation ends for both."""
        board, customer = self._board, agent.customer
        board.say(CommandFailed(board.setup.line, agent.id, "Release", why))
        customer.stage = Stage.TALKING
        if (waits := customer.waits) is not None:
            if waits.station:  # it may have been done, and the answer lost
                board.unwanted[customer.call, waits.station] = None
                board.look_at(waits.station)
            board.forget_agent(waits, cause)
        self._away(agent, customer)

    def not_given(self, agent: AgentLeg, why: str) -> None:
        """It does not join customer and who was asked: that one is let go, and the customer goes to a port."""
        board, asked = self._board, agent.asks
        board.say(CommandFailed(board.setup.line, agent.id, "Release", why))
        if asked is not None:
            self._asking.release(asked)
        self._alone(agent, agent.customer)

    def deflect(self, agent: AgentLeg) -> None:
        """His phone rings for a customer who has nobody else: that one goes to a port instead."""
        board, customer = self._board, agent.customer
        port = "" if customer.ends else board.free_port(board.setup.ports)
        board.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
        if port:
            self._callers.expect(customer, port, Stage.PARKING)
            board.ask(("deflect", customer.id, agent.device), DeflectCall(board.phone(agent), board.setup.written(port)))
        else:
            self._away(agent, customer)

    def not_deflected(self, customer: Customer, device: str, why: str) -> None:
        """It does not: the call ends for both."""
        board = self._board
        board.say(CommandFailed(board.setup.line, customer.id, "Release", why))
        board.leave_port(customer)
        customer.stage, customer.ends, customer.late_at = Stage.TALKING, True, board.now + board.setup.come_in_s
        board.ask(("clear", customer.id), ClearConnection(board.part(customer.call, device)))
