"""Rates and their variation are recovered from calls that were drawn."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from appliance.config import Document
from appliance.site.model import site_of
from sim.coming import sources
from sim.draws import Draws
from sim.fit.rates import Rates, rates_of
from sim.scenario import Scenario
from tests.sim.day import SITE

pytestmark = pytest.mark.requirement("SIM-02")

FIRST = date(2026, 3, 2)
USUAL = 'per_hour = { "08:00" = 240, "10:00" = 480, "12:00" = 160 }, per_hour_on = { sat = 60, sun = 30 }'


def fitted(arrivals: str, days: int, seed: int = 1) -> Rates:
    text = f'scenario = "a"\nsite = "x"\nhours = "08:00-16:00"\ndate = {FIRST}\ndays = {days}\n[arrivals]\n1 = {{ {arrivals} }}\n'
    scenario = Document.parse(text, "a.toml").structure(Scenario)
    site = site_of(Document.parse(SITE, "site.toml"), Path())
    calendar = Draws(scenario, site, seed).calendar
    times = [at for day in sources(scenario, site, calendar, seed) for source in day for at in source.times]
    begin = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return rates_of([begin + timedelta(seconds=at) for at in times], FIRST, FIRST + timedelta(days=days - 1), 1800)


def test_each_kind_of_day_has_its_rates() -> None:
    """Eight weeks: half-hourly rates within four standard errors, no variation found where there is none."""
    found = fitted(USUAL, 21)
    assert list(found.per_hour) == ["mon-fri", "sat", "sun"]
    weekdays = found.per_hour["mon-fri"]
    for second, rate in ((8.5, 240), (10.5, 480), (14, 160)):
        error = (rate / 2 / 15) ** 0.5 * 2
        assert abs(weekdays[int(second * 3600)] - rate) < 4 * error
    assert weekdays[16 * 3600] == 0
    assert abs(sum(found.per_hour["sat"].values()) / 16 - 60) < 12
    assert (found.day_cv, found.interval_cv) == (0, 0)
    assert found.p_days is not None
    assert found.p_days > 0.01


def test_with_four_weeks_every_day_of_the_week_has_its_own() -> None:
    found = fitted(USUAL + ", factor_on = { mon = 1.5 }", 28)
    assert list(found.per_hour) == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert sum(found.per_hour["mon"].values()) / sum(found.per_hour["tue"].values()) == pytest.approx(1.5, rel=0.07)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_busy_days_and_intervals_are_told_apart(seed: int) -> None:
    """Ten weeks: coefficients of variation within a quarter of 0.2 and of 0.15."""
    found = fitted('per_hour = 400, busyness = { day_cv = 0.2, interval_cv = 0.15, interval = "30 min" }', 70, seed)
    assert found.day_cv == pytest.approx(0.2, rel=0.25)
    assert found.interval_cv == pytest.approx(0.15, rel=0.25)


def test_one_alone_is_not_taken_for_the_other() -> None:
    days = fitted("per_hour = 400, busyness = { day_cv = 0.2 }", 70)
    assert days.day_cv == pytest.approx(0.2, rel=0.25)
    assert days.interval_cv == 0
    intervals = fitted("per_hour = 400, busyness = { interval_cv = 0.2 }", 70)
    assert intervals.interval_cv == pytest.approx(0.2, rel=0.25)
    assert intervals.day_cv < 0.05


def test_a_single_day_says_nothing_of_variation() -> None:
    found = fitted("per_hour = 400", 1)
    assert (found.p_days, found.p_intervals) == (None, None)
