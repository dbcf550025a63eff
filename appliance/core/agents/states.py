"""What happens to agents: their states, into a call and out of it, and who can be offered a contact."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from appliance.core import records
from appliance.core.agents.agent import BUSY, FREE, Agent, AgentState, next_state
from appliance.core.agents.duty import Duty
from appliance.core.agents.groups import Groups
from appliance.core.agents.kept import keep
from appliance.core.agents.mirror import Mirror
from appliance.core.agents.reach import PERSONAL, Reach
from appliance.core.plan import QueuePlan
from appliance.core.state import State

if TYPE_CHECKING:
    from appliance.core.queues.distribution import Distribution
    from appliance.core.queues.waiting import Queue

__all__ = ["PERSONAL", "Agents"]

_REST_S = 5.0
"""An agent whose phone could not be rung, or who may let an offer go by, is left in peace for so long."""
_COMES_TO_WORK = frozenset({"log-in", "ready", "rested", "back to ready"})


class Agents:
    """All agents of one engine."""

    def __init__(self, state: State) -> None:
        """Work on this state; the distribution is told when somebody becomes free."""
        self.state = state
        self.reach = Reach(self)
        self.mirror = Mirror(self)
        self.groups = Groups(self)
        self.duty = Duty(self)
        self.distribution: Distribution

    def tell(self, queue: "Queue", one: int) -> None:
        """The queue has one agent more, or less."""
        self.reach.look_at(queue)
        if one < 0:
            self.distribution.fewer_agents(queue)
        else:
            self.distribution.noticed(queue)

    # -- states -----------------------------------------------------------------------------------------------------------------------

    def change(self, agent: Agent, trigger: str, reason: str = "", wrap_up_s: float = 0.0) -> bool:
        """Take one step of the agent table; False when it does not apply in this state."""
        new = next_state(agent.state, trigger)
        if new is None:
            return False
        state, old, was_away = self.state, agent.state, agent.away
        now = state.now
        if agent.timer is not None and trigger != "alert":  # the ring time-out counts from the offer
            agent.timer.cancel()
            agent.timer = None
        agent.seconds[old] = agent.seconds.get(old, 0.0) + now - agent.since
        agent.state, agent.since, agent.reason, agent.resting = new, now, reason, trigger == "rest"
        if trigger in ("log-in", "ready"):
            agent.idle_since = now
        if new not in BUSY and new is not AgentState.WRAP_UP:
            agent.contact = ""
        if new is AgentState.WRAP_UP:
            agent.wrap_up_ends = now + wrap_up_s
            until = state.at(agent.wrap_up_ends)
        else:
            until = state.wall() + _REST_S if agent.resting else None
            keep(state, agent)
        state.out.append(records.AgentState(agent.id, now + state.wall_offset, new._value_, reason, agent.station, agent.contact, until))
        self.mirror.show(agent)
        if was_away is not agent.away:
            if agent.away:
                self.leave_idle(agent)  # before others are sought for who waits for him
            self._serves(agent, -1 if agent.away else +1)
        if agent.entries:
            self.stand_anew(agent)  # he was free already, and is otherwise now
        self.refresh(agent)
        if trigger in _COMES_TO_WORK:
            self.distribution.written.back_at_work(agent)
        return True

    def _serves(self, agent: Agent, one: int) -> None:
        queues = [self.state.queues[name] for _, name in agent.ranks]
        for queue in queues:
            queue.serving += one
            queue.answering += 0 if agent.beyond_reach else one
        for queue in queues:
            self.tell(queue, one)

    def refresh(self, agent: Agent) -> None:
        """Put the agent among those who can be offered a contact, or take him out; a free agent is offered the best one waiting."""
        if self._changes(agent):
            self.distribution.matching.agent_free(agent)

    def refresh_all(self, agents: Iterable[Agent]) -> None:
        """The same for many at one moment: who waits has the best of those who are free then, and not the first of them in the plan."""
        self.distribution.matching.all_free([agent for agent in agents if self._changes(agent)])

    def _changes(self, agent: Agent) -> bool:
        """Put him where he belongs, among those who can be offered a contact or not; True: he has become free."""
        can = self.free(agent)
        if can is bool(agent.entries):
            return False
        if can:
            number = self.state.next_number()
            for rank, name in agent.ranks:
                self._stand(agent, name, rank, number)
        else:
            self.leave_idle(agent)
        return can

    def _stand(self, agent: Agent, name: str, rank: float, number: float) -> None:
        queue = self.state.queues[name]
        entry = agent.entries[name] = (rank, queue.strategy.standing(agent, name), agent.idle_since, number, agent.index)
        queue.add_idle(entry)

    def stand_anew(self, agent: Agent) -> None:
        """What strategies look at has changed of somebody who is free, or may be: he stands where it puts him now."""
        for name, (rank, _, _, number, _) in list(agent.entries.items()):
            self.state.queues[name].remove_idle(agent.entries[name])
            self._stand(agent, name, rank, number)

    def free(self, agent: Agent) -> bool:
        """Whether the agent could be offered a call now."""
        return agent.state in FREE and agent.plan.capacity.get("voice", 1) > 0 and self.reachable(agent.station)

    def leave_idle(self, agent: Agent) -> None:
        """He can be offered nothing for the time being."""
        for name, entry in agent.entries.items():
            self.state.queues[name].remove_idle(entry)
        agent.entries.clear()

    def reachable(self, name: str) -> bool:
        """Whether the station can be rung now: it has no leg, its line is open, and on a line where phones log in it has."""
        station = self.state.stations.get(name)
        if station is None or station.legs or station.line in self.state.settling:
            return False
        return self.reach.of(station)

    def station_changed(self, name: str) -> None:
        """A station got or lost a leg or its registration."""
        station = self.state.stations.get(name)
        if station is not None and station.agent:
            self.refresh(self.state.agents[station.agent])

    # -- into a call and out of it --------------------------------------------------------------------------------------------------------

    def engage(self, agent: Agent, contact: str, trigger: str) -> None:
        """The agent belongs to a contact from now on: `offer` or `dial`. He goes back to where he was, unless he has served somebody."""
        left_s = max(0.0, agent.wrap_up_ends - self.state.now) if agent.state is AgentState.WRAP_UP else 0.0
        agent.back = (AgentState.READY.value, "", 0.0) if agent.resting else (agent.state.value, agent.reason, left_s)
        agent.contact = contact
        self.change(agent, trigger)

    def served(self, agent: Agent, queue: QueuePlan) -> None:
        """He has served a contact: what he asked for meanwhile, else wrap-up, else free."""
        wrap_up_s = queue.wrap_up_s if agent.plan.wrap_up_s is None else agent.plan.wrap_up_s
        agent.idle_since = self.state.now
        if wrap_up_s > 0 and agent.wanted is None:
            was, reason, _ = agent.back
            if was != AgentState.WRAP_UP.value:  # else he dialled out of a wrap-up: what came after that comes after this one
                agent.pause = reason if was == AgentState.NOT_READY.value else None
            self.change(agent, "wrap-up", wrap_up_s=wrap_up_s)
            self._wrap_up_until(agent, wrap_up_s, max(wrap_up_s, queue.wrap_up_max_s))
        else:
            self.go_back(agent)

    def _wrap_up_until(self, agent: Agent, wrap_up_s: float, most_s: float) -> None:
        now = self.state.now
        agent.wrap_up_ends, agent.wrap_up_limit = now + wrap_up_s, now + most_s
        agent.timer = self.state.timers.set(agent.wrap_up_ends, lambda: self.wrap_up_over(agent))
        keep(self.state, agent)

    def wrap_up_over(self, agent: Agent) -> None:
        """It has ended by itself: he is free, or back in his pause."""
        agent.timer = None
        if agent.pause is not None:  # he had a pause when a contact was given to him by name
            self.change(agent, "not-ready", agent.pause)
        else:
            self.change(agent, "ready")

    def go_back(self, agent: Agent) -> None:
        """Be as before the call: it came to nothing, or was no service; what he asked for meanwhile comes first."""
        wanted, agent.wanted = agent.wanted, None
        state, reason, left_s = agent.back
        if wanted is not None:
            self.duty.do(agent, *wanted)
        elif state == AgentState.WRAP_UP.value and left_s > 0:
            room_s = agent.wrap_up_limit - agent.wrap_up_ends  # what extensions could still add, as he began to call
            self.change(agent, "back to wrap-up", wrap_up_s=left_s)
            self._wrap_up_until(agent, left_s, left_s + room_s)
        elif state == AgentState.NOT_READY.value:
            self.change(agent, "not-ready", reason)
        else:
            self.change(agent, "back to ready")

    def refused(self, agent: Agent, reason: str, pause_after: int) -> None:
        """He let an offer go by: not ready, at once or after several in a row; until then he is left in peace for a moment."""
        wanted, agent.wanted = agent.wanted, None
        if wanted is not None:
            self.duty.do(agent, *wanted)
            return
        agent.missed += 1
        if 0 < pause_after <= agent.missed:
            self.change(agent, "refuse", reason)
        else:
            self._rest(agent, reason)

    def not_rung(self, agent: Agent, reason: str) -> None:
        """An offer did not reach him, through no fault of his own."""
        wanted, agent.wanted = agent.wanted, None
        if wanted is not None:
            self.duty.do(agent, *wanted)
        else:
            self._rest(agent, reason)

    def _rest(self, agent: Agent, reason: str) -> None:
        """Leave him in peace for a while: he counts as serving meanwhile, and is ready again unless he asks for something else."""
        self.change(agent, "rest", reason)
        agent.timer = self.state.timers.set(self.state.now + _REST_S, lambda: self._rested(agent))

    def _rested(self, agent: Agent) -> None:
        agent.timer = None
        self.change(agent, "rested")

    def resume_wrap_up(self, agent: Agent, left_s: float, room_s: float) -> None:
        """He was in wrap-up when the core ended: it ends when it would have, and can be extended as far as it could."""
        if self.change(agent, "resume wrap-up", wrap_up_s=left_s):
            self._wrap_up_until(agent, left_s, left_s + room_s)

    def call_is_over(self, agent: Agent) -> None:
        """His call did not outlive the restart: what he asked for during it is done now."""
        wanted, agent.wanted = agent.wanted, None
        if wanted is not None:
            self.duty.do(agent, *wanted)
