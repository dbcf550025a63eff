"""Lines as a scenario has them, customers who are called back, and calls of both sides that meet on a channel."""

import pytest

from appliance.config import ConfigError
from hal.api import Cause
from sim.run import run, run_virtually
from sim.virtual import Centre
from tests.sim.day import SITE, lived, small_day

pytestmark = pytest.mark.requirement("SIM-02")

FEW = ('roster = [{ who = "1001-1002" }]', 'roster = [{ who = "1001" }]')
ASKS = 'call_back = { share = 1.0, after = "20 s", rings = "4 s", answers = ANSWERS }'
BACK = SITE.replace("ring_s = 10", 'keys = { 1 = "callback" }\ncall_back = { attempts = 2, retry_s = 60, ring_s = 15 }\nring_s = 10')
LONG = ('hours = "09:00-09:10"', 'hours = "09:00-09:30"')


def lines(said: str) -> tuple[str, str]:
    return ("[arrivals]", f"[lines]\ntrunk = {{ {said} }}\n[arrivals]")


def calling(answers: str = "1.0", *changes: tuple[str, str], every: str = "60 s", site: str = BACK) -> Centre:
    talk = ('talk = "30 s"', f'talk = "70 s"\n{ASKS.replace("ANSWERS", answers)}')
    return lived(FEW, LONG, talk, ('every = "60 s"', f'every = "{every}"'), *changes, site=site)


# --- lines ------------------------------------------------------------------------------------------------------------------------------


def test_a_line_has_as_many_channels_as_is_said() -> None:
    busy = (('every = "60 s"', 'every = "10 s"'), ('talk = "30 s"', 'talk = "60 s"'))
    assert any(caller.cause is Cause.NO_CIRCUIT_AVAILABLE for caller in lived(*busy, lines("channels = 3")).world.callers)
    assert not any(caller.cause is Cause.NO_CIRCUIT_AVAILABLE for caller in lived(*busy, lines("channels = 80")).world.callers)


def test_a_call_takes_a_while_to_get_through() -> None:
    centre = lived(lines("set_up = { uniform = { min_s = 2, max_s = 6 } }"))
    took = [(caller.answered_at or 0) - caller.placed_at for caller in centre.world.callers]
    assert all(2 <= each <= 6 for each in took)
    assert len(set(took)) == len(took)
    assert [caller.outcome for caller in centre.world.callers] == ["answered"] * 9


# --- call-backs -------------------------------------------------------------------------------------------------------------------------


def test_who_asks_for_it_is_called_back_and_talks() -> None:
    centre = calling()
    asked = {caller.call.ani: caller for caller in centre.world.callers if caller.asked_back}
    assert len(asked) == 27  # all but the two whom the agent had time for
    assert {caller.called_back for caller in asked.values()} == {1}
    rows = {row.ani: row for row in centre.store.contacts if row.ani in asked}
    assert {(row.outcome, row.talk_s) for row in rows.values()} == {("answered", 70)}
    assert centre.world.problems == []
    assert centre.env.now > 1800 + 300  # the last of them after the hours


def test_who_is_still_to_be_called_at_the_end_was_not_served_without_an_agent() -> None:
    """Both agents go home while customers wait to be called back, and nobody has anything but the queue."""
    talk = ('talk = "30 s"', f'talk = "70 s"\n{ASKS.replace("ANSWERS", "1.0")}\n')
    home = ('who = "1001-1002"', 'who = "1001-1002", to = "09:08"')
    scenario, site = small_day(talk, ('every = "60 s"', 'every = "15 s"'), home, site=BACK)
    figures = run_virtually(scenario, site, 1).figures
    contacts = figures["contacts"]
    assert contacts["unreached"] > 3
    assert (contacts["self_served"], figures["losses"]["records"]) == (0, 0)
    assert sum(contacts[key] for key in ("answered", "abandoned", "blocked", "messages", "unreached")) == contacts["offered"]


def test_who_does_not_pick_up_is_called_as_often_as_the_site_says() -> None:
    centre = calling("0.0")
    asked = [caller for caller in centre.world.callers if caller.asked_back]
    assert len(asked) > 10
    assert {caller.called_back for caller in asked} == {2}
    rows = {row.ani: row.outcome for row in centre.store.contacts}
    assert {rows[caller.call.ani] for caller in asked} == {"unreached"}
    assert centre.world.problems == []


def test_who_is_never_called_back_is_kept_all_the_same() -> None:
    """The only agent goes home: half an hour after the hours the run ends, with everybody's record."""
    scenario, site = small_day(
        ('roster = [{ who = "1001-1002" }]', 'roster = [{ who = "1001", to = "09:10" }]'),
        ('talk = "30 s"', f'talk = "70 s"\n{ASKS.replace("ANSWERS", "1.0")}'),
        ('every = "60 s"', 'every = "30 s"'),
        site=BACK,
    )
    outcome = run(scenario, site)
    assert outcome.figures["losses"]["records"] == 0
    assert 1800 + 600 <= outcome.virtual_s < 7000
    assert sum(story.outcome == "unreached" for story in outcome.stories) > 3


def test_without_a_share_nobody_asks() -> None:
    talk = ('talk = "30 s"', 'talk = "70 s"\ncall_back = { share = 0.0 }')
    assert not any(caller.asked_back for caller in lived(FEW, talk, site=BACK).world.callers)


def test_whom_a_queue_sends_away_with_a_promise_is_called_back_and_talks() -> None:
    """Nobody presses a key for it: the queue overflows so, and the scenario says nothing of call-backs."""
    overflows = SITE.replace('to = "voicemail" }]', 'to = "voicemail" }, { when = "wait > 20", to = "callback" }]')
    centre = lived(FEW, LONG, ('talk = "30 s"', 'talk = "70 s"'), site=overflows)
    promised = [caller for caller in centre.world.callers if caller.asked_back]
    assert len(promised) > 10
    rows = {row.ani: row.outcome for row in centre.store.contacts}
    reached = [caller for caller in promised if rows[caller.call.ani] == "answered"]
    assert len(reached) >= 0.6 * len(promised)
    assert centre.world.problems == []


# --- glare ------------------------------------------------------------------------------------------------------------------------------


def test_calls_of_both_sides_meet_where_few_channels_are_free() -> None:
    meets = calling("1.0", lines('channels = 4, glare = "20 s"'), every="25 s")
    assert meets.world.trunks.glares > 2
    assert meets.world.problems == []
    assert meets.engine.check() == []
    assert calling("1.0", lines("channels = 4"), every="25 s").world.trunks.glares == 0
    rare = calling("1.0", lines('channels = 400, glare = "20 s"'), every="25 s")
    assert rare.world.trunks.glares < meets.world.trunks.glares


@pytest.mark.parametrize(
    ("said", "wrong"),
    [("channels = 0", "lines.trunk.channels: 0 is out of range"), ('glare = "soon"', "'soon' is not a length of time")],
)
def test_mistakes_in_lines(said: str, wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        small_day(lines(said))
    assert wrong in str(caught.value)
