"""The ways from node to node of a call flow, and what holds on each of them."""

from collections.abc import Iterator
from itertools import takewhile

from attrs import frozen

from appliance.core.plan.service import Choice
from appliance.core.program import nodes
from appliance.core.program.nodes import AGAIN, Node, Program, Target

__all__ = ["RETURN", "Mistake", "Way", "asks", "flow_targets", "reached", "round_of", "set_by", "set_first", "ways_of"]

Mistake = tuple[str, str]
"""Where, as NODE or NODE.KEY, and what."""

RETURN = Choice("return")
_INPUT = (nodes.Ask, nodes.YesNo)


@frozen
class Way:
    """One way from node to node, or out."""

    why: str
    to: Target
    sets: frozenset[str]
    """Variables that have a value for certain when this way is taken, besides those that had one on entering."""
    waits: bool
    """Somebody has done something before it is taken: a circle of it ends."""


def ways_of(node: Node) -> Iterator[Way]:
    """Every way out of a node, in the order in which they come up."""
    sets: frozenset[str] = frozenset()
    waits = False
    for step in node.steps:
        waits = waits or isinstance(step, _INPUT)
        for why in ("otherwise", "nothing", "locked", "trouble", "refused"):
            if (target := getattr(step, why, None)) is not None:
                yield Way(why, target, sets, waits or isinstance(step, nodes.Record))
        sets |= set_by(step)
    exit_ = node.exit
    match exit_:
        case nodes.Menu():
            for key, target in exit_.keys.items():
                yield Way(f"keys.{key}", target, sets | ({exit_.into} if key in exit_.values else set()), True)
            yield Way("otherwise", exit_.otherwise, sets, True)
        case nodes.Branch():
            for number, (_, target) in enumerate(exit_.cases):
                yield Way(f"branch.{number}", target, sets, waits)
            yield Way("otherwise", exit_.otherwise, sets, waits)
        case nodes.Loop():
            yield Way("each", exit_.body, sets | {exit_.item}, waits)
            yield Way("then", exit_.then, sets, waits)
        case nodes.CallFlow():
            yield Way("then", exit_.then, sets, waits)
        case nodes.Go():
            if exit_.then is None and exit_.failed is None:
                yield Way("to", Target(out=exit_.to), sets, waits)
            if exit_.then is not None:
                yield Way("then", exit_.then, sets, waits or exit_.to.verb not in ("announcement", "voicemail"))
            if exit_.failed is not None:
                yield Way("failed", exit_.failed, sets, waits)
        case nodes.Next():
            yield Way("next", exit_.to, sets, waits)


def asks(node: Node) -> bool:
    """Whether a node asks something before it is left."""
    return any(isinstance(step, _INPUT) for step in node.steps)


def set_by(step: nodes.Step) -> set[str]:
    """The variables that a step sets."""
    match step:
        case nodes.Set():
            return {step.name}
        case nodes.Ask() | nodes.YesNo() | nodes.Record() | nodes.LookUp():
            return {step.into}
        case nodes.OpenTicket():
            return {name for name in (step.into, step.code_into) if name}
    return set()


def set_first(node: Node) -> frozenset[str]:
    """What a node sets before anything in it can lead a call away."""
    first = takewhile(lambda step: isinstance(step, nodes.Set) and step.expression.kind == "constant", node.steps)
    return frozenset(name for step in first for name in set_by(step))


def flow_targets(program: Program) -> Iterator[tuple[str, Target]]:
    """The ways that belong to the flow as a whole: they can be taken anywhere in it."""
    for key, target in program.everywhere.items():
        yield f"everywhere.{key}", target
    yield "idle", program.idle
    yield "trouble", program.trouble


def _next_of(node: Node) -> Iterator[str]:
    for way in ways_of(node):
        if way.to.out is None:
            yield node.name if way.to.node == AGAIN else way.to.node


def reached(program: Program, without: str = "") -> set[str]:
    """The nodes that a call can come to, and can come to without going through one of them."""
    found: set[str] = set()
    ahead = [program.start, *(target.node for _, target in flow_targets(program) if target.node)]
    while ahead:
        name = ahead.pop()
        if name not in found and name != without and name in program.nodes:
            found.add(name)
            ahead += _next_of(program.nodes[name])
    return found


def round_of(program: Program, loop: str) -> frozenset[str]:
    """The nodes that a call is only in while it goes round in this loop: who comes to it from there wants the next item."""
    return frozenset(program.nodes) - reached(program, loop)
