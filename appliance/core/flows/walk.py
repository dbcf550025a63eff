"""Walks a caller through a call flow: one method for each step and exit of `appliance.core.program.nodes`.

What a call has reached is in its contact - the nodes it stands in, innermost last, and the variables - and in its row, so that a
restarted core goes on where the caller was. A call keeps the flows it began with, whatever is loaded meanwhile. Whatever goes wrong in a
flow - a value that is missing, a list that is none, a circle that waits for nobody - is an alarm, and the caller goes where the flow sends
such callers.
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from functools import partial

from appliance.core.call import Call
from appliance.core.flows.inquiring import authenticate, look_up
from appliance.core.flows.listening import Said, answered, asked
from appliance.core.flows.scripted import RETURN, script
from appliance.core.flows.speaking import say_speech
from appliance.core.hearing import Words
from appliance.core.plan import Choice
from appliance.core.program import nodes
from appliance.core.program.analysis import round_of
from appliance.core.program.expressions import Expression, Trouble, Value
from appliance.core.program.kinds import understood
from appliance.core.program.nodes import AGAIN, Keys, Node, Program, Target
from appliance.core.program.texts import Speech
from appliance.core.records import NodeVisit, Outgoing, PollAnswer, as_json
from appliance.core.scripts import RECALL, TakenBack
from hal.api import value

__all__ = ["RETURN", "Back", "walk"]

_END = Choice("release")
_MOST_AT_ONCE = 100
"""Nodes a call visits without any time going by, and agents and queues it is passed on to out of one node: more is a circle."""
_DEEPEST = 10
"""Flows that have called one another."""
_HIDDEN = "•"

Onward = Callable[[Call, Choice], Awaitable[Choice | None]]
"""Serves the caller somewhere outside the flow, and says where he goes next; None: he is still there, and nothing else is to be done."""


@value
class Back:
    """A caller comes back to the node that sent him to people, after a restart of the core: they are done, or send him on."""

    out: Choice | None


async def walk(call: Call, name: str, onward: Onward, stands: tuple[str, ...] = (), back: Back | None = None) -> Choice:
    """Serve the caller by a flow, from its start or from where he `stands`; the result is where he goes when he leaves it.

    `stands` are nodes as `FLOW/NODE`, the outermost first; what is not there any more is begun anew.
    """
    contact = call.contact
    if name in call.plan.scripts:
        return await script(call, name)
    if not contact.programs:
        contact.programs = call.plan.programs
    program = contact.programs.get(name) or call.plan.programs.get(name)
    if program is None:
        return Choice("voicemail")
    if len(contact.nodes) >= _DEEPEST:
        call.alarm(f"flow:{name}", f"flow '{name}' is called by itself too often", "see who calls it")
        return _END
    depth = len(contact.nodes)
    try:
        return await _Walk(call, program, onward).through(stands, back)
    finally:
        del contact.nodes[depth:]


class _Walk:
    """One caller in one flow."""

    def __init__(self, call: Call, program: Program, onward: Onward) -> None:
        self.call, self.contact, self.program, self.onward = call, call.contact, program, onward
        self.depth = len(self.contact.nodes)
        self.timeouts = self.errors = 0
        self.in_trouble = False
        self.resumed = False
        """Taken up after a restart, and nothing has gone wrong yet: what is missing then was not kept."""
        self.came = ""  # the node before; after a restart the one where the call stands
        self.at = (-1.0, 0)
        """When the last node was entered, and how many were at that very moment."""

    # -- from node to node ------------------------------------------------------------------------------------------------------------

    async def through(self, stands: tuple[str, ...], back: Back | None) -> Choice:
        """Go from node to node until the flow is left."""
        here, _, name = (stands[0] if stands else "").partition("/")
        node = self.program.nodes.get(name if here == self.program.name else "", self.program.nodes[self.program.start])
        self.resumed = bool(stands)
        inner = stands[1:] if node.name == name else ()
        back = back if node.name == name else None
        self.came = name if node.name == name else ""
        self.contact.key_at = self.call.moment()
        while True:
            target = await self._visit(node, inner, back)
            inner, back, self.came = (), None, node.name
            if target.out is not None:
                return target.out
            if target.node != AGAIN:
                node = self.program.nodes[target.node]

    async def _visit(self, node: Node, inner: tuple[str, ...], back: Back | None) -> Target:
        """Be in a node; the result is where it leads, and the visit is counted however it ends."""
        contact, call = self.contact, self.call
        contact.nodes[self.depth :] = [f"{self.program.name}/{node.name}"]
        contact.flow_version = self.program.version
        call.stage(f"{self.program.name}/{node.name}")
        self.timeouts = self.errors = 0
        since, left_by = call.moment(), "hung up"
        try:
            left_by, target = await self._through(node, inner, back)
        except Trouble as trouble:
            left_by, target = "trouble", self._trouble(node, str(trouble))
        except TakenBack:
            left_by = "taken back"
            raise
        finally:
            went = call.moment() - since
            call.do(
                NodeVisit(
                    contact.id, call.wall(), self.program.name, self.program.version, node.name, left_by, went, self.timeouts, self.errors
                )
            )
        return target

    async def _through(self, node: Node, inner: tuple[str, ...], back: Back | None) -> tuple[str, Target]:
        at, now = self.at[0], self.call.moment()
        self.at = (now, self.at[1] + 1 if at == now else 1)
        if self.at[1] > _MOST_AT_ONCE:
            self.at = (-1.0, 0)
            raise Trouble("the flow goes in a circle that waits for nobody")
        if not inner and not (back is not None and isinstance(node.exit, nodes.Go)):
            for step in node.steps:
                if (went := await self._step(step)) is not None:
                    return went
                if not isinstance(step, nodes.Set) and (went := self._key_from_everywhere()) is not None:
                    return went
        return await self._leave(node, inner, back)

    def _trouble(self, node: Node, why: str) -> Target:
        if self.resumed:
            self.resumed = False
            self.call.tell("begun anew", f"{node.name}: {why}")
            return Target(self.program.start)
        where = f"flow '{self.program.name}', node '{node.name}'"
        self.call.tell("flow in trouble", f"{node.name}: {why}")
        self.call.alarm(f"flow:{self.program.name}", f"{where}: {why}", "callers go on as the flow's 'trouble' says; mend the flow")
        if self.in_trouble:
            return Target(out=_END)
        self.in_trouble = True
        return self.program.trouble

    # -- values -----------------------------------------------------------------------------------------------------------------------

    def _value_of(self, name: str) -> Value:
        variables = self.contact.variables
        return variables[name] if name in variables else self.call.known(name)

    def _evaluated(self, expression: Expression) -> Value:
        return expression.evaluate(self._value_of)

    def _text(self, expression: Expression | None) -> str:
        """A value as plain text; empty for nothing."""
        of = None if expression is None else self._evaluated(expression)
        if isinstance(of, list | dict):
            raise Trouble(f"'{expression}' is a list or record, not a text")
        return "" if of is None else ("yes" if of else "no") if isinstance(of, bool) else str(of)

    def _shown(self, expression: Expression | None) -> str:
        """A value as text for what is kept or seen by people: of what is secret nothing."""
        return self._text(expression) if expression is None or not self._is_secret(expression) else _HIDDEN * 4

    def _keep(self, name: str, of: Value, *, secret: bool = False, shown: bool = False) -> None:
        """Give a variable its value; `shown`: agents see it. `language` is the caller's: what is said from now on is in it."""
        if name == "language":
            if of not in self.call.plan.languages:
                raise Trouble("what 'language' is to become is no language of the centre")
            self.contact.language = str(of)
        else:
            self.contact.variables[name] = of
        (self.contact.secrets.add if secret else self.contact.secrets.discard)(name)
        if shown:
            self.contact.data[name] = _HIDDEN * 4 if secret else str(of) if not isinstance(of, bool) else "yes" if of else "no"

    async def _say(self, speech: Speech | None, *, barge_in: bool = True) -> None:
        if speech:
            await say_speech(self.call, speech, self._value_of, barge_in=barge_in)

    # -- steps: None goes on with the next, else why and where the node is left -----------------------------------------------------------

    async def _step(self, step: nodes.Step) -> tuple[str, Target] | None:
        match step:
            case nodes.Say():
                await self._say(step.speech, barge_in=step.barge_in)
            case nodes.Set():
                self._keep(step.name, self._evaluated(step.expression), secret=self._is_secret(step.expression))
            case nodes.Note():
                if not self._is_secret(step.expression):
                    self.contact.data[step.name] = self._text(step.expression)
            case nodes.Ask():
                return await self._ask(step)
            case nodes.YesNo():
                return await self._yes_no(step)
            case nodes.Record():
                return await self._record(step)
            case nodes.LookUp():
                return await self._look_up(step)
            case nodes.Authenticate():
                return await self._authenticate(step)
            case nodes.OpenTicket():
                await self._open_ticket(step)
            case nodes.Answer():
                answer = self._shown(step.answer)
                self.call.do(PollAnswer(self.contact.id, self.call.wall(), step.poll, step.question, answer))
                self.call.tell("answer", f"{step.poll}/{step.question}: {answer}")
            case nodes.Send():
                self._send(step)
        return None

    def _is_secret(self, expression: Expression) -> bool:
        return any(name in self.contact.secrets for name in expression.names())

    async def _ask(self, ask: nodes.Ask) -> tuple[str, Target] | None:
        for attempt in range(ask.retries + 1):
            if attempt and self.call.contact.typed:
                self.contact.typed.clear()  # what was keyed for an answer that was refused answers nothing else
            first = await asked(self.call, ask, partial(self._say, ask.prompt))
            keyed = first.meant if isinstance(first, Said) else await self._digits(ask, first)
            if isinstance(keyed, Target):
                return "key", keyed
            if not keyed and not isinstance(first, Said):
                if first is None and (idle := self._silence()) is not None:
                    return idle
                continue
            of = self._meant(ask, keyed)
            if of is None:
                self.errors += 1
                await self._say(ask.wrong)
                continue
            self._keep(ask.into, of, secret=ask.secret)
            if ask.confirm is not None:
                await self._say(ask.confirm)
                if await self.call.key(ask.first_s, secret=ask.secret) != "1":
                    continue
            self._keep(ask.into, of, secret=ask.secret, shown=True)
            self.call.tell("keyed", f"{ask.into}: {self.contact.data[ask.into]}")
            return None
        return "otherwise", ask.otherwise

    async def _digits(self, ask: nodes.Ask, digit: str | None) -> str | Target:
        """What is keyed for it, from this digit on; a Target: a key that leads away from everywhere."""
        wanted, keyed = f"0123456789{'*' if ask.kind == 'money' else ''}", ""
        while digit is not None and digit not in ask.end:
            if digit not in wanted and digit in self.program.everywhere:
                return self.program.everywhere[digit]
            keyed += digit
            digit = await self.call.key(ask.next_s, secret=ask.secret) if len(keyed) < ask.most else None
        self.call.expect_end(ask.end if len(keyed) == ask.most else "")
        self.errors += digit is not None and not keyed
        return keyed

    def _meant(self, ask: nodes.Ask, keyed: str) -> Value:
        """The value of what was keyed; None: it is none, or not one that is wanted."""
        if len(keyed) < ask.least:
            return None
        try:
            of = understood(ask.kind, keyed, self._today())
        except ValueError:
            return None

        def names(name: str) -> Value:
            return of if name == ask.into else self._value_of(name)

        return of if ask.valid is None or ask.valid.holds(names) else None

    def _today(self) -> dt.date:
        return dt.date.fromisoformat(str(self.call.known("today")))

    def _silence(self) -> tuple[str, Target] | None:
        """Nothing came: counted, and the end of the call when it is so for too long."""
        self.timeouts += 1
        contact = self.contact
        if self.call.moment() - contact.key_at < self.program.idle_s:
            return None
        contact.idle, before = True, contact.idle
        contact.key_at = self.call.moment()
        return "idle", Target(out=_END) if before else self.program.idle  # where it leads nobody keyed anything either

    def _key_from_everywhere(self) -> tuple[str, Target] | None:
        """A key that was pressed into speech and leads away from wherever one is."""
        typed = self.contact.typed
        if typed and typed[0] in self.program.everywhere and typed[0] not in "0123456789":
            return typed[0], self.program.everywhere[self.call.took(typed.pop(0))]
        return None

    async def _yes_no(self, ask: nodes.YesNo) -> tuple[str, Target] | None:
        key = await self._choice(ask.prompt, {"1": Target(), "2": Target()}, ask.wait_s, ask.retries, ask.wrong, {})
        if isinstance(key, tuple):
            return key
        if key is None:
            return "otherwise", ask.otherwise
        if key not in "12":
            return key, self.program.everywhere[key]
        self._keep(ask.into, key == "1", shown=True)
        return None

    async def _choice(
        self, prompt: Speech, keys: Keys, wait_s: float, retries: int, wrong: Speech | None, words: Words
    ) -> str | tuple[str, Target] | None:
        """The key of a menu, one of the flow's own included; None when none came; a tuple: the caller has been silent for too long."""
        for _ in range(retries + 1):
            got = await answered(self.call, partial(self._say, prompt), wait_s, words)
            key = got.meant if isinstance(got, Said) else got
            if key is None:
                if (idle := self._silence()) is not None:
                    return idle
            elif key in keys or key in self.program.everywhere:
                return key
            else:
                self.errors += 1
                await self._say(wrong)
        return None

    async def _record(self, step: nodes.Record) -> tuple[str, Target] | None:
        call = self.call
        self.contact.typed.clear()
        await self._say(step.prompt, barge_in=False)
        await call.say(call.plan.prompts.get("beep"), barge_in=False)
        message = await call.record(max_s=step.max_s, end_keys=step.end)
        self.contact.key_at = call.moment()
        if message.error or message.duration_s < step.min_s:
            return "otherwise", step.otherwise
        self._keep(step.into, message.recording, shown=True)
        return None

    async def _look_up(self, step: nodes.LookUp) -> tuple[str, Target] | None:
        arguments = {name: self._evaluated(expression) for name, expression in step.arguments.items()}
        answered = await look_up(self.call, step.gateway, step.query, arguments, lambda: self._say(step.waiting))
        self.contact.key_at = self.call.moment()
        if answered is None or answered.error:
            self.call.tell("look-up failed", f"{step.gateway}/{step.query}: {answered.error if answered else 'no answer'}")
            return "otherwise", step.otherwise
        if not answered.answer and step.nothing is not None:
            return "nothing", step.nothing
        self._keep(step.into, answered.answer)
        return None

    async def _authenticate(self, step: nodes.Authenticate) -> tuple[str, Target] | None:
        account, pin = self._text(step.account), self._text(step.pin)
        outcome = await authenticate(self.call, step.accounts, account, pin, self._text(step.new))
        self.contact.key_at = self.call.moment()
        self.call.tell("account checked", f"{step.accounts}: {outcome}")
        if outcome == "right":
            self.contact.data["authenticated"] = self._shown(step.account)
            return None
        ways = {"wrong": step.otherwise, "locked": step.locked, "refused": step.refused or step.otherwise}
        return outcome, ways.get(outcome, step.trouble)

    async def _open_ticket(self, step: nodes.OpenTicket) -> None:
        ticket = await self.call.open_ticket(
            step.ticket,
            recording=self._shown(step.recording),
            call_back=self._shown(step.call_back) or self.contact.ani,
            subject=self._shown(step.subject),
            wants_answer=step.wants_answer is not None and bool(self._evaluated(step.wants_answer)),
            queue=step.queue,
        )
        if step.into:
            self._keep(step.into, ticket.number, shown=True)
        if step.code_into:
            self._keep(step.code_into, ticket.code)

    def _send(self, step: nodes.Send) -> None:
        call, data = self.call, {name: self._shown(expression) for name, expression in step.data.items()}
        id_ = f"{self.contact.id}:{call.token()}"
        call.do(
            Outgoing(id_, self.contact.id, call.wall(), step.by, self._shown(step.to), step.document, self.contact.language, as_json(data))
        )
        call.tell("sent", f"{step.document} by {step.by}")

    # -- exits ------------------------------------------------------------------------------------------------------------------------

    async def _leave(self, node: Node, inner: tuple[str, ...], back: Back | None) -> tuple[str, Target]:
        exit_ = node.exit
        match exit_:
            case nodes.Menu():
                return await self._menu(exit_)
            case nodes.Branch():
                for case, target in exit_.cases:
                    if case.holds(self._value_of):
                        return str(case), target
                return "otherwise", exit_.otherwise
            case nodes.Loop():
                return self._loop(node, exit_)
            case nodes.CallFlow():
                out = await walk(self.call, exit_.flow, self.onward, inner, back)
                return ("then", exit_.then) if out == RETURN else (str(out), Target(out=out))
            case nodes.Go():
                return await self._go(exit_, back)
            case nodes.Next():
                return "next", exit_.to

    async def _menu(self, menu: nodes.Menu) -> tuple[str, Target]:
        key = await self._choice(menu.prompt, menu.keys, menu.wait_s, menu.retries, menu.wrong, menu.words)
        if isinstance(key, tuple):
            return key
        if key is None:
            return "otherwise", menu.otherwise
        if menu.into and key in menu.values:
            self._keep(menu.into, menu.values[key], shown=True)
        return key, menu.keys.get(key) or self.program.everywhere[key]

    def _loop(self, node: Node, loop: nodes.Loop) -> tuple[str, Target]:
        items = self._evaluated(loop.over)
        if not isinstance(items, list | None):
            raise Trouble(f"'{loop.over}' is no list")
        variables, counter = self.contact.variables, f"{self.program.name}/{node.name}#"
        if self.came not in round_of(self.program, node.name):
            variables.pop(counter, None)  # it was left half way, and is gone through anew
        done = variables.get(counter)
        number = done if isinstance(done, int) else 0
        if items is None or number >= len(items):
            variables.pop(counter, None)
            return "then", loop.then
        variables[counter] = number + 1
        self._keep(loop.item, items[number])
        return "each", loop.body

    async def _go(self, go: nodes.Go, back: Back | None) -> tuple[str, Target]:
        call, contact = self.call, self.contact
        if back is None:
            contact.priority += go.priority
        if contact.in_flow or (go.then is None and go.failed is None):
            return str(go.to), Target(out=go.to if back is None else back.out or _END)
        before_s = contact.talk_s if back is None else -1.0  # who comes back after a restart had got there
        out = await self.onward(call, go.to) if back is None else back.out
        for _ in range(_MOST_AT_ONCE):
            if out is None or out == _END or (contact.talk_s <= before_s and out != RECALL):
                break
            out = await self.onward(call, out)  # an agent has transferred him, or was lost: he is still with people
        contact.key_at = call.moment()
        if out is None or (out == _END and go.to.verb in ("announcement", "voicemail")):
            return ("then", go.then) if go.then is not None else (str(go.to), Target(out=_END))
        if go.failed is not None and out != _END:
            return "failed", go.failed
        return str(out), Target(out=out)
