"""How long a caller may think: before the first digit, between two of them, and what he keys in one go for what was refused."""

import pytest

from tests.core.walking import Walk

pytestmark = pytest.mark.requirement("IVR-02")

ASKED = """
flow  = "f"
start = "a"
[a]
otherwise = "gone"
say       = { zh = "谢谢", en = "Thank you" }
next      = "release"
ask       = { digits = "2-6", into = "number", first_s = 10, next_s = 3, retries = 1, valid = "number != '99'", zh = "编号", en = "Number" }
[gone]
say  = { zh = "再见", en = "Goodbye" }
next = "release"
"""


def asked() -> Walk:
    return Walk(ASKED).hear_out()


def test_the_first_digit_may_come_late_and_the_next_ones_sooner() -> None:
    call = asked().wait(9.5)
    for digit in "44":
        call.key(digit).wait(2.5)
        assert "number" not in call.contact.variables, "he still may key another one"
    call.wait(1)
    assert (call.contact.variables["number"], call.said) == ("44", ["Number", "Thank you"])


def test_who_keys_nothing_is_asked_again_and_no_sooner() -> None:
    call = asked().wait(9.5)
    assert call.said == ["Number"]
    assert call.wait(1).said == ["Number", "Number"]
    assert call.wait(12).said == ["Number", "Number", "Goodbye"]


def test_a_pause_between_digits_ends_a_number_that_is_too_short_as_well() -> None:
    call = asked().key("4").wait(2.5)
    assert call.said == ["Number"]
    assert call.wait(1).said[-1] == "Number"
    assert call.key("4471#").hear_out().contact.variables["number"] == "4471"


def test_what_was_keyed_ahead_behind_an_answer_that_is_refused_answers_nothing_else() -> None:
    hello = '[hello]\nsay = { zh = "您好", en = "Hello" }\nbarge_in = false\nnext = "a"\n'
    call = Walk(ASKED.replace('start = "a"', 'start = "hello"') + hello).key("99#4471#").hear_out()
    assert "number" not in call.contact.variables, "that was meant for what came after a right one"
    assert call.said[-1] == "Number"
    assert call.key("4471#").hear_out().contact.variables["number"] == "4471"
