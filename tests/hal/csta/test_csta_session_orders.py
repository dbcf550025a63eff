"""What a session asks of a switch by itself and for others: requests, monitors, registrations, snapshots."""

from itertools import pairwise

import pytest

from hal.csta import messages
from hal.csta.frames import EVENT, Frame, encode_frame
from hal.csta.messages import (
    EDITIONS,
    CSTAErrorCode,
    DeliveredEvent,
    Dialect,
    HoldCall,
    HoldCallResponse,
    MakeCall,
    MakeCallResponse,
    Message,
    MonitorStart,
    MonitorStop,
    Party,
    RouteRegister,
    RouteRegisterAbort,
    RouteRequest,
    RouteSelect,
    SnapshotDevice,
    StopApplicationSession,
    SystemRegister,
    SystemStatus,
    SystemStatusResponse,
    Unknown,
)
from hal.csta.notices import (
    OF_NO_USE,
    Answer,
    Hangup,
    Heard,
    Ignored,
    Late,
    Refused,
    Routing,
    RoutingStopped,
    Send,
    Snapshot,
    Unanswered,
    Unwatched,
    Watched,
)
from hal.csta.requests import Requests
from hal.csta.session import Phase
from hal.csta.standing import Kind, Order, Standing
from hal.csta.xml import Node
from tests.hal.csta.session_case import CALL, Case


def test_requests_and_their_outcomes() -> None:
    case = Case().open()
    for handle in ("yes", "no", "odd", "broken", "never"):
        case.take(case.session.request(case.now, handle, HoldCall(CALL)))
    yes, no, odd, broken, never = case.far.waiting
    assert case.comes(no, CSTAErrorCode(operation="invalidCallID")) == [Refused("no", CSTAErrorCode(operation="invalidCallID"))]
    assert case.comes(yes, HoldCallResponse()) == [Answer("yes", HoldCallResponse())]
    assert case.comes(odd, MakeCallResponse(CALL)) == [Unanswered("odd", "HoldCall was answered with MakeCallResponse")]
    (outcome,) = case.take(case.session.received(case.now, encode_frame(Frame(broken, b"<MakeCallResponse/>"))))
    assert outcome == Unanswered("broken", "HoldCall was answered with <MakeCallResponse> has no <callingDevice>")
    assert case.comes(yes, HoldCallResponse()) == [Ignored(f"HoldCallResponse {yes:04d}, which nobody waits for")]
    assert case.after(5) == [Unanswered("never", "no answer to HoldCall within 5 s")]
    assert case.comes(never, HoldCallResponse()) == [Late("never", HoldCallResponse())]


@pytest.mark.parametrize("document", [b"<SystemStatus/>", b"<HeldEvent/>", b"<a"])
def test_what_cannot_be_read_and_is_no_answer_does_not_answer_a_request_of_the_same_number(document: bytes) -> None:
    """Both ends count their requests from 1."""
    case = Case().open()
    case.take(case.session.request(case.now, "x", HoldCall(CALL)))
    (number,) = case.far.waiting
    (ignored,) = case.take(case.session.received(case.now, encode_frame(Frame(number, document))))
    assert isinstance(ignored, Ignored)
    assert ignored.strange
    assert ignored.reason.startswith("a message that cannot be read")
    assert case.comes(number, HoldCallResponse()) == [Answer("x", HoldCallResponse())]


def test_an_answer_that_nobody_knows_is_an_answer() -> None:
    case = Case().open()
    case.take(case.session.request(case.now, "x", HoldCall(CALL)))
    (number,) = case.far.waiting
    assert case.comes(number, Unknown(Node("HoldItResponse"))) == [Unanswered("x", "HoldCall was answered with HoldItResponse")]


def test_what_cannot_be_said_is_said_to_whom_it_concerns() -> None:
    case = Case(largest_bytes=1000)
    assert case.session.request(0, "early", HoldCall(CALL)) == [Unanswered("early", "there is no session with the switch")]
    assert case.session.tell(0, RouteSelect("1", route_selected="2")) == []
    case.open()
    (outcome,) = case.take(case.session.request(case.now, "big", MakeCall("1", "2", user_data="x" * 2000)))
    assert isinstance(outcome, Unanswered)
    assert "does not fit into a frame of 1000" in outcome.reason
    (ignored,) = case.take(case.session.tell(case.now, RouteSelect("1", route_selected="\0")))
    assert isinstance(ignored, Ignored)
    assert case.far.waiting == {}


