"""Callers' numbers: which ways to write one are the same, and which no network could have given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callers.numbering import numbering_of
from appliance.core.admission.numbers import is_withheld, mistake_in, read_number
from appliance.core.plan import NumberingPlan

pytestmark = pytest.mark.requirement("ACC-06")

CHINA = numbering_of("CN")
NOWHERE = NumberingPlan()


@pytest.mark.parametrize(
    ("same", "written"),
    [
        ("+8613800138000", "13800138000 +8613800138000 008613800138000 8613800138000 013800138000"),
        ("+8657112345678", "057112345678 +8657112345678 008657112345678 +86057112345678"),
        ("+12125551234", "+12125551234 0012125551234"),
        ("95588", "95588 +8695588 008695588"),
    ],
)
def test_all_ways_to_write_a_number_are_the_same_caller(same: str, written: str) -> None:
    for number in written.split():
        read = read_number(number, CHINA)
        assert (read.same, read.right) == (same, True), number


def test_the_beginning_of_a_number_is_compared_as_people_write_it() -> None:
    assert read_number("+8657112345678", CHINA).forms == ("+8657112345678", "57112345678", "057112345678")
    assert "013800138000" not in read_number("+8613800138000", CHINA).forms, "a mobile number has no national prefix"
    assert read_number("+12125551234", CHINA).forms == ("+12125551234", "0012125551234")


@pytest.mark.parametrize(
    "number", ["12", "000000", "+999123456", "alice", "1380013800a", "+", "+86222", "+8622222", "13800138000138000", "00", "８００"]
)
def test_what_no_network_gives_is_not_right(number: str) -> None:
    assert not read_number(number, CHINA).right


@pytest.mark.parametrize(
    ("number", "right"), [("12", False), ("123", True), ("1" * 15, True), ("+" + "1" * 15, True), ("1" * 16, False), ("a123", False)]
)
def test_without_a_country_digits_are_counted(number: str, right: bool) -> None:
    assert read_number(number, NOWHERE).right is right
    assert read_number(number, NOWHERE).same == number


@pytest.mark.parametrize("ani", ["", "anonymous", "Anonymous", "unknown", "restricted", " "])
def test_a_withheld_number_is_known_by_its_words(ani: str) -> None:
    assert is_withheld(ani)
    assert not is_withheld("13800138000")


@given(st.text(alphabet="+0123456789*a ", max_size=24), st.sampled_from([CHINA, NOWHERE, numbering_of("DE"), numbering_of("US")]))
def test_any_text_is_read_and_reading_what_it_has_in_common_changes_nothing(text: str, plan: NumberingPlan) -> None:
    read = read_number(text, plan)
    assert read_number(read.same, plan).same == read.same
    assert read.forms
    for form in read.forms[:2] if read.right else ():
        assert read_number(form, plan).same == read.same


@given(st.text(alphabet="+0123456789*a", max_size=24))
def test_what_can_be_listed_is_digits_or_a_beginning(number: str) -> None:
    digits = number.removeprefix("+").removesuffix("*")
    whole = not number.endswith("*")
    can = digits.isdigit() and (3 <= len(digits) <= 20 if whole else len(digits) <= 19)
    assert (mistake_in(number) == "") is can


def test_a_country_that_there_is_not_has_no_plan() -> None:
    assert numbering_of("XX") == numbering_of("") == NOWHERE


def test_a_plan_whose_expressions_are_none_is_refused() -> None:
    assert NumberingPlan(country_code="1", national="(").problems()[0].startswith("numbering: '(' is no regular expression")
    assert CHINA.problems() == []
