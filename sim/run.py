"""Runs a scenario in virtual time, once or several times, and puts the result together."""

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import perf_counter  # noqa: TID251 - says how long a run took; nothing in the run depends on it

from attrs import evolve

from appliance.core import records
from appliance.site import Site
from sim.draws import Draws
from sim.faults import kinds_of
from sim.faults.clocks import Clocks
from sim.faults.seen import charge, with_alarms
from sim.parallel import Progress, Runner, run_all
from sim.report.result import Result, together
from sim.scenario import Scenario
from sim.stories import Day, Story, digest_of, ends_of, stories_of
from sim.verdict.measuring import Measures
from sim.verdict.targets import WHOLE
from sim.virtual import Centre, VirtualPhones
from sim.world import World

__all__ = ["BOARD", "FEWEST", "SWITCH", "phones_of", "rare_collections", "replication", "result_of", "run", "run_virtually"]

BOARD, SWITCH = "board", "switch"
"""Hardware schemes (ACC-02): the lines are the appliance's own, or a telephone switch's that it controls."""
FEWEST = 5
"""So many replications are made before their intervals are believed."""
_YOUNG_OBJECTS = 200_000
"""Objects made before the garbage collector looks at the young ones: a run keeps its rows, and looking through them again and again
takes half of its time."""


def run(
    scenario: Scenario,
    site: Site,
    *,
    seed: int = 1,
    replications: int = 1,
    scheme: str = BOARD,
    precision: float | None = None,
    runner: Runner = run_all,
    progress: Progress = lambda _done: None,
) -> Result:
    """Run in virtual time; replications use the seeds from `seed` on, and are made where the `runner` makes them.

    With a `precision` there are no more replications than it takes to know every target's figure so well (`Result.known_within`).
    """
    began = perf_counter()
    jobs = [
        partial(replication if replications > 1 else run_virtually, scenario, site, seed + n, scheme=scheme) for n in range(replications)
    ]

    def enough(results: Sequence[Result]) -> bool:
        return precision is not None and len(results) >= FEWEST and together(results).known_within(precision)

    results = runner(jobs, progress, enough)
    return results[0] if replications == 1 else together(results, wall_s=perf_counter() - began)


def replication(scenario: Scenario, site: Site, seed: int, progress: Progress = lambda _done: None, scheme: str = BOARD) -> Result:
    """One run among many: without its calls, which nobody looks at one by one."""
    return evolve(run_virtually(scenario, site, seed, progress, scheme), stories=())


def phones_of(scheme: str) -> Callable[..., VirtualPhones]:
    """The telephones of a scheme; what a switch needs is loaded only for one."""
    if scheme == SWITCH:
        from sim.switched import SwitchedPhones

        return SwitchedPhones
    return VirtualPhones


def run_virtually(scenario: Scenario, site: Site, seed: int, progress: Progress = lambda _done: None, scheme: str = BOARD) -> Result:
    """One replication."""
    began = perf_counter()
    centre = Centre(Draws(scenario, site, seed), site, phones_of(scheme), measured=not kinds_of(scenario))
    centre.clock.on_turn = lambda: progress(min(1.0, centre.env.now / centre.world.closes_s))
    with rare_collections(), _complaints() as complaints:
        centre.run()
    stories: Sequence[Story]
    if centre.measured:
        stories, day = centre.ledger.stories, centre.ledger.day
    else:
        clocks = Clocks(centre.process.clock_was_set)
        day = Day(centre.store.rows(records.AgentState), clocks)
        stories = stories_of(centre.world, centre.store.contacts, day, clocks, recordings=centre.store.rows(records.Recording))
        with_alarms(centre.world.faults, centre.store.rows(records.Alarm), clocks)
        charge(centre.world.faults, ends_of(centre.world, centre.store.contacts, clocks))
    broken = [*centre.process.broken, *centre.engine.check()]
    return result_of(
        centre.world,
        stories,
        day,
        seed=seed,
        mode="virtual",
        virtual_s=centre.env.now,
        wall_s=perf_counter() - began,
        events=centre.events,
        broken=len(broken),
        notes=[*centre.desks.notes(), *(centre.plain(text) for text in complaints), *(f"broken in the core: {what}" for what in broken)],
    )


def result_of(
    world: World,
    stories: Sequence[Story],
    day: Day,
    *,
    seed: int,
    mode: str,
    virtual_s: float,
    wall_s: float,
    events: int,
    broken: int | None = None,
    notes: Sequence[str] = (),
) -> Result:
    """The result of one run, virtual or live; `broken` are the rules of the core that did not hold, None: nobody could look."""
    scenario, site = world.scenario, world.site
    measures = Measures(scenario, site, world.agents, world.calendar)
    for story in stories:
        measures.add(story)
    measures.curves.add_agents(day)
    scopes = measures.figures(day, world.faults, broken)
    lost = int(scopes[WHOLE]["losses"]["calls"])
    return Result(
        scenario,
        site,
        seed,
        mode,
        virtual_s,
        wall_s,
        events,
        scopes,
        measures.levels(day),
        digest_of(stories),
        measures.curves,
        measures.waits,
        stories,
        notes=[
            *([f"{lost} calls were lost: with their line, or with what carried them"] if lost else []),
            *(f"not brought about: {seen.name}: {seen.left_out}" for seen in world.faults if seen.left_out),
            *world.problems,
            *notes,
        ],
        faults=world.faults,
    )


class _Complaints(logging.Handler):
    """Collects what the appliance logs as an error: it belongs into the report and not between its lines."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        self.counts[f"{record.name}: {record.getMessage()}"] += 1


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Keep the appliance's log off the terminal; afterwards the list holds its errors."""
    handler, log = _Complaints(), logging.getLogger("hotline")
    before = log.propagate
    log.propagate = False
    log.addHandler(handler)
    found: list[str] = []
    try:
        yield found
    finally:
        log.removeHandler(handler)
        log.propagate = before
        found += [f"{text} (x {times})" if times > 1 else text for text, times in handler.counts.items()]


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let the garbage collector run rarely: what a simulation drops, it drops without cycles."""
    before = gc.get_threshold()
    gc.set_threshold(_YOUNG_OBJECTS, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
