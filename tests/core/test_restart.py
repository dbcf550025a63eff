"""Nothing that is known of agents is lost in a restart of the core, nor in two, one right after the other (ACD-11, ACD-05)."""

import re
from pathlib import Path
from typing import Any

import attrs
import pytest
from attrs import evolve

from appliance.core import contact as contacts
from appliance.core import recovery
from appliance.core.agents import agent as agents
from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet
from appliance.core.plan import AgentPlan, NumberPlan, Plan
from appliance.core.records import Agent, AgentState, Contact
from tests.core.left import left_by, restarted, restarted_often
from tests.core.playbook import small_plan
from tests.core.story import Story, centre_plan, talking, transfer_choice, with_queue

pytestmark = [pytest.mark.requirement("ACD-11"), pytest.mark.requirement("ACD-05")]
TWICE = pytest.mark.parametrize("times", [1, 2])


def state(story: Story, agent: str = "1001") -> tuple[str, str]:
    known = story.engine.state.agents[agent]
    return known.state.value, known.reason


def passes(story: Story, seconds: float) -> Story:
    return story.skip().at(story.now + seconds)


# -- what was asked for during a call -----------------------------------------------------------------------------------------------------


@TWICE
@pytest.mark.parametrize(("asked", "then"), [("not-ready", ("not-ready", "lunch")), ("log-out", ("logged-out", "lunch"))])
def test_what_an_agent_asked_for_during_his_call_is_done_after_it(times: int, asked: str, then: tuple[str, str]) -> None:
    first = talking("1001")
    first.asks("1001", asked, reason="lunch")
    story = restarted_often(first, times).skip()
    assert state(story)[0] == "on-call"
    story.hangs_up("a").skip()
    assert state(story) == then


@TWICE
@pytest.mark.parametrize(("asked", "then"), [("not-ready", ("not-ready", "lunch")), ("log-out", ("logged-out", "lunch"))])
@pytest.mark.parametrize("gone", [("a",), ("1001",), ("a", "1001")])
def test_it_is_done_also_when_the_call_did_not_outlive_the_restart(times: int, asked: str, then: tuple[str, str], gone: tuple[str]) -> None:
    first = talking("1001")
    first.asks("1001", asked, reason="lunch")
    story = restarted_often(first, times, *gone)
    assert state(story) == then
    story.skip()


def test_what_was_taken_back_is_not_done() -> None:
    first = talking("1001")
    first.asks("1001", "not-ready", reason="lunch").asks("1001", "ready")
    story = restarted(first).skip()
    story.hangs_up("a").skip()
    assert state(story) == ("ready", "")


@pytest.mark.parametrize(("what", "station"), [("ready", ""), ("log-in", "8020")])
def test_what_he_asks_for_before_his_call_was_looked_for_counts(what: str, station: str) -> None:
    first = talking("1001")
    first.asks("1001", "log-out")
    story = Story(engine=Engine(first.engine.state.plan))
    story << ClockSet(first.engine.state.wall())
    story << left_by(first.kept)
    assert story.engine.state.agents["1001"].wanted == ("log-out", "")
    story.asks("1001", what, station=station)
    assert story.engine.state.agents["1001"].wanted is None


# -- where he goes back to ---------------------------------------------------------------------------------------------------------------


@TWICE
def test_who_was_called_out_of_a_pause_goes_back_to_it(times: int) -> None:
    first = talking("1001").log_in("1002")
    first.asks("1002", "not-ready", reason="tea").asks("1001", "consult", "1002").skip()
    first.answers("1002").skip()
    story = restarted_often(first, times).skip()
    assert story.states("1001", "1002") == ["on-call", "on-call"]
    story.asks("1001", "cancel").skip()
    assert state(story, "1002") == ("not-ready", "tea")


@pytest.mark.parametrize("rings", [True, False])
def test_he_goes_back_also_when_the_call_is_gone(rings: bool) -> None:
    first = talking("1001").log_in("1002")
    first.asks("1002", "not-ready", reason="tea").asks("1001", "consult", "1002").skip()
    if not rings:
        first.answers("1002").skip()
    story = restarted(first, "1002").skip()
    assert state(story, "1002") == ("not-ready", "tea")


