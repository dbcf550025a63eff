"""Who suits whom: the best free agents for a contact that waits, and the best contact for an agent who has become free.

Both look only at free agents and at the first of each lane, and leave a trace of whom they looked at: `./hotline why CONTACT`.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from appliance.core.agents.agent import FREE, Agent, AgentState
from appliance.core.agents.states import PERSONAL
from appliance.core.contact import Contact
from appliance.core.queues.by_name import ring_as_at_home
from appliance.core.queues.strategies import Case
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

    def _ranked(self, contact: Contact, queue: Queue) -> Iterator[tuple[float, float, Agent]]:
        """Free agents of the queue as (rank, figure, agent), best first, those who cannot serve this contact included."""
        state, strategy = self.state, queue.strategy
        if not strategy.looks_at_contact:
            for rank, figure, _, _, index in queue.idle:
                yield rank, figure, state.agents[state.roster[int(index)]]
            return
        case = self._case(contact, queue)
        scored = []
        for rank, _, since, number, index in queue.idle:
            agent = state.agents[state.roster[int(index)]]
            scored.append((rank, strategy.score(agent, case), since, number, agent))
        scored.sort(key=lambda each: each[:4])
        for rank, figure, _, _, agent in scored:
            yield rank, figure, agent

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
        chosen: list[Agent] = []
        fit: list[tuple[float, float, Agent]] = []
        unfit: list[tuple[Agent, str]] = []
        at_once = queue.strategy.at_once
        for rank, figure, agent in self._ranked(contact, queue):
            why = self.unfit(agent, lane)
            if why:
                unfit.append((agent, why))
            else:
                if (at_once and len(chosen) < at_once) or (not at_once and (not fit or rank == fit[0][0])):
                    chosen.append(agent)
                fit.append((rank, figure, agent))
            if at_once and len(chosen) == at_once and max(len(fit), len(unfit)) >= _TRACED:
                break  # all are found, and no more is written down
        self._trace(contact, queue, chosen, fit, unfit)
        if chosen:
            queue.last_rung = chosen[0].index
            self.distribution.offers.offer(contact, queue, chosen)

    def _ring_by_name(self, contact: Contact, queue: Queue) -> None:
        """A contact that is meant for one agent rings him also in a pause."""
        agent = self.state.agents.get(queue.name.removeprefix(PERSONAL))
        if (
            agent is not None
            and agent.state in (*FREE, AgentState.NOT_READY)
            and self.agents.reachable(agent.station)
            and not self.unfit(agent, contact.lane)
        ):
            self._trace(contact, queue, [agent], [(0.0, 0.0, agent)], [])
            ring_as_at_home(contact, queue, self.state.plan)
            self.distribution.offers.offer(contact, queue, [agent])

    def _trace(
        self, contact: Contact, queue: Queue, chosen: list[Agent], fit: list[tuple[float, float, Agent]], unfit: list[tuple[Agent, str]]
    ) -> None:
        if contact.internal:
            return
        shown = "; ".join([f"{agent.id} rank {rank:g} figure {figure:.6g}" for rank, figure, agent in islice(fit, _TRACED)])
        excluded = "; ".join([f"{agent.id} {why}" for agent, why in islice(unfit, _TRACED)])
        more = max(0, len(queue.idle) - min(len(fit), _TRACED) - min(len(unfit), _TRACED))
        ids = ",".join([agent.id for agent in islice(chosen, _TRACED)])
        name, strategy = queue.name, queue.strategy.name
        self.state.out.append(Decision(contact.id, self.state.wall(), name, strategy, ids, shown, excluded, more))

    def _trace_one(self, contact: Contact, queue: Queue, agent: Agent, rank: int) -> None:
        """The agent has become free and takes what waits; of the others who are free nobody could."""
        by_contact = queue.strategy.looks_at_contact
        figure = queue.strategy.score(agent, self._case(contact, queue)) if by_contact else agent.entries[queue.name][1]
        others = [self.state.agents[self.state.roster[int(index)]] for *_, index in islice(queue.idle, _TRACED + 1)]
        lane = contact.lane
        unfit = [(other, self.unfit(other, lane)) for other in others if other is not agent] if lane is not None else []
        self._trace(contact, queue, [agent], [(float(rank), figure, agent)], unfit)

    def agent_free(self, agent: Agent) -> None:
        """Offer the agent the contact that waits for him: best rank first, then by place; or let him ring along where all ring."""
        if self.state.cutting:
            return
        best: tuple[tuple[float, int], str, Queue] | None = None
        best_rank = 0
        for rank, name in agent.ranks:
            if best is not None and rank > best_rank:
                break
            queue = self.state.queues[name]
            for lane in queue.lanes.values():
                place, id_ = lane.waiting[0]
                if (best is None or place < best[0]) and not self.unfit(agent, lane):
                    best, best_rank = (place, id_, queue), rank
        if best is not None:
            _, id_, queue = best
            self._trace_one(self.state.contacts[id_], queue, agent, best_rank)
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
