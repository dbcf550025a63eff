"""When a contact leaves a queue unserved: the rules of `appliance.core.plan.Overflow`, tried in the order of the site file."""

from functools import partial
from math import inf
from typing import TYPE_CHECKING

from appliance.core.contact import Contact, ContactState
from appliance.core.plan import Overflow
from appliance.core.queues.waiting import VOICE, Queue

if TYPE_CHECKING:
    from appliance.core.queues.distribution import Distribution

__all__ = ["Overflows"]

_LOOK_AGAIN_S = 15.0
"""How often the expected wait of who waits already is compared with a rule."""
_BY_HOURS = ("inside", "outside")
NOBODY, ALL_AWAY = "nobody logged in", "all not ready"


class Overflows:
    """The rules at work in one engine."""

    def __init__(self, distribution: "Distribution") -> None:
        """Look after who waits there."""
        self.distribution, self.state = distribution, distribution.state

    def at_the_door(self, contact: Contact, queue: Queue) -> Overflow | None:
        """The first rule that keeps a contact from waiting at all."""
        rules = () if contact.patient else queue.plan.overflow
        return next((rule for rule in rules if self._applies(rule, contact, queue)), None)

    def _applies(self, rule: Overflow, contact: Contact, queue: Queue) -> bool:
        match rule.when:
            case "length":
                waiting = queue.counted_of(contact.medium)
                return waiting >= rule.limit and not (queue.idle and not waiting)
            case "expected wait":
                return self._expects(contact, queue) > rule.after_s
            case "inside" | "outside":
                return self.state.plan.hours[rule.hours].is_open(self.state.wall()) is (rule.when == "inside")
        return rule.when != "wait" and self._nobody(rule, queue, contact.medium)

    def _expects(self, contact: Contact, queue: Queue) -> float:
        """Seconds that this contact has yet to wait, most probably; nothing while an agent is free who can serve it."""
        if contact.lane is None and (self.distribution.matching.somebody_free(contact, queue) if contact.medium == VOICE else queue.idle):
            return 0.0
        ahead = queue.ahead_of(contact) if contact.lane is not None else queue.counted_of(contact.medium)
        first = queue.estimator_of(contact.medium).quote(self.state.now, ahead, queue.serving_for(contact.medium)).first
        return inf if first is None else first.mean_s

    def _nobody(self, rule: Overflow, queue: Queue, medium: str) -> bool:
        there = queue.there_for(medium)
        return (rule.when == NOBODY and not there) or (rule.when == ALL_AWAY and there > 0 and not queue.serving_for(medium))

    def nobody_serves(self, queue: Queue, medium: str) -> Overflow | None:
        """The rule for a queue in which nobody serves this medium now; None: somebody does, or there is no rule."""
        return next((rule for rule in queue.plan.overflow if self._nobody(rule, queue, medium)), None)

    def nobody_left(self, queue: Queue) -> None:
        """The last agent has logged out or paused, or his phone is out of reach: who waits leaves, if there is a rule."""
        if self.state.handing_over or not any(rule.when in (NOBODY, ALL_AWAY) for rule in queue.plan.overflow):
            return
        for id_ in list(queue.in_order()):
            contact = self.state.contacts.get(id_)
            if contact is None or contact.lane is None or contact.patient:
                continue
            if contact.queue == queue.name and (rule := self.nobody_serves(queue, contact.medium)) is not None:
                self.distribution.leave(contact, rule.to, str(rule))

    def begin(self, contact: Contact, queue: Queue) -> None:
        """Set the timers of the rules for one stay."""
        state = self.state
        if contact.patient:
            return
        assert contact.wait_since is not None
        for rule in queue.plan.overflow:
            if rule.when == "wait":
                due = contact.wait_since + rule.after_s
            elif rule.when == "expected wait":
                due = state.now + _LOOK_AGAIN_S
            elif rule.when in _BY_HOURS:
                self._at_next_change(contact, rule)
                continue
            else:
                continue
            contact.timers.append(state.timers.set(max(state.now, due), partial(self._due, contact, rule)))

    def _at_next_change(self, contact: Contact, rule: Overflow) -> None:
        due = self.state.plan.hours[rule.hours].next_change(self.state.wall()) - self.state.wall_offset
        self._at_hour(contact, rule, max(self.state.now, due))

    def _at_hour(self, contact: Contact, rule: Overflow, due: float) -> None:
        timer = self.state.timers.set(due, partial(self._due, contact, rule))
        contact.timers.append(timer)
        contact.hour_timers.append(timer)

    def clock_set(self) -> None:
        """It may be another time of day now: the rules that go by it are looked at again."""
        for contact in self.state.contacts.values():
            if contact.state not in (ContactState.QUEUED, ContactState.OFFERED) or contact.patient:
                continue
            for timer in contact.hour_timers:
                timer.cancel()
            contact.hour_timers.clear()
            queue = self.state.queues[contact.queue]
            for rule in queue.plan.overflow:
                if rule.when in _BY_HOURS and self._applies(rule, contact, queue):
                    self._at_hour(contact, rule, self.state.now)
                elif rule.when in _BY_HOURS:
                    self._at_next_change(contact, rule)

    def _due(self, contact: Contact, rule: Overflow) -> None:
        queue = self.state.queues[contact.queue]
        if rule.when != "wait" and not self._applies(rule, contact, queue):
            if rule.when in _BY_HOURS:
                self._at_next_change(contact, rule)
            else:
                contact.timers.append(self.state.timers.set(self.state.now + _LOOK_AGAIN_S, partial(self._due, contact, rule)))
        elif contact.state is ContactState.QUEUED:
            self.distribution.leave(contact, rule.to, str(rule))
        elif contact.state is ContactState.OFFERED and contact.overdue is None:
            contact.overdue = rule
