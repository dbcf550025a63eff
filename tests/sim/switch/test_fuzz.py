"""Whatever bytes a computer sends: the switch answers or closes the link, and goes on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.switch.requests import REQUESTS
from tests.sim.switch.wire import APPL, ED, Computer, framed
from tests.thorough import by_profile

pytestmark = pytest.mark.requirement("ACC-02")

FIELDS = (
    "callingDevice", "calledDirectoryNumber", "callToBeAnswered", "connectionToBeCleared", "callToBeCleared", "callToBeHeld",
    "callToBeRetrieved", "existingCall", "consultedDevice", "heldCall", "activeCall", "transferredTo", "deviceToJoin", "participationType",
    "callToBeDiverted", "newDestination", "connectionToSendDigits", "charactersToSend", "monitorObject", "deviceObject", "callObject",
    "monitorType", "monitorCrossRefID", "requestedMonitorFilter", "snapshotObject", "device", "requestedAgentState", "agentID", "group",
    "routeingDevice", "routeRegisterReqID", "crossRefIdentifier", "routeSelected", "routeUsedReq", "callID", "deviceID", "sessionID",
    "requestedSessionDuration", "requestedProtocolVersions", "protocolVersion", "autoOriginate",
)  # fmt: skip
TEXTS = st.sampled_from(
    (
        "", "1001", "1002", "8001", "8002", "8901", "7000", "7100", "T1#1", "0301", "1", "true", "call", "ready", "loggedOn",
        "x\u4f60", "\u0967", "\u00b2", "-3", "9" * 30,
    )
)  # fmt: skip
TREES = st.recursive(
    st.tuples(st.sampled_from(FIELDS), TEXTS),
    lambda inside: st.tuples(st.sampled_from(FIELDS), st.lists(inside, max_size=4)),
    max_leaves=8,
)
SILENT = {"SystemStatusResponse", "RouteSelect", "RouteReject", "RouteEnd"}
"""What the standard has no positive answer to."""
SERVICES = (*REQUESTS, "StartApplicationSession", "ResetApplicationSessionTimer", "SystemStatusResponse", "Nonsense")


def written(tree: object) -> str:
    assert isinstance(tree, tuple)
    name, inside = tree
    return f"<{name}>{inside if isinstance(inside, str) else ''.join(map(written, inside))}</{name}>"


@settings(max_examples=by_profile(100, 500, 10_000))
@given(st.lists(st.tuples(st.sampled_from(SERVICES), st.lists(TREES, max_size=5)), max_size=10))
def test_requests_of_any_form_are_answered(requests: list[tuple[str, list[object]]]) -> None:
    computer = Computer()
    computer.switch.arrives("T1", "1", "8001")
    for service, inside in requests:
        namespace = APPL if "Session" in service else ED
        invoke = computer.send(f'<{service} xmlns="{namespace}">{"".join(map(written, inside))}</{service}>')
        answers = [xml for number, xml in computer.take() if number == invoke and ("Response" in xml or "CSTAErrorCode" in xml)]
        assert len(answers) == 1 or service in SILENT
    assert not computer.link.is_closed


@settings(max_examples=by_profile(100, 500, 10_000))
@given(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(lambda rubbish: framed(1, "")[:2] + b"\x00\x20" + rubbish)))
def test_bytes_of_any_kind_do_no_harm(rubbish: bytes) -> None:
    computer = Computer()
    computer.link.receive(0.0, rubbish)
    computer.cti.tick(1.0)
    other = Computer(cti=computer.cti)
    assert "RequestSystemStatusResponse" in other.request("RequestSystemStatus")
