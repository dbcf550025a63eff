"""Faults in virtual time: each costs what it may cost and no more, is told of by the appliance, and is over when it is over."""

import json
from collections import Counter

import pytest

from appliance.core import records
from appliance.core.leg import Leg
from appliance.core.queues.offers import Offers
from sim.draws import Draws
from sim.faults import FaultSeen, Planned, misfits, plan_of
from sim.faults.clocks import Clocks
from sim.report.page import html
from sim.report.result import Result
from sim.run import BOARD, SWITCH, phones_of, result_of, run_virtually
from sim.stories import Day
from sim.virtual import Centre
from tests.sim.conserving import broken_promises
from tests.sim.day import SITE, lived, small_day

pytestmark = pytest.mark.requirement("SIM-05")

OFTEN = ('every = "60 s"', 'every = "20 s"')
"""A call every 20 s from 09:00:20 on; an agent picks up after two, and they talk for half a minute."""
CALLS = 29


def fault(what: str, *more: str, at: str = "09:02:05") -> str:
    return "\n".join(["[[faults]]", f'what = "{what}"', f'at = "{at}"', *more, ""])


def lives(extra: str, *changes: tuple[str, str], site: str = SITE, scheme: str = BOARD, seed: int = 1) -> Result:
    scenario, made = small_day(OFTEN, *changes, extra=extra, site=site)
    return run_virtually(scenario, made, seed, scheme=scheme)


def outcomes(result: Result) -> Counter[str]:
    assert result.figures["losses"]["records"] == 0
    return Counter(story.outcome for story in result.stories)


def seen(result: Result) -> FaultSeen:
    (only,) = result.faults
    assert only.left_out == ""
    return only


def planned(seed: int, *changes: tuple[str, str], extra: str = "") -> list[Planned]:
    scenario, site = small_day(*changes, extra=BY_CHANCE + extra)
    return plan_of(scenario, Draws(scenario, site, seed).calendar, site, seed)


def told(fault: FaultSeen) -> list[tuple[str, float, float | None]]:
    return [(alarm.source, alarm.raised_at, alarm.cleared_at) for alarm in fault.alarms]


@pytest.mark.parametrize("scheme", [BOARD, SWITCH])
def test_calls_go_on_while_the_core_is_down_and_the_next_one_takes_them_up(scheme: str) -> None:
    scenario, site = small_day(OFTEN, extra=fault("core restart", 'for = "3 s"'))
    centre = Centre(Draws(scenario, site, 1), site, phones_of(scheme))
    centre.run()
    assert [row.outcome for row in centre.store.contacts] == ["answered"] * CALLS
    assert all(row.talk_s == pytest.approx(30, abs=0.1) for row in centre.store.contacts)
    assert "logged-out" not in {row.state for row in centre.store.rows(records.AgentState) if row.at > centre.wall_s + 1}
    assert broken_promises(centre) == []


def test_a_core_that_stays_away_takes_no_calls_and_what_it_had_not_written_is_gone() -> None:
    result = lives(fault("core restart", 'for = "30 s"'))
    assert outcomes(result) == {"answered": CALLS - 1, "blocked": 1}
    assert (seen(result).calls_refused, seen(result).recovery_s) == (1, 30.0)


def test_a_core_that_stays_away_too_long_finds_no_calls_any_more() -> None:
    result = lives(fault("core restart", 'for = "2 min"'), ('talk = "30 s"', 'talk = "4 min"'))
    assert result.figures["losses"]["records"] == 0
    assert seen(result).calls_refused > 0
    cut = [story for story in result.stories if story.outcome == "answered" and story.talk_s < 200]
    assert {round(story.ended_at) for story in cut} == {185}, "a minute after the core died its media worker ended the calls"


