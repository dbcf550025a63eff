"""Supervisors and duty managers: who hears whom, stepping in, forcing, recording, levels, requests for help (SUP-02 to SUP-04)."""

import pytest

from appliance.core.records import AgentState as AgentStateRow
from appliance.core.records import Alarm
from hal.api import Cause, Originate
from tests.core.story import Story, centre_plan, mix, talking, together, with_queue

pytestmark = [pytest.mark.requirement("SUP-02")]

HEARD = {
    "listen": mix(_1009="a 1001"),
    "whisper": mix(_1001="a 1009", _1009="a 1001"),
    "barge": together("a", "1001", "1009"),
}
"""What changes when the supervisor of caller `a` and agent 1001 has picked up."""


def watching(mode: str = "listen", *others: str) -> Story:
    story = talking("1001", *others).log_in("1009")
    story.asks("1001", mode, by="1009") >> ["call 1009"]
    story.answers("1009")
    recorded = ["stop a | 1001", "record a | 1001, 1009"] if mode == "barge" else []
    story >> [HEARD[mode], *recorded]
    return story


# -- who hears whom --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
@pytest.mark.requirement("REC-01")
def test_a_supervisor_is_heard_by_whom_the_mode_says(mode: str) -> None:
    story = talking("1001").log_in("1009")
    story.asks("1001", mode, by="1009")
    ring = story.only(Originate)
    assert (ring.to, ring.ani, ring.display, ring.beside) == ("station:8009", "1001", f"{mode} 1001", "a")
    story.skip().alerts("1009")
    assert story.states("1001", "1009") == ["on-call", "ringing"]
    story.answers("1009")
    recorded = ["stop a | 1001", "record a | 1001, 1009"] if mode == "barge" else []
    story >> [HEARD[mode], *recorded]
    expected = ["caller agent:1001"] + ["caller agent:1001 agent:1009"] * (mode == "barge")
    assert story.participants() == expected, "who is not heard by the customer is not in the recording"
    assert story.audited()[-1] == ("agent:1009", mode, "agent 1001")


@pytest.mark.requirement("REC-01")
def test_the_mode_changes_in_the_conversation() -> None:
    story = watching("listen")
    story.asks("1001", "whisper", by="1009") >> [mix(_1001="a 1009")]
    story.asks("1001", "barge", by="1009") >> [mix(a="1001 1009"), "stop a | 1001", "record a | 1001, 1009"]
    story.asks("1001", "listen", by="1009") >> [mix(a="1001", _1001="a"), "stop a | 1001, 1009", "record a | 1001"]


def test_the_mode_changes_while_his_phone_still_rings() -> None:
    story = talking("1001").log_in("1009")
    story.asks("1001", "listen", by="1009").skip()
    story.asks("1001", "whisper", by="1009") >> []
    story.answers("1009") >> [HEARD["whisper"]]


@pytest.mark.requirement("REC-01")
def test_stop_leaves_the_conversation_as_it_was() -> None:
    story = watching("barge")
    story.asks("1001", "stop", by="1009") >> ["release 1009", together("a", "1001"), "stop a | 1001, 1009", "record a | 1001"]
    assert story.states("1001", "1009") == ["on-call", "ready"]
    assert story.refuses("1001", "stop", by="1009") == "1009 watches nobody"
    story.settles() >> []
    story.asks("1001", "listen", by="1009") >> ["call 1009"]


def test_a_supervisor_hangs_up_and_the_others_talk_on() -> None:
    story = watching("whisper")
    story.hangs_up("1009") >> [mix(_1001="a")]
    assert story.states("1001", "1009") == ["on-call", "ready"]


def test_a_supervisor_who_does_not_pick_up_is_forgotten() -> None:
    story = talking("1001").log_in("1009")
    story.asks("1001", "listen", by="1009").skip()
    story.at(29.9) >> []
    story.at(30.0) >> ["release 1009"]
    assert story.state("1009") == "ready"
    story.answers("1009") >> []
    story.settles() >> []


