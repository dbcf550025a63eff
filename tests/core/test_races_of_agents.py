"""Races, by name, of agents and their phones: what must come out in whichever order the line tells it."""

import pytest
from attrs import evolve

from appliance.core.records import AgentState as AgentStateRow
from hal.api import (
    Cause,
    Originate,
    StationRegistered,
    StationUnregistered,
)
from tests.core.story import LINE, Story, talking, together, with_queue

pytestmark = [pytest.mark.requirement("ACD-05")]


# -- phones --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", [Cause.DESTINATION_OUT_OF_ORDER, Cause.NETWORK_OUT_OF_ORDER])
def test_lost_bye_frees_the_agent_and_the_customer_goes_to_another(cause: Cause) -> None:
    story = talking("1001")
    story.asks("1001", "not-ready")
    story.now = 30.0
    story.hangs_up("1001", cause) >> ["stop a | 1001", "music to a"]
    assert story.state("1001") == "not-ready"
    assert (story.outcome().stage, story.outcome().talk_s) == ("queued", 30.0)
    story.log_in("1002") >> ["call 1002"]


def test_an_agent_whose_phone_has_vanished_is_not_rung_until_he_is_ready_again() -> None:
    story = talking("1001").log_in("1002")
    story.hangs_up("1001", Cause.DESTINATION_OUT_OF_ORDER) >> ["stop a | 1001", "call 1002", "music to a"]
    agent = story.engine.state.agents["1001"]
    assert (story.state("1001"), agent.reason) == ("not-ready", "phone lost")
    story.asks("1001", "ready")
    assert story.state("1001") == "ready"


def test_lost_bye_of_the_customer_frees_the_agent() -> None:
    story = talking("1001")
    story.hangs_up("a", Cause.DESTINATION_OUT_OF_ORDER) >> ["release 1001", "stop a | 1001"]
    story.settles() >> []
    assert (story.state("1001"), story.outcome().outcome) == ("ready", "answered")


def test_agents_phone_unregisters_while_ringing() -> None:
    story = Story().log_in("1001", "1002")
    story.calls("a") >> ["call 1001", "music to a"]
    story.alerts("1001")
    story << StationUnregistered(LINE, "8001")
    story.at(15.0) >> ["release 1001", "call 1002"]
    story.settles() >> []
    story.asks("1001", "ready")
    story.calls("b") >> ["music to b"]  # he is ready, and cannot be rung
    story << StationRegistered(LINE, "8001", "127.0.0.1:5070")
    story >> ["call 1001"]


def test_agents_phone_unregisters_while_ringing_and_answers_all_the_same() -> None:
    story = Story().log_in("1001")
    story.calls("a").skip()
    story << StationUnregistered(LINE, "8001")
    story.answers("1001") >> ["hush a", together("a", "1001"), "record a | 1001"]


def test_agents_phone_unregisters_on_call() -> None:
    story = talking("1001")
    story << StationUnregistered(LINE, "8001")
    assert story.state("1001") == "on-call"
    story.asks("1001", "hold").skip()
    story.hangs_up("a").skip()
    story.settles() >> []
    assert story.state("1001") == "ready"
    story.calls("b") >> ["music to b"]
    story << StationRegistered(LINE, "8001", "127.0.0.1:5071")
    story >> ["call 1001"]


def test_agents_phone_unregisters_in_wrap_up() -> None:
    story = talking("1001", plan=with_queue(wrap_up_s=10.0))
    story.hangs_up("a").skip()
    story.settles() >> []
    story << StationUnregistered(LINE, "8001")
    story.calls("b") >> ["music to b"]
    story.at(10.0) >> []
    assert story.state("1001") == "ready"
    story << StationRegistered(LINE, "8001", "127.0.0.1:5070")
    story >> ["call 1001"]


# -- states --------------------------------------------------------------------------------------------------------------------------------


