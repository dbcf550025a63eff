"""What a run came to: its figures as JSON with the keys DESIGN.md fixes, and each target beside what was measured."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import inf
from typing import Any

from attrs import define, evolve, field

from appliance.site import Site
from sim.faults import FaultSeen
from sim.scenario import Scenario
from sim.stories import Story
from sim.verdict.curves import Curves, curves_of
from sim.verdict.figures import Figures
from sim.verdict.intervals import combined
from sim.verdict.judging import Verdict, exit_code, verdicts
from sim.verdict.kinds import KINDS
from sim.verdict.spread import EDGES_S
from sim.verdict.targets import WHOLE, Scope

__all__ = ["Result", "together"]

_LOOKED_AT = ("service_level", "asa", "abandonment")


@define(eq=False)
class Result:
    """One run, or several replications as one."""

    scenario: Scenario
    site: Site
    seed: int
    """Of several replications: the first one's."""
    mode: str
    """`virtual` or `live`."""
    virtual_s: float
    wall_s: float
    events: int
    scopes: Mapping[Scope, Figures]
    priorities: Mapping[str, Figures]
    digest: str
    curves: Curves
    waits: Mapping[str, Sequence[float]]
    """How many waits ended in which step of time, by how they ended."""
    stories: Sequence[Story] = field(factory=tuple, repr=False)
    """Every call; of several replications: none."""
    notes: list[str] = field(factory=list)
    """What the reader should know: faults left out, what went differently from what people expected."""
    faults: Sequence[FaultSeen] = ()
    """What broke, what it cost, and when all was well again; of several replications: in the first one."""
    replications: "Sequence[Result]" = ()
    differences: list[dict[str, Any]] = field(factory=list)
    """After a live run: calls that came out differently in virtual time."""
    compared: int = 0
    """How many calls were compared for that."""

    @property
    def figures(self) -> Figures:
        """Those of the whole run."""
        return self.scopes[WHOLE]

    @property
    def queues(self) -> dict[str, Figures]:
        """Those of each queue."""
        return {queue: self.scopes[Scope(queue)] for queue in self.site.queues}

    @property
    def runs(self) -> "Sequence[Result]":
        """The replications, or the one run itself."""
        return self.replications or (self,)

    @property
    def verdicts(self) -> list[Verdict]:
        """Each target and what came of it."""
        promises = self.scenario.targets.promises(self.scenario.hours)
        if self.figures["losses"]["invariants"] is None:  # a live run cannot look into the core
            promises = (promise for promise in promises if promise.name != "invariants_broken")
        return verdicts(promises, [run.scopes for run in self.runs])

    def known_within(self, precision: float) -> bool:
        """Whether half the interval of each target's figure is at most this share of the figure, or of its limit if that is larger.

        Without targets the service level, the speed of answer and the abandonment are looked at.
        """
        judged = [(verdict.half_width, max(verdict.measured or 0.0, verdict.target.value)) for verdict in self.verdicts]
        if all(width is None for width, _ in judged):
            judged = [(KINDS[name].half_width_of(self.figures), KINDS[name].of(self.figures) or 0.0) for name in _LOOKED_AT]
        return all(width <= precision * size for width, size in judged if width is not None)

    @property
    def ok(self) -> bool:
        """Whether every target was met."""
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """0: all targets met; 1: one was missed; 3: none was missed, but one is not decided."""
        return exit_code(self.verdicts)

    def as_json(self, *, drawn: bool = True) -> dict[str, Any]:
        """The JSON of `./hotline sim run --json`; `drawn`: with the curves of the day and the distribution of waits."""
        found: dict[str, Any] = {
            "scenario": self.scenario.scenario,
            "seed": self.seed,
            "mode": self.mode,
            "virtual_s": round(self.virtual_s, 6),
            "wall_s": round(self.wall_s, 3),
            "events": self.events,
            **self.figures,
            "queues": self.queues,
            "priorities": dict(self.priorities),
            "targets": [_target(verdict) for verdict in self.verdicts],
            "digest": self.digest,
        }
        if self.faults:
            found["faults"] = [fault.as_json() for fault in self.faults]
        if drawn:
            waits = {kind: list(counts) for kind, counts in self.waits.items()}
            found["curves"] = self.curves.as_json(self.scenario.start_s)
            found["wait_distribution"] = {"up_to_s": [*EDGES_S, None], **waits}
        if self.notes:
            found["notes"] = self.notes
        if self.mode == "live":
            found["virtual_comparison"] = {"compared": self.compared, "differences": self.differences}
        if self.replications:
            found["replications"] = [replication.as_json(drawn=False) for replication in self.replications]
        return found


def _target(verdict: Verdict) -> dict[str, Any]:
    measured = None if verdict.measured == inf else verdict.measured  # JSON has no infinity
    found: dict[str, Any] = {"name": verdict.promise.name, "limit": str(verdict.target), "measured": measured, "ok": verdict.ok}
    more = {"queue": verdict.scope.queue, "every": verdict.promise.every, "hours": verdict.scope.hours}
    found.update({key: said for key, said in more.items() if said})
    if verdict.half_width is not None:
        found |= {"half_width": verdict.half_width, "verdict": verdict.state}
    return found


def together(results: Sequence[Result], wall_s: float = 0.0) -> Result:
    """Several replications as one, which took `wall_s`."""
    first = results[0]
    return evolve(
        first,
        virtual_s=sum(result.virtual_s for result in results),
        wall_s=wall_s,
        events=sum(result.events for result in results),
        scopes={scope: combined([result.scopes[scope] for result in results]) for scope in first.scopes},
        priorities={
            level: combined([result.priorities[level] for result in results if level in result.priorities])
            for level in dict.fromkeys(level for result in results for level in result.priorities)
        },
        digest=sha256("".join(result.digest for result in results).encode()).hexdigest(),
        curves=curves_of([result.curves for result in results]),
        waits={
            kind: [sum(step) / len(results) for step in zip(*(result.waits[kind] for result in results), strict=True)]
            for kind in first.waits
        },
        stories=(),
        notes=[f"seed {result.seed}: {note}" for result in results for note in result.notes],
        replications=tuple(results),
    )
