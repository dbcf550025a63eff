"""Call control from the seat: hold, consultation, transfer, conference, self service, calls of one's own (CTI-01)."""

import pytest
from attrs import evolve

from appliance.core.plan import Choice, FlowPlan
from appliance.core.records import from_json
from hal.api import Cause, Originate
from tests.core.playbook import prompt
from tests.core.story import Story, centre_plan, mix, talking, together, with_queue

pytestmark = [pytest.mark.requirement("CTI-01")]
AWAY = [mix(a="", _1001="")]
"""Customer and agent stop hearing each other."""


def consulting(agent: str = "1002") -> Story:
    """Caller `a` hears music while 1001 and the other agent talk."""
    story = talking("1001", agent)
    story.asks("1001", "consult", agent) >> [f"call {agent}", "ringback to 1001", "music to a", *AWAY, "stop a | 1001", "record a"]
    story.alerts(agent)
    story.answers(agent) >> ["hush 1001", together("1001", agent), f"record 1001 | {agent}"]
    return story


# -- hold ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("REC-01")
def test_hold_with_music_and_retrieve() -> None:
    story = talking("1001")
    story.asks("1001", "hold") >> ["music to a", *AWAY, "stop a | 1001", "record a"]
    assert story.refuses("1001", "hold") == "it is on hold already"
    story.asks("1001", "retrieve") >> ["hush a", together("a", "1001"), "stop a", "record a | 1001"]
    assert story.refuses("1001", "retrieve") == "it is not on hold"
    assert story.participants() == ["caller agent:1001", "caller", "caller agent:1001"]
    story.now = 60.0
    story.hangs_up("a") >> ["release 1001", "stop a | 1001"]
    assert story.outcome().talk_s == 60.0, "time on hold is time with the customer"


def test_a_customer_who_hangs_up_on_hold_leaves_nothing_behind() -> None:
    story = talking("1001")
    story.asks("1001", "hold").skip()
    story.hangs_up("a") >> ["release 1001", "stop a"]
    story.settles() >> []
    assert story.state("1001") == "ready"
    assert story.outcome().outcome == "answered"


def test_hold_in_a_conference_lets_the_others_talk_on_without_music() -> None:
    story = consulting()
    story.asks("1001", "conference").skip()
    story.asks("1001", "hold") >> [mix(a="1002", _1001="", _1002="a"), "stop a | 1001, 1002", "record a | 1002"]
    story.asks("1001", "retrieve") >> [together("a", "1001", "1002"), "stop a | 1002", "record a | 1001, 1002"]


def test_who_is_in_no_call_can_control_none() -> None:
    story = talking("1001", "1002")
    for what in ("hold", "retrieve", "swap", "complete", "conference", "cancel", "take-back", "release", "record", "data", "digits"):
        assert story.refuses("1002", what, "x=1") == "agent 1002 is in no call"
    assert "nothing that can be asked for" in story.refuses("1002", "sing")


# -- consultation ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("REC-01")
def test_consult_an_agent_swap_and_come_back() -> None:
    story = consulting()
    assert story.refuses("1001", "consult", "1002") == "there is a consultation going on already"
    story.asks("1001", "swap") >> ["hush a", mix(a="1001", _1001="a", _1002=""), "stop a", "stop 1001 | 1002", "record a | 1001"]
    story.asks("1001", "swap") >> [
        "music to a",
        mix(a="", _1001="1002", _1002="1001"),
        "stop a | 1001",
        "record a",
        "record 1001 | 1002",
    ]
    story.asks("1001", "cancel") >> ["release 1002", "hush a", together("a", "1001"), "stop a", "stop 1001 | 1002", "record a | 1001"]
    assert story.states("1001", "1002") == ["on-call", "not-ready"]
    assert story.participants("consult") == ["agent:1001 agent:1002"] * 2
    for what in ("swap", "complete", "conference", "cancel"):
        assert story.refuses("1001", what) == "there is no consultation"
    story.settles() >> []


def test_the_one_consulted_does_not_answer() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.alerts("1002")
    assert story.state("1002") == "ringing"
    for what in ("complete", "conference"):
        assert story.refuses("1001", what) == "nobody has answered yet"
    story.at(29.9) >> []
    story.at(30.0) >> ["release 1002", "hush 1001", "hush a", together("a", "1001"), "stop a", "record a | 1001"]
    assert story.state("1002") == "not-ready"
    story.answers("1002") >> []
    story.settles() >> []
    story.asks("1001", "consult", "1002").skip()


