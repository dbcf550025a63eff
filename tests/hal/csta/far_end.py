"""The far end of a session in tests: it reads what the session sends, checks the use of invoke IDs, and answers when it is told to."""

from collections.abc import Iterable

from hal.csta.frames import EVENT, Frame, FrameDecoder, encode_frame
from hal.csta.messages import (
    ConnectionID,
    CSTAErrorCode,
    Dialect,
    Message,
    MonitorStart,
    MonitorStartResponse,
    MonitorStop,
    MonitorStopResponse,
    Request,
    RequestSystemStatus,
    RequestSystemStatusResponse,
    ResetApplicationSessionTimer,
    ResetApplicationSessionTimerPosResponse,
    Response,
    RouteRegister,
    RouteRegisterCancel,
    RouteRegisterCancelResponse,
    RouteRegisterResponse,
    SnapshotDevice,
    SnapshotDeviceResponse,
    StartApplicationSession,
    StartApplicationSessionPosResponse,
    StopApplicationSession,
    StopApplicationSessionPosResponse,
    SystemRegister,
    SystemRegisterResponse,
    decode,
    encode,
)
from hal.csta.messages.system import DeviceSnapshot, DeviceSnapshotData, DeviceSnapshots, LocalCallState
from hal.csta.notices import Notice, Send

__all__ = ["FarEnd", "wire"]


def wire(invoke_id: int, message: Message) -> bytes:
    """What the switch sends."""
    return encode_frame(Frame(invoke_id, encode(message, Dialect())))


class FarEnd:
    """A switch of very few words. `calls` are the connections that snapshots show: device -> (call, state)."""

    def __init__(self, duration_s: int | None = 180) -> None:
        self.waiting: dict[int, Message] = {}
        self.told: list[tuple[int, Message]] = []
        """What needs no answer."""
        self.monitors: dict[str, str] = {}
        """Cross reference -> device."""
        self.routing: dict[str, str] = {}
        """Registration -> route point."""
        self.calls: dict[str, list[tuple[str, str]]] = {}
        self._duration_s = duration_s
        self._frames = FrameDecoder()
        self._given = 0

    def hear(self, notices: Iterable[Notice]) -> list[Notice]:
        """Read what was sent; the notices that are not for the wire."""
        others = []
        for notice in notices:
            if not isinstance(notice, Send):
                others.append(notice)
                continue
            for frame in self._frames.feed(notice.data):
                message = decode(frame.xml)
                if isinstance(message, Request):
                    assert frame.invoke_id not in self.waiting, f"{frame.invoke_id} was not answered yet"
                    assert 1 <= frame.invoke_id < EVENT
                    self.waiting[frame.invoke_id] = message
                else:
                    self.told.append((frame.invoke_id, message))
        assert not self._frames.fault
        return others

    def answer(self, invoke_id: int, *, error: bool = False) -> bytes:
        """The answer to what waits under this ID."""
        asked = self.waiting.pop(invoke_id)
        return wire(invoke_id, CSTAErrorCode(operation="invalidDeviceID") if error else self._yes(asked))

    def _yes(self, asked: Message) -> Response:
        self._given += 1
        match asked:
            case StartApplicationSession():
                return StartApplicationSessionPosResponse(f"s{self._given}", actual_session_duration=self._duration_s)
            case ResetApplicationSessionTimer():
                return ResetApplicationSessionTimerPosResponse(actual_session_duration=self._duration_s)
            case MonitorStart(monitor_object=which):
                self.monitors[f"m{self._given}"] = which.device_object or ""
                return MonitorStartResponse(f"m{self._given}")
            case MonitorStop(monitor_cross_ref_id=reference):
                self.monitors.pop(reference, None)
                return MonitorStopResponse()
            case RouteRegister(routeing_device=which):
                self.routing[f"r{self._given}"] = which or ""
                return RouteRegisterResponse(f"r{self._given}")
            case RouteRegisterCancel():
                return RouteRegisterCancelResponse()
            case RequestSystemStatus():
                return RequestSystemStatusResponse("normal")
            case SystemRegister():
                return SystemRegisterResponse("x")
            case StopApplicationSession():
                return StopApplicationSessionPosResponse()
            case SnapshotDevice(snapshot_object=device):
                found = tuple(
                    DeviceSnapshot(ConnectionID(call, device), local_call_state=LocalCallState(local_connection_state=state))
                    for call, state in self.calls.get(device, [])
                )
                return SnapshotDeviceResponse(DeviceSnapshots(snapshot_data=DeviceSnapshotData(found)))
        raise AssertionError(f"no answer to {asked}")
