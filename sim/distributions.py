"""How long things take in a scenario: lengths of time that chance decides.

Each is its quantile function: one draw from 0 to below 1 (`sim.streams`) gives one length, a greater draw never a smaller one. So a change
of a mean, or of the shape, leaves everybody at his place among the others.
"""

from collections.abc import Iterator
from math import exp, gamma, log, log1p
from random import Random
from statistics import NormalDist

from appliance.config import Duration, Wrong, setting, table

__all__ = ["Distribution", "Exponential", "Lognormal", "Uniform", "Weibull", "draw", "length_at", "lengths", "mean_of"]

_LONGEST_S = 86_400.0
_LEAST = 2.0**-54
_normal = NormalDist().inv_cdf


@table(tag="exponential")
class Exponential:
    """Without memory: what has lasted long is as far from its end as ever."""

    mean_s: float = setting(gt=0, le=_LONGEST_S, doc="Mean in seconds.")

    def at(self, draw: float) -> float:
        """The length of a draw, in seconds."""
        return -self.mean_s * log1p(-draw)


@table(tag="lognormal")
class Lognormal:
    """The usual shape of talk times: most are short, a few very long."""

    mean_s: float = setting(gt=0, le=_LONGEST_S, doc="Mean in seconds, of the lengths themselves.")
    sigma: float = setting(gt=0, le=3, doc="Standard deviation of the logarithm of the lengths; 0.8 is usual for talk times.")

    def at(self, draw: float) -> float:
        """The length of a draw, in seconds."""
        return exp(log(self.mean_s) - self.sigma**2 / 2 + self.sigma * _normal(draw or _LEAST))


@table(tag="weibull")
class Weibull:
    """The usual shape of patience: with a shape above 1 people grow less patient the longer they wait."""

    mean_s: float = setting(gt=0, le=_LONGEST_S, doc="Mean in seconds.")
    shape: float = setting(ge=0.2, le=10, doc="1 is exponential; above 1 impatience grows with the wait.")

    def at(self, draw: float) -> float:
        """The length of a draw, in seconds."""
        return float(self.mean_s / gamma(1 + 1 / self.shape) * (-log1p(-draw)) ** (1 / self.shape))


@table(tag="uniform")
class Uniform:
    """Anything between two lengths, all alike."""

    min_s: float = setting(ge=0, le=_LONGEST_S, doc="Shortest, in seconds.")
    max_s: float = setting(ge=0, le=_LONGEST_S, doc="Longest, in seconds.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.max_s < self.min_s:
            yield Wrong(f"max_s {self.max_s:g} is below min_s {self.min_s:g}", "", ("max_s",))

    def at(self, draw: float) -> float:
        """The length of a draw, in seconds."""
        return self.min_s + draw * (self.max_s - self.min_s)


Distribution = Duration | Exponential | Lognormal | Weibull | Uniform
"""A length of time, or how chance decides it: `"20 s"`, `{ uniform = { min_s = 2, max_s = 6 } }`."""


def length_at(distribution: Distribution, draw: float) -> float:
    """The length of a draw, in seconds; a fixed one is the same for every draw."""
    return float(distribution) if isinstance(distribution, Duration) else distribution.at(draw)


def lengths(distribution: Distribution, draws: list[float]) -> list[float]:
    """The lengths of many draws, in seconds."""
    return [float(distribution)] * len(draws) if isinstance(distribution, Duration) else list(map(distribution.at, draws))


def draw(distribution: Distribution, random: Random) -> float:
    """One length in seconds; a fixed one takes nothing from the generator."""
    return float(distribution) if isinstance(distribution, Duration) else distribution.at(random.random())


def mean_of(distribution: Distribution) -> float:
    """Mean length in seconds."""
    match distribution:
        case Uniform():
            return (distribution.min_s + distribution.max_s) / 2
        case Duration():
            return float(distribution)
        case _:
            return distribution.mean_s
