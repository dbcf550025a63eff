"""Events of monitored devices. Each begins with the ID of its monitor; times are ours, not the switch's.

A peer may name them with or without `Event`, and `Transferred` with two r or one; written is what ECMA-323 has.
"""

from hal.api import value
from hal.csta.messages import fields as has
from hal.csta.messages.fields import ConnectionID, Message, Party

__all__ = [
    "AgentBusyEvent",
    "AgentEvent",
    "AgentLoggedOffEvent",
    "AgentLoggedOnEvent",
    "AgentNotReadyEvent",
    "AgentReadyEvent",
    "AgentWorkingAfterCallEvent",
    "BackInServiceEvent",
    "CallClearedEvent",
    "CallEvent",
    "ConferencedEvent",
    "ConnectionClearedEvent",
    "ConnectionList",
    "ConnectionListItem",
    "DeliveredEvent",
    "DeviceEvent",
    "DivertedEvent",
    "Endpoint",
    "EstablishedEvent",
    "Event",
    "FailedEvent",
    "HeldEvent",
    "NetworkReachedEvent",
    "OfferedEvent",
    "OriginatedEvent",
    "OutOfServiceEvent",
    "QueuedEvent",
    "RetrievedEvent",
    "ServiceInitiatedEvent",
    "TransferedEvent",
]


@value
class Event(Message):
    """Base of all events."""

    monitor_cross_ref_id: str = has.ident()


@value
class CallEvent(Event):
    """Base of those about calls."""


@value
class DeviceEvent(Event):
    """Base of those about a device as a whole."""


@value
class AgentEvent(Event):
    """Base of those about agents."""

    agent_device: Party = has.party()
    agent_id: str | None = has.ident(optional=True)
    acd_group: str | None = has.device(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class ServiceInitiatedEvent(CallEvent):
    """Somebody went off the hook, or is asked to."""

    initiated_connection: ConnectionID = has.connection()
    initiating_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class OriginatedEvent(CallEvent):
    """He has dialled."""

    originated_connection: ConnectionID = has.connection()
    calling_device: Party | None = has.party(optional=True)
    called_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class OfferedEvent(CallEvent):
    """A call may be had, and does not ring yet."""

    offered_connection: ConnectionID = has.connection()
    offered_device: Party | None = has.party(optional=True)
    calling_device: Party | None = has.party(optional=True)
    called_device: Party | None = has.party(optional=True)
    last_redirection_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class DeliveredEvent(CallEvent):
    """It rings."""

    connection: ConnectionID = has.connection()
    alerting_device: Party | None = has.party(optional=True)
    calling_device: Party | None = has.party(optional=True)
    called_device: Party | None = has.party(optional=True)
    last_redirection_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class NetworkReachedEvent(CallEvent):
    """The call has left the switch by a trunk, and what is behind it is not seen well."""

    outbound_connection: ConnectionID = has.connection()
    network_interface_used: Party | None = has.party(optional=True)
    calling_device: Party | None = has.party(optional=True)
    called_device: Party | None = has.party(optional=True)
    last_redirection_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class EstablishedEvent(CallEvent):
    """It was answered."""

    established_connection: ConnectionID = has.connection()
    answering_device: Party | None = has.party(optional=True)
    calling_device: Party | None = has.party(optional=True)
    called_device: Party | None = has.party(optional=True)
    last_redirection_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class HeldEvent(CallEvent):
    """A device holds it."""

    held_connection: ConnectionID = has.connection()
    holding_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class RetrievedEvent(CallEvent):
    """It took it back."""

    retrieved_connection: ConnectionID = has.connection()
    retrieving_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class QueuedEvent(CallEvent):
    """It waits at a group or a park position."""

    queued_connection: ConnectionID = has.connection()
    queue: Party | None = has.party(optional=True)
    calling_device: Party | None = has.party(optional=True)
    called_device: Party | None = has.party(optional=True)
    last_redirection_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class DivertedEvent(CallEvent):
    """It left a device where it rang, for another."""

    connection: ConnectionID = has.connection()
    diverting_device: Party | None = has.party(optional=True)
    new_destination: Party | None = has.party(optional=True)
    calling_device: Party | None = has.party(optional=True)
    called_device: Party | None = has.party(optional=True)
    last_redirection_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class FailedEvent(CallEvent):
    """It cannot go on: busy, no such number; the cause says which."""

    failed_connection: ConnectionID = has.connection()
    failing_device: Party | None = has.party(optional=True)
    calling_device: Party | None = has.party(optional=True)
    called_device: Party | None = has.party(optional=True)
    last_redirection_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class ConnectionClearedEvent(CallEvent):
    """A device is out of it."""

    dropped_connection: ConnectionID = has.connection()
    releasing_device: Party | None = has.party(optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class CallClearedEvent(CallEvent):
    """The call is over for all."""

    cleared_call: ConnectionID = has.connection()
    cause: str | None = has.ident(optional=True)


@value
class Endpoint:
    """The device of a connection, where its ID is not the device's own."""

    device_id: str | None = has.device(optional=True)


@value
class ConnectionListItem:
    """A connection that goes on under another ID; without an old one it is as it was."""

    new_connection: ConnectionID | None = has.connection(optional=True)
    old_connection: ConnectionID | None = has.connection(optional=True)
    endpoint: Endpoint | None = has.struct(Endpoint, optional=True)


@value
class ConnectionList:
    """All who are in the call."""

    connection_list_item: tuple[ConnectionListItem, ...] = has.structs(ConnectionListItem)


@value
class TransferedEvent(CallEvent):
    """Two calls became one, without the device that joined them. Spelt as in the standard."""

    primary_old_call: ConnectionID = has.connection()
    secondary_old_call: ConnectionID | None = has.connection(optional=True)
    transferring_device: Party | None = has.party(optional=True)
    transferred_to_device: Party | None = has.party(optional=True)
    transferred_connections: ConnectionList | None = has.struct(ConnectionList, optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class ConferencedEvent(CallEvent):
    """Two calls became one, or somebody joined."""

    primary_old_call: ConnectionID = has.connection()
    secondary_old_call: ConnectionID | None = has.connection(optional=True)
    conferencing_device: Party | None = has.party(optional=True)
    added_party: Party | None = has.party(optional=True)
    conference_connections: ConnectionList | None = has.struct(ConnectionList, optional=True)
    local_connection_info: str | None = has.ident(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class BackInServiceEvent(DeviceEvent):
    """The device works again."""

    device: Party | None = has.party(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class OutOfServiceEvent(DeviceEvent):
    """The device does not work."""

    device: Party | None = has.party(optional=True)
    cause: str | None = has.ident(optional=True)


@value
class AgentLoggedOnEvent(AgentEvent):
    """An agent logged on."""


@value
class AgentLoggedOffEvent(AgentEvent):
    """He logged off."""


@value
class AgentReadyEvent(AgentEvent):
    """He takes calls."""


@value
class AgentNotReadyEvent(AgentEvent):
    """He does not."""


@value
class AgentBusyEvent(AgentEvent):
    """He has one."""


@value
class AgentWorkingAfterCallEvent(AgentEvent):
    """He works on the one he had."""
