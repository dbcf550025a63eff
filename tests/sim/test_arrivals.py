"""When calls come: rates, days of the week, hours, holidays, busy days, bursts, and that chance decides each for itself."""

import tracemalloc
from collections import Counter
from datetime import date, time
from math import sqrt
from pathlib import Path
from statistics import fmean, pvariance
from zoneinfo import ZoneInfo

import pytest

from appliance.config import ConfigError, Document
from appliance.site.model import site_of
from sim.calendar import Calendar, DayKey
from sim.draws import Draws
from sim.scenario import Scenario, scenario_of
from tests.sim.day import SITE, lived, small_day

pytestmark = pytest.mark.requirement("SIM-02")

FOLDER = Path(__file__).parents[2] / "scenarios"
HOURS = '[hours.office]\nmon-fri = ["09:00-12:00"]\nholidays = [2026-03-04]\n'
DAY_S = 86400.0


def week(arrivals: str, *, days: int = 7, hours: str = "08:00-18:00", more: str = "", site: str = SITE, seed: int = 1) -> Draws:
    """A run from a Monday on, with these arrivals."""
    text = (
        f'scenario = "week"\nsite = "x"\nhours = "{hours}"\ndate = 2026-03-02\ndays = {days}\n'
        f'[arrivals]\n1 = {arrivals}\n{more}[agents]\nroster = [{{ who = "1001-1002" }}]\n'
    )
    return Draws(Document.parse(text, "week.toml").structure(Scenario), site_of(Document.parse(HOURS + site, "site.toml"), Path()), seed)


