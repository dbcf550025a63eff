"""The verdict on a run: its figures as JSON with the keys DESIGN.md fixes, and each target beside what was measured."""

from collections.abc import Sequence
from typing import Any

from attrs import define, field

from sim.faults import FaultSeen
from sim.scenario import Scenario
from sim.stories import Story
from sim.verdict.figures import Figures
from sim.verdict.judging import PLACES, at, verdicts
from sim.verdict.targets import Verdict

__all__ = ["Result"]


@define(eq=False)
class Result:
    """What a run came to: one replication, or several as one."""

    scenario: Scenario
    seed: int
    mode: str
    """`virtual` or `live`."""
    virtual_s: float
    wall_s: float
    events: int
    figures: Figures
    queues: dict[str, Figures]
    priorities: dict[str, Figures]
    records_lost: float
    digest: str
    stories: Sequence[Story]
    series: dict[str, list[float]]
    notes: list[str] = field(factory=list)
    """What the reader should know: faults left out, what went differently from what people expected."""
    faults: list[FaultSeen] = field(factory=list)
    """What broke, what it cost, and when all was well again."""
    replications: "list[Result]" = field(factory=list)
    differences: list[dict[str, Any]] = field(factory=list)
    """After a live run: calls that came out differently in virtual time."""
    compared: int = 0
    """How many calls were compared for that."""

    @property
    def verdicts(self) -> list[Verdict]:
        """Each target and what came of it."""
        return verdicts(self.scenario, self.figures, self.records_lost)

    @property
    def ok(self) -> bool:
        """Whether every target was met."""
        return all(verdict.ok for verdict in self.verdicts)

    @property
    def exit_code(self) -> int:
        """0: all targets met; 1: one was missed."""
        return 0 if self.ok else 1

    def uncertainty(self, target: str) -> float | None:
        """Half the confidence interval of a target's figure, if it was replicated."""
        if not self.replications or target not in PLACES:
            return None
        path, scale = PLACES[target]
        table = at(self.figures, path[:-1])
        width = table.get("half_width", {}).get(path[-1])
        return None if width is None else width * scale

    def as_json(self) -> dict[str, Any]:
        """The JSON of `./hotline sim run --json`."""
        found: dict[str, Any] = {
            "scenario": self.scenario.scenario,
            "seed": self.seed,
            "mode": self.mode,
            "virtual_s": round(self.virtual_s, 6),
            "wall_s": round(self.wall_s, 3),
            "events": self.events,
            **self.figures,
            "queues": self.queues,
            "priorities": self.priorities,
            "targets": [
                {"name": verdict.name, "limit": str(verdict.target), "measured": verdict.measured, "ok": verdict.ok}
                for verdict in self.verdicts
            ],
            "digest": self.digest,
        }
        if self.faults:
            found["faults"] = [fault.as_json() for fault in self.faults]
        if self.notes:
            found["notes"] = self.notes
        if self.mode == "live":
            found["virtual_comparison"] = {"compared": self.compared, "differences": self.differences}
        if self.replications:
            found["replications"] = [replication.as_json() for replication in self.replications]
        return found
