"""Figures and orders that a review found unproven: each test fails for one small, wrong change of the core."""

import pytest
from attrs import evolve

from appliance.core.agents.agent import AgentState
from appliance.core.inputs import AgentAsked, ClockSet, Noticed
from appliance.core.plan import Choice, Overflow
from appliance.core.records import CallEvent, Contact
from appliance.core.timers import Timers
from hal.api import Answer, Answered, Arrived, Cause, CommandFailed, Originate, Play, PlayEnded, Released, Severity, StartRecording
from tests.core.playbook import MONDAY_8, Playbook, playbook, small_plan

LINE = "trunk"


def paused(*agents: str, **changes: object) -> Playbook:
    """A centre whose agents are logged in and not ready."""
    book = playbook(small_plan(**changes))
    for agent in agents:
        book << AgentAsked(agent, "log-in") << AgentAsked(agent, "not-ready", "tea")
    return book


def arrives(book: Playbook, leg: str = "a", number: str = "95501") -> None:
    book << Arrived(LINE, leg, "138", number) >> Answer(LINE, leg)
    book << Answered(LINE, leg)
    book.skip()


def test_timers_of_one_moment_fire_in_the_order_they_were_set() -> None:
    timers, fired = Timers(), list[int]()
    for number in range(5):
        timers.set(1.0, lambda number=number: fired.append(number))  # type: ignore[misc] # mypy cannot type a lambda's default
    while (fire := timers.due(1.0)) is not None:
        fire()
    assert fired == [0, 1, 2, 3, 4]


def test_sweeping_cancelled_timers_keeps_the_others() -> None:
    timers, fired = Timers(), list[int]()
    for number in range(3000):
        timer = timers.set(float(number), lambda number=number: fired.append(number))  # type: ignore[misc] # as above
        if number % 3:
            timer.cancel()
    while (fire := timers.due(5000.0)) is not None:
        fire()
    assert fired == list(range(0, 3000, 3))


def test_an_overflow_that_is_due_while_a_phone_rings_waits_for_the_offer() -> None:
    book = paused("1001")
    arrives(book)
    book.at(80.0).skip()
    book << AgentAsked("1001", "ready")
    ring = book.only(Originate)
    book.at(94.9)
    contact = book.engine.state.contacts["0001-000001"]
    assert contact.state.value == "offered", "the rule of 90 s does not take the caller from a ringing phone"
    book.at(95.1).skip()
    assert [row.detail for row in book.rows(CallEvent) if row.what == "overflowed"] == ["consult: wait > 90 s"]
    del ring


def test_waits_in_two_queues_add_up_and_the_first_request_counts() -> None:
    queues = dict(small_plan().queues)
    queues["consult"] = evolve(queues["consult"], overflow=(Overflow("wait", Choice("queue", "complaint"), 30.0),))
    book = paused("1002", "1003", queues=queues)
    arrives(book)
    book.at(50.0).skip()
    book << AgentAsked("1003", "ready")
    book << Answered(LINE, book.only(Originate).leg)
    book.skip()
    row = book.rows(Contact)[-1]
    assert (row.queue, row.wait_s, row.queued_at, row.connected_at) == ("complaint", 50.0, MONDAY_8, MONDAY_8 + 50.0)


def test_of_two_queues_of_equal_rank_the_first_comer_is_served_first() -> None:
    agents = dict(small_plan().agents)
    agents["1003"] = evolve(agents["1003"], groups={"complaint": 1, "consult": 1})
    numbers = {**small_plan().numbers, "95503": small_plan().numbers["95501"].__class__(Choice("queue", "complaint"))}
    book = paused("1003", agents=agents, numbers=numbers)
    arrives(book, "first", "95501")
    book.now = 1.0
    arrives(book, "second", "95503")
    book << AgentAsked("1003", "ready")
    assert book.only(Originate).beside == "first"


@pytest.mark.parametrize("cause", [Cause.NETWORK_OUT_OF_ORDER, Cause.DESTINATION_OUT_OF_ORDER])
def test_a_caller_cut_off_by_the_network_is_lost(cause: Cause) -> None:
    book = paused("1001")
    arrives(book)
    book << Released(LINE, "a", cause)
    assert book.rows(Contact)[-1].outcome == "lost"


def test_nothing_is_recorded_where_the_plan_says_so() -> None:
    book = playbook(small_plan(record_calls=False))
    book << AgentAsked("1001", "log-in")
    arrives_and_rings = Arrived(LINE, "a", "138", "95501")
    book << arrives_and_rings >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    book << Answered(LINE, book.only(Originate).leg)
    assert not [command for command in book.commands if isinstance(command, StartRecording)]
    book.skip()


def test_a_worker_that_breaks_pauses_no_agent_for_long() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    book << Arrived(LINE, "a", "138", "95501") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    ring = book.only(Originate)
    book << Released(LINE, ring.leg, Cause.NETWORK_OUT_OF_ORDER)
    agent = book.engine.state.agents["1001"]
    assert (agent.state, agent.reason) == (AgentState.NOT_READY, "line fault")
    book.at(5.0)
    assert book.only(Originate).to == "station:8001"


def test_an_agent_who_changes_phones_throws_nobody_out_of_the_queue() -> None:
    book = paused("1001")
    arrives(book)
    book << AgentAsked("1001", "log-in", station="8002")
    assert book.only(Originate).to == "station:8002", "he is rung at once on the new phone"
    assert not [row for row in book.rows(CallEvent) if row.what == "overflowed"]


def test_who_overflows_to_voicemail_hears_why() -> None:
    plan = small_plan()
    book = playbook(evolve(plan, prompts={**plan.prompts, "unavailable": {"zh": ("unavailable.zh.wav",)}}))
    book << Arrived(LINE, "a", "138", "95501") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    heard = book.only(Play)
    assert heard.files == ("unavailable.zh.wav",)
    book << PlayEnded(LINE, "a", heard.play)
    assert book.only(Play).files == ("message.zh.wav",)


def test_a_clock_that_is_moved_moves_no_record_of_a_call_going_on() -> None:
    book = paused("1001")
    arrives(book)
    book.now = 10.0
    book << ClockSet(MONDAY_8 + 86_400.0)
    book << Released(LINE, "a")
    row = book.rows(Contact)[-1]
    assert (row.arrived_at, row.ended_at, row.wait_s) == (MONDAY_8, MONDAY_8 + 10.0, 10.0)
    arrives(book, "b")
    assert book.rows(Contact)[-1].arrived_at == MONDAY_8 + 86_400.0


def test_alarms_from_outside_are_raised_cleared_and_pass() -> None:
    book = playbook()
    book << Noticed("store", Severity.RED, "disk full") << Noticed("clock", Severity.YELLOW, "moved", lasts_s=60.0)
    book << CommandFailed(LINE, "", "Play", "no such file")
    assert set(book.engine.state.alarms) == {"store", "clock", "line:trunk/Play"}
    book << Noticed("store", Severity.RED, "", cleared=True)
    book.at(4000.0)
    assert not book.engine.state.alarms
    assert not book.engine.state.passing


def test_a_circle_of_queues_ends() -> None:
    queues = dict(small_plan().queues)
    queues["consult"] = evolve(queues["consult"], overflow=(Overflow("nobody logged in", Choice("queue", "complaint")),))
    book = playbook(small_plan(queues=queues))  # complaint overflows to consult
    book << Arrived(LINE, "a", "138", "95501") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    assert [type(command).__name__ for command in book.commands] == ["Release"]
    book.skip()
