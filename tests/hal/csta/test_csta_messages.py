"""Messages of the CTI link: every one comes back as it was written, in every edition; what is foreign, broken or hostile does no harm."""

import time

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.csta.errors import BadMessage, CannotWrite
from hal.csta.frames import HEADER_BYTES, LARGEST_BYTES
from hal.csta.messages import (
    EDITIONS,
    MESSAGES,
    AlternateCall,
    AnswerCall,
    ApplicationInfo,
    ClearConnection,
    ConferenceCall,
    ConnectionID,
    ConsultationCall,
    CSTAErrorCode,
    DeflectCall,
    DeliveredEvent,
    Dialect,
    GenerateDigits,
    HoldCall,
    MakeCall,
    Message,
    MonitorObject,
    MonitorStart,
    Party,
    ProtocolVersions,
    ReconnectCall,
    RetrieveCall,
    RouteRequest,
    RouteSelect,
    SetAgentState,
    SingleStepConferenceCall,
    SingleStepTransferCall,
    SnapshotDeviceResponse,
    StartApplicationSession,
    StartApplicationSessionPosResponse,
    SystemStatus,
    SystemStatusResponse,
    TransferCall,
    TransferedEvent,
    Unknown,
    decode,
    encode,
)
from hal.csta.xml import Node
from tests.hal.csta.written import SAID, messages, nodes, objects
from tests.thorough import by_profile

DIALECTS = [
    *(Dialect(namespace) for namespace in EDITIONS.values()),
    Dialect(EDITIONS["ed3/priv5"], device_attributes=' typeOfNumber="other" mediaClass="notKnown"', data_in_string=True),
]
ED4 = Dialect(EDITIONS["ed4"])
A, B = ConnectionID("1", "2001"), ConnectionID("2", "2001")


def inner(message: Message, dialect: Dialect = ED4) -> str:
    """What is written within the root element."""
    text = encode(message, dialect).decode()
    return text[text.index(">", text.index("?>") + 2) + 1 : text.rindex("</")]


@pytest.mark.parametrize("name", sorted(MESSAGES))
@settings(max_examples=by_profile(4, 100, 1000), suppress_health_check=[HealthCheck.too_slow])
@given(drawn=st.data())
def test_every_message_comes_back_in_every_edition(name: str, drawn: st.DataObject) -> None:
    message = drawn.draw(objects(MESSAGES[name]))
    for dialect in DIALECTS:
        assert decode(encode(message, dialect)) == message


@given(nodes(st.just("Hello")))
def test_a_message_that_nobody_knows_comes_back_too(node: Node) -> None:
    assert decode(encode(Unknown(node), ED4)) == Unknown(node)


