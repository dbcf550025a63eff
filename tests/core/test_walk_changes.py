"""A call flow that is changed while callers are in it."""

import pytest
from attrs import evolve

from appliance.core.inputs import GatewayAnswered, PlanChanged
from appliance.core.records import NodeVisit
from tests.core.walked import GATEWAYS, MENU
from tests.core.walking import Walk, plan_with


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
