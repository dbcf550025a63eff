"""What a caller was told of his wait binds in every queue he is sent to, and counts there where it was told (ACD-06)."""

from itertools import pairwise
from math import inf
from typing import Any

import pytest
from attrs import field
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.contact import Contact
from appliance.core.inputs import AgentAsked
from appliance.core.plan import Announce, Choice, Overflow, QueuePlan
from appliance.core.queues.expected_wait import Quote
from appliance.core.queues.promises import Promises
from appliance.core.queues.strategies import STRATEGIES
from appliance.core.queues.waiting import Queue
from appliance.core.records import Contact as Row
from appliance.core.state import State
from hal.api import Cause, DigitHeard, PlayEnded, value
from tests.core.acd import LINE, arrives, centre, hangs_up, passes, pauses, picks_up, queues, rung, story, waiting
from tests.core.playbook import Playbook, prompt, small_plan
from tests.core.test_call_back import WORDS

pytestmark = [pytest.mark.requirement("ACD-06")]


def coverage(book: Playbook, queue: str = "consult") -> tuple[int, int]:
    return book.engine.state.queues[queue].estimator.coverage


def busy(book: Playbook) -> None:
    """1001 and 1003 are on the phone, so that waits can be told."""
    for leg, agent in (("x", "1001"), ("y", "1003")):
        arrives(book, leg)
        picks_up(book, agent)


def promised(to: Choice | str = "complaint", *, after_s: float = 100.0, **changes: Any) -> tuple[Playbook, str]:
    """Both agents talk; the third caller, `a`, has been told his wait, and will be sent on."""
    announce = Announce(10.0, 30.0)
    way = Choice("queue", to) if isinstance(to, str) else to
    plans = queues("complaint", announce=announce)
    plans["consult"] = queues("consult", announce=announce, overflow=(Overflow("wait", way, after_s),), **changes)["consult"]
    words = {**small_plan().prompts, **{name: prompt(name) for name in WORDS}}
    book = centre("1001", "1003", queues=plans, prompts=words, record_calls=False)
    busy(book)
    arrives(book)
    passes(book, book.now + 10.0)
    id_ = next(contact.id for contact in book.engine.state.contacts.values() if contact.leg == "a")
    return book, id_


def end_of(quote: Quote | None) -> float:
    assert quote is not None
    return quote.stated_at + quote.high_s


def test_in_the_next_queue_no_end_is_promised_later_than_the_one_that_was_told() -> None:
    book, id_ = promised()
    contact = book.engine.state.contacts[id_]
    first = contact.stated
    assert (contact.quote, contact.owed_by) == (first, "consult")
    passes(book, book.now + 89.0)
    passes(book, book.now + 2.0)
    assert contact.queue == "complaint"
    assert contact.stated_in == "consult"
    passes(book, book.now + 10.0)
    assert contact.stated_in == "complaint"
    assert end_of(contact.stated) <= end_of(first)
    assert contact.quote == first
    passes(book, end_of(first) + 40.0)
    assert contact.stated is not None
    assert contact.stated.late, "it takes longer than was said"
    (row,) = {(row.ewt_low_s, row.ewt_high_s, row.ewt_after_s) for row in book.rows(Row) if row.id == id_ and row.ewt_after_s}
    assert row == (first.low_s if first else None, first.high_s if first else None, 10.0), "the row has what was told first"


def test_a_promise_that_the_next_queue_keeps_counts_for_the_queue_that_gave_it() -> None:
    book, id_ = promised(after_s=30.0)
    stated = book.engine.state.contacts[id_].stated
    assert stated is not None
    assert (stated.low_s, stated.high_s) == (0.0, 240.0)
    passes(book, book.now + 60.0)
    assert book.engine.state.contacts[id_].queue == "complaint"
    hangs_up(book, "y")
    picks_up(book, "1003")
    assert book.engine.state.contacts[id_].state.value == "connected"
    assert (coverage(book), coverage(book, "complaint")) == ((1, 1), (0, 0))
    assert book.engine.state.queues["consult"].estimator.state()[5] == 0.0, "it says nothing of the pace there"


def test_a_promise_that_is_broken_in_the_next_queue_is_a_miss_of_the_queue_that_gave_it() -> None:
    book, id_ = promised()
    passes(book, end_of(book.engine.state.contacts[id_].quote) + 1.0)
    hangs_up(book, "y")
    picks_up(book, "1003")
    assert (coverage(book), coverage(book, "complaint")) == ((0, 1), (0, 0))


@pytest.mark.parametrize("to", [Choice("voicemail"), Choice("release")])
def test_who_is_told_a_wait_and_sent_away_for_good_was_told_wrong(to: Choice) -> None:
    book, id_ = promised(to)
    passes(book, book.now + 91.0)
    assert story(book, "overflowed") == ["consult: wait > 100 s"]
    if id_ in book.engine.state.contacts:
        assert coverage(book) == (0, 0), "he may yet be sent to an agent"
        hangs_up(book, "a")
    assert coverage(book) == (0, 1)


