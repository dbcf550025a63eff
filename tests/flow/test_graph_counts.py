"""The funnel on the picture of a flow: every caller who came is on a way that he took, or has left there."""

import re
from collections import Counter

import pytest

from appliance.core.inputs import AgentAsked
from appliance.core.records import NodeVisit
from appliance.flow.graph import dot_of
from hal.api import Released, StationRegistered
from tests.core.walked import GATEWAYS, with_agent
from tests.core.walking import LEG, LINE, Walk, plan_with

pytestmark = pytest.mark.requirement("IVR-12")

FLOW = """
flow       = "f"
start      = "any"
everywhere = { 0 = "people", "*" = "release" }
[any]
say       = { zh = "x", en = "Press" }
menu      = { 1 = "mobile", 2 = "queue:consult", 3 = "direct", 0 = "people" }
otherwise = "bye"
[mobile]
branch    = [{ when = "starts(caller, '1') and length(caller) = 11", to = "number" }]
otherwise = "bye"
[number]
ask       = { zh = "x", en = "Number", into = "it", digits = 3 }
otherwise = "bye"
next      = "again_menu"
[again_menu]
say       = { zh = "x", en = "Again" }
menu      = { 1 = "any" }
otherwise = "bye"
[people]
next   = "queue:consult"
then   = "any"
failed = "bye"
[direct]
next = "queue:consult"
[bye]
say  = { zh = "x", en = "Bye" }
next = "release"
"""


def counted(*calls: Walk) -> dict[tuple[str, str], str]:
    """(from, to) -> what stands at that way in the picture of these calls."""
    counts: Counter[tuple[str, str]] = Counter()
    for call in calls:
        for visit in call.rows(NodeVisit):
            counts[visit.node, visit.left_by] += 1
            counts[visit.node, ""] += 1
    dot = dot_of(plan_with(FLOW, **GATEWAYS).programs["f"], "en", counts)
    return {(found[1], found[2]): found[3] for found in re.finditer(r'"([^"]+)" -> "([^"]+)" \[label="([^"]*)"', dot)}


def with_agent_free() -> Walk:
    """The caller waits for an agent whose phone rings."""
    call = Walk(FLOW, **GATEWAYS).give(StationRegistered(LINE, "8001", "127.0.0.1"))
    return call.give(AgentAsked("1001", "log-in", station="8001")).give(AgentAsked("1001", "ready")).key("0").hear_out()


def test_a_condition_with_a_comma_in_it_keeps_its_callers() -> None:
    ways = counted(Walk(FLOW, **GATEWAYS).key("1").hear_out().hang_up())
    assert ways["mobile", "number"] == "starts(caller, '1') and length(caller) = 11 1 (100%)"
    assert ways["mobile", "bye"] == "otherwise 0 (0%)"


def test_who_goes_to_a_queue_is_on_his_way_there() -> None:
    left = Walk(FLOW, **GATEWAYS).key("2").hear_out().hang_up()
    waits = Walk(FLOW, **GATEWAYS)
    with_agent(waits)
    direct = Walk(FLOW, **GATEWAYS).key("3").hear_out().hang_up()
    ways = counted(left, waits.hang_up(), direct, with_agent_free().hang_up())
    assert ways["any", "out:queue:consult"] == "2 1 (25%)"
    assert ways["any", "people"] == "0 2 (50%)"
    assert ways["people", "out:queue:consult"] == "2 (100%)"
    assert ways["direct", "out:queue:consult"] == "1 (100%)"


def test_who_hangs_up_after_a_talk_was_served_and_who_hangs_up_while_he_waits_has_given_up() -> None:
    served = Walk(FLOW, **GATEWAYS)
    with_agent(served)
    served.wait(20).give(Released(LINE, LEG))
    assert served.ways[-1] == ("people", "served")
    assert with_agent_free().hang_up().ways[-1] == ("people", "hung up")
    back = Walk(FLOW, **GATEWAYS)
    leg = with_agent(back)
    back.wait(20).give(Released(LINE, leg)).hear_out().hang_up()
    assert back.ways[-2:] == [("people", "then"), ("any", "hung up")]


def test_a_key_that_leads_away_from_anywhere_is_counted_there_and_not_where_it_is_a_choice() -> None:
    call = Walk(FLOW, **GATEWAYS).key("1").hear_out().key("*")
    asked = Walk(FLOW, **GATEWAYS).key("1").hear_out().key("123").hear_out().key("0").hear_out().hang_up()
    chosen = Walk(FLOW, **GATEWAYS).key("0").hear_out().hang_up()
    assert call.ways[-1] == ("number", "*")
    ways = counted(call, asked, chosen)
    assert ways[":anywhere", "out:release"] == "* 1"
    assert ways[":anywhere", "people"] == "0 1"
    assert ways["any", "people"] == "0 1 (33%)"


def test_a_node_may_be_called_any() -> None:
    assert not [where for where, to in counted() if where == "any" and to == "any"]
    assert '"any" [shape=plaintext' not in dot_of(plan_with(FLOW, **GATEWAYS).programs["f"], "en")
