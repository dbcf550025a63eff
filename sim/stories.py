"""What became of each call: what the caller saw, joined with the record the centre kept of it.

Outcome, queue and wait are the centre's own (its record); moments of answer, prompt and offer are what people at the telephones saw. A call
without a record counts as its caller tells it, and as a lost record if the centre had answered it.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from math import inf
from typing import NamedTuple

from appliance.core import records
from hal.api import Cause, value
from sim.callers import Caller
from sim.faults.clocks import Clocks
from sim.faults.seen import CUT, Ended
from sim.world import World

__all__ = ["Day", "Seen", "Story", "digest_of", "ends_of", "record_of", "stories_of"]

_OFFERED_BUSY = frozenset({"offered", "ringing", "on-call", "wrap-up"})
_UNHEARD_S = 2.0
"""So much of a talk may be missing from its recording: what the telephones take to get through to each other, and to hang up."""
_AWAY = frozenset({"logged-out", "not-ready"})


@value
class Story:
    """One call; moments are seconds of the simulation, None: it did not come to that."""

    number: int
    attempt: int
    ani: str
    placed_at: float
    answered_at: float | None
    prompt_at: float | None
    connected_at: float | None
    ended_at: float
    outcome: str
    """`answered abandoned self-served message blocked lost unreached`: the last who was to be called back, and was not reached."""
    queue: str
    """The queue it asked for last; empty: none."""
    agent: str
    wait_s: float | None
    """None: it asked for no queue."""
    talk_s: float
    by_caller: bool
    """Whether the caller ended it."""
    recorded: bool
    """Whether the centre kept a complete record."""
    offered_after_s: float | None
    """From caller and agent both being there until the agent's phone was called, for the first agent it was offered to."""
    told_right: bool | None = None
    """Whether the expected wait that the caller was told first held it; None: nothing was told, or no agent of that queue served him."""
    recording: bool | None = None
    """Whether what was to be recorded of it - the talk, the message - is a whole recording; None: nothing was."""
    line: str = ""
    """The line it came in on."""
    level: str = "normal"
    """Its caller's priority in the centre: `normal`, `vip`, or `priority` and a number."""

    @property
    def answer_s(self) -> float | None:
        """From dialling to the answer."""
        return None if self.answered_at is None else self.answered_at - self.placed_at

    @property
    def prompt_s(self) -> float | None:
        """From the answer to the first prompt."""
        return None if self.prompt_at is None or self.answered_at is None else max(0.0, self.prompt_at - self.answered_at)


class Day:
    """The agents' states over a day, from the rows the centre kept; moments are seconds of the simulation."""

    def __init__(self, rows: Iterable[records.AgentState], clocks: Clocks) -> None:
        """Sort the rows, which are in the order in which they were written, by agent."""
        self._clocks, self._last = clocks, -inf
        self._moments: dict[str, array[float]] = {}
        self._states: dict[str, list[str]] = {}
        self._ready: dict[str, array[float]] = {}
        for row in rows:
            self.add(row)

    def add(self, row: records.AgentState) -> None:
        """Take a row that came after all others."""
        at = self._last = self._clocks.next(row.at, self._last)
        if row.agent not in self._moments:
            self._moments[row.agent], self._states[row.agent], self._ready[row.agent] = array("d"), [], array("d")
        self._moments[row.agent].append(at)
        self._states[row.agent].append(row.state)
        if row.state == "ready":
            self._ready[row.agent].append(at)

    def ready_before(self, agent: str, moment: float, slack_s: float = 0.0) -> float | None:
        """When the agent last became ready before his phone was called; `moment` is by the phone's clock, which may differ by the slack."""
        moments, states = self._moments.get(agent, array("d")), self._states.get(agent, [])
        near = range(bisect_left(moments, moment - slack_s), bisect_right(moments, moment + slack_s))
        moment = min((moments[n] for n in near if states[n] == "offered"), key=lambda at: abs(at - moment), default=moment)
        ready = self._ready.get(agent, ())
        place = bisect_right(ready, moment + 1e-6)
        return ready[place - 1] if place else None

    def states(self, until: float) -> Iterator[tuple[float, float, str]]:
        """Everybody's: from when, until when, which; the last ones until a moment."""
        for agent, moments in self._moments.items():
            yield from zip(moments, [*moments[1:], until], self._states[agent], strict=True)

    def seconds(self, agents: Iterable[str], since: float, until: float) -> tuple[float, float]:
        """Of these agents, seconds busy (offer, talk, wrap-up) and seconds there (logged in and not on break) within a period."""
        busy = there = 0.0
        for agent in agents:
            moments, states = self._moments.get(agent, array("d")), self._states.get(agent, [])
            ends = [*moments[1:], until] if moments else []
            for begin, end, state in zip(moments, ends, states, strict=True):
                length = min(end, until) - max(begin, since)
                if length > 0 and state not in _AWAY:
                    there += length
                    if state in _OFFERED_BUSY:
                        busy += length
        return busy, there

    @property
    def agents(self) -> Sequence[str]:
        """Everyone who was there."""
        return sorted(self._moments)


