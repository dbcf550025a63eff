"""A restart of the appliance: callers at ports and conversations go on meanwhile, and are the same legs afterwards.

While calls go on, `Keep` says what the next run has to know of them. It finds a caller again when the voice line says that his leg at the
port is still there; a conversation is the switch's, and is taken as going on until the snapshot of the agent's phone says otherwise.
"""

from collections.abc import Iterable

from hal.api import Adopted, Release
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
        self._said: tuple[Kept, ...] = ()

    # --- for the next run -------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """After every change: say what the next run has to know, where that is something new."""
        rows = tuple(self._row(customer) for customer in self._board.customers.values() if customer.port or self._agent(customer))
        used = {row.port for row in rows}
        rows += tuple(row for row in self._left.values() if row.port not in used)
        if rows != self._said:
            self._said = rows
            self._board.keep(rows)

    def _agent(self, customer: Customer) -> AgentLeg | None:
        return customer.agent if customer.agent is not None and customer.agent.stage is AgentStage.TALKING else None

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
            recording_port=recorder.port if recorder is not None and recorder.is_up else "",
        )

    # --- of the last run --------------------------------------------------------------------------------------------------

    def conversations(self) -> None:
        """The line is about to open: conversations go on, as far as is known."""
        board, line = self._board, self._board.setup.line
        for row in [row for row in self._left.values() if row.agent]:
            del self._left[row.leg]
            customer = self._customer(row)
            customer.stage = Stage.TALKING
            customer.agent = AgentLeg(row.agent, row.station, customer, "", row.call, AgentStage.TALKING)
            customer.agent.device, customer.agent.holds = row.station, row.is_held
            board.agents[row.agent] = customer.agent
            if row.recording_port in board.ports:
                recorder = board.recorders[customer.id] = Recorder(row.recording_port, customer, late_at=board.now + board.setup.come_in_s)
                board.ports[row.recording_port] = recorder
            board.say(Adopted(line, customer.id, row.ani, row.dnis, answered=True))
            board.say(Adopted(line, row.agent, row.ani, row.station, answered=True, station=row.station))

    def found(self, event: Adopted) -> None:
        """A leg of the voice line at a port has outlived the last run."""
        board = self._board
        whose = board.ports[event.dnis]
        row = next((row for row in self._left.values() if row.port == event.dnis and row.voice in {"", event.leg}), None)
        if isinstance(whose, Recorder) and not whose.voice and event.answered:
            whose.voice, whose.is_up, whose.late_at = event.leg, True, None
            board.voices[event.leg] = whose
        elif whose is not None or row is None:
            board.left[event.leg] = None
            board.voice(Release(event.line, event.leg))
        else:
            del self._left[row.leg]
            customer = self._customer(row)
            board.say(Adopted(event.line, customer.id, row.ani, row.dnis, answered=row.is_up))
            customer.returns = True  # the switch may hold him for an agent whom the last run called
            self._callers.expect(customer, row.port, Stage.ROUTED)
            if event.answered:
                customer.voice = event.leg
                board.voices[event.leg] = customer
                self._callers.is_at_port(customer)
            else:
                self._callers.came_in(customer, event.leg)

    def _customer(self, row: Kept) -> Customer:
        customer = Customer(row.leg, row.call, "", None, ani=row.ani, dnis=row.dnis, is_up=row.is_up)
        self._board.customers[row.leg] = customer
        return customer
