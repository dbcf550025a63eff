"""Callers in a call flow: what they hear, what they key, and where they come to."""

from decimal import Decimal

import pytest

from appliance.core.actions import AskGateway
from appliance.core.contact import ContactState
from appliance.core.inputs import GatewayAnswered
from appliance.core.records import NodeVisit, PollAnswer
from tests.core.walked import GATEWAYS, MENU
from tests.core.walking import Walk


def walk() -> Walk:
    return Walk(MENU, **GATEWAYS)


@pytest.mark.requirement("IVR-02")
def test_silence_hears_the_menu_again_and_then_goodbye() -> None:
    call = walk().wait(60)
    assert call.said == ["Hello"] * 3 + ["Goodbye"]
    assert call.released
    assert call.ways == [("welcome", "otherwise"), ("goodbye", "next")]
    visit = call.rows(NodeVisit)[0]
    assert (visit.timeouts, visit.errors) == (3, 0)


@pytest.mark.requirement("IVR-02")
def test_a_key_cuts_the_menu_short_and_a_wrong_one_is_said_so() -> None:
    call = walk().key("5").hear_out()
    assert call.said == ["Hello", "Wrong key", "Hello"]
    call.key("1")
    assert call.said[-1] == "Which month"


@pytest.mark.requirement("IVR-03")
def test_a_bill_is_looked_up_and_said_in_one_play() -> None:
    call = walk().key("1").key("202610").wait(0)
    (asked,) = call.asked
    assert isinstance(asked, AskGateway)
    assert asked.caller == "13800138000"
    assert dict(asked.arguments) == {"caller": "13800138000", "asked": "2026-10"}
    call.give(GatewayAnswered(asked.token, {"amount": Decimal("88.50")}))
    assert call.said[-1] == "Your bill for October twenty twenty-six is eighty-eight yuan and five jiao"
    assert call.contact.data["asked"] == "2026-10"
    assert call.contact.keys == "1202610"


@pytest.mark.requirement("IVR-03")
def test_nothing_found_and_no_answer_have_their_own_ways() -> None:
    call = walk().key("1202610").wait(0)
    call.give(GatewayAnswered(call.asked[0].token, None)).hear_out()
    assert "There is none" in call.said
    call.key("1202610").wait(0)
    call.give(GatewayAnswered(call.asked[1].token, error="time-out")).hear_out()
    assert call.said[-1] == "Goodbye"


def test_digits_that_mean_nothing_are_asked_for_again() -> None:
    call = walk().key("1").key("202613").hear_out()
    assert call.said == ["Hello", "Which month", "No month", "Which month"]
    assert call.contact.variables == {}


@pytest.mark.requirement("IVR-11")
def test_a_key_from_everywhere_leads_away_from_a_question() -> None:
    call = walk().key("1").hear_out().key("*")
    assert call.said[-1] == "Hello"
    assert call.ways[-1] == ("bill", "*")


def test_a_caller_whose_queue_sends_him_on_takes_the_way_of_failure() -> None:
    call = walk().key("0").hear_out()  # nobody is logged in
    assert call.said[-1] == "Goodbye"
    assert ("to_agent", "failed") in call.ways
    assert call.rows(PollAnswer) == []
    assert (call.contact.state, call.contact.queue) == (ContactState.ENDED, "consult")


AHEAD = """
flow       = "f"
start      = "a"
everywhere = { "#" = "both", "*" = "end" }

[a]
lookup = { gateway = "billing", query = "bill", into = "bill", otherwise = "both" }
next   = "both"

[both]
set  = { x = "1", y = "2" }
say  = { zh = "好", en = "Hi" }
next = "end"

[end]
next = "release"
"""


@pytest.mark.requirement("IVR-02")
def test_a_key_typed_ahead_leads_away_only_once_all_values_of_a_node_are_set() -> None:
    call = Walk(AHEAD, **GATEWAYS).key("#*")
    call.give(GatewayAnswered(call.asked[0].token, {}))
    assert call.ways == [("a", "#"), ("both", "*"), ("end", "next")]
    assert (call.contact.variables["x"], call.contact.variables["y"]) == (1, 2)
