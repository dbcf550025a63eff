"""Fits lengths of time by maximum likelihood; of the shapes a scenario knows, the one with the best Akaike criterion is chosen.

Lengths may be censored: a caller who was answered after 40 s would have waited longer, who knows how long. To leave these out would make
people far less patient than they are. Kaplan and Meier's estimate is of no shape at all, and shows how well the chosen one fits.
"""

from collections.abc import Sequence
from math import exp, gamma
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
from attrs import frozen
from scipy import optimize, special, stats

from appliance.config import Duration, Wrong
from sim.distributions import Distribution, Exponential, Lognormal, Weibull

__all__ = ["Fit", "Survival", "alike", "fits_of", "set_length", "survival_of"]

_LEAST_S = 0.01
"""A length of nothing has no logarithm."""
_FEWEST = 8
"""Fewer lengths say nothing."""
_BENDS = (0.1, 50.0)
_SAME, _SAME_S, _MOST_ALIKE = 0.01, 0.25, 0.9


@frozen
class Survival:
    """Kaplan and Meier's estimate: which share still lasts at each moment at which something ended, with its 95 % band."""

    at_s: tuple[float, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@frozen
class Fit:
    """One shape, as close to the lengths as it comes."""

    name: str
    shape: Distribution
    aic: float
    """Akaike's criterion: the smaller the better; differences below 2 say little, above 10 nearly everything."""
    distance: float
    """The largest distance from Kaplan and Meier's curve (without censoring: Kolmogorov and Smirnov's)."""

    def lasting(self, at_s: float) -> float:
        """Which share lasts longer than that."""
        if isinstance(self.shape, Duration):
            return float(at_s < self.shape)
        return float(_frozen(self.shape).sf(at_s))


def fits_of(ended_s: Sequence[float], lasting_s: Sequence[float] = ()) -> list[Fit]:
    """The shapes, the best first; `lasting_s` are lengths that were not over. Empty: there is too little to go by."""
    if len(ended_s) < _FEWEST:
        return []
    if (fixed := set_length(ended_s, lasting_s)) is not None:
        return [Fit("fixed", fixed, 0.0, 0.0)]
    ended, lasting = (np.clip(np.asarray(some, dtype=float), _LEAST_S, None) for some in (ended_s, lasting_s))
    survival = survival_of(ended_s, lasting_s)
    found = []
    for name, likeliest in (("exponential", _exponential), ("weibull", _weibull), ("lognormal", _lognormal)):
        shape = likeliest(ended, lasting)
        if shape is None:
            continue
        law = _frozen(shape)
        likelihood = float(np.sum(law.logpdf(ended)) + np.sum(law.logsf(lasting)))
        found.append(Fit(name, shape, 2 * (1 if name == "exponential" else 2) - 2 * likelihood, _distance(law, survival)))
    return sorted(found, key=lambda fit: fit.aic)


def alike(one_s: float, other_s: float) -> bool:
    """Whether two lengths are the same but for what it takes to notice that they are over."""
    return abs(one_s - other_s) <= max(_SAME * one_s, _SAME_S)


def set_length(ended_s: Sequence[float], lasting_s: Sequence[float] = ()) -> Duration | None:
    """The length that nine of ten have, if few others lasted longer: somebody has set it. None: it is not so."""
    if len(ended_s) < _FEWEST:
        return None
    middle = float(np.median(ended_s))
    others = sum(not alike(middle, each) for each in ended_s) + sum(each > middle and not alike(middle, each) for each in lasting_s)
    return Duration(round(middle, 2)) if others <= (1 - _MOST_ALIKE) * len(ended_s) else None


def survival_of(ended_s: Sequence[float], lasting_s: Sequence[float] = ()) -> Survival:
    """Kaplan and Meier's estimate."""
    estimate = stats.ecdf(stats.CensoredData(uncensored=np.asarray(ended_s, dtype=float), right=np.asarray(lasting_s, dtype=float))).sf
    with catch_warnings():
        simplefilter("ignore", RuntimeWarning)  # the band has no formula where nothing, or everything, has ended; it is taken as wide there
        band = estimate.confidence_interval(method="log-log")
    low, high = (np.nan_to_num(side.probabilities, nan=0.0) for side in (band.low, band.high))
    died = np.diff(np.concatenate(([1.0], estimate.probabilities))) < 0
    return Survival(
        tuple(map(float, estimate.quantiles[died])),
        tuple(map(float, estimate.probabilities[died])),
        tuple(map(float, low[died])),
        tuple(map(float, high[died])),
    )


def _distance(law: Any, survival: Survival) -> float:
    if not survival.at_s:
        return 0.0
    steps = np.asarray(survival.share)
    before = np.concatenate(([1.0], steps[:-1]))
    wanted = law.sf(np.clip(np.asarray(survival.at_s), _LEAST_S, None))
    return float(max(np.max(np.abs(wanted - steps)), np.max(np.abs(wanted - before))))


def _frozen(shape: Distribution) -> Any:
    match shape:
        case Exponential():
            return stats.expon(scale=shape.mean_s)
        case Weibull():
            return stats.weibull_min(shape.shape, scale=shape.mean_s / gamma(1 + 1 / shape.shape))
        case Lognormal():
            return stats.lognorm(shape.sigma, scale=shape.mean_s / exp(shape.sigma**2 / 2))
    raise TypeError(f"{shape} is not fitted")


def _exponential(ended: Any, lasting: Any) -> Distribution | None:
    return _within(Exponential, mean_s=float((ended.sum() + lasting.sum()) / len(ended)))


def _weibull(ended: Any, lasting: Any) -> Distribution | None:
    """The shape solves the equation in which the likelihood's slope vanishes; the scale follows from it."""
    every = np.concatenate((ended, lasting))
    top = float(every.max())
    logs, mean_log = np.log(every / top), float(np.mean(np.log(ended / top)))

    def slope(shape: float) -> float:
        powers = np.exp(shape * logs)
        return float((powers * logs).sum() / powers.sum() - 1 / shape - mean_log)

    if slope(_BENDS[0]) > 0 or slope(_BENDS[1]) < 0:
        return None
    shape = float(optimize.brentq(slope, *_BENDS))
    scale = top * float(np.exp(shape * logs).sum() / len(ended)) ** (1 / shape)
    return _within(Weibull, mean_s=scale * gamma(1 + 1 / shape), shape=shape)


def _lognormal(ended: Any, lasting: Any) -> Distribution | None:
    logs, longer = np.log(ended), np.log(lasting)
    mu, sigma = float(logs.mean()), max(float(logs.std()), 1e-3)
    if len(longer):

        def unlikely(at: Any) -> float:
            mean, spread = at[0], np.exp(at[1])
            return float(0.5 * (((logs - mean) / spread) ** 2).sum() + len(logs) * at[1] - special.log_ndtr((mean - longer) / spread).sum())

        mu, log_sigma = map(float, optimize.minimize(unlikely, (mu, np.log(sigma)), method="Nelder-Mead", options={"xatol": 1e-5}).x)
        sigma = exp(log_sigma)
    return _within(Lognormal, mean_s=exp(mu + sigma**2 / 2), sigma=sigma)


def _within(cls: Any, **said: float) -> Distribution | None:
    """The shape, its figures to four digits as a file shows them; None: a scenario cannot say it."""
    try:
        shape: Distribution = cls(**{name: float(f"{figure:.4g}") for name, figure in said.items()})
    except (Wrong, OverflowError):
        return None
    return shape