def test_routing_is_heard_of_and_answered() -> None:
    case = Case(routing=("95500",)).open()
    asked = RouteRequest("x", current_route=Party("95500"), route_register_req_id="r3", routed_call=CALL)
    assert case.comes(9, asked) == [Heard(asked, "95500")]
    assert case.comes(EVENT, asked) == [Heard(asked, "95500")]
    case.take(case.session.tell(case.now, RouteSelect("x", route_selected="8001")))
    ((number, told),) = case.far.told
    assert told == RouteSelect("x", route_selected="8001")
    assert case.comes(number, CSTAErrorCode(operation="invalidCrossRefID")) == [
        Ignored("RouteSelect was refused: operation: invalidCrossRefID")
    ]
    assert case.comes(EVENT, RouteRegisterAbort("r3")) == [RoutingStopped("95500", "the switch ended it")]
    case.after(2)
    assert len(case.waits_for(RouteRegister)) == 1
    assert Routing("95500") in case.answer()


def test_a_switch_that_asks_about_a_route_point_has_us_registered_whatever_it_answered() -> None:
    """The answer to the registration is lost: the switch refuses another one, and asks about calls all the same."""
    case = Case(routing=("95500",)).open()
    case.comes(EVENT, RouteRegisterAbort("r3"))
    case.after(2)
    asked = RouteRequest("x", current_route=Party("95500"), route_register_req_id="r9", routed_call=CALL)
    assert case.comes(EVENT, asked) == [Heard(asked, "")], "it is being asked for: the answer will say"
    (stopped,) = case.answer(lambda message: isinstance(message, RouteRegister), error=True)
    assert isinstance(stopped, RoutingStopped)
    other = RouteRequest("y", current_route=Party("7777"), route_register_req_id="r8", routed_call=CALL)
    assert case.comes(EVENT, other) == [Heard(other, "")]
    assert case.comes(EVENT, asked) == [Routing("95500"), Heard(asked, "95500")]
    assert case.comes(EVENT, asked) == [Heard(asked, "95500")]
    case.after(20)
    assert case.waits_for(RouteRegister) == []
    assert case.comes(EVENT, RouteRegisterAbort("r9")) == [RoutingStopped("95500", "the switch ended it")]


def test_a_monitor_that_the_switch_ends_is_begun_again() -> None:
    case = Case(devices=("2001",)).open()
    ((reference, _),) = case.far.monitors.items()
    assert case.comes(EVENT, MonitorStop(reference)) == [Unwatched("2001", "the switch ended it")]
    assert case.comes(EVENT, DeliveredEvent(reference, CALL)) == [Heard(DeliveredEvent(reference, CALL), "")]
    case.after(2)
    assert case.answer() == [Watched("2001"), Snapshot("2001", ())]
    assert case.comes(5, MonitorStop("nobody's")) == []


def test_a_device_that_is_refused_is_asked_for_again_ever_more_slowly_and_disturbs_no_other() -> None:
    case = Case(devices=("9999", "2001"), pause_s=2, longest_pause_s=10, audit_s=0, beat_s=1e6, duration_s=0)
    case.take(case.session.opened(case.now))
    times = []

    def bad(message: Message) -> bool:
        return isinstance(message, MonitorStart) and message.monitor_object.device_object == "9999"

    for _ in range(1000):
        if any(bad(message) for message in case.far.waiting.values()):
            times.append(case.now)
            assert Unwatched("9999", "operation: invalidDeviceID") in case.answer(bad, error=True)
        case.answer(lambda message: not bad(message))
        case.after(0.1)
    assert [round(b - a) for a, b in pairwise(times)][:5] == [2, 4, 8, 10, 10]
    assert case.said.count(Watched("2001")) == 1


def test_no_more_is_asked_at_once_than_the_window() -> None:
    case = Case(devices=tuple(map(str, range(100))), window=7)
    case.take(case.session.opened(case.now))
    most = 0
    while case.far.waiting:
        kept = sum(not isinstance(message, SystemRegister) for message in case.far.waiting.values())
        most = max(most, kept)
        case.take(case.session.received(case.now, case.far.answer(next(iter(case.far.waiting)))))
    assert most == 7
    assert sum(isinstance(notice, Snapshot) for notice in case.said) == 100


