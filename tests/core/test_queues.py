"""Who waits, in which order, and for whom: skills that relax, groups with rank and hours, priority, VIPs and their managers, fairness."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from attrs import evolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from appliance.core.agents.agent import AgentState
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.core.plan import (
    AgentPlan,
    CallerPlan,
    Choice,
    HoursPlan,
    Membership,
    NumberPlan,
    Plan,
    QueuePlan,
    Relax,
    Slot,
    StationPlan,
)
from appliance.core.records import Contact
from hal.api import Answer, Answered, Arrived, Cause, DigitHeard, Play, PlayEnded, Released
from tests.core.acd import LINE, arrives, centre, hangs_up, logs_in, passes, pauses, picks_up, queues, ready, rung, story, waiting
from tests.core.playbook import MONDAY_8, Playbook, prompt, service, small_plan

VIP, GOOD, NOBODY = "13900000001", "13900000002", "13800138000"


def skilled(**skills: dict[str, int]) -> dict[str, AgentPlan]:
    """The small plan's agents, all in `consult` only and of rank 1, with these skills."""
    return {id_: evolve(agent, groups={"consult": 1}, skills=skills.get(f"a{id_}", {})) for id_, agent in small_plan().agents.items()}


def grouped(**groups: dict[str, int | Membership]) -> dict[str, AgentPlan]:
    """The small plan's agents in these groups."""
    return {id_: evolve(agent, groups=groups.get(f"a{id_}", {})) for id_, agent in small_plan().agents.items()}


# -- skills ---------------------------------------------------------------------------------------------------------------------------


RELAXING: dict[str, Any] = {"needs": "zh >= 60 and tech", "relax": (Relax(20.0, "zh >= 60"), Relax(45.0))}


@pytest.mark.requirement("ACD-04")
def test_an_agent_becomes_fit_at_the_very_moment_a_demand_relaxes() -> None:
    book = centre("1001", "1002", agents=skilled(a1001={"zh": 60}, a1002={"tech": 100}), queues=queues(**RELAXING))
    book.at(10.0)
    assert arrives(book) == []
    assert passes(book, 29.999) == []
    assert passes(book, 30.0) == ["1001"]
    pauses(book, "1002")
    hangs_up(book, "1001", Cause.USER_BUSY)
    ready(book, "1002")
    assert passes(book, 54.999) == []
    assert passes(book, 55.0) == ["1002"]
    assert story(book, "relaxed") == ["zh >= 60", ""]


@pytest.mark.requirement("ACD-04")
def test_of_two_who_relax_who_fits_first_has_the_agent_and_his_place_stays() -> None:
    book = centre("1001", agents=skilled(a1001={"zh": 60}), queues=queues(**RELAXING))
    arrives(book, "a")
    book.at(11.0)
    arrives(book, "b")
    assert passes(book, 21.0) == ["1001"]
    assert waiting(book) == ["b"]
    hangs_up(book, "1001", Cause.CALL_REJECTED)
    book.at(40.0)
    assert ready(book, "1001") == ["1001"], "both fit by now"
    assert waiting(book) == ["b"], "who came first is offered first"


@pytest.mark.requirement("ACD-04")
def test_what_relaxes_while_a_phone_rings_holds_when_the_offer_has_failed() -> None:
    agents = skilled(a1001={"zh": 60, "tech": 1}, a1002={"zh": 60})
    book = centre("1001", "1002", agents=agents, queues=queues(**RELAXING, ring_s=30.0))
    assert arrives(book) == ["1001"]
    assert passes(book, 25.0) == []
    assert hangs_up(book, "1001", Cause.USER_BUSY) == ["1002"]


# -- groups ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-02")
def test_the_better_rank_rings_first_and_an_agent_serves_his_better_queue_first() -> None:
    agents = grouped(a1001={"consult": 2, "complaint": 1}, a1002={"consult": 1})
    numbers = {**small_plan().numbers, "95503": NumberPlan(Choice("queue", "complaint"))}
    book = centre("1001", "1002", agents=agents, numbers=numbers, queues=queues())
    assert arrives(book, "a") == ["1002"], "though 1001 has been idle longer"
    assert hangs_up(book, "1002", Cause.USER_BUSY) == ["1001"]
    picks_up(book, "1001")
    arrives(book, "b", number="95501")
    book.at(60.0)
    arrives(book, "c", number="95503")
    hangs_up(book, "a")
    assert waiting(book, "complaint") == [], "his queue of rank 1, though the other has waited longer"
    assert waiting(book) == ["b"]


