"""Contacts of other media: who is asked first, what an agent takes first, and what a restart and an end of the day make of them."""

from typing import Any

import pytest
from attrs import evolve

from appliance.core.actions import OfferContact
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet, ContactGone, Drain, Heal, Restored
from appliance.core.plan import Membership
from appliance.core.records import AgentState, Contact, Decision
from tests.core.acd import arrives, centre, leg_of, pauses, picks_up, queues
from tests.core.playbook import MONDAY_8, Playbook, small_plan
from tests.core.test_written import CHAT, accepted, came, offered

pytestmark = [pytest.mark.requirement("ACC-04")]

THREE_CHATS = {id_: evolve(agent, capacity={"chat": 3}) for id_, agent in small_plan().agents.items()}


def chatting(*agents: str, **queue: Any) -> Playbook:
    """These agents can each have three chats at once."""
    return centre(*agents, agents=THREE_CHATS, queues=queues(**queue))


# -- whom it is offered to ---------------------------------------------------------------------------------------------------------------


def test_it_goes_to_who_has_least_in_hand_and_of_equals_to_who_has_been_free_longest() -> None:
    book = chatting("1002", "1001")
    taken = []
    for _ in range(4):
        contact = came(book)
        ((agent, _id),) = offered(book)
        taken.append(agent)
        book << AgentAsked(agent, "accept", to=contact)
    assert taken == ["1002", "1001", "1002", "1001"]


def test_the_better_rank_comes_before_less_in_hand() -> None:
    book = chatting("1003", "1001")  # of the second rank, and of the first
    for _ in range(2):
        contact = came(book)
        assert offered(book) == [("1001", contact)]
        book << AgentAsked("1001", "accept", to=contact)


def test_who_is_in_a_call_or_a_pause_or_of_another_group_is_not_asked() -> None:
    book = chatting("1001", "1002", "1003")
    pauses(book, "1003")
    arrives(book)
    picks_up(book, "1001")
    contact = came(book)
    assert offered(book) == [("1002", contact)]
    other = came(book, evolve(CHAT, queue="complaint"))
    assert offered(book) == []
    book << ContactGone(other)
    book << AgentAsked("1002", "decline", to=contact)
    assert offered(book) == []
    book << AgentAsked("1003", "ready")
    assert offered(book) == [("1003", contact)]


def test_the_agent_sees_the_name_of_the_queue_and_its_label_where_it_has_one() -> None:
    book = chatting("1003")
    shown = []
    for queue in ("consult", "complaint"):
        came(book, evolve(CHAT, queue=queue))
        shown += [action.label for action in book.actions if isinstance(action, OfferContact)]
    assert shown == ["Consult", "complaint"]


# -- what an agent takes -----------------------------------------------------------------------------------------------------------------


def test_who_comes_to_work_is_offered_the_best_rank_first_then_who_came_first_as_much_as_he_can_take() -> None:
    book = chatting("1003")
    pauses(book, "1003")
    contacts = []
    for queue in ("consult", "complaint", "consult", "complaint"):
        book.now += 1.0
        contacts.append(came(book, evolve(CHAT, queue=queue)))
    book << AgentAsked("1003", "ready")
    assert offered(book) == [("1003", contacts[1]), ("1003", contacts[3]), ("1003", contacts[0])]
    last = [row for row in book.rows(Decision) if row.contact == contacts[0]][-1]
    assert (last.queue, last.chosen) == ("consult", "1003")


def test_a_contact_that_waits_for_another_keeps_nobody_from_the_next_one() -> None:
    book = chatting("1001", "1002")
    pauses(book, "1002")
    held = came(book)
    book << AgentAsked("1001", "decline", to=held)
    following = came(book)
    assert offered(book) == [("1001", following)]


# -- the end of the day, and a restart ---------------------------------------------------------------------------------------------------


def test_a_centre_that_closes_down_offers_nothing_more_and_what_waits_is_kept() -> None:
    book = chatting("1001")
    pauses(book, "1001")
    contact = came(book)
    book << Drain()
    book << AgentAsked("1001", "ready")
    assert offered(book) == []
    later = came(book)
    assert offered(book) == []
    assert [book.engine.state.contacts[id_].stage for id_ in (contact, later)] == ["queued", "queued"]


