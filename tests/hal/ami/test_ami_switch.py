"""An Asterisk's words as a switch's: events in any order, answers that fail or never come, lists."""

from collections.abc import Sequence
from typing import Any

import pytest

from hal.ami.outputs import Do, Output
from hal.ami.setup import Setup
from hal.ami.switch import AGAIN_S, AsteriskSwitch
from hal.asterisk.ami import Answer as Reply
from hal.asterisk.ami import Message
from hal.csta.messages import (
    AlternateCall,
    ConferenceCall,
    ConnectionID,
    ConsultationCall,
    ReconnectCall,
    RouteReject,
    SingleStepConferenceCall,
    SingleStepTransferCall,
    TransferCall,
)
from hal.csta.notices import Heard, Snapshot

pytestmark = pytest.mark.requirement("ACC-02")

__all__ = ["Case", "listing"]

SETUP = Setup(
    stations=("8001", "8002"),
    ports=("8901", "8902"),
    recording_ports=("8991",),
    route_points=("7000",),
    prefix="x-",
    audit_s=60.0,
    waits_s=5.0,
)
CALLER = {"Uniqueid": "1.0", "Linkedid": "1.0", "Channel": "PJSIP/trunk-00000000", "CallerIDNum": "138"}
PORT = {"Uniqueid": "1.1", "Linkedid": "1.0", "Channel": "PJSIP/8901-00000001", "CallerIDNum": "8901"}
PHONE = {"Uniqueid": "x-1", "Linkedid": "x-1", "Channel": "PJSIP/8001-00000002", "CallerIDNum": "8001"}
DONE = Reply("", Message((("Response", "Success"),)))
FAILED = Reply("", Message((("Response", "Error"), ("Message", "no"))))


def listing(*channels: dict[str, str]) -> Reply:
    items = tuple(Message((("Event", "CoreShowChannel"), *channel.items())) for channel in channels)
    return Reply("", Message((("Response", "Success"), ("EventList", "start"))), items)


class Case:
    """One PBX; `said` is what the line was told of calls, `done` what the manager was asked, each since the last look."""

    def __init__(self) -> None:
        self.now = 0.0
        self.switch = AsteriskSwitch(SETUP)
        self.orders: list[Do] = []
        self.notices: list[Any] = []
        self.take(self.switch.opened(0.0))
        self.answer("DeviceStateList", listing())
        self.answer("CoreShowChannels", listing())
        self.said, self.done = self.look()

    def take(self, outputs: Sequence[Output]) -> None:
        self.orders += [output for output in outputs if isinstance(output, Do)]
        self.notices += [output for output in outputs if not isinstance(output, Do)]

    def look(self) -> "tuple[list[Any], list[str]]":
        said = [self._word(notice) for notice in self.notices]
        self.notices = []
        return said, [order.action for order in self.orders]

    def _word(self, notice: Any) -> str:
        return type(notice.message).__name__.removesuffix("Event") if isinstance(notice, Heard) else type(notice).__name__

    def hear(self, event: str, channel: dict[str, str], state: int | None = None, **more: str) -> list[str]:
        """What is told because of an event."""
        headers = {**channel, **({"ChannelState": str(state)} if state is not None else {}), **more}
        self.take(self.switch.told(self.now, Message((("Event", event), *headers.items()))))
        return self.look()[0]

    def ask(self, handle: str, request: Any) -> list[str]:
        self.take(self.switch.request(handle, request))
        return self.look()[0]

    def answer(self, action: str, reply: Reply | None) -> list[str]:
        """The answer to the action of this name that was asked first."""
        order = next(order for order in self.orders if order.action == action)
        self.orders.remove(order)
        self.take(self.switch.answered(self.now, order.tag, reply, "late"))
        return self.look()[0]

    def asked(self, action: str) -> list[dict[str, str]]:
        """Actions of this name that wait for their answers."""
        return [dict(order.headers) for order in self.orders if order.action == action]

    # stages of a call

    def at_port(self) -> None:
        self.hear("Newchannel", CALLER, 4)
        assert self.hear("Newchannel", PORT, 6) == ["Originated", "Established"]

    def rings(self) -> None:
        self.at_port()
        assert self.ask("c", ConsultationCall(ConnectionID("1.0", "8901"), "8001")) == ["Originated", "Answer"]
        assert self.hear("Newchannel", PHONE, 5) == ["Delivered"]
        self.answer("Originate", DONE)

    def joins(self) -> None:
        self.rings()
        assert self.hear("Newstate", PHONE, 6) == ["Established"]
        assert self.ask("j", TransferCall(ConnectionID("1.0", "8901"), ConnectionID("x-1", "8901"))) == []

    def talks(self) -> None:
        self.joins()
        assert self.answer("Bridge", DONE) == ["Transfered", "Answer"]
        self.hear("Hangup", PORT)
        self.orders.clear()


