"""A caller in a call flow when the core is killed: the next core goes on where he stood, with what he had keyed."""

from decimal import Decimal

import pytest
from attrs import evolve

from appliance.core.actions import CheckAccount
from appliance.core.contact import ContactState
from appliance.core.inputs import AccountChecked, AgentAsked, GatewayAnswered
from appliance.core.records import Contact, PollAnswer
from hal.api import Answered, Released
from tests.core.walked import ACCOUNT, ACCOUNTS, BILLS, GATEWAYS, MENU, PIN, with_agent
from tests.core.walking import LINE, Walk, plan_with

pytestmark = [pytest.mark.requirement("ACD-11"), pytest.mark.requirement("IVR-01")]


def test_a_question_is_asked_again_and_what_was_answered_before_is_known() -> None:
    first = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#").hear_out()
    assert first.said[-1] == "PIN"
    call = first.restarted().hear_out()
    assert call.said == ["PIN"]
    assert call.contact.nodes == ["account/main", "pin/ask"]
    call.key("1234").wait(0)
    asked = call.asked[0]
    assert isinstance(asked, CheckAccount)
    assert asked.account == "4471"
    call.give(AccountChecked(asked.token, "right")).hear_out()
    assert "Welcome back" in call.said


def test_a_list_goes_on_with_the_next_item_and_sums_are_exact() -> None:
    first = Walk(BILLS, **GATEWAYS)
    first.give(GatewayAnswered(first.asked[0].token, [{"month": f"2026-0{n}", "amount": Decimal("0.1")} for n in (1, 2, 3)]))
    assert first.said == ["January twenty twenty-six one jiao"]
    call = first.restarted().hear_out()
    assert call.said == [  # the item that was being said is said again, and counted once: the node begins anew with what it found
        *(f"{month} twenty twenty-six one jiao" for month in ("January", "February", "March")), "Together three jiao",
    ]  # fmt: skip


def test_who_was_with_an_agent_is_still_asked_how_it_was() -> None:
    first = Walk(MENU, **GATEWAYS)
    leg = with_agent(first)
    call = first.restarted()
    assert call.contact.state is ContactState.CONNECTED
    call.now += 9
    call.give(Released(LINE, leg)).hear_out()
    assert call.said[-1] == "Rate us"
    call.key("5").hear_out()
    assert [row.answer for row in call.rows(PollAnswer)] == ["5"]


def test_so_is_who_waited_and_who_was_left_by_his_agent_meanwhile() -> None:
    first = Walk(MENU, **GATEWAYS)
    first.give(AgentAsked("1001", "log-in", station="8001")).give(AgentAsked("1001", "not-ready")).key("0").hear_out()
    assert first.contact.state is ContactState.QUEUED
    call = first.restarted()
    assert call.contact.state is ContactState.QUEUED
    call.give(AgentAsked("1001", "ready"))
    leg = next(leg.id for leg in call.engine.state.legs.values() if leg.agent == "1001")
    call.give(Answered(LINE, leg)).wait(5)
    gone = call.restarted_without(leg).hear_out()
    assert gone.said[-1] == "Rate us"


def test_a_secret_is_kept_nowhere_and_a_flow_that_misses_it_begins_anew() -> None:
    text = (
        ACCOUNT.replace('next = "balance"', 'next = "use"')
        + '[use]\nask = { zh = "x", en = "Any key", into = "x", otherwise = "release" }\nset = { y = "length(pin)" }\nnext = "balance"\n'
    )
    first = Walk(text, PIN.replace("[wrong]\nsay", "[wrong]\nset = { pin = \"''\" }\nsay"), **ACCOUNTS)
    first.key("4471#").hear_out().key("1234").wait(0)
    first.give(AccountChecked(first.asked[0].token, "right")).hear_out()
    assert first.said[-1] == "Any key"
    row = first.rows(Contact)[-1]
    assert "1234" not in row.variables
    call = first.restarted().hear_out().key("7#").hear_out()
    assert call.said == ["Any key", "Account"]
    assert call.engine.state.alarms == {}


def test_a_node_that_is_not_there_any_more_is_the_start_and_a_flow_too() -> None:
    first = Walk(MENU, **GATEWAYS).key("1").hear_out()
    plan = plan_with(MENU.replace("[bill]", "[invoice]").replace('"bill" }\nwrong', '"invoice" }\nwrong'), **GATEWAYS)
    call = first.restarted(plan).hear_out()
    assert call.said == ["Hello"]
    other = plan_with(MENU.replace('flow       = "hotline"', 'flow = "other"'), **GATEWAYS)
    alone = evolve(other, programs={"other": other.programs["other"]}, numbers={"96000": other.numbers["96000"]})
    call = first.restarted(alone).hear_out()
    assert call.said == ["Hello"]
    assert call.contact.nodes == ["other/welcome"]
