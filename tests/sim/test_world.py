"""People do as the scenario says, and the centre's own records agree with what they tell."""

import pytest
from attrs import evolve

from appliance.core.records import AgentState, Recording
from hal.api import Cause
from sim.callers import Caller
from sim.faults.clocks import Clocks
from sim.stories import Day, stories_of
from sim.virtual import Centre
from tests.sim.day import SITE, lived, result

pytestmark = pytest.mark.requirement("SIM-02")


def told(centre: Centre) -> list[str]:
    """Outcomes as callers tell them; they must be the centre's as well."""
    clocks = Clocks(centre.process.clock_was_set)
    day = Day(centre.store.rows(AgentState), clocks)
    stories = stories_of(centre.world, centre.store.contacts, day, clocks)
    by_attempt = {(caller.call.number, caller.attempt): caller.outcome for caller in centre.world.callers}
    assert {(story.number, story.attempt): story.outcome for story in stories} == by_attempt
    assert all(story.recorded for story in stories)
    return [caller.outcome for caller in centre.world.callers]


def first(centre: Centre) -> Caller:
    return centre.world.callers[0]


@pytest.mark.requirement("SIM-01")
def test_callers_are_served_by_agents_with_nothing_but_phones() -> None:
    centre = lived()
    assert told(centre) == ["answered"] * 9
    caller = first(centre)
    assert (caller.placed_at, caller.answered_at, caller.connected_at, caller.ended_at) == (60, 60, 62, 92)
    assert {each.agent for each in centre.world.callers} == {"1001", "1002"}
    assert centre.world.problems == []
    assert centre.store.counts()["recordings"] == 9
    assert centre.phones.recordings == 9


def test_the_agent_may_end_the_talk() -> None:
    caller = first(lived(("hangs_up = 1.0", "hangs_up = 0.0")))
    assert (caller.ended_at, caller.by_caller) == (92, False)


def test_who_loses_patience_hangs_up() -> None:
    centre = lived(('answers_after = "2 s"', 'answers_after = "9 s"'), ('talk = "30 s"', 'patience = "5 s"\ntalk = "30 s"'))
    assert told(centre) == ["abandoned"] * 9
    assert first(centre).ended_at == 65


def test_keys_are_pressed_one_for_each_menu_and_patience_counts_from_the_last() -> None:
    centre = lived(
        ("1 = { every", "2 = { every"),
        ('talk = "30 s"', 'talk = "30 s"\npresses = { "1" = 1.0 }\npresses_after = "2 s"\npatience = "1 s"'),
    )
    caller = first(centre)
    assert told(centre) == ["abandoned"] * 9
    assert caller.asked_at == 62  # into the welcome: keys can be pressed ahead
    assert caller.ended_at == 63
    assert {row.keys for row in centre.store.contacts} == {"1"}


def test_a_caller_serves_himself() -> None:
    centre = lived(
        ("1 = { every", "2 = { every"),
        ('talk = "30 s"', 'talk = "30 s"\npresses = { "0" = 1.0 }'),
    )
    assert told(centre) == ["self-served"] * 9


def test_with_nobody_there_a_message_is_left() -> None:
    centre = lived(("roster = [", "roster = [] # ["), ('talk = "30 s"', 'talk = "30 s"\nmessage = "12 s"\npatience = "3 s"'))
    assert told(centre) == ["message"] * 9
    assert centre.store.counts()["tickets"] == 9


def test_a_short_menu_choice_leads_to_voicemail() -> None:
    centre = lived(("1 = { every", "2 = { every"), ('talk = "30 s"', 'talk = "30 s"\nmessage = "12 s"\npresses = { "9" = 1.0 }'))
    assert told(centre) == ["message"] * 9


