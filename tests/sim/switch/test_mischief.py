"""Everything that a switch can do wrong, seen on the wire."""

import math

import pytest

from sim.switch.mischief import (
    CloseSession,
    Decorate,
    Forget,
    HalfOpen,
    Late,
    Lose,
    LoseMessages,
    Mischief,
    Pad,
    Restart,
    SameInvokeID,
    Swap,
    Twice,
    Unplug,
)
from tests.sim.switch.wire import ED, Computer, connection, inner, name

pytestmark = pytest.mark.requirement("SIM-05")


def watched(*mischief: Mischief, seed: int = 1) -> Computer:
    """A computer that watches 8001 of such a switch."""
    computer = Computer(*mischief, seed=seed)
    computer.monitor("8001")
    return computer


def call(computer: Computer, to: str = "8001") -> int:
    leg = computer.switch.arrives("T1", "1", to)
    assert leg is not None
    return leg


def lift(computer: Computer, device: str = "8001") -> None:
    computer.switch.lifts(computer.switch.connections_of(device)[0].leg)


def test_late_events() -> None:
    computer = watched(Late(kinds=("Delivered",), by_s=1.5))
    call(computer)
    assert computer.take() == []
    assert computer.cti.next_deadline() == 1.5
    computer.wait(1.4)
    assert computer.take() == []
    computer.wait(0.1)
    assert computer.names() == ["DeliveredEvent"]


def test_slow_answers() -> None:
    computer = Computer(Late(kinds=("answers",), by_s=3.0), session_s=-1)
    computer.send(f'<RequestSystemStatus xmlns="{ED}"/>')
    assert computer.take() == []
    computer.wait(3.0)
    assert computer.names() == ["CSTAErrorCode"]


def test_lost_events_and_answers() -> None:
    computer = watched(Lose(kinds=("Delivered", "AnswerCallResponse")))
    call(computer)
    assert computer.take() == []
    computer.send(f'<AnswerCall xmlns="{ED}">{connection("callToBeAnswered", "1001", "8001")}</AnswerCall>')
    assert computer.names() == ["EstablishedEvent"]


def test_mischief_has_its_time() -> None:
    computer = watched(Lose(from_s=10, until_s=20))
    for now, heard in ((0.0, True), (10.0, False), (19.0, False), (20.0, True)):
        computer.wait(now - computer.now)
        leg = call(computer)
        assert bool(computer.take()) is heard
        computer.switch.hangs_up(leg)
        computer.take()


def test_mischief_by_chance_comes_from_a_seed() -> None:
    def story(seed: int) -> list[bool]:
        computer = watched(Lose(kinds=("Delivered",), chance=0.5), seed=seed)
        heard = []
        for _ in range(20):
            leg = call(computer)
            heard.append(computer.names() == ["DeliveredEvent"])
            computer.switch.hangs_up(leg)
            computer.take()
        return heard

    assert story(1) == story(1)
    assert story(1) != story(2)
    assert 0 < sum(story(1)) < 20


def test_what_comes_twice() -> None:
    computer = watched(Twice(kinds=("Delivered", "RequestSystemStatusResponse")))
    call(computer)
    first, second = computer.take()
    assert first == second
    assert name(first[1]) == "DeliveredEvent"
    invoke = computer.send(f'<RequestSystemStatus xmlns="{ED}"/>')
    assert [number for number, _ in computer.take()] == [invoke, invoke]


def test_invoke_ids_that_were_used_before() -> None:
    for mischief, invokes in (((), [1, 2]), ((SameInvokeID(),), [1, 1])):
        computer = Computer(*mischief)
        computer.request("RouteRegister", "<routeingDevice>7000</routeingDevice>")
        call(computer, "7000")
        call(computer, "7000")
        assert [number for number, _ in computer.take()] == invokes


def test_established_before_delivered() -> None:
    computer = watched(Swap(within_s=2.0))
    call(computer)
    assert computer.take() == []
    lift(computer)
    assert computer.names() == ["EstablishedEvent", "DeliveredEvent"]
    computer.wait(5.0)
    assert computer.take() == []


def test_delivered_comes_alone_in_the_end() -> None:
    computer = watched(Swap(within_s=2.0))
    call(computer)
    call(computer, "8002")
    lift(computer, "8002")
    assert computer.take() == []
    computer.wait(2.0)
    assert computer.names() == ["DeliveredEvent"]
    lift(computer)
    assert computer.names() == ["EstablishedEvent"]


def test_characters_beyond_ascii_count_as_bytes() -> None:
    text = "Grüße, 你好, \U0001f4de"
    computer = watched(Decorate(text=text))
    call(computer)
    ((_, told),) = computer.take()
    assert inner(told, "note") == text


