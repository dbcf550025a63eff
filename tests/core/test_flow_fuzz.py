"""Flows that nobody would write: reading and checking them never breaks, and one that is found sound never leaves a caller in silence."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from appliance.config import ConfigError, Document
from appliance.core.actions import AskGateway, CheckAccount, Render
from appliance.core.inputs import AccountChecked, GatewayAnswered, Rendered
from appliance.core.program.analysis import mistakes
from appliance.core.program.expressions import Trouble, Value, parse
from appliance.core.program.texts import read_text
from appliance.core.records import CallEvent
from appliance.site.flow_file import CallFlowFile, FlowFile
from appliance.site.flow_program import program_of
from hal.api import RecordingEnded
from tests.core.playbook import small_plan
from tests.core.walking import LINE, Walk, flow_of, written

NODES = ("a", "b", "c", "d")
WORDS = (*FlowFile.__annotations__, *NODES, "ask", "menu", "say", "zh")
KEYS = "0123456789*#"
CENTRE = {
    "gateways": {"billing": frozenset({"bill"})},
    "accounts": frozenset({"customers"}),
    "prompts": {**small_plan().prompts, "music": {"zh": ("music",), "en": ("music",)}},
}

targets = st.sampled_from([*NODES, "again", "release", "queue:consult", "voicemail", "return", "nowhere"])
kinds = st.sampled_from(["digits", "number", "money", "month", "date", "time"])
expressions = st.sampled_from(
    ["1", "x", "y + 1", "x = y", "hour > 3", "open('office')", "length(caller) > 2", "1 / 0", "x.amount", "x[1]", "not vip", "caller + 1"]
)
spoken = st.sampled_from(["hello", "{x}", "{caller:telephone}", "{today:date} {hour:number}", "{x:money}", "{y:text}", "a {x:number} b"])
say = st.fixed_dictionaries({"zh": spoken, "en": spoken})
maybe = st.none() | targets


def without_none(table: dict[str, Any]) -> dict[str, Any]:
    return {key: of for key, of in table.items() if of is not None}


def tables(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields).map(without_none)


names = st.sampled_from(["x", "y"])
few = st.integers(0, 2)
digits = st.sampled_from([1, 4, "1-6"])
waits = st.none() | st.sampled_from([1.0, 8.0, 20.0])
asks = st.builds(
    lambda ask, kind: {**ask, "as": kind},
    tables(
        zh=spoken,
        en=spoken,
        into=names,
        digits=digits,
        retries=few,
        otherwise=targets,
        first_s=waits,
        next_s=waits,
        confirm=st.none() | say,
    ),
    kinds,
)
questions = st.one_of(
    st.none(),
    st.fixed_dictionaries({"ask": asks}),
    st.fixed_dictionaries({"yes_no": tables(zh=spoken, en=spoken, into=names, wait_s=waits, retries=few, otherwise=targets)}),
    st.fixed_dictionaries({"record": tables(zh=spoken, en=spoken, into=names, otherwise=targets)}),
)
lookups = tables(gateway=st.just("billing"), query=st.just("bill"), into=names, otherwise=targets, nothing=maybe)
menus = st.dictionaries(st.sampled_from(KEYS), targets, min_size=1, max_size=3)
cases = st.lists(tables(when=expressions, to=targets), min_size=1, max_size=3)
exits = st.one_of(
    tables(next=targets),
    tables(next=st.sampled_from(["queue:consult", "announcement:closed"]), then=maybe, failed=maybe),
    tables(call=st.just("g"), next=targets),
    tables(
        say=say,
        menu=st.dictionaries(st.sampled_from(KEYS), targets, min_size=1, max_size=3),
        otherwise=targets,
        retries=st.integers(0, 2),
        wait_s=waits,
    ),
    tables(branch=cases, otherwise=targets),
    tables(loop=tables(over=expressions, item=st.just("y"), to=targets), next=targets),
)
steps = tables(
    lookup=st.none() | lookups,
    authenticate=st.none() | tables(accounts=st.just("customers"), account=names, pin=expressions, otherwise=targets),
    ticket=st.none() | tables(kind=st.just("x"), subject=st.none() | expressions),
    set=st.none() | st.dictionaries(st.sampled_from(["x", "y"]), expressions, max_size=2),
    say=st.none() | say,
)
nodes = st.tuples(steps, questions, exits).map(lambda parts: {**parts[0], **(parts[1] or {}), **parts[2]})
flows = st.builds(
    lambda body, head: {"flow": "f", "start": "a", **head, **body},
    st.dictionaries(st.sampled_from(NODES), nodes, min_size=1, max_size=4),
    tables(everywhere=st.none() | st.dictionaries(st.sampled_from("*#"), targets, max_size=1), idle=maybe, trouble=maybe),
)
CALLED = {
    "asks": '[m]\nsay = { zh = "x", en = "In" }\nmenu = { 1 = "return" }\nretries = 0\notherwise = "return"\n',
    "says": '[m]\nsay = { zh = "x", en = "In" }\nnext = "return"\n',
    "records": '[m]\nrecord = { zh = "x", en = "In", into = "z", otherwise = "return" }\nnext = "return"\n',
    "sends on": '[m]\nnext = "queue:consult"\nthen = "return"\nfailed = "return"\n',
}
"""What a flow does that another one calls."""


def mentioned(of: Any) -> set[str]:
    """Every text in a table."""
    inside = of.values() if isinstance(of, dict) else of if isinstance(of, list) else ()
    return {of} if isinstance(of, str) else {text for each in inside for text in mentioned(each)}


def tidied(flow: dict[str, Any]) -> dict[str, Any]:
    """A flow as somebody could mean it: all it leads to is there, nothing else is, and its variables have values from the start."""
    given = {name: flow.get(name, {"next": "release"}) for name in NODES}
    given["a"] = {**given["a"], "set": {"x": "1", "y": "2", **given["a"].get("set", {})}}
    for step in ("lookup", "authenticate", "ask", "yes_no", "record"):
        given["a"].pop(step, None)  # it would be left before they have values
    head = {key: of for key, of in flow.items() if key not in NODES and of not in ("again", "return", "nowhere")}
    head["everywhere"] = {key: of for key, of in head.get("everywhere", {}).items() if of not in ("again", "return", "nowhere")}
    ahead, kept = ["a", *(mentioned(head) & set(NODES))], dict[str, Any]()
    while ahead:
        name = ahead.pop()
        if name not in kept:
            kept[name] = replaced(given[name])
            ahead += mentioned(kept[name]) & set(NODES)
    return {**head, **kept}


def replaced(of: Any) -> Any:
    """Without the node that is not there."""
    if isinstance(of, dict):
        return {key: replaced(each) for key, each in of.items()}
    return [replaced(each) for each in of] if isinstance(of, list) else "release" if of == "nowhere" else of


sound_flows = flows.map(tidied)
onward = st.sampled_from(NODES)
rounds = st.one_of(
    tables(say=say, menu=st.fixed_dictionaries({"1": onward}), otherwise=onward, retries=few),
    tables(say=say, next=onward),
    tables(call=st.just("g"), next=onward),
    tables(record=tables(zh=spoken, en=spoken, into=names), otherwise=onward, next=onward),
    tables(lookup=tables(gateway=st.just("billing"), query=st.just("bill"), into=names), otherwise=onward, next=onward),
    tables(next=st.sampled_from(["queue:consult", "announcement:closed"]), then=onward, failed=onward),
)
"""Nodes that lead to nodes: a caller in them is never let go by any."""
round_flows = st.fixed_dictionaries({"a": tables(say=say, next=onward), **dict.fromkeys(NODES[1:], rounds)}).map(
    lambda body: tidied({"flow": "f", "start": "a", **body})
)

json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def called(does: str) -> str:
    """The flow that others call."""
    return f'flow = "g"\nstart = "m"\n{CALLED[does]}'


def checked(data: dict[str, Any], does: str = "says") -> bool:
    """Whether a flow is read and found sound; anything but a clear refusal fails the test."""
    document = Document.parse(written(data), "flow.toml")
    try:
        content = document.structure(FlowFile)
    except ConfigError:
        return False
    program = program_of("f", CallFlowFile("flow.toml", content, document), ("zh", "en"), lambda piece: piece.text)
    other = program_of("g", flow_of(called(does)), ("zh", "en"), lambda piece: piece.text)
    plan = small_plan(programs={"f": program, "g": other}, **CENTRE)
    found = list(mistakes(program, plan))
    assert all(where and text for where, text in found)
    return not found


@pytest.mark.requirement("IVR-01")
@given(st.dictionaries(st.sampled_from([*NODES, "flow", "start", "everywhere", "idle_s", "variables"]), json_like, max_size=5))
def test_anything_is_read_or_refused(data: dict[str, Any]) -> None:
    with suppress(ConfigError):
        Document.parse(written(data), "flow.toml").structure(FlowFile)


@pytest.mark.requirement("IVR-01")
@given(flows)
def test_any_flow_is_checked(data: dict[str, Any]) -> None:
    checked(data)


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_is_refused(text: str) -> None:
    def nobody(_name: str) -> Value:
        raise KeyError

    with suppress(ValueError, Trouble):
        parse(text).evaluate(nobody)


@given(st.text(alphabet="{}:a1 .,你好=", max_size=30))
def test_any_text_is_speech_or_is_refused(text: str) -> None:
    with suppress(ValueError):
        read_text(text)


def behave(call: Walk, choices: list[str]) -> None:
    """Press, answer for the world outside and be silent, as the choices say; what is asked of the call is checked all along."""
    answered = 0
    for choice in choices:
        if call.released:
            return
        if len(call.asked) > answered:
            asked = call.asked[answered]
            answered += 1
            if isinstance(asked, AskGateway):
                answers: dict[str, Any] = {"1": {"amount": 5}, "2": [{"amount": 5}], "3": None, "4": "text"}
                call.give(GatewayAnswered(asked.token, answers.get(choice[:1]), "" if choice != "5" else "down"))
            elif isinstance(asked, CheckAccount):
                call.give(AccountChecked(asked.token, "right"))
        elif choice:
            call.key(choice)
        else:
            call.wait(9.0)


def stated_s(of: Any) -> float:
    """The longest silence that a flow states."""
    inside = of.values() if isinstance(of, dict) else of if isinstance(of, list) else ()
    own = [float(each) for key, each in of.items() if key in ("wait_s", "first_s", "next_s")] if isinstance(of, dict) else []
    return max([8.0, *own, *map(stated_s, inside)])


def goes_silent(data: dict[str, Any], does: str, choices: list[str]) -> None:
    """The caller does as the choices say, and then nothing any more: he is never left in silence, and let go at last."""
    call = Walk(written(data), *([called(does)] if '"g"' in written(data) else []), **CENTRE)
    behave(call, choices)
    call.hear_out()
    rendered = 0
    silent_since = call.now
    for _ in range(6000):  # from here on he does nothing
        while rendered < len(call.asked):  # gateways and accounts answer no more; what is read out comes at once
            asked = call.asked[rendered]
            rendered += 1
            if isinstance(asked, Render):
                call.give(Rendered(asked.token, asked.text)).hear_out()
                silent_since = call.now
        if call.released or call.with_people:
            break
        if call.contact.recording:  # nobody speaks, and the line ends it
            call._tick(call.now + 60.0)
            call.give(RecordingEnded(LINE, call.contact.recording, "message.wav", 60.0, 0)).hear_out()
            silent_since = call.now
            continue
        heard, music = len(call.said), call.playing is not None
        call._tick(max(call.now, call.engine.next_deadline()))
        silent_since = call.now if music else silent_since
        silent_s = call.now - silent_since
        assert silent_s <= stated_s(data) + 1e-6, f"{silent_s} s of silence at {call.contact.nodes}"
        if call.playing is not None or len(call.said) > heard:
            call.hear_out()
            silent_since = call.now
    else:
        raise AssertionError(f"it never ends: {call.ways[-5:]}")
    broken = [row.detail for row in call.kept if isinstance(row, CallEvent) and row.what == "script failed"]
    assert broken == []


@pytest.mark.requirement("IVR-02")
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])  # some go in circles, and are refused
@given(sound_flows, st.sampled_from(sorted(CALLED)), st.lists(st.sampled_from(["", "1", "2", "5", "*", "#", "202610#"]), max_size=12))
def test_a_sound_flow_never_leaves_a_caller_in_silence_nor_for_ever(data: dict[str, Any], does: str, choices: list[str]) -> None:
    assume(checked(data, does))
    goes_silent(data, does, choices)


@pytest.mark.requirement("IVR-02")
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(round_flows, st.sampled_from(sorted(CALLED)))
def test_a_flow_that_itself_lets_nobody_go_does_not_keep_a_silent_caller_for_ever(data: dict[str, Any], does: str) -> None:
    assume(checked(data, does))
    goes_silent(data, does, [])
