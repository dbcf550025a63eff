"""Races, by name: what must come out when two things happen at the same instant, in whichever order the line tells them."""

import pytest
from attrs import evolve

from appliance.core.plan import AgentPlan, Announce, QueuePlan, StationPlan
from appliance.core.records import Contact, Leg
from hal.api import (
    Alerted,
    Answered,
    Arrived,
    Cause,
    PlayEnd,
    PlayEnded,
    Released,
    StationRegistered,
    TransferAsked,
)
from tests.core.playbook import prompt
from tests.core.story import LINE, Story, centre_plan, mix, talking, together, with_queue

pytestmark = [pytest.mark.requirement("ACD-05")]


def ring_all(**changes: object) -> Story:
    """Three agents whose phones all ring for caller `a`."""
    story = Story(with_queue(strategy="ring-all", **changes))
    for at, agent in enumerate(("1001", "1002", "1003")):
        story.at(float(at)).log_in(agent)
    story.calls("a") >> ["call 1001", "call 1002", "music to a"]  # those of rank 1
    story.alerts("1001").alerts("1002")
    return story


# -- ring all --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [("1001", "1002"), ("1002", "1001")])
def test_two_agents_answer_the_same_ring_all_offer_at_the_same_instant(first: str, second: str) -> None:
    story = ring_all()
    story.answers(first) >> [f"release {second}", "hush a", together("a", first), f"record a | {first}"]
    story.answers(second) >> []  # our release has crossed his answer
    assert story.states(first, second) == ["on-call", "ready"]
    assert not story.engine.state.agents[second].entries, "his phone is not free before its leg is gone"
    story.settles() >> []
    assert story.engine.state.agents[second].entries
    story.calls("b") >> [f"call {second}", "music to b"]


def test_ring_all_with_fifty_agents() -> None:
    plan = centre_plan()
    many = [str(2000 + n) for n in range(50)]
    story = Story(
        evolve(
            plan,
            queues={**plan.queues, "consult": QueuePlan(strategy="ring-all", pause_after=0, music=prompt("music"))},
            stations={agent: StationPlan(LINE) for agent in many},
            agents={agent: AgentPlan(agent, agent, {"consult": 1}) for agent in many},
        )
    )
    for station in many:
        story << StationRegistered(LINE, station, "127.0.0.1:5070")
    for at, agent in enumerate(many):
        story.at(float(at)).log_in(agent)
    story.calls("a") >> [*(f"call {agent}" for agent in many), "music to a"]
    story.hangs_up(many[0], Cause.USER_BUSY) >> []
    story.alerts(many[7])
    story.at(60.0) >> [f"call {many[0]}"]  # after a rest he rings along again
    story.answers(many[7])
    others = [agent for agent in many[1:] if agent != many[7]]
    story >> [*(f"release {agent}" for agent in (*others, many[0])), "hush a", together("a", many[7]), f"record a | {many[7]}"]
    story.answers(many[9]) >> []
    story.settles() >> []
    assert set(story.states(*others)) == {"ready"}
    idle = [story.engine.state.roster[int(entry[-1])] for entry in story.engine.state.queues["consult"].idle]
    assert [agent for agent in idle if agent in others] == others, "who is longest idle is so still: nobody's turn was used up"
    story.hangs_up("a").skip()


def test_all_refuse_a_ring_all_offer_and_the_caller_waits_at_his_place() -> None:
    story = ring_all(pause_after=0)
    story.hangs_up("1001", Cause.CALL_REJECTED) >> []
    story.hangs_up("1002", Cause.CALL_REJECTED) >> ["call 1003"]
    story.at(story.now + 5.0).skip()
    assert story.outcome().stage == "queued"


# -- the caller leaves -----------------------------------------------------------------------------------------------------------------


def test_caller_hangs_up_between_answer_and_connect() -> None:
    story = Story(with_queue(wrap_up_s=10.0)).log_in("1001")
    story.calls("a").skip()
    story.alerts("1001")
    story.hangs_up("a") >> ["release 1001"]
    story.answers("1001") >> []  # he had picked up: the line tells it late
    assert story.state("1001") == "ready", "he has served nobody: no wrap-up"
    story.settles() >> []
    assert (story.outcome().outcome, story.engine.idle) == ("abandoned", True)


