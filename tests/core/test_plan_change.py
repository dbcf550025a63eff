"""A plan that changes while callers wait and agents talk: what is in force from then on, and a wrong one that changes nothing."""

from typing import Any

import pytest
from attrs import evolve

from appliance.core.agents.agent import AgentState
from appliance.core.inputs import AgentAsked, PlanChanged, Stored
from appliance.core.plan import (
    AgentPlan,
    Announce,
    Choice,
    Membership,
    NumberPlan,
    NumberRule,
    Overflow,
    QueuePlan,
    Relax,
    StationPlan,
)
from appliance.core.records import Contact, Ticket
from hal.api import Arrived, Cause, DigitHeard, Play, StationRegistered
from tests.core.acd import LINE, arrives, centre, hangs_up, logs_in, passes, pauses, picks_up, queues, ready, rung, story, waiting
from tests.core.playbook import Playbook, prompt, service, small_plan

AWAY = Choice("queue", "complaint")


def changes(book: Playbook, **changed: Any) -> list[str]:
    """The plan in force is changed; whom that made ring."""
    book << PlanChanged(evolve(book.engine.state.plan, **changed))
    return rung(book)


def with_agent(book: Playbook, agent: str, **changed: Any) -> dict[str, AgentPlan]:
    agents = dict(book.engine.state.plan.agents)
    agents[agent] = evolve(agents[agent], **changed)
    return agents


def with_queue(book: Playbook, name: str = "consult", **changed: Any) -> dict[str, QueuePlan]:
    plans = dict(book.engine.state.plan.queues)
    plans[name] = evolve(plans[name], **changed)
    return plans


def without(book: Playbook, queue: str) -> dict[str, Any]:
    """A plan in which a queue and all that leads there are gone."""
    plan = book.engine.state.plan
    return {
        "queues": {name: rule for name, rule in plan.queues.items() if name != queue},
        "numbers": {number: rule for number, rule in plan.numbers.items() if rule.to.name != queue and rule.to.verb != "flow"},
        "programs": {},
        "agents": {
            id_: evolve(agent, groups={group: place for group, place in agent.groups.items() if group != queue})
            for id_, agent in plan.agents.items()
        },
    }


def without_agent(book: Playbook, agent: str) -> dict[str, AgentPlan]:
    return {id_: plan for id_, plan in book.engine.state.plan.agents.items() if id_ != agent}


# -- agents -------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-02")
def test_an_agent_who_is_added_to_the_plan_or_to_a_group_has_who_waits() -> None:
    book = centre("1001", queues=queues())
    pauses(book, "1001")
    arrives(book, "a")
    new = {**book.engine.state.plan.agents, "1010": AgentPlan("新", "8010", {"consult": 1})}
    stations = {**book.engine.state.plan.stations, "8010": StationPlan(LINE)}
    assert changes(book, agents=new, stations=stations) == []
    book << StationRegistered(LINE, "8010", "127.0.0.1:5070")
    book << AgentAsked("1010", "log-in")
    assert rung(book) == ["1010"]
    book = centre("1003", queues=queues(), agents=with_agent(centre(), "1003", groups={}))
    arrives(book, "a")
    assert waiting(book) == ["a"]
    assert changes(book, agents=with_agent(book, "1003", groups={"consult": 2})) == ["1003"]


@pytest.mark.requirement("ACD-01")
@pytest.mark.parametrize(
    ("order", "then"),
    [
        (["1001", "1002", "1003"], "1003"),
        (["1002", "1001", "1003"], "1001"),
        (["1003", "1001", "1002"], "1003"),
        (["1003", "1001"], "1003"),  # 1002 is gone: 1001 was before him
        (["1003"], "1003"),
        (["1004", "1002", "1003", "1001"], "1003"),
    ],
)
def test_a_circle_goes_on_behind_who_was_rung_last_in_whatever_order_agents_stand_now(order: list[str], then: str) -> None:
    agents = {id_: evolve(agent, groups={"consult": 1}) for id_, agent in small_plan().agents.items()}
    book = centre("1001", "1002", "1003", queues=queues(strategy="circular"), agents=agents)
    for leg, agent in (("a", "1001"), ("b", "1002")):
        assert arrives(book, leg) == [agent]
        picks_up(book, agent)
        hangs_up(book, leg)
    assert changes(book, agents={id_: agents.get(id_, AgentPlan("new", "8001")) for id_ in order}) == []
    assert arrives(book, "c") == [then]


