"""Conversations as stories: a playbook in which people have names, and what the core answers reads as what happens to them.

    story = talking("1001")                                    caller `a` and agent 1001 in conversation
    story.asks("1001", "hold") >> ["music to a", "mix 1001: -; a: -", "stop a | 1001", "record a"]
    assert story.refuses("1001", "hold") == "it is on hold already"

A caller is called as the test says, an agent's leg by his number, an outside leg by the number called; the second leg of the same name has
a stroke. `mix` names only whose ears change, in the order of names; `-` is nobody. `record a | 1001, 1002`: left channel, right channel.
"""

from typing import Any, Self

from attrs import evolve

from appliance.core.actions import Replied
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.core.plan import AgentPlan, Choice, Plan, QueuePlan, StationPlan
from appliance.core.records import Audit, CallEvent, Contact, Recording
from hal.api import (
    Alerted,
    Answer,
    Answered,
    AnswerTransfer,
    Arrived,
    Cause,
    Command,
    DigitHeard,
    LineOpened,
    ListLegs,
    Mix,
    Originate,
    Play,
    PlayEnded,
    Reject,
    Release,
    Released,
    SendDigits,
    StartRecording,
    StationRegistered,
    StopPlay,
    StopRecording,
)
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, prompt, small_plan

LINE = "trunk"
WORDS = ("music", "ringback", "agent-number", "at-your-service", "unavailable", *(f"digit-{digit}" for digit in range(10)))


def centre_plan(**changes: Any) -> Plan:
    """The small plan without wrap-up, and with somebody of every level: 1004 may call the directory only, 1009 and 1019 are supervisors,
    1010 is the duty manager; station 8020 is nobody's."""
    small = small_plan()
    given: dict[str, Any] = {
        "queues": {
            "consult": QueuePlan(label="Consult", ring_s=15, music=prompt("music")),
            "complaint": QueuePlan(ring_s=15, music=prompt("music")),
        },
        "stations": {**small.stations, **{name: StationPlan(LINE) for name in ("8004", "8009", "8010", "8019", "8020")}},
        "agents": {
            **small.agents,
            "1004": AgentPlan("赵敏", "8004", {"consult": 3}, dials=False),
            "1009": AgentPlan("组长", "8009", level="supervisor"),
            "1010": AgentPlan("值班", "8010", level="duty-manager"),
            "1019": AgentPlan("组长二", "8019", level="supervisor"),
        },
        "directory": {"leader": "13700137000", "88": "13700137001"},
        "prompts": {**small.prompts, **{name: prompt(name) for name in WORDS}},
    }
    return evolve(small, **{**given, **changes})


def with_queue(**changes: Any) -> Plan:
    """The plan of the stories with another consult queue."""
    plan = centre_plan()
    return evolve(plan, queues={**plan.queues, "consult": evolve(plan.queues["consult"], **changes)})


