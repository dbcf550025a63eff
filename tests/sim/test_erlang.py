"""Exact queueing results: known values, and what must hold for all of them."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.erlang import erlang_a, erlang_b, erlang_c, erlang_c_within

pytestmark = pytest.mark.requirement("SIM-04")

servers = st.integers(1, 200)
loads = st.floats(0.01, 300)
times = st.floats(1, 1000)


@pytest.mark.parametrize(
    ("c", "rate", "service_s", "patience_s", "p_wait", "p_abandon", "mean_wait_s"),
    [
        (62, 1 / 3, 180, 120, 0.376687, 0.0413592, 4.963104),
        (500, 500 / 240, 240, 120, 0.421222, 0.0208974, 2.507683),
        (14, 100 / 1800, 180, 300, 0.145260, 0.013984, 4.195),
    ],
)
def test_erlang_a(c: int, rate: float, service_s: float, patience_s: float, p_wait: float, p_abandon: float, mean_wait_s: float) -> None:
    found = erlang_a(c, rate, service_s, patience_s)
    assert found.p_wait == pytest.approx(p_wait, abs=5e-7)
    assert found.p_abandon == pytest.approx(p_abandon, abs=5e-7)
    assert found.mean_wait_s == pytest.approx(mean_wait_s, abs=5e-4)


def test_erlang_c() -> None:
    found = erlang_c(14, 100 / 1800, 180)
    assert found.p_wait == pytest.approx(0.174132, abs=5e-7)
    assert found.asa_s == pytest.approx(7.836, abs=5e-4)
    assert erlang_c_within(14, 100 / 1800, 180, 20) == pytest.approx(0.888350, abs=5e-7)
    assert erlang_c(68, 60, 1).p_wait == pytest.approx(0.228033, abs=5e-7)


def test_erlang_b_tables() -> None:
    # Values of published tables for blocking of 1 % and 0.1 %.
    assert erlang_b(10, 4.461) == pytest.approx(0.01, abs=2e-5)
    assert erlang_b(30, 20.337) == pytest.approx(0.01, abs=2e-5)
    assert erlang_b(100, 75.24) == pytest.approx(0.001, abs=2e-5)
    assert erlang_b(0, 5) == 1


def test_a_queue_that_is_overloaded_has_no_end() -> None:
    assert erlang_c(5, 1, 5).mean_wait_s == inf
    assert erlang_c_within(5, 1, 5, 20) == 0


@pytest.mark.parametrize("wrong", [lambda: erlang_b(-1, 1), lambda: erlang_a(0, 1, 1, 1), lambda: erlang_a(1, 1, 1, 0)])
def test_what_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):
        wrong()  # type: ignore[operator]


@given(servers, loads)
def test_more_servers_lose_less(c: int, load: float) -> None:
    assert 0 <= erlang_b(c, load) <= erlang_b(c - 1, load) <= 1


@given(servers, st.floats(0.01, 0.97), times)
def test_with_endless_patience_a_is_c(c: int, occupancy: float, service_s: float) -> None:
    rate = occupancy * c / service_s
    endless, exact = erlang_a(c, rate, service_s, 1e9 * service_s), erlang_c(c, rate, service_s)
    assert endless.p_wait == pytest.approx(exact.p_wait, rel=1e-4)
    assert endless.mean_wait_s == pytest.approx(exact.mean_wait_s, rel=1e-3)
    assert endless.asa_s == pytest.approx(exact.asa_s, rel=1e-3)


@given(servers, loads, times, times)
def test_what_leaves_the_queue_equals_what_gives_up_in_it(c: int, load: float, service_s: float, patience_s: float) -> None:
    found = erlang_a(c, load / service_s, service_s, patience_s)
    assert 0 <= found.p_abandon <= found.p_wait <= 1
    # Little's law on patience: each second waited is given up with the rate 1 / patience.
    assert found.p_abandon == pytest.approx(found.mean_wait_s / patience_s, rel=1e-9)
    # Who waits is answered or gives up; those who give up have waited less than their mean patience.
    assert found.asa_s * (1 - found.p_abandon) <= found.mean_wait_s * (1 + 1e-9) or found.p_abandon < 1e-12


@given(servers, loads, times, times)
def test_busy_servers_are_the_load_that_does_not_give_up(c: int, load: float, service_s: float, patience_s: float) -> None:
    found = erlang_a(c, load / service_s, service_s, patience_s)
    assert load * (1 - found.p_abandon) <= c * (1 + 1e-9)
