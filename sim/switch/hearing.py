"""Who hears whom: worked out from the states of connections, and told to far ends when it has changed."""

from typing import TYPE_CHECKING

from sim.switch.calls import Call, State

if TYPE_CHECKING:
    from sim.switch.core import Switch

__all__ = ["Hearing"]


class Hearing:
    """What the far ends of a switch hear."""

    def __init__(self, switch: "Switch") -> None:
        """Nobody hears anybody."""
        self._switch = switch
        self._told: dict[int, frozenset[int]] = {}
        self._unsure: dict[int, None] = {}
        """Legs that perhaps hear somebody else now."""

    def changed(self, call: Call) -> None:
        """Something has changed in this call."""
        self._unsure.update((connection.leg, None) for connection in call.connections.values() if connection.leg)

    def left(self, leg: int) -> None:
        """A far end has one connection less, perhaps none."""
        self._unsure[leg] = None

    def tell(self) -> bool:
        """Tell those who hear somebody else now; False: nothing has changed."""
        legs = list(self._unsure)
        self._unsure.clear()
        for leg in legs:
            hears = self._hears(leg)
            if hears is None:
                self._told.pop(leg, None)
            elif hears != self._told.get(leg, frozenset()):
                self._told[leg] = hears
                self._switch.speech.hears(leg, hears)
        return bool(legs)

    def _hears(self, leg: int) -> frozenset[int] | None:
        if leg not in self._switch.legs:
            return None
        return frozenset(
            other.leg
            for connection in self._switch.legs[leg]
            if connection.state is State.CONNECTED
            for other in connection.call.in_states(State.CONNECTED)
            if other is not connection and not other.silent
        )