@pytest.fixture
def case() -> Case:
    return Case()


MOVED = {**PHONE, "Linkedid": "1.0"}


def test_a_channel_never_goes_back(case: Case) -> None:
    case.at_port()
    assert case.hear("Newstate", PORT, 5) == []
    assert case.hear("Newstate", PORT, 0) == []


def test_a_channel_that_is_gone_never_comes_again(case: Case) -> None:
    case.at_port()
    assert case.hear("Hangup", PORT) == ["ConnectionCleared"]
    assert case.hear("Newstate", PORT, 6) == []
    case.take(case.switch.look_at("8901"))
    assert case.answer("CoreShowChannels", listing(CALLER, {**PORT, "ChannelState": "6"})) == ["Snapshot"]


def test_nobody_goes_back_to_the_call_he_has_left(case: Case) -> None:
    case.joins()
    assert case.hear("BridgeEnter", MOVED, 6) == ["Transfered"]
    assert case.hear("NewConnectedLine", PHONE, 6) == []


def test_a_list_says_nothing_of_what_is_younger_than_it(case: Case) -> None:
    case.take(case.switch.look_at("8901"))
    case.at_port()
    assert case.answer("CoreShowChannels", listing()) == ["Snapshot"]
    case.take(case.switch.look_at("8901"))
    assert case.answer("CoreShowChannels", listing(CALLER)) == ["ConnectionCleared", "Snapshot"]


def test_a_port_that_goes_while_two_are_joined_is_part_of_that(case: Case) -> None:
    case.joins()
    assert case.hear("Hangup", PORT) == [], "before the bridge is heard of"
    assert case.hear("BridgeEnter", MOVED, 6) == ["Transfered"]
    assert case.answer("Bridge", DONE) == ["Answer"]


def test_a_port_that_stays_after_the_join_is_no_part_of_the_call_and_hung_up(case: Case) -> None:
    case.joins()
    assert case.answer("Bridge", DONE) == ["Transfered", "Answer"]
    assert case.asked("Hangup") == [{"Channel": PORT["Channel"], "Cause": "16"}]
    assert case.hear("Newstate", PORT, 6) == []
    case.take(case.switch.look_at("8901"))
    case.answer("CoreShowChannels", listing(CALLER, PORT, MOVED))
    case.take(case.switch.look_at("8901"))
    order = next(order for order in case.orders if order.action == "CoreShowChannels")
    (snapshot,) = [one for one in case.switch.answered(0.0, order.tag, listing(CALLER, PORT, MOVED)) if isinstance(one, Snapshot)]
    assert snapshot.connections == ()


@pytest.mark.parametrize("reply", [FAILED, None])
def test_a_join_that_fails_when_the_port_is_gone_lets_the_phone_go(case: Case, reply: Reply | None) -> None:
    case.joins()
    case.hear("Hangup", PORT)
    said = case.answer("Bridge", reply)
    assert said[-1] in ("Refused", "Unanswered")
    assert "ConnectionCleared" in said
    assert [one["Channel"] for one in case.asked("Hangup")] == [PHONE["Channel"]]


def test_a_join_that_fails_with_the_port_there_leaves_the_phone_to_whoever_asked(case: Case) -> None:
    case.joins()
    assert case.answer("Bridge", FAILED) == ["Refused"]
    assert not case.asked("Hangup")


def test_a_join_whose_answer_is_lost_is_believed_by_its_events(case: Case) -> None:
    case.joins()
    case.hear("BridgeEnter", MOVED, 6)
    case.hear("Hangup", PORT)
    assert case.answer("Bridge", None) == ["Unanswered"]
    case.hear("NewConnectedLine", MOVED, 6)
    assert not case.asked("Hangup")


