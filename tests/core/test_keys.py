"""Call control with nothing but a telephone: keys, its hold button, its second call and its transfer button (CTI-06)."""

import pytest

from hal.api import Arrived, Cause, DigitHeard, HeldByFarEnd, RetrievedByFarEnd, TransferAsked
from tests.core.story import LINE, Story, centre_plan, mix, talking, together

pytestmark = [pytest.mark.requirement("CTI-06"), pytest.mark.requirement("CTI-01")]
HELD = ["music to a", mix(a="", _1001=""), "stop a | 1001", "record a"]
BACK = ["hush a", together("a", "1001"), "stop a", "record a | 1001"]


# -- keys ------------------------------------------------------------------------------------------------------------------------------


def test_hold_and_retrieve_by_key() -> None:
    story = talking("1001")
    story.presses("1001", "*2") >> HELD
    story.presses("1001", "*2") >> BACK


def test_consult_swap_and_give_the_customer_away_by_key() -> None:
    story = talking("1001", "1002")
    story.presses("1001", "*31002") >> []
    story.presses("1001", "#") >> ["call 1002", "ringback to 1001", *HELD]
    story.answers("1002").skip()
    story.presses("1001", "*3") >> ["hush a", mix(a="1001", _1001="a", _1002=""), "stop a", "stop 1001 | 1002", "record a | 1001"]
    story.presses("1001", "*3").skip()
    story.presses("1001", "*4") >> ["release 1001", "hush a", together("a", "1002"), "stop a", "stop 1001 | 1002", "record a | 1002"]


def test_all_together_and_the_end_of_a_consultation_by_key() -> None:
    story = talking("1001", "1002")
    story.presses("1001", "*31002#").skip()
    story.answers("1002").skip()
    story.presses("1001", "*6") >> ["release 1002", "hush a", together("a", "1001"), "stop a", "stop 1001 | 1002", "record a | 1001"]
    story.settles() >> []
    story.presses("1001", "*31002#").skip()
    story.answers("1002").skip()
    story.presses("1001", "*5") >> ["hush a", together("a", "1001", "1002"), "stop a", "stop 1001 | 1002", "record a | 1001, 1002"]


@pytest.mark.parametrize(("number", "name"), [("1002", "1002"), ("13900139000", "13900139000"), ("88", "13700137001")])
def test_give_the_customer_away_at_once_by_key(number: str, name: str) -> None:
    story = talking("1001", "1002")
    story.presses("1001", f"*4{number}") >> []
    story.presses("1001", "#")
    assert story.told[:4] == ["release 1001", "stop a | 1001", mix(a=""), f"call {name}"]
    story.skip()


def test_a_number_is_complete_when_no_key_comes_for_a_while() -> None:
    story = talking("1001", "1002")
    for at, key in enumerate("*31002"):
        story.at(3.9 * at).presses("1001", key) >> []
    story.at(3.9 * 5 + 3.99) >> []
    story.at(3.9 * 5 + 4.0) >> ["call 1002", "ringback to 1001", *HELD]


@pytest.mark.parametrize("keys", ["*", "*3", "*4"])
def test_what_is_begun_and_not_gone_on_with_is_forgotten(keys: str) -> None:
    story = talking("1001")
    story.presses("1001", keys) >> []
    story.at(4.0) >> []
    story.presses("1001", "2") >> ["keys 2 to a"]


def test_a_refused_code_changes_nothing_and_sounds_so() -> None:
    story = talking("1001")
    for keys in ("*31003#", "*41003#", "*5", "*6", "*4#"):
        story.presses("1001", keys) >> ["say beep to 1001", mix(_1001="")]
        story.heard_out("1001") >> [mix(_1001="a")]
    for keys in ("*0", "*8", "*9", "*#"):  # no codes at all
        story.presses("1001", keys) >> []
    story.presses("1001", "*2") >> HELD


def test_other_keys_are_for_the_other_side_and_two_stars_are_one() -> None:
    story = talking("1001")
    story.presses("1001", "1#0") >> ["keys 1 to a", "keys # to a", "keys 0 to a"]
    story.presses("1001", "**") >> ["keys * to a"]
    story.presses("1001", "**12") >> ["keys * to a", "keys 1 to a", "keys 2 to a"]
    story.presses("1001", "*2").skip()
    story.presses("1001", "5") >> []  # nobody is there


