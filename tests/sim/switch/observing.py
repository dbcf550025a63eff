"""What somebody who only reads the events of a switch can know, and whether they make sense in the standard's order.

Written from ECMA-269 clause 17.2 ("Event Causes ... Connection state transitions"), not from the switch's own table.
"""

from sim.switch.calls import ConnectionID, State
from sim.switch.events import Event, Moved

N, I, A, C, H, Q, F = State  # noqa: E741 - the standard's first letters

BEFORE: dict[str, tuple[set[State], State]] = {
    "ServiceInitiated": ({N}, I),
    "Originated": ({I}, C),
    "NetworkReached": ({N}, A),
    "Delivered": ({N, A}, A),
    "Queued": ({N}, Q),
    "Established": ({A}, C),
    "Held": ({C}, H),
    "Retrieved": ({H}, C),
    "Diverted": ({A, Q}, N),
    "Failed": ({N, C}, F),
    "ConnectionCleared": ({I, A, C, H, Q, F}, N),
    "DigitsGenerated": ({C}, C),
}
"""Event -> what its connection was before, and what it is afterwards."""


class Observer:
    """One monitor's view. `device` empty: it sees everything, and is told of every connection but those of the network's own calls."""

    def __init__(self, device: str = "") -> None:
        self.device = device
        self.states: dict[ConnectionID, State] = {}
        self.seen: list[Event] = []

    def __call__(self, event: Event) -> None:
        if self.device and self.device not in event.local:
            return
        self.seen.append(event)
        if not event.calls:
            return
        if event.kind == "CallCleared":
            left = [id_ for id_ in self.states if id_.call == event.calls[0] and self._is_mine(id_)]
            assert not left, f"{event.kind} while {left} are still there"
            self.states = {id_: state for id_, state in self.states.items() if id_.call != event.calls[0]}
        elif event.kind in {"Transfered", "Conferenced"}:
            self._joined(event)
        else:
            self._moved(event)
        if self.device:
            mine = self.states.get(ConnectionID(event.calls[0], self.device), N)
            assert event.local[self.device] is mine, f"{event}: the device's own connection should be {mine}"

    def _is_mine(self, id_: ConnectionID) -> bool:
        return not self.device or id_.device == self.device

    def _moved(self, event: Event) -> None:
        id_ = next(iter(event.values.values()))
        assert isinstance(id_, ConnectionID)
        allowed, after = BEFORE[event.kind]
        known = self.states.get(id_, N if id_.device == self.device else None)
        if known is None and (self.device or "#" in id_.device):
            known = next(iter(allowed))  # it was there before we were told of anything
        known = N if known is None else known
        assert known in allowed, f"{event.kind} of {id_}, which is {known}"
        self.states[id_] = after
        if after is N:
            del self.states[id_]

    def _joined(self, event: Event) -> None:
        olds = [event.values["primaryOldCall"], event.values["secondaryOldCall"]]
        moved = next(value for value in event.values.values() if isinstance(value, tuple))
        for entry in moved:
            assert isinstance(entry, Moved)
            if entry.old is not None and entry.old in self.states:
                was = self.states.pop(entry.old)
                assert was is entry.state or entry.old in olds, f"{entry} was {was}"
            self.states[entry.new] = entry.state
        for old in olds:
            if isinstance(old, ConnectionID) and old.call != event.calls[0]:
                self.states = {id_: state for id_, state in self.states.items() if id_.call != old.call}


class Phones:
    """Far ends that do nothing by themselves and remember what they were told."""

    def __init__(self) -> None:
        self.device_of: dict[int, str] = {}
        self.called: dict[int, str] = {}
        self.hear: dict[int, frozenset[int]] = {}
        self.heard: list[tuple[int, str]] = []
        self.ended: dict[int, str] = {}
        self.lifted: list[int] = []

    def rings(self, leg: int, device: str, calling: str, called: str) -> None:
        self.device_of[leg] = device
        self.called[leg] = calling

    def goes_out(self, leg: int, channel: str, number: str, calling: str) -> None:
        self.device_of[leg] = channel
        self.called[leg] = number

    def off_hook(self, leg: int, device: str) -> None:
        self.device_of[leg] = device
        self.lifted.append(leg)

    def hears(self, leg: int, legs: frozenset[int]) -> None:
        assert leg not in self.ended
        self.hear[leg] = legs

    def keys(self, leg: int, digits: str) -> None:
        self.heard.append((leg, digits))

    def ends(self, leg: int, cause: str) -> None:
        assert leg not in self.ended
        self.ended[leg] = cause
        self.hear.pop(leg, None)
