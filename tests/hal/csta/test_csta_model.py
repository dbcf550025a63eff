"""The switch as its events show it: right when all is told, healed by snapshots when it is not."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.csta.messages import (
    AgentReadyEvent,
    BackInServiceEvent,
    CallClearedEvent,
    ConferencedEvent,
    ConnectionClearedEvent,
    ConnectionID,
    DeliveredEvent,
    DivertedEvent,
    EstablishedEvent,
    FailedEvent,
    HeldEvent,
    OutOfServiceEvent,
    Party,
    QueuedEvent,
    RetrievedEvent,
    TransferedEvent,
)
from hal.csta.messages.events import ConnectionList, ConnectionListItem
from hal.csta.model import AgentSeen, Changed, Doubt, InService, Joined, Over, Seen, State, Switch
from tests.hal.csta.true_switch import Told, TrueSwitch
from tests.thorough import by_profile

A, B, OUT = "2001", "2002", "13800138000"
MONITORED = (A, B)
NULL, ALERTING, CONNECTED, HOLD = State.NULL, State.ALERTING, State.CONNECTED, State.HOLD


def at(device: str, call: str = "1") -> ConnectionID:
    return ConnectionID(call, device)


def delivered(device: str = A, call: str = "1", **more: Any) -> DeliveredEvent:
    return DeliveredEvent("m", at(device, call), **more)


def established(device: str = A, call: str = "1", **more: Any) -> EstablishedEvent:
    return EstablishedEvent("m", at(device, call), **more)


def cleared(device: str = A, call: str = "1", **more: Any) -> ConnectionClearedEvent:
    return ConnectionClearedEvent("m", at(device, call), **more)


class Case:
    def __init__(self, monitored: tuple[str, ...] = MONITORED, **more: Any) -> None:
        self.switch = Switch(monitored, **more)
        self.now = 0.0

    def __lshift__(self, event: Any) -> list[Seen]:
        return self.switch.apply(self.now, event, A)

    def view(self) -> dict[str, dict[str, State]]:
        return {call.id: call.connections for call in self.switch.calls.values()}


def test_a_call_comes_is_answered_held_taken_back_and_ends() -> None:
    case = Case()
    parties: dict[str, Any] = {"calling_device": Party(OUT), "called_device": Party("95500"), "last_redirection_device": Party("95500")}
    assert case << delivered(user_data="u", **parties) == [Changed("1", A, NULL, ALERTING)]
    call = case.switch.calls["1"]
    assert (call.calling, call.called, call.redirected, call.user_data) == (OUT, "95500", "95500", "u")
    assert case << established(cause="newCall", calling_device=Party("", "notKnown")) == [Changed("1", A, ALERTING, CONNECTED, "newCall")]
    assert call.calling == OUT
    assert case << HeldEvent("m", at(A)) == [Changed("1", A, CONNECTED, HOLD)]
    assert case << RetrievedEvent("m", at(A)) == [Changed("1", A, HOLD, CONNECTED)]
    assert case << cleared(cause="normalClearing") == [Changed("1", A, CONNECTED, NULL, "normalClearing"), Over("1")]
    assert case.view() == {}


def test_every_event_twice_is_said_once() -> None:
    case = Case()
    for event in (delivered(), established(), cleared()):
        assert case << event
        assert [seen for seen in case << event if not isinstance(seen, Doubt)] == []


def test_ringing_that_is_told_after_the_answer_is_late() -> None:
    case = Case()
    assert case << established() == [Changed("1", A, NULL, CONNECTED)]
    assert case << delivered() == [Doubt(A, "alerting after it was connected")]
    assert case.view() == {"1": {A: CONNECTED}}


def test_an_event_after_the_end_is_late_for_a_while() -> None:
    case = Case()
    assert case << cleared() == []
    assert case << delivered() == [Doubt(A, "an event of a connection that was just cleared")]
    assert case.view() == {}
    case.now = 2.0
    assert case << delivered() == [Changed("1", A, NULL, ALERTING)]


def test_a_call_that_is_over_is_over_for_all() -> None:
    case = Case()
    case << delivered(B)
    case << established(OUT)
    assert case << CallClearedEvent("m", ConnectionID("1"), cause="x") == [
        Changed("1", B, ALERTING, NULL, "x"),
        Over("1"),
    ]
    assert case << established(B) == [Doubt(B, "an event of a connection that was just cleared")]


def test_a_call_without_a_monitored_device_is_over() -> None:
    case = Case()
    case << established(OUT)
    case << established()
    assert case << cleared() == [Changed("1", A, CONNECTED, NULL), Over("1")]


def test_what_was_missed_is_in_doubt() -> None:
    case = Case()
    assert case << HeldEvent("m", at(A)) == [Doubt(A, "held while null"), Changed("1", A, NULL, HOLD)]
    case << established(B)
    assert case << established(OUT, local_connection_info="connected") == [
        Changed("1", OUT, NULL, CONNECTED),
        Doubt(A, "it is connected, and was hold"),
        Changed("1", A, HOLD, CONNECTED),
    ]
    assert case << established(OUT, local_connection_info="alerting") == []
    assert case << established(OUT, local_connection_info="strange") == []
    assert case << cleared(OUT, local_connection_info="null") == [
        Changed("1", OUT, CONNECTED, NULL),
        Doubt(A, "it is null, and was connected"),
        Changed("1", A, CONNECTED, NULL),
    ]


def test_other_states() -> None:
    case = Case()
    assert case << QueuedEvent("m", at(A)) == [Changed("1", A, NULL, State.QUEUED)]
    assert case << DivertedEvent("m", at(A)) == [
        Changed("1", A, State.QUEUED, NULL, diverted=True),
        Over("1"),
    ]
    assert case << FailedEvent("m", at(A, "2"), cause="busy") == [Changed("2", A, NULL, State.FAIL, "busy")]


def test_a_snapshot_is_believed() -> None:
    case = Case()
    case << established()
    case << cleared(B, "2")
    found = case.switch.snapshot(0.0, A, [(at(A, "2"), "hold"), (at(A, "3"), ""), (at(A, "4"), "null")])
    assert found == [
        Changed("1", A, CONNECTED, NULL, "snapshot"),
        Over("1"),
        Changed("2", A, NULL, HOLD, "snapshot"),
        Changed("3", A, NULL, CONNECTED, "snapshot"),
    ]
    assert case.switch.states(A) == {"2": HOLD, "3": CONNECTED}
    assert case.switch.snapshot(0.0, A, [(at(A, "2"), ""), (at(A, "3"), "connected")]) == []


def test_a_snapshot_brings_back_what_was_taken_for_late() -> None:
    case = Case()
    case << delivered()
    case << cleared()
    assert isinstance((case << delivered())[0], Doubt)
    assert case.switch.snapshot(0.1, A, [(at(A), "alerting")]) == [Changed("1", A, NULL, ALERTING, "snapshot")]
    assert case << established() == [Changed("1", A, ALERTING, CONNECTED)]


def items(*pairs: tuple[ConnectionID | None, ConnectionID | None]) -> ConnectionList:
    return ConnectionList(tuple(ConnectionListItem(new_connection=new, old_connection=old) for new, old in pairs))


def test_a_transfer() -> None:
    case = Case(("2001", "2002"))
    case << established(OUT)
    case << established(A)
    case << HeldEvent("m", at(A))
    case << established(A, "2")
    case << established(B, "2")
    event = TransferedEvent(
        "m",
        at(A),
        secondary_old_call=at(A, "2"),
        transferring_device=Party(A),
        transferred_connections=items((at(OUT, "3"), at(OUT)), (at(B, "3"), at(B, "2"))),
        correlator_data="c",
    )
    assert case << event == [Changed("1", A, HOLD, NULL), Changed("2", A, CONNECTED, NULL), Joined("3", ("1", "2"))]
    assert case.view() == {"3": {OUT: CONNECTED, B: CONNECTED}}
    assert case.switch.calls["3"].correlator == "c"
    assert case << event == []
    assert case << established(A, "2") == [Doubt(A, "an event of a connection that was just cleared")]
    assert case << cleared(B, "3") == [Changed("3", B, CONNECTED, NULL), Over("3")]
    assert case << event == []


def test_who_transferred_a_call_that_keeps_its_id_is_out_of_it() -> None:
    case = Case()
    for call in ("1", "2"):
        case << established(A, call)
    case << established(B, "2")
    joined = items((at(OUT), at(OUT)), (at(B), at(B, "2")))
    case << TransferedEvent("m", at(A), secondary_old_call=at(A, "2"), transferring_device=Party(A), transferred_connections=joined)
    assert case << HeldEvent("m", at(A)) == [Doubt(A, "an event of a connection that was just cleared")]
    assert case.view() == {"1": {OUT: CONNECTED, B: CONNECTED}}


def test_a_transfer_out_of_sight_is_the_end_of_what_is_seen() -> None:
    case = Case((A,))
    for call in ("1", "2"):
        case << established(A, call)
    event = TransferedEvent("m", at(A), secondary_old_call=at(A, "2"), transferring_device=Party(A))
    assert case << event == [Changed("1", A, CONNECTED, NULL), Changed("2", A, CONNECTED, NULL), Joined("1", ("2",)), Over("1")]
    assert case.view() == {}


def test_a_conference_that_nobody_lists_is_in_doubt() -> None:
    case = Case()
    case << established(A, "2")
    case << HeldEvent("m", at(A, "2"))
    case << established(A)
    case << delivered(B)
    found = case << ConferencedEvent("m", at(A), secondary_old_call=at(A, "2"), conferencing_device=Party(A))
    assert found[:1] == [Joined("1", ("2",))]
    assert [type(seen) for seen in found[1:]] == [Doubt, Doubt]
    assert case.view() == {"1": {A: CONNECTED, B: ALERTING}}


def test_somebody_joins_under_another_id() -> None:
    case = Case()
    case << established(A)
    case << established("T5")
    joined = items((at(A), at(A)), (at(OUT), at("T5")), (at("7000"), None))
    assert case << ConferencedEvent("m", at(A), conference_connections=joined) == [
        Changed("1", OUT, NULL, CONNECTED),
        Changed("1", "7000", NULL, CONNECTED),
    ]
    assert case.view() == {"1": {A: CONNECTED, OUT: CONNECTED, "7000": CONNECTED}}


def test_devices_go_by_the_names_that_the_profile_knows() -> None:
    case = Case(device_of=lambda text: text.removeprefix("N<").partition(">")[0])
    assert case << delivered("N<2001>;noa=nk", calling_device=Party("N<138>")) == [Changed("1", A, NULL, ALERTING)]
    assert case.switch.calls["1"].calling == "138"


def test_a_connection_without_a_device_is_the_monitors() -> None:
    case = Case()
    assert case << delivered("") == [Changed("1", A, NULL, ALERTING)]
    assert case << delivered(call="") == []


def test_agents_and_service() -> None:
    case = Case()
    assert case << AgentReadyEvent("m", Party(A), agent_id="1001") == [AgentSeen(A, "1001", "ready")]
    assert case << OutOfServiceEvent("m") == [InService(A, works=False)]
    assert case << BackInServiceEvent("m", device=Party(B)) == [InService(B, works=True)]


def test_marks_are_forgotten() -> None:
    case = Case()
    for number in range(1000):
        case.now = float(number)
        case << cleared(call=str(number))
        case << cleared(call="again and again")
    assert len(case.switch._gone) <= 4


# --- against a switch that is always right ----------------------------------------------------------------------------

STEPS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 7), st.integers(0, 7)), max_size=25)


def run(true: TrueSwitch, step: tuple[int, int, int]) -> list[Told]:
    """Do something that can be done, or nothing."""
    what, first, second = step
    devices = [A, B, OUT]
    device = devices[first % 3]

    def choose(found: list[str]) -> str:
        return found[second % len(found)] if found else ""

    if what == 0 and len(true.calls) < 4:
        return true.make(device, devices[(first + 1 + second % 2) % 3])
    if what == 1 and (call := choose(true.of(device, "alerting"))):
        return true.answer(call, device)
    if what == 2 and (call := choose(true.of(device, "connected"))):
        return true.hold(call, device)
    if what == 3 and (call := choose(true.of(device, "hold"))):
        return true.retrieve(call, device)
    if what == 4 and (call := choose(true.of(device, "connected", "alerting", "hold"))):
        return true.clear(call, device)
    held, active = choose(true.of(device, "hold")), choose(true.of(device, "connected"))
    if what >= 5 and held and active and {*true.calls[held]} & {*true.calls[active]} == {device}:
        return true.join(device, held, active, transfer=what == 5)
    return []


@given(STEPS)
@settings(max_examples=by_profile(150, 1500, 20_000))
def test_when_everything_is_told_everything_is_known_and_nothing_in_doubt(steps: list[tuple[int, int, int]]) -> None:
    true, switch = TrueSwitch(MONITORED), Switch(MONITORED)
    for number, step in enumerate(steps):
        for monitor, event in run(true, step):
            found = switch.apply(10.0 * number, event, monitor)
            assert [seen for seen in found if isinstance(seen, Doubt)] == []
        known = {call.id: {d: str(s) for d, s in call.connections.items() if d in MONITORED} for call in switch.calls.values()}
        assert known == true.view()


@given(STEPS, st.randoms(use_true_random=False), st.sampled_from([0.0, 0.5, 3.0]))
@settings(max_examples=by_profile(150, 1500, 20_000), suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_lost_doubled_or_late_snapshots_heal_it(steps: list[tuple[int, int, int]], chance: Any, pace_s: float) -> None:
    true, switch = TrueSwitch(MONITORED), Switch(MONITORED)
    told = [pair for step in steps for pair in run(true, step)]
    told = [pair for pair in told for _ in range(chance.choice([0, 1, 1, 1, 2]))]
    order = sorted(range(len(told)), key=lambda place: place + chance.choice([0, 0, 0, 3]))
    for number, place in enumerate(order):
        monitor, event = told[place]
        for seen in switch.apply(pace_s * number, event, monitor):
            if isinstance(seen, Changed):
                assert seen.before is not seen.after
    for device in MONITORED:
        switch.snapshot(pace_s * len(order), device, true.shown(device))
    known = {call.id: {d: str(s) for d, s in call.connections.items() if d in MONITORED} for call in switch.calls.values()}
    assert {call: there for call, there in known.items() if there} == true.view()
    at_last = pace_s * len(order) + 3.0
    for device in MONITORED * 2:
        switch.snapshot(at_last, device, true.shown(device))
        at_last += 1.5
    assert set(switch.calls) == set(true.view()), "calls of nobody whom we watch are forgotten in a while"


def test_a_hold_that_is_told_after_its_end_is_in_doubt() -> None:
    case = Case()
    case << established()
    assert case << RetrievedEvent("m", at(A)) == []
    assert case << HeldEvent("m", at(A)) == [Doubt(A, "held while connected"), Changed("1", A, CONNECTED, HOLD)]
    assert case.switch.snapshot(0.1, A, [(at(A), "connected")]) == [Changed("1", A, HOLD, CONNECTED, "snapshot")]
    case.now = 5.0
    assert case << HeldEvent("m", at(A)) == [Changed("1", A, CONNECTED, HOLD)]


def test_a_call_in_which_nobody_is_watched_is_forgotten_when_nobody_comes() -> None:
    case = Case()
    assert case << established(OUT) == [Changed("1", OUT, NULL, CONNECTED)]
    assert case.switch.snapshot(1.0, A, []) == []
    assert case.switch.snapshot(2.5, B, []) == [], "what puts one of ours into it may still come"
    assert case.switch.snapshot(3.5, A, []) == [Over("1")]
    assert case.view() == {}
