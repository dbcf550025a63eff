"""A centre with one call flow, and a caller who is walked through it: what he hears in words, what he keys, how time goes by."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any, Self

from attrs import evolve

from appliance.config import Document
from appliance.core.actions import AskGateway, CheckAccount, Render
from appliance.core.contact import Contact
from appliance.core.inputs import ClockSet, Input
from appliance.core.plan import Choice, NumberPlan, Plan
from appliance.core.records import NodeVisit, Record
from appliance.flow.rehearsal import Rehearsal
from appliance.site.flow_file import CallFlowFile, FlowFile
from appliance.site.flow_program import parts_of, program_of
from hal.api import (
    Adopted,
    LineOpened,
    StationRegistered,
)
from tests.core.left import left_by
from tests.core.playbook import EVERYTHING, MONDAY_8, small_plan

LINE, LEG = "trunk", "customer"


def flow_of(text: str) -> CallFlowFile:
    document = Document.parse(text, "flow.toml")
    return CallFlowFile("flow.toml", document.structure(FlowFile), document)


def plan_with(*texts: str, **changes: Any) -> Plan:
    """A plan whose number 96000 is served by the first of these flows; a file is played under its own words."""
    flows = {str(tomllib.loads(text)["flow"]): flow_of(text) for text in texts}
    programs = {name: program_of(name, flow, ("zh", "en"), lambda piece: piece.text) for name, flow in flows.items()}
    plan = small_plan(**{**changes, "programs": {**programs, **changes.get("programs", {})}})
    parts = parts_of(programs.values(), plan.languages, lambda piece: piece.text)
    return evolve(plan, parts=parts, numbers={**plan.numbers, "96000": NumberPlan(Choice("flow", next(iter(flows))), language="en")})


def written(data: Mapping[str, Any]) -> str:
    """Plain values as TOML, tables in line: what the flow files of a test are made of."""
    return "\n".join(f"{json.dumps(key)} = {_inline(of)}" for key, of in data.items() if of is not None)


def _inline(of: Any) -> str:
    match of:
        case Mapping():
            return "{ " + ", ".join(f"{json.dumps(str(key))} = {_inline(each)}" for key, each in of.items() if each is not None) + " }"
        case list():
            return "[" + ", ".join(_inline(each) for each in of if each is not None) + "]"
        case float():
            return repr(of) if "." in repr(of) else f"{of:.1f}"
    return json.dumps(of, ensure_ascii=True).replace("\\/", "/")


class Walk(Rehearsal):
    """One call, checked at every step; `said` is what the caller has heard, in words. What is asked outside, the test answers."""

    line, leg = LINE, LEG
    contact: Contact

    def __init__(self, *texts: str, **changes: Any) -> None:
        plan = plan_with(*texts, **changes)
        assert plan.problems() == []
        self._open(plan)
        self._come("13800138000", "96000", MONDAY_8)

    def restarted_without(self, leg: str) -> "Walk":
        """The same, and this leg is gone meanwhile."""
        return self.restarted(gone=leg)

    def restarted(self, plan: Plan | None = None, gone: str = "") -> "Walk":
        """The next run of the core, which finds the call still there and knows what the rows say."""
        state = self.engine.state
        again = Walk.__new__(Walk)
        again._open(plan or state.plan)
        again.now = 500.0
        again.give(ClockSet(self.now + state.wall_offset + 2))
        again.give(left_by(self.kept, state.boot + 1))
        again.give(LineOpened(LINE, EVERYTHING.value))
        for leg in [leg for leg in state.legs.values() if leg.id != gone]:
            again.give(Adopted(LINE, leg.id, "13800138000", "96000", leg.answered_at is not None, leg.station))
        for station in state.plan.stations:
            again.give(StationRegistered(LINE, station, "127.0.0.1"))
        again._tick(again.now)
        again.contact = again.engine.state.contacts[self.contact.id]
        return again

    def _open(self, plan: Plan) -> None:
        super()._open(plan)
        self.asked: list[AskGateway | CheckAccount | Render] = []

    def _answer(self, asked: AskGateway | CheckAccount | Render) -> Input | None:
        self.asked.append(asked)
        return None

    def _perform(self, actions: list[Any]) -> None:
        super()._perform(actions)
        assert self.engine.check() == []

    @property
    def said(self) -> list[str]:
        return [heard.text for heard in self._heard if heard.kind in ("said", "music")]

    @property
    def released(self) -> bool:
        return any(heard.kind == "released" for heard in self._heard)

    def give(self, event: Input) -> Self:
        """Feed an input and perform what follows, as a line would."""
        self._give(event)
        return self

    def hear_out(self) -> Self:
        """Let everything be said to its end that does not wait for a key."""
        self.listen()
        return self

    def key(self, keys: str) -> Self:
        """Press keys, one after the other."""
        self.press(keys)
        return self

    def wait(self, seconds: float) -> Self:
        """Let time go by, what is being said ending after one second each."""
        end = self.now + seconds
        self.hear_out()
        while (deadline := self.engine.next_deadline()) <= end:
            self._tick(max(self.now, deadline))
            self.hear_out()
        self.now = max(self.now, end)
        return self

    def rows(self, kind: type[Record]) -> list[Any]:
        return [row for row in self.kept if isinstance(row, kind)]

    @property
    def with_people(self) -> bool:
        """Whether he waits for somebody or talks with him."""
        return self.contact.state.value in ("queued", "offered", "connected", "outside")

    @property
    def ways(self) -> list[tuple[str, str]]:
        """The nodes that were left, and by what."""
        return [(row.node, row.left_by) for row in self.kept if isinstance(row, NodeVisit)]
