"""Nothing that is known of contacts, and of how long they wait, is lost in a restart of the core, nor in two (ACD-11)."""

import json
from itertools import pairwise
from math import inf

import pytest
from attrs import evolve

from appliance.core.inputs import AgentAsked, Drain
from appliance.core.plan import Announce, CallerPlan, Choice, Overflow, Plan
from appliance.core.records import Audit, CallEvent, Expectation
from hal.api import Arrived
from tests.core.left import left_by, restarted, restarted_often
from tests.core.playbook import prompt
from tests.core.story import Story, centre_plan, mix, talking, together, with_queue

pytestmark = [pytest.mark.requirement("ACD-11")]
TWICE = pytest.mark.parametrize("times", [1, 2])


def passes(story: Story, seconds: float) -> Story:
    return story.skip().at(story.now + seconds)


# -- recording on demand ------------------------------------------------------------------------------------------------------------------


def on_demand(*agents: str) -> Story:
    """1001 talks with `a`; calls are recorded only where somebody asks for it."""
    story = Story(centre_plan(record_calls=False)).log_in("1001", *agents)
    story.calls("a").skip()
    return story.answers("1001").skip()


@TWICE
@pytest.mark.requirement("REC-01")
def test_a_recording_that_a_supervisor_wants_is_not_stopped_by_the_agent_after_a_restart(times: int) -> None:
    first = on_demand("1009")
    first.asks("1001", "record", by="1009").skip()
    story = restarted_often(first, times)
    story >> [together("a", "1001")]
    assert story.refuses("1001", "record-stop") == "a supervisor has asked for this recording"
    story.asks("1001", "record-stop", by="1009") >> ["stop a | 1001"]
    story = restarted_often(story, times)
    story >> [together("a", "1001")], "and it is not begun again"


@TWICE
@pytest.mark.requirement("REC-01")
def test_what_is_to_be_recorded_is_so_also_when_nobody_was_recorded_as_the_core_ended(times: int) -> None:
    first = on_demand()
    first.asks("1001", "record").skip()
    first.asks("1001", "flow", "hotline").skip()
    assert first.engine.state.contacts["0001-000001"].segments == {}
    story = restarted_often(first, times)
    story >> [together("a", "1001"), "record a | 1001"][: 3 - times], "with the agent again, and recorded from the first restart on"


# -- account manager, and agents by name --------------------------------------------------------------------------------------------------

VIP = "13800138000"


def vip_plan() -> Plan:
    plan = with_queue(overflow=(Overflow("wait", Choice("queue", "complaint"), 20.0),))
    return evolve(
        plan,
        callers={VIP: CallerPlan(vip=True, manager="1009")},
        prompts={**plan.prompts, "manager-or-not": prompt("manager-or-not")},
    )


@TWICE
@pytest.mark.parametrize("key", ["1", ""])
def test_who_was_asked_for_his_manager_is_not_asked_again(times: int, key: str) -> None:
    first = Story(vip_plan()).log_in("1009")
    if not key:
        first.asks("1009", "dial", "13900139000").skip()  # the manager is at work, and busy
        first.answers("1009").skip()
    first.calls("a", VIP) >> ["say manager-or-not to a"]
    if key:
        first.presses("a", key).skip()
    else:
        first.heard_out("a").skip()
        passes(first, 3.0)
    contact = first.engine.state.contacts[first.outcome(1 if key else 2).id]
    assert contact.manager_wanted is (not key)
    story = restarted_often(first.skip(), times).skip()
    assert story.engine.state.contacts[contact.id].manager_wanted is (not key)
    passes(story, 21.0 if key else 61.0)
    assert "say manager-or-not to a" not in story.told
    queued = story.skip().told_of("queued")
    assert queued[-1] == ("complaint" if key else "agent:1009"), "there he would have been asked"


def waits_by_name() -> Story:
    """Caller `b` came at 10 s, and was transferred to 1002, whose phone rings; `c` came at 20 s; both to consult."""
    story = Story().log_in("1001", "1002")
    story.asks("1002", "not-ready").at(10.0).calls("b", "139").skip()
    story.answers("1001").skip()
    story.asks("1001", "not-ready").at(20.0).calls("c", "137").skip()
    story.at(30.0).asks("1001", "transfer", "1002").skip()
    return story.settles().skip()


