"""What comes in from switch, voice line and core, in order and with the time."""

import heapq
from collections.abc import Callable, Iterable

from hal.api import Cause, Command, Event, Group
from hal.csta.mapping.board import Setup
from hal.csta.mapping.from_core import FromCore
from hal.csta.mapping.from_switch import FromSwitch
from hal.csta.mapping.from_voice import FromVoice
from hal.csta.mapping.outputs import Kept, Output
from hal.csta.mapping.parts import Parts
from hal.csta.notices import Notice

__all__ = ["Mapping"]


class Mapping:
    """One line at a switch. Every method returns what there is to do, in order; time is passed in."""

    def __init__(self, setup: Setup, password: Callable[[str], str | None] = lambda _agent: None, left: Iterable[Kept] = ()) -> None:
        """`password` of an agent at the switch, if he needs one; `left`: what the last run had kept."""
        self._parts = parts = Parts(setup, password, left)
        self.board = parts.board
        self._from_core, self._from_voice, self._from_switch = FromCore(parts), FromVoice(parts), FromSwitch(parts)

    def groups(self) -> tuple[Group, ...]:
        """Ports and phones, as an operator looks at them."""
        board, setup = self.board, self.board.setup

        def ports(name: str, devices: tuple[str, ...]) -> Group:
            busy = sum(board.ports[device] is not None or bool(board.switch.states(device)) for device in devices)
            return Group(name, busy, len(devices), state="" if devices else "there are none")

        phones = [station for station in setup.stations if board.switch.states(station)]
        reached = self._from_switch.reached
        seen = Group("phones", len(phones), len(setup.stations), len(setup.stations) - reached, f"{reached} can be reached")
        return (ports("IVR ports", setup.ports), ports("recording ports", setup.recording_ports), seen)

    # --- time -------------------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `tick` may have something to do at the earliest."""
        return self.board.due[0] if self.board.due else None

    def tick(self, now: float) -> list[Output]:
        """Do what is due."""
        board = self.board
        board.now = now
        while board.due and board.due[0] <= now:
            heapq.heappop(board.due)
        for agent in [agent for agent in board.agents.values() if agent.leaves_at is not None and agent.leaves_at <= now]:
            self._parts.consulting.parting.leaves(agent)
        for customer in [one for one in board.customers.values() if one.late_at is not None and one.late_at <= now]:
            customer.late_at = None
            self._parts.callers.late(customer)
        for recorder in [one for one in board.recorders.values() if one.late_at is not None and one.late_at <= now]:
            recorder.late_at = None
            self._parts.recording.failed(recorder.customer, "it did not come in in time")
        return self._said()

    # --- what comes in ----------------------------------------------------------------------------------------------------

    def adopt(self, now: float) -> list[Output]:
        """The line is about to open: what of the last run's legs is still there."""
        self.board.now = now
        self._parts.adopting.conversations()
        return self._said()

    def opened(self, now: float) -> list[Output]:
        """The voice line has said which of its own legs are still there."""
        self.board.now = now
        self._parts.adopting.joins()
        return self._said()

    def submit(self, now: float, command: Command) -> list[Output]:
        """A command of the core."""
        self.board.now = now
        self._from_core.do(command)
        return self._said()

    def voice(self, now: float, event: Event) -> list[Output]:
        """An event of the voice line."""
        self.board.now = now
        self._from_voice.heard(event)
        return self._said()

    def notice(self, now: float, notice: Notice) -> list[Output]:
        """What the session with the switch says."""
        self.board.now = now
        self._from_switch.heard(notice)
        return self._said()

    def close(self, now: float) -> list[Output]:
        """The line is about to be closed: all legs are over for the core. Conversations go on at the switch, without us."""
        board, callers = self.board, self._parts.callers
        board.now = now
        for agent in list(board.agents.values()):
            board.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
        for customer in list(board.customers.values()):
            callers.gone(customer, Cause.NORMAL_CLEARING, by_far_end=False)
        return self._said()

    def _said(self) -> list[Output]:
        self._parts.recording.settle()
        self._parts.adopting.settle()
        return self.board.said()
