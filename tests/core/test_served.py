"""Who has served a customer has wrap-up for it, and is the one whom the customer may want next time; who only rang has not."""

import pytest
from attrs import evolve

from appliance.core.inputs import AgentAsked, PlanChanged
from hal.api import Answered, Cause
from tests.core.acd import LINE, centre, hangs_up, pauses, picks_up, queues, ready, rung
from tests.core.left import restarted
from tests.core.playbook import Playbook, small_plan
from tests.core.story import Story, centre_plan, with_queue
from tests.core.test_call_back import NUMBER, agent_takes, comfortable, promised

CALLED = "13900139000"


def calls_out(*, answered: bool) -> Playbook:
    """1001, who has half a minute of wrap-up, calls a customer, and hangs up."""
    agents = {id_: evolve(agent, wrap_up_s=30.0) for id_, agent in small_plan().agents.items()}
    book = centre("1001", agents=agents, queues=queues())
    book << AgentAsked("1001", "dial", to=CALLED)
    book.skip()
    picks_up(book, "1001")
    if answered:
        customer = book.engine.state.contacts["0001-000001"].leg
        book << Answered(LINE, customer)
        book.skip()
    hangs_up(book, "1001")
    return book


@pytest.mark.requirement("ACD-05")
@pytest.mark.parametrize(("answered", "state"), [(True, "wrap-up"), (False, "ready")])
def test_wrap_up_follows_a_call_of_ones_own_if_the_customer_has_answered(answered: bool, state: str) -> None:
    book = calls_out(answered=answered)
    assert book.engine.state.agents["1001"].state.value == state
    assert book.engine.state.last_agents.get(CALLED, "") == ("1001" if answered else "")


@pytest.mark.requirement("ACD-05")
@pytest.mark.requirement("ACD-06")
@pytest.mark.parametrize(("answered", "state"), [(True, "wrap-up"), (False, "ready")])
def test_wrap_up_follows_a_call_back_if_the_customer_has_answered(answered: bool, state: str) -> None:
    book = comfortable("1001", agents={id_: evolve(agent, wrap_up_s=30.0) for id_, agent in small_plan().agents.items()})
    pauses(book, "1001")
    promised(book)
    ready(book, "1001")
    call = agent_takes(book)
    if answered:
        book << Answered(LINE, call.leg)
        rung(book)
    hangs_up(book, "1001")
    assert book.engine.state.agents["1001"].state.value == state
    assert book.engine.state.last_agents.get(NUMBER, "") == ("1001" if answered else "")


@pytest.mark.requirement("ACD-08")
@pytest.mark.parametrize(("how", "last"), [("cancel", "1001"), ("conference", "1002"), ("complete", "1002")])
def test_who_was_only_asked_for_advice_has_not_served_the_customer(how: str, last: str) -> None:
    story = Story(with_queue(wrap_up_s=20.0)).log_in("1001")
    story.calls("a").skip()
    story.answers("1001").skip()
    story.asks("1002", "log-in").skip()
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.asks("1001", how).skip()
    story.settles().skip()
    story.hangs_up("a").skip()
    story.settles().skip()
    assert story.engine.state.last_agents["13800138000"] == last
    assert story.states("1001", "1002") == ["wrap-up", "ready" if last == "1001" else "wrap-up"]


@pytest.mark.requirement("ACD-05")
def test_who_has_talked_among_colleagues_while_the_customer_was_called_has_served_nobody() -> None:
    story = Story(with_queue(wrap_up_s=20.0)).log_in("1001", "1002")
    agents = {id_: evolve(agent, wrap_up_s=20.0) for id_, agent in story.engine.state.plan.agents.items()}
    story << PlanChanged(evolve(story.engine.state.plan, agents=agents))
    story.asks("1001", "dial", CALLED).skip()
    story.answers("1001").skip()
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.asks("1001", "conference").skip()
    story.hangs_up(CALLED, Cause.NO_ANSWER).skip()
    story.settles().skip()
    assert story.states("1001", "1002") == ["ready", "ready"]
    assert story.engine.state.last_agents == {}


@pytest.mark.requirement("SUP-02")
def test_a_supervisor_who_once_had_the_customer_and_only_listens_now_has_no_wrap_up_for_it() -> None:
    story = Story(with_queue(wrap_up_s=20.0)).log_in("1001", "1009")
    story.calls("a").skip()
    story.answers("1001").skip()
    story.asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    story.asks("1001", "take-over", by="1009").skip()
    story.settles().skip()
    story.asks("1001", "ready").asks("1009", "transfer", "1001").skip()
    story.settles().skip()
    story.answers("1001").skip()
    story.asks("1009", "ready").asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    story.hangs_up("a").skip()
    story.settles().skip()
    assert story.states("1001", "1009") == ["wrap-up", "ready"]


@pytest.mark.requirement("ACD-11")
def test_a_call_between_agents_that_went_on_through_a_restart_has_no_wrap_up() -> None:
    plan = centre_plan()
    first = Story(evolve(plan, agents={id_: evolve(agent, wrap_up_s=20.0) for id_, agent in plan.agents.items()})).log_in("1001", "1002")
    first.asks("1001", "dial", "1002").skip()
    first.answers("1001").skip()
    first.answers("1002").skip()
    story = restarted(first).skip()
    assert story.states("1001", "1002") == ["on-call", "on-call"]
    story.hangs_up("1002").skip()
    story.settles().skip()
    assert story.states("1001", "1002") == ["ready", "ready"]
