"""The parts of one line's mapping, and which of them knows which."""

from collections.abc import Callable, Iterable

from hal.csta.mapping.adopting import Adopting
from hal.csta.mapping.board import Board, Setup
from hal.csta.mapping.callers import Callers
from hal.csta.mapping.consulting import Consulting
from hal.csta.mapping.dialling import Dialling
from hal.csta.mapping.giving import Giving
from hal.csta.mapping.outputs import Kept
from hal.csta.mapping.recording import Recording
from hal.csta.mapping.states import States
from hal.csta.model import Switch

__all__ = ["Parts"]


class Parts:
    """One of each, around one board."""

    def __init__(self, setup: Setup, password: Callable[[str], str | None], left: Iterable[Kept]) -> None:
        """See `Mapping`."""
        devices = (*setup.ports, *setup.recording_ports, *sorted(setup.stations))
        self.board = Board(setup, Switch(devices, device_of=setup.read, settle_s=setup.late_s))
        self.callers = Callers(self.board)
        self.consulting = self.callers.consulting = Consulting(self.board, self.callers)
        self.giving = self.callers.giving = Giving(self.board)
        self.dialling = Dialling(self.board, self.callers)
        self.recording = Recording(self.board, self.callers)
        self.adopting = Adopting(self.board, self.callers, left)
        self.states = States(self.board, password)
