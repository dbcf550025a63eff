"""What comes in from outside - keys, answers of gateways - however strange it is, is no accident of a call."""

from decimal import Decimal

import pytest

from appliance.core.inputs import AgentAsked, GatewayAnswered
from appliance.core.program.expressions import Trouble, parse, read_only
from appliance.core.records import NodeVisit
from hal.api import RecordingEnded
from tests.core.walked import GATEWAYS, MENU, with_agent
from tests.core.walking import LINE, Walk, plan_with

ASKED = """
flow  = "f"
start = "a"
[a]
ask  = { zh = "请", en = "Key it", into = "it", as = "KIND", digits = "1-20", otherwise = "release", wrong = { zh = "错", en = "No" } }
say  = { zh = "{it}", en = "{it}" }
next = "release"
"""
AMOUNT = """
flow  = "f"
start = "a"
[a]
lookup    = { gateway = "billing", query = "bill", into = "bill", otherwise = "release" }
branch    = [{ when = "bill.amount > 100", to = "end" }]
otherwise = "end"
[end]
say  = { zh = "再见", en = "Goodbye" }
next = "release"
"""


@pytest.mark.parametrize(("kind", "keys"), [("number", "9" * 16), ("date", "00010101"), ("date", "99991231")])
def test_what_is_keyed_and_cannot_be_said_is_a_wrong_answer_and_no_trouble_of_the_flow(kind: str, keys: str) -> None:
    call = Walk(ASKED.replace("KIND", kind), **GATEWAYS).hear_out().key(f"{keys}#").hear_out()
    assert call.said == ["Key it", "No", "Key it"]
    assert call.engine.state.alarms == {}


def test_the_greatest_number_that_can_be_keyed_is_said() -> None:
    call = Walk(ASKED.replace("KIND", "number"), **GATEWAYS).hear_out().key(f"000{'9' * 15}#").hear_out()
    assert call.said[-1].startswith("nine hundred")
    assert call.released


@pytest.mark.parametrize("amount", [float("nan"), Decimal("NaN"), Decimal("sNaN"), float("inf")])
def test_a_figure_of_a_gateway_that_is_no_number_is_trouble_of_the_flow_and_nothing_worse(amount: float | Decimal) -> None:
    call = Walk(AMOUNT.replace("[end]", "[oops]\nnext = 'end'\n[end]").replace('"a"\n[a]', '"a"\ntrouble = "oops"\n[a]'), **GATEWAYS)
    call.give(GatewayAnswered(call.asked[0].token, read_only({"amount": amount}))).hear_out()
    assert call.said == ["Goodbye"]
    assert set(call.engine.state.alarms) == {"flow:f"}


def test_no_figure_and_no_text_grows_without_end() -> None:
    for expression, start in (("x * x", 10**30), ("x + x", "long" * 2000), ("x * 1.5", 10**40), ("0 - x - 1", 10**40)):
        with pytest.raises(Trouble):
            parse(expression).evaluate({"x": start}.__getitem__)
    assert parse("x + x").evaluate({"x": "12"}.__getitem__) == "1212"


LIST = """
flow       = "f"
start      = "menu"
everywhere = { "*" = "menu" }
[menu]
say       = { zh = "菜单", en = "Menu" }
menu      = { 1 = "look", 2 = "each" }
otherwise = "release"
[look]
lookup = { gateway = "billing", query = "bill", into = "bills", otherwise = "release" }
next   = "each"
[each]
loop = { over = "bills", item = "bill", to = "one" }
next = "menu"
[one]
say    = { zh = "{bill:number}", en = "{bill:number}" }
next   = "more"
[more]
yes_no = { zh = "继续？", en = "More?", into = "more", otherwise = "menu" }
next   = "each"
"""


def test_a_list_that_was_left_half_way_is_gone_through_from_its_beginning_the_next_time() -> None:
    call = Walk(LIST.replace(', 2 = "each"', ""), **GATEWAYS).hear_out()
    for _ in range(2):
        call.key("1").hear_out()
        call.give(GatewayAnswered(call.asked[-1].token, [1, 2, 3])).hear_out().key("1").hear_out().key("*").hear_out()
    assert call.said == ["Menu", "one", "More?", "two", "More?"] * 2 + ["Menu"]


def test_flows_that_call_each_other_go_through_their_own_lists_whatever_their_nodes_are_called() -> None:
    outer = """
flow  = "outer"
start = "look"
[look]
lookup = { gateway = "billing", query = "bill", into = "bills", otherwise = "release" }
next   = "each"
[each]
loop = { over = "bills", item = "bill", to = "one" }
next = "release"
[one]
say  = { zh = "{bill:ordinal}", en = "{bill:ordinal}" }
call = "inner"
next = "each"
"""
    inner = """
flow  = "inner"
start = "each"
needs = ["bills"]
[each]
loop = { over = "bills", item = "each_bill", to = "one" }
next = "return"
[one]
say  = { zh = "{each_bill:number}", en = "{each_bill:number}" }
next = "each"
"""
    call = Walk(outer, inner, **GATEWAYS)
    call.give(GatewayAnswered(call.asked[-1].token, [1, 2])).hear_out()
    assert call.said == ["first", "one", "two", "second", "one", "two"]


