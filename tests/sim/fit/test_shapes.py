"""Lengths of time are recovered from draws, censored or not, and the right shape is chosen."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.config import Duration
from sim.distributions import Distribution, Exponential, Lognormal, Weibull, length_at, mean_of
from sim.fit.shapes import fits_of, survival_of
from sim.streams import Stream

pytestmark = pytest.mark.requirement("SIM-02")


def censored(shape: Distribution, offered: Distribution, count: int, seed: int) -> tuple[list[float], list[float]]:
    """(those who gave up, those who were served before) of people who are offered an agent after a while."""
    waits = zip(Stream(seed, "patience").block(count), Stream(seed, "offered").block(count), strict=True)
    pairs = [(length_at(shape, patience), length_at(offered, offer)) for patience, offer in waits]
    return [patience for patience, offer in pairs if patience <= offer], [offer for patience, offer in pairs if patience > offer]


SHAPES: dict[str, Callable[[float, float], Distribution]] = {
    "exponential": lambda mean, _: Exponential(mean_s=mean),
    "weibull": lambda mean, bend: Weibull(mean_s=mean, shape=1.3 + bend),
    "lognormal": lambda mean, bend: Lognormal(mean_s=mean, sigma=0.5 + bend / 2),
}


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.floats(20, 600), st.floats(0, 1), st.integers(0, 10**6))
def test_what_was_drawn_is_found_again(name: str, mean: float, bend: float, seed: int) -> None:
    """With 4,000 lengths: means within 12 %, shapes within 10 %, and never a worse shape than the true one by more than chance makes."""
    true = SHAPES[name](mean, bend)
    lengths = [length_at(true, draw) for draw in Stream(seed, "talk").block(4000)]
    fits = {fit.name: fit for fit in fits_of(lengths)}
    best = min(fit.aic for fit in fits.values())
    assert fits[name].aic - best < 12
    found = fits[name].shape
    assert mean_of(found) == pytest.approx(mean_of(true), rel=0.12)
    for bent in ("shape", "sigma"):
        if hasattr(true, bent):
            assert getattr(found, bent) == pytest.approx(getattr(true, bent), rel=0.1)
    assert fits[name].distance < 0.035


@settings(max_examples=15, deadline=None)
@given(st.floats(30, 300), st.floats(0, 1), st.integers(0, 10**6))
def test_patience_is_found_again_although_most_are_served_before_they_lose_it(mean: float, bend: float, seed: int) -> None:
    """Of 8,000 callers, offered an agent after half their patience in the mean: patience within 15 %, its shape within 12 %."""
    true = Weibull(mean_s=mean, shape=1 + bend)
    gave_up, served = censored(true, Exponential(mean_s=mean / 2), 8000, seed)
    assert len(served) > len(gave_up)
    fits = {fit.name: fit for fit in fits_of(gave_up, served)}
    found = fits["weibull"].shape
    assert isinstance(found, Weibull)
    assert found.mean_s == pytest.approx(mean, rel=0.15)
    assert found.shape == pytest.approx(1 + bend, rel=0.12)
    assert fits["weibull"].aic - min(fit.aic for fit in fits.values()) < 12


def test_to_leave_out_those_who_were_served_makes_people_far_less_patient() -> None:
    gave_up, served = censored(Exponential(mean_s=120), Exponential(mean_s=60), 5000, 1)
    right, naive = fits_of(gave_up, served)[0], fits_of(gave_up)[0]
    assert mean_of(right.shape) == pytest.approx(120, rel=0.06)
    assert mean_of(naive.shape) < 50


def test_the_curve_of_kaplan_and_meier_by_hand() -> None:
    curve = survival_of([1, 3, 3, 6], [2, 4, 5])
    assert list(curve.at_s) == [1, 3, 6]
    assert curve.share == pytest.approx((6 / 7, 6 / 7 * 3 / 5, 0))
    assert all(low <= share <= high or high == 0 for low, share, high in zip(curve.low, curve.share, curve.high, strict=True))


def test_lengths_that_somebody_has_set_are_told_from_chance() -> None:
    (fit,) = fits_of([20.0] * 95 + [3.0, 8.0, 11.0, 14.0])
    assert fit.shape == Duration(20)
    assert fits_of([20.0] * 50 + [float(n) for n in range(1, 51)])[0].name != "fixed"


def test_patience_that_all_have_alike_is_no_chance_either_though_others_were_served() -> None:
    (fit,) = fits_of([20.0] * 50, [float(n % 20) for n in range(200)])
    assert (fit.shape, fit.lasting(19.9), fit.lasting(20.1)) == (Duration(20), 1.0, 0.0)
    longer = fits_of([20.0] * 50, [30.0] * 40)
    assert longer[0].name != "fixed", "so many waited longer, and did not give up after 20 s"


def test_a_handful_says_nothing() -> None:
    assert fits_of([1.0, 2.0, 3.0]) == []