@pytest.mark.parametrize("was", ["ready", "not-ready", "wrap-up", "ringing", "on-call", "logged-out"])
def test_an_agent_who_is_taken_out_ends_his_call_and_is_gone(was: str) -> None:
    book = centre("1001", "1002", queues=queues(wrap_up_s=30.0))
    pauses(book, "1002")
    if was not in ("ready", "not-ready", "logged-out"):
        assert arrives(book, "a") == ["1001"]
    if was in ("wrap-up", "on-call"):
        picks_up(book, "1001")
    if was == "wrap-up":
        hangs_up(book, "a")
    if was in ("not-ready", "logged-out"):
        book << AgentAsked("1001", "log-out" if was == "logged-out" else "not-ready")
    changes(book, agents=without_agent(book, "1001"))
    agents = book.engine.state.agents
    assert ("1001" in agents) is (was == "on-call"), "a phone that rings stops"
    if was == "on-call":
        assert agents["1001"].state.value == "on-call"
        book << AgentAsked("1001", "ready")
        assert rung(book) == []
        hangs_up(book, "a", Cause.USER_BUSY)
        assert "1001" not in agents
    assert book.engine.state.stations["8001"].agent == ""
    ready(book, "1002")
    assert book.engine.state.queues["consult"].logged_in == 1
    assert arrives(book, "b") == (["1002"] if was != "ringing" else []), "where one rang, the other has that caller by now"


def test_agents_in_another_order_stay_who_they_are() -> None:
    book = centre("1001", "1002", "1003", queues=queues(strategy="linear"))
    assert arrives(book, "a") == ["1001"]
    picks_up(book, "1001")
    turned = dict(reversed(list(book.engine.state.plan.agents.items())))
    changes(book, agents={id_: evolve(agent, groups={"consult": 1}) for id_, agent in turned.items()})
    assert arrives(book, "b") == ["1003"]
    hangs_up(book, "a")
    assert arrives(book, "c") == ["1002"]
    assert arrives(book, "d") == ["1001"]


@pytest.mark.requirement("ACD-04")
def test_skills_are_those_of_the_new_plan_for_who_waits_and_who_is_free() -> None:
    book = centre("1001", "1002", queues=queues(needs="zh >= 50"))
    arrives(book, "a")
    assert waiting(book) == ["a"]
    assert changes(book, agents=with_agent(book, "1002", skills={"zh": 49})) == []
    assert changes(book, agents=with_agent(book, "1002", skills={"zh": 50})) == ["1002"]
    arrives(book, "b")
    harder, better = with_queue(book, needs="zh >= 80"), with_agent(book, "1001", skills={"zh": 60})
    assert changes(book, queues=harder, agents=better) == [], "fit for what was asked, and not for what is asked now"
    assert changes(book, queues=with_queue(book, needs="")) == ["1001"]


@pytest.mark.requirement("ACD-04")
def test_an_agent_whose_skill_is_taken_away_is_fit_no_longer() -> None:
    book = centre("1002", queues=queues(needs="zh >= 50"), agents=with_agent(centre(), "1002", skills={"zh": 50}))
    assert arrives(book, "a") == ["1002"]
    hangs_up(book, "a")
    changes(book, agents=with_agent(book, "1002", skills={"zh": 49}))
    assert arrives(book, "b") == []


@pytest.mark.requirement("ACD-02")
def test_rank_and_weight_of_a_place_are_those_of_the_new_plan() -> None:
    book = centre("1001", "1002", queues=queues())
    assert changes(book, agents=with_agent(book, "1001", groups={"consult": Membership(rank=2, weight=7)})) == []
    assert book.engine.state.agents["1001"].weights == {"consult": 7}
    assert arrives(book) == ["1002"]


# -- queues and their rules -----------------------------------------------------------------------------------------------------------


