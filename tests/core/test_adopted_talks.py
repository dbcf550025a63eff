"""Conversations outlive the core: everybody keeps his place, hears whom he heard, and is recorded on (ACD-11)."""

import pytest
from attrs import evolve

from appliance.core.records import Contact
from hal.api import Cause, HeldByFarEnd, LineAlarm, LineLost, Released, RetrievedByFarEnd, Severity
from tests.core.left import left_by, restarted
from tests.core.story import LINE, Story, centre_plan, mix, talking, together

pytestmark = [pytest.mark.requirement("ACD-11")]


def test_a_customer_on_hold_is_so_still() -> None:
    first = talking("1001")
    first.asks("1001", "hold").skip()
    story = restarted(first)
    story >> ["music to a", mix(a="", _1001="")]
    story.asks("1001", "retrieve") >> ["hush a", together("a", "1001"), "stop a", "record a | 1001"]


def test_what_the_phone_has_put_on_hold_the_phone_takes_back() -> None:
    first = talking("1001")
    first << HeldByFarEnd(LINE, first.legs["1001"])
    story = restarted(first.skip()).skip()
    story << RetrievedByFarEnd(LINE, story.legs["1001"])
    story >> ["hush a", together("a", "1001"), "stop a", "record a | 1001"]


def consulting() -> Story:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    return story.answers("1002").skip()


def test_a_consultation_goes_on_and_so_do_both_recordings() -> None:
    story = restarted(consulting())
    story >> ["music to a", mix(a="", _1001="1002", _1002="1001")]
    assert story.states("1001", "1002") == ["on-call", "on-call"]
    story.asks("1001", "swap") >> ["hush a", mix(a="1001", _1001="a", _1002=""), "stop a", "stop 1001 | 1002", "record a | 1001"]
    story.asks("1001", "complete").skip()
    assert story.outcome().agent == "1002"


def test_who_hears_more_than_was_saved_does_so_no_longer() -> None:
    first = consulting()
    saved = len(first.kept)
    first.asks("1001", "conference").skip()
    story = restarted(first, left=left_by(first.kept[:saved], goes_on=first.sides.__contains__))
    assert mix(a="", _1001="1002", _1002="1001") in story.told, "the customer hears nothing of the consultation"
    story.skip()


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("1001", [together("a", "1002"), "stop a", "stop 1001 | 1002", "record a | 1002"]),
        ("1002", [together("a", "1001"), "stop a", "stop 1001 | 1002", "record a | 1001"]),
        ("a", ["release 1002 TEMPORARY_FAILURE", "release 1001 TEMPORARY_FAILURE"]),
    ],
)
def test_one_of_a_consultation_has_gone_meanwhile(gone: str, told: list[str]) -> None:
    story = restarted(consulting(), gone)
    assert sorted(story.told) == sorted(told)
    story.skip()
    if gone == "a":
        assert story.outcome().outcome == "answered"
    else:
        there = "1002" if gone == "1001" else "1001"
        assert (story.outcome().agent, story.state(there)) == (there, "on-call")
        story.asks(there, "hold").skip()


def conference() -> Story:
    story = consulting()
    story.asks("1001", "conference").skip()
    story.asks("1001", "consult", "leader").skip()
    story.answers("13700137000").skip()
    return story.asks("1001", "conference").skip()


def test_a_conference_with_an_outside_party_goes_on_and_so_does_its_recording() -> None:
    story = restarted(conference())
    story >> [together("a", "1001", "1002", "13700137000")]
    story.asks("1001", "drop", "13700137000") >> [
        "release 13700137000",
        together("a", "1001", "1002"),
        "stop a | 1001, 1002, 13700137000",
        "record a | 1001, 1002",
    ]


@pytest.mark.parametrize("gone", ["1001", "1002", "13700137000"])
def test_one_of_a_conference_has_gone_meanwhile(gone: str) -> None:
    story = restarted(conference(), gone)
    rest = [name for name in ("a", "1001", "1002", "13700137000") if name != gone]
    stopped, recorded = "stop a | 1001, 1002, 13700137000", f"record a | {', '.join(rest[1:])}"
    story >> [stopped, together(*rest), recorded]


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
def test_a_supervisor_goes_on_as_he_was(mode: str) -> None:
    first = talking("1001").log_in("1009")
    first.asks("1001", mode, by="1009").skip()
    first.answers("1009").skip()
    heard = {
        "listen": mix(a="1001", _1001="a", _1009="a 1001"),
        "whisper": mix(a="1001", _1001="a 1009", _1009="a 1001"),
        "barge": together("a", "1001", "1009"),
    }
    story = restarted(first)
    story >> [heard[mode]]
    story.asks("1001", "stop", by="1009").skip()
    assert story.states("1001", "1009") == ["on-call", "ready"]


def test_a_supervisor_whose_agent_has_gone_is_let_go() -> None:
    first = consulting().log_in("1009")
    first.asks("1001", "listen", by="1009").skip()
    first.answers("1009").skip()
    story = restarted(first, "1001")
    assert "release 1009" in story.told
    assert story.skip().states("1002", "1009") == ["on-call", "ready"]


def test_a_customer_who_talks_outside_goes_on() -> None:
    first = talking("1001")
    first.asks("1001", "consult", "leader").skip()
    first.answers("13700137000").skip()
    first.asks("1001", "complete").skip()
    first.settles().skip()
    story = restarted(first)
    story >> [together("a", "13700137000")]
    story.hangs_up("13700137000") >> ["stop a | 13700137000", "release a"]


