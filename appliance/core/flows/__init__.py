"""The scripts that serve calls: each a plain `async def` that reads as what happens to the caller."""

from collections.abc import Coroutine
from typing import Any

from appliance.core.call import Call
from appliance.core.flows.feature_codes import feature_code
from appliance.core.flows.hotline import go

__all__ = ["script_for"]


def script_for(call: Call) -> Coroutine[Any, Any, None] | None:
    """The script that serves this call: a feature code, or the service of the number called; None: there is none."""
    contact = call.contact
    if contact.internal:
        return feature_code(call)
    number = call.plan.numbers.get(contact.dnis)
    return None if number is None else go(call, number.to)