def test_a_phone_that_is_gone_when_the_join_is_answered_was_not_joined(case: Case) -> None:
    case.joins()
    assert case.hear("Hangup", PHONE) == ["ConnectionCleared"]
    assert case.answer("Bridge", DONE) == ["ConnectionCleared", "Answer"], "the port is in the agent's call no more"


def test_a_consultation_ends_with_its_port_even_if_that_was_never_seen(case: Case) -> None:
    case.hear("Newchannel", CALLER, 6)
    case.ask("c", ConsultationCall(ConnectionID("1.0", "8901"), "8001"))
    case.hear("Newchannel", PHONE, 5)
    case.take(case.switch.look_at("8901"))
    assert case.answer("CoreShowChannels", listing(CALLER, PHONE)) == ["ConnectionCleared", "Snapshot"]
    assert [one["Channel"] for one in case.asked("Hangup")] == [PHONE["Channel"]]


def test_who_is_sent_back_to_a_port_leaves_his_agent_behind(case: Case) -> None:
    case.talks()
    case.ask("p", SingleStepTransferCall(ConnectionID("1.0", "8001"), "8902"))
    (sent,) = case.asked("Redirect")
    assert (sent["Channel"], sent["Context"], sent["Exten"]) == (CALLER["Channel"], "hotline-to", "8902")
    assert case.answer("Redirect", DONE) == ["Answer"]
    assert [one["Channel"] for one in case.asked("Hangup")] == [PHONE["Channel"]]


def test_a_recording_port_that_comes_after_its_answer_was_given_up_is_hung_up(case: Case) -> None:
    case.talks()
    case.ask("r", SingleStepConferenceCall(ConnectionID("1.0", "8001"), "8991"))
    (made,) = case.asked("Originate")
    assert made["Data"] == f"{PHONE['Channel']},qE"
    assert case.answer("Originate", None) == ["Unanswered"]
    late = {"Uniqueid": made["ChannelId"], "Linkedid": made["ChannelId"], "Channel": "PJSIP/8991-00000009"}
    case.hear("Newchannel", late, 0)
    assert [one["Channel"] for one in case.asked("Hangup")] == ["PJSIP/8991-00000009"]


# --- route points ---------------------------------------------------------------------------------------------------------------------


def offered(case: Case) -> None:
    assert case.hear("UserEvent", CALLER, 4, UserEvent="HotlineRoute", Point="7000") == []
    assert case.answer("Getvar", Reply("", Message((("Response", "Success"), ("Value", "1"))))) == ["RouteRequest"]


def test_a_caller_is_asked_about_once(case: Case) -> None:
    offered(case)
    case.hear("UserEvent", CALLER, 4, UserEvent="HotlineRoute", Point="7000")
    assert not case.asked("Getvar")


def test_a_caller_who_hangs_up_before_he_is_sent_anywhere_is_told(case: Case) -> None:
    offered(case)
    assert case.hear("Hangup", CALLER) == ["RouteEnd"]
    case.take(case.switch.tell(RouteReject("1.0")))
    assert not case.asked("Hangup")


def test_who_was_offered_when_the_link_broke_is_offered_anew_if_he_waits_yet(case: Case) -> None:
    offered(case)
    case.take(case.switch.closed("cut"))
    case.take(case.switch.opened(1.0))
    case.look()
    case.answer("CoreShowChannels", listing({**CALLER, "ChannelState": "4", "Context": "hotline", "Exten": "7000"}))
    assert [one["Channel"] for one in case.asked("Getvar")] == [CALLER["Channel"]]


def test_a_route_point_that_is_none_of_ours_is_passed_over(case: Case) -> None:
    assert case.hear("UserEvent", CALLER, 4, UserEvent="HotlineRoute", Point="7999") == ["Ignored"]
    assert not case.asked("Getvar")


# --- lists ----------------------------------------------------------------------------------------------------------------------------


def test_a_list_that_was_not_to_be_had_is_asked_for_again_in_a_while(case: Case) -> None:
    case.take(case.switch.look_at("8901"))
    case.answer("CoreShowChannels", None)
    assert not case.asked("CoreShowChannels")
    assert case.switch.next_deadline() == AGAIN_S
    case.take(case.switch.tick(AGAIN_S))
    assert case.answer("CoreShowChannels", listing()) == ["Snapshot"]


