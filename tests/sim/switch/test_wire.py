"""Frames, sessions, monitors and services as bytes on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.switch.frames import BadFrame, FrameReader, frame
from sim.switch.habits import CSTA, Habits
from tests.sim.switch.wire import APPL, ED, START, Computer, connection, cut, framed, inner, name

pytestmark = pytest.mark.requirement("ACC-02")


@pytest.fixture
def computer() -> Computer:
    return Computer()


def test_a_session_to_the_byte() -> None:
    computer = Computer(session_s=-1)
    computer.link.receive(0.0, framed(7, START.format(90)))
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><StartApplicationSessionPosResponse xmlns="{APPL}"><sessionID>S1</sessionID>'
        f"<actualProtocolVersion>{ED}</actualProtocolVersion><actualSessionDuration>90</actualSessionDuration>"
        "</StartApplicationSessionPosResponse>"
    ).encode()
    assert computer.link.take(0.0) == b"\x00\x00" + (len(xml) + 8).to_bytes(2, "big") + b"0007" + xml


@given(st.lists(st.tuples(st.integers(0, 9999), st.text(max_size=50)), max_size=5), st.lists(st.integers(1, 60), min_size=1))
def test_frames_come_through_whatever_the_pieces(messages: list[tuple[int, str]], pieces: list[int]) -> None:
    stream = b"".join(framed(invoke, xml) for invoke, xml in messages)
    assert stream == b"".join(frame(invoke, xml.encode()) for invoke, xml in messages)
    reader, found, at = FrameReader(), [], 0
    while at < len(stream):
        length = pieces[at % len(pieces)]
        found += reader.feed(stream[at : at + length])
        at += length
    assert found == [(invoke, xml.encode()) for invoke, xml in messages]


def test_a_frame_has_a_longest_length() -> None:
    assert len(frame(1, b"x" * 65527)) == 65535
    with pytest.raises(BadFrame):
        frame(1, b"x" * 65528)


@pytest.mark.parametrize("rubbish", [b"GET / HTTP/1.1\r\n", b"\x00\x00\x00\x07" + b"0001", b"\x00\x00\x00\x10" + b"12x4" + b"x" * 8])
def test_what_is_no_frame_ends_the_link(computer: Computer, rubbish: bytes) -> None:
    computer.link.receive(1.0, rubbish)
    assert computer.link.is_closed
    assert not computer.cti.links


def test_no_edition_in_common() -> None:
    computer = Computer(session_s=-1)
    ((_, answer),) = computer.ask(START.format(0).replace("ed4", "ed1"))
    assert name(answer) == "StartApplicationSessionNegResponse"
    assert inner(answer, "definedError") == "requestedProtocolVersionNotSupported"
    ((_, answer),) = computer.ask(START.format(0))
    assert name(answer) == "StartApplicationSessionPosResponse"
    ((_, answer),) = computer.ask(START.format(0))
    assert inner(answer, "definedError") == "sessionAlreadyActive"


def test_the_switch_answers_in_the_edition_of_the_session() -> None:
    computer = Computer(habits=Habits(versions=(CSTA + "ed3/priv5", ED)))
    assert f'<RequestSystemStatusResponse xmlns="{ED}">' in computer.request("RequestSystemStatus")
    other = Computer(habits=Habits(versions=(CSTA + "ed3/priv5",), needs_session=False), session_s=-1)
    assert f'xmlns="{CSTA}ed3/priv5"' in other.request("RequestSystemStatus")


def test_without_a_session_nothing_is_served() -> None:
    computer = Computer(session_s=-1)
    answer = computer.request("MonitorStart", "<monitorObject><deviceObject>8001</deviceObject></monitorObject>")
    assert "<CSTAErrorCode" in answer
    assert inner(answer, "operation") == "securityViolation"


def test_a_session_ends_unless_its_timer_is_reset() -> None:
    computer = Computer(session_s=60)
    computer.wait(50)
    ((_, answer),) = computer.ask(
        f'<ResetApplicationSessionTimer xmlns="{APPL}"><sessionID>{computer.session}</sessionID>'
        "<requestedSessionDuration>60</requestedSessionDuration></ResetApplicationSessionTimer>"
    )
    assert inner(answer, "actualSessionDuration") == "60"
    computer.wait(59)
    assert not computer.link.is_closed
    computer.wait(1)
    ((invoke, told),) = computer.take()
    assert (invoke, name(told)) == (9999, "ApplicationSessionTerminated")
    assert inner(told, "definedTermReason") == "sessionTimerExpired"
    assert computer.link.is_closed


@pytest.mark.parametrize("length", ["\u00b2", "-5", "soon", "", "9" * 40])
def test_a_length_of_a_session_that_makes_no_sense(length: str) -> None:
    computer = Computer(session_s=-1)
    ((_, answer),) = computer.ask(START.format(length))
    assert inner(answer, "actualSessionDuration") == "180"


def test_a_session_is_no_longer_than_the_switch_likes() -> None:
    computer = Computer(session_s=-1)
    ((_, answer),) = computer.ask(START.format(100_000))
    assert inner(answer, "actualSessionDuration") == "180"


def test_invoke_ids_of_the_switch_begin_anew_before_that_of_events(computer: Computer) -> None:
    computer.request("RouteRegister", "<routeingDevice>7000</routeingDevice>")
    computer.link._invoke = 9997
    for _ in range(2):
        computer.switch.arrives("T1", "1", "7000")
    assert [invoke for invoke, _ in computer.take()] == [9998, 1]


def test_who_has_been_told_that_there_is_something_to_take_is_not_told_again(computer: Computer) -> None:
    computer.monitor("8001")
    told = []
    computer.link.wake = lambda: told.append(computer.cti.next_deadline())
    computer.switch.arrives("T1", "1", "8001")
    assert told == [180.0]
    computer.cti.tick(1.0)
    assert told == [180.0]
    assert computer.names() == ["DeliveredEvent"]


def test_a_session_is_stopped(computer: Computer) -> None:
    ((_, answer),) = computer.ask(f'<StopApplicationSession xmlns="{APPL}"><sessionID>S1</sessionID></StopApplicationSession>')
    assert name(answer) == "StopApplicationSessionPosResponse"
    assert computer.link.is_closed


def test_the_heartbeat() -> None:
    computer = Computer(habits=Habits(heartbeat_s=10, session_s=1000))
    assert inner(computer.request("SystemRegister"), "sysStatRegisterID") == "1"
    for beat in (1, 2, 3):
        computer.wait(10)
        ((invoke, told),) = computer.take()
        assert (invoke, name(told), inner(told, "systemStatus")) == (beat, "SystemStatus", "normal")
        computer.send(f'<SystemStatusResponse xmlns="{ED}"/>')
    computer.wait(30)
    assert len(computer.take()) == 3
    computer.wait(10)
    assert computer.link.is_closed


def test_a_computer_may_send_heartbeats_too(computer: Computer) -> None:
    assert "SystemStatusResponse" in computer.request("SystemStatus", "<systemStatus>normal</systemStatus>")


def test_what_a_monitor_hears_of_a_call(computer: Computer) -> None:
    cross_ref = computer.monitor("8002")
    answer = computer.request("MakeCall", "<callingDevice>8001</callingDevice><calledDirectoryNumber>8002</calledDirectoryNumber>")
    assert inner(answer, "callingDevice") == "<callID>1001</callID><deviceID>8001</deviceID>"
    ((invoke, told),) = computer.kept
    assert invoke == 9999
    assert told == (
        f'<?xml version="1.0" encoding="UTF-8"?><DeliveredEvent xmlns="{ED}"><monitorCrossRefID>{cross_ref}</monitorCrossRefID>'
        "<connection><callID>1001</callID><deviceID>8002</deviceID></connection>"
        "<alertingDevice><deviceIdentifier>8002</deviceIdentifier></alertingDevice>"
        "<callingDevice><deviceIdentifier>8001</deviceIdentifier></callingDevice>"
        "<calledDevice><deviceIdentifier>8002</deviceIdentifier></calledDevice>"
        "<lastRedirectionDevice><notKnown/></lastRedirectionDevice>"
        "<localConnectionInfo>alerting</localConnectionInfo><cause>makeCall</cause></DeliveredEvent>"
    )
    assert "AnswerCallResponse" in computer.request("AnswerCall", connection("callToBeAnswered", "1001", "8002"))
    assert [name(xml) for _, xml in computer.kept] == ["EstablishedEvent"]


def test_the_answer_comes_before_its_events_or_after_them() -> None:
    for first, order in ((False, ["MakeCallResponse", "DeliveredEvent"]), (True, ["DeliveredEvent", "MakeCallResponse"])):
        computer = Computer(habits=Habits(events_first=first))
        computer.monitor("8002")
        computer.send(
            f'<MakeCall xmlns="{ED}"><callingDevice>8001</callingDevice><calledDirectoryNumber>8002</calledDirectoryNumber></MakeCall>'
        )
        assert computer.names() == order


def test_a_transfer_is_spelt_as_the_standard_spells_it(computer: Computer) -> None:
    computer.monitor("8001")
    computer.switch.arrives("T1", "0221", "8001")
    computer.request("AnswerCall", connection("callToBeAnswered", "1001", "8001"))
    answer = computer.request(
        "ConsultationCall", connection("existingCall", "1001", "8001") + "<consultedDevice>tel:8002</consultedDevice>"
    )
    assert inner(answer, "initiatedCall") == "<callID>1002</callID><deviceID>8001</deviceID>"
    answer = computer.request("TransferCall", connection("heldCall", "1001", "8001") + connection("activeCall", "1002", "8001"))
    assert inner(answer, "transferredCall") == "<callID>1003</callID><deviceID>8002</deviceID>"
    ((_, told),) = computer.kept
    assert name(told) == "TransferedEvent"
    assert inner(told, "connectionListItem") == (
        "<newConnection><callID>1003</callID><deviceID>T1#1</deviceID></newConnection>"
        "<oldConnection><callID>1001</callID><deviceID>T1#1</deviceID></oldConnection>"
        "<endpoint><deviceID>T1#1</deviceID></endpoint><resultingConnectionInfo>connected</resultingConnectionInfo>"
    )
    assert inner(told, "localConnectionInfo") == "null"


def test_filters_keep_events_back(computer: Computer) -> None:
    out = "<callcontrol><delivered>true</delivered><established>false</established></callcontrol>"
    cross_ref = computer.monitor("8001", f"<requestedMonitorFilter>{out}</requestedMonitorFilter>")
    leg = computer.switch.arrives("T1", "1", "8001")
    assert computer.names() == []
    computer.switch.lifts(computer.switch.connections_of("8001")[0].leg)
    assert computer.names() == ["EstablishedEvent"]
    computer.request("ChangeMonitorFilter", f"<monitorCrossRefID>{cross_ref}</monitorCrossRefID>")
    computer.switch.hangs_up(leg or 0)
    assert computer.names() == ["ConnectionClearedEvent", "ConnectionClearedEvent", "CallClearedEvent"]
    stop = f"<monitorCrossRefID>{cross_ref}</monitorCrossRefID>"
    assert "MonitorStopResponse" in computer.request("MonitorStop", stop)
    assert inner(computer.request("MonitorStop", stop), "operation") == "invalidMonitorCrossReferenceID"
    computer.switch.arrives("T1", "1", "8001")
    assert computer.names() == []


def test_a_monitor_of_calls_follows_them() -> None:
    for kind, heard in (("call", ["TransferedEvent", "DeliveredEvent", "EstablishedEvent"]), ("device", ["TransferedEvent"])):
        computer = Computer()
        computer.monitor("8001", f"<monitorType>{kind}</monitorType>")
        computer.switch.arrives("T1", "1", "8001")
        computer.switch.lifts(computer.switch.connections_of("8001")[0].leg)
        computer.take()
        computer.request("SingleStepTransferCall", connection("activeCall", "1001", "8001") + "<transferredTo>8002</transferredTo>")
        computer.switch.lifts(computer.switch.connections_of("8002")[0].leg)
        assert [name(xml) for _, xml in [*computer.kept, *computer.take()]] == heard


def test_a_monitor_of_calls_hears_of_calls_that_come_later_and_forgets_those_that_have_ended(computer: Computer) -> None:
    cross_ref = computer.monitor("8001", "<monitorType>call</monitorType>")
    leg = computer.switch.arrives("T1", "1", "8001")
    assert computer.names() == ["DeliveredEvent"]
    computer.switch.hangs_up(leg or 0)
    assert computer.names()[-1] == "CallClearedEvent"
    monitor = computer.link.monitors.get(cross_ref)
    assert monitor is not None
    assert monitor.calls == set()


def test_a_monitor_of_calls_knows_the_calls_that_were_there_before(computer: Computer) -> None:
    computer.switch.arrives("T1", "1", "8001")
    computer.switch.lifts(computer.switch.connections_of("8001")[0].leg)
    computer.monitor("8001", "<monitorType>call</monitorType>")
    answer = computer.request("SingleStepTransferCall", connection("activeCall", "1001", "8001") + "<transferredTo>8002</transferredTo>")
    assert "Response" in answer
    computer.take()
    computer.switch.lifts(computer.switch.connections_of("8002")[0].leg)
    assert computer.names() == ["EstablishedEvent"]


def test_monitors_have_a_limit() -> None:
    computer = Computer(habits=Habits(most_monitors=1))
    computer.monitor("8001")
    answer = computer.request("MonitorStart", "<monitorObject><deviceObject>8002</deviceObject></monitorObject>")
    assert inner(answer, "systemResourceAvailibility") == "overallMonitorLimitExceeded"


def test_a_computer_registers_for_the_status_once(computer: Computer) -> None:
    computer.request("SystemRegister")
    assert inner(computer.request("SystemRegister"), "stateIncompatibility") == "invalidObjectState"
    assert "SystemRegisterCancelResponse" in computer.request("SystemRegisterCancel")
    assert "SystemRegisterResponse" in computer.request("SystemRegister")


def test_a_device_takes_part_in_a_conference_actively_or_silently(computer: Computer) -> None:
    computer.switch.arrives("T1", "1", "8001")
    computer.switch.lifts(computer.switch.connections_of("8001")[0].leg)
    join = connection("activeCall", "1001", "8001") + "<deviceToJoin>8990</deviceToJoin><participationType>{}</participationType>"
    answer = computer.request("SingleStepConferenceCall", join.format("loud"))
    assert inner(answer, "operation") == "invalidParticipationType"
    answer = computer.request("SingleStepConferenceCall", join.format("silent"))
    assert inner(answer, "conferencedCall") == "<callID>1001</callID><deviceID>8990</deviceID>"
    assert computer.phones.hear[1] == {2}
    assert computer.phones.hear[3] == {1, 2}


@pytest.mark.parametrize("spelt", ["8001", "tel:8001", "tel:8001;phone-context=switch", "N&lt;8001&gt;"])
def test_ways_to_spell_a_device(computer: Computer, spelt: str) -> None:
    object_ = f"<monitorObject><deviceObject>{spelt}</deviceObject></monitorObject>"
    assert "MonitorStartResponse" in computer.request("MonitorStart", object_)


def test_what_no_xml_can_hold_is_left_out(computer: Computer) -> None:
    computer.monitor("8001")
    computer.switch.arrives("T1", "02\x0021\x1b", "8001", user_data="a\tb")
    ((_, told),) = computer.take()
    assert inner(told, "callingDevice") == "<deviceIdentifier>0221</deviceIdentifier>"
    assert inner(told, "userData") == "a\tb"


def test_a_call_is_watched_itself(computer: Computer) -> None:
    leg = computer.switch.arrives("T1", "1", "8001")
    answer = computer.request("MonitorStart", "<monitorObject><callObject><callID>1001</callID></callObject></monitorObject>")
    assert "MonitorStartResponse" in answer
    computer.switch.hangs_up(leg or 0)
    told = computer.take()
    assert [name(xml) for _, xml in told][-1] == "CallClearedEvent"
    assert all("localConnectionInfo" not in xml for _, xml in told)


def test_snapshots(computer: Computer) -> None:
    computer.switch.arrives("T1", "1", "8001")
    answer = computer.request("SnapshotDevice", "<snapshotObject>8001</snapshotObject>")
    assert inner(answer, "snapshotData") == (
        "<snapshotDeviceResponseInfo><connectionIdentifier><callID>1001</callID><deviceID>8001</deviceID></connectionIdentifier>"
        "<localCallState><compoundCallState><localConnectionState>alerting</localConnectionState>"
        "<localConnectionState>connected</localConnectionState></compoundCallState></localCallState></snapshotDeviceResponseInfo>"
    )
    answer = computer.request("SnapshotCall", connection("snapshotObject", "1001", "8001"))
    assert answer.count("<snapshotCallResponseInfo>") == 2
    assert "<localConnectionInfo>alerting</localConnectionInfo>" in answer
    assert "snapshotDeviceResponseInfo" not in computer.request("SnapshotDevice", "<snapshotObject>8002</snapshotObject>")


def test_agents_on_the_wire(computer: Computer) -> None:
    computer.monitor("8001")
    assert "<loggedOnState>false</loggedOnState>" in computer.request("GetAgentState", "<device>8001</device>")
    log_on = "<device>8001</device><requestedAgentState>loggedOn</requestedAgentState><agentID>ann</agentID>"
    assert inner(computer.request("SetAgentState", log_on), "operation") == "invalidAgentPassword"
    assert "SetAgentStateResponse" in computer.request("SetAgentState", log_on + "<password>1234</password><group>7200</group>")
    assert [name(xml) for _, xml in computer.kept] == ["AgentLoggedOnEvent", "AgentNotReadyEvent"]
    told = computer.kept[0][1]
    assert (inner(told, "agentDevice"), inner(told, "agentID")) == ("<deviceIdentifier>8001</deviceIdentifier>", "ann")
    assert "localConnectionInfo" not in told
    assert inner(computer.request("GetAgentState", "<device>8001</device>"), "agentState") == "agentNotReady"


def test_routing_on_the_wire(computer: Computer) -> None:
    register = inner(computer.request("RouteRegister", "<routeingDevice>7000</routeingDevice>"), "routeRegisterReqID")
    computer.switch.arrives("T1", "", "95500")
    ((invoke, asked),) = computer.take()
    assert (invoke, name(asked)) == (1, "RouteRequest")
    assert inner(asked, "callingDevice") == "<notKnown/>"
    assert inner(asked, "currentRoute") == inner(asked, "routeingDevice") == "<deviceIdentifier>7000</deviceIdentifier>"
    assert inner(asked, "routedCall") == "<callID>1001</callID><deviceID>7000</deviceID>"
    cross_ref = inner(asked, "crossRefIdentifier")
    dialogue = f"<crossRefIdentifier>{cross_ref}</crossRefIdentifier><routeRegisterReqID>{register}</routeRegisterReqID>"
    wrong = f"<crossRefIdentifier>{cross_ref}</crossRefIdentifier><routeRegisterReqID>77</routeRegisterReqID>"
    answer = computer.request("RouteSelect", f"{wrong}<routeSelected>8901</routeSelected>")
    assert inner(answer, "operation") == "invalidRouteRegistrationCrossReferenceID"
    more = "<routeSelected>8901</routeSelected><routeUsedReq>true</routeUsedReq><correlatorData>c7</correlatorData>"
    select = f'<RouteSelect xmlns="{ED}">{dialogue}{more}</RouteSelect>'
    assert [name(xml) for _, xml in computer.ask(select)] == ["RouteUsed", "RouteEnd"]
    assert computer.switch.connections_of("8901")[0].call.correlator == "c7"
    ((_, answer),) = computer.ask(select)
    assert inner(answer, "operation") == "invalidRouteingCrossReferenceID"


def test_routes_are_acknowledged_by_switches_that_do_so() -> None:
    computer = Computer(habits=Habits(acknowledges_routes=True))
    computer.request("RouteRegister", "<routeingDevice>7000</routeingDevice>")
    computer.switch.arrives("T1", "1", "7000")
    cross_ref = inner(computer.take()[0][1], "crossRefIdentifier")
    answer = computer.request("RouteSelect", f"<crossRefIdentifier>{cross_ref}</crossRefIdentifier><routeSelected>8901</routeSelected>")
    assert name(answer) == "RouteSelectResponse"


def test_a_computer_that_is_cut_off_routes_nothing(computer: Computer) -> None:
    computer.request("RouteRegister", "<routeingDevice>7000</routeingDevice>")
    computer.switch.arrives("T1", "1", "7000")
    computer.link.close()
    assert computer.switch.connections_of("8003")
    assert not computer.switch.routing.registered


@pytest.mark.parametrize(
    ("service", "inside", "kind", "reason"),
    [
        ("MakeCall", "<callingDevice>9</callingDevice>", "operation", "invalidCallingDeviceID"),
        ("AnswerCall", "", "operation", "atLeastOneConditionalParameterNotProvided"),
        ("AnswerCall", connection("callToBeAnswered", "1", "8001"), "operation", "invalidCallID"),
        ("MonitorStart", "<monitorObject><deviceObject>9</deviceObject></monitorObject>", "operation", "invalidDeviceID"),
        ("SnapshotDevice", "<snapshotObject>9</snapshotObject>", "operation", "invalidDeviceID"),
        ("RouteRegisterCancel", "", "operation", "invalidRouteRegistrationCrossReferenceID"),
        ("ParkCall", "", "operation", "serviceNotSupported"),
        ("SystemRegisterCancel", "", "stateIncompatibility", "invalidObjectState"),
    ],
)
def test_refusals_on_the_wire(computer: Computer, service: str, inside: str, kind: str, reason: str) -> None:
    answer = computer.request(service, inside)
    assert name(answer) == "CSTAErrorCode"
    assert inner(answer, kind) == reason


def test_what_is_no_xml_is_refused_and_the_link_lives_on(computer: Computer) -> None:
    ((_, answer),) = computer.ask("<MakeCall>")
    assert inner(answer, "operation") == "invalidParameterValue"
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    ((_, answer),) = computer.ask(bomb)
    assert inner(answer, "operation") == "invalidParameterValue"
    assert "RequestSystemStatusResponse" in computer.request("RequestSystemStatus")


def test_answers_to_the_switch_are_not_answered(computer: Computer) -> None:
    assert computer.ask(f'<RouteUsedResponse xmlns="{ED}"/>') == []
    assert computer.ask(f'<CSTAErrorCode xmlns="{ED}"><operation>invalidCallID</operation></CSTAErrorCode>') == []


def test_characters_of_all_peoples_and_of_xml(computer: Computer) -> None:
    computer.monitor("8002")
    data = "Müller &amp; Söhne &lt;茶&gt;"
    computer.request(
        "MakeCall",
        f"<callingDevice>N&lt;8001&gt;</callingDevice><calledDirectoryNumber>8002</calledDirectoryNumber><userData>{data}</userData>",
    )
    ((_, told),) = computer.kept
    assert inner(told, "userData") == data
    assert cut(framed(1, told)) == [(1, told)]


def test_a_display_name_travels_as_private_data(computer: Computer) -> None:
    computer.monitor("8901")
    computer.switch.arrives("T1", "1", "8901")
    ((_, told),) = computer.take()
    private = "<private><displayName>IVR</displayName></private>"
    assert told.endswith(f"<extensions><privateData>{private}</privateData></extensions></DeliveredEvent>")
