"""What happens to agents: log-in, states, phones, and who can be offered a contact."""

from typing import TYPE_CHECKING

from appliance.core import records
from appliance.core.agent import BUSY, Agent, AgentState, next_state
from appliance.core.state import State, StationState
from hal.api import Capability

if TYPE_CHECKING:
    from appliance.core.distribution import Distribution

__all__ = ["Agents"]


class Agents:
    """All agents of one engine."""

    def __init__(self, state: State) -> None:
        """Work on this state; the distribution is told when somebody becomes free."""
        self.state = state
        self.distribution: Distribution

    def load(self) -> None:
        """Make agents and stations as the plan has them; who is there already keeps his state."""
        state = self.state
        for name, station in state.plan.stations.items():
            known = state.stations.setdefault(name, StationState(name, station.line))
            known.line = station.line
        for id_, plan in state.plan.agents.items():
            ranks = tuple(sorted((rank, queue) for queue, rank in plan.groups.items()))
            agent = state.agents.get(id_)
            if agent is None:
                state.agents[id_] = Agent(id_, plan, ranks, since=state.now)
            else:
                agent.plan, agent.ranks = plan, ranks

    def change(self, agent: Agent, trigger: str, reason: str = "") -> bool:
        """Take one step of the agent table; False when it does not apply in this state."""
        new = next_state(agent.state, trigger)
        if new is None:
            return False
        state, old = self.state, agent.state
        now = state.now
        if agent.timer is not None and trigger != "alert":  # the ring time-out counts from the offer
            agent.timer.cancel()
            agent.timer = None
        agent.seconds[old] = agent.seconds.get(old, 0.0) + now - agent.since
        agent.state, agent.since, agent.reason = new, now, reason
        if new not in BUSY and new is not AgentState.WRAP_UP:
            agent.contact = ""
        state.out.append(records.AgentState(agent.id, now + state.wall_offset, new.value, reason, agent.station, agent.contact))
        self.refresh(agent)
        return True

    def refresh(self, agent: Agent) -> None:
        """Put the agent among those who can be offered a contact, or take him out; a free agent is offered the best one waiting."""
        can = agent.state is AgentState.READY and self.reachable(agent.station)
        if can is (agent.idle_key is not None):
            return
        queues = self.state.queues
        if can:
            key = agent.idle_key = (agent.since, self.state.next_number())
            for rank, queue in agent.ranks:
                queues[queue].add_idle((rank, *key, agent.id))
            self.distribution.agent_free(agent)
        elif (key_ := agent.idle_key) is not None:
            agent.idle_key = None
            for rank, queue in agent.ranks:
                queues[queue].remove_idle((rank, *key_, agent.id))

    def reachable(self, name: str) -> bool:
        """Whether the station can be rung now: it has no leg, its line is open, and on a line where phones log in it has."""
        station = self.state.stations.get(name)
        if station is None or station.legs:
            return False
        line = self.state.lines.get(station.line)
        return (
            line is not None
            and Capability.ORIGINATE in line.capabilities
            and (station.registered or Capability.REGISTRAR not in line.capabilities)
        )

    def station_changed(self, name: str) -> None:
        """A station got or lost a leg or its registration."""
        station = self.state.stations.get(name)
        if station is not None and station.agent:
            self.refresh(self.state.agents[station.agent])

    def wrap_up_or_free(self, agent: Agent, wrap_up_s: float) -> None:
        """After a call: what the agent asked for meanwhile, else wrap-up, else ready."""
        if wrap_up_s > 0 and agent.wanted is None:
            self.change(agent, "end")
            agent.timer = self.state.timers.set(self.state.now + wrap_up_s, lambda: self._wrap_up_over(agent))
        else:
            self._end_call(agent)

    def _end_call(self, agent: Agent) -> None:
        wanted, agent.wanted = agent.wanted, None
        if wanted is None:
            self.change(agent, "end without wrap-up")
        else:
            self.change(agent, "end")
            self.change(agent, *wanted)
            if wanted[0] == "log-out":
                self._leave_station(agent)

    def _wrap_up_over(self, agent: Agent) -> None:
        agent.timer = None
        self.change(agent, "ready")

    def take_up_call(self, agent: Agent) -> None:
        """The agent is still in the conversation that the core's restart interrupted only for us."""
        if agent.state is AgentState.NOT_READY:
            agent.wanted = ("not-ready", agent.reason)
            self.change(agent, "ready")
        self.change(agent, "offer")
        self.change(agent, "connect")

    def give_up_offer(self, agent: Agent, trigger: str, reason: str = "") -> None:
        """An offer ended without a call: `withdraw` (the contact left) or `refuse` (the agent did not take it)."""
        wanted, agent.wanted = agent.wanted, None
        self.change(agent, trigger, reason)
        if wanted is not None:
            self.change(agent, *wanted)
            if wanted[0] == "log-out":
                self._leave_station(agent)

    def rest(self, agent: Agent, seconds: float) -> None:
        """Not ready, through no fault of his own: ready again after a while unless he asks for something else."""
        if agent.state is AgentState.NOT_READY and agent.timer is None:
            agent.timer = self.state.timers.set(self.state.now + seconds, lambda: self._wrap_up_over(agent))

    def ask(self, id_: str, what: str, reason: str = "", station: str = "", by: str = "") -> bool:
        """Do what an agent, or somebody for him, asks: `log-in ready not-ready log-out`; False when it makes no sense now."""
        agent = self.state.agents.get(id_)
        if agent is None:
            return False
        done = self._log_in(agent, station) if what == "log-in" else self._ask(agent, what, reason)
        self.state.audit(by or f"agent:{id_}", what if done else f"{what} refused", f"{agent.station or station} {reason}".strip())
        return done

    def _ask(self, agent: Agent, what: str, reason: str) -> bool:
        if agent.state in BUSY:
            agent.wanted = None if what == "ready" else (what, reason)
            return True
        if what == "ready" and agent.state is AgentState.READY:
            return True
        if not self.change(agent, what, reason):
            return False
        if what == "log-out":
            self._leave_station(agent)
        return True

    def _log_in(self, agent: Agent, name: str) -> bool:
        """Take the phone `name` (default: the agent's own); who sat there before is logged out."""
        state = self.state
        station = state.stations.get(name or agent.plan.station)
        if station is None or agent.state in BUSY:
            return False
        if station.agent == agent.id:
            return self._ask(agent, "ready", "")
        before = state.agents.get(station.agent)
        if before is not None and before.state in BUSY:
            return False
        for _, queue in agent.ranks:  # he counts from now on, so that no caller overflows while phones change hands
            state.queues[queue].logged_in += 1
        if before is not None:
            self.ask(before.id, "log-out", by=f"agent:{agent.id}")
        if agent.state is not AgentState.LOGGED_OUT:
            self._ask(agent, "log-out", "")
        station.agent, agent.station = agent.id, station.name
        agent.seconds.clear()
        agent.since = state.now
        return self.change(agent, "log-in")

    def _leave_station(self, agent: Agent) -> None:
        state = self.state
        state.stations[agent.station].agent = ""
        agent.station = ""
        for _, queue in agent.ranks:
            state.queues[queue].logged_in -= 1
            if not state.queues[queue].logged_in:
                self.distribution.nobody_logged_in(state.queues[queue])
