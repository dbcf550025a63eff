"""Figures and curves: what they are by definition, and that what is kept for them does not grow with the number of calls."""

from math import inf

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.records import AgentState
from sim.draws import Draws
from sim.faults.clocks import Clocks
from sim.stories import Day, Story, digest_of
from sim.verdict.curves import Curves, curves_of, step_of
from sim.verdict.figures import Figures, Period, Tally, periods_of
from sim.verdict.intervals import combined, half_width, t95
from sim.verdict.measuring import Measures
from sim.verdict.spread import Histogram, Spread
from sim.verdict.targets import WHOLE, Scope
from tests.sim.day import small_day

pytestmark = pytest.mark.requirement("SIM-03")


def story(
    number: int, outcome: str, wait_s: float | None, *, placed_at: float = 100.0, talk_s: float = 0.0, recorded: bool = True
) -> Story:
    connected = placed_at + 1 + (wait_s or 0.0) if outcome == "answered" else None
    end = placed_at + 1 + (wait_s or 0.0) + talk_s
    queue = "help" if wait_s is not None else ""
    agent = "1001" if connected else ""
    answered_at = None if outcome == "blocked" else placed_at + 0.2
    prompt_at = None if answered_at is None else answered_at + 0.05
    return Story(
        number, 0, str(number), placed_at, answered_at, prompt_at, connected, end, outcome, queue, agent, wait_s, talk_s, True, True,
        0.03 if connected else None,
    )  # fmt: skip


STORIES = [
    story(0, "answered", 0.0, talk_s=60),
    story(1, "answered", 10.0, talk_s=60),
    story(2, "answered", 30.0, talk_s=60),
    story(3, "abandoned", 20.0),
    story(4, "blocked", None),
    story(5, "self-served", None),
    story(6, "message", 5.0),
    story(7, "answered", 500.0, placed_at=10.0),  # during the warm-up
]
DAY = Day(
    [
        AgentState("1001", 0.0, "ready"),
        AgentState("1001", 100.0, "offered"),
        AgentState("1001", 130.0, "not-ready"),
        AgentState("1001", 160.0, "ready"),
        AgentState("1001", 190.0, "logged-out"),
    ],
    Clocks.right(0.0),
)


def test_an_agent_was_ready_before_his_phone_rang_also_where_the_phones_clock_is_behind() -> None:
    states = [(0.0, "ready"), (50.0, "offered"), (100.0, "ready"), (100.0, "offered"), (100.6, "ready"), (101.5, "offered")]
    day = Day([AgentState("1001", at, state) for at, state in states], Clocks.right(0.0))
    assert day.ready_before("1001", 99.998) == 0.0
    assert [day.ready_before("1001", rang, 2.0) for rang in (50.004, 99.998, 100.004, 101.497)] == [0.0, 100.0, 100.0, 100.6]
    assert day.ready_before("1002", 99.998, 2.0) is None


def counted(stories: list[Story], since: float, until: float, threshold_s: float = 20.0, agents: tuple[str, ...] = ("1001",)) -> Figures:
    tally = Tally([Period(since, until)], threshold_s)
    for each in stories:
        tally.add(each)
    return tally.figures(DAY if stories else Day([], Clocks.right(0.0)), agents)


def test_figures_are_what_the_design_says_they_are() -> None:
    found = counted(STORIES, 50.0, 200.0)
    assert found["contacts"] == {
        "offered": 7, "answered": 3, "abandoned": 1, "blocked": 1, "self_served": 1, "messages": 1, "unreached": 0, "redials": 0,
    }  # fmt: skip
    assert found["wait_s"] == {"mean": 13.0, "p50": 10.0, "p90": 30.0, "p95": 30.0, "p99": 30.0, "max": 30.0}
    assert found["p_wait"] == 4 / 5
    assert found["service_level"] == {"threshold_s": 20.0, "answered": 2 / 3, "offered": 2 / 4}
    assert found["asa_s"] == pytest.approx(40 / 3)
    assert found["abandonment"] == 1 / 4
    assert found["blocking"] == 1 / 7
    assert found["occupancy"] == pytest.approx(30 / (50 + 30 + 30))
    assert found["self_service"] == 1 / 6
    assert found["response_ms"]["answer"] == {"p50": 200.0, "p95": 200.0, "p99": 200.0, "max": 200.0}
    assert found["response_ms"]["prompt"] == {"p50": 50.0, "p95": 50.0, "p99": 50.0, "max": 50.0}
    assert found["response_ms"]["offer"] == {"p50": 30.0, "p95": 30.0, "p99": 30.0, "max": 30.0}
    assert found["recordings"] == {"expected": 0, "complete": None}


def test_losses_and_recordings_are_counted() -> None:
    whole = [evolve(story(n, "answered", 1.0, talk_s=9), recording=n > 0) for n in range(4)]
    found = counted([*whole, evolve(story(5, "lost", None), recorded=False), story(6, "abandoned", 3.0)], 0.0, 1000.0)
    assert found["recordings"] == {"expected": 4, "complete": 3 / 4}
    assert found["losses"] == {"calls": 1, "records": 1, "recordings": 1}


