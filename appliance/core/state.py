"""Everything one engine knows, and the few verbs all its parts use: emit, persist, wall."""

from bisect import bisect_left, insort

from attrs import define, field

from appliance.core.actions import Action, ShowAlarm
from appliance.core.agent import Agent
from appliance.core.contact import Contact
from appliance.core.leg import Leg
from appliance.core.plan import Plan, QueuePlan
from appliance.core.records import Alarm, Audit, CallEvent, Recording
from appliance.core.timers import Timer, Timers
from hal.api import Capability, Severity

__all__ = ["LineState", "Queue", "State", "StationState"]


@define(eq=False)
class LineState:
    """A line: open with its capabilities, or not (none)."""

    name: str
    capabilities: Capability


@define(eq=False)
class StationState:
    """A phone: whether it can be reached, and the leg it is busy with."""

    name: str
    line: str
    registered: bool = False
    legs: list[str] = field(factory=list)
    agent: str = ""
    """Who is logged in here."""


@define(eq=False)
class Queue:
    """A queue: the contacts that wait, in their order, and the agents who could serve one now, best first."""

    name: str
    plan: QueuePlan
    waiting: list[tuple[tuple[float, int], str]] = field(factory=list)
    """(place, contact ID), sorted."""
    idle: list[tuple[int, float, int, str]] = field(factory=list)
    """(rank, idle since, sequence, agent), sorted."""
    logged_in: int = 0

    def add_waiting(self, place: tuple[float, int], contact: str) -> None:
        """Put a contact at its place."""
        insort(self.waiting, (place, contact))

    def remove_waiting(self, place: tuple[float, int], contact: str) -> None:
        """Take a contact out."""
        index = bisect_left(self.waiting, (place, contact))
        if self.waiting[index] != (place, contact):
            raise KeyError(contact)
        del self.waiting[index]

    def add_idle(self, entry: tuple[int, float, int, str]) -> None:
        """Add an agent who can be offered a contact."""
        insort(self.idle, entry)

    def remove_idle(self, entry: tuple[int, float, int, str]) -> None:
        """Take an agent out."""
        index = bisect_left(self.idle, entry)
        if self.idle[index] != entry:
            raise KeyError(entry)
        del self.idle[index]


@define(eq=False)
class State:
    """The engine's memory. Parts change it only through the tables of leg, agent and contact."""

    plan: Plan
    now: float = 0.0
    """Seconds of the engine's own clock, which only counts."""
    wall_offset: float = 0.0
    """Wall clock (seconds since the epoch) minus `now`."""
    boot: int = 1
    out: list[Action] = field(factory=list)
    timers: Timers = field(factory=Timers)
    legs: dict[str, Leg] = field(factory=dict)
    contacts: dict[str, Contact] = field(factory=dict)
    agents: dict[str, Agent] = field(factory=dict)
    queues: dict[str, Queue] = field(factory=dict)
    stations: dict[str, StationState] = field(factory=dict)
    lines: dict[str, LineState] = field(factory=dict)
    alarms: dict[str, Alarm] = field(factory=dict)
    """Alarms not yet cleared, by source."""
    passing: dict[str, Timer] = field(factory=dict)
    """When the alarms that pass clear themselves, by source."""
    refusals: dict[str, float] = field(factory=dict)
    """When a refused log-in was last noted, by station and address."""
    tokens: dict[int, str] = field(factory=dict)
    """Outstanding Persist and CheckPin tokens -> contact."""
    recordings: dict[str, tuple[str, Recording]] = field(factory=dict)
    """Recordings going on or being closed, by ID: the line, and the row as it was written."""
    left_recordings: dict[str, Recording] = field(factory=dict)
    """Recordings of the last run whose contact is not here any more, by ID."""
    wrong_pins: dict[str, list[float]] = field(factory=dict)
    """When wrong PINs were keyed lately, by `station:8001` and `agent:1001`."""
    tickets: int = 0
    draining: bool = False
    """No new calls."""
    cutting: bool = False
    """Everybody is being released."""
    sequence: int = 0
    contact_count: int = 0

    def next_number(self) -> int:
        """The next of one sequence that orders and names everything made in this run."""
        self.sequence += 1
        return self.sequence

    def wall(self) -> float:
        """The time of day, in seconds since the epoch, UTC."""
        return self.now + self.wall_offset

    def at(self, moment: float | None) -> float | None:
        """A moment of the engine's clock as seconds since the epoch."""
        return None if moment is None else moment + self.wall_offset

    def tell(self, contact: Contact, what: str, detail: str = "") -> None:
        """Add a step to the contact's story."""
        if not contact.internal:
            self.out.append(CallEvent(contact.id, self.now + self.wall_offset, what, detail))

    def audit(self, who: str, what: str, detail: str = "") -> None:
        """Note who did what."""
        self.out.append(Audit(self.wall(), who, what, detail))

    def raise_alarm(self, severity: Severity, source: str, text: str, advice: str = "") -> None:
        """Raise an alarm, once per source until it is cleared."""
        if (old := self.alarms.get(source)) is not None and (old.text, old.severity) == (text, severity.value):
            return
        self.clear_alarm(source)
        alarm = Alarm(f"{self.boot}-{self.next_number()}", severity.value, source, text, advice, self.wall())
        self.alarms[source] = alarm
        self.out += (alarm, ShowAlarm(alarm))

    def raise_passing_alarm(self, severity: Severity, source: str, text: str, advice: str, lasts_s: float) -> None:
        """Raise an alarm about something that happened and is over: it clears itself after a while."""
        self.raise_alarm(severity, source, text, advice)
        if (running := self.passing.get(source)) is not None:
            running.cancel()
        self.passing[source] = self.timers.set(self.now + lasts_s, lambda: self.clear_alarm(source))

    def clear_alarm(self, source: str) -> None:
        """Clear the alarm of this source, if there is one."""
        if (running := self.passing.pop(source, None)) is not None:
            running.cancel()
        if (old := self.alarms.pop(source, None)) is not None:
            cleared = Alarm(old.id, old.severity, old.source, old.text, old.advice, old.raised_at, self.wall())
            self.out += (cleared, ShowAlarm(cleared))
