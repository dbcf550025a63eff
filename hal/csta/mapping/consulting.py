"""Agents: called from the customer's port, joined with him, held, and parted from him again.

                ConsultationCall          it rings               he answers           TransferCall
WANTED ──at port──▶ ASKED ──────────────▶ RINGING ─────────────────▶ UP ────────────▶ JOINING ──────▶ TALKING
                      └──────── refused, busy, not answered, released: the customer is taken back to the port
"""

from hal.api import Alerted, Answered, Cause, CommandFailed, HeldByFarEnd, Originate, RetrievedByFarEnd
from hal.csta.mapping.asking import Asking
from hal.csta.mapping.board import Board, cause_of
from hal.csta.mapping.callers import Callers
from hal.csta.mapping.legs import AgentLeg, AgentStage, Customer, Stage
from hal.csta.mapping.parting import Parting
from hal.csta.messages import (
    ClearConnection,
    ConsultationCall,
    ReconnectCall,
    RetrieveCall,
    TransferCall,
)
from hal.csta.model import Changed, State

__all__ = ["Consulting"]

_CALLED = (AgentStage.ASKED, AgentStage.RINGING)
_BEFORE = (*_CALLED, AgentStage.UP)
_UP = (AgentStage.UP, AgentStage.JOINING, AgentStage.TALKING)
_GONE = (State.NULL, State.FAIL)