def test_keys_of_the_customer_and_of_others_are_no_codes() -> None:
    story = talking("1001", "1002").log_in("1009")
    story.presses("a", "*2") >> []
    story.asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    story.presses("1009", "*25") >> []
    story.presses("1001", "*2").skip()
    story.presses("1001", "*2").skip()


def test_the_one_consulted_can_use_the_codes_too() -> None:
    story = talking("1001", "1002")
    story.presses("1001", "*31002#").skip()
    story.answers("1002").skip()
    story.presses("1002", "*2") >> [mix(_1001="", _1002=""), "stop 1001 | 1002"]
    story.presses("1002", "*2") >> [together("1001", "1002"), "record 1001 | 1002"]


@pytest.mark.requirement("REC-01")
def test_record_by_key() -> None:
    story = Story(centre_plan(record_calls=False)).log_in("1001")
    story.calls("a").skip()
    story.answers("1001").skip()
    story.presses("1001", "*1") >> []
    story.at(0.9) >> []
    story.at(1.0) >> ["record a | 1001"]
    story.presses("1001", "*1#") >> ["stop a | 1001"]


@pytest.mark.requirement("SUP-04")
def test_ask_for_help_by_key() -> None:
    story = talking("1001")
    story.presses("1001", "*7") >> []
    assert "help:agent:1001" in story.engine.state.alarms
    story.presses("1001", "*7") >> []
    assert "help:agent:1001" not in story.engine.state.alarms


def test_a_code_in_the_air_as_the_agent_hangs_up_is_forgotten() -> None:
    story = talking("1001", "1002")
    story.presses("1001", "*31002") >> []
    leg = story.legs["1001"]
    story.hangs_up("1001").skip()
    story << DigitHeard(LINE, leg, "#") >> []
    story.at(10.0) >> []
    assert story.engine.state.keyed == {}
    assert story.engine.keys._timers == {}, "and nothing of it is kept"


def test_nobody_keys_for_ever() -> None:
    story = talking("1001")
    story.presses("1001", "*3" + "9" * 200) >> []
    assert len(story.engine.state.keyed[story.legs["1001"]]) == 24
    story.presses("1001", "#").skip()
    story.at(60.0).skip()


# -- the hold button -------------------------------------------------------------------------------------------------------------------


def test_the_phones_own_hold_button() -> None:
    story = talking("1001")
    leg = story.legs["1001"]
    story << HeldByFarEnd(LINE, leg)
    story >> HELD
    story << HeldByFarEnd(LINE, leg) >> []
    assert story.refuses("1001", "hold") == "it is on hold already"
    story << RetrievedByFarEnd(LINE, leg)
    story >> BACK
    story << RetrievedByFarEnd(LINE, leg) >> []
    assert (story.told_of("hold"), story.told_of("retrieve")) == (["1001 by phone"], ["1001 by phone"])


def test_what_the_seat_has_put_on_hold_the_phone_does_not_take_back() -> None:
    story = talking("1001")
    leg = story.legs["1001"]
    story.asks("1001", "hold") >> HELD
    story << HeldByFarEnd(LINE, leg) >> []
    story << RetrievedByFarEnd(LINE, leg) >> []
    story.asks("1001", "retrieve") >> BACK


def test_the_hold_button_in_a_consultation_brings_back_there() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    leg = story.legs["1001"]
    story << HeldByFarEnd(LINE, leg)
    story >> [mix(_1001="", _1002=""), "stop 1001 | 1002"]
    story << RetrievedByFarEnd(LINE, leg)
    story >> [together("1001", "1002"), "record 1001 | 1002"]


def test_retrieve_at_the_seat_in_a_consultation_brings_back_there_too() -> None:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.answers("1002").skip()
    story.asks("1001", "hold") >> [mix(_1001="", _1002=""), "stop 1001 | 1002"]
    story.asks("1001", "retrieve") >> [together("1001", "1002"), "record 1001 | 1002"]