class Seen(NamedTuple):
    """Some of the calls of a world."""

    callers: Sequence[Caller]
    offers: Sequence[tuple[float, Caller, str]]
    """As in `World`."""


def stories_of(
    world: World | Seen,
    contacts: Iterable[records.Contact],
    day: Day,
    clocks: Clocks,
    *,
    recordings: Iterable[records.Recording] = (),
    slack_s: float = 1e-3,
) -> list[Story]:
    """All calls in the order of their number and attempt; `slack_s` is how far the clocks of world and centre may differ."""
    made: dict[str, list[records.Recording]] = {}
    for recording in recordings:
        made.setdefault(recording.contact, []).append(recording)
    kept: dict[str, list[records.Contact]] = {}
    for row in contacts:
        kept.setdefault(row.ani, []).append(row)
    offers: dict[int, tuple[float, str]] = {}
    for at, caller, agent in world.offers:
        offers.setdefault(id(caller), (at, agent))
    return [
        _story(caller, *record_of(caller, kept.get(caller.call.ani, ()), clocks, slack_s), offers.get(id(caller)), day, made, slack_s)
        for caller in sorted(world.callers, key=lambda caller: (caller.call.number, caller.attempt))
    ]


def record_of(
    caller: Caller, kept: Iterable[records.Contact], clocks: Clocks, slack_s: float = 1e-3
) -> tuple[records.Contact | None, float]:
    """The record of this attempt among those of his number, and by how much its times are ahead of the simulation's.

    A caller's calls do not overlap, so the time tells them apart.
    """
    end = caller.ended_at if caller.ended_at is not None else caller.placed_at
    for row in kept:
        for moment in clocks.moments(row.arrived_at):
            if caller.placed_at - slack_s <= moment <= end + slack_s:
                return row, row.arrived_at - moment
    return None, 0.0


def _story(
    caller: Caller,
    row: records.Contact | None,
    ahead_s: float,
    offer: tuple[float, str] | None,
    day: Day,
    recordings: Mapping[str, list[records.Recording]],
    slack_s: float,
) -> Story:
    waited_from = caller.asked_at
    wait_s: float | None = None
    outcome, queue, recorded = caller.outcome, "", False
    if row is not None:
        to_be_called = row.call_back != "" and not row.outcome  # it is kept for that
        recorded = row.outcome != "" or to_be_called
        outcome = "unreached" if to_be_called else row.outcome or outcome
        queue, wait_s = row.queue, row.wait_s
        waited_from = row.queued_at - ahead_s if row.queued_at is not None else None
    elif outcome in ("answered", "abandoned") and caller.asked_at is not None:
        until = caller.connected_at if caller.connected_at is not None else caller.ended_at
        wait_s = (until or caller.asked_at) - caller.asked_at
    elif outcome in ("blocked", "lost") and caller.answered_at is None:
        recorded = True  # it never reached the centre: there is nothing to keep
    offered_after_s = None
    if offer is not None and waited_from is not None and (ready := day.ready_before(offer[1], offer[0], slack_s)) is not None:
        offered_after_s = max(0.0, offer[0] - max(ready, waited_from))
    ended_at = caller.ended_at if caller.ended_at is not None else caller.placed_at
    talk_s = ended_at - caller.connected_at if caller.connected_at is not None else 0.0
    return Story(
        caller.call.number,
        caller.attempt,
        caller.call.ani,
        caller.placed_at,
        caller.answered_at,
        caller.prompt_at,
        caller.connected_at,
        ended_at,
        outcome,
        queue,
        caller.agent,
        wait_s,
        talk_s,
        caller.by_caller,
        recorded,
        offered_after_s,
        _told_right(row),
        None if row is None else _recorded_whole(row, talk_s, recordings.get(row.id, []), caller.world.site.recording.calls),
        caller.call.line,
        _level_of(row),
    )


