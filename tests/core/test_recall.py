"""Giving a customer away to somebody whose phone rings, and what becomes of him when nobody takes him (CTI-01)."""

import pytest
from attrs import evolve

from appliance.core.plan import CallerPlan, Choice, NumberPlan, Plan
from hal.api import Cause, StationUnregistered, TransferAsked
from tests.core.story import LINE, Story, centre_plan, talking, together, with_queue

pytestmark = [pytest.mark.requirement("CTI-01"), pytest.mark.requirement("CTI-06")]
MOBILE = "13900139000"
WAYS = ["hangs up", "*4", "complete"]


def ringing(to: str = "1002", how: str = "hangs up", plan: Plan | None = None) -> Story:
    """1001 has talked with `a` for 10 s, consults another, and leaves while that phone rings."""
    story = talking("1001", "1002", plan=plan)
    story.at(10.0).asks("1001", "consult", to).skip()
    story.alerts(to)
    if how == "hangs up":
        story.hangs_up("1001") >> ["ringback to a"]
    elif how == "*4":
        story.presses("1001", "*4") >> ["release 1001", "ringback to a"]
    else:
        story.asks("1001", "complete") >> ["release 1001", "ringback to a"]
    assert story.state("1001") == "ready"
    story.settles() >> []
    return story


# -- at ringing ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", WAYS)
def test_who_consults_and_leaves_while_it_rings_has_given_the_customer_away(how: str) -> None:
    story = ringing(how=how)
    assert (story.outcome().stage, story.state("1002")) == ("transferred", "ringing")
    story.at(20.0).answers("1002") >> ["hush a", together("a", "1002"), "stop a", "record a | 1002"]
    row = story.outcome()
    assert (row.agent, row.stage, story.state("1002")) == ("1002", "connected", "on-call")
    story.at(35.0).hangs_up("1002") >> ["stop a | 1002", "release a"]
    story.settles() >> []
    assert (story.outcome().outcome, story.outcome().talk_s) == ("answered", 25.0), "ringing is no talk"


@pytest.mark.requirement("CTI-04")
def test_a_number_outside_that_rings_has_the_customer_when_it_answers() -> None:
    story = ringing(MOBILE)
    assert story.outcome().stage == "transferred"
    story.at(20.0).answers(MOBILE) >> ["hush a", together("a", MOBILE), "stop a", f"record a | {MOBILE}"]
    assert (story.outcome().stage, story.outcome().agent) == ("outside", "1001")
    story.at(35.0).hangs_up(MOBILE) >> [f"stop a | {MOBILE}", "release a"]
    story.settles() >> []
    assert (story.outcome().outcome, story.outcome().talk_s) == ("answered", 25.0)


@pytest.mark.parametrize("to", ["1002", MOBILE])
@pytest.mark.parametrize("why", ["no answer", "busy", "unreachable"])
def test_who_is_not_answered_there_comes_back_to_who_gave_him_away(to: str, why: str) -> None:
    story = ringing(to)
    if why == "no answer":
        story.at(39.9) >> []
        story.at(40.0) >> [f"release {to}", "stop a", "hush a", "call 1001", "music to a"]
    else:
        cause = Cause.USER_BUSY if why == "busy" else Cause.UNALLOCATED_NUMBER
        story.hangs_up(to, cause) >> ["stop a", "hush a", "call 1001", "music to a"]
    story.settles() >> []
    story.answers("1001") >> ["hush a", together("a", "1001"), "record a | 1001"]
    assert story.told_of("given back") == ["1001"]


def test_the_customer_leaves_while_it_rings_for_him() -> None:
    story = ringing()
    story.hangs_up("a") >> ["release 1002", "stop a"]
    story.settles() >> []
    assert (story.states("1001", "1002"), story.outcome().outcome) == (["ready", "not-ready"], "answered")


def test_of_several_the_others_stay_and_nobody_is_rung_for_a_customer_who_is_not_alone() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", MOBILE).skip()
    story.answers(MOBILE).skip()
    story.asks("1001", "conference").skip()
    story.asks("1001", "consult", "1002").skip()
    assert story.refuses("1001", "complete") == "nobody has answered yet"
    story.hangs_up("1001") >> ["release 1002"]
    assert story.outcome().stage == "outside"


def test_an_agent_whose_phone_is_lost_has_given_nobody_away() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.hangs_up("1001", Cause.DESTINATION_OUT_OF_ORDER) >> ["release 1002", "stop a", "hush a", "music to a"]
    assert (story.outcome().stage, story.told_of("given back")) == ("queued", [])