def test_a_queue_that_is_added_serves_and_one_that_is_taken_away_is_gone() -> None:
    book = centre("1001", queues=queues())
    numbers = {**book.engine.state.plan.numbers, "95509": NumberPlan(Choice("queue", "new"))}
    groups = with_agent(book, "1001", groups={"consult": 1, "new": 1})
    changes(book, queues={**book.engine.state.plan.queues, "new": QueuePlan()}, numbers=numbers, agents=groups)
    assert arrives(book, number="95509") == ["1001"]
    hangs_up(book, "a")
    changes(book, **without(book, "new"))
    changes(book)
    assert "new" not in book.engine.state.queues
    from hal.api import Reject

    book << Arrived(LINE, "b", "138", "95509") >> Reject(LINE, "b", Cause.UNALLOCATED_NUMBER)


@pytest.mark.requirement("ACD-03")
def test_who_waits_in_a_queue_that_is_taken_away_can_leave_a_message() -> None:
    book = centre("1003", queues=queues())
    pauses(book, "1003")
    arrives(book, "a")
    changes(book, **without(book, "consult"))
    contact = book.engine.state.contacts["0001-000001"]
    assert (contact.stage, contact.lane) == ("message", None)
    assert story(book, "overflowed") == ["consult: the queue is not there any more"]


@pytest.mark.parametrize("ends", ["answered", "declined"])
def test_who_is_offered_as_his_queue_is_taken_away_has_that_offer(ends: str) -> None:
    book = centre("1001", "1002", queues=queues(wrap_up_s=5.0))
    assert arrives(book) == ["1001"]
    changes(book, **without(book, "consult"))
    changes(book)  # once more: the queue must not be forgotten while somebody is offered out of it
    contact = book.engine.state.contacts["0001-000001"]
    if ends == "answered":
        picks_up(book, "1001")
        assert contact.state.value == "connected"
        hangs_up(book, "1001")
        assert book.rows(Contact)[-1].outcome == "answered"
    else:
        assert hangs_up(book, "1001", Cause.USER_BUSY) == []
        assert contact.stage == "message"


def test_who_is_to_be_called_back_by_a_queue_that_is_taken_away_becomes_a_ticket() -> None:
    words = {**small_plan().prompts, "call-back-promised": prompt("call-back-promised")}
    book = centre("1001", queues=queues(keys={"1": Choice("callback")}), prompts=words)
    pauses(book, "1001")
    arrives(book, "a", "13800138000")
    book << DigitHeard(LINE, "a", "1")
    hangs_up(book.skip(), "a")
    changes(book, **without(book, "consult"))
    assert [(ticket.kind, ticket.call_back) for ticket in book.rows(Ticket)] == [("call-back", "13800138000")]
    book << Stored(next(iter(book.engine.state.tokens)))
    assert book.rows(Contact)[-1].outcome == "unreached"


@pytest.mark.requirement("ACD-03")
def test_overflow_and_relaxation_count_from_when_a_caller_came() -> None:
    book = centre("1001", queues=queues(needs="zh"))
    began = book.now
    arrives(book, "a")
    book.at(began + 20.0)
    arrives(book, "b")
    rules = with_queue(book, overflow=(Overflow("wait", AWAY, 60.0),), relax=(Relax(40.0),))
    assert changes(book, queues=rules) == []
    assert passes(book, began + 39.999) == []
    assert passes(book, began + 40.0) == ["1001"]
    pauses(book, "1001")
    hangs_up(book, "1001", Cause.USER_BUSY)
    passes(book, began + 59.999)
    assert waiting(book) == ["a", "b"]
    passes(book, began + 60.0)
    assert (waiting(book), waiting(book, "complaint")) == (["b"], ["a"])
    changes(book, queues=with_queue(book, overflow=()))
    passes(book, began + 200.0)
    assert waiting(book) == ["b"], "a rule that is not there any more sends nobody away"


@pytest.mark.requirement("ACD-04")
def test_who_is_past_a_relaxation_that_is_added_stands_there_at_once() -> None:
    book = centre("1001", queues=queues(needs="zh"))
    arrives(book, "a")
    book.at(book.now + 50.0)
    assert changes(book, queues=with_queue(book, relax=(Relax(30.0),))) == ["1001"]