def by_the_hour(opens: int = 9, closes: int = 10) -> Plan:
    week = tuple((Slot(time(opens), time(closes)),) for _ in range(7))
    return evolve(
        small_plan(),
        hours={**small_plan().hours, "late": HoursPlan(week)},
        queues=queues(wrap_up_s=10.0),
        agents=grouped(a1001={"consult": Membership(1, "late")}, a1002={"complaint": 1}),
    )


@pytest.mark.requirement("ACD-02")
@pytest.mark.requirement("ACC-05")
def test_an_agent_joins_his_group_at_the_hour_and_has_who_waits_then() -> None:
    book = centre("1001", plan=by_the_hour())
    arrives(book)
    assert passes(book, 3599.999) == []
    assert passes(book, 3600.0) == ["1001"]
    assert book.engine.state.queues["consult"].serving == 1


@pytest.mark.requirement("ACD-02")
@pytest.mark.requirement("ACC-05")
@pytest.mark.parametrize("busy", ["ready", "ringing", "on-call", "wrap-up"])
def test_an_agent_leaves_his_group_at_the_hour_whatever_he_is_doing(busy: str) -> None:
    book = centre("1001", plan=by_the_hour(7, 9))
    book.at(3595.0)
    if busy != "ready":
        assert arrives(book) == ["1001"]
    if busy in ("on-call", "wrap-up"):
        picks_up(book, "1001")
    if busy == "wrap-up":
        hangs_up(book, "a")
    assert book.engine.state.agents["1001"].state.value == {"ringing": "offered"}.get(busy, busy)
    book.at(3600.0)
    queue = book.engine.state.queues["consult"]
    assert (queue.logged_in, queue.serving) == (0, 0)
    if busy == "ringing":
        picks_up(book, "1001")  # what was offered before is his
        assert book.engine.state.agents["1001"].state is AgentState.ON_CALL
        hangs_up(book, "a")
    elif busy == "on-call":
        hangs_up(book, "a")
    assert passes(book, 3700.0) == []
    assert book.engine.state.agents["1001"].state is AgentState.READY, "the wrap-up of a call of this queue, if he had one, was his"
    assert arrives(book, "late") == []


@pytest.mark.requirement("ACD-02")
@pytest.mark.parametrize("busy", ["on-call", "wrap-up"])
def test_an_agent_who_joins_while_busy_has_who_waits_when_he_is_free(busy: str) -> None:
    agents = grouped(a1001={"consult": Membership(1, "late"), "complaint": 1})
    numbers = {**small_plan().numbers, "95503": NumberPlan(Choice("queue", "complaint"))}
    plan = evolve(by_the_hour(), agents=agents, numbers=numbers, queues=queues("complaint", wrap_up_s=10.0))
    book = centre("1001", plan=plan)
    book.at(3590.0)
    assert arrives(book, "a", number="95503") == ["1001"]
    picks_up(book, "1001")
    assert arrives(book, "b") == []
    book.at(3595.0)
    if busy == "wrap-up":
        hangs_up(book, "a")
    assert passes(book, 3604.9) == []
    if busy == "on-call":
        hangs_up(book, "a")
        assert passes(book, 3614.8) == []
        assert passes(book, 3615.0) == ["1001"]
    else:
        assert passes(book, 3605.0) == ["1001"]


@pytest.mark.requirement("ACC-05")
def test_a_clock_that_is_set_has_the_groups_of_the_new_hour() -> None:
    book = centre("1001", plan=by_the_hour())
    arrives(book)
    book << ClockSet(MONDAY_8 + 3700.0)
    assert rung(book) == ["1001"]


