"""Giving a customer away, calls of one's own, and self service with an agent who stays (CTI-01)."""

import pytest
from attrs import evolve

from appliance.core.inputs import PlanChanged
from appliance.core.records import from_json
from hal.api import Cause, Originate, Transferred
from tests.core.consulting import AWAY, consulting
from tests.core.playbook import service
from tests.core.story import LINE, Story, centre_plan, mix, talking, together, with_queue

pytestmark = [pytest.mark.requirement("CTI-01")]


# -- transfer --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-02")
@pytest.mark.requirement("REC-01")
def test_attended_transfer_takes_call_and_data_along() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "data", "matter=no dial tone").asks("1001", "data", "form={half filled}")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.now = 20.0
    story.asks("1001", "complete") >> [
        "release 1001",
        "hush a",
        together("a", "1002"),
        "stop a",
        "stop 1001 | 1002",
        "record a | 1002",
    ]
    row = story.outcome()
    assert (row.agent, row.stage, story.told_of("passed on")) == ("1002", "connected", []), "given, not left behind"
    assert from_json(row.data, {}) == {"matter": "no dial tone", "form": "{half filled}"}
    story.settles() >> []
    story.asks("1002", "data", "matter=solved")
    story.now = 50.0
    story.hangs_up("a") >> ["release 1002", "stop a | 1002"]
    row = story.outcome()
    assert (row.outcome, row.talk_s, row.agent) == ("answered", 50.0, "1002")
    assert from_json(row.data, {})["matter"] == "solved"
    assert story.participants() == ["caller agent:1001", "caller", "caller agent:1002"]


@pytest.mark.requirement("CTI-04")
def test_attended_transfer_to_a_number_outside() -> None:
    story = talking("1001")
    story.asks("1001", "consult", "leader").skip()
    story.answers("13700137000").skip()
    story.asks("1001", "complete") >> [
        "release 1001",
        "hush a",
        together("a", "13700137000"),
        "stop a",
        "stop 1001 | 13700137000",
        "record a | 13700137000",
    ]
    assert story.outcome().stage == "outside"
    story.settles() >> []
    assert story.state("1001") == "ready", "he is free while the customer talks outside"
    story.now = 40.0
    story.hangs_up("13700137000") >> ["stop a | 13700137000", "release a"]
    story.settles() >> []
    assert (story.outcome().outcome, story.outcome().talk_s, story.outcome().agent) == ("answered", 40.0, "1001")


@pytest.mark.requirement("CTI-02")
def test_blind_transfer_to_an_agent() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "data", "matter=no dial tone")
    story.asks("1001", "transfer", "1002") >> ["release 1001", "stop a | 1001", mix(a=""), "call 1002", "music to a"]
    story.alerts("1002")
    assert story.outcome().queue == "agent:1002"
    story.answers("1002") >> ["hush a", together("a", "1002"), "record a | 1002"]
    assert story.states("1001", "1002") == ["ready", "on-call"]
    assert from_json(story.outcome().data, {}) == {"matter": "no dial tone"}
    story.settles() >> []


def test_blind_transfer_to_an_agent_who_does_not_answer_goes_back_to_the_queue_it_came_from() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "transfer", "1002").skip()
    story.asks("1001", "not-ready")
    story.hangs_up("1002", Cause.USER_BUSY) >> ["hush a", "music to a"]
    assert (story.outcome().queue, story.outcome().stage) == ("consult", "queued")
    assert story.state("1002") == "not-ready"
    story.settles() >> []
    story.asks("1001", "ready") >> ["call 1001"]


def test_transfer_to_a_busy_agent_is_refused_and_the_call_goes_on() -> None:
    story = talking("1001")
    story.log_in("1002").calls("b", "139") >> ["call 1002", "music to b"]
    for state in ("offered", "ringing", "on-call"):
        assert story.refuses("1001", "transfer", "1002") == f"agent 1002 is {state}"
        assert story.refuses("1001", "consult", "1002") == f"agent 1002 is {state}"
        if state == "offered":
            story.alerts("1002")
        elif state == "ringing":
            story.answers("1002").skip()
    story.asks("1001", "hold") >> ["music to a", *AWAY, "stop a | 1001", "record a"]