WRAPS_UP: dict[str, Any] = {"wrap_up_s": 20.0, "wrap_up_max_s": 60.0}


def in_wrap_up(plan: Plan | None = None) -> Story:
    """1001 has served `a`, who hung up 5 s ago: 15 s of his wrap-up are left."""
    story = talking("1001", plan=plan or with_queue(**WRAPS_UP))
    story.hangs_up("a").skip()
    story.settles().skip()
    assert state(story) == ("wrap-up", "")
    return passes(story, 5.0)


@TWICE
def test_wrap_up_can_be_extended_to_the_ceiling_it_had(times: int) -> None:
    story = restarted_often(in_wrap_up(), times)
    agent, left_s = story.engine.state.agents["1001"], 15.0 - 2.0 * times
    assert agent.wrap_up_ends - story.now == pytest.approx(left_s)
    story.asks("1001", "extend", "30")
    assert agent.wrap_up_ends - story.now == pytest.approx(left_s + 30.0)
    story.asks("1001", "extend", "30")
    assert agent.wrap_up_ends - story.now == pytest.approx(left_s + 40.0), "60 s after the call, and no more"
    story.refuses("1001", "extend")
    story = restarted(story)
    assert state(passes(story, left_s + 38.0 - 0.1)) == ("wrap-up", "")
    assert state(passes(story, 0.2)) == ("ready", "")


@TWICE
def test_who_called_somebody_out_of_his_wrap_up_goes_back_to_what_was_left(times: int) -> None:
    first = in_wrap_up()
    first.asks("1001", "dial", "13900139000").skip()
    first.answers("1001").skip()
    first.answers("13900139000").skip()
    story = restarted_often(first, times).skip()
    assert state(story)[0] == "on-call"
    story.hangs_up("13900139000").skip()
    agent = story.engine.state.agents["1001"]
    assert state(story)[0] == "wrap-up"
    assert 0.0 < agent.wrap_up_ends - story.now <= 15.0
    assert agent.wrap_up_limit - agent.wrap_up_ends == pytest.approx(40.0), "what extensions could still add"


@TWICE
@pytest.mark.parametrize("away_s", [2.0, 100.0])
def test_a_pause_comes_again_behind_the_wrap_up_of_a_call_that_was_meant_for_him(times: int, away_s: float) -> None:
    plan = with_queue(**WRAPS_UP)
    plan = evolve(plan, numbers={**plan.numbers, "95509": NumberPlan(transfer_choice("agent:1001"))}, agents=with_wrap_up(plan, "1001"))
    first = Story(plan).log_in("1001")
    first.asks("1001", "not-ready", reason="tea").calls("a", dnis="95509").skip()
    first.answers("1001").skip()
    first.hangs_up("a").skip()
    first.settles().skip()
    assert state(first)[0] == "wrap-up"
    story = restarted(restarted(first).skip() if times == 2 else first, after_s=away_s)
    if away_s < 20.0:
        assert state(story)[0] == "wrap-up"
        passes(story, 20.0)
    assert state(story) == ("not-ready", "tea")


def with_wrap_up(plan: Plan, agent: str) -> dict[str, AgentPlan]:
    return {**plan.agents, agent: evolve(plan.agents[agent], wrap_up_s=20.0)}


@TWICE
def test_a_rest_of_a_few_seconds_is_no_pause(times: int) -> None:
    first = Story(with_queue(pause_after=3)).log_in("1001")
    first.calls("a").skip()
    passes(first, 15.0)
    assert state(first) == ("not-ready", "no answer")
    story = restarted_often(first.skip(), times, "1001")
    assert story.engine.state.agents["1001"].missed == 1
    assert state(story)[0] == "offered", "he is ready, and the caller waits"
    passes(passes(story.skip(), 15.0), 5.0)
    assert story.engine.state.agents["1001"].missed == 2, "the next time in a row"


# -- help -------------------------------------------------------------------------------------------------------------------------------


