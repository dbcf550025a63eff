"""Agents take as long as is said of them, write, give calls away, do not come, and forget things - with nothing but their phones."""

from collections import Counter
from statistics import fmean

import pytest

from appliance.config import ConfigError
from appliance.core.records import AgentState
from sim.rosters import Learning
from sim.virtual import Centre
from tests.sim.day import SITE, lived, result, small_day

pytestmark = pytest.mark.requirement("SIM-02")

THIRD = SITE.replace("8002 = {}", "8002 = {}\n8003 = {}") + '1003 = { name = "three", station = "8003", groups = {} }\n'
OTHERS = ("1001-1002", "1001-1003")


def agents(said: str) -> tuple[str, str]:
    return ('answers_after = "2 s"', f'answers_after = "2 s"\n{said}')


def talks(centre: Centre) -> list[tuple[str, float]]:
    """(who served last, how long the caller was connected) of each call."""
    return [(c.agent, round((c.ended_at or 0) - (c.connected_at or 0), 2)) for c in centre.world.callers]


def states(centre: Centre, agent: str) -> list[tuple[str, float]]:
    return [(row.state, round(row.at - centre.wall_s, 2)) for row in centre.store.rows(AgentState) if row.agent == agent]


def clean(centre: Centre) -> None:
    assert centre.world.problems == []
    assert all(caller.outcome == "answered" for caller in centre.world.callers)


# --- talks ------------------------------------------------------------------------------------------------------------------------------


def test_talks_take_as_long_as_is_said_of_agent_and_caller() -> None:
    handling = (
        'handling = [{ who = "1001", talk = "40 s" }, { who = "1002", factor = 0.5 }, { number = "2", factor = 100 }, '
        '{ group = "none", factor = 100 }, { kind = "loud", factor = 100 }, { keys = "7", factor = 100 }]'
    )
    centre = lived(agents(handling), ("[agents]\n", "[callers.kinds.loud]\nshare = 0.0001\n[agents]\n"))
    clean(centre)
    assert set(talks(centre)) == {("1001", 40), ("1002", 15)}


def test_the_unskilled_and_the_new_take_longer() -> None:
    site = SITE.replace('1002 = { name = "two",', '1002 = { name = "two", skills = { help = 50 },')
    handling = 'handling = [{ skill = "help", at_0 = 2, at_100 = 0.5 }]'
    assert set(talks(lived(agents(handling), site=site))) == {("1001", 60), ("1002", 37.5)}
    learnt = [length for agent, length in talks(lived(agents("handling = [{ learning = { first = 2, calls = 1 } }]"))) if agent == "1001"]
    assert learnt == sorted(learnt, reverse=True)
    assert (learnt[0], learnt[1]) == (60, 41.04)
    assert Learning(first=3, calls=10).factor(0) == 3


# --- wrap-up ----------------------------------------------------------------------------------------------------------------------------


def test_who_has_written_earlier_says_so() -> None:
    centre = lived(agents('wrap_up = "2 s"'))
    clean(centre)
    written = states(centre, "1001")
    ends = [at for state, at in written if state == "wrap-up"]
    ready = [at for state, at in written if state == "ready"]
    assert len(ends) > 3
    assert all(any(1.9 < again - end < 3.5 for again in ready) for end in ends)


def test_who_needs_longer_is_not_ready_meanwhile() -> None:
    centre = lived(agents('wrap_up = "20 s"'))
    clean(centre)
    written = states(centre, "1001")
    breaks = [
        (at, next(later for state, later in written if state == "ready" and later > at)) for state, at in written if state == "not-ready"
    ]
    assert len(breaks) > 3
    assert all(18 < end - begin < 24 for begin, end in breaks)


