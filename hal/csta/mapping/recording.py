"""Recordings: at the customer's port by the voice line; of a conversation at a recording port, which joins the call silently.

The file of a conversation has one channel, with both in it: the switch mixes.
"""

import attrs

from hal.api import LEGS_GONE, RecordingEnded, Release, StartRecording, StopRecording
from hal.csta.mapping.board import Board
from hal.csta.mapping.callers import Callers
from hal.csta.mapping.legs import AgentStage, Customer, Recorder, Stage
from hal.csta.messages import SingleStepConferenceCall

__all__ = ["Recording"]


class Recording:
    """All recordings of one line's customers."""

    def __init__(self, board: Board, callers: Callers) -> None:
        """Nothing is recorded yet."""
        self._board, self._callers = board, callers
        self._wanted: dict[str, tuple[Customer, StartRecording]] = {}
        """Recordings that wait for their conversation, or their port, by ID."""

    def start(self, customer: Customer, command: StartRecording) -> None:
        """Record this customer, alone or with his agent."""
        if customer.voice and customer.stage is Stage.AT_PORT and not self._callers.is_away(customer):
            self._board.voice(attrs.evolve(command, left=customer.voice, right="", others=()))
        else:
            self._wanted[command.recording] = (customer, command)
            self._board.changed[customer.id] = None  # he may be gone already
            self.follow(customer)

    def stop(self, command: StopRecording) -> None:
        """End it."""
        wanted = self._wanted.pop(command.recording, None)
        if wanted is None:
            self._board.voice(command)
        else:
            self._failed(wanted[1], LEGS_GONE)

    def follow(self, customer: Customer) -> None:
        """The conversation may be ready for a recording port now."""
        board, agent = self._board, customer.agent
        wanted = [id_ for id_, (whose, _) in self._wanted.items() if whose is customer]
        if not wanted or agent is None or agent.stage is not AgentStage.TALKING or agent.holds or agent.is_held:
            return
        recorder = board.recorders.get(customer.id)
        if recorder is not None:
            if recorder.is_up:
                self.joined(recorder)
            return
        port = board.free_port(board.setup.recording_ports)
        if not port:
            for id_ in wanted:
                self._failed(self._wanted.pop(id_)[1], "no recording port is free")
            return
        board.recorder(port, customer)
        board.ask(
            ("record", customer.id), SingleStepConferenceCall(board.phone(agent), board.setup.written(port), participation_type="silent")
        )

    def joined(self, recorder: Recorder) -> None:
        """The recording port is in the call."""
        recorder.late_at, recorder.is_up = None, True
        for id_, (customer, command) in list(self._wanted.items()):
            if customer is recorder.customer:
                del self._wanted[id_]
                self._board.voice(attrs.evolve(command, left=recorder.voice, right="", others=()))

    def failed(self, customer: Customer, why: str) -> None:
        """The recording port does not join."""
        recorder = self._board.recorders.pop(customer.id, None)
        if recorder is not None:
            self._board.changed[customer.id] = None
            if recorder.voice:
                self._board.voice(Release(self._board.setup.line, recorder.voice))
            self._board.leave_port(recorder)
        self.give_up(customer, f"the recording port does not join the call: {why}")

    def give_up(self, customer: Customer, why: str) -> None:
        """Nothing more of this customer can be recorded."""
        for id_, (whose, command) in list(self._wanted.items()):
            if whose is customer:
                del self._wanted[id_]
                self._failed(command, why)

    def gone(self, recorder: Recorder) -> None:
        """The recording port is out of the call; the voice line ends what it records there."""
        self._board.recorders.pop(recorder.customer.id, None)
        self._board.changed[recorder.customer.id] = None
        self._board.leave_port(recorder)

    def settle(self) -> None:
        """After every change: who is gone is recorded no more."""
        board = self._board
        for leg in [leg for leg in board.changed if leg not in board.customers]:
            recorder = board.recorders.get(leg)
            if recorder is not None:
                if recorder.voice:
                    board.voice(Release(board.setup.line, recorder.voice))
                self.gone(recorder)
            for customer in [whose for whose, _ in self._wanted.values() if whose.id == leg]:
                self.give_up(customer, LEGS_GONE)

    def _failed(self, command: StartRecording, why: str) -> None:
        self._board.say(RecordingEnded(self._board.setup.line, command.recording, command.file, 0.0, 0, why))
