"""Whether an agent's phone can be reached, and what it means for the callers of his queues that it cannot be.

    within reach ── unregistered, line lost ──▶ missed ── GRACE_S ──▶ beyond reach: to callers the agent is not there
         ▲                                        │                          │
         └────────── registered, line open ───────┴──────────────────────────┘

Nobody is offered a caller while his phone is out of reach. But whether he *counts* - for overflow, for the expected wait - is another
matter: after a restart of the core, or of a media worker, all phones register again within seconds, and no caller is to be sent away for
that. Contacts of other media need no phone, and agents go on serving them.
"""

from typing import TYPE_CHECKING

from appliance.core.agents.agent import Agent
from appliance.core.state import State, StationState
from hal.api import Capability, Severity

if TYPE_CHECKING:
    from appliance.core.agents.states import Agents
    from appliance.core.queues.waiting import Queue

__all__ = ["GRACE_S", "PERSONAL", "Reach"]

PERSONAL = "agent:"
"""Each agent has a queue of his own by this name and his number: for contacts that are meant for him. It comes before all ranks."""
GRACE_S = 60.0
"""A phone that is out of reach for no longer than this counts as within reach."""


class Reach:
    """The reach of all agents of one engine."""

    def __init__(self, agents: "Agents") -> None:
        """Watch over these agents."""
        self.agents = agents
        self.state: State = agents.state

    def of(self, station: StationState) -> bool:
        """Whether a call would get to the phone, which may be busy: its line is open, and on a line where phones log in it has."""
        line = self.state.lines.get(station.line)
        return (
            line is not None
            and Capability.ORIGINATE in line.capabilities
            and (station.registered or Capability.REGISTRAR not in line.capabilities)
        )

    def changed(self, name: str) -> None:
        """A station may have come within reach, or gone out of it."""
        self.all_changed([name])

    def all_changed(self, names: list[str]) -> None:
        """These stations may have, all at one moment."""
        stations = [self.state.stations[name] for name in names if name in self.state.stations]
        agents = [self.state.agents[station.agent] for station in stations if station.agent]
        self.agents.refresh_all(agents)
        for agent in agents:
            self.watch(agent)

    def watch(self, agent: Agent) -> None:
        """An agent whose phone is out of reach for too long is not there for callers until it is within reach again."""
        if not agent.station or self.of(self.state.stations[agent.station]):
            self._forget_timer(agent)
            if agent.beyond_reach:
                self._count(agent, +1)
        elif not agent.beyond_reach and agent.reach_timer is None:
            agent.reach_timer = self.state.timers.set(self.state.now + GRACE_S, lambda: self._out_of_reach(agent))

    def right(self, agent: Agent) -> bool:
        """Whether what is noted of the agent's phone is so: out of reach for long, or with an end of the grace, or within reach."""
        out = agent.station in self.state.stations and not self.of(self.state.stations[agent.station])
        waited_for = agent.reach_timer is not None
        return agent.beyond_reach is not waited_for if out else not agent.beyond_reach and not waited_for

    def mend(self, agent: Agent) -> None:
        """Look at the agent's phone anew; his queues' figures are made again by who calls this."""
        self._forget_timer(agent)
        agent.beyond_reach = False
        self.watch(agent)

    def logged_in(self, agent: Agent) -> None:
        """He has a phone from now on; his queues have counted him already."""
        for _, queue in agent.ranks:
            self.state.queues[queue].reached += 1
        self.watch(agent)

    def logged_out(self, agent: Agent) -> None:
        """He has none any more; his queues are told by who calls this."""
        for _, queue in agent.ranks:
            self.state.queues[queue].reached -= 0 if agent.beyond_reach else 1
        self._forget_timer(agent)
        agent.beyond_reach = False

    def _forget_timer(self, agent: Agent) -> None:
        if agent.reach_timer is not None:
            agent.reach_timer.cancel()
            agent.reach_timer = None

    def _out_of_reach(self, agent: Agent) -> None:
        agent.reach_timer = None
        self._count(agent, -1)

    def _count(self, agent: Agent, one: int) -> None:
        """The agent is there for callers again, or is not any more."""
        agent.beyond_reach = one < 0
        queues = [self.state.queues[name] for _, name in agent.ranks]
        for queue in queues:
            queue.reached += one
            queue.answering += 0 if agent.away else one
        for queue in queues:
            self.agents.tell(queue, one)

    def look_at(self, queue: "Queue") -> None:
        """Where agents are logged in and no phone of theirs can be reached, somebody has to learn of it."""
        if queue.name.startswith(PERSONAL) or self.state.handing_over:
            return
        source = f"queue:{queue.name}"
        if queue.logged_in and not queue.reached:
            text = f"queue '{queue.name}': agents are logged in, and none of their phones can be reached"
            self.state.raise_alarm(Severity.RED, source, text, "see whether the phones are registered, and their line is open")
        else:
            self.state.clear_alarm(source)
