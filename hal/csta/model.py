"""The switch as its events show it: calls, the devices in them, and the state of each connection (ECMA-269, connection states).

    null ─> initiated ─> connected <──> hold          (who calls)
    null ─> alerting ──> connected <──> hold          (who is called; queued before it at a group, fail at a busy one)
    any ─> null

Events come late, twice, in another order, or not at all. What the model does about it:

- What cannot be (it rings where it was answered already; a held call that was never connected) is passed over or taken as it is,
  whichever is safer, and the device is put in doubt: `Doubt` asks for its snapshot, which is believed about that device.
- What was cleared leaves a mark for `settle_s`: an event that says otherwise within that time is taken for a late one. Were it a true one
  (a call that comes back at once), the snapshot says so.
- A state of the monitored device that only `localConnectionInfo` tells is taken, and in doubt as well: the event of it was lost.

A call is over when it is cleared, or when no monitored device is in it any more: nothing would be heard of it.

Not here: which call is whose, and what anybody wants with it (`hal.csta.mapping`); times (they are passed in).
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

import attrs

from hal.api import value
from hal.csta.messages import (
    AgentBusyEvent,
    AgentEvent,
    AgentLoggedOffEvent,
    AgentLoggedOnEvent,
    AgentNotReadyEvent,
    AgentReadyEvent,
    AgentWorkingAfterCallEvent,
    BackInServiceEvent,
    CallClearedEvent,
    ConferencedEvent,
    ConnectionClearedEvent,
    ConnectionID,
    DeliveredEvent,
    DivertedEvent,
    EstablishedEvent,
    Event,
    FailedEvent,
    HeldEvent,
    NetworkReachedEvent,
    OfferedEvent,
    OriginatedEvent,
    OutOfServiceEvent,
    Party,
    QueuedEvent,
    RetrievedEvent,
    ServiceInitiatedEvent,
    TransferedEvent,
)

__all__ = [
    "AgentSeen",
    "Call",
    "Changed",
    "Doubt",
    "InService",
    "Joined",
    "Over",
    "Seen",
    "State",
    "Switch",
]


class State(StrEnum):
    """Of a connection."""

    NULL = "null"
    INITIATED = "initiated"
    ALERTING = "alerting"
    CONNECTED = "connected"
    HOLD = "hold"
    QUEUED = "queued"
    FAIL = "fail"


_SUBJECTS: Mapping[type[Event], tuple[str, State]] = {
    ServiceInitiatedEvent: ("initiated_connection", State.INITIATED),
    OriginatedEvent: ("originated_connection", State.CONNECTED),
    OfferedEvent: ("offered_connection", State.ALERTING),
    DeliveredEvent: ("connection", State.ALERTING),
    NetworkReachedEvent: ("outbound_connection", State.ALERTING),
    EstablishedEvent: ("established_connection", State.CONNECTED),
    HeldEvent: ("held_connection", State.HOLD),
    RetrievedEvent: ("retrieved_connection", State.CONNECTED),
    QueuedEvent: ("queued_connection", State.QUEUED),
    DivertedEvent: ("connection", State.NULL),
    FailedEvent: ("failed_connection", State.FAIL),
    ConnectionClearedEvent: ("dropped_connection", State.NULL),
}
"""Which connection an event is about, and in which state it is then."""
_AGENTS: Mapping[type[Event], str] = {
    AgentLoggedOnEvent: "loggedOn",
    AgentLoggedOffEvent: "loggedOff",
    AgentReadyEvent: "ready",
    AgentNotReadyEvent: "notReady",
    AgentBusyEvent: "busy",
    AgentWorkingAfterCallEvent: "workingAfterCall",
}
_STATES: Mapping[str | None, State] = {state.value: state for state in State}
_ANSWERED = (State.CONNECTED, State.HOLD)
_BEFORE = (State.INITIATED, State.ALERTING, State.QUEUED)


@value
class Seen:
    """Base of what the model says."""


@value
class Changed(Seen):
    """A connection went from one state into another; `NULL` is not being there."""

    call: str
    device: str
    before: State
    after: State
    cause: str = ""
    """In the switch's words; `snapshot` where no event told it."""
    diverted: bool = False
    """The call goes on to another device."""


