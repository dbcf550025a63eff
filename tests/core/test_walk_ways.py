"""Longer ways through call flows: lists, flows that call flows, people and back, secrets, mistakes at run time, flows that change."""

import pytest
from attrs import evolve

from appliance.core.actions import AskGateway, CheckAccount
from appliance.core.contact import ContactState
from appliance.core.inputs import AccountChecked, AgentAsked, GatewayAnswered, PlanChanged
from appliance.core.records import CallEvent, Contact, NodeVisit, PollAnswer, Recording, Ticket
from hal.api import Answered, Cause, Released, StationRegistered
from tests.core.test_walk import GATEWAYS, MENU
from tests.core.walking import LINE, Walk, plan_with

BILLS = """
flow  = "bills"
start = "look"

[look]
lookup = { gateway = "billing", query = "bill", into = "bills", otherwise = "release", waiting = { zh = "请稍候", en = "One moment" } }
set    = { total = "0" }
next   = "each"

[each]
loop = { over = "bills", item = "bill", to = "one" }
next = "sum"

[one]
set  = { total = "total + bill.amount" }
say  = { zh = "{bill.month:month}{bill.amount:money}", en = "{bill.month:month} {bill.amount:money}" }
next = "each"

[sum]
say  = { zh = "共{total:money}", en = "Together {total:money}" }
next = "release"
"""


OOPS = """
[oops]
say  = { zh = "抱歉", en = "Sorry" }
next = "release"
"""


@pytest.mark.requirement("IVR-03")
def test_a_list_is_gone_through_item_by_item() -> None:
    call = Walk(BILLS, **GATEWAYS)
    call.give(GatewayAnswered(call.asked[0].token, [{"month": "2026-09", "amount": 12}, {"month": "2026-10", "amount": 8}])).hear_out()
    assert call.said == [
        "September twenty twenty-six twelve yuan", "October twenty twenty-six eight yuan", "Together twenty yuan",
    ]  # fmt: skip
    assert call.released


def test_an_empty_list_has_no_items_and_nothing_is_one() -> None:
    answers: list[list[str] | None] = [[], None]
    for answer in answers:
        call = Walk(BILLS, **GATEWAYS)
        call.give(GatewayAnswered(call.asked[0].token, answer)).hear_out()  # type: ignore[arg-type]
        assert call.said == ["Together zero yuan"]


@pytest.mark.requirement("IVR-03")
def test_who_waits_for_a_slow_gateway_is_told_so_and_hears_music() -> None:
    call = Walk(BILLS, **GATEWAYS, prompts={"music": {"en": ("music",)}}).wait(1.0)
    assert call.said == []
    call.wait(1.0)
    assert call.said == ["One moment", "music"]
    assert call.playing is not None
    call.give(GatewayAnswered(call.asked[0].token, [])).hear_out()
    assert call.said[-1] == "Together zero yuan"


def test_a_gateway_that_never_answers_lets_the_call_go_on() -> None:
    call = Walk(BILLS, **GATEWAYS).wait(70.0)
    assert call.ways == [("look", "otherwise")]
    assert call.released


def test_an_answer_to_who_has_left_is_lost_without_harm() -> None:
    call = Walk(BILLS, **GATEWAYS)
    call.hang_up()
    call.give(GatewayAnswered(call.asked[0].token, []))
    assert call.ways == [("look", "hung up")]
    assert call.engine.state.contacts == {}


def test_what_is_no_list_is_trouble_and_an_alarm_and_the_call_goes_where_the_flow_says() -> None:
    call = Walk(BILLS.replace('start = "look"', 'start = "look"\ntrouble = "oops"') + OOPS, **GATEWAYS)
    call.give(GatewayAnswered(call.asked[0].token, "none")).hear_out()
    assert ("each", "trouble") in call.ways
    assert call.said == ["Sorry"]
    assert "flow:bills" in call.engine.state.alarms


