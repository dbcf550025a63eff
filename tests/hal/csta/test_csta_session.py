"""A session with a switch: it opens, lasts, watches, is asked, and gets over everything that a switch does wrong."""

import pytest

from hal.csta.frames import EVENT
from hal.csta.messages import (
    EDITIONS,
    ApplicationSessionTerminated,
    ConnectionID,
    DeliveredEvent,
    HoldCall,
    MonitorStart,
    RequestSystemStatus,
    ResetApplicationSessionTimer,
    ResetApplicationSessionTimerNegResponse,
    SnapshotDevice,
    StartApplicationSession,
    StartApplicationSessionNegResponse,
    StartApplicationSessionPosResponse,
    SystemRegister,
    SystemStatus,
)
from hal.csta.messages.application import SessionError, TermReason
from hal.csta.notices import (
    Ended,
    Hangup,
    Heard,
    Ignored,
    Opened,
    Routing,
    Send,
    Snapshot,
    Status,
    Unanswered,
    Watched,
)
from hal.csta.session import Phase
from hal.csta.xml import Node
from tests.hal.csta.far_end import FarEnd, wire
from tests.hal.csta.session_case import CALL, Case


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