def test_beyond_the_channels_callers_are_blocked_and_call_again() -> None:
    centre = lived(
        ('every = "60 s"', 'every = "10 s"'),
        ('talk = "30 s"', 'talk = "5 min"\nredial = { chance = 1.0, after = "20 s" }'),
    )
    outcomes = told(centre)
    assert outcomes.count("blocked") > 10
    attempts = {(caller.call.number, caller.attempt) for caller in centre.world.callers}
    for caller in centre.world.callers:
        if caller.outcome == "blocked" and caller.placed_at < 580:  # the others come too late to call again
            assert (caller.call.number, caller.attempt + 1) in attempts
    blocked = next(caller for caller in centre.world.callers if caller.outcome == "blocked")
    assert blocked.cause is Cause.NO_CIRCUIT_AVAILABLE
    again = next(caller for caller in centre.world.callers if caller.call is blocked.call and caller.attempt == 1)
    assert again.placed_at - (blocked.ended_at or 0) == pytest.approx(20)


def test_nobody_calls_again_without_being_asked_to() -> None:
    assert lived(('every = "60 s"', 'every = "5 s"'), ('talk = "30 s"', 'talk = "5 min"')).world.redials == 0


def test_shifts_and_breaks() -> None:
    roster = 'roster = [{ who = "1001", from = "08:55", to = "09:06", breaks = ["09:02-09:04"] }, { who = "1002", from = "09:05" }]'
    centre = lived(('roster = [{ who = "1001-1002" }]', roster))
    by_minute = {round(caller.placed_at / 60): caller for caller in centre.world.callers}
    # The simulation begins at 08:55, so 09:00 is minute 5; the first call comes in minute 6.
    assert (by_minute[6].agent, by_minute[6].connected_at) == ("1001", 6 * 60 + 2)
    connected_at = by_minute[7].connected_at
    assert connected_at is not None
    assert 9 * 60 + 2 < connected_at < 9 * 60 + 6  # after the break, and after the code that ends it
    assert {by_minute[minute].agent for minute in (12, 13, 14)} == {"1002"}
    assert centre.world.problems == []


def test_an_agent_who_lets_it_ring_is_passed_over_and_comes_back() -> None:
    centre = lived(('answers_after = "2 s"', "answers_after = { uniform = { min_s = 8, max_s = 13 } }"), ('talk = "30 s"', 'talk = "3 s"'))
    assert told(centre) == ["answered"] * 9
    assert any(caller.offers > 1 for caller in centre.world.callers)
    rows = centre.store.rows(AgentState)
    missed = [row for row in rows if row.reason == "no answer"]
    ready = [row.at for row in rows if (row.agent, row.state) == (missed[0].agent, "ready") and row.at > missed[0].at]
    assert ready[0] - missed[0].at == pytest.approx(5, abs=0.1)


# --- faults -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SIM-05")
def test_a_dead_phone_answers_nothing_and_comes_back() -> None:
    fault = '[[faults]]\nat = "09:02"\nwhat = "station dead"\nstation = "8001"\nfor = "4 min"\n'
    centre = lived(extra=fault)
    during = {caller.agent for caller in centre.world.callers if 120 < caller.placed_at < 360}
    after = {caller.agent for caller in centre.world.callers if caller.placed_at > 360}
    assert during == {"1002"}
    assert after == {"1001", "1002"}
    assert told(centre) == ["answered"] * 9


@pytest.mark.requirement("SIM-05")
def test_who_talks_to_a_phone_that_dies_notices_and_hangs_up() -> None:
    fault = '[[faults]]\nat = "09:02"\nwhat = "station dead"\nstation = "8001"\nfor = "4 min"\n'
    centre = lived(('talk = "30 s"', 'talk = "2 min"'), ("hangs_up = 1.0", "hangs_up = 0.0"), extra=fault)
    caller = first(centre)
    assert (caller.agent, caller.connected_at, caller.ended_at, caller.by_caller) == ("1001", 62, 125, True)


@pytest.mark.requirement("SIM-05")
def test_a_worker_that_crashes_takes_its_calls_along_and_no_others() -> None:
    fault = '[[faults]]\nat = "09:02"\nwhat = "worker crash"\nline = "trunk"\n'
    centre = lived(('every = "60 s"', 'every = "50 s"'), extra=fault)
    cut = [caller for caller in centre.world.callers if caller.cause is Cause.NETWORK_OUT_OF_ORDER]
    assert [caller.placed_at for caller in cut] == [100]
    assert all(caller.outcome == "answered" for caller in centre.world.callers)