def by_day(draws: Draws) -> list[int]:
    begin = draws.scenario.hours.begin_s
    counts = Counter(int((call.at + begin) // DAY_S) for call in draws.calls)
    return [counts[day] for day in range(draws.scenario.days)]


def test_each_day_has_the_rates_of_its_day_of_the_week_and_holidays_have_their_own() -> None:
    rates = 'per_hour_on = { sat-sun = { "10:00" = 30, "12:00" = 0 }, holidays = 6, 2026-03-06 = 120 }'
    counts = by_day(week(f"{{ per_hour = 60, {rates}, factor_on = {{ mon = 2 }} }}"))
    wanted = [1200, 600, 60, 600, 1200, 60, 60]
    assert all(abs(count - want) < 5 * sqrt(want) for count, want in zip(counts, wanted, strict=True)), counts


def test_nobody_calls_outside_the_hours_of_each_day() -> None:
    times = [(call.at + 8 * 3600) % DAY_S / 3600 for call in week("{ per_hour = 60 }").calls]
    assert min(times) >= 8
    assert max(times) < 18
    assert len({int((call.at + 8 * 3600) // DAY_S) for call in week("{ per_hour = 60 }").calls}) == 7


def test_hours_of_the_site_and_its_holidays_keep_callers_away() -> None:
    draws = week('{ per_hour = 300, open = "office", when_closed = 0.1 }')
    inside = Counter(int(call.at // DAY_S) for call in draws.calls if 3600 <= call.at % DAY_S < 4 * 3600)
    outside = [call for call in draws.calls if not 3600 <= call.at % DAY_S < 4 * 3600]
    assert [round(inside[day], -2) for day in range(7)] == [900, 900, 100, 900, 900, 100, 100]
    assert abs(len(outside) - 7 * 7 * 30) < 200


def test_busy_days_vary_more_than_chance_alone_would_have_it() -> None:
    plain = by_day(week("{ per_hour = 60 }", days=200))
    varied = by_day(week("{ per_hour = 60, busyness = { day_cv = 0.3 } }", days=200))
    assert 0.7 < pvariance(plain) / fmean(plain) < 1.4
    cv2 = (pvariance(varied) - fmean(varied)) / fmean(varied) ** 2
    assert 0.2 < sqrt(cv2) < 0.4
    assert abs(fmean(varied) - 600) < 60


def test_busy_intervals_vary_and_the_mean_stays() -> None:
    draws = week('{ per_hour = 600, busyness = { interval_cv = 0.5, interval = "30 min" } }', days=20)
    counts = Counter(int(call.at // 1800) for call in draws.calls)
    values = [counts[day * 48 + slot] for day in range(20) for slot in range(20)]
    assert abs(fmean(values) - 300) < 30
    assert 0.4 < sqrt(pvariance(values) - fmean(values)) / fmean(values) < 0.6


def test_exactly_so_many_over_all_days_and_in_proportion() -> None:
    counts = by_day(week("{ calls = 7000, per_hour_on = { mon = 100, tue = 300, wed = 0 } , per_hour = 50 }", days=4))
    assert sum(counts) == 7000
    assert abs(counts[1] - 3 * counts[0]) < 400
    assert counts[2] == 0


def test_a_burst_of_so_many_calls() -> None:
    draws = week('{ every = "1 h", bursts = [{ at = "10:00", day = 2, calls = 500, within = "5 min" }] }')
    begin = DAY_S + 2 * 3600
    burst = [call.at for call in draws.calls if call.who[0] == "1/burst 0"]
    assert len(burst) == 500
    assert begin <= burst[0] < burst[-1] <= begin + 300
    assert abs(fmean(burst) - begin - 150) < 20
    early = week('{ every = "1 h", bursts = [{ at = "10:00", day = 2, calls = 500, within = "5 min", decay = "1 min" }] }')
    assert abs(fmean([call.at for call in early.calls if call.who[0] == "1/burst 0"]) - begin - 58) < 10
    assert [call.at for call in draws.calls] == sorted(call.at for call in draws.calls)
    assert [call.number for call in draws.calls] == list(range(len(draws.calls)))


def test_a_burst_of_twenty_times_the_usual_rate_dies_away() -> None:
    draws = week('{ per_hour = 60, bursts = [{ at = "10:00", times = 20, for = "1 h", decay = "20 min" }] }', days=1)
    hourly = Counter(int((call.at - 2 * 3600) // 1200) for call in draws.calls)
    assert abs(sum(hourly[n] for n in range(3)) - 1200) < 150
    assert abs(hourly[3] - (20 + 19 * 20 * (1 - 1 / 2.718))) < 60
    assert hourly[9] < 50


def test_a_burst_over_midnight_stays_in_order() -> None:
    draws = week('{ per_hour = 60, bursts = [{ at = "23:50", calls = 300, within = "30 min" }] }', days=2, hours="00:00-24:00")
    times = [call.at for call in draws.calls]
    assert times == sorted(times)
    late = [call for call in draws.calls if call.who[0].endswith("burst 0") and call.at > DAY_S]
    assert 150 < len(late) < 250


def test_a_long_run_takes_no_more_room_than_a_short_one() -> None:
    def room(days: int) -> int:
        draws = week("{ per_hour = 60 }", days=days)
        tracemalloc.start()
        try:
            assert sum(1 for _ in draws) > 550 * days
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert room(40) < 1.3 * room(4)


def people(draws: Draws, source: str) -> dict[int, tuple[float, float, bool]]:
    """What is drawn for the callers of a source."""
    return {call.who[1]: (call.patience_s, call.talk_s, call.hangs_up) for call in draws.calls if call.who[0] == source}


HABITS = "[callers]\npatience = { exponential = { mean_s = 60 } }\n"


def test_a_burst_another_number_and_another_day_change_nobody_else() -> None:
    usual = week("{ per_hour = 60 }", more=HABITS)
    burst = week('{ per_hour = 60, bursts = [{ at = "10:00", times = 20, for = "1 h" }] }', more=HABITS)
    number = week("{ per_hour = 60 }\n2 = { per_hour = 90 }", more=HABITS)
    monday = week("{ per_hour = 60, factor_on = { mon = 2 } }", more=HABITS)
    for other in (burst, number):
        for source in ("1/0", "1/3"):
            assert [call.at for call in other.calls if call.who[0] == source] == [call.at for call in usual.calls if call.who[0] == source]
            assert people(other, source) == people(usual, source)
    assert people(monday, "1/3") == people(usual, "1/3")
    shared = people(usual, "1/0")
    assert len(people(monday, "1/0")) > 1.8 * len(shared)
    assert {n: one for n, one in people(monday, "1/0").items() if n in shared} == shared


def test_a_changed_site_and_roster_meet_the_same_callers() -> None:
    habits = ('talk = "30 s"', "patience = { exponential = { mean_s = 20 } }\ntalk = { lognormal = { mean_s = 50, sigma = 0.8 } }")
    busy = ('every = "60 s"', "per_hour = 200")
    here = lived(habits, busy)
    there = lived(
        habits, busy, ("1001-1002", "1001"), site=SITE.replace("channels = 8", "channels = 3").replace("ring_s = 10", "ring_s = 5")
    )
    first, second = ({c.call.number: c.call for c in centre.world.callers} for centre in (here, there))
    assert first == second
    assert len(first) > 20
    assert [c.outcome for c in here.world.callers] != [c.outcome for c in there.world.callers]


def test_a_run_over_days_has_shifts_of_some_days_and_nights() -> None:
    roster = (
        'roster = [{ who = "1001", from = "08:55", to = "09:06", on = ["mon"] }, '
        '{ who = "1001", on = ["tue"] }, { who = "1002", from = "09:03", to = "08:00" }]'
    )
    centre = lived(('roster = [{ who = "1001-1002" }]', roster), ('hours = "09:00-09:10"', 'hours = "09:00-09:10"\ndays = 3'))
    world = centre.world
    assert Counter(int(caller.placed_at // DAY_S) for caller in world.callers) == {0: 9, 1: 9, 2: 9}
    agents = {day: {caller.agent for caller in world.callers if caller.placed_at // DAY_S == day} for day in range(3)}
    assert "1001" in agents[0] & agents[1]
    assert agents[2] <= {"1002", ""}
    assert world.problems == []
    assert centre.env.now < 2 * DAY_S + 3600 * 3


def test_a_day_on_which_the_clocks_go_forward_has_23_hours() -> None:
    calendar = Calendar(date(2026, 3, 28), 3, ZoneInfo("Europe/Berlin"), 0.0)
    assert calendar.at(time(9), 1) - calendar.at(time(9), 0) == 23 * 3600
    assert calendar.midnight(2) - calendar.midnight(1) == 23 * 3600
    assert [at / 3600 for at in calendar.steps(7200, (calendar.at(time(9), 0), calendar.at(time(12), 0)), 0)] == [9, 10, 12]  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["mon", "mon-fri", "holidays", "2026-10-01"])
def test_days_are_written_as_they_are_read(text: str) -> None:
    assert str(DayKey.parse(text)) == text


@pytest.mark.parametrize(
    ("arrivals", "said"),
    [
        ("{ per_hour = 5, per_hour_on = { mo = 3 } }", "w.toml:6: arrivals.95500.per_hour_on.mo: 'mo' is not days: mon, mon-fri, holidays"),
        ("{ per_hour = 5, per_hour_on = { 2026-13-01 = 3 } }", "'2026-13-01' is not days"),
        ('{ per_hour_on = { mon = { "09:00" = -3 } } }', 'arrivals.95500.per_hour_on.mon."09:00": -3 is out of range'),
        ('{ per_hour = 5, open = "offices" }', "the site has no hours 'offices'; did you mean 'office'?"),
        ('{ per_hour = 5, bursts = [{ at = "10:00" }] }', "a burst is either so many calls or so many times the usual rate"),
        ('{ per_hour = 5, bursts = [{ at = "10:00", calls = 3 }] }', "within which time do they call?"),
        ('{ per_hour = 5, bursts = [{ at = "10:00", times = 3 }] }', "how long does it last?"),
        ('{ per_hour = 5, bursts = [{ at = "10:00", times = 3, for = "1 h", within = "1 h" }] }', "'within' belongs to 'calls'"),
        ('{ per_hour = 5, bursts = [{ at = "10:00", calls = 3, for = "1 h", within = "1 h" }] }', "'for' belongs to 'times'"),
        ('{ per_hour = 5, bursts = [{ at = "10:00", day = 9, calls = 3, within = "1 h" }] }', "bursts[1].day: the run has no day 9"),
        ('{ every = "1 h", bursts = [{ at = "10:00", times = 3, for = "1 h" }] }', "there is no rate that a burst could be times of"),
        ('{ per_hour = 5, busyness = { interval_cv = 0.2, interval = "1 s" } }', "an interval of 1 s is of no use"),
    ],
)
def test_mistakes_in_arrivals(arrivals: str, said: str) -> None:
    head = f'scenario = "w"\nsite = "sites/demo.toml"\nhours = "08:00-18:00"\ndays = 2\n[arrivals]\n95500 = {arrivals}\n'
    with pytest.raises(ConfigError) as caught:
        scenario_of(Document.parse(head, "w.toml"), FOLDER)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("roster", "said"),
    [
        ('[{ who = "1001", on = ["mon-tue"] }, { who = "1001", on = ["tue"] }]', "agent 1001 is in two shifts"),
        ('[{ who = "1001", on = ["fri"] }]', "the shift is on no day of the run"),
        ('[{ who = "1001", from = "22:00", to = "06:00" }]', "with days = 2 or more it may end on the day after"),
    ],
)
def test_mistakes_in_rosters(roster: str, said: str) -> None:
    days = "" if "22:00" in roster else "\ndays = 2"
    with pytest.raises(ConfigError) as caught:
        small_day(('[{ who = "1001-1002" }]', roster), ('hours = "09:00-09:10"', f'hours = "09:00-09:10"{days}'))
    assert said in str(caught.value)