def test_frames_of_64_kilobytes() -> None:
    computer = watched(Decorate(), Pad(kinds=("Delivered",)))
    call(computer)
    frame = computer.link.take(0.0)
    assert len(frame) == 65535
    assert frame[:4] == b"\x00\x00\xff\xff"
    assert frame.count(b"<extensions>") == 1
    lift(computer)
    assert len(computer.link.take(0.0)) < 1000


@pytest.mark.parametrize("keeps", [True, False])
def test_a_restart_forgets_monitors_and_loses_calls_or_keeps_them(keeps: bool) -> None:
    computer = watched(Restart(at_s=10, down_s=5, keeps_calls=keeps))
    call(computer)
    computer.take()
    computer.wait(10)
    assert computer.link.is_closed
    assert computer.take() == []
    assert bool(computer.switch.calls) is keeps
    assert computer.phones.ended == ({} if keeps else {1: "switchingFunctionTerminated", 2: "switchingFunctionTerminated"})
    assert not computer.connect()
    computer.wait(5)
    assert computer.connect()
    call(computer, "8002")
    assert computer.take() == []


def test_monitors_are_forgotten_and_the_link_lives() -> None:
    computer = watched(Forget(at_s=10))
    computer.wait(10)
    call(computer)
    assert computer.take() == []
    computer.monitor("8001")
    lift(computer)
    assert computer.names() == ["EstablishedEvent"]


def test_a_half_open_link_says_nothing_and_hears_nothing() -> None:
    computer = watched(HalfOpen(at_s=10, for_s=20))
    computer.wait(10)
    call(computer)
    assert computer.ask(f'<RequestSystemStatus xmlns="{ED}"/>') == []
    assert not computer.link.is_closed
    computer.wait(20)
    assert computer.take() == []
    lift(computer)
    assert computer.names() == ["EstablishedEvent"]


def test_a_dead_listener_leaves_the_other_one_alive() -> None:
    computer = Computer(HalfOpen(at_s=10, listener="first"), Restart(at_s=20, down_s=math.inf, listener="first", keeps_calls=True))
    assert computer.connect("first")
    dead = computer.link
    other = Computer(cti=computer.cti, session_s=-1)
    computer.wait(10)
    assert computer.ask(f'<RequestSystemStatus xmlns="{ED}"/>') == []
    other.now = 10.0
    assert len(other.ask(f'<RequestSystemStatus xmlns="{ED}"/>')) == 1
    computer.wait(10)
    assert dead.is_closed
    assert not other.link.is_closed
    assert not computer.connect("first")
    assert computer.connect("second")


def test_a_session_that_is_closed_by_the_switch() -> None:
    computer = watched(CloseSession(at_s=10))
    computer.wait(10)
    ((invoke, told),) = computer.take()
    assert (invoke, name(told)) == (9999, "ApplicationSessionTerminated")
    assert computer.link.is_closed


def test_a_phone_that_is_unplugged() -> None:
    computer = watched(Unplug(at_s=10, device="8001", for_s=5))
    call(computer)
    computer.take()
    computer.wait(10)
    told = computer.take()
    assert [name(xml) for _, xml in told] == [
        "OutOfServiceEvent", "ConnectionClearedEvent", "ConnectionClearedEvent", "CallClearedEvent",
    ]  # fmt: skip
    assert inner(told[0][1], "device") == "<deviceIdentifier>8001</deviceIdentifier>"
    call(computer)
    assert computer.phones.ended == {1: "destOutOfOrder", 2: "destOutOfOrder", 3: "destOutOfOrder"}
    computer.take()
    make = "<callingDevice>8001</callingDevice><calledDirectoryNumber>8002</calledDirectoryNumber>"
    assert inner(computer.request("MakeCall", make), "systemResourceAvailibility") == "callingDeviceOutOfService"
    call(computer, "8002")
    deflect = connection("callToBeDiverted", "1003", "8002") + "<newDestination>8001</newDestination>"
    assert inner(computer.request("DeflectCall", deflect), "systemResourceAvailibility") == "destinationDeviceOutOfService"
    computer.wait(5)
    assert computer.names() == ["BackInServiceEvent"]
    assert "DeflectCallResponse" in computer.request("DeflectCall", deflect)


def test_messages_are_lost_and_the_switch_says_so() -> None:
    computer = watched(LoseMessages(at_s=10, for_s=5))
    computer.request("SystemRegister")
    computer.wait(10)
    call(computer)
    assert computer.take() == []
    computer.wait(5)
    ((_, told),) = computer.take()
    assert (name(told), inner(told, "systemStatus")) == ("SystemStatus", "messagesLost")
    lift(computer)
    assert computer.names() == ["EstablishedEvent"]