def test_blind_transfer_to_a_queue() -> None:
    story = talking("1001", "1003")
    story.asks("1001", "transfer", "queue:complaint") >> ["release 1001", "stop a | 1001", mix(a=""), "music to a"]
    story.asks("1003", "ready") >> ["call 1003"]
    story.now = 12.0
    story.answers("1003") >> ["hush a", together("a", "1003"), "record a | 1003"]
    row = story.outcome()
    assert (row.queue, row.agent, row.wait_s) == ("complaint", "1003", 12.0)
    story.settles() >> []


@pytest.mark.requirement("CTI-04")
def test_blind_transfer_to_a_number_and_what_follows() -> None:
    story = talking("1001")
    story.now = 10.0
    story.asks("1001", "transfer", "leader") >> [
        "release 1001",
        "stop a | 1001",
        mix(a=""),
        "call 13700137000",
        "ringback to a",
        "record a",
    ]
    story.now = 20.0
    story.answers("13700137000") >> ["hush a", together("a", "13700137000"), "stop a", "record a | 13700137000"]
    story.now = 25.0
    story.hangs_up("a") >> ["release 13700137000", "stop a | 13700137000"]
    assert (story.outcome().outcome, story.outcome().talk_s) == ("answered", 15.0), "ringing is no talk"
    story.settles() >> []


def test_blind_transfer_to_self_service() -> None:
    story = talking("1001")
    story.asks("1001", "transfer", "flow:hotline") >> ["release 1001", "stop a | 1001", mix(a=""), "say language to a"]
    story.presses("a", "1") >> ["hush a", "say welcome to a"]
    story.settles() >> []


def test_a_call_that_an_agent_has_made_can_be_transferred_too() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "13900139000") >> ["call 1001"]
    story.answers("1001").skip()
    story.answers("13900139000").skip()
    story.asks("1001", "transfer", "1002") >> [
        "release 1001",
        "stop 13900139000 | 1001",
        mix(_13900139000=""),
        "call 1002",
        "music to 13900139000",
    ]
    story.answers("1002") >> ["hush 13900139000", together("13900139000", "1002"), "record 13900139000 | 1002"]
    story.settles() >> []
    story.hangs_up("1002") >> ["stop 13900139000 | 1002", "release 13900139000"]
    story.settles() >> []
    assert (story.outcome().outcome, story.outcome().agent) == ("answered", "1002")


def test_there_is_nobody_to_give_away_before_the_customer_is_there_nor_out_of_a_conference() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "13900139000").skip()
    assert story.refuses("1001", "transfer", "1002") == "agent 1001 is in no call"
    story.answers("1001").skip()
    assert story.refuses("1001", "transfer", "1002") == "there is no customer to give away"
    story.answers("13900139000").skip()
    story.asks("1001", "consult", "1002").skip()
    assert "there are others in the call" in story.refuses("1001", "transfer", "queue:complaint")


# -- calls of one's own ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("REC-01")
def test_click_to_dial_rings_the_agents_phone_first() -> None:
    story = Story().log_in("1001")
    story.asks("1001", "dial", "13900139000")
    originate = story.only(Originate)
    assert (originate.to, originate.ani, originate.display) == ("station:8001", "13900139000", "→ 13900139000")
    assert originate.then == "number:13900139000", "who is called next is told with it"
    story >> ["call 1001"]
    assert story.state("1001") == "on-call", "nobody offers him a contact meanwhile"
    story.alerts("1001")
    story.answers("1001")
    originate = story.only(Originate)
    assert (originate.to, originate.ani, originate.beside) == ("number:13900139000", "95500", story.legs["1001"])
    story >> ["call 13900139000", "ringback to 1001"]
    story.now = 8.0
    story.answers("13900139000") >> ["hush 1001", together("1001", "13900139000"), "record 13900139000 | 1001"]
    story.now = 20.0
    story.hangs_up("13900139000") >> ["release 1001", "stop 13900139000 | 1001"]
    story.settles() >> []
    row = story.outcome()
    assert (row.direction, row.ani, row.outcome, row.agent, row.talk_s) == ("out", "13900139000", "answered", "1001", 12.0)
    assert story.state("1001") == "ready"


def test_a_dialled_customer_who_does_not_answer_is_unreached_and_the_agent_free() -> None:
    story = Story().log_in("1001")
    story.asks("1001", "dial", "13900139000").skip()
    story.answers("1001").skip()
    story.at(30.0) >> ["release 13900139000 NO_ANSWER"]
    story.settles() >> ["release 1001"]
    story.settles() >> []
    assert (story.outcome().outcome, story.outcome().cause) == ("unreached", Cause.NO_ANSWER)
    assert story.state("1001") == "ready"