def test_agent_answers_and_the_caller_hangs_up_the_other_way_round() -> None:
    story = Story(with_queue(wrap_up_s=10.0)).log_in("1001")
    story.calls("a").skip()
    story.alerts("1001")
    story.answers("1001").skip()
    story.hangs_up("a") >> ["release 1001", "stop a | 1001"]
    assert story.state("1001") == "wrap-up"
    assert story.outcome().outcome == "answered"
    story.settles() >> []


def test_answer_during_cancel_the_leg_ends_once() -> None:
    story = Story().log_in("1001", "1002")
    story.calls("a").skip()
    story.at(15.0) >> ["release 1001", "call 1002"]
    story.answers("1001") >> []
    leg = story.legs["1001"]
    story << Alerted(LINE, leg) >> []
    story.settles() >> []
    story << Released(LINE, leg)  # told twice
    (row,) = [row for row in story.rows(Leg) if row.id == leg]
    assert (row.answered_at, row.cause, row.by_far_end) == (None, Cause.NORMAL_CLEARING, False)
    story.answers("1002") >> ["hush a", together("a", "1002"), "record a | 1002"]
    assert story.states("1001", "1002") == ["not-ready", "on-call"]


# -- announcements ---------------------------------------------------------------------------------------------------------------------


def announced() -> Story:
    story = Story(with_queue(agent_number=True, whisper=prompt("whisper"))).log_in("1001")
    story.calls("a").skip()
    story.alerts("1001")
    number = "agent-number digit-1 digit-0 digit-0 digit-1 at-your-service"
    story.answers("1001") >> [f"say {number} to a", "say whisper to 1001", "record a | 1001"]
    return story


@pytest.mark.requirement("ACD-07")
def test_nobody_waits_for_the_others_announcement() -> None:
    story = announced()
    story.heard_out("1001") >> [mix(_1001="a")]
    story.heard_out("a") >> [mix(a="1001")]
    assert story.participants() == ["caller agent:1001"], "one recording, from the answer on"


@pytest.mark.requirement("ACD-07")
def test_the_caller_is_through_at_once_where_only_the_agent_is_told_something() -> None:
    story = Story(with_queue(whisper=prompt("whisper"))).log_in("1001")
    story.calls("a").skip()
    story.answers("1001") >> ["say whisper to 1001", "hush a", mix(a="1001"), "record a | 1001"]
    story.heard_out("1001") >> [mix(_1001="a")]


@pytest.mark.requirement("ACD-07")
def test_announcements_are_cut_short_the_moment_the_caller_hangs_up() -> None:
    story = announced()
    story.hangs_up("a") >> ["release 1001", "stop a | 1001"]
    story.settles() >> []
    assert story.state("1001") == "ready"


@pytest.mark.requirement("ACD-07")
def test_the_agents_number_is_cut_short_when_he_hangs_up() -> None:
    story = announced()
    story.hangs_up("1001") >> ["stop a | 1001", "hush a", "release a"]


@pytest.mark.requirement("ACD-07")
@pytest.mark.parametrize("number", [True, False])
def test_announcement_running_when_the_agent_answers(number: bool) -> None:
    plan = with_queue(announce=Announce(5.0, 60.0), agent_number=number)
    story = Story(evolve(plan, prompts={**plan.prompts, "position-1": prompt("position-1"), "wait-soon": prompt("wait-soon")}))
    story.log_in("1001").asks("1001", "not-ready")
    story.calls("a") >> ["music to a"]
    story.at(5.0)
    assert story.told[0].startswith("say position-1")
    position = story.engine.state.legs["a"].play
    story.skip().asks("1001", "ready") >> ["call 1001"]
    story.answers("1001")
    if number:
        assert story.told == [
            "say agent-number digit-1 digit-0 digit-0 digit-1 at-your-service to a",
            mix(_1001="a"),
            "record a | 1001",
        ]
    else:
        assert story.told == ["hush a", together("a", "1001"), "record a | 1001"]
    story.skip() << PlayEnded(LINE, "a", position, PlayEnd.STOPPED)
    story >> []  # no music into the conversation
    if number:
        story.heard_out("a") >> [mix(a="1001")]


@pytest.mark.requirement("ACD-07")
def test_hold_during_the_announcement_is_music_when_it_is_over() -> None:
    story = announced()
    story.asks("1001", "hold") >> ["stop a | 1001", "record a"]
    story.heard_out("1001") >> []
    story.heard_out("a") >> ["music to a"]
    story.asks("1001", "retrieve") >> ["hush a", together("a", "1001"), "stop a", "record a | 1001"]


