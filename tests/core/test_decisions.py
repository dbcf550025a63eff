"""Strategies of third parties, and the trace that each decision leaves: who was looked at, with which figure, and who was left out."""

from typing import ClassVar

import pytest
from attrs import evolve

from appliance.core.agents.agent import Agent, AgentState
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ContactCame
from appliance.core.plan import Choice, NumberPlan
from appliance.core.queues.strategies import STRATEGIES, Strategy, table_of, with_extras
from appliance.core.records import Decision
from hal.api import Answered, Cause, Released
from tests.core import acd
from tests.core.acd import LINE, hangs_up, leg_of
from tests.core.playbook import small_plan
from tests.core.test_strategies import arrives, logged_in, manned, many, rung

# -- of third parties ------------------------------------------------------------------------------------------------------------------


class Youngest(Strategy):
    """Two at once: who has the highest number."""

    name = "youngest"
    about = "the two agents hired last"
    at_once: ClassVar[int] = 2

    def standing(self, agent: Agent, queue: str) -> float:
        return -float(agent.id)


@pytest.mark.requirement("ACD-01")
def test_a_third_party_s_strategy_is_used_and_shown_like_our_own() -> None:
    ours = with_extras([Youngest()])
    book = manned(many(30, "youngest", lambda n: n < 5 or n == 29, pause_after=1), ours)
    arrives(book, number="1")
    assert rung(book) == ["029", "004"], "also with more than twenty between them who cannot"
    assert "| `youngest` | the two agents hired last |" in table_of(ours)
    assert set(STRATEGIES) == set(ours) - {"youngest"}, "the table of our own is not touched"
    for leg in [leg for leg in book.engine.state.legs if leg != "a"]:
        book << Released(LINE, leg, Cause.NO_ANSWER)
        book.skip()
    states = {agent: book.engine.state.agents[agent].state for agent in ("029", "004")}
    assert set(states.values()) == {AgentState.NOT_READY}, "each was asked by name"


@pytest.mark.requirement("ACD-01")
def test_a_strategy_that_is_not_there_is_refused_and_names_stay_unique() -> None:
    with pytest.raises(ValueError, match="there is no strategy 'youngest'; there are: linear, circular"):
        Engine(many(2, "youngest"))
    with pytest.raises(ValueError, match="two strategies called 'linear'"):
        with_extras([type("Other", (Strategy,), {"name": "linear", "about": ""})()])


# -- the trace ------------------------------------------------------------------------------------------------------------------------


def figures(decision: Decision) -> dict[str, float]:
    return {each.split()[0]: float(each.rsplit(" ", 1)[1]) for each in decision.candidates.split("; ")}


@pytest.mark.requirement("ACD-09")
def test_the_trace_of_a_decision_names_candidates_figures_and_who_was_left_out_and_why() -> None:
    book = manned(many(5, "skill-level", lambda n: n != 1))
    book << AgentAsked("003", "not-ready", "tea")
    arrives(book, number="1")
    assert rung(book) == ["004"]
    (decision,) = book.rows(Decision)
    assert (decision.contact, decision.queue, decision.strategy, decision.chosen) == ("0001-000001", "q", "skill-level", "004")
    assert decision.candidates == "004 rank 1 figure -5; 002 rank 1 figure -3; 000 rank 1 figure -1"
    assert decision.excluded == "001 zh 0, needs >= 1"
    assert decision.more == 0


@pytest.mark.slow
@pytest.mark.requirement("ACD-09")
def test_the_trace_is_bounded_and_says_how_many_more_there_were() -> None:
    book = manned(many(100, "least-occupied", lambda n: n >= 50))
    arrives(book, number="1")
    assert rung(book) == ["050"]
    (decision,) = book.rows(Decision)
    assert len(decision.candidates.split("; ")) + len(decision.excluded.split("; ")) + decision.more == 100
    assert len(decision.candidates.split("; ")) <= 20
    assert len(decision.excluded.split("; ")) == 20

    book = manned(many(100, "ring-all", lambda n: n >= 50))
    arrives(book, number="1")
    assert len(rung(book)) == 50
    (decision,) = book.rows(Decision)
    assert (len(decision.chosen.split(",")), len(decision.candidates.split("; ")), decision.more) == (20, 20, 60)


@pytest.mark.slow
@pytest.mark.requirement("ACD-01")
def test_where_all_ring_no_more_than_fifty_do_and_then_the_next_fifty() -> None:
    book = manned(many(120, "ring-all", ring_s=10.0))
    arrives(book, number="1")
    first = rung(book)
    assert sorted(first) == [f"{n:03d}" for n in range(50)]
    book << AgentAsked("119", "not-ready", "tea") << AgentAsked("119", "ready")
    assert rung(book) == [], "nobody joins where fifty ring"
    found = []
    for _ in range(2):
        book.at(book.now + 10.0)
        found.append(sorted(acd.rung(book)))
    assert found[0] == [f"{n:03d}" for n in range(50, 100)]
    assert found[1] == [f"{n:03d}" for n in (*range(30), *range(100, 120))]


@pytest.mark.requirement("ACD-01")
@pytest.mark.requirement("ACC-04")
def test_who_writes_meanwhile_is_ranked_by_what_he_has_done_since() -> None:
    plan = many(2, "least-occupied")
    can = {"voice": 1, "chat": 1}
    book = manned(evolve(plan, agents={id_: evolve(agent, capacity=can) for id_, agent in plan.agents.items()}))
    for number, agent in enumerate(("000", "001")):
        arrives(book, f"c{number}", number="1")
        assert rung(book) == [agent]
        book << Answered(LINE, leg_of(book, agent))
        book.skip().at(book.now + 100.0)
        hangs_up(book, f"c{number}")
    book << ContactCame("chat", "q", "guest")
    (chat,) = [contact.id for contact in book.engine.state.contacts.values()]
    writes = book.engine.state.contacts[chat].agent
    book << AgentAsked(writes, "accept", to=chat)
    book.at(book.now + 500.0).skip()
    other = "001" if writes == "000" else "000"
    arrives(book, "z", number="1")
    assert rung(book) == [other], "for him the 500 s were free ones; who wrote was neither busy nor free"


@pytest.mark.requirement("ACD-09")
def test_an_agent_who_becomes_free_leaves_a_trace_with_the_strategy_s_own_figure() -> None:
    book = manned(many(4, "skill-level", lambda n: n in (0, 3)))
    for agent in ("000", "003"):
        book << AgentAsked(agent, "not-ready", "tea")
    arrives(book, number="1")
    assert rung(book) == []
    assert book.rows(Decision)[-1].chosen == ""
    book.at(30.0) << AgentAsked("003", "ready")
    assert rung(book) == ["003"]
    decision = book.rows(Decision)[-1]
    assert figures(decision) == {"003": -4.0}
    assert decision.excluded == "001 zh 0, needs >= 1; 002 zh 0, needs >= 1"
    assert decision.more == 0


@pytest.mark.requirement("ACD-09")
def test_who_is_rung_by_name_out_of_a_pause_leaves_a_trace_too() -> None:
    plan = small_plan()
    book = logged_in("1001", numbers={**plan.numbers, "95503": NumberPlan(Choice("agent", "1001"))})
    book << AgentAsked("1001", "not-ready", "tea")
    arrives(book, number="95503")
    assert rung(book) == ["1001"]
    assert (book.rows(Decision)[-1].chosen, book.rows(Decision)[-1].more) == ("1001", 0)
