"""Playbook tests for the engine, after mitmproxy's: inputs in, expected actions out, a diff on mismatch.

    book = playbook(engine)
    book << Arrived("trunk", "a", "138", "95500") >> Answer("trunk", "a")
    book.at(5.0) >> Release("trunk", "a")
    book.done()

`>>` compares with the *commands* the last input led to, in order; rows and alarms are looked at by `rows(...)`. `...` in place of a
command matches any one; a class matches any command of that class. A book that is not read to its end is an error (see `done`).
"""

from datetime import time
from types import EllipsisType
from typing import Any, Self, TypeVar

from appliance.core.actions import Action, Persist
from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet, Input
from appliance.core.plan import AgentPlan, Choice, FlowPlan, HoursPlan, NumberPlan, Overflow, Plan, QueuePlan, Slot, StationPlan
from appliance.core.records import Record
from hal.api import Capability, Command, LineOpened, StationRegistered

MONDAY_8 = 1_792_396_800.0
"""2026-10-19 08:00 UTC, a Monday."""

EVERYTHING = ~Capability.AGENT_STATES
WORDS = "message message-thanks call-back beep pin logged-in ready not-ready logged-out refused"
RowT = TypeVar("RowT", bound=Record)


def prompt(name: str) -> dict[str, tuple[str, ...]]:
    return {"zh": (f"{name}.zh.wav",), "en": (f"{name}.en.wav",)}


def small_plan(**changes: Any) -> Plan:
    """Three agents, two queues, one service with a menu; what a test needs otherwise it says."""
    office = tuple((Slot(time(9), time(12)), Slot(time(13, 30), time(18))) if day < 5 else () for day in range(7))
    given: dict[str, Any] = {
        "numbers": {
            "95500": NumberPlan(Choice("flow", "hotline")),
            "95501": NumberPlan(Choice("queue", "consult")),
            "95502": NumberPlan(Choice("flow", "office"), language="en"),
        },
        "flows": {
            "hotline": FlowPlan(
                welcome=prompt("welcome"),
                language_menu=prompt("language"),
                languages={"1": "zh", "2": "en"},
                menu=prompt("menu"),
                choices={
                    "1": Choice("queue", "consult"),
                    "2": Choice("queue", "complaint"),
                    "9": Choice("voicemail"),
                    "0": Choice("release"),
                },
                otherwise=Choice("queue", "consult"),
                sorry=prompt("sorry"),
                goodbye=prompt("goodbye"),
            ),
            "office": FlowPlan(hours="office", closed=prompt("closed"), menu=None, otherwise=Choice("queue", "consult")),
        },
        "hours": {"office": HoursPlan(office)},
        "queues": {
            "consult": QueuePlan(
                label="Consult",
                ring_s=15,
                wrap_up_s=10,
                music=prompt("music"),
                overflow=(Overflow("nobody logged in", Choice("voicemail")), Overflow("wait", Choice("voicemail"), 90)),
            ),
            "complaint": QueuePlan(ring_s=15, overflow=(Overflow("nobody logged in", Choice("queue", "consult")),)),
        },
        "stations": {name: StationPlan("trunk") for name in ("8001", "8002", "8003")},
        "agents": {
            "1001": AgentPlan("王芳", "8001", {"consult": 1, "complaint": 2}),
            "1002": AgentPlan("李娜", "8002", {"consult": 1}),
            "1003": AgentPlan("陈伟", "8003", {"consult": 2, "complaint": 1}),
        },
        "prompts": {name: prompt(name) for name in WORDS.split()},
    }
    return Plan(**{**given, **changes})


class Playbook:
    """One engine and its story."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = 0.0
        self.actions: list[Action] = []
        self.kept: list[Record] = []
        self._expected_all = True

    def give(self, event: Input) -> list[Command]:
        """Feed an input; the commands it led to."""
        return self._take(self.engine.handle(self.now, event))

    def at(self, now: float) -> Self:
        """Let time pass up to `now`, each timer at its own moment."""
        self._unread()
        commands: list[Action] = []
        while (deadline := self.engine.next_deadline()) <= now:
            self.now = max(self.now, deadline)
            commands += self.engine.tick(self.now)
            assert self.engine.check() == []
        self.now = now
        self._take(commands)
        return self

    def _take(self, actions: list[Action]) -> list[Command]:
        self.actions = actions
        self.kept += [
            action.record if isinstance(action, Persist) else action for action in actions if isinstance(action, Persist | Record)
        ]
        assert self.engine.check() == [], "an invariant is broken"
        self._expected_all = not self.commands
        return self.commands

    @property
    def commands(self) -> list[Command]:
        return [action for action in self.actions if isinstance(action, Command)]

    def _unread(self) -> None:
        assert self._expected_all, f"nothing was expected of these commands: {self.commands}"

    def __lshift__(self, event: Input) -> Self:
        self._unread()
        self.give(event)
        return self

    def __rshift__(self, expected: "Command | type | EllipsisType | list[Command | type | EllipsisType]") -> Self:
        wanted = expected if isinstance(expected, list) else [expected]
        got = self.commands
        same = len(got) == len(wanted) and all(
            isinstance(w, EllipsisType) or (isinstance(g, w) if isinstance(w, type) else g == w) for g, w in zip(got, wanted, strict=True)
        )
        assert same, f"at {self.now}:\n  expected {wanted}\n  but got  {got}"
        self._expected_all = True
        return self

    def only(self, kind: type) -> Any:
        """The one command of a kind that the last input led to; the others are not looked at."""
        found = [command for command in self.commands if isinstance(command, kind)]
        assert len(found) == 1, f"expected one {kind.__name__}, got {self.commands}"
        self._expected_all = True
        return found[0]

    def skip(self) -> Self:
        """The commands of the last input are not what this test is about."""
        self._expected_all = True
        return self

    def token(self) -> int:
        """The token of the row that the last input asked to be safely kept."""
        return next(action.token for action in self.actions if isinstance(action, Persist))

    def rows(self, kind: type[RowT]) -> list[RowT]:
        """All rows of a kind kept so far."""
        return [row for row in self.kept if isinstance(row, kind)]

    def done(self) -> None:
        """Everything that happened was expected."""
        self._unread()


def playbook(plan: Plan | None = None, *, wall_s: float = MONDAY_8) -> Playbook:
    """An engine whose only line is open and whose phones are registered."""
    book = Playbook(Engine(plan or small_plan()))
    book << ClockSet(wall_s) << LineOpened("trunk", EVERYTHING.value)
    for station in book.engine.state.stations:
        book << StationRegistered("trunk" if station.startswith("8") else "e1", station, "127.0.0.1:5070")
    return book
