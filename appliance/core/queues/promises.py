"""What callers were told of their wait, from the first statement to its end, through all queues they are sent to.

    stated ──▶ owed by the queue that stated it first ─┬─ an agent answers, here or elsewhere   judged: was the wait inside?
                                                       ├─ we send him away for good              judged: a miss
                                                       └─ he hangs up, or chooses another way    not judged

Where somebody waits is our decision, and no news to him: in the next queue, too, no end is promised later than the one he was told, counted
from when he was told. What cannot be kept there is `late`: he hears that it takes longer than was said.
"""

from typing import TYPE_CHECKING

from appliance.core.contact import Contact
from appliance.core.queues import learnt
from appliance.core.queues.waiting import Queue

if TYPE_CHECKING:
    from appliance.core.state import State

__all__ = ["Promises"]


class Promises:
    """The promises of one engine."""

    def __init__(self, state: "State") -> None:
        """Look after the contacts of this state."""
        self.state = state

    def state_wait(self, contact: Contact, queue: Queue, ahead: int) -> bool:
        """Note in `contact.stated` what may be said of the wait now; True: it is the first statement, which the centre is measured by."""
        now, last = self.state.now, contact.stated
        first = last is None or last.first is None  # nobody could say: nothing was promised that could bind
        if last is None or first:
            contact.stated = contact.quote = queue.estimator.quote(now, ahead, queue.answering)
            contact.quoted_after_s = now - (contact.queued_at if contact.queued_at is not None else now)
            contact.owed_by = queue.name
        else:
            here = contact.stated_in == queue.name
            worse = here and (ahead > contact.stated_ahead or queue.lost_agent_at >= last.stated_at)
            contact.stated = queue.estimator.restate(last, now, ahead, queue.answering, worse=worse)
        contact.stated_ahead, contact.stated_in = ahead, queue.name
        return first

    def begin(self, contact: Contact) -> None:
        """The contact enters a queue: what it was told before binds if that is still owed."""
        if not contact.owed_by:
            contact.quote = contact.stated = None
            contact.stated_in = ""

    def served(self, contact: Contact) -> None:
        """An agent has answered: was the wait what was told?"""
        self._judge(contact, served=True)

    def broken(self, contact: Contact) -> None:
        """We have sent it away for good: what is still owed was told wrong."""
        self._judge(contact, served=False)

    def forget(self, contact: Contact) -> None:
        """The customer has gone, or gone another way, of his own will."""
        contact.owed_by = ""

    def _judge(self, contact: Contact, *, served: bool) -> None:
        queue, quote = self.state.queues.get(contact.owed_by), contact.quote
        if queue is not None and quote is not None and quote.first is not None:
            waited_s = self.state.now - quote.stated_at if served else None
            here = contact.queue == queue.name
            queue.estimator.judge(quote.first, waited_s, here=here)
            if not (served and here):  # else the end of the wait is noted there anyway
                learnt.keep(self.state, queue, contact.medium)
        contact.owed_by = ""