def test_relaxations_that_are_taken_away_while_a_phone_rings_are_missed_by_nobody() -> None:
    book = centre("1001", "1002", queues=queues(needs="zh", relax=(Relax(10.0), Relax(20.0)), ring_s=60.0))
    arrives(book, "a")
    assert passes(book, 12.0) == ["1001"]
    passes(book, 25.0)
    assert changes(book, queues=with_queue(book, relax=())) == []
    assert hangs_up(book, "1001", Cause.USER_BUSY) == [], "what is asked now, nobody has"
    assert waiting(book) == ["a"]


def test_hours_that_are_taken_away_with_a_rule_while_a_phone_rings_are_missed_by_nobody() -> None:
    book = centre("1001", queues=queues(overflow=(Overflow("inside", AWAY, hours="office"),), ring_s=7200.0))
    assert arrives(book) == ["1001"]
    flows = {"office": service("office", otherwise="queue:consult")}
    changes(book, queues=with_queue(book, overflow=()), hours={}, programs={**small_plan().programs, **flows})
    passes(book, 3700.0)
    assert book.engine.state.contacts["0001-000001"].state.value == "offered"


@pytest.mark.requirement("ACD-06")
def test_announcements_go_on_and_as_the_new_plan_says() -> None:
    words = {**small_plan().prompts, **{f"position-{n}": prompt(f"position-{n}") for n in range(1, 4)}}
    book = centre("1001", queues=queues(announce=Announce(10.0, 30.0, wait=False)), prompts=words)
    pauses(book, "1001")
    began = book.now
    arrives(book)
    book.at(began + 10.0).skip()
    changes(book, queues=with_queue(book, announce=Announce(10.0, 20.0, wait=False)))
    book.at(began + 29.999)
    book.at(began + 30.0)
    assert book.only(Play).files == ("position-1.zh.wav",)
    changes(book, queues=with_queue(book, announce=None))
    book.at(began + 300.0)


@pytest.mark.requirement("ACD-08")
def test_who_waits_for_one_agent_goes_on_so_and_no_longer_than_before() -> None:
    everybody = {id_: evolve(agent, groups={"consult": 1}) for id_, agent in small_plan().agents.items()}
    book = centre("1001", "1002", queues=queues(sticky_s=20.0), agents=everybody)
    pauses(book, "1001")
    arrives(book, "before")
    picks_up(book, "1002")
    hangs_up(book, "before")
    assert arrives(book, "x", "137") == ["1002"]
    picks_up(book, "1002")
    began = book.now
    arrives(book, "a")
    ready(book, "1001")
    book.at(began + 15.0)
    assert changes(book, queues=with_queue(book, label="New")) == []
    assert passes(book, began + 19.999) == []
    assert passes(book, began + 20.0) == ["1001"]


def test_who_waits_for_an_agent_who_is_taken_out_waits_for_anybody_at_once() -> None:
    everybody = {id_: evolve(agent, groups={"consult": 1}) for id_, agent in small_plan().agents.items()}
    book = centre("1001", "1002", queues=queues(sticky_s=20.0), agents=everybody)
    pauses(book, "1001")
    arrives(book, "before")
    picks_up(book, "1002")
    hangs_up(book, "before")
    arrives(book, "x", "137")
    picks_up(book, "1002")
    arrives(book, "a")
    ready(book, "1001")
    assert changes(book, agents=without_agent(book, "1002")) == ["1001"]


@pytest.mark.requirement("ACD-01")
def test_a_strategy_that_is_changed_is_used_for_those_who_are_free_already() -> None:
    everybody = {id_: evolve(agent, groups={"consult": 1}) for id_, agent in small_plan().agents.items()}
    book = centre("1003", "1002", "1001", queues=queues(), agents=everybody)
    assert arrives(book, "a") == ["1003"]
    hangs_up(book, "a")
    changes(book, queues=with_queue(book, strategy="linear"))
    assert arrives(book, "b") == ["1001"]
    hangs_up(book, "b")
    rules = (NumberRule("138", ("1002",)),)
    changes(book, queues=with_queue(book, strategy="caller-number", number_rules=rules))
    assert arrives(book, "c") == ["1002"]


