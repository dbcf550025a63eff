"""What a customer keeps, and what begins anew, as he goes from queue to queue, to self service and back, or through a restart."""

from datetime import date, time

import pytest
from attrs import evolve

from appliance.core.inputs import AgentAsked
from appliance.core.plan import Announce, CallerPlan, HoursPlan, NumberPlan, Overflow, Slot
from appliance.core.records import Contact
from hal.api import Answered, Arrived, Cause, DigitHeard, HeldByFarEnd, Mix, Play, PlayEnded, RetrievedByFarEnd
from tests.core.acd import LINE, arrives, centre, hangs_up, leg_of, passes, pauses, picks_up, queues, rung, story, waiting
from tests.core.playbook import Playbook, prompt, small_plan
from tests.core.story import together
from tests.core.test_adoption import restarted
from tests.core.test_call_back import comfortable
from tests.core.test_plan_change import AWAY, changes, without
from tests.core.test_transfer import in_flow

VIP = "13900000001"

# -- his place ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-08")
def test_who_overflows_stands_in_the_next_queue_as_one_who_has_waited_since_he_came() -> None:
    numbers = {**small_plan().numbers, "95503": NumberPlan(AWAY)}
    book = centre("1003", numbers=numbers, queues=queues(overflow=(Overflow("wait", AWAY, 30.0),)))
    pauses(book, "1003")
    arrives(book, "a")
    passes(book, 20.0)
    arrives(book, "b", number="95503")
    passes(book, 40.0)
    assert waiting(book, "complaint") == ["a", "b"]


@pytest.mark.requirement("ACD-08")
def test_who_has_been_served_and_is_transferred_stands_behind_those_who_wait_already() -> None:
    book = centre("1001", queues=queues())
    arrives(book, "a")
    picks_up(book, "1001")
    pauses(book, "1001")
    passes(book, 60.0)
    arrives(book, "b")
    passes(book, 120.0)
    book << AgentAsked("1001", "transfer", to="queue:consult")
    rung(book)
    assert waiting(book) == ["b", "a"]


# -- what he was told --------------------------------------------------------------------------------------------------------------------


def highest(book: Playbook) -> list[str]:
    """The longest wait of each announcement, in minutes, as far as any was said."""
    return [text.split(" to ")[1].removesuffix(" min") for text in story(book, "announced")]


@pytest.mark.requirement("ACD-06")
def test_an_agent_who_leaves_makes_the_wait_longer_that_is_said_and_nothing_else_does() -> None:
    book = comfortable("1001", "1002", announce=Announce(5.0, 20.0))
    for leg, agent in (("x", "1001"), ("y", "1002")):
        arrives(book, leg, "137")
        picks_up(book, agent)
    book << AgentAsked("1003", "log-in")
    book.skip()
    pauses(book, "1003")
    arrives(book, "a")
    passes(book, book.now + 30.0)
    first, second = map(int, highest(book))
    assert second <= first
    pauses(book, "1002")
    hangs_up(book, "y")
    passes(book, book.now + 20.0)
    assert int(highest(book)[-1]) > first


# -- the time of day ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-03")
@pytest.mark.requirement("ACC-05")
def test_who_waits_over_a_holiday_goes_elsewhere_at_the_moment_the_office_opens_after_it() -> None:
    """It opens at nine, which means nothing on Monday, and at seven seconds past nine on Tuesday."""
    monday, tuesday = (Slot(time(9), time(18)),), (Slot(time(9, 0, 7), time(18)),)
    hours = {**small_plan().hours, "late": HoursPlan((monday, tuesday, (), (), (), (), ()), closed_on=frozenset({date(2026, 10, 19)}))}
    book = centre("1001", hours=hours, queues=queues(overflow=(Overflow("inside", AWAY, hours="late"),)))
    pauses(book, "1001")
    arrives(book)
    opens = 25 * 3600.0 + 7.0
    passes(book, opens - 0.1)
    assert waiting(book) == ["a"]
    passes(book, opens)
    assert (waiting(book), waiting(book, "complaint")) == ([], ["a"])


# -- what he chose -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-06")
def test_a_call_back_from_a_queue_that_is_not_there_any_more_is_a_message_instead() -> None:
    book = comfortable("1001")
    assert arrives(book) == ["1001"]
    book << DigitHeard(LINE, "a", "1")
    rung(book)
    changes(book, **without(book, "consult"))
    hangs_up(book, "1001", Cause.CALL_REJECTED)
    book << PlayEnded(LINE, "a", book.engine.state.legs["a"].play)  # "nobody is available"
    rung(book)
    contact = book.engine.state.contacts["0001-000001"]
    assert (contact.call_back, contact.stage) == ("", "message")