def _recorded_whole(row: records.Contact, talk_s: float, recordings: Sequence[records.Recording], talks: bool) -> bool | None:
    """Whether everything that was recorded is whole, and a talk from its beginning to its end; `talks`: they are recorded."""
    if not recordings:
        return False if talks and talk_s > _UNHEARD_S and row.outcome == "answered" else None
    whole = all(recording.state in ("complete", "empty") for recording in recordings)
    length_s = sum(recording.duration_s or 0.0 for recording in recordings if recording.kind == "call")
    if " " in row.agents:
        talk_s = min(talk_s, row.talk_s)  # nothing is recorded while a caller who was given away waits for the next agent
    return whole and (not talks or row.outcome != "answered" or length_s >= talk_s - _UNHEARD_S)


def _level_of(row: records.Contact | None) -> str:
    if row is None or not (row.vip or row.priority):
        return "normal"
    return "vip" if row.vip else f"priority {row.priority}"


def _told_right(row: records.Contact | None) -> bool | None:
    """As `appliance.store.Reader.waits` judges it."""
    if row is None or row.ewt_low_s is None or row.ewt_after_s is None or row.queued_at is None or row.connected_at is None:
        return None
    waited_s = row.connected_at - row.queued_at
    if row.wait_s is None or abs(row.wait_s - waited_s) > 1.0:
        return None  # it asked for more than one queue
    return row.ewt_low_s <= waited_s - row.ewt_after_s <= (inf if row.ewt_high_s is None else row.ewt_high_s)


def digest_of(stories: Iterable[Story]) -> str:
    """Fingerprint of a run: SHA-256 over every call's outcome, queue, agent and moments, these to the microsecond."""
    digest = sha256()
    for story in stories:
        moments = (story.placed_at, story.answered_at, story.prompt_at, story.connected_at, story.ended_at, story.wait_s)
        rounded = ["-" if moment is None else f"{moment:.6f}" for moment in moments]
        digest.update(f"{story.number}/{story.attempt} {story.outcome} {story.queue} {story.agent} {' '.join(rounded)}\n".encode())
    return digest.hexdigest()


def ends_of(world: World, contacts: Iterable[records.Contact], clocks: Clocks, *, slack_s: float = 1e-3) -> list[Ended]:
    """Calls that nobody hung up, and when that was; where the centre knows that a call was cut, its word counts: callers may not notice."""
    kept: dict[str, list[records.Contact]] = {}
    for contact in contacts:
        kept.setdefault(contact.ani, []).append(contact)
    found = []
    for caller in world.callers:
        row, ahead_s = record_of(caller, kept.get(caller.call.ani, ()), clocks, slack_s)
        if row is not None and row.ended_at is not None and row.cause in CUT:
            found.append(Ended(caller.call.line, row.ended_at - ahead_s, row.outcome, Cause(row.cause)))
        elif caller.ended_at is not None and not caller.by_caller:
            found.append(Ended(caller.call.line, caller.ended_at, caller.outcome, caller.cause))
    return found
