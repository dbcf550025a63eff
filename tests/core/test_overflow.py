"""When a caller leaves a queue unserved, where to, and what becomes of an agent who does not take an offer."""

from typing import Any

import pytest
from attrs import evolve

from appliance.core.agents.agent import AgentState
from appliance.core.inputs import AgentAsked, ClockSet, ContactCame
from appliance.core.plan import Choice, NumberPlan, Overflow, QueuePlan
from appliance.core.records import AgentState as StateRow
from appliance.core.records import CallEvent, Contact
from hal.api import Answered, Arrived, Cause, DigitHeard, Originate, Play, PlayEnded, Release, StartRecording
from tests.core.acd import LINE, arrives, centre, hangs_up, leg_of, passes, pauses, picks_up, queues, ready, rung, story, waiting
from tests.core.playbook import Playbook, prompt, service, small_plan

AWAY = Choice("queue", "complaint")


def rules(*overflow: Overflow, **queue: Any) -> dict[str, QueuePlan]:
    return queues(overflow=overflow, **queue)


def where(book: Playbook, contact: str = "0001-000001") -> str:
    """The queue a contact is in; empty: in none."""
    found = book.engine.state.contacts.get(contact)
    return found.queue if found is not None and found.lane is not None else ""


# -- at the door, and while waiting -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-03")
def test_nobody_logged_in_counts_at_the_door_and_when_the_last_one_goes() -> None:
    book = centre("1001", "1003", queues=rules(Overflow("nobody logged in", AWAY)))
    pauses(book, "1001", "1003")
    arrives(book)
    book << AgentAsked("1003", "log-out")
    assert where(book) == "consult", "one is left, though he pauses"
    book << AgentAsked("1001", "log-out")
    assert where(book) == "complaint"
    arrives(book, "b")
    assert where(book, "0001-000002") == "complaint"
    assert story(book, "overflowed") == ["consult: nobody logged in"] * 2


@pytest.mark.requirement("ACD-03")
def test_all_not_ready_counts_at_the_door_and_when_the_last_one_pauses() -> None:
    book = centre("1001", "1003", queues=rules(Overflow("all not ready", AWAY)))
    arrives(book, "x")
    picks_up(book, "1001")
    arrives(book, "y")
    picks_up(book, "1003")
    arrives(book)
    assert where(book, "0001-000003") == "consult", "both are busy, and not away"
    pauses(book, "1003")
    hangs_up(book, "y")
    assert where(book, "0001-000003") == "consult"
    pauses(book, "1001")
    hangs_up(book, "x")
    assert where(book, "0001-000003") == "complaint"
    arrives(book, "b")
    assert where(book, "0001-000004") == "complaint"


@pytest.mark.requirement("ACD-03")
def test_where_nobody_is_logged_in_nobody_is_not_ready() -> None:
    book = centre(queues=rules(Overflow("all not ready", AWAY)))
    arrives(book)
    assert where(book) == "consult"


@pytest.mark.requirement("ACD-03")
def test_a_wait_too_long_ends_at_the_moment_it_is_too_long() -> None:
    book = centre("1001", queues=rules(Overflow("wait", AWAY, 30.0)))
    pauses(book, "1001")
    began = book.now
    arrives(book)
    passes(book, began + 29.999)
    assert where(book) == "consult"
    passes(book, began + 30.0)
    assert where(book) == "complaint"


@pytest.mark.requirement("ACD-03")
def test_a_queue_of_a_length_takes_so_many_and_no_more() -> None:
    book = centre("1001", queues=rules(Overflow("length", AWAY, limit=2)))
    assert arrives(book, "r") == ["1001"]
    arrives(book, "a")
    arrives(book, "b")
    arrives(book, "c")
    assert (waiting(book), waiting(book, "complaint")) == (["a", "b"], ["c"])
    hangs_up(book, "a")
    arrives(book, "d")
    assert waiting(book) == ["b", "d"]


@pytest.mark.requirement("ACD-03")
def test_a_queue_in_which_nobody_may_wait_still_serves_while_somebody_is_free() -> None:
    book = centre("1002", queues=rules(Overflow("length", AWAY, limit=0)))
    assert arrives(book, "a") == ["1002"]
    arrives(book, "b")
    assert where(book, "0001-000002") == "complaint"


