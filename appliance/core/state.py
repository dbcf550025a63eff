"""Everything one engine knows, and the few verbs all its parts use: emit, persist, wall."""

from attrs import define, field

from appliance.core.actions import Action
from appliance.core.admission.book import CallerBook
from appliance.core.agents.agent import Agent
from appliance.core.agents.kept import keep
from appliance.core.alarms import Flap, clear_alarm, raise_alarm
from appliance.core.contact import Contact
from appliance.core.leg import Leg, LegState
from appliance.core.plan import CallerPlan, Plan
from appliance.core.queues.waiting import Queue
from appliance.core.records import Alarm, Audit, CallEvent, Recording
from appliance.core.timers import Timer, Timers
from hal.api import Capability, Severity

__all__ = ["LineState", "State", "StationState"]


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
    auto_answer: bool = False
    registered: bool = False
    legs: list[str] = field(factory=list)
    agent: str = ""
    """Who is logged in here."""


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
    owners: dict[str, str] = field(factory=dict)
    """Station -> the agent of the plan whose own phone it is: of several the first."""
    roster: tuple[str, ...] = ()
    """The agents of the plan in its order; an agent's `index` is his place here."""
    queues: dict[str, Queue] = field(factory=dict)
    stations: dict[str, StationState] = field(factory=dict)
    lines: dict[str, LineState] = field(factory=dict)
    alarms: dict[str, Alarm] = field(factory=dict)
    """Alarms not yet cleared, by source."""
    passing: dict[str, Timer] = field(factory=dict)
    """When the alarms that pass clear themselves, by source."""
    flaps: dict[str, Flap] = field(factory=dict)
    """The alarms that flap, by source."""
    raised: dict[str, list[tuple[float, str]]] = field(factory=dict)
    """When alarms were raised lately, and how severe, by source."""
    raised_swept_at: int = 256
    """Those that are not of late are forgotten when there are so many."""
    settling: list[str] = field(factory=list)
    """Lines that have opened and whose calls of the last run are not settled: none of their phones is rung yet."""
    book: CallerBook = field(factory=CallerBook)
    """What is known of callers' numbers."""
    refusals: dict[str, float] = field(factory=dict)
    """When a refused log-in was last noted, by station and address."""
    tokens: dict[int, str] = field(factory=dict)
    """Outstanding Persist and CheckPin tokens -> contact."""
    recordings: dict[str, tuple[str, Recording]] = field(factory=dict)
    """Recordings going on or being closed, by ID: the line, and the row as it was written."""
    left_recordings: dict[str, Recording] = field(factory=dict)
    """Recordings of the last run whose contact is not here any more, by ID."""
    last_agents: dict[str, str] = field(factory=dict)
    """Caller's number -> the agent who served him last, the newest last; for sticky agents."""
    keyed: dict[str, str] = field(factory=dict)
    """Leg of an agent -> keys of a code that is not complete yet."""
    handing_over: bool = False
    """An agent takes the phone of another just now: nobody overflows for want of agents."""
    hours_timer: Timer | None = None
    """When groups that count by the hour are looked at again."""
    wrong_pins: dict[str, list[float]] = field(factory=dict)
    """When wrong PINs were keyed lately, by `station:8001` and `agent:1001`."""
    tickets: int = 0
    draining: bool = False
    """No new calls."""
    secret: str = ""
    """Nobody outside knows it: check codes are made of it."""
    cutting: bool = False
    """Everybody is being released."""
    sequence: int = 0
    contact_count: int = 0

    def next_number(self) -> int:
        """The next of one sequence that orders and names everything made in this run."""
        self.sequence += 1
        return self.sequence

    def new_leg(self, contact: Contact, line: str, party: str, purpose: str, *, station: str = "", agent: str = "") -> Leg:
        """A leg that the core calls for a contact; its name says whose it is, also to the next run of the core."""
        id_ = f"{contact.id}/{self.boot}.{self.next_number()}"
        leg = self.legs[id_] = Leg(id_, line, LegState.DIALLING, party, contact.id, self.now, station, agent, purpose)
        return leg

    def beside(self, contact: Contact) -> str:
        """A leg that a new leg of this contact will hear: the customer's, or of whoever is there; empty: nobody is."""
        there = self.legs.get(contact.leg)
        if there is not None and there.state is LegState.UP:
            return there.id
        return next((party.leg for party in contact.parties.values() if party.up), "")

    def wall(self) -> float:
        """The time of day, in seconds since the epoch, UTC."""
        return self.now + self.wall_offset

    def known(self, ani: str) -> CallerPlan | None:
        """What is known of a caller now: by the site, and by what operators have listed."""
        return self.book.caller(ani, self.wall())

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

    def ask_help(self, agent: Agent, why: str) -> None:
        """An agent asks for a supervisor: shown to all of them until it is taken back, or his call is over, or he has gone."""
        agent.help_asked, agent.help_why = self.now, why
        keep(self, agent)
        text = f"agent {agent.id} {agent.plan.name} asks for help{': ' if why else ''}{why}"
        self.raise_alarm(Severity.BLUE, f"help:agent:{agent.id}", text, "listen in")

    def help_over(self, agent: Agent) -> None:
        """He needs no help any more."""
        if agent.help_asked is not None:
            agent.help_asked, agent.help_why = None, ""
            keep(self, agent)
            self.clear_alarm(f"help:agent:{agent.id}")

    def raise_alarm(self, severity: Severity, source: str, text: str, advice: str = "") -> None:
        """Raise an alarm, once per source until it is cleared; one that comes and goes all the time is one that flaps."""
        raise_alarm(self, severity, source, text, advice)

    def raise_passing_alarm(self, severity: Severity, source: str, text: str, advice: str, lasts_s: float) -> None:
        """Raise an alarm about something that happened and is over: it clears itself after a while."""
        self.raise_alarm(severity, source, text, advice)
        if (running := self.passing.get(source)) is not None:
            running.cancel()
        self.passing[source] = self.timers.set(self.now + lasts_s, lambda: self.clear_alarm(source))

    def clear_alarm(self, source: str) -> None:
        """Clear the alarm of this source, if there is one; one that flaps stands until it has settled."""
        clear_alarm(self, source)
