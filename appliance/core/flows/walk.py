"""Walks a caller through a call flow: from node to node, one method for each exit of `appliance.core.program.nodes`.

    walker     the caller: his values, what is said to him     steps     what a node does     questions     what it asks

What a call has reached is in its contact - the nodes it stands in, innermost last, and the variables - and in its row, so that a
restarted core goes on where the caller was. A call keeps the flows it began with, whatever is loaded meanwhile. Whatever goes wrong in a
flow - a value that is missing, a list that is none, a circle that waits for nobody - is an alarm, and the caller goes where the flow sends
such callers.
"""

from collections.abc import Awaitable, Callable

from appliance.core.call import Call
from appliance.core.flows.questions import choice, key_from_everywhere
from appliance.core.flows.scripted import RETURN, script
from appliance.core.flows.steps import do_step
from appliance.core.flows.walker import Left, Walker
from appliance.core.plan import Choice
from appliance.core.program import nodes
from appliance.core.program.expressions import Trouble
from appliance.core.program.nodes import AGAIN, Node, Program, Target
from appliance.core.program.ways import round_of
from appliance.core.records import SERVED, NodeVisit
from appliance.core.scripts import RECALL, CallerGone, TakenBack
from hal.api import value

__all__ = ["RETURN", "Back", "walk"]

_END = Choice("release")
_MOST_AT_ONCE = 100
"""Nodes a call visits without any time going by, and agents and queues it is passed on to out of one node: more is a circle."""
_DEEPEST = 10
"""Flows that have called one another."""

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
    if contact.flows is None:
        contact.flows, contact.key_at = call.plan, call.moment()
    plan = contact.flows if name in contact.flows.programs or name in contact.flows.scripts else call.plan
    if name in plan.scripts:
        return await script(call, name, plan)
    program = plan.programs.get(name)
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


class _Walk(Walker):
    """One caller on his way through one flow."""

    def __init__(self, call: Call, program: Program, onward: Onward) -> None:
        super().__init__(call, program)
        self.onward = onward
        self.depth = len(self.contact.nodes)
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
        since, talked_s, left_by = call.moment(), contact.talk_s, "hung up"
        try:
            left_by, target = await self._through(node, inner, back)
        except Trouble as trouble:
            left_by, target = "trouble", self._trouble(node, str(trouble))
        except TakenBack:
            left_by = "taken back"
            raise
        except CallerGone:
            if contact.talk_s > talked_s:
                left_by = SERVED
            raise
        finally:
            went = call.moment() - since
            call.do(
                NodeVisit(
                    contact.id, call.wall(), self.program.name, self.program.version, node.name, left_by, went, self.timeouts, self.errors
                )
            )
        return target

    async def _through(self, node: Node, inner: tuple[str, ...], back: Back | None) -> Left:
        at, now = self.at[0], self.call.moment()
        self.at = (now, self.at[1] + 1 if at == now else 1)
        if self.at[1] > _MOST_AT_ONCE:
            self.at = (-1.0, 0)
            raise Trouble("the flow goes in a circle that waits for nobody")
        if not inner and not (back is not None and isinstance(node.exit, nodes.Go)):
            for step in node.steps:
                if (went := await do_step(self, step)) is not None:
                    return went
                if not isinstance(step, nodes.Set) and (went := key_from_everywhere(self)) is not None:
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

    # -- exits ------------------------------------------------------------------------------------------------------------------------

    async def _leave(self, node: Node, inner: tuple[str, ...], back: Back | None) -> Left:
        exit_ = node.exit
        match exit_:
            case nodes.Menu():
                return await self._menu(exit_)
            case nodes.Branch():
                for case, target in exit_.cases:
                    if case.holds(self.value_of):
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

    async def _menu(self, menu: nodes.Menu) -> Left:
        key = await choice(self, menu.prompt, menu.keys, menu.wait_s, menu.retries, menu.wrong, menu.words)
        if isinstance(key, tuple):
            return key
        if key is None:
            return "otherwise", menu.otherwise
        if menu.into and key in menu.values:
            self.keep(menu.into, menu.values[key], shown=True)
        return key, menu.keys.get(key) or self.program.everywhere[key]

    def _loop(self, node: Node, loop: nodes.Loop) -> Left:
        items = self.evaluated(loop.over)
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
        self.keep(loop.item, items[number])
        return "each", loop.body

    async def _go(self, go: nodes.Go, back: Back | None) -> Left:
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
        if out is None or (out == _END and go.to.verb in ("announcement", "voicemail")):
            return ("then", go.then) if go.then is not None else (str(go.to), Target(out=_END))
        if go.failed is not None and out != _END:
            return "failed", go.failed
        return str(out), Target(out=out)
