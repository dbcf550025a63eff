"""Accounts and PINs in call flows, in a flow that another calls; nobody sees the secrets."""

import pytest

from appliance.core.actions import CheckAccount
from appliance.core.inputs import AccountChecked
from tests.core.walked import ACCOUNT, ACCOUNTS, PIN
from tests.core.walking import Walk


@pytest.mark.requirement("IVR-06")
def test_an_account_is_checked_by_a_flow_that_another_calls() -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#").hear_out().key("1234").hear_out()
    (asked,) = call.asked
    assert isinstance(asked, CheckAccount)
    assert (asked.accounts, asked.account, asked.pin, asked.new) == ("customers", "4471", "1234", "")
    assert asked.caller == call.contact.ani != ""
    call.give(AccountChecked(asked.token, "wrong")).hear_out().key("4321").hear_out()
    assert call.said == ["Account", "PIN", "Wrong", "PIN"]
    call.give(AccountChecked(call.asked[1].token, "right")).hear_out()
    assert "Welcome back" in call.said
    assert call.contact.data["authenticated"] == "4471"


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize(("outcome", "said"), [("locked", "Locked"), ("trouble", "PIN")])
def test_a_locked_account_and_accounts_in_trouble_have_their_own_ways(outcome: str, said: str) -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#").hear_out().key("1234").hear_out()
    call.give(AccountChecked(call.asked[0].token, outcome)).hear_out()
    assert call.said[2 if outcome == "locked" else 1] == said
    assert ("ask", outcome) in call.ways


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize(("more", "said"), [(', refused = "refused"', "Not that one"), ("", "Wrong")])
def test_a_new_pin_that_is_none_has_its_own_way_or_that_of_a_wrong_one(more: str, said: str) -> None:
    flow = PIN.replace('locked = "locked"', f'locked = "locked", new = "\'5555\'"{more}')
    if more:
        flow += '[refused]\nsay = { zh = "换一个", en = "Not that one" }\nnext = "release"\n'
    call = Walk(ACCOUNT, flow, **ACCOUNTS).key("4471#").hear_out().key("1234").hear_out()
    asked = call.asked[0]
    assert isinstance(asked, CheckAccount)
    assert asked.new == "5555"
    call.give(AccountChecked(asked.token, "refused")).hear_out()
    assert call.said[2] == said
    assert ("ask", "refused") in call.ways


@pytest.mark.requirement("IVR-06")
def test_a_secret_is_seen_by_nobody_and_kept_nowhere() -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#").hear_out().key("1234").hear_out()
    call.give(AccountChecked(call.asked[0].token, "right")).hear_out().wait(1)
    assert call.contact.keys == "4471#••••"
    assert call.contact.data["pin"] == "••••"
    everything = repr([*call.kept, *call.asked])
    assert "1234" not in everything
    assert "copy" in call.contact.secrets  # what is made of a secret is one


@pytest.mark.requirement("IVR-02")
def test_an_end_key_out_of_habit_after_the_last_digit_means_nothing_else() -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#").hear_out().key("1234#").hear_out()
    call.give(AccountChecked(call.asked[0].token, "wrong")).hear_out()
    assert call.contact.keys == "4471#••••"
    assert call.said == ["Account", "PIN", "Wrong", "PIN"], "the prompt is not cut short by it"
    call.key("1234").wait(3).key("#")
    call.give(AccountChecked(call.asked[1].token, "wrong")).hear_out()
    assert call.said.count("Wrong") == 1, "much later it is a key like any other, and cuts short what is said"


def test_a_key_typed_ahead_for_a_secret_is_not_seen_either() -> None:
    call = Walk(ACCOUNT, PIN, **ACCOUNTS).key("4471#1234").hear_out()
    assert isinstance(call.asked[0], CheckAccount)
    assert "1234" not in repr([*call.kept, *call.asked])