def test_trouble_that_leads_into_trouble_ends_the_call() -> None:
    text = BILLS.replace('start = "look"', 'start = "look"\ntrouble = "oops"') + OOPS.replace("say ", 'set = { x = "1 / 0" }\nsay ')
    call = Walk(text, **GATEWAYS)
    call.give(GatewayAnswered(call.asked[0].token, 5)).hear_out()
    assert [by for _, by in call.ways] == ["next", "trouble", "trouble"]
    assert call.released


ACCOUNT = """
flow  = "account"
start = "main"

[main]
ask  = { zh = "账号", en = "Account", digits = "4-8", into = "number", as = "account", otherwise = "release" }
call = "pin"
next = "balance"

[balance]
say  = { zh = "已验证", en = "Welcome back" }
next = "queue:consult"
"""
PIN = """
flow  = "pin"
start = "ask"
needs = ["number"]

[ask]
ask          = { zh = "密码", en = "PIN", digits = 4, into = "pin", secret = true, otherwise = "release" }
authenticate = { accounts = "customers", account = "number", pin = "pin", locked = "locked", trouble = "queue:consult" }
otherwise    = "wrong"
set          = { copy = "pin" }
next         = "return"

[wrong]
say  = { zh = "密码错", en = "Wrong" }
next = "ask"

[locked]
say  = { zh = "已锁定", en = "Locked" }
next = "release"
"""
ACCOUNTS = {"accounts": frozenset({"customers"})}


@pytest.mark.requirement("IVR-06")
def test_an_account_is_checked_by_a_flow_that_another_calls() -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#").hear_out().key("1234").hear_out()
    (asked,) = call.asked
    assert isinstance(asked, CheckAccount)
    assert (asked.accounts, asked.account, asked.pin, asked.new) == ("customers", "4471", "1234", "")
    assert asked.caller == call.contact.ani != ""
    call.give(AccountChecked(asked.token, "wrong")).hear_out().key("4321").hear_out()
    assert call.said == ["Account", "PIN", "Wrong", "PIN"]
    call.give(AccountChecked(call.asked[1].token, "right")).hear_out()
    assert "Welcome back" in call.said
    assert call.contact.data["authenticated"] == "4471"


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize(("outcome", "said"), [("locked", "Locked"), ("trouble", "PIN")])
def test_a_locked_account_and_accounts_in_trouble_have_their_own_ways(outcome: str, said: str) -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#").hear_out().key("1234").hear_out()
    call.give(AccountChecked(call.asked[0].token, outcome)).hear_out()
    assert call.said[2 if outcome == "locked" else 1] == said
    assert ("ask", outcome) in call.ways


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize(("more", "said"), [(', refused = "refused"', "Not that one"), ("", "Wrong")])
def test_a_new_pin_that_is_none_has_its_own_way_or_that_of_a_wrong_one(more: str, said: str) -> None:
    flow = PIN.replace('locked = "locked"', f'locked = "locked", new = "\'5555\'"{more}')
    if more:
        flow += '[refused]\nsay = { zh = "换一个", en = "Not that one" }\nnext = "release"\n'
    call = Walk(ACCOUNT, flow, **ACCOUNTS).key("4471#").hear_out().key("1234").hear_out()
    asked = call.asked[0]
    assert isinstance(asked, CheckAccount)
    assert asked.new == "5555"
    call.give(AccountChecked(asked.token, "refused")).hear_out()
    assert call.said[2] == said
    assert ("ask", "refused") in call.ways


@pytest.mark.requirement("IVR-06")
def test_a_secret_is_seen_by_nobody_and_kept_nowhere() -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#").hear_out().key("1234").hear_out()
    call.give(AccountChecked(call.asked[0].token, "right")).hear_out().wait(1)
    assert call.contact.keys == "4471#••••"
    assert call.contact.data["pin"] == "••••"
    everything = repr([*call.kept, *call.asked])
    assert "1234" not in everything
    assert "copy" in call.contact.secrets  # what is made of a secret is one


