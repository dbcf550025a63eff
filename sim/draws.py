"""Everything chance decides in a scenario: which call comes when, how patient its caller is, how long it talks.

Each purpose has a stream of its own in each source of calls - a service number on one day, a burst, a trace - from which its call n takes
the n-th draw. So a change of the roster, of another number or day, or a live run, meets the very same callers (common random numbers), and
no draw depends on what happened before it. What cannot be known beforehand - whether a caller calls again, how long a second agent lets it
ring - is drawn for each call and occasion.
"""

from collections.abc import Iterator
from functools import cached_property
from heapq import merge
from operator import itemgetter

from appliance.site import Site
from sim.answering import chosen, slipped
from sim.calendar import Calendar
from sim.coming import sources, traced
from sim.conduct import Conduct
from sim.crowd import Call, Crowd, Person
from sim.distributions import length_at
from sim.habits import CallBack
from sim.scenario import Scenario
from sim.streams import draw_of

__all__ = ["Call", "Draws"]

_AT = itemgetter(0)
_PROMISED = CallBack(share=0.0)
"""Where a scenario says nothing of call-backs: nobody asks for one, but who is promised one answers as others do."""


class Draws:
    """The draws of one scenario with one seed."""

    def __init__(self, scenario: Scenario, site: Site, seed: int) -> None:
        """Draw nothing yet."""
        self.scenario, self.site, self.seed = scenario, site, seed
        self.calendar = Calendar.of(scenario.day, scenario.days, scenario.start_s, site)
        self.crowd = Crowd(scenario, site, seed)
        self.conduct = Conduct(scenario, site, self.crowd, seed)

    def __iter__(self) -> Iterator[Call]:
        """All calls in the order of their times, drawn a day at a time: a month takes no more room than its busiest day."""
        by_chance: Iterator[Person] = self._by_chance()
        recorded: Iterator[Person] = iter(())
        if self.scenario.trace is not None:
            recorded = self.crowd.people("trace", traced(self.scenario, self.site, self.calendar))
        for number, (at, ani, *rest) in enumerate(merge(by_chance, recorded, key=_AT)):
            yield Call(number, at, ani or _ani(number), *rest)

    @cached_property
    def calls(self) -> list[Call]:
        """All calls at once."""
        return list(self)

    def answers(self, call: Call, attempt: int, number: int, question: str) -> tuple[str, float]:
        """What the caller does where he is asked something for the `number`th time in an attempt, and how far into the question."""
        callers, occasion = self.crowd.habits[call.kind], (*call.who, attempt, number)
        answer = chosen(callers.answers[question], draw_of(self.seed, "answers", *occasion))
        return answer, length_at(callers.presses_after, draw_of(self.seed, "answers-after", *occasion))

    def slips(self, call: Call, attempt: int, number: int, keys: str) -> str:
        """The keys as he presses them where he is asked something for the `number`th time in an attempt."""
        slips = self.crowd.habits[call.kind].slips

        def wrong(n: int) -> float:
            return draw_of(self.seed, "slips", *call.who, attempt, number, n)

        return slipped(keys, wrong, slips.wrong_key, slips.mistyped)

    def notices(self, call: Call, attempt: int, number: int) -> bool:
        """Whether he notices a slip that is read back to him."""
        return draw_of(self.seed, "notices", *call.who, attempt, number) < self.crowd.habits[call.kind].slips.notices

    def asks_call_back_s(self, call: Call, attempt: int) -> float | None:
        """After which wait the caller asks to be called back; None: he does not."""
        call_back = self.scenario.callers.call_back
        if call_back is None or draw_of(self.seed, "call-back", *call.who, attempt) >= call_back.share:
            return None
        return length_at(call_back.after, draw_of(self.seed, "call-back-after", *call.who, attempt))

    def picks_up_after_s(self, call: Call, time: int) -> float | None:
        """How long it rings at the caller's when he is called back for the `time`th time; None: he does not answer."""
        call_back = self.scenario.callers.call_back or _PROMISED
        if draw_of(self.seed, "picks-up", *call.who, time) >= call_back.answers:
            return None
        return length_at(call_back.rings, draw_of(self.seed, "picks-up-after", *call.who, time))

    def set_up_s(self, call: Call, attempt: int) -> float:
        """How long it takes until the call has reached the centre's line."""
        trunk = self.scenario.lines.get(call.line)
        return 0.0 if trunk is None or trunk.set_up is None else length_at(trunk.set_up, draw_of(self.seed, "set-up", *call.who, attempt))

    def redials_after_s(self, call: Call, attempt: int, outcome: str = "abandoned") -> float | None:
        """How much later the caller tries again when attempt number `attempt` (from 0) has failed so; None: never."""
        redial, occasion = self.crowd.habits[call.kind].again(outcome), (*call.who, attempt)
        if redial is None or draw_of(self.seed, "redial", *occasion) >= redial.chance_of(attempt):
            return None
        return length_at(redial.after, draw_of(self.seed, "redial-after", *occasion))

    def _by_chance(self) -> Iterator[Person]:
        left: list[Person] = []
        for day, found in enumerate(sources(self.scenario, self.site, self.calendar, self.seed)):
            next_day = self.calendar.midnight(day + 1)
            coming = merge(left, *(self.crowd.people(source.name, source.coming()) for source in found), key=_AT)
            left = []
            for person in coming:
                if person[0] >= next_day:  # of a burst in the night
                    left = [person, *coming]
                else:
                    yield person
        yield from left


def _ani(n: int) -> str:
    """A mobile number of a range of its own for each caller: agents' phones show it, and so tell who is served by whom."""
    return f"139{n:08d}"
