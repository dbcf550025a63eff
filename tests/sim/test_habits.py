"""Callers of several kinds, VIPs by their numbers, mistakes at the keys, and who calls again how often."""

from collections import Counter
from itertools import pairwise
from statistics import fmean

import pytest

from appliance.config import ConfigError
from sim.answering import slipped
from sim.draws import Draws
from tests.sim.day import SITE, lived, small_day

pytestmark = pytest.mark.requirement("SIM-02")

OFTEN = ('every = "60 s"', 'every = "1 s"')
KINDS = """
[callers.kinds.english]
share    = 0.2
presses  = { "2" = 1.0 }
patience = { exponential = { mean_s = 30 } }
[callers.kinds.vips]
share = 0.1
vips  = true
talk  = "90 s"
[agents]
"""
VIPS = '[callers]\n057188990000 = { vip = true, name = "A" }\n"05718900*" = { vip = true, name = "B" }\n13800000000 = { name = "C" }\n'
HABITS = ('talk = "30 s"', 'talk = "30 s"\npresses = { "1" = 1.0 }\npatience = { exponential = { mean_s = 90 } }')


def drawn(*changes: tuple[str, str], site: str = SITE, seed: int = 1) -> Draws:
    scenario, made = small_day(OFTEN, *changes, site=site)
    return Draws(scenario, made, seed)


def test_kinds_of_callers_do_as_is_said_of_them_and_otherwise_as_all() -> None:
    calls = drawn(HABITS, ("[agents]\n", KINDS), site=SITE + VIPS).calls
    counts = Counter(call.kind for call in calls)
    assert abs(counts["english"] - 120) < 40
    assert abs(counts["vips"] - 60) < 30
    assert {(call.kind, call.keys) for call in calls} == {("", "1"), ("vips", "1"), ("english", "2")}
    assert {(call.kind, call.talk_s) for call in calls} == {("", 30), ("english", 30), ("vips", 90)}
    assert (
        fmean(call.patience_s for call in calls if call.kind == "english") < 45 < fmean(call.patience_s for call in calls if not call.kind)
    )


def test_vips_call_from_their_own_numbers_and_others_from_none_of_them() -> None:
    calls = drawn(HABITS, ("[agents]\n", KINDS), site=SITE + VIPS).calls
    numbers = {call.ani for call in calls if call.kind == "vips"}
    assert "057188990000" in numbers
    assert all(number == "057188990000" or (number.startswith("05718900") and len(number) == 12) for number in numbers)
    assert len(numbers) > 5
    assert all(call.ani.startswith("139") for call in calls if call.kind != "vips")


def test_kinds_leave_everybody_at_his_place_among_the_others() -> None:
    plain = drawn(HABITS).calls
    kinds = drawn(HABITS, ("[agents]\n", KINDS), site=SITE + VIPS).calls
    assert [call.at for call in plain] == [call.at for call in kinds]
    assert all(one.patience_s == other.patience_s for one, other in zip(plain, kinds, strict=True) if other.kind == "")
    assert all(
        other.patience_s == pytest.approx(one.patience_s / 3) for one, other in zip(plain, kinds, strict=True) if other.kind == "english"
    )


def test_one_customer_has_one_telephone() -> None:
    kinds = '[callers.kinds.one]\nshare = 1.0\nnumbers = ["057188990000"]\n[agents]\n'
    centre = lived(("[agents]\n", kinds), ('every = "60 s"', 'every = "20 s"'))
    calls = sorted((caller.placed_at, caller.ended_at or 0) for caller in centre.world.callers)
    assert len(calls) > 15
    assert all(end <= begin for (_, end), (begin, _) in pairwise(calls))
    assert centre.world.problems == []


def test_who_mistakes_a_key_presses_one_beside_it() -> None:
    assert slipped("5", lambda _: 0.5, 0.4, 0.0) == "5"
    assert {slipped("5", {0: draw / 10}.__getitem__, 0.5, 0.0) for draw in range(5)} == {"2", "4", "6", "8"}
    assert slipped("1234", lambda n: 0.0 if n == 2 else 0.9, 0.0, 0.1) in {"1264", "1224"}
    assert slipped("", lambda _: 0.0, 1.0, 1.0) == ""


def test_mistakes_at_a_menu_lead_elsewhere() -> None:
    menu = (("1 = { every", "2 = { every"), ('every = "60 s"', 'every = "10 s"'))
    slips = ('talk = "30 s"', 'talk = "3 s"\npresses = { "1" = 1.0 }\nslips = { wrong_key = 0.4 }')
    centre = lived(*menu, slips)
    pressed = Counter(row.keys for row in centre.store.contacts)
    assert 15 < pressed["1"] < 50
    assert set(pressed) <= {"1", "2", "4"}


def test_calling_again_grows_less_likely_and_ends() -> None:
    redial = 'redial = { chance = 0.8, after = "5 s", most = 3, decay = 0.5 }\nredial_blocked = { chance = 1.0, after = "1 s" }'
    draws = drawn(('talk = "30 s"', f'talk = "30 s"\n{redial}'))
    calls = draws.calls
    shares = [fmean(draws.redials_after_s(call, attempt) is not None for call in calls) for attempt in range(4)]
    assert [round(share, 1) for share in shares] == [0.8, 0.4, 0.2, 0.0]
    assert {draws.redials_after_s(call, 0, "blocked") for call in calls} == {1}
    assert {draws.redials_after_s(call, 0, "abandoned") for call in calls} == {None, 5}


@pytest.mark.parametrize(
    ("habit", "said"),
    [
        ("kinds = { a = { share = 0.7 }, b = { share = 0.6 } }", "day.toml:8: callers.kinds: the shares add up to 1.3"),
        ('kinds = { a = { share = 0.7, presses = { "1" = 0.5 } } }', "callers.kinds.a.presses: the shares add up to 0.5, not to 1"),
        ('kinds = { a = { share = 0.7, vips = true, numbers = ["123"] } }', "their numbers are either these or the site's VIPs"),
        ('kinds = { a = { share = 0.7, presses = { "1" = 1.0 }, answers = { "a.b" = { "1" = 1.0 } } } }', "exclude each other"),
        ("slips = { wrong_key = 2 }", "callers.slips.wrong_key: 2 is out of range"),
        ('redial = { chance = 0.5, after = "5 s", most = 0 }', "callers.redial.most: 0 is out of range"),
    ],
)
def test_mistakes_in_habits(habit: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        small_day(('talk = "30 s"', f'talk = "30 s"\n{habit}'))
    assert said in str(caught.value)
