"""Monitors: which events a computer hears of (ECMA-269 clauses 6.7.2 and 15.1).

A monitor of a device reports what happens in calls while the device takes part in them; one of the type `call` goes on with these calls
when the device has left. A monitor of a call follows it through transfers and conferences.
"""

from itertools import count

from attrs import define, field

from sim.switch.calls import State
from sim.switch.events import Event

__all__ = ["Monitor", "Monitors"]

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
    number: int = 0
    """Its place among those of its link."""

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


class Monitors:
    """All monitors of one link, in the order in which they began."""

    def __init__(self) -> None:
        """None yet."""
        self._all: dict[str, Monitor] = {}
        self._by_device: dict[str, list[Monitor]] = {}
        self._roaming: list[Monitor] = []
        """Those that may hear of calls in which their device is not, or have none."""
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._all)

    def get(self, cross_ref: str) -> Monitor | None:
        """The monitor of this reference; None: there is none."""
        return self._all.get(cross_ref)

    def add(self, monitor: Monitor) -> None:
        """It begins."""
        monitor.number = next(self._numbers)
        self._all[monitor.cross_ref] = monitor
        self._among(monitor).append(monitor)

    def remove(self, monitor: Monitor) -> None:
        """It ends."""
        del self._all[monitor.cross_ref]
        self._among(monitor).remove(monitor)

    def clear(self) -> None:
        """All end."""
        self._all.clear()
        self._by_device.clear()
        self._roaming.clear()

    def hear_of(self, event: Event) -> list[Monitor]:
        """Those that report this event."""
        asked = [*self._roaming, *(monitor for device in event.local for monitor in self._by_device.get(device, ()))]
        return sorted((monitor for monitor in asked if monitor.hears_of(event)), key=lambda monitor: monitor.number)

    def _among(self, monitor: Monitor) -> list[Monitor]:
        if monitor.follows or not monitor.device:
            return self._roaming
        return self._by_device.setdefault(monitor.device, [])
