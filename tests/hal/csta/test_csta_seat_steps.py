"""What is asked for at a seat of a switch, message by message: where a story of the whole would not show which step counts."""

import pytest

from hal.api import Adopted, Answered, Cause, Command, CommandFailed, HeldByFarEnd, Mix, Originate, Release, Released
from hal.api import Event as Told
from hal.csta.mapping import Ask, Kept, LookAt, Mapping, Output, Say
from hal.csta.mapping.board import Setup
from hal.csta.messages import (
    AlternateCall,
    ClearConnection,
    ConferenceCall,
    ConnectionClearedEvent,
    ConnectionID,
    ConsultationCall,
    ConsultationCallResponse,
    CSTAErrorCode,
    DeliveredEvent,
    EstablishedEvent,
    HeldEvent,
    HoldCall,
    Party,
    ReconnectCall,
    Request,
    Response,
    RetrieveCall,
    SingleStepTransferCall,
    TransferCall,
)
from hal.csta.notices import Answer, Heard, Notice, Opened, Refused, Snapshot, Unanswered, Watched
from tests.hal.csta.world import LINE

pytestmark = pytest.mark.requirement("CTI-01")
OUR, ASIDE, CUSTOMER = ConnectionID("k1", "8001"), ConnectionID("k2", "8001"), ConnectionID("k1", "T1#1")
NO = CSTAErrorCode(state_incompatibility="invalidConnectionState")


class Seat:
    """An agent `a` at 8001 in conversation with a customer `c`, as it is after a restart; what was asked and told since the last look."""

    def __init__(self, station: str = "8001", ports: tuple[str, ...] = ("8901",), *, held: bool = False) -> None:
        kept = Kept("c", "138", "95500", "k1", is_up=True, is_held=held, agent="a", station=station)
        self.mapping = Mapping(Setup(line=LINE, ports=ports, stations=frozenset({"8001", "8002"})), left=(kept,))
        self.said: list[Output] = []
        self._take(self.mapping.adopt(0.0))
        for notice in (Opened("1", "ed4"), *(Watched(each) for each in ("8001", "8002"))):
            self.hears(notice)
        self.sees(phone="T1#1", k1="connected").sees(k1="hold" if held else "connected")
        self.does(Mix(LINE, {"a": ("c",), "c": ("a",)}))
        self.asked(), self.told()

    def _take(self, outputs: list[Output]) -> None:
        self.said += outputs

    def hears(self, notice: Notice, at: float = 1.0) -> "Seat":
        self._take(self.mapping.notice(at, notice))
        return self

    def does(self, *commands: Command) -> "Seat":
        for command in commands:
            self._take(self.mapping.submit(1.0, command))
        return self

    def mixes(self, *together: str) -> "Seat":
        legs = [leg for leg in ("a", "c", "x") if leg in self.mapping.board.agents or leg in self.mapping.board.customers]
        return self.does(Mix(LINE, {leg: tuple(other for other in together if other != leg) if leg in together else () for leg in legs}))

    def sees(self, *, phone: str = "8001", **calls: str) -> "Seat":
        """The switch says how a device is in its calls."""
        there = tuple((ConnectionID(call, phone), state) for call, state in calls.items())
        return self.hears(Snapshot(phone, there))

    def leave(self) -> "Seat":
        """The core lets the agent go, and says nothing of the customer."""
        self.does(Release(LINE, "a"))
        self._take(self.mapping.tick(9.0))
        return self

    def yes(self, what: str, leg: str, response: Response | None = None) -> "Seat":
        return self.hears(Answer((what, leg), response or Response()))

    def asks(self, to: str = "station:8002") -> "Seat":
        """The agent asks somebody, who answers."""
        self.does(Originate(LINE, "x", to, "1001", beside="a"))
        self.yes("ask", "x", ConsultationCallResponse(ASIDE))
        self.sees(k1="hold", k2="connected")
        self.reaches("8002" if to == "station:8002" else "T1#2")
        assert Answered(LINE, "x") in self.told()
        self.asked()
        return self

    def rings(self, device: str) -> "Seat":
        part = ConnectionID("k2", device)
        return self.hears(Heard(DeliveredEvent("m", connection=part, alerting_device=Party(device)), "8001"))

    def reaches(self, device: str) -> "Seat":
        part = ConnectionID("k2", device)
        self.rings(device)
        return self.hears(Heard(EstablishedEvent("m", established_connection=part, answering_device=Party(device)), "8001"))

    def leaves(self, call: str, device: str, cause: str = "normalClearing") -> "Seat":
        event = ConnectionClearedEvent("m", dropped_connection=ConnectionID(call, device), releasing_device=Party(device), cause=cause)
        return self.hears(Heard(event, "8001"))

    def asked(self) -> list[Request]:
        """What the switch was asked for."""
        found = [one.request for one in self.said if isinstance(one, Ask)]
        self.said = [one for one in self.said if not isinstance(one, Ask)]
        return found

    def told(self) -> list[Told]:
        """What the core was told."""
        found = [one.event for one in self.said if isinstance(one, Say)]
        self.said = [one for one in self.said if not isinstance(one, Say)]
        return found

    def looks(self) -> list[str]:
        """What is looked at."""
        found = [one.device for one in self.said if isinstance(one, LookAt)]
        self.said = [one for one in self.said if not isinstance(one, LookAt)]
        return found

    def gone(self) -> list[tuple[str, Cause]]:
        return [(event.leg, event.cause) for event in self.told() if isinstance(event, Released)]


