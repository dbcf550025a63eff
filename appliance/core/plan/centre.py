"""All of a centre that the core decides with, and what in it does not fit together."""

from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import field

from appliance.core.plan.alarms import AlarmPlan
from appliance.core.plan.hours import HoursPlan
from appliance.core.plan.people import LEVELS, AgentPlan, CallerPlan, StationPlan
from appliance.core.plan.queues import Overflow, QueuePlan
from appliance.core.plan.screening import NumberingPlan, ScreeningPlan
from appliance.core.plan.service import Choice, NumberPlan, Prompt, QueryPlan
from appliance.core.plan.speech import SpeechPlan
from appliance.core.queues.skills import Needs
from hal.api import value

if TYPE_CHECKING:
    from appliance.core.program.nodes import Program

__all__ = ["Plan", "Script"]

Script: TypeAlias = Callable[[Any], Coroutine[Any, Any, Choice | None]]
"""Serves a `Call` and says where it goes; None: back to the flow that has called it."""

_ALONE = ("voicemail", "callback", "release")
_OVERFLOWS = ("nobody logged in", "all not ready", "wait", "expected wait", "length", "inside", "outside")


@value
class Plan:
    """All of a centre that the core decides with."""

    name: str = "hotline"
    languages: tuple[str, ...] = ("zh", "en")
    numbers: Mapping[str, NumberPlan] = field(factory=dict)
    programs: Mapping[str, "Program"] = field(factory=dict)
    """Call flows that are data."""
    scripts: Mapping[str, Script] = field(factory=dict, eq=False)
    """Call flows that are Python: `async def flow(call)`, see `appliance.site.python_flow`."""
    gives: Mapping[str, frozenset[str]] = field(factory=dict)
    """Script -> the variables that it sets on every way."""
    versions: Mapping[str, str] = field(factory=dict)
    """Script -> the version of its file, as `Program.version`."""
    parts: Mapping[str, Mapping[str, str]] = field(factory=dict)
    """Language -> part of assembled speech -> its file."""
    gateways: Mapping[str, frozenset[str]] = field(factory=dict)
    """Business gateway -> the queries it knows."""
    queries: Mapping[str, Mapping[str, QueryPlan]] = field(factory=dict)
    """Business gateway -> query -> what is known of it."""
    accounts: frozenset[str] = frozenset()
    """Accounts that can be checked."""
    zone: tzinfo = UTC
    hours: Mapping[str, HoursPlan] = field(factory=dict)
    queues: Mapping[str, QueuePlan] = field(factory=dict)
    stations: Mapping[str, StationPlan] = field(factory=dict)
    agents: Mapping[str, AgentPlan] = field(factory=dict)
    callers: Mapping[str, CallerPlan] = field(factory=dict)
    """Known callers by number, or by the beginning of numbers and a star."""
    numbering: NumberingPlan = NumberingPlan()
    """How callers' numbers are built."""
    screening: Mapping[str, ScreeningPlan] = field(factory=dict)
    """Service number -> who is let in; everybody who is not blocked where a number is not named."""
    directory: Mapping[str, str] = field(factory=dict)
    """Name or short number -> number outside: what agents call and transfer to."""
    reasons: Mapping[str, str] = field(factory=dict)
    """Not-ready reasons: code -> what it means; empty: any."""
    prompts: Mapping[str, Prompt] = field(factory=dict)
    """The appliance's own words: `message`, `message-thanks`, `call-back`, `beep`, `logged-in`, `refused` ..."""
    speech: SpeechPlan = SpeechPlan()
    """In which languages callers' words count beside keys."""
    alarms: AlarmPlan = AlarmPlan()
    """When alarms flap."""
    record_calls: bool = True
    recordings_dir: str = "recordings"
    message_max_s: float = 180.0
    message_min_s: float = 1.0
    """A shorter recording is a caller who hung up, not a message."""
    call_back_lost: bool = False
    """Whether a caller who waited or talked and was lost with a worker is called back."""
    seed: int = 1
    """Of the strategies that draw."""

    def problems(self) -> list[str]:
        """What in this plan refers to something that is not there; empty: the plan is sound."""
        return [*self._basics(), *self.numbering.problems(), *self._ways(), *self._queues(), *self._people()]

    def local_time(self, wall_s: float) -> datetime:
        """A moment in seconds since the epoch in the centre's time zone."""
        return datetime.fromtimestamp(wall_s, self.zone)

    def _basics(self) -> Iterator[str]:
        if not self.languages:
            yield "languages: there must be at least one"
        for name, hours in self.hours.items():
            if len(hours.week) != 7:
                yield f"hours.{name}: a week has seven days, not {len(hours.week)}"

    @property
    def entrances(self) -> tuple[str, ...]:
        """The flows that callers can be sent to: all but those that need something of the flow that calls them."""
        return (*(name for name, program in self.programs.items() if not program.needs), *self.scripts)

    def leads(self, where: str, to: Choice) -> Iterator[str]:
        """What is wrong with a way to somewhere; nothing: it leads there."""
        places: dict[str, Collection[str]] = {
            "queue": self.queues,
            "flow": self.entrances,
            "agent": self.agents,
            "station": self.stations,
            "announcement": self.prompts,
        }
        if to.verb not in places and to.verb not in _ALONE and not (to.verb == "number" and to.name):
            yield f"{where}: '{to}' is not one of {', '.join(f'{verb}:NAME' for verb in (*places, 'number'))}, {', '.join(_ALONE)}"
        elif to.verb in places and to.name not in places[to.verb]:
            yield f"{where}: there is no {to.verb} '{to.name}'; there are: {', '.join(places[to.verb]) or 'none'}"

    def _known_hours(self, where: str, name: str) -> Iterator[str]:
        if name and name not in self.hours:
            yield f"{where}: there are no hours '{name}'; there are: {', '.join(self.hours) or 'none'}"

    def _ways(self) -> Iterator[str]:
        for number, plan in self.numbers.items():
            yield from self.leads(f"numbers.{number}", plan.to)
        for number, screening in self.screening.items():
            for name in ("blocked", "withheld", "malformed", "spoofed", "unlisted"):
                treatment = getattr(screening, name)
                if treatment.what == "send":
                    yield from self.leads(f"numbers.{number}.screening.{name}", treatment.to)
        from appliance.core.program.analysis import Flows  # it is made of the plan's own words

        flows = Flows(self)
        for name, program in self.programs.items():
            for node, text in flows.mistakes(program):
                yield f"flows.{name}.{node}: {text}"

    def _queues(self) -> Iterator[str]:
        for name, queue in self.queues.items():
            for overflow in queue.overflow:
                yield from self._overflow(f"queues.{name}.overflow", overflow)
            for key, choice in queue.keys.items():
                yield from self.leads(f"queues.{name}.keys.{key}", choice)
            yield from _skills(f"queues.{name}.needs", queue.needs)
            before = 0.0
            for relax in queue.relax:
                yield from _skills(f"queues.{name}.relax", relax.needs)
                if relax.after_s <= before:
                    yield f"queues.{name}.relax: stages come in the order of after_s, each later than the one before"
                before = relax.after_s
            for rule in queue.number_rules:
                for agent in rule.agents:
                    if agent not in self.agents:
                        yield f"queues.{name}.number_rules: there is no agent '{agent}'"

    def _overflow(self, where: str, overflow: Overflow) -> Iterator[str]:
        if overflow.when not in _OVERFLOWS:
            yield f"{where}: '{overflow.when}' is not one of {', '.join(_OVERFLOWS)}"
        elif overflow.when in ("wait", "expected wait") and overflow.after_s < 1.0:
            yield f"{where}: '{overflow.when} > {overflow.after_s:g}' must be 1 s at least"
        elif overflow.when in ("inside", "outside"):
            yield from self._known_hours(where, overflow.hours)
        yield from self.leads(where, overflow.to)

    def _people(self) -> Iterator[str]:
        for id_, person in self.agents.items():
            if person.station not in self.stations:
                yield f"agents.{id_}.station: there is no station '{person.station}'"
            for group in person.groups:
                if group not in self.queues:
                    yield f"agents.{id_}.groups: there is no queue '{group}'"
                else:
                    yield from self._known_hours(f"agents.{id_}.groups", person.membership(group).hours)
            if person.level not in LEVELS:
                yield f"agents.{id_}.level: '{person.level}' is not one of {', '.join(LEVELS)}"
            for skill, level in person.skills.items():
                if not 1 <= level <= 100:
                    yield f"agents.{id_}.skills: {skill} = {level} is not between 1 and 100"
        for number, caller in self.callers.items():
            if caller.manager and caller.manager not in self.agents:
                yield f"callers.{number}.manager: there is no agent '{caller.manager}'"


def _skills(where: str, text: str) -> Iterator[str]:
    try:
        Needs.parse(text)
    except ValueError as wrong:
        yield f"{where}: {wrong}"