@pytest.mark.requirement("ACD-03")
def test_an_expected_wait_too_long_counts_at_the_door_and_is_looked_at_again_while_waiting() -> None:
    book = centre("1001", "1003", queues=rules(Overflow("expected wait", AWAY, 300.0)))
    arrives(book, "x")
    picks_up(book, "1001")
    arrives(book, "y")
    picks_up(book, "1003")
    expects = {1: 90.0, 2: 180.0, 3: 270.0}  # two agents, 180 s for a call, as long as nothing is known
    for number in expects:
        arrives(book, f"w{number}")
        assert where(book, f"0001-{number + 2:06d}") == "consult"
    arrives(book, "too many")
    assert where(book, "0001-000006") == "complaint"
    pauses(book, "1003")
    hangs_up(book, "y")  # now there is one agent, and the wait is twice as long
    assert [where(book, f"0001-{n:06d}") for n in (3, 4, 5)] == ["consult"] * 3
    passes(book, book.now + 15.0)
    assert [where(book, f"0001-{n:06d}") for n in (3, 4, 5)] == ["consult", "complaint", "complaint"]


@pytest.mark.requirement("ACD-03")
@pytest.mark.requirement("ACC-05")
@pytest.mark.parametrize(("when", "first"), [("inside", 3600.0), ("outside", 4 * 3600.0)])
def test_the_time_of_day_counts_at_the_door_and_while_waiting(when: str, first: float) -> None:
    """The office opens at nine, an hour after the beginning, and closes at noon."""
    book = centre("1001", queues=rules(Overflow(when, AWAY, hours="office")))
    pauses(book, "1001")
    if when == "outside":
        passes(book, 3600.0)
    arrives(book)
    assert where(book) == "consult"
    passes(book, first - 0.1)
    assert where(book) == "consult"
    passes(book, first)
    assert where(book) == "complaint"
    arrives(book, "b")
    assert where(book, "0001-000002") == "complaint"
    assert story(book, "overflowed") == [f"consult: {when} office"] * 2


@pytest.mark.requirement("ACD-03")
def test_of_rules_that_hold_together_the_first_of_the_site_file_decides() -> None:
    ways = (Overflow("length", AWAY, limit=1), Overflow("nobody logged in", Choice("voicemail")))
    book = centre("1001", queues=rules(*ways))
    pauses(book, "1001")
    arrives(book, "a")
    book << AgentAsked("1001", "log-out")
    book.skip()
    assert book.engine.state.contacts["0001-000001"].stage == "message"
    book = centre("1001", queues=rules(*reversed(ways)))
    pauses(book, "1001")
    arrives(book, "a")
    arrives(book, "b")
    assert story(book, "overflowed") == [f"consult: {ways[0]}"]


# -- where to ---------------------------------------------------------------------------------------------------------------------------


def overflown(to: Choice, **changes: Any) -> Playbook:
    """A caller who is sent away at once."""
    plan = small_plan()
    words = {**plan.prompts, **{name: prompt(name) for name in ("sorry-full", "call-back-promised", "unavailable")}}
    flows = {**plan.programs, "self": service("self", welcome="self")}
    book = centre("1003", queues=rules(Overflow("length", to, limit=0)), prompts=words, programs=flows, **changes)
    pauses(book, "1003")
    book << Arrived(LINE, "a", "13800138000", "95501") >> ...
    book << Answered(LINE, "a")
    return book


@pytest.mark.requirement("ACD-03")
def test_overflow_to_another_queue() -> None:
    book = overflown(Choice("queue", "complaint"))
    assert where(book) == "complaint"
    assert ready(book, "1003") == ["1003"]


@pytest.mark.requirement("ACD-03")
def test_overflow_to_a_number() -> None:
    book = overflown(Choice("number", "02012345678"))
    call = book.only(Originate)
    assert (call.to, call.beside) == ("number:02012345678", "a")
    book << Answered(LINE, call.leg)
    assert book.skip().engine.state.contacts["0001-000001"].state.value == "outside"


@pytest.mark.requirement("ACD-03")
def test_overflow_to_an_agent_rings_him_in_a_pause_too() -> None:
    book = overflown(Choice("agent", "1003"))
    assert rung(book) == ["1003"]
    assert hangs_up(book, "1003", Cause.USER_BUSY) == []
    passes(book, book.now + 30.0)
    assert book.engine.state.agents["1003"].state is AgentState.NOT_READY, "his pause goes on"


@pytest.mark.requirement("ACD-03")
def test_overflow_to_voicemail_says_why_and_takes_a_message() -> None:
    book = overflown(Choice("voicemail"))
    for files in (("unavailable.zh.wav",), ("message.zh.wav",), ("beep.zh.wav",)):
        play = book.only(Play)
        assert play.files == files
        book << PlayEnded(LINE, "a", play.play)
    book.only(StartRecording)


@pytest.mark.requirement("ACD-03")
@pytest.mark.requirement("ACD-08")
def test_overflow_to_a_call_back_has_the_head_start_of_who_would_have_waited() -> None:
    from appliance.core.plan import CallerPlan

    book = overflown(Choice("callback"), callers={"13800138000": CallerPlan(vip=True)})
    play = book.only(Play)
    assert play.files == ("call-back-promised.zh.wav",)
    book.now = 5.0
    book << PlayEnded(LINE, "a", play.play) >> Release
    contact = book.engine.state.contacts["0001-000001"]
    assert (contact.stage, contact.call_back, contact.place[0]) == ("callback", "13800138000", 5.0 - 90.0)


