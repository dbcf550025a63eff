"""Circles of ways that wait for nobody: a caller would go round in them without end.

Over all flows of a centre: one goes on in another by `call`, which comes back, by `flow:NAME`, and over a queue for which nobody is there.
What a flow that is called does before it comes back counts: who is asked something there has been asked. A flow in Python is taken to ask.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from appliance.core.plan.service import Choice
from appliance.core.program import nodes
from appliance.core.program.lasting import ANEW, Place, lasting
from appliance.core.program.nodes import AGAIN, Program
from appliance.core.program.ways import RETURN, Mistake, asks, round_of, ways_of

if TYPE_CHECKING:
    from appliance.core.plan.centre import Plan

__all__ = ["Round", "calls_itself", "circles"]

_OUT = Choice("out")
"""Anywhere outside a flow, but not back to the flow that has called it."""
_NOBODY_THERE = ("nobody logged in", "all not ready")


def circles(program: Program, round_: "Round") -> Iterator[Mistake]:
    """The first circle in a flow, or of this flow and others; one over several flows is told in the first of them."""
    programs = round_.plan.programs
    flows = list(programs)
    for name in program.nodes:
        circle = round_.back_to((program.name, name))
        inside = {flow for flow, _ in circle if flow in programs and not programs[flow].short}
        if not inside or min(inside, key=flows.index) != program.name:
            continue
        around = [*circle, circle[0]]
        if all(flow == program.name for flow, _ in circle):
            yield name, f"the flow can go round here without end and without asking anybody: {_shown(around, alone=True)}; {_REMEDY}"
        else:
            here, after = next((place, to) for place, to in zip(circle, around[1:], strict=True) if place[0] == program.name != to[0])
            why = next(why for why, to in round_.onward[here] if to == after)
            text = f"callers can go round here without end and without asking anybody: {_shown(around)}; {_REMEDY}"
            yield f"{here[1]}.{why}", text
        return


_REMEDY = "ask something on the way"


def _shown(places: list[Place], *, alone: bool = False) -> str:
    return " → ".join(node if alone else f"{flow}/{node}".rstrip("/") for flow, node in places)


class Round:
    """Where callers get to without waiting, from every node of a centre's flows."""

    def __init__(self, plan: "Plan") -> None:
        """Follow the ways through all flows of this centre."""
        self.plan = plan
        self.ahead = {
            flow: {name: [way for way in ways_of(node) if not way.waits] for name, node in program.nodes.items()}
            for flow, program in plan.programs.items()
        }
        self.leaves: dict[str, set[Choice]] = {name: set() for name in plan.programs}
        """Flow -> how it can be left again without having waited for anybody: back to the flow that has called it, or out."""
        while any(self._look(name) for name in plan.programs):
            pass
        ways = {(flow, name): [*self._inside(flow, name), *self._outside(flow, name)] for flow, of in self.ahead.items() for name in of}
        for name, queue in plan.queues.items():
            places = [(rule.when, self._place(rule.to)) for rule in queue.overflow if rule.when in _NOBODY_THERE]
            ways[f"queue:{name}", ""] = [(why, to) for why, to in places if to is not None]
        self.onward = lasting(ways, dict(_lists(plan)))
        """The ways on which callers could go round for ever."""

    def back_to(self, start: Place) -> list[Place]:
        """The shortest way from a place to itself, without its end; empty: there is none."""
        before: dict[Place, Place] = {}
        ahead = [start]
        for here in ahead:
            for _, to in self.onward.get(here, ()):
                if to == start:
                    circle = [here]
                    while circle[-1] != start:
                        circle.append(before[circle[-1]])
                    return circle[::-1]
                if to not in before:
                    before[to] = here
                    ahead.append(to)
        return []

    def _look(self, flow: str) -> bool:
        """Look again how a flow can be left; whether there is more than was known."""
        found, seen = set[Choice](), set[str]()
        ahead = [self.plan.programs[flow].start]
        while ahead:
            name = ahead.pop()
            if name in seen or name not in self.ahead[flow]:
                continue
            seen.add(name)
            ahead += [to for _, (_, to) in self._inside(flow, name)]
            found |= {RETURN if way.to.out == RETURN else _OUT for way in self.ahead[flow][name] if way.to.out is not None}
            node = self.plan.programs[flow].nodes[name]
            if isinstance(node.exit, nodes.CallFlow) and not asks(node):
                found |= self.leaves.get(node.exit.flow, set()) & {_OUT}
        more = not found <= self.leaves[flow]
        self.leaves[flow] |= found
        return more

    def _inside(self, flow: str, name: str) -> Iterator[tuple[str, Place]]:
        """The ways to nodes of the same flow."""
        exit_ = self.plan.programs[flow].nodes[name].exit
        for way in self.ahead[flow][name]:
            if way.to.out is not None:
                continue
            if isinstance(exit_, nodes.CallFlow) and way.why == "then" and RETURN not in self.leaves.get(exit_.flow, ()):
                continue
            if isinstance(exit_, nodes.Go) and way.why == "failed" and _OUT not in self.leaves.get(_flow_of(exit_.to), {_OUT}):
                continue
            yield way.why, (flow, name if way.to.node == AGAIN else way.to.node)

    def _outside(self, flow: str, name: str) -> Iterator[tuple[str, Place]]:
        """The ways to other flows and queues."""
        node = self.plan.programs[flow].nodes[name]
        for way in self.ahead[flow][name]:
            if way.to.out is not None and (to := self._place(way.to.out)) is not None:
                yield ANEW if to[0] == flow else way.why, to
        if asks(node):
            return
        if isinstance(node.exit, nodes.CallFlow) and node.exit.flow in self.plan.programs:
            yield "call", (node.exit.flow, self.plan.programs[node.exit.flow].start)
        if isinstance(node.exit, nodes.Go) and node.exit.then and not node.exit.failed and (to := self._place(node.exit.to)) is not None:
            yield "to", to

    def _place(self, to: Choice) -> Place | None:
        if to.verb == "flow" and to.name in self.plan.programs:
            return to.name, self.plan.programs[to.name].start
        return (str(to), "") if to.verb in ("flow", "queue") else None


def _lists(plan: "Plan") -> Iterator[tuple[Place, frozenset[Place]]]:
    """Where callers go through lists, and from where they come back for the next item."""
    for flow, program in plan.programs.items():
        for name, node in program.nodes.items():
            if isinstance(node.exit, nodes.Loop):
                yield (flow, name), frozenset((flow, inside) for inside in round_of(program, name))


def _flow_of(to: Choice) -> str:
    return to.name if to.verb == "flow" else ""


def _called(program: Program) -> Iterator[tuple[str, str]]:
    """The nodes that serve the caller by another flow and have him back, and that flow."""
    for node in program.nodes.values():
        if isinstance(node.exit, nodes.CallFlow):
            yield node.name, node.exit.flow
        elif isinstance(node.exit, nodes.Go) and (node.exit.then or node.exit.failed) and _flow_of(node.exit.to):
            yield node.name, node.exit.to.name


def calls_itself(program: Program, plan: "Plan") -> Iterator[Mistake]:
    """Flows in flows without end: each waits for the one that it has called."""
    ahead, seen = list(_called(program)), set[str]()
    while ahead:
        _, name = ahead.pop()
        if name == program.name:
            yield "start", f"flow '{name}' calls itself, over others or directly; go back to one of its nodes instead"
            return
        if name not in seen and name in plan.programs:
            seen.add(name)
            ahead += _called(plan.programs[name])
