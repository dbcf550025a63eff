"""Mails and chats come, wait in the queues of the core, and are accepted, declined and finished at agents' seats."""

from collections import Counter

import pytest

from appliance.config import ConfigError
from appliance.core.records import AgentState
from tests.sim.day import lived, result, small_day

pytestmark = pytest.mark.requirement("SIM-02")

LATER = ('every = "60 s"', 'every = "9 min"')


def mails(said: str = "", every: str = "30 s") -> str:
    return f'[written.mails]\nqueue = "help"\narrivals = {{ every = "{every}" }}\naccepts_after = "4 s"\nhandling = "40 s"\n{said}\n'


def test_mails_are_accepted_and_finished_at_the_seats() -> None:
    centre = lived(LATER, extra=mails())
    rows = [row for row in centre.store.contacts if row.medium == "mail"]
    assert len(rows) == 19
    done = [row for row in rows if row.outcome == "answered"]
    assert len(done) > 15
    assert {round(row.talk_s) for row in done} == {40}
    assert {row.agent for row in done} == {"1001", "1002"}
    assert any(row.state == "working" for row in centre.store.rows(AgentState))
    count = centre.desks.counts["mails"]
    assert (count.came, count.accepted, count.finished) == (19, len([row for row in rows if row.connected_at]), len(done))
    said = f"mails: 19 came, {count.accepted} were accepted, {count.finished} finished, accepted after 4 s in the mean"
    assert centre.desks.notes() == [said]
    assert centre.world.problems == []


def test_callers_and_mails_share_the_agents() -> None:
    outcome = result(extra=mails())
    assert outcome.figures["contacts"]["answered"] == 9
    assert any(note.startswith("mails: 19 came") for note in outcome.notes)


def test_some_are_declined_and_offered_to_somebody_else() -> None:
    centre = lived(LATER, extra=mails("declines = 0.4"))
    count = centre.desks.counts["mails"]
    assert count.accepted > 12
    assert count.waited_s / count.accepted > 5


def test_who_chats_does_not_wait_for_ever() -> None:
    chats = mails('medium = "chat"\npatience = { uniform = { min_s = 20, max_s = 60 } }', every="8 s")
    centre = lived(LATER, extra=chats)
    count = centre.desks.counts["mails"]
    assert count.left > 10
    assert count.left + count.accepted <= count.came
    assert Counter(row.outcome for row in centre.store.contacts if row.medium == "chat")["abandoned"] == count.left
    assert centre.world.problems == []


def test_what_was_in_hand_when_the_core_died_is_finished_by_the_next_one() -> None:
    fault = '[[faults]]\nat = "09:05"\nwhat = "core restart"\n'
    outcome = result(LATER, extra=fault + mails())
    (note,) = [note for note in outcome.notes if note.startswith("mails")]
    came, accepted, finished = (int(part.split()[0]) for part in note.removeprefix("mails: ").split(", ")[:3])
    assert came == 19
    assert finished >= 14
    assert accepted >= finished


def test_mails_change_no_caller() -> None:
    habits = ('talk = "30 s"', "patience = { exponential = { mean_s = 20 } }\ntalk = { exponential = { mean_s = 40 } }")
    without, with_them = (lived(habits, ('every = "60 s"', "per_hour = 100"), extra=extra) for extra in ("", mails()))
    assert [c.call for c in without.world.callers] == [c.call for c in with_them.world.callers]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ('medium = "voice"', "'voice' is not a medium such as mail, chat or message"),
        ("declines = 2", "written.mails.declines: 2 is out of range"),
    ],
)
def test_mistakes(said: str, wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        small_day(extra=mails(said))
    assert wrong in str(caught.value)
