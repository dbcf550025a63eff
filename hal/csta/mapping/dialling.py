"""Calls that agents make: the phone rings its agent, and dials for him when he has picked up (MakeCall).

    Originate(agent, then=whom) ─MakeCall─▶ ASKED ──the phone rings──▶ RINGING ──picked up, it dials──▶ UP ──answered──▶ TALKING
    Originate(whom, beside=agent) ─────────────────────────────────────────────────────▶ the customer of that conversation

The two are one call of the switch from the beginning: what became of the called one before the core asked for him is told then.

A call that the switch makes when its answer is not waited for any more is ended as soon as it is seen: no phone rings for nobody.
"""

from hal.api import Alerted, Answered, Cause, Originate
from hal.csta.mapping.board import Board, cause_of
from hal.csta.mapping.callers import Callers
from hal.csta.mapping.legs import AgentLeg, AgentStage, Customer, Stage
from hal.csta.messages import ClearConnection, MakeCall
from hal.csta.model import Changed, State

__all__ = ["Dialling"]

_BEFORE = (AgentStage.ASKED, AgentStage.RINGING, AgentStage.UP)
_GONE = (State.NULL, State.FAIL)
_SEEN = "snapshot"
"""Cause of what no event has told, see `Changed`."""
_LATE_S = 30.0
"""A look at a phone so long after it was given up finds the call that was asked for; there is none if it does not."""