@pytest.mark.parametrize("cause", [Cause.USER_BUSY, Cause.CALL_REJECTED, Cause.NORMAL_CLEARING])
def test_the_one_consulted_refuses_and_the_agent_is_with_the_customer_again(cause: Cause) -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.hangs_up("1002", cause) >> ["hush 1001", "hush a", together("a", "1001"), "stop a", "record a | 1001"]
    assert story.states("1001", "1002") == ["on-call", "not-ready"], "he may refuse a colleague: nobody pauses him for that"


def test_the_one_consulted_hangs_up_while_the_customer_is_spoken_to() -> None:
    story = consulting()
    story.asks("1001", "swap").skip()
    story.hangs_up("1002") >> []
    assert story.refuses("1001", "swap") == "there is no consultation"


def test_the_customer_hangs_up_during_a_consultation() -> None:
    story = consulting()
    story.hangs_up("a") >> ["release 1001", "release 1002", "stop a", "stop 1001 | 1002"]
    story.settles() >> []
    assert story.states("1001", "1002") == ["ready", "not-ready"]


def test_who_began_a_consultation_hangs_up_and_the_other_has_the_customer() -> None:
    story = consulting()
    story.hangs_up("1001") >> ["hush a", together("a", "1002"), "stop a", "stop 1001 | 1002", "record a | 1002"]
    assert story.told_of("passed on") == ["1002"]
    assert story.states("1001", "1002") == ["ready", "on-call"]


def test_who_began_a_consultation_hangs_up_before_it_was_answered() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.hangs_up("1001") >> ["release 1002", "stop a", "hush a", "release a"]
    assert story.states("1001", "1002") == ["ready", "not-ready"]


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize(
    ("to", "called"), [("13900139000", "number:13900139000"), ("leader", "number:13700137000"), ("88", "number:13700137001")]
)
def test_consult_a_number_or_a_name_of_the_directory(to: str, called: str) -> None:
    story = talking("1001")
    name = called.removeprefix("number:")
    story.asks("1001", "consult", to)
    originate = next(command for command in story.commands if isinstance(command, Originate))
    assert (originate.to, originate.ani, originate.beside) == (called, "95501", "a"), "the service number is shown, in the same worker"
    story >> [f"call {name}", "ringback to 1001", "music to a", *AWAY, "stop a | 1001", "record a"]
    story.answers(name) >> ["hush 1001", together("1001", name), f"record 1001 | {name}"]
    story.asks("1001", "swap") >> [
        "hush a",
        f"music to {name}",
        mix(a="1001", _1001="a", **{f"_{name}": ""}),
        "stop a",
        f"stop 1001 | {name}",
        "record a | 1001",
    ]
    assert story.participants("consult") == [f"agent:1001 {called}"]


def test_consult_a_station_where_nobody_is_logged_in_and_one_where_somebody_is() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "8020")
    story >> ["call 8020", "ringback to 1001", "music to a", *AWAY, "stop a | 1001", "record a"]
    story.hangs_up("8020").skip()
    assert story.refuses("1001", "consult", "8001") == "agent 1001 is on-call"
    assert story.asks("1001", "consult", "8002").told[0] == "call 1002"
    story.skip()


def test_call_the_supervisor() -> None:
    story = talking("1001")
    assert story.refuses("1001", "consult", "1009") == "agent 1009 is logged-out"
    story.log_in("1009").asks("1001", "consult", "1009").skip()
    story.answers("1009").skip()
    story.asks("1001", "complete") >> [
        "release 1001",
        "hush a",
        together("a", "1009"),
        "stop a",
        "stop 1001 | 1009",
        "record a | 1009",
    ]


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize(
    ("agent", "what", "to", "why"),
    [
        ("1001", "consult", "", "say whom"),
        ("1001", "consult", "nobody", "'nobody' is no agent, station, queue, name in the directory or number"),
        ("1001", "consult", "agent:1999", "there is no agent:1999"),
        ("1001", "transfer", "queue:sales", "there is no queue:sales"),
        ("1001", "transfer", "flow:sales", "there is no flow:sales"),
        ("1001", "transfer", "number:", "'' is no agent, station, queue, name in the directory or number"),
        ("1001", "transfer", "1001", "that is the agent himself"),
        ("1001", "transfer", "1003", "agent 1003 is logged-out"),
        ("1004", "consult", "13900139000", "agent 1004 may call the directory only"),
        ("1004", "transfer", "number:13900139000", "agent 1004 may call the directory only"),
        ("1001", "consult", "queue:consult", "a queue or flow cannot be asked: transfer the customer there"),
        ("1001", "consult", "flow:hotline", "a queue or flow cannot be asked: transfer the customer there"),
    ],
)
def test_whom_nobody_can_call_is_refused_and_the_call_goes_on(agent: str, what: str, to: str, why: str) -> None:
    story = talking(agent)
    assert story.refuses(agent, what, to) == why
    story.asks(agent, "hold") >> ["music to a", mix(a="", **{f"_{agent}": ""}), f"stop a | {agent}", "record a"]


