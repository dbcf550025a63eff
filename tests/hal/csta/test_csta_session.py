"""A session with a switch: it opens, lasts, watches, is asked, and gets over everything that a switch does wrong."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, TypeVar

import pytest

from hal.csta.frames import EVENT, Frame, encode_frame
from hal.csta.messages import (
    EDITIONS,
    ApplicationSessionTerminated,
    ConnectionID,
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
    RequestSystemStatus,
    ResetApplicationSessionTimer,
    ResetApplicationSessionTimerNegResponse,
    RouteRegister,
    RouteRegisterAbort,
    RouteRequest,
    RouteSelect,
    SnapshotDevice,
    StartApplicationSession,
    StartApplicationSessionNegResponse,
    StartApplicationSessionPosResponse,
    StopApplicationSession,
    SystemRegister,
    SystemStatus,
    SystemStatusResponse,
    Unknown,
)
from hal.csta.messages.application import SessionError, TermReason
from hal.csta.notices import (
    Answer,
    Ended,
    Hangup,
    Heard,
    Ignored,
    Notice,
    Opened,
    Refused,
    Routing,
    RoutingStopped,
    Send,
    Snapshot,
    Status,
    Unanswered,
    Unwatched,
    Watched,
)
from hal.csta.requests import Requests
from hal.csta.session import Phase, Session
from hal.csta.setup import SessionSetup
from hal.csta.standing import Kind, Order, Standing
from hal.csta.xml import Node
from tests.hal.csta.far_end import FarEnd, wire

M = TypeVar("M", bound=Message)
CALL = ConnectionID("1", "2001")


class Case:
    """A session, its far end, and the time."""

    def __init__(self, duration_s: int | None = 180, **setup: Any) -> None:
        self.session = Session(SessionSetup(**setup))
        self.far = FarEnd(duration_s)
        self.now = 100.0
        self.said: list[Notice] = []

    def take(self, notices: Iterable[Notice]) -> list[Notice]:
        fresh = self.far.hear(notices)
        self.said += fresh
        return fresh

    def comes(self, invoke_id: int, message: Message) -> list[Notice]:
        return self.take(self.session.received(self.now, wire(invoke_id, message)))

    def waits_for(self, of: type[M]) -> list[tuple[int, M]]:
        return [(number, message) for number, message in self.far.waiting.items() if isinstance(message, of)]

    def answer(self, which: Callable[[Message], bool] = lambda _: True, *, error: bool = False) -> list[Notice]:
        """Answer everything of this kind that waits, and what follows from it."""
        fresh: list[Notice] = []
        while found := [number for number, message in self.far.waiting.items() if which(message)]:
            fresh += self.take(self.session.received(self.now, self.far.answer(found[0], error=error)))
        return fresh

    def after(self, seconds: float) -> list[Notice]:
        """Let time pass, with everything that is due meanwhile."""
        until, fresh = self.now + seconds, []
        while (at := self.session.next_deadline()) is not None and at <= until:
            assert at >= self.now, "a deadline in the past"
            self.now = at
            fresh += self.take(self.session.tick(self.now))
        self.now = until
        return fresh

    def open(self) -> "Case":
        self.take(self.session.opened(self.now))
        self.answer()
        assert self.session.phase is Phase.OPEN
        return self


def test_a_session_opens_and_everything_is_kept_up() -> None:
    case = Case(devices=("2001", "2002"), routing=("95500",), login=Node("", children=(Node("user", "urn:v", "u"),)))
    case.far.calls["2001"] = [("7", "alerting")]
    case.take(case.session.opened(case.now))
    ((_, start),) = case.waits_for(StartApplicationSession)
    assert start.application_info.application_id == "hotline"
    assert start.application_info.application_specific_info == Node("", children=(Node("user", "urn:v", "u"),))
    assert start.requested_protocol_versions.protocol_version == EDITIONS["ed4"]
    assert case.waits_for(MonitorStart) == []
    assert case.answer() == [
        Opened("s1", EDITIONS["ed4"]),
        Routing("95500"),
        Watched("2001"),
        Watched("2002"),
        Snapshot("2001", ((ConnectionID("7", "2001"), "alerting"),)),
        Snapshot("2002", ()),
    ]


def test_a_switch_without_sessions_is_open_at_once() -> None:
    case = Case(sessions=False, register=False, devices=("2001",))
    assert case.take(case.session.opened(0.0)) == [Opened("", EDITIONS["ed4"])]
    assert [type(message) for message in case.far.waiting.values()] == [MonitorStart]
    assert case.take(case.session.closed("cut")) == [Ended("cut")]


@pytest.mark.parametrize("actual", ["ed3", "ed6"])
def test_the_edition_is_the_one_agreed_upon(actual: str) -> None:
    case = Case(devices=("2001",))
    case.take(case.session.opened(0.0))
    (opened, *_) = case.comes(1, StartApplicationSessionPosResponse("1", actual_protocol_version=EDITIONS[actual]))
    assert opened == Opened("1", EDITIONS[actual])
    (sent,) = case.session.request(1.0, "x", HoldCall(CALL))
    assert isinstance(sent, Send)
    assert EDITIONS[actual].encode() in sent.data


def test_an_edition_that_is_not_known_is_told_and_ours_is_spoken_on() -> None:
    case = Case()
    case.take(case.session.opened(0.0))
    fresh = case.comes(1, StartApplicationSessionPosResponse("1", actual_protocol_version="ed9"))
    assert fresh[0] == Ignored(f"the switch says that it speaks 'ed9'; {EDITIONS['ed4']} is spoken on")
    assert fresh[1] == Opened("1", EDITIONS["ed4"])


def test_a_session_that_is_refused_is_hung_up() -> None:
    case = Case()
    case.take(case.session.opened(0.0))
    assert case.comes(1, StartApplicationSessionNegResponse(SessionError(defined_error="invalidApplicationInfo"))) == [
        Hangup("the switch begins no session: invalidApplicationInfo")
    ]
    assert case.comes(EVENT, DeliveredEvent("1", CALL)) == []
    assert case.session.next_deadline() is None
    assert case.take(case.session.closed("refused")) == []


def test_a_session_that_is_not_answered_is_hung_up() -> None:
    case = Case(answer_s=5)
    case.take(case.session.opened(100.0))
    assert case.after(4.9) == []
    assert case.after(0.2) == [Hangup("the switch does not answer: no answer to StartApplicationSession within 5 s")]


def test_a_session_lasts_as_long_as_it_is_prolonged() -> None:
    case = Case(duration_s=60, beat_s=1000, audit_s=0).open()
    for _ in range(5):
        case.after(30)
        ((_, message),) = case.waits_for(ResetApplicationSessionTimer)
        assert message.session_id == "s1"
        case.answer()
    assert case.session.phase is Phase.OPEN


def test_a_prolongation_whose_answer_is_lost_is_asked_for_again_until_the_session_runs_out() -> None:
    case = Case(duration_s=60, beat_s=1000, audit_s=0, answer_s=5).open()
    case.after(31)
    for second in range(29):
        case.comes(EVENT, DeliveredEvent("1", CALL))
        assert case.session.phase is Phase.OPEN, second
        case.after(1)
    assert len(case.waits_for(ResetApplicationSessionTimer)) > 3
    assert case.said[-1] == Hangup("the session ran out before the switch prolonged it")


def test_a_prolongation_that_is_refused_ends_the_session() -> None:
    case = Case(duration_s=60, beat_s=1000).open()
    case.after(30)
    ((number, _),) = case.waits_for(ResetApplicationSessionTimer)
    assert case.comes(number, ResetApplicationSessionTimerNegResponse(SessionError(appl_error="no"))) == [
        Hangup("the switch does not prolong the session: no")
    ]


def test_an_endless_session_is_not_prolonged() -> None:
    case = Case(duration_s=0, session_s=0, beat_s=10, status=False, audit_s=0)
    case.take(case.session.opened(case.now))
    ((_, start),) = case.waits_for(StartApplicationSession)
    assert start.requested_session_duration is None
    case.answer()
    case.after(9.9)
    assert case.far.waiting == {}


def test_a_silent_switch_is_asked_and_one_that_stays_silent_is_hung_up() -> None:
    case = Case(beat_s=20, audit_s=0, answer_s=5).open()
    case.after(15)
    case.comes(EVENT, DeliveredEvent("1", CALL))
    case.after(19)
    assert case.waits_for(RequestSystemStatus) == []
    case.after(1)
    assert len(case.waits_for(RequestSystemStatus)) == 1
    assert Status("normal") in case.answer()
    case.after(20)
    assert case.after(4.9) == []
    assert case.after(0.2) == [Hangup("the switch does not answer: no answer to RequestSystemStatus within 5 s")]


def test_a_switch_that_refuses_to_say_how_it_is_is_there() -> None:
    case = Case(beat_s=20, audit_s=0).open()
    case.after(20)
    assert case.answer(error=True) == [Ignored("RequestSystemStatus was refused: operation: invalidDeviceID")]
    assert case.session.phase is Phase.OPEN


def test_a_switch_that_is_slow_but_speaks_is_not_hung_up() -> None:
    case = Case(beat_s=20, audit_s=0, answer_s=5).open()
    case.after(22)
    case.comes(EVENT, DeliveredEvent("1", CALL))
    assert case.after(4) == [Ignored("no answer to RequestSystemStatus within 5 s, but the switch is there")]


def test_without_a_status_the_prolongation_is_the_heartbeat() -> None:
    case = Case(duration_s=1000, beat_s=20, status=False, audit_s=0, answer_s=5).open()
    case.after(20)
    assert len(case.waits_for(ResetApplicationSessionTimer)) == 1
    assert case.after(5) == [Hangup("the switch does not answer: no answer to ResetApplicationSessionTimer within 5 s")]


def test_heartbeats_of_the_switch_are_answered() -> None:
    case = Case().open()
    assert case.comes(17, SystemStatus("normal")) == [Status("normal")]
    assert case.comes(EVENT, SystemStatus("overloadImminent")) == [Status("overloadImminent")]
    case.comes(18, RequestSystemStatus())
    assert [(number, type(message).__name__) for number, message in case.far.told] == [
        (17, "SystemStatusResponse"),
        (18, "RequestSystemStatusResponse"),
    ]


def test_a_switch_that_never_answers_a_registration_for_its_status_is_not_hung_up() -> None:
    case = Case(audit_s=0)
    case.take(case.session.opened(case.now))
    case.answer(lambda message: not isinstance(message, SystemRegister))
    assert case.after(10) == [Ignored("no answer to SystemRegister within 5 s")]


def test_lost_messages_are_made_up_for_by_snapshots() -> None:
    case = Case(devices=("2001", "2002")).open()
    case.comes(EVENT, SystemStatus("messagesLost"))
    assert [message.snapshot_object for _, message in case.waits_for(SnapshotDevice)] == ["2001", "2002"]


def test_a_switch_that_was_down_is_begun_with_anew() -> None:
    case = Case().open()
    assert case.comes(EVENT, SystemStatus("normal")) == [Status("normal")]
    case.comes(EVENT, SystemStatus("initializing"))
    assert case.comes(EVENT, SystemStatus("enabled")) == [
        Status("enabled"),
        Hangup("the switch was down and is enabled again: all is begun anew"),
    ]


def test_a_terminated_session_is_hung_up() -> None:
    case = Case().open()
    reason = ApplicationSessionTerminated(session_id="1", session_term_reason=TermReason(defined_term_reason="resourceLimitation"))
    assert case.comes(EVENT, reason) == [Hangup("the switch ended the session: resourceLimitation")]
    assert case.take(case.session.closed("so it was")) == [Ended("so it was")]


def test_a_broken_frame_is_the_end_and_what_came_before_it_counts() -> None:
    case = Case(devices=("2001",)).open()
    event = DeliveredEvent(next(iter(case.far.monitors)), CALL)
    said = case.take(case.session.received(case.now, wire(EVENT, event) + b"GET / HTTP/1.1\r\n"))
    assert said == [Heard(event, "2001"), Hangup("no CSTA header: 47 45 54 20 2f 20 48 54")]


def test_after_a_hang_up_nothing_of_the_old_connection_counts() -> None:
    case = Case(devices=("2001",)).open()
    case.take(case.session.request(case.now, "x", HoldCall(CALL)))
    assert case.take(case.session.closed("cut")) == [Unanswered("x", "cut"), Ended("cut")]
    case.far = FarEnd()
    case.take(case.session.opened(case.now))
    assert list(case.far.waiting) == [1]
    assert case.answer()[-1] == Snapshot("2001", ())


def test_requests_and_their_outcomes() -> None:
    case = Case().open()
    for handle in ("yes", "no", "odd", "broken", "never"):
        case.take(case.session.request(case.now, handle, HoldCall(CALL)))
    yes, no, odd, broken, never = case.far.waiting
    assert case.comes(no, CSTAErrorCode(operation="invalidCallID")) == [Refused("no", CSTAErrorCode(operation="invalidCallID"))]
    assert case.comes(yes, HoldCallResponse()) == [Answer("yes", HoldCallResponse())]
    assert case.comes(odd, MakeCallResponse(CALL)) == [Unanswered("odd", "HoldCall was answered with MakeCallResponse")]
    (outcome,) = case.take(case.session.received(case.now, encode_frame(Frame(broken, b"<a"))))
    assert isinstance(outcome, Unanswered)
    assert outcome.handle == "broken"
    assert case.comes(yes, HoldCallResponse()) == [Ignored(f"HoldCallResponse {yes:04d}, which nobody waits for")]
    assert case.after(5) == [Unanswered("never", "no answer to HoldCall within 5 s")]
    assert case.comes(never, HoldCallResponse()) == [Ignored(f"the answer to HoldCall {never:04d} came too late")]


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
    assert case.answer() == [Snapshot("2001", ())]


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


def test_what_means_nothing_is_said_to_the_log() -> None:
    case = Case()
    case.take(case.session.opened(case.now))
    assert case.comes(EVENT, DeliveredEvent("1", CALL)) == [Ignored("DeliveredEvent before the session is open")]
    case.answer()
    assert case.comes(EVENT, Unknown(Node("Strange"))) == [Ignored("Strange, which means nothing here")]
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
    assert requests.add("x", HoldCall(CALL), 2.0) is None, "an ID is not free before its answer came"
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