def test_who_goes_of_his_own_will_is_not_judged() -> None:
    book, _ = promised()
    hangs_up(book, "a")
    assert coverage(book) == (0, 0)
    book, id_ = promised(keys={"3": Choice("queue", "complaint")})
    book << DigitHeard(LINE, "a", "3")
    rung(book)
    contact = book.engine.state.contacts[id_]
    assert (contact.queue, contact.owed_by, contact.stated) == ("complaint", "", None)
    passes(book, book.now + 10.0)
    assert contact.owed_by == "complaint", "what he is told in the queue that he chose is that queue's"
    hangs_up(book, "y")
    picks_up(book, "1003")
    assert (coverage(book), coverage(book, "complaint")) == ((0, 0), (1, 1))


def test_who_chooses_while_a_phone_rings_and_is_not_taken_is_not_judged_either() -> None:
    book, id_ = promised(keys={"2": Choice("voicemail")})
    assert hangs_up(book, "x") == ["1001"]
    book << DigitHeard(LINE, "a", "2")
    hangs_up(book, "1001", Cause.CALL_REJECTED)
    assert waiting(book) == []
    hangs_up(book, "a")
    assert id_ not in book.engine.state.contacts
    assert coverage(book) == (0, 0)


def test_who_is_called_back_by_a_rule_was_told_wrong() -> None:
    book, id_ = promised(Choice("callback"))
    passes(book, book.now + 90.0)
    leg = book.engine.state.legs["a"]
    assert leg.play, "it is said that he will be called back"
    book << PlayEnded(LINE, "a", leg.play)
    rung(book)
    assert book.engine.state.contacts[id_].call_back
    assert coverage(book) == (0, 1)


@pytest.mark.parametrize("to", ["complaint", "consult"])
def test_who_was_served_and_is_sent_to_a_queue_is_told_anew(to: str) -> None:
    book, id_ = promised()
    hangs_up(book, "x")
    picks_up(book, "1001")
    assert coverage(book) == (1, 1)
    contact = book.engine.state.contacts[id_]
    passes(book, book.now + 600.0)
    pauses(book, "1001")
    book << AgentAsked("1001", "transfer", to=f"queue:{to}")
    rung(book)
    passes(book, book.now + 10.0)
    assert (contact.queue, contact.owed_by) == (to, to), "after the time that the first announcement has"
    assert contact.stated is not None
    assert not contact.stated.late


@pytest.mark.parametrize(("after_s", "owed_by", "told_after_s"), [(10.0, "consult", 40.0), (89.0, "complaint", 110.0)])
def test_where_nobody_could_say_the_first_who_can_makes_the_promise(after_s: float, owed_by: str, told_after_s: float) -> None:
    book, id_ = promised()
    contact = book.engine.state.contacts[id_]
    passes(book, book.now + after_s)
    contact.stated = contact.quote = Quote(book.now, 0.0, inf)
    passes(book, book.now + 21.0)
    assert contact.owed_by == owed_by
    assert contact.quote is not None
    assert contact.quote.first is not None
    assert contact.quoted_after_s == told_after_s, "from the moment on in which he asked for the first queue"


# -- in every order --------------------------------------------------------------------------------------------------------------------


@value
class Step:
    """Time passes, queues learn, the caller may be sent to another, and he is told again."""

    after_s: float
    queue: int
    served: int
    agents: int
    pace: int
    waits: tuple[float | None, ...] = field(default=())


steps = st.builds(
    Step,
    st.floats(0.0, 600.0),
    st.integers(0, 2),
    st.integers(0, 30),
    st.integers(0, 40),
    st.integers(0, 5),
    st.lists(st.none() | st.floats(0.0, 4000.0), max_size=3).map(tuple),
)


@settings(deadline=None)
@given(since=st.floats(0.0, 1e5), aheads=st.tuples(*[st.integers(0, 200)] * 3), told=st.lists(steps, min_size=2, max_size=20))
def test_whatever_we_do_with_a_caller_what_he_is_told_never_grows(since: float, aheads: tuple[int, ...], told: list[Step]) -> None:
    state = State(small_plan(), now=since)
    plans = [Queue(name, QueuePlan(), STRATEGIES["longest-idle"]) for name in "abc"]
    state.queues = {queue.name: queue for queue in plans}
    promises, contact, ahead = Promises(state), Contact("c", "", "", "", "", "zh", since, queued_at=since), list(aheads)
    said: list[Quote] = []
    for step in told:
        state.now += step.after_s
        queue = plans[step.queue]
        queue.answering = step.agents
        ahead[step.queue] = max(0, ahead[step.queue] - step.served)
        queue.estimator.changed(state.now, ahead[step.queue] + 1, step.agents, started=step.pace)
        for waited_s in step.waits:
            if (first := queue.estimator.quote(state.now, 3, 5).first) is not None:
                queue.estimator.judge(first, waited_s, here=waited_s is not None and waited_s < 2000.0)
        promises.begin(contact)
        promises.state_wait(contact, queue, ahead[step.queue])
        assert contact.stated is not None
        said.append(contact.stated)
    for before, after in pairwise(said):
        high, was = after.rungs[1] or 99, before.rungs[1] or 99
        assert end_of(after) <= end_of(before) + 1e-6
        assert high <= was
        assert after.rungs[0] <= before.rungs[0] or before.rungs == (0, None)
