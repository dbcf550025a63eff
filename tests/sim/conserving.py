"""Whether a run with faults has kept what every run must keep: each call ended once, and is told once; nothing is left over."""

from collections import Counter
from collections.abc import Iterator

from appliance.core import records
from sim.faults.clocks import Clocks
from sim.faults.seen import FaultSeen
from sim.process import Mortal
from sim.stories import Day, Story, stories_of
from sim.virtual import Centre

__all__ = ["broken_promises"]

_FORGETS = frozenset({"core restart", "messages lost"})
"""Faults by which the record of a call may be lost that goes on, or is over, just then."""
_NOT_YET_WRITTEN_S = 15.0
"""So old the newest rows can be that a core which dies has not written: its disk may have been slow, or full, and was tried again."""
_WAITING = "callback"


def broken_promises(centre: Centre) -> list[str]:
    """What is not as it must be, when the run is over."""
    clocks = Clocks(centre.process.clock_was_set)
    stories = stories_of(centre.world, centre.store.contacts, Day((), clocks), clocks)
    return [*_calls(centre, stories), *_rows(centre), *_left_over(centre)]


def _calls(centre: Centre, stories: list[Story]) -> Iterator[str]:
    """Every call that came has ended, and but for what faults may cost there is one record of it."""
    for caller in centre.world.callers:
        if caller.ended_at is None:
            yield f"call {caller.call.number}/{caller.attempt} never ended"
    for problem in centre.world.problems:
        if "still in a call" in problem:
            yield problem
    for story in stories:
        if not story.recorded and not _may_forget(centre.world.faults, story):
            name = f"{story.number}/{story.attempt} of {story.placed_at:.1f}-{story.ended_at:.1f}"
            yield f"call {name} has no complete record: {story.outcome}"
    attempts = Counter(caller.call.ani for caller in centre.world.callers)
    twice = any(fault.what == "messages doubled" for fault in centre.world.faults)  # who is refused at once is so again when he comes twice
    told = Counter(
        row.ani
        for row in centre.store.contacts
        if row.direction == "in" and row.medium == "voice" and not (twice and row.outcome == "blocked")
    )
    for ani, times in told.items():
        if times > attempts[ani]:
            yield f"{ani} has called {attempts[ani]} times, and there are {times} records"


def _may_forget(faults: list[FaultSeen], story: Story) -> bool:
    """Whether a core died, or messages were lost, while the record of the call was not written yet."""
    for fault in faults:
        if fault.left_out or fault.what not in _FORGETS:
            continue
        begun_at, ended_at = fault.begun_at, fault.ended_at
        if fault.what == "core restart":
            ended_at = begun_at
            full = [each for each in faults if each.what in ("disk full", "disk slow") and each.was_there(begun_at)]
            begun_at = min([begun_at, *(each.begun_at for each in full)])
        if begun_at - _NOT_YET_WRITTEN_S <= story.ended_at and (ended_at is None or story.placed_at <= ended_at + 0.1):
            return True
    return False


def _rows(centre: Centre) -> Iterator[str]:
    """No call is open, unless it waits to be called back; what was written may wait on. No alarm stands of what was mended."""
    for row in centre.store.contacts:
        if not row.outcome and row.stage != _WAITING and not row.call_back and row.medium == "voice":
            yield f"contact {row.id} of {row.ani} is open at '{row.stage}'"
    settling = {source for source, flap in centre.engine.state.flaps.items() if not flap.standing}
    for alarm in centre.store.rows(records.Alarm):
        if alarm.cleared_at is None and alarm.source.startswith(("line:", "store")) and alarm.source not in settling:
            yield f"an alarm stands: {alarm.source}: {alarm.text}"


def _left_over(centre: Centre) -> Iterator[str]:
    """The core knows of no call any more, and of no reason why an agent should be busy."""
    state = centre.engine.state
    yield from centre.engine.check()
    if isinstance(centre.process, Mortal):
        yield from (f"while serving: {what}" for what in centre.process.broken)
    yield from (f"leg {leg} is left" for leg in state.legs)
    for contact in state.contacts.values():
        if not contact.call_back and contact.medium == "voice":
            yield f"contact {contact.id} is left at '{contact.stage}'"
    for agent in state.agents.values():
        if agent.state.value in ("offered", "ringing", "on-call"):
            yield f"agent {agent.id} is {agent.state.value} with nobody"