@TWICE
def test_who_waits_for_an_agent_by_name_goes_back_to_his_queue_and_place(times: int) -> None:
    first = waits_by_name()
    place = first.engine.state.contacts["0001-000001"].home_place
    assert place is not None
    story = restarted_often(first, times, "1002")
    assert story.engine.state.contacts["0001-000001"].queue == "agent:1002"
    kept = story.engine.state.contacts["0001-000001"].home_place
    assert kept is not None
    assert kept[0] + story.engine.state.wall_offset == pytest.approx(place[0] + first.engine.state.wall_offset, abs=1e-3)
    assert "music to b" in story.told, "that of the queue he came from"
    story.skip() << AgentAsked("1002", "log-out")
    contact = story.skip().engine.state.contacts["0001-000001"]
    assert (contact.queue, contact.state.value) == ("consult", "queued")
    assert contact.place[0] + story.engine.state.wall_offset == pytest.approx(place[0] + first.engine.state.wall_offset, abs=1e-3)
    assert {row.queue for row in story.rows(Expectation)} <= {"consult"}, "an agent's own queue has nothing to learn"
    story.asks("1001", "ready") >> ["call 1001"]
    assert story.engine.state.contacts["0001-000001"].state.value == "offered", "before the one who came later"


@TWICE
def test_who_waits_for_a_manager_that_goes_comes_to_the_queue_he_wanted(times: int) -> None:
    first = Story(evolve(vip_plan(), prompts=centre_plan().prompts)).log_in("1009")
    first.asks("1009", "dial", "13900139000").skip()
    first.answers("1009").skip()
    first.answers("13900139000").skip()
    first.calls("a", VIP) >> ["music to a"]
    story = restarted_often(first, times).skip()
    assert story.engine.state.contacts["0001-000002"].queue == "agent:1009"
    passes(story, 30.0)
    assert story.skip().told_of("queued")[-1] == "consult"


@TWICE
@pytest.mark.parametrize("to", ["1002", "13700137000"])
def test_who_was_given_away_and_not_taken_goes_back_to_the_agent_who_did_that(times: int, to: str) -> None:
    first = talking("1001", "1002")
    first.asks("1003", "log-in").asks("1001", "transfer", to).skip()
    first.settles().skip()
    story = restarted_often(first, times, to).skip()
    if to == "1002":
        story << AgentAsked("1002", "log-out")
    contact = story.skip().engine.state.contacts["0001-000001"]
    assert "given back" in {row.what for row in story.rows(CallEvent)}
    assert (contact.queue, contact.only) == ("consult", "1001"), "and 1003 has been free longer"


@TWICE
def test_a_caller_waits_for_his_agent_no_longer_than_he_would_have(times: int) -> None:
    first = Story(with_queue(sticky_s=30.0)).log_in("1001", "1002")
    first.engine.state.last_agents["139"] = "1002"
    first.asks("1002", "dial", "13900139000").skip()
    first.answers("1002").skip()
    first.answers("13900139000").skip()
    first.asks("1001", "not-ready").at(10.0).calls("b", "139") >> ["music to b"]
    first.asks("1001", "ready")
    first.at(30.0)
    story = restarted_often(first, times).skip()
    assert story.engine.state.contacts["0001-000002"].only == "1002"
    passes(story, 10.0 - 2.0 * times - 0.1) >> []
    passes(story, 0.2) >> ["call 1001"]


# -- who has talked with the customer -----------------------------------------------------------------------------------------------------


@TWICE
def test_who_was_only_consulted_has_no_wrap_up_and_who_served_has(times: int) -> None:
    first = talking("1001", "1002", plan=with_queue(wrap_up_s=20.0))
    first.asks("1001", "consult", "1002").skip()
    first.answers("1002").skip()
    story = restarted_often(first, times).skip()
    story.asks("1001", "cancel").skip()
    story.settles().skip()
    assert story.states("1001", "1002") == ["on-call", "not-ready"]
    story.hangs_up("a").skip()
    assert story.states("1001", "1002") == ["wrap-up", "not-ready"]
    assert story.outcome().agents == "1001"


def test_a_phone_of_the_centre_that_waits_is_known_as_one() -> None:
    plan = with_queue(keys={"1": Choice("callback")})
    first = Story(plan).log_in("1001").asks("1001", "not-ready")
    first.legs["p"] = "p"
    first << Arrived("trunk", "p", "8020", "95501", station="8020")
    first.skip().answers("p").skip()
    story = restarted(first).skip()
    story.presses("p", "1") >> ["hush p", "say unavailable to p"], "the network cannot call it back"


# -- the expected wait --------------------------------------------------------------------------------------------------------------------


def told() -> Story:
    """1001 is in a call; `b` came at 10 s and was told the wait at 15 s."""
    plan = with_queue(announce=Announce(first_s=5.0, every_s=45.0, position=False))
    story = talking("1001", "1002", plan=plan)
    story.at(10.0).calls("b", "139").skip()
    story.at(15.0).skip()
    assert story.engine.state.contacts["0001-000002"].quote is not None
    return story


