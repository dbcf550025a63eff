"""A core that was killed and started again: calls that a media worker kept go on."""

import pytest

from appliance.core.agents.agent import AgentState
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.core.records import CallEvent, Contact
from hal.api import (
    Adopted,
    Alerted,
    Answer,
    Answered,
    Arrived,
    DigitHeard,
    LineOpened,
    Mix,
    Originate,
    Play,
    Release,
    Released,
    StartRecording,
    StationRegistered,
    StopRecording,
)
from tests.core.left import left_by
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, playbook, small_plan

LINE = "trunk"


def restarted(before: Playbook, legs: list[Adopted], after_s: float = 2.0) -> Playbook:
    """The next run: it has the store's rows and what the line still has."""
    book = Playbook(Engine(small_plan()))
    book.now = 1000.0  # another machine clock: only the wall clock is shared
    book << ClockSet(MONDAY_8 + before.now + after_s)
    book << left_by(before.kept, tickets=7)
    book << LineOpened(LINE, EVERYTHING.value)
    for leg in legs:
        book << leg
    for station in ("8001", "8002", "8003"):
        book.skip() << StationRegistered(LINE, station, "127.0.0.1:5070")
    return book.skip().at(1000.0)


def queued(book: Playbook, leg: str, ani: str = "138") -> None:
    book << Arrived(LINE, leg, ani, "95501")
    book.skip() << Answered(LINE, leg)


def test_a_conversation_goes_on_and_is_recorded_to_its_end() -> None:
    first = playbook()
    first << AgentAsked("1001", "log-in")
    queued(first, "a", "13800138000")
    ring = first.only(Originate)
    first.now = 5.0
    first << Alerted(LINE, ring.leg) << Answered(LINE, ring.leg)
    recording = first.only(StartRecording).recording
    first.now = 30.0
    book = restarted(first, [Adopted(LINE, "a", "13800138000", "95501", True), Adopted(LINE, ring.leg, "", "", True, "8001")])
    book >> Mix(LINE, {"a": (ring.leg,), ring.leg: ("a",)})  # what holds already, told once more: nobody notices
    assert book.engine.state.agents["1001"].state is AgentState.ON_CALL
    book.now = 1060.0
    book << Released(LINE, "a") >> [Release(LINE, ring.leg), StopRecording(LINE, recording)]
    ended = book.rows(Contact)[-1]
    assert (ended.id, ended.outcome, ended.agent) == ("0001-000001", "answered", "1001")
    assert ended.talk_s == pytest.approx(87.0)
    book.done()


def test_callers_in_the_queue_keep_their_places() -> None:
    first = playbook()
    first << AgentAsked("1001", "log-in") << AgentAsked("1001", "not-ready", "tea")
    queued(first, "a")
    first.now = 10.0
    first.skip()
    queued(first, "b")
    book = restarted(first.skip(), [Adopted(LINE, "b", "138", "95501", True), Adopted(LINE, "a", "138", "95501", True)])
    assert [play.leg for play in book.commands if isinstance(play, Play)] == ["a", "b"]
    book.skip() << AgentAsked("1001", "ready")
    assert book.only(Originate).beside == "a"
    book.done()


def test_a_phone_that_rang_is_released_and_its_caller_offered_anew() -> None:
    first = playbook()
    first << AgentAsked("1001", "log-in")
    queued(first, "a")
    ring = first.only(Originate)
    book = restarted(first, [Adopted(LINE, "a", "138", "95501", True), Adopted(LINE, ring.leg, "", "", False, "8001")])
    book.skip() << Released(LINE, ring.leg, by_far_end=False)
    assert book.only(Originate).to == "station:8001"
    book.done()


