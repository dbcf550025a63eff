"""A caller for whom the world outside is asked waits neither in silence nor for the answer to another question."""

import pytest

from appliance.core.inputs import AccountChecked
from tests.core.walked import ACCOUNT, ACCOUNTS, PIN
from tests.core.walking import Walk

pytestmark = pytest.mark.requirement("IVR-06")

AGAIN = PIN.replace('trouble = "queue:consult"', 'trouble = "ask"')


def checked(**changes: object) -> Walk:
    """The caller has keyed his PIN."""
    return Walk(ACCOUNT, AGAIN, **ACCOUNTS, **changes).key("4471#").hear_out().key("1234")


def test_who_waits_for_the_check_of_his_account_hears_music() -> None:
    call = checked(prompts={"music": {"en": ("music",)}}).wait(1.0)
    assert call.said[-1] == "PIN"
    call.wait(1.0)
    assert call.said[-1] == "music"
    call.give(AccountChecked(call.asked[0].token, "right")).hear_out()
    assert call.said[-1] != "music"
    assert "Welcome back" in call.said


def test_the_late_answer_to_a_check_is_none_to_the_next_one() -> None:
    call = checked().wait(62.0)
    assert call.ways[-1] == ("ask", "trouble")
    call.key("9999")
    first, second = call.asked
    call.give(AccountChecked(first.token, "right")).hear_out()
    assert "Welcome back" not in call.said
    call.give(AccountChecked(second.token, "wrong")).hear_out()
    assert call.ways[-2:] == [("ask", "wrong"), ("wrong", "next")]
