"""Offers: agents' phones ring for a contact, and each offer ends in exactly one way.

    offer ─▶ OFFERED ─ Alerted ─▶ RINGING ─┬─ Answered ─▶ ON_CALL: put through; who rang along is withdrawn
                                           ├─ refused, busy, no answer ─▶ NOT_READY or left in peace; the next agent
                                           ├─ log-out, or sent into a pause ─▶ that, and no call let go by; the next agent
                                           └─ the contact leaves first ─▶ back, as if nothing had been

The agent is free again when his phone's leg is really gone, so that no phone is rung twice. A phone that answers too late - another was
faster, the caller has gone, the answer crossed our CANCEL - is released like any leg that is not wanted any more.
"""

from typing import TYPE_CHECKING

from appliance.core.admission.door import FLAG
from appliance.core.agents.agent import BUSY, Agent, AgentState
from appliance.core.agents.states import PERSONAL
from appliance.core.contact import Contact, ContactState
from appliance.core.leg import Leg
from appliance.core.plan import Choice, Overflow
from appliance.core.queues.strategies import MOST_AT_ONCE
from appliance.core.queues.waiting import Queue
from hal.api import Cause, Originate

if TYPE_CHECKING:
    from appliance.core.queues.distribution import Distribution
    from appliance.core.talks.talks import Talks

__all__ = ["Offers"]

_LINE_FAULT = "line fault"
_REFUSALS = {
    Cause.USER_BUSY: "busy",
    Cause.CALL_REJECTED: "rejected",
    Cause.NO_ANSWER: "no answer",
}


