"""The appliance's core over a line at a simulated switch, in virtual time: what agents ask for at their seats, and what phones do."""

from collections import deque
from math import inf
from typing import Any

from attrs import evolve

from appliance.core.actions import Action, Replied
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet, Input
from appliance.core.plan import Choice, NumberPlan, StationPlan
from hal.api import Command, Event, LineOpened
from sim.clock import call_after
from tests.core.playbook import MONDAY_8, small_plan
from tests.core.story import centre_plan
from tests.hal.csta.world import LINE, PHONES, World

__all__ = ["Centre"]


class Centre:
    """One engine and its line. Agents 1001 to 1003 have the phones 8001 to 8003."""

    def __init__(self, world: World, **changes: Any) -> None:
        """The phones are reachable as soon as the line says so."""
        agents = small_plan().agents
        stations = {name: StationPlan(LINE) for name in PHONES}
        numbers = {"95500": NumberPlan(Choice("queue", "consult"))}
        given = {"stations": stations, "agents": agents, "numbers": numbers, "record_calls": False, **changes}
        plan = evolve(centre_plan(), **given)
        self.world, self.engine = world, Engine(plan)
        self.waiting: deque[Input] = deque()
        self.doing = False
        self.errors: list[str] = []
        self.give(ClockSet(MONDAY_8))
        self.give(LineOpened(LINE, world.line.capabilities.value))
        before, world.events, world.sink = world.events, [], self.give
        for event in before:
            self.give(event)

    def give(self, event: Input | Event) -> None:
        """Something has happened; what it leads to is done."""
        self.waiting.append(event)
        if self.doing:
            return
        self.doing = True
        while self.waiting:
            self._do(self.engine.handle(self.world.env.now, self.waiting.popleft()))
        self.doing = False
        assert self.engine.check() == []
        if (at := self.engine.next_deadline()) < inf:
            call_after(self.world.env, max(0.0, at - self.world.env.now), self._tick)

    def _tick(self) -> None:
        if not self.doing and self.engine.next_deadline() <= self.world.env.now:
            self._do(self.engine.tick(self.world.env.now))

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Command):
                self.world.do(action)
            elif isinstance(action, Replied) and action.error:
                self.errors.append(action.error)

    def asks(self, agent: str, what: str, to: str = "") -> str:
        """An agent asks for something at his seat; why it is not done."""
        self.errors.clear()
        self.give(AgentAsked(agent, what, to=to, token=1))
        return "".join(self.errors)

    def states(self, *agents: str) -> list[str]:
        """How they are."""
        return [self.engine.state.agents[agent].state.value for agent in agents]

    @property
    def contacts(self) -> list[Any]:
        """Those there are."""
        return list(self.engine.state.contacts.values())

    def parties(self) -> dict[str, str]:
        """Who is in the switch's only call, and how."""
        (call,) = self.world.cti.switch.calls.values()
        return {device: str(one.state) for device, one in call.connections.items()}

    def phone(self, device: str) -> list[str]:
        """How a phone is in its calls, oldest first."""
        return [str(one.state) for one in self.world.cti.switch.connections_of(device)]