def test_a_circle_that_begins_a_list_anew_each_time_is_found() -> None:
    text = LIST.replace('next   = "more"', 'next   = "look"').replace(
        '[more]\nyes_no = { zh = "继续？", en = "More?", into = "more", otherwise = "menu" }\nnext   = "each"\n', ""
    )
    found = plan_with(text.replace(', 2 = "each"', ""), **GATEWAYS).problems()
    assert len(found) == 1
    assert "look → each → one → look" in found[0] or "each → one → look → each" in found[0]
    assert plan_with(LIST.replace(', 2 = "each"', ""), **GATEWAYS).problems() == []


@pytest.mark.requirement("IVR-12")
def test_who_is_taken_back_by_his_agent_has_not_hung_up() -> None:
    call = Walk(MENU, ASKED.replace("KIND", "digits"), **GATEWAYS)
    with_agent(call)
    call.give(AgentAsked("1001", "flow", to="f")).hear_out()
    call.give(AgentAsked("1001", "take-back")).hear_out()
    assert call.ways[-1] == ("a", "taken back")


def test_flows_that_send_the_caller_round_and_round_are_an_alarm() -> None:
    call = Walk('flow = "f"\nstart = "a"\ntrouble = "flow:f"\n[a]\nset = { x = "1 / 0" }\nnext = "release"\n', **GATEWAYS).hear_out()
    assert call.released
    assert set(call.engine.state.alarms) == {"circle", "flow:f"}
    assert Walk('flow = "f"\nstart = "a"\n[a]\nnext = "release"\n', **GATEWAYS).engine.state.alarms == {}


@pytest.mark.requirement("IVR-12")
def test_an_end_key_without_digits_is_a_wrong_answer_and_no_silence() -> None:
    call = Walk(ASKED.replace("KIND", "digits"), **GATEWAYS).hear_out().key("#").hear_out().key("12#").hear_out()
    (visit,) = call.rows(NodeVisit)
    assert (visit.timeouts, visit.errors) == (0, 1)


@pytest.mark.requirement("IVR-02")
def test_a_look_up_between_two_menus_is_nothing_that_the_caller_has_done() -> None:
    menu = '[a]\nsay = { zh = "x", en = "Press" }\nmenu = { 0 = "a" }\nretries = 0\notherwise = "c"\n'
    look = '[c]\nlookup = { gateway = "billing", query = "bill", into = "x", otherwise = "a" }\nnext = "a"\n'
    call = Walk('flow = "f"\nstart = "a"\n' + menu + look, **GATEWAYS).hear_out()
    answered = 0
    for _ in range(40):
        call.wait(6.5)
        for asked in call.asked[answered:]:
            answered += 1
            call.give(GatewayAnswered(asked.token, None, "down")).hear_out()
    assert call.released, "who keys nothing for a minute is led away"


MESSAGE = """
flow  = "f"
start = "a"
idle  = "bye"
[a]
record    = { zh = "请讲", en = "Speak", into = "words", otherwise = "again" }
next      = "release"
[bye]
say  = { zh = "再见", en = "Goodbye" }
next = "release"
"""


@pytest.mark.requirement("IVR-02")
@pytest.mark.parametrize(("lasts_s", "error"), [(0.2, ""), (5.0, "disk full"), (0.0, "disk full")])
def test_who_leaves_no_message_again_and_again_is_led_away(lasts_s: float, error: str) -> None:
    call = Walk(MESSAGE, **GATEWAYS).hear_out()
    for _ in range(100):
        if call.released:
            break
        call.wait(max(lasts_s, 0.1))
        call.give(RecordingEnded(LINE, call.contact.recording, "message.wav", lasts_s, 0, error)).hear_out()
    assert call.said[-1] == "Goodbye"
    assert {left_by for _, left_by in call.ways[:-2]} == {"otherwise"}
    assert call.ways[-2:] == [("a", "idle"), ("bye", "next")]


@pytest.mark.requirement("IVR-02")
def test_a_long_message_that_is_lost_is_no_silence_and_neither_is_the_key_that_ends_a_short_one() -> None:
    call = Walk(MESSAGE, **GATEWAYS).hear_out()
    call.wait(100.0)
    call.give(RecordingEnded(LINE, call.contact.recording, "message.wav", 100.0, 0, "disk full")).hear_out()
    call.speaks_s = 0.2
    for _ in range(100):
        call.key("#").hear_out()
    assert {left_by for _, left_by in call.ways} == {"otherwise"}
