"""A switch in three devices' size that is always right: calls change, and each monitored device in them tells the event."""

from collections.abc import Callable
from functools import partial
from typing import Any

import attrs

from hal.csta.messages import (
    ConferencedEvent,
    ConnectionClearedEvent,
    ConnectionID,
    DeliveredEvent,
    EstablishedEvent,
    Event,
    HeldEvent,
    OriginatedEvent,
    Party,
    RetrievedEvent,
    ServiceInitiatedEvent,
    TransferedEvent,
)
from hal.csta.messages.events import ConnectionList, ConnectionListItem

__all__ = ["TrueSwitch"]

Told = tuple[str, Event]
"""By the monitor of which device."""


@attrs.define
class TrueSwitch:
    """Calls as they are. Every change returns what the monitors tell of it, in order."""

    monitored: tuple[str, ...]
    calls: dict[str, dict[str, str]] = attrs.Factory(dict)
    count: int = 0

    def of(self, device: str, *states: str) -> list[str]:
        """The calls that a device is in, in one of these states."""
        return [call for call, there in self.calls.items() if there.get(device) in states]

    def shown(self, device: str) -> list[tuple[ConnectionID, str]]:
        """Its snapshot."""
        return [(ConnectionID(call, device), there[device]) for call, there in self.calls.items() if device in there]

    def view(self) -> dict[str, dict[str, str]]:
        """What can be known: the monitored devices' connections."""
        seen = {call: {device: state for device, state in there.items() if device in self.monitored} for call, there in self.calls.items()}
        return {call: there for call, there in seen.items() if there}

    def _tell(self, call: str, make: Callable[[str | None], Event], *, also: tuple[str, ...] = ()) -> list[Told]:
        there = self.calls.get(call, {})
        return [(device, make(there.get(device, "null"))) for device in self.monitored if device in there or device in also]

    def make(self, calling: str, called: str) -> list[Told]:
        """Dial, and let it ring."""
        self.count += 1
        call = f"c{self.count}"
        parties: dict[str, Any] = {"calling_device": Party(calling), "called_device": Party(called)}
        self.calls[call] = {calling: "initiated"}
        mine = ConnectionID(call, calling)
        told = self._tell(call, lambda local: ServiceInitiatedEvent("m", mine, local_connection_info=local))
        self.calls[call][calling] = "connected"
        told += self._tell(call, lambda local: OriginatedEvent("m", mine, local_connection_info=local, **parties))
        self.calls[call][called] = "alerting"
        return told + self._tell(
            call, lambda local: DeliveredEvent("m", ConnectionID(call, called), local_connection_info=local, **parties)
        )

    def answer(self, call: str, device: str) -> list[Told]:
        """Take it."""
        self.calls[call][device] = "connected"
        return self._tell(call, lambda local: EstablishedEvent("m", ConnectionID(call, device), local_connection_info=local))

    def hold(self, call: str, device: str) -> list[Told]:
        """Hold it."""
        self.calls[call][device] = "hold"
        return self._tell(call, lambda local: HeldEvent("m", ConnectionID(call, device), local_connection_info=local))

    def retrieve(self, call: str, device: str) -> list[Told]:
        """Take it back."""
        self.calls[call][device] = "connected"
        return self._tell(call, lambda local: RetrievedEvent("m", ConnectionID(call, device), local_connection_info=local))

    def clear(self, call: str, device: str) -> list[Told]:
        """Leave it; who stays alone leaves too."""
        told = []
        leaving = [device] if len(self.calls[call]) > 2 else list(self.calls[call])
        for one in leaving:
            del self.calls[call][one]
            told += self._tell(call, partial(_cleared, ConnectionID(call, one)), also=(one,))
        if not self.calls[call]:
            del self.calls[call]
        return told

    def join(self, device: str, held: str, active: str, *, transfer: bool) -> list[Told]:
        """Make one call of two, without the device or with it."""
        self.count += 1
        new = f"c{self.count}"
        before = [(call, one) for call in (held, active) for one in self.calls[call] if one != device]
        states = {one: self.calls[call][one] for call, one in before}
        was_there = {*self.calls[held], *self.calls[active]}
        del self.calls[held], self.calls[active]
        self.calls[new] = dict(states)
        listed = [ConnectionListItem(new_connection=ConnectionID(new, one), old_connection=ConnectionID(call, one)) for call, one in before]
        olds: dict[str, Any] = {"secondary_old_call": ConnectionID(active, device)}
        if transfer:
            return self._tell(
                new,
                lambda local: TransferedEvent(
                    "m",
                    ConnectionID(held, device),
                    transferring_device=Party(device),
                    transferred_connections=ConnectionList(tuple(listed)),
                    local_connection_info=local,
                    **olds,
                ),
                also=tuple(was_there),
            )
        self.calls[new][device] = "connected"
        listed.append(ConnectionListItem(new_connection=ConnectionID(new, device), old_connection=ConnectionID(active, device)))
        return self._tell(
            new,
            lambda local: ConferencedEvent(
                "m",
                ConnectionID(held, device),
                conferencing_device=Party(device),
                conference_connections=ConnectionList(tuple(listed)),
                local_connection_info=local,
                **olds,
            ),
        )


def _cleared(connection: ConnectionID, local: str | None) -> Event:
    return ConnectionClearedEvent("m", connection, local_connection_info=local)
