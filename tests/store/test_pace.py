"""The linger before a commit follows the rate of rows."""

import pytest

from appliance.store.pace import Pace


def steady(rate: float, seconds: float = 5.0) -> tuple[Pace, float]:
    """A pace after some seconds of evenly spaced rows, and the time."""
    pace = Pace()
    count = int(rate * seconds)
    for n in range(count):
        pace.note(1, n / rate)
    return pace, count / rate


def test_no_linger_at_first() -> None:
    assert Pace().linger_s(0.0) == 0.0


@pytest.mark.parametrize("rate", [0.2, 10, 50, 95])
def test_no_linger_when_idle(rate: float) -> None:
    pace, now = steady(rate)
    assert pace.linger_s(now) == 0.0


@pytest.mark.parametrize(("rate", "least_s", "most_s"), [(120, 0.02, 0.025), (500, 0.025, 0.04), (1000, 0.045, 0.05), (20_000, 0.05, 0.05)])
def test_linger_under_load(rate: float, least_s: float, most_s: float) -> None:
    pace, now = steady(rate)
    assert least_s <= pace.linger_s(now) <= most_s
    assert pace.rate(now) == pytest.approx(rate, rel=0.02)


def test_it_is_forgotten_when_the_load_is_over() -> None:
    pace, now = steady(1000)
    assert pace.linger_s(now + 5.0) == 0.0
