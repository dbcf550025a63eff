"""Who is sent to an agent by name keeps what his queue gives; nobody waits for an agent who cannot come; who counts in a queue."""

from typing import Any

import pytest
from attrs import evolve

from appliance.core.contact import Contact
from appliance.core.inputs import AgentAsked, ClockSet, ContactCame, PlanChanged
from appliance.core.plan import AgentPlan, CallerPlan, Choice, Overflow
from hal.api import Answered, Arrived, Cause, DigitHeard, Play
from tests.core.acd import LINE, arrives, centre, hangs_up, leg_of, passes, pauses, picks_up, queues, rung, waiting
from tests.core.left import restarted
from tests.core.playbook import MONDAY_8, Playbook, prompt, small_plan
from tests.core.story import Story, mix, talking, with_queue

VIP = "13900000001"


def by_name(**changes: Any) -> Story:
    """The customer of 1001, of the queue `consult` so changed, rings 1002 by name."""
    story = Story(with_queue(**changes)).log_in("1001")
    story.calls("a").skip()
    story.answers("1001").skip()
    if changes.get("whisper"):
        story.heard_out("1001").skip()
        story.heard_out("a").skip()
    story.asks("1002", "log-in").asks("1002", "not-ready").skip()
    return story.asks("1001", "transfer", "1002")


# -- sent to an agent by name ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-04")
def test_a_customer_who_rings_an_agent_by_name_hears_the_music_of_the_queue_he_came_from() -> None:
    story = by_name(music=prompt("opus"))
    story >> ["release 1001", "stop a | 1001", mix(a=""), "call 1002", "opus to a"]
    story.settles() >> []


@pytest.mark.requirement("CTI-04")
def test_an_agent_rung_by_name_gets_whisper_number_and_wrap_up_of_the_queue_the_customer_came_from() -> None:
    story = by_name(whisper=prompt("whisper"), agent_number=True, wrap_up_s=10.0)
    story.skip().settles() >> []
    story.answers("1002")
    assert "say whisper to 1002" in story.told
    assert any(line.startswith("say agent-number") and line.endswith("to a") for line in story.told)
    story.skip().hangs_up("1002").skip()
    assert story.state("1002") == "wrap-up"


@pytest.mark.requirement("CTI-04")
def test_a_customer_whose_agent_by_name_loses_his_phone_goes_back_to_his_queue() -> None:
    story = by_name().skip()
    story.settles().skip()
    story.answers("1002").skip()
    story.asks("1001", "not-ready").skip()
    story.hangs_up("1002", Cause.DESTINATION_OUT_OF_ORDER).skip()
    assert (story.outcome().queue, story.outcome().stage) == ("consult", "queued")


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize("via", [("1002",), ("1002", "1003")])
def test_a_customer_whom_an_agent_by_name_does_not_take_stands_where_he_stood(via: tuple[str, ...]) -> None:
    story = talking("1001", *via)
    story.now = 5.0
    story.asks("1001", "transfer", via[0]).skip()
    if len(via) > 1:
        story.settles().skip()
        story.answers(via[0]).skip()
        story.asks(via[0], "transfer", via[1]).skip()
    story.settles().skip()
    story.asks("1001", "not-ready").skip()
    if len(via) > 1:
        story.asks("1002", "not-ready").skip()
    story.now = 8.0
    story.calls("b", "139").skip()
    story.hangs_up(via[-1], Cause.USER_BUSY).skip()
    assert waiting(story) == ["a", "b"]


@pytest.mark.requirement("ACD-10")
def test_a_customer_who_rang_an_agent_by_name_in_a_restart_is_served_by_his_number() -> None:
    first = by_name().skip()
    first.settles().skip()
    story = restarted(first).skip()
    story.asks("1002", "log-out").skip()
    assert (story.outcome().queue, story.outcome().stage) == ("consult", "queued")


# -- account managers -----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACC-07")
def test_a_vip_is_asked_for_his_manager_once_in_a_call() -> None:
    plan = small_plan()
    book = centre(
        "1003",
        callers={VIP: CallerPlan(vip=True, manager="1003")},
        prompts={**plan.prompts, "manager-or-not": prompt("manager-or-not")},
        queues=queues(overflow=(Overflow("wait", Choice("queue", "complaint"), 20.0),)),
        agents={**plan.agents, "1003": evolve(plan.agents["1003"], groups={})},
    )
    book << Arrived(LINE, "a", VIP, "95501")
    book.skip() << Answered(LINE, "a") >> Play
    book << DigitHeard(LINE, "a", "1")
    rung(book)
    assert passes(book, 60.0) == []
    assert waiting(book, "complaint") == ["a"]


