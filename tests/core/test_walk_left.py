"""What a caller leaves behind in a call flow: tickets, messages, the rows of his visits."""

import pytest

from appliance.core.contact import ContactState
from appliance.core.records import CallEvent, Contact, NodeVisit, Recording, Ticket
from tests.core.walked import GATEWAYS, MENU
from tests.core.walking import Walk

COMPLAINT = """
flow  = "complaint"
start = "speak"

[speak]
record    = { zh = "请讲", en = "Speak", into = "words", otherwise = "release" }
ticket    = { kind = "complaint", into = "number", code_into = "code", recording = "words", queue = "complaint", subject = "'noise'" }
say       = { zh = "您的工单号是{number:ticket}，校验码{code:digits}。", en = "Your ticket is {number:ticket}, code {code:digits}" }
next      = "release"
"""


@pytest.mark.requirement("IVR-08")
def test_a_complaint_becomes_a_ticket_with_a_number_and_a_code_and_a_contact_for_agents() -> None:
    call = Walk(COMPLAINT).hear_out()
    call.now += 8
    call.key("#").hear_out()
    (ticket,) = call.rows(Ticket)
    assert (ticket.kind, ticket.subject, ticket.recording) == ("complaint", "noise", call.rows(Recording)[0].id)
    assert len(ticket.code) == 6
    assert call.said[-1].startswith("Your ticket is")
    message = [row for row in call.rows(Contact) if row.medium == "message"][-1]
    assert (message.stage, message.queue) == ("queued", "complaint")  # and there it waits, though nobody is logged in


MAILBOX = """
flow  = "mailbox"
start = "number"

[number]
ask       = { zh = "号码", en = "Number", digits = "7-12", into = "call_back", confirm = { zh = "对吗", en = "{call_back:telephone}?" } }
otherwise = "release"
next      = "about"

[about]
menu      = { 1 = "answer", 2 = "answer" }
say       = { zh = "什么事", en = "What about?" }
otherwise = "release"

[answer]
yes_no    = { zh = "要答复吗", en = "An answer?", into = "wants_answer" }
otherwise = "release"
next      = "speak"

[speak]
record    = { zh = "请讲", en = "Speak", into = "words", otherwise = "release" }
next      = "release"
[speak.ticket]
kind         = "mailbox"
queue        = "complaint"
recording    = "words"
call_back    = "call_back"
wants_answer = "wants_answer"
subject      = "'road'"
"""


@pytest.mark.requirement("IVR-07")
@pytest.mark.parametrize("wants", [True, False])
def test_a_message_to_the_director_comes_to_an_agent_with_number_subject_and_whether_an_answer_is_wanted(wants: bool) -> None:
    call = Walk(MAILBOX).hear_out().key("0571#").hear_out()
    assert call.said[-1] == "Number", "that is no whole number"
    call.key("05718800001#").hear_out()
    assert call.said[-1].startswith("zero five seven one , eight eight zero"), "it is read back"
    call.key("1").hear_out().key("1").hear_out().key("1" if wants else "2").hear_out()
    call.now += 8
    call.key("#").hear_out()
    (ticket,) = call.rows(Ticket)
    assert (ticket.kind, ticket.call_back, ticket.subject, ticket.wants_answer) == ("mailbox", "05718800001", "road", wants)
    written = next(each for each in call.engine.state.contacts.values() if each.medium == "message")
    shown = {"ticket": ticket.number, "kind": "mailbox", "subject": "road", "recording": ticket.recording, "call back": "05718800001"}
    assert written.data == shown | ({"answer wanted": "yes"} if wants else {})
    assert (written.state, written.queue) == (ContactState.QUEUED, "complaint")


@pytest.mark.requirement("IVR-12")
def test_each_visit_is_a_row_with_how_it_ended_and_the_story_tells_the_way() -> None:
    call = Walk(MENU, **GATEWAYS).key("5").hear_out().wait(8).key("1").hear_out().hang_up()
    rows = [(row.node, row.left_by, row.timeouts, row.errors) for row in call.rows(NodeVisit)]
    assert rows == [("welcome", "1", 1, 1), ("bill", "hung up", 0, 0)]
    assert [row.what for row in call.rows(CallEvent) if "/" in row.what] == ["hotline/welcome", "hotline/bill"]
