"""The CTI side of a switch: its links to computers, and what is to go wrong with them. It does no input or output and has no clock."""

import random
from collections.abc import Callable, Mapping
from itertools import count
from math import inf

from sim.switch.core import Switch
from sim.switch.events import Event
from sim.switch.habits import Habits
from sim.switch.link import Link
from sim.switch.mischief import CloseSession, Forget, HalfOpen, LoseMessages, Mischief, Restart, Unplug
from sim.switch.plan import Plan
from sim.switch.speech import Speech

__all__ = ["Cti"]

_NAMED = ("alertingDevice", "answeringDevice")


class Cti:
    """A switch with its CTI links. Everything happens when it is told that it is time: `tick`, `next_deadline`."""

    def __init__(
        self, plan: Plan, speech: Speech | None = None, *, habits: Habits | None = None, mischief: tuple[Mischief, ...] = (), seed: int = 1
    ) -> None:
        """Put a switch together; what chance decides in the mischief begins with `seed`."""
        self.switch = Switch(plan, self._sink, speech)
        self.habits = habits or Habits()
        self.mischief = mischief
        self.links: list[Link] = []
        self.status = "normal"
        self.changed: Callable[[], None] = lambda: None
        """Called when `next_deadline` may be another one."""
        self.chance = random.Random(seed)
        """What links that come from now on draw their own chance from."""
        self._cross_refs = count(1)
        self._sessions = count(1)
        self._down: dict[str, float] = {}
        """Listeners that take nobody until then; empty: all of them."""
        for rule in mischief:
            self._plan_rule(rule)

    # --- links ----------------------------------------------------------------------------------------------------------------------

    def connect(self, now: float, listener: str = "") -> Link | None:
        """A computer has connected to this listener; None: the switch does not take it now."""
        self.tick(now)
        if now < max(self._down.get("", -inf), self._down.get(listener, -inf)):
            return None
        link = Link(self, listener, self.mischief, random.Random(self.chance.random()))
        self.links.append(link)
        return link

    def misbehave(self, rules: tuple[Mischief, ...]) -> None:
        """From now on these rules for messages hold, on all links, instead of those before."""
        self.mischief = rules
        for link in self.links:
            link.misbehave(rules)

    def next_deadline(self) -> float:
        """When `tick` is wanted next."""
        return min([self.switch.next_deadline(), *(link.next_due() for link in self.links)])

    def tick(self, now: float) -> None:
        """Do what is due; links that then have something to send are woken."""
        self.switch.tick(now)
        for link in list(self.links):
            if link.next_due() <= now:
                link.stir()

    def new_cross_ref(self) -> str:
        """An identifier that no monitor and no registration has had."""
        return str(next(self._cross_refs))

    def new_session(self) -> str:
        """An identifier that no session has had."""
        return f"S{next(self._sessions)}"

    def _sink(self, event: Event) -> None:
        for link in list(self.links):
            link.report(event)

    def private(self, event: Event) -> Mapping[str, str]:
        """The private data of an event: what the display says."""
        for field in _NAMED:
            station = self.switch.stations.get(str(event.values.get(field, "")))
            if station is not None and station.name:
                return {"displayName": station.name}
        return {}

    # --- mischief -------------------------------------------------------------------------------------------------------------------

    def _plan_rule(self, rule: Mischief) -> None:
        match rule:
            case Restart():
                self.switch.after(rule.at_s, lambda: self.restart(rule.down_s, keeps_calls=rule.keeps_calls, listener=rule.listener))
            case Forget():
                self.switch.after(rule.at_s, lambda: self._each(rule.listener, Link.forget))
            case HalfOpen():
                self.switch.after(rule.at_s, lambda: self._each(rule.listener, lambda link: self._go_dead(link, rule.for_s)))
            case CloseSession():
                self.switch.after(rule.at_s, lambda: self._each(rule.listener, lambda link: link.terminate("serverShutdown")))
            case LoseMessages():
                self.switch.after(rule.at_s + rule.for_s, lambda: self._each(rule.listener, lambda link: link.tell_status("messagesLost")))
            case Unplug():
                self.switch.after(rule.at_s, lambda: self.switch.unplug(rule.device))
                self.switch.after(rule.at_s + rule.for_s, lambda: self.switch.plug_in(rule.device))
            case _:
                pass  # it lies in wait for messages

    def _each(self, listener: str, do: Callable[[Link], None]) -> None:
        for link in list(self.links):
            if listener in {"", link.listener}:
                do(link)

    def _go_dead(self, link: Link, for_s: float) -> None:
        link.dead_until = self.switch.now + for_s

    def restart(self, down_s: float, *, keeps_calls: bool = False, listener: str = "") -> None:
        """Cut all links and take none for a while; monitors and registrations are forgotten, calls as well unless they are kept."""
        with self.switch.turn(self.switch.now):
            self._down[listener] = self.switch.now + down_s
            self._each(listener, Link.close)
            if not keeps_calls:
                self.switch.lose_calls()
