"""Everything chance decides in a scenario, drawn beforehand: which call comes when, how patient its caller is, how long it talks.

Each purpose has a generator of its own, `Random(f"{seed}/{purpose}")`, from which call number n takes the n-th draw. So a change of the
roster, or a live run, meets the very same callers (common random numbers), and no draw depends on what happened before it. What cannot be
known beforehand - whether a caller calls again, how long a second agent lets it ring - has a generator for each call and try.
"""

from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from random import Random

from appliance.config import Span
from appliance.site import Site
from hal.api import value
from sim.answering import chosen
from sim.distributions import draw
from sim.scenario import Arrivals, Scenario

__all__ = ["Call", "Draws"]


@value
class Call:
    """One caller and what he is going to do; lengths in seconds."""

    number: int
    """Counts from 0 in the order of the calls' times."""
    at: float
    """When he calls, in seconds of the simulation."""
    ani: str
    dnis: str
    line: str
    """The line he comes in on."""
    keys: str
    """What he presses, one key for each menu."""
    thinks_s: tuple[float, ...]
    """How far into each menu he presses."""
    patience_s: float
    """Infinity: he waits for ever."""
    talk_s: float
    hangs_up: bool
    """Whether he ends the talk, and not the agent."""
    rings_s: float
    """How long the first agent lets it ring for him."""
    message_s: float


class Draws:
    """The draws of one scenario with one seed."""

    def __init__(self, scenario: Scenario, site: Site, seed: int) -> None:
        """Draw all calls."""
        self.scenario, self.seed = scenario, seed
        self.calls: list[Call] = list(_calls(scenario, site, seed))

    def rings_s(self, call: Call, offer: int) -> float:
        """How long an agent lets it ring; `offer` counts the agents it was offered to, from 0."""
        if offer == 0:
            return call.rings_s
        return draw(self.scenario.agents.answers_after, Random(f"{self.seed}/answers/{call.number}/{offer}"))

    def answers(self, call: Call, attempt: int, number: int, question: str) -> tuple[str, float]:
        """What the caller does where he is asked something for the `number`th time in an attempt, and how far into the question."""
        random = Random(f"{self.seed}/answers/{call.number}/{attempt}/{number}/keys")
        callers = self.scenario.callers
        return chosen(callers.answers[question], random.random()), draw(callers.presses_after, random)

    def redials_after_s(self, call: Call, attempt: int) -> float | None:
        """How much later the caller tries again when attempt number `attempt` (from 0) has failed; None: never."""
        redial = self.scenario.callers.redial
        if redial is None:
            return None
        random = Random(f"{self.seed}/redial/{call.number}/{attempt}")
        return draw(redial.after, random) if random.random() < redial.chance else None


def _calls(scenario: Scenario, site: Site, seed: int) -> Iterator[Call]:
    callers, agents = scenario.callers, scenario.agents
    first_line = next(iter(site.lines))
    times: list[tuple[float, str]] = []
    for number, arrivals in scenario.arrivals.items():
        times += [(at, number) for at in _times(arrivals, scenario.hours, Random(f"{seed}/arrivals/{number}"))]
    times.sort()
    patience, presses, talk, ends, rings, message, thinks = (
        Random(f"{seed}/{purpose}") for purpose in ("patience", "presses", "talk", "ends", "rings", "message", "thinks")
    )
    ways = [keys.replace(" ", "") for keys in callers.presses]
    shares = list(accumulate(callers.presses.values()))
    most = max(map(len, ways), default=0)
    endless = float("inf")
    for n, (at, dnis) in enumerate(times):
        keys = ways[min(bisect(shares, presses.random()), len(ways) - 1)] if ways else ""
        yield Call(
            n,
            scenario.opens_s + at,
            _ani(n),
            dnis,
            scenario.arrivals[dnis].line or first_line,
            keys,
            tuple(draw(callers.presses_after, thinks) for _ in range(most)),
            endless if callers.patience is None else draw(callers.patience, patience),
            draw(callers.talk, talk),
            ends.random() < callers.hangs_up,
            draw(agents.answers_after, rings),
            draw(callers.message, message),
        )


def _ani(n: int) -> str:
    """A mobile number of a range of its own for each caller: agents' phones show it, and so tell who is served by whom."""
    return f"139{n:08d}"


def _times(arrivals: Arrivals, hours: Span, random: Random) -> list[float]:
    """When calls come, in seconds from the beginning of the hours, in order."""
    length = hours.end_s - hours.begin_s
    if arrivals.every is not None:
        return [n * float(arrivals.every) for n in range(1, int(length / arrivals.every) + 1) if n * arrivals.every < length]
    pieces = arrivals.rates(hours)
    if arrivals.calls is not None:
        return _so_many(arrivals.calls, pieces, random)
    times = []
    for begin, end, rate in pieces:  # a Poisson process has no memory: each piece can begin anew
        at = begin
        while rate > 0 and (at := at + random.expovariate(rate)) < end:
            times.append(at)
    return times


def _so_many(calls: int, pieces: list[tuple[float, float, float]], random: Random) -> list[float]:
    """Times of exactly `calls` calls: a Poisson process, given its number, is as many independent times with the density of its rate."""
    sums = list(accumulate((end - begin) * rate for begin, end, rate in pieces))
    times = []
    for _ in range(calls):
        at = random.random() * sums[-1]
        piece = min(bisect(sums, at), len(pieces) - 1)
        begin, end, rate = pieces[piece]
        times.append(min(begin + (at - (sums[piece - 1] if piece else 0.0)) / rate, end))
    times.sort()
    return times
