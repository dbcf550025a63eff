"""Agents: who is logged on at which phone, and in which state (ECMA-269 clause 6.1.3 and 22.1).

    loggedOff ──▶ notReady ◀──▶ ready ──call──▶ busy ──call over──▶ what was asked for meanwhile, or the switch's habit
                     ▲            ▲                                   (ready or workingAfterCall)
                     └────────────┴── workingAfterCall

An agent who is not ready stays so during calls. Whoever is logged on leaves only between calls.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import define

from sim.switch.errors import incompatible, wrong

if TYPE_CHECKING:
    from sim.switch.core import Switch

__all__ = ["Agent", "Agents"]

_EVENTS = {"ready": "AgentReady", "notReady": "AgentNotReady", "workingAfterCall": "AgentWorkingAfterCall", "busy": "AgentBusy"}
_ASKED_FOR = ("loggedOn", "loggedOff", *_EVENTS)


@define(eq=False)
class Agent:
    """Somebody who is logged on."""

    id: str
    device: str
    group: str
    state: str = "notReady"
    pending: str = ""
    """The state asked for during a call."""


class Agents:
    """All agents of a switch, by the device at which they are logged on."""

    def __init__(self, switch: "Switch") -> None:
        """Nobody is logged on."""
        self._switch = switch
        self.logged_on: dict[str, Agent] = {}
        self.shown: Callable[[str, str], None] = lambda _device, _state: None
        """Told of each state that the display of a phone shows from now on."""

    def set_state(self, device: str, state: str, agent: str = "", password: str = "", group: str = "") -> str:
        """Do what SetAgentState asks for; the state that waits for the end of a call, or nothing.

        Raises:
            Refused: the device, the agent or the state does not allow it.

        """
        if device not in self._switch.stations:
            raise wrong("invalidDeviceID")
        if state not in _ASKED_FOR or state == "busy":
            raise wrong("invalidAgentState")
        there = self.logged_on.get(device)
        if state == "loggedOn":
            return self._log_on(device, agent, password, group)
        if there is None:
            raise incompatible("invalidDeviceState")
        if agent and agent != there.id:
            raise wrong("invalidAgentIdentifier")
        if state == "loggedOff":
            return self._log_off(there)
        if there.state == "busy":
            there.pending = state
            return state
        self._become(there, state)
        return ""

    def _log_on(self, device: str, agent: str, password: str, group: str) -> str:
        if not agent:
            raise wrong("atLeastOneConditionalParameterNotProvided")
        if device in self.logged_on or any(other.id == agent for other in self.logged_on.values()):
            raise incompatible("invalidDeviceState")
        if self._switch.plan.passwords.get(agent, password) != password:
            raise wrong("invalidAgentPassword")
        if group and group not in self._switch.groups.plans:
            raise wrong("invalidAgentGroup")
        there = self.logged_on[device] = Agent(agent, device, group)
        self._switch.report_device("AgentLoggedOn", device, device, agent, group or None)
        self._switch.report_device("AgentNotReady", device, device, there.id)
        return ""

    def _log_off(self, there: Agent) -> str:
        if not self._switch.is_idle(there.device):
            raise incompatible("connectedCallExists")
        del self.logged_on[there.device]
        self._switch.report_device("AgentLoggedOff", there.device, there.device, there.id, there.group or None)
        return ""

    def state_at(self, device: str) -> Agent | None:
        """Who is logged on there; None: nobody.

        Raises:
            Refused: there is no such device.

        """
        if device not in self._switch.stations:
            raise wrong("invalidDeviceID")
        return self.logged_on.get(device)

    def _become(self, agent: Agent, state: str) -> None:
        agent.pending = ""
        if agent.state != state:
            agent.state = state
            self._switch.report_device(_EVENTS[state], agent.device, agent.device, agent.id)
            self.shown(agent.device, state)
            if state == "ready":
                self._switch.tell(self._switch.groups.try_again)

    def call_at(self, device: str) -> None:
        """A call is connected at this device."""
        agent = self.logged_on.get(device)
        if agent is not None and agent.state in {"ready", "workingAfterCall"}:
            self._become(agent, "busy")

    def call_left(self, device: str) -> None:
        """A connection of this device is gone."""
        agent = self.logged_on.get(device)
        if agent is not None and agent.state == "busy" and self._switch.is_idle(device):
            self._become(agent, agent.pending or self._switch.plan.after_call)
