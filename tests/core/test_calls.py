"""The life of a call, as a playbook: what the line says, what the core answers."""

import pytest
from attrs import evolve

from appliance.core.inputs import AgentAsked, CutOff, Drain, Stored
from appliance.core.records import AgentState, Alarm, CallEvent, Contact, Recording, Ticket
from hal.api import (
    LEGS_GONE,
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    LineLost,
    LineOpened,
    Mix,
    Originate,
    Play,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    Reject,
    Release,
    Released,
    StartRecording,
    StopPlay,
    StopRecording,
)
from tests.core.playbook import EVERYTHING, Playbook, playbook, prompt, small_plan

LINE = "trunk"


def in_queue(book: Playbook, leg: str = "a", ani: str = "13800138000") -> Playbook:
    """A caller who has reached the consult queue and hears music."""
    book << Arrived(LINE, leg, ani, "95501") >> Answer(LINE, leg)
    book << Answered(LINE, leg)
    return book


def talking(book: Playbook, agent: str = "1001") -> str:
    """A caller and an agent in conversation; the agent's leg."""
    book << AgentAsked(agent, "log-in")
    in_queue(book)
    agent_leg: str = book.only(Originate).leg
    book << Alerted(LINE, agent_leg) << Answered(LINE, agent_leg)
    book.skip()
    return agent_leg


@pytest.mark.requirement("IVR-02")
@pytest.mark.requirement("ACD-05")
def test_a_call_from_the_first_ring_to_the_wrap_up() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    book << Arrived(LINE, "a", "13800138000", "95500", "telecom") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    language = book.only(Play)
    assert language.files == ("language.zh.wav",)
    book << DigitHeard(LINE, "a", "2") >> [StopPlay(LINE, "a", language.play), Play]
    welcome = book.commands[1]
    assert isinstance(welcome, Play)
    assert welcome.files == ("welcome.en.wav",)
    book << PlayEnded(LINE, "a", language.play, PlayEnd.STOPPED)  # the end of the play before crosses the new one: nothing happens
    book << PlayEnded(LINE, "a", welcome.play)
    menu = book.only(Play)
    assert menu.files == ("menu.en.wav",)
    book << PlayEnded(LINE, "a", menu.play)
    book << DigitHeard(LINE, "a", "1") >> [Originate, Play]
    ring = next(c for c in book.commands if isinstance(c, Originate))
    assert (ring.to, ring.ani, ring.display, ring.beside) == ("station:8001", "13800138000", "Consult", "a")
    music = next(c for c in book.commands if isinstance(c, Play))
    assert music.loop
    book << Alerted(LINE, ring.leg)
    book.now = 3.0
    book << Answered(LINE, ring.leg) >> [StopPlay(LINE, "a", music.play), Mix(LINE, {"a": (ring.leg,), ring.leg: ("a",)}), StartRecording]
    recording = book.commands[2]
    assert isinstance(recording, StartRecording)
    assert (recording.left, recording.right) == ("a", ring.leg)
    book.now = 63.0
    book << Released(LINE, "a") >> [Release(LINE, ring.leg), StopRecording(LINE, recording.recording)]
    book << Released(LINE, ring.leg)
    book << RecordingEnded(LINE, recording.recording, recording.file, 60.0, 1_920_044)
    record = book.rows(Contact)[-1]
    assert (record.outcome, record.wait_s, record.talk_s, record.agent, record.keys) == ("answered", 3.0, 60.0, "1001", "21")
    assert book.rows(Recording)[-1].state == "complete"
    assert [row.state for row in book.rows(AgentState)] == ["ready", "offered", "ringing", "on-call", "wrap-up"]
    book.at(73.0)
    assert book.rows(AgentState)[-1].state == "ready"
    book.done()


@pytest.mark.requirement("ACD-05")
def test_no_answer_rings_the_next_agent_and_pauses_the_first() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    book.now = 1.0
    book << AgentAsked("1002", "log-in")
    in_queue(book)
    first = book.only(Originate)
    assert first.to == "station:8001"
    book.at(16.0) >> [Release(LINE, first.leg), Originate]
    second = book.commands[1]
    assert isinstance(second, Originate)
    assert second.to == "station:8002"
    book << Answered(LINE, first.leg)  # he picks up too late: nobody is put through to him
    book << Released(LINE, first.leg)
    assert (book.rows(AgentState)[-2].agent, book.rows(AgentState)[-2].reason) == ("1001", "no answer")
    book.done()