# -- waiting for one agent ------------------------------------------------------------------------------------------------------------


def waits_for_1002() -> Playbook:
    """Caller `a` waits for 1002, who served him last and is in a call; 1001 is ready."""
    book = centre("1001", "1002", queues=queues(sticky_s=60.0))
    book.engine.state.last_agents["139"] = "1002"
    book << AgentAsked("1002", "dial", to="13700000000")
    book.skip()
    picks_up(book, "1002")
    assert arrives(book, "a", "139") == []
    return book


@pytest.mark.requirement("ACD-09")
@pytest.mark.parametrize("what", ["log-out", "not-ready"])
def test_who_waits_for_an_agent_who_leaves_is_offered_to_others_at_once(what: str) -> None:
    book = waits_for_1002()
    book << AgentAsked("1002", what, "tea")
    rung(book)
    leg = leg_of(book, "1002")
    assert hangs_up(book, leg) == ["1001"]
    assert book.engine.check() == []


@pytest.mark.requirement("ACD-09")
def test_nobody_waits_for_an_agent_who_lacks_what_the_queue_asks_for() -> None:
    agents = {id_: evolve(agent, skills={"tech": 50} if id_ == "1001" else {}) for id_, agent in small_plan().agents.items()}
    book = centre("1001", "1002", agents=agents, queues=queues(sticky_s=60.0, needs="tech"))
    book.engine.state.last_agents["139"] = "1002"
    assert arrives(book, "a", "139") == ["1001"]


def test_who_overflows_as_the_last_agent_pauses_does_not_ring_him() -> None:
    book = centre("1003", queues=queues(needs="tech", overflow=(Overflow("all not ready", Choice("queue", "complaint")),)))
    assert arrives(book, "a") == []
    book << AgentAsked("1003", "not-ready", "tea")
    assert rung(book) == []
    assert waiting(book, "complaint") == ["a"]


# -- a changed plan -------------------------------------------------------------------------------------------------------------------


class Walked(dict[str, Contact]):
    """Contacts that count how often somebody goes through all of them."""

    walks = 0

    def values(self) -> Any:
        self.walks += 1
        return super().values()


@pytest.mark.parametrize("agents", [3, 300])
def test_a_changed_plan_is_loaded_with_as_many_looks_at_the_contacts_however_many_agents_there_are(agents: int) -> None:
    people = {f"{3000 + number}": AgentPlan("", "8001") for number in range(agents)}
    book = centre(agents=people, queues=queues())
    book.engine.state.contacts = walked = Walked()
    arrives(book)
    book << PlanChanged(book.engine.state.plan)
    book.skip()
    assert walked.walks < 10


# -- who counts -----------------------------------------------------------------------------------------------------------------------


def with_mails(*overflow: Overflow) -> Playbook:
    """1001 is in a pause, and five mails wait in `consult`."""
    book = centre("1001", queues=queues(overflow=overflow))
    pauses(book, "1001")
    for _ in range(5):
        book << ContactCame("mail", "consult", "li@example.org")
        book.skip()
    return book


def test_mails_that_wait_keep_no_caller_out_of_the_queue() -> None:
    book = with_mails(Overflow("length", Choice("queue", "complaint"), limit=5))
    arrives(book, "a")
    assert book.engine.state.contacts["0001-000006"].queue == "consult"
    book << ContactCame("mail", "consult", "li@example.org")
    book.skip()
    assert book.engine.state.contacts["0001-000007"].queue == "complaint", "mails fill it for mails"


def test_mails_that_wait_longer_than_a_caller_are_not_before_him() -> None:
    book = with_mails()
    arrives(book, "a")
    queue = book.engine.state.queues["consult"]
    assert queue.ahead_of(book.engine.state.contacts["0001-000006"]) == 0


# -- the wall clock -------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-03")
@pytest.mark.parametrize(("moved_s", "leaves_after_s"), [(3600.0, 0.0), (3500.0, 100.0), (-600.0, 4200.0)])
def test_who_waits_until_the_office_opens_leaves_then_though_the_clock_was_moved(moved_s: float, leaves_after_s: float) -> None:
    """The office opens an hour after the beginning."""
    book = centre("1001", queues=queues(overflow=(Overflow("inside", Choice("queue", "complaint"), hours="office"),)))
    pauses(book, "1001")
    arrives(book)
    began = book.now = 10.0
    book << ClockSet(MONDAY_8 + began + moved_s)
    rung(book)
    due = max(began, leaves_after_s)
    if due > began:
        passes(book, due - 0.1)
        assert waiting(book) == ["a"]
    book.at(due)
    rung(book)
    assert waiting(book, "complaint") == ["a"]
