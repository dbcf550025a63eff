"""Runs a scenario in virtual time, once or several times, and puts the result together."""

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from time import perf_counter  # noqa: TID251 - says how long a run took; nothing in the run depends on it

from appliance.core import records
from appliance.site import Site
from sim.draws import Draws
from sim.faults import kinds_of
from sim.faults.clocks import Clocks
from sim.faults.seen import charge, with_alarms
from sim.report.result import Result
from sim.scenario import Scenario
from sim.stories import Day, Story, digest_of, stories_of
from sim.verdict.figures import Figures, Period, figures_of, series_of
from sim.verdict.intervals import combined
from sim.virtual import Centre, VirtualPhones
from sim.world import World

__all__ = ["BINS", "BOARD", "SWITCH", "rare_collections", "result_of", "run", "run_virtually"]

BOARD, SWITCH = "board", "switch"
"""Hardware schemes (ACC-02): the lines are the appliance's own, or a telephone switch's that it controls."""
BINS = 24
"""Parts of the hours that the drawings show."""
_LEVEL = "normal"
"""The one priority level there is so far."""
_YOUNG_OBJECTS = 200_000
"""Objects made before the garbage collector looks at the young ones: a run keeps its rows, and looking through them again and again
takes half of its time."""

Progress = Callable[[float], None]
"""Told from time to time which share of a run is done."""


def run(
    scenario: Scenario,
    site: Site,
    *,
    seed: int = 1,
    replications: int = 1,
    scheme: str = BOARD,
    progress: Progress = lambda _done: None,
) -> Result:
    """Run in virtual time; replications use the seeds from `seed` on."""
    results = []
    for n in range(replications):

        def share(done: float, n: int = n) -> None:
            progress((n + done) / replications)

        results.append(run_virtually(scenario, site, seed + n, share, scheme))
    progress(1.0)
    return results[0] if replications == 1 else _together(results)


def _phones_of(scheme: str) -> Callable[..., VirtualPhones]:
    """The telephones of a scheme; what a switch needs is loaded only for one."""
    if scheme == SWITCH:
        from sim.switched import SwitchedPhones

        return SwitchedPhones
    return VirtualPhones


def run_virtually(scenario: Scenario, site: Site, seed: int, progress: Progress = lambda _done: None, scheme: str = BOARD) -> Result:
    """One replication."""
    began = perf_counter()
    centre = Centre(Draws(scenario, site, seed), site, _phones_of(scheme), measured=not kinds_of(scenario))
    centre.clock.on_turn = lambda: progress(min(1.0, centre.env.now / centre.world.closes_s))
    with rare_collections(), _complaints() as complaints:
        centre.run()
    stories: Sequence[Story]
    if centre.measured:
        stories, day = centre.ledger.stories, centre.ledger.day
    else:
        clocks = Clocks(centre.process.clock_was_set)
        day = Day(centre.store.rows(records.AgentState), clocks)
        stories = stories_of(centre.world, centre.store.contacts, day, clocks)
        with_alarms(centre.world.faults, centre.store.rows(records.Alarm), clocks)
        charge(centre.world.faults, centre.world.callers)
    return result_of(
        centre.world,
        stories,
        day,
        seed=seed,
        mode="virtual",
        virtual_s=centre.env.now,
        wall_s=perf_counter() - began,
        events=centre.events,
        notes=[*complaints, *(f"broken in the core: {what}" for what in centre.engine.check())],
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
    notes: Sequence[str] = (),
) -> Result:
    """The result of one run, virtual or live."""
    scenario, site = world.scenario, world.site
    opens, closes = scenario.opens_s, world.closes_s
    period = Period(opens + float(scenario.warm_up), closes)
    target = scenario.targets.get("service_level")

    def threshold(queue: str) -> float:
        if target is not None and target.within_s is not None:
            return target.within_s
        return site.queues[queue].service_level.within_s if queue else 20.0

    def figures(chosen: Sequence[Story], agents: Sequence[str], queue: str = "") -> Figures:
        return figures_of(chosen, day, agents, period, threshold(queue))

    everyone = sorted(world.agents)
    whole = figures(stories, everyone)
    queues = {
        queue: figures([s for s in stories if s.queue == queue], [a for a in everyone if queue in site.agents[a].groups], queue)
        for queue in site.queues
    }
    lost = sum(1 for story in stories if story.outcome == "lost" and period.since <= story.placed_at < period.until)
    return Result(
        scenario,
        seed,
        mode,
        virtual_s,
        wall_s,
        events,
        whole,
        queues,
        {_LEVEL: whole},
        sum(1 for story in stories if not story.recorded),
        digest_of(stories),
        stories,
        series_of(stories, opens, closes, BINS),
        notes=[
            *([f"{lost} calls were lost: with their line, or with what carried them"] if lost else []),
            *(f"not brought about: {seen.name}: {seen.left_out}" for seen in world.faults if seen.left_out),
            *world.problems,
            *notes,
        ],
        faults=world.faults,
    )


def _together(results: Sequence[Result]) -> Result:
    first = results[0]
    digest = sha256("".join(result.digest for result in results).encode()).hexdigest()
    return Result(
        first.scenario,
        first.seed,
        first.mode,
        sum(result.virtual_s for result in results),
        sum(result.wall_s for result in results),
        sum(result.events for result in results),
        combined([result.figures for result in results]),
        {queue: combined([result.queues[queue] for result in results]) for queue in first.queues},
        {level: combined([result.priorities[level] for result in results]) for level in first.priorities},
        sum(result.records_lost for result in results),
        digest,
        first.stories,
        first.series,
        notes=[f"seed {result.seed}: {note}" for result in results for note in result.notes],
        replications=list(results),
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
