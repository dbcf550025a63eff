"""Fits when calls come: calls an hour by the time of day and the day of the week, and how much busier than chance days and intervals are.

A day's intervals share its busyness, so what two intervals of the same days have in common is the days' variance, and what an interval
varies beyond that and beyond Poisson's is its own. Both are estimated by moments, free of bias, and are nothing where chi-squared tests
find no sign of them at 1 %. Not modelled: trends over weeks, holidays (leave them out of the trace), busyness that lasts into the next.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import sqrt

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from scipy import stats

__all__ = ["Rates", "rates_of"]

_SIGN = 0.01
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKS = 4
"""From so many of each on, every day of the week has rates of its own."""

Counts = NDArray[np.float64]


@frozen
class Rates:
    """The calls to one number."""

    calls: int
    interval_s: int
    per_hour: dict[str, dict[int, float]]
    """Days (`mon-fri`) -> second of the day at which an interval begins -> calls an hour; the days most of them are come first."""
    day_cv: float
    interval_cv: float
    p_days: float | None
    """How likely days so different would be by chance alone; None: there are too few to tell."""
    p_intervals: float | None
    error: float
    """The mean standard error of a rate, as a share of it."""


def rates_of(times: Sequence[datetime], first: date, last: date, interval_s: int) -> Rates:
    """The rates of one number over the days of a trace."""
    days = (last - first).days + 1
    counts: Counts = np.zeros((days, 86_400 // interval_s))
    for at in times:
        second = at.hour * 3600 + at.minute * 60 + at.second
        counts[(at.date() - first).days, min(second // interval_s, counts.shape[1] - 1)] += 1
    groups = {name: counts[rows] for name, rows in _groups(first, days).items() if counts[rows].sum()}
    per_hour = {name: _profile(group, interval_s) for name, group in groups.items()}
    day_cv, interval_cv, p_days, p_intervals = _busyness([group for group in groups.values() if len(group) > 1])
    means = [group.mean(axis=0) for group in groups.values()]
    errors = [sqrt(_variance(group, place) / len(group)) / mean[place] for group, mean in zip(groups.values(), means, strict=True)
              for place in map(int, np.flatnonzero(mean))]  # fmt: skip
    error = float(np.mean(errors)) if errors else 0.0
    return Rates(len(times), interval_s, per_hour, day_cv, interval_cv, p_days, p_intervals, error)


def _variance(group: Counts, place: int) -> float:
    """Of an interval's count: Poisson's at least."""
    mean = float(group[:, place].mean())
    return max(mean, float(group[:, place].var(ddof=1))) if len(group) > 1 else mean


def _groups(first: date, days: int) -> dict[str, list[int]]:
    """Which days have rates in common, the largest group first."""
    by_weekday: dict[int, list[int]] = {}
    for n in range(days):
        by_weekday.setdefault((first + timedelta(days=n)).weekday(), []).append(n)
    if min(map(len, by_weekday.values())) >= _WEEKS and len(by_weekday) == len(_WEEKDAYS):
        return {_WEEKDAYS[day]: by_weekday[day] for day in sorted(by_weekday)}
    working = [n for day in range(5) for n in by_weekday.get(day, [])]
    found = {"mon-fri": sorted(working), "sat": by_weekday.get(5, []), "sun": by_weekday.get(6, [])}
    return {name: rows for name, rows in sorted(found.items(), key=lambda item: -len(item[1])) if rows}


def _profile(group: Counts, interval_s: int) -> dict[int, float]:
    """Calls an hour from the first to the last interval in which anybody called, and none after it."""
    means = group.mean(axis=0)
    busy = np.flatnonzero(means)
    begin, end = int(busy[0]), int(busy[-1]) + 1
    profile = {place * interval_s: round(float(means[place]) * 3600 / interval_s, 2) for place in range(begin, end)}
    return profile if end * interval_s >= 86_400 else profile | {end * interval_s: 0.0}


def _busyness(groups: Sequence[Counts]) -> tuple[float, float, float | None, float | None]:
    """(of days, of intervals) coefficients of variation, and how likely either would be by chance."""
    if not groups:
        return 0.0, 0.0, None, None
    shared = of_pairs = own = of_own = 0.0
    chi_days = chi_intervals = 0.0
    free_days = free_intervals = 0
    for group in groups:
        days = len(group)
        group = group[:, group.sum(axis=0) > 0]
        means, totals = group.mean(axis=0), group.sum(axis=1)
        variances = group.var(axis=0, ddof=1)
        pairs = float(totals.var(ddof=1) - variances.sum())  # twice the sum of all covariances
        shared += pairs
        of_pairs += float(means.sum() ** 2 - (means**2).sum()) - pairs / days
        own += float((variances - means).sum())
        of_own += float((means**2 - variances / days).sum())
        chi_days += float(((totals - totals.mean()) ** 2).sum() / totals.mean())
        free_days += days - 1
        wanted = np.outer(totals[totals > 0], means / means.sum())
        chi_intervals += float(((group[totals > 0] - wanted) ** 2 / wanted).sum())
        free_intervals += (len(wanted) - 1) * (group.shape[1] - 1)
    p_days = float(stats.chi2.sf(chi_days, free_days))
    p_intervals = float(stats.chi2.sf(chi_intervals, free_intervals)) if free_intervals else None
    of_days = max(0.0, shared / of_pairs) if of_pairs > 0 and p_days < _SIGN else 0.0
    of_intervals = 0.0
    if p_intervals is not None and p_intervals < _SIGN and of_own > 0:
        of_intervals = max(0.0, (1 + own / of_own) / (1 + of_days) - 1)
    return round(sqrt(of_days), 3), round(sqrt(of_intervals), 3), p_days, p_intervals