@pytest.mark.requirement("IVR-02")
def test_an_end_key_out_of_habit_after_the_last_digit_means_nothing_else() -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#").hear_out().key("1234#").hear_out()
    call.give(AccountChecked(call.asked[0].token, "wrong")).hear_out()
    assert call.contact.keys == "4471#••••"
    assert call.said == ["Account", "PIN", "Wrong", "PIN"], "the prompt is not cut short by it"
    call.key("1234").wait(3).key("#")
    call.give(AccountChecked(call.asked[1].token, "wrong")).hear_out()
    assert call.said.count("Wrong") == 1, "much later it is a key like any other, and cuts short what is said"


def test_a_key_typed_ahead_for_a_secret_is_not_seen_either() -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#1234").hear_out()
    assert isinstance(call.asked[0], CheckAccount)
    assert "1234" not in repr([*call.kept, *call.asked])


# -- people and back ----------------------------------------------------------------------------------------------------------------------


def with_agent(call: Walk) -> str:
    """The caller is put through to agent 1001; the agent's leg."""
    call.give(StationRegistered(LINE, "8001", "127.0.0.1"))
    call.give(AgentAsked("1001", "log-in", station="8001")).give(AgentAsked("1001", "ready"))
    call.key("0").hear_out()
    leg = next(leg.id for leg in call.engine.state.legs.values() if leg.agent == "1001")
    call.give(Answered(LINE, leg)).wait(1)
    assert call.contact.state is ContactState.CONNECTED
    return leg


@pytest.mark.requirement("IVR-10")
@pytest.mark.requirement("IVR-11")
def test_who_stays_when_the_agent_hangs_up_is_asked_how_it_was() -> None:
    call = Walk(MENU, **GATEWAYS)
    leg = with_agent(call)
    call.now += 20
    call.give(Released(LINE, leg)).hear_out()
    assert call.said[-1] == "Rate us"
    call.key("9").hear_out()
    assert call.said[-1] == "Rate us"  # valid = mark <= 5
    call.key("4").hear_out()
    assert [(row.poll, row.question, row.answer) for row in call.rows(PollAnswer)] == [("service", "mark", "4")]
    assert [(row.agent, row.queue) for row in call.rows(PollAnswer)] == [("1001", "consult")]
    assert call.released
    assert ("to_agent", "then") in call.ways


@pytest.mark.requirement("IVR-02")
@pytest.mark.requirement("IVR-10")
def test_what_was_keyed_into_the_music_or_the_conversation_answers_no_question_afterwards() -> None:
    call = Walk(MENU, **GATEWAYS)
    leg = with_agent(call)
    call.key("4")
    call.now += 20
    call.give(Released(LINE, leg)).hear_out()
    assert call.said[-1] == "Rate us"
    assert call.rows(PollAnswer) == []


QUEUE_FIRST = """
flow  = "f"
start = "hello"
[hello]
say      = { zh = "好", en = "Hello" }
barge_in = false
next     = "queue:consult"
failed   = "number"
[number]
ask       = { zh = "号码", en = "Number", digits = 1, into = "number", otherwise = "release" }
next      = "release"
"""


@pytest.mark.requirement("IVR-02")
def test_what_was_keyed_ahead_of_a_queue_that_sends_him_on_at_once_answers_no_question_either() -> None:
    call = Walk(QUEUE_FIRST).key("4").hear_out()
    assert call.said[-1] == "Number"
    assert call.key("5").hear_out().contact.variables["number"] == "5"


@pytest.mark.requirement("IVR-10")
def test_who_is_transferred_again_and_again_is_asked_when_the_last_agent_hangs_up() -> None:
    call = Walk(MENU, **GATEWAYS)
    leg = with_agent(call)
    call.give(StationRegistered(LINE, "8002", "127.0.0.1"))
    call.give(AgentAsked("1002", "log-in", station="8002")).give(AgentAsked("1002", "ready"))
    for number in range(24):
        of, to = ("1001", "1002") if number % 2 == 0 else ("1002", "1001")
        call.give(AgentAsked(to, "ready")).give(AgentAsked(of, "transfer", to=to)).give(Released(LINE, leg))
        leg = next(leg.id for leg in call.engine.state.legs.values() if leg.agent == to)
        call.give(Answered(LINE, leg)).wait(1)
    call.give(Released(LINE, leg)).hear_out()
    assert call.said[-1] == "Rate us"


