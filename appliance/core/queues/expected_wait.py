"""How long a caller in a queue will wait, as an interval that holds for nine callers out of ten: one `WaitEstimator` per queue.

    changed, gave_up ──▶ pace (starts per agent-second), patience (give-ups per waiter-second)     judge ──▶ level, shift
                                   │                                                                             │
                                   ▼                                                                             ▼
    quote ──▶ mean and variance of the wait ──▶ Gamma ──▶ the rungs ("two to four minutes") whose probability is nearest to the level

A caller with `ahead` others before him waits until each of them has been taken by an agent or has given up, and he is taken himself. While
`i` of them are left the next step comes at the rate pace x agents + i x patience (Ibrahim and Whitt 2009), so the wait is nearly
Gamma-distributed; its distribution function is that of a normal variable at Wilson and Hilferty's cube root. The probability aimed at is
moved by every judged caller (adaptive conformal inference, Gibbs and Candes 2021), so what is *said* is calibrated, rounding included.
The figures are in appliance/decisions/0008-expected-wait.md.

What it does not do: it has no clock and no timers, does not know who waits where, and says nothing to anybody. Times are seconds of the
engine's clock.
"""

from bisect import bisect_left, bisect_right
from math import cbrt, erfc, inf, isfinite, log1p, sqrt
from typing import Self

from hal.api import value

__all__ = ["RUNGS", "First", "Quote", "WaitEstimator"]

RUNGS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60)
"""The minutes a person would say; after the last comes "more than an hour"."""
_RUNGS_S = tuple(60.0 * rung for rung in RUNGS)
_SAME_S = 0.001
"""A promise that is longer than a rung by less than this is that rung: differences of times are not exact."""

_TARGET = 0.9
"""The share of callers whose wait is to be inside what they were told."""
_LEVELS = (0.7, 0.99)
"""The probability aimed at stays within these: a queue of an odd hour must not undo what the others taught."""
_LEVEL_STEP = 0.01
_SHIFT_STEP = 0.003
_SHIFTS = (-1.5, 1.5)
_SURPRISE = 2.0
"""In standard deviations: the most that one caller's wait can surprise us by."""

_PRIOR_STARTS = 10.0
"""The handling time given to the constructor counts like so many starts."""
_PRIOR_GIVE_UPS = 1.0
_PATIENCE_S = 900.0
"""Mean patience until something was learnt."""
_PATIENCE_MAX_S = 14_400.0
"""A longer mean patience is not believed, so that one that changes is learnt again soon."""
_MEMORY_STARTS = 60.0
"""A start counts 1/e after so many others."""
_MEMORY_GIVE_UPS = 50.0
_STALL = 10.0
"""A gap between starts counts for at most so many mean gaps: a queue that stood still for an hour does not set the pace of the next."""


@value
class First:
    """What a caller was told first, and what it rested on; judged when the wait is over."""

    low_s: float
    high_s: float
    mean_s: float
    shape: float
    may_miss: float
    """The share of such statements that should turn out wrong: less than the usual if no narrower one could have been made."""


@value
class Quote:
    """What one caller is told: at `stated_at`, between `low_s` and `high_s` are left to wait.

    The promised end is `stated_at + high_s`; infinite: none is promised. It is negative by how much a promise is overdue.
    """

    stated_at: float
    low_s: float
    high_s: float
    late: bool = False
    """The promise is broken, or no longer believed in: say that it takes longer than was said, and no number."""
    first: First | None = None
    """None: nothing was promised that could be judged."""

    @property
    def rungs(self) -> tuple[int, int | None]:
        """The interval in minutes as it is said, rounded outward; None: "more than an hour", or "we cannot say" if the first is 0."""
        high = max(1, bisect_left(_RUNGS_S, self.high_s - _SAME_S))
        low = min(bisect_right(_RUNGS_S, self.low_s + _SAME_S) - 1, high - 1)
        return RUNGS[low], RUNGS[high] if high < len(RUNGS) else None


