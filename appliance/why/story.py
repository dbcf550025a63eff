"""A contact's story as the store has it: the contact, its steps and the decisions on it, in their order."""

import re
from collections import deque
from collections.abc import Iterator, Sequence

from attrs import frozen

from appliance.config import nearest
from appliance.core.records import CallEvent, Contact, Decision
from appliance.store import Reader
from appliance.why.moments import day, time

__all__ = ["Candidate", "Excluded", "Story", "Trace", "Unfindable", "find"]


class Unfindable(LookupError):
    """There is no such contact or agent, or more than one; the message says what there is."""


@frozen
class Candidate:
    """An agent who was free and could serve the contact; the better rank is rung first, then the smaller figure."""

    agent: str
    rank: float
    figure: float


@frozen
class Excluded:
    """An agent who was free and could not serve the contact."""

    agent: str
    reason: str


@frozen
class Trace:
    """A `Decision`, read: the `number`th (from 1) on its contact."""

    number: int
    at: float
    queue: str
    strategy: str
    chosen: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...]
    more: int

    @classmethod
    def read(cls, number: int, row: Decision) -> "Trace":
        """Take it from its row."""
        found = re.findall(r"(\S+) rank (\S+) figure ([^\s;]+)", row.candidates)
        candidates = tuple(Candidate(agent, float(rank), float(figure)) for agent, rank, figure in found)
        pieces = re.split(r"; (?!or )", row.excluded) if row.excluded else []  # "; or" joins alternatives within a reason
        excluded = tuple(Excluded(agent, reason) for agent, _, reason in (piece.partition(" ") for piece in pieces))
        chosen = tuple(row.chosen.split(",")) if row.chosen else ()
        return cls(number, row.at, row.queue, row.strategy, chosen, candidates, excluded, max(0, row.more))


@frozen
class Story:
    """A contact, how it was found, and what happened to it: steps and decisions in their order."""

    contact: Contact
    found: str
    steps: tuple[CallEvent | Trace, ...]
    missing: str
    """Why there are no decisions; empty: there are."""
    forgotten: bool
    """There may have been decisions that are not kept."""

    @property
    def traces(self) -> list[Trace]:
        """Its decisions."""
        return [step for step in self.steps if isinstance(step, Trace)]

    def after(self, trace: Trace) -> list[CallEvent]:
        """What happened from a decision up to the next one."""
        found: list[CallEvent] = []
        for step in self.steps[self.steps.index(trace) + 1 :]:
            if isinstance(step, Trace):
                break
            found.append(step)
        return found


def find(reader: Reader, text: str) -> Story:
    """The story of the contact with this ID, of the newest one with this caller's number, or of the only one whose ID ends so.

    Raises:
        Unfindable: there is none, or more than one; the message helps on.

    """
    contact, found = _contact(reader, text)
    traces = [Trace.read(number, row) for number, row in enumerate(reader.decisions_of(contact.id), 1)]
    missing, forgotten = ("", False) if traces else _missing(reader, contact)
    return Story(contact, found, tuple(_in_order(reader.events_of(contact.id), traces)), missing, forgotten)


def _contact(reader: Reader, text: str) -> tuple[Contact, str]:
    if (exact := reader.contact(text)) is not None:
        return exact, ""
    for ani in dict.fromkeys((text, f"+{text}", text.removeprefix("+"))):
        if ani and (of_caller := reader.contacts_of(ani, 4)):
            before = ", ".join(f"{row.id} of {day(row.arrived_at)} {time(row.arrived_at)}" for row in of_caller[1:])
            return of_caller[0], f"the newest contact of caller {ani}" + (f"; before it: {before}" if before else "")
    ending = reader.contacts_ending(text, 6)
    if len(ending) == 1:
        return ending[0], f"the only contact whose ID ends in {text}"
    if ending:
        several = ", ".join(row.id for row in ending[:5]) + (", ..." if len(ending) > 5 else "")
        raise Unfindable(f"several contacts end in '{text}': {several}; give more of the ID")
    latest = reader.latest_contacts(500)
    known = dict.fromkeys([*(row.id for row in latest), *(row.ani for row in latest if row.ani)])
    help_ = nearest(text, known) or (f"the newest contact is '{latest[0].id}'" if latest else "there are no contacts yet")
    raise Unfindable(f"there is no contact '{text}' and no caller of this number; {help_}")


def _missing(reader: Reader, contact: Contact) -> tuple[str, bool]:
    """Why a contact has no decisions, and whether it may have had some."""
    if contact.queued_at is None:
        return "No agent was rung for it: it never came to a queue.", False
    oldest = reader.oldest_decision()
    kept = f"the oldest that is kept is of {day(oldest.at)} {time(oldest.at)}" if oldest is not None else "none are kept"
    if contact.connected_at is not None:
        return f"Its decisions are not there (any more): {kept}.", True
    if oldest is None or oldest.at > contact.queued_at:
        return f"Nobody was free as long as it waited, or its decisions are not there any more: {kept}.", True
    return "No agent was rung for it: nobody was free as long as it waited.", False


def _in_order(events: Sequence[CallEvent], traces: Sequence[Trace]) -> Iterator[CallEvent | Trace]:
    """Merge them: rows of one moment are in their own order, and a decision stands before the offers that it led to."""
    left = deque(traces)
    for event in events:
        while left and (left[0].at < event.at or (left[0].at == event.at and event.what == "offered" and event.detail in left[0].chosen)):
            yield left.popleft()
        yield event
    yield from left
