"""Flows that call one another and take messages, and gateways that answer anything: the property of silence holds for these, too."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.config import ConfigError
from appliance.core.actions import AskGateway, CheckAccount, Render
from appliance.core.inputs import AccountChecked, GatewayAnswered, Rendered
from appliance.core.program.analysis import Flows
from appliance.core.program.expressions import read_only
from appliance.core.records import CallEvent
from hal.api import RecordingEnded
from tests.core.test_flow_fuzz import CENTRE, few, say, tables
from tests.core.walking import LINE, Walk, plan_with, written
from tests.thorough import by_profile

Pair = tuple[dict[str, Any], ...]
NODES = ("b", "c", "d")
OUT = ("release", "queue:consult", "voicemail", "return", "flow:f", "flow:g", "number:110")

targets = st.sampled_from([*NODES, *NODES, "a", "again", *OUT])
maybe = st.none() | targets
records = tables(zh=st.just("请讲"), en=st.just("Speak"), into=st.just("m"), otherwise=targets, max_s=st.sampled_from([5, 60]))
asks = tables(zh=st.just("x"), en=st.just("x"), into=st.just("n"), digits=st.sampled_from([2, "1-4"]), retries=few, otherwise=targets)
yes = tables(zh=st.just("x"), en=st.just("x"), into=st.just("q"), retries=few, otherwise=targets)
lookups = tables(gateway=st.just("billing"), query=st.just("bill"), into=st.just("x"), otherwise=targets, nothing=maybe)
values = st.sampled_from(["x", "x.amount", "x[1]", "x[1].amount", "x + 1", "x > 3", "length(x)", "number(x)", "round(x, 2)", "last(x, 2)"])
tickets = tables(kind=st.just("k"), subject=st.none() | values, wants_answer=st.none() | values)
spoken = st.sampled_from(["{x:money}", "{x.amount:money}", "{x[1].due:date}", "{x:text}", "{y:digits}", "{y:count unit=month}", "hello"])
steps = st.one_of(
    st.just({}),
    tables(ask=asks),
    tables(yes_no=yes),
    tables(record=records, ticket=st.none() | tickets),
    tables(lookup=lookups),
    tables(set=st.dictionaries(st.just("y"), values)),
    tables(note=st.dictionaries(st.just("n"), values)),
    tables(send=tables(document=st.just("d"), by=st.just("sms"), to=values)),
    tables(say=st.fixed_dictionaries({"zh": spoken, "en": spoken})),
)
exits = st.one_of(
    tables(next=targets),
    tables(next=st.sampled_from(["queue:consult", "voicemail", "flow:g", "flow:f"]), then=maybe, failed=maybe),
    tables(call=st.just("g"), next=targets),
    tables(say=say, menu=st.dictionaries(st.sampled_from("12*#"), targets, min_size=1, max_size=3), otherwise=targets, retries=few),
    tables(branch=st.lists(tables(when=values, to=targets), min_size=1, max_size=2), otherwise=targets),
    tables(loop=tables(over=st.just("x"), item=st.just("y"), to=targets), next=targets),
)  # fmt: skip
nodes = st.tuples(steps, exits).map(lambda parts: {**parts[0], **parts[1]})
stars = st.dictionaries(st.just("*"), st.sampled_from([*NODES, "return"]), max_size=1)
heads = tables(everywhere=st.none() | stars, idle=maybe, trouble=maybe)
texts = st.sampled_from(["长" * 9999, "2026-10-31", "3", "3.50"])
strange = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**45), 10**45) | st.floats() | st.text(max_size=5) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["amount", "due"]), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


def whole(name: str, head: dict[str, Any], body: list[dict[str, Any]]) -> dict[str, Any]:
    """A flow whose variables have a value from the start, and of whose nodes those are left that a call can come to."""
    flow: dict[str, Any] = {
        "z": {"set": {"x": "nothing", "y": "nothing"}, "next": "a"},
        "a": {"lookup": {"gateway": "billing", "query": "bill", "into": "x", "otherwise": "b"}, "set": {"y": "x"}, "next": "b"},
        **dict(zip(NODES, [{key: of for key, of in node.items() if name == "f" or key != "call"} for node in body], strict=True)),
    }
    head = {key: of for key, of in head.items() if of != "again"}
    ahead, kept = ["z", *(set(_texts(head)) & set(flow))], dict[str, Any]()
    while ahead:
        if (node := ahead.pop()) not in kept:
            kept[node] = flow[node]
            ahead += set(_texts(flow[node])) & set(flow)
    return {"flow": name, "start": "z", **head, **kept}


def _texts(of: Any) -> list[str]:
    inside = of.values() if isinstance(of, dict) else of if isinstance(of, list) else ()
    return [of] if isinstance(of, str) else [text for each in inside for text in _texts(each)]


flows = st.tuples(*(st.builds(whole, st.just(name), heads, st.lists(nodes, min_size=3, max_size=3)) for name in ("f", "g")))


def sound(pair: Pair) -> bool:
    """Whether both are read and found sound; a mistake without place and remedy fails the test, as anything but a refusal does."""
    try:
        plan = plan_with(*(written(data) for data in pair), **CENTRE)
    except ConfigError:
        return False
    checked = Flows(plan)
    found = [mistake for program in plan.programs.values() for mistake in checked.mistakes(program)]
    assert all(where and text for where, text in found)
    return not found


@pytest.mark.requirement("IVR-01")
@settings(max_examples=by_profile(30, 300, 3000))
@given(flows)
def test_any_flows_are_checked_together(pair: Pair) -> None:
    sound(pair)


def answer(call: Walk, number: int, values: list[Any]) -> None:
    """What the world outside says to the next that it was asked."""
    asked = call.asked[number]
    of = values[number % len(values)] if values else None
    if isinstance(asked, AskGateway):
        call.give(GatewayAnswered(asked.token, read_only(of)))
    elif isinstance(asked, CheckAccount):
        call.give(AccountChecked(asked.token, "right"))
    elif isinstance(asked, Render):
        call.give(Rendered(asked.token, "speech.wav") if number % 3 else Rendered(asked.token, error="down"))


def spoken_to(call: Walk, choices: list[str], answers: list[Any]) -> None:
    """Key, be silent and leave messages as the choices say; then be silent for ever: the line ends recordings at once."""
    answered = 0
    for choice in (*choices, *[""] * 400):
        while answered < len(call.asked):
            answer(call, answered, answers)
            answered += 1
        call.hear_out()
        if call.released or call.with_people:
            return
        if call.contact.recording and choice in ("", "#"):
            call.now += 1.0
            call.give(RecordingEnded(LINE, call.contact.recording, "message.wav", 0.2 if choice == "" else 8.0, 8_000))
        elif choice:
            call.key(choice)
        else:
            silent_s = call.engine.next_deadline() - call.now
            assert call.playing is not None or round(silent_s, 6) <= 10.0, f"{silent_s} s of silence at {call.contact.nodes}"
            call.wait(max(0.1, min(silent_s, 10.0)))
    raise AssertionError(f"it never ends: {call.ways[-5:]}")


@pytest.mark.requirement("IVR-02")
@settings(
    max_examples=by_profile(15, 150, 3000),
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],  # many go in circles, and are refused
)
@given(flows.filter(sound), st.lists(st.sampled_from(["", "1", "2", "*", "#", "12"]), max_size=10), st.lists(strange, max_size=4))
def test_flows_that_call_one_another_leave_nobody_in_silence(pair: Pair, choices: list[str], answers: list[Any]) -> None:
    call = Walk(*(written(data) for data in pair), **CENTRE)
    spoken_to(call, choices, answers)
    assert [row.detail for row in call.kept if isinstance(row, CallEvent) and row.what == "script failed"] == []
    circles = [alarm.text for alarm in call.engine.state.alarms.values() if "waits for nobody" in alarm.text or "by itself" in alarm.text]
    assert circles == []
