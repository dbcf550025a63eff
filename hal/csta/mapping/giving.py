"""Calls that agents give away by the keys of their own phones: followed to the phone of ours that has them then.

    TALKING ──Transfered, without the agent──▶ GIVEN ──a phone of ours is in the call──▶ Transferred, and he is released
                                                  └─ within `come_in_s` none is: nothing more is seen of the customer

The core calls that phone for the customer then, as any other, and finds that it rings, or was answered, already. Where it does not, or the
call has gone to a number outside, the customer is told as released: he talks on, without us.
"""

from collections.abc import Iterable

from hal.api import Cause, Originate, Transferred
from hal.csta.mapping.board import Board
from hal.csta.mapping.legs import AgentLeg, AgentStage, Customer, Stage
from hal.csta.model import Changed, Joined, Seen, State

__all__ = ["Giving"]

SOMEBODY = "?"
"""Whom a customer was given to, as long as that is not known."""


class Giving:
    """All customers of one line who are given away so."""

    def __init__(self, board: Board) -> None:
        """Nobody is."""
        self._board = board

    def joined(self, seen: Iterable[Seen]) -> list[Seen]:
        """Two calls have become one, or one another: what of the news is to be said besides."""
        news, board = list(seen), self._board
        for joined in [one for one in news if isinstance(one, Joined)]:
            calls = (joined.call, *joined.others)
            left = {one.device for one in news if isinstance(one, Changed) and one.after is State.NULL and one.call in calls}
            for by in [one for one in board.agents.values() if one.call in calls and one.station in left and self._by_himself(one)]:
                news = [one for one in news if not (isinstance(one, Changed) and one.device == by.station and one.after is State.NULL)]
                customer = by.customer
                by.stage, by.call, customer.call = AgentStage.GIVEN, joined.call, joined.call
                customer.given, customer.late_at = SOMEBODY, board.now + board.setup.come_in_s
                self._look_for(by, customer)
        return news

    def _by_himself(self, agent: AgentLeg) -> bool:
        talks = agent.stage is AgentStage.TALKING and agent.asks is None and not agent.ends and agent.leaves_at is None
        return talks and agent.customer.device != "" and len(self._board.talkers(agent.customer)) == 1

    def _look_for(self, by: AgentLeg, customer: Customer) -> None:
        known = self._board.switch.calls.get(customer.call)
        for device in known.connections if known is not None else ():
            self._found(by, customer, device)

    def changed(self, change: Changed) -> bool:
        """A device is in a call: whether that was a phone that was given a customer."""
        board = self._board
        by = next((one for one in board.agents.values() if one.stage is AgentStage.GIVEN and one.call == change.call), None)
        if by is None or change.after not in (State.ALERTING, State.CONNECTED):
            return False
        return self._found(by, by.customer, change.device)

    def _found(self, by: AgentLeg, customer: Customer, device: str) -> bool:
        board = self._board
        if device not in board.setup.stations or device == customer.device or by.id not in board.agents:
            return False
        customer.given, customer.late_at = device, board.now + board.setup.settle_s
        board.say(Transferred(board.setup.line, by.id, device))
        board.forget_agent(by, Cause.NORMAL_CLEARING)
        return True

    def originate(self, command: Originate, customer: Customer) -> bool:
        """The core calls somebody for a customer who was given away; whether he has him already."""
        board = self._board
        station, dialled = board.dialled(command.to)
        if not station or customer.given != station:
            return False
        agent = AgentLeg(command.leg, station, customer, command.ani, customer.call, AgentStage.ASKED, dialled=dialled, device=station)
        customer.agent = board.agents[agent.id] = agent
        customer.given, customer.late_at, customer.stage = "", None, Stage.TALKING
        return True

    def ended(self, customer: Customer) -> None:
        """The core ends the leg of a customer whom another has by now: he talks on."""
        for by in [one for one in self._board.agents.values() if one.stage is AgentStage.GIVEN and one.customer is customer]:
            self._board.forget_agent(by, Cause.NORMAL_CLEARING)
        self._board.forget_customer(customer, Cause.NORMAL_CLEARING, by_far_end=False)
