"""Call control where it could be silent, unfair or misused: holds, phones rung twice, levels, targets, keys, numbers to call back."""

import pytest
from attrs import evolve

from appliance.core.actions import Replied
from appliance.core.inputs import AgentAsked
from appliance.core.plan import CallBack, CallerPlan, Choice, NumberPlan
from appliance.core.records import Contact
from hal.api import Arrived, HeldByFarEnd, RetrievedByFarEnd, TransferAsked
from tests.core.consulting import AWAY
from tests.core.playbook import prompt
from tests.core.story import LINE, Story, centre_plan, mix, talking, together, with_queue

pytestmark = [pytest.mark.requirement("CTI-01")]


# -- hold ------------------------------------------------------------------------------------------------------------------------------


def test_who_consults_from_hold_is_heard_by_whom_he_consults() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "hold") >> ["music to a", *AWAY, "stop a | 1001", "record a"]
    story.asks("1001", "consult", "1002") >> ["call 1002", "ringback to 1001"]
    story.answers("1002") >> ["hush 1001", together("1001", "1002"), "record 1001 | 1002"]
    story.asks("1001", "swap") >> ["hush a", mix(a="1001", _1001="a", _1002=""), "stop a", "stop 1001 | 1002", "record a | 1001"]


@pytest.mark.parametrize(("what", "ears"), [("swap", mix(a="1001", _1001="a")), ("cancel", together("a", "1001"))])
def test_who_held_in_a_consultation_and_comes_back_is_heard_by_the_customer(what: str, ears: str) -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.asks("1001", "hold").skip()
    story.asks("1001", what)
    assert ears in story.told
    story.skip()


def test_who_holds_with_the_phones_button_consults_and_retrieves_with_it_too() -> None:
    story = talking("1001", "1002")
    story << HeldByFarEnd(LINE, story.legs["1001"])
    story.skip()
    assert story.refuses("1001", "consult", "1002").startswith("retrieve at the phone first")
    assert story.refuses("1001", "retrieve").startswith("retrieve at the phone")
    story << RetrievedByFarEnd(LINE, story.legs["1001"])
    story >> ["hush a", together("a", "1001"), "stop a", "record a | 1001"]
    assert story.asks("1001", "consult", "1002").told[0] == "call 1002"
    story.skip()


# -- phones ----------------------------------------------------------------------------------------------------------------------------


def test_a_phone_rung_for_a_service_number_is_not_rung_for_the_queue_as_well() -> None:
    plan = centre_plan()
    story = Story(evolve(plan, numbers={**plan.numbers, "95503": NumberPlan(Choice("station", "8001"))})).log_in("1001")
    story.calls("a", dnis="95503")
    assert story.told[0] == "call 8001"
    story.skip().calls("b", "139") >> ["music to b"]
    assert story.engine.state.agents["1001"].entries == {}
    story.hangs_up("8001").skip()
    assert story.engine.state.agents["1001"].contact == "0001-000002", "and he is rung for it when his phone is free"


def test_a_station_named_as_such_is_the_agent_who_sits_there() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "station:8002")
    assert story.told[0] == "call 1002"
    assert story.skip().state("1002") == "offered"


# -- levels ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SUP-03")
@pytest.mark.parametrize("what", ["listen", "barge", "record", "force-release", "hold"])
def test_a_conversation_with_somebody_of_his_level_is_not_commanded_through_an_agent_in_it(what: str) -> None:
    story = talking("1001", "1019").log_in("1009", "1010")
    story.asks("1001", "consult", "1019").skip()
    story.answers("1019").skip()
    assert story.refuses("1001", what, by="1009").endswith("and 1019 is supervisor")
    assert story.audited()[-1][:2] == ("agent:1009", f"{what} refused")
    story.asks("1001", what, by="1010").skip()


@pytest.mark.requirement("SUP-03")
def test_a_supervisor_hears_no_more_when_one_of_his_level_is_called_in() -> None:
    story = talking("1001", "1002", "1019").log_in("1009")
    story.asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    story.asks("1001", "consult", "1002").skip()
    story.asks("1001", "cancel").skip().settles().skip()
    assert story.state("1009") == "on-call", "an agent is below him"
    story.asks("1001", "consult", "1019")
    assert story.told[:2] == ["call 1019", "release 1009"]
    assert ("agent:1009", "stop", "1019 joins, and is supervisor") in story.skip().audited()
    assert story.state("1009") == "ready"


@pytest.mark.requirement("SUP-03")
def test_nobody_takes_the_phone_of_somebody_above_him_at_a_seat() -> None:
    story = Story().log_in("1009")
    why = "1009 is logged in there, and is supervisor"
    story << AgentAsked("1001", "log-in", station="8009", token=1)
    assert [action.error for action in story.actions if isinstance(action, Replied)] == [why]
    assert story.states("1001", "1009") == ["logged-out", "ready"]
    story.asks("1001", "log-in", station="8009", by="operator")
    assert story.states("1001", "1009") == ["ready", "logged-out"]
    story.log_in("1002").asks("1010", "log-in", station="8002")
    assert story.states("1002", "1010") == ["logged-out", "ready"]


