"""Who is asked for advice talks to who has asked him, and does nothing with the customer, whose agent is another."""

import pytest

from tests.core.consulting import consulting
from tests.core.story import together

ASKED = "agent 1002 is asked for advice only: the customer is another agent's"

pytestmark = [pytest.mark.requirement("CTI-01")]


@pytest.mark.parametrize(("what", "to"), [("consult", "1003"), ("flow", "hotline"), ("drop", "1001"), ("drop", "8001")])
def test_who_is_asked_for_advice_does_nothing_with_the_customer(what: str, to: str) -> None:
    story = consulting().log_in("1003")
    assert story.refuses("1002", what, to) == ASKED
    assert story.states("1001", "1002", "1003") == ["on-call", "on-call", "ready"]


def test_who_is_asked_for_advice_does_nothing_with_the_customer_while_he_is_left_alone() -> None:
    story = consulting()
    story.asks("1001", "swap").skip()
    assert story.refuses("1002", "flow", "hotline") == ASKED


def test_who_is_asked_for_advice_ends_his_own_part_only() -> None:
    story = consulting()
    story.asks("1002", "release") >> ["release 1002", "hush a", together("a", "1001"), "stop a", "stop 1001 | 1002", "record a | 1001"]
    assert story.states("1001", "1002") == ["on-call", "not-ready"]
    assert story.outcome().stage == "connected"


@pytest.mark.parametrize("how", ["complete", "conference"])
def test_who_has_come_to_the_customer_may_do_what_any_agent_does(how: str) -> None:
    story = consulting().log_in("1003")
    story.asks("1001", how).skip()
    story.asks("1002", "consult", "1003").skip()
    story.asks("1002", "cancel").skip()
    story.asks("1002", "release")
    assert "release a" in story.told
    story.skip()