def test_the_dialling_agents_own_phone_is_not_picked_up() -> None:
    story = Story().log_in("1001")
    story.asks("1001", "dial", "13900139000").skip()
    story.at(30.0) >> ["release 1001"]
    story.settles() >> []
    assert (story.outcome().outcome, story.state("1001")) == ("unreached", "ready")


def test_a_call_of_ones_own_can_be_given_up_while_it_rings() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "13900139000").skip()
    story.asks("1001", "release") >> ["release 1001"]
    story.settles() >> []
    story.asks("1001", "dial", "1002").skip()
    story.answers("1001").skip()
    story.asks("1002", "release") >> ["release 1002", "release 1001"]
    story.settles() >> []
    assert story.states("1001", "1002") == ["ready", "ready"]


def test_a_colleague_who_is_taken_out_of_the_site_before_the_dialling_agent_picks_up_is_not_called() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "1002").skip()
    plan = story.engine.state.plan
    story << PlanChanged(evolve(plan, agents={id_: agent for id_, agent in plan.agents.items() if id_ != "1002"}))
    story.answers("1001") >> ["release 1001"]
    assert story.told_of("not called") == ["agent 1002 is no more in the site"]
    story.settles() >> []
    assert (story.outcome().outcome, story.state("1001")) == ("unreached", "ready")


@pytest.mark.requirement("CTI-02")
def test_a_phone_that_has_given_the_customer_away_is_followed() -> None:
    story = talking("1001", "1002")
    leg = story.legs["1001"]
    story << Transferred(LINE, leg, "8002")
    ring = next(command for command in story.commands if isinstance(command, Originate))
    assert (ring.to, ring.beside) == ("station:8002", "a")
    story.skip()
    story << Transferred(LINE, leg, "8003") >> []  # he has nobody any more


@pytest.mark.requirement("REC-01")
def test_dial_a_colleague() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "1002")
    assert story.only(Originate).then == "station:8002"
    story >> ["call 1001"]
    story.answers("1001")
    originate = story.only(Originate)
    assert (originate.ani, originate.display) == ("1001", "王芳")
    story >> ["call 1002", "ringback to 1001"]
    story.alerts("1002")
    story.now = 5.0
    story.answers("1002") >> ["hush 1001", together("1001", "1002"), "record 1001 | 1002"]
    story.asks("1002", "hold") >> [mix(_1001="", _1002=""), "stop 1001 | 1002"]
    story.asks("1002", "retrieve") >> [together("1001", "1002"), "record 1001 | 1002"]
    story.now = 35.0
    story.asks("1001", "release") >> ["release 1001", "release 1002", "stop 1001 | 1002"]
    story.settles() >> []
    row = story.outcome()
    assert (row.direction, row.ani, row.dnis, row.outcome, row.talk_s) == ("between", "1001", "1002", "answered", 30.0)
    assert story.states("1001", "1002") == ["ready", "ready"]


def test_nobody_can_be_dialled_who_is_not_there() -> None:
    story = Story()
    assert story.refuses("1001", "dial", "1002") == "agent 1001 is logged-out"
    story.log_in("1001")
    assert story.refuses("1001", "dial", "1002") == "agent 1002 is logged-out"
    assert story.refuses("1001", "dial", "1001") == "that is the agent himself"
    assert story.refuses("1001", "dial", "8001") == "that is the agent himself"
    assert story.refuses("1001", "dial", "consult") == "a queue or flow cannot be called"
    assert story.refuses("1001", "dial", "flow:hotline") == "a queue or flow cannot be called"


def test_who_is_called_back_out_of_wrap_up_goes_on_with_what_was_left_of_it() -> None:
    story = talking("1001", plan=with_queue(wrap_up_s=30.0))
    story.hangs_up("a").skip()
    story.settles() >> []
    story.at(10.0) >> []
    story.asks("1001", "dial", "13900139000").skip()
    story.at(15.0) >> []
    story.hangs_up("1001") >> []
    assert story.state("1001") == "wrap-up"
    story.at(34.9) >> []
    assert story.state("1001") == "wrap-up"
    story.at(35.0) >> []
    assert story.state("1001") == "ready"


