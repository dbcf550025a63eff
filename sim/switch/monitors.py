"""Monitors: which events a computer hears of (ECMA-269 clauses 6.7.2 and 15.1).

A monitor of a device reports what happens in calls while the device takes part in them; one of the type `call` goes on with these calls
when the device has left. A monitor of a call follows it through transfers and conferences.
"""

from attrs import define, field

from sim.switch.calls import State
from sim.switch.events import Event

__all__ = ["Monitor"]

_SPELT = {"Transfered": ("transferred", "transfered")}


@define(eq=False)
class Monitor:
    """One monitor of one session."""

    cross_ref: str
    device: str = ""
    """Empty: it watches a call."""
    follows: bool = False
    """It stays with a call that has left the device."""
    calls: set[str] = field(factory=set)
    filtered: frozenset[str] = frozenset()
    """Events that are not reported, as the filter names them: `delivered`."""

    def hears_of(self, event: Event) -> bool:
        """Whether it reports this event."""
        concerned = bool(self.device) and self.device in event.local
        if self.follows or not self.device:
            known = not self.calls.isdisjoint(event.calls)
            if known or concerned:
                self.calls.update(event.calls)
            if event.kind == "CallCleared":
                self.calls.difference_update(event.calls)
            concerned = concerned or known
        spelt = _SPELT.get(event.kind, (event.kind[0].lower() + event.kind[1:],))
        return concerned and self.filtered.isdisjoint(spelt)

    def local(self, event: Event) -> State | None:
        """The state of the device's own connection; None: it has none to speak of."""
        return event.local.get(self.device) if event.calls else None
