"""What is asked for an agent, by himself or by others: to log in and out, to pause, to be ready, to have more wrap-up."""

from typing import TYPE_CHECKING

from appliance.core import records
from appliance.core.agents.agent import BUSY, FREE, RUNG, Agent, AgentState, next_state
from appliance.core.agents.kept import keep

if TYPE_CHECKING:
    from appliance.core.agents.states import Agents

__all__ = ["RULE", "Duty"]

RULE = "rule"
"""Who asks where nobody does: what he let go by makes an agent not ready, and that is no reason to end a call that rings."""
_EXTENSION_S = 30.0


class Duty:
    """The duty of all agents of one engine."""

    def __init__(self, agents: "Agents") -> None:
        """Let these agents come and go."""
        self.agents, self.state = agents, agents.state

    def ask(self, id_: str, what: str, reason: str = "", station: str = "", by: str = "") -> bool:
        """Do what is asked for him: `log-in ready not-ready log-out extend`, `log-in paused`; False when it makes no sense now."""
        agent = self.state.agents.get(id_)
        if agent is None:
            return False
        before, reasons = agent.station, self.state.plan.reasons
        if what == "not-ready" and reasons and by in ("", id_) and reason and reason not in reasons:
            done = False  # the centre has its own list
        else:
            in_ = what in ("log-in", "log-in paused")
            done = self._log_in(agent, station, what, reason) if in_ else self._ask(agent, what, reason, forced=by not in ("", id_, RULE))
        detail = f"{agent.station or station or before} {reason}".strip()
        self.state.audit(by or f"agent:{id_}", what if done else f"{what} refused", detail)
        return done

    def _ask(self, agent: Agent, what: str, reason: str, *, forced: bool = False) -> bool:
        if what == "extend":
            return self._extend(agent, reason)
        if agent.state in BUSY:
            if what == "ready" and agent.id not in self.state.plan.agents:
                return False  # he will be gone when his call is over
            agent.wanted = None if what == "ready" else (what, reason)
            keep(self.state, agent)
            if agent.state in RUNG and (what == "log-out" or (what == "not-ready" and forced)):
                self.agents.distribution.offers.stop_ringing(agent, what)  # who asks for a pause himself may still pick up
            return True
        agent.wanted = None  # after a restart there may be one, of a call that is still looked for: what is asked for now counts
        keep(self.state, agent)
        if what == "ready" and agent.state in FREE:
            return True
        return self.do(agent, what, reason)

    def do(self, agent: Agent, what: str, reason: str) -> bool:
        """Do it now, whatever he is in; False when it does not apply in his state."""
        if what == "log-out":
            return self._log_out(agent, reason)
        if what == "ready":
            agent.missed = 0
        return self.agents.change(agent, what, reason)

    def _extend(self, agent: Agent, seconds: str) -> bool:
        """Make wrap-up longer, up to its ceiling; False when there is nothing to extend, or no room, or that is no number."""
        if seconds and not seconds.replace(".", "", 1).isdecimal():
            return False
        ends = min(agent.wrap_up_ends + (float(seconds) if seconds else _EXTENSION_S), agent.wrap_up_limit)
        if agent.state is not AgentState.WRAP_UP or ends <= agent.wrap_up_ends or agent.timer is None:
            return False
        agent.timer.cancel()
        agent.wrap_up_ends = ends
        agent.timer = self.state.timers.set(ends, lambda: self.agents.wrap_up_over(agent))
        state = self.state
        until = ends + state.wall_offset
        row = records.AgentState(agent.id, state.wall(), agent.state.value, "extended", agent.station, agent.contact, until)
        state.out.append(row)  # a restart goes on with the new end
        return True

    def _log_in(self, agent: Agent, name: str, how: str, reason: str) -> bool:
        """Take the phone `name` (default: the agent's own); who sat there before is logged out."""
        state = self.state
        station = state.stations.get(name or agent.plan.station)
        if station is None or agent.state in BUSY or agent.id not in state.plan.agents:
            return False
        if station.agent == agent.id:
            return self._ask(agent, "ready", "") if how == "log-in" else self._ask(agent, "not-ready", reason)
        before = state.agents.get(station.agent)
        if before is not None and before.state in BUSY:
            return False
        left = [*(before.ranks if before is not None else ()), *agent.ranks]
        state.handing_over = True  # no caller overflows while phones change hands
        if before is not None:
            self.agents.leave_idle(before)  # both go: neither is offered who has waited for the other
        if agent.state is not AgentState.LOGGED_OUT:
            self._log_out(agent, "")
        if before is not None:
            self.ask(before.id, "log-out", by=f"agent:{agent.id}")
        state.handing_over = False
        station.agent, agent.station = agent.id, station.name
        agent.seconds.clear()
        agent.served.clear()
        agent.missed, agent.wanted = 0, None
        agent.since = agent.logged_in_at = state.now
        for _, queue in agent.ranks:
            state.queues[queue].logged_in += 1
        self.agents.reach.logged_in(agent)
        self.agents.change(agent, how, "" if how == "log-in" else reason)
        for _, queue in left:
            if queue in state.queues and not state.queues[queue].answering:
                self.agents.distribution.fewer_agents(state.queues[queue])
        return True

    def _log_out(self, agent: Agent, reason: str) -> bool:
        if next_state(agent.state, "log-out") is None:
            return False
        self.agents.change(agent, "log-out", reason)
        self.state.stations[agent.station].agent = ""
        agent.station = ""
        self.state.help_over(agent)
        self.agents.distribution.written.put_back(agent)
        queues = [self.state.queues[name] for _, name in agent.ranks]
        for queue in queues:
            queue.logged_in -= 1
        self.agents.reach.logged_out(agent)
        for queue in queues:
            self.agents.tell(queue, -1)
        if agent.id not in self.state.plan.agents:
            del self.state.agents[agent.id]
        return True