@pytest.mark.requirement("ACD-05")
def test_wrap_up_is_as_the_plan_says_when_the_call_ends() -> None:
    book = centre("1001", queues=queues(wrap_up_s=5.0))
    arrives(book)
    picks_up(book, "1001")
    changes(book, queues=with_queue(book, wrap_up_s=50.0))
    hangs_up(book, "a")
    ended = book.now
    changes(book, queues=with_queue(book, wrap_up_s=1.0))
    agent = book.engine.state.agents["1001"]
    passes(book, ended + 49.9)
    assert agent.state.value == "wrap-up"
    passes(book, ended + 50.0)
    assert agent.state.value == "ready"


def test_a_caller_in_a_menu_whose_ways_are_gone_is_not_lost() -> None:
    book = centre("1001", queues=queues())
    plan = book.engine.state.plan
    flows = {**plan.programs, "inner": service("inner", otherwise="queue:consult")}
    outer = service("outer", menu={"1": "flow:inner", "2": "agent:1002"})
    changes(book, programs={**flows, "outer": outer}, numbers={**plan.numbers, "1": NumberPlan(Choice("flow", "outer"))})
    for leg in ("a", "b"):
        arrives(book, leg, number="1")
    changes(book, programs={}, numbers={}, agents=without_agent(book, "1002"))
    for leg, key in (("a", "1"), ("b", "2")):
        book << DigitHeard(LINE, leg, key)
        book.skip()
    assert [contact.stage for contact in book.engine.state.contacts.values()] == ["message", "message"]
    assert not book.engine.state.alarms


def test_hours_that_are_gone_close_nothing() -> None:
    book = centre("1001", queues=queues())
    plan = book.engine.state.plan
    flow = service("asks", languages={"1": "en"}, hours="office", otherwise="queue:consult")
    changes(book, programs={**plan.programs, "asks": flow}, numbers={**plan.numbers, "1": NumberPlan(Choice("flow", "asks"))})
    arrives(book, number="1")
    changes(book, programs={}, hours={}, numbers={})
    book << DigitHeard(LINE, "a", "1")
    assert rung(book) == ["1001"]
    assert not book.engine.state.alarms


@pytest.mark.requirement("ACD-02")
def test_who_can_be_served_from_now_on_has_the_best_agent_and_not_the_first_of_the_plan() -> None:
    book = centre("1003", "1001", agents=dict(sorted(small_plan().agents.items(), reverse=True)), queues=queues(needs="zh >= 50"))
    assert arrives(book) == []
    assert changes(book, queues=queues()) == ["1001"], "1003 is of the second rank"


def test_an_agent_who_is_taken_out_and_put_in_again_during_his_call_stays_at_work() -> None:
    book = centre("1001", queues=queues())
    arrives(book)
    picks_up(book, "1001")
    agents = book.engine.state.plan.agents
    changes(book, agents=without_agent(book, "1001"))
    changes(book, agents=agents)
    hangs_up(book, "a")
    assert book.engine.state.agents["1001"].state is AgentState.READY


@pytest.mark.requirement("ACD-01")
def test_where_not_all_phones_ring_any_more_nobody_rings_along() -> None:
    book = centre("1001", queues=queues(strategy="ring-all"))
    assert arrives(book) == ["1001"]
    assert changes(book, queues=queues(strategy="linear")) == []
    logs_in(book, "1002")
    assert passes(book, 14.0) == []
    assert list(book.engine.state.contacts["0001-000001"].offers.values()) == ["1001"]


def test_a_phone_belongs_to_whom_the_changed_plan_gives_it() -> None:
    book = centre()
    agents = book.engine.state.plan.agents
    one, other = list(agents)[:2]
    assert [book.engine.state.owners[agents[each].station] for each in (one, other)] == [one, other]
    swapped = {**agents, one: evolve(agents[one], station=agents[other].station), other: evolve(agents[other], station=agents[one].station)}
    changes(book, agents=swapped)
    assert [book.engine.state.owners[agents[each].station] for each in (one, other)] == [other, one]
