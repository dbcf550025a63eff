"""Takes a call from place to place until it is released: flows, queues, agents, numbers outside, the message.

Each place serves the caller and says where he goes next. `go` is all there is to it, so a restarted core can take a call up again at any.
"""

from appliance.core.call import Call
from appliance.core.flows.voicemail import voicemail
from appliance.core.flows.walk import RETURN, Back, walk
from appliance.core.plan import Choice
from appliance.core.scripts import RECALL

__all__ = ["call_back", "go", "resume", "resume_flow", "self_service"]

_END = Choice("release")
_RECALL_S = 30.0
"""As `QueuePlan.recall_s`, of a customer who came from no queue."""
_MOST_HOPS = 100
"""From queue to queue and flow to flow: who has gone this far goes in a circle, and is released."""


async def go(call: Call, to: Choice) -> None:
    """Serve a call from `to` until it is released."""
    await call.answer()
    await _serve(call, to)


async def resume(call: Call, to: Choice | None) -> None:
    """Go on with a call that outlived a restart of the core: waiting or in conversation (`to` is None), else from `to` again."""
    await call.answer()
    onward = await call.stay_with_people() if to is None else to
    if onward == Choice("queue"):  # the agent it waited for by name did not take it
        home = call.contact.home
        if call.contact.given_by:
            onward = RECALL
        else:
            onward = await call.queue(home) if home in call.plan.queues else Choice("voicemail")
    await _serve(call, onward)


async def call_back(call: Call) -> None:
    """Call somebody back who waits for it without being on the line."""
    await _serve(call, await call.be_called_back())


async def _serve(call: Call, to: Choice | None) -> None:
    served, asked = to, list[str]()
    for _ in range(_MOST_HOPS):
        if served is None or served == _END:
            break
        if served.verb == "agent":
            if served.name in asked:  # he does not take it, and nobody else is there: the queue would send it back to him for ever
                served = Choice("voicemail")
            asked.append(served.name)
        served = await _go_to(call, served)
    else:
        call.alarm("circle", f"contact {call.contact.id} was sent round {_MOST_HOPS} times, last to {served}", "see what leads back there")
    call.release()


async def _go_to(call: Call, to: Choice) -> Choice | None:
    """Serve the caller there; the result is where to go next."""
    if to.verb == "flow" and to.name in call.plan.entrances:
        return await self_service(call, to.name)
    contact, since = call.contact, call.moment()
    talked_s = contact.talk_s
    onward = await _outside_flows(call, to)
    if contact.talk_s > talked_s:
        contact.key_at, contact.idle = call.moment(), False
    else:  # waiting is neither silence of the caller nor a sign of him
        contact.key_at = min(call.moment(), contact.key_at + call.moment() - since)
    return onward


async def _outside_flows(call: Call, to: Choice) -> Choice | None:
    match to.verb:
        case "queue" if to.name in call.plan.queues:
            onward = await manager_first(call, to.name)
        case "agent" if to.name in call.plan.agents:
            onward = await ask_agent(call, to.name)
        case "number" | "station":
            onward = await call.outside(to)
        case "callback":
            onward = await call.call_back()
        case "recall":
            onward = await recall(call)
        case "announcement":
            await call.say(call.plan.prompts.get(to.name), barge_in=False)
            return _END
        case _:
            return await voicemail(call)
    if onward is not None and onward.verb == "voicemail" and call.contact.leg:
        await call.say(call.plan.prompts.get("unavailable"), barge_in=False)
    return onward


async def resume_flow(call: Call, stands: tuple[str, ...], *, with_people: bool, back: bool = False) -> None:
    """Go on, after a restart of the core, in the call flows where the caller stands; `with_people`: he is with them, `back`: he was."""
    await call.answer()
    came = Back(await call.stay_with_people() if with_people else None) if with_people or back else None
    flow = stands[0].partition("/")[0]
    call.contact.nodes.clear()
    await _serve(call, await self_service(call, flow, stands, came))


async def self_service(call: Call, name: str, stands: tuple[str, ...] = (), back: Back | None = None) -> Choice:
    """Serve the caller by a flow, from its start or from where he `stands`; the result is where he goes."""
    out = await walk(call, name, served_outside, stands, back)
    return _END if out == RETURN else out  # nobody has called it


async def served_outside(call: Call, to: Choice) -> Choice | None:
    """Serve a caller whose flow waits for him; None: he is still there and comes back to it."""
    return await _go_to(call, to)


async def manager_first(call: Call, queue: str) -> Choice | None:
    """A customer with an account manager gets him, unless he chooses otherwise or the manager is not there: then the queue serves."""
    manager, contact = call.account_manager(), call.contact
    if not manager or contact.connected_at is not None or not await wants_manager(call, manager):
        return await call.queue(queue)
    if call.serves(manager, queue):
        return await call.queue(queue, only=manager, only_s=call.manager_s(queue))
    if contact.home != queue:
        contact.home, contact.home_place = queue, None
    onward = await call.queue(f"agent:{manager}")
    return await call.queue(queue) if onward == Choice("queue") else onward


async def wants_manager(call: Call, manager: str) -> bool:
    """Ask once in a call; what the customer chose counts in every queue he comes to."""
    contact = call.contact
    contact.data.setdefault("manager", manager)
    if contact.manager_wanted is None:
        question = call.plan.prompts.get("manager-or-not")
        key = await call.menu(question, ("1",), wait_s=3.0, retries=0) if question is not None else None
        contact.manager_wanted = key is None
    return contact.manager_wanted


async def ask_agent(call: Call, agent: str) -> Choice | None:
    """One agent by name; who does not take the call leaves it to the queue it came from."""
    onward = await call.queue(f"agent:{agent}")
    if onward == Choice("queue"):
        home = call.contact.home
        if call.contact.given_by:
            return RECALL
        return Choice("queue", home) if home in call.plan.queues else Choice("voicemail")
    return onward


async def recall(call: Call) -> Choice | None:
    """The customer is back, at the place he had in his queue: nobody took him, and he waits a while for the agent who gave him away first.

    Or the agent who served him was lost.
    """
    by, home = call.given_back(), call.contact.home
    queue = call.plan.queues.get(home)
    recall_s = queue.recall_s if queue is not None else _RECALL_S
    if not call.is_at_work(by) or not recall_s:
        by = ""
    if by and not call.serves(by, home):
        onward = await call.queue(f"agent:{by}")
        if onward != Choice("queue"):
            return onward
        by = ""
    return Choice("voicemail") if queue is None else await call.queue(home, only=by, only_s=recall_s, again=True)
