"""The scripts that serve calls: each a plain `async def` that reads as what happens to the caller."""

from collections.abc import Coroutine
from typing import Any

from appliance.core.admission.door import TURNED_AWAY, Door
from appliance.core.call import Call
from appliance.core.flows.closed import closed, turned_away
from appliance.core.flows.feature_codes import feature_code
from appliance.core.flows.onward import call_back, go, resume, resume_flow
from appliance.core.plan import Choice
from appliance.core.scripts import RECALL

__all__ = ["call_back", "resume", "script_for", "script_to_resume"]


def script_for(call: Call, met: Door) -> Coroutine[Any, Any, None] | None:
    """The script that serves this call: a feature code, or the service of the number called, or what the call met instead; None: none."""
    contact = call.contact
    if contact.internal:
        return feature_code(call)
    if met.to is not None:
        return turned_away(call, met.to) if met.turns_away else go(call, met.to)
    number = call.plan.numbers.get(contact.dnis)
    if number is None:
        return None
    return go(call, number.to) if met.closure is None else closed(call, met.closure)


def script_to_resume(call: Call, stage: str) -> Coroutine[Any, Any, None] | None:
    """The script that goes on with a call at the stage it had reached; None when its number is not served any more."""
    stands = tuple(call.contact.nodes)
    if stands and stands[0].partition("/")[0] not in call.plan.programs:
        stands = ()
        call.contact.nodes.clear()
    if stands and ("/" in stage or stage in ("queued", "connected", "outside", "after-call")):
        return resume_flow(call, stands, with_people=stage in ("queued", "connected", "outside"), back=stage == "after-call")
    if stage in ("queued", "connected", "outside"):
        return resume(call, None)
    if stage == "transferred" and call.contact.given_by:  # whom it was given to was being called
        return resume(call, RECALL)
    if stage == "message":
        return resume(call, Choice("voicemail"))
    if stage == "after-call":
        return resume(call, Choice("release"))
    if stage == TURNED_AWAY:
        return turned_away(call, Choice("release"))
    return script_for(call, call.meets())