@pytest.mark.requirement("ACD-03")
def test_overflow_to_a_flow_and_to_an_announcement() -> None:
    book = overflown(Choice("flow", "self"))
    play = book.only(Play)
    assert play.files == ("self.zh.wav",)
    book << PlayEnded(LINE, "a", play.play) >> Release
    book = overflown(Choice("announcement", "sorry-full"))
    play = book.only(Play)
    assert play.files == ("sorry-full.zh.wav",)
    book << DigitHeard(LINE, "a", "1")
    book << PlayEnded(LINE, "a", play.play) >> Release


# -- while a phone rings ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-03")
@pytest.mark.parametrize("ends", ["answered", "busy", "no answer"])
def test_an_overflow_that_is_due_while_a_phone_rings_waits_for_how_that_ends(ends: str) -> None:
    book = centre("1001", "1002", queues=rules(Overflow("wait", AWAY, 10.0)))
    began = book.now
    assert arrives(book) == ["1002" if ends == "" else "1001"]
    assert passes(book, began + 14.9) == []
    assert book.engine.state.contacts["0001-000001"].state.value == "offered"
    if ends == "answered":
        picks_up(book, "1001")
        assert story(book, "overflowed") == []
        return
    if ends == "busy":
        assert hangs_up(book, "1001", Cause.USER_BUSY) == [], "not the next agent: his time is over"
    else:
        assert passes(book, began + 15.0) == []
    assert where(book) == "complaint"


@pytest.mark.requirement("ACD-03")
def test_an_overflow_is_due_though_the_last_phone_of_all_declines_and_is_free_at_once() -> None:
    book = centre("1002", queues=rules(Overflow("wait", AWAY, 10.0), strategy="ring-all"))
    assert arrives(book) == ["1002"]
    passes(book, 14.0)
    assert hangs_up(book, "1002", Cause.NO_ANSWER) == []
    assert where(book) == "complaint"


# -- an agent who does not take it ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-05")
@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (Cause.USER_BUSY, "busy"),
        (Cause.CALL_REJECTED, "rejected"),
        (Cause.NO_ANSWER, "no answer"),
        (Cause.UNALLOCATED_NUMBER, "unreachable"),
        (Cause.DESTINATION_OUT_OF_ORDER, "unreachable"),
    ],
)
def test_the_next_agent_rings_at_once_and_who_declined_is_not_ready(cause: Cause, reason: str) -> None:
    book = centre("1001", "1002", queues=rules())
    assert arrives(book) == ["1001"]
    assert hangs_up(book, "1001", cause) == ["1002"]
    agent = book.engine.state.agents["1001"]
    assert (agent.state, agent.reason) == (AgentState.NOT_READY, reason)
    assert passes(book, 14.0) == []
    assert agent.state is AgentState.NOT_READY, "until he says that he is there"
    assert story(book, "not taken") == [f"1001: {reason}"]


@pytest.mark.requirement("ACD-05")
def test_a_phone_that_nobody_picks_up_is_given_up_after_its_time() -> None:
    book = centre("1001", "1002", queues=rules(ring_s=12.0))
    began = book.now
    assert arrives(book) == ["1001"]
    assert passes(book, began + 11.999) == []
    assert passes(book, began + 12.0) == ["1002"]
    assert [row.reason for row in book.rows(StateRow) if row.state == "not-ready"] == ["no answer"]


@pytest.mark.requirement("ACD-05")
@pytest.mark.parametrize("pause_after", [0, 1, 3])
def test_so_many_offers_in_a_row_make_not_ready(pause_after: int) -> None:
    book = centre("1001", queues=rules(pause_after=pause_after))
    arrives(book)
    for missed in range(1, 6):
        hangs_up(book, "1001", Cause.USER_BUSY)
        rang = passes(book, book.now + 5.0)
        if missed == pause_after:
            assert rang == []
            assert passes(book, book.now + 100.0) == []
            break
        assert rang == ["1001"], "after five seconds of peace"
    assert (book.engine.state.agents["1001"].state is AgentState.NOT_READY) is (pause_after > 0)


