"""What a switch reports: every event of the standard with its fields, in the standard's order (ECMA-269 clauses 17.2 and 22.2).

An event is data. It says by `local` which devices it concerns, and the state of each one's own connection afterwards; who of the computers
hears of it is a matter of monitors (`sim.switch.monitors`), how it is written a matter of the wire (`sim.switch.wording`).
"""

from collections.abc import Mapping

from attrs import field, frozen

from sim.switch.calls import ConnectionID, State

__all__ = ["FIELDS", "Event", "Moved", "Value", "event"]

FIELDS: dict[str, tuple[str, ...]] = {
    "ServiceInitiated": ("initiatedConnection", "initiatingDevice"),
    "Originated": ("originatedConnection", "callingDevice", "calledDevice"),
    "NetworkReached": ("outboundConnection", "networkInterfaceUsed", "callingDevice", "calledDevice", "lastRedirectionDevice"),
    "Delivered": ("connection", "alertingDevice", "callingDevice", "calledDevice", "lastRedirectionDevice"),
    "Queued": ("queuedConnection", "queue", "callingDevice", "calledDevice", "lastRedirectionDevice", "numberQueued"),
    "Established": ("establishedConnection", "answeringDevice", "callingDevice", "calledDevice", "lastRedirectionDevice"),
    "Held": ("heldConnection", "holdingDevice"),
    "Retrieved": ("retrievedConnection", "retrievingDevice"),
    "Diverted": ("connection", "divertingDevice", "newDestination", "callingDevice", "calledDevice", "lastRedirectionDevice"),
    "Transfered": ("primaryOldCall", "secondaryOldCall", "transferringDevice", "transferredToDevice", "transferredConnections"),
    "Conferenced": ("primaryOldCall", "secondaryOldCall", "conferencingDevice", "addedParty", "conferenceConnections"),
    "Failed": ("failedConnection", "failingDevice", "callingDevice", "calledDevice", "lastRedirectionDevice"),
    "ConnectionCleared": ("droppedConnection", "releasingDevice"),
    "CallCleared": ("clearedCall",),
    "DigitsGenerated": ("connection", "digitGeneratedList"),
    "AgentLoggedOn": ("agentDevice", "agentID", "agentGroup"),
    "AgentLoggedOff": ("agentDevice", "agentID", "agentGroup"),
    "AgentNotReady": ("agentDevice", "agentID"),
    "AgentReady": ("agentDevice", "agentID"),
    "AgentBusy": ("agentDevice", "agentID"),
    "AgentWorkingAfterCall": ("agentDevice", "agentID"),
    "BackInService": ("device",),
    "OutOfService": ("device",),
}
"""Events and their fields. A field that has no value in an event is left out, but for the devices, which are then not known."""


@frozen
class Moved:
    """One entry of the connections of a transfer or conference."""

    new: ConnectionID
    old: ConnectionID | None
    state: State


Value = str | ConnectionID | tuple[Moved, ...] | None


@frozen
class Event:
    """Something that has happened."""

    kind: str
    values: Mapping[str, Value]
    cause: str = ""
    calls: tuple[str, ...] = ()
    """The calls it concerns: those it ends and the one that goes on."""
    local: Mapping[str, State] = field(factory=dict)
    """The devices it concerns, with the state of their own connection now."""
    correlator: str = ""
    user_data: str = ""


def event(
    kind: str, *values: Value, cause: str = "", calls: tuple[str, ...] = (), local: Mapping[str, State] | None = None,
    correlator: str = "", user_data: str = "",
) -> Event:  # fmt: skip
    """Make an event from the values of its fields in their order."""
    return Event(kind, dict(zip(FIELDS[kind], values, strict=True)), cause, calls, local or {}, correlator, user_data)
