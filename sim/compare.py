"""Two configurations and the same callers: replications in pairs, each pair with one seed, and what comes out differently."""

from collections.abc import Sequence
from functools import partial
from time import perf_counter  # noqa: TID251 - says how long it took; nothing in the runs depends on it

from appliance.site import Site
from sim.parallel import Progress, Runner, run_all
from sim.report.beside import Comparison, Other, runs_of
from sim.report.result import Result, together
from sim.run import BOARD, FEWEST, replication
from sim.scenario import Scenario
from sim.verdict.comparing import Difference

__all__ = ["compare"]

_LOOKED_AT = ("service_level", "asa", "abandonment")


def compare(
    first: tuple[str, Scenario, Site],
    second: tuple[str, Scenario, Site],
    *,
    seed: int = 1,
    replications: int = 10,
    scheme: str = BOARD,
    precision: float | None = None,
    runner: Runner = run_all,
    progress: Progress = lambda _done: None,
) -> tuple[Result, Result, Comparison]:
    """Run both so often, with the seeds from `seed` on; each is a name, a scenario and its site.

    With a `precision` there are no more pairs than it takes to know the differences of service level, speed of answer and abandonment so
    well: half the interval at most that share of the figure.
    """
    began = perf_counter()
    jobs = [
        partial(replication, scenario, site, seed + n, scheme=scheme) for n in range(replications) for _, scenario, site in (first, second)
    ]

    def enough(results: Sequence[Result]) -> bool:
        if precision is None or len(results) < 2 * FEWEST or len(results) % 2:
            return False
        rows = _put_together(results, first[0], second[0], 0.0)[2].rows
        return all(_known_within(row, precision) for row in rows if row.name in _LOOKED_AT and not row.scope.queue)

    results = runner(jobs, progress, enough)
    return _put_together(results, first[0], second[0], perf_counter() - began)


def _put_together(results: Sequence[Result], first: str, second: str, wall_s: float) -> tuple[Result, Result, Comparison]:
    one, other = (together(results[place::2], wall_s) for place in (0, 1))
    before = Other(one.scenario.scenario, runs_of(one), one.curves)
    return one, other, Comparison.of(before, other, first, second)


def _known_within(row: Difference, precision: float) -> bool:
    return row.half_width is None or row.half_width <= precision * max(row.before or 0.0, row.after or 0.0)