def test_figures_of_nothing_are_none() -> None:
    found = counted([], 0.0, 1.0, agents=())
    assert found["abandonment"] is None
    assert found["wait_s"]["mean"] is None
    assert found["occupancy"] is None
    assert found["response_ms"]["offer"]["p99"] is None


def test_a_tally_of_a_queue_or_of_some_hours_counts_no_other_calls() -> None:
    other = evolve(story(20, "answered", 1.0, talk_s=5), queue="sales")
    of_queue = Tally([Period(0.0, 1000.0)], 20.0, "sales")
    of_hours = Tally([Period(0.0, 50.0), Period(100.0, 100.5)], 20.0)
    for each in [*STORIES, other]:
        of_queue.add(each)
        of_hours.add(each)
    assert of_queue.figures(DAY, [])["contacts"]["offered"] == 1
    assert of_hours.figures(DAY, ["1001"])["contacts"]["offered"] == 9
    assert of_hours.figures(DAY, ["1001"])["occupancy"] == pytest.approx(0.5 / 50.5)


def test_calls_of_each_priority_have_figures_of_their_own_once_there_are_several() -> None:
    scenario, site = small_day()
    measures = Measures(scenario, site, [], Draws(scenario, site, 1).calendar)
    for number in range(3):
        measures.add(story(number, "answered", 1.0))
    assert measures.levels(DAY)["normal"]["contacts"]["offered"] == 3
    for number, level in enumerate(("vip", "normal", "vip", "priority 2"), 3):
        measures.add(evolve(story(number, "answered", 5.0), level=level))
    found = measures.levels(DAY)
    assert {level: figures["contacts"]["offered"] for level, figures in found.items()} == {"normal": 4, "vip": 2, "priority 2": 1}
    assert found["vip"]["asa_s"] == 5
    assert found["normal"]["asa_s"] == 2


def test_the_warm_up_is_not_measured_but_for_records_that_are_lost_in_it() -> None:
    scenario, site = small_day(('hours = "09:00-09:10"', 'hours = "09:00-09:10"\nwarm_up = "2 min"'))
    measures = Measures(scenario, site, [], Draws(scenario, site, 1).calendar)
    measures.add(evolve(story(0, "answered", 9.0, placed_at=100.0), recorded=False))
    measures.add(evolve(story(1, "answered", 1.0, placed_at=130.0), recorded=False))
    measures.add(story(2, "answered", 3.0, placed_at=600.0))
    whole = measures.figures(DAY, [], 0)[WHOLE]
    assert (whole["contacts"]["offered"], whole["asa_s"], whole["losses"]["records"]) == (1, 1.0, 2)
    assert sum(measures.curves.of("offered")) == 2, "the warm-up is drawn"


def test_hours_of_a_scope_come_again_on_every_day() -> None:
    midnights = [-32400.0, 54000.0, 140400.0]
    ten_to_noon = Scope("", 36000.0, 43200.0)
    assert periods_of(ten_to_noon, Period(0.0, 3 * 86400.0), midnights) == [
        Period(3600.0, 10800.0),
        Period(90000.0, 97200.0),
        Period(176400.0, 183600.0),
    ]
    assert periods_of(ten_to_noon, Period(7200.0, 9000.0), midnights) == [Period(7200.0, 9000.0)]
    assert periods_of(ten_to_noon, Period(20000.0, 30000.0), midnights) == []
    assert periods_of(Scope("sales"), Period(5.0, 9.0), midnights) == [Period(5.0, 9.0)]


def spread(values: list[float]) -> Spread:
    found = Spread()
    for each in values:
        found.add(each)
    return found


@given(st.lists(st.floats(0, 1000).map(lambda value: round(value, 6)), min_size=1), st.floats(0.001, 1))
def test_a_quantile_is_a_value_that_enough_values_do_not_exceed(values: list[float], share: float) -> None:
    found = spread(values).quantiles({"q": share})["q"]
    assert found in values
    assert sum(1 for value in values if value <= found) >= share * len(values) - 1e-9
    assert sum(1 for value in values if value < found) < share * len(values) + 1e-9


def test_a_spread_keeps_no_more_than_it_needs_and_stays_near_the_truth() -> None:
    values = [1.000001 * n**1.3 for n in range(120_000)]
    found = spread(values)
    assert len(found._counts) < 50_000
    quantiles = found.quantiles({"p50": 0.5, "p99": 0.99})
    assert quantiles["p50"] == pytest.approx(values[59_999], rel=6e-4)
    assert quantiles["p99"] == pytest.approx(values[118_799], rel=6e-4)
    assert quantiles["max"] == round(values[-1], 6)
    assert found.mean == pytest.approx(sum(values) / len(values))


