"""Mails, messages, chats of a simulated day: contacts of other media than voice, as far as the queues of the core take them.

They come as calls do, wait in a queue, are offered at an agent's seat, and are accepted, declined or left alone there; who has one in hand
finishes it after a while, calls in between or not. Not modelled: what is written, conversations to and fro, and calls that make the writing
take longer. They are brought about in virtual time only: the appliance has no carrier of these media that a live run could write to.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from attrs import define

from appliance.core.actions import OfferContact, Replied, WithdrawContact
from appliance.core.inputs import AgentAsked, ContactCame, ContactGone
from appliance.shell import Shell
from sim.coming import written_times
from sim.distributions import length_at
from sim.streams import draw_of

if TYPE_CHECKING:
    from sim.world import World

__all__ = ["Count", "Desks"]


@define(eq=False)
class _Contact:
    """One of them."""

    name: str
    number: int
    address: str
    came_at: float
    id: str = ""
    offers: int = 0
    accepted: bool = False
    over: bool = False


@define
class Count:
    """What became of the contacts of one kind."""

    came: int = 0
    accepted: int = 0
    finished: int = 0
    left: int = 0
    waited_s: float = 0.0


class Desks:
    """The agents' seats, and those who write to them."""

    def __init__(self, world: "World") -> None:
        """Nobody has written yet."""
        self.world = world
        self.written = world.scenario.written
        self.counts = {name: Count() for name in self.written}
        self._shell: Shell | None = None
        self._life = 0
        """How many processes there were."""
        self._contacts: dict[str, _Contact] = {}
        """Those that are not over, by the core's ID."""
        self._coming: Iterator[tuple[float, str]] = iter(())

    def attach(self, shell: Shell) -> None:
        """A process of the appliance has begun: from now on the seats are its own."""
        self._shell = shell
        self._life += 1
        shell.seats = self._told
        for contact in self._contacts.values():  # what was in hand is offered anew
            contact.accepted = False
            contact.offers += 1

    def start(self) -> None:
        """Let them write, from now on."""
        draws = self.world.draws
        self._coming = written_times(draws.scenario, draws.site, draws.calendar, draws.seed)
        self._plan_next()

    def _plan_next(self) -> None:
        if (coming := next(self._coming, None)) is not None:
            at, name = coming
            self.world.after(max(0.0, at - self.world.env.now), partial(self._comes, name))

    def _comes(self, name: str) -> None:
        self._plan_next()
        written, count = self.written[name], self.counts[name]
        contact = _Contact(name, count.came, f"{name}-{count.came}@example.com", self.world.env.now)
        count.came += 1
        if self._shell is not None:
            self._shell.ask(ContactCame(written.medium, written.queue, contact.address), partial(self._taken_in, contact))

    def _taken_in(self, contact: _Contact, reply: Replied) -> None:
        if reply.error:
            self.world.problem(f"{contact.address}: {reply.error}")
            return
        contact.id = reply.contact
        self._contacts[contact.id] = contact
        patience = self.written[contact.name].patience
        if patience is not None:
            self.world.after(length_at(patience, self._draw("patience", contact)), partial(self._leaves, contact))

    def _leaves(self, contact: _Contact) -> None:
        if not contact.accepted and not contact.over:
            self._end(contact)
            self.counts[contact.name].left += 1
            self._post(ContactGone(contact.id))

    # --- the seats --------------------------------------------------------------------------------------------------------------------

    def _told(self, told: OfferContact | WithdrawContact) -> None:
        contact = self._contacts.get(told.contact)
        if contact is None:  # the core takes a contact in before it has answered with its number
            if isinstance(told, OfferContact):
                self.world.after(0.0, partial(self._offered, told))
        elif isinstance(told, OfferContact):
            self._offered(told)
        else:
            contact.offers += 1  # whoever thinks about it has lost it

    def _offered(self, told: OfferContact) -> None:
        contact, phone = self._contacts.get(told.contact), self.world.phones_by_agent.get(told.agent)
        if contact is None or phone is None or phone.away:
            return
        contact.offers += 1
        after_s = length_at(self.written[contact.name].accepts_after, self._draw("accepts", contact))
        self.world.after(after_s, partial(self._decide, contact, told.agent, contact.offers))

    def _decide(self, contact: _Contact, agent: str, offer: int) -> None:
        written = self.written[contact.name]
        if contact.over or contact.accepted or offer != contact.offers:
            return
        if written.declines and self._draw("declines", contact) < written.declines:
            self._post(AgentAsked(agent, "decline", to=contact.id))
            return
        contact.accepted = True
        count = self.counts[contact.name]
        count.accepted += 1
        count.waited_s += self.world.env.now - contact.came_at
        self._post(AgentAsked(agent, "accept", to=contact.id))
        self.world.after(length_at(written.handling, self._draw("handling", contact)), partial(self._finish, contact, agent, self._life))

    def _finish(self, contact: _Contact, agent: str, life: int) -> None:
        if life != self._life:
            return
        self._end(contact)
        self.counts[contact.name].finished += 1
        self._post(AgentAsked(agent, "finish", to=contact.id))

    def _end(self, contact: _Contact) -> None:
        contact.over = True
        self._contacts.pop(contact.id, None)

    def _post(self, said: AgentAsked | ContactGone) -> None:
        if self._shell is not None:
            self._shell.post(said)

    def _draw(self, purpose: str, contact: _Contact) -> float:
        return draw_of(self.world.draws.seed, "written", purpose, contact.name, contact.number, contact.offers)

    # --- what came of it --------------------------------------------------------------------------------------------------------------

    def notes(self) -> list[str]:
        """A sentence on each kind."""
        found = []
        for name, count in self.counts.items():
            waited = f", accepted after {count.waited_s / count.accepted:.0f} s in the mean" if count.accepted else ""
            left = f", {count.left} left" if count.left else ""
            found.append(f"{name}: {count.came} came, {count.accepted} were accepted, {count.finished} finished{left}{waited}")
        return found
