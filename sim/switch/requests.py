"""The requests of a computer: what each reads from its message, asks the switch for, and answers."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.switch.calls import ConnectionID
from sim.switch.document import Content, Reading
from sim.switch.errors import incompatible, no_resource, wrong
from sim.switch.monitors import Monitor
from sim.switch.wording import connection

if TYPE_CHECKING:
    from sim.switch.link import Link

__all__ = ["REQUESTS", "device_of"]

Answer = list[tuple[str, Content]] | None
"""The elements of the positive answer; None: there is none."""


def device_of(text: str) -> str:
    """The number in a device identifier: `8001`, `tel:8001`, `N<8001>` (ECMA-269 clause 12.3.6)."""
    text = text.removeprefix("tel:").partition(";")[0]
    return text[2:-1] if text.startswith("N<") and text.endswith(">") else text


def _connection(request: Reading, *path: str) -> ConnectionID:
    found = request.find(*path)
    if found is None:
        raise wrong("atLeastOneConditionalParameterNotProvided")
    return ConnectionID(found.text_at("callID"), device_of(found.text_at("deviceID")))


def _number(request: Reading, name: str) -> str:
    return device_of(request.text_at(name))


def _named(name: str, id_: ConnectionID) -> Answer:
    return [(name, connection(id_))]


def _data(request: Reading) -> dict[str, str]:
    return {"correlator": request.text_at("correlatorData"), "user_data": request.text_at("userData")}


# --- calls --------------------------------------------------------------------------------------------------------------------------


def _make_call(link: "Link", request: Reading) -> Answer:
    prompt = {"prompt": True, "doNotPrompt": False}.get(request.text_at("autoOriginate"))
    caller, called = _number(request, "callingDevice"), _number(request, "calledDirectoryNumber")
    return _named("callingDevice", link.ask.make_call(caller, called, prompt=prompt, **_data(request)))


def _make_predictive_call(link: "Link", request: Reading) -> Answer:
    caller, called = _number(request, "callingDevice"), _number(request, "calledDirectoryNumber")
    return _named("initiatedCall", link.ask.make_predictive_call(caller, called, **_data(request)))


def _answer_call(link: "Link", request: Reading) -> Answer:
    link.ask.answer_call(_connection(request, "callToBeAnswered"))
    return []


def _clear_connection(link: "Link", request: Reading) -> Answer:
    link.ask.clear_connection(_connection(request, "connectionToBeCleared"))
    return []


def _clear_call(link: "Link", request: Reading) -> Answer:
    link.ask.clear_call(_connection(request, "callToBeCleared"))
    return []


def _hold_call(link: "Link", request: Reading) -> Answer:
    link.ask.hold_call(_connection(request, "callToBeHeld"))
    return []


def _retrieve_call(link: "Link", request: Reading) -> Answer:
    link.ask.retrieve_call(_connection(request, "callToBeRetrieved"))
    return []


def _consultation_call(link: "Link", request: Reading) -> Answer:
    existing, consulted = _connection(request, "existingCall"), _number(request, "consultedDevice")
    return _named("initiatedCall", link.ask.consultation_call(existing, consulted, **_data(request)))


def _alternate_call(link: "Link", request: Reading) -> Answer:
    link.ask.alternate_call(_connection(request, "heldCall"), _connection(request, "activeCall"))
    return []


def _reconnect_call(link: "Link", request: Reading) -> Answer:
    link.ask.reconnect_call(_connection(request, "activeCall"), _connection(request, "heldCall"))
    return []


def _transfer_call(link: "Link", request: Reading) -> Answer:
    return _named("transferredCall", link.ask.transfer_call(_connection(request, "heldCall"), _connection(request, "activeCall")))


def _conference_call(link: "Link", request: Reading) -> Answer:
    return _named("conferenceCall", link.ask.conference_call(_connection(request, "heldCall"), _connection(request, "activeCall")))


def _single_step_transfer_call(link: "Link", request: Reading) -> Answer:
    active, to = _connection(request, "activeCall"), _number(request, "transferredTo")
    return _named("transferredCall", link.ask.single_step_transfer_call(active, to))


def _single_step_conference_call(link: "Link", request: Reading) -> Answer:
    active, device = _connection(request, "activeCall"), _number(request, "deviceToJoin")
    kind = request.text_at("participationType") or "active"
    if kind not in {"active", "silent"}:
        raise wrong("invalidParticipationType")
    return _named("conferencedCall", link.ask.single_step_conference_call(active, device, silent=kind == "silent"))


def _deflect_call(link: "Link", request: Reading) -> Answer:
    link.ask.deflect_call(_connection(request, "callToBeDiverted"), _number(request, "newDestination"))
    return []


def _generate_digits(link: "Link", request: Reading) -> Answer:
    link.ask.generate_digits(_connection(request, "connectionToSendDigits"), request.text_at("charactersToSend"))
    return []


# --- monitors and snapshots ---------------------------------------------------------------------------------------------------------


def _filter(request: Reading) -> frozenset[str]:
    asked = request.find("requestedMonitorFilter")
    return frozenset(name for name, out in asked.flags().items() if out) if asked is not None else frozenset()


def _monitor_start(link: "Link", request: Reading) -> Answer:
    kind = request.text_at("monitorType") or "device"
    call = request.find("monitorObject", "callObject")
    if kind not in {"call", "device"}:
        raise wrong("invalidMonitorType")
    if len(link.monitors) >= link.cti.habits.most_monitors:
        raise no_resource("overallMonitorLimitExceeded")
    cross_ref = link.cti.new_cross_ref()
    if call is not None:
        call_id = call.text_at("callID") or call.text
        if call_id not in link.cti.switch.calls:
            raise wrong("invalidCallID")
        monitor = Monitor(cross_ref, calls={call_id})
    else:
        device = device_of(request.text_at("monitorObject", "deviceObject"))
        if not link.cti.switch.is_device(device):
            raise wrong("invalidDeviceID")
        monitor = Monitor(cross_ref, device, kind == "call")
        if monitor.follows:
            monitor.calls.update(there.call.id for there in link.cti.switch.connections_of(device))
    monitor.filtered = _filter(request)
    link.monitors.add(monitor)
    return [("monitorCrossRefID", cross_ref)]


def _monitor(link: "Link", request: Reading) -> Monitor:
    monitor = link.monitors.get(request.text_at("monitorCrossRefID"))
    if monitor is None:
        raise wrong("invalidMonitorCrossReferenceID")
    return monitor


def _monitor_stop(link: "Link", request: Reading) -> Answer:
    link.monitors.remove(_monitor(link, request))
    return []


def _change_monitor_filter(link: "Link", request: Reading) -> Answer:
    monitor = _monitor(link, request)
    monitor.filtered = _filter(request)
    return []


def _snapshot(entries: list[tuple[str, Content]]) -> Answer:
    return [("crossRefIDorSnapshotData", [("snapshotData", entries)])]


def _snapshot_device(link: "Link", request: Reading) -> Answer:
    device = _number(request, "snapshotObject")
    if not link.cti.switch.is_device(device):
        raise wrong("invalidDeviceID")
    entries: list[tuple[str, Content]] = []
    for mine in link.cti.switch.connections_of(device):
        others = [other.state for other in mine.call.connections.values() if other is not mine]
        states: list[tuple[str, Content]] = [("localConnectionState", str(state)) for state in (mine.state, *others)]
        state: Content = [("compoundCallState", states)]
        entries.append(
            ("snapshotDeviceResponseInfo", [("connectionIdentifier", connection(mine.id)), ("localCallState", state)])
        )  # fmt: skip
    return _snapshot(entries)


def _snapshot_call(link: "Link", request: Reading) -> Answer:
    call = link.cti.switch.calls.get(request.text_at("snapshotObject", "callID"))
    if call is None:
        raise wrong("invalidCallID")
    entries: list[tuple[str, Content]] = []
    for there in call.connections.values():
        device: Content = [("deviceIdentifier", there.device)]
        entries.append(
            (
                "snapshotCallResponseInfo",
                [("deviceOnCall", device), ("callIdentifier", connection(there.id)), ("localConnectionInfo", str(there.state))],
            )
        )
    return _snapshot(entries)


# --- agents -------------------------------------------------------------------------------------------------------------------------


def _set_agent_state(link: "Link", request: Reading) -> Answer:
    pending = link.cti.switch.agents.set_state(
        _number(request, "device"), request.text_at("requestedAgentState"), request.text_at("agentID"), request.text_at("password"),
        _number(request, "group"),
    )  # fmt: skip
    return [("pendingAgentState", pending)] if pending else []


_AGENT_STATES = {
    "ready": "agentReady",
    "notReady": "agentNotReady",
    "busy": "agentBusy",
    "workingAfterCall": "agentWorkingAfterCall",
}
"""The words of answers (ECMA-323, AgentStateValue); requests have the others."""


def _get_agent_state(link: "Link", request: Reading) -> Answer:
    agent = link.cti.switch.agents.state_at(_number(request, "device"))
    if agent is None:
        return [("agentStateList", [("agentStateEntry", [("loggedOnState", "false")])])]
    state: list[tuple[str, Content]] = [("agentState", _AGENT_STATES[agent.state])]
    if agent.pending:
        state.append(("pendingAgentState", _AGENT_STATES[agent.pending]))
    info: Content = [("agentInfoItem", state)]
    entry: Content = [("agentID", agent.id), ("loggedOnState", "true"), ("agentInfo", info)]
    return [("agentStateList", [("agentStateEntry", entry)])]


# --- routing ------------------------------------------------------------------------------------------------------------------------


def _route_register(link: "Link", request: Reading) -> Answer:
    return [("routeRegisterReqID", link.cti.switch.routing.register(link, _number(request, "routeingDevice")))]


def _route_register_cancel(link: "Link", request: Reading) -> Answer:
    link.cti.switch.routing.cancel(link, request.text_at("routeRegisterReqID"))
    return []


def _acknowledged(link: "Link") -> Answer:
    return [] if link.cti.habits.acknowledges_routes else None


def _route_select(link: "Link", request: Reading) -> Answer:
    wants_used = request.text_at("routeUsedReq") in {"true", "1"}
    cross_ref, route = request.text_at("crossRefIdentifier"), _number(request, "routeSelected")
    dialogue = link.cti.switch.routing.dialogues.get(cross_ref)
    if dialogue is not None and request.text_at("routeRegisterReqID") not in {"", dialogue.register}:
        raise wrong("invalidRouteRegistrationCrossReferenceID")
    if dialogue is not None and (correlator := request.text_at("correlatorData")):
        dialogue.call.correlator = correlator
    link.cti.switch.routing.select(link, cross_ref, route, used_wanted=wants_used)
    return _acknowledged(link)


def _route_reject(link: "Link", request: Reading) -> Answer:
    link.cti.switch.routing.reject(link, request.text_at("crossRefIdentifier"))
    return _acknowledged(link)


def _route_end(link: "Link", request: Reading) -> Answer:
    link.cti.switch.routing.end(link, request.text_at("crossRefIdentifier"))
    return _acknowledged(link)


# --- the switch as a whole ----------------------------------------------------------------------------------------------------------


def _system_register(link: "Link", _request: Reading) -> Answer:
    if link.status_register:
        raise incompatible("invalidObjectState")
    link.register_for_status()
    return [("sysStatRegisterID", link.status_register)]


def _system_register_cancel(link: "Link", _request: Reading) -> Answer:
    if not link.status_register:
        raise incompatible("invalidObjectState")
    link.status_register = ""
    return []


def _request_system_status(link: "Link", _request: Reading) -> Answer:
    return [("systemStatus", link.cti.status)]


def _system_status(_link: "Link", _request: Reading) -> Answer:
    return []


REQUESTS: dict[str, Callable[["Link", Reading], Answer]] = {
    "MakeCall": _make_call,
    "MakePredictiveCall": _make_predictive_call,
    "AnswerCall": _answer_call,
    "ClearConnection": _clear_connection,
    "ClearCall": _clear_call,
    "HoldCall": _hold_call,
    "RetrieveCall": _retrieve_call,
    "ConsultationCall": _consultation_call,
    "AlternateCall": _alternate_call,
    "ReconnectCall": _reconnect_call,
    "TransferCall": _transfer_call,
    "ConferenceCall": _conference_call,
    "SingleStepTransferCall": _single_step_transfer_call,
    "SingleStepConferenceCall": _single_step_conference_call,
    "DeflectCall": _deflect_call,
    "GenerateDigits": _generate_digits,
    "MonitorStart": _monitor_start,
    "MonitorStop": _monitor_stop,
    "ChangeMonitorFilter": _change_monitor_filter,
    "SnapshotDevice": _snapshot_device,
    "SnapshotCall": _snapshot_call,
    "SetAgentState": _set_agent_state,
    "GetAgentState": _get_agent_state,
    "RouteRegister": _route_register,
    "RouteRegisterCancel": _route_register_cancel,
    "RouteSelect": _route_select,
    "RouteReject": _route_reject,
    "RouteEnd": _route_end,
    "SystemRegister": _system_register,
    "SystemRegisterCancel": _system_register_cancel,
    "RequestSystemStatus": _request_system_status,
    "SystemStatus": _system_status,
}
