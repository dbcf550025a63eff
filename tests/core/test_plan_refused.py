"""A plan that is wrong changes nothing, and any that is right may come at any moment."""

from typing import Any

import pytest
from attrs import asdict, evolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from appliance.core.inputs import AgentAsked, PlanChanged
from appliance.core.plan import (
    AgentPlan,
    Announce,
    Choice,
    HoursPlan,
    Membership,
    NumberPlan,
    NumberRule,
    Overflow,
    Plan,
    Relax,
)
from appliance.core.records import Audit
from hal.api import Answer, Answered, Arrived, Cause, Play, PlayEnded, Released
from tests.core.acd import LINE, arrives, centre, hangs_up, logs_in, passes, pauses, picks_up, queues, ready, rung, waiting
from tests.core.playbook import Playbook, prompt, small_plan
from tests.core.test_plan_change import AWAY, changes, with_queue

# -- a wrong one ------------------------------------------------------------------------------------------------------------------------


WRONG: dict[str, dict[str, Any]] = {
    "a queue that is not there": {"numbers": {"1": NumberPlan(Choice("queue", "nowhere"))}},
    "a strategy that is not there": {"queues": queues(strategy="best")},
    "a skill expression nobody can read": {"queues": queues(needs="zh >= 101")},
    "relaxations out of order": {"queues": queues(relax=(Relax(20.0), Relax(10.0)))},
    "an overflow of no kind": {"queues": queues(overflow=(Overflow("full moon", AWAY),))},
    "an overflow to nowhere": {"queues": queues(overflow=(Overflow("wait", Choice("flow", "nowhere"), 5.0),))},
    "hours that are not there": {"queues": queues(overflow=(Overflow("inside", AWAY, hours="never"),))},
    "a week of six days": {"hours": {"office": HoursPlan(((),) * 6)}},
    "an agent without a phone": {"agents": {"1001": AgentPlan("x", "8888")}},
    "a skill out of range": {"agents": {"1001": AgentPlan("x", "8001", skills={"zh": 101})}},
    "a rule for an agent who is not there": {"queues": queues(number_rules=(NumberRule("1", ("4711",)),))},
}


def snapshot(book: Playbook) -> dict[str, Any]:
    """What decides whom to offer to whom: queues, agents, and timers."""
    state = book.engine.state
    return {
        "queues": {
            name: (queue.plan, queue.stages, queue.strategy.name, list(queue.in_order()), list(queue.idle), queue.logged_in, queue.serving)
            for name, queue in state.queues.items()
        },
        "agents": {id_: asdict(agent, recurse=False, filter=lambda a, _: a.name != "timer") for id_, agent in state.agents.items()},
        "next": book.engine.next_deadline(),
        "plan": state.plan,
    }


@pytest.mark.parametrize("what", list(WRONG))
def test_a_wrong_plan_is_refused_whole_and_a_good_one_clears_the_alarm(what: str) -> None:
    book = centre("1001", "1002", queues=queues(overflow=(Overflow("wait", AWAY, 60.0),)))
    arrives(book, "a")
    picks_up(book, "1001")
    arrives(book, "b")
    arrives(book, "c")
    before = snapshot(book)
    changes(book, name="changed too", **WRONG[what])
    assert snapshot(book) == before
    alarm = book.engine.state.alarms["site"]
    assert alarm.text.startswith("the changed site cannot be used: ")
    assert [row.what for row in book.rows(Audit) if row.who == "site"] == []
    changes(book, name="changed")
    assert "site" not in book.engine.state.alarms
    assert book.engine.state.plan.name == "changed"
    assert [row.what for row in book.rows(Audit) if row.who == "site"] == ["changed"]
    assert waiting(book) == ["c"]
    assert hangs_up(book, "a") == ["1001"], "callers and agents go on"


# -- any change at any moment -------------------------------------------------------------------------------------------------------------


