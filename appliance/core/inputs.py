"""What the core is told besides the events of lines."""

from collections.abc import Mapping

from attrs import field

from appliance.core.plan import Plan
from appliance.core.program.expressions import Value
from appliance.core.records import Agent, AgentState, Closure, Contact, Expectation, ListedCaller, Recording
from hal.api import Event, Severity, value

__all__ = [
    "AccountChecked",
    "AgentAsked",
    "CallersListed",
    "ClockSet",
    "Compare",
    "ContactCame",
    "ContactGone",
    "CutOff",
    "Drain",
    "GatewayAnswered",
    "Heal",
    "Input",
    "Noticed",
    "PinChecked",
    "PlanChanged",
    "Rendered",
    "Restored",
    "ServiceClosed",
    "Stored",
]


@value
class ClockSet:
    """`wall_s` (seconds since the epoch) is the time now; the engine's own clock only counts.

    Sent once at start and again whenever the machine's clock was moved: timers do not care, opening hours and records do.
    """

    wall_s: float


@value
class Stored:
    """The row persisted with this token is safe on disk; `error` says why it is not."""

    token: int
    error: str = ""


@value
class PinChecked:
    """The answer to `CheckPin`."""

    token: int
    right: bool


@value
class GatewayAnswered:
    """The answer to `AskGateway`: a record, a list of records, or None when it has nothing; `error` says why there is no answer."""

    token: int
    answer: Value = field(default=None, hash=False)
    error: str = ""


@value
class AccountChecked:
    """The answer to `CheckAccount`: `right`, `wrong` (no such account, or another PIN), `locked` (it, or the caller),
    `refused` (it is right, and the new PIN is none that can be set), or `trouble`: it cannot be found out."""

    token: int
    outcome: str


@value
class Rendered:
    """The answer to `Render`: the file to play; `error` says why there is none."""

    token: int
    file: str = ""
    error: str = ""


@value
class AgentAsked:
    """Somebody asks for something at an agent's seat: a state, or call control.

    What there is to ask for is in `appliance.core.talks.control`. With a token the core answers with `Replied`.
    """

    agent: str
    """Whom it concerns."""
    what: str
    """`log-in ready not-ready log-out`, `hold retrieve consult transfer conference ...`, `listen whisper barge ...`."""
    reason: str = ""
    station: str = ""
    by: str = ""
    """Who asks: another agent's number, who must be of a higher level; empty: the agent himself; any other name: the operator."""
    to: str = ""
    """Whom to call, where to, which keys, which data: what the request needs besides."""
    token: int = 0


@value
class ContactCame:
    """A contact of another medium than voice has reached the centre: `chat`, `mail`, `message` ... The core answers with `Replied`."""

    medium: str
    queue: str
    ani: str
    """The customer's address in that medium."""
    dnis: str = ""
    """The address he wrote to."""
    language: str = ""
    data: Mapping[str, str] = field(factory=dict)
    token: int = 0


@value
class ContactGone:
    """The customer of a contact of another medium has left it."""

    contact: str


@value
class CallersListed:
    """An operator lists callers, or takes them from the list. The core answers with `Replied`: all of them are listed, or none is."""

    entries: tuple[ListedCaller, ...]
    """`at` is filled in by the core."""
    source: str = ""
    """The file that they come from, for the audit trail; empty: each is noted by itself."""
    lasts_s: float = 0.0
    """How long from now on; 0: as each entry says."""
    token: int = 0


@value
class ServiceClosed:
    """An operator closes a service number, or all, or opens it again. The core answers with `Replied`."""

    closure: Closure
    """`at` is filled in by the core."""
    lasts_s: float = 0.0
    """How long from now on; 0: as the closure says."""
    token: int = 0


@value
class PlanChanged:
    """The site was changed while running: go on with this plan. The core was asked first whether it can be used (`Engine.refuses`)."""

    plan: Plan


@value
class Drain:
    """Take no new calls, let those going on end."""


@value
class CutOff:
    """The end has come: release everybody now, and offer nobody any more."""


@value
class Heal:
    """Look whether any invariant is broken, mend what is, and raise an alarm about it."""


@value
class Compare:
    """Ask the lines which legs and recordings they have, and make good what a lost message has left behind."""


@value
class Noticed:
    """Something outside the lines needs eyes (the store, the clock, a disk), or, with `cleared`, does not any more."""

    source: str
    severity: Severity
    text: str
    advice: str = ""
    cleared: bool = False
    lasts_s: float = 0.0
    """Something that happened and is over: the alarm clears itself after this; 0: it stands until it is cleared."""


@value
class Restored:
    """What the store remembers from before the start, sent before any line opens."""

    boot: int
    """How often this data directory was started; part of every ID made from now on."""
    tickets: int = 0
    """Number of the newest ticket."""
    states: Mapping[str, AgentState] = field(factory=dict)
    """Agent -> his state at the end of the last run."""
    contacts: tuple[Contact, ...] = ()
    """Contacts that had no outcome: served on if their line still has them, else lost."""
    recordings: tuple[Recording, ...] = ()
    """Recordings that were going on."""
    agents: Mapping[str, Agent] = field(factory=dict)
    """Agent -> what else was known of him, his seconds up to the end of the last run."""
    last_agents: Mapping[str, str] = field(factory=dict)
    """Caller -> the agent who served him last, for callers of late."""
    expectations: tuple[Expectation, ...] = ()
    """What the queues had learnt of their waits."""
    listed: tuple[ListedCaller, ...] = ()
    """Callers whom operators have listed."""
    closures: tuple[Closure, ...] = ()
    """Service numbers that operators have closed."""


_OfPeople = AgentAsked | CallersListed | ContactCame | ContactGone | ServiceClosed
_Answers = Stored | PinChecked | GatewayAnswered | AccountChecked | Rendered
_OfTheAppliance = ClockSet | Compare | PlanChanged | Drain | CutOff | Heal | Noticed | Restored
Input = Event | _OfPeople | _Answers | _OfTheAppliance