def kinds(requests: list[Request]) -> list[type]:
    return [type(one) for one in requests]


# --- who can ask ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "passes_s", "station", "to"),
    [
        ("", 0.0, "", "station:8002"),
        ("", 0.0, "8001", "station:9999"),
        ("a", 0.0, "8001", "station:8002"),
        ("a", 9.0, "8001", "station:8002"),
        ("c", 0.0, "8001", "station:8002"),
    ],
    ids=["no phone of ours", "no such phone", "he is about to leave", "he leaves", "the customer leaves"],
)
def test_nobody_is_asked_who_cannot_be(who: str, passes_s: float, station: str, to: str) -> None:
    seat = Seat(station)
    if who:
        seat.does(Release(LINE, who))
    seat._take(seat.mapping.tick(passes_s))
    seat.asked(), seat.told()
    seat.does(Originate(LINE, "x", to, "1001", beside="a"))
    assert seat.gone() == [("x", Cause.NO_CIRCUIT_AVAILABLE)]
    assert ConsultationCall not in kinds(seat.asked())


def test_a_customer_is_known_by_his_trunk_when_who_is_asked_is_outside_as_well() -> None:
    seat = Seat().asks("number:139")
    assert seat.leaves("k1", "T1#1").gone() == [("c", Cause.NORMAL_CLEARING)]


# --- what becomes of who is asked -----------------------------------------------------------------------------------------


def test_a_call_beside_that_nobody_knows_of_has_the_phone_looked_at() -> None:
    seat = Seat().does(Originate(LINE, "x", "station:8002", "1001", beside="a"))
    seat.looks()
    seat.hears(Unanswered(("ask", "x"), "no answer"))
    assert seat.gone() == [("x", Cause.TEMPORARY_FAILURE)]
    assert "8001" in seat.looks()


def test_the_agent_ends_the_call_beside_at_his_phone() -> None:
    assert Seat().asks().leaves("k2", "8001").gone() == [("x", Cause.NORMAL_CLEARING)]


@pytest.mark.parametrize(("up", "cause"), [(True, Cause.NORMAL_CLEARING), (False, Cause.USER_BUSY)])
def test_why_he_is_gone_counts_only_as_long_as_he_has_not_answered(up: bool, cause: Cause) -> None:
    seat = Seat()
    if up:
        seat.asks()
    else:
        seat.does(Originate(LINE, "x", "station:8002", "1001", beside="a")).yes("ask", "x", ConsultationCallResponse(ASIDE))
        seat.sees(k1="hold", k2="connected").rings("8002")
    assert seat.leaves("k2", "8002", "busy").gone() == [("x", cause)]