@pytest.mark.parametrize(
    ("cause", "reason"), [(Cause.USER_BUSY, "busy"), (Cause.CALL_REJECTED, "rejected"), (Cause.UNALLOCATED_NUMBER, "unreachable")]
)
def test_a_phone_that_refuses_pauses_its_agent_and_the_caller_keeps_the_place(cause: Cause, reason: str) -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    in_queue(book)
    ring = book.only(Originate)
    in_queue(book, "b").skip()
    book << Released(LINE, ring.leg, cause)
    assert book.rows(AgentState)[-1].reason == reason
    book << AgentAsked("1001", "ready")
    assert book.only(Originate).beside == "a"
    book.done()


def test_the_caller_hangs_up_while_the_phone_rings() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    in_queue(book)
    ring = book.only(Originate)
    book.now = 4.0
    book << Released(LINE, "a") >> Release(LINE, ring.leg)
    assert book.rows(Contact)[-1].outcome == "abandoned"
    in_queue(book, "b") >> Play  # the phone is not free before its leg is gone
    book << Answered(LINE, ring.leg)
    book << Released(LINE, ring.leg, by_far_end=False) >> Originate
    book.done()


def test_the_agent_hangs_up_and_the_call_ends() -> None:
    book = playbook()
    agent_leg = talking(book)
    book << Released(LINE, agent_leg) >> [StopRecording, Release(LINE, "a")]
    book << Released(LINE, "a", by_far_end=False)
    assert book.rows(Contact)[-1].outcome == "answered"
    book.done()


@pytest.mark.requirement("ACD-01")
def test_the_longest_idle_agent_of_the_best_rank_is_rung() -> None:
    book = playbook()
    for agent in ("1003", "1002", "1001"):
        book << AgentAsked(agent, "log-in")
        book.now += 1
    in_queue(book)
    assert book.only(Originate).to == "station:8002"  # 1003 is idle for longer, but has rank 2
    book.done()


@pytest.mark.requirement("ACD-02")
def test_a_free_agent_serves_his_best_rank_first() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in") << AgentAsked("1001", "not-ready")
    in_queue(book, "a").skip()
    book << Arrived(LINE, "b", "139", "95500") >> Answer(LINE, "b")
    book << Answered(LINE, "b")
    for key in "12":
        book.skip() << DigitHeard(LINE, "b", key)
    for _ in range(3):
        book.skip()
        leg = book.engine.state.legs["b"]
        book << PlayEnded(LINE, "b", leg.play)
    book.skip() << DigitHeard(LINE, "b", "2")
    book.skip()
    assert book.engine.waiting("complaint") == 1
    book << AgentAsked("1003", "log-in")  # 1003 has complaint as rank 1: b came later and goes first
    assert book.only(Originate).beside == "b"
    book.done()


@pytest.mark.requirement("ACC-08")
def test_nobody_logged_in_a_message_becomes_a_ticket() -> None:
    book = playbook()
    in_queue(book)
    invitation = book.only(Play)
    assert invitation.files == ("message.zh.wav",)
    book << PlayEnded(LINE, "a", invitation.play)
    beep = book.only(Play)
    book << PlayEnded(LINE, "a", beep.play)
    recording = book.only(StartRecording)
    assert (recording.left, recording.right, recording.max_s) == ("a", "", 180.0)
    book.now = 20.0
    book << DigitHeard(LINE, "a", "#") >> StopRecording(LINE, recording.recording)
    book << RecordingEnded(LINE, recording.recording, recording.file, 18.0, 288_044)
    question = book.only(Play)
    book << PlayEnded(LINE, "a", question.play)
    for key in "13900139000":
        book << DigitHeard(LINE, "a", key)
    book << DigitHeard(LINE, "a", "#")
    ticket = book.rows(Ticket)[-1]
    assert (ticket.number, ticket.call_back, ticket.recording) == ("T-00001", "13900139000", recording.recording)
    token = book.token()
    book << Stored(token) >> Play
    thanks = book.commands[0]
    assert isinstance(thanks, Play)
    book << PlayEnded(LINE, "a", thanks.play) >> Release(LINE, "a")
    book << Released(LINE, "a", by_far_end=False)
    assert book.rows(Contact)[-1].outcome == "message"
    book.done()


