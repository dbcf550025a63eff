"""Chat, mail and messages in the same queues as calls: one engine, one state per agent, a capacity per medium (ACC-04)."""

import pytest
from attrs import evolve

from appliance.core.actions import OfferContact, Replied, WithdrawContact
from appliance.core.agents.agent import AgentState
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet, ContactCame, ContactGone, Restored
from appliance.core.plan import Choice, Overflow, Relax
from appliance.core.records import AgentState as AgentStateRow
from appliance.core.records import Contact, Decision, Ticket
from hal.api import Answer, Answered, Arrived, Originate, Released
from tests.core.playbook import MONDAY_8, Playbook, playbook, small_plan

LINE = "trunk"
CHAT = ContactCame("chat", "consult", "li@example.org", token=1)


def centre(*agents: str, **capacity: int) -> Playbook:
    """A centre with these agents logged in, the first of whom has this capacity."""
    plan = small_plan()
    people = {**plan.agents, agents[0]: evolve(plan.agents[agents[0]], capacity=capacity)} if agents else plan.agents
    book = playbook(evolve(plan, agents=people))
    for agent in agents:
        book << AgentAsked(agent, "log-in")
    return book


def offered(book: Playbook) -> list[tuple[str, str]]:
    """Agents and contacts offered at seats by the last input."""
    return [(action.agent, action.contact) for action in book.actions if isinstance(action, OfferContact)]


def came(book: Playbook, event: ContactCame = CHAT) -> str:
    book << event
    (reply,) = [action for action in book.actions if isinstance(action, Replied)]
    assert not reply.error
    return reply.contact


def accepted(book: Playbook, agent: str = "1001") -> str:
    contact = came(book)
    book << AgentAsked(agent, "accept", to=contact)
    return contact


def state(book: Playbook, agent: str = "1001") -> AgentState:
    return book.engine.state.agents[agent].state


def test_a_chat_is_offered_accepted_and_finished() -> None:
    book = centre("1001")
    contact = came(book)
    assert offered(book) == [("1001", contact)]
    book.now = 4.0
    book << AgentAsked("1001", "accept", to=contact)
    assert state(book) is AgentState.WORKING
    book.now = 64.0
    book << AgentAsked("1001", "finish", to=contact)
    assert state(book) is AgentState.READY
    row = book.rows(Contact)[-1]
    assert (row.medium, row.outcome, row.agent, row.queue, row.wait_s, row.talk_s) == ("chat", "answered", "1001", "consult", 4.0, 60.0)
    assert [each.chosen for each in book.rows(Decision)] == ["1001"]


def test_as_many_at_once_as_the_capacity_says_and_no_more() -> None:
    book = centre("1001", chat=2)
    first, second = accepted(book), accepted(book)
    third = came(book)
    assert offered(book) == []
    mail = came(book, evolve(CHAT, medium="mail"))
    assert offered(book) == [("1001", mail)], "each medium has a capacity of its own"
    book << AgentAsked("1001", "finish", to=first)
    assert offered(book) == [("1001", third)]
    assert state(book) is AgentState.WORKING
    book << AgentAsked("1001", "finish", to=second)
    assert state(book) is AgentState.READY, "an offer alone is no work yet"


def test_a_call_rings_meanwhile_and_the_work_is_still_there_after_it() -> None:
    book = centre("1001")
    contact = accepted(book)
    book << Arrived(LINE, "a", "138", "95501") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    ring = book.only(Originate).leg
    book << Answered(LINE, ring)
    book.skip()
    assert state(book) is AgentState.ON_CALL
    came(book, evolve(CHAT, medium="mail"))
    assert offered(book) == [], "in a call he is offered nothing else"
    book << Released(LINE, ring)
    book.skip() << Released(LINE, "a", by_far_end=False)
    book.at(11.0)
    assert state(book) is AgentState.WORKING, "after wrap-up he has his chat again"
    assert book.engine.state.agents["1001"].written[contact] is True


def test_an_agent_without_voice_is_rung_for_nobody() -> None:
    book = centre("1001", voice=0, chat=3)
    accepted(book)
    book << Arrived(LINE, "a", "138", "95501") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    assert not [command for command in book.commands if isinstance(command, Originate)]
    book.skip()


def test_who_declines_or_does_not_answer_leaves_it_to_the_next() -> None:
    book = centre("1001", "1002")
    contact = came(book)
    book << AgentAsked("1001", "decline", to=contact)
    assert offered(book) == [("1002", contact)]
    assert state(book) is AgentState.READY, "to decline is no pause"
    book.at(15.0)
    assert (state(book, "1002"), book.engine.state.agents["1002"].reason) == (AgentState.NOT_READY, "no answer")
    book.at(30.0)
    assert book.engine.state.contacts[contact].offers, "who declined is asked again when nobody else takes it"


