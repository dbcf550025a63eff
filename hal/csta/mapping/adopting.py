"""A restart of the appliance: callers at ports and conversations go on meanwhile, and are the same legs afterwards.

While calls go on, `Keep` says what the next run has to know of them. It finds a caller again when the voice line says that his leg at the
port is still there; a conversation is the switch's, and is taken as going on until the snapshot of the agent's phone says otherwise. Whom
the switch was just joining with an agent is at his port if he is found there, and else in conversation.
"""

from collections.abc import Iterable

from hal.api import Adopted, Cause, Release
from hal.csta.mapping.board import Board
from hal.csta.mapping.callers import Callers
from hal.csta.mapping.legs import AgentLeg, AgentStage, Customer, Recorder, Stage
from hal.csta.mapping.outputs import Kept

__all__ = ["Adopting"]


class Adopting:
    """What one run leaves to the next."""

    def __init__(self, board: Board, callers: Callers, left: Iterable[Kept]) -> None:
        """`left`: what the last run left."""
        self._board, self._callers = board, callers
        self._left = {row.leg: row for row in left}
        self._rows: dict[str, Kept] = {}
        self._said: tuple[Kept, ...] = ()
        self._joined: dict[str, Customer] = {}
        """Port -> who was there as the switch was asked to join him with an agent, and has not been found there."""

    # --- for the next run -------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """After every change: say what the next run has to know, where that is something new."""
        board = self._board
        if not board.changed:
            return
        for leg in board.changed:
            customer = board.customers.get(leg)
            if customer is not None and (customer.port or self._agent(customer)):
                self._rows[leg] = self._row(customer)
            else:
                self._rows.pop(leg, None)
        board.changed.clear()
        rows = tuple(self._rows.values())
        if self._left:
            used = {row.port for row in rows}
            rows += tuple(row for row in self._left.values() if row.port not in used)
        if rows != self._said:
            self._said = rows
            board.keep(rows)

    def _agent(self, customer: Customer) -> AgentLeg | None:
        together = (AgentStage.TALKING, AgentStage.JOINING)
        return customer.agent if customer.agent is not None and customer.agent.stage in together else None

    def _row(self, customer: Customer) -> Kept:
        agent, recorder = self._agent(customer), self._board.recorders.get(customer.id)
        return Kept(
            customer.id,
            customer.ani,
            customer.dnis,
            customer.call,
            is_up=customer.is_up,
            is_held=agent is not None and agent.holds,
            port=customer.port,
            voice=customer.voice,
            agent=agent.id if agent is not None else "",
            station=agent.station if agent is not None else "",
            joins=agent is not None and agent.stage is AgentStage.JOINING,
            recording_port=recorder.port if recorder is not None and recorder.is_up else "",
        )

    # --- of the last run --------------------------------------------------------------------------------------------------

    def conversations(self) -> None:
        """The line is about to open: conversations go on, as far as is known."""
        for row in [row for row in self._left.values() if row.agent and not row.joins]:
            self._talks(row)

    def joins(self) -> None:
        """The voice line has said who is at the ports: who was just being joined with an agent and is not there, is in conversation."""
        for row in [row for row in self._left.values() if row.joins]:
            self._joined[row.port] = customer = self._talks(row)
            assert customer.agent is not None
            customer.agent.unsure = True

    def _talks(self, row: Kept) -> Customer:
        board, line = self._board, self._board.setup.line
        del self._left[row.leg]
        customer = self._customer(row)
        customer.stage = Stage.TALKING
        customer.agent = AgentLeg(row.agent, row.station, customer, "", row.call, AgentStage.TALKING)
        customer.agent.device, customer.agent.holds = row.station, row.is_held
        board.agents[row.agent] = customer.agent
        if row.recording_port in board.ports:
            board.recorder(row.recording_port, customer)
        board.say(Adopted(line, customer.id, row.ani, row.dnis, answered=True))
        board.say(Adopted(line, row.agent, row.ani, row.station, answered=True, station=row.station))
        return customer

    def found(self, event: Adopted) -> None:
        """A leg of the voice line at a port has outlived the last run."""
        board = self._board
        whose = board.ports[event.dnis]
        row = next((row for row in self._left.values() if row.port == event.dnis and row.voice in {"", event.leg}), None)
        joined = self._joined.pop(event.dnis, None)
        if isinstance(whose, Recorder) and not whose.voice and event.answered:
            whose.voice, whose.is_up, whose.late_at = event.leg, True, None
            board.voices[event.leg] = whose
        elif joined is not None and joined.id in board.customers and joined.agent is not None and joined.agent.unsure:
            board.forget_agent(joined.agent, Cause.TEMPORARY_FAILURE)
            self._is_at(joined, event)
        elif whose is not None or row is None:
            board.left[event.leg] = None
            board.voice(Release(event.line, event.leg))
        else:
            del self._left[row.leg]
            customer = self._customer(row)
            board.say(Adopted(event.line, customer.id, row.ani, row.dnis, answered=row.is_up))
            self._is_at(customer, event)

    def _is_at(self, customer: Customer, event: Adopted) -> None:
        customer.returns = True  # the switch may hold him for an agent whom the last run called
        self._callers.expect(customer, event.dnis, Stage.ROUTED)
        if event.answered:
            customer.voice = event.leg
            self._board.voices[event.leg] = customer
            self._callers.is_at_port(customer)
        else:
            self._callers.came_in(customer, event.leg)

    def _customer(self, row: Kept) -> Customer:
        customer = self._board.customer(row.leg, row.call)
        customer.ani, customer.dnis, customer.is_up = row.ani, row.dnis, row.is_up
        return customer