@pytest.mark.parametrize(("seconds", "outcome", "tickets"), [(12.0, "message", 1), (0.4, "abandoned", 0)])
def test_hanging_up_after_speaking_still_leaves_a_message(seconds: float, outcome: str, tickets: int) -> None:
    book = playbook()
    in_queue(book)
    for _ in range(2):
        book << PlayEnded(LINE, "a", book.only(Play).play)
    recording = book.only(StartRecording)
    book << Released(LINE, "a")
    assert "a" not in book.engine.state.legs
    book << RecordingEnded(LINE, recording.recording, recording.file, seconds, int(16_000 * seconds))
    if tickets:
        assert book.rows(Ticket)[-1].call_back == "13800138000"
        token = book.token()
        book << Stored(token)
    assert len(book.rows(Ticket)) == tickets
    assert book.rows(Contact)[-1].outcome == outcome
    assert not book.engine.state.contacts
    book.done()


def test_a_message_that_could_not_be_recorded_is_still_a_ticket_and_an_alarm() -> None:
    book = playbook()
    in_queue(book)
    for _ in range(2):
        book << PlayEnded(LINE, "a", book.only(Play).play)
    recording = book.only(StartRecording)
    book << RecordingEnded(LINE, recording.recording, recording.file, 0.0, 0, "No space left on device")
    question = book.only(Play)
    book << PlayEnded(LINE, "a", question.play) << DigitHeard(LINE, "a", "#")
    assert (book.rows(Ticket)[-1].kind, book.rows(Ticket)[-1].call_back) == ("call-back", "13800138000")
    assert "No space left" in book.engine.state.alarms["recording:trunk"].text
    assert book.rows(Recording)[-1].state == "broken"
    book.skip()


@pytest.mark.requirement("REC-01")
def test_a_recording_that_everybody_left_before_it_began_is_no_trouble() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    in_queue(book)
    book << Answered(LINE, book.only(Originate).leg)
    recording = book.only(StartRecording)
    book << Released(LINE, "a")
    book.skip() << RecordingEnded(LINE, recording.recording, recording.file, 0.0, 0, LEGS_GONE)
    row = book.rows(Recording)[-1]
    assert (row.state, row.file, row.error) == ("empty", "", LEGS_GONE)
    assert not book.rows(Alarm)


def test_a_wait_over_the_limit_overflows_but_not_while_a_phone_rings() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    talking_leg = talking(book, "1002")  # both are rung in turn: 1001 gets the first
    del talking_leg
    in_queue(book, "b").skip()
    book.at(89.0).skip()
    book << AgentAsked("1001", "ready")
    book.skip()
    book.at(200.0).skip()
    stages = [row.detail for row in book.rows(CallEvent) if row.what == "overflowed"]
    assert stages == ["consult: wait > 90 s"]
    book.done()


@pytest.mark.requirement("ACC-05")
@pytest.mark.parametrize(("wall", "open_"), [("10:00", True), ("12:30", False), ("18:00", False)])
def test_out_of_hours_the_flow_says_so_and_takes_a_message(wall: str, open_: bool) -> None:
    hours, minutes = map(int, wall.split(":"))
    book = playbook(wall_s=1_792_396_800.0 + (hours - 8) * 3600 + minutes * 60)
    book << AgentAsked("1001", "log-in")
    book << Arrived(LINE, "a", "138", "95502") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    if open_:
        assert book.only(Originate)
    else:
        assert book.only(Play).files == ("closed.en.wav",)
    book.done()


def test_an_unknown_number_is_refused() -> None:
    book = playbook()
    book << Arrived(LINE, "a", "138", "99999") >> Reject(LINE, "a", Cause.UNALLOCATED_NUMBER)
    book << Released(LINE, "a", by_far_end=False)
    assert book.rows(Contact)[-1].outcome == "blocked"
    book.done()


