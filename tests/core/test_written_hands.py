"""Contacts of other media in an agent's hands: taken, let go by, finished, left behind - and none is ever in two hands or in none."""

from typing import Any

import pytest
from attrs import evolve

from appliance.core.actions import OfferContact
from appliance.core.agents.agent import AgentState
from appliance.core.inputs import AgentAsked, ContactCame, ContactGone, PlanChanged
from appliance.core.plan import Choice, Overflow
from hal.api import StationUnregistered
from tests.core.acd import LINE, arrives, centre, hangs_up, pauses, picks_up, queues
from tests.core.playbook import Playbook, small_plan
from tests.core.test_written import CHAT, accepted, came, offered, state

pytestmark = [pytest.mark.requirement("ACC-04")]

MAIL = ContactCame("mail", "consult", "wu@example.org", token=1)
AWAY = Choice("queue", "complaint")


def chatting(*agents: str, **queue: Any) -> Playbook:
    """These agents can each have two chats at once."""
    people = {id_: evolve(agent, capacity={"chat": 2}) for id_, agent in small_plan().agents.items()}
    return centre(*agents, agents=people, queues=queues(**queue))


def refused(book: Playbook, agent: str, what: str, contact: str) -> str:
    """Why the agent cannot do that with it."""
    why = book.engine.written.ask(book.engine.state.agents[agent], what, contact)
    assert why
    return why


# -- taken ----------------------------------------------------------------------------------------------------------------------------


def test_what_was_accepted_is_no_offer_any_more_however_long_it_takes() -> None:
    book = chatting("1001", "1002")
    contact = accepted(book)
    book.at(100.0)
    assert book.engine.state.agents["1001"].written == {contact: True}
    assert offered(book) == []
    assert state(book).value == "working"


def test_what_is_in_hand_is_not_accepted_twice_and_what_is_only_offered_is_not_finished() -> None:
    book = chatting("1001")
    contact = came(book)
    assert refused(book, "1001", "finish", contact) == f"contact {contact} is only offered"
    book << AgentAsked("1001", "accept", to=contact)
    assert refused(book, "1001", "accept", contact) == f"contact {contact} is in hand"
    assert refused(book, "1001", "decline", contact) == f"contact {contact} is in hand"


def test_a_caller_is_never_offered_at_a_seat_though_the_phone_beside_it_cannot_be_reached() -> None:
    book = chatting("1001")
    book << StationUnregistered(LINE, "8001")
    pauses(book, "1001")
    arrives(book, "a")
    book << AgentAsked("1001", "ready")
    assert offered(book) == []
    assert book.engine.state.contacts["0001-000001"].state.value == "queued"


@pytest.mark.requirement("ACD-08")
def test_who_was_served_before_waits_for_the_same_agent_and_nobody_else_takes_it() -> None:
    book = chatting("1002", "1001", sticky_s=60.0)
    pauses(book, "1001")
    first = accepted(book, "1002")
    book << AgentAsked("1002", "finish", to=first)
    others = []
    for number in range(2):
        others.append(came(book, evolve(CHAT, ani=f"{number}@example.org")))
        book << AgentAsked("1002", "accept", to=others[-1])
    book << AgentAsked("1001", "ready")
    again = came(book)
    assert offered(book) == [], "1002 has two, and 1001 is not the one"
    pauses(book, "1001")
    book << AgentAsked("1001", "ready")
    assert offered(book) == []
    book << AgentAsked("1002", "finish", to=others[0])
    assert offered(book) == [("1002", again)]


def test_who_has_put_something_down_last_is_asked_last() -> None:
    book = chatting("1001", "1002")
    contact = accepted(book, "1001")
    book.now = 30.0
    book << AgentAsked("1001", "finish", to=contact)
    assert offered(book) == []
    again = came(book)
    assert offered(book) == [("1002", again)]


# -- let go by ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-05")
def test_who_takes_one_in_between_has_missed_none_in_a_row() -> None:
    book = chatting("1001", pause_after=2)
    missed = came(book)
    book.at(20.0)
    taken = came(book)
    book << AgentAsked("1001", "accept", to=taken)
    book.at(50.0)
    assert book.engine.state.agents["1001"].written == {taken: True, missed: False}, "he is asked once more"
    book.at(70.0)
    assert state(book).value == "working"
    book.at(120.0)
    assert state(book).value == "not-ready", "now he has missed two, one after the other"


@pytest.mark.requirement("ACD-05")
def test_a_message_that_nobody_takes_keeps_no_agent_from_his_callers() -> None:
    book = chatting("1001", pause_after=1)
    came(book, ContactCame("message", "consult", "138", token=8))
    book.at(300.0)
    assert state(book).value == "ready"
    assert book.engine.state.agents["1001"].missed == 0