class Consulting:
    """All agents of one line who are in calls."""

    def __init__(self, board: Board, callers: Callers) -> None:
        """Nobody is called yet."""
        self._board, self._callers = board, callers
        self.asking = Asking(board)
        self.parting = Parting(board, callers, self.asking)

    # --- calling ----------------------------------------------------------------------------------------------------------

    def originate(self, command: Originate, customer: Customer) -> None:
        """Call an agent for a customer, or a number."""
        board = self._board
        station, dialled = board.dialled(command.to)
        agent = AgentLeg(command.leg, station, customer, command.ani, dialled=dialled, device=station)
        board.agents[agent.id] = agent
        before = customer.agent
        stays = before is not None and not before.ends and before.leaves_at is None
        if not dialled or customer.ends or customer.waits is not None or stays:  # a port makes one call at a time
            board.forget_agent(agent, Cause.NO_CIRCUIT_AVAILABLE, by_far_end=False)
            return
        if before is not None or customer.returns:
            customer.waits = agent
            return
        customer.agent = agent
        if customer.stage is Stage.AT_PORT:
            self.ring(agent)
        elif customer.stage is Stage.TALKING or customer.stage is Stage.OFFERED:
            board.forget_agent(agent, Cause.NO_CIRCUIT_AVAILABLE, by_far_end=False)

    def ring(self, agent: AgentLeg) -> None:
        """The customer is at his port."""
        board = self._board
        agent.stage = AgentStage.ASKED
        if board.setup.holds:
            self._callers.suspend(agent.customer)
        board.find_device(agent.customer)
        dialled, correlator = board.setup.written(agent.dialled), board.correlator(agent.customer.id)
        board.ask(("consult", agent.id), ConsultationCall(board.at_port(agent.customer), dialled, correlator_data=correlator))

    def consults(self, agent: AgentLeg, call: str) -> None:
        """The switch does it, in this call."""
        agent.call = agent.call or call
        if agent.ends:
            self._board.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
            if agent.customer.id in self._board.customers:  # that the switch holds him may still have to be heard
                self._reconnect(agent.customer, agent.call)

    def consult_failed(self, agent: AgentLeg, cause: Cause) -> None:
        """The switch does not, or nobody knows whether it does."""
        self._leave(agent, cause, by_far_end=not agent.ends)

    def as_seen(self, agent: AgentLeg) -> None:
        """His phone has the call already: how it is in it is what has happened."""
        now_is = self._board.state(agent.call, agent.device)
        if now_is is not State.NULL:
            self.changed(Changed(agent.call, agent.device, State.NULL, now_is))

    # --- what the switch says of his phone --------------------------------------------------------------------------------

    def changed(self, change: Changed) -> AgentLeg | None:
        """The phone of an agent is in another state in a call; whose it is, if it is one's."""
        agent = self._agent_of(change)
        if agent is not None:
            self._changed(agent, change)
        return agent

    def _changed(self, agent: AgentLeg, change: Changed) -> None:
        board, line = self._board, self._board.setup.line
        agent.call, agent.device = agent.call or change.call, change.device
        if agent.customer.stage is Stage.PARKING and not agent.customer.port and agent.stage is AgentStage.ASKED:  # it has come to him
            agent.customer.stage, agent.customer.late_at = Stage.TALKING, None
        if change.after in _GONE:
            self._gone(agent, cause_of(change.cause))
        elif change.after is State.ALERTING and agent.stage is AgentStage.ASKED:
            agent.stage = AgentStage.RINGING
            board.say(Alerted(line, agent.id))
        elif change.after is State.CONNECTED and agent.stage in _CALLED:
            agent.stage = AgentStage.TALKING if agent.customer.stage is Stage.TALKING else AgentStage.UP
            board.say(Answered(line, agent.id))
            self.mixed(agent.customer)
        elif change.after is State.HOLD and agent.stage in _UP and not agent.is_held and not self.asking.holds(agent):
            agent.is_held = True
            board.say(HeldByFarEnd(line, agent.id))
        elif change.after is State.CONNECTED and agent.is_held:
            agent.is_held = False
            board.say(RetrievedByFarEnd(line, agent.id))

    def port_seen(self, customer: Customer) -> None:
        """A snapshot of his port: who is called from there no more is gone, and so is he if his call is not there."""
        board, agent = self._board, customer.agent
        if agent is None:
            self.take_back(customer)
        elif agent.call and agent.stage in _BEFORE:
            if board.state(agent.call, customer.port) is State.NULL:
                self._leave(agent, Cause.NORMAL_CLEARING)
            elif board.state(customer.call, customer.port) is State.NULL:
                self._callers.gone(customer, Cause.NORMAL_CLEARING)

    def phone_seen(self, station: str) -> None:
        """A snapshot of a phone: who talks there no more is gone, whatever events of it were lost."""
        for agent in [one for one in self._board.agents.values() if one.station == station and one.stage is AgentStage.TALKING]:
            there = self._board.switch.states(station)
            if agent.call not in there and agent.unsure and len(there) == 1:  # joined unseen, under another name
                agent.call = agent.customer.call = next(iter(there))
            if agent.call not in there:
                self._gone(agent, Cause.NORMAL_CLEARING)

    def _agent_of(self, change: Changed) -> AgentLeg | None:
        board = self._board
        for agent in board.agents.values():
            customer = agent.customer
            if agent.by is not None or agent.stage is AgentStage.WANTED or change.device in {customer.device, customer.port}:
                continue
            is_he = agent.device == change.device or (not agent.device and change.device not in board.ports)
            # Events may come before the answer that names the call: it is the one that his customer's port is in.
            if is_he and (agent.call == change.call or (not agent.call and self._is_consultation(change.call, customer))):
                return agent
        return None

    def _is_consultation(self, call: str, customer: Customer) -> bool:
        return call != customer.call and self._board.state(call, customer.port) is not State.NULL

    def _gone(self, agent: AgentLeg, cause: Cause) -> None:
        board, customer = self._board, agent.customer
        if agent.stage is AgentStage.TALKING:
            board.forget_agent(agent, cause, by_far_end=not agent.ends and agent.leaves_at is None)
            self.parting.free(customer)
            if customer.stage is Stage.TALKING and not board.talkers(customer):
                # the switch ends what is left of the call; if not, it was given to somebody else
                customer.late_at = board.now + board.setup.come_in_s
        elif customer.stage is Stage.TALKING and agent.stage in _CALLED:  # he was called for a customer who has nobody else
            board.forget_agent(agent, cause)
            customer.late_at = board.now + board.setup.come_in_s
        elif agent.stage is not AgentStage.JOINING:
            self._leave(agent, cause if agent.stage in _CALLED else Cause.NORMAL_CLEARING)

    # --- with the customer ------------------------------------------------------------------------------------------------

    def mixed(self, customer: Customer) -> None:
        """The core wants the two to hear each other, or not to."""
        board, agent = self._board, customer.agent
        for talker in [one for one in board.talkers(customer) if one.leaves_at is None and one.station]:
            self.asking.mixed(talker)
        if agent is None or agent.leaves_at is not None or agent.stage is not AgentStage.UP or not customer.port:
            return
        if board.hear_each_other(agent.id, customer.id):
            agent.stage = AgentStage.JOINING
            self._callers.suspend(customer)
            board.ask(("join", agent.id), TransferCall(board.at_port(customer), board.part(agent.call, customer.port)))

    def joined(self, agent: AgentLeg, call: str) -> None:
        """The two are connected."""
        customer = agent.customer
        agent.call = customer.call = call
        self._board.find_device(customer)
        if agent.stage is AgentStage.JOINING:
            agent.stage, customer.stage = AgentStage.TALKING, Stage.TALKING
            self.mixed(customer)

    def join_failed(self, agent: AgentLeg, why: str) -> None:
        """The switch does not connect them: the agent is let go, the customer stays."""
        board = self._board
        if agent.stage is AgentStage.JOINING:
            agent.stage = AgentStage.UP
            board.say(CommandFailed(board.setup.line, agent.id, "Mix", why))
            if agent.customer.voice:
                self._leave(agent, Cause.TEMPORARY_FAILURE)
            else:  # his port was let go, so there is no call of his any more
                board.forget_agent(agent, Cause.NORMAL_CLEARING)
                self._callers.gone(agent.customer, Cause.NORMAL_CLEARING)

    def watched(self, station: str) -> None:
        """The link is up again: what the core wanted of this phone meanwhile is asked for now."""
        for agent in [one for one in self._board.agents.values() if one.station == station and one.id in self._board.hears]:
            self.mixed(agent.customer)

    # --- apart again ------------------------------------------------------------------------------------------------------

    def release(self, agent: AgentLeg) -> None:
        """The core ends the agent's leg."""
        board = self._board
        if agent.by is not None:
            self.asking.release(agent)
        elif agent.stage is AgentStage.GIVEN or agent.customer.waits is agent:
            board.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
        elif agent.customer.stage is Stage.TALKING and agent.stage in _CALLED and agent.call:
            self.parting.deflect(agent)
        elif agent.stage in (AgentStage.TALKING, AgentStage.JOINING):
            agent.leaves_at = board.now + board.setup.settle_s
        elif agent.stage is AgentStage.ASKED and not agent.call:
            agent.ends = True
        else:
            self._leave(agent, Cause.NORMAL_CLEARING, by_far_end=False)

    def _leave(self, agent: AgentLeg, cause: Cause, *, by_far_end: bool = True) -> None:
        """He is not called any more, and the customer is back at his port."""
        customer, stage = agent.customer, agent.stage
        self._board.forget_agent(agent, cause, by_far_end=by_far_end)
        if stage is not AgentStage.WANTED and customer.id in self._board.customers:
            self.take_back(customer, "" if by_far_end else agent.call)

    def take_back(self, customer: Customer, consultation: str = "") -> None:
        """Have the customer at his port talk with it again, whatever else it does; the switch may not have told of the consultation yet."""
        board = self._board
        here = board.switch.states(customer.port)
        idle = (State.HOLD, State.FAIL)  # somebody has dialled the port
        other = consultation or next((call for call, state in here.items() if call != customer.call and state not in idle), "")
        unseen = board.setup.holds and consultation != "" and consultation not in here
        held = here.get(customer.call) is State.HOLD or unseen
        customer.returns = held
        if not held and other:
            board.ask(("back", customer.id), ClearConnection(board.part(other, customer.port)))
        elif held and other:
            self._reconnect(customer, other)
        elif held:
            board.ask(("back", customer.id), RetrieveCall(board.at_port(customer)))
        if not held:
            self.returned(customer)

    def _reconnect(self, customer: Customer, other: str) -> None:
        board = self._board
        customer.returns = True
        board.ask(("back", customer.id), ReconnectCall(board.part(other, customer.port), board.at_port(customer)))

    def returned(self, customer: Customer) -> None:
        """He is back at his port: he hears what he is to hear, or the next agent is called for him."""
        customer.returns = False
        if customer.waits is not None and customer.agent is None:
            customer.agent, customer.waits = customer.waits, None
            self.ring(customer.agent)
        else:
            self._callers.resume(customer)
