"""Telephones at the fxs ports of a line's cards, as stations of the line. Pure.

Asterisk rings them, and lets them dial. Between it and the appliance their calls are those of one more trunk, `TELEPHONES`: a call to a
telephone goes to `**34`, 34 being its channel, a call from one says its channel in the header that all calls over cards have. A telephone
does not log in: it is there while Asterisk is. Its hook flash holds the call it has, and takes it back.

Not here: two calls at one telephone (call waiting), telling an idle telephone anything, and knowing, of a call that a telephone has dialled
and that outlived the appliance, that it is a telephone's.
"""

import re
from collections.abc import Iterator

import attrs

from hal.api import (
    Adopted,
    Answered,
    Arrived,
    Event,
    HeldByFarEnd,
    Originate,
    Released,
    RetrievedByFarEnd,
    StationRegistered,
    StationUnregistered,
)
from hal.dahdi import TELEPHONES, Layout

__all__ = ["Telephones"]

_DIALLED = "**"
"""Begins what Asterisk is called with for a telephone: no number of the network does. A leg that outlived the appliance is known by it."""


class Telephones:
    """All of one line."""

    def __init__(self, line: str, layout: Layout) -> None:
        self._line = line
        self._stations = {str(channel): port.station for wires in layout.wires for channel, port in wires.sockets("fxs")}
        self._channels = {station: channel for channel, station in self._stations.items()}
        self._calls: dict[str, str] = {}
        """Station of each leg to or from a telephone."""
        self._up: dict[str, bool] = {}
        """Of those that are answered: whether the telephone holds it."""
        self._there = False

    def to_channel(self, command: Originate) -> Originate:
        """The call to a telephone as one by its trunk; any other as it is."""
        kind, _, station = command.to.partition(":")
        if kind != "station" or station not in self._channels:
            return command
        self._calls[command.leg] = station
        return attrs.evolve(command, to=f"number:{_DIALLED}{self._channels[station]}", trunk=TELEPHONES)

    def of_station(self, event: Event) -> Event:
        """The event of the SIP line as the core is to hear it: a call of a telephone has its station's name."""
        match event:
            case Arrived(trunk=trunk) if trunk == TELEPHONES and (station := self._at(event.channel.rpartition(" ")[2])):
                self._calls[event.leg] = station
                return attrs.evolve(event, ani=station, trunk="", station=station)
            case Adopted(leg=leg, dnis=dnis) if dnis.startswith(_DIALLED) and (station := self._at(dnis.removeprefix(_DIALLED))):
                self._calls[leg] = station
                if event.answered:
                    self._up[leg] = False
                return attrs.evolve(event, dnis=station, station=station)
            case Answered(leg=leg) if leg in self._calls:
                self._up[leg] = False
            case Released(leg=leg):
                self._calls.pop(leg, None)
                self._up.pop(leg, None)
        return event

    def reachable(self, *, there: bool) -> Iterator[Event]:
        """Asterisk is there, or not."""
        if there != self._there:
            self._there = there
            for station, channel in self._channels.items():
                yield (StationRegistered(self._line, station, f"channel {channel}") if there else StationUnregistered(self._line, station))

    def flashed(self, channel: str) -> Event | None:
        """Somebody has pressed the hook of `DAHDI/32-1` for a moment: hold, or take back; None: there is no call of a telephone."""
        named = re.match(r"DAHDI/([0-9]+)-", channel)
        station = self._at(named[1]) if named else ""
        leg = next((leg for leg in self._up if self._calls[leg] == station), "")
        if not leg:
            return None
        self._up[leg] = not self._up[leg]
        return HeldByFarEnd(self._line, leg) if self._up[leg] else RetrievedByFarEnd(self._line, leg)

    def _at(self, channel: str) -> str:
        return self._stations.get(channel, "")
