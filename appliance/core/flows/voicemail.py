"""Leaving a message: recorded, with a number to call back, and kept as a ticket - also when the caller simply hangs up."""

from appliance.core.call import Call
from appliance.core.plan import Choice
from appliance.core.scripts import CallerGone

__all__ = ["voicemail"]


async def voicemail(call: Call) -> Choice:
    """Take a message; the ticket is open whether the caller stays to the end or hangs up after speaking."""
    plan = call.plan
    call.stage("message")
    call.contact.typed.clear()
    await call.say(plan.prompts.get("message"), barge_in=False)
    await call.say(plan.prompts.get("beep"), barge_in=False)
    message = await call.record(max_s=plan.message_max_s)
    call_back = call.contact.ani
    if not message.hung_up:
        try:
            call_back = await ask_call_back(call)
        except CallerGone:
            call_back = call.contact.ani
    if message.error or message.duration_s >= plan.message_min_s:
        # A message that could not be recorded is still somebody who wants to be called back.
        await call.open_ticket("call-back" if message.error else "message", recording=message.recording, call_back=call_back)
        await call.say(plan.prompts.get("message-thanks"), barge_in=False)
    return Choice("release")


async def ask_call_back(call: Call) -> str:
    """The number to call back: what is keyed, or the caller's own when nothing is."""
    keyed = await call.digits(call.plan.prompts.get("call-back"), most=20)
    return keyed or call.contact.ani
