"""Admission: asks the door about each call from outside, and keeps the lists and closures that operators change while running."""

from typing import TYPE_CHECKING

from attrs import evolve

from appliance.core.actions import Persist, Replied
from appliance.core.admission.book import KINDS, REMOVED
from appliance.core.admission.door import EVERY_NUMBER, FLAG, Door, closed_by, door
from appliance.core.admission.numbers import mistake_in
from appliance.core.contact import Contact
from appliance.core.inputs import CallersListed, ServiceClosed, Stored
from appliance.core.plan import Choice
from appliance.core.records import Closure, ListedCaller, Record
from appliance.core.timers import Timer

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Admission"]

_MOST_PRIORITY = 99
_LATE_S = 10.0
"""How long an operator waits for the disk."""


class Admission:
    """The door of one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Decide with the engine's plan and book."""
        self.state = engine.state
        self.closures: dict[str, Closure] = {}
        """The newest word about each service number that was ever closed."""
        self._owed: dict[int, tuple[int, Timer]] = {}
        """Row on its way to the disk -> who waits for that, and for how long."""

    def load(self) -> None:
        """The plan has changed."""
        self.state.book.load(self.state.plan.callers, self.state.plan.numbering)

    def restore(self, listed: tuple[ListedCaller, ...], closures: tuple[Closure, ...]) -> None:
        """Go on with what operators had decided before the start."""
        self.state.book.restore(listed)
        self.closures = {closure.number: closure for closure in closures}

    def meets(self, contact: Contact) -> Door:
        """What this call meets at the number it has dialled; the centre's own phones meet no door."""
        state = self.state
        if contact.station:
            return Door()
        return door(contact.ani, contact.dnis, state.plan, state.book, self.closures, state.wall())

    def enters(self, contact: Contact) -> Door:
        """What a call that has arrived meets, told in its story and counted."""
        met = self.meets(contact)
        for what, detail in met.steps:
            self.state.tell(contact, what, detail)
        if met.flag:
            contact.data[FLAG] = met.flag
        if met.turns_away and met.entry:
            self.state.book.refused[met.entry] += 1
        return met

    # -- the operators' side -----------------------------------------------------------------------------------------------------------

    def callers_listed(self, event: CallersListed) -> None:
        """List callers, or take them from the list: all, or none when anything is wrong with one of them."""
        why = next(filter(None, map(self._refuses, event.entries)), "")
        if why:
            self._reply(event.token, why)
        else:
            self._list(event)

    def _refuses(self, entry: ListedCaller) -> str:
        """Why this is not listed; empty: it can be."""
        if entry.kind == REMOVED:
            if self.state.book.listed(entry.number) is not None:
                return ""
            known = self.state.book.of_site(entry.number) is not None
            remedy = "is in the site file: change it there, or list it as blocked or allowed" if known else "is not listed"
            return f"{entry.number} {remedy}"
        if entry.kind not in KINDS:
            return f"'{entry.kind}' is no list; there are: {', '.join(KINDS)}"
        if not 0 <= entry.priority <= _MOST_PRIORITY:
            return f"{entry.number}: a priority is 0 to {_MOST_PRIORITY}, not {entry.priority}"
        if entry.until_at is not None and entry.until_at <= self.state.wall():
            return f"{entry.number}: its time is over already"
        return mistake_in(entry.number)

    def _list(self, event: CallersListed) -> None:
        state = self.state
        until_at = state.wall() + event.lasts_s if event.lasts_s else None
        for entry in event.entries:
            kept = state.book.put(evolve(entry, at=state.wall(), until_at=until_at or entry.until_at))
            if entry is event.entries[-1]:
                self._keep(kept, event.token)
            else:
                state.out.append(kept)
            if not event.source:
                state.audit(kept.who, _AUDITED[kept.kind], f"{kept.number}{_why(kept.why)}")
        if event.source and event.entries:
            state.audit(event.entries[0].who, "callers imported", f"{len(event.entries)} from {event.source}")

    def service_closed(self, event: ServiceClosed) -> None:
        """Close a service number, or open it again."""
        state, closure = self.state, event.closure
        if event.lasts_s:
            closure = evolve(closure, until_at=state.wall() + event.lasts_s)
        why = self._closure_refused(closure)
        if not why:
            closure = evolve(closure, at=state.wall())
            self.closures[closure.number] = closure
            self._keep(closure, event.token)
            state.audit(closure.who, "opened" if closure.open else "closed", f"{closure.number}{_why(closure.why)}")
        else:
            self._reply(event.token, why)

    def _closure_refused(self, closure: Closure) -> str:
        """Why it cannot be; empty: it can."""
        plan, wall_s = self.state.plan, self.state.wall()
        if closure.number != EVERY_NUMBER and closure.number not in plan.numbers:
            return f"there is no service number '{closure.number}'; there are: {', '.join(plan.numbers) or 'none'}, and all"
        if closure.open:
            now = self.closures.get(closure.number)
            closed = now is not None and closed_by(closure.number, {closure.number: now}, wall_s) is not None
            return "" if closed else f"{closure.number} was not closed by anybody"
        if closure.until_at is not None and closure.until_at <= wall_s:
            return "that moment is over already"
        if closure.say and closure.say not in plan.prompts:
            named = [name for name in plan.prompts if name.startswith("closed")]
            return f"there is no prompt '{closure.say}'; there are: {', '.join(named) or 'none'} ([prompts] closed-NAME)"
        return next(plan.leads(closure.number, Choice.read(closure.onward)), "") if closure.onward else ""

    def _keep(self, record: Record, asked: int) -> None:
        """Write a row and answer who asked when it would survive a power cut; what it says is in force at once."""
        state = self.state
        token = state.next_number()
        self._owed[token] = (asked, state.timers.set(state.now + _LATE_S, lambda: self._late(token)))
        state.out.append(Persist(record, token))

    def stored(self, event: Stored) -> bool:
        """A row is safe, or cannot be: tell who asked for it; False: it was not one of these, or he was told already that it is late."""
        if event.token not in self._owed:
            return False
        asked, timer = self._owed.pop(event.token)
        timer.cancel()
        self._reply(asked, event.error)
        return True

    def _late(self, token: int) -> None:
        asked, _ = self._owed.pop(token)
        self._reply(asked, f"it is in force, and not on disk after {_LATE_S:.0f} s: see the alarms of the store")

    def _reply(self, asked: int, why: str) -> None:
        if asked:
            self.state.out.append(Replied(asked, why))

    def in_force(self) -> list[Closure]:
        """Closures that hold now, in the order of their numbers."""
        wall_s = self.state.wall()
        return [self.closures[n] for n in sorted(self.closures) if closed_by(n, {n: self.closures[n]}, wall_s) is not None]


_AUDITED = {"block": "caller blocked", "allow": "caller allowed", "vip": "caller made a VIP", REMOVED: "caller taken from the list"}


def _why(text: str) -> str:
    return f": {text}" if text else ""
