"""The services of call control: what they report, what becomes of the connections, who hears whom, and what they refuse."""

from collections.abc import Callable

import pytest

from sim.switch.calls import ConnectionID, IllegalMove, State
from sim.switch.errors import ErrorClass, Refused
from sim.switch.events import Moved
from tests.sim.switch.small import Small

pytestmark = pytest.mark.requirement("ACC-02")


@pytest.fixture
def small() -> Small:
    return Small()


def test_a_phone_calls_another_one(small: Small) -> None:
    with small.switch.turn(1.0):
        made = small.ask.make_call("8001", "8002", correlator="c", user_data="Bäckerei 茶")
    assert small.phones.lifted == [small.leg("8001")]
    assert {event.user_data for event in small.events} == {"Bäckerei 茶"}
    assert small.take() == ["ServiceInitiated 8001", "Originated 8001", "Delivered 8002"]
    assert small.states(made.call) == {"8001": "connected", "8002": "alerting"}
    small.switch.lifts(small.leg("8002"))
    assert small.take() == ["Established 8002"]
    one, other = small.leg("8001"), small.leg("8002")
    assert small.phones.hear == {one: {other}, other: {one}}
    small.switch.hangs_up(other)
    assert small.take() == ["ConnectionCleared 8002", "ConnectionCleared 8001", "CallCleared 8001"]
    assert small.phones.ended == {one: "normalClearing"}
    assert not small.switch.calls
    assert not small.switch.legs


def test_a_phone_that_is_prompted_rings_first(small: Small) -> None:
    with small.switch.turn(1.0):
        small.ask.make_call("8001", "8002", prompt=True)
    assert small.take() == ["ServiceInitiated 8001"]
    assert small.phones.called == {1: "8001"}
    small.switch.lifts(1)
    assert small.take() == ["Originated 8001", "Delivered 8002"]


def test_a_caller_of_the_network_is_answered_by_the_computer(small: Small) -> None:
    caller = small.switch.arrives("T1", "0221555", "8001")
    assert small.take() == ["Delivered 8001"]
    with small.switch.turn(2.0):
        small.ask.answer_call(small.at("8001"))
    assert small.take() == ["Established 8001"]
    assert small.phones.lifted == [small.leg("8001")]
    assert caller is not None
    small.switch.presses(caller, "42#")
    assert small.phones.heard == [(small.leg("8001"), "42#")]
    assert small.take() == ["DigitsGenerated T1#1"]


def test_trunks_have_so_many_channels(small: Small) -> None:
    legs = [small.switch.arrives("T1", "1", number) for number in ("8001", "8002", "8003", "8004")]
    assert legs[3] is None
    with pytest.raises(Refused, match="networkBusy"), small.switch.turn(1.0):
        small.ask.make_predictive_call("7100", "055512")


def test_who_is_busy_hears_nothing_of_another_caller(small: Small) -> None:
    small.talk("8001", "8002")
    caller = small.switch.arrives("T1", "1", "8002")
    assert small.take() == ["Failed 8002", "ConnectionCleared T1#1", "ConnectionCleared 8002", "CallCleared 8002"]
    assert small.phones.ended == {caller: "busy"}
    with small.switch.turn(1.0):
        made = small.ask.make_call("8003", "8002")
    assert small.states(made.call) == {"8003": "connected", "8002": "fail"}
    small.switch.hangs_up(small.leg("8002"))
    small.switch.arrives("T1", "1", "8002")
    assert small.states(small.at("8002").call) == {"T1#1": "connected", "8002": "alerting"}
    small.switch.hangs_up(small.leg("8003"))
    assert made.call not in small.switch.calls


def test_who_calls_himself_hears_a_tone(small: Small) -> None:
    with small.switch.turn(1.0):
        made = small.ask.make_call("8001", "8001")
    assert small.states(made.call) == {"8001": "fail"}
    assert small.take()[-1] == "Failed 8001"
    small.switch.hangs_up(small.leg("8001"))
    assert small.take() == ["ConnectionCleared 8001", "CallCleared 8001"]