def test_wrap_up_in_one_queue_must_not_end_in_another() -> None:
    plan = with_queue(wrap_up_s=10.0)
    story = Story(evolve(plan, queues={**plan.queues, "complaint": evolve(plan.queues["complaint"], wrap_up_s=30.0)}))
    story.log_in("1003")
    story.calls("a").skip()
    story.answers("1003").skip()
    story.now = 5.0
    story.hangs_up("a").skip()
    story.settles() >> []  # wrap-up until 15
    story.now = 6.0
    story.asks("1003", "ready")
    story.calls("b", dnis="95501").skip()
    story.answers("1003").skip()
    story.asks("1003", "transfer", "queue:complaint").skip()
    story.now = 7.0
    story.asks("1003", "ready").settles()
    story >> ["call 1003"]
    story.answers("1003").skip()
    story.now = 8.0
    story.hangs_up("b").skip()
    story.settles() >> []  # wrap-up until 38
    for at, state in ((15.0, "wrap-up"), (17.0, "wrap-up"), (37.9, "wrap-up"), (38.0, "ready")):
        assert story.at(at).state("1003") == state
    states = [row.state for row in story.rows(AgentStateRow) if row.agent == "1003"]
    assert states.count("wrap-up") == 3


def test_attended_transfer_must_not_reset_idle_times() -> None:
    story = talking("1001")
    story.at(1.0).log_in("1002")
    story.at(2.0).log_in("1003")
    story.at(50.0).asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.at(60.0).asks("1001", "cancel").skip()
    story.settles() >> []
    assert story.engine.state.agents["1002"].idle_since == 1.0, "a consultation is no service"
    story.asks("1001", "consult", "1003").skip()
    story.answers("1003").skip()
    story.at(70.0).asks("1001", "complete").skip()
    story.settles() >> []
    idle = {agent: story.engine.state.agents[agent].idle_since for agent in ("1001", "1002")}
    assert idle == {"1001": 70.0, "1002": 1.0}
    story.calls("b") >> ["call 1002", "music to b"]


@pytest.mark.requirement("SUP-02")
@pytest.mark.parametrize(
    ("what", "by", "then"),
    [("log-out", "", "logged-out"), ("force-log-out", "1009", "logged-out"), ("force-not-ready", "1009", "not-ready")],
)
@pytest.mark.parametrize("alerted", [False, True])
def test_who_goes_while_his_phone_rings_leaves_the_caller_to_the_next_at_once(what: str, by: str, then: str, alerted: bool) -> None:
    story = Story(with_queue(pause_after=1)).log_in("1009", "1001", "1002")
    story.calls("a") >> ["call 1001", "music to a"]
    if alerted:
        story.alerts("1001")
    story.at(2.0).asks("1001", what, by=by, reason="drill") >> ["release 1001", "call 1002"]
    agent = story.engine.state.agents["1001"]
    assert (agent.state.value, agent.reason, agent.missed, agent.wanted) == (then, "drill", 0, None), "no call was let go by"
    story.answers("1001") >> []  # it crossed our CANCEL
    story.answers("1002") >> ["hush a", together("a", "1002"), "record a | 1002"]
    story.settles() >> []
    story.hangs_up("a").skip()
    assert (story.state("1001"), story.told_of("not taken")) == (then, [f"1001: {what.removeprefix('force-')}"])


def test_a_caller_whose_agent_went_while_it_rang_keeps_his_place() -> None:
    story = Story().log_in("1001")
    story.calls("a", "138").skip()
    story.at(5.0).calls("b", "139") >> ["music to b"]
    story.at(6.0).asks("1001", "log-out") >> ["release 1001"]
    story.settles() >> []
    story.log_in("1002") >> ["call 1002"]
    assert story.only(Originate).ani == "138"


def test_a_pause_that_an_agent_asks_for_himself_comes_after_the_call_that_rings() -> None:
    story = Story().log_in("1001")
    story.calls("a").skip()
    story.asks("1001", "not-ready") >> []
    story.answers("1001").skip()
    story.hangs_up("a").skip()
    assert story.state("1001") == "not-ready"


