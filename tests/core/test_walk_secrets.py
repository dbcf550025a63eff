"""What is keyed as a secret is kept and shown nowhere, whatever a flow does with it, and whatever goes wrong."""

import pytest

from appliance.core.actions import CheckAccount, Render
from appliance.core.inputs import AccountChecked
from appliance.core.plan import Plan
from tests.core.test_walk import GATEWAYS
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
