"""Where agents belong: the plan's agents and stations, and their groups by the hour."""

from typing import TYPE_CHECKING

from appliance.core.agents.agent import Agent, AgentState
from appliance.core.agents.kept import keep
from appliance.core.agents.reach import PERSONAL
from appliance.core.plan import AgentPlan, Membership
from appliance.core.state import StationState

if TYPE_CHECKING:
    from appliance.core.agents.states import Agents

__all__ = ["Groups"]

_REGROUPED, _REGROUP_S = 250, 0.02
"""So many agents change their groups at once when hours begin or end, the next so many after this time."""
_DISMISSED = ("log-out", "not in the plan any more")


class Groups:
    """The groups of all agents of one engine."""

    def __init__(self, agents: "Agents") -> None:
        """Place these agents."""
        self.agents, self.state = agents, agents.state

    def load(self) -> None:
        """Make agents and stations as the plan has them; who is there already keeps his state, and who is not in it any more logs out."""
        state = self.state
        for name, station in state.plan.stations.items():
            known = state.stations.setdefault(name, StationState(name, station.line))
            known.line, known.auto_answer = station.line, station.auto_answer
        for id_ in [id_ for id_ in state.agents if id_ not in state.plan.agents]:
            self._dismiss(state.agents[id_])
        for index, (id_, plan) in enumerate(state.plan.agents.items()):
            agent = state.agents.get(id_)
            if agent is None:
                agent = state.agents[id_] = Agent(id_, plan, since=state.now)
            self.agents.leave_idle(agent)
            agent.plan, agent.index = plan, index
            agent.suits.clear()
            if agent.wanted == _DISMISSED:  # he is in it again
                agent.wanted = None
                keep(state, agent)
        state.owners.clear()
        for id_, plan in state.plan.agents.items():
            state.owners.setdefault(plan.station, id_)
        before, state.roster = state.roster, tuple(state.plan.agents)
        self._circle_on(before)
        for agent in state.agents.values():
            self._take_places(agent)
        self.agents.refresh_all(list(state.agents.values()))
        for agent in state.agents.values():
            self.agents.reach.watch(agent)
        self._watch_hours()

    def _circle_on(self, before: tuple[str, ...]) -> None:
        """Agents may have other places now: who was rung last is the same one, or, if he is gone, the one before him."""
        for queue in self.state.queues.values():
            last = next((id_ for id_ in reversed(before[: queue.last_rung + 1]) if id_ in self.state.plan.agents), "")
            queue.last_rung = self.state.agents[last].index if last else -1

    def _dismiss(self, agent: Agent) -> None:
        """Somebody who is not in the plan any more: he ends his call, and is gone."""
        agent.plan = AgentPlan(agent.plan.name, agent.plan.station, level=agent.plan.level)
        if agent.state is AgentState.LOGGED_OUT:
            del self.state.agents[agent.id]
        else:
            self.agents.duty.ask(agent.id, *_DISMISSED, by="plan")

    def _watch_hours(self) -> None:
        """Look again when the hours of somebody's place in a group begin or end."""
        state = self.state
        if state.hours_timer is not None:
            state.hours_timer.cancel()
            state.hours_timer = None
        places = [agent.plan.membership(queue) for agent in state.agents.values() for queue in agent.plan.groups]
        names = {place.hours: None for place in places if place.hours}
        if names:
            wall = state.wall()
            due = min(state.plan.hours[name].next_change(wall) for name in names) - state.wall_offset
            state.hours_timer = state.timers.set(due, self.hours_changed)

    def hours_changed(self) -> None:
        """It may be another time of day now: groups that count by the hour are looked at again."""
        self._regroup(list(self.state.agents))
        self._watch_hours()

    def _regroup(self, ids: list[str]) -> None:
        """Let these agents count where they belong now: some at once, the others in a moment, for nobody is to wait while thousands do."""
        wall = self.state.wall()
        open_now = {name: hours.is_open(wall) for name, hours in self.state.plan.hours.items()}
        moved = []
        for agent in [self.state.agents[id_] for id_ in ids[:_REGROUPED] if id_ in self.state.agents]:
            places = {queue: hours for queue in agent.plan.groups if (hours := agent.plan.membership(queue).hours)}
            if any(open_now[hours] is not (queue in agent.weights) for queue, hours in places.items() if queue in self.state.queues):
                self.agents.leave_idle(agent)
                self._take_places(agent)
                moved.append(agent)
        self.agents.refresh_all(moved)
        for agent in moved:
            self.agents.distribution.written.agent_free(agent)
        if len(ids) > _REGROUPED:
            self.state.timers.set(self.state.now + _REGROUP_S, lambda: self._regroup(ids[_REGROUPED:]))

    def _take_places(self, agent: Agent) -> None:
        """Let the agent count in the groups that he belongs to now."""
        state, wall = self.state, self.state.wall()

        def counts(place: Membership) -> bool:
            return not place.hours or state.plan.hours[place.hours].is_open(wall)

        places = {queue: place for queue in agent.plan.groups if queue in state.queues and counts(place := agent.plan.membership(queue))}
        old, new = {queue for _, queue in agent.ranks}, {PERSONAL + agent.id, *places}
        agent.ranks = tuple(sorted([(0, PERSONAL + agent.id), *((place.rank, queue) for queue, place in places.items())]))
        agent.weights = {queue: place.weight for queue, place in places.items()}
        if agent.station:
            for queue in sorted(new - old):
                self._count(agent, queue, +1)
            for queue in sorted(old - new):
                self._count(agent, queue, -1)

    def _count(self, agent: Agent, name: str, one: int) -> None:
        """The agent counts in this queue, or not any more."""
        queue = self.state.queues[name]
        queue.logged_in += one
        queue.reached += 0 if agent.beyond_reach else one
        if not agent.away:
            queue.serving += one
            queue.answering += 0 if agent.beyond_reach else one
        self.agents.tell(queue, one)