def test_a_call_is_not_brought_to_where_it_is_already(small: Small) -> None:
    with small.switch.turn(1.0):
        made = small.ask.make_call("8001", "7200")
        small.ask.single_step_conference_call(small.at("8001"), "8004")
        with pytest.raises(Refused, match="stateIncompatibility: invalidDestinationDeviceState"):
            small.ask.deflect_call(small.at("8004"), "7200")
    assert small.states(made.call) == {"8001": "connected", "7200": "queued", "8004": "alerting"}


def test_a_route_that_leads_to_a_group_where_the_call_waits_already(small: Small) -> None:
    with small.switch.turn(1.0):
        made = small.ask.make_call("8001", "7200")
        small.switch.divert(small.switch.ring(small.switch.calls[made.call], "8004", "newCall"), "7200", "redirected")
    assert small.states(made.call) == {"8001": "connected", "7200": "queued"}


def test_a_call_that_comes_back_to_a_party_of_its_own_goes_on_without(small: Small) -> None:
    small.caller("8001")
    with small.switch.turn(1.0):
        small.ask.single_step_conference_call(small.at("8001"), "8010")
    small.events.clear()
    small.switch.tick(21.0)
    assert small.take() == ["Diverted 8010"]
    assert small.states(small.at("8001").call) == {"T1#1": "connected", "8001": "connected"}


def test_a_call_that_comes_back_to_who_holds_it_is_over(small: Small) -> None:
    """There is nobody else in it, and who holds a call hears no tone of it."""
    small.switch.dials("8001", "8010")
    held = small.at("8001")
    with small.switch.turn(1.0):
        small.ask.consultation_call(held, "8002")
    small.events.clear()
    small.switch.tick(21.0)
    assert small.take() == ["Diverted 8010", "ConnectionCleared 8001", "CallCleared 8001"]
    assert small.states(small.at("8001").call) == {"8001": "connected", "8002": "alerting"}


@pytest.mark.parametrize("deflected", [False, True])
def test_phones_that_only_ring_or_wait_are_no_call_without_a_caller(small: Small, deflected: bool) -> None:
    with small.switch.turn(1.0):
        small.ask.make_call("8002", "8001")
        small.ask.single_step_conference_call(small.at("8002"), "8003")
        if deflected:
            small.ask.deflect_call(small.at("8001"), "7000")
            small.ask.deflect_call(small.at("8003"), "7200")
    small.switch.hangs_up(small.leg("8002"))
    assert not small.switch.calls
    assert not small.switch.legs


def test_two_phones_that_ring_are_not_joined_with_one_another(small: Small) -> None:
    small.switch.dials("8002", "8001")
    held = small.at("8002")
    with small.switch.turn(1.0):
        active = small.ask.consultation_call(held, "8003")
        with pytest.raises(Refused, match="stateIncompatibility: invalidHeldConnectionState"):
            small.ask.transfer_call(held, active)
    assert small.states(held.call) == {"8002": "hold", "8001": "alerting"}


def test_who_does_not_answer_is_called_no_longer(small: Small) -> None:
    small.switch.arrives("T1", "1", "8010")
    small.events.clear()
    assert small.switch.next_deadline() == 20
    small.switch.tick(19.9)
    assert small.take() == []
    small.switch.tick(20.0)
    assert small.take() == ["Diverted 8010", "Delivered 8001"]


def test_hold_and_retrieve(small: Small) -> None:
    made = small.talk("8001", "8002")
    one, other = small.leg("8001"), small.leg("8002")
    with small.switch.turn(1.0):
        small.ask.hold_call(made)
    assert small.take() == ["Held 8001"]
    assert small.phones.hear == {one: frozenset(), other: frozenset()}
    with small.switch.turn(2.0):
        small.ask.retrieve_call(made)
    assert small.take() == ["Retrieved 8001"]
    assert small.phones.hear == {one: {other}, other: {one}}


