"""Which tests of the contract do not run over ISDN PRI in the machine, and why."""

from collections.abc import Mapping

__all__ = ["NOT_OVER_PRI"]

_PHONES = "only the appliance's own SIP phones have a part in it"
_LATE = "an emulated processor that is late spoils tones of keys; `test_card_line.py` has fewer of them"
NOT_OVER_PRI: Mapping[str, str] = {
    "test_a_command_beyond_the_capabilities_raises_and_names_line_and_command": "there is no call in it",
    "test_a_station_that_calls_is_named": _PHONES,
    "test_a_station_answers": _PHONES,
    "test_a_station_that_answered_hangs_up": _PHONES,
    "test_a_station_refuses": _PHONES,
    "test_a_station_that_is_not_there": _PHONES,
    "test_nobody_answers_and_we_give_up": _PHONES,
    "test_we_give_up_before_anything_was_heard": _PHONES,
    "test_two_who_answer_at_the_same_time_are_both_through": _PHONES,
    "test_a_phone_asks_for_a_transfer_and_learns_how_it_ended": _PHONES,
    "test_a_phone_asks_that_its_two_calls_be_joined": _PHONES,
    "test_a_phone_has_two_calls_and_holds_now_the_one_now_the_other": _PHONES,
    "test_each_key_is_heard_once_and_in_order": _LATE,
    "test_keys_are_sent": _LATE,
    "test_eight_in_a_conference_each_hear_the_seven_others": "seven SIP phones and one call over the card, beside an emulated processor",
}