@pytest.mark.requirement("CTI-04")
def test_who_may_not_dial_may_call_the_directory() -> None:
    story = talking("1004")
    assert story.asks("1004", "consult", "leader").told[0] == "call 13700137000"
    story.skip()


# -- transfer --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-02")
@pytest.mark.requirement("REC-01")
def test_attended_transfer_takes_call_and_data_along() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "data", "matter=no dial tone").asks("1001", "data", "form={half filled}")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.now = 20.0
    story.asks("1001", "complete") >> [
        "release 1001",
        "hush a",
        together("a", "1002"),
        "stop a",
        "stop 1001 | 1002",
        "record a | 1002",
    ]
    row = story.outcome()
    assert (row.agent, row.stage, story.told_of("passed on")) == ("1002", "connected", []), "given, not left behind"
    assert from_json(row.data, {}) == {"matter": "no dial tone", "form": "{half filled}"}
    story.settles() >> []
    story.asks("1002", "data", "matter=solved")
    story.now = 50.0
    story.hangs_up("a") >> ["release 1002", "stop a | 1002"]
    row = story.outcome()
    assert (row.outcome, row.talk_s, row.agent) == ("answered", 50.0, "1002")
    assert from_json(row.data, {})["matter"] == "solved"
    assert story.participants() == ["caller agent:1001", "caller", "caller agent:1002"]


@pytest.mark.requirement("CTI-04")
def test_attended_transfer_to_a_number_outside() -> None:
    story = talking("1001")
    story.asks("1001", "consult", "leader").skip()
    story.answers("13700137000").skip()
    story.asks("1001", "complete") >> [
        "release 1001",
        "hush a",
        together("a", "13700137000"),
        "stop a",
        "stop 1001 | 13700137000",
        "record a | 13700137000",
    ]
    assert story.outcome().stage == "outside"
    story.settles() >> []
    assert story.state("1001") == "ready", "he is free while the customer talks outside"
    story.now = 40.0
    story.hangs_up("13700137000") >> ["stop a | 13700137000", "release a"]
    story.settles() >> []
    assert (story.outcome().outcome, story.outcome().talk_s, story.outcome().agent) == ("answered", 40.0, "1001")


def test_blind_transfer_to_an_agent() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "transfer", "1002") >> ["release 1001", "stop a | 1001", mix(a=""), "call 1002"]
    story.alerts("1002")
    assert story.outcome().queue == "agent:1002"
    story.answers("1002") >> [together("a", "1002"), "record a | 1002"]
    assert story.states("1001", "1002") == ["ready", "on-call"]
    story.settles() >> []


def test_blind_transfer_to_an_agent_who_does_not_answer_goes_back_to_the_queue_it_came_from() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "transfer", "1002").skip()
    story.asks("1001", "not-ready")
    story.hangs_up("1002", Cause.USER_BUSY) >> ["music to a"]
    assert (story.outcome().queue, story.outcome().stage) == ("consult", "queued")
    assert story.state("1002") == "not-ready"
    story.settles() >> []
    story.asks("1001", "ready") >> ["call 1001"]


def test_transfer_to_a_busy_agent_is_refused_and_the_call_goes_on() -> None:
    story = talking("1001")
    story.log_in("1002").calls("b", "139") >> ["call 1002", "music to b"]
    for state in ("offered", "ringing", "on-call"):
        assert story.refuses("1001", "transfer", "1002") == f"agent 1002 is {state}"
        assert story.refuses("1001", "consult", "1002") == f"agent 1002 is {state}"
        if state == "offered":
            story.alerts("1002")
        elif state == "ringing":
            story.answers("1002").skip()
    story.asks("1001", "hold") >> ["music to a", *AWAY, "stop a | 1001", "record a"]


