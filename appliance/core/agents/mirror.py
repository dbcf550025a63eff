"""Agents' states at a switch: what is done at the phone's keys is done here, and what is done here is shown at the phone.

    at the switch    here                            here                              at the switch
    logged out       log-out                         logged out                        logged out
    ready            log-in first, then ready        ready, working                    ready
    not ready        log-in paused, or not ready     not ready                         not ready
    after call       nothing: calls are known        wrap-up                           after call
                                                     offered, ringing, on a call       as it is: the switch knows its calls

Both sides may change while the link is down. When it is up again the switch says how each phone is: what differs from the last that
both knew was done there, and is taken over; what does not is shown what was done here meanwhile. After a restart nobody knows what
both knew, and the phones are right. The line remembers what both knew, and asks the switch again for what it has not done; an open line is
told of each change here once.
"""

from typing import TYPE_CHECKING

from appliance.core.agents.agent import Agent, AgentState
from hal.api import AgentMode, AgentSeen, Capability, ShowAgent

if TYPE_CHECKING:
    from appliance.core.agents.states import Agents

__all__ = ["Mirror"]

_SWITCH = "switch"
"""Who asks for what is done at the phone's keys, in the audit trail."""
_SHOWN = {
    AgentState.LOGGED_OUT: AgentMode.LOGGED_OUT,
    AgentState.READY: AgentMode.READY,
    AgentState.WORKING: AgentMode.READY,
    AgentState.NOT_READY: AgentMode.NOT_READY,
    AgentState.WRAP_UP: AgentMode.AFTER_CALL,
}


class Mirror:
    """The phones' side of all agents of one engine."""

    def __init__(self, agents: "Agents") -> None:
        """Show what happens to these."""
        self.agents, self.state = agents, agents.state
        self._known: dict[str, tuple[AgentMode, str]] = {}
        """Station -> mode and agent that the line was told, or has told, last."""
        self._following = ""
        """The station whose key is being followed: the steps on the way are not shown to it, only where they lead."""

    def show(self, agent: Agent) -> None:
        """He has another state now: his phone is told, unless it says so already, or knows better."""
        mode = _SHOWN.get(agent.state)
        station = self.state.stations.get(agent.station)
        if mode is None or station is None or station.name == self._following or not self._has_keys(station.line):
            return
        if agent.resting:
            mode = AgentMode.READY  # a moment of peace is no pause
        wanted = (mode, agent.id)
        if self._known.get(station.name, (AgentMode.LOGGED_OUT, agent.id)) != wanted:
            self._known[station.name] = wanted
            self.state.out.append(ShowAgent(station.line, station.name, agent.id, mode, agent.reason))

    def _has_keys(self, name: str) -> bool:
        line = self.state.lines.get(name)
        return line is not None and Capability.AGENT_STATES in line.capabilities

    def seen(self, event: AgentSeen) -> None:
        """The switch says how a phone is: now, or as its link came up."""
        station = self.state.stations.get(event.station)
        if station is None or station.line != event.line:
            return
        here = self.state.agents.get(station.agent)
        who = event.agent or station.agent or self._owner(event.station)
        there = (event.mode, who)
        changed, self._known[station.name] = self._known.get(station.name) != there, there
        if changed and event.mode is not AgentMode.AFTER_CALL:
            self._following = event.station
            self._do(event, who)
            self._following = ""
            here = self.state.agents.get(station.agent)
        if here is not None:
            self.show(here)
        elif event.mode is not AgentMode.LOGGED_OUT:  # he is nobody here, or logged out here while the link was down
            self._known[station.name] = (AgentMode.LOGGED_OUT, who)
            self.state.out.append(ShowAgent(station.line, station.name, who, AgentMode.LOGGED_OUT))

    def _owner(self, station: str) -> str:
        return self.state.owners.get(station, "")

    def _do(self, event: AgentSeen, who: str) -> None:
        station = self.state.stations[event.station]
        agent = self.state.agents.get(who)
        if event.mode is AgentMode.LOGGED_OUT:
            if station.agent:
                self.agents.duty.ask(station.agent, "log-out", event.reason, by=_SWITCH)
            return
        if agent is None:
            self.state.audit(f"station:{event.station}", "log-in refused", f"no agent '{who}'")
            return
        if agent.station != event.station:
            how = "log-in paused" if event.mode is AgentMode.NOT_READY else "log-in"  # he is offered nothing on the way
            self.agents.duty.ask(who, how, event.reason, event.station, _SWITCH)
        elif event.mode is AgentMode.NOT_READY and agent.state is not AgentState.NOT_READY:
            self.agents.duty.ask(who, "not-ready", event.reason, by=_SWITCH)
        elif event.mode is AgentMode.READY and agent.state is not AgentState.READY:
            self.agents.duty.ask(who, "ready", by=_SWITCH)