def test_a_customer_whom_the_agent_has_called_can_be_given_away_at_ringing_too() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", MOBILE).skip()
    story.answers("1001").skip()
    story.answers(MOBILE).skip()
    story.asks("1001", "consult", "1002").skip()
    story.hangs_up("1001") >> [f"ringback to {MOBILE}"]
    story.hangs_up("1002", Cause.USER_BUSY) >> [f"stop {MOBILE}", f"hush {MOBILE}", "call 1001", f"music to {MOBILE}"]
    story.answers("1001") >> [f"hush {MOBILE}", together(MOBILE, "1001"), f"record {MOBILE} | 1001"]
    story.hangs_up("1001") >> [f"stop {MOBILE} | 1001", f"release {MOBILE}"]
    story.settles() >> []


# -- blind -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["1002", MOBILE, "8020"])
@pytest.mark.parametrize("cause", [Cause.USER_BUSY, Cause.UNALLOCATED_NUMBER])
def test_a_blind_transfer_that_fails_comes_back_to_the_agent(to: str, cause: Cause) -> None:
    plan = centre_plan()
    equals = {**plan.agents, "1003": evolve(plan.agents["1003"], groups={"consult": 1})}
    story = talking("1001", "1002", "1003", plan=evolve(plan, agents=equals))
    story.asks("1003", "ready") >> []
    story.at(10.0).asks("1001", "transfer", to).skip()
    story.settles() >> []
    story.hangs_up(to, cause)
    assert story.told[-2:] == ["call 1001", "music to a"], "not 1003, who has been free longer"
    story.skip().answers("1001").skip()
    assert (story.outcome().agent, story.outcome().queue) == ("1001", "consult")


def test_a_phone_that_cannot_be_reached_at_all_is_a_failed_transfer_too() -> None:
    story = talking("1001")
    story << StationUnregistered(LINE, "8020")
    story.asks("1001", "transfer", "8020")
    assert story.told[-1] == "music to a"
    story.skip().settles() >> ["call 1001"]


def test_who_gave_him_away_and_is_busy_is_waited_for_and_then_it_is_for_anybody() -> None:
    story = talking("1001", "1002", plan=with_queue(recall_s=20.0))
    story.asks("1001", "transfer", MOBILE).skip()
    story.settles() >> []
    story.asks("1001", "dial", "13900139009").skip()
    story.asks("1002", "ready") >> []
    story.at(5.0).hangs_up(MOBILE, Cause.USER_BUSY).skip()
    story.at(24.9) >> []
    story.at(25.0) >> ["call 1002"]


def test_who_gave_him_away_and_does_not_pick_up_either_leaves_him_to_the_others() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "transfer", MOBILE).skip()
    story.settles() >> []
    story.asks("1002", "ready") >> []
    story.hangs_up(MOBILE, Cause.USER_BUSY).skip()
    story.at(15.0) >> ["release 1001", "call 1002"]


@pytest.mark.parametrize("why", ["paused", "logged out", "recall_s = 0"])
def test_where_nobody_can_be_recalled_the_customer_is_for_anybody_at_once(why: str) -> None:
    story = talking("1001", "1002", plan=with_queue(recall_s=0.0 if why == "recall_s = 0" else 30.0))
    story.asks("1001", "transfer", MOBILE).skip()
    story.settles() >> []
    if why != "recall_s = 0":
        story.asks("1001", "not-ready" if why == "paused" else "log-out")
    else:
        story.asks("1001", "dial", "13900139009").skip()
    story.asks("1002", "ready") >> []
    story.hangs_up(MOBILE, Cause.USER_BUSY)
    assert story.told[-2:] == ["call 1002", "music to a"]
    story.skip()


@pytest.mark.requirement("ACD-08")
def test_who_was_served_by_his_manager_first_stands_where_he_came() -> None:
    story = Story(centre_plan(callers={"13800138000": CallerPlan(manager="1009")})).log_in("1009")
    story.calls("a") >> ["call 1009", "music to a"]
    story.answers("1009").skip()
    story.at(5.0).calls("b", "139") >> ["music to b"]
    story.at(20.0).asks("1009", "transfer", MOBILE).skip()
    story.settles() >> []
    story.asks("1009", "not-ready").hangs_up(MOBILE, Cause.USER_BUSY).skip()
    queue = story.engine.state.queues["consult"]
    assert [story.engine.state.contacts[id_].leg for id_ in queue.in_order()] == ["a", "b"]