def test_a_call_that_an_agent_has_made_and_given_to_somebody_outside_goes_on() -> None:
    first = Story().log_in("1001")
    first.asks("1001", "dial", "13900139000").skip()
    first.answers("1001").skip()
    first.answers("13900139000").skip()
    first.asks("1001", "consult", "leader").skip()
    first.answers("13700137000").skip()
    first.asks("1001", "complete").skip()
    first.settles().skip()
    story = restarted(first)
    story >> [together("13900139000", "13700137000")]
    story.hangs_up("13700137000") >> ["stop 13900139000 | 13700137000", "release 13900139000"]


def test_a_customer_whom_an_agent_has_called_and_put_in_a_queue_waits_on() -> None:
    first = Story().log_in("1001", "1003")
    first.asks("1003", "not-ready").asks("1001", "dial", "13900139000").skip()
    first.answers("1001").skip()
    first.answers("13900139000").skip()
    first.asks("1001", "not-ready").asks("1001", "transfer", "queue:complaint").skip()
    first.settles().skip()
    story = restarted(first)
    story >> ["music to 13900139000"]
    story.asks("1003", "ready") >> ["call 1003"]


def test_a_call_between_agents_goes_on_and_ends_when_one_has_gone() -> None:
    first = Story().log_in("1001", "1002")
    first.asks("1001", "dial", "1002").skip()
    first.answers("1001").skip()
    first.answers("1002").skip()
    story = restarted(first)
    story >> [together("1001", "1002")]
    story = restarted(first, "1002")
    story >> ["release 1001 TEMPORARY_FAILURE"]
    assert story.outcome().outcome == "answered"


def test_two_calls_on_one_phone_both_go_on() -> None:
    first = talking("1001", "1002")
    first << HeldByFarEnd(LINE, first.legs["1001"])
    first.skip().phone_dials("1001", "1002", "p").skip()
    first.answers("p").skip()
    first.answers("1002").skip()
    story = restarted(first)
    story >> ["music to a", mix(a="", _1001=""), together("p", "1002")]
    story.hangs_up("p").skip()
    assert story.states("1001", "1002") == ["on-call", "not-ready"], "the pause out of which he was called"
    story << RetrievedByFarEnd(LINE, story.legs["1001"])
    story >> ["hush a", together("a", "1001"), "stop a", "record a | 1001"]


def test_a_customer_in_self_service_is_with_his_agent_again() -> None:
    first = talking("1001")
    first.now = 10.0
    first.asks("1001", "flow", "hotline").skip()
    first.presses("a", "1").skip()
    first.now = 20.0
    story = restarted(first)
    story >> [together("a", "1001"), "record a | 1001"]
    story.now = 520.0
    story.hangs_up("a").skip()
    assert story.outcome().talk_s == pytest.approx(42.0)


@pytest.mark.requirement("REC-01")
def test_what_was_recorded_on_demand_is_so_still() -> None:
    first = Story(centre_plan(record_calls=False)).log_in("1001")
    first.calls("a").skip()
    first.answers("1001").skip()
    first.asks("1001", "record").skip()
    story = restarted(first)
    story >> [together("a", "1001")]
    story.asks("1001", "hold") >> ["music to a", mix(a="", _1001=""), "stop a | 1001", "record a"]


def test_somebody_who_was_being_asked_is_let_go_and_may_be_asked_again() -> None:
    first = talking("1001", "1002")
    first.asks("1001", "consult", "1002").skip()
    story = restarted(first)
    assert sorted(story.told) == sorted(["release 1002", together("a", "1001"), "stop a", "record a | 1001"])
    story.skip().hangs_up("1002").skip()
    story.asks("1001", "consult", "1002").skip()


# -- a worker, or a line, dies -------------------------------------------------------------------------------------------------------------


def test_a_worker_dies_and_its_callers_are_lost_counted_and_alarmed() -> None:
    story = talking("1001", "1002")
    story.calls("b", "139").skip()
    story << LineAlarm(LINE, Severity.YELLOW, "worker 1", "the media worker has died", "a new one is ready")
    network = Cause.NETWORK_OUT_OF_ORDER
    story.several(*(Released(LINE, story.legs[name], network, False) for name in ("1001", "a", "b"))).skip()
    story.settles() >> []
    assert {row.id: row.outcome for row in story.rows(Contact)} == {"0001-000001": "answered", "0001-000002": "lost"}
    assert story.engine.state.alarms[f"line:{LINE}/worker 1"].text == "the media worker has died"
    assert story.state("1001") == "ready"
    story.calls("c", "137").skip()


def test_what_was_wrong_with_a_line_that_is_lost_is_told_anew_or_over() -> None:
    story = talking("1001")
    story << LineAlarm(LINE, Severity.RED, "span 1", "span 1 receives no signal") << LineAlarm("other", Severity.RED, "span 1", "no signal")
    story << LineLost(LINE, "killed")
    story.skip()
    assert {source for source in story.engine.state.alarms if "span" in source} == {"line:other/span 1"}


def test_a_line_dies_and_who_waited_or_talked_is_called_back_where_the_plan_says_so() -> None:
    story = talking("1001", plan=evolve(centre_plan(), call_back_lost=True))
    story.calls("b", "13900139000").skip()
    story << LineLost(LINE, "killed")
    story.skip()
    ended = {row.id: (row.outcome, row.ani) for row in story.rows(Contact) if row.outcome}
    assert ended == {"0001-000001": ("answered", "13800138000"), "0001-000002": ("lost", "13900139000")}
    owed = {contact.origin: contact.call_back for contact in story.engine.state.contacts.values()}
    assert owed == {"0001-000001": "13800138000", "0001-000002": "13900139000"}
