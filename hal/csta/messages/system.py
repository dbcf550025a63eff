"""Status of the switch, monitors, snapshots, and the error that any request may be answered with."""

from hal.api import value
from hal.csta.messages import fields as has
from hal.csta.messages.fields import ConnectionID, Party, Request, Response
from hal.csta.xml import Node

__all__ = [
    "CSTAErrorCode",
    "CallSnapshot",
    "CallSnapshotData",
    "CallSnapshots",
    "CompoundCallState",
    "DeviceSnapshot",
    "DeviceSnapshotData",
    "DeviceSnapshots",
    "LocalCallState",
    "MonitorObject",
    "MonitorStart",
    "MonitorStartResponse",
    "MonitorStop",
    "MonitorStopResponse",
    "RequestSystemStatus",
    "RequestSystemStatusResponse",
    "SnapshotCall",
    "SnapshotCallResponse",
    "SnapshotDevice",
    "SnapshotDeviceResponse",
    "SystemRegister",
    "SystemRegisterResponse",
    "SystemStatus",
    "SystemStatusResponse",
]


@value
class CSTAErrorCode(Response):
    """A request was refused: one of these is there. The fourth is spelt as in the standard."""

    operation: str | None = has.ident(optional=True)
    security: str | None = has.ident(optional=True)
    state_incompatibility: str | None = has.ident(optional=True)
    system_resource_availibility: str | None = has.ident(optional=True)
    subscribed_resource_availability: str | None = has.ident(optional=True)
    performance_management: str | None = has.ident(optional=True)
    private_error_code: str | None = has.ident(optional=True)
    unspecified: str | None = has.ident(optional=True)

    def __str__(self) -> str:
        for category in (
            "operation",
            "security",
            "state_incompatibility",
            "system_resource_availibility",
            "subscribed_resource_availability",
            "performance_management",
            "private_error_code",
        ):
            if code := getattr(self, category):
                return f"{category.replace('_', ' ')}: {code}"
        return "refused without a reason"


@value
class SystemRegister(Request):
    """Ask to be told the switch's status. Which kinds of status is left to the switch."""


@value
class SystemRegisterResponse(Response):
    """We are told."""

    sys_stat_register_id: str = has.ident()


@value
class SystemStatus(Request):
    """How the switch is; also sent for no other reason than to be answered."""

    sys_stat_register_id: str | None = has.ident(optional=True)
    system_status: str = has.ident()
    """`normal enabled initializing messagesLost disabled partiallyDisabled overloadImminent overloadReached overloadRelieved`."""


@value
class SystemStatusResponse(Response):
    """Heard."""


@value
class RequestSystemStatus(Request):
    """How is the switch?"""

    sys_stat_register_id: str | None = has.ident(optional=True)


@value
class RequestSystemStatusResponse(Response):
    """As `SystemStatus`."""

    system_status: str = has.ident()


@value
class MonitorObject:
    """What is monitored: one of the two."""

    device_object: str | None = has.device(optional=True)
    call_object: ConnectionID | None = has.connection(optional=True)


@value
class MonitorStart(Request):
    """Ask for the events of a device or a call."""

    monitor_object: MonitorObject = has.struct(MonitorObject)
    requested_monitor_filter: Node | None = has.node(optional=True)
    monitor_type: str | None = has.ident(optional=True)
    """`device` or `call`."""


@value
class MonitorStartResponse(Response):
    """They come with this ID."""

    monitor_cross_ref_id: str = has.ident()
    actual_monitor_filter: Node | None = has.node(optional=True)


@value
class MonitorStop(Request):
    """No more events; the switch says it too, of a monitor that it ended."""

    monitor_cross_ref_id: str = has.ident()


@value
class MonitorStopResponse(Response):
    """They stop."""


@value
class SnapshotDevice(Request):
    """Which connections has this device?"""

    snapshot_object: str = has.device()


@value
class CompoundCallState:
    """The states of a call's connections, the device's own first; only that one is read."""

    local_connection_state: str = has.ident()


@value
class LocalCallState:
    """The device's state in the call: in a list, as one word for the whole call, or by itself. One of the three is there."""

    compound_call_state: CompoundCallState | None = has.struct(CompoundCallState, optional=True)
    simple_call_state: str | None = has.ident(optional=True)
    local_connection_state: str | None = has.ident(optional=True)


@value
class DeviceSnapshot:
    """One connection of the device."""

    connection_identifier: ConnectionID = has.connection()
    endpoint_device: Party | None = has.party(optional=True)
    local_call_state: LocalCallState = has.struct(LocalCallState)


@value
class DeviceSnapshotData:
    """All of them."""

    snapshot_device_response_info: tuple[DeviceSnapshot, ...] = has.structs(DeviceSnapshot)


@value
class DeviceSnapshots:
    """The answer itself (the standard also knows an answer in pieces, which is not asked for)."""

    snapshot_data: DeviceSnapshotData | None = has.struct(DeviceSnapshotData, optional=True)


@value
class SnapshotDeviceResponse(Response):
    """These."""

    cross_ref_id_or_snapshot_data: DeviceSnapshots = has.struct(DeviceSnapshots, called="crossRefIDorSnapshotData")


@value
class SnapshotCall(Request):
    """Which devices are in this call?"""

    snapshot_object: ConnectionID = has.connection()


@value
class CallSnapshot:
    """One of them."""

    device_on_call: Party = has.party()
    call_identifier: ConnectionID = has.connection()
    local_connection_info: str | None = has.ident(optional=True)


@value
class CallSnapshotData:
    """All of them."""

    snapshot_call_response_info: tuple[CallSnapshot, ...] = has.structs(CallSnapshot)


@value
class CallSnapshots:
    """The answer itself."""

    snapshot_data: CallSnapshotData | None = has.struct(CallSnapshotData, optional=True)


@value
class SnapshotCallResponse(Response):
    """These."""

    cross_ref_id_or_snapshot_data: CallSnapshots = has.struct(CallSnapshots, called="crossRefIDorSnapshotData")
