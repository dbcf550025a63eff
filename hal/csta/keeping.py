"""The messages by which standing orders are asked for, and what their answers say."""

from hal.csta.messages import (
    Message,
    MonitorObject,
    MonitorStart,
    MonitorStartResponse,
    MonitorStop,
    RouteRegister,
    RouteRegisterCancel,
    RouteRegisterResponse,
    RouteRequest,
    SnapshotDevice,
    SnapshotDeviceResponse,
)
from hal.csta.messages.system import LocalCallState
from hal.csta.notices import Ignored, Notice, Routing, RoutingStopped, Snapshot, Unwatched, Watched
from hal.csta.standing import Kind, Order, Standing, State

__all__ = ["SIMPLE_STATES", "granted", "lost", "reference", "request", "taken_over", "undo"]

SIMPLE_STATES = {
    "callNull": "null",
    "callPending": "initiated",
    "callOriginated": "connected",
    "callDelivered": "connected",
    "callDeliveredHeld": "hold",
    "callReceived": "alerting",
    "callReceivedOnHold": "alerting",
    "callEstablished": "connected",
    "callEstablishedHeld": "hold",
    "callEstablishedOnHold": "connected",
    "callQueued": "connected",
    "callQueuedHeld": "hold",
    "callFailed": "connected",
    "callFailedHeld": "hold",
    "callBlocked": "fail",
}
"""The device's own state in a call that is described by one word for both ends (ECMA-269, simple call states)."""


def request(order: Order, monitor_type: str) -> Message:
    """How it is asked for."""
    if order.kind is Kind.MONITOR:
        return MonitorStart(MonitorObject(device_object=order.device), monitor_type=monitor_type or None)
    if order.kind is Kind.ROUTING:
        return RouteRegister(routeing_device=order.device)
    return SnapshotDevice(order.device)


def reference(order: Order, answer: Message | None) -> str | None:
    """The reference that was granted (empty for a snapshot); None: it was not."""
    if order.kind is Kind.MONITOR:
        return answer.monitor_cross_ref_id if isinstance(answer, MonitorStartResponse) else None
    if order.kind is Kind.ROUTING:
        return answer.route_register_req_id if isinstance(answer, RouteRegisterResponse) else None
    return "" if isinstance(answer, SnapshotDeviceResponse) else None


def undo(order: Order, reference: str) -> Message:
    """How a monitor or registration is given back that there is one too many of."""
    return MonitorStop(reference) if order.kind is Kind.MONITOR else RouteRegisterCancel(reference)


def granted(order: Order, answer: Message | None) -> Notice:
    """What is said of it."""
    if order.kind is Kind.MONITOR:
        return Watched(order.device)
    if order.kind is Kind.ROUTING:
        return Routing(order.device)
    assert isinstance(answer, SnapshotDeviceResponse)
    held = answer.cross_ref_id_or_snapshot_data.snapshot_data
    found = held.snapshot_device_response_info if held is not None else ()
    return Snapshot(order.device, tuple((one.connection_identifier, _state(one.local_call_state)) for one in found))


def taken_over(standing: Standing, asked: RouteRequest) -> list[Notice]:
    """A switch that asks about a route point has us registered for it: where the answer to our request was lost, it refuses another one."""
    order = Order(Kind.ROUTING, (asked.routeing_device or asked.current_route).device)
    named = asked.route_register_req_id
    if not named or standing.device_of(Kind.ROUTING, named) or standing.state(order) is not State.WAITING:
        return []
    standing.granted(order, named)
    return [granted(order, None)]


def lost(order: Order, reason: str) -> Notice:
    """What is said of it when it is not, or no longer."""
    if order.kind is Kind.MONITOR:
        return Unwatched(order.device, reason)
    if order.kind is Kind.ROUTING:
        return RoutingStopped(order.device, reason)
    return Ignored(f"no snapshot of {order.device}: {reason}")


def _state(found: LocalCallState) -> str:
    if found.compound_call_state is not None:
        return found.compound_call_state.local_connection_state
    if found.simple_call_state is not None:
        return SIMPLE_STATES.get(found.simple_call_state, "")
    return found.local_connection_state or ""