def consulted(small: Small) -> tuple[ConnectionID, ConnectionID, int]:
    """A caller speaks with 8001, who holds him and consults 8002: held, active, the caller's leg."""
    caller = small.caller("8001")
    held = small.at("8001")
    with small.switch.turn(1.0):
        active = small.ask.consultation_call(held, "8002")
    assert small.take() == ["Held 8001", "ServiceInitiated 8001", "Originated 8001", "Delivered 8002"]
    small.switch.lifts(small.leg("8002"))
    assert small.take() == ["Established 8002"]
    return held, active, caller


def test_a_consultation_is_alternated_and_reconnected(small: Small) -> None:
    held, active, caller = consulted(small)
    agent, consulted_leg = small.leg("8001"), small.leg("8002")
    assert small.phones.hear == {caller: frozenset(), agent: {consulted_leg}, consulted_leg: {agent}}
    with small.switch.turn(2.0):
        small.ask.alternate_call(held, active)
    assert small.take() == ["Held 8001", "Retrieved 8001"]
    assert small.phones.hear == {caller: {agent}, agent: {caller}, consulted_leg: frozenset()}
    with small.switch.turn(3.0):
        small.ask.reconnect_call(held, active)
    assert small.take() == [
        "ConnectionCleared 8001", "ConnectionCleared T1#1", "CallCleared T1#1", "Retrieved 8001",
    ]  # fmt: skip
    assert small.phones.hear[agent] == {consulted_leg}
    assert small.phones.ended == {caller: "normalClearing"}


def test_a_transfer_gives_a_new_call_of_the_others(small: Small) -> None:
    held, active, caller = consulted(small)
    agent, consulted_leg = small.leg("8001"), small.leg("8002")
    with small.switch.turn(2.0):
        transferred = small.ask.transfer_call(held, active)
    (event,) = small.events
    assert event.kind == "Transfered"
    assert event.calls == (transferred.call, held.call, active.call)
    assert event.values["primaryOldCall"] == held
    assert event.values["secondaryOldCall"] == active
    assert event.values["transferredToDevice"] == "8002"
    assert event.values["transferredConnections"] == (
        Moved(ConnectionID(transferred.call, "T1#1"), ConnectionID(held.call, "T1#1"), State.CONNECTED),
        Moved(ConnectionID(transferred.call, "8002"), ConnectionID(active.call, "8002"), State.CONNECTED),
    )
    assert event.local == {"T1#1": "connected", "8002": "connected", "8001": "null"}
    assert transferred == ConnectionID(transferred.call, "8002")
    assert transferred.call not in {held.call, active.call}
    assert small.phones.hear == {caller: {consulted_leg}, consulted_leg: {caller}}
    assert small.phones.ended == {agent: "transfer"}
    assert list(small.switch.calls) == [transferred.call]


def test_a_transfer_to_a_phone_that_still_rings(small: Small) -> None:
    caller = small.caller("8001")
    with small.switch.turn(1.0):
        active = small.ask.consultation_call(small.at("8001"), "8002")
        transferred = small.ask.transfer_call(small.at("8001"), active)
    assert small.states(transferred.call) == {"T1#1": "connected", "8002": "alerting"}
    small.switch.lifts(small.leg("8002"))
    assert small.phones.hear[caller] == {small.leg("8002")}


def test_nobody_is_joined_to_a_tone(small: Small) -> None:
    small.talk("8003", "8002")
    caller = small.caller("8001")
    held = small.at("8001")
    with small.switch.turn(1.0):
        active = small.ask.consultation_call(held, "8002")
        for service in (small.ask.transfer_call, small.ask.conference_call):
            with pytest.raises(Refused, match="stateIncompatibility: invalidActiveConnectionState"):
                service(held, active)
        small.ask.alternate_call(held, active)
        with pytest.raises(Refused, match="stateIncompatibility: invalidHeldConnectionState"):
            small.ask.transfer_call(active, held)
    assert small.phones.hear[caller] == {small.leg("8001")}


def test_a_recorder_that_is_still_called_joins_the_transferred_call(small: Small) -> None:
    held, active, _ = consulted(small)
    with small.switch.turn(2.0):
        small.ask.single_step_conference_call(active, "8003", silent=True)
        transferred = small.ask.transfer_call(held, active)
    small.events.clear()
    small.switch.lifts(small.leg("8003"))
    assert small.take() == ["Established 8003"]
    assert small.states(transferred.call) == {"T1#1": "connected", "8002": "connected", "8003": "connected"}
    assert small.phones.hear[small.leg("8002")] == {small.leg("T1#1")}


