"""How sure a mean is: confidence intervals at 95 % (Student's t) of figures that were measured several times, independently."""

from collections.abc import Sequence
from math import inf, sqrt
from statistics import fmean, stdev

from sim.verdict.figures import Figures

__all__ = ["combined", "half_width", "t95"]

# Student's t for a two-sided confidence of 95 %, by degrees of freedom (any statistical table).
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_NORMAL95 = 1.959964
_UNTOUCHED = ("threshold_s",)
"""Figures that are no measurement."""


def t95(freedom: int) -> float:
    """Student's t for a two-sided confidence of 95 %; beyond the table by Fisher's series, whose error is in the fifth decimal place."""
    if freedom <= len(_T95):
        return _T95[freedom - 1]
    z = _NORMAL95
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def half_width(values: Sequence[float]) -> float:
    """Half the width of the 95 % confidence interval of the mean of independent values; infinite when there is but one."""
    n = len(values)
    return t95(n - 1) * stdev(values) / sqrt(n) if n > 1 else inf


def combined(runs: Sequence[Figures]) -> Figures:
    """The means of several replications, with `half_width` beside them in every table of figures."""
    means: Figures = {}
    widths: Figures = {}
    for key, first in runs[0].items():
        members = [run[key] for run in runs]
        if isinstance(first, dict):
            means[key] = combined(members)
        elif key in _UNTOUCHED:
            means[key] = first
        else:
            known = [member for member in members if member is not None]
            means[key] = fmean(known) if known else None
            widths[key] = half_width(known) if len(known) > 1 else None
    return {**means, "half_width": widths} if widths else means