@pytest.mark.requirement("ACC-07")
@pytest.mark.parametrize("in_group", [True, False])
def test_a_customer_who_has_been_served_and_is_transferred_is_not_kept_for_his_manager(in_group: bool) -> None:
    plan = small_plan()
    groups = plan.agents["1003"].groups if in_group else {}
    book = centre(
        "1001",
        "1002",
        "1003",
        callers={VIP: CallerPlan(vip=True, manager="1003")},
        queues=queues(),
        agents={**plan.agents, "1003": evolve(plan.agents["1003"], groups=groups)},
        prompts={**plan.prompts, "manager-or-not": prompt("manager-or-not")},
    )
    book << Arrived(LINE, "a", VIP, "95501")
    book.skip() << Answered(LINE, "a")
    asks = book.only(Play)
    assert asks.files == ("manager-or-not.zh.wav",)
    book << PlayEnded(LINE, "a", asks.play)
    assert passes(book, book.now + 3.0) == ["1003"], "he has not chosen otherwise"
    picks_up(book, "1003")
    book << AgentAsked("1003", "transfer", to="queue:consult")
    assert rung(book) == ["1001"], "his manager has served him, and gives him away"


# -- self service ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-01")
def test_who_takes_a_customer_back_whom_he_had_on_hold_talks_to_him() -> None:
    story = in_flow()
    story.asks("1001", "hold") >> []
    story.asks("1001", "take-back") >> ["hush a", together("a", "1001"), "record a | 1001"]
    assert story.refuses("1001", "retrieve") == "it is not on hold"


@pytest.mark.requirement("CTI-01")
def test_who_takes_a_customer_back_with_the_phone_on_hold_hears_him_when_the_phone_retrieves() -> None:
    story = in_flow()
    story << HeldByFarEnd(LINE, story.legs["1001"])
    story.skip().asks("1001", "take-back").skip()
    assert story.refuses("1001", "hold") == "it is on hold already"
    story << RetrievedByFarEnd(LINE, story.legs["1001"])
    story >> ["hush a", together("a", "1001"), "stop a", "record a | 1001"]


# -- a restart ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-11")
def test_the_talk_counts_of_a_call_that_ended_while_the_core_was_down() -> None:
    first = centre("1001", queues=queues())
    first.at(5.0)
    arrives(first)
    picks_up(first, "1001")
    first.at(65.0)
    (row,) = [row for row in restarted(first, [], after_s=10.0).skip().rows(Contact) if row.outcome]
    assert (row.outcome, row.talk_s) == ("answered", 70.0), "to the moment in which it was found to be over"


@pytest.mark.requirement("ACD-11")
def test_who_was_in_the_queue_and_is_not_there_after_a_restart_has_talked_to_nobody() -> None:
    first = centre("1001", queues=queues())
    pauses(first, "1001")
    first.at(5.0)
    arrives(first)
    first.at(65.0)
    (row,) = [row for row in restarted(first, [], after_s=10.0).skip().rows(Contact) if row.outcome]
    assert (row.outcome, row.talk_s) == ("lost", 0.0)


# -- an agent, and another -----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-02")
def test_whoever_serves_him_later_he_was_connected_when_the_first_agent_answered() -> None:
    book = centre("1001", "1002", queues=queues())
    book.at(10.0)
    arrives(book)
    picks_up(book, "1001")
    book.at(30.0)
    pauses(book, "1001")
    book << AgentAsked("1001", "transfer", to="queue:consult")
    assert rung(book) == ["1002"]
    book.at(35.0)
    picks_up(book, "1002")
    book.at(50.0)
    hangs_up(book, "a")
    row = book.rows(Contact)[-1]
    assert row.connected_at is not None
    assert (row.connected_at - row.arrived_at, row.wait_s, row.talk_s, row.agent) == (0.0, 5.0, 35.0, "1002")


@pytest.mark.requirement("ACD-07")
def test_without_the_words_for_it_the_agents_number_is_not_said_and_they_talk_at_once() -> None:
    book = centre("1001", queues=queues(agent_number=True), record_calls=False)
    arrives(book)
    agent = leg_of(book, "1001")
    book << Answered(LINE, agent) >> Mix(LINE, {"a": (agent,), agent: ("a",)})