def any_plan(base: Plan, choices: tuple[int, ...]) -> Plan:
    """One of many plans that fit together."""
    ways, needs, sticky, group, agent, hours = choices
    consult = evolve(
        base.queues["consult"],
        overflow=((), (Overflow("wait", AWAY, 20.0),), (Overflow("inside", AWAY, hours="office"), Overflow("length", AWAY, limit=1)))[ways],
        needs=("", "zh >= 50", "zh >= 50")[needs],
        relax=((), (Relax(10.0),), ())[needs],
        sticky_s=(0.0, 15.0)[sticky],
        strategy=("longest-idle", "ring-all")[sticky],
        announce=(None, Announce(3.0, 7.0))[sticky],
    )
    agents = dict(base.agents)
    places: tuple[dict[str, int | Membership], ...] = ({}, {"consult": 1}, {"consult": Membership(2, "office"), "complaint": 1})
    agents["1001"] = evolve(agents["1001"], groups=places[group])
    agents["1002"] = evolve(agents["1002"], skills=({}, {"zh": 60})[hours])
    if agent:
        del agents["1003"]
    return evolve(base, queues={**base.queues, "consult": consult}, agents=agents)


@pytest.mark.slow
@pytest.mark.requirement("ACD-10")
@settings(max_examples=80, deadline=None, derandomize=True, database=None, phases=(Phase.generate,))
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("plan"), st.tuples(*(st.integers(0, most) for most in (2, 2, 1, 2, 1, 1)))),
            st.tuples(st.just("calls"), st.sampled_from(["137", "138", "139"])),
            st.tuples(st.sampled_from(["picks up", "declines", "hangs up"]), st.sampled_from(["1001", "1002", "1003"])),
            st.tuples(st.sampled_from(["ready", "not-ready", "log-in"]), st.sampled_from(["1001", "1002", "1003"])),
            st.tuples(st.just("passes"), st.sampled_from([0.0, 4.0, 11.0, 3600.0])),
        ),
        min_size=10,
        max_size=50,
    )
)
def test_any_change_at_any_moment_leaves_nothing_broken(steps: list[tuple[str, Any]]) -> None:
    """Every input checks all invariants; in the end everybody who is served as the last plan says is served."""
    base = small_plan(queues=queues(), record_calls=False)
    book = centre("1001", "1002", "1003", plan=base)
    for number, (what, which) in enumerate(steps):
        state = book.engine.state
        mine = [id_ for id_, leg in state.legs.items() if leg.agent == which]
        if what == "plan":
            book << PlanChanged(any_plan(base, which))
        elif what == "calls":
            book << Arrived(LINE, f"c{number}", which, "95501") >> Answer(LINE, f"c{number}")
            book << Answered(LINE, f"c{number}")
        elif what == "passes":
            passes(book, book.now + which)
        elif what == "picks up" and mine:
            picks_up(book, which)
        elif what in ("declines", "hangs up") and mine:
            hangs_up(book, mine[0], Cause.CALL_REJECTED if what == "declines" else Cause.NORMAL_CLEARING)
        elif what in ("ready", "not-ready", "log-in"):
            book << AgentAsked(which, what)
        rung(book)
        assert not [source for source in book.engine.state.alarms if source.startswith("script")]
    book << PlanChanged(base)
    rung(book)
    for leg in list(book.engine.state.legs):
        if leg in book.engine.state.legs:
            book << Released(LINE, leg)
            rung(book)
    passes(book, book.now + 100.0)
    assert not book.engine.state.contacts
    assert all(queue.counted == 0 and not queue.ringing for queue in book.engine.state.queues.values())
    logs_in(book, "1002")
    ready(book, "1002")
    for agent in ("1001", "1003"):
        pauses(book, agent)
    assert arrives(book, "last") == ["1002"]


def test_play_ended_of_what_was_said_before_a_change_is_nothing() -> None:
    words = {**small_plan().prompts, "position-1": prompt("position-1")}
    book = centre("1001", queues=queues(announce=Announce(10.0, 30.0), music=prompt("music")), prompts=words)
    pauses(book, "1001")
    began = book.now
    arrives(book)
    book.at(began + 10.0)
    play = book.only(Play)
    changes(book, queues=with_queue(book, announce=None, music=None))
    book << PlayEnded(LINE, "a", play.play)
    assert waiting(book) == ["a"]
