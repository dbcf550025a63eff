"""An offer that nobody takes: whom the contact waits for afterwards, who may ring along, and what it means for the agent."""

import pytest
from attrs import evolve

from appliance.core.actions import OfferContact
from appliance.core.agents.agent import AgentState
from appliance.core.inputs import AgentAsked, ContactCame
from appliance.core.plan import Overflow, StationPlan
from hal.api import Cause, LineOpened, StationRegistered
from tests.core.acd import arrives, centre, hangs_up, logs_in, passes, pauses, picks_up, queues, ready, rung
from tests.core.playbook import EVERYTHING, Playbook, playbook, small_plan
from tests.core.test_overflow import AWAY, where

KNOWN = "13800138000"
"""A caller whom 1001 has served last."""


def sticky(*agents: str, strategy: str = "longest-idle", pause_after: int = 1) -> Playbook:
    """A centre whose callers wait a minute for the agent who knows them."""
    book = centre(*agents, queues=queues(sticky_s=60.0, strategy=strategy, pause_after=pause_after))
    book.engine.state.last_agents[KNOWN] = "1001"
    return book


@pytest.mark.requirement("ACD-08")
def test_a_fault_of_the_line_does_not_cost_the_caller_the_agent_who_knows_him() -> None:
    book = sticky("1001", "1002")
    assert arrives(book, "a", KNOWN) == ["1001"]
    assert hangs_up(book, "1001", Cause.NETWORK_OUT_OF_ORDER) == [], "1002 is free, and not the one who is waited for"
    assert passes(book, book.now + 5.0) == ["1001"]


@pytest.mark.requirement("ACD-08")
def test_who_declines_the_caller_who_knows_him_leaves_him_to_anybody() -> None:
    book = sticky("1001", "1002", pause_after=0)
    arrives(book, "a", KNOWN)
    assert hangs_up(book, "1001", Cause.CALL_REJECTED) == ["1002"]


def test_a_fault_of_the_line_makes_nobody_not_ready_however_often_it_comes() -> None:
    book = centre("1001", queues=queues(pause_after=2))
    arrives(book)
    for _ in range(3):
        hangs_up(book, "1001", Cause.NETWORK_OUT_OF_ORDER)
        assert book.engine.state.agents["1001"].missed == 0
        assert passes(book, book.now + 5.0) == ["1001"], "he is left in peace for a moment, and rung again"


@pytest.mark.requirement("ACD-08")
def test_where_all_phones_ring_nobody_rings_along_for_a_caller_who_waits_for_another() -> None:
    book = sticky("1001", "1002", strategy="ring-all")
    pauses(book, "1002")
    assert arrives(book, "a", KNOWN) == ["1001"]
    assert ready(book, "1002") == []
    assert hangs_up(book, "1001", Cause.CALL_REJECTED) == ["1002"], "now it is for anybody"


@pytest.mark.requirement("ACD-01")
@pytest.mark.parametrize("lacks", ["skill", "line"])
def test_where_all_phones_ring_who_becomes_free_and_cannot_serve_the_caller_does_not_ring_along(lacks: str) -> None:
    plan = small_plan()
    agents = {id_: evolve(agent, skills={"billing": 50}) for id_, agent in plan.agents.items()}
    stations = dict(plan.stations)
    if lacks == "skill":
        agents["1002"] = evolve(agents["1002"], skills={})
    else:
        stations["8002"] = StationPlan("e1")
    rules = queues(strategy="ring-all", needs="billing")
    book = playbook(evolve(plan, agents=agents, stations=stations, queues=rules))
    if lacks == "line":
        book << LineOpened("e1", EVERYTHING.value) << StationRegistered("e1", "8002", "127.0.0.1:5070")
    for agent in ("1001", "1002", "1003"):
        logs_in(book, agent)
    pauses(book, "1002", "1003")
    assert arrives(book, "a") == ["1001"]
    assert ready(book, "1002") == []
    assert book.engine.state.agents["1002"].state is AgentState.READY


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize("cause", [Cause.USER_BUSY, Cause.CALL_REJECTED, Cause.NO_ANSWER])
def test_who_is_rung_by_name_in_a_pause_and_does_not_take_it_has_his_pause_still(cause: Cause) -> None:
    book = centre("1001", "1002", queues=queues())
    pauses(book, "1002")
    arrives(book)
    picks_up(book, "1001")
    book << AgentAsked("1001", "transfer", to="1002")
    assert rung(book) == ["1002"]
    agent = book.engine.state.agents["1002"]
    assert hangs_up(book, "1002", cause) == ["1001"]
    assert (agent.state, agent.reason) == (AgentState.NOT_READY, "tea")
    passes(book, book.now + 10.0)
    assert (agent.state, agent.reason) == (AgentState.NOT_READY, "tea"), "nobody ends it but himself"


@pytest.mark.requirement("ACD-03")
def test_a_length_counts_who_waits_though_an_agent_is_free_who_cannot_serve_them() -> None:
    agents = {id_: evolve(agent, skills={}) for id_, agent in small_plan().agents.items()}
    book = centre("1002", agents=agents, queues=queues(needs="billing", overflow=(Overflow("length", AWAY, limit=1),)))
    assert arrives(book, "a") == []
    arrives(book, "b")
    assert (where(book), where(book, "0001-000002")) == ("consult", "complaint")


# -- written contacts --------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACC-04")
def test_who_declined_a_chat_is_asked_again_when_the_one_who_took_it_has_gone() -> None:
    book = centre("1001", "1002", queues=queues())
    book << ContactCame("chat", "consult", "li@example.org")
    (contact,) = book.engine.state.contacts
    book << AgentAsked("1001", "decline", to=contact)
    book << AgentAsked("1002", "accept", to=contact)
    book << AgentAsked("1002", "log-out")
    assert [action.agent for action in book.actions if isinstance(action, OfferContact)] == ["1001"]