class Dialling:
    """All such calls of one line, until both are in them."""

    def __init__(self, board: Board, callers: Callers) -> None:
        """Nobody dials."""
        self._board, self._callers = board, callers
        self._given_up: dict[str, tuple[str, float]] = {}
        """Who was to dial, and nobody knows whether the switch lets his phone ring: the phone, and since when."""

    # --- the core ---------------------------------------------------------------------------------------------------------

    def originate(self, command: Originate) -> None:
        """Have an agent's phone ring, and then dial."""
        board = self._board
        station, _ = board.dialled(command.to)
        _, dialled = board.dialled(command.then)
        nobody = Customer("", "", "", None, board.changed, board.due, stage=Stage.TALKING)
        agent = AgentLeg(command.leg, station, nobody, command.ani, device=station, then=command.then, stage=AgentStage.ASKED)
        nobody.agent = board.agents[agent.id] = agent
        if not dialled:
            board.forget_agent(agent, Cause.UNALLOCATED_NUMBER, by_far_end=False)
            return
        how = "doNotPrompt" if command.auto_answer else "prompt"
        written, correlator = board.setup.written, board.correlator(agent.id)
        board.ask(("dial", agent.id), MakeCall(written(station), written(dialled), auto_originate=how, correlator_data=correlator))

    def called(self, command: Originate, agent: AgentLeg) -> None:
        """Who was dialled is a leg of the core from now on."""
        board, customer = self._board, agent.customer
        if agent.stage is not AgentStage.UP or customer.id or command.to != agent.then:
            other = AgentLeg(command.leg, "", customer, command.ani)
            board.agents[other.id] = other
            board.forget_agent(other, Cause.NO_CIRCUIT_AVAILABLE, by_far_end=False)
            return
        customer.id, customer.call, customer.ani = command.leg, agent.call, command.to.partition(":")[2]
        customer.device = customer.device or board.dialled(command.to)[0]
        board.customers[customer.id] = customer
        there = board.switch.calls.get(agent.call)
        for device, state in list(there.connections.items()) if there is not None else ():
            if device != agent.station:
                self._reached(agent, Changed(agent.call, device, State.NULL, state))

    def is_of(self, agent: AgentLeg) -> bool:
        """Whether this agent dials, and nobody has answered yet."""
        return agent.then != "" and agent.stage in _BEFORE

    def release(self, agent: AgentLeg) -> None:
        """The core ends the leg of who dials."""
        if agent.call:
            self._end(agent)
        else:
            agent.ends = True

    def _end(self, agent: AgentLeg) -> None:
        self._board.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
        self._board.ask(("end", agent.station, agent.call), ClearConnection(self._board.phone(agent)))

    # --- the switch -------------------------------------------------------------------------------------------------------

    def dials(self, agent: AgentLeg, call: str) -> None:
        """The switch lets the phone ring, in this call."""
        agent.call = agent.call or call
        if agent.ends:
            self._end(agent)

    def dials_not(self, agent: AgentLeg, cause: Cause, *, refused: bool) -> None:
        """It does not, or nobody knows whether it does."""
        self._board.forget_agent(agent, cause, by_far_end=not agent.ends)
        if not refused:
            self._given_up[agent.id] = (agent.station, self._board.now)
        self._board.look_at(agent.station)

    def changed(self, change: Changed) -> bool:
        """A device is in another state in a call: whether that was one of who dials."""
        board = self._board
        agent = next((one for one in board.agents.values() if self.is_of(one) and self._is_in(one, change)), None)
        if agent is None:
            return self._is_too_late(change)
        agent.call = agent.call or change.call
        if change.device != agent.station:
            self._reached(agent, change)
        elif change.after in _GONE:
            board.forget_agent(agent, cause_of(change.cause), by_far_end=not agent.ends)
            if agent.customer.id:
                self._callers.gone(agent.customer, cause_of(change.cause))
        elif change.after is State.CONNECTED and agent.stage is not AgentStage.UP:
            agent.stage = AgentStage.UP
            board.say(Answered(board.setup.line, agent.id))
        elif change.after is State.INITIATED and agent.stage is AgentStage.ASKED:
            agent.stage = AgentStage.RINGING
            board.say(Alerted(board.setup.line, agent.id))
        return True

    def _is_in(self, agent: AgentLeg, change: Changed) -> bool:
        """The events may come before the answer that names the call."""
        new = not agent.call and change.device == agent.station and change.after is State.INITIATED
        return new or (agent.call != "" and agent.call == change.call)

    def _reached(self, agent: AgentLeg, change: Changed) -> None:
        """What has become of who is dialled."""
        board, customer, line = self._board, agent.customer, self._board.setup.line
        customer.device = "" if change.diverted else change.device
        if not customer.id:
            return  # the core asks for him in a moment
        customer.late_at = board.now + board.setup.come_in_s if change.diverted else None
        if change.diverted:
            return  # another phone rings for him in a moment
        if change.after in _GONE:
            self._callers.gone(customer, cause_of(change.cause))
        elif change.after is State.ALERTING and not customer.is_up:
            board.say(Alerted(line, customer.id))
        elif change.after is State.CONNECTED and not customer.is_up:
            customer.is_up, agent.stage = True, AgentStage.TALKING
            board.say(Answered(line, customer.id))
            self._callers.consulting.as_seen(agent)  # he may have put the call on hold while it rang

    def phone_seen(self, station: str) -> None:
        """A snapshot of a phone: who dials there no more is gone, and what it does for somebody who was given up is over."""
        board = self._board
        for agent in [one for one in board.agents.values() if one.station == station and self.is_of(one) and one.call]:
            if board.state(agent.call, station) is State.NULL:
                self.changed(Changed(agent.call, station, State.CONNECTED, State.NULL))
        for call, state in list(board.switch.states(station).items()):
            self._is_too_late(Changed(call, station, State.NULL, state, _SEEN))
        for leg in [leg for leg, (phone, since) in self._given_up.items() if phone == station and board.now - since >= _LATE_S]:
            del self._given_up[leg]

    # --- too late ---------------------------------------------------------------------------------------------------------

    def _is_too_late(self, change: Changed) -> bool:
        """Whether this is the call of who was given up: it has his name, or, where there are none, the phone was asked to make it."""
        known = self._board.switch.calls.get(change.call)
        if known is None or change.after not in (State.INITIATED, State.CONNECTED):
            return False
        asked_to = change.cause == "makeCall" or (change.cause == _SEEN and change.after is State.INITIATED)
        busy = any(one.call == change.call for one in self._board.agents.values())
        for leg, (station, _) in self._given_up.items():
            if station == change.device and (known.correlator == leg or (not known.correlator and asked_to and not busy)):
                self.too_late(leg, station, change.call)
                return True
        return False

    def too_late(self, leg: str, station: str, call: str) -> None:
        """The switch has let the phone ring after all."""
        board = self._board
        if leg in board.agents:
            self.dials(board.agents[leg], call)
        else:
            self._given_up.pop(leg, None)
            board.ask(("end", station, call), ClearConnection(board.part(call, station)))
