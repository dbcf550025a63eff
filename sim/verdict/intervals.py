"""How sure a mean is: confidence intervals at 95 % of figures that were measured several times, independently."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from sim.verdict.figures import Figures

__all__ = ["combined", "half_width"]

# Student's t for a two-sided confidence of 95 %, by degrees of freedom (any statistical table); beyond 30 the normal value is within 2 %.
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_NORMAL95 = 1.960


def half_width(values: Sequence[float]) -> float:
    """Half the width of the 95 % confidence interval of the mean of independent values."""
    n = len(values)
    if n < 2:
        return float("inf")
    t = _T95[n - 2] if n - 2 < len(_T95) else _NORMAL95
    return t * stdev(values) / sqrt(n)


def combined(runs: Sequence[Figures]) -> Figures:
    """The means of several replications, with `half_width` beside them in every table of figures."""
    means: Figures = {}
    widths: Figures = {}
    for key, first in runs[0].items():
        members = [run[key] for run in runs]
        if isinstance(first, dict):
            means[key] = combined(members)
        elif key == "threshold_s":
            means[key] = first
        else:
            known = [member for member in members if member is not None]
            means[key] = fmean(known) if known else None
            widths[key] = half_width(known) if len(known) > 1 else None
    return {**means, "half_width": widths} if widths else means