def c(name: str, call: ConnectionID) -> str:
    return f"<{name}><callID>{call.call}</callID><deviceID>{call.device}</deviceID></{name}>"


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (
            MakeCall("1", "2", account_code="a", auth_code="b", auto_originate="doNotPrompt", correlator_data="c", user_data="d"),
            "<callingDevice>1</callingDevice><calledDirectoryNumber>2</calledDirectoryNumber><accountCode>a</accountCode>"
            "<authCode>b</authCode><autoOriginate>doNotPrompt</autoOriginate><correlatorData>c</correlatorData><userData>d</userData>",
        ),
        (AnswerCall(A), c("callToBeAnswered", A)),
        (ClearConnection(A), c("connectionToBeCleared", A)),
        (HoldCall(A), c("callToBeHeld", A)),
        (RetrieveCall(A), c("callToBeRetrieved", A)),
        (ConsultationCall(A, "3"), c("existingCall", A) + "<consultedDevice>3</consultedDevice>"),
        (TransferCall(A, B), c("heldCall", A) + c("activeCall", B)),
        (ConferenceCall(A, B), c("heldCall", A) + c("activeCall", B)),
        (AlternateCall(A, B), c("heldCall", A) + c("activeCall", B)),
        (ReconnectCall(A, B), c("activeCall", A) + c("heldCall", B)),
        (SingleStepTransferCall(A, "3"), c("activeCall", A) + "<transferredTo>3</transferredTo>"),
        (
            SingleStepConferenceCall(A, "3", participation_type="silent"),
            c("activeCall", A) + "<deviceToJoin>3</deviceToJoin><participationType>silent</participationType>",
        ),
        (DeflectCall(A, "3"), c("callToBeDiverted", A) + "<newDestination>3</newDestination>"),
        (
            GenerateDigits(A, characters_to_send="1#", digit_mode="dtmf"),
            c("connectionToSendDigits", A) + "<digitMode>dtmf</digitMode><charactersToSend>1#</charactersToSend>",
        ),
        (
            MonitorStart(MonitorObject(device_object="1"), requested_monitor_filter=Node(""), monitor_type="device"),
            "<monitorObject><deviceObject>1</deviceObject></monitorObject><requestedMonitorFilter></requestedMonitorFilter>"
            "<monitorType>device</monitorType>",
        ),
        (
            SetAgentState("1", "loggedOn", agent_id="2", password="3", group="4"),
            "<device>1</device><requestedAgentState>loggedOn</requestedAgentState><agentID>2</agentID><password>3</password><group>4</group>",
        ),
        (
            RouteRequest(
                "x",
                current_route=Party("95500"),
                route_register_req_id="r",
                calling_device=Party("1"),
                routeing_device=Party("9"),
                routed_call=A,
            ),
            "<crossRefIdentifier>x</crossRefIdentifier><routeRegisterReqID>r</routeRegisterReqID>"
            "<currentRoute><deviceIdentifier>95500</deviceIdentifier></currentRoute>"
            "<callingDevice><deviceIdentifier>1</deviceIdentifier></callingDevice>"
            "<routeingDevice><deviceIdentifier>9</deviceIdentifier></routeingDevice>" + c("routedCall", A),
        ),
        (
            RouteSelect("x", route_selected="2", route_register_req_id="r", route_used_req=True),
            "<crossRefIdentifier>x</crossRefIdentifier><routeRegisterReqID>r</routeRegisterReqID><routeSelected>2</routeSelected>"
            "<routeUsedReq>true</routeUsedReq>",
        ),
        (
            CSTAErrorCode(system_resource_availibility="generic"),
            "<systemResourceAvailibility>generic</systemResourceAvailibility>",
        ),
        (SystemStatus("messagesLost"), "<systemStatus>messagesLost</systemStatus>"),
        (
            StartApplicationSession(
                ApplicationInfo("h", application_specific_info=Node("", children=(Node("userName", "urn:v", "u"),))),
                ProtocolVersions("ed4"),
                requested_session_duration=180,
            ),
            '<applicationInfo><applicationID>h</applicationID><applicationSpecificInfo><userName xmlns="urn:v">u</userName>'
            "</applicationSpecificInfo></applicationInfo><requestedProtocolVersions><protocolVersion>ed4</protocolVersion>"
            "</requestedProtocolVersions><requestedSessionDuration>180</requestedSessionDuration>",
        ),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, Message) else "",
)
def test_the_order_of_elements_is_the_standards(message: Message, written: str) -> None:
    assert inner(message) == written


def test_namespaces_are_those_of_the_dialect() -> None:
    assert b'<HoldCall xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed6">' in encode(
        HoldCall(A), Dialect(EDITIONS["ed6"])
    )
    session = encode(StartApplicationSession(ApplicationInfo("h"), ProtocolVersions("ed6")), Dialect(EDITIONS["ed6"]))
    assert b'<StartApplicationSession xmlns="http://www.ecma-international.org/standards/ecma-354/appl_session">' in session


def test_quirks_of_a_dialect() -> None:
    dialect = Dialect(EDITIONS["ed3/priv5"], device_attributes=' typeOfNumber="other"', data_in_string=True)
    assert inner(MakeCall("1", "2", user_data="<&>"), dialect) == (
        '<callingDevice typeOfNumber="other">1</callingDevice><calledDirectoryNumber typeOfNumber="other">2</calledDirectoryNumber>'
        "<userData><string>&lt;&amp;&gt;</string></userData>"
    )


