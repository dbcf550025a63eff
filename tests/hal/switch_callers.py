"""Callers at a switch, whatever its link speaks, as far as tests want them: at a port, in a conversation."""

from typing import Any, Protocol

from hal.api import Answer, Answered, Arrived, Command, Event, Mix, Originate
from tests.hal.csta.world import LINE


class World(Protocol):
    """A line at a switch in virtual time, and who calls there."""

    def calls(self) -> object:
        """Somebody calls the route point."""

    def do(self, *commands: Command) -> None:
        """The core commands."""

    def new(self, kind: type[Event] | None = None) -> list[Any]:
        """What the line has told since it was asked last."""

    async def wait(self, seconds: float = 1.0) -> None:
        """Let time pass."""


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


def mixes(world: World, *groups: tuple[str, ...]) -> None:
    """Who is named together hears each other."""
    world.do(Mix(LINE, {leg: tuple(other for other in group if other != leg) for group in groups for leg in group}))