def test_who_is_to_go_home_writes_first() -> None:
    roster = ('who = "1001-1002" }', 'who = "1001", to = "09:04" }, { who = "1002" }')
    centre = lived(agents('wrap_up = "20 s"'), roster, ('talk = "30 s"', 'talk = "50 s"'), ('every = "60 s"', 'every = "70 s"'))
    last = [caller.ended_at or 0 for caller in centre.world.callers if caller.agent == "1001"][-1]
    assert last > 240
    assert [at for state, at in states(centre, "1001") if state == "logged-out"] == [pytest.approx(last + 20, abs=4)]


# --- giving calls away ------------------------------------------------------------------------------------------------------------------


def test_a_call_is_given_to_a_colleague_at_once() -> None:
    centre = lived(agents('transfers = [{ share = 1.0, to = "1003", after = "10 s" }]'), OTHERS, site=THIRD)
    clean(centre)
    assert {agent for agent, _ in talks(centre)} == {"1003"}
    assert all(length == pytest.approx(10 + 2 + 30, abs=1) for _, length in talks(centre))
    assert {row.agents for row in centre.store.contacts} == {"1001 1003", "1002 1003"}


def test_a_share_of_calls_is_given_to_a_service_number() -> None:
    site = THIRD.replace("[queues.help]", "[queues.other]\nservice_level = { within_s = 10, target = 0.9 }\n[queues.help]")
    site = site.replace("groups = {} }", "groups = { other = 1 } }").replace("2 = { flow", '3 = { queue = "other" }\n2 = { flow')
    centre = lived(
        agents('transfers = [{ share = 0.5, to = "3", after = "10 s" }]'), OTHERS, ('every = "60 s"', 'every = "25 s"'), site=site
    )
    clean(centre)
    served = Counter(agent == "1003" for agent, _ in talks(centre))
    assert 5 < served[True] < 18
    assert served[False] > 5


def test_who_asks_first_gives_the_caller_or_goes_on() -> None:
    gives = 'transfers = [{ share = 1.0, to = "1003", consult = 1.0, asks = "8 s", after = "10 s" }]'
    centre = lived(agents(gives), OTHERS, site=THIRD)
    clean(centre)
    assert {agent for agent, _ in talks(centre)} == {"1003"}
    assert all(length == pytest.approx(18 + 30, abs=1) for _, length in talks(centre))
    keeps = lived(agents(gives.replace('asks = "8 s"', 'asks = "8 s", keeps = 1.0')), OTHERS, site=THIRD)
    clean(keeps)
    assert set(talks(keeps)) == {("1001", 30), ("1002", 30)}
    assert len(states(keeps, "1003")) > 9  # he was asked


def test_a_colleague_who_is_not_there_gets_nothing() -> None:
    centre = lived(agents('transfers = [{ share = 1.0, to = "1003", after = "10 s" }]'), site=THIRD)
    clean(centre)
    assert set(talks(centre)) == {("1001", 30), ("1002", 30)}


def test_who_was_given_away_and_is_not_taken_hangs_up_when_his_patience_ends() -> None:
    habits = ('talk = "30 s"', 'talk = "30 s"\npatience = "8 s"')
    gives = 'transfers = [{ share = 1.0, to = "1003", after = "10 s" }]\nlapses = { lets_ring = 0.6 }'
    centre = lived(agents(gives), OTHERS, habits, ('every = "60 s"', 'every = "25 s"'), site=THIRD)
    lengths = [length for agent, length in talks(centre) if agent]
    assert lengths.count(18) > 2
    assert max(lengths) < 60


def test_recordings_of_calls_that_were_given_away_are_whole() -> None:
    outcome = result(agents('transfers = [{ share = 1.0, to = "1003", after = "10 s" }]'), OTHERS, site=THIRD)
    assert outcome.figures["recordings"] == {"expected": 9, "complete": 1.0}


# --- lapses -----------------------------------------------------------------------------------------------------------------------------


def test_an_agent_who_lets_it_ring_is_passed_over() -> None:
    centre = lived(agents("lapses = { lets_ring = 0.5 }"))
    offers = [caller.offers for caller in centre.world.callers]
    assert max(offers) > 1
    assert min(offers) == 1
    clean(centre)