def test_what_was_not_yet_written_when_the_core_died_is_gone_and_nothing_else() -> None:
    centre = lived(OFTEN, ('stored = "0 s"', 'stored = "3 s"'), extra=fault("core restart", 'for = "1 s"', at="09:02:01"))
    boots = [row.id.split("-")[0] for row in centre.store.contacts]
    assert boots.count("0001") >= 5
    events = {(row.contact, row.what) for row in centre.store.rows(records.CallEvent)}
    adopted = [contact for contact, what in events if what == "adopted"]
    assert len(adopted) == 1  # the conversation of 09:01:40; the caller of 09:02:00 was not written down yet
    late = [row for row in centre.store.contacts if row.id.startswith("0002-")]
    assert late[0].outcome == "answered"
    assert [caller.outcome for caller in centre.world.callers] == ["answered"] * CALLS


def test_a_full_disk_costs_nothing_but_an_alarm_until_it_has_space() -> None:
    result = lives(fault("disk full", 'for = "30 s"'))
    assert outcomes(result) == {"answered": CALLS}
    (alarm,) = seen(result).alarms
    assert (alarm.source, alarm.severity) == ("store", "red")
    assert alarm.cleared_at is not None
    assert 155 <= alarm.cleared_at < 165
    assert seen(result).recovered_at == alarm.cleared_at


def test_a_slow_disk_makes_only_those_wait_who_are_promised_that_something_is_kept() -> None:
    result = lives(fault("disk slow", 'for = "60 s"', 'delay = "5 s"'))
    assert outcomes(result) == {"answered": CALLS}
    assert seen(result).recovered_at == 185


@pytest.mark.parametrize("by_s", [300, -300, 1])
def test_a_clock_that_jumps_changes_nothing_for_callers(by_s: int) -> None:
    result = lives(fault("clock jump", f"by_s = {by_s}"))
    assert outcomes(result) == {"answered": CALLS}
    assert all(story.wait_s == pytest.approx(2, abs=0.01) for story in result.stories)
    assert [source for source, _, _ in told(seen(result))] == (["clock"] if abs(by_s) > 2 else [])


def test_a_clock_that_jumps_over_the_end_of_the_day_is_followed() -> None:
    centre = lived(OFTEN, extra=fault("clock jump", "by_s = 300"))
    last = max(row.arrived_at for row in centre.store.contacts)
    assert last - centre.wall_s == pytest.approx(580 + 300, abs=1)


def test_a_worker_that_crashes_is_an_alarm_of_that_moment_wherever_it_falls() -> None:
    for seconds in range(10, 20):
        result = lives(fault("worker crash", 'line = "trunk"', at=f"09:02:{seconds}"))
        assert [source for source, _, _ in told(seen(result))] == ["line:trunk/worker"]


def test_a_span_in_alarm_holds_its_calls_for_a_while_and_takes_no_new_ones() -> None:
    result = lives(fault("span alarm", 'line = "trunk"', 'for = "30 s"'))
    assert outcomes(result) == {"answered": CALLS - 1, "blocked": 1}
    only = seen(result)
    assert (only.calls_cut, only.calls_refused, only.calls_lost) == (2, 1, 0)
    assert {round(story.ended_at) for story in result.stories if story.talk_s < 29 and story.outcome == "answered"} == {131}
    assert told(only) == [("line:trunk/span 1", 125.0, 155.0)]


def test_a_short_alarm_of_a_span_costs_no_call_that_is_through() -> None:
    result = lives(fault("span alarm", 'line = "trunk"', 'for = "4 s"'))
    assert outcomes(result) == {"answered": CALLS}
    assert (seen(result).calls_lost, seen(result).calls_cut) == (0, 0)


def test_messages_that_come_twice_do_no_harm() -> None:
    result = lives(fault("messages doubled", 'line = "trunk"', 'for = "7 min"', "chance = 0.5"))
    assert outcomes(result) == {"answered": CALLS}
    assert result.notes == []


def test_the_link_to_a_switch_is_cut_and_conversations_go_on() -> None:
    result = lives(fault("cti link lost", 'line = "trunk"', 'for = "30 s"'), scheme=SWITCH)
    assert outcomes(result) == {"answered": CALLS - 1, "lost": 1}
    only = seen(result)
    assert (only.calls_lost, only.calls_cut) == (1, 0)
    assert only.alarms[-1].source == "line:trunk/cti link"
    assert only.recovered_at is not None
    assert only.recovered_at < 170