def test_blind_transfer_to_a_queue() -> None:
    story = talking("1001", "1003")
    story.asks("1001", "transfer", "queue:complaint") >> ["release 1001", "stop a | 1001", mix(a=""), "music to a"]
    story.asks("1003", "ready") >> ["call 1003"]
    story.now = 12.0
    story.answers("1003") >> ["hush a", together("a", "1003"), "record a | 1003"]
    row = story.outcome()
    assert (row.queue, row.agent, row.wait_s) == ("complaint", "1003", 12.0)
    story.settles() >> []


@pytest.mark.requirement("CTI-04")
def test_blind_transfer_to_a_number_and_what_follows() -> None:
    story = talking("1001")
    story.now = 10.0
    story.asks("1001", "transfer", "leader") >> [
        "release 1001",
        "stop a | 1001",
        mix(a=""),
        "call 13700137000",
        "ringback to a",
        "record a",
    ]
    story.now = 20.0
    story.answers("13700137000") >> ["hush a", together("a", "13700137000"), "stop a", "record a | 13700137000"]
    story.now = 25.0
    story.hangs_up("a") >> ["release 13700137000", "stop a | 13700137000"]
    assert (story.outcome().outcome, story.outcome().talk_s) == ("answered", 15.0), "ringing is no talk"
    story.settles() >> []


def test_a_blind_transfer_to_a_number_that_does_not_answer_takes_a_message() -> None:
    story = talking("1001")
    story.asks("1001", "transfer", "13900139000").skip()
    story.at(30.0) >> ["release 13900139000", "stop a", "hush a", "say unavailable to a"]
    story.settles() >> []
    story.heard_out("a") >> ["say message to a"]


def test_blind_transfer_to_self_service() -> None:
    story = talking("1001")
    story.asks("1001", "transfer", "flow:hotline") >> ["release 1001", "stop a | 1001", mix(a=""), "say language to a"]
    story.presses("a", "1") >> ["hush a", "say welcome to a"]
    story.settles() >> []


def test_a_call_that_an_agent_has_made_can_be_transferred_too() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "13900139000") >> ["call 1001"]
    story.answers("1001").skip()
    story.answers("13900139000").skip()
    story.asks("1001", "transfer", "1002") >> ["release 1001", "stop 13900139000 | 1001", mix(_13900139000=""), "call 1002"]
    story.answers("1002") >> [together("13900139000", "1002"), "record 13900139000 | 1002"]
    story.settles() >> []
    story.hangs_up("1002") >> ["stop 13900139000 | 1002", "release 13900139000"]
    story.settles() >> []
    assert (story.outcome().outcome, story.outcome().agent) == ("answered", "1002")


def test_there_is_nobody_to_give_away_before_the_customer_is_there_nor_out_of_a_conference() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "13900139000").skip()
    assert story.refuses("1001", "transfer", "1002") == "agent 1001 is in no call"
    story.answers("1001").skip()
    assert story.refuses("1001", "transfer", "1002") == "there is no customer to give away"
    story.answers("13900139000").skip()
    story.asks("1001", "consult", "1002").skip()
    assert "there are others in the call" in story.refuses("1001", "transfer", "queue:complaint")


# -- conference ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("REC-01")
def test_a_conference_of_eight_and_one_is_put_out() -> None:
    story = talking("1001", "1002")
    there = ["a", "1001"]
    for to in ("1002", *(f"1390013900{n}" for n in range(5))):
        story.asks("1001", "consult", to).skip()
        story.answers(to).skip()
        story.asks("1001", "conference")
        before, there = there, [*there, to]
        story >> ["hush a"] * (len(there) == 3) + [
            together(*there),
            # without the agent who was away the others went on alone
            f"stop {alone(before)}",
            f"stop 1001 | {to}",
            f"record a | {', '.join(there[1:])}",
        ]
    assert len(there) == 8
    assert story.participants()[-1] == "caller agent:1001 agent:1002 " + " ".join(f"number:1390013900{n}" for n in range(5))
    rest = [name for name in there if name != "13900139002"]
    story.asks("1001", "drop", "13900139002") >> [
        "release 13900139002",
        together(*rest),
        f"stop a | {', '.join(there[1:])}",
        f"record a | {', '.join(rest[1:])}",
    ]
    assert story.refuses("1001", "drop", "13900139002") == "'13900139002' takes no part in it"
    assert story.refuses("1001", "drop", "1001") == "'1001' takes no part in it"
    story.settles() >> []
    story.hangs_up("a").skip()
    story.settles() >> []
    assert story.states("1001", "1002") == ["ready", "not-ready"]


