"""Playbook tests for the engine, after mitmproxy's: inputs in, expected actions out, a diff on mismatch.

    book = playbook(engine)
    book << Arrived("trunk", "a", "138", "95500") >> Answer("trunk", "a")
    book.at(5.0) >> Release("trunk", "a")
    book.done()

`>>` compares with the *commands* the last input led to, in order; rows and alarms are looked at by `rows(...)`. `...` in place of a
command matches any one; a class matches any command of that class. A book that is not read to its end is an error (see `done`).
"""

from collections.abc import Mapping
from datetime import time
from types import EllipsisType
from typing import Any, Self, TypeVar

from appliance.core.actions import Action, Persist
from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet, Input
from appliance.core.plan import AgentPlan, Choice, HoursPlan, NumberPlan, Overflow, Plan, QueuePlan, Slot, StationPlan
from appliance.core.program.nodes import Program
from appliance.core.records import Record
from appliance.site.short_flow import short_program
from appliance.site.tables import Closed, Flow, LanguageMenu, Menu
from appliance.site.values import Key
from hal.api import Capability, Command, LineOpened, StationRegistered

MONDAY_8 = 1_792_396_800.0
"""2026-10-19 08:00 UTC, a Monday."""

EVERYTHING = ~Capability.AGENT_STATES
WORDS = "message message-thanks call-back beep pin logged-in ready not-ready logged-out refused"
RowT = TypeVar("RowT", bound=Record)


def prompt(name: str) -> dict[str, tuple[str, ...]]:
    return {"zh": (f"{name}.zh.wav",), "en": (f"{name}.en.wav",)}


def service(
    name: str,
    *,
    languages: Mapping[str, str] | None = None,
    menu: Mapping[str, str] | None = None,
    closed: tuple[str, str] = ("", "voicemail"),
    priority: Mapping[str, int] | None = None,
    everywhere: Mapping[str, str] | None = None,
    otherwise: str = "release",
    hours: str = "",
    wait_s: float = 6.0,
    welcome: str = "",
    sorry: str = "",
    goodbye: str = "",
) -> Program:
    """A flow in its short form; of texts the name is given, `welcome="pay"` is played as `pay.zh.wav`."""

    def say(word: str) -> dict[str, str]:
        return {language: f"{word}.{language}.wav" for language in ("zh", "en")}

    def to(text: str) -> Choice:
        return Choice.read(text)

    flow = Flow(
        language=LanguageMenu(say={"zh": "language.zh.wav"}, keys={Key(key): of for key, of in languages.items()}) if languages else None,
        menu=Menu(say=say("menu"), keys={Key(key): to(of) for key, of in menu.items()}) if menu else None,
        closed=Closed(say=say(closed[0]) if closed[0] else None, then=to(closed[1])),
        priority={Key(key): of for key, of in (priority or {}).items()},
        everywhere={Key(key): to(of) for key, of in (everywhere or {}).items()},
        otherwise=to(otherwise),
        hours=hours,
        wait_s=wait_s,
        welcome=say(welcome) if welcome else None,
        sorry=say(sorry) if sorry else None,
        goodbye=say(goodbye) if goodbye else None,
    )
    return short_program(name, flow, ("zh", "en"), {}, lambda piece: piece.text)


def small_plan(**changes: Any) -> Plan:
    """Three agents, two queues, one service with a menu; what a test needs otherwise it says."""
    office = tuple((Slot(time(9), time(12)), Slot(time(13, 30), time(18))) if day < 5 else () for day in range(7))
    given: dict[str, Any] = {
        "numbers": {
            "95500": NumberPlan(Choice("flow", "hotline")),
            "95501": NumberPlan(Choice("queue", "consult")),
            "95502": NumberPlan(Choice("flow", "office"), language="en"),
        },
        "programs": {
            "hotline": service(
                "hotline",
                welcome="welcome",
                languages={"1": "zh", "2": "en"},
                menu={"1": "queue:consult", "2": "queue:complaint", "9": "voicemail", "0": "release"},
                otherwise="queue:consult",
                sorry="sorry",
                goodbye="goodbye",
            ),
            "office": service("office", hours="office", closed=("closed", "voicemail"), otherwise="queue:consult"),
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
    programs = {**given["programs"], **changes.get("programs", {})}
    return Plan(**{**given, **changes, "programs": programs})


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
