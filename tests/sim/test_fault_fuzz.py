"""Whatever breaks, and however small or odd the centre's day is: every call ends once and is told once, and nothing is left over."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.draws import Draws
from sim.faults import FAULTS
from sim.run import BOARD, SWITCH, phones_of
from sim.virtual import Centre
from tests.sim.conserving import broken_promises
from tests.sim.day import small_day
from tests.thorough import DEEP, by_profile

pytestmark = pytest.mark.requirement("SIM-05")

_GATEWAYS = frozenset({"gateway slow", "gateway dead"})
_LINKS = frozenset({"cti link lost", "messages lost"})
KINDS = {
    BOARD: [kind for kind in FAULTS if kind not in _GATEWAYS | _LINKS],
    SWITCH: [kind for kind in FAULTS if kind not in _GATEWAYS],
}
"""What can break at the small centre, which has no gateways."""

Changes = tuple[tuple[str, str], ...]


@st.composite
def days(draw: st.DrawFn, kinds: list[str]) -> tuple[Changes, str]:
    """Changes to the small day, and the faults by chance."""
    number = draw(st.sampled_from(["1", "2"]))
    callers = [f'talk = "{draw(st.sampled_from([5, 30, 120]))} s"']
    callers += draw(st.sampled_from([[], ['patience = "20 s"'], ["patience = { exponential = { mean_s = 40 } }"]]))
    callers += draw(st.sampled_from([[], ['redial = { chance = 0.5, after = "20 s" }']]))
    if number == "2":
        callers += draw(st.sampled_from([[], ['presses = { "1" = 0.7, "9" = 0.2, "0" = 0.1 }']]))
    answers = draw(st.sampled_from(['"0 s"', '"2 s"', "{ uniform = { min_s = 1, max_s = 13 } }"]))
    changes = [
        ('1 = { every = "60 s" }', f"{number} = {{ per_hour = {draw(st.sampled_from([60, 200, 500]))} }}"),
        ('talk = "30 s"', "\n".join(callers)),
        ("hangs_up = 1.0", f"hangs_up = {draw(st.sampled_from([0.0, 0.5, 1.0]))}"),
        ('answers_after = "2 s"', f"answers_after = {answers}"),
        ("1001-1002", draw(st.sampled_from(["1001-1002", "1001"]))),
        ('stored = "0 s"', f'stored = "{draw(st.sampled_from([0, 5, 2000]))} ms"'),
    ]
    if draw(st.booleans()):
        changes += [('set_up = "0 s"', 'set_up = "5 ms"'), ('answer = "0 s"', 'answer = "2 ms"'), ('start = "0 s"', 'start = "30 ms"')]
    broken = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=5, unique=True))
    faults = [
        "[random_faults]",
        f"per_hour = {draw(st.sampled_from([30, 100, 400]))}",
        f"kinds = [{', '.join(map(repr, broken))}]",
        f"lasts = {{ exponential = {{ mean_s = {draw(st.sampled_from([2, 15, 60]))} }} }}",
    ]
    return tuple(changes), "\n".join(faults).replace("'", '"') + "\n"


def lives(day: tuple[Changes, str], seed: int, scheme: str) -> Centre:
    changes, extra = day
    scenario, site = small_day(*changes, extra=extra)
    centre = Centre(Draws(scenario, site, seed), site, phones_of(scheme))
    centre.run()
    return centre


_ALIKE = settings(
    derandomize=not DEEP,  # what is found is found by the deep profile; every day the same days are lived
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
)


@settings(_ALIKE, max_examples=by_profile(12, 40, 1500))
@given(days(KINDS[BOARD]), st.integers(0, 10_000))
def test_no_fault_breaks_conservation(day: tuple[Changes, str], seed: int) -> None:
    assert broken_promises(lives(day, seed, BOARD)) == []


@settings(_ALIKE, max_examples=by_profile(6, 40, 1500))
@given(days(KINDS[SWITCH]), st.integers(0, 10_000))
def test_no_fault_breaks_conservation_at_a_switch(day: tuple[Changes, str], seed: int) -> None:
    assert broken_promises(lives(day, seed, SWITCH)) == []
