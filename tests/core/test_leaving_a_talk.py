"""Who leaves a conversation, by himself or because his phone is lost: what becomes of him, and who has the customer then."""

import pytest

from appliance.core.plan import CallerPlan
from hal.api import Cause
from tests.core.consulting import consulting
from tests.core.story import Story, centre_plan, talking, with_queue

LOST = Cause.DESTINATION_OUT_OF_ORDER


def conference() -> Story:
    """Customer, 1001 and 1002 talk together; 1001 is responsible."""
    story = consulting()
    story.asks("1001", "conference").skip()
    return story


# -- a phone is lost -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-05")
def test_who_asked_to_log_out_after_the_call_has_logged_out_though_his_phone_was_lost() -> None:
    story = talking("1001")
    story.asks("1001", "log-out") >> []
    story.hangs_up("1001", LOST).skip()
    assert story.state("1001") == "logged-out"


@pytest.mark.requirement("ACD-05")
@pytest.mark.parametrize("pauses", [True, False])
def test_a_phone_that_could_not_be_reached_for_a_consultation_changes_nothing_for_its_agent(pauses: bool) -> None:
    story = talking("1001", "1002")
    if not pauses:
        story.asks("1002", "ready") >> []
    story.asks("1001", "consult", "1002").skip()
    story.hangs_up("1002", LOST).skip()
    assert story.states("1001", "1002") == ["on-call", "not-ready" if pauses else "ready"]
    assert story.engine.state.agents["1002"].reason == ""


# -- and the customer keeps his place ------------------------------------------------------------------------------------------------------


def in_order(story: Story, queue: str = "consult") -> list[str]:
    state = story.engine.state
    return [story.name(state.contacts[id_].leg) for id_ in state.queues[queue].in_order()]


@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize("cause", [LOST, Cause.NETWORK_OUT_OF_ORDER])
def test_whose_agents_phone_is_lost_stands_at_the_place_he_had(cause: Cause) -> None:
    story = talking("1001")
    story.at(5.0).calls("b", "139") >> ["music to b"]
    story.at(60.0).asks("1001", "not-ready")
    story.hangs_up("1001", cause).skip()
    assert in_order(story) == ["a", "b"]
    story.log_in("1002") >> ["call 1002"]
    story.answers("1002").skip()
    assert in_order(story) == ["b"]


@pytest.mark.requirement("ACD-11")
def test_whose_manager_s_phone_is_lost_stands_where_he_came() -> None:
    story = Story(centre_plan(callers={"13800138000": CallerPlan(manager="1009")})).log_in("1009")
    story.calls("a") >> ["call 1009", "music to a"]
    story.answers("1009").skip()
    story.at(5.0).calls("b", "139") >> ["music to b"]
    story.at(20.0).hangs_up("1009", LOST).skip()
    assert in_order(story) == ["a", "b"]


@pytest.mark.requirement("ACD-11")
def test_who_had_gone_on_to_another_queue_and_whose_agents_phone_is_lost_keeps_his_place_there() -> None:
    story = talking("1001", plan=centre_plan(callers={"139": CallerPlan(priority=1)}))
    story.at(20.0).asks("1001", "not-ready").asks("1001", "transfer", "queue:consult").skip()
    story.settles() >> []
    story.log_in("1002").skip()
    story.answers("1002").skip()
    story.at(70.0).calls("b", "139").skip()
    story.at(75.0).calls("c", "138").skip()
    story.asks("1002", "not-ready")
    story.hangs_up("1002", LOST).skip()
    assert in_order(story) == ["b", "a", "c"], "priority counts as 60 s: as if b had come at 10, and a came here at 20"


@pytest.mark.requirement("ACD-11")
def test_who_is_called_back_and_whose_agents_phone_is_lost_then_keeps_his_place() -> None:
    story = Story(centre_plan(call_back_lost=True))
    story.calls("a").skip()
    story.hangs_up("a", Cause.NETWORK_OUT_OF_ORDER).skip()
    story.at(3.0).calls("b", "139").skip()
    story.log_in("1001") >> ["call 1001"]
    story.answers("1001").skip()
    story.answers("13800138000").skip()
    story.at(60.0).hangs_up("1001", LOST).skip()
    assert in_order(story) == ["13800138000", "b"]


# -- who is responsible ------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-02")
def test_who_stays_in_a_conference_is_responsible_when_the_other_has_left() -> None:
    story = conference()
    story.hangs_up("1001").skip()
    assert (story.outcome().agent, story.told_of("passed on")) == ("1002", ["1002"])


@pytest.mark.requirement("CTI-02")
def test_who_leaves_a_conference_that_another_is_responsible_for_passes_nothing_on() -> None:
    story = conference()
    story.hangs_up("1002").skip()
    assert (story.outcome().agent, story.told_of("passed on")) == ("1001", [])


@pytest.mark.requirement("CTI-02")
def test_a_phone_that_still_rings_makes_nobody_responsible() -> None:
    story = conference().log_in("1003")
    story.asks("1001", "consult", "1003").skip()
    story.hangs_up("1001").skip()
    assert (story.outcome().agent, story.told_of("passed on")) == ("1002", ["1002"])
    assert story.state("1003") == "ready", "nobody is left who wanted to ask him"


@pytest.mark.requirement("CTI-02")
def test_who_consults_somebody_as_the_other_leaves_has_the_customer_still() -> None:
    story = conference().log_in("1003")
    story.asks("1002", "consult", "1003").skip()
    story.answers("1003").skip()
    story.hangs_up("1001").skip()
    story.asks("1002", "cancel").skip()
    assert (story.outcome().agent, story.told_of("passed on")) == ("1002", ["1002"])


# -- somebody watches ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SUP-02")
@pytest.mark.parametrize("mode", ["listen", "whisper"])
@pytest.mark.parametrize("cause", [LOST, Cause.NETWORK_OUT_OF_ORDER])
def test_a_customer_whose_agent_loses_his_phone_goes_to_another_though_somebody_watched(mode: str, cause: Cause) -> None:
    story = talking("1001").log_in("1009", "1002")
    story.asks("1001", mode, by="1009").skip()
    story.answers("1009").skip()
    story.asks("1002", "not-ready") >> []
    story.now = 30.0
    story.hangs_up("1001", cause).skip()
    assert (story.outcome().stage, story.outcome().talk_s) == ("queued", 30.0)
    story.settles() >> []
    assert story.state("1009") == "ready"


@pytest.mark.requirement("SUP-02")
def test_an_agent_who_is_watched_has_wrap_up_when_he_hangs_up() -> None:
    story = talking("1001", plan=with_queue(wrap_up_s=20.0)).log_in("1009")
    story.asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    story.hangs_up("1001") >> ["release 1009", "stop a | 1001", "release a"]
    story.settles() >> []
    assert (story.states("1001", "1009"), story.outcome().outcome) == (["wrap-up", "ready"], "answered")
