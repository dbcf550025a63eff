"""From a call flow to people and back: who stays, what was keyed meanwhile, who is sent to a flow by his agent."""

import pytest

from appliance.core.actions import AskGateway
from appliance.core.contact import ContactState
from appliance.core.inputs import AgentAsked, GatewayAnswered
from appliance.core.records import PollAnswer
from hal.api import Answered, Cause, Released, StationRegistered
from tests.core.walked import GATEWAYS, MENU, with_agent
from tests.core.walking import LINE, Walk


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
