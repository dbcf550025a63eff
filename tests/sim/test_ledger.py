"""A run that only measures tells the same calls as one that keeps everything, in room that does not grow with the calls that are over."""

import gc
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.records import AgentState, Recording
from hal.api import value
from sim.bench import Queue, full_centre, plain_queue
from sim.columns import Columns
from sim.draws import Draws
from sim.faults.clocks import Clocks
from sim.stories import Day, stories_of
from sim.virtual import Centre
from tests.sim.day import small_day

pytestmark = pytest.mark.requirement("SIM-03")

STORM = (
    ('every = "60 s"', 'every = "1500 ms"'),
    ('talk = "30 s"', 'talk = "40 s"\npatience = "30 s"\nredial = { chance = 0.7, after = "20 s" }'),
)
"""Most callers are blocked, or lose patience, and call again."""


@pytest.mark.parametrize("number", ["1", "2"])
def test_a_measured_run_tells_the_same_calls_as_one_that_keeps_everything(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.ledger._FEW", 5)
    monkeypatch.setattr("sim.ledger._LATE_S", 40.0)
    scenario, site = small_day(*STORM, ("1 = { every", f"{number} = {{ every"))
    kept, measured = Centre(Draws(scenario, site, 1), site), Centre(Draws(scenario, site, 1), site, measured=True)
    kept.run()
    measured.clock.on_turn = lambda: before.append(len(measured.ledger.stories))
    before: list[int] = []
    measured.run()
    clocks = Clocks.right(kept.wall_s)
    day = Day(kept.store.rows(AgentState), clocks)
    recordings = kept.store.rows(Recording)
    assert list(measured.ledger.stories) == stories_of(kept.world, kept.store.contacts, day, clocks, recordings=recordings)
    assert any(story.recording for story in measured.ledger.stories) is (number == "1"), "agents talk, and are recorded"
    assert len({story.outcome for story in measured.ledger.stories}) > 1
    assert any(story.attempt for story in measured.ledger.stories)
    assert 0 < before[-1] < len(measured.ledger.stories), "some are told while others call"
    agents = sorted(site.agents)
    assert measured.ledger.day.seconds(agents, 0.0, 9e9) == day.seconds(agents, 0.0, 9e9)


def held_and_peak_bytes(calls: int) -> tuple[int, int]:
    scenario, site = plain_queue(Queue(20, 20 / 60, 60, 60), calls)
    centre = Centre(Draws(scenario, site, 1), site, measured=True)
    tracemalloc.start()
    try:
        centre.run()
        gc.collect()  # what Python keeps of small objects to be used again comes and goes
        return tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_calls_that_are_over_but_for_one_row_of_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.ledger._FEW", 32)
    monkeypatch.setattr("sim.ledger._LATE_S", 60.0)
    fewer, more = 600, 1500  # calls are drawn by the 512
    (held, peak), (more_held, more_peak) = held_and_peak_bytes(fewer), held_and_peak_bytes(more)
    assert (more_held - held) / (more - fewer) < 500
    assert (more_peak - peak) / (more - fewer) < 1600, "a caller, his contact and its rows take twice as much"


def test_calls_that_are_over_leave_no_cycles_for_the_collector() -> None:
    scenario, site = full_centre(60, agents=8)
    centre = Centre(Draws(scenario, site, 1), site, measured=True)
    gc.collect()
    gc.disable()
    try:
        centre.run()
        assert gc.collect() < 200, "trio leaves some, and no more for more calls"
    finally:
        gc.enable()
    assert centre.phones.recordings > 30


@value
class Row:
    number: int
    at: float
    wait_s: float | None
    name: str
    right: bool
    told: bool | None


ROWS = st.builds(
    Row,
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False),
    st.none() | st.floats(allow_nan=False),
    st.sampled_from(["", "0", "007", "billing", "13900000001", "٣", "123456789012345678"]) | st.text(max_size=3),
    st.booleans(),
    st.none() | st.booleans(),
)


@given(st.lists(ROWS))
def test_columns_give_back_every_row_in_the_order_that_is_asked_for(rows: list[Row]) -> None:
    columns = Columns(Row)
    for row in rows:
        columns.append(row)
    assert list(columns) == rows
    assert [columns[place] for place in range(len(rows))] == columns[:] == rows
    columns.sort("number")
    assert list(columns) == sorted(rows, key=lambda row: row.number)
    assert len(columns) == len(rows)
