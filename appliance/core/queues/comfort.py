"""While waiting: music, and from time to time the position, the expected wait and the choices there are.

The expected wait is an interval (`appliance.core.queues.expected_wait`), and what was told binds (`promises`). Nothing is said while a
phone rings for the caller.
"""

from typing import TYPE_CHECKING

from appliance.core.contact import Contact, ContactState
from appliance.core.plan import Announce, Prompt
from appliance.core.queues.by_name import music
from appliance.core.queues.expected_wait import Quote
from appliance.core.queues.waiting import Queue

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Comfort"]

_LAST_POSITION = 20
"""Positions up to this have words of their own."""


class Comfort:
    """What callers hear who wait."""

    def __init__(self, engine: "Engine") -> None:
        """Look after the callers of this engine."""
        self.state, self.distribution, self.calls, self.sounds = engine.state, engine.distribution, engine.calls, engine.sounds
        self._saying: dict[str, int] = {}
        """Contact -> number of the announcement going on."""

    def begin(self, contact: Contact) -> None:
        """A caller begins to wait: music at once, the first announcement after a while."""
        queue = self.state.queues[contact.queue]
        self._music(contact, queue)
        self.go_on(contact)

    def go_on(self, contact: Contact) -> None:
        """Announce from now on what the queue's plan says, also when the first phone that rings is not picked up; the music goes on."""
        if (announce := self.state.queues[contact.queue].plan.announce) is not None and contact.leg:
            due = self.state.now + (announce.every_s if contact.stated_in == contact.queue else announce.first_s)
            contact.timers.append(self.state.timers.set(due, lambda: self._announce(contact, announce)))

    def _music(self, contact: Contact, queue: Queue) -> None:
        self._play(contact, music(contact, queue, self.state.plan), loop=True)

    def _play(self, contact: Contact, prompt: Prompt | None, *, loop: bool = False) -> int:
        leg = self.state.legs.get(contact.leg)
        if prompt is None or leg is None or not (files := self.sounds.files(contact, prompt)):
            return 0
        return self.sounds.play(leg, files, loop=loop)

    def _announce(self, contact: Contact, announce: Announce) -> None:
        queue = self.state.queues[contact.queue]
        contact.timers.append(self.state.timers.set(self.state.now + announce.every_s, lambda: self._announce(contact, announce)))
        if contact.state is not ContactState.QUEUED or contact.lane is None:
            return
        ahead = queue.ahead_of(contact)
        if self.distribution.promises.state_wait(contact, queue, ahead):
            self.calls.keep(contact)
        quote = contact.stated
        assert quote is not None
        files = self._words(contact, announce, ahead, quote)
        if files:
            self._saying[contact.id] = self._play(contact, {contact.language: files})
            low, high = quote.rungs
            said = f"position {ahead + 1}, wait {low} to {'?' if high is None else high} min"
            self.state.tell(contact, "announced", said)

    def _words(self, contact: Contact, announce: Announce, ahead: int, quote: Quote) -> tuple[str, ...]:
        parts: list[str] = []
        if announce.position:
            parts.append(f"position-{ahead + 1}" if ahead < _LAST_POSITION else "position-more")
        if announce.wait and quote.late:
            parts.append("wait-late")
        elif announce.wait:
            low, high = quote.rungs
            if high is None:
                parts.append(f"wait-over-{low}")
            elif high <= 1:
                parts.append("wait-soon")
            elif low == 0:
                parts.append(f"wait-under-{high}")
            else:
                parts += (f"wait-from-{low}", f"wait-to-{high}")
        parts += [f"choice-{key}-{choice.verb}" for key, choice in self.state.queues[contact.queue].plan.keys.items()]
        return self.sounds.words(contact, parts)

    def play_ended(self, contact: Contact, play: int) -> bool:
        """An announcement is over: music again; False when it was something else."""
        if not play or self._saying.get(contact.id) != play:
            return False
        del self._saying[contact.id]
        if contact.state in (ContactState.QUEUED, ContactState.OFFERED):
            self._music(contact, self.state.queues[contact.queue])
        return True

    def forget(self, contact: Contact) -> None:
        """The contact is over."""
        self._saying.pop(contact.id, None)