@pytest.mark.requirement("SIM-05")
def test_a_line_that_is_lost_comes_back_with_its_phones() -> None:
    fault = '[[faults]]\nat = "09:02"\nwhat = "line lost"\nline = "trunk"\nfor = "2 min"\n'
    outcome = result(('every = "60 s"', 'every = "50 s"'), extra=fault)
    outcomes = [(story.placed_at, story.outcome) for story in outcome.stories]
    assert [when for when, what in outcomes if what == "lost"] == [150, 200]
    assert [what for when, what in outcomes if when > 300] == ["answered"] * 5
    assert outcome.figures["contacts"]["answered"] == 9
    assert outcome.figures["losses"]["records"] == 0
    assert any("2 calls were lost" in note for note in outcome.notes)
    assert any("cut by the scenario" in note for note in outcome.notes)


def test_what_never_ends_is_ended_and_told() -> None:
    site = SITE.replace('overflow = [{ when = "nobody logged in", to = "voicemail" }]', "")
    centre = lived(("roster = [", "roster = [] # ["), site=site)
    assert told(centre).count("abandoned") == 8  # the eight channels
    assert any("still in a call 2 h after the hours" in problem for problem in centre.world.problems)


@pytest.mark.requirement("SIM-03")
def test_a_talk_is_recorded_whole_or_it_counts_as_lost() -> None:
    centre = lived()
    clocks = Clocks.right(centre.wall_s)
    day, rows = Day(centre.store.rows(AgentState), clocks), list(centre.store.rows(Recording))
    broken, short, rest = evolve(rows[0], state="broken"), evolve(rows[1], duration_s=20.0), rows[3:]

    def whole(recordings: list[Recording]) -> list[bool | None]:
        told = stories_of(centre.world, centre.store.contacts, day, clocks, recordings=recordings)
        return [story.recording for story in told]

    assert whole(rows) == [True] * 9
    assert whole([broken, short, *rest]) == [False, False, False] + [True] * 6
    assert whole([evolve(rows[0], duration_s=29.0), *rows[1:]]) == [True] * 9
    unrecorded = lived(site=SITE + "[recording]\ncalls = false\n")
    day = Day(unrecorded.store.rows(AgentState), clocks)
    assert {story.recording for story in stories_of(unrecorded.world, unrecorded.store.contacts, day, clocks)} == {None}


@pytest.mark.requirement("SIM-03")
def test_callers_have_the_priority_that_the_centre_gave_them() -> None:
    centre = lived()
    clocks = Clocks.right(centre.wall_s)
    first_, second, *rest = centre.store.contacts
    contacts = [evolve(first_, vip=True, priority=3), evolve(second, priority=2), *rest]
    told = stories_of(centre.world, contacts, Day(centre.store.rows(AgentState), clocks), clocks)
    assert [story.level for story in told] == ["vip", "priority 2"] + ["normal"] * 7


@pytest.mark.requirement("SIM-03")
def test_phones_whose_clock_is_behind_ring_at_once_all_the_same() -> None:
    centre = lived(('every = "60 s"', 'every = "15 s"'))
    clocks = Clocks.right(centre.wall_s - 0.002)
    day, rows = Day(centre.store.rows(AgentState), clocks), centre.store.contacts
    rang = [story.offered_after_s for story in stories_of(centre.world, rows, day, clocks, slack_s=2.0) if story.agent]
    assert len(rang) > 20
    assert all(after is not None and after < 0.01 for after in rang)


def test_who_is_called_back_is_told_from_the_call_that_he_is_just_making() -> None:
    """An agent's phone is called for a number: for the call back, as long as the new call has not got through."""
    centre = lived()
    world, promised, calling = centre.world, first(centre), centre.world.callers[1]
    ani = promised.call.ani
    world.to_be_called[ani] = promised
    world.callers_by_ani[ani] = calling
    assert world.customer_of(ani) is calling  # he is in a call with the centre
    calling.answered_at = None
    assert world.customer_of(ani) is promised
    del world.to_be_called[ani]
    assert world.customer_of(ani) is calling