@pytest.mark.requirement("ACC-05")
def test_hours_know_holidays_midnight_and_their_own_next_change() -> None:
    monday = datetime.fromtimestamp(MONDAY_8, UTC)
    night = HoursPlan(tuple((Slot(time(22), time.min),) for _ in range(7)), closed_on=frozenset({monday.date()}))
    at = MONDAY_8 + 14 * 3600
    assert not night.is_open(at), "a holiday wins"
    assert night.is_open(at + 86_400.0)
    assert night.is_open(at + 86_400.0 + 7199.0)
    assert not night.is_open(at + 86_400.0 + 7200.0)
    assert night.next_change(at - 1.0) == at
    assert night.next_change(at) == at + 7200.0


# -- sticky ---------------------------------------------------------------------------------------------------------------------------


def served_by(book: Playbook, agent: str, ani: str = NOBODY) -> None:
    """The agent has talked with this caller, and both are free again."""
    others = [other for other in book.engine.state.agents if other != agent and book.engine.state.agents[other].state is AgentState.READY]
    pauses(book, *others)
    assert arrives(book, "before", ani) == [agent]
    picks_up(book, agent)
    book.at(book.now + 5.0)
    hangs_up(book, "before")
    for other in others:
        ready(book, other)
    pauses(book, agent)
    book.at(book.now + 1.0)
    ready(book, agent)  # of all he has been idle for the shortest time


@pytest.mark.requirement("ACD-08")
def test_who_calls_again_waits_for_the_agent_he_knows_and_then_for_anybody() -> None:
    book = centre("1001", "1002", agents=skilled(), queues=queues(sticky_s=20.0))
    served_by(book, "1002")
    assert arrives(book, "other", "13700000000") == ["1001"], "others are not concerned"
    hangs_up(book, "other")
    assert arrives(book, "a") == ["1002"], "though 1001 is free too"
    hangs_up(book, "a")
    assert arrives(book, "x", "13700000000") == ["1001"]
    assert arrives(book, "y", "13700000000") == ["1002"]
    picks_up(book, "1002")
    began = book.now
    arrives(book, "a")
    assert hangs_up(book, "x") == [], "1001 is free, and not meant"
    assert passes(book, began + 19.999) == []
    assert passes(book, began + 20.0) == ["1001"]
    assert story(book, "for anybody") == [""]


@pytest.mark.requirement("ACD-08")
@pytest.mark.parametrize("how", ["logged out", "on a break", "in another group"])
def test_a_caller_whose_agent_is_not_there_waits_for_nobody_in_particular(how: str) -> None:
    agents = skilled()
    book = centre("1001", "1002", agents=agents, queues=queues(sticky_s=20.0))
    served_by(book, "1002")
    if how == "logged out":
        book << AgentAsked("1002", "log-out")
    elif how == "on a break":
        pauses(book, "1002")
    else:
        from appliance.core.inputs import PlanChanged

        moved = {**agents, "1002": evolve(agents["1002"], groups={"complaint": 1})}
        book << PlanChanged(evolve(book.engine.state.plan, agents=moved))
    assert arrives(book, "a") == ["1001"]


@pytest.mark.requirement("ACD-08")
def test_an_agent_a_caller_knows_who_does_not_answer_is_followed_by_another_at_once() -> None:
    book = centre("1001", "1002", agents=skilled(), queues=queues(sticky_s=60.0))
    served_by(book, "1002")
    assert arrives(book, "a") == ["1002"]
    assert hangs_up(book, "1002", Cause.CALL_REJECTED) == ["1001"]


# -- VIPs and their managers ------------------------------------------------------------------------------------------------------------


def vips(manager: str = "1003", **changes: Any) -> dict[str, Any]:
    return {
        "callers": {VIP: CallerPlan(vip=True, manager=manager), GOOD: CallerPlan(priority=3)},
        "queues": queues(),
        "agents": skilled(),
        **changes,
    }


@pytest.mark.requirement("ACC-07")
def test_a_vip_gets_his_manager_at_once() -> None:
    book = centre("1001", "1003", **vips())
    assert arrives(book, "a", VIP) == ["1003"]
    assert book.engine.state.contacts["0001-000001"].data == {"manager": "1003"}


