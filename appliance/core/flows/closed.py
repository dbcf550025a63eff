"""What a call meets that is not served as its number says: an operator has closed it, or the caller is turned away."""

from appliance.core.admission.door import TURNED_AWAY
from appliance.core.call import Call
from appliance.core.flows.hotline import choose_language, go
from appliance.core.plan import Choice
from appliance.core.records import Closure

__all__ = ["closed", "turned_away"]


async def closed(call: Call, closure: Closure) -> None:
    """Say that the service is closed, and go on as out of hours, or as the operator said."""
    await call.answer()
    plan = call.plan
    to = plan.numbers[call.contact.dnis].to
    flow = plan.flows.get(to.name) if to.verb == "flow" else None
    if flow is not None and flow.language_menu is not None:
        await choose_language(call, flow)
    call.stage("closed", f"by {closure.who or 'the operator'}{': ' if closure.why else ''}{closure.why}")
    usual = plan.prompts.get("closed") if flow is None else flow.closed
    await call.say(plan.prompts.get(closure.say) or usual)
    onward = Choice("voicemail") if flow is None else flow.closed_then
    await go(call, Choice.read(closure.onward) if closure.onward else onward)


async def turned_away(call: Call, to: Choice) -> None:
    """Tell the caller something and release him."""
    call.stage(TURNED_AWAY)
    await go(call, to)