class Story(Playbook):
    """A playbook told by names."""

    def __init__(self, plan: Plan | None = None, *, engine: Engine | None = None) -> None:
        super().__init__(engine or Engine(plan or centre_plan()))
        self.legs: dict[str, str] = {}
        """Name -> leg, of those that are there."""
        self.sides: dict[str, str] = {}
        """Recording -> who is recorded."""
        self.releasing: list[str] = []
        self.told: list[str] = []
        """What the inputs since the last `>>` have led to."""
        self.tokens = 0
        if engine is None:
            self << ClockSet(MONDAY_8) << LineOpened(LINE, EVERYTHING.value)
            for station in self.engine.state.stations:
                self << StationRegistered(LINE, station, "127.0.0.1:5070")

    # -- what happens

    def give(self, event: Any) -> list[Command]:
        if isinstance(event, Released):
            gone = [name for name, leg in self.legs.items() if leg == event.leg]
            self.legs = {name: leg for name, leg in self.legs.items() if name not in gone}
            self.releasing = [name for name in self.releasing if name not in gone]
        commands = super().give(event)
        self.told = [self._tell(command) for command in commands]
        return commands

    def at(self, now: float) -> Self:
        super().at(now)
        self.told = [self._tell(command) for command in self.commands]
        return self

    def several(self, *events: Any) -> Self:
        """Inputs one right after the other; what follows `>>` is what they led to together."""
        self._unread()
        told: list[str] = []
        for event in events:
            self.give(event)
            told += self.told
        self.told, self._expected_all = told, not told
        return self

    def asks(self, agent: str, what: str, to: str = "", *, by: str = "", reason: str = "", station: str = "") -> Self:
        """Somebody asks at an agent's seat, and it is done."""
        self.tokens += 1
        self << AgentAsked(agent, what, reason, station, by, to, self.tokens)
        assert self._reply() == ""
        return self

    def refuses(self, agent: str, what: str, to: str = "", *, by: str = "") -> str:
        """It is refused, and nothing at all happens; why."""
        before = self.engine.state.contacts.keys() | set()
        self.tokens += 1
        self << AgentAsked(agent, what, "", "", by, to, self.tokens)
        assert self.commands == []
        assert self.engine.state.contacts.keys() == before
        why = self._reply()
        assert why
        return why

    def _reply(self) -> str:
        (reply,) = [action for action in self.actions if isinstance(action, Replied)]
        assert reply.token == self.tokens
        return reply.error

    def log_in(self, *agents: str) -> Self:
        for agent in agents:
            self << AgentAsked(agent, "log-in")
        return self

    def calls(self, name: str, ani: str = "13800138000", dnis: str = "95501") -> Self:
        """A caller who is answered."""
        self.legs[name] = name
        self << Arrived(LINE, name, ani, dnis)
        self >> [f"answer {name}"]
        return self << Answered(LINE, name)

    def phone_dials(self, agent: str, number: str, name: str) -> Self:
        """An agent dials with the keys of his phone."""
        self.legs[name] = name
        station = self.engine.state.agents[agent].station
        return self << Arrived(LINE, name, station, number, station=station)

    def alerts(self, name: str) -> Self:
        return self << Alerted(LINE, self.legs[name])

    def answers(self, name: str) -> Self:
        return self << Answered(LINE, self.legs[name])

    def hangs_up(self, name: str, cause: Cause = Cause.NORMAL_CLEARING) -> Self:
        return self << Released(LINE, self.legs[name], cause)

    def settles(self) -> Self:
        """The line says that everybody is gone who was let go."""
        return self.several(*(Released(LINE, self.legs[name], by_far_end=False) for name in self.releasing))

    def presses(self, name: str, keys: str) -> Self:
        return self.several(*(DigitHeard(LINE, self.legs[name], key) for key in keys))

    def heard_out(self, name: str) -> Self:
        """What is played to somebody has come to its end."""
        leg = self.engine.state.legs[self.legs[name]]
        return self << PlayEnded(LINE, leg.id, leg.play)

    # -- what is read

    def __rshift__(self, expected: Any) -> Self:
        if not isinstance(expected, list) or not all(isinstance(line, str) for line in expected):
            return super().__rshift__(expected)
        assert self.told == expected, f"at {self.now}:\n  expected {expected}\n  but got  {self.told}"
        self._expected_all = True
        return self

    def name(self, leg: str) -> str:
        return next(name for name, known in self.legs.items() if known == leg)

    def _tell(self, command: Command) -> str:
        match command:
            case Originate(leg=leg, to=to):
                agent = self.engine.state.legs[leg].agent if leg in self.engine.state.legs else ""
                name = agent or to.partition(":")[2]
                while name in self.legs:
                    name += "'"
                self.legs[name] = leg
                return f"call {name}"
            case Release(leg=leg, cause=cause) | Reject(leg=leg, cause=cause):
                name = self.name(leg)
                self.releasing.append(name)
                verb = "release" if isinstance(command, Release) else "reject"
                return f"{verb} {name}{'' if cause is Cause.NORMAL_CLEARING else ' ' + cause.name}"
            case Mix(hears=hears):
                ears = sorted((self.name(leg), sorted(map(self.name, heard))) for leg, heard in hears.items())
                return "mix " + "; ".join(f"{leg}: {', '.join(heard) or '-'}" for leg, heard in ears)
            case Play(leg=leg, files=files, loop=loop):
                what = " ".join(file.partition(".")[0] for file in files)
                return f"{'' if loop else 'say '}{what} to {self.name(leg)}"
            case StopPlay(leg=leg):
                return f"hush {self.name(leg)}"
            case StartRecording(recording=recording, left=left, right=right, others=others):
                others_ = ", ".join(self.name(leg) for leg in (right, *others) if leg)
                self.sides[recording] = self.name(left) + (f" | {others_}" if others_ else "")
                return f"record {self.sides[recording]}"
            case StopRecording(recording=recording):
                return f"stop {self.sides.pop(recording)}"
            case SendDigits(leg=leg, digits=digits):
                return f"keys {digits} to {self.name(leg)}"
            case AnswerTransfer(leg=leg, cause=cause):
                return f"transfer of {self.name(leg)} {'done' if cause is None else 'refused ' + cause.name}"
            case Answer(leg=leg):
                return f"answer {self.name(leg)}"
            case ListLegs():
                return "list"
        raise AssertionError(command)

    def state(self, agent: str) -> str:
        """The state of an agent, as his row has it."""
        return self.engine.state.agents[agent].state.value

    def states(self, *agents: str) -> list[str]:
        return [self.state(agent) for agent in agents]

    def participants(self, kind: str = "call") -> list[str]:
        """Who was recorded, segment after segment."""
        rows = {row.id: row for row in self.rows(Recording) if row.kind == kind}
        return [row.participants for row in rows.values()]

    def told_of(self, what: str) -> list[str]:
        """The details of this step in all stories."""
        return [row.detail for row in self.rows(CallEvent) if row.what == what]

    def audited(self) -> list[tuple[str, str, str]]:
        """Who did what at the seats, so far."""
        return [(row.who, row.what, row.detail) for row in self.rows(Audit)]

    def outcome(self, number: int = 1) -> Contact:
        """The row of the contact of this number as it is now."""
        return [row for row in self.rows(Contact) if row.id == f"0001-{number:06d}"][-1]


def mix(**ears: str) -> str:
    """`mix(a="1001", _1001="a")`: the line that says whose ears change."""
    return "mix " + "; ".join(f"{leg.removeprefix('_')}: {', '.join(sorted(heard.split())) or '-'}" for leg, heard in sorted(ears.items()))


def together(*names: str, but: tuple[str, ...] = ()) -> str:
    """Each of them hears all others; `but`: whose ears do not change."""
    ears = [f"{me}: {', '.join(sorted(set(names) - {me})) or '-'}" for me in sorted(names) if me not in but]
    return "mix " + "; ".join(ears)


def talking(agent: str = "1001", *others: str, plan: Plan | None = None) -> Story:
    """Caller `a` in conversation with an agent; the others are logged in, and in a pause unless the test makes them ready."""
    story = Story(plan).log_in(agent)
    story.calls("a") >> [f"call {agent}", "music to a"]
    story.alerts(agent)
    story.answers(agent) >> ["hush a", together("a", agent), f"record a | {agent}"]
    for other in others:
        story.asks(other, "log-in").asks(other, "not-ready")
    return story


def transfer_choice(text: str) -> Choice:
    return Choice.read(text)