def test_a_late_monitor_is_taken_if_it_is_still_wanted() -> None:
    case = Case(devices=("2001",), answer_s=5, pause_s=3)
    case.take(case.session.opened(case.now))
    case.answer(lambda message: not isinstance(message, MonitorStart))
    case.comes(EVENT, SystemStatus("normal"))
    assert Unwatched("2001", "no answer to MonitorStart within 5 s") in case.after(6)
    assert case.answer() == [Watched("2001"), Snapshot("2001", ())]
    case.after(5)
    assert len(case.far.monitors) == 1


def test_a_late_monitor_that_waits_to_be_asked_for_again_is_not_asked_for_again() -> None:
    standing = Standing(("2001", "2002"), (), window=1, pause_s=1, longest_pause_s=1)
    first, second = Order(Kind.MONITOR, "2001"), Order(Kind.MONITOR, "2002")
    assert standing.due(0.0) == [first]
    standing.failed(first, 0.0)
    assert standing.due(1.0) == [second]
    standing.granted(first, "m1")
    standing.granted(second, "m2")
    assert standing.due(1.0) == []
    assert standing.held(Kind.MONITOR) == ["2001", "2002"]
    assert standing.next_deadline() is None


def test_a_late_monitor_that_is_one_too_many_is_given_back() -> None:
    case = Case(devices=("2001",), answer_s=5, pause_s=1, audit_s=0)
    case.take(case.session.opened(case.now))
    case.answer(lambda message: not isinstance(message, MonitorStart))
    case.after(6.5)
    first, second = [number for number, _ in case.waits_for(MonitorStart)]
    case.take(case.session.received(case.now, case.far.answer(first)))
    assert len(case.waits_for(MonitorStop)) == 1
    case.take(case.session.received(case.now, case.far.answer(second)))
    case.answer()
    assert len(case.far.monitors) == 1
    event = DeliveredEvent(next(iter(case.far.monitors)), CALL)
    assert case.comes(EVENT, event) == [Heard(event, "2001")]


def test_a_snapshot_that_is_too_late_is_not_believed() -> None:
    case = Case(devices=("2001",), answer_s=5, pause_s=60, audit_s=0).open()
    case.take(case.session.look_at(case.now, "2001"))
    ((number, _),) = case.waits_for(SnapshotDevice)
    assert case.after(5) == [Ignored("no snapshot of 2001: no answer to SnapshotDevice within 5 s")]
    assert case.take(case.session.received(case.now, case.far.answer(number))) == [Ignored("an answer about 2001 came too late")]


def test_a_snapshot_asked_for_while_one_is_on_its_way_is_taken_afterwards() -> None:
    case = Case(devices=("2001",), audit_s=0).open()
    for _ in range(3):
        case.take(case.session.look_at(case.now, "2001"))
    assert len(case.waits_for(SnapshotDevice)) == 1
    assert case.answer() == [Snapshot("2001", ())] * 2


def test_a_snapshot_that_is_refused_is_not_asked_for_again() -> None:
    case = Case(devices=("2001",), audit_s=0, beat_s=1e6, duration_s=0).open()
    case.take(case.session.look_at(case.now, "2001"))
    case.answer(error=True)
    case.after(1000)
    assert case.far.waiting == {}
    case.take(case.session.look_at(case.now, "2001"))
    assert case.answer() == [Snapshot("2001", ())]


def test_all_devices_are_looked_at_from_time_to_time() -> None:
    case = Case(devices=("2001",), audit_s=30, beat_s=1000, duration_s=0).open()
    case.after(29.9)
    assert case.far.waiting == {}
    case.after(0.2)
    assert case.answer() == [Snapshot("2001", (), of_all=True)]
    case.take(case.session.look_at(case.now, "2001"))
    assert case.answer() == [Snapshot("2001", ())], "only that one"


def test_states_of_a_snapshot_in_one_word() -> None:
    case = Case(devices=("2001",)).open()
    info = "".join(
        f"<snapshotDeviceResponseInfo><connectionIdentifier><callID>{n}</callID></connectionIdentifier><localCallState>{state}</localCallState>"
        "</snapshotDeviceResponseInfo>"
        for n, state in enumerate(
            (
                "<simpleCallState>callReceived</simpleCallState>",
                "<compoundCallState><localConnectionState>hold</localConnectionState><localConnectionState>connected</localConnectionState></compoundCallState>",
                "<simpleCallState>?</simpleCallState>",
                "",
            )
        )
    )
    case.take(case.session.look_at(case.now, "2001"))
    ((number, _),) = case.waits_for(SnapshotDevice)
    within = f"<crossRefIDorSnapshotData><snapshotData>{info}</snapshotData></crossRefIDorSnapshotData>"
    answer = encode_frame(Frame(number, f"<SnapshotDeviceResponse>{within}</SnapshotDeviceResponse>".encode()))
    (snapshot,) = case.take(case.session.received(case.now, answer))
    assert isinstance(snapshot, Snapshot)
    assert [state for _, state in snapshot.connections] == ["alerting", "hold", "", ""]


