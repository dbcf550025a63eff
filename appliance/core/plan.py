"""The plan of a centre: what the core is told once and again whenever it changes.

Plain values, no file format: `appliance.site` fills them from `site.toml` and is the place that knows files, lines and languages' text.
Durations are seconds. Names refer to each other by string; `check` says what does not fit, so that a wrong plan is refused whole.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo

from attrs import field

from hal.api import value

__all__ = [
    "AgentPlan",
    "Choice",
    "FlowPlan",
    "HoursPlan",
    "NumberPlan",
    "Overflow",
    "Plan",
    "Prompt",
    "QueuePlan",
    "ServiceLevel",
    "Slot",
    "StationPlan",
]

Prompt = Mapping[str, tuple[str, ...]]
"""What is played, by language code: the files in order."""


@value
class Slot:
    """Opening time within one day, in the centre's own time; `closes` is the first moment after it."""

    opens: time
    closes: time


@value
class HoursPlan:
    """When a number or flow is served by people."""

    week: tuple[tuple[Slot, ...], ...]
    """Seven days, Monday first; a day's slots in order."""
    zone: tzinfo = UTC
    closed_on: frozenset[date] = frozenset()
    """Holidays and one-off closures; they win over the week."""

    def is_open(self, wall_s: float) -> bool:
        """Whether the centre is open at a moment in seconds since the epoch (UTC)."""
        local = datetime.fromtimestamp(wall_s, self.zone)
        if local.date() in self.closed_on:
            return False
        now = local.time()
        return any(slot.opens <= now and (now < slot.closes or slot.closes == time.min) for slot in self.week[local.weekday()])


@value
class Choice:
    """Where a key of a menu, or an overflow, leads: `queue`, `flow` (`name` is which one), `voicemail`, `release`."""

    verb: str
    name: str = ""

    def __str__(self) -> str:
        """`queue:consult`, or the verb alone, as a site file writes it."""
        return f"{self.verb}:{self.name}" if self.name else self.verb


@value
class FlowPlan:
    """One service: greeting, choice of language, menu, and what happens out of hours."""

    welcome: Prompt | None = None
    """Played after the answer, in the first language unless a language was chosen."""
    language_menu: Prompt | None = None
    languages: Mapping[str, str] = field(factory=dict)
    """Key -> language code."""
    menu: Prompt | None = None
    choices: Mapping[str, Choice] = field(factory=dict)
    """Key -> where it leads."""
    wait_s: float = 6.0
    """Silence after the menu before it is said again."""
    retries: int = 2
    """How often the menu is said again before `otherwise`."""
    otherwise: Choice = Choice("release")
    sorry: Prompt | None = None
    """Played for a key that leads nowhere."""
    hours: str = ""
    """Name of the hours this flow is open in; empty: always."""
    closed: Prompt | None = None
    closed_then: Choice = Choice("voicemail")
    goodbye: Prompt | None = None


@value
class NumberPlan:
    """A service number: what serves a call to it."""

    to: Choice
    """`flow:NAME`, or `queue:NAME` for a number without self service."""
    language: str = ""
    """Language until the caller chooses; empty: the centre's first."""


@value
class ServiceLevel:
    """The share of contacts to be answered within a time."""

    within_s: float = 20.0
    target: float = 0.8


@value
class Overflow:
    """When a contact leaves a queue unserved: `nobody logged in`, or `wait` longer than `after_s`."""

    when: str
    to: Choice
    after_s: float = 0.0


@value
class QueuePlan:
    """A queue: whom it is served by, how an agent is rung, what the caller hears meanwhile."""

    label: str = ""
    """Shown to the agent when it rings."""
    strategy: str = "longest-idle"
    ring_s: float = 15.0
    """How long an agent's phone rings before the next agent's does."""
    wrap_up_s: float = 0.0
    service_level: ServiceLevel = ServiceLevel()
    music: Prompt | None = None
    overflow: tuple[Overflow, ...] = ()


@value
class StationPlan:
    """A phone: on which line it is reached."""

    line: str


@value
class AgentPlan:
    """A person who serves contacts."""

    name: str
    station: str
    """The phone this agent has unless another is given at log-in."""
    groups: Mapping[str, int] = field(factory=dict)
    """Queue -> rank: 1 is served, and is rung, before 2."""


@value
class Plan:
    """All of a centre that the core decides with."""

    name: str = "hotline"
    languages: tuple[str, ...] = ("zh", "en")
    numbers: Mapping[str, NumberPlan] = field(factory=dict)
    flows: Mapping[str, FlowPlan] = field(factory=dict)
    hours: Mapping[str, HoursPlan] = field(factory=dict)
    queues: Mapping[str, QueuePlan] = field(factory=dict)
    stations: Mapping[str, StationPlan] = field(factory=dict)
    agents: Mapping[str, AgentPlan] = field(factory=dict)
    prompts: Mapping[str, Prompt] = field(factory=dict)
    """The appliance's own words: `message`, `message-thanks`, `call-back`, `beep`, `logged-in`, `refused` ..."""
    record_calls: bool = True
    recordings_dir: str = "recordings"
    message_max_s: float = 180.0
    message_min_s: float = 1.0
    """A shorter recording is a caller who hung up, not a message."""

    def problems(self) -> list[str]:
        """What in this plan refers to something that is not there; empty: the plan is sound."""
        found: list[str] = []
        if not self.languages:
            found.append("languages: there must be at least one")
        found += [
            f"hours.{name}: a week has seven days, not {len(hours.week)}" for name, hours in self.hours.items() if len(hours.week) != 7
        ]

        def leads(where: str, to: Choice) -> None:
            known: Mapping[str, object] | None = {"queue": self.queues, "flow": self.flows}.get(to.verb)
            if to.verb not in {"queue", "flow", "voicemail", "release"}:
                found.append(f"{where}: '{to}' is not one of queue:NAME, flow:NAME, voicemail, release")
            elif known is not None and to.name not in known:
                found.append(f"{where}: there is no {to.verb} '{to.name}'; there are: {', '.join(known) or 'none'}")

        for number, plan in self.numbers.items():
            leads(f"numbers.{number}", plan.to)
        for name, flow in self.flows.items():
            for key, choice in flow.choices.items():
                leads(f"flows.{name}.choices.{key}", choice)
            leads(f"flows.{name}.otherwise", flow.otherwise)
            leads(f"flows.{name}.closed_then", flow.closed_then)
            if flow.hours and flow.hours not in self.hours:
                found.append(f"flows.{name}.hours: there are no hours '{flow.hours}'; there are: {', '.join(self.hours) or 'none'}")
        for name, queue in self.queues.items():
            for overflow in queue.overflow:
                if overflow.when == "wait" and overflow.after_s < 1.0:
                    found.append(f"queues.{name}.overflow: 'wait > {overflow.after_s:g}' must be 1 s at least")
                leads(f"queues.{name}.overflow", overflow.to)
        for agent, person in self.agents.items():
            if person.station not in self.stations:
                found.append(f"agents.{agent}.station: there is no station '{person.station}'")
            found += [f"agents.{agent}.groups: there is no queue '{group}'" for group in person.groups if group not in self.queues]
        return found
