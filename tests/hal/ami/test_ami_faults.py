"""A line at an Asterisk that is the PBX when something is late, lost or cut, or the Asterisk restarts."""

import pytest

from hal.api import (
    Answer,
    Arrived,
    Cause,
    Mix,
    Originate,
    Release,
    Released,
)
from tests.hal.ami.world import LINE, Mischief, World
from tests.hal.switch_callers import at_port, talking

pytestmark = pytest.mark.requirement("ACC-02")


def test_a_route_request_that_comes_late_tears_nobody_out_of_what_he_has_come_to() -> None:
    async def story(world: World) -> None:
        world.calls()
        await world.wait(10)
        assert not world.new(Arrived)
        (trunk,) = world.asterisk.at("trunk")
        assert trunk.place == ("hotline-default", "7000")

    World(mischief=Mischief(event="UserEvent", late=1.0, by_s=6.0)).run(story)


def test_a_caller_whose_event_was_lost_is_found_with_the_next_list() -> None:
    async def story(world: World) -> None:
        world.calls()
        await world.wait(2.0)
        assert [event.dnis for event in world.new(Arrived)] == ["95500"]

    World(mischief=Mischief(event="UserEvent", lost=1.0), settings={"audit_s": 1.0}).run(story)


def test_who_is_not_asked_for_in_time_is_told_as_gone_and_not_fetched_back() -> None:
    async def story(world: World) -> None:
        world.calls()
        await world.wait(1)
        (arrived,) = world.new(Arrived)
        await world.wait(5)
        assert [event.leg for event in world.new(Released)] == [arrived.leg]
        world.do(Answer(LINE, arrived.leg))
        await world.wait()
        (trunk,) = world.asterisk.at("trunk")
        assert trunk.place == ("hotline-default", "7000")

    World().run(story)


def test_a_port_that_does_not_take_the_call_is_followed_by_another_and_then_by_the_default_route() -> None:
    async def story(world: World) -> None:
        world.calls()
        await world.wait()
        world.do(Answer(LINE, world.new(Arrived)[0].leg))
        world.voice.shut(Cause.USER_BUSY)
        await world.wait(10)
        tried = [headers["Exten"] for name, headers in world.ordered if name == "Redirect"]
        assert tried == ["8901", "8902"]
        (trunk,) = world.asterisk.at("trunk")
        assert trunk.place == ("hotline-default", "7000")
        assert len(world.new(Released)) == 1
        assert world.is_idle

    World().run(story)


def test_a_lost_answer_to_the_join_parts_nobody() -> None:
    async def story(world: World) -> None:
        caller = await at_port(world)
        world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
        await world.wait(5)
        world.mischief = Mischief(answers_lost=1.0)
        world.do(Mix(LINE, {caller: ("s1",), "s1": (caller,)}))
        await world.wait(30)
        assert not world.new(Released)
        (phone,), (trunk,) = world.asterisk.at("8001"), world.asterisk.at("trunk")
        assert phone.bridged == {trunk}
        assert not world.switch.waits, "a request ends without its answer, too"

    World().run(story)


def test_an_asterisk_that_restarts_has_lost_its_calls_and_they_are_told() -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.asterisk.channels.clear()
        world.cut()
        await world.wait(3)
        assert not world.new(Released), "nobody knows yet"
        world.mend()
        await world.wait(8)
        assert {event.leg for event in world.new(Released)} == {caller, agent}
        assert await at_port(world)

    World().run(story)


@pytest.mark.parametrize("cut_s", [1.0, 30.0, 600.0])
def test_a_conversation_outlives_a_cut_link(cut_s: float) -> None:
    async def story(world: World) -> None:
        caller, agent = await talking(world)
        world.new()
        world.cut()
        await world.wait(cut_s)
        world.calls("second")
        await world.wait(6)
        assert [channel.place[0] for channel in world.asterisk.at("trunk")] == ["hotline-to", "hotline-default"]
        world.mend()
        await world.wait(8)
        assert not world.new(Released)
        world.do(Release(LINE, caller), Release(LINE, agent))
        await world.wait()
        assert {event.leg for event in world.new(Released)} == {caller, agent}

    World().run(story)