def test_wrap_up_can_still_be_extended_after_a_call_that_was_made_in_it() -> None:
    story = talking("1001", plan=with_queue(wrap_up_s=30.0, wrap_up_max_s=60.0))
    story.hangs_up("a").skip()
    story.settles() >> []
    story.at(10.0) >> []
    story.asks("1001", "dial", "13900139000").skip()
    story.hangs_up("1001") >> []
    story.asks("1001", "extend", "100") >> []
    story.at(59.9) >> []  # 20 s were left, and 30 s could be added
    assert story.state("1001") == "wrap-up"
    story.at(60.0) >> []
    assert story.state("1001") == "ready"


# -- self service and back -------------------------------------------------------------------------------------------------------------


def in_flow() -> Story:
    story = talking("1001")
    story.asks("1001", "flow", "hotline") >> [*AWAY, "stop a | 1001", "say language to a"]
    return story


def test_send_to_self_service_and_take_back() -> None:
    story = in_flow()
    assert story.refuses("1001", "flow", "hotline") == "the customer cannot be sent to self service now"
    assert story.refuses("1001", "flow", "sales") == "there is no flow 'sales'"
    assert story.refuses("1001", "consult", "13900139000") == "the customer is in self service; take him back first"
    assert story.refuses("1001", "transfer", "queue:complaint") == "the customer is in self service; take him back first"
    story.presses("a", "1") >> ["hush a", "say welcome to a"]
    story.asks("1001", "take-back") >> ["hush a", together("a", "1001"), "record a | 1001"]
    assert story.refuses("1001", "take-back") == "the customer is not in self service"
    story.heard_out("a") >> []
    story.presses("a", "1") >> []
    story.asks("1001", "flow", "flow:hotline").skip()


def test_what_the_customer_keyed_for_the_flow_does_not_answer_later() -> None:
    story = in_flow()
    story.presses("a", "1").skip()
    story.asks("1001", "take-back").skip()
    story.presses("a", "99") >> []
    story.asks("1001", "flow", "hotline") >> [*AWAY, "stop a | 1001", "say language to a"]


def test_the_customer_finishes_the_flow_and_is_back_with_the_agent() -> None:
    plan = centre_plan()
    story = talking("1001", plan=evolve(plan, programs={**plan.programs, "pay": service("pay", welcome="pay")}))
    story.asks("1001", "flow", "pay") >> [*AWAY, "stop a | 1001", "say pay to a"]
    story.heard_out("a") >> [together("a", "1001"), "record a | 1001"]
    assert story.outcome().stage == "connected"


def test_the_customer_chooses_a_queue_in_the_flow_and_the_agent_is_free() -> None:
    story = in_flow()
    story.presses("a", "1").skip()
    story.presses("a", "2") >> ["hush a", "release 1001", "music to a"]
    assert (story.outcome().queue, story.outcome().stage) == ("complaint", "queued")
    story.settles().skip()


def test_the_customer_hangs_up_in_the_flow() -> None:
    story = in_flow()
    story.hangs_up("a") >> ["release 1001"]
    story.settles() >> []
    assert (story.outcome().outcome, story.state("1001")) == ("answered", "ready")


def test_the_agent_hangs_up_while_the_customer_is_in_the_flow() -> None:
    story = in_flow()
    story.hangs_up("1001") >> []
    assert story.state("1001") == "ready"
    story.asks("1001", "not-ready")
    story.presses("a", "1") >> ["hush a", "say welcome to a"]
    story.presses("a", "1") >> ["hush a", "music to a"]
    assert (story.outcome().queue, story.outcome().stage) == ("consult", "queued")


@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize("lost", [True, False])
def test_who_is_through_with_a_flow_out_of_which_an_agent_was_lost_waits_for_another(lost: bool) -> None:
    plan = centre_plan()
    story = talking("1001", plan=evolve(plan, programs={**plan.programs, "pay": service("pay", welcome="pay")}))
    story.at(5.0).calls("b", "139").skip()
    story.asks("1001", "not-ready").asks("1001", "flow", "pay").skip()
    story.hangs_up("1001", Cause.DESTINATION_OUT_OF_ORDER if lost else Cause.NORMAL_CLEARING) >> []
    story.heard_out("a") >> (["music to a"] if lost else ["release a"])
    waiting = list(story.engine.state.queues["consult"].in_order())
    assert [story.engine.state.contacts[id_].leg for id_ in waiting] == (["a", "b"] if lost else ["b"])


def test_nobody_is_sent_to_self_service_out_of_a_consultation() -> None:
    story = consulting()
    assert story.refuses("1001", "flow", "hotline") == "there is a consultation going on: end it first"
