"""Contacts of other media than voice - chat, mail, message, form - in the same queues, for the same agents (ACC-04).

Whoever carries the medium says `ContactCame` and `ContactGone`; the core offers the contact by `OfferContact`, and the agent accepts,
declines or lets it go by at his seat. Rank, skills, priority, relaxation, sticky agent and overflow are those of calls. What differs: an
agent serves as many contacts of a medium at once as his `capacity` says, and a call may still ring meanwhile (WORKING).

        offer                  accept                       finish
    ─────────────▶ OFFERED ───────────────▶ CONNECTED ───────────────▶ ended
        ▲             │ decline, no answer      │ the agent logs out
        └─────────────┴─────────────────────────┘ at the place it had
"""

from functools import partial
from typing import TYPE_CHECKING

from appliance.core import records
from appliance.core.actions import OfferContact, WithdrawContact
from appliance.core.agents.agent import FREE, Agent, AgentState
from appliance.core.agents.duty import RULE
from appliance.core.agents.kept import keep
from appliance.core.call import Call
from appliance.core.contact import Contact, ContactState
from appliance.core.flows.written import written
from appliance.core.inputs import ContactCame, ContactGone
from appliance.core.plan import Choice
from appliance.core.queues.matching import SPOKEN
from appliance.core.queues.skills import Needs
from appliance.core.queues.waiting import VOICE, Queue
from appliance.core.records import Decision
from appliance.core.scripts import CallerGone, QueueLeft
from hal.api import Cause

if TYPE_CHECKING:
    from appliance.core.engine import Engine
    from appliance.core.state import State

__all__ = ["Written", "unfit_for"]

_AGAIN_S = 30.0
"""Who has declined a contact that nobody else takes is asked again after this."""


def unfit_for(state: "State", agent: Agent, medium: str, needs: Needs) -> str:
    """Why the agent can serve no contact of this medium that asks this; empty: he can."""
    in_hand = sum(1 for id_ in agent.written if state.contacts[id_].medium == medium)
    if in_hand >= agent.plan.capacity.get(medium, 1):
        return f"has {in_hand} of {medium}"
    return "" if agent.meets(needs) else needs.missing(agent.plan.skills)


