"""The free agents of a queue as one kind of lane sees them: those who can serve it, best first, and those who cannot.

Kept up to date as agents become free and cease to be, so that a contact finds its agent without asking thousands whether they suit. A
strategy whose figures do not depend on the contact is in order already; of any other all figures of the best rank are worked out in one go.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from heapq import nsmallest
from math import inf
from typing import Any

from appliance.core.agents.agent import Agent
from appliance.core.queues.skills import Needs
from appliance.core.queues.strategies import Case, Strategy

__all__ = ["Entry", "Order", "shown"]

Entry = tuple[float, ...]
"""Of a free agent: (rank, standing, idle since, sequence, index in the plan), smaller first."""


def shown(agent: Agent, rank: float, figure: float) -> str:
    """A candidate, as the trace of a decision shows him."""
    return f"{agent.id} rank {rank:g} figure {figure:.6g}"


class Order:
    """Free agents of one queue, for the lanes of one line that ask the same."""

    __slots__ = ("_at_work", "_known", "excluded", "fit", "line", "needs", "queue", "shown", "strategy", "unfit")

    def __init__(self, queue: str, strategy: Strategy, line: str, needs: Needs, at_work: Callable[[Entry], tuple[Agent, str]]) -> None:
        """Begin with nobody; `at_work` says who an entry is, and on which line his phone is."""
        self.queue, self.strategy, self.line, self.needs, self._at_work = queue, strategy, line, needs, at_work
        self.fit: list[Entry] = []
        self.unfit: list[Entry] = []
        self.shown: list[str] = []
        """How a trace shows each who is fit; empty where that depends on the contact."""
        self.excluded: list[str] = []
        """And each who is unfit, and why: written once, and not at every decision that he looks on at."""
        self._known: list[Any] = []
        """What the strategy has to know of each who is fit, in their order; empty where it does not look at the contact."""

    def add(self, entry: Entry) -> None:
        """Somebody has become free."""
        agent, line = self._at_work(entry)
        if line != self.line or not agent.meets(self.needs):
            why = f"phone on line {line}" if line != self.line else self.needs.missing(agent.plan.skills)
            place = bisect_left(self.unfit, entry)
            self.unfit.insert(place, entry)
            self.excluded.insert(place, f"{agent.id} {why}")
            return
        place = bisect_left(self.fit, entry)
        self.fit.insert(place, entry)
        if self.strategy.looks_at_contact:
            self._known.insert(place, self.strategy.known(agent, self.queue, self.needs))
        else:
            self.shown.insert(place, shown(agent, entry[0], entry[1]))

    def remove(self, entry: Entry) -> None:
        """He is not free any more.

        Raises:
            KeyError: he is not here.

        """
        place = bisect_left(self.fit, entry)
        if place < len(self.fit) and self.fit[place] == entry:
            del self.fit[place]
            del self._known[place : place + 1], self.shown[place : place + 1]
            return
        place = bisect_left(self.unfit, entry)
        if place == len(self.unfit) or self.unfit[place] != entry:
            raise KeyError(entry)
        del self.unfit[place], self.excluded[place]

    def best(self, most: int, case: Callable[[], Case]) -> list[tuple[float, float, Entry]]:
        """Of those who can serve, at most so many, best first, as (rank, figure, entry); `case` is asked for only where figures need it."""
        if not self.strategy.looks_at_contact:
            return [(entry[0], entry[1], entry) for entry in self.fit[:most]]
        found: list[tuple[float, float, Entry]] = []
        given = case() if self.fit else None
        for begin, end in self._ranks():
            assert given is not None
            figures = self.strategy.scores(self._known[begin:end], given)
            # Equal figures stay in the order of the entries: who has been idle longest.
            for place in nsmallest(most - len(found), range(end - begin), key=figures.__getitem__):
                entry = self.fit[begin + place]
                found.append((entry[0], figures[place], entry))
            if len(found) == most:
                break
        return found

    def _ranks(self) -> Iterator[tuple[int, int]]:
        begin = 0
        while begin < len(self.fit):
            end = bisect_right(self.fit, (self.fit[begin][0], inf), begin)
            yield begin, end
            begin = end