def test_a_session_is_ended_in_order() -> None:
    case = Case().open()
    assert case.take(case.session.stop(case.now)) == []
    assert len(case.waits_for(StopApplicationSession)) == 1
    assert case.answer() == [Hangup("stopped")]
    other = Case().open()
    other.take(other.session.stop(other.now))
    assert other.after(5) == [Hangup("stopped")]
    third = Case()
    third.take(third.session.opened(0.0))
    assert third.take(third.session.stop(0.0)) == [Hangup("stopped")]


def test_events_of_no_use_are_none_that_are_read() -> None:
    assert {name for name in OF_NO_USE if hasattr(messages, name)} == set()


def test_what_means_nothing_is_said_to_the_log() -> None:
    case = Case()
    case.take(case.session.opened(case.now))
    assert case.comes(EVENT, DeliveredEvent("1", CALL)) == [Ignored("DeliveredEvent before the session is open")]
    case.answer()
    assert case.comes(EVENT, Unknown(Node("Strange"))) == [Ignored("Strange, which means nothing here", strange=True)]
    keys = case.comes(EVENT, Unknown(Node("DigitsGeneratedEvent")))
    assert keys == [Ignored("DigitsGeneratedEvent, which means nothing here")], "every caller at a port presses some"
    assert case.comes(77, SystemStatusResponse()) == [Ignored("SystemStatusResponse 0077, which nobody waits for")]
    (ignored,) = case.take(case.session.received(case.now, encode_frame(Frame(EVENT, b"<a"))))
    assert isinstance(ignored, Ignored)
    assert case.session.phase is Phase.OPEN


def test_invoke_ids_go_round_and_none_is_used_twice_at_once() -> None:
    requests = Requests(last=4)
    taken = [requests.add("x", HoldCall(CALL), 1.0) for _ in range(4)]
    assert [pending.invoke_id for pending in taken if pending] == [1, 2, 3, 4]
    assert requests.add("x", HoldCall(CALL), 1.0) is None
    assert [pending.invoke_id for pending in requests.expired(1.0)] == [1, 2, 3, 4]
    assert requests.waiting() == []
    assert requests.answered(3) is taken[2]
    assert requests.answered(3) is None
    again = requests.add("y", HoldCall(CALL), 9.0)
    assert again is not None
    assert (again.invoke_id, requests.next_deadline()) == (3, 9.0)
    requests.answered(1)
    one_way = requests.add("z", HoldCall(CALL), 5.0, one_way=True)
    assert one_way is not None
    assert requests.expired(6.0) == []
    assert 1 not in requests
    assert 3 in requests


def test_the_dialect_is_the_setups() -> None:
    dialect = Dialect(EDITIONS["ed3/priv5"], device_attributes=' mediaClass="notKnown"')
    case = Case(dialect=dialect, devices=("2001",), monitor_type="")
    case.take(case.session.opened(0.0))
    sent = case.session.received(0.0, case.far.answer(1))
    watch = next(notice.data for notice in sent if isinstance(notice, Send) and b"MonitorStart" in notice.data)
    assert b'<monitorObject><deviceObject mediaClass="notKnown">2001</deviceObject></monitorObject></MonitorStart>' in watch


def test_a_service_that_is_never_answered_does_not_stop_the_link() -> None:
    requests = Requests(last=3)
    for number in range(3):
        assert requests.add(number, HoldCall(CALL), 5.0 + number) is not None
    assert requests.add("too many", HoldCall(CALL), 9.0) is None, "each of them may still be answered in time"
    assert [pending.purpose for pending in requests.expired(6.0)] == [0, 1]
    made = requests.add("one more", HoldCall(CALL), 9.0)
    assert made is not None
    assert made.invoke_id == 1, "the oldest that nobody waits for"
    assert [pending.purpose for pending in requests.waiting()] == [2, "one more"]
