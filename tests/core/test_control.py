"""Call control from the seat: hold, consultation, conference, digits, release, notes (CTI-01)."""

import pytest

from appliance.core.records import from_json
from hal.api import Capability, Cause, Originate
from tests.core.consulting import AWAY, consulting
from tests.core.story import LINE, Story, centre_plan, mix, talking, together

pytestmark = [pytest.mark.requirement("CTI-01")]


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
    assert story.refuses("1001", "conference") == "nobody has answered yet"
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


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize(
    ("to", "called"), [("13900139000", "number:13900139000"), ("leader", "number:13700137000"), ("88", "number:13700137001")]
)
def test_consult_a_number_or_a_name_of_the_directory(to: str, called: str) -> None:
    story = talking("1001")
    name = called.removeprefix("number:")
    story.asks("1001", "consult", to)
    originate = next(command for command in story.commands if isinstance(command, Originate))
    assert (originate.to, originate.ani, originate.beside) == (called, "95501", story.legs["1001"]), "the service number, beside who asks"
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


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize("what", ["consult", "transfer"])
def test_on_a_line_without_a_way_outside_the_agent_is_told_so_and_asks_colleagues(what: str) -> None:
    story = talking("1001", "1002")
    line = story.engine.state.lines[LINE]
    line.capabilities &= ~Capability.OUTSIDE
    assert story.refuses("1001", what, "13900139000") == f"line '{LINE}' has no way to numbers outside"
    assert story.asks("1001", "consult", "1002").told[0] == "call 1002"
    story.skip()


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
        assert story.refuses("1001", "digits", keys) == "a telephone has the keys 0-9, *, # and A-D"
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
