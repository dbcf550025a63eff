"""What would go wrong in a call flow, found before a caller does.

Targets and names that are not there, nodes that no call reaches, circles that wait for nobody, variables without a value on some way,
values said as what they are not, texts missing in a language, flows that call themselves. Each mistake names the node, and the key in it if
there is one: `menu_again.keys.3`. What a *file* gets wrong - an unknown key, a menu without `otherwise` - is found where it is read.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from appliance.core.program import nodes
from appliance.core.program.circles import Round, calls_itself, circles
from appliance.core.program.given import without_value
from appliance.core.program.kinds import SAID
from appliance.core.program.nodes import AGAIN, Node, Program
from appliance.core.program.parts import expressions_of, slots_of, speeches_of
from appliance.core.program.texts import Slot
from appliance.core.program.uses import Values, misused
from appliance.core.program.ways import RETURN, Mistake, flow_targets, reached, ways_of
from appliance.core.saying import KINDS

if TYPE_CHECKING:
    from appliance.core.plan.centre import Plan

__all__ = ["Flows", "mistakes"]


class Flows:
    """All flows of a centre, and what has to be known of them together to check one."""

    def __init__(self, plan: "Plan") -> None:
        """Check flows of this plan."""
        self.plan = plan

    def mistakes(self, program: Program) -> Iterator[Mistake]:
        """Everything that is wrong in one of them."""
        if program.start not in program.nodes:
            yield "start", f"there is no node '{program.start}'; there are: {', '.join(program.nodes)}"
            return
        lost = list(_targets(program))
        yield from lost
        if lost:
            return  # what follows goes from node to node
        yield from _unreachable(program)
        calls = list(calls_itself(program, self.plan))
        yield from calls or circles(program, self._round)
        yield from _names(program, self.plan)
        yield from _languages(program, self.plan)
        yield from _slots(program)
        missing = list(without_value(program, self.plan))
        yield from missing or misused(program, self._values)

    @cached_property
    def _round(self) -> Round:
        return Round(self.plan)

    @cached_property
    def _values(self) -> Values:
        return Values(self.plan)


def mistakes(program: Program, plan: "Plan") -> Iterator[Mistake]:
    """Everything that is wrong in one flow of a centre; who checks several uses `Flows`."""
    return Flows(plan).mistakes(program)


def _targets(program: Program) -> Iterator[Mistake]:
    for node in program.nodes.values():
        for way in ways_of(node):
            if way.to.out is None and way.to.node not in (*program.nodes, AGAIN):
                yield f"{node.name}.{way.why}", f"there is no node '{way.to.node}'; there are: {', '.join(program.nodes)}"
    for where, target in flow_targets(program):
        if target.out is None and target.node not in program.nodes:
            yield where, f"there is no node '{target.node}'; there are: {', '.join(program.nodes)}"


def _unreachable(program: Program) -> Iterator[Mistake]:
    come_to = reached(program)
    for name in program.nodes:
        if name not in come_to:
            yield name, "no call ever comes here; lead to it, or leave it out"


def _there_is(what: str, name: str, known: Sequence[str]) -> str:
    is_ = "are" if what == "hours" else "is"
    return f"there {is_} no {what} '{name}'; there {'are: ' + ', '.join(known) if known else f'{is_} none'}"


def _names(program: Program, plan: "Plan") -> Iterator[Mistake]:
    """What a flow names outside itself."""
    for node in program.nodes.values():
        for part in (*node.steps, node.exit):
            match part:
                case nodes.LookUp() if part.gateway not in plan.gateways:
                    yield f"{node.name}.lookup.gateway", _there_is("gateway", part.gateway, sorted(plan.gateways))
                case nodes.LookUp() if part.query not in plan.gateways[part.gateway]:
                    yield f"{node.name}.lookup.query", _there_is("query", part.query, sorted(plan.gateways[part.gateway]))
                case nodes.Authenticate() if part.accounts not in plan.accounts:
                    yield f"{node.name}.authenticate.accounts", f"there are no accounts '{part.accounts}'; give the site some"
                case nodes.OpenTicket() if part.queue and part.queue not in plan.queues:
                    yield f"{node.name}.ticket.queue", _there_is("queue", part.queue, list(plan.queues))
                case nodes.Menu(into="language", values=values):
                    for key in (key for key, chosen in values.items() if chosen not in plan.languages):
                        yield f"{node.name}.values.{key}", _there_is("language", values[key], plan.languages)
                case nodes.CallFlow() if part.flow not in (*plan.programs, *plan.scripts):
                    yield f"{node.name}.call.flow", _there_is("flow in a file", part.flow, sorted((*plan.programs, *plan.scripts)))
            for place, expression in (*expressions_of(part), *((place, slot.expression) for place, _, slot in slots_of(part))):
                for call in expression.calls():
                    of = str(call.parts[0].constant)
                    known = plan.hours if call.word == "open" else plan.queues if call.word in ("waiting", "serving") else None
                    if known is not None and of not in known:
                        yield (
                            f"{node.name}.{place}",
                            f"'{expression}': " + _there_is("hours" if call.word == "open" else "queue", of, list(known)),
                        )
        ways = [(way.why, way.to.out) for way in ways_of(node)]
        if isinstance(node.exit, nodes.Go) and ("to", node.exit.to) not in ways:
            ways.append(("to", node.exit.to))  # whose callers come back
        for why, out in ways:
            if out is not None and out != RETURN:
                for wrong in plan.leads(f"{node.name}.{why}", out):
                    where, _, text = wrong.partition(": ")
                    yield where, text
    for where, target in flow_targets(program):
        if target.out is not None and target.out != RETURN:
            for wrong in plan.leads(where, target.out):
                yield where, wrong.partition(": ")[2]


def _languages(program: Program, plan: "Plan") -> Iterator[Mistake]:
    for node in program.nodes.values():
        for part in (*node.steps, node.exit):
            for name, speech in speeches_of(part):
                for language in plan.languages:
                    if language not in speech:
                        yield f"{node.name}.{name}", f"there is no text in '{language}'; add {language} = \"...\""


def _slots(program: Program) -> Iterator[Mistake]:
    for node in program.nodes.values():
        for part in (*node.steps, node.exit):
            for where, _, slot in slots_of(part):
                yield from _unsayable(node, where, slot)


def _unsayable(node: Node, where: str, slot: Slot) -> Iterator[Mistake]:
    if slot.kind not in SAID:
        yield f"{node.name}.{where}", f"'{slot.expression}' cannot be said as '{slot.kind}'; it can be said as {', '.join(SAID)}"
        return
    options = KINDS[slot.kind].options if slot.kind in KINDS else {}
    for option, chosen in slot.options:
        if option not in options:
            yield f"{node.name}.{where}", f"{slot.kind} has no option '{option}'; it has {', '.join(options) or 'none'}"
        elif chosen not in map(str, options[option]):
            yield f"{node.name}.{where}", f"{option} cannot be '{chosen}'; it can be {', '.join(map(str, options[option]))}"