@pytest.mark.requirement("ACD-11")
def test_whose_agent_is_lost_in_the_moment_of_the_answer_waits_again() -> None:
    call = Walk(MENU, **GATEWAYS)
    call.give(StationRegistered(LINE, "8001", "127.0.0.1"))
    call.give(AgentAsked("1001", "log-in", station="8001")).give(AgentAsked("1001", "ready"))
    call.key("0").hear_out()
    leg = next(leg.id for leg in call.engine.state.legs.values() if leg.agent == "1001")
    call.give(AgentAsked("1002", "log-in", station="8002"))
    call.give(Answered(LINE, leg)).give(Released(LINE, leg, Cause.DESTINATION_OUT_OF_ORDER)).hear_out()
    assert call.contact.state is ContactState.QUEUED
    assert call.contact.nodes == ["hotline/to_agent"]


@pytest.mark.requirement("IVR-11")
def test_an_agent_sends_the_caller_to_a_flow_and_has_him_back_with_what_he_keyed() -> None:
    call = Walk(MENU, **GATEWAYS)
    with_agent(call)
    call.give(AgentAsked("1001", "flow", to="hotline")).hear_out()
    assert call.said[-1] == "Hello"
    call.key("1202610").wait(0.5)
    asked = call.asked[-1]
    assert isinstance(asked, AskGateway)
    call.give(GatewayAnswered(asked.token, {"amount": 5})).hear_out()
    call.give(AgentAsked("1001", "take-back")).wait(1)
    assert call.contact.state is ContactState.CONNECTED
    assert call.contact.data["asked"] == "2026-10"
    assert call.contact.nodes == ["hotline/to_agent"]


@pytest.mark.requirement("IVR-01")
def test_a_call_finishes_with_the_flow_it_began_with_and_the_next_takes_the_new_one() -> None:
    call = Walk(MENU, **GATEWAYS)
    old = call.contact.flow_version
    changed = plan_with(MENU.replace("Which month", "Month please"), **GATEWAYS)
    programs = {name: evolve(program, version="new") for name, program in changed.programs.items()}
    call.give(PlanChanged(evolve(changed, programs=programs)))
    call.key("1").hear_out()
    assert call.said[-1] == "Which month"
    call.key("*").hear_out()
    other = Walk(MENU.replace("Which month", "Month please"), **GATEWAYS).key("1").hear_out()
    assert other.said[-1] == "Month please"
    assert {row.version for row in call.rows(NodeVisit)} == {old}


@pytest.mark.requirement("IVR-01")
def test_a_call_finishes_with_the_parts_of_speech_that_its_flow_has_even_if_the_new_one_has_none() -> None:
    call = Walk(MENU, **GATEWAYS).key("1202610").hear_out()
    call.give(PlanChanged(evolve(call.engine.state.plan, programs={}, parts={}, numbers={})))
    call.give(GatewayAnswered(call.asked[0].token, {"amount": 5})).hear_out()
    assert call.said[-2].endswith("is five yuan")
    assert call.engine.state.alarms == {}


# -- what is left behind ------------------------------------------------------------------------------------------------------------------

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


@pytest.mark.requirement("IVR-02")
def test_who_keys_nothing_for_the_idle_time_is_released() -> None:
    text = MENU.replace('start      = "welcome"', 'start      = "welcome"\nidle_s = 10\nidle = "goodbye"')
    call = Walk(text, **GATEWAYS).wait(30)
    assert call.said == ["Hello", "Hello", "Goodbye"]
    assert call.ways[0] == ("welcome", "idle")
