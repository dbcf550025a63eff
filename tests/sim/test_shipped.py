"""Every shipped scenario keeps its promises: a day of a centre is part of every test run, the largest one of the whole run."""

from pathlib import Path

import pytest

from sim.run import run
from sim.scenario import load_scenario

pytestmark = [pytest.mark.requirement("SIM-06"), pytest.mark.slow]

SCENARIOS = Path(__file__).parents[2] / "scenarios"


LONG = {"ten-thousand": pytest.mark.whole}
DAYS = [pytest.param(path, id=path.stem, marks=LONG.get(path.stem, ())) for path in sorted(SCENARIOS.glob("*.toml"))]


@pytest.mark.parametrize("path", DAYS)
def test_it_meets_its_targets(path: Path) -> None:
    scenario, site = load_scenario(path)
    assert scenario.targets.limits, "a shipped scenario promises something"
    outcome = run(scenario, site)
    assert outcome.ok, [str(verdict) for verdict in outcome.verdicts if not verdict.ok]
    assert not [note for note in outcome.notes if "broken in the core" in note or "still in a call" in note]
