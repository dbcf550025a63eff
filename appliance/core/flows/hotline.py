"""The service hotline: greeting, language, menu, queue, message.

A script goes from stage to stage; each stage is a function that serves the caller and returns where to go next. `go` is all there is to
it, so a restarted core could take a call up again at any stage.
"""

from appliance.core.call import Call
from appliance.core.flows.voicemail import voicemail
from appliance.core.plan import Choice, FlowPlan
from appliance.core.scripts import CallerGone

__all__ = ["go", "resume"]

_END = Choice("release")
_MOST_HOPS = 100
"""From queue to queue and flow to flow: who has gone this far goes in a circle, and is released."""


async def go(call: Call, to: Choice) -> None:
    """Serve a call from `to` until it is released."""
    await call.answer()
    await _serve(call, to)


async def resume(call: Call, to: Choice | None) -> None:
    """Go on with a call that outlived a restart of the core: waiting or in conversation (`to` is None), else from `to` again."""
    await call.answer()
    await _serve(call, await call.stay_in_queue() if to is None else to)


async def _serve(call: Call, to: Choice | None) -> None:
    served = to
    for _ in range(_MOST_HOPS):
        if served is None or served == _END:
            break
        if served.verb == "flow":
            served = await service(call, call.plan.flows[served.name])
        elif served.verb == "queue":
            served = await call.queue(served.name)
            if served is not None and served.verb == "voicemail":
                await call.say(call.plan.prompts.get("unavailable"), barge_in=False)
        else:
            served = await voicemail(call)
    call.release()


async def service(call: Call, flow: FlowPlan) -> Choice:
    """Greet, let choose, and say where the call goes."""
    call.stage("self-service")
    if flow.language_menu is not None:
        await choose_language(call, flow)
    if not call.is_open(flow.hours):
        call.stage("closed")
        await call.say(flow.closed)
        return flow.closed_then
    await call.say(flow.welcome)
    if flow.menu is None:
        return flow.otherwise
    call.stage("menu")
    key = await call.menu(flow.menu, flow.choices, wait_s=flow.wait_s, retries=flow.retries, sorry=flow.sorry)
    choice = flow.otherwise if key is None else flow.choices[key]
    if choice == _END:
        await say_goodbye(call, flow)
    return choice


async def choose_language(call: Call, flow: FlowPlan) -> None:
    """Ask for the language once; who presses nothing keeps the one the number has."""
    assert flow.language_menu is not None
    key = await call.menu(flow.language_menu, flow.languages, wait_s=flow.wait_s, retries=0)
    if key is not None:
        call.contact.language = flow.languages[key]


async def say_goodbye(call: Call, flow: FlowPlan) -> None:
    """A last word; a caller who has already gone misses nothing."""
    try:
        await call.say(flow.goodbye, barge_in=False)
    except CallerGone:
        return
