"""Values of call flows put to a use that they are not for: numbers compared with texts, texts said as money, secrets told to anybody.

What a variable is follows from what gives it its value on the ways to where it is used, over all flows of a centre: a flow that is called
gets what it `needs`, and gives back what it sets. Secrets go to `authenticate`, to arguments that a gateway names in `secrets`, and into
conditions; what is made of one is one, too.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from appliance.core.program import nodes
from appliance.core.program.given import given
from appliance.core.program.nodes import AGAIN, Node, Program, Target
from appliance.core.program.parts import expressions_of, slots_of
from appliance.core.program.typed import ANY, Is, either, family, is_of, typed
from appliance.core.program.ways import RETURN, Mistake, flow_targets, set_by

if TYPE_CHECKING:
    from appliance.core.plan.centre import Plan

__all__ = ["Values", "misused"]

Names = Mapping[str, Is]
_DIGITS = ("digits", "telephone", "account", "number", "text", "empty")
_FITS: Mapping[str, frozenset[str]] = {
    "digits": frozenset(_DIGITS),
    "telephone": frozenset(_DIGITS),
    "account": frozenset(_DIGITS),
    "ticket": frozenset({*_DIGITS, "ticket"}),
    "number": frozenset({"number", "money"}),
    "ordinal": frozenset({"number"}),
    "count": frozenset({"number"}),
    "percentage": frozenset({"number", "money"}),
    "duration": frozenset({"number"}),
    "money": frozenset({"money", "number"}),
    "month": frozenset({"month", "date"}),
    "date": frozenset({"date"}),
    "time": frozenset({"time"}),
    "text": frozenset({*_DIGITS, "money", "month", "date", "time", "ticket"}),
}
"""Kind of saying -> types of values that can be said so."""
_PLAIN = ("text", "number", "yes-no", "nothing")
_TOLD = "; a secret goes to authenticate, or to an argument that its gateway names in secrets"


def misused(program: Program, values: "Values") -> Iterator[Mistake]:
    """What a flow puts to a wrong use."""
    said = set[Mistake]()
    for node in program.nodes.values():
        if (names := values.at.get((program.name, node.name))) is None:
            continue
        for part, known in values.through(program, node, names):
            for mistake in (*_wrong_in(node, part, known, program), *_told(node, part, known, values.plan)):
                if mistake not in said:
                    said.add(mistake)
                    yield mistake


def _wrong_in(node: Node, part: object, known: Names, program: Program) -> Iterator[Mistake]:
    for where, expression in expressions_of(part):
        told: list[str] = []
        of = typed(expression, known, told.append)
        yield from ((f"{node.name}.{where}", text) for text in told)
        if (
            where.startswith("set.")
            and (wanted := program.declared.get(where[4:]))
            and any(family(kind) != family(wanted) for kind in of.kinds)
        ):
            yield f"{node.name}.{where}", f"'{where[4:]}' is declared as {wanted}, and '{expression}' is {of}"
        elif where == "each.over" and any(kind not in ("list", "nothing") for kind in of.kinds):
            yield f"{node.name}.{where}", f"'{expression}' is {of}, and no list"
        elif _is_plain(where) and any(family(kind) not in _PLAIN for kind in of.kinds):
            yield f"{node.name}.{where}", f"'{expression}' is {of}, and no text"
    for where, _, slot in slots_of(part):
        told = []
        of = typed(slot.expression, known, told.append)
        yield from ((f"{node.name}.{where}", text) for text in told)
        fits = _FITS.get(slot.kind)
        if fits is not None and not told and not of.kinds <= {*fits, "field"}:
            may_be = "may be" if len(of.kinds) > 1 else "is"
            yield f"{node.name}.{where}", f"'{slot.expression}' {may_be} {of} and cannot be said as '{slot.kind}'"


def _is_plain(where: str) -> bool:
    """Whether what is given here has to be a text, or become one."""
    return where.startswith(("note.", "send.", "authenticate.", "answer.")) or where in (
        "ticket.recording",
        "ticket.call_back",
        "ticket.subject",
    )


def _told(node: Node, part: object, known: Names, plan: "Plan") -> Iterator[Mistake]:
    """Secrets that would be said, kept, sent or shown."""
    if isinstance(part, nodes.Authenticate | nodes.Branch):
        return
    queries = plan.queries.get(part.gateway, {}) if isinstance(part, nodes.LookUp) else {}
    query = queries.get(part.query) if isinstance(part, nodes.LookUp) else None
    for where, expression in expressions_of(part):
        if where == "ask.valid" or (where.startswith("set.") and where != "set.language"):
            continue
        if query is not None and where.rpartition(".")[2] in query.secrets:
            continue
        if typed(expression, known, _nobody).secret:
            yield f"{node.name}.{where}", f"'{expression}' is secret, and would be told here{_TOLD}"
    for where, _, slot in slots_of(part):
        if typed(slot.expression, known, _nobody).secret:
            yield f"{node.name}.{where}", f"'{slot.expression}' is secret, and would be said aloud{_TOLD}"


def _nobody(_wrong: str) -> None:
    return


class Values:
    """What every variable may be at every node of a centre's flows."""

    def __init__(self, plan: "Plan") -> None:
        """Follow the values through all flows of this centre."""
        self.plan = plan
        self.at: dict[tuple[str, str], dict[str, Is]] = {}
        self.back: dict[str, dict[str, Is]] = {}
        """Flow -> what variables are when it returns."""
        self.callers: dict[str, set[tuple[str, str]]] = {}
        self.sets = {name: _ever_set(name, plan, set()) for name in plan.programs}
        called = {node.exit.flow for of in plan.programs.values() for node in of.nodes.values() if isinstance(node.exit, nodes.CallFlow)}
        self.ahead: list[tuple[str, str]] = []
        for name, program in plan.programs.items():
            if name not in called or not program.needs:  # else it is only known by those who call it
                self._reach(name, program.start, {each: is_of(program.declared.get(each, "")) for each in program.needs})
        while self.ahead:
            flow, name = self.ahead.pop()
            self._go_on(plan.programs[flow], plan.programs[flow].nodes[name])

    def through(self, program: Program, node: Node, names: Names) -> Iterator[tuple[object, Names]]:
        """The parts of a node, and what is known when each is at work."""
        known = dict(names)
        for step in node.steps:
            before = dict(known)
            known |= self.set_by(program, step, known)
            yield step, known if isinstance(step, nodes.Ask) else before
        yield node.exit, known

    def set_by(self, program: Program, step: nodes.Step, known: Names) -> dict[str, Is]:
        """What variables are that a step sets."""
        match step:
            case nodes.Set():
                made = {step.name: typed(step.expression, known, _nobody)}
            case nodes.Ask():
                made = {step.into: is_of(step.kind, secret=step.secret)}
            case nodes.YesNo():
                made = {step.into: is_of("yes-no")}
            case nodes.Record():
                made = {step.into: is_of("recording")}
            case nodes.LookUp():
                query = self.plan.queries.get(step.gateway, {}).get(step.query)
                types = frozenset({"list" if query.many else "record"}) if query is not None else frozenset[str]()
                made = {step.into: Is(types, members=query.members if query is not None else ())}
            case nodes.OpenTicket():
                made = {name: is_of(kind) for name, kind in ((step.into, "ticket"), (step.code_into, "digits")) if name}
            case _:
                made = {}
        return {name: _declared(program, name, of) for name, of in made.items()}

    def _reach(self, flow: str, name: str, names: Names) -> None:
        """A call can come to this node with these values."""
        if name not in self.plan.programs[flow].nodes:
            return
        before = self.at.get((flow, name))
        now = dict(names) if before is None else {each: either(before[each], of) if each in before else of for each, of in names.items()}
        if before is not None:
            now = {**before, **now}
        if now != before:
            self.at[flow, name] = now
            self.ahead.append((flow, name))

    def _go_on(self, program: Program, node: Node) -> None:
        known: dict[str, Is] = dict(self.at[program.name, node.name])
        self._from_anywhere(program, known)
        for step in node.steps:
            after = {**known, **self.set_by(program, step, known)}
            for why in ("otherwise", "nothing", "locked", "trouble", "refused"):
                if (target := getattr(step, why, None)) is not None:
                    mixed = {name: either(known[name], of) if name in known else of for name, of in after.items()}
                    self._lead(program, node, target, mixed if isinstance(step, nodes.Ask) else known)
            known = after
            self._from_anywhere(program, known)
        self._leave(program, node, known)

    def _from_anywhere(self, program: Program, known: Names) -> None:
        for _, target in flow_targets(program):
            self._lead(program, None, target, known)

    def _leave(self, program: Program, node: Node, known: Names) -> None:
        exit_ = node.exit
        match exit_:
            case nodes.Menu():
                chosen = {**known, exit_.into: is_of("text")} if exit_.into else known
                for key, target in exit_.keys.items():
                    self._lead(program, node, target, chosen if key in exit_.values else known)
                self._lead(program, node, exit_.otherwise, known)
            case nodes.Branch():
                for _, target in exit_.cases:
                    self._lead(program, node, target, known)
                self._lead(program, node, exit_.otherwise, known)
            case nodes.Loop():
                over = typed(exit_.over, known, _nobody)
                item = Is(frozenset({"record"}) if over.members else frozenset(), over.secret, over.members)
                self._lead(program, node, exit_.body, {**known, exit_.item: _declared(program, exit_.item, item)})
                self._lead(program, node, exit_.then, known)
            case nodes.CallFlow():
                self._call(program, node, exit_, known)
            case nodes.Go():
                for onward in (exit_.then, exit_.failed):
                    if onward is not None:
                        self._lead(program, node, onward, known)
            case nodes.Next():
                self._lead(program, node, exit_.to, known)

    def _call(self, program: Program, node: Node, exit_: nodes.CallFlow, known: Names) -> None:
        called = self.plan.programs.get(exit_.flow)
        if called is None:
            set_ = dict.fromkeys(self.plan.gives.get(exit_.flow, ()), ANY)
            self._lead(program, node, exit_.then, {**known, **set_})
            return
        self.callers.setdefault(called.name, set()).add((program.name, node.name))
        self._reach(called.name, called.start, {name: _declared(called, name, known.get(name, ANY)) for name in called.needs})
        back = self.back.get(called.name)
        if back is not None:
            sure = given(called, self.plan)
            set_ = {
                name: either(known[name], back[name]) if name in known and name not in sure else back[name]
                for name in self.sets[called.name]
                if name in back
            }
            self._lead(program, node, exit_.then, {**known, **set_})

    def _lead(self, program: Program, node: Node | None, target: Target, names: Names) -> None:
        if target.out is None:
            name = node.name if target.node == AGAIN and node is not None else target.node
            self._reach(program.name, name, names)
        elif target.out == RETURN:
            before = self.back.get(program.name, {})
            now = {**before, **{name: either(before[name], of) if name in before else of for name, of in names.items()}}
            if now != before or program.name not in self.back:
                self.back[program.name] = now
                self.ahead += self.callers.get(program.name, ())


def _declared(program: Program, name: str, of: Is) -> Is:
    """What a variable is: what the flow says of it, else what it is given."""
    kind = program.declared.get(name)
    return Is(frozenset({kind}), of.secret, of.members) if kind else of


def _ever_set(flow: str, plan: "Plan", seen: set[str]) -> frozenset[str]:
    """The variables that a flow may set, those included that are set by the flows that it calls."""
    seen.add(flow)
    found: set[str] = set()
    for node in plan.programs[flow].nodes.values():
        for step in node.steps:
            found |= set_by(step)
        match node.exit:
            case nodes.Menu(into=into) if into:
                found.add(into)
            case nodes.Loop(item=item):
                found.add(item)
            case nodes.CallFlow(flow=called) if called in plan.programs and called not in seen:
                found |= _ever_set(called, plan, seen)
            case nodes.CallFlow(flow=called):
                found.update(plan.gives.get(called, ()))
    return frozenset(found)