def test_a_call_that_rings_is_not_ended_by_a_chat_that_was_missed() -> None:
    book = centre("1001")
    came(book)
    book.now = 10.0
    book << Arrived(LINE, "a", "138", "95501") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    ring = book.only(Originate).leg
    book.at(16.0)
    assert state(book) is AgentState.OFFERED
    book << Released(LINE, ring)
    book.skip()
    assert state(book) is AgentState.NOT_READY


def test_the_customer_leaves_in_every_state() -> None:
    book = centre("1001")
    waiting = came(book, evolve(CHAT, queue="complaint"))
    book << ContactGone(waiting)
    offer = came(book)
    book << ContactGone(offer)
    assert [action for action in book.actions if isinstance(action, WithdrawContact)] == [WithdrawContact("1001", offer)]
    served = accepted(book)
    book << ContactGone(served)
    assert state(book) is AgentState.READY
    outcomes = {row.id: row.outcome for row in book.rows(Contact) if row.outcome}
    assert (outcomes[offer], outcomes[served]) == ("abandoned", "answered")
    assert not book.engine.state.contacts


def test_skills_relaxation_and_overflow_are_those_of_calls() -> None:
    plan = small_plan()
    consult = evolve(
        plan.queues["consult"], needs="zh >= 50", relax=(Relax(30.0, ""),), overflow=(Overflow("wait", Choice("voicemail"), 60.0),)
    )
    book = playbook(evolve(plan, queues={**plan.queues, "consult": consult}))
    book << AgentAsked("1001", "log-in")
    contact = came(book)
    assert offered(book) == []
    book.at(30.0)
    assert offered(book) == [("1001", contact)]
    book << AgentAsked("1001", "decline", to=contact)
    book.at(61.0)
    ticket = book.rows(Ticket)[-1]
    assert (ticket.contact, ticket.call_back, ticket.kind) == (contact, "li@example.org", "message")


def test_who_logs_out_leaves_his_work_at_the_place_it_had() -> None:
    plan = small_plan()
    book = playbook(evolve(plan, queues={**plan.queues, "consult": evolve(plan.queues["consult"], overflow=())}))
    book << AgentAsked("1001", "log-in")
    contact = accepted(book)
    place = book.engine.state.contacts[contact].place[0]
    book.now = 50.0
    came(book)
    book << AgentAsked("1001", "log-out")
    again = book.engine.state.contacts[contact]
    assert (again.state.value, again.place[0]) == ("queued", place)
    book << AgentAsked("1002", "log-in")
    assert offered(book) == [("1002", contact)], "before the one that came later"


def test_after_a_restart_it_goes_back_to_the_agent_who_had_it() -> None:
    book = centre("1001")
    contact = accepted(book)
    row = [row for row in book.rows(Contact) if row.id == contact][-1]
    engine = Engine(book.engine.state.plan)
    engine.handle(0.0, ClockSet(MONDAY_8 + 100.0))
    there = (("1002", "ready", "8002"), ("1001", "working", "8001"))
    actions = engine.handle(0.0, Restored(2, 0, {id_: AgentStateRow(id_, 0.0, what, "", phone) for id_, what, phone in there}, (row,)))
    assert [action.agent for action in actions if isinstance(action, OfferContact)] == ["1001"]
    assert engine.check() == []


def test_every_second_of_a_day_with_chats_belongs_to_one_state() -> None:
    book = centre("1001")
    contact = accepted(book)
    book.now = 30.0
    book << AgentAsked("1001", "not-ready", "tea")
    book.now = 40.0
    book << AgentAsked("1001", "finish", to=contact)
    book.now = 50.0
    book << AgentAsked("1001", "ready")
    assert [row.state for row in book.rows(AgentStateRow)] == ["ready", "working", "not-ready", "ready"]
    agent = book.engine.state.agents["1001"]
    assert sum(agent.seconds.values()) == 50.0


@pytest.mark.parametrize("event", [evolve(CHAT, queue="nowhere"), evolve(CHAT, medium="voice")])
def test_what_no_queue_takes_is_refused(event: ContactCame) -> None:
    book = centre("1001")
    book << event
    (reply,) = [action for action in book.actions if isinstance(action, Replied)]
    assert "there is no queue" in reply.error
    assert not book.engine.state.contacts


@pytest.mark.parametrize("what", ["accept", "decline", "finish"])
def test_what_an_agent_does_not_have_he_cannot_do(what: str) -> None:
    book = centre("1001", "1002")
    contact = came(book)
    book << AgentAsked("1002", what, to=contact, token=2)
    (reply,) = [action for action in book.actions if isinstance(action, Replied)]
    assert reply.error == f"agent 1002 has no contact '{contact}'"