def alone(there: list[str]) -> str:
    others = [name for name in there if name not in ("a", "1001")]
    return "a" + (f" | {', '.join(others)}" if others else "")


def test_the_agent_leaves_a_conference_and_the_others_go_on() -> None:
    story = consulting()
    story.asks("1001", "conference").skip()
    story.hangs_up("1001") >> [mix(a="1002", _1002="a"), "stop a | 1001, 1002", "record a | 1002"]
    assert story.outcome().agent == "1002"
    story.hangs_up("1002") >> ["stop a | 1002", "release a"]


def test_the_customer_leaves_a_conference_and_everybody_goes() -> None:
    story = consulting()
    story.asks("1001", "conference").skip()
    story.asks("1001", "release") >> ["release a"]
    story.settles() >> ["release 1001", "release 1002", "stop a | 1001, 1002"]


def test_a_conference_takes_no_more_than_its_limit() -> None:
    story = talking("1001")
    for n in range(30):
        number = f"139001390{n:02d}"
        story.asks("1001", "consult", number).skip()
        story.answers(number).skip()
        story.asks("1001", "conference").skip()
    assert story.refuses("1001", "consult", "13800138001") == "no more than 32 can take part"


# -- digits, release -------------------------------------------------------------------------------------------------------------------


def test_digits_go_to_whom_the_agent_talks_to() -> None:
    story = talking("1001")
    story.asks("1001", "digits", "12#a") >> ["keys 12#A to a"]
    for keys in ("", "12x"):
        assert story.refuses("1001", "digits", keys) == f"'{keys}' are no keys of a telephone"
    story.asks("1001", "consult", "13900139000").skip()
    story.asks("1001", "digits", "5") >> []
    story.answers("13900139000").skip()
    story.asks("1001", "digits", "5") >> ["keys 5 to 13900139000"]
    story.asks("1001", "conference").skip()
    story.asks("1001", "digits", "7") >> ["keys 7 to a", "keys 7 to 13900139000"]


def test_release_ends_the_call() -> None:
    story = talking("1001")
    story.asks("1001", "release") >> ["release a"]
    story.settles() >> ["release 1001", "stop a | 1001"]
    story.settles() >> []
    assert story.outcome().outcome == "answered"


# -- calls of one's own ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("REC-01")
def test_click_to_dial_rings_the_agents_phone_first() -> None:
    story = Story().log_in("1001")
    story.asks("1001", "dial", "13900139000")
    originate = story.only(Originate)
    assert (originate.to, originate.ani, originate.display) == ("station:8001", "13900139000", "→ 13900139000")
    story >> ["call 1001"]
    assert story.state("1001") == "on-call", "nobody offers him a contact meanwhile"
    story.alerts("1001")
    story.answers("1001")
    originate = story.only(Originate)
    assert (originate.to, originate.ani, originate.beside) == ("number:13900139000", "95500", story.legs["1001"])
    story >> ["call 13900139000", "ringback to 1001"]
    story.now = 8.0
    story.answers("13900139000") >> ["hush 1001", together("1001", "13900139000"), "record 13900139000 | 1001"]
    story.now = 20.0
    story.hangs_up("13900139000") >> ["release 1001", "stop 13900139000 | 1001"]
    story.settles() >> []
    row = story.outcome()
    assert (row.direction, row.ani, row.outcome, row.agent, row.talk_s) == ("out", "13900139000", "answered", "1001", 12.0)
    assert story.state("1001") == "ready"


def test_a_dialled_customer_who_does_not_answer_is_unreached_and_the_agent_free() -> None:
    story = Story().log_in("1001")
    story.asks("1001", "dial", "13900139000").skip()
    story.answers("1001").skip()
    story.at(30.0) >> ["release 13900139000 NO_ANSWER"]
    story.settles() >> ["release 1001"]
    story.settles() >> []
    assert (story.outcome().outcome, story.outcome().cause) == ("unreached", Cause.NO_ANSWER)
    assert story.state("1001") == "ready"


