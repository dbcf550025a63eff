"""Strategies of third parties, and the trace that each decision leaves: who was looked at, with which figure, and who was left out."""

from typing import ClassVar

import pytest

from appliance.core.agents.agent import Agent, AgentState
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked
from appliance.core.plan import Choice, NumberPlan
from appliance.core.queues.strategies import STRATEGIES, Strategy, table_of, with_extras
from appliance.core.records import Decision
from hal.api import (
    Cause,
    Released,
)
from tests.core.acd import LINE
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
