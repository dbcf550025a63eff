"""The switch asks where calls shall go: questions that come twice, and references that mean another call by now."""

import pytest

from hal.api import Answer, Answered, Arrived, Event, Released
from hal.csta.mapping import Mapping, Output, Say, Tell
from hal.csta.mapping.board import Setup
from hal.csta.messages import ConnectionID, Message, Party, ReRoute, RouteEnd, RouteRequest, RouteSelect
from hal.csta.notices import Ended, Heard, Opened
from hal.csta.profiles import profile
from sim.switch.mischief import Twice
from tests.hal.csta.world import LINE, World

pytestmark = pytest.mark.requirement("ACC-02")


class Line:
    """A mapping with two route points and two ports."""

    def __init__(self, make: str = "generic") -> None:
        points = {"7000": "95500", "7001": "95501"}
        read = profile(make).device_of
        self.mapping = Mapping(Setup(line=LINE, prefix="c", route_points=points, ports=("8901", "8902"), read=read))
        self.now = 0.0

    def hears(self, message: Message, device: str = "7000") -> list[Output]:
        self.now += 1.0
        return self.mapping.notice(self.now, Heard(message, device))

    def is_asked(self, reference: str, call: str, register: str | None = "r1", device: str = "7000", ani: str = "139") -> list[Event]:
        asked = RouteRequest(
            reference,
            current_route=Party(device),
            route_register_req_id=register,
            calling_device=Party(ani),
            routed_call=ConnectionID(call, device) if call else None,
        )
        return said(self.hears(asked, device))

    def at_port(self, leg: str, voice: str = "v1") -> str:
        """He is answered, and at a port; which."""
        (told,) = [one.message for one in self.mapping.submit(self.now, Answer(LINE, leg)) if isinstance(one, Tell)]
        assert isinstance(told, RouteSelect)
        self.mapping.voice(self.now, Arrived(LINE, voice, "139", told.route_selected))
        assert Answered(LINE, leg) in said(self.mapping.voice(self.now, Answered(LINE, voice)))
        return told.route_selected


def said(outputs: list[Output]) -> list[Event]:
    return [one.event for one in outputs if isinstance(one, Say)]


def test_a_question_that_comes_twice_is_one_caller() -> None:
    async def story(world: World) -> None:
        world.calls()
        await world.wait()
        (arrived,) = world.new(Arrived)
        world.do(Answer(LINE, arrived.leg))
        await world.wait(10)
        assert world.new() == [Answered(LINE, arrived.leg)]

    World(mischief=(Twice(kinds=("RouteRequest",)),)).run(story)


def test_a_question_that_comes_again_when_the_caller_is_answered_is_not_another() -> None:
    line = Line()
    assert len(line.is_asked("1", "10")) == 1
    line.at_port("c1")
    assert line.is_asked("1", "10") == []


def test_a_question_without_a_call_is_known_by_its_reference_until_it_is_answered() -> None:
    line = Line()
    assert len(line.is_asked("1", "")) == 1
    assert line.is_asked("1", "") == []
    line.at_port("c1")
    assert [type(event) for event in line.is_asked("1", "")] == [Arrived]


def test_references_are_those_of_a_registration() -> None:
    line = Line()
    line.is_asked("1", "10", "r1", "7000")
    line.is_asked("1", "11", "r2", "7001")
    ended = said(line.hears(RouteEnd("1", route_register_req_id="r2"), "7001"))
    assert [event.leg for event in ended if isinstance(event, Released)] == ["c2"]
    (port,) = [one.message for one in line.mapping.submit(line.now, Answer(LINE, "c1")) if isinstance(one, Tell)]
    assert line.hears(ReRoute("1", route_register_req_id="r2"), "7001") == []
    (again,) = [one.message for one in line.hears(ReRoute("1", route_register_req_id="r1")) if isinstance(one, Tell)]
    assert isinstance(port, RouteSelect)
    assert isinstance(again, RouteSelect)
    assert again.route_selected != port.route_selected


def test_a_switch_that_names_no_registration_is_understood() -> None:
    line = Line()
    line.is_asked("1", "10", "r1")
    line.is_asked("2", "11", None)
    assert [event.leg for event in said(line.hears(RouteEnd("1"))) if isinstance(event, Released)] == ["c1"]
    assert [event.leg for event in said(line.hears(RouteEnd("2", route_register_req_id="r1"))) if isinstance(event, Released)] == ["c2"]


def test_a_reference_that_is_used_again_is_the_new_callers() -> None:
    line = Line()
    line.is_asked("1", "10")
    line.at_port("c1")
    assert [event.leg for event in line.is_asked("1", "12") if isinstance(event, Arrived)] == ["c2"]
    assert [event.leg for event in said(line.hears(RouteEnd("1", route_register_req_id="r1"))) if isinstance(event, Released)] == ["c2"]


def test_a_caller_whose_reference_is_used_for_another_is_not_there_any_more() -> None:
    line = Line()
    line.is_asked("1", "10")
    assert [(type(event), getattr(event, "leg", "")) for event in line.is_asked("1", "12")] == [(Released, "c1"), (Arrived, "c2")]


def test_references_end_with_the_session() -> None:
    line = Line()
    line.is_asked("1", "10")
    line.at_port("c1")
    line.mapping.notice(5.0, Ended("the cable is cut"))
    line.mapping.notice(6.0, Opened("2", "ed4"))
    assert [type(event) for event in line.is_asked("1", "10")] == [Arrived], "the switch has begun anew, with its calls as well"


@pytest.mark.parametrize(("make", "ani"), [("unify", "N<13900139000>"), ("mitel", "13900139000@10.0.0.1"), ("generic", "13900139000")])
def test_a_callers_number_is_read_as_the_make_writes_it(make: str, ani: str) -> None:
    (arrived,) = Line(make).is_asked("1", "10", ani=ani)
    assert isinstance(arrived, Arrived)
    assert arrived.ani == "13900139000"
