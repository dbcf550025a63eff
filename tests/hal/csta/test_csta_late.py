"""A call that the switch makes for an agent when nobody waits for it any more: his phone does not ring on, and dials nobody."""

import pytest

from hal.api import Answered, Cause, Originate, Released
from hal.csta.mapping import Ask, LookAt, Mapping, Output, Say
from hal.csta.mapping.board import Setup
from hal.csta.messages import (
    ClearConnection,
    ConnectionID,
    ConsultationCallResponse,
    CSTAErrorCode,
    Event,
    MakeCallResponse,
    OriginatedEvent,
    ServiceInitiatedEvent,
)
from hal.csta.notices import Heard, Late, Opened, Refused, Snapshot, Unanswered, Watched
from sim.switch.mischief import Late as LateMessages
from sim.switch.mischief import Lose, Mischief
from tests.hal.csta.world import LINE, World

pytestmark = pytest.mark.requirement("CTI-01")
CUSTOMER = "number:13900139000"
RINGS = ConnectionID("c1", "8001")
ENDED = ("end", "8001", "c1")


class Given:
    """A line whose agent's phone was to ring and dial, and the switch has said nothing of it in time."""

    def __init__(self) -> None:
        self.mapping = Mapping(Setup(line=LINE, ports=("8901",), stations=frozenset({"8001", "8002"})))
        self.mapping.notice(0.0, Opened("1", "ed4"))
        self.mapping.notice(0.0, Watched("8001"))
        self.dials("a")
        said = self.mapping.notice(5.0, Unanswered(("dial", "a"), "no answer"))
        assert Say(Released(LINE, "a", Cause.TEMPORARY_FAILURE)) in said
        assert LookAt("8001") in said

    def dials(self, leg: str, station: str = "8001") -> None:
        self.mapping.submit(0.0, Originate(LINE, leg, f"station:{station}", "138", then=CUSTOMER))

    def seen(self, event: Event, at: float = 7.0) -> list[object]:
        return ended(self.mapping.notice(at, Heard(event, "8001")))

    def looked_at(self, state: str, at: float = 7.0) -> list[object]:
        there = ((RINGS, state),) if state else ()
        return ended(self.mapping.notice(at, Snapshot("8001", there)))


def ended(outputs: list[Output]) -> list[object]:
    """What the switch is asked to end."""
    asked = [one for one in outputs if isinstance(one, Ask) and isinstance(one.request, ClearConnection)]
    assert [one.request for one in asked] == [ClearConnection(ConnectionID(str(one.handle[2]), str(one.handle[1]))) for one in asked]  # type: ignore[index]
    return [one.handle for one in asked]


def rings(cause: str = "makeCall") -> Event:
    """The phone rings its agent."""
    return ServiceInitiatedEvent("m", initiated_connection=RINGS, cause=cause)


def dials(correlator: str) -> Event:
    """It calls whom it is to call."""
    return OriginatedEvent("m", originated_connection=RINGS, correlator_data=correlator)


def test_the_answer_comes_too_late() -> None:
    given = Given()
    late = Late(("dial", "a"), MakeCallResponse(RINGS))
    assert ended(given.mapping.notice(9.0, late)) == [ENDED]


def test_the_phone_begins_to_ring_too_late() -> None:
    assert Given().seen(rings()) == [ENDED]
    assert Given().seen(rings("newCall")) == [], "the agent has picked it up"


def test_it_dials_too_late() -> None:
    assert Given().seen(dials("a")) == [ENDED]
    assert Given().seen(dials("somebody")) == []


def test_it_is_ended_once() -> None:
    given = Given()
    assert given.seen(rings()) == [ENDED]
    assert given.seen(dials("a")) == []


@pytest.mark.parametrize(("state", "found"), [("initiated", [ENDED]), ("connected", []), ("alerting", []), ("", [])])
def test_a_look_at_the_phone_shows_that_it_rings_its_agent(state: str, found: list[object]) -> None:
    assert Given().looked_at(state) == found


def test_it_is_looked_for_until_a_look_half_a_minute_later() -> None:
    given = Given()
    assert given.looked_at("", 34.0) == []
    assert given.looked_at("initiated", 90.0) == [ENDED], "the link was down meanwhile"
    given = Given()
    assert given.looked_at("", 35.0) == []
    assert given.looked_at("initiated", 36.0) == [], "he has picked it up himself"


def test_who_dials_again_meanwhile_is_not_taken_for_the_one_before() -> None:
    given = Given()
    given.dials("b")
    assert given.seen(rings()) == [], "it may be his"
    assert given.looked_at("initiated") == []
    said = given.mapping.notice(8.0, Refused(("dial", "b"), CSTAErrorCode(state_incompatibility="invalidCallingDeviceState")))
    assert LookAt("8001") in said
    assert given.looked_at("initiated", 8.0) == [ENDED], "it was not"


def test_an_answer_that_comes_late_and_was_not_needed_is_no_news() -> None:
    given = Given()
    given.dials("b", "8002")
    given.mapping.notice(6.0, Heard(ServiceInitiatedEvent("m", initiated_connection=ConnectionID("c2", "8002")), "8002"))
    given.mapping.notice(7.0, Unanswered(("dial", "b"), "no answer"))
    assert ended(given.mapping.notice(9.0, Late(("dial", "b"), MakeCallResponse(ConnectionID("c2", "8002"))))) == []


def test_a_consultation_that_comes_late_has_its_port_looked_at() -> None:
    given = Given()
    said = given.mapping.notice(9.0, Late(("consult", "s1"), ConsultationCallResponse(ConnectionID("c3", "8901"))))
    assert LookAt("8901") in said


@pytest.mark.parametrize(
    "mischief",
    [LateMessages(kinds=("MakeCallResponse", "ServiceInitiated"), by_s=7.0), Lose(kinds=("MakeCallResponse", "ServiceInitiated"))],
    ids=["late", "lost"],
)
def test_the_phone_is_at_rest_afterwards(mischief: Mischief) -> None:
    async def story(world: World) -> None:
        del world.answers_after["station:8001"]
        world.do(Originate(LINE, "a", "station:8001", "138", then=CUSTOMER))
        await world.wait(2)
        assert "station:8001 rings" in world.told
        await world.wait(10)
        assert not world.cti.switch.connections_of("8001")
        assert not world.new(Answered)
        assert world.is_idle

    World(mischief=(mischief,)).run(story)