@TWICE
def test_who_asks_for_help_still_does(times: int) -> None:
    first = talking("1001")
    first.asks("1001", "help", reason="he shouts").skip()
    since = first.engine.state.wall()
    story = restarted_often(passes(first, 7.0), times).skip()
    asked = story.engine.state.agents["1001"].help_asked
    assert asked is not None
    assert asked + story.engine.state.wall_offset == pytest.approx(since, abs=1e-3)
    assert story.engine.state.alarms["help:agent:1001"].text == "agent 1001 王芳 asks for help: he shouts"
    story.hangs_up("a").skip()
    assert "help:agent:1001" not in restarted(story).skip().engine.state.alarms, "it was over with the call"


def test_who_does_not_ask_for_help_any_more_does_not_do_so_again() -> None:
    first = talking("1001")
    first.asks("1001", "help").asks("1001", "help-off")
    assert restarted(first).skip().engine.state.alarms == {}


# -- figures of the day -----------------------------------------------------------------------------------------------------------------


@TWICE
def test_who_has_been_free_longest_is_still_rung_first(times: int) -> None:
    first = Story(centre_plan()).log_in("1002")
    first = passes(first.at(1.0).log_in("1001"), 60.0)
    story = restarted_often(first, times)
    story.calls("a") >> ["call 1002", "music to a"]


@TWICE
def test_who_has_answered_fewest_is_still_rung_first(times: int) -> None:
    first = talking("1001", plan=with_queue(strategy="fewest-calls"))
    first.hangs_up("a").skip()
    first.settles().skip()
    first = passes(first.log_in("1002"), 5.0)
    story = restarted_often(first, times)
    story.calls("b") >> ["call 1002", "music to b"]
    assert story.engine.state.agents["1001"].served == {"consult": 1}


def test_seconds_since_the_log_in_go_on_and_belong_to_states() -> None:
    first = Story(small_plan()).log_in("1001")
    first.at(30.0).asks("1001", "not-ready").at(50.0).asks("1001", "ready")
    left = left_by(first.kept)
    story = restarted(first, left=evolve(left, agents={"1001": evolve(left.agents["1001"], seconds='{"ready":30.0,"not-ready":20.0}')}))
    agent = passes(story, 4.0).engine.state.agents["1001"]
    assert {what.value: seconds for what, seconds in agent.seconds.items() if seconds} == {"ready": 30.0, "not-ready": 20.0}
    assert agent.logged_in_at == pytest.approx(story.now - 54.0)
    assert agent.unaccounted_s(story.now) == 0.0


def test_an_agents_row_is_written_only_when_it_says_something_new() -> None:
    story = talking("1001")
    before = len(story.rows(Agent))
    story.asks("1001", "hold").skip().asks("1001", "retrieve").skip()
    assert len(story.rows(Agent)) == before
    story.asks("1001", "not-ready", reason="tea").asks("1001", "not-ready", reason="tea")
    assert [row.wanted for row in story.rows(Agent)[before:]] == ["not-ready"]


def test_who_was_logged_out_stays_so_and_nothing_is_left_to_do() -> None:
    first = talking("1001")
    first.asks("1001", "log-out").hangs_up("a").skip()
    first.settles().skip()
    story = restarted(first)
    assert (state(story), story.engine.state.agents["1001"].wanted) == (("logged-out", ""), None)


@pytest.mark.parametrize("kind", [agents.Agent, contacts.Contact])
def test_the_page_on_restarts_says_of_every_field_what_becomes_of_it(kind: type) -> None:
    page = (Path(recovery.__file__).parent / "README.md").read_text("utf-8")
    section = page.split(f"## `{kind.__name__}`")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")]
    listed = [name.strip("`") for fields, _, _ in rows for name in fields.split()]
    assert sorted(listed) == sorted(field.name for field in attrs.fields(kind))
    assert {what for _, what, _ in rows} == {"kept", "rebuilt", "forgotten"}
    columns = {field.name for record in (Agent, AgentState, Contact) for field in attrs.fields(record)} | {"agent_states"}
    for fields, what, where in rows:
        named = re.findall(r"`(\w+)`", fields if "of these names" in where else where)
        assert what != "kept" or (named and set(named) <= columns), where
