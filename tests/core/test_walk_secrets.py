"""What is keyed as a secret is kept and shown nowhere, whatever a flow does with it, and whatever goes wrong."""

import pytest

from appliance.core.actions import CheckAccount, Render
from appliance.core.inputs import AccountChecked
from appliance.core.plan import Choice, Plan
from tests.core.acd import queues
from tests.core.walked import GATEWAYS
from tests.core.walking import Walk

PIN = """
flow  = "f"
start = "a"
[a]
ask  = { zh = "密码", en = "PIN", into = "pin", digits = 6, secret = true, otherwise = "release" }
set  = { copy = "last(pin, 4)" }
next = "b"
[b]
next = "release"
"""


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize(
    "does",
    [
        'set = { x = "pin + 1" }',
        'set = { x = "copy > 1" }',
        'set = { language = "pin" }',
        'say = { zh = "{copy:date}", en = "{copy:date}" }',
        'say = { zh = "{copy:text}", en = "{copy:text}" }',
        'say = { zh = "{pin:digits}", en = "{pin:digits}" }',
        'note = { x = "copy" }',
        'answer = { poll = "p", question = "q", value = "copy" }',
        'ticket = { kind = "k", subject = "pin", call_back = "copy", recording = "pin" }',
        'send = { document = "d", by = "sms", to = "pin", with = { x = "copy" } }',
    ],
)
def test_a_secret_is_in_no_row_no_speech_and_no_alarm_even_if_a_flow_is_not_checked(does: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plan, "problems", lambda _plan: [])
    call = Walk(PIN + does, **GATEWAYS).hear_out().key("837465").hear_out()
    assert call.released
    assert [row for row in call.kept if "7465" in repr(row)] == []
    assert [asked for asked in call.asked if isinstance(asked, Render)] == []
    assert [alarm for alarm in call.engine.state.alarms.values() if "7465" in repr(alarm)] == []


def test_an_account_that_is_secret_is_not_shown_to_agents_either() -> None:
    does = 'authenticate = { accounts = "customers", account = "pin", pin = "copy", otherwise = "release" }'
    call = Walk(PIN + does, **GATEWAYS, accounts=frozenset({"customers"})).hear_out().key("837465").hear_out()
    asked = call.asked[-1]
    assert isinstance(asked, CheckAccount)
    assert (asked.account, asked.pin) == ("837465", "7465")
    call.give(AccountChecked(asked.token, "right")).hear_out()
    assert call.contact.data["authenticated"] == "••••"
    assert [row for row in call.kept if "7465" in repr(row)] == []


THEN = """
flow  = "f"
start = "z"
[z]
say      = { zh = "您好", en = "Hello" }
barge_in = false
next     = "a"
[a]
ask  = { zh = "密码", en = "PIN", into = "pin", digits = 4, secret = true, otherwise = "release" %s }
next = "b"
[b]
%s
next = "c"
[c]
next = "release"
"""
DIGITS = 'ask = { zh = "编号", en = "Number", into = "number", digits = 2, otherwise = "release" }'
AGAIN = 'ask = { zh = "再次", en = "Again", into = "same", digits = 4, secret = true, otherwise = "release" }'


def with_then(does: str, more: str = "") -> Walk:
    return Walk(THEN % (more, does), **GATEWAYS).hear_out()


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize("ahead", [True, False])
def test_a_digit_too_many_of_a_secret_answers_nothing_else_and_is_in_no_row(ahead: bool) -> None:
    call = Walk(THEN % ("", DIGITS), **GATEWAYS) if ahead else with_then(DIGITS)
    call.key("837465").hear_out()
    assert (call.said[-1], call.contact.keys) == ("Number", "••••")
    call.wait(3).key("12").hear_out()
    assert call.contact.variables["number"] == "12"
    assert call.said.count("Number") == 1, "its prompt was not cut short, and no answer was wrong"
    assert call.contact.keys == "••••12"


@pytest.mark.requirement("IVR-06")
def test_what_comes_after_the_end_key_or_a_pause_is_meant_for_the_next_question() -> None:
    for call in (with_then(DIGITS), Walk(THEN % ("", DIGITS), **GATEWAYS)):
        call.key("83746#12").hear_out()
        assert (call.contact.variables["number"], call.contact.keys) == ("12", "••••12")
    late = with_then(DIGITS).key("8374")
    late.now += 1.5
    late.key("6")  # each so soon after the one before
    late.now += 1.5
    late.key("5").hear_out()
    assert late.said[-1] == "Number"
    late.now += 2.5
    assert late.key("12").hear_out().contact.variables["number"] == "12"


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize("more", ["1", "11", "#", "1#"])
def test_a_digit_too_many_of_a_secret_and_its_end_key_choose_nothing_in_a_queue_either(more: str) -> None:
    then = (THEN % ("", "")).replace('next = "release"', 'next = "queue:consult"')
    call = Walk(then, **GATEWAYS, queues=queues(keys={"1": Choice("voicemail"), "#": Choice("release")})).hear_out()
    call.key(f"8374{more}").hear_out()
    assert (call.contact.state.value, call.contact.keys) == ("queued", "••••")
    call.now += 2.5
    assert "message.en.wav" in call.key("1").hear_out().said


@pytest.mark.requirement("IVR-06")
def test_a_star_is_no_digit_and_leads_where_it_does() -> None:
    for hears in (True, False):
        call = Walk('everywhere = { "*" = "c" }\n' + (THEN % ("", DIGITS)), **GATEWAYS)
        call = call.hear_out() if hears else call
        call.key("83746*").hear_out()
        assert call.ways[-2:] == ([("b", "*"), ("c", "next")] if hears else [("a", "*"), ("c", "next")])


@pytest.mark.requirement("IVR-06")
def test_the_next_secret_may_be_keyed_at_once_and_so_may_what_confirms_one() -> None:
    call = with_then(AGAIN).key("83748374").hear_out()
    assert (call.contact.variables["pin"], call.contact.variables["same"]) == ("8374", "8374")
    confirmed = 'confirm = { zh = "x", en = "Right?" }'
    call = with_then(DIGITS, f", {confirmed}").key("8374").key("1").key("12").hear_out()
    assert call.contact.variables["number"] == "12"


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize("ahead", [True, False])
def test_so_it_is_when_no_secret_was_right(ahead: bool) -> None:
    wrong = ", retries = 0, valid = \"pin = ''\""
    call = Walk((THEN % (wrong, DIGITS)).replace('otherwise = "release" , ret', 'otherwise = "b" , ret'), **GATEWAYS)
    call = call if ahead else call.hear_out()
    call.key("837465").hear_out()
    assert (call.said[-1], call.contact.keys) == ("Number", "••••")


def test_a_digit_too_many_of_what_is_no_secret_answers_what_asks_next() -> None:
    call = Walk((THEN % ("", DIGITS)).replace("secret = true, otherwise", "otherwise"), **GATEWAYS).hear_out()
    assert call.key("837412").hear_out().contact.variables["number"] == "12"