class Offers:
    """The offers of one engine."""

    def __init__(self, distribution: "Distribution") -> None:
        """Ring for the contacts of this distribution; `talks` is joined by the engine."""
        self.distribution = distribution
        self.state, self.agents = distribution.state, distribution.agents
        self.talks: Talks

    def offer(self, contact: Contact, queue: Queue, chosen: list[Agent]) -> None:
        """Ring these agents for a contact that waits."""
        queue.remove(contact)
        self.distribution.noticed(queue, started=1)
        self.distribution.calls.move(contact, "offer")
        if not queue.strategy.at_once:
            queue.ringing.append(contact.id)
        for agent in chosen:
            self._ring(contact, queue, agent)

    def may_join(self, contact: Contact, queue: Queue, agent: Agent, rank: int) -> bool:
        """Whether an agent who has become free rings along: nobody of a better rank rings, and the contact is not about to leave."""
        agents, line = self.state.agents, self.state.stations[agent.station].line
        ranks = [place for id_ in contact.offers.values() for place, name in agents[id_].ranks if name == queue.name]
        suits = line == contact.line and agent.meets(queue.needs_of(contact)) and contact.only in ("", agent.id)
        suits = suits and len(contact.offers) < MOST_AT_ONCE
        return suits and contact.overdue is None and rank <= min(ranks, default=rank)

    def join(self, contact: Contact, queue: Queue, agent: Agent) -> None:
        """Let one more agent ring."""
        self._ring(contact, queue, agent)

    def _ring(self, contact: Contact, queue: Queue, agent: Agent) -> None:
        state = self.state
        self.agents.engage(agent, contact.id, "offer")
        odd = f" ({contact.data[FLAG]})" if FLAG in contact.data else ""
        then = Choice("number", contact.call_back) if contact.call_back else None
        leg = self.call_station(contact, agent, "offer", contact.ani, f"{queue.plan.label or queue.name}{odd}", then=then)
        contact.offers[leg.id] = agent.id
        if len(contact.offers) == 1:
            contact.agent = agent.id
        state.tell(contact, "offered", agent.id)
        agent.timer = state.timers.set(state.now + queue.plan.ring_s, lambda: self._ring_over(contact, agent, leg))

    def call_station(
        self, contact: Contact, agent: Agent, purpose: str, ani: str, display: str, *, beside: str = "", then: Choice | None = None
    ) -> Leg:
        """Ring an agent's phone, beside this leg, or the customer, or whoever is there; `then`: whom he will be connected with."""
        state = self.state
        station = state.stations[agent.station]
        leg = state.new_leg(contact, contact.line, f"agent:{agent.id}", purpose, station=station.name, agent=agent.id)
        station.legs.append(leg.id)
        to, whom = f"station:{station.name}", "" if then is None else self.address(then)
        state.out.append(Originate(leg.line, leg.id, to, ani, display, "", beside or state.beside(contact), station.auto_answer, whom))
        return leg

    def address(self, choice: Choice) -> str:
        """Whom a line is to call for this choice."""
        return f"station:{self.state.agents[choice.name].station}" if choice.verb == "agent" else str(choice)

    def _ring_over(self, contact: Contact, agent: Agent, leg: Leg) -> None:
        agent.timer = None
        self._drop(leg)
        self._failed(contact, leg, agent, "no answer")

    def _drop(self, leg: Leg) -> None:
        self.distribution.calls.release(leg, Cause.NORMAL_CLEARING)

    def alerted(self, leg: Leg) -> None:
        """The agent's phone rings."""
        if leg.id in self.state.contacts[leg.contact].offers:
            self.agents.change(self.state.agents[leg.agent], "alert")

    def answered(self, leg: Leg) -> None:
        """The agent picked up: the others stop ringing, and he is put through."""
        state = self.state
        contact = state.contacts.get(leg.contact)
        if contact is None or leg.id not in contact.offers:
            self._drop(leg)
            return
        agent, queue = state.agents[leg.agent], state.queues[contact.queue]
        del contact.offers[leg.id]
        self._withdraw_all(contact)
        contact.agent = agent.id
        agent.missed = 0
        agent.served[queue.name] = agent.served.get(queue.name, 0) + 1
        self._no_longer_rings(contact, queue)
        self.distribution.end_wait(contact, served=True)
        self.agents.change(agent, "connect")
        self.talks.begin(contact, agent, leg, queue)

    def withdraw(self, contact: Contact) -> None:
        """The contact leaves: nobody needs to answer any more."""
        self._withdraw_all(contact)
        contact.agent = ""
        self._no_longer_rings(contact, self.state.queues[contact.queue])

    def _withdraw_all(self, contact: Contact) -> None:
        offers = dict(contact.offers)
        contact.offers.clear()
        for leg_id, agent_id in offers.items():
            self._drop(self.state.legs[leg_id])
            self._back(self.state.agents[agent_id])

    def _back(self, agent: Agent) -> None:
        if agent.state in BUSY:
            self.agents.go_back(agent)

    def stop_ringing(self, agent: Agent, why: str) -> None:
        """The agent is not there any more, and his phone rings: it stops, he is what is `wanted` of him, and others serve who rang."""
        contact = self.state.contacts[agent.contact]
        leg = next((leg for leg, id_ in contact.offers.items() if id_ == agent.id), "")
        if leg:
            self._drop(self.state.legs[leg])
            self._failed(contact, self.state.legs[leg], agent, why)
        elif (party := next((p for p in contact.parties.values() if p.agent == agent.id and not p.up), None)) is not None:
            self.talks.drop(contact, party)

    def _no_longer_rings(self, contact: Contact, queue: Queue) -> None:
        if contact.id in queue.ringing:
            queue.ringing.remove(contact.id)

    def released(self, leg: Leg, cause: Cause) -> None:
        """An agent's phone stopped ringing: he did not take the offer. A leg we dropped ourselves says nothing new."""
        contact = self.state.contacts.get(leg.contact)
        if contact is not None and leg.id in contact.offers:
            reason = _LINE_FAULT if cause is Cause.NETWORK_OUT_OF_ORDER else _REFUSALS.get(cause, "unreachable")
            self._failed(contact, leg, self.state.agents[leg.agent], reason)

    def _failed(self, contact: Contact, leg: Leg, agent: Agent, reason: str) -> None:
        queue = self.state.queues[contact.queue]
        del contact.offers[leg.id]
        self.state.tell(contact, "not taken", f"{agent.id}: {reason}")
        if contact.offers:  # others still ring
            self._let_go(agent, queue, reason)
            return
        contact.agent = ""
        self._no_longer_rings(contact, queue)
        overdue, contact.overdue = contact.overdue, None
        if overdue is None and queue.name.startswith(PERSONAL):
            overdue = Overflow(reason, Choice("queue"))
        if contact.only == agent.id and reason != _LINE_FAULT:
            contact.only = ""  # he was asked: now it is for anybody
        self.distribution.calls.move(contact, "offer failed")
        queue.add(contact)
        self.distribution.noticed(queue)
        if overdue is not None:
            self.distribution.leave(contact, overdue.to, str(overdue))
        self._let_go(agent, queue, reason)
        if overdue is not None or contact.state is not ContactState.QUEUED or contact.lane is None:
            return  # it overflowed, because this agent was the last one, or was offered to him again
        self.distribution.matching.seek_agent(contact, queue)

    def _let_go(self, agent: Agent, queue: Queue, reason: str) -> None:
        """What a missed offer means for the agent."""
        if agent.state not in BUSY:
            return
        if reason == _LINE_FAULT:
            self.agents.not_rung(agent, reason)
        elif (reason == "no answer" and not queue.strategy.at_once) or agent.back[0] == AgentState.NOT_READY.value:
            self.agents.go_back(agent)  # nobody in particular was called, or somebody who has a pause
        else:
            self.agents.refused(agent, reason, queue.plan.pause_after)