@pytest.mark.parametrize("name", ["Delivered", "DeliveredEvent", "p:DeliveredEvent"])
def test_a_peer_that_prints_it_prettily_in_another_order_with_prefixes(name: str) -> None:
    prefix = name[:2] if ":" in name else ""
    text = f"""<?xml version='1.0' encoding='utf-8'?>
      <{name} xmlns:p="urn:none-of-ours">
        <!-- who knows -->
        <{prefix}connection><{prefix}deviceID typeOfNumber="dialingNumber"> 2001 </{prefix}deviceID><callID>7</callID></{prefix}connection>
        <callingDevice>13800138000</callingDevice>
        <calledDevice><notKnown/></calledDevice>
        <userData><string>王 &amp; 李</string></userData>
        <monitorCrossRefID>
            99 </monitorCrossRefID>
        <servicesPermitted><a/></servicesPermitted>
      </{name}>"""
    found = decode(text.encode())
    assert found == DeliveredEvent(
        "99",
        ConnectionID("7", "2001"),
        calling_device=Party("13800138000"),
        called_device=Party("", "notKnown"),
        user_data="王 & 李",
        extra=(Node("servicesPermitted", children=(Node("a"),)),),
    )


def test_transferred_is_read_in_either_spelling() -> None:
    for name in ("Transfered", "TransferedEvent", "Transferred", "TransferredEvent"):
        text = f"<{name}><monitorCrossRefID>1</monitorCrossRefID><primaryOldCall><callID>7</callID></primaryOldCall></{name}>"
        assert decode(text.encode()) == TransferedEvent("1", ConnectionID("7"))


