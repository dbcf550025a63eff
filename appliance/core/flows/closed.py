"""What a call meets that is not served as its number says: an operator has closed it, or the caller is turned away."""

from appliance.core.admission.door import TURNED_AWAY
from appliance.core.call import Call
from appliance.core.flows.onward import go
from appliance.core.plan import Choice
from appliance.core.records import Closure

__all__ = ["closed", "turned_away"]


async def closed(call: Call, closure: Closure) -> None:
    """Say that the service is closed, and go on as out of hours, or as the operator said."""
    await call.answer()
    plan, usual = call.plan, call.plan.numbers[call.contact.dnis].closed
    if usual.question is not None:
        key = await call.menu(usual.question, usual.languages, wait_s=usual.wait_s, retries=0)
        call.contact.language = usual.languages.get(key or "", call.contact.language)
    call.stage("closed", f"by {closure.who or 'the operator'}{': ' if closure.why else ''}{closure.why}")
    await call.say(plan.prompts.get(closure.say) or usual.said or plan.prompts.get("closed"))
    await go(call, Choice.read(closure.onward) if closure.onward else usual.then)


async def turned_away(call: Call, to: Choice) -> None:
    """Tell the caller something and release him."""
    call.stage(TURNED_AWAY)
    await go(call, to)
