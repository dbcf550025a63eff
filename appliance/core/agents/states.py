"""What happens to agents: log-in, states, phones, groups by the hour, and who can be offered a contact."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from appliance.core import records
from appliance.core.agents.agent import BUSY, FREE, RUNG, Agent, AgentState, next_state
from appliance.core.agents.kept import keep
from appliance.core.agents.mirror import Mirror
from appliance.core.agents.reach import PERSONAL, Reach
from appliance.core.plan import AgentPlan, Membership, QueuePlan
from appliance.core.state import State, StationState

if TYPE_CHECKING:
    from appliance.core.queues.distribution import Distribution
    from appliance.core.queues.waiting import Queue

__all__ = ["PERSONAL", "RULE", "Agents"]

RULE = "rule"
"""Who asks where nobody does: what he let go by makes an agent not ready, and that is no reason to end a call that rings."""
_REST_S = 5.0
"""An agent whose phone could not be rung, or who may let an offer go by, is left in peace for so long."""
_EXTENSION_S = 30.0
_REGROUPED, _REGROUP_S = 250, 0.02
"""So many agents change their groups at once when hours begin or end, the next so many after this time."""
_DISMISSED = ("log-out", "not in the plan any more")
_COMES_TO_WORK = frozenset({"log-in", "ready", "rested", "back to ready"})


class Agents:
    """All agents of one engine."""

    def __init__(self, state: State) -> None:
        """Work on this state; the distribution is told when somebody becomes free."""
        self.state = state
        self.reach = Reach(self)
        self.mirror = Mirror(self)
        self.distribution: Distribution

    # -- the plan ---------------------------------------------------------------------------------------------------------------------

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
            self._leave_idle(agent)
            agent.plan, agent.index = plan, index
            agent.suits.clear()
            if agent.wanted == _DISMISSED:  # he is in it again
                agent.wanted = None
                keep(state, agent)
        before, state.roster = state.roster, tuple(state.plan.agents)
        self._circle_on(before)
        for agent in state.agents.values():
            self._take_places(agent)
        self.refresh_all(list(state.agents.values()))
        for agent in state.agents.values():
            self.reach.watch(agent)
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
            self.ask(agent.id, *_DISMISSED, by="plan")

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
                self._leave_idle(agent)
                self._take_places(agent)
                moved.append(agent)
        self.refresh_all(moved)
        for agent in moved:
            self.distribution.written.agent_free(agent)
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
        self.tell(queue, one)

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
        state.out.append(records.AgentState(agent.id, now + state.wall_offset, new.value, reason, agent.station, agent.contact, until))
        self.mirror.show(agent)
        if was_away is not agent.away:
            if agent.away:
                self._leave_idle(agent)  # before others are sought for who waits for him
            self._serves(agent, -1 if agent.away else +1)
        self.stand_anew(agent)  # if he was free already, and is otherwise now
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
            self._leave_idle(agent)
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

    def _leave_idle(self, agent: Agent) -> None:
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
        agent.timer = self.state.timers.set(agent.wrap_up_ends, lambda: self._wrap_up_over(agent))
        keep(self.state, agent)

    def _wrap_up_over(self, agent: Agent) -> None:
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
            self._do(agent, *wanted)
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
            self._do(agent, *wanted)
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
            self._do(agent, *wanted)
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
            self._do(agent, *wanted)

    # -- what is asked for ----------------------------------------------------------------------------------------------------------------

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
                self.distribution.offers.stop_ringing(agent, what)  # who asks for a pause himself may still pick up
            return True
        agent.wanted = None  # after a restart there may be one, of a call that is still looked for: what is asked for now counts
        keep(self.state, agent)
        if what == "ready" and agent.state in FREE:
            return True
        return self._do(agent, what, reason)

    def _do(self, agent: Agent, what: str, reason: str) -> bool:
        if what == "log-out":
            return self._log_out(agent, reason)
        if what == "ready":
            agent.missed = 0
        return self.change(agent, what, reason)

    def _extend(self, agent: Agent, seconds: str) -> bool:
        """Make wrap-up longer, up to its ceiling; False when there is nothing to extend, or no room, or that is no number."""
        if seconds and not seconds.replace(".", "", 1).isdecimal():
            return False
        ends = min(agent.wrap_up_ends + (float(seconds) if seconds else _EXTENSION_S), agent.wrap_up_limit)
        if agent.state is not AgentState.WRAP_UP or ends <= agent.wrap_up_ends or agent.timer is None:
            return False
        agent.timer.cancel()
        agent.wrap_up_ends = ends
        agent.timer = self.state.timers.set(ends, lambda: self._wrap_up_over(agent))
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
            self.ask(before.id, "log-out", by=f"agent:{agent.id}")
        if agent.state is not AgentState.LOGGED_OUT:
            self._log_out(agent, "")
        state.handing_over = False
        station.agent, agent.station = agent.id, station.name
        agent.seconds.clear()
        agent.served.clear()
        agent.missed, agent.wanted = 0, None
        agent.since = agent.logged_in_at = state.now
        for _, queue in agent.ranks:
            state.queues[queue].logged_in += 1
        self.reach.logged_in(agent)
        self.change(agent, how, "" if how == "log-in" else reason)
        for _, queue in left:
            if queue in state.queues and not state.queues[queue].answering:
                self.distribution.fewer_agents(state.queues[queue])
        return True

    def _log_out(self, agent: Agent, reason: str) -> bool:
        if next_state(agent.state, "log-out") is None:
            return False
        self.change(agent, "log-out", reason)
        self.state.stations[agent.station].agent = ""
        agent.station = ""
        self.state.help_over(agent)
        self.distribution.written.put_back(agent)
        queues = [self.state.queues[name] for _, name in agent.ranks]
        for queue in queues:
            queue.logged_in -= 1
        self.reach.logged_out(agent)
        for queue in queues:
            self.tell(queue, -1)
        if agent.id not in self.state.plan.agents:
            del self.state.agents[agent.id]
        return True