# -- transfers, consultations, supervisors -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-01")
def test_transfer_to_an_agent_who_becomes_busy_at_the_same_instant() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "transfer", "1002").skip()
    story.hangs_up("1002", Cause.USER_BUSY).skip()
    assert story.outcome().queue == "consult", "he goes back to where he came from"
    story.settles() >> ["call 1001"]


@pytest.mark.requirement("CTI-01")
def test_two_transfers_cross() -> None:
    story = talking("1001")
    story.log_in("1002").calls("b", "139").skip()
    story.answers("1002").skip()
    assert story.refuses("1001", "transfer", "1002") == "agent 1002 is on-call"
    assert story.refuses("1002", "transfer", "1001") == "agent 1001 is on-call"
    story.asks("1001", "transfer", "queue:complaint").skip()
    story.asks("1002", "transfer", "queue:complaint").skip()
    story.settles().skip()
    assert {row.id: row.queue for row in story.rows(Contact)} == {"0001-000001": "complaint", "0001-000002": "complaint"}
    assert story.states("1001", "1002") == ["offered", "ready"], "1001 serves complaints too"


@pytest.mark.requirement("CTI-01")
def test_seat_and_phone_give_the_same_customer_away_at_once() -> None:
    story = talking("1001", "1002")
    leg = story.legs["1001"]
    story.asks("1001", "transfer", "1002").skip()
    story << TransferAsked(LINE, leg, "1003")
    story >> ["transfer of 1001 refused CALL_REJECTED"]
    assert story.outcome().queue == "agent:1002"


@pytest.mark.requirement("CTI-01")
def test_the_one_consulted_gives_away_as_the_transfer_completes() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    assert "there are others" in story.refuses("1002", "transfer", "queue:complaint"), "it is not his customer yet"
    story.asks("1001", "complete").skip()
    story.asks("1002", "transfer", "queue:complaint").skip()
    assert story.refuses("1001", "transfer", "queue:consult") == "agent 1001 is in no call"
    story.settles().skip()
    assert story.outcome().queue == "complaint"


@pytest.mark.requirement("CTI-01")
def test_two_consultations_to_each_other_at_once() -> None:
    story = talking("1001")
    story.log_in("1002").calls("b", "139").skip()
    story.answers("1002").skip()
    assert story.refuses("1001", "consult", "1002") == "agent 1002 is on-call"
    assert story.refuses("1002", "consult", "1001") == "agent 1001 is on-call"
    for agent, customer in (("1001", "a"), ("1002", "b")):
        story.asks(agent, "hold") >> [
            f"music to {customer}",
            mix(**{customer: "", f"_{agent}": ""}),
            f"stop {customer} | {agent}",
            f"record {customer}",
        ]


@pytest.mark.requirement("CTI-01")
def test_two_agents_dial_each_other_at_once() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "1002") >> ["call 1001"]
    assert story.refuses("1002", "dial", "1001") == "agent 1001 is on-call"
    story.answers("1001") >> ["call 1002", "ringback to 1001"]
    story.answers("1002") >> ["hush 1001", together("1001", "1002"), "record 1001 | 1002"]


@pytest.mark.requirement("CTI-06")
def test_two_phones_dial_each_other_at_once() -> None:
    story = Story().log_in("1001", "1002")
    story.phone_dials("1001", "1002", "p") >> ["answer p"]
    story.legs["q"] = "q"
    story << Arrived(LINE, "q", "8002", "1001", station="8002")
    story >> ["reject q USER_BUSY"]
    story.settles() >> []
    story.answers("p") >> ["call 1002", "ringback to p"]
    story.answers("1002").skip()


@pytest.mark.requirement("SUP-02")
@pytest.mark.parametrize("order", ["answer first", "hang-up first"])
def test_supervisor_barges_as_the_caller_leaves(order: str) -> None:
    story = talking("1001").log_in("1009")
    story.asks("1001", "barge", by="1009") >> ["call 1009"]
    answer, hang_up = Answered(LINE, story.legs["1009"]), Released(LINE, "a")
    if order == "answer first":
        story.several(answer, hang_up).skip()
    else:
        story.several(hang_up, answer) >> ["release 1001", "release 1009", "stop a | 1001"]
    story.settles() >> []
    assert story.states("1001", "1009") == ["ready", "ready"]
    assert story.outcome().outcome == "answered"
    story.calls("b").skip()
    assert story.refuses("1001", "listen", by="1009") == "agent 1001 is in no call"