@pytest.mark.requirement("ACC-07")
def test_a_vip_can_choose_not_to_have_his_manager() -> None:
    book = centre("1001", "1003", **vips(prompts={**small_plan().prompts, "manager-or-not": prompt("manager-or-not")}))
    book << Arrived(LINE, "a", VIP, "95501") >> Answer(LINE, "a")
    book << Answered(LINE, "a") >> Play
    book << DigitHeard(LINE, "a", "1")
    assert rung(book) == ["1001"]
    hangs_up(book, "a")
    book << Arrived(LINE, "b", VIP, "95501") >> Answer(LINE, "b")
    book << Answered(LINE, "b")
    book << PlayEnded(LINE, "b", book.only(Play).play)
    assert passes(book, book.now + 2.9) == []
    assert passes(book, book.now + 0.1) == ["1003"], "who presses nothing gets him"


@pytest.mark.requirement("ACC-07")
@pytest.mark.parametrize("how", ["absent", "on a break", "busy", "no answer", "rejects"])
def test_who_backs_a_manager_up(how: str) -> None:
    book = centre("1001", "1003", **vips())
    if how == "absent":
        book << AgentAsked("1003", "log-out")
    elif how == "on a break":
        pauses(book, "1003")
    elif how == "busy":
        book << AgentAsked("1003", "dial", to="13700000000")
        book.skip()
        picks_up(book, "1003")
    expected = {"absent": ["1001"], "on a break": ["1001"], "busy": []}.get(how, ["1003"])
    began = book.now
    assert arrives(book, "a", VIP) == expected
    if how == "busy":
        assert passes(book, began + 29.9) == []
        assert passes(book, began + 30.0) == ["1001"]
    elif how == "no answer":
        assert passes(book, began + 15.0) == ["1001"]
    elif how == "rejects":
        assert hangs_up(book, "1003", Cause.CALL_REJECTED) == ["1001"]


@pytest.mark.requirement("ACC-07")
@pytest.mark.parametrize("how", ["answers", "no answer", "busy"])
def test_a_manager_outside_the_group_is_called_by_name(how: str) -> None:
    agents = {**skilled(), "1003": evolve(small_plan().agents["1003"], groups={})}
    book = centre("1001", "1003", **vips(agents=agents))
    assert arrives(book, "a", VIP) == ["1003"]
    if how == "answers":
        picks_up(book, "1003")
        assert [row.agent for row in book.rows(Contact) if row.stage == "connected"][-1] == "1003"
    elif how == "no answer":
        assert passes(book, 2.0 + 20.0) == ["1001"]
    else:
        assert hangs_up(book, "1003", Cause.USER_BUSY) == ["1001"]


# -- the order ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-08")
@pytest.mark.parametrize(("after", "first"), [(89.999, "vip"), (90.0, "plain"), (90.001, "plain")])
def test_a_vip_has_a_head_start_of_a_minute_and_a_half_and_no_more(after: float, first: str) -> None:
    book = centre("1001", **vips(manager=""))
    pauses(book, "1001")
    book.now = began = 10.0
    arrives(book, "plain", NOBODY)
    book.at(began + after)
    arrives(book, "vip", VIP)
    assert waiting(book)[0] == first
    assert ready(book, "1001") == ["1001"]
    assert waiting(book) == [{"vip": "plain", "plain": "vip"}[first]]


@pytest.mark.requirement("ACD-08")
def test_priority_comes_of_the_caller_of_the_number_and_of_the_menu() -> None:
    plan = small_plan()
    flow = service("ask", menu={"1": "queue:consult", "2": "queue:consult"}, priority={"2": 4})
    numbers = {**plan.numbers, "95505": NumberPlan(Choice("queue", "consult"), priority=2), "95506": NumberPlan(Choice("flow", "ask"))}
    book = centre("1001", **vips(manager="", numbers=numbers, programs={**plan.programs, "ask": flow}))
    pauses(book, "1001")
    calls = {"plain": ("137", "95501"), "by number": ("137", "95505"), "by caller": (GOOD, "95501"), "both": (GOOD, "95505")}
    for leg, (ani, number) in calls.items():
        book.at(book.now + 1.0)
        arrives(book, leg, ani, number)
    for leg, key in (("by menu", "2"), ("other key", "1")):
        book.at(book.now + 1.0)
        arrives(book, leg, "137", "95506")
        book << DigitHeard(LINE, leg, key)
        book.skip()
    assert waiting(book) == ["both", "by menu", "by caller", "by number", "plain", "other key"]


