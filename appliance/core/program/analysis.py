"""What would go wrong in a call flow, found before a caller does.

Targets and names that are not there, nodes that no call reaches, circles that wait for nobody, variables without a value on some way,
values said as what they are not, texts missing in a language, flows that call themselves. Each mistake names the node, and the key in it if
there is one: `menu_again.keys.3`. What a *file* gets wrong - an unknown key, a menu without `otherwise` - is found where it is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from appliance.core.program import nodes
from appliance.core.program.circles import calls_itself, circles
from appliance.core.program.expressions import Expression
from appliance.core.program.kinds import KNOWN, SAID
from appliance.core.program.nodes import AGAIN, Node, Program
from appliance.core.program.texts import Slot, Speech
from appliance.core.program.ways import RETURN, Mistake, flow_targets, reached, set_by, set_first, ways_of
from appliance.core.saying import KINDS

if TYPE_CHECKING:
    from appliance.core.plan.centre import Plan

__all__ = ["mistakes"]

_DIGITS = ("digits", "telephone", "account", "number", "text")
_FITS: Mapping[str, frozenset[str]] = {
    "digits": frozenset(_DIGITS),
    "telephone": frozenset(_DIGITS),
    "account": frozenset(_DIGITS),
    "ticket": frozenset(_DIGITS),
    "number": frozenset({"number", "money"}),
    "ordinal": frozenset({"number"}),
    "count": frozenset({"number"}),
    "percentage": frozenset({"number", "money"}),
    "duration": frozenset({"number"}),
    "money": frozenset({"money", "number"}),
    "month": frozenset({"month", "date"}),
    "date": frozenset({"date"}),
    "time": frozenset({"time"}),
    "text": frozenset({*_DIGITS, "money", "month", "date", "time"}),
}
"""Kind of saying -> types of variables that can be said so."""


def mistakes(program: Program, plan: "Plan") -> Iterator[Mistake]:
    """Everything that is wrong in a flow of a centre."""
    if program.start not in program.nodes:
        yield "start", f"there is no node '{program.start}'; there are: {', '.join(program.nodes)}"
        return
    lost = list(_targets(program))
    yield from lost
    if lost:
        return  # what follows goes from node to node
    yield from _unreachable(program)
    calls = list(calls_itself(program, plan))
    yield from calls or circles(program, plan)
    yield from _names(program, plan)
    yield from _languages(program, plan)
    yield from _without_value(program, plan)


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


def _speeches(part: object) -> Iterator[tuple[str, Speech]]:
    for name in ("speech", "prompt", "wrong", "confirm", "waiting"):
        if speech := getattr(part, name, None):
            yield name, speech


def _expressions(part: object) -> Iterator[Expression]:
    """The expressions of a step or exit, those in its texts not included."""
    for name in (
        "expression",
        "valid",
        "account",
        "pin",
        "new",
        "recording",
        "call_back",
        "subject",
        "wants_answer",
        "answer",
        "to",
        "over",
    ):
        if isinstance(of := getattr(part, name, None), Expression):
            yield of
    for name in ("arguments", "data"):
        yield from getattr(part, name, {}).values()
    for case, _ in getattr(part, "cases", ()):
        yield case


def _there_is(what: str, name: str, known: Sequence[str]) -> str:
    return f"there is no {what} '{name}'; there {'are: ' + ', '.join(known) if known else 'is none'}"


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
            for expression in (*_expressions(part), *(slot.expression for _, _, slot in _slots(part))):
                for call in expression.calls():
                    of = str(call.parts[0].constant)
                    known = plan.hours if call.word == "open" else plan.queues if call.word in ("waiting", "serving") else None
                    if known is not None and of not in known:
                        yield node.name, f"'{expression}': " + _there_is("hours" if call.word == "open" else "queue", of, list(known))
        for way in ways_of(node):
            if way.to.out is not None and way.to.out != RETURN:
                for wrong in plan.leads(f"{node.name}.{way.why}", way.to.out):
                    where, _, text = wrong.partition(": ")
                    yield where, text
    for where, target in flow_targets(program):
        if target.out is not None and target.out != RETURN:
            for wrong in plan.leads(where, target.out):
                yield where, wrong.partition(": ")[2]


def _languages(program: Program, plan: "Plan") -> Iterator[Mistake]:
    for node in program.nodes.values():
        for part in (*node.steps, node.exit):
            for name, speech in _speeches(part):
                for language in plan.languages:
                    if language not in speech:
                        yield f"{node.name}.{name}", f"there is no text in '{language}'; add {language} = \"...\""


def _slots(part: object) -> Iterator[tuple[str, str, Slot]]:
    for name, speech in _speeches(part):
        for language, text in speech.items():
            for piece in text:
                if isinstance(piece, Slot):
                    yield name, language, piece


# -- values -------------------------------------------------------------------------------------------------------------------------------


def _given(program: Program, plan: "Plan", depth: int = 0) -> frozenset[str]:
    """What has a value for certain when a flow returns."""
    if depth > len(plan.programs):
        return frozenset()
    found: frozenset[str] | None = None
    entered = _entered(program, plan, depth)
    for name, has in entered.items():
        for way in ways_of(program.nodes[name]):
            if way.to.out == RETURN:
                at_return = has | way.sets
                found = at_return if found is None else found & at_return
    return found or frozenset()


def _entered(program: Program, plan: "Plan", depth: int = 0) -> dict[str, frozenset[str]]:
    """Node -> variables that have a value whenever it is entered; only nodes that can be."""
    has: dict[str, frozenset[str]] = {}
    ahead: list[tuple[str, frozenset[str]]] = [(program.start, frozenset(program.needs))]
    everywhere = [target.node for _, target in flow_targets(program) if target.node]
    while ahead:
        name, with_ = ahead.pop()
        if name not in program.nodes:
            continue  # the flow that it is in is told of it
        before = has.get(name)
        now = with_ if before is None else before & with_
        if now == before:
            continue
        has[name] = now
        node = program.nodes[name]
        ahead += [(each, now | set_first(node)) for each in everywhere]
        for way in ways_of(node):
            if way.to.out is None:
                sets = now | way.sets
                if isinstance(node.exit, nodes.CallFlow) and way.why == "then":
                    called = plan.programs.get(node.exit.flow)
                    sets |= _given(called, plan, depth + 1) if called else plan.gives.get(node.exit.flow, frozenset())
                ahead.append((name if way.to.node == AGAIN else way.to.node, sets))
    return has


def _without_value(program: Program, plan: "Plan") -> Iterator[Mistake]:
    said: set[tuple[str, str]] = set()
    for name, has in _entered(program, plan).items():
        node = program.nodes[name]
        known = set(has)
        for part in (*node.steps, node.exit):
            own = {part.into} if isinstance(part, nodes.Ask) else set()
            for expression in _expressions(part):
                inside = own if isinstance(part, nodes.Ask) and expression is part.valid else set()
                yield from _unset(node, expression, known | inside, program, said)
            for where, _, slot in _slots(part):
                yield from _unset(node, slot.expression, known | (own if where == "confirm" else set()), program, said)
                yield from _unsayable(node, where, slot, program)
            if isinstance(part, nodes.CallFlow) and part.flow in plan.programs:
                for needed in plan.programs[part.flow].needs:
                    if needed not in known:
                        yield f"{name}.call", f"flow '{part.flow}' needs '{needed}', which may have no value here; set it on every way"
            if not isinstance(part, nodes.Menu | nodes.Branch | nodes.Loop | nodes.CallFlow | nodes.Go | nodes.Next):
                known |= set_by(part)


def _unset(node: Node, expression: Expression, known: set[str], program: Program, said: set[tuple[str, str]]) -> Iterator[Mistake]:
    for name in expression.names():
        if name not in known and name not in KNOWN and (node.name, name) not in said:
            said.add((node.name, name))
            if name in program.variables:
                yield node.name, f"'{name}' may have no value here; set it on every way that leads to this node"
            else:
                yield node.name, f"nothing in this flow is called '{name}'; it knows {', '.join((*program.variables, *KNOWN))}"


def _unsayable(node: Node, where: str, slot: Slot, program: Program) -> Iterator[Mistake]:
    if slot.kind not in SAID:
        yield f"{node.name}.{where}", f"'{slot.expression}' cannot be said as '{slot.kind}'; it can be said as {', '.join(SAID)}"
        return
    options = KINDS[slot.kind].options if slot.kind in KINDS else {}
    for option, chosen in slot.options:
        if option not in options:
            yield f"{node.name}.{where}", f"{slot.kind} has no option '{option}'; it has {', '.join(options) or 'none'}"
        elif chosen not in map(str, options[option]):
            yield f"{node.name}.{where}", f"{option} cannot be '{chosen}'; it can be {', '.join(map(str, options[option]))}"
    if slot.expression.kind == "name":
        name = slot.expression.word
        of = program.variables.get(name) or KNOWN.get(name, "")
        fits = _FITS.get(slot.kind)
        if fits is not None and of and of not in (*fits, "any"):
            yield f"{node.name}.{where}", f"'{name}' is a {of} and cannot be said as '{slot.kind}'"
