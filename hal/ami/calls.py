"""Calls and the devices in them, as a switch would tell them, out of an Asterisk's channels. Pure.

What is so now is compared with what was told, and the difference is the events: nothing can be told twice, and what was missed once is
told the next time. Told are calls that a device of ours is in. A port that has an agent called is in the agent's call as well, as at any
switch; Asterisk has no channel for that (`Consult`).
"""

from collections.abc import Iterable

import attrs

from hal.ami.channels import Channel, Channels, Gone, Move, Shown
from hal.ami.setup import Setup
from hal.csta.messages import (
    ConnectionClearedEvent,
    ConnectionID,
    ConnectionList,
    ConnectionListItem,
    DeliveredEvent,
    EstablishedEvent,
    Event,
    FailedEvent,
    HeldEvent,
    OriginatedEvent,
    Party,
    RetrievedEvent,
    ServiceInitiatedEvent,
    TransferedEvent,
)
from hal.csta.model import State

__all__ = ["Calls", "Consult", "cause_word"]

_CAUSES = {
    "1": "destNotObtainable",
    "3": "destNotObtainable",
    "17": "busy",
    "18": "noAnswer",
    "19": "noAnswer",
    "20": "destNotObtainable",
    "21": "callRejected",
    "27": "networkOutOfOrder",
    "34": "resourcesNotAvailable",
    "38": "networkOutOfOrder",
    "42": "networkCongestion",
    "88": "incompatibleDestination",
}
"""Q.850 -> event causes (ECMA-269)."""
_RANK = {State.NULL: 0, State.FAIL: 1, State.INITIATED: 2, State.ALERTING: 2, State.HOLD: 3, State.CONNECTED: 4}


def cause_word(cause: str) -> str:
    """An event's cause for a cause value."""
    return _CAUSES.get(cause, "normal")


@attrs.define(eq=False)
class Consult:
    """A port has a device called, or an agent's phone does for advice, in a call that is its channel's ID."""

    call: str
    port: str
    station: str
    existing: str
    """The call that the port is in besides; its channel may not have been seen yet."""
    born: int
    """Lists that were asked for later know the port, if it is still there."""
    joins: str = ""
    """The call whose caller the agent is being bridged with: the port counts as in it until that is done, or has failed."""
    is_phones: bool = False
    """It is a phone that asks: `port` is that phone."""
    is_bridged: bool = False
    """The two have been connected once."""
    is_held: bool = False
    """The phone talks with somebody else meanwhile."""
    ends: bool = False
    """The phone is being taken back to the caller."""


