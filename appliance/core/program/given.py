"""Which variables of a call flow have a value for certain, and where one is used that may have none."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from appliance.core.program import nodes
from appliance.core.program.expressions import Expression
from appliance.core.program.kinds import KNOWN
from appliance.core.program.nodes import AGAIN, Node, Program
from appliance.core.program.parts import expressions_of, slots_of
from appliance.core.program.ways import RETURN, Mistake, flow_targets, set_by, set_first, ways_of

if TYPE_CHECKING:
    from appliance.core.plan.centre import Plan

__all__ = ["given", "without_value"]


def given(program: Program, plan: "Plan", depth: int = 0) -> frozenset[str]:
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
                    sets |= given(called, plan, depth + 1) if called else plan.gives.get(node.exit.flow, frozenset())
                ahead.append((name if way.to.node == AGAIN else way.to.node, sets))
    return has


def without_value(program: Program, plan: "Plan") -> Iterator[Mistake]:
    """Variables that are used where they may have no value."""
    said: set[tuple[str, str]] = set()
    for name, has in _entered(program, plan).items():
        node = program.nodes[name]
        known = set(has)
        for part in (*node.steps, node.exit):
            own = {part.into} if isinstance(part, nodes.Ask) else set()
            for where, expression in expressions_of(part):
                yield from _unset(node, where, expression, known | (own if where == "ask.valid" else set()), program, said)
            for where, _, slot in slots_of(part):
                yield from _unset(node, where, slot.expression, known | (own if where == "ask.confirm" else set()), program, said)
            if isinstance(part, nodes.CallFlow) and part.flow in plan.programs:
                for needed in plan.programs[part.flow].needs:
                    if needed not in known:
                        yield f"{name}.call", f"flow '{part.flow}' needs '{needed}', which may have no value here; set it on every way"
            if not isinstance(part, nodes.Menu | nodes.Branch | nodes.Loop | nodes.CallFlow | nodes.Go | nodes.Next):
                known |= set_by(part)


def _unset(
    node: Node, where: str, expression: Expression, known: set[str], program: Program, said: set[tuple[str, str]]
) -> Iterator[Mistake]:
    for name in expression.names():
        if name not in known and name not in KNOWN and (node.name, name) not in said:
            said.add((node.name, name))
            if name in program.variables:
                yield f"{node.name}.{where}", f"'{name}' may have no value here; set it on every way that leads to this node"
            else:
                yield f"{node.name}.{where}", f"nothing in this flow is called '{name}'; it knows {', '.join((*program.variables, *KNOWN))}"
