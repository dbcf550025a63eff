"""Automatic call distribution: contacts wait in queues, agents are offered them, and the two are put through.

An offer is one agent's phone ringing for one contact. It ends in exactly one way: the agent answers, does not (next agent), or the
contact leaves first. The agent is free again when his phone's leg is really gone, so that no phone is rung twice.
"""

from functools import partial
from typing import TYPE_CHECKING

from appliance.core.agent import BUSY, Agent
from appliance.core.agents import Agents
from appliance.core.contact import Contact, ContactState
from appliance.core.leg import Leg, LegState
from appliance.core.plan import Choice, Overflow
from appliance.core.scripts import QueueLeft, Scripts
from appliance.core.state import Queue, State
from hal.api import Cause, Mix, Originate, StopPlay

if TYPE_CHECKING:
    from appliance.core.calls import Calls

__all__ = ["NOBODY", "Distribution"]

NOBODY = "nobody logged in"
_REST_S = 5.0
"""An agent whose phone could not be rung because a line or worker broke is ready again by himself after this."""
_REFUSALS = {
    Cause.USER_BUSY: "busy",
    Cause.CALL_REJECTED: "rejected",
    Cause.NO_ANSWER: "no answer",
}


class Distribution:
    """The queues of one engine."""

    def __init__(self, state: State, agents: Agents, scripts: Scripts) -> None:
        """Work on this state; `calls` is joined by the engine."""
        self.state, self.agents, self.scripts = state, agents, scripts
        self.calls: Calls

    def load(self) -> None:
        """Make the queues as the plan has them; a queue with contacts in it keeps them."""
        for name, plan in self.state.plan.queues.items():
            queue = self.state.queues.setdefault(name, Queue(name, plan))
            queue.plan = plan

    # -- a contact enters, waits, leaves -------------------------------------------------------------------------------------------

    def enqueue(self, contact: Contact, name: str) -> Choice | None:
        """Let the contact wait in the queue and offer it at once if somebody is free; a Choice: it overflows before it waits."""
        state, queue = self.state, self.state.queues[name]
        now = state.now
        contact.queue = name
        if contact.queued_at is None:
            contact.queued_at = now
        contact.wait_since = now
        if not queue.logged_in and (overflow := self._overflow(queue, NOBODY)) is not None:
            state.tell(contact, "overflowed", f"{name}: {NOBODY}")
            self._end_wait(contact)
            return overflow.to
        self.calls.move(contact, "enqueue", "queued", name)
        contact.place = (now, state.next_number())
        queue.add_waiting(contact.place, contact.id)
        self._set_overflows(contact, queue)
        self._offer_best_agent(contact, queue)
        return None

    def _overflow(self, queue: Queue, when: str) -> Overflow | None:
        return next((o for o in queue.plan.overflow if o.when == when), None)

    def _wait_over(self, contact: Contact, overflow: Overflow) -> None:
        if contact.state is ContactState.QUEUED:
            self._leave(contact, overflow.to, f"wait > {overflow.after_s:g} s")
        elif contact.state is ContactState.OFFERED:
            contact.overdue = overflow

    def nobody_logged_in(self, queue: Queue) -> None:
        """The last agent of the queue logged out: who waits there overflows, if the queue says so."""
        overflow = self._overflow(queue, NOBODY)
        if overflow is not None:
            for _, id_ in list(queue.waiting):
                self._leave(self.state.contacts[id_], overflow.to, NOBODY)

    def _leave(self, contact: Contact, to: Choice, why: str) -> None:
        queue = self.state.queues[contact.queue]
        queue.remove_waiting(contact.place, contact.id)
        self.state.tell(contact, "overflowed", f"{queue.name}: {why}")
        self._end_wait(contact)
        self.calls.move(contact, "leave", "overflow")
        self.scripts.deliver(contact, QueueLeft(to))

    def take_back(self, contact: Contact, since: float) -> None:
        """Let a contact of the last run wait again, at the place it had: it has waited since then."""
        queue = self.state.queues[contact.queue]
        self.calls.move(contact, "enqueue", "queued", contact.queue, since)
        contact.wait_since = since
        contact.place = (since, self.state.next_number())
        queue.add_waiting(contact.place, contact.id)
        self._set_overflows(contact, queue)

    def go_on_waiting(self, contact: Contact) -> None:
        """Offer a contact that was taken back to whoever is free, or let it overflow if nobody is there any more."""
        if contact.state is ContactState.QUEUED:
            queue = self.state.queues[contact.queue]
            if not queue.logged_in and (overflow := self._overflow(queue, NOBODY)) is not None:
                self._leave(contact, overflow.to, NOBODY)
            else:
                self._offer_best_agent(contact, queue)

    def _set_overflows(self, contact: Contact, queue: Queue) -> None:
        assert contact.wait_since is not None
        for overflow in queue.plan.overflow:
            if overflow.when == "wait":
                due = max(self.state.now, contact.wait_since + overflow.after_s)
                contact.timers.append(self.state.timers.set(due, partial(self._wait_over, contact, overflow)))

    def _end_wait(self, contact: Contact) -> None:
        if contact.wait_since is not None:
            contact.wait_s = (contact.wait_s or 0.0) + self.state.now - contact.wait_since
            contact.wait_since = None
        for timer in contact.timers:
            timer.cancel()
        contact.timers.clear()
        contact.overdue = None

    def abandon(self, contact: Contact) -> None:
        """The caller left, or the call is cleared, whatever the contact is doing here."""
        if contact.state is ContactState.QUEUED:
            self.state.queues[contact.queue].remove_waiting(contact.place, contact.id)
        elif contact.state is ContactState.OFFERED:
            agent = self.state.agents[contact.agent]
            self._drop_agent_leg(contact)
            contact.agent = ""
            self.agents.give_up_offer(agent, "withdraw")
        elif contact.state is ContactState.CONNECTED:
            self._hang_up_agent(contact)
        self._end_wait(contact)

    # -- offers ----------------------------------------------------------------------------------------------------------------------

    def _offer_best_agent(self, contact: Contact, queue: Queue) -> None:
        """Offer the contact to the best free agent, if one can be joined with it: best rank, then longest idle."""
        if self.state.cutting:
            return
        for _, _, _, id_ in queue.idle:
            agent = self.state.agents[id_]
            if self.state.stations[agent.station].line == contact.line:
                self._offer(contact, queue, agent)
                return

    def agent_free(self, agent: Agent) -> None:
        """Offer the agent the contact that waits for him: best rank first, then who came first."""
        if self.state.cutting:
            return
        best: tuple[int, tuple[float, int], str, Queue] | None = None
        line = self.state.stations[agent.station].line
        for rank, name in agent.ranks:
            if best is not None and rank > best[0]:
                break
            queue = self.state.queues[name]
            for place, id_ in queue.waiting:
                if self.state.contacts[id_].line == line:
                    if best is None or place < best[1]:
                        best = (rank, place, id_, queue)
                    break
        if best is not None:
            self._offer(self.state.contacts[best[2]], best[3], agent)

    def _offer(self, contact: Contact, queue: Queue, agent: Agent) -> None:
        state = self.state
        now = state.now
        queue.remove_waiting(contact.place, contact.id)
        self.calls.move(contact, "offer")
        contact.agent = agent.id
        agent.contact = contact.id
        self.agents.change(agent, "offer")
        id_, station = f"{contact.id}/{state.boot}.{state.next_number()}", agent.station
        leg = Leg(id_, contact.line, LegState.DIALLING, f"agent:{agent.id}", contact.id, now, station, agent.id)
        state.legs[id_] = leg
        state.stations[station].legs.append(id_)
        contact.agent_leg = id_
        state.tell(contact, "offered", agent.id)
        display = queue.plan.label or queue.name
        state.out.append(Originate(leg.line, id_, f"station:{station}", contact.ani, display, "", contact.leg))
        agent.timer = state.timers.set(now + queue.plan.ring_s, lambda: self._ring_over(contact, agent))

    def _ring_over(self, contact: Contact, agent: Agent) -> None:
        agent.timer = None
        self._drop_agent_leg(contact)
        self._offer_failed(contact, agent, "no answer")

    def agent_alerted(self, leg: Leg) -> None:
        """The agent's phone rings."""
        self.agents.change(self.state.agents[leg.agent], "alert")

    def agent_answered(self, leg: Leg) -> None:
        """The agent picked up: put both through."""
        state = self.state
        contact, agent = state.contacts[leg.contact], state.agents[leg.agent]
        caller = state.legs[contact.leg]
        self._end_wait(contact)
        if contact.connected_at is None:
            contact.connected_at = state.now
        contact.talk_since = state.now
        self.calls.move(contact, "connect", "connected", agent.id)
        self.agents.change(agent, "connect")
        if caller.playing:
            caller.playing = False
            state.out.append(StopPlay(caller.line, caller.id, caller.play))
        state.out.append(Mix(caller.line, {caller.id: (leg.id,), leg.id: (caller.id,)}))
        if state.plan.record_calls:
            self.calls.start_recording(contact, "call", leg.id)

    def agent_leg_released(self, leg: Leg, cause: Cause) -> None:
        """The agent's leg is gone: he did not take the offer, or ended the call. A leg we dropped ourselves says nothing new."""
        contact = self.state.contacts.get(leg.contact)
        if contact is None or contact.agent_leg != leg.id:
            return
        agent = self.state.agents[leg.agent]
        contact.agent_leg = ""
        if contact.state is ContactState.OFFERED:
            if cause is Cause.NETWORK_OUT_OF_ORDER:
                self._offer_failed(contact, agent, "line fault")
                self.agents.rest(agent, _REST_S)
            else:
                self._offer_failed(contact, agent, _REFUSALS.get(cause, "unreachable"))
        elif contact.state is ContactState.CONNECTED:
            self._hang_up_agent(contact)
            self.calls.move(contact, "agent left", "after-call")
            self.scripts.deliver(contact, QueueLeft(None))

    def _offer_failed(self, contact: Contact, agent: Agent, reason: str) -> None:
        queue = self.state.queues[contact.queue]
        contact.agent = ""
        self.state.tell(contact, "not taken", f"{agent.id}: {reason}")
        overflow = contact.overdue
        self.calls.move(contact, "offer failed")
        queue.add_waiting(contact.place, contact.id)
        self.agents.give_up_offer(agent, "refuse", reason)
        if contact.state is not ContactState.QUEUED:
            return  # it overflowed, because this agent was the last one and has just logged out
        if overflow is not None:
            self._leave(contact, overflow.to, f"wait > {overflow.after_s:g} s")
        else:
            self._offer_best_agent(contact, queue)

    def _drop_agent_leg(self, contact: Contact) -> None:
        leg_id, contact.agent_leg = contact.agent_leg, ""
        if leg_id:
            self.calls.release(self.state.legs[leg_id], Cause.NORMAL_CLEARING)

    def _hang_up_agent(self, contact: Contact) -> None:
        """The conversation is over, by whichever side: free the agent and end the recording."""
        state = self.state
        agent = state.agents[contact.agent]
        self._drop_agent_leg(contact)
        if contact.talk_since is not None:
            contact.talk_s += state.now - contact.talk_since
            contact.talk_since = None
        self.calls.stop_recording(contact)
        if agent.state in BUSY:
            self.agents.wrap_up_or_free(agent, state.queues[contact.queue].plan.wrap_up_s)