def test_a_session_that_is_answered_without_a_namespace() -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?><StartApplicationSessionPosResponse xmlns:aps="http://www.ecma-international.org/">
      <sessionID>009</sessionID><actualSessionDuration>600</actualSessionDuration><extensions><actualHBT>0</actualHBT></extensions>
      </StartApplicationSessionPosResponse>"""
    found = decode(text.encode())
    assert isinstance(found, StartApplicationSessionPosResponse)
    assert (found.session_id, found.actual_session_duration) == ("009", 600)
    assert found.extra[0].find("actualHBT") == Node("actualHBT", text="0")


def test_a_second_element_of_what_there_is_one_of_is_kept_as_unknown() -> None:
    found = decode(b"<SystemStatus><systemStatus>normal</systemStatus><systemStatus>disabled</systemStatus></SystemStatus>")
    assert found == SystemStatus("normal", extra=(Node("systemStatus", text="disabled"),))


def test_a_mark_of_byte_order_does_no_harm() -> None:
    assert decode(b"\xef\xbb\xbf<SystemStatusResponse/>") == SystemStatusResponse()


def test_a_snapshot_of_several_calls() -> None:
    info = "".join(
        f"<snapshotDeviceResponseInfo>{c('connectionIdentifier', ConnectionID(str(n), '2001'))}"
        f"<localCallState><{form}>{state}</{form}></localCallState></snapshotDeviceResponseInfo>"
        for n, (form, state) in enumerate((("localConnectionState", "alerting"), ("simpleCallState", "callEstablished")))
    )
    within = f"<crossRefIDorSnapshotData><snapshotData>{info}</snapshotData></crossRefIDorSnapshotData>"
    found = decode(f"<SnapshotDeviceResponse>{within}</SnapshotDeviceResponse>".encode())
    assert isinstance(found, SnapshotDeviceResponse)
    data = found.cross_ref_id_or_snapshot_data.snapshot_data
    assert data is not None
    states = [
        (one.local_call_state.local_connection_state, one.local_call_state.simple_call_state) for one in data.snapshot_device_response_info
    ]
    assert states == [("alerting", None), (None, "callEstablished")]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "not XML"),
        (b"<a>", "not XML"),
        (b"\xff\xfe<\0a\0/\0>\0", "not UTF-8"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "a document type"),
        (b"<a>&b;</a>", "not XML"),
        (b"<a>\x01</a>", "not XML"),
        (b"<HoldCall/>", "has no <callToBeHeld>"),
        (b"<StartApplicationSessionPosResponse/>", "has no <sessionID>"),
        (
            b"<ResetApplicationSessionTimerPosResponse><actualSessionDuration>soon</actualSessionDuration></ResetApplicationSessionTimerPosResponse>",
            "holds no number: 'soon'",
        ),
        (
            b"<RouteSelect><crossRefIdentifier>1</crossRefIdentifier><routeSelected>2</routeSelected><routeUsedReq>yes</routeUsedReq></RouteSelect>",
            "neither true nor false",
        ),
        (b"<a>" * 40 + b"</a>" * 40, "nested"),
        (b"<CallCleared><x>" + b"<a>" * 40 + b"</a>" * 40 + b"</x></CallCleared>", "nested"),
    ],
)
def test_what_cannot_be_read_is_said(document: bytes, said: str) -> None:
    with pytest.raises(BadMessage, match=said):
        decode(document)


@given(st.binary(max_size=200))
def test_bytes_of_chance_are_bad_messages_and_nothing_else(document: bytes) -> None:
    with pytest.raises(BadMessage):
        decode(document)


@given(messages(), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 3), st.binary(max_size=6)), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_message_is_read_or_is_a_bad_message(message: Message, damages: list[tuple[int, int, bytes]]) -> None:
    document = encode(message, ED4)
    for place, cut, put in damages:
        place %= len(document) + 1
        document = document[:place] + put + document[place + cut :]
    try:
        found = decode(document)
    except BadMessage:
        return
    assert isinstance(found, Message)


MOST = LARGEST_BYTES - HEADER_BYTES


def fill(head: bytes, unit: bytes, tail: bytes, size: int) -> bytes:
    return head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail


HOSTILE: dict[str, tuple[bytes, bytes, bytes]] = {
    "siblings": (b"<CallCleared>", b"<a/>", b"</CallCleared>"),
    "open tags": (b"", b"<a>", b""),
    "attributes": (b"<a", b" b='1'", b"/>"),
    "entities": (b"<a>", b"&amp;x", b"</a>"),
    "comments": (b"<a>", b"x<!---->", b"</a>"),
    "characters": (b"<a>", b"&#20013;", b"</a>"),
    "markup": (b"<a>", b"<", b"</a>"),
    "a list": (
        b"<Transfered><monitorCrossRefID>1</monitorCrossRefID><primaryOldCall/><transferredConnections>",
        b"<connectionListItem/>",
        b"</transferredConnections></Transfered>",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_size_and_not_with_its_square(name: str) -> None:
    """The largest document beside one of an eighth of it: in linear time 8 times as long, in quadratic time 64 times."""

    def took(size: int) -> float:
        head, unit, tail = HOSTILE[name]
        document = fill(head, unit, tail, size)
        best = 1e9
        for _ in range(5):
            began = time.process_time()
            for _ in range(max(1, MOST // size)):
                try:
                    decode(document)
                except BadMessage:
                    continue
            best = min(best, time.process_time() - began)
        return best

    assert took(MOST) < 6 * took(MOST // 8) + 0.002


@given(st.text(max_size=5), st.sampled_from("\x00\x01\x0b\x1f\ufffe\uffff\ud800\udfff"))
def test_what_xml_cannot_say_is_not_written(text: str, sign: str) -> None:
    with pytest.raises(CannotWrite, match="XML cannot say"):
        encode(MakeCall("1", "2", user_data=text + sign), ED4)


@pytest.mark.parametrize("node", [Node("a b"), Node(""), Node("a", attributes=(("x y", ""),)), Node("a", attributes=(("xmlns", "urn:x"),))])
def test_a_name_that_is_none_is_not_written(node: Node) -> None:
    with pytest.raises(CannotWrite, match="is no name of"):
        encode(Unknown(node), ED4)


def test_a_form_of_device_that_is_none_is_not_written() -> None:
    with pytest.raises(CannotWrite, match="is no form of a device"):
        encode(DeliveredEvent("1", A, called_device=Party("1", "a/><b")), ED4)


@given(st.text(SAID))
def test_any_text_can_be_user_data(text: str) -> None:
    found = decode(encode(MakeCall("1", "2", user_data=text), ED4))
    assert isinstance(found, MakeCall)
    assert found.user_data == text


def test_an_error_says_what_it_is() -> None:
    assert str(CSTAErrorCode(operation="invalidDeviceID")) == "operation: invalidDeviceID"
    assert str(CSTAErrorCode(unspecified="")) == "refused without a reason"
    assert attrs.evolve(CSTAErrorCode(), state_incompatibility="x").state_incompatibility == "x"