def test_what_the_phone_was_to_do_with_him_is_not_waited_for_when_he_is_gone() -> None:
    seat = Seat().asks().mixes("a", "c")
    assert kinds(seat.asked()) == [AlternateCall]
    assert seat.leaves("k2", "8002").asked() == [ReconnectCall(ASIDE, OUR)]
    assert seat.mixes().asked() == [HoldCall(OUR)]


# --- who is heard ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["to the customer", "all together", "gives"])
def test_out_of_a_moment_in_which_both_wait(how: str) -> None:
    seat = Seat().asks().mixes()
    assert seat.asked() == [HoldCall(ASIDE)]
    seat.yes("move", "a")
    assert seat.asked() == []
    if how == "to the customer":
        assert seat.mixes("a", "c").asked() == [RetrieveCall(OUR)]
    elif how == "all together":
        assert seat.mixes("a", "c", "x").asked() == [RetrieveCall(ASIDE), ConferenceCall(OUR, ASIDE)]
    else:
        assert seat.leave().asked() == [RetrieveCall(ASIDE), TransferCall(OUR, ASIDE)]


def test_to_who_is_asked_out_of_a_moment_in_which_both_wait() -> None:
    seat = Seat().asks().mixes()
    seat.yes("move", "a").asked()
    assert seat.mixes("a", "x").asked() == [RetrieveCall(ASIDE)]


def test_what_the_switch_refuses_is_asked_three_times_and_again_when_it_is_wanted_anew() -> None:
    seat = Seat().asks().mixes("a", "c")
    for _ in range(2):
        assert seat.asked() == [AlternateCall(OUR, ASIDE)]
        seat.hears(Refused(("move", "a"), NO)).sees(k1="hold", k2="connected")
    assert seat.asked() == [AlternateCall(OUR, ASIDE)]
    seat.hears(Refused(("move", "a"), NO)).sees(k1="hold", k2="connected")
    assert seat.asked() == []
    assert len([event for event in seat.told() if isinstance(event, CommandFailed)]) == 3
    assert seat.mixes("a", "c").asked() == [AlternateCall(OUR, ASIDE)]
    seat.yes("move", "a").sees(k1="connected", k2="hold").mixes("a", "x")
    for _ in range(3):
        assert seat.asked() == [AlternateCall(ASIDE, OUR)], "it is counted anew"
        seat.hears(Refused(("move", "a"), NO)).sees(k1="connected", k2="hold")
    assert seat.asked() == []


def test_a_look_shows_which_of_his_calls_waits() -> None:
    seat = Seat().asks().mixes("a", "c")
    seat.asked()
    seat.hears(Refused(("move", "a"), NO)).sees(k1="hold", k2="hold")
    assert seat.asked() == [RetrieveCall(OUR)], "there is nothing to change to and fro"


def test_what_his_phone_holds_by_itself_is_not_held_once_more() -> None:
    seat = Seat().hears(Heard(HeldEvent("m", held_connection=OUR, holding_device=Party("8001")), "8001"))
    assert HeldByFarEnd(LINE, "a") in seat.told()
    assert seat.mixes().asked() == []


def test_who_has_given_the_customer_away_hears_nobody_any_more() -> None:
    seat = Seat().asks().leave()
    assert kinds(seat.asked()) == [TransferCall]
    assert seat.mixes("a", "c").asked() == []


def test_what_was_not_answered_is_not_counted_as_refused() -> None:
    seat = Seat().asks().mixes("a", "c")
    for _ in range(5):
        assert seat.asked() == [AlternateCall(OUR, ASIDE)]
        seat.hears(Unanswered(("move", "a"), "no answer")).sees(k1="hold", k2="connected")


def test_who_is_to_be_asked_while_the_phone_does_something_else_is_asked_after_it() -> None:
    seat = Seat().mixes()
    assert seat.asked() == [HoldCall(OUR)]
    seat.does(Originate(LINE, "x", "station:8002", "1001", beside="a"))
    assert seat.asked() == []
    seat.hears(Refused(("move", "a"), NO))
    assert kinds(seat.asked()) == [ConsultationCall]


