"""A phone at an Asterisk holds its call by its own key."""

import pytest

from hal.api import HeldByFarEnd, RetrievedByFarEnd
from tests.hal.ami.world import LINE, Mischief, World
from tests.hal.switch_callers import talking

pytestmark = pytest.mark.requirement("ACC-02")


def test_hold_at_the_phone_is_told() -> None:
    async def story(world: World) -> None:
        await talking(world)
        world.new()
        world.asterisk.hold("8001", holds=True)
        await world.wait()
        assert world.new() == [HeldByFarEnd(LINE, "s1")]
        world.asterisk.hold("8001", holds=False)
        await world.wait()
        assert world.new() == [RetrievedByFarEnd(LINE, "s1")]

    World().run(story)


@pytest.mark.parametrize("lost", ["Hold", "Unhold"])
def test_a_hold_at_the_phone_whose_event_was_lost_is_found_with_the_next_list(lost: str) -> None:
    async def story(world: World) -> None:
        await talking(world)
        world.new()
        world.asterisk.hold("8001", holds=True)
        await world.wait(3)
        assert world.new() == [HeldByFarEnd(LINE, "s1")]
        world.asterisk.hold("8001", holds=False)
        await world.wait(3)
        assert world.new() == [RetrievedByFarEnd(LINE, "s1")]
        await world.wait(5)
        assert world.new() == []

    World(mischief=Mischief(event=lost, lost=1.0), settings={"audit_s": 2.0}).run(story)