def test_a_list_that_was_lost_with_the_link_is_asked_for_on_the_next(case: Case) -> None:
    case.take(case.switch.look_at("8901"))
    case.take(case.switch.closed("cut"))
    case.orders.clear()
    case.take(case.switch.opened(1.0))
    assert case.asked("CoreShowChannels")


def test_what_is_asked_for_while_a_list_is_on_its_way_may_be_younger_and_gets_another(case: Case) -> None:
    case.take(case.switch.look_at("8901"))
    case.take(case.switch.look_at("8902"))
    assert len(case.asked("CoreShowChannels")) == 1
    assert case.answer("CoreShowChannels", listing()) == ["Snapshot"]
    assert case.answer("CoreShowChannels", listing()) == ["Snapshot"]
    assert not case.asked("CoreShowChannels")


def test_every_device_is_looked_at_from_time_to_time(case: Case) -> None:
    case.take(case.switch.tick(SETUP.audit_s))
    assert case.answer("CoreShowChannels", listing()) == ["Snapshot"] * 5


def test_what_no_asterisk_can_do_is_refused(case: Case) -> None:
    assert case.ask("x", RouteReject("1.0")) == ["Refused"]
    assert case.ask("y", TransferCall(ConnectionID("1", "8901"), ConnectionID("2", "8901"))) == ["Refused"]


def asks(case: Case) -> dict[str, str]:
    """The agent has asked 8002, whose phone rings; its channel."""
    case.talks()
    assert case.ask("a", ConsultationCall(ConnectionID("1.0", "8001"), "8002")) == []
    assert case.answer("Redirect", DONE) == ["Held", "Originated", "Answer"]
    (said,) = case.asked("Originate")
    asked = {"Uniqueid": said["ChannelId"], "Linkedid": said["ChannelId"], "Channel": "PJSIP/8002-00000004", "CallerIDNum": "8002"}
    case.answer("Originate", DONE)
    assert case.hear("Newchannel", asked, 5) == ["Delivered"]
    return asked


def test_who_answers_as_the_agent_is_taken_back_to_his_caller_does_not_tear_him_away(case: Case) -> None:
    asked = asks(case)
    assert case.ask("r", ReconnectCall(ConnectionID(asked["Uniqueid"], "8001"), ConnectionID("1.0", "8001"))) == []
    case.hear("Newstate", asked, 6)
    assert [sorted(said.values())[:2] for said in case.asked("Bridge")] == [["PJSIP/8001-00000002", "PJSIP/trunk-00000000"]]
    assert "Retrieved" in case.answer("Bridge", DONE)
    assert [said["Channel"] for said in case.asked("Hangup")] == [asked["Channel"]]


def test_an_agent_who_hangs_up_as_he_gives_his_caller_away_takes_nobody_along(case: Case) -> None:
    asked = asks(case)
    case.hear("Newstate", asked, 6)
    case.answer("Bridge", DONE)
    assert case.ask("g", TransferCall(ConnectionID("1.0", "8001"), ConnectionID(asked["Uniqueid"], "8001"))) == []
    case.hear("Hangup", MOVED)
    assert case.asked("Hangup") == []
    assert case.answer("Bridge", DONE) == ["Transfered", "Answer"]


@pytest.mark.parametrize("swapped", [False, True])
def test_three_come_together_two_at_once_who_talk_already(case: Case, swapped: bool) -> None:
    asked = asks(case)
    case.hear("Newstate", asked, 6)
    case.answer("Bridge", DONE)
    talks, waits = (asked, CALLER)
    if swapped:
        talks, waits = (CALLER, asked)
        case.ask("s", AlternateCall(ConnectionID("1.0", "8001"), ConnectionID(asked["Uniqueid"], "8001")))
        assert case.answer("Bridge", DONE) == ["Retrieved", "Held", "Answer"]
    assert case.ask("t", ConferenceCall(ConnectionID("1.0", "8001"), ConnectionID(asked["Uniqueid"], "8001"))) == []
    two, third = case.asked("Redirect")
    assert (two["Channel"], two["ExtraChannel"], third["Channel"]) == (talks["Channel"], PHONE["Channel"], waits["Channel"])