def test_a_blocked_caller_waits_nowhere() -> None:
    from hal.api import Reject

    book = centre("1001", **vips(callers={NOBODY: CallerPlan(blocked=True)}))
    book << Arrived(LINE, "a", NOBODY, "95501") >> Reject(LINE, "a", Cause.CALL_REJECTED)
    book << Released(LINE, "a")
    assert book.rows(Contact)[-1].outcome == "blocked"


ARRIVALS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.booleans(), st.sampled_from([1, 2])), min_size=3, max_size=25)


@pytest.mark.slow
@pytest.mark.requirement("ACD-08")
@settings(max_examples=60, deadline=None, derandomize=True, database=None, phases=(Phase.generate,))
@given(ARRIVALS)
def test_two_queues_that_share_an_agent_are_served_in_one_order_and_nobody_starves(arrivals: list[tuple[int, int, bool, int]]) -> None:
    """One agent, two queues of equal rank; `ageing_s` and the credit differ, and the order is that of the places, whatever the queue."""
    rules = {1: QueuePlan(ageing_s=60.0, vip_credit_s=90.0), 2: QueuePlan(ageing_s=20.0, vip_credit_s=10.0)}
    kinds = [(priority, vip) for priority in range(4) for vip in (False, True)]
    plan = Plan(
        record_calls=False,
        queues={f"q{n}": rule for n, rule in rules.items()},
        numbers={str(n): NumberPlan(Choice("queue", f"q{n}")) for n in rules},
        stations={"8001": StationPlan(LINE)},
        agents={"1001": AgentPlan("x", "8001", {"q1": 1, "q2": 1})},
        callers={f"13{priority}{int(vip)}": CallerPlan(vip=vip, priority=priority) for priority, vip in kinds},
    )
    book = centre("1001", plan=plan)
    pauses(book, "1001")
    expected, came = list[tuple[float, int]](), list[float]()
    for number, (gap, priority, vip, queue) in enumerate(arrivals):
        book.at(book.now + gap)
        arrives(book, f"c{number}", f"13{priority}{int(vip)}", str(queue))
        rule = rules[queue]
        came.append(book.now)
        expected.append((book.now - priority * rule.ageing_s - vip * rule.vip_credit_s, number))
    served = []
    ready(book, "1001")
    for _ in arrivals:
        picks_up(book, "1001")
        served.append(int(next(c.leg for c in book.engine.state.contacts.values() if c.agent == "1001")[1:]))
        book.at(book.now + 1.0)
        hangs_up(book, f"c{served[-1]}")
    assert served == [number for _, number in sorted(expected)]
    longest_start_s = 3 * 60.0 + 90.0
    for place, one in enumerate(served):
        assert not any(came[one] > came[later] + longest_start_s for later in served[place:]), "nobody is passed by who came so much later"


@pytest.mark.requirement("ACD-08")
def test_a_plain_caller_is_served_though_important_ones_never_cease_to_come() -> None:
    book = centre("1001", **vips(manager=""))
    pauses(book, "1001")
    arrives(book, "plain", NOBODY)
    logs_in(book, "1001")
    for number in range(40):  # each call takes longer than the next one needs to come
        busy = next((c.leg for c in book.engine.state.contacts.values() if c.agent == "1001" and c.leg), "")
        if busy == "plain":
            break
        arrives(book, f"vip{number}", GOOD)
        if busy:
            picks_up(book, "1001")
            book.at(book.now + 10.0)
            hangs_up(book, busy)
        else:
            book.at(book.now + 10.0)
    assert book.now < 3 * 60.0 + 60.0, "three steps of priority are worth three minutes of waiting"
