"""The same day in the board scheme and in the switch scheme: where the scheme does not matter, everybody fares the same."""

from pathlib import Path

import pytest
from attrs import evolve

from hal.api import HalError
from sim.draws import Draws
from sim.run import BOARD, SWITCH, run_virtually
from sim.scenario import load_scenario
from sim.switched import SwitchedPhones
from sim.virtual import Centre

FIRST_DAY = Path(__file__).parent.parent.parent / "scenarios/first-day.toml"


@pytest.mark.slow
@pytest.mark.requirement("ACC-02")
def test_every_caller_fares_the_same_in_both_schemes() -> None:
    scenario, site = load_scenario(FIRST_DAY)
    board, switch = (run_virtually(scenario, site, 1, scheme=scheme) for scheme in (BOARD, SWITCH))
    assert [(story.number, story.outcome, story.queue, story.agent) for story in switch.stories] == [
        (story.number, story.outcome, story.queue, story.agent) for story in board.stories
    ]
    waits = [(one.wait_s, other.wait_s) for one, other in zip(board.stories, switch.stories, strict=True)]
    assert all((one is None and other is None) or abs((one or 0.0) - (other or 0.0)) < 0.1 for one, other in waits)
    assert switch.ok is board.ok is True
    assert switch.notes == board.notes


@pytest.mark.requirement("ACC-02")
def test_a_site_with_several_lines_has_no_switch_scheme() -> None:
    scenario, site = load_scenario(FIRST_DAY)
    (line,) = site.lines.values()
    two = evolve(site, lines={"trunk": line, "other": line})  # type: ignore[misc] # `table` makes attrs classes, which mypy cannot know
    with pytest.raises(HalError, match="the switch is the only line; this site has 2: trunk, other"):
        Centre(Draws(scenario, site, 1), two, SwitchedPhones)
