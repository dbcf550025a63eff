"""Automatic call distribution: contacts enter queues, wait there, and leave them.

        enqueue                 offer (appliance.core.queues.offers)
    ──────────────▶ waiting ───────────────────────────────▶ an agent has it
                     │  ▲  └─ relax, sticky over: another lane, the same place
                     │  └──── the offer came to nothing
                     └─────── overflow, a key, a transfer: `QueueLeft` to its script

Who suits whom is `matching` beside this; what rings, and what an answer means, `offers`; in which order contacts stand, `waiting`.
"""

from functools import partial
from typing import TYPE_CHECKING

from appliance.core.agents.agent import Agent
from appliance.core.agents.states import PERSONAL, Agents
from appliance.core.contact import Contact, ContactState
from appliance.core.plan import Choice, Overflow
from appliance.core.queues import learnt
from appliance.core.queues.by_name import keep_home, own_plan, served_at_home
from appliance.core.queues.matching import Matching
from appliance.core.queues.overflow import Overflows
from appliance.core.queues.promises import Promises
from appliance.core.queues.skills import Needs
from appliance.core.queues.strategies import STRATEGIES, Strategy
from appliance.core.queues.waiting import VOICE, Queue, place_of
from appliance.core.scripts import QueueLeft, Scripts
from appliance.core.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.core.calls import Calls
    from appliance.core.queues.offers import Offers
    from appliance.core.queues.written import Written

__all__ = ["Distribution"]

_REMEMBERED_CALLERS = 100_000


_IN_QUEUE = (ContactState.QUEUED, ContactState.OFFERED)
_AGAIN = Choice("callback", "again")
"""Of a contact that waits without a caller: its script looks for another way."""
_CHOSEN = "the caller's choice"
_GONE = Overflow("the queue is not there any more", Choice("voicemail"))