def test_an_agent_who_cuts_callers_off() -> None:
    lengths = [length for _, length in talks(lived(agents("lapses = { cuts_off = 0.5 }"), ('every = "60 s"', 'every = "20 s"')))]
    short = [length for length in lengths if length < 4]
    assert 6 < len(short) < 22
    assert all(1 <= length <= 3 for length in short)
    assert set(lengths) - set(short) == {30.0}


BREAK = ('who = "1001-1002" }', 'who = "1001", breaks = ["09:02-09:05"] }, { who = "1002" }')


def test_who_forgets_to_say_that_he_pauses_lets_it_ring() -> None:
    said, forgotten = (lived(agents(f"lapses = {{ forgets_pause = {share} }}"), BREAK) for share in (0.0, 1.0))
    rung = [sum(agent == "1001" and 120 < at < 300 for at, _, agent in centre.world.offers) for centre in (said, forgotten)]
    assert rung[0] == 0
    assert rung[1] > 0
    assert {agent for agent, _ in talks(forgotten)} == {"1001", "1002"}
    assert any(caller.agent == "1001" for caller in forgotten.world.callers if caller.placed_at > 320)


def test_who_forgets_to_log_out_is_still_rung_and_logs_in_the_next_day() -> None:
    roster = ('who = "1001-1002" }', 'who = "1001", to = "09:05" }, { who = "1002" }')
    days = ('hours = "09:00-09:10"', 'hours = "09:00-09:10"\ndays = 2')
    centre = lived(agents("lapses = { forgets_log_out = 1.0 }"), roster, days)
    assert any(agent == "1001" and 300 <= at < 600 for at, _, agent in centre.world.offers)
    assert any(caller.agent == "1001" for caller in centre.world.callers if caller.placed_at > 86400)
    assert centre.world.problems == []


# --- absence ----------------------------------------------------------------------------------------------------------------------------


def test_some_do_not_come_and_some_come_late() -> None:
    away = lived(agents("absence = { chance = 1.0 }"))
    assert {caller.outcome for caller in away.world.callers} == {"message"}
    late = lived(agents('absence = { late = 1.0, late_by = "3 min" }'))
    assert [caller.outcome for caller in late.world.callers][:2] == ["message", "message"]
    assert {caller.outcome for caller in late.world.callers if caller.placed_at > 185} == {"answered"}


def test_who_is_absent_and_for_how_long_is_a_matter_of_agent_and_day() -> None:
    scenario, site = small_day(agents("absence = { chance = 0.2, late = 0.5, late_by = { exponential = { mean_s = 600 } } }"))
    from sim.draws import Draws

    one, two = (Draws(scenario, site, seed).conduct for seed in (1, 2))
    drawn = [one.late_s(str(agent), day) for agent in range(50) for day in range(20)]
    assert drawn == [one.late_s(str(agent), day) for agent in range(50) for day in range(20)]
    assert drawn != [two.late_s(str(agent), day) for agent in range(50) for day in range(20)]
    assert fmean(late is None for late in drawn) == pytest.approx(0.2, abs=0.05)
    there = [late for late in drawn if late is not None]
    assert fmean(late > 0 for late in there) == pytest.approx(0.5, abs=0.06)
    assert fmean(late for late in there if late) == pytest.approx(600, rel=0.15)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("handling = [{ factor = 0 }]", "agents.handling[1].factor: 0 is out of range"),
        ('transfers = [{ share = 0.1, to = "bob" }]', "agents.transfers[1].to: 'bob' is not what an agent keys"),
        ("lapses = { cuts_of = 0.1 }", "unknown key 'cuts_of'; did you mean 'cuts_off'?"),
        ("absence = { late = 2 }", "agents.absence.late: 2 is out of range"),
    ],
)
def test_mistakes_in_conduct(said: str, wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        small_day(agents(said))
    assert wrong in str(caught.value)
