"""Call control that concerns others: who can be put out, who is asked first, and customers whom the agent has called himself."""

import pytest
from attrs import evolve

from tests.core.consulting import consulting
from tests.core.playbook import service
from tests.core.story import Story, centre_plan, talking, together

pytestmark = [pytest.mark.requirement("CTI-01")]

CALLED = "13900139000"


def with_outside() -> Story:
    """Customer, 1001 and somebody outside talk together."""
    story = talking("1001")
    story.asks("1001", "consult", CALLED).skip()
    story.answers(CALLED).skip()
    story.asks("1001", "conference").skip()
    return story


def has_called() -> Story:
    """1001 talks with a customer whom he has called."""
    plan = centre_plan()
    story = Story(evolve(plan, programs={**plan.programs, "pay": service("pay", welcome="pay", otherwise="queue:complaint")}))
    story.log_in("1001").asks("1001", "dial", CALLED).skip()
    story.answers("1001").skip()
    return story


# -- putting out -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whom", ["", "1009", "8009", "a", "caller", "1001"])
def test_neither_nobody_nor_the_customer_nor_a_supervisor_nor_himself_can_be_put_out(whom: str) -> None:
    story = with_outside().log_in("1009")
    story.asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    assert story.refuses("1001", "drop", whom) == f"'{whom}' takes no part in it"


def test_who_is_outside_is_put_out_by_his_number() -> None:
    story = with_outside()
    story.asks("1001", "drop", CALLED)
    assert story.told[0] == f"release {CALLED}"
    story.skip()
    assert story.outcome().stage == "connected"


# -- a consultation ----------------------------------------------------------------------------------------------------------------------


def test_who_was_on_hold_in_a_consultation_is_heard_in_the_conference() -> None:
    story = consulting()
    story.asks("1001", "hold").skip()
    story.asks("1001", "conference")
    assert together("a", "1001", "1002") in story.told
    story.skip()


@pytest.mark.parametrize("how", ["complete", "conference"])
def test_a_supervisor_whose_phone_still_rings_keeps_nobody_from_ending_a_consultation(how: str) -> None:
    story = consulting().log_in("1009")
    story.asks("1001", "listen", by="1009") >> ["call 1009"]
    story.asks("1001", "swap").skip().asks("1001", "swap").skip()
    story.asks("1001", how).skip()
    assert story.state("1002") == "on-call"
    assert "1002" in story.participants()[-1]


# -- customers whom the agent has called -------------------------------------------------------------------------------------------------


def test_a_customer_whom_the_agent_has_called_is_sent_to_self_service_and_chooses_a_queue() -> None:
    story = has_called()
    story.answers(CALLED).skip()
    story.asks("1001", "flow", "pay")
    assert f"say pay to {CALLED}" in story.told
    story.skip().heard_out(CALLED)
    assert "release 1001" in story.told
    story.skip()
    assert (story.outcome().queue, story.outcome().stage) == ("complaint", "queued")


def test_a_customer_whom_the_agent_has_called_is_sent_to_self_service_and_taken_back() -> None:
    story = has_called()
    story.answers(CALLED).skip()
    story.asks("1001", "flow", "pay").skip()
    story.asks("1001", "take-back") >> [f"hush {CALLED}", together("1001", CALLED), f"record {CALLED} | 1001"]


@pytest.mark.parametrize(
    ("what", "to", "why"),
    [
        ("flow", "pay", "the customer cannot be sent to self service now"),
        ("transfer", "queue:complaint", "there is no customer to give away"),
    ],
)
def test_a_customer_whose_phone_still_rings_is_sent_nowhere(what: str, to: str, why: str) -> None:
    assert has_called().refuses("1001", what, to) == why


@pytest.mark.parametrize(
    ("what", "to", "why"),
    [
        ("flow", "hotline", "the customer cannot be sent to self service now"),
        ("transfer", "queue:complaint", "there is no customer to give away"),
    ],
)
def test_a_colleague_is_sent_nowhere(what: str, to: str, why: str) -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "1002").skip()
    story.answers("1001").skip()
    story.answers("1002").skip()
    assert story.refuses("1001", what, to) == why