def test_a_customers_hold_button_changes_nothing_here() -> None:
    story = talking("1001")
    story << HeldByFarEnd(LINE, "a") >> []
    story << RetrievedByFarEnd(LINE, "a") >> []
    story << HeldByFarEnd(LINE, "nobody") >> []


# -- the transfer button: REFER, blind ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("to", "then"), [("1002", "call 1002"), ("13900139000", "call 13900139000"), ("queue:complaint", "music to a")])
def test_blind_transfer_by_the_phones_own_button(to: str, then: str) -> None:
    story = talking("1001", "1002")
    story.asks("1001", "not-ready") << TransferAsked(LINE, story.legs["1001"], to)
    assert story.told[:5] == ["transfer of 1001 done", "release 1001", "stop a | 1001", mix(a=""), then], "it is told before it is let go"
    story.skip().settles() >> []
    assert story.state("1001") == "not-ready"


@pytest.mark.parametrize("to", ["1003", "nobody", "1001", ""])
def test_a_blind_transfer_that_cannot_be_is_answered_so_and_the_call_goes_on(to: str) -> None:
    story = talking("1001")
    story << TransferAsked(LINE, story.legs["1001"], to)
    story >> ["transfer of 1001 refused USER_BUSY"]
    story.presses("1001", "*2") >> HELD


def test_a_transfer_is_refused_to_whom_it_is_not_due() -> None:
    story = talking("1001")
    for event in (TransferAsked(LINE, "a", "1002"), TransferAsked(LINE, story.legs["1001"], "1002", unknown=True)):
        story << event
        story >> [f"transfer of {story.name(event.leg)} refused CALL_REJECTED"]


# -- the second call, and REFER with Replaces ----------------------------------------------------------------------------------------------


def second_call(to: str, name: str) -> Story:
    """1001 has `a` on hold with his phone's button, and talks with another in a call that he has dialled by himself."""
    story = talking("1001", "1002")
    story << HeldByFarEnd(LINE, story.legs["1001"])
    story >> HELD
    story.phone_dials("1001", to, "p") >> ["answer p"]
    story.answers("p") >> [f"call {name}", "ringback to p"]
    story.answers(name)
    recorded = f"record {name} | p" if name.startswith("1") and len(name) > 4 else f"record p | {name}"
    story >> ["hush p", together("p", name), recorded]
    assert story.state("1001") == "on-call"
    return story


def test_the_phones_second_call_ends_and_the_first_goes_on() -> None:
    story = second_call("1002", "1002")
    story.hangs_up("p") >> ["release 1002", "stop p | 1002"]
    assert story.states("1001", "1002") == ["on-call", "not-ready"]
    story << RetrievedByFarEnd(LINE, story.legs["1001"])
    story >> BACK
    assert story.outcome(2).outcome == "answered"
    story.settles() >> []


def test_the_customer_leaves_while_the_second_call_goes_on() -> None:
    story = second_call("1002", "1002")
    story.hangs_up("a") >> ["release 1001", "stop a"]
    story.settles() >> []
    assert story.state("1001") == "on-call", "he talks with his colleague still"
    story.log_in("1003").calls("b", "139") >> ["call 1003", "music to b"]
    story.hangs_up("p").skip()
    assert story.state("1001") == "ready"
    story.settles().skip()


@pytest.mark.parametrize("asked_in", ["the customer's call", "the second call"])
@pytest.mark.parametrize(("to", "name"), [("1002", "1002"), ("13900139000", "13900139000")])
@pytest.mark.requirement("REC-01")
def test_the_phone_joins_its_two_calls_and_leaves(asked_in: str, to: str, name: str) -> None:
    story = second_call(to, name)
    first, second = story.legs["1001"], story.legs["p"]
    recorded = f"{name} | p" if name == "13900139000" else f"p | {name}"
    if asked_in == "the customer's call":
        story << TransferAsked(LINE, first, "", second)
        answer = "transfer of 1001 done"
    else:
        story << TransferAsked(LINE, second, "", first)
        answer = "transfer of p done"
    assert story.told == [
        answer,
        "release p",
        f"stop {recorded}",
        "release 1001",
        "hush a",
        together("a", name),
        "stop a",
        f"record a | {name}",
    ]
    story.skip().settles() >> []
    assert story.state("1001") == "ready"
    row = story.outcome(1)
    if name == "1002":
        assert (row.agent, row.stage, story.state("1002")) == ("1002", "connected", "on-call")
    else:
        assert row.stage == "outside"
    story.hangs_up("a").skip()
    assert (story.outcome(1).outcome, story.outcome(2).outcome) == ("answered", "answered")
    story.settles() >> []