class Distribution:
    """The queues of one engine."""

    def __init__(self, state: State, agents: Agents, scripts: Scripts, strategies: "Mapping[str, Strategy]" = STRATEGIES) -> None:
        """Work on this state; `calls` and `offers` are joined by the engine."""
        self.state, self.agents, self.scripts, self.strategies = state, agents, scripts, strategies
        self.calls: Calls
        self.offers: Offers
        self.written: Written
        self.overflows = Overflows(self)
        self.matching = Matching(self)
        self.promises = Promises(state)

    def load(self) -> None:
        """Make the queues as the plan has them, and one for each agent; who waits or is offered stands as the plan says now."""
        state = self.state
        plans = dict(state.plan.queues)
        plans |= {PERSONAL + agent: own_plan(plan.name) for agent, plan in state.plan.agents.items()}
        for name, plan in plans.items():
            strategy = self.strategies[plan.strategy]
            queue = state.queues.get(name)
            if queue is None:
                queue = state.queues[name] = Queue(name, plan, strategy)
            if queue.strategy.at_once != strategy.at_once:
                queue.ringing.clear()  # nobody rings along any more
            queue.plan, queue.strategy = plan, strategy
            queue.orders.clear()
            queue.stages = ((0.0, Needs.parse(plan.needs)), *((relax.after_s, Needs.parse(relax.needs)) for relax in plan.relax))
        here = [contact for contact in state.contacts.values() if contact.state in _IN_QUEUE]
        for contact in here:
            self._stand_anew(contact, state.queues[contact.queue])
        used = {contact.queue for contact in here}
        for name in [name for name, queue in state.queues.items() if name not in plans and name not in used and not queue.logged_in]:
            del state.queues[name]

    def _stand_anew(self, contact: Contact, queue: Queue) -> None:
        waits = contact.lane is not None
        if waits:
            queue.remove(contact)
        self._forget_timers(contact)
        if contact.only not in self.state.plan.agents:
            contact.only = ""
        self._begin_stay(contact, queue)
        if waits:
            queue.add(contact)
        self.calls.comfort.go_on(contact)

    def look_again(self) -> None:
        """The plan has changed: who waits is offered to who is free; who waits in a queue that is not there any more leaves it."""
        for queue in list(self.state.queues.values()):
            gone = self._is_gone(queue.name)
            for id_ in list(queue.in_order()):
                contact = self.state.contacts[id_]
                if contact.state is not ContactState.QUEUED or contact.queue != queue.name:
                    continue
                if gone:
                    self.leave(contact, _AGAIN if contact.call_back else _GONE.to, _GONE.when)
                elif contact.only and not self._can_come(contact.only, contact, queue):
                    self._for_anybody(contact)
                else:
                    self.matching.seek_agent(contact, queue)
        for contact in self.state.contacts.values():
            if contact.state is ContactState.OFFERED and self._is_gone(contact.queue):
                contact.overdue = contact.overdue or (Overflow(_GONE.when, _AGAIN) if contact.call_back else _GONE)

    def _is_gone(self, queue: str) -> bool:
        return not queue.startswith(PERSONAL) and queue not in self.state.plan.queues

    # -- a contact enters, waits, leaves -------------------------------------------------------------------------------------------

    def enqueue(
        self, contact: Contact, name: str, *, since: float | None = None, only: str = "", only_s: float = 0.0, again: bool = False
    ) -> Choice | None:
        """Let the contact wait in the queue and offer it at once if somebody is free; a Choice: it overflows before it waits.

        `since`: it counts as waiting since then (engine time); `only`: it waits for this agent alone at first, for `only_s`; `again`: it
        comes back from where nobody took it, to the place it had.
        """
        state, queue = self.state, self.state.queues[name]
        now, place = state.now, keep_home(contact, name, state.plan, again=again)
        contact.queue = name
        if contact.queued_at is None:
            contact.queued_at = now
        contact.wait_since = now if since is None else since
        contact.relaxed = 0
        self.promises.begin(contact)
        if (overflow := self.overflows.at_the_door(contact, queue)) is not None:
            state.tell(contact, "overflowed", f"{name}: {overflow}")
            self.end_wait(contact, served=False)
            return overflow.to
        contact.only = only or self._sticky(contact, queue)
        came = contact.wait_since if contact.connected_at is not None and not again else contact.queued_at
        contact.place = place or place_of(contact, queue.plan, came, state.next_number())  # who overflows has waited already
        if not name.startswith(PERSONAL):
            contact.home, contact.home_place = name, contact.place
        contact.only_until = now + (only_s or queue.plan.sticky_s)
        self.calls.move(contact, "enqueue", "queued", name, since)
        self._stand(contact, queue)
        self.matching.seek_agent(contact, queue)
        return None

    def enqueue_again(self, contact: Contact) -> None:
        """Let a contact wait, without a caller, at the place it had; no overflow sends it away."""
        now = self.state.now
        if contact.queued_at is None:
            contact.queued_at = now
        contact.wait_since = now
        contact.relaxed = 0
        if contact.call_back:
            self.promises.broken(contact)  # it is served one day, but nobody waits on the line for it
        self.promises.begin(contact)
        queue, number = self.state.queues[contact.queue], self.state.next_number()
        contact.place = (contact.place[0], number) if contact.place[1] else place_of(contact, queue.plan, now, number)
        contact.home, contact.home_place = contact.queue, contact.place
        contact.only_until = now + queue.plan.sticky_s
        self.calls.move(contact, "enqueue", "callback", contact.queue)
        self._stand(contact, queue)
        self.matching.seek_agent(contact, queue)

    def take_back(self, contact: Contact, since: float, place_s: float, only_s: float = 0.0) -> None:
        """Let a contact of the last run wait again, at the place it had: it has waited since then. `go_on_waiting` has it offered.

        For one agent alone it waits as long as it would have, or for `only_s`.
        """
        now, queue = self.state.now, self.state.queues[contact.queue]
        if only_s or not contact.only_until:
            contact.only_until = now + (only_s or queue.plan.sticky_s)
        self.calls.move(contact, "enqueue", "callback" if contact.call_back else "queued", contact.queue, since)
        contact.wait_since = since
        contact.place = (place_s, self.state.next_number())
        self._stand(contact, queue)

    def _stand(self, contact: Contact, queue: Queue) -> None:
        if contact.only and not self._can_come(contact.only, contact, queue):
            contact.only = ""
        self._begin_stay(contact, queue)
        queue.add(contact)
        self.noticed(queue, medium=contact.medium)

    def go_on_waiting(self, contact: Contact) -> None:
        """Offer a contact that was taken back to whoever is free, or let it overflow if nobody is there any more."""
        if contact.state is ContactState.QUEUED:
            queue = self.state.queues[contact.queue]
            if (overflow := self.overflows.nobody_serves(queue, contact.medium)) is not None and not contact.patient:
                self.leave(contact, overflow.to, str(overflow))
            else:
                self.matching.seek_agent(contact, queue)

    def _begin_stay(self, contact: Contact, queue: Queue) -> None:
        """What is asked of an agent now, when less will be, when anybody will do, and when the contact overflows."""
        now, timers = self.state.now, self.state.timers
        assert contact.wait_since is not None
        for stage, (after_s, _) in enumerate(queue.stages):
            if now >= contact.wait_since + after_s:
                contact.relaxed = stage
            else:
                contact.timers.append(timers.set(contact.wait_since + after_s, partial(self._relax, contact, stage)))
        self.overflows.begin(contact, queue)
        if contact.only and queue.name != PERSONAL + contact.only:
            contact.timers.append(timers.set(contact.only_until, partial(self._for_anybody, contact)))
        if contact.declined:
            self.written.ask_later(contact)

    def noticed(self, queue: Queue, started: int = 0, medium: str = VOICE) -> None:
        """The queue's estimators see that more or fewer wait, or serve; `started`: so many of the medium were taken out for an agent."""
        for each in (VOICE,) if medium == VOICE and not queue.written else dict.fromkeys((VOICE, *queue.written, medium)):
            estimator, waiting = queue.estimator_of(each), queue.counted_of(each)
            estimator.changed(self.state.now, waiting, queue.serving_for(each), started=started if each == medium else 0)

    def fewer_agents(self, queue: Queue) -> None:
        """Somebody serves this queue no longer: who waits may be told a longer wait, or overflows if nobody is left."""
        self.noticed(queue)
        queue.lost_agent_at = self.state.now
        if not queue.answering:
            self.overflows.nobody_left(queue)
        for id_ in [id_ for lanes in queue.named.values() for lane in lanes.values() for _, id_ in lane.waiting]:
            contact = self.state.contacts[id_]
            if contact.lane is not None and contact.only and not self._can_come(contact.only, contact, queue):
                self._for_anybody(contact)

    def _can_come(self, id_: str, contact: Contact, queue: Queue) -> bool:
        """Whether it makes sense to wait for this agent: he is at work, in this group, and can serve what waits."""
        agent = self.state.agents.get(id_)
        if agent is None or agent.away_for(contact.medium == VOICE) or all(name != queue.name for _, name in agent.ranks):
            return False
        near = contact.medium != VOICE or self.state.stations[agent.station].line == contact.line
        return near and agent.meets(queue.needs_of(contact))

    def _sticky(self, contact: Contact, queue: Queue) -> str:
        """The agent who served this caller last, if the queue asks for him and he is at work."""
        last = self.state.last_agents.get(contact.ani, "") if queue.plan.sticky_s > 0 else ""
        return last if last and self._can_come(last, contact, queue) else ""

    def remember(self, contact: Contact, agent: Agent) -> None:
        """The agent has served this caller: next time the caller may want him again."""
        if contact.ani and contact.direction != "between":
            known = self.state.last_agents
            known.pop(contact.ani, None)
            known[contact.ani] = agent.id
            if len(known) > _REMEMBERED_CALLERS:
                del known[next(iter(known))]

    def _relax(self, contact: Contact, stage: int) -> None:
        self._restand(contact, "relaxed", stage=stage)

    def _for_anybody(self, contact: Contact) -> None:
        if contact.only:
            self._restand(contact, "for anybody", only="")

    def _restand(self, contact: Contact, why: str, stage: int | None = None, only: str | None = None) -> None:
        """The contact asks for less: it stands in another lane, at the same place."""
        queue = self.state.queues[contact.queue]
        waits = contact.lane is not None
        if waits:
            queue.remove(contact)
        contact.relaxed = contact.relaxed if stage is None else max(stage, contact.relaxed)
        contact.only = contact.only if only is None else only
        self.state.tell(contact, why, str(queue.needs_of(contact)))
        if waits:
            queue.add(contact)
            self.matching.seek_agent(contact, queue)

    def leave(self, contact: Contact, to: Choice | None, why: str) -> None:
        """Take a contact out that waits, and tell its script where to go on."""
        queue = self.state.queues[contact.queue]
        queue.remove(contact)
        self.noticed(queue)
        self.state.tell(contact, "overflowed", f"{queue.name}: {why}")
        self.end_wait(contact, served=False)
        if why == _CHOSEN:
            self.promises.forget(contact)
        self.calls.move(contact, "leave", "overflow")
        self.scripts.deliver(contact, QueueLeft(to))

    def customer_wishes(self, contact: Contact, to: Choice) -> None:
        """Who waits has chosen to go elsewhere: now, or as soon as the offer that is going on has failed."""
        if contact.state is ContactState.QUEUED:
            self.leave(contact, to, _CHOSEN)
        elif contact.state is ContactState.OFFERED:
            contact.overdue = Overflow(_CHOSEN, to)

    def end_wait(self, contact: Contact, *, served: bool) -> None:
        """The stay in the queue is over: count it, and learn from it."""
        now = self.state.now
        if served:
            self.promises.served(contact)
        if contact.wait_since is not None:
            contact.wait_s = (contact.wait_s or 0.0) + now - contact.wait_since
            queue = self.state.queues.get(contact.queue)
            if queue is not None and contact.wait_since < now:
                if not served:
                    queue.estimator_of(contact.medium).gave_up()
                learnt.keep(self.state, queue, contact.medium)
            contact.wait_since = None
        self._forget_timers(contact)
        contact.overdue = None
        contact.only = ""
        if served:
            served_at_home(contact, self.state.plan)

    def _forget_timers(self, contact: Contact) -> None:
        for timer in contact.timers:
            timer.cancel()
        contact.timers.clear()
        contact.hour_timers.clear()

    def abandon(self, contact: Contact) -> None:
        """The customer left, or the call is cleared, while the contact waits or is offered."""
        if contact.state is ContactState.QUEUED:
            queue = self.state.queues[contact.queue]
            queue.remove(contact)
            self.noticed(queue)
        elif contact.state is ContactState.OFFERED:
            (self.offers if contact.medium == VOICE else self.written).withdraw(contact)
        self.end_wait(contact, served=False)
        self.promises.forget(contact)
