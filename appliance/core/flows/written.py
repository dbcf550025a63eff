"""Serving a written contact: it waits, an agent serves it, and it is over; nobody to serve it leaves a ticket."""

from appliance.core.call import Call
from appliance.core.plan import Choice

__all__ = ["written"]


async def written(call: Call, queue: str) -> None:
    """Let the contact be served from this queue on."""
    to: Choice | None = Choice("queue", queue)
    if call.waits_already():
        to = await call.stay_with_people()
    while to is not None and to.verb == "queue" and (to.name or call.contact.queue) in call.plan.queues:
        to = await (call.queue(to.name) if to.name else call.queue_again())
    if to is not None:
        await call.open_ticket("message", recording="", call_back=call.contact.ani)