@pytest.mark.requirement("ACD-03")
def test_an_overflow_that_is_due_while_it_is_offered_waits_for_how_that_ends() -> None:
    book = chatting("1001", overflow=(Overflow("wait", AWAY, 10.0),))
    contact = came(book)
    book.at(book.now + 12.0)
    assert book.engine.state.contacts[contact].queue == "consult"
    book << AgentAsked("1001", "decline", to=contact)
    assert book.engine.state.contacts[contact].queue == "complaint"


@pytest.mark.requirement("ACD-03")
def test_who_logs_out_as_the_last_one_with_an_offer_leaves_it_to_the_overflow() -> None:
    book = chatting("1001", overflow=(Overflow("nobody logged in", AWAY),))
    contact = came(book)
    book << AgentAsked("1001", "log-out")
    assert (book.engine.state.contacts[contact].queue, book.engine.state.contacts[contact].stage) == ("complaint", "queued")


# -- left behind -----------------------------------------------------------------------------------------------------------------------


def test_who_logs_out_leaves_what_he_has_and_what_he_was_offered_to_others() -> None:
    book = chatting("1001", "1002")
    had = accepted(book, "1001")
    pauses(book, "1002")
    book.now = 5.0
    asked = came(book)
    assert offered(book) == [("1001", asked)]
    book.now = 21.0
    book << AgentAsked("1001", "log-out")
    assert book.engine.state.agents["1001"].written == {}
    book << AgentAsked("1002", "ready")
    assert [action.contact for action in book.actions if isinstance(action, OfferContact)] == [had, asked]
    contact = book.engine.state.contacts[had]
    assert (contact.talk_s, contact.talk_since) == (19.0, None)


def test_a_customer_who_leaves_while_it_waits_again_has_talked_no_longer_than_he_did() -> None:
    book = chatting("1001")
    contact = accepted(book)
    book.now = 12.0
    book << AgentAsked("1001", "log-out")
    book.now = 60.0
    kept = book.engine.state.contacts[contact]
    book << ContactGone(contact)
    assert (kept.talk_s, kept.outcome) == (11.0, "answered")


@pytest.mark.parametrize("meanwhile", ["the plan is loaded again", "it goes to another queue"])
def test_the_only_agent_who_declined_it_is_asked_again_whatever_happens_meanwhile(meanwhile: str) -> None:
    book = chatting("1001", overflow=(Overflow("wait", AWAY, 10.0),) if "queue" in meanwhile else ())
    contact = came(book)
    book << AgentAsked("1001", "decline", to=contact)
    if "plan" in meanwhile:
        book << PlanChanged(book.engine.state.plan)
    book.at(15.0)
    assert book.engine.state.contacts[contact].queue == ("complaint" if "queue" in meanwhile else "consult")
    book.at(45.0)
    assert offered(book) == [("1001", contact)]


# -- and the callers ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-01")
def test_what_was_taken_at_the_seat_counts_as_answered_also_for_who_had_something_in_hand_already() -> None:
    book = chatting("1001", "1002", strategy="fewest-calls")
    accepted(book, "1001")
    accepted(book, "1002")
    accepted(book, "1001")
    assert arrives(book) == ["1002"]


@pytest.mark.requirement("ACD-01")
def test_who_has_finished_a_chat_has_been_free_since_then() -> None:
    book = chatting("1001", "1002")
    contact = accepted(book)
    book.at(30.0)
    book << AgentAsked("1001", "finish", to=contact)
    assert arrives(book) == ["1002"]


class Counting(dict[str, Any]):
    """Counts how often something is looked up."""

    looked_up = 0

    def __getitem__(self, key: str) -> Any:
        self.looked_up += 1
        return super().__getitem__(key)


@pytest.mark.parametrize("what", ["accept", "finish"])
def test_how_many_wait_makes_no_difference_to_an_agent_who_cannot_take_them(what: str) -> None:
    book = centre("1001", queues=queues())
    contact = accepted(book)
    if what == "accept":
        book << AgentAsked("1001", "finish", to=contact)
        contact = came(book)
    for _ in range(300):
        came(book, evolve(MAIL, medium="chat"))
    counting = book.engine.state.contacts = Counting(book.engine.state.contacts)
    book.engine.handle(book.now, AgentAsked("1001", what, to=contact))
    assert 0 < counting.looked_up < 50


def test_after_a_call_an_agent_with_something_in_hand_is_offered_what_has_come_meanwhile() -> None:
    book = chatting("1001")
    accepted(book)
    assert arrives(book) == ["1001"]
    picks_up(book, "1001")
    second = came(book, MAIL)
    assert offered(book) == []
    hangs_up(book, "a")
    assert state(book) is AgentState.WORKING
    assert [id_ for id_, taken in book.engine.state.agents["1001"].written.items() if not taken] == [second]