@pytest.mark.requirement("SUP-03")
def test_a_number_that_is_no_agents_commands_nobody() -> None:
    story = talking("1001")
    for what in ("hold", "force-release", "record", "not-ready"):
        assert story.refuses("1001", what, by="1999") == "there is no agent 1999"
    story.asks("1001", "hold", by="operator").skip()


@pytest.mark.requirement("REC-01")
@pytest.mark.parametrize("by", ["1009", "operator"])
def test_an_agent_does_not_stop_the_recording_a_supervisor_asked_for(by: str) -> None:
    story = Story(centre_plan(record_calls=False)).log_in("1001", "1009", "1010")
    story.calls("a").skip()
    story.answers("1001").skip()
    story.asks("1001", "record", by=by) >> ["record a | 1001"]
    story.asks("1001", "record") >> []
    assert story.refuses("1001", "record-stop") == "a supervisor has asked for this recording"
    story.asks("1001", "record-stop", by=by) >> ["stop a | 1001"]
    story.asks("1001", "record") >> ["record a | 1001"]
    story.asks("1001", "record-stop") >> ["stop a | 1001"]


# -- whom ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize("to", ["*101002*4711", "#4711", "number:*101002*4711", "1380013800a", "+", "1+2", "4711A"])
def test_what_is_no_telephone_number_is_called_by_nobody(to: str) -> None:
    story = talking("1001")
    for what in ("consult", "transfer"):
        assert "no " in story.refuses("1001", what, to)
    story.phone_dials("1001", "1#2", "p") >> ["reject p UNALLOCATED_NUMBER"]


@pytest.mark.requirement("CTI-06")
def test_a_pin_in_the_phones_transfer_is_refused_and_kept_nowhere() -> None:
    story = talking("1001")
    story << TransferAsked(LINE, story.legs["1001"], "*101002*4711")
    story >> ["transfer of 1001 refused USER_BUSY"]
    assert story.told_of("transfer refused") == ["1001 12 keys keys with * or # are no telephone number"]
    assert not [row for row in story.kept if "4711" in repr(row)]


@pytest.mark.requirement("CTI-04")
@pytest.mark.parametrize("to", ["95501", "number:95501", "us"])
def test_a_number_of_the_centre_leads_the_customer_there_and_calls_nobody(to: str) -> None:
    plan = centre_plan()
    story = talking("1001", "1002", plan=evolve(plan, directory={**plan.directory, "us": "95501"}))
    why = "95501 is a number of this centre itself: transfer the customer there"
    assert story.refuses("1001", "consult", to) == why
    assert story.refuses("1002", "dial", to) == why
    story.asks("1002", "ready").asks("1001", "transfer", to)
    assert "call 1002" in story.told
    assert "call 95501" not in story.told
    story.skip()


@pytest.mark.requirement("CTI-02")
def test_keys_and_notes_are_in_no_story_and_no_audit() -> None:
    story = talking("1001").log_in("1009")
    for by in ("", "1009"):
        story.asks("1001", "digits", "4711", by=by) >> ["keys 4711 to a"]
        story.asks("1001", "data", "card = 6222-4711", by=by)
        assert story.refuses("1001", "data", "4711", by=by) == "write KEY=VALUE"
        story.refuses("1001", "digits", "x4711", by=by)
    assert story.told_of("digits") == ["1001 4 keys"] * 2
    assert story.told_of("data") == ["1001 card"] * 2
    assert not [row for row in story.kept if "4711" in repr(row) and not isinstance(row, Contact)]


# -- keys ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CTI-06")
def test_a_number_that_is_too_long_is_refused_as_a_whole() -> None:
    story = talking("1001")
    story.presses("1001", "*3" + "9" * 21 + "9" * 5) >> []
    story.presses("1001", "#") >> ["say beep to 1001", mix(_1001="")]
    story.heard_out("1001") >> [mix(_1001="a")]
    story.presses("1001", "*4" + "9" * 30) >> []
    story.at(4.0) >> ["say beep to 1001", mix(_1001="")]
    story.heard_out("1001").skip()
    story.presses("1001", "5") >> ["keys 5 to a"]