def test_a_supervisor_goes_where_his_agent_goes() -> None:
    story = watching("whisper", "1002")
    story.asks("1001", "hold") >> ["music to a", mix(a="", _1001="", _1009=""), "stop a | 1001", "record a"]
    story.asks("1001", "retrieve") >> ["hush a", mix(a="1001", _1001="a 1009", _1009="a 1001"), "stop a", "record a | 1001"]
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002") >> ["hush 1001", mix(_1001="1002 1009", _1002="1001", _1009="1001 1002"), "record 1001 | 1002"]
    story.asks("1001", "cancel").skip()
    story.asks("1001", "barge", by="1009").skip()
    assert set(story.engine.state.contacts["0001-000001"].heard[story.legs["1009"]]) == {"a", story.legs["1001"]}


def test_the_agent_leaves_and_who_watched_him_leaves_too() -> None:
    story = watching("barge", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.asks("1001", "complete") >> [
        "release 1001",
        "release 1009",
        "hush a",
        together("a", "1002"),
        "stop a",
        "stop 1001 | 1009, 1002",
        "record a | 1002",
    ]
    assert story.states("1001", "1002", "1009") == ["ready", "on-call", "ready"]


@pytest.mark.requirement("REC-01")
@pytest.mark.parametrize("lost", [False, True])
def test_who_has_barged_in_stays_with_the_customer_when_the_agent_hangs_up(lost: bool) -> None:
    story = watching("barge")
    story.at(20.0).hangs_up("1001", Cause.DESTINATION_OUT_OF_ORDER if lost else Cause.NORMAL_CLEARING)
    story >> [together("a", "1009"), "stop a | 1001, 1009", "record a | 1009"]
    assert (story.outcome().agent, story.states("1001", "1009")) == ("1009", ["not-ready" if lost else "ready", "on-call"])
    assert (story.told_of("stays"), story.refuses("1009", "stop", by="operator")) == (["1009"], "operator watches nobody")
    story.asks("1009", "hold").skip()
    story.asks("1009", "retrieve").skip()
    story.at(30.0).hangs_up("1009") >> ["stop a | 1009", "release a"]
    story.settles() >> []
    assert (story.outcome().talk_s, story.state("1009")) == (30.0, "ready")


@pytest.mark.parametrize("mode", ["listen", "whisper"])
def test_who_only_listens_or_whispers_goes_with_the_agent(mode: str) -> None:
    story = watching(mode)
    story.hangs_up("1001") >> ["release 1009", "stop a | 1001", "release a"]


def test_whose_phone_has_not_been_picked_up_for_a_barge_in_goes_with_the_agent() -> None:
    story = talking("1001").log_in("1009")
    story.asks("1001", "barge", by="1009").skip()
    story.hangs_up("1001") >> ["release 1009", "stop a | 1001", "release a"]


def test_who_has_barged_in_goes_with_an_agent_who_leaves_the_customer_to_one_consulted_or_to_self_service() -> None:
    story = watching("barge", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.hangs_up("1001") >> ["release 1009", "hush a", together("a", "1002"), "stop a", "stop 1001 | 1009, 1002", "record a | 1002"]
    story = watching("barge")
    story.asks("1001", "flow", "hotline").skip()
    story.hangs_up("1001") >> ["release 1009", "stop 1001 | 1009"]


def test_who_has_barged_in_where_somebody_is_asked_for_advice_goes_with_him_and_does_not_come_to_the_customer() -> None:
    story = talking("1001", "1002").log_in("1009")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.asks("1002", "barge", by="1009").skip()
    story.answers("1009").skip()
    story.hangs_up("1002") >> ["release 1009", "hush a", together("a", "1001"), "stop a", "stop 1001 | 1002, 1009", "record a | 1001"]
    assert story.states("1001", "1002", "1009") == ["on-call", "not-ready", "ready"]


def test_who_has_barged_in_stays_in_a_conference_and_who_may_not_watch_him_goes() -> None:
    story = watching("barge", "1002")
    story.log_in("1019").asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.asks("1001", "conference").skip()
    story.asks("1002", "listen", by="1019").skip()
    story.answers("1019").skip()
    story.hangs_up("1001") >> ["release 1019", together("a", "1002", "1009"), "stop a | 1001, 1009, 1002", "record a | 1009, 1002"]


@pytest.mark.requirement("ACD-10")
@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
def test_of_two_supervisors_of_one_level_who_watch_an_agent_the_first_to_have_barged_in_stays_when_he_hangs_up(mode: str) -> None:
    story = watching("barge").log_in("1019")
    story.asks("1001", mode, by="1019").skip()
    story.answers("1019").skip()
    story.hangs_up("1001").skip()
    assert (story.states("1001", "1009", "1019"), story.engine.check()) == (["ready", "on-call", "ready"], [])
    assert (story.told_of("stays"), story.outcome().agent) == (["1009"], "1009")
    story.settles() >> []
    story.hangs_up("1009").skip()
    story.settles() >> []
    assert story.outcome().outcome == "answered"


def test_of_two_agents_nobody_stays_to_talk_with_the_supervisor() -> None:
    story = Story().log_in("1001", "1002", "1009")
    story.asks("1001", "dial", "1002").skip()
    story.answers("1001").skip()
    story.answers("1002").skip()
    story.asks("1001", "barge", by="1009").skip()
    story.answers("1009").skip()
    story.hangs_up("1001") >> ["release 1009", "release 1002", "stop 1001 | 1002, 1009"]


def test_the_agent_transfers_and_who_watched_him_leaves_too() -> None:
    story = watching("listen", "1002")
    story.asks("1001", "transfer", "1002") >> ["release 1001", "release 1009", "stop a | 1001", mix(a=""), "call 1002", "music to a"]
    assert story.state("1009") == "ready"


def test_two_supervisors_hear_each_other_only_when_they_are_in_the_call() -> None:
    story = watching("listen").log_in("1010")
    story.asks("1001", "listen", by="1010") >> ["call 1010"]
    story.answers("1010") >> [mix(_1010="a 1001")]
    story.asks("1001", "barge", by="1010") >> [
        mix(a="1001 1010", _1001="a 1010", _1009="a 1001 1010"),
        "stop a | 1001",
        "record a | 1001, 1010",
    ]


def test_nobody_listens_where_nothing_is_to_be_heard_nor_without_a_phone() -> None:
    story = talking("1001", "1002")
    assert story.refuses("1001", "listen", by="1009") == "agent 1009 is logged-out"
    story.log_in("1009")
    assert story.refuses("1002", "listen", by="1009") == "agent 1002 is in no call"
    assert story.refuses("1001", "listen", by="operator").startswith("only who has a phone of his own")
    assert story.refuses("1009", "listen", by="1009") == "'listen' is nothing that can be asked for"
    story.asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    story.log_in("1003").calls("b", "139").skip()
    story.answers("1003").skip()
    assert story.refuses("1003", "listen", by="1009") == "agent 1009 is on-call", "one conversation after the other"


# -- stepping in -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("REC-01")
@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
def test_take_over(mode: str) -> None:
    story = watching(mode)
    story.asks("1001", "take-over", by="1009")
    assert story.told == [
        "release 1001",
        mix(**({"a": "1009"} | {"_1009": "a"})),
        "stop a | 1001" + ", 1009" * (mode == "barge"),
        "record a | 1009",
    ]
    story.skip().settles() >> []
    assert story.states("1001", "1009") == ["ready", "on-call"]
    assert (story.outcome().agent, story.outcome().stage) == ("1009", "connected")
    story.asks("1009", "hold").skip()
    story.hangs_up("a").skip()
    assert story.outcome().agent == "1009"


def test_take_over_takes_being_in_the_conversation() -> None:
    story = talking("1001").log_in("1009")
    why = "1009 has to be in the conversation first: listen, whisper or barge"
    assert story.refuses("1001", "take-over", by="1009") == why
    story.asks("1001", "listen", by="1009").skip()
    assert story.refuses("1001", "take-over", by="1009") == why, "his phone still rings"
    assert story.refuses("1001", "take-over", by="operator") == why.replace("1009", "operator")


def test_take_over_in_the_middle_of_a_consultation() -> None:
    story = watching("listen", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.asks("1001", "take-over", by="1009") >> [
        "release 1001",
        "hush a",
        together("a", "1002", "1009"),
        "stop a",
        "stop 1001 | 1002",
        "record a | 1009, 1002",
    ]
    assert (story.outcome().agent, story.told_of("passed on")) == ("1009", [])


def test_take_over_of_a_customer_in_self_service() -> None:
    story = watching("listen")
    story.asks("1001", "flow", "hotline").skip()
    story.asks("1001", "take-over", by="1009") >> ["release 1001", mix(_1009="")]
    story.asks("1009", "take-back") >> ["hush a", together("a", "1009"), "record a | 1009"]


@pytest.mark.parametrize("by", ["1009", "1010", "operator"])
def test_forced_release(by: str) -> None:
    story = talking("1001").log_in("1009", "1010")
    story.asks("1001", "force-release", by=by) >> ["release a"]
    story.settles() >> ["release 1001", "stop a | 1001"]
    story.settles() >> []
    assert story.state("1001") == "ready"
    assert story.audited()[-1] == ("operator" if by == "operator" else f"agent:{by}", "force-release", "agent 1001")


def test_forced_release_of_a_call_between_agents() -> None:
    story = Story().log_in("1001", "1002", "1009")
    story.asks("1001", "dial", "1002").skip()
    story.answers("1001").skip()
    story.answers("1002").skip()
    story.asks("1002", "force-release", by="1009") >> ["release 1002", "release 1001", "stop 1001 | 1002"]


def test_forced_states() -> None:
    story = Story(with_queue(wrap_up_s=60.0)).log_in("1001", "1009")
    story.asks("1001", "force-not-ready", by="1009", reason="talk")
    assert story.state("1001") == "not-ready"
    story.asks("1001", "force-ready", by="1009")
    assert story.state("1001") == "ready"
    story.asks("1001", "force-log-out", by="1009")
    assert story.state("1001") == "logged-out"
    assert story.refuses("1001", "force-ready", by="1009") == "agent 1001 is logged-out"
    rows = [(row.state, row.reason) for row in story.rows(AgentStateRow) if row.agent == "1001"]
    assert rows == [("ready", ""), ("not-ready", "talk"), ("ready", ""), ("logged-out", "")]
    assert ("agent:1009", "force-not-ready", "agent 1001 talk") in story.audited()
    assert ("agent:1009", "force-ready refused", "agent 1001 agent 1001 is logged-out") in story.audited()


@pytest.mark.parametrize(("what", "state"), [("force-not-ready", "not-ready"), ("force-log-out", "logged-out")])
def test_a_forced_state_comes_when_the_call_is_over_and_instead_of_wrap_up(what: str, state: str) -> None:
    story = talking("1001", plan=with_queue(wrap_up_s=60.0)).log_in("1009")
    story.asks("1001", what, by="1009")
    assert story.state("1001") == "on-call"
    story.hangs_up("a").skip()
    assert story.state("1001") == state
    story.settles() >> []


def test_wrap_up_is_ended_by_force() -> None:
    story = talking("1001", plan=with_queue(wrap_up_s=60.0)).log_in("1009")
    story.hangs_up("a").skip()
    story.settles() >> []
    story.calls("b") >> ["music to b"]
    story.asks("1001", "force-ready", by="1009") >> ["call 1001"]


@pytest.mark.requirement("REC-01")
@pytest.mark.parametrize("by", ["1009", "operator"])
def test_any_call_is_recorded_on_demand(by: str) -> None:
    story = Story(centre_plan(record_calls=False)).log_in("1001", "1009")
    story.calls("a").skip()
    story.answers("1001").skip()
    story.asks("1001", "record", by=by) >> ["record a | 1001"]
    story.asks("1001", "record-stop", by=by) >> ["stop a | 1001"]


# -- levels ----------------------------------------------------------------------------------------------------------------------------

LEVEL = {"1001": "agent", "1002": "agent", "1009": "supervisor", "1010": "duty-manager", "1019": "supervisor"}


@pytest.mark.requirement("SUP-03")
@pytest.mark.parametrize("by", list(LEVEL))
@pytest.mark.parametrize("agent", list(LEVEL))
def test_each_level_commands_only_those_below(agent: str, by: str) -> None:
    if by == agent:
        return
    story = Story().log_in(agent, by)
    order = ["agent", "supervisor", "duty-manager"]
    may = order.index(LEVEL[by]) > order.index(LEVEL[agent])
    whom = f"{by} is {LEVEL[by]}: only those below may be watched and commanded, and {agent} is {LEVEL[agent]}"
    for what, state in (("force-not-ready", "not-ready"), ("not-ready", "not-ready"), ("ready", "ready")):
        if may:
            story.asks(agent, what, by=by)
            assert story.state(agent) == state
        else:
            assert story.refuses(agent, what, by=by) == whom
            assert story.audited()[-1] == (f"agent:{by}", f"{what} refused", f"agent {agent} {whom}")
    for what in ("listen", "barge", "take-over", "force-release", "record", "hold", "transfer"):
        why = story.refuses(agent, what, by=by)
        assert why == (f"agent {agent} is in no call" if may else whom)
        assert story.audited()[-1] == (f"agent:{by}", f"{what} refused", f"agent {agent} {why}")


@pytest.mark.requirement("SUP-03")
def test_a_colleague_of_the_same_level_hears_nothing_though_the_call_goes_on() -> None:
    story = talking("1001", "1002")
    for what in ("listen", "whisper", "barge", "take-over", "force-release", "record", "hold", "release"):
        assert story.refuses("1001", what, by="1002").startswith("1002 is agent")
    story.asks("1001", "hold").skip()


@pytest.mark.requirement("SUP-03")
def test_what_a_supervisor_does_with_an_agents_call_is_audited() -> None:
    story = talking("1001").log_in("1009")
    story.asks("1001", "hold", by="1009").skip()
    assert story.audited()[-1] == ("agent:1009", "hold", "agent 1001")
    story.asks("1001", "transfer", "queue:complaint", by="operator").skip()
    assert story.audited()[-1] == ("operator", "transfer", "agent 1001 queue:complaint")


# -- help ------------------------------------------------------------------------------------------------------------------------------


def helps(story: Story) -> list[str]:
    return [alarm.text for source, alarm in story.engine.state.alarms.items() if source.startswith("help:")]


@pytest.mark.requirement("SUP-04")
def test_a_request_for_help_is_shown_until_it_is_taken_back() -> None:
    story = talking("1001").log_in("1009")
    story.asks("1001", "help", reason="angry")
    assert helps(story) == ["agent 1001 王芳 asks for help: angry"]
    assert story.engine.state.agents["1001"].help_asked == story.now
    story.asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    assert len(helps(story)) == 1, "somebody listens: the agent says when he needs no help any more"
    story.asks("1001", "help-off")
    assert helps(story) == []
    assert story.rows(Alarm)[-1].cleared_at is not None
    assert story.refuses("1002", "help") == "agent 1002 is logged out"


@pytest.mark.requirement("SUP-04")
@pytest.mark.parametrize("how", ["the customer leaves", "the agent leaves", "transfer", "log-out"])
def test_a_request_for_help_ends_with_the_call_and_with_the_log_out(how: str) -> None:
    story = talking("1001")
    story.asks("1001", "help")
    if how == "the customer leaves":
        story.hangs_up("a").skip()
    elif how == "the agent leaves":
        story.hangs_up("1001").skip()
    elif how == "transfer":
        story.asks("1001", "transfer", "queue:complaint").skip()
    else:
        story.asks("1001", "help-off").hangs_up("a").skip()
        story.settles() >> []
        story.asks("1001", "help")
        assert helps(story), "without a call, too"
        story.asks("1001", "log-out")
    assert helps(story) == []
    assert story.engine.state.agents["1001"].help_asked is None


@pytest.mark.requirement("SUP-04")
def test_another_agents_call_does_not_end_the_help_that_one_has_asked_for() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "help").asks("1001", "consult", "1002").skip()
    story.hangs_up("1002", Cause.CALL_REJECTED).skip()
    assert len(helps(story)) == 1