class WaitEstimator:
    """The pace of one queue, the patience of its callers, and how well what they are told has come true."""

    __slots__ = (
        "_agent_s",
        "_agents",
        "_at",
        "_busy_since",
        "_contained",
        "_gap_s",
        "_give_ups",
        "_judged",
        "_level",
        "_shift",
        "_starts",
        "_waiter_s",
        "_waiting",
    )

    def __init__(self, handling_s: float = 180.0) -> None:
        """Expect that an agent needs `handling_s` for one contact, wrap-up included, until the queue has shown its pace.

        Raises:
            ValueError: `handling_s` is not a positive number of seconds.

        """
        if not (handling_s > 0.0 and isfinite(handling_s)):
            raise ValueError(f"handling_s: {handling_s} is not a positive number of seconds")
        self._starts, self._agent_s, self._gap_s = _PRIOR_STARTS, _PRIOR_STARTS * handling_s, 0.0
        self._give_ups, self._waiter_s = _PRIOR_GIVE_UPS, _PRIOR_GIVE_UPS * _PATIENCE_S
        self._level, self._shift = _TARGET, 0.0
        self._contained = self._judged = 0
        self._at = self._busy_since = 0.0
        self._waiting = self._agents = 0

    # -- what the queue shows --------------------------------------------------------------------------------------------------------

    def changed(self, now: float, waiting: int, agents: int, *, started: int = 0) -> None:
        """Note that from `now` on so many contacts wait and so many agents serve this queue (logged in and not not-ready).

        `started` of those who waited were just taken out for an agent. One that is taken out in the very moment in which the queue
        ceased to be empty did not wait, and says nothing about the pace.
        """
        if self._waiting:
            elapsed_s = now - self._at
            agent_s = min(elapsed_s * self._agents, max(0.0, _STALL * self._agent_s / self._starts - self._gap_s))
            self._gap_s += agent_s
            self._agent_s += agent_s
            self._waiter_s = min(self._waiter_s + elapsed_s * self._waiting, self._give_ups * _PATIENCE_MAX_S)
            if started and now > self._busy_since:
                self._gap_s = 0.0
                for _ in range(started):
                    self._starts += 1.0 - self._starts / _MEMORY_STARTS
                    self._agent_s -= self._agent_s / _MEMORY_STARTS
        elif waiting:
            self._busy_since = now
        self._at, self._waiting, self._agents = now, waiting, agents

    def gave_up(self) -> None:
        """A contact that waited has gone without an agent: it hung up, chose another way, or overflowed.

        It would have waited longer, nobody knows how long: its wait is censored, and counts for the patience only.
        """
        self._give_ups += 1.0 - self._give_ups / _MEMORY_GIVE_UPS
        self._waiter_s -= self._waiter_s / _MEMORY_GIVE_UPS

    def judge(self, first: First, waited_s: float | None, *, here: bool = True) -> None:
        """Whoever was told `first` here was answered, `waited_s` later; None: we have sent him away for good instead, which is a miss.

        He is judged by what was said *first*, wherever he was answered; not `here`: that says nothing of the pace of this queue.
        """
        inside = waited_s is not None and first.low_s <= waited_s <= first.high_s
        self._judged += 1
        self._contained += inside
        self._level = _clip(self._level + _LEVEL_STEP * ((not inside) - first.may_miss), _LEVELS)
        if waited_s is not None and here:
            surprise = _normal(max(0.0, waited_s), first.mean_s, first.shape) - self._shift
            self._shift = _clip(self._shift + _SHIFT_STEP * _clip(surprise, (-_SURPRISE, _SURPRISE)), _SHIFTS)

    # -- what the caller is told -----------------------------------------------------------------------------------------------------

    def quote(self, now: float, ahead: int, agents: int) -> Quote:
        """What a caller is told who is new here; `ahead` contacts will be served before him, `agents` serve this queue.

        Without any agent nobody can say: the interval is 0 to infinity, and is not judged.
        """
        if agents <= 0:
            return Quote(now, 0.0, inf)
        first = self._first(ahead, agents)
        return Quote(now, first.low_s, first.high_s, False, first)

    def restate(self, quote: Quote, now: float, ahead: int, agents: int, *, worse: bool) -> Quote:
        """What the same caller is told later; `worse`: since the last statement agents left or somebody was put before him.

        Unless it got worse, the promised end never moves back and neither minute that is said ever grows. When the promise is broken, or
        so nearly that the wait is expected to be longer, the quote is `late`: its rungs are what is left of the promise ("under a minute"
        when nothing is), which is no more what we believe, so it should not be read out.
        """
        fresh = self.quote(now, ahead, agents)
        if worse:
            return Quote(now, fresh.low_s, fresh.high_s, False, quote.first)
        left_s = min(quote.high_s, quote.stated_at + quote.high_s - now)
        high_s = min(fresh.high_s, left_s)
        return Quote(now, min(quote.low_s, fresh.low_s, max(0.0, high_s)), high_s, fresh.low_s >= left_s, quote.first)

    @property
    def coverage(self) -> tuple[int, int]:
        """Of those judged: whose wait was inside what they were told first, and all."""
        return self._contained, self._judged

    # -- across a restart ------------------------------------------------------------------------------------------------------------

    def state(self) -> tuple[float, ...]:
        """All that was learnt, for `restored`; who waits and who serves is told again by `changed`."""
        return (
            self._starts,
            self._agent_s,
            self._give_ups,
            self._waiter_s,
            self._level,
            self._shift,
            float(self._contained),
            float(self._judged),
        )

    @classmethod
    def restored(cls, state: tuple[float, ...]) -> Self:
        """An estimator that knows what another one had learnt.

        Raises:
            ValueError: no estimator has such a state.

        """
        new = cls()
        if len(state) != len(new.state()) or not all(map(isfinite, state)) or min(state[:4]) <= 0.0 or not 0.0 <= state[6] <= state[7]:
            raise ValueError(f"not the state of a WaitEstimator: {state}")
        new._starts, new._agent_s, new._give_ups, new._waiter_s = state[:4]
        new._level, new._shift = _clip(state[4], _LEVELS), _clip(state[5], _SHIFTS)
        new._contained, new._judged = int(state[6]), int(state[7])
        return new

    # -- the arithmetic --------------------------------------------------------------------------------------------------------------

    def _first(self, ahead: int, agents: int) -> First:
        """The interval of rungs, of about equal tails, whose probability is nearest to the level."""
        # Sums over i = 0..ahead of 1/(pace + i patience) and of its square, by the midpoint rule; the pace itself is not known exactly.
        pace, patience = self._starts / self._agent_s * agents, self._give_ups / self._waiter_s
        near, far = pace + 0.5 * patience, pace + (ahead + 0.5) * patience
        mean = 1.0 / pace + log1p(ahead * patience / near) / patience
        variance = 1.0 / (pace * pace) + ahead / (near * far) + mean * mean / (2.0 * self._starts)
        shape = mean * mean / variance

        median = mean * max(0.0, 1.0 - 1.0 / (9.0 * shape) + self._shift / (3.0 * sqrt(shape))) ** 3
        low = bisect_right(_RUNGS_S, median) - 1
        high = low + 1
        below, above = self._below(low, mean, shape), 1.0 - self._below(high, mean, shape)
        narrower = (low, high, -inf)
        while 1.0 - below - above < self._level:
            narrower = (low, high, 1.0 - below - above)
            if below > above:
                low -= 1
                below = self._below(low, mean, shape)
            else:
                high += 1
                above = 1.0 - self._below(high, mean, shape)
        inside = 1.0 - below - above
        only = narrower[2] == -inf
        if self._level - narrower[2] < inside - self._level:
            low, high, inside = narrower
        may_miss = min(1.0 - _TARGET, 1.0 - inside) if only else 1.0 - _TARGET
        return First(_RUNGS_S[low], _RUNGS_S[high] if high < len(_RUNGS_S) else inf, mean, shape, may_miss)

    def _below(self, rung: int, mean: float, shape: float) -> float:
        """The probability of a wait shorter than a rung."""
        if rung <= 0:
            return 0.0
        if rung >= len(_RUNGS_S):
            return 1.0
        return 0.5 * erfc((self._shift - _normal(_RUNGS_S[rung], mean, shape)) * _SQRT_HALF)


_SQRT_HALF = sqrt(0.5)


def _normal(wait_s: float, mean: float, shape: float) -> float:
    """Wilson and Hilferty: where a Gamma variable lies, as a standard normal one."""
    return 3.0 * sqrt(shape) * (cbrt(wait_s / mean) - 1.0 + 1.0 / (9.0 * shape))


def _clip(x: float, within: tuple[float, float]) -> float:
    return min(within[1], max(within[0], x))
