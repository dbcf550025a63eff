"""Serves a caller by a flow that is Python: it stands among the flows of the call as others do."""

from appliance.core.call import Call
from appliance.core.plan import Choice, Plan

__all__ = ["RETURN", "script"]

RETURN = Choice("return")
"""Where a flow goes that another one has called, when it is over."""


async def script(call: Call, name: str, plan: Plan) -> Choice:
    """Serve the caller by a flow of this plan that is Python."""
    stack, depth = call.contact.nodes, len(call.contact.nodes)
    stack.append(f"{name}/")
    call.contact.flow_version = plan.versions.get(name, "")
    call.stage(f"{name}/")
    try:
        return await plan.scripts[name](call) or RETURN
    finally:
        del stack[depth:]