def test_a_line_that_says_at_once_that_the_phone_is_released_has_told_of_every_call_before() -> None:
    first = playbook()
    first << AgentAsked("1001", "log-in")
    queued(first, "a")
    ring = first.only(Originate)
    engine = Engine(small_plan())
    for event in (ClockSet(MONDAY_8 + 2.0 - 1000.0), left_by(first.kept, tickets=7), LineOpened(LINE, EVERYTHING.value)):
        engine.handle(1000.0, event)
    assert (
        engine.handle(1000.0, Adopted(LINE, ring.leg, "", "", False, "8001")) == []
    )  # else the line's answer would come before the caller
    assert engine.handle(1000.0, Adopted(LINE, "a", "138", "95501", True)) == []
    told = engine.tick(1000.0)
    assert [command.leg for command in told if isinstance(command, Release)] == [ring.leg]
    assert [event.what for event in told if isinstance(event, CallEvent)] == ["adopted", "queued"]


def test_what_the_line_does_not_have_any_more_is_lost_and_counted() -> None:
    first = playbook()
    first << AgentAsked("1001", "log-in")
    queued(first, "a")
    first.skip()
    book = restarted(first, [Adopted(LINE, "1-9/7", "139", "95501", True)])
    assert book.rows(Contact)[-1].outcome == "lost"
    assert "1 calls on line 'trunk' were lost" in book.engine.state.alarms["restart:trunk"].text
    assert [leg.id for leg in book.engine.state.legs.values()] == ["1-9/7"], "a leg that nobody knows is being released"
    book.skip() << Released(LINE, "1-9/7", by_far_end=False)
    assert book.engine.idle
    book.done()


def test_self_service_goes_on_where_the_caller_was_and_says_so_in_the_story() -> None:
    first = playbook()
    first << Arrived(LINE, "a", "138", "95500")
    first.skip() << Answered(LINE, "a")
    first.skip() << DigitHeard(LINE, "a", "2")
    first.skip() << DigitHeard(LINE, "a", "*")
    first.skip()
    book = restarted(first, [Adopted(LINE, "a", "138", "95500", True)])
    assert book.only(Play).files == ("menu.en.wav",)
    assert [row.detail for row in book.rows(CallEvent) if row.what == "adopted"] == ["start 2, at hotline/menu"]
    book.done()


def test_a_caller_who_came_in_the_very_last_moment_is_served_as_if_he_came_now() -> None:
    book = restarted(playbook(), [Adopted(LINE, "a", "139", "95501", False), Adopted(LINE, "b", "138", "95500", True)])
    answer, language = book.commands
    book.skip()
    assert answer == Answer(LINE, "a")
    assert isinstance(language, Play)
    assert [row.ani for row in book.rows(Contact)][:2] == ["139", "138"]


def test_two_restarts_lose_no_second_of_a_wait_nor_of_a_talk() -> None:
    first = playbook()
    first << AgentAsked("1001", "log-in")
    queued(first, "talks")
    ring = first.only(Originate)
    first << Answered(LINE, ring.leg)
    first.now = 5.0
    first.skip()
    queued(first, "waits")
    first.now = 10.0
    legs = [
        Adopted(LINE, "talks", "138", "95501", True),
        Adopted(LINE, "waits", "138", "95501", True),
        Adopted(LINE, ring.leg, "", "", True, "8001"),
    ]
    second = restarted(first.skip(), legs)
    second.kept = first.kept + second.kept
    second.now = 12.0  # what `restarted` counts from: 12 s after the very beginning
    third = restarted(second.skip(), legs)
    third.now = 1006.0
    for leg in ("waits", "talks"):
        third.skip() << Released(LINE, leg)
    third.skip()
    ended = {row.id: row for row in third.rows(Contact) if row.outcome}
    assert ended["0001-000001"].talk_s == pytest.approx(20.0)
    assert ended["0001-000002"].wait_s == pytest.approx(15.0)


@pytest.mark.requirement("ACD-11")
def test_who_waits_has_after_the_restart_the_best_agent_and_not_the_first_of_the_plan() -> None:
    first = playbook()
    for at, agent in enumerate(("1002", "1001")):
        first.at(float(at)) << AgentAsked(agent, "log-in")
    for caller in ("a", "b"):
        queued(first, caller)
        first << Answered(LINE, first.only(Originate).leg)
        first.skip()
    queued(first, "c")
    book = restarted(first.skip(), [Adopted(LINE, "c", "138", "95501", True)])
    assert book.only(Originate).to == "station:8002", "who has been free longest, by the kept rows"