def test_a_conference_is_one_new_call(small: Small) -> None:
    held, active, caller = consulted(small)
    with small.switch.turn(2.0):
        conference = small.ask.conference_call(held, active)
    assert small.take() == ["Conferenced 8001"]
    agent, other = small.leg("8001"), small.leg("8002")
    assert small.phones.hear == {caller: {agent, other}, agent: {caller, other}, other: {agent, caller}}
    with small.switch.turn(3.0):
        small.ask.clear_connection(ConnectionID(conference.call, "8001"))
    assert small.take() == ["ConnectionCleared 8001"]
    assert small.phones.hear == {caller: {other}, other: {caller}}


def test_a_recorder_joins_and_is_not_heard(small: Small) -> None:
    caller = small.caller("8001")
    with small.switch.turn(1.0):
        small.ask.single_step_conference_call(small.at("8001"), "8990", silent=True)
    assert small.take() == ["Delivered 8990", "Conferenced 8001"]
    agent, recorder = small.leg("8001"), small.leg("8990")
    assert small.phones.hear == {caller: {agent}, agent: {caller}, recorder: {caller, agent}}
    small.switch.hangs_up(caller)
    assert not small.switch.calls
    assert set(small.phones.ended) == {agent, recorder}


def test_a_conference_has_a_limit(small: Small) -> None:
    small.caller("8001")
    with small.switch.turn(1.0):
        for device in ("8002", "8003", "8004", "8005"):
            small.ask.single_step_conference_call(small.at("8001"), device)
        with pytest.raises(Refused) as refused:
            small.ask.single_step_conference_call(small.at("8001"), "8901")
    assert (refused.value.kind, refused.value.reason) == (ErrorClass.RESOURCE, "conferenceMemberLimitExceeded")


def test_a_call_is_sent_on_in_a_single_step(small: Small) -> None:
    caller = small.caller("8901")
    old, port = small.at("8901").call, small.leg("8901")
    with small.switch.turn(1.0):
        sent = small.ask.single_step_transfer_call(small.at("8901"), "8001")
    assert small.take() == ["Transfered 8901", "Delivered 8001"]
    assert sent == small.at("8001")
    assert sent.call != old
    assert small.switch.calls[sent.call].redirected_from == "8901"
    assert small.phones.ended == {port: "singleStepTransfer"}
    small.switch.lifts(small.leg("8001"))
    assert small.phones.hear[caller] == {small.leg("8001")}


def test_a_ringing_call_is_deflected(small: Small) -> None:
    small.switch.arrives("T1", "1", "8001")
    small.events.clear()
    with small.switch.turn(1.0):
        small.ask.deflect_call(small.at("8001"), "8002")
    assert small.take() == ["Diverted 8001", "Delivered 8002"]
    assert small.switch.calls[small.at("8002").call].redirected_from == "8001"


def test_the_network_is_called(small: Small) -> None:
    with small.switch.turn(1.0):
        small.ask.make_call("8001", "0301234")
    channel = small.leg("T1#1")
    assert small.phones.called[channel] == "301234"
    assert small.take() == ["ServiceInitiated 8001", "Originated 8001", "NetworkReached T1#1"]
    small.switch.reached(channel)
    small.switch.lifts(channel)
    assert small.take() == ["Delivered T1#1", "Established T1#1"]
    assert small.phones.hear[channel] == {small.leg("8001")}


def test_a_predictive_call_comes_to_the_group_once_it_is_answered(small: Small) -> None:
    with small.switch.turn(1.0):
        small.ask.make_predictive_call("7100", "0301234")
    channel = small.leg("T1#1")
    assert small.take() == ["NetworkReached T1#1"]
    small.switch.lifts(channel)
    assert small.take() == ["Established T1#1", "Queued 7100", "Diverted 7100", "Delivered 8003"]
    with small.switch.turn(2.0):
        small.ask.make_predictive_call("7100", "0301235")
    small.events.clear()
    small.switch.hangs_up(small.leg("T1#2"), "busy")
    assert small.take() == ["ConnectionCleared T1#2", "CallCleared T1#2"]