@pytest.mark.requirement("CTI-06")
@pytest.mark.parametrize("keys", ["*10123456", "*101002*4711#", "*11", "*122", "*13", "*10123456#", "*10" + "4711" * 20])
def test_log_in_keyed_during_a_call_reaches_nobody_and_records_nothing(keys: str) -> None:
    story = Story(centre_plan(record_calls=False)).log_in("1001")
    story.calls("a").skip()
    story.answers("1001").skip()
    refused = ["say beep to 1001", mix(_1001="")]
    for number, key in enumerate(keys):
        story.at(0.9 * number).presses("1001", key) >> (refused if key == "#" else [])
    last, pause_s = 0.9 * (len(keys) - 1), 8.0 if keys.startswith("*10") else 4.0
    if not keys.endswith("#"):
        story.at(last + pause_s - 0.1) >> []
        story.at(last + pause_s) >> refused
    story.heard_out("1001").skip()
    story.presses("1001", "5") >> ["keys 5 to a"]
    assert not [row for row in story.kept if "4711" in repr(row) or "123456" in repr(row)]


@pytest.mark.requirement("CTI-06")
@pytest.mark.parametrize(("keys", "pause_s"), [("0123456", 1.5), ("0123456", 3.9), ("3", 2.0), ("01002*4711", 1.5)])
@pytest.mark.parametrize("record_calls", [True, False])
def test_a_code_that_goes_on_after_the_recording_was_done_reaches_nobody(keys: str, pause_s: float, record_calls: bool) -> None:
    story = Story(centre_plan(record_calls=record_calls)).log_in("1001")
    story.calls("a").skip()
    story.answers("1001").skip()
    story.presses("1001", "*1") >> []
    story.at(1.0).skip()
    for key in keys:
        story.at(story.now + pause_s).presses("1001", key) >> []
    story.at(story.now + 8.0).skip()
    story.presses("1001", "5") >> ["keys 5 to a"]
    assert not [row for row in story.kept if "4711" in repr(row) or "123456" in repr(row)]


@pytest.mark.requirement("CTI-06")
def test_after_the_recording_keys_are_for_the_other_side_again_and_codes_are_codes() -> None:
    story = Story(centre_plan(record_calls=False)).log_in("1001")
    story.calls("a").skip()
    story.answers("1001").skip()
    story.presses("1001", "*1").at(1.0) >> ["record a | 1001"]
    story.at(2.0).presses("1001", "#") >> []
    story.presses("1001", "#1") >> ["keys # to a", "keys 1 to a"]
    story.presses("1001", "*1").at(3.0) >> ["stop a | 1001"]
    story.presses("1001", "*1#") >> ["record a | 1001"]
    story.presses("1001", "*1").at(4.0) >> ["stop a | 1001"]
    story.at(8.0).presses("1001", "2") >> ["keys 2 to a"]


@pytest.mark.requirement("CTI-06")
def test_another_code_right_after_the_recording_does_both() -> None:
    story = Story(centre_plan(record_calls=False)).log_in("1001")
    story.calls("a").skip()
    story.answers("1001").skip()
    story.presses("1001", "*1*2") >> ["record a | 1001", "music to a", *AWAY, "stop a | 1001", "record a"]
    story.at(10.0) >> []


# -- numbers to call back --------------------------------------------------------------------------------------------------------------


def to_be_called_back(ani: str, *, station: str = "", keyed: str = "") -> tuple[str, str]:
    """The number that a caller is promised to be called at, and how far he got, when he chose that and keyed a number."""
    plan = with_queue(keys={"1": Choice("callback")}, call_back=CallBack(2, 60.0, 20.0))
    blocked = CallerPlan(blocked=True)
    words = {name: prompt(name) for name in ("call-back-number", "call-back-promised")}
    story = Story(evolve(plan, callers={"13912340000": blocked}, prompts={**plan.prompts, **words}))
    story.log_in("1001").asks("1001", "not-ready")
    story.legs["a"] = "a"
    story << Arrived(LINE, "a", ani, "95501", station=station)
    story.skip().answers("a").skip()
    story.presses("a", f"1{keyed}").skip()
    story.at(30.0).skip()
    contact = story.engine.state.contacts["0001-000001"]
    story.heard_out("a").skip()
    return contact.call_back, contact.stage


@pytest.mark.requirement("ACD-06")
@pytest.mark.parametrize("keyed", ["0085291234567", "13912340000", "8002", "1001", "95501", "12", "1390*12345"])
def test_a_caller_without_a_number_has_nobody_called_at_the_centres_cost(keyed: str) -> None:
    assert to_be_called_back("anonymous", keyed=f"{keyed}#") == ("", "message")


@pytest.mark.requirement("ACD-06")
def test_a_number_at_home_is_called_back_and_a_phone_of_the_centre_is_not() -> None:
    assert to_be_called_back("anonymous", keyed="13912345678#") == ("13912345678", "callback")
    assert to_be_called_back("+85291234567") == ("+85291234567", "callback"), "his own number, which the network has shown"
    assert to_be_called_back("8002", station="8002") == ("", "message")