class Calls:
    """All that a device of ours is in."""

    def __init__(self, setup: Setup) -> None:
        """There is none."""
        self.channels = Channels(setup.stands_for)
        self.consults: dict[str, Consult] = {}
        self.dialled: dict[str, str] = {}
        """Calls that a phone makes because we say so, by that phone's channel: the phone."""
        self._setup = setup
        self._monitored = setup.monitored
        self._told: dict[str, dict[str, State]] = {}

    # --- finding ----------------------------------------------------------------------------------------------------------

    def of(self, call: str, device: str) -> Channel | None:
        """A device's channel in a call."""
        return next((one for one in self.channels.of(call) if self._setup.device_of(one.name) == device and not one.leaves), None)

    def customer(self, call: str) -> Channel | None:
        """Who is in a call without being a device of ours, or is the one who made it, or whom our phone has called in it."""
        there = [one for one in self.channels.of(call) if not one.leaves]
        outside = [one for one in there if self._setup.device_of(one.name) not in self._monitored]
        made = [one for one in there if one.calls] or [one for one in there if one.id != call]
        return next(iter(outside or made), None)

    def connections(self, device: str) -> tuple[tuple[ConnectionID, str], ...]:
        """All of a device, as they were told."""
        return tuple((ConnectionID(call, device), str(states[device])) for call, states in self._told.items() if device in states)

    def is_gone(self, call: str) -> bool:
        """Nobody is in it."""
        return not self.channels.of(call)

    # --- telling ----------------------------------------------------------------------------------------------------------

    def settle(self, found: Iterable[Shown | Move | Gone], *others: str) -> list[Event]:
        """What is to be told of these findings, and of `others`, which are calls."""
        events: list[Event] = []
        for one in found:
            match one:
                case Move(channel=channel, before=before):
                    events += self._moved(channel, before)
                    events += self._differences(before, "") + self._differences(channel.call, "")
                case Gone(channel=channel, cause=cause):
                    events += self._differences(channel.call, cause_word(cause))
                case Shown(call=call):
                    events += self._differences(call, "")
        for call in others:
            events += self._differences(call, "")
        return events

    def _now(self, call: str) -> dict[str, State]:
        states: dict[str, State] = {}
        for channel in self.channels.of(call):
            if not channel.leaves and channel.state is not State.NULL:
                device = self._setup.device_of(channel.name)
                asked = channel.id == call and call in self.dialled and channel.state is State.ALERTING
                state = State.INITIATED if asked else channel.state
                states[device] = max(states.get(device, State.NULL), state, key=lambda state: _RANK[state])
        for consult in self.consults.values():
            if call in (consult.call, consult.joins):
                states[consult.port] = State.HOLD if consult.is_held else State.CONNECTED
        return states

    def _differences(self, call: str, cause: str) -> list[Event]:
        before, now = self._told.get(call, {}), self._now(call)
        matters = bool(self._monitored & now.keys())
        events: list[Event] = []
        for device, state in now.items() if matters else ():
            if before.get(device, State.NULL) is not state:
                events += self._became(ConnectionID(call, device), before.get(device, State.NULL), state)
        for device in [device for device in before if device not in now]:
            events.append(ConnectionClearedEvent("", dropped_connection=ConnectionID(call, device), cause=cause or "normal"))
        if matters:
            self._told[call] = now
        else:
            self._told.pop(call, None)
        return events

    def _became(self, part: ConnectionID, before: State, state: State) -> list[Event]:
        if state is State.ALERTING:
            return [DeliveredEvent("", connection=part)]
        if state is State.INITIATED:
            return [ServiceInitiatedEvent("", initiated_connection=part, cause="makeCall")]
        if state is State.FAIL:
            return [FailedEvent("", failed_connection=part, cause="busy")]
        if state is State.CONNECTED and before is State.HOLD:
            return [RetrievedEvent("", retrieved_connection=part)]
        channel = self.of(part.call, part.device)
        calls = channel is None or channel.calls
        up = OriginatedEvent("", originated_connection=part) if calls else EstablishedEvent("", established_connection=part)
        if state is State.CONNECTED:
            return [up]
        return [*([up] if before is not State.CONNECTED else []), HeldEvent("", held_connection=part)]

    def _moved(self, channel: Channel, before: str) -> list[Event]:
        """A whole call has gone into another one: that is a transfer, by the port that had made the call."""
        for consult in self.consults.values():
            if consult.existing == before and self._setup.device_of(channel.name) == consult.port:
                consult.existing = channel.call
        if self.channels.of(before) or before not in self._told:
            return []
        made = self.consults.pop(before, None)
        leaver = made.port if made is not None else ""
        if leaver and (port := self.of(channel.call, leaver)) is not None:
            port.leaves = True
        told = {**self._told.pop(before), **self._told.get(channel.call, {})}
        told.pop(leaver, None)
        self._told[channel.call] = told
        items = tuple(ConnectionListItem(new_connection=ConnectionID(channel.call, device)) for device in told)
        return [
            TransferedEvent(
                "",
                primary_old_call=ConnectionID(channel.call, leaver),
                secondary_old_call=ConnectionID(before, leaver),
                transferring_device=Party(leaver) if leaver else None,
                transferred_connections=ConnectionList(items),
            )
        ]