def test_digits_are_generated_for_a_phone(small: Small) -> None:
    caller = small.caller("8001")
    with small.switch.turn(1.0):
        small.ask.generate_digits(small.at("8001"), "12#")
    assert small.phones.heard == [(caller, "12#")]
    with pytest.raises(Refused, match="operation: invalidParameterValue"):
        small.ask.generate_digits(small.at("8001"), "1x")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (lambda s: s.ask.make_call("9999", "8001"), "operation: invalidCallingDeviceID"),
        (lambda s: s.ask.make_call("8003", "9999"), "operation: invalidCalledDeviceID"),
        (lambda s: s.ask.make_call("8001", "8003"), "stateIncompatibility: invalidCallingDeviceState"),
        (lambda s: s.ask.answer_call(s.at("8001")), "stateIncompatibility: noCallToAnswer"),
        (lambda s: s.ask.answer_call(ConnectionID("1", "8001")), "operation: invalidCallID"),
        (lambda s: s.ask.answer_call(ConnectionID(s.at("8001").call, "8003")), "operation: invalidConnectionID"),
        (lambda s: s.ask.retrieve_call(s.at("8001")), "stateIncompatibility: invalidConnectionState"),
        (lambda s: s.ask.hold_call(s.at("T1#1")), "operation: requestIncompatibleWithDevice"),
        (lambda s: s.ask.consultation_call(s.at("8001"), "9999"), "operation: invalidDestinationDeviceID"),
        (lambda s: s.ask.transfer_call(s.at("8001"), s.at("8001")), "stateIncompatibility: invalidHeldConnectionState"),
        (lambda s: s.ask.transfer_call(s.at("8001"), s.at("T1#1")), "operation: notSameDevice"),
        (lambda s: s.ask.deflect_call(s.at("8001"), "8003"), "stateIncompatibility: invalidConnectionState"),
        (lambda s: s.ask.single_step_transfer_call(s.at("8001"), "8002"), "stateIncompatibility: invalidDestinationDeviceState"),
        (lambda s: s.ask.single_step_conference_call(s.at("8001"), "8002"), "stateIncompatibility: invalidDestinationDeviceState"),
        (lambda s: s.ask.single_step_conference_call(s.at("8001"), "7100"), "operation: invalidDestinationDeviceID"),
        (lambda s: s.ask.make_predictive_call("8003", "0301"), "operation: requestIncompatibleWithCallingDevice"),
        (lambda s: s.ask.clear_call(ConnectionID("1", "")), "operation: invalidCallID"),
    ],
)
def test_what_is_refused_leaves_no_trace(small: Small, asked: Callable[[Small], object], expected: str) -> None:
    small.caller("8001")
    small.talk("8002", "8004")
    before = {call: small.states(call) for call in small.switch.calls}
    with pytest.raises(Refused, match=f"^{expected}$"), small.switch.turn(1.0):
        asked(small)
    assert small.take() == []
    assert {call: small.states(call) for call in small.switch.calls} == before


def test_one_call_at_a_time_is_spoken_in(small: Small) -> None:
    held, _, _ = consulted(small)
    with pytest.raises(Refused, match="stateIncompatibility: connectedCallExists"):
        small.ask.retrieve_call(held)


def test_a_connection_goes_only_where_the_figure_has_an_arrow(small: Small) -> None:
    small.caller("8001")
    with pytest.raises(IllegalMove, match="connected -> alerting"):
        small.switch.connections_of("8001")[0].move(State.ALERTING)


def test_a_restarted_switch_has_lost_its_calls(small: Small) -> None:
    caller = small.caller("8001")
    agent = small.leg("8001")
    small.switch.lose_calls()
    assert small.take() == []
    assert set(small.phones.ended) == {caller, agent}
    assert not small.switch.calls
    assert small.switch.is_idle("8001")
