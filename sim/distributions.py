"""How long things take in a scenario: lengths of time that chance decides, each drawn from a generator the caller has seeded."""

from collections.abc import Iterator
from math import gamma, log
from random import Random

from appliance.config import Duration, Wrong, setting, table

__all__ = ["Distribution", "Exponential", "Lognormal", "Uniform", "Weibull", "draw", "mean_of"]

_LONGEST_S = 86_400.0


@table(tag="exponential")
class Exponential:
    """Without memory: what has lasted long is as far from its end as ever."""

    mean_s: float = setting(gt=0, le=_LONGEST_S, doc="Mean in seconds.")

    def draw(self, random: Random) -> float:
        """One length, in seconds."""
        return random.expovariate(1 / self.mean_s)


@table(tag="lognormal")
class Lognormal:
    """The usual shape of talk times: most are short, a few very long."""

    mean_s: float = setting(gt=0, le=_LONGEST_S, doc="Mean in seconds, of the lengths themselves.")
    sigma: float = setting(gt=0, le=3, doc="Standard deviation of the logarithm of the lengths; 0.8 is usual for talk times.")

    def draw(self, random: Random) -> float:
        """One length, in seconds."""
        return random.lognormvariate(log(self.mean_s) - self.sigma**2 / 2, self.sigma)


@table(tag="weibull")
class Weibull:
    """The usual shape of patience: with a shape above 1 people grow less patient the longer they wait."""

    mean_s: float = setting(gt=0, le=_LONGEST_S, doc="Mean in seconds.")
    shape: float = setting(ge=0.2, le=10, doc="1 is exponential; above 1 impatience grows with the wait.")

    def draw(self, random: Random) -> float:
        """One length, in seconds."""
        return random.weibullvariate(self.mean_s / gamma(1 + 1 / self.shape), self.shape)


@table(tag="uniform")
class Uniform:
    """Anything between two lengths, all alike."""

    min_s: float = setting(ge=0, le=_LONGEST_S, doc="Shortest, in seconds.")
    max_s: float = setting(ge=0, le=_LONGEST_S, doc="Longest, in seconds.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.max_s < self.min_s:
            yield Wrong(f"max_s {self.max_s:g} is below min_s {self.min_s:g}", "", ("max_s",))

    def draw(self, random: Random) -> float:
        """One length, in seconds."""
        return random.uniform(self.min_s, self.max_s)


Distribution = Duration | Exponential | Lognormal | Weibull | Uniform
"""A length of time, or how chance decides it: `"20 s"`, `{ uniform = { min_s = 2, max_s = 6 } }`."""


def draw(distribution: Distribution, random: Random) -> float:
    """One length in seconds; a fixed one takes nothing from the generator."""
    return float(distribution) if isinstance(distribution, Duration) else distribution.draw(random)


def mean_of(distribution: Distribution) -> float:
    """Mean length in seconds."""
    match distribution:
        case Uniform():
            return (distribution.min_s + distribution.max_s) / 2
        case Duration():
            return float(distribution)
        case _:
            return distribution.mean_s