@pytest.mark.requirement("ACD-05")
@pytest.mark.parametrize("forgiven_by", ["an answered call", "being ready again", "a line fault", "nothing"])
def test_what_forgives_missed_offers(forgiven_by: str) -> None:
    book = centre("1001", queues=rules(pause_after=3))
    arrives(book, "a")
    for _ in range(2):
        hangs_up(book, "1001", Cause.USER_BUSY)
        assert passes(book, book.now + 5.0) == ["1001"]
    if forgiven_by == "an answered call":
        picks_up(book, "1001")
        arrives(book, "b")
        hangs_up(book, "a")
    elif forgiven_by == "being ready again":
        pauses(book, "1001")
        hangs_up(book, "1001", Cause.USER_BUSY)
        ready(book, "1001")
    elif forgiven_by == "a line fault":
        hangs_up(book, "1001", Cause.NETWORK_OUT_OF_ORDER)
        passes(book, book.now + 5.0)
        assert book.engine.state.agents["1001"].state is AgentState.OFFERED, "that was no missed offer"
    leg_of(book, "1001")
    hangs_up(book, "1001", Cause.USER_BUSY)
    again = passes(book, book.now + 5.0)
    assert again == (["1001"] if forgiven_by in ("an answered call", "being ready again") else [])


@pytest.mark.requirement("ACD-03")
@pytest.mark.requirement("ACD-05")
def test_an_agent_who_is_left_in_peace_for_a_moment_has_not_gone() -> None:
    book = centre("1001", queues=rules(Overflow("all not ready", AWAY), pause_after=0))
    arrives(book, "a")
    arrives(book, "b")
    hangs_up(book, "1001", Cause.USER_BUSY)
    assert book.engine.state.agents["1001"].state is AgentState.NOT_READY
    arrives(book, "c")
    assert waiting(book) == ["a", "b", "c"]
    pauses(book, "1001")
    assert waiting(book) == [], "now he has"


@pytest.mark.requirement("ACD-05")
def test_what_an_agent_asks_for_while_he_is_rung_comes_before_any_rule() -> None:
    book = centre("1001", "1002", queues=rules())
    arrives(book)
    pauses(book, "1001")
    assert hangs_up(book, "1001", Cause.USER_BUSY) == ["1002"]
    agent = book.engine.state.agents["1001"]
    assert (agent.state, agent.reason) == (AgentState.NOT_READY, "tea")


@pytest.mark.requirement("ACD-05")
def test_a_transferred_caller_who_is_declined_goes_back_to_his_queue_and_the_agent_is_not_rung_again() -> None:
    plan = small_plan()
    book = centre("1001", "1002", queues=rules(), numbers={**plan.numbers, "1": NumberPlan(Choice("queue", "consult"))})
    assert arrives(book, "a", number="1") == ["1001"]
    picks_up(book, "1001")
    book << AgentAsked("1001", "transfer", to="1002")
    assert rung(book) == ["1002"]
    pauses(book, "1001")
    assert hangs_up(book, "1002", Cause.CALL_REJECTED) == [], "he declined, and nobody else is free"
    assert where(book) == "consult"
    assert passes(book, book.now + 5.0) == ["1002"], "after a moment of peace he is one of the queue's agents"
    assert [row.detail for row in book.rows(CallEvent) if row.what == "overflowed"] == ["agent:1002: rejected"]


@pytest.mark.requirement("ACD-03")
def test_what_overflowed_is_counted_as_a_wait_in_both_queues() -> None:
    book = centre("1003", queues={**rules(Overflow("wait", AWAY, 20.0))})
    pauses(book, "1003")
    began = book.now
    arrives(book)
    passes(book, began + 50.0)
    hangs_up(book, "a")
    row = book.rows(Contact)[-1]
    assert (row.outcome, row.queue) == ("abandoned", "complaint")
    assert row.wait_s == pytest.approx(50.0)


@pytest.mark.parametrize("medium", ["chat", "message"])
def test_a_clock_that_is_set_sends_nothing_away_that_can_wait_for_ever(medium: str) -> None:
    book = centre(queues=queues(overflow=(Overflow("outside", Choice("queue", "complaint"), hours="office"),)))
    wall = book.engine.state.wall()
    book << ClockSet(wall + 2 * 3600.0) << ContactCame(medium, "consult", "li@example.org") << ClockSet(wall)
    book.at(1.0)
    (contact,) = book.engine.state.contacts.values()
    assert contact.queue == {"chat": "complaint", "message": "consult"}[medium]


@pytest.mark.requirement("ACD-03")
@pytest.mark.parametrize("other_can", [False, True])
def test_the_expected_wait_on_arrival_is_nothing_only_while_somebody_is_free_who_can_serve_the_caller(other_can: bool) -> None:
    agents = {id_: evolve(agent, skills={"zh": 90} if other_can or id_ == "1001" else {}) for id_, agent in small_plan().agents.items()}
    rule = Overflow("expected wait", Choice("release"), 60.0)
    book = centre("1001", "1002", agents=agents, queues=queues(needs="zh >= 50", overflow=(rule,)))
    assert arrives(book) == ["1001"]
    picks_up(book, "1001")
    assert arrives(book, "b") == (["1002"] if other_can else [])
    assert story(book, "overflowed") == ([] if other_can else ["consult: expected wait > 60 s"])
