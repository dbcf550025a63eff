"""Callers of a line at an Asterisk that is the PBX, as far as most tests need them."""

from hal.api import (
    Answer,
    Answered,
    Arrived,
    Mix,
    Originate,
)
from tests.hal.ami.world import LINE, World


async def at_port(world: World) -> str:
    """A caller who is answered; his leg."""
    world.new()
    world.calls()
    await world.wait()
    (arrived,) = world.new(Arrived)
    world.do(Answer(LINE, arrived.leg))
    await world.wait()
    assert Answered(LINE, arrived.leg) in world.new()
    return str(arrived.leg)


async def talking(world: World) -> tuple[str, str]:
    """A caller who talks with agent 8001; both legs."""
    caller = await at_port(world)
    world.do(Originate(LINE, "s1", "station:8001", "138", beside=caller))
    await world.wait(5)
    assert Answered(LINE, "s1") in world.new()
    world.do(Mix(LINE, {caller: ("s1",), "s1": (caller,)}))
    await world.wait()
    return caller, "s1"