@TWICE
@pytest.mark.requirement("ACD-06")
def test_what_was_stated_first_is_kept_and_judged(times: int) -> None:
    first = told()
    said = first.outcome(2)
    story = restarted_often(first, times).skip()
    now = story.outcome(2)
    for column in ("ewt_low_s", "ewt_high_s", "ewt_after_s", "ewt_basis"):
        assert getattr(now, column) == getattr(said, column) is not None, column
    passes(story, 10.0).hangs_up("a").skip()
    story.settles().skip()
    story.answers("1001").skip()
    assert story.engine.state.queues["consult"].estimator.coverage[1] == 1
    low_s, high_s = said.ewt_low_s or 0.0, inf if said.ewt_high_s is None else said.ewt_high_s
    waited_s = 10.0 + 2.0 * times
    assert story.engine.state.queues["consult"].estimator.coverage[0] == (low_s <= waited_s <= high_s)


@TWICE
@pytest.mark.requirement("ACD-06")
def test_what_a_caller_is_told_does_not_grow_by_a_restart(times: int) -> None:
    first = told()
    quote = first.engine.state.contacts["0001-000002"].quote
    assert quote is not None
    ends_at = quote.stated_at + quote.high_s + first.engine.state.wall_offset
    story = passes(restarted_often(first, times), 45.0).skip()
    stated = story.engine.state.contacts["0001-000002"].stated
    assert stated is not None
    assert stated.stated_at == story.now
    assert stated.stated_at + stated.high_s + story.engine.state.wall_offset <= ends_at + 1e-3


def one_after_the_other(story: Story, names: str, wait_s: float) -> Story:
    """1001 talks with the first of them; each other one waits so long until he is free."""
    for before, name in pairwise(names):
        story.calls(name).skip()
        passes(story, wait_s)
        story.hangs_up(before).skip()
        story.settles().skip()
        story.answers("1001").skip()
    return story


@TWICE
@pytest.mark.requirement("ACD-06")
def test_what_queues_have_learnt_and_how_well_it_came_true_goes_on(times: int) -> None:
    first = talking("1001", plan=with_queue(announce=Announce(first_s=5.0, every_s=45.0, position=False)))
    one_after_the_other(first, "abcdefg", 40.0)
    before = first.engine.state.queues["consult"].estimator
    story = restarted_often(first, times).skip()
    after = story.engine.state.queues["consult"].estimator
    assert after.coverage == before.coverage
    assert after.coverage[1] == 6
    assert after.state() == before.state()
    one_after_the_other(story, "gh", 40.0)
    assert after.coverage[1] == 7
    assert [row.told for row in story.rows(Expectation)][-1] == 7


@pytest.mark.requirement("ACD-06")
def test_it_is_written_now_and_then_and_each_time_while_the_appliance_ends() -> None:
    story = one_after_the_other(talking("1001"), "abcdefg", 8.0)
    story.calls("h").skip().calls("i").skip()
    assert len(story.rows(Expectation)) == 2, "at 8 s, and at 40 s"
    story << Drain()
    learnt = story.engine.state.queues["consult"].estimator.state()
    assert json.loads(story.rows(Expectation)[-1].learnt) == list(learnt)
    assert {(row.queue, row.medium) for row in story.rows(Expectation)} == {("consult", "voice")}
    assert len(story.rows(Expectation)) == 3
    passes(story, 1.0).hangs_up("h").skip()
    passes(story, 1.0).hangs_up("i").skip()
    assert len(story.rows(Expectation)) == 5, "each time, now that it ends"


def test_what_is_learnt_of_another_medium_goes_on_beside_that_of_calls() -> None:
    first = one_after_the_other(talking("1001"), "ab", 40.0)
    (row,) = left_by(first.kept).expectations
    story = restarted(first, left=evolve(left_by(first.kept), expectations=(evolve(row, medium="chat"),))).skip()
    queue = story.engine.state.queues["consult"]
    assert queue.written["chat"].state() == tuple(json.loads(row.learnt)) != queue.estimator.state()


def test_what_another_estimator_has_learnt_is_left_and_said() -> None:
    first = one_after_the_other(talking("1001"), "ab", 40.0)
    left = left_by(first.kept)
    other = tuple(evolve(row, learnt="[1.0,2.0]") for row in left.expectations)
    story = restarted(first, left=evolve(left, expectations=(*other, evolve(other[0], queue="closed")))).skip()
    assert story.engine.state.queues["consult"].estimator.coverage == (0, 0)
    assert [row.detail for row in story.rows(Audit) if row.what == "expected wait begins anew"] == ["consult voice"]


def test_what_is_said_of_hold_after_a_restart_is_what_holds() -> None:
    first = on_demand()
    first.asks("1001", "hold").skip()
    story = restarted(first)
    story >> ["music to a", mix(a="", _1001="")]
    story.asks("1001", "retrieve") >> ["hush a", mix(a="1001", _1001="a")]