def test_who_is_let_go_while_both_wait_is_cleared_and_nobody_is_heard_by_that() -> None:
    seat = Seat().asks().mixes()
    seat.yes("move", "a").asked()
    seat.does(Release(LINE, "x"))
    assert seat.asked() == [ClearConnection(ASIDE)]


def test_who_is_let_go_while_the_agent_hears_him_leaves_him_with_the_customer() -> None:
    seat = Seat().asks().does(Release(LINE, "x"))
    assert seat.asked() == [ReconnectCall(ASIDE, OUR)]


def test_who_is_let_go_while_the_phone_changes_over_is_cleared_and_the_phone_looked_at() -> None:
    seat = Seat().asks().mixes("a", "c")
    seat.asked(), seat.looks()
    seat.does(Release(LINE, "x"))
    assert seat.asked() == [ClearConnection(ASIDE)]
    assert "8001" in seat.looks()
    seat.sees(k1="hold")
    assert seat.asked() == [RetrieveCall(OUR)], "what the look shows is mended"


def test_a_call_that_the_switch_does_not_end_is_ended_when_it_is_seen_again() -> None:
    seat = Seat().asks().does(Release(LINE, "x"))
    seat.asked()
    seat.hears(Refused(("end", "8001", "k2"), NO)).sees(k1="hold", k2="connected")
    assert ClearConnection(ASIDE) in seat.asked()
    seat = Seat().asks().does(Release(LINE, "x"))
    seat.asked()
    seat.hears(Refused(("end", "8001", "k2"), NO)).sees(k1="hold")
    assert seat.asked() == [RetrieveCall(OUR)], "the customer is not left on hold"


# --- leaving --------------------------------------------------------------------------------------------------------------


def test_a_customer_whose_agent_leaves_goes_to_a_port_or_away_with_him() -> None:
    seat = Seat().leave()
    assert kinds(seat.asked()) == [SingleStepTransferCall]
    seat = Seat(ports=()).leave()
    assert kinds(seat.asked()) == [ClearConnection]


def test_who_leaves_while_his_phone_changes_over_waits_for_that() -> None:
    seat = Seat().asks().mixes("a", "c")
    seat.asked()
    seat.does(Release(LINE, "a"))
    assert seat.asked() == [], "which of his calls is held is about to be known"
    seat.yes("move", "a")
    seat._take(seat.mapping.tick(9.0))
    assert seat.asked() == [TransferCall(ASIDE, OUR)]


def test_who_leaves_before_it_is_known_in_which_call_he_asks_waits_for_that() -> None:
    seat = Seat().does(Originate(LINE, "x", "station:8002", "1001", beside="a"))
    seat.asked()
    seat.does(Release(LINE, "a"))
    assert seat.asked() == []
    seat.yes("ask", "x", ConsultationCallResponse(ASIDE)).sees(k1="hold", k2="connected")
    seat._take(seat.mapping.tick(9.0))
    assert seat.asked() == [TransferCall(OUR, ASIDE)]


def test_a_customer_who_cannot_be_given_to_who_was_asked_leaves_him_and_goes_to_a_port() -> None:
    seat = Seat().asks().leave()
    seat.asked()
    seat.hears(Refused(("give", "a"), NO))
    assert ("x", Cause.NORMAL_CLEARING) in seat.gone()
    requests = seat.asked()
    assert SingleStepTransferCall in kinds(requests)
    assert {ReconnectCall, ClearConnection} & set(kinds(requests)), "nor does the other ring on"


# --- a restart ------------------------------------------------------------------------------------------------------------


def test_a_conversation_of_the_last_run_is_held_as_it_was() -> None:
    assert Seat(held=True).mapping.board.agents["a"].holds
    assert not Seat().mapping.board.agents["a"].holds


def test_adopted_are_customer_and_agent() -> None:
    kept = Kept("c", "138", "95500", "k1", is_up=True, is_held=False, agent="a", station="8001")
    mapping = Mapping(Setup(line=LINE, stations=frozenset({"8001"})), left=(kept,))
    assert [one.event for one in mapping.adopt(0.0) if isinstance(one, Say)] == [
        Adopted(LINE, "c", "138", "95500", answered=True),
        Adopted(LINE, "a", "138", "8001", answered=True, station="8001"),
    ]