def test_where_there_is_no_such_link_that_is_said() -> None:
    result = lives(fault("cti link lost", 'line = "trunk"', 'for = "30 s"'))
    assert [fault.left_out for fault in result.faults] == ["only the switch scheme has a link to a switch"]
    assert result.notes == ["not brought about: cti link lost trunk: only the switch scheme has a link to a switch"]
    assert result.faults[0].recovery_s is None


def test_what_is_broken_already_is_not_broken_again() -> None:
    twice = fault("line lost", 'line = "trunk"', 'for = "1 min"') + fault("line lost", 'line = "trunk"', 'for = "1 min"', at="09:02:30")
    result = lives(twice)
    assert [each.left_out for each in result.faults] == ["", "the same is broken already"]
    assert result.faults[0].calls_lost > 0
    assert result.faults[0].recovery_s == pytest.approx(60, abs=30)


def test_a_fault_after_which_not_all_is_well_misses_every_limit_of_recovery_whatever_became_of_others() -> None:
    targets = '[targets]\nrecovery_max = "<= 600 min"\nunrecovered = "= 0"\n'
    scenario, site = small_day(OFTEN, extra=fault("clock jump", "by_s = 300") + targets)
    centre = Centre(Draws(scenario, site, 1), site)
    centre.run()
    centre.world.faults.append(FaultSeen("line lost", "trunk", begun_at=300.0, lasts_s=0.0))  # it was never over
    result = result_of(
        centre.world, (), Day((), Clocks([(0.0, 0.0)])), seed=1, mode="virtual", virtual_s=1.0, wall_s=1.0, events=1, broken=0, notes=[]
    )
    assert (result.figures["losses"]["unrecovered"], result.figures["losses"]["recovery_s"]) == (1, None)
    assert result.exit_code == 1
    report = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert [(each["measured"], each["ok"]) for each in report["targets"]] == [(None, False), (1, False)]
    assert "never" in html(result)


@pytest.mark.parametrize("chance", [0.2, 1.0])
def test_of_a_call_whose_events_are_lost_the_end_is_found_by_looking(chance: float) -> None:
    scenario, site = small_day(OFTEN, extra=fault("messages lost", 'line = "trunk"', 'for = "3 min"', f"chance = {chance}"))
    centre = Centre(Draws(scenario, site, 1), site, phones_of(SWITCH))
    centre.run()
    assert broken_promises(centre) == []
    late = [row.talk_s for row in centre.store.contacts if row.talk_s > 31]
    assert max(late, default=0.0) < 30 + 60, "all devices are looked at once a minute"
    assert bool(late) is (chance == 1.0)
    assert {row.outcome for row in centre.store.contacts} == {"answered"}


def test_which_events_of_a_switch_are_lost_comes_from_the_seed() -> None:
    often = fault("messages lost", 'line = "trunk"', 'for = "7 min"', "chance = 0.8")
    one, again, other = (lives(often, scheme=SWITCH, seed=seed) for seed in (1, 1, 2))
    assert one.digest == again.digest != other.digest


def test_where_no_messages_can_be_lost_that_is_said() -> None:
    (only,) = lives(fault("messages lost", 'line = "trunk"', 'for = "3 min"')).faults
    assert only.left_out == "nothing is lost between a media worker and its core: only a link to a switch loses messages"


# --- by chance --------------------------------------------------------------------------------------------------------------------------

BY_CHANCE = "[random_faults]\nper_hour = 60\nlasts = { exponential = { mean_s = 10 } }\n"


def test_faults_by_chance_come_from_the_seed_and_from_nothing_else() -> None:
    plan = planned(1, OFTEN)
    assert plan == planned(1, OFTEN) == planned(1)  # the same with fewer callers
    assert plan != planned(2, OFTEN)
    assert all(each.by_chance and 0 <= each.at_s < 600 for each in plan)
    scenario, site = small_day(OFTEN, extra=BY_CHANCE)
    assert list(Draws(scenario, site, 1)) == list(Draws(small_day(OFTEN)[0], site, 1))