def test_a_menu_repeats_says_sorry_and_then_decides_itself() -> None:
    book = playbook(small_plan())
    book << AgentAsked("1001", "log-in")
    book << Arrived(LINE, "a", "138", "95500") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    heard = []
    for _ in range(12):
        plays = [c for c in book.commands if isinstance(c, Play)]
        book.skip()
        if not plays or plays[0].loop:
            break
        heard.append(plays[0].files[0])
        book << PlayEnded(LINE, "a", plays[0].play)
        if plays[0].files == ("menu.zh.wav",) and heard.count("menu.zh.wav") == 1:
            book << DigitHeard(LINE, "a", "7")
        elif not book.commands:
            book.skip()
            book.at(book.now + 6.0)
    assert heard == ["language.zh.wav", "welcome.zh.wav", "menu.zh.wav", "sorry.zh.wav", "menu.zh.wav", "menu.zh.wav"]
    assert book.engine.state.contacts["0001-000001"].queue == "consult"


def test_type_ahead_goes_straight_through_the_menus() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    book << Arrived(LINE, "a", "138", "95500") >> Answer(LINE, "a")
    book << Answered(LINE, "a") >> Play
    book << DigitHeard(LINE, "a", "1") >> [StopPlay, Play]
    book << DigitHeard(LINE, "a", "1") >> [StopPlay, Originate, Play]
    book.done()


def test_losing_the_line_ends_its_calls_and_raises_a_red_alarm_that_clears() -> None:
    book = playbook()
    talking(book)
    in_queue(book, "b").skip()
    book << LineLost(LINE, "the worker does not start")
    book.skip()
    outcomes = {row.id: row.outcome for row in book.rows(Contact)}
    assert sorted(outcomes.values()) == ["answered", "lost"]
    assert book.rows(Recording)[-1].state == "broken"
    assert book.rows(Alarm)[-1].severity == "red"
    assert not book.engine.state.legs
    book << LineOpened(LINE, EVERYTHING.value)
    assert book.rows(Alarm)[-1].cleared_at is not None
    book.done()


def test_draining_refuses_new_calls_and_lets_old_ones_end() -> None:
    book = playbook()
    agent_leg = talking(book)
    book << Drain()
    book << Arrived(LINE, "b", "138", "95501") >> Reject(LINE, "b", Cause.TEMPORARY_FAILURE)
    book << Released(LINE, "b", by_far_end=False)
    busy = book.engine.idle
    assert not busy
    book << Released(LINE, "a")
    stop = book.only(StopRecording)
    book << Released(LINE, agent_leg, by_far_end=False)
    book << RecordingEnded(LINE, stop.recording, "f.wav", 1.0, 16_044)
    assert book.engine.idle
    book.done()


def test_a_forced_end_loses_who_waits_and_offers_nobody() -> None:
    book = playbook()
    talking(book)
    in_queue(book, "b").skip()
    book << Arrived(LINE, "c", "138", "95500")
    book.skip() << CutOff()
    assert sorted(type(command).__name__ for command in book.commands) == ["Release"] * 4
    book.skip()
    for leg in sorted(book.engine.state.legs, reverse=True):  # the agent's leg goes first: he is free, and is offered nobody
        book << Released(LINE, leg, by_far_end=False)
        assert not [command for command in book.commands if isinstance(command, Originate)]
        book.skip()
    outcomes = {row.leg or row.id: row.outcome for row in book.rows(Contact) if row.outcome}
    assert sorted(outcomes.values()) == ["answered", "lost", "lost"]


def test_a_script_that_fails_costs_one_call_and_an_alarm() -> None:
    plan = small_plan()
    book = playbook(plan)
    book << Arrived(LINE, "a", "138", "95500") >> Answer(LINE, "a")
    menu = plan.programs["hotline"].nodes["language"].exit
    object.__setattr__(menu, "keys", None)  # no site can say this: a mistake in a script
    book << Answered(LINE, "a")
    play = book.only(Play)
    book << DigitHeard(LINE, "a", "1") >> [StopPlay(LINE, "a", play.play), Release(LINE, "a")]
    assert book.rows(Alarm)[-1].text.startswith("the script of contact 0001-000001 failed")
    book << Released(LINE, "a", by_far_end=False)
    book.done()


def test_prompts_fall_back_to_a_language_there_is() -> None:
    book = playbook(evolve(small_plan(), languages=("zh", "en", "de"), programs={}, numbers={"95501": small_plan().numbers["95501"]}))
    book << Arrived(LINE, "a", "138", "95501") >> Answer(LINE, "a")
    book.engine.state.contacts["0001-000001"].language = "de"
    book << Answered(LINE, "a")
    assert book.only(Play).files == prompt("message")["zh"]
