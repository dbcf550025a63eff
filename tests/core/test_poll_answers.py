"""Whose answers to polls are: who had served the caller before he answered."""

import pytest

from appliance.core.contact import ContactState
from appliance.core.inputs import AgentAsked
from appliance.core.records import PollAnswer
from hal.api import Answered, Released, StationRegistered
from tests.core.walked import with_agent
from tests.core.walking import LINE, Walk

RATED = """
flow  = "f"
start = "hello"
[hello]
say       = { zh = "好", en = "Hello" }
menu      = { 0 = "people", 1 = "rate" }
otherwise = "release"
[people]
next      = "queue:consult"
then      = "rate"
failed    = "rate"
[rate]
ask       = { zh = "评分", en = "Rate us", digits = 1, into = "mark", as = "number", otherwise = "release" }
answer    = { poll = "service", question = "mark", value = "mark" }
next      = "hello"
"""


@pytest.mark.requirement("IVR-10")
def test_an_answer_names_who_served_the_caller_last_and_nobody_whose_phone_only_rang() -> None:
    call = Walk(RATED)
    call.key("13").hear_out()
    leg = with_agent(call)
    call.give(Released(LINE, leg)).hear_out()
    call.key("4").hear_out()
    call.give(AgentAsked("1001", "ready"))
    call.key("0").hear_out()
    assert call.contact.state is ContactState.OFFERED
    call.give(AgentAsked("1001", "log-out")).hear_out()
    call.key("5").hear_out()
    answers = [(row.answer, row.agent, row.queue) for row in call.rows(PollAnswer)]
    assert answers == [("3", "", ""), ("4", "1001", "consult"), ("5", "1001", "consult")]


@pytest.mark.requirement("IVR-10")
def test_who_has_asked_for_a_queue_in_vain_was_served_by_nobody() -> None:
    call = Walk(RATED)
    call.key("05").hear_out()
    assert call.contact.queue == "consult"
    assert [(row.answer, row.agent, row.queue) for row in call.rows(PollAnswer)] == [("5", "", "")]


@pytest.mark.requirement("IVR-10")
def test_the_answer_of_who_was_handed_on_and_back_is_for_the_agent_he_had_last() -> None:
    call = Walk(RATED)
    leg = with_agent(call)
    call.give(StationRegistered(LINE, "8002", "127.0.0.1")).give(AgentAsked("1002", "log-in", station="8002"))
    for of, to in (("1001", "1002"), ("1002", "1001")):
        call.give(AgentAsked(to, "ready")).give(AgentAsked(of, "transfer", to=to)).give(Released(LINE, leg))
        leg = next(leg.id for leg in call.engine.state.legs.values() if leg.agent == to)
        call.give(Answered(LINE, leg)).wait(1)
    call.give(Released(LINE, leg)).hear_out()
    call.key("2").hear_out()
    assert [(row.answer, row.agent, row.queue) for row in call.rows(PollAnswer)] == [("2", "1001", "consult")]
