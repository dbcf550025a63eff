"""What the machine drives: one engine after another, and what each of them writes."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from appliance.core.actions import Action, CheckPin, OfferContact, Persist, Replied, ShowAlarm, WithdrawContact
from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet, Input
from appliance.core.records import AgentState as AgentStateRow
from appliance.core.records import Alarm, Contact, Record
from hal.api import Arrived, Released
from tests.core.machine_line import AGENTS, Line, machine_plan
from tests.core.playbook import MONDAY_8

__all__ = ["Driven"]


def _left(text: str) -> bool:
    """Whether nothing was made good but recordings and plays, of which a successor does not know all."""
    found = text.partition(": ")[2].partition(" and ")[0].split("; ")
    return all(each.endswith(("recorded any more", "recorded on", "played what was stopped")) for each in found)


class Driven(RuleBasedStateMachine):
    """An engine, the far side of its line, and the books of what it wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(machine_plan())
        self.line = Line()
        self.now = 0.0
        self.calls = 0
        self.open = False
        self.contacts: dict[str, str] = {}
        self.ended: set[str] = set()
        self.states: dict[str, list[tuple[float, str]]] = {agent: [] for agent in AGENTS}
        self.rows: list[Record] = []
        self.boots = 1
        self.tokens: list[int] = []
        self.pins: list[int] = []
        self.feed(ClockSet(MONDAY_8))

    def feed(self, event: Input) -> None:
        self.line.unsaid = event.leg if isinstance(event, Released | Arrived) else ""
        self.perform(self.engine.handle(self.now, event))
        self.line.unsaid = ""

    def perform(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Record):
                self.keep(action)
            elif isinstance(action, Persist):
                self.keep(action.record)
                self.tokens.append(action.token)
            elif isinstance(action, CheckPin):
                self.pins.append(action.token)
            elif not isinstance(action, ShowAlarm | Replied | OfferContact | WithdrawContact) and self.open:
                self.line.perform(action)

    def keep(self, record: Record) -> None:
        self.rows.append(record)
        if isinstance(record, Contact):
            assert record.id not in self.ended, "a contact ended twice"
            self.contacts[record.id] = record.outcome
            if record.ended_at is not None:
                assert record.outcome in {"answered", "abandoned", "self-served", "message", "blocked", "lost", "unreached"}
                self.ended.add(record.id)
        elif isinstance(record, AgentStateRow):
            self.states[record.agent].append((record.at - MONDAY_8, record.state))
        elif isinstance(record, Alarm):
            assert not record.source.startswith("script:"), record.text
            assert not record.source.startswith("messages:") or (self.boots > 1 and _left(record.text)), record.text

    def pick(self, data: st.DataObject, *states: str) -> str:
        return data.draw(st.sampled_from(sorted(leg for leg, state in self.line.up.items() if state in states)))

    def legs(self, *states: str) -> bool:
        return any(state in states for state in self.line.up.values())
