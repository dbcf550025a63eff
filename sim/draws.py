"""Everything chance decides in a scenario: which call comes when, how patient its caller is, how long it talks.

Each purpose has a stream of its own in each source of calls - a service number on one day, a burst, a trace - from which its call n takes
the n-th draw. So a change of the roster, of another number or day, or a live run, meets the very same callers (common random numbers), and
no draw depends on what happened before it. What cannot be known beforehand - whether a caller calls again, how long a second agent lets it
ring - is drawn for each call and occasion.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator
from functools import cached_property
from heapq import merge
from itertools import accumulate, count, repeat
from operator import itemgetter
from typing import Any

from appliance.site import Site
from hal.api import value
from sim.answering import chosen
from sim.calendar import Calendar
from sim.coming import Source, sources
from sim.distributions import Distribution, length_at, lengths
from sim.scenario import Scenario
from sim.streams import Stream, draw_of

__all__ = ["Call", "Draws"]

_BLOCK = 512
_ENDLESS = float("inf")


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
    who: tuple[str, int]
    """His source and his place in it: the same person in every run with the seed."""


class Draws:
    """The draws of one scenario with one seed."""

    def __init__(self, scenario: Scenario, site: Site, seed: int) -> None:
        """Draw nothing yet."""
        self.scenario, self.site, self.seed = scenario, site, seed
        self.calendar = Calendar.of(scenario.day, scenario.days, scenario.start_s, site)

    def __iter__(self) -> Iterator[Call]:
        """All calls in the order of their times, drawn a day at a time: a month takes no more room than its busiest day."""
        for number, (at, *what) in zip(count(), self._in_order(), strict=False):
            yield Call(number, at, _ani(number), *what)

    @cached_property
    def calls(self) -> list[Call]:
        """All calls at once."""
        return list(self)

    def rings_s(self, call: Call, offer: int) -> float:
        """How long an agent lets it ring; `offer` counts the agents it was offered to, from 0."""
        if offer == 0:
            return call.rings_s
        return length_at(self.scenario.agents.answers_after, draw_of(self.seed, "rings", *call.who, offer))

    def answers(self, call: Call, attempt: int, number: int, question: str) -> tuple[str, float]:
        """What the caller does where he is asked something for the `number`th time in an attempt, and how far into the question."""
        callers, occasion = self.scenario.callers, (*call.who, attempt, number)
        answer = chosen(callers.answers[question], draw_of(self.seed, "answers", *occasion))
        return answer, length_at(callers.presses_after, draw_of(self.seed, "answers-after", *occasion))

    def redials_after_s(self, call: Call, attempt: int) -> float | None:
        """How much later the caller tries again when attempt number `attempt` (from 0) has failed; None: never."""
        redial, occasion = self.scenario.callers.redial, (*call.who, attempt)
        if redial is None or draw_of(self.seed, "redial", *occasion) >= redial.chance:
            return None
        return length_at(redial.after, draw_of(self.seed, "redial-after", *occasion))

    # --- calls ----------------------------------------------------------------------------------------------------------------------

    def _in_order(self) -> Iterator[tuple[Any, ...]]:
        """(at, dnis, line, ...) of every call: what `Call` holds after the number and the caller's own."""
        left: list[tuple[Any, ...]] = []
        for day, found in enumerate(sources(self.scenario, self.site, self.calendar, self.seed)):
            next_day = self.calendar.midnight(day + 1)
            coming = merge(left, *map(self._people, found), key=itemgetter(0))
            left = []
            for person in coming:
                if person[0] >= next_day:  # of a burst in the night
                    left = [person, *coming]
                else:
                    yield person
        yield from left

    def _people(self, source: Source) -> Iterator[tuple[Any, ...]]:
        callers, agents, seed = self.scenario.callers, self.scenario.agents, self.seed
        ways = [keys.replace(" ", "") for keys in callers.presses]
        shares, most = list(accumulate(callers.presses.values())), max(map(len, ways), default=0)

        def stream(*purpose: object) -> Stream:
            return Stream(seed, *purpose, source.name)

        presses, ends = stream("presses"), stream("ends")
        patience, talk, rings, message = (stream(purpose) for purpose in ("patience", "talk", "rings", "message"))
        thinks = [stream("thinks", menu) for menu in range(most)]
        for first in range(0, len(source.times), _BLOCK):
            times = source.times[first : first + _BLOCK]
            size = len(times)
            pressed = [ways[min(bisect(shares, draw), len(ways) - 1)] for draw in presses.block(size)] if ways else repeat("")
            waits: Iterable[float] = repeat(_ENDLESS) if callers.patience is None else _lengths(callers.patience, patience, size)
            yield from zip(
                times,
                repeat(source.dnis),
                repeat(source.line),
                pressed,
                zip(*(_lengths(callers.presses_after, menu, size) for menu in thinks), strict=True) if most else repeat(()),
                waits,
                _lengths(callers.talk, talk, size),
                [draw < callers.hangs_up for draw in ends.block(size)],
                _lengths(agents.answers_after, rings, size),
                _lengths(callers.message, message, size),
                zip(repeat(source.name), range(first, first + size), strict=False),
                strict=False,
            )


def _lengths(distribution: Distribution, stream: Stream, size: int) -> list[float]:
    return lengths(distribution, stream.block(size))


def _ani(n: int) -> str:
    """A mobile number of a range of its own for each caller: agents' phones show it, and so tell who is served by whom."""
    return f"139{n:08d}"