class Written:
    """The written contacts of one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Work on this engine's queues."""
        self.engine, self.state = engine, engine.state
        self.agents, self.distribution, self.calls, self.scripts = engine.agents, engine.distribution, engine.calls, engine.scripts

    # -- the medium tells -------------------------------------------------------------------------------------------------------------

    def came(self, event: ContactCame) -> str:
        """A contact has come: it waits in its queue; the result is its ID, empty when there is no such queue, or it is voice."""
        if event.queue not in self.state.plan.queues or event.medium == VOICE:
            return ""
        contact = self.calls.written(event)
        self.calls.move(contact, "begin", "arrived", f"{event.medium} from {event.ani}")
        self.scripts.start(contact, written(Call(self.engine, contact), event.queue))
        return contact.id

    def take_back(self, contact: Contact, row: records.Contact) -> None:
        """A contact of the last run waits again; the agent who had it in hand is asked first."""
        since = row.stage_at - self.state.wall_offset if row.stage == "queued" else self.state.now
        contact.only = row.agent if row.stage == "connected" and row.agent in self.state.agents else ""
        if row.stage == "connected":
            contact.talk_s += max(0.0, self.state.wall() - row.stage_at)
        if contact.queue in self.state.queues:
            self.distribution.take_back(contact, since, contact.place[0] if row.place_at is not None else since, only_s=_AGAIN_S)
        self.scripts.start(contact, written(Call(self.engine, contact), contact.queue))
        self.distribution.go_on_waiting(contact)

    def gone(self, event: ContactGone) -> None:
        """The customer has left."""
        contact = self.state.contacts.get(event.contact)
        if contact is None or contact.medium == VOICE:
            return
        self.state.tell(contact, "released", "by the customer")
        had = [contact.agent, *contact.offers.values()]
        if contact.state is ContactState.CONNECTED:
            self._hand_back(contact)
        else:
            self.distribution.abandon(contact)
        contact.cause = Cause.NORMAL_CLEARING
        self.scripts.interrupt(contact, CallerGone())
        for agent in [self.state.agents[id_] for id_ in dict.fromkeys(had) if id_ in self.state.agents]:
            self.agent_free(agent)

    # -- offers -----------------------------------------------------------------------------------------------------------------------

    def unfit(self, agent: Agent, contact: Contact, queue: Queue) -> str:
        """Why this agent cannot be offered the contact now; empty: he can."""
        if agent.state not in FREE:
            return agent.state.value
        if contact.only not in ("", agent.id):
            return f"waits for {contact.only}"
        if agent.id in contact.declined:
            return "has declined it"
        return unfit_for(self.state, agent, contact.medium, queue.needs_of(contact))

    def seek(self, contact: Contact, queue: Queue) -> None:
        """Offer a contact that waits to the agent of the best rank who has least in hand, then to who has been free longest."""
        if self.state.draining:
            return
        found: list[tuple[int, int, float, int, Agent]] = []
        unfit: list[str] = []
        for agent in self.state.agents.values():
            rank = next((rank for rank, name in agent.ranks if name == queue.name), None)
            if rank is None or agent.state not in FREE:
                continue
            if why := self.unfit(agent, contact, queue):
                unfit.append(f"{agent.id} {why}")
            else:
                found.append((rank, len(agent.written), agent.idle_since, agent.index, agent))
        if found:
            found.sort(key=lambda each: each[:4])
            shown = "; ".join(f"{each[-1].id} rank {each[0]} figure {each[1]}" for each in found[:20])
            more = max(0, len(found) - 20) + max(0, len(unfit) - 20)
            wall, chosen = self.state.wall(), found[0][-1]
            self.state.out.append(Decision(contact.id, wall, queue.name, "least in hand", chosen.id, shown, "; ".join(unfit[:20]), more))
            self._offer(contact, queue, chosen)

    def agent_free(self, agent: Agent) -> None:
        """Offer the agent what waits for him, as much as he can take: best rank first, then by place."""
        while agent.state in FREE and not self.state.draining:
            best: tuple[int, tuple[float, int], Contact, Queue] | None = None
            for rank, name in agent.ranks:
                queue = self.state.queues[name]
                for lane in queue.lanes_for(agent.id):
                    if lane.medium in SPOKEN or unfit_for(self.state, agent, lane.medium, lane.needs):
                        continue
                    for place, id_ in lane.waiting:
                        contact = self.state.contacts[id_]
                        if agent.id not in contact.declined:
                            if best is None or (rank, place) < best[:2]:
                                best = (rank, place, contact, queue)
                            break
            if best is None:
                return
            shown = f"{agent.id} rank {best[0]} figure {len(agent.written)}"
            self.state.out.append(Decision(best[2].id, self.state.wall(), best[3].name, "first who waits", agent.id, shown, "", 0))
            self._offer(best[2], best[3], agent)

    def _offer(self, contact: Contact, queue: Queue, agent: Agent) -> None:
        state = self.state
        queue.remove(contact)
        self.distribution.noticed(queue, started=1, medium=contact.medium)
        self.calls.move(contact, "offer")
        contact.agent = agent.id
        contact.offers[f"{contact.id}@{agent.id}"] = agent.id
        agent.written[contact.id] = False
        state.tell(contact, "offered", agent.id)
        state.out.append(OfferContact(agent.id, contact.id, contact.medium, queue.plan.label or queue.name, contact.ani, queue.plan.ring_s))
        contact.ring_timer = state.timers.set(state.now + queue.plan.ring_s, partial(self._not_answered, contact, agent))

    def withdraw(self, contact: Contact) -> None:
        """The contact leaves while it is offered."""
        for agent_id in contact.offers.values():
            self.state.agents[agent_id].written.pop(contact.id, None)
            self.state.out.append(WithdrawContact(agent_id, contact.id))
        contact.offers.clear()
        self._stop_ringing(contact)
        contact.agent = ""

    def _stop_ringing(self, contact: Contact) -> None:
        if contact.ring_timer is not None:
            contact.ring_timer.cancel()
            contact.ring_timer = None

    def _not_answered(self, contact: Contact, agent: Agent) -> None:
        self._not_taken(contact, agent, "no answer")
        self.agent_free(agent)

    def _not_taken(self, contact: Contact, agent: Agent, why: str) -> None:
        """He declined, or did not answer: it waits again, for somebody else."""
        queue = self.state.queues[contact.queue]
        self.withdraw(contact)
        self.state.tell(contact, "not taken", f"{agent.id}: {why}")
        contact.declined.append(agent.id)
        self.ask_later(contact)
        overdue, contact.overdue = contact.overdue, None
        self.calls.move(contact, "offer failed")
        queue.add(contact)
        self.distribution.noticed(queue)
        if why == "no answer" and not contact.patient:  # for a message nobody waits on the line: it says nothing of who is there
            agent.missed += 1
            if 0 < queue.plan.pause_after <= agent.missed:
                self.agents.duty.ask(agent.id, "not-ready", why, by=RULE)  # after the call, if he has one
            keep(self.state, agent)
        if contact.lane is None:
            return  # it overflowed, because this agent was the last one
        if overdue is not None:
            self.distribution.leave(contact, overdue.to, str(overdue))
        else:
            self.seek(contact, queue)

    def ask_later(self, contact: Contact) -> None:
        """Whoever has declined it is asked again after a while, in whatever queue it waits then."""
        contact.timers.append(self.state.timers.set(self.state.now + _AGAIN_S, partial(self._ask_again, contact)))

    def _ask_again(self, contact: Contact) -> None:
        contact.declined.clear()
        if contact.state is ContactState.QUEUED:
            self.seek(contact, self.state.queues[contact.queue])

    # -- the agent's part -------------------------------------------------------------------------------------------------------------

    def ask(self, agent: Agent, what: str, id_: str) -> str:
        """`accept`, `decline` or `finish` a contact; the result says why not, empty: done."""
        contact = self.state.contacts.get(id_)
        taken = agent.written.get(id_)
        if contact is None or taken is None:
            return f"agent {agent.id} has no contact '{id_}'"
        if (what == "finish") is not taken:
            return f"contact {id_} is {'in hand' if taken else 'only offered'}"
        if what == "finish":
            self._hand_back(contact)
            self.calls.move(contact, "agent left", "after-call")
            self.scripts.deliver(contact, QueueLeft(None))
        elif what == "decline":
            self._not_taken(contact, agent, "rejected")
        else:
            self._accept(contact, agent)
        self.agent_free(agent)
        return ""

    def _accept(self, contact: Contact, agent: Agent) -> None:
        self._stop_ringing(contact)
        contact.offers.clear()
        contact.declined.clear()
        agent.written[contact.id] = True
        agent.missed = 0
        agent.served[contact.queue] = agent.served.get(contact.queue, 0) + 1
        self.agents.stand_anew(agent)
        self.distribution.end_wait(contact, served=True)
        now = self.state.now
        contact.talk_since = now
        contact.connected_at = now if contact.connected_at is None else contact.connected_at
        contact.agents.append(agent.id)
        self.distribution.remember(contact, agent)
        self.calls.move(contact, "connect", "connected", agent.id)
        self.agents.change(agent, "write")
        keep(self.state, agent)

    def _hand_back(self, contact: Contact) -> None:
        """The agent has no more to do with it."""
        agent = self.state.agents.get(contact.agent)
        if contact.talk_since is not None:
            contact.talk_s += self.state.now - contact.talk_since
            contact.talk_since = None
        if agent is not None and agent.written.pop(contact.id, False):
            agent.idle_since = self.state.now
            self.agents.stand_anew(agent)
            self._put_down(agent)

    def _put_down(self, agent: Agent) -> None:
        if not any(agent.written.values()):
            self.agents.change(agent, "put down")
        keep(self.state, agent)

    def back_at_work(self, agent: Agent) -> None:
        """The agent is ready again: what he has in hand, he still has; and he can be offered more."""
        if agent.state is AgentState.READY and any(agent.written.values()):
            self.agents.change(agent, "write")
        self.agent_free(agent)

    def put_back(self, agent: Agent) -> None:
        """The agent has gone: what he had in hand, or was offered, waits again at the place it had."""
        for id_, taken in list(agent.written.items()):
            contact = self.state.contacts[id_]
            if taken:
                self._hand_back(contact)
                self.calls.move(contact, "agent left", "put back")
                self.scripts.deliver(contact, QueueLeft(Choice("queue")))
            else:
                self._not_taken(contact, agent, "logged out")
        agent.written.clear()