def test_the_phone_joins_calls_only_when_the_other_has_answered() -> None:
    story = talking("1001", "1002")
    story << HeldByFarEnd(LINE, story.legs["1001"])
    story.skip().phone_dials("1001", "1002", "p").skip()
    story.answers("p").skip()
    story << TransferAsked(LINE, story.legs["1001"], "", "p")
    story >> ["transfer of 1001 refused USER_BUSY"]
    story.answers("1002").skip()
    story << TransferAsked(LINE, story.legs["1001"], "", "p")
    assert story.told[0] == "transfer of 1001 done"
    story.skip()


def test_nobody_joins_calls_of_others() -> None:
    story = talking("1001")
    story.log_in("1002").calls("b", "139").skip()
    story.answers("1002").skip()
    for other in ("1002", "a", "b", "1001"):
        story << TransferAsked(LINE, story.legs["1001"], "", story.legs[other])
        story >> ["transfer of 1001 refused CALL_REJECTED"]
    story << TransferAsked(LINE, story.legs["1001"], "", "gone")
    story >> ["transfer of 1001 refused CALL_REJECTED"]


def test_a_second_call_is_not_given_away_blind() -> None:
    story = second_call("1002", "1002")
    story << TransferAsked(LINE, story.legs["p"], "13900139000")
    story >> ["transfer of p refused USER_BUSY"]


# -- calls by the phone ------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("REC-01")
def test_a_phone_dials_outside() -> None:
    story = Story().log_in("1001", "1004")
    story.phone_dials("1001", "13900139000", "p") >> ["answer p"]
    assert story.state("1001") == "on-call"
    story.answers("p") >> ["call 13900139000", "ringback to p"]
    story.now = 6.0
    story.answers("13900139000") >> ["hush p", together("p", "13900139000"), "record 13900139000 | p"]
    story.now = 20.0
    story.hangs_up("p") >> ["stop 13900139000 | p", "release 13900139000"]
    story.settles() >> []
    row = story.outcome()
    assert (row.direction, row.ani, row.outcome, row.talk_s, row.agent) == ("out", "13900139000", "answered", 14.0, "1001")
    assert story.state("1001") == "ready"


def test_a_phone_hangs_up_before_it_is_answered() -> None:
    story = Story().log_in("1001")
    story.phone_dials("1001", "13900139000", "p").skip()
    story.hangs_up("p") >> []
    assert story.state("1001") == "ready"
    assert story.outcome().outcome == "unreached"


def test_a_phone_may_dial_what_its_agent_may() -> None:
    story = Story().log_in("1001", "1004", "1002")
    story.calls("b", "139").skip()
    story.phone_dials("1004", "13900139000", "p") >> ["reject p UNALLOCATED_NUMBER"]
    story.settles() >> []
    story.phone_dials("1004", "88", "p") >> ["answer p"]
    story.phone_dials("1002", "1001", "q") >> ["reject q USER_BUSY"]  # 1001 is being offered `b`
    story.phone_dials("1002", "queue:consult", "r") >> ["reject r UNALLOCATED_NUMBER"]


def test_a_phone_where_nobody_is_logged_in_calls_nobody_but_the_services() -> None:
    story = Story()
    story.legs |= {"p": "p", "q": "q"}
    story << Arrived(LINE, "p", "8001", "13900139000", station="8001")
    story >> ["reject p UNALLOCATED_NUMBER"]
    story << Arrived(LINE, "q", "8001", "95501", station="8001")
    story >> ["answer q"]


def test_a_phone_that_is_being_rung_does_not_dial() -> None:
    story = Story().log_in("1001")
    story.calls("a").skip()
    story.phone_dials("1001", "13900139000", "p") >> ["reject p UNALLOCATED_NUMBER"]
    story.hangs_up("1001", Cause.USER_BUSY).skip()
