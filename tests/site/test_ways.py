"""Ways that would lead round and round at once are mistakes; ways that only look so are not."""

import pytest

from appliance.config import ConfigError, Mistake
from tests.site.small import SMALL, site

pytestmark = pytest.mark.requirement("OPS-04")

HOURS = '[hours.office]\nmon-fri = ["09:00-18:00"]\n[hours.lunch]\nmon-fri = ["12:00-13:00"]\n'


def wrong_ways(queues: dict[str, list[tuple[str, str]]], more: str = "") -> list[str]:
    """Where a site with these queues would send calls round and round."""
    text = SMALL.partition("[queues.consult]")[0].replace("queue:consult", f"queue:{next(iter(queues))}")
    for name, rules in queues.items():
        written = ", ".join(f'{{ when = "{when}", to = "{to}" }}' for when, to in rules)
        text += f"[queues.{name}]\noverflow = [{written}]\n"
    text += '[stations]\n8001 = {}\n[agents.1001]\nname = "王芳"\nstation = "8001"\n' + HOURS + more
    found: list[Mistake] = []
    try:
        site(text)
    except ConfigError as error:
        found = error.mistakes
    assert all(mistake.text.startswith("a call that nobody serves would come back") for mistake in found)
    return [mistake.where for mistake in found]


@pytest.mark.parametrize("when", ["nobody logged in", "all not ready", "length >= 5", "expected wait > 60", "inside office"])
def test_two_queues_that_hand_calls_to_one_another_at_once(when: str) -> None:
    assert wrong_ways({"a": [(when, "queue:b")], "b": [(when, "queue:a")]}) == ["queues.a.overflow[1].to", "queues.b.overflow[1].to"]


def test_different_reasons_can_hold_at_the_same_time() -> None:
    assert wrong_ways({"a": [("length >= 5", "queue:b")], "b": [("nobody logged in", "queue:a")]}) != []


def test_a_queue_that_sends_to_itself() -> None:
    assert wrong_ways({"a": [("all not ready", "queue:a")]}) == ["queues.a.overflow[1].to"]


def test_who_waits_a_while_goes_round_in_his_own_time() -> None:
    assert wrong_ways({"a": [("wait > 60", "queue:b")], "b": [("wait > 60", "queue:a")]}) == []
    assert wrong_ways({"a": [("length >= 5", "queue:b")], "b": [("wait > 60", "queue:a")]}) == []


def test_day_and_night_hand_over_to_one_another() -> None:
    day, night = ("outside office", "queue:night"), ("inside office", "queue:day")
    assert wrong_ways({"day": [day], "night": [night]}) == []
    assert wrong_ways({"day": [day], "night": [("inside lunch", "queue:day")]}) != []


def test_a_rule_counts_only_where_those_before_it_do_not() -> None:
    a = [("inside office", "voicemail"), ("nobody logged in", "queue:b")]
    assert wrong_ways({"a": a, "b": [("outside office", "voicemail"), ("nobody logged in", "queue:a")]}) == []
    assert wrong_ways({"a": a, "b": [("inside office", "voicemail"), ("nobody logged in", "queue:a")]}) != []


def test_a_flow_that_is_shut_and_one_that_is_open() -> None:
    flow = '[flows.shut]\nhours = "office"\notherwise = "voicemail"\nclosed = { then = "queue:a" }\n'
    assert wrong_ways({"a": [("inside office", "flow:shut")]}, flow) == []
    assert wrong_ways({"a": [("outside office", "flow:shut")]}, flow) == ["queues.a.overflow[1].to", "flows.shut.closed.then"]


def test_an_agent_who_does_not_take_a_call_gives_it_back() -> None:
    assert wrong_ways({"a": [("nobody logged in", "agent:1001")]}) == ["queues.a.overflow[1].to"]
    assert wrong_ways({"a": [("wait > 60", "agent:1001")]}) == []
    flow = '[flows.by-name]\notherwise = "agent:1001"\n'
    assert wrong_ways({"a": [("wait > 60", "voicemail")]}, flow) == []