def test_the_dialling_agents_own_phone_is_not_picked_up() -> None:
    story = Story().log_in("1001")
    story.asks("1001", "dial", "13900139000").skip()
    story.at(30.0) >> ["release 1001"]
    story.settles() >> []
    assert (story.outcome().outcome, story.state("1001")) == ("unreached", "ready")


def test_a_call_of_ones_own_can_be_given_up_while_it_rings() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "13900139000").skip()
    story.asks("1001", "release") >> ["release 1001"]
    story.settles() >> []
    story.asks("1001", "dial", "1002").skip()
    story.answers("1001").skip()
    story.asks("1002", "release") >> ["release 1002", "release 1001"]
    story.settles() >> []
    assert story.states("1001", "1002") == ["ready", "ready"]


@pytest.mark.requirement("REC-01")
def test_dial_a_colleague() -> None:
    story = Story().log_in("1001", "1002")
    story.asks("1001", "dial", "1002") >> ["call 1001"]
    story.answers("1001")
    originate = story.only(Originate)
    assert (originate.ani, originate.display) == ("1001", "王芳")
    story >> ["call 1002", "ringback to 1001"]
    story.alerts("1002")
    story.now = 5.0
    story.answers("1002") >> ["hush 1001", together("1001", "1002"), "record 1001 | 1002"]
    story.asks("1002", "hold") >> [mix(_1001="", _1002=""), "stop 1001 | 1002"]
    story.asks("1002", "retrieve") >> [together("1001", "1002"), "record 1001 | 1002"]
    story.now = 35.0
    story.asks("1001", "release") >> ["release 1001", "release 1002", "stop 1001 | 1002"]
    story.settles() >> []
    row = story.outcome()
    assert (row.direction, row.ani, row.dnis, row.outcome, row.talk_s) == ("between", "1001", "1002", "answered", 30.0)
    assert story.states("1001", "1002") == ["ready", "ready"]


def test_nobody_can_be_dialled_who_is_not_there() -> None:
    story = Story()
    assert story.refuses("1001", "dial", "1002") == "agent 1001 is logged-out"
    story.log_in("1001")
    assert story.refuses("1001", "dial", "1002") == "agent 1002 is logged-out"
    assert story.refuses("1001", "dial", "1001") == "that is the agent himself"
    assert story.refuses("1001", "dial", "8001") == "that is the agent himself"
    assert story.refuses("1001", "dial", "consult") == "a queue or flow cannot be called"
    assert story.refuses("1001", "dial", "flow:hotline") == "a queue or flow cannot be called"


def test_who_is_called_back_out_of_wrap_up_goes_on_with_what_was_left_of_it() -> None:
    story = talking("1001", plan=with_queue(wrap_up_s=30.0))
    story.hangs_up("a").skip()
    story.settles() >> []
    story.at(10.0) >> []
    story.asks("1001", "dial", "13900139000").skip()
    story.at(15.0) >> []
    story.hangs_up("1001") >> []
    assert story.state("1001") == "wrap-up"
    story.at(34.9) >> []
    assert story.state("1001") == "wrap-up"
    story.at(35.0) >> []
    assert story.state("1001") == "ready"


# -- self service and back -------------------------------------------------------------------------------------------------------------


def in_flow() -> Story:
    story = talking("1001")
    story.asks("1001", "flow", "hotline") >> [*AWAY, "stop a | 1001", "say language to a"]
    return story


def test_send_to_self_service_and_take_back() -> None:
    story = in_flow()
    assert story.refuses("1001", "flow", "hotline") == "the customer cannot be sent to self service now"
    assert story.refuses("1001", "flow", "sales") == "there is no flow 'sales'"
    assert story.refuses("1001", "consult", "13900139000") == "the customer is in self service; take him back first"
    assert story.refuses("1001", "transfer", "queue:complaint") == "the customer is in self service; take him back first"
    story.presses("a", "1") >> ["hush a", "say welcome to a"]
    story.asks("1001", "take-back") >> ["hush a", together("a", "1001"), "record a | 1001"]
    assert story.refuses("1001", "take-back") == "the customer is not in self service"
    story.heard_out("a") >> []
    story.presses("a", "1") >> []
    story.asks("1001", "flow", "flow:hotline").skip()


def test_what_the_customer_keyed_for_the_flow_does_not_answer_later() -> None:
    story = in_flow()
    story.presses("a", "1").skip()
    story.asks("1001", "take-back").skip()
    story.presses("a", "99") >> []
    story.asks("1001", "flow", "hotline") >> [*AWAY, "stop a | 1001", "say language to a"]


