"""Lists and look-ups in call flows, slow gateways, and mistakes at run time."""

import pytest

from appliance.core.inputs import GatewayAnswered
from tests.core.walked import BILLS, GATEWAYS
from tests.core.walking import Walk

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