def test_where_all_ring_the_others_ring_on_when_one_goes() -> None:
    story = Story(with_queue(strategy="ring-all")).log_in("1001", "1002")
    story.calls("a") >> ["call 1001", "call 1002", "music to a"]
    story.asks("1001", "log-out") >> ["release 1001"]
    story.answers("1002").skip()
    assert (story.states("1001", "1002"), story.outcome().agent) == (["logged-out", "on-call"], "1002")


def test_who_goes_while_he_is_rung_by_name_leaves_the_customer_to_the_queue() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "transfer", "1002").skip()
    story.asks("1002", "log-out") >> ["release 1002", "hush a", "music to a"]
    assert (story.outcome().queue, story.outcome().stage, story.state("1002")) == ("consult", "queued", "logged-out")


def test_who_goes_while_he_is_called_for_a_consultation_ends_it() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.asks("1002", "log-out") >> ["release 1002", "hush 1001", "hush a", together("a", "1001"), "stop a", "record a | 1001"]
    assert story.states("1001", "1002") == ["on-call", "logged-out"]


def test_who_goes_while_he_calls_somebody_himself_ends_that_call_first() -> None:
    story = Story().log_in("1001")
    story.asks("1001", "dial", "13900139000").skip()
    story.asks("1001", "log-out") >> []
    story.hangs_up("1001").skip()
    assert story.state("1001") == "logged-out"


@pytest.mark.parametrize("how", ["the customer hangs up", "he refuses", "nobody answers"])
def test_who_has_served_a_customer_and_is_rung_for_him_again_comes_free_without_wrap_up(how: str) -> None:
    story = talking("1001", "1002", plan=with_queue(wrap_up_s=10.0))
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.asks("1001", "complete").skip()
    story.settles() >> []
    story.asks("1001", "ready")
    story.asks("1002", "consult", "1001").skip()
    story.alerts("1001")
    assert story.state("1001") == "ringing"
    if how == "the customer hangs up":
        story.hangs_up("a").skip()
    elif how == "he refuses":
        story.hangs_up("1001", Cause.CALL_REJECTED).skip()
    else:
        story.at(40.0).skip()
    story.settles() >> []
    assert story.state("1001") == "ready"


@pytest.mark.parametrize(
    ("cause", "cut"),
    [
        (Cause.NETWORK_OUT_OF_ORDER, True),
        (Cause.DESTINATION_OUT_OF_ORDER, True),
        (Cause.TEMPORARY_FAILURE, True),
        (Cause.NORMAL_CLEARING, False),
        (Cause.USER_BUSY, False),
    ],
)
def test_a_conversation_that_nobody_ended_is_answered_and_says_so(cause: Cause, cut: bool) -> None:
    story = talking("1001")
    story.hangs_up("a", cause).skip()
    row = story.outcome()
    said = f"nobody hung up: {cause.name.lower().replace('_', ' ')}"
    assert (row.outcome, row.cause, story.told_of("cut off")) == ("answered", int(cause), [said] * cut)
    story.settles() >> []


# -- phones change hands -------------------------------------------------------------------------------------------------------------------


def test_who_takes_the_phone_that_a_caller_waits_for_is_not_offered_him_at_the_phone_he_leaves() -> None:
    story = talking("1001", plan=with_queue(sticky_s=60.0)).log_in("1002")
    story.asks("1001", "release").skip()
    story.hangs_up("a").skip()  # and 1001's phone has not hung up yet
    story.calls("b").skip()
    assert story.states("1001", "1002") == ["ready", "ready"]
    story.asks("1002", "log-in", station="8001") >> []
    assert story.states("1001", "1002") == ["logged-out", "ready"]
    story.settles() >> ["call 1002"]
    story.answers("1002").skip()
    assert story.state("1002") == "on-call"


def test_who_gives_up_the_phone_is_not_offered_who_has_waited_for_him_who_takes_it() -> None:
    story = talking("1002", plan=with_queue(sticky_s=60.0)).log_in("1001")
    story.asks("1002", "release").skip()
    story.hangs_up("a").skip()  # and 1002's phone has not hung up yet
    story.calls("b").skip()
    story.asks("1002", "log-in", station="8001") >> ["call 1002'"]
    assert story.states("1001", "1002") == ["logged-out", "offered"]