def test_the_customer_finishes_the_flow_and_is_back_with_the_agent() -> None:
    plan = centre_plan()
    story = talking("1001", plan=evolve(plan, flows={**plan.flows, "pay": FlowPlan(welcome=prompt("pay"), otherwise=Choice("release"))}))
    story.asks("1001", "flow", "pay") >> [*AWAY, "stop a | 1001", "say pay to a"]
    story.heard_out("a") >> [together("a", "1001"), "record a | 1001"]
    assert story.outcome().stage == "connected"


def test_the_customer_chooses_a_queue_in_the_flow_and_the_agent_is_free() -> None:
    story = in_flow()
    story.presses("a", "1").skip()
    story.presses("a", "2") >> ["hush a", "release 1001", "music to a"]
    assert (story.outcome().queue, story.outcome().stage) == ("complaint", "queued")
    story.settles().skip()


def test_the_customer_hangs_up_in_the_flow() -> None:
    story = in_flow()
    story.hangs_up("a") >> ["release 1001"]
    story.settles() >> []
    assert (story.outcome().outcome, story.state("1001")) == ("answered", "ready")


def test_the_agent_hangs_up_while_the_customer_is_in_the_flow() -> None:
    story = in_flow()
    story.hangs_up("1001") >> []
    assert story.state("1001") == "ready"
    story.asks("1001", "not-ready")
    story.presses("a", "1") >> ["hush a", "say welcome to a"]
    story.presses("a", "1") >> ["hush a", "music to a"]
    assert (story.outcome().queue, story.outcome().stage) == ("consult", "queued")


def test_nobody_is_sent_to_self_service_out_of_a_consultation() -> None:
    story = consulting()
    assert story.refuses("1001", "flow", "hotline") == "there is a consultation going on: end it first"


# -- notes -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-02")
def test_notes_travel_with_a_blind_transfer_and_through_the_queue() -> None:
    story = talking("1001", "1003")
    story.asks("1001", "data", " matter = bill of May")
    assert story.refuses("1001", "data", "matter") == "write KEY=VALUE"
    assert story.refuses("1001", "data", "=x") == "write KEY=VALUE"
    story.asks("1001", "transfer", "queue:complaint").skip()
    assert from_json(story.outcome().data, {}) == {"matter": " bill of May"}
    story.asks("1003", "ready").skip()
    story.answers("1003").skip()
    story.asks("1003", "data", "result=credit")
    assert from_json(story.outcome().data, {}) == {"matter": " bill of May", "result": "credit"}


@pytest.mark.requirement("CTI-02")
def test_there_is_an_end_to_notes_but_the_old_ones_can_be_changed() -> None:
    story = talking("1001")
    for n in range(100):
        story.asks("1001", "data", f"k{n}=v")
    assert story.refuses("1001", "data", "k100=v") == "there are 100 notes already"
    story.asks("1001", "data", " k7 =w")
    assert from_json(story.outcome().data, {})["k7"] == "w"


@pytest.mark.requirement("REC-01")
def test_record_on_demand_where_not_all_calls_are_recorded() -> None:
    story = Story(centre_plan(record_calls=False)).log_in("1001")
    story.calls("a").skip()
    story.answers("1001") >> ["hush a", together("a", "1001")]
    story.asks("1001", "record") >> ["record a | 1001"]
    story.asks("1001", "hold") >> ["music to a", *AWAY, "stop a | 1001", "record a"]
    story.asks("1001", "record-stop") >> ["stop a"]
    story.asks("1001", "retrieve") >> ["hush a", together("a", "1001")]


@pytest.mark.requirement("REC-01")
def test_where_all_calls_are_recorded_nobody_stops_it() -> None:
    story = talking("1001")
    story.asks("1001", "record") >> []
    assert story.refuses("1001", "record-stop") == "all calls are recorded here"


def test_a_call_among_phones_without_an_agent_ends_with_the_agent() -> None:
    story = Story().log_in("1001")
    story.asks("1001", "dial", "8020").skip()
    story.answers("1001").skip()
    story.answers("8020").skip()
    story.asks("1001", "consult", "13900139000").skip()
    story.answers("13900139000").skip()
    story.asks("1001", "conference").skip()
    story.hangs_up("1001") >> ["release 8020", "release 13900139000", "stop 1001 | 8020, 13900139000"]
    story.settles() >> []
    assert story.outcome().outcome == "answered"