def test_waits_are_counted_in_steps() -> None:
    histogram = Histogram(["answered", "abandoned"])
    for wait_s in (0.0, 0.1, 5.0, 5.1, 1e6):
        histogram.add("answered", wait_s)
    assert histogram.counts["answered"][:3] == [1, 2, 1]
    assert histogram.counts["answered"][-1] == 1
    assert sum(histogram.counts["abandoned"]) == 0


def test_the_digest_sees_every_call_and_not_less_than_a_microsecond() -> None:
    assert digest_of(STORIES) == digest_of(list(STORIES))
    assert digest_of(STORIES) != digest_of(STORIES[:-1])
    moved = [story(0, "answered", 0.0, talk_s=60.00001), *STORIES[1:]]
    assert digest_of(moved) != digest_of(STORIES)
    assert digest_of([story(0, "answered", 0.0, talk_s=60.0000000001), *STORIES[1:]]) == digest_of(STORIES)


# --- curves -----------------------------------------------------------------------------------------------------------------------------


def drawn(stories: list[Story], steps: int = 8, step_s: float = 25.0) -> Curves:
    curves = Curves(0.0, step_s, steps)
    for each in stories:
        curves.add(each, 20.0)
    curves.add_agents(DAY)
    return curves


def test_curves_conserve_what_they_draw() -> None:
    curves = drawn(STORIES)
    assert sum(curves.of("offered")) == 8
    assert [sum(curves.of(name)) for name in ("answered", "abandoned", "blocked", "other", "within", "served")] == [4, 1, 1, 2, 2, 5]
    assert sum(curves.of("waiting")) * 25 == pytest.approx(10 + 30 + 20 + 5 + 189)  # of the last only what lies within
    assert sum(curves.of("line ")) * 25 == pytest.approx(
        sum(min(s.ended_at, 200.0) - s.placed_at for s in STORIES if s.outcome != "blocked")
    )
    agents = {name: sum(curves.of(f"agents {name}")) * 25 for name in curves.named("agents")}
    assert agents == pytest.approx({"ready": 130, "ringing": 30, "not-ready": 30})


@given(st.lists(st.tuples(st.floats(-50, 300), st.floats(0, 100)), max_size=20), st.sampled_from([1.0, 7.0, 25.0]))
def test_what_lasts_is_drawn_as_long_as_it_lasts_within(spans: list[tuple[float, float]], step_s: float) -> None:
    curves = Curves(0.0, step_s, 10)
    for begin, length in spans:
        curves.lasted("x", begin, begin + length)
    within = sum(max(0.0, min(begin + length, 10 * step_s) - max(begin, 0.0)) for begin, length in spans)
    assert sum(curves.of("x")) * step_s == pytest.approx(within, abs=1e-6)


def test_the_parts_of_a_curve_are_sums_or_means_of_its_steps() -> None:
    curves = Curves(0.0, 1.0, 5, {"x": [1.0, 2.0, 3.0, 4.0, 5.0]})
    assert curves.sums("x", 2) == [3, 7, 5]
    assert curves.means("x", 3) == [1.5, 3.5, 5]
    assert curves.of("nothing") == [0.0] * 5


@pytest.mark.parametrize(("length_s", "step_s"), [(300, 5), (3 * 3600, 120), (12 * 3600, 600), (24 * 3600, 900), (31 * 86400, 43200)])
def test_there_are_enough_steps_and_not_too_many(length_s: float, step_s: float) -> None:
    assert step_of(length_s) == step_s
    assert 36 <= length_s / step_of(length_s) <= 120
    assert length_s / step_of(length_s, 24, step_s) <= 24
    assert step_of(length_s, 24, step_s) % step_s == 0


def test_several_curves_give_one_with_its_range() -> None:
    made = curves_of([Curves(0.0, 1.0, 2, {"x": [1.0, 5.0]}), Curves(0.0, 1.0, 2, {"x": [3.0, 5.0], "y": [0.0, 2.0]})])
    assert (made.values["x"], made.low["x"], made.high["x"]) == ([2, 5], [1, 5], [3, 5])
    assert (made.values["y"], made.low["y"], made.high["y"]) == ([0, 1], [0, 0], [0, 2])


# --- several runs -----------------------------------------------------------------------------------------------------------------------


def test_half_widths() -> None:
    assert half_width([1.0]) == inf
    assert half_width([2.0, 2.0, 2.0]) == 0
    assert half_width([1.0, 2.0, 3.0]) == pytest.approx(4.303 / 3**0.5)
    together = combined([{"a": 1.0, "inner": {"b": None, "threshold_s": 20.0}}, {"a": 3.0, "inner": {"b": 2.0, "threshold_s": 20.0}}])
    assert together["a"] == 2
    assert together["half_width"]["a"] == pytest.approx(12.706)
    assert together["inner"] == {"b": 2.0, "threshold_s": 20.0, "half_width": {"b": None}}


@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.706), (30, 2.042), (31, 2.0395), (40, 2.0211), (60, 2.0003), (120, 1.9799), (999, 1.9623)]
)
def test_students_t_is_that_of_the_tables(freedom: int, t: float) -> None:
    assert t95(freedom) == pytest.approx(t, abs=1e-4)
