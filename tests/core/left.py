"""What a run of the core leaves behind for the next one - its rows, as a store would give them back, its legs - and that next one."""

from collections.abc import Callable, Iterable
from typing import Any

from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet, Restored
from appliance.core.plan import Plan
from appliance.core.records import Agent, AgentState, Contact, Expectation, Record, Recording
from hal.api import Adopted, LineOpened, StationRegistered
from tests.core.playbook import EVERYTHING
from tests.core.story import LINE, Story


def left_by(rows: Iterable[Record], boot: int = 2, tickets: int = 0, *, goes_on: Callable[[str], bool] | None = None) -> Restored:
    """What the core is told at its next start; `goes_on` says of a recording whether it does, else its row does."""
    newest: dict[type[Record], dict[Any, Any]] = {kind: {} for kind in (Agent, AgentState, Contact, Expectation, Recording)}
    for row in rows:
        match row:
            case Agent() | AgentState():
                newest[type(row)][row.agent] = row
            case Contact() | Recording():
                newest[type(row)][row.id] = row
            case Expectation():
                newest[Expectation][(row.queue, row.medium)] = row
    recordings = newest[Recording].values()
    return Restored(
        boot,
        tickets,
        newest[AgentState],
        tuple(row for row in newest[Contact].values() if not row.outcome),
        tuple(row for row in recordings if (goes_on(row.id) if goes_on is not None else row.state == "recording")),
        newest[Agent],
        expectations=tuple(newest[Expectation].values()),
    )


def restarted(before: Story, *gone: str, after_s: float = 2.0, plan: Plan | None = None, left: Restored | None = None) -> Story:
    """The next run, told by its line of all legs but those gone meanwhile; what it does then is read with `>>`."""
    state = before.engine.state
    story = Story(engine=Engine(plan or state.plan))
    story.now, story.sides = 500.0, dict(before.sides)  # another machine clock: only the wall clock is shared
    story.kept = list(before.kept)
    story << ClockSet(before.now + state.wall_offset + after_s)
    story << (left or left_by(before.kept, state.boot + 1, goes_on=before.sides.__contains__))
    story << LineOpened(LINE, EVERYTHING.value)
    for name, leg in sorted(before.legs.items(), reverse=True):
        if name in gone:
            continue
        known = state.legs[leg]
        story.legs[name] = leg
        called = known.party.partition(":")[2] if known.party.startswith("number:") else "95501"
        story.skip() << Adopted(LINE, leg, "13800138000", called, known.answered_at is not None, known.station)
    story.skip()
    for station in story.engine.state.plan.stations:
        story << StationRegistered(LINE, station, "127.0.0.1:5070")
    return story.at(500.0)


def restarted_often(before: Story, times: int, *gone: str) -> Story:
    """That many restarts, one right after the other; the legs are gone with the last one."""
    for _ in range(times - 1):
        before = restarted(before).skip()
    return restarted(before, *gone)
