"""The book of callers: which entry counts, what operators list beside the site file, and that its size costs nothing."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.callers.numbering import numbering_of
from appliance.core.admission.book import CallerBook
from appliance.core.admission.numbers import read_number
from appliance.core.plan import CallerPlan, NumberingPlan
from appliance.core.records import ListedCaller

pytestmark = pytest.mark.requirement("ACC-06")

CHINA = numbering_of("CN")
MOBILE, ABROAD = "13800138000", "+8613800138000"


def book(site: dict[str, CallerPlan] | None = None, *entries: ListedCaller, numbering: NumberingPlan = CHINA) -> CallerBook:
    made = CallerBook()
    made.load(site or {}, numbering)
    made.restore(entries)
    return made


def listed(number: str, kind: str = "block", **more: object) -> ListedCaller:
    return ListedCaller(number, kind, 0.0, "li", **more)  # type: ignore[arg-type] # whatever the test says


def blocks(made: CallerBook, ani: str, wall_s: float = 0.0) -> bool:
    caller = made.caller(ani, wall_s)
    return caller is not None and caller.blocked


def test_whole_numbers_count_before_beginnings_and_longer_ones_before_shorter_ones() -> None:
    made = book(None, listed("138*"), listed("13800*", "allow"), listed("1380013*"), listed(MOBILE, "allow"))
    assert [blocks(made, ani) for ani in ("13811111111", "13800222222", "13800133333", MOBILE, "13700137000")] == [
        True, False, True, False, False,
    ]  # fmt: skip


def test_an_entry_is_found_however_the_line_writes_the_number() -> None:
    made = book(None, listed(MOBILE), listed("0571*"), listed("+1*"))
    assert all(blocks(made, ani) for ani in (MOBILE, ABROAD, "057112345678", "+8657112345678", "+12125551234", "0012125551234"))
    assert not blocks(made, "010" + "12345678")


def test_the_operators_word_counts_before_the_site_files_about_the_same() -> None:
    site = {MOBILE: CallerPlan(blocked=True, name="王"), "95*": CallerPlan(priority=2)}
    assert blocks(book(site), ABROAD)
    known = book(site, listed(ABROAD, "allow")).caller(MOBILE, 0.0)
    assert known == CallerPlan(name="王"), "what else the site file says of him stays"
    assert blocks(book(site, listed("95*")), "95588")
    assert blocks(book(site, listed("138*", "allow")), MOBILE), "the site file's whole number is more exact than a beginning"


def test_a_vip_has_the_priority_that_was_given() -> None:
    made = book({MOBILE: CallerPlan(manager="1001", blocked=True)}, listed(MOBILE, "vip", priority=3, name="李"))
    assert made.caller(ABROAD, 0.0) == CallerPlan(vip=True, priority=3, manager="1001", name="李")


def test_an_entry_ends_by_itself() -> None:
    made = book({"138*": CallerPlan(blocked=True)}, listed(MOBILE, "allow", until_at=100.0), listed("138*", "allow", until_at=50.0))
    assert [blocks(made, MOBILE, at) for at in (99.9, 100.0)] == [False, True]
    assert [blocks(made, "13811111111", at) for at in (49.9, 50.0)] == [False, True]
    assert [str(found) for found in made.page(60.0)] == ["138* in the site file", "13800138000 by li"]


def test_an_entry_that_is_changed_or_removed_keeps_the_way_it_was_written() -> None:
    made = book(None, listed(MOBILE))
    assert made.put(listed(ABROAD, "vip")).number == MOBILE
    assert len(made) == 1
    assert made.put(listed("008613800138000", "removed")) == listed(MOBILE, "removed")
    assert made.caller(MOBILE, 0.0) is None
    assert made.page(0.0) == []
    for beginning in ("95*", "9*"):
        made.put(listed(beginning))
    made.put(listed("9*", "removed"))
    assert (blocks(made, "95588"), blocks(made, "96110")) == (True, False)


def test_another_countrys_plan_finds_the_same_entries() -> None:
    made = book(None, listed(MOBILE), numbering=NumberingPlan())
    assert (blocks(made, MOBILE), blocks(made, ABROAD)) == (True, False)
    made.load({}, CHINA)
    assert (blocks(made, MOBILE), blocks(made, ABROAD)) == (True, True)


NUMBERS = st.from_regex(r"1[35]8[01]{2}[01]{6}", fullmatch=True)
WRITTEN = st.one_of(NUMBERS, NUMBERS.map(lambda number: f"+86{number}"), st.from_regex(r"1[35]?[01]{0,2}\*", fullmatch=True))


@given(st.lists(st.tuples(WRITTEN, st.sampled_from(["block", "allow", "removed"])), max_size=12), NUMBERS)
def test_the_entry_that_counts_is_the_one_that_looking_at_all_of_them_finds(said: list[tuple[str, str]], ani: str) -> None:
    made = book()
    newest: dict[str, str] = {}
    for written, kind in said:
        made.put(listed(written, kind))
        newest[written if written.endswith("*") else read_number(written, CHINA).same] = kind
    there = {key: kind for key, kind in newest.items() if kind != "removed"}
    exact = there.get(f"+86{ani}")
    fits = [key for key in there if key.endswith("*") and ani.startswith(key[:-1])]
    wanted = exact or (there[max(fits, key=len)] if fits else "")
    assert blocks(made, ani) is (wanted == "block")
    assert {found.entry for found in made.page(0.0, most=50)} == {made.listed(key).number for key in there}  # type: ignore[union-attr]


@given(st.sets(NUMBERS, max_size=30), st.sets(NUMBERS, max_size=10), st.integers(1, 7), st.sampled_from(["", "13", "158", "9"]))
@settings(max_examples=50)
def test_pages_have_every_entry_once_and_in_order(by_operators: set[str], by_site: set[str], most: int, begins: str) -> None:
    made = book({number: CallerPlan() for number in by_site}, *map(listed, sorted(by_operators)))
    pages: list[str] = []
    while page := made.page(0.0, after=pages[-1] if pages else "", begins=begins, most=most):
        pages += [found.entry for found in page]
    assert pages == sorted(number for number in by_operators | by_site if number.startswith(begins))


class Counting(dict[str, Any]):
    """A dictionary that counts how often something is looked up in it."""

    looked = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.looked += 1
        return super().get(key, default)


@pytest.mark.slow
def test_a_look_up_among_a_hundred_thousand_entries_takes_no_more_steps_than_among_ten() -> None:
    steps = []
    for size in (10, 100_000):
        made = book(None, *(listed(f"138{n:08}") for n in range(size)), listed("95*"), listed("138000*", "allow"))
        counting = made._listed._entries = Counting(made._listed._entries)
        assert (blocks(made, "13800000007"), blocks(made, "95588"), made.caller("13900000000", 0.0)) == (True, True, None)
        steps.append(counting.looked)
    assert steps[0] == steps[1] < 12
