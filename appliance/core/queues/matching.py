"""Who suits whom: the best free agents for a contact that waits, and the best contact for an agent who has become free.

Both look only at free agents and at the first of each lane, and leave a trace of whom they looked at: `./hotline why CONTACT`.
"""

from bisect import bisect_right
from heapq import nsmallest
from math import inf
from typing import TYPE_CHECKING

from appliance.core.agents.agent import FREE, Agent, AgentState
from appliance.core.agents.states import PERSONAL
from appliance.core.contact import Contact
from appliance.core.queues.by_name import ring_as_at_home
from appliance.core.queues.order import Entry, Order, shown
from appliance.core.queues.skills import Needs
from appliance.core.queues.strategies import MOST_AT_ONCE, Case
from appliance.core.queues.waiting import CALL_BACK, VOICE, Lane, Queue
from appliance.core.records import Decision

if TYPE_CHECKING:
    from appliance.core.queues.distribution import Distribution

__all__ = ["SPOKEN", "Matching"]

SPOKEN = frozenset({VOICE, CALL_BACK})
"""The media of lanes whose contacts are served by telephone."""
_TRACED = 20
"""Candidates, and excluded agents, that the trace of a decision names."""


class Matching:
    """Brings contacts and agents of one engine together."""

    def __init__(self, distribution: "Distribution") -> None:
        """Work on the distribution's state."""
        self.state, self.agents, self.distribution = distribution.state, distribution.agents, distribution

    def unfit(self, agent: Agent, lane: Lane) -> str:
        """Why this free agent cannot serve what stands in this lane; empty: he can."""
        if lane.medium not in SPOKEN:
            return f"{lane.medium} is offered at the seat"
        if lane.medium == CALL_BACK and self.state.draining:
            return "nobody is called any more"
        if lane.only and lane.only != agent.id:
            return f"waits for {lane.only}"
        if self.state.stations[agent.station].line != lane.line:
            return f"phone on line {self.state.stations[agent.station].line}"
        if not agent.meets(lane.needs):
            return lane.needs.missing(agent.plan.skills)
        return ""

    def _case(self, contact: Contact, queue: Queue) -> Case:
        state = self.state
        return Case(
            queue.name,
            state.now,
            contact.ani,
            queue.needs_of(contact),
            state.next_number(),
            state.plan.seed,
            queue.last_rung,
            queue.plan.number_rules,
        )

    def somebody_free(self, contact: Contact, queue: Queue) -> bool:
        """Whether a caller who comes now would be rung for at once."""
        return bool(queue.idle and self._order(queue, contact.line, queue.needs_of(contact)).fit)

    def _order(self, queue: Queue, line: str, needs: Needs) -> Order:
        """Those who are free, as a lane of this line that asks this sees them."""
        order = queue.orders.get((line, needs))
        if order is None:
            order = queue.orders[(line, needs)] = Order(queue.name, queue.strategy, line, needs, self._at_work)
            for entry in queue.idle:
                order.add(entry)
        return order

    def _at_work(self, entry: Entry) -> tuple[Agent, str]:
        agent = self._agent(entry)
        return agent, self.state.stations[agent.station].line

    def _agent(self, entry: Entry) -> Agent:
        return self.state.agents[self.state.roster[int(entry[-1])]]

    def seek_agent(self, contact: Contact, queue: Queue) -> None:
        """Offer a waiting contact to the best free agents, if there are any; the trace says who was looked at, and why."""
        if self.state.cutting:
            return
        if contact.medium != VOICE:
            self.distribution.written.seek(contact, queue)
            return
        if queue.name.startswith(PERSONAL):
            self._ring_by_name(contact, queue)
            return
        if not queue.idle:
            return
        lane: Lane = contact.lane
        if lane.only or (lane.medium == CALL_BACK and self.state.draining):
            chosen, fit, unfit = self._of_few(queue, lane)
        else:
            order, most = self._order(queue, lane.line, lane.needs), queue.strategy.at_once or MOST_AT_ONCE
            if queue.strategy.looks_at_contact:
                best = order.best(max(_TRACED, most), lambda: self._case(contact, queue))
                fit = [shown(self._agent(entry), rank, figure) for rank, figure, entry in best[:_TRACED]]
            else:
                best, fit = order.best(most, lambda: self._case(contact, queue)), order.shown[:_TRACED]
            chosen, unfit = self._chosen(queue, order, [entry for _, _, entry in best[:most]]), order.excluded[:_TRACED]
        self._trace(contact, queue, chosen, fit, unfit)
        if chosen:
            queue.last_rung = chosen[-1 if not queue.strategy.at_once else 0].index
            self.distribution.offers.offer(contact, queue, chosen)

    def _of_few(self, queue: Queue, lane: Lane) -> tuple[list[Agent], list[str], list[str]]:
        """Whoever a lane asks for by name, as a trace shows him, and some of those who are free and not asked."""
        asked = self.state.agents.get(lane.only)
        if asked is None or queue.name not in asked.entries or self.unfit(asked, lane):
            return [], [], self._excluded(queue, lane, None)
        rank, figure, *_ = asked.entries[queue.name]
        return [asked], [shown(asked, rank, figure)], self._excluded(queue, lane, asked)

    def _excluded(self, queue: Queue, lane: Lane, but: Agent | None) -> list[str]:
        """Some of those who are free, but for one, and why they do not serve what stands in a lane."""
        some = [self._agent(entry) for entry in queue.idle[: _TRACED + 1]]
        return [f"{agent.id} {self.unfit(agent, lane)}" for agent in some if agent is not but][:_TRACED]

    def _chosen(self, queue: Queue, order: Order, fit: list[Entry]) -> list[Agent]:
        """Of those who can serve, best first, whose phones ring."""
        at_once = queue.strategy.at_once
        if at_once or not fit:
            return [self._agent(entry) for entry in fit[:at_once]]
        same = bisect_right(order.fit, (fit[0][0], inf))
        if same <= MOST_AT_ONCE:
            return [self._agent(entry) for entry in fit[:same]]
        everybody, after = len(self.state.roster), queue.last_rung + 1  # the next fifty, in the order of the site file and round
        nearest = nsmallest(MOST_AT_ONCE, order.fit[:same], key=lambda entry: (entry[-1] - after) % everybody)
        return [self._agent(entry) for entry in nearest]

    def _ring_by_name(self, contact: Contact, queue: Queue) -> None:
        """A contact that is meant for one agent rings him also in a pause."""
        agent = self.state.agents.get(queue.name.removeprefix(PERSONAL))
        if (
            agent is not None
            and agent.state in (*FREE, AgentState.NOT_READY)
            and self.agents.reachable(agent.station)
            and not self.unfit(agent, contact.lane)
        ):
            self._trace(contact, queue, [agent], [shown(agent, 0.0, 0.0)], [])
            ring_as_at_home(contact, queue, self.state.plan)
            self.distribution.offers.offer(contact, queue, [agent])

    def _trace(self, contact: Contact, queue: Queue, chosen: list[Agent], fit: list[str], unfit: list[str]) -> None:
        if contact.internal:
            return
        more = max(0, len(queue.idle) - len(fit) - len(unfit))
        ids = ",".join([agent.id for agent in chosen[:_TRACED]])
        name, strategy = queue.name, queue.strategy.name
        self.state.out.append(Decision(contact.id, self.state.wall(), name, strategy, ids, "; ".join(fit), "; ".join(unfit), more))

    def _trace_one(self, contact: Contact, queue: Queue, agent: Agent, rank: int) -> None:
        """The agent has become free and takes what waits; of the others who are free nobody could."""
        strategy, figure = queue.strategy, agent.entries[queue.name][1]
        if strategy.looks_at_contact:
            known = strategy.known(agent, queue.name, queue.needs_of(contact))
            figure = strategy.scores([known], self._case(contact, queue))[0]
        unfit = self._excluded(queue, contact.lane, agent) if contact.lane is not None else []
        self._trace(contact, queue, [agent], [shown(agent, rank, figure)], unfit)

    def agent_free(self, agent: Agent) -> None:
        """Offer the agent the contact that waits for him: best rank first, then by place; or let him ring along where all ring."""
        if self.state.cutting:
            return
        if (best := self._first_for(agent)) is not None:
            rank, id_, queue = best
            self._trace_one(self.state.contacts[id_], queue, agent, rank)
            queue.last_rung = agent.index
            if queue.name.startswith(PERSONAL):
                ring_as_at_home(self.state.contacts[id_], queue, self.state.plan)
            self.distribution.offers.offer(self.state.contacts[id_], queue, [agent])
            return
        contacts, queues = self.state.contacts, self.state.queues
        ringing = [(rank, contacts[id_].place, id_, queues[name]) for rank, name in agent.ranks for id_ in queues[name].ringing]
        for rank, _, id_, queue in sorted(ringing, key=lambda each: each[:2]):
            if self.distribution.offers.may_join(contacts[id_], queue, agent, rank):
                self._trace_one(contacts[id_], queue, agent, rank)
                self.distribution.offers.join(contacts[id_], queue, agent)
                return

    def all_free(self, agents: list[Agent]) -> None:
        """These have become free at one moment: what waits for one of them is offered to the best of all who are free."""
        for agent in agents:
            while agent.entries and not self.state.cutting and (best := self._first_for(agent)) is not None:
                contact, queue = self.state.contacts[best[1]], best[2]
                self.seek_agent(contact, queue)
                if contact.lane is not None:  # whatever a third party's strategy makes of it
                    break
            if agent.entries:
                self.agent_free(agent)  # it may yet ring along

    def _first_for(self, agent: Agent) -> tuple[int, str, Queue] | None:
        """What an agent takes who is free: the rank he has in its queue, the contact, the queue."""
        best: tuple[tuple[float, int], str, Queue] | None = None
        best_rank = 0
        for rank, name in agent.ranks:
            if best is not None and rank > best_rank:
                break
            queue = self.state.queues[name]
            if not queue.counted:
                continue
            for lane in queue.lanes_for(agent.id):
                place, id_ = lane.waiting[0]
                if (best is None or place < best[0]) and not self.unfit(agent, lane):
                    best, best_rank = (place, id_, queue), rank
        return None if best is None else (best_rank, *best[1:])
