"""What the steps of a node do, one function for each; a node is left in the middle of them when one says so."""

from appliance.core.flows.inquiring import authenticate, look_up
from appliance.core.flows.questions import ask, silence, yes_no
from appliance.core.flows.walker import Left, Walker
from appliance.core.program import nodes
from appliance.core.records import Outgoing, PollAnswer, as_json

__all__ = ["do_step"]


async def do_step(walker: Walker, step: nodes.Step) -> Left | None:
    """Do one step."""
    match step:
        case nodes.Say():
            await walker.say(step.speech, barge_in=step.barge_in)
        case nodes.Set():
            walker.keep(step.name, walker.evaluated(step.expression), secret=walker.is_secret(step.expression))
        case nodes.Note():
            if not walker.is_secret(step.expression):
                walker.contact.data[step.name] = walker.text(step.expression)
        case nodes.Ask():
            return await ask(walker, step)
        case nodes.YesNo():
            return await yes_no(walker, step)
        case nodes.Record():
            return await _record(walker, step)
        case nodes.LookUp():
            return await _look_up(walker, step)
        case nodes.Authenticate():
            return await _authenticate(walker, step)
        case nodes.OpenTicket():
            await _open_ticket(walker, step)
        case nodes.Answer():
            _answer(walker, step)
        case nodes.Send():
            _send(walker, step)
    return None


async def _record(walker: Walker, step: nodes.Record) -> Left | None:
    call, contact = walker.call, walker.contact
    contact.typed.clear()
    await walker.say(step.prompt, barge_in=False)
    await call.say(call.plan.prompts.get("beep"), barge_in=False)
    began = call.moment()
    message = await call.record(max_s=step.max_s, end_keys=step.end)
    contact.key_at = min(call.moment(), contact.key_at + call.moment() - began)  # whether somebody has spoken is not known
    if message.error or message.duration_s < step.min_s:
        return silence(walker) or ("otherwise", step.otherwise)
    walker.keep(step.into, message.recording, shown=True)
    return None


async def _look_up(walker: Walker, step: nodes.LookUp) -> Left | None:
    arguments = {name: walker.evaluated(expression) for name, expression in step.arguments.items()}
    began = walker.call.moment()
    answered = await look_up(walker.call, step.gateway, step.query, arguments, lambda: walker.say(step.waiting))
    walker.contact.key_at += walker.call.moment() - began  # he could do nothing meanwhile
    if answered is None or answered.error:
        walker.call.tell("look-up failed", f"{step.gateway}/{step.query}: {answered.error if answered else 'no answer'}")
        return "otherwise", step.otherwise
    if not answered.answer and step.nothing is not None:
        return "nothing", step.nothing
    walker.keep(step.into, answered.answer)
    return None


async def _authenticate(walker: Walker, step: nodes.Authenticate) -> Left | None:
    account, pin = walker.text(step.account), walker.text(step.pin)
    began = walker.call.moment()
    outcome = await authenticate(walker.call, step.accounts, account, pin, walker.text(step.new))
    walker.contact.key_at += walker.call.moment() - began
    walker.call.tell("account checked", f"{step.accounts}: {outcome}")
    if outcome == "right":
        walker.contact.data["authenticated"] = walker.shown(step.account)
        return None
    ways = {"wrong": step.otherwise, "locked": step.locked, "refused": step.refused or step.otherwise}
    return outcome, ways.get(outcome, step.trouble)


async def _open_ticket(walker: Walker, step: nodes.OpenTicket) -> None:
    ticket = await walker.call.open_ticket(
        step.ticket,
        recording=walker.shown(step.recording),
        call_back=walker.shown(step.call_back) or walker.contact.ani,
        subject=walker.shown(step.subject),
        wants_answer=step.wants_answer is not None and bool(walker.evaluated(step.wants_answer)),
        queue=step.queue,
    )
    if step.into:
        walker.keep(step.into, ticket.number, shown=True)
    if step.code_into:
        walker.keep(step.code_into, ticket.code)


def _answer(walker: Walker, step: nodes.Answer) -> None:
    call, contact, answer = walker.call, walker.contact, walker.shown(step.answer)
    agent = contact.agent or next(reversed(contact.agents), "")  # one whose phone only rang has left it empty
    queue = contact.queue if agent else ""
    call.do(PollAnswer(contact.id, call.wall(), step.poll, step.question, answer, agent, queue))
    call.tell("answer", f"{step.poll}/{step.question}: {answer}")


def _send(walker: Walker, step: nodes.Send) -> None:
    call, data = walker.call, {name: walker.shown(expression) for name, expression in step.data.items()}
    id_ = f"{walker.contact.id}:{call.token()}"
    call.do(
        Outgoing(id_, walker.contact.id, call.wall(), step.by, walker.shown(step.to), step.document, walker.contact.language, as_json(data))
    )
    call.tell("sent", f"{step.document} by {step.by}")