@pytest.mark.requirement("ACD-08")
@pytest.mark.parametrize("to", ["1002", MOBILE])
def test_who_is_given_back_has_the_place_he_had(to: str) -> None:
    story = talking("1001", "1002")
    story.at(5.0).calls("b", "139") >> ["music to b"]
    story.at(20.0).asks("1001", "not-ready").asks("1001", "transfer", to).skip()
    story.settles() >> []
    story.hangs_up(to, Cause.USER_BUSY).skip()
    queue = story.engine.state.queues["consult"]
    assert [story.engine.state.contacts[id_].leg for id_ in queue.in_order()] == ["a", "b"]


def given_away_by_a_supervisor() -> Story:
    story = talking("1001").log_in("1009")
    story.asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    story.asks("1001", "take-over", by="1009").skip()
    story.settles() >> []
    story.asks("1009", "transfer", MOBILE).skip()
    return story


def test_a_supervisor_who_gave_him_away_and_has_a_pause_is_left_in_peace() -> None:
    story = given_away_by_a_supervisor()
    story.settles() >> []
    story.asks("1009", "not-ready")
    story.hangs_up(MOBILE, Cause.USER_BUSY)
    assert story.told[-2:] == ["call 1001", "music to a"]
    story.skip()


def test_a_supervisor_who_gave_him_away_is_rung_by_name() -> None:
    story = given_away_by_a_supervisor()
    story.settles() >> []
    story.hangs_up(MOBILE, Cause.USER_BUSY)
    assert story.told[-2:] == ["call 1009", "music to a"]
    assert story.skip().outcome().queue == "agent:1009"
    story.hangs_up("1009", Cause.CALL_REJECTED) >> ["hush a", "call 1001", "music to a"]
    assert story.outcome().queue == "consult"


def test_who_was_taken_there_is_not_given_back_when_that_call_ends() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "transfer", MOBILE).skip()
    story.settles() >> []
    story.answers(MOBILE).skip()
    story.hangs_up(MOBILE) >> [f"stop a | {MOBILE}", "release a"]
    story.settles() >> []
    story = talking("1001", "1002")
    story.asks("1001", "transfer", "1002").skip()
    story.settles() >> []
    story.answers("1002").skip()
    story.hangs_up("1002") >> ["stop a | 1002", "release a"]


@pytest.mark.parametrize("given", ["blind", "at ringing"])
def test_who_has_taken_him_can_give_him_on(given: str) -> None:
    story = talking("1001", "1002")
    story.asks("1001", "transfer" if given == "blind" else "consult", "1002").skip()
    if given == "at ringing":
        story.hangs_up("1001").skip()
    story.answers("1002").skip()
    story.settles() >> []
    story.asks("1002", "consult", MOBILE).skip()
    story.answers(MOBILE).skip()
    story.asks("1002", "complete").skip()
    assert (story.outcome().stage, story.outcome().agent) == ("outside", "1002")


def test_a_customer_who_goes_to_a_number_by_himself_leaves_a_message_as_ever() -> None:
    plan = centre_plan()
    story = Story(evolve(plan, numbers={**plan.numbers, "95509": NumberPlan(Choice("number", MOBILE))})).log_in("1001")
    story.calls("a", dnis="95509") >> [f"call {MOBILE}", "ringback to a", "record a"]
    story.at(30.0) >> [f"release {MOBILE}", "stop a", "hush a", "say unavailable to a"]


@pytest.mark.parametrize("refused", ["1003", "another worker's"])
@pytest.mark.parametrize("after_s", [0.0, 1.9, 2.0])
def test_a_phone_that_hangs_up_because_its_transfer_was_refused_is_rung_with_the_customer_again(refused: str, after_s: float) -> None:
    story = talking("1001")
    asked = TransferAsked(LINE, story.legs["1001"], refused, unknown=refused != "1003")
    story << asked
    assert story.told[0].startswith("transfer of 1001 refused")
    story.skip().at(after_s).hangs_up("1001")
    if after_s == 2.0:
        story >> ["stop a | 1001", "release a"]
        return
    story >> ["stop a | 1001", "call 1001", "music to a"]
    story.answers("1001") >> ["hush a", together("a", "1001"), "record a | 1001"]
    story.hangs_up("1001") >> ["stop a | 1001", "release a"]
