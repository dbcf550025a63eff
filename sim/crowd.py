"""Who calls: the people of a source of calls, and everything that is drawn for each before anything has happened.

Every purpose has a stream of its own and takes one draw for each call, whatever the caller's kind, so that call n stays the same person
when shares, shapes and kinds change around it. Draws are made in blocks: a call by itself costs some three microseconds.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, islice, repeat
from typing import Any

from attrs import fields

from appliance.config import Duration
from appliance.site import Site
from hal.api import value
from sim.distributions import Distribution, length_at, lengths
from sim.habits import Callers
from sim.scenario import Scenario
from sim.streams import Stream, draw_of
from sim.trace import Row

__all__ = ["Call", "Coming", "Crowd", "Person"]

Coming = tuple[float, str, str, Row | None]
"""A call that comes: when, to which number, on which line, and how it was recorded, if it was."""

_BLOCK = 512
_ENDLESS = float("inf")
_HALVINGS = 40


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
    talk_draw: float
    """What his talk is made of where it depends on who serves him; negative: it is known to be as long as it is."""
    hangs_up: bool
    """Whether he ends the talk, and not the agent."""
    rings_s: float
    """How long the first agent lets it ring for him."""
    message_s: float
    kind: str
    """Which of the callers' kinds he is of; empty: of none."""
    who: tuple[str, int]
    """His source and his place in it: the same person in every run with the seed."""


Person = tuple[Any, ...]
"""A call without its number, and without that of the caller's telephone where he has no known one: what `Call` holds, in this order."""
_FIELDS = tuple(field.name for field in fields(Call))[1:]


class Crowd:
    """The people of a scenario with one seed."""

    def __init__(self, scenario: Scenario, site: Site, seed: int) -> None:
        """Draw nothing yet."""
        self.scenario, self.seed = scenario, seed
        callers = scenario.callers
        self.habits: Mapping[str, Callers] = {kind: callers.of(kind) for kind in ("", *callers.kinds)}
        self._kinds = tuple(callers.kinds)
        self._shares = list(accumulate(kind.share for kind in callers.kinds.values()))
        vips = tuple(number for number, caller in site.callers.items() if caller.vip)
        self._customers = {name: vips if kind.vips else kind.numbers for name, kind in callers.kinds.items()}
        self._ways = {kind: _Ways(habits.presses) for kind, habits in self.habits.items()}

    def people(self, source: str, coming: Iterable[Coming]) -> Iterator[Person]:
        """The callers of a source, in order."""
        callers, agents, coming = self.scenario.callers, self.scenario.agents, iter(coming)
        most = max(ways.most for ways in self._ways.values())

        def stream(*purpose: object) -> Stream:
            return Stream(self.seed, *purpose, source)

        presses, ends, kind, customer = (stream(purpose) for purpose in ("presses", "ends", "kind", "customer"))
        patience, talk, rings, message = (stream(purpose) for purpose in ("patience", "talk", "rings", "message"))
        thinks = [stream("thinks", menu) for menu in range(most)]
        first = 0
        while block := list(islice(coming, _BLOCK)):
            size = len(block)
            kinds = [self._kind(draw) for draw in kind.block(size)] if self._kinds else [""] * size
            numbers = [self._number(of, draw) for of, draw in zip(kinds, customer.block(size), strict=True)] if self._kinds else [""] * size
            whose = [self.habits[of] for of in kinds]
            talks = talk.block(size)
            thought = [lengths(callers.presses_after, menu.block(size)) for menu in thinks]
            ended = [draw < habits.hangs_up for draw, habits in zip(ends.block(size), whose, strict=True)]
            rung, said = lengths(agents.answers_after, rings.block(size)), lengths(callers.message, message.block(size))
            waits = self._lengths([habits.patience for habits in whose], patience.block(size))
            lasting = self._lengths([habits.talk for habits in whose], talks)
            pressed = [self._ways[of].of(draw) for of, draw in zip(kinds, presses.block(size), strict=True)]
            thought_of = zip(*thought, strict=True) if thought else repeat(())
            rows = zip(block, numbers, pressed, thought_of, waits, lasting, talks, ended, rung, said, kinds, strict=False)
            for n, ((at, dnis, line, row), ani, keys, thinks_s, *rest) in enumerate(rows, first):
                person = (at, ani, dnis, line, keys, thinks_s, *rest, (source, n))
                yield person if row is None else self._recorded(person, row)
            first += size

    def _lengths(self, of: list[Distribution | None], draws: list[float]) -> list[float]:
        if not self._kinds:
            return [_ENDLESS] * len(draws) if of[0] is None else lengths(of[0], draws)
        return [_ENDLESS if each is None else length_at(each, draw) for each, draw in zip(of, draws, strict=True)]

    def _kind(self, draw: float) -> str:
        place = bisect(self._shares, draw)
        return self._kinds[place] if place < len(self._kinds) else ""

    def _number(self, kind: str, draw: float) -> str:
        numbers = self._customers.get(kind, ())
        if not numbers:
            return ""
        number = numbers[int(draw * len(numbers))]
        return number if number[-1] != "*" else f"{number[:-1]}{int(draw * len(numbers) * 10_000) % 10_000:04d}"

    def _recorded(self, person: Person, row: Row) -> Person:
        """A call of a trace: as drawn, where the trace says nothing."""
        said: dict[str, Any] = dict(zip(_FIELDS, person, strict=True))
        who = said["who"]
        if row.caller:
            said["ani"] = row.caller
        if row.keys:
            after = self.scenario.callers.presses_after
            thinks = tuple(length_at(after, draw_of(self.seed, "thinks", *who, menu)) for menu in range(len(row.keys)))
            said |= {"keys": row.keys, "thinks_s": thinks}
        if row.talk_s:
            said |= {"talk_s": row.talk_s, "talk_draw": -1.0}
        if row.patience_s is not None:
            said["patience_s"] = row.patience_s
        elif row.outcome == "abandoned" and row.wait_s is not None:
            said["patience_s"] = row.wait_s
        elif row.wait_s:
            said["patience_s"] = self._left(self.habits[said["kind"]].patience, who, row.wait_s)
        return tuple(said.values())

    def _left(self, patience: Distribution | None, who: tuple[str, int], waited_s: float) -> float:
        """The patience of somebody who was served after so long: his own draw, among those who wait longer than that."""
        if patience is None:
            return _ENDLESS
        if isinstance(patience, Duration):
            return max(float(patience), waited_s)
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if length_at(patience, middle) < waited_s else (low, middle)
        draw = draw_of(self.seed, "patience", *who)
        return max(waited_s, length_at(patience, min(low + draw * (1 - low), 1 - 2.0**-53)))


class _Ways:
    """What callers press, by the draw."""

    def __init__(self, presses: Mapping[str, float]) -> None:
        self._keys = [keys.replace(" ", "") for keys in presses]
        self._shares = list(accumulate(presses.values()))
        self.most = max(map(len, self._keys), default=0)

    def of(self, draw: float) -> str:
        return self._keys[min(bisect(self._shares, draw), len(self._keys) - 1)] if self._keys else ""
