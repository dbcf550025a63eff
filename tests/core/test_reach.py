"""Agents are logged in, and their phones cannot be reached: to callers nobody is there, after a grace in which phones register again."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve

from appliance.core.agents.reach import GRACE_S
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet, ContactCame, PlanChanged, Restored
from appliance.core.plan import Announce, Choice, Overflow, QueuePlan, StationPlan
from appliance.core.records import AgentState, Contact
from hal.api import LineLost, LineOpened, StationRegistered, StationUnregistered
from tests.core.acd import LINE, arrives, centre, hangs_up, logs_in, passes, pauses, picks_up, queues, rung, story, waiting
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, small_plan

AWAY = Choice("queue", "complaint")
BOTH = (Overflow("nobody logged in", AWAY), Overflow("all not ready", AWAY))
ALARM = "queue:consult"


def rules(*overflow: Overflow, **queue: Any) -> Mapping[str, QueuePlan]:
    return queues(overflow=overflow or BOTH, **queue)


def loses(book: Playbook, *stations: str) -> None:
    for station in stations:
        book.skip() << StationUnregistered(LINE, station)


def registers(book: Playbook, *stations: str) -> None:
    for station in stations:
        book << StationRegistered(LINE, station, "127.0.0.1:5070")
        book.skip()


@pytest.mark.requirement("ACD-03")
def test_who_waits_overflows_when_no_phone_can_be_reached_any_more_and_not_before_the_grace_is_over() -> None:
    book = centre("1001", "1002", queues=rules())
    began = book.now
    loses(book, "8001", "8002")
    arrives(book)
    assert waiting(book) == ["a"], "phones may register again"
    passes(book, began + GRACE_S - 0.001)
    assert (waiting(book), ALARM in book.engine.state.alarms) == (["a"], False)
    passes(book, began + GRACE_S)
    assert waiting(book, "complaint") == ["a"]
    assert story(book, "overflowed") == ["consult: nobody logged in"]
    arrives(book, "b")
    assert waiting(book, "complaint") == ["a", "b"], "at the door too"
    alarm = book.engine.state.alarms[ALARM]
    assert (alarm.severity, "none of their phones can be reached" in alarm.text) == ("red", True)
    assert "queue:complaint" in book.engine.state.alarms, "1001 serves both"


@pytest.mark.requirement("ACD-03")
def test_a_phone_that_registers_again_serves_at_once_and_clears_the_alarm() -> None:
    book = centre("1001", queues=rules())
    loses(book, "8001")
    passes(book, book.now + GRACE_S)
    assert ALARM in book.engine.state.alarms
    registers(book, "8001")
    assert ALARM not in book.engine.state.alarms
    assert arrives(book) == ["1001"]
    loses(book, "8001")
    passes(book, book.now + GRACE_S / 2)
    registers(book, "8001")
    loses(book, "8001")
    passes(book, book.now + GRACE_S - 1.0)
    assert book.engine.state.queues["consult"].reached == 1, "each time it has the whole grace"


@pytest.mark.requirement("ACD-03")
def test_one_phone_within_reach_is_enough_and_who_pauses_there_makes_all_not_ready() -> None:
    book = centre("1001", "1002", queues=rules(Overflow("all not ready", AWAY)))
    pauses(book, "1002")
    loses(book, "8001")
    arrives(book)
    began = book.now
    passes(book, began + GRACE_S - 1.0)
    assert waiting(book) == ["a"]
    passes(book, began + GRACE_S)
    assert story(book, "overflowed") == ["consult: all not ready"]
    assert ALARM not in book.engine.state.alarms, "one can be reached, and pauses"


@pytest.mark.requirement("ACD-03")
def test_a_line_that_is_lost_for_a_moment_sends_nobody_away_and_one_that_stays_lost_does() -> None:
    plan = small_plan()
    book = centre("1001", plan=evolve(plan, queues=rules()))
    book << LineLost(LINE, "the worker has gone")
    passes(book, book.now + 5.0)
    book << LineOpened(LINE, EVERYTHING.value)
    arrives(book)
    assert waiting(book) == ["a"]
    registers(book, "8001")
    assert waiting(book) == [], "rung as soon as the phone is there"
    book.skip() << LineLost(LINE, "the worker has gone")
    rung(book)
    passes(book, book.now + GRACE_S)
    assert ALARM in book.engine.state.alarms


@pytest.mark.requirement("ACD-03")
@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize(("after_s", "sent_away"), [(3.0, False), (GRACE_S - 1.0, False), (GRACE_S + 1.0, True)])
def test_after_a_restart_nobody_overflows_while_phones_register_again(after_s: float, sent_away: bool) -> None:
    book = Playbook(Engine(small_plan(queues=rules())))
    book.now = 5000.0
    book << ClockSet(MONDAY_8) << Restored(2, 0, {"1001": AgentState("1001", MONDAY_8, "ready", "", "8001")}, (), ())
    book << LineOpened(LINE, EVERYTHING.value)
    arrives(book)
    passes(book, 5000.0 + after_s)
    registers(book, "8001")
    assert bool(story(book, "overflowed")) is sent_away


@pytest.mark.requirement("ACD-03")
def test_who_takes_a_phone_that_does_not_answer_yet_has_the_grace_too() -> None:
    book = centre("1001", queues=rules())
    loses(book, "8001", "8002")
    passes(book, book.now + GRACE_S)
    logs_in(book, "1002")
    arrives(book)
    assert waiting(book) == ["a"]
    book << AgentAsked("1002", "log-in", station="8001")
    assert waiting(book) == ["a"], "a seat that changes hands sends nobody away"
    book << AgentAsked("1002", "log-out")
    assert waiting(book, "complaint") == ["a"]
    queue = book.engine.state.queues["consult"]
    assert (queue.logged_in, queue.serving, queue.reached, queue.answering) == (0, 0, 0, 0), "1001 was sent home by 1002"
    assert ALARM not in book.engine.state.alarms, "nobody is logged in: that is no mistake"


@pytest.mark.requirement("ACD-03")
def test_contacts_of_other_media_need_no_phone() -> None:
    agents = dict(small_plan().agents)
    agents["1001"] = evolve(agents["1001"], capacity={"voice": 1, "chat": 1})
    book = centre("1001", agents=agents, queues=rules())
    loses(book, "8001")
    passes(book, book.now + GRACE_S)
    for number in (1, 2):
        book << ContactCame("chat", "consult", f"guest{number}")
        book.skip()
    assert not story(book, "overflowed")
    assert waiting(book) == [""], "one is offered to him, the other waits for him"
    pauses(book, "1001")
    assert "consult: all not ready" in story(book, "overflowed")


@pytest.mark.requirement("ACD-08")
def test_nobody_waits_for_an_agent_by_name_whose_phone_is_out_of_reach() -> None:
    book = centre("1001", "1002", queues=queues(sticky_s=600.0))
    pauses(book, "1002")
    assert arrives(book, "first") == ["1001"]
    picks_up(book, "1001")
    arrives(book)
    assert book.engine.state.contacts["0001-000002"].only == "1001"
    loses(book, "8001")
    passes(book, book.now + GRACE_S)
    assert book.engine.state.contacts["0001-000002"].only == ""


def test_the_expected_wait_does_not_count_on_phones_that_cannot_be_reached() -> None:
    book = centre("1001", "1002", queues=rules(Overflow("expected wait", AWAY, 200.0)))
    for agent in ("1001", "1002"):
        arrives(book, agent)
        picks_up(book, agent)
    loses(book, "8001")
    passes(book, book.now + GRACE_S)
    arrives(book, "a")
    arrives(book, "b")
    assert (waiting(book), waiting(book, "complaint")) == (["a"], ["b"]), "one agent for two: the second would wait 360 s"
    assert book.rows(Contact)


def test_who_pauses_or_changes_groups_meanwhile_is_counted_right() -> None:
    book = centre("1001", "1002", queues=rules())
    pauses(book, "1002")
    loses(book, "8001", "8002")
    passes(book, book.now + GRACE_S)
    agents = dict(small_plan().agents)
    agents["1001"] = evolve(agents["1001"], groups={"complaint": 1})
    agents["1002"] = evolve(agents["1002"], groups={"consult": 1, "complaint": 2})
    book << PlanChanged(evolve(book.engine.state.plan, agents=agents))
    book.skip() << AgentAsked("1002", "ready")
    registers(book, "8001", "8002")
    found = book.engine.state.queues
    assert [(found[name].reached, found[name].answering) for name in ("consult", "complaint")] == [(1, 1), (2, 2)]
    assert not book.engine.state.alarms


def test_a_phone_that_the_site_moves_to_a_line_that_is_not_open_is_out_of_reach() -> None:
    book = centre("1001", queues=rules())
    stations = {**book.engine.state.plan.stations, "8001": StationPlan("other")}
    book << PlanChanged(evolve(book.engine.state.plan, stations=stations))
    passes(book, book.now + GRACE_S)
    assert sorted(book.engine.state.alarms) == ["queue:complaint", ALARM], "his own queue is no news"


@pytest.mark.requirement("ACD-06")
def test_the_pace_is_that_of_those_who_can_be_rung() -> None:
    book = centre("1001", "1002", queues=queues(announce=Announce()))
    loses(book, "8002")
    passes(book, book.now + GRACE_S)
    assert arrives(book, "x") == ["1001"]
    picks_up(book, "1001")
    for number in range(40):
        arrives(book, f"w{number}")
    for number in range(30):  # 60 s for each, by one agent
        passes(book, book.now + 60.0)
        hangs_up(book, "x" if not number else f"w{number - 1}")
        picks_up(book, "1001")
    first = book.engine.state.queues["consult"].estimator.quote(book.now, 0, 1).first
    assert first is not None
    assert first.mean_s < 100.0, "it goes from 180 s to 60 s; with two it would be thought to be twice as long"