def test_so_many_an_hour_and_of_the_kinds_that_are_wanted() -> None:
    found = [each for seed in range(100) for each in planned(seed, extra='kinds = ["worker crash", "station dead"]\n')]
    assert len(found) == pytest.approx(1000, abs=100)
    kinds = Counter(each.what for each in found)
    assert set(kinds) == {"worker crash", "station dead"}
    assert min(kinds.values()) > 400
    lasts = [each.details.lasts_s for each in found if each.what == "station dead"]
    assert sum(lasts) / len(lasts) == pytest.approx(10, abs=2)


def test_on_each_of_several_days_while_callers_call() -> None:
    found = planned(1, THREE_DAYS)
    assert {int(each.at_s // 86400) for each in found} == {0, 1, 2}
    assert all(each.at_s % 86400 < 600 for each in found)


THREE_DAYS = ('hours = "09:00-09:10"', 'hours = "09:00-09:10"\ndays = 3')


def test_a_fault_on_schedule_is_on_its_day() -> None:
    on_days = fault("worker crash", 'line = "trunk"', "day = 3") + fault("worker crash", 'line = "trunk"', at="09:05:30")
    assert [each.begun_at for each in lives(on_days, THREE_DAYS).faults] == [330.0, 2 * 86400 + 125.0]


def test_the_day_of_a_fault_may_have_fewer_hours() -> None:
    """The clocks are put forward in the night before the second day."""
    berlin = SITE.replace('"UTC"', '"Europe/Berlin"')
    spring = ("hours =", "date = 2026-03-28\nhours =")
    scenario, site = small_day(THREE_DAYS, spring, extra=fault("worker crash", 'line = "trunk"', "day = 2"), site=berlin)
    (only,) = plan_of(scenario, Draws(scenario, site, 1).calendar, site, 1)
    assert only.at_s == 23 * 3600 + 125.0


def test_a_run_with_faults_by_chance_is_the_same_from_the_same_seed() -> None:
    one, other = (lives(BY_CHANCE, seed=3) for _ in range(2))
    assert one.digest == other.digest
    assert [fault.as_json() for fault in one.faults] == [fault.as_json() for fault in other.faults]
    assert one.notes == other.notes
    assert len(one.faults) > 3
    assert one.as_json()["faults"][0]["by_chance"] is True


# --- mistakes ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (fault("span alarm", 'line = "trunk"', 'for = "1 s"', "span = 2"), "faults.0.span: line 'trunk' has one span; "),
        (fault("worker crash", 'line = "trunc"'), "faults.0.line: the site has no line 'trunc'; did you mean 'trunk'?"),
        (fault("gateway dead", 'gateway = "x"', 'for = "1 s"'), "faults.0.gateway: the site has no gateway 'x'"),
        (
            '[random_faults]\nper_hour = 1\nkinds = ["gateway dead"]\n',
            "random_faults.kinds.0: the site has nothing that",
        ),
    ],
)
def test_what_the_site_has_not_cannot_break(text: str, said: str) -> None:
    scenario, site = small_day(extra=text)
    (wrong,) = misfits(scenario, site)
    assert f"{'.'.join(map(str, wrong.path))}: {wrong.text}; {wrong.remedy}".startswith(said)


@pytest.mark.core_fails
@pytest.mark.parametrize("extra", ["", fault("core restart", 'for = "3 s"')])
def test_what_fails_in_the_core_is_a_broken_rule_of_the_verdict_though_calls_go_on(monkeypatch: pytest.MonkeyPatch, extra: str) -> None:
    real, met = Offers.answered, list[str]()

    def fails_once(self: Offers, leg: Leg) -> None:
        met.append(leg.id)
        if len(met) == 2:
            raise RuntimeError
        real(self, leg)

    monkeypatch.setattr(Offers, "answered", fails_once)
    result = lives(extra)
    assert result.figures["losses"]["invariants"] == 1
    assert [note for note in result.notes if note.startswith("broken in the core: Answered, line ") and "RuntimeError in" in note]
    assert outcomes(result) == {"answered": CALLS}, "the caller had the next offer"