@value
class Joined(Seen):
    """Calls go on as one: their connections are those of `call` from now on, and the other IDs mean nothing any more."""

    call: str
    others: tuple[str, ...]


@value
class Over(Seen):
    """A call is over, as far as it can be seen."""

    call: str


@value
class Doubt(Seen):
    """What is known of a device may be wrong: take its snapshot."""

    device: str
    why: str


@value
class AgentSeen(Seen):
    """An agent's state at the switch: `loggedOn loggedOff ready notReady busy workingAfterCall`."""

    device: str
    agent: str
    state: str


@value
class InService(Seen):
    """A device works, or does not."""

    device: str
    works: bool


@attrs.define
class Call:
    """One call."""

    id: str
    connections: dict[str, State] = attrs.Factory(dict)
    calling: str = ""
    called: str = ""
    redirected: str = ""
    """The last device it was redirected from."""
    user_data: str = ""
    correlator: str = ""


class Switch:
    """All calls that monitored devices are in."""

    def __init__(self, monitored: Iterable[str], *, device_of: Callable[[str], str] = str, settle_s: float = 2.0) -> None:
        """`device_of` turns an ID as events write it into the name of the device."""
        self.calls: dict[str, Call] = {}
        self._monitored = frozenset(monitored)
        self._device_of = device_of
        self._settle_s = settle_s
        self._gone: dict[tuple[str, str], float] = {}
        """When a connection was cleared; the device is empty for a whole call."""
        self._retrieved: dict[tuple[str, str, str], float] = {}
        """When a call was taken back that was not held, by whose monitor: the event of the hold may be late."""
        self._strays: dict[str, float] = {}
        """Calls that no monitored device is in, each with when that was first seen: what puts one into them may still come."""
        self._now = 0.0
        self._out: list[Seen] = []

    def states(self, device: str) -> dict[str, State]:
        """The calls that a device is in, and how."""
        return {call.id: call.connections[device] for call in self.calls.values() if device in call.connections}

    # --- what comes in ------------------------------------------------------------------------------------------------

    def apply(self, now: float, event: Event, device: str = "") -> list[Seen]:
        """An event, of the monitor of `device` where that is known."""
        self._at(now)
        if isinstance(event, AgentEvent):
            where = self._device_of(event.agent_device.device) or device
            self._out.append(AgentSeen(where, event.agent_id or "", _AGENTS[type(event)]))
        elif isinstance(event, BackInServiceEvent | OutOfServiceEvent):
            where = self._device_of(event.device.device) if event.device else device
            self._out.append(InService(where, isinstance(event, BackInServiceEvent)))
        elif isinstance(event, CallClearedEvent):
            self._clear(event.cleared_call.call, event.cause or "")
        elif isinstance(event, TransferedEvent | ConferencedEvent):
            self._join(event)
        elif type(event) in _SUBJECTS:
            self._event(event, device)
        return self._said()

    def snapshot(self, now: float, device: str, connections: Iterable[tuple[ConnectionID, str]]) -> list[Seen]:
        """All that a device has: what else is known of it is wrong."""
        self._at(now)
        there = {}
        for connection, text in connections:
            known = self.calls[connection.call].connections.get(device) if connection.call in self.calls else None
            there[connection.call] = _STATES.get(text) or known or State.CONNECTED
        for call_id in [call_id for call_id in self.states(device) if there.get(call_id, State.NULL) is State.NULL]:
            self._set(call_id, device, State.NULL, "snapshot")
        for call_id, state in there.items():
            if state is not State.NULL:
                self._gone.pop((call_id, device), None)
                self._gone.pop((call_id, ""), None)
                self._set(call_id, device, state, "snapshot")
        self._drop_strays()
        return self._said()

    def _drop_strays(self) -> None:
        found = (call.id for call in self.calls.values() if self._monitored.isdisjoint(call.connections))
        self._strays = {call_id: self._strays.get(call_id, self._now) for call_id in found}
        for call_id in [call_id for call_id, since in self._strays.items() if self._now - since > self._settle_s]:
            del self._strays[call_id]
            self._forget(call_id)

    def _at(self, now: float) -> None:
        self._now = now
        _drop_before(now - self._settle_s, self._gone)
        _drop_before(now - self._settle_s, self._retrieved)

    def _said(self) -> list[Seen]:
        said, self._out = self._out, []
        return said

    # --- events -------------------------------------------------------------------------------------------------------

    def _event(self, event: Event, monitor: str) -> None:
        name, after = _SUBJECTS[type(event)]
        connection: ConnectionID = getattr(event, name)
        cause: str = getattr(event, "cause", None) or ""
        device = self._device_of(connection.device) or monitor
        if not connection.call or not device:
            return
        if after is not State.NULL and self._is_gone(connection.call, device):
            self._doubt(device, monitor, "an event of a connection that was just cleared")
            return
        call = self.calls.get(connection.call)
        before = call.connections.get(device, State.NULL) if call else State.NULL
        if before in _ANSWERED and after in _BEFORE:
            self._doubt(device, monitor, f"{after} after it was {before}")
            return
        if device in self._monitored:  # others may hold before anything was said of them
            told = (connection.call, device, monitor)
            if isinstance(event, HeldEvent) and (before not in _ANSWERED or (before is not after and told in self._retrieved)):
                self._doubt(device, monitor, f"held while {before}")
            if isinstance(event, RetrievedEvent) and before is not State.HOLD:
                self._retrieved.pop(told, None)
                self._retrieved[told] = self._now
        self._set(connection.call, device, after, cause, diverted=isinstance(event, DivertedEvent))
        if connection.call in self.calls:
            self._note(self.calls[connection.call], event)
            self._local(connection.call, device, monitor, getattr(event, "local_connection_info", None))

    def _local(self, call_id: str, subject: str, monitor: str, info: str | None) -> None:
        """What the event says of the device whose monitor told it, where that is another than the one it is about."""
        after = _STATES.get(info)
        if not monitor or monitor == subject or after is None:
            return
        before = self.calls[call_id].connections.get(monitor, State.NULL)
        if before is after or (before in _ANSWERED and after in _BEFORE) or self._is_gone(call_id, monitor):
            return
        self._doubt(monitor, monitor, f"it is {after}, and was {before}")
        self._set(call_id, monitor, after, "")

    def _note(self, call: Call, event: Event) -> None:
        call.calling = self._known(event, "calling_device") or call.calling
        call.called = self._known(event, "called_device") or call.called
        call.redirected = self._known(event, "last_redirection_device") or call.redirected
        call.user_data = getattr(event, "user_data", None) or call.user_data
        call.correlator = getattr(event, "correlator_data", None) or call.correlator

    def _known(self, event: Event, name: str) -> str:
        party: Party | None = getattr(event, name, None)
        return self._device_of(party.device) if party is not None and party.device else ""

    def _is_gone(self, call: str, device: str) -> bool:
        return (call, device) in self._gone or (call, "") in self._gone

    def _doubt(self, device: str, monitor: str, why: str) -> None:
        which = device if device in self._monitored else monitor
        doubt = Doubt(which, why)
        if which in self._monitored and doubt not in self._out:
            self._out.append(doubt)

    # --- connections --------------------------------------------------------------------------------------------------

    def _set(self, call_id: str, device: str, after: State, cause: str, *, diverted: bool = False) -> None:
        call = self.calls.get(call_id)
        before = call.connections.get(device, State.NULL) if call else State.NULL
        if after is State.NULL:
            self._mark(call_id, device)
        if before is after:
            return
        if call is None:
            call = self.calls[call_id] = Call(call_id)
        if after is State.NULL:
            del call.connections[device]
        else:
            call.connections[device] = after
        self._out.append(Changed(call_id, device, before, after, cause, diverted))
        if after is State.NULL and self._monitored.isdisjoint(call.connections):
            self._forget(call_id)

    def _mark(self, call_id: str, device: str) -> None:
        self._gone.pop((call_id, device), None)  # marks stand in the order of their times
        self._gone[call_id, device] = self._now

    def _forget(self, call_id: str) -> None:
        del self.calls[call_id]
        self._mark(call_id, "")
        self._out.append(Over(call_id))

    def _clear(self, call_id: str, cause: str) -> None:
        call = self.calls.get(call_id)
        for device in list(call.connections) if call else ():
            self._set(call_id, device, State.NULL, cause)
        if call_id in self.calls:
            self._forget(call_id)
        self._mark(call_id, "")

    # --- transfers and conferences ------------------------------------------------------------------------------------

    def _join(self, event: TransferedEvent | ConferencedEvent) -> None:
        """Two calls become one: the listed connections under their new IDs, the others of both calls with them."""
        if isinstance(event, TransferedEvent):
            listed, leaver = event.transferred_connections, event.transferring_device
        else:
            listed, leaver = event.conference_connections, None
        olds = [old.call for old in (event.primary_old_call, event.secondary_old_call) if old is not None and old.call]
        items = listed.connection_list_item if listed is not None else ()
        new = next(
            (item.new_connection.call for item in items if item.new_connection and item.new_connection.call), olds[0] if olds else ""
        )
        if not new:
            return
        leaving = self._device_of(leaver.device) if leaver is not None else ""
        states = self._joined_states(new, olds, leaving)
        for item in items:
            old, now_is = item.old_connection, item.new_connection or item.old_connection
            device = self._device_of(now_is.device) if now_is is not None else ""
            if item.endpoint is not None and item.endpoint.device_id:
                device = self._device_of(item.endpoint.device_id)
            if device and device != leaving and not self._is_gone(new, device):
                was = self._device_of(old.device) if old is not None else ""
                states.setdefault(device, states.pop(was, State.CONNECTED) if was != device else State.CONNECTED)
        for old_id in (old_id for old_id in olds if old_id in self.calls):
            if leaving in self.calls[old_id].connections:
                self._out.append(Changed(old_id, leaving, self.calls[old_id].connections.pop(leaving), State.NULL, event.cause or ""))
        self._merge(new, olds, states)
        if leaving:
            self._mark(new, leaving)
        if new in self.calls:
            self._note(self.calls[new], event)
        if not items:
            for device in sorted(states):
                self._doubt(device, device, "two calls became one, and nothing was said of who is in it")

    def _joined_states(self, new: str, olds: list[str], leaving: str) -> dict[str, State]:
        """Everybody in the calls that are joined, as they are there; who holds one and is in the other is connected."""
        states: dict[str, State] = {}
        for call_id in dict.fromkeys([new, *olds]):
            for device, state in self.calls[call_id].connections.items() if call_id in self.calls else ():
                if device != leaving:
                    states[device] = State.CONNECTED if device in states else state
        return states

    def _merge(self, new: str, olds: list[str], states: dict[str, State]) -> None:
        others = tuple(call_id for call_id in olds if call_id != new and call_id in self.calls)
        before: dict[str, State] = {}
        call = self.calls.get(new) or Call(new)
        for call_id in (*others, new):
            if call_id in self.calls:
                part = self.calls[call_id]
                before.update(part.connections)
                call.calling, call.called = call.calling or part.calling, call.called or part.called
                call.user_data, call.correlator = call.user_data or part.user_data, call.correlator or part.correlator
        for call_id in others:
            del self.calls[call_id]
        for call_id in olds:
            if call_id != new:
                self._mark(call_id, "")
        if others:
            self._out.append(Joined(new, others))
        if self._monitored.isdisjoint(states):
            if self.calls.pop(new, None) is not None or others:
                self._mark(new, "")
                self._out.append(Over(new))
            return
        self.calls[new] = call
        call.connections = dict(states)
        self._out += [
            Changed(new, device, before.get(device, State.NULL), state)
            for device, state in states.items()
            if before.get(device, State.NULL) is not state
        ]


def _drop_before(time: float, marks: dict[Any, float]) -> None:
    while marks and next(iter(marks.values())) <= time:
        del marks[next(iter(marks))]