def restarted(before: Playbook, *agents: str, after_s: float = 100.0, dismissed: str = "") -> Playbook:
    """The next run, `after_s` later, with these agents at work."""
    plan = before.engine.state.plan
    book = Playbook(Engine(evolve(plan, agents={id_: agent for id_, agent in plan.agents.items() if id_ != dismissed})))
    book.now = 7.0
    book << ClockSet(MONDAY_8 + before.now + after_s)
    rows = {row.id: row for row in before.rows(Contact)}
    seats = {agent: AgentState(agent, 0.0, "ready", "", f"8{agent[1:]}") for agent in agents}
    book << Restored(2, 0, seats, tuple(row for row in rows.values() if not row.outcome))
    return book


def test_after_a_restart_who_waits_keeps_the_place_and_the_wait() -> None:
    first = chatting("1001")
    pauses(first, "1001")
    early = came(first)
    first.now = 50.0
    late = came(first)
    book = restarted(first)
    contacts = book.engine.state.contacts
    assert contacts[early].place < contacts[late].place
    assert [book.now - (contacts[id_].wait_since or 0.0) for id_ in (early, late)] == [149.0, 100.0]


def test_after_a_restart_what_was_in_hand_waits_half_a_minute_for_its_agent_and_then_for_anybody() -> None:
    first = chatting("1002", "1001")
    first.now = 10.0
    contact = accepted(first, "1002")
    first.now = 20.0
    book = restarted(first, "1001")
    assert offered(book) == [("1001", contact)], "his agent is not there: nobody waits for him"
    book = restarted(first, "1001", "1002")
    assert offered(book) == [("1002", contact)]
    book << AgentAsked("1002", "accept", to=contact)
    book << AgentAsked("1002", "finish", to=contact)
    row = book.rows(Contact)[-1]
    assert (row.outcome, row.talk_s) == ("answered", 110.0), "the talk before the restart counts, up to it"


def test_after_a_restart_who_had_it_in_hand_may_not_be_in_the_plan_any_more() -> None:
    first = chatting("1001", "1002")
    contact = accepted(first, "1001")
    book = restarted(first, "1002", dismissed="1001")
    assert offered(book) == [("1002", contact)]


# -- the customer ------------------------------------------------------------------------------------------------------------------------


def test_only_a_contact_of_another_medium_can_be_said_to_have_gone() -> None:
    book = chatting("1001")
    arrives(book, "a")
    leg = leg_of(book, "1001")
    book << ContactGone("0001-000001") << ContactGone("0001-000009")
    assert {"a", leg} <= book.engine.state.legs.keys()
    assert book.engine.state.contacts["0001-000001"].state.value == "offered"


# -- a hand that becomes free -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["left in hand", "left while offered", "not answered"])
def test_the_next_one_is_offered_to_whose_hand_is_free_in_whatever_way(how: str) -> None:
    book = centre("1001", queues=queues(pause_after=0))
    first, second = came(book), came(book)
    assert book.engine.state.agents["1001"].written == {first: False}
    if how == "left in hand":
        book << AgentAsked("1001", "accept", to=first)
    if how == "not answered":
        book.at(book.now + 15.0)
    else:
        book << ContactGone(first)
    assert offered(book) == [("1001", second)]


@pytest.mark.requirement("ACD-02")
def test_who_joins_a_group_by_the_hour_is_offered_the_chats_that_wait_there() -> None:
    plan = small_plan()
    agents = {"1001": evolve(plan.agents["1001"], groups={"consult": Membership(1, hours="office")})}
    book = centre("1001", agents=agents, queues=queues())
    contact = came(book)
    assert offered(book) == []
    book.at(3600.0)
    assert offered(book) == [("1001", contact)]


@pytest.mark.requirement("ACD-10")
def test_a_chat_that_waits_beside_an_agent_who_could_take_it_is_seen_and_offered() -> None:
    book = centre("1001", queues=queues())
    pauses(book, "1001")
    contact = came(book)
    engine = book.engine
    engine.agents.distribution.written.agent_free = lambda agent: None  # type: ignore[method-assign]  # noqa: ARG005
    engine.handle(book.now, AgentAsked("1001", "ready"))
    assert engine.check() == [f"queue consult has the chat {contact} waiting and agent 1001, who could take it"]
    actions = engine.handle(book.now, Heal())
    assert [(each.agent, each.contact) for each in actions if isinstance(each, OfferContact)] == [("1001", contact)]
    assert engine.check() == []
