"""A scenario: the file that says who calls a centre, when, how patient they are, who works there, what breaks, and what is promised.

`load_scenario` gives a `Scenario` and the `Site` it names, checked against each other, or `ConfigError` with every mistake and its line.
Nothing is drawn here: see `sim.draws`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, ClassVar

from attrs import frozen

from appliance.config import ConfigError, Document, Duration, Span, Wrong, nearest, setting, table
from appliance.site import Site, load_site
from sim.answering import ANSWER, QUESTION
from sim.distributions import Distribution, Exponential, Uniform
from sim.faults import Fault, LineLost, StationDead, WorkerCrash
from sim.outside import CannedAccounts, CannedQuery, misfits
from sim.verdict.targets import KINDS, Target

__all__ = ["Agents", "Arrivals", "Callers", "Delays", "Redial", "Scenario", "Shift", "Who", "load_scenario", "scenario_of"]

_A_MONDAY = date(2026, 3, 2)


@frozen
class Who:
    """Agents by number: `1001`, `1001-1015`, `1001-1004, 1010`."""

    expects: ClassVar[str] = "agents' numbers such as '1001-1015' or '1001, 1004-1006'"
    pattern: ClassVar[str] = r"\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*"

    text: str
    agents: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Who":
        """Read it; ValueError when it is no list of numbers, or a range runs backwards."""
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f"'{text}' is not {cls.expects}")
        agents: list[str] = []
        for part in text.split(","):
            first, _, last = (piece.strip() for piece in part.partition("-"))
            if last and (len(last) != len(first) or int(last) < int(first)):
                raise ValueError(f"'{part.strip()}' is not a range: give two numbers of equal length, the smaller one first")
            agents += [f"{number:0{len(first)}d}" for number in range(int(first), int(last or first) + 1)]
        return cls(text, tuple(agents))

    def __str__(self) -> str:
        """As it is written."""
        return self.text


@table
class Arrivals:
    """Calls to one service number."""

    per_hour: float | Mapping[time, float] = setting(
        default=0.0,
        ge=0,
        le=1_000_000,
        doc='Calls an hour by chance (Poisson): one rate, or rates from times of day on, { "09:00" = 220 }.',
    )
    every: Duration | None = setting(default=None, doc="Calls at equal distances instead of by chance.")
    calls: int | None = setting(
        default=None,
        ge=1,
        le=10_000_000,
        doc="Exactly so many calls, by chance over the hours and in proportion to per_hour if that is given.",
    )
    line: str = setting(default="", doc="The line they come in on; without it the site's first.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.every is not None and (self.per_hour or self.calls):
            yield Wrong("'every' stands alone: it leaves nothing to chance", "leave out per_hour and calls, or every", ("every",))
        if self.every is not None and self.every <= 0:
            yield Wrong("calls need some time between them", "", ("every",))
        if self.every is None and not self.per_hour and self.calls is None:
            yield Wrong("nobody would call", "write per_hour, every or calls")

    def rates(self, hours: Span) -> list[tuple[float, float, float]]:
        """(from, until, calls per second) within the hours; times are seconds from their beginning."""
        length = hours.end_s - hours.begin_s
        if not isinstance(self.per_hour, Mapping):
            rate = self.per_hour / 3600 if self.per_hour else (self.calls or 0) / length
            return [(0.0, length, rate)]
        steps = sorted((_seconds(at) - hours.begin_s, rate / 3600) for at, rate in self.per_hour.items())
        found = []
        for (begin, rate), end in zip(steps, [step[0] for step in steps[1:]] + [length], strict=True):
            if min(end, length) > max(begin, 0.0):
                found.append((max(begin, 0.0), min(end, length), rate))
        return found


def _seconds(at: time) -> float:
    return at.hour * 3600.0 + at.minute * 60.0


@table
class Redial:
    """Calling again after giving up or being refused."""

    chance: float = setting(ge=0, le=1, doc="How likely it is, each time.")
    after: Distribution = setting(doc="How much later.")


@table
class Callers:
    """How callers behave."""

    patience: Distribution | None = setting(default=None, doc="How long they wait for an agent before they hang up; without it: for ever.")
    presses: Mapping[str, float] = setting(
        factory=dict, gt=0, le=1, keys=r"[0-9*#]( [0-9*#])*", expects="keys with spaces between them, one for each menu, such as '2 4'",
        doc='The keys they press, and which share of them does: { "1" = 0.7, "2 4" = 0.3 }. Without it they press nothing.',
    )  # fmt: skip
    answers: Mapping[str, Mapping[str, float]] = setting(
        factory=dict, keys=QUESTION, expects="a question of a call flow, FLOW.NODE or FLOW.NODE.confirm", gt=0, le=1,
        doc="What they do where a call flow asks, and which share of them: keys, with `{caller}` for their own number, `silence` or "
        '`hang up`: { "hotline.menu" = { "1" = 0.8, "0" = 0.2 } }. Only in virtual time.',
    )  # fmt: skip
    presses_after: Distribution = setting(factory=lambda: Uniform(min_s=1.0, max_s=3.0), doc="How far into a menu they press.")
    talk: Distribution = setting(factory=lambda: Exponential(mean_s=180.0), doc="How long they talk with an agent.")
    hangs_up: float = setting(default=0.7, ge=0, le=1, doc="Share of talks that the caller ends; the agent ends the others.")
    message: Distribution = setting(factory=lambda: Uniform(min_s=8.0, max_s=40.0), doc="How long a message they leave after the tone.")
    redial: Redial | None = setting(default=None, doc="Whether they call again after giving up or being refused.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.presses and abs(sum(self.presses.values()) - 1) > 1e-6:
            yield Wrong(f"the shares add up to {sum(self.presses.values()):g}, not to 1", "", ("presses",))
        if self.presses and self.answers:
            yield Wrong("'presses' and 'answers' exclude each other", "leave out one of them", ("presses",))
        for question, answers in self.answers.items():
            if abs(sum(answers.values()) - 1) > 1e-6:
                yield Wrong(f"the shares add up to {sum(answers.values()):g}, not to 1", "", ("answers", question))
            for answer in answers:
                if not re.fullmatch(ANSWER, answer):
                    yield Wrong(f"'{answer}' is no answer", "it is keys, 'silence' or 'hang up'", ("answers", question, answer))


@table
class Shift:
    """Agents who work at the same times."""

    who: Who = setting(doc="The agents.")
    from_: time | None = setting(key="from", default=None, doc="When they log in; without it when the hours begin.")
    to: time | None = setting(default=None, doc="When they log out; without it after the last call.")
    breaks: tuple[Span, ...] = setting(default=(), doc="When they are not ready.")


@table
class Agents:
    """Who works, and how agents behave. Wrap-up and ringing are the site's."""

    roster: tuple[Shift, ...] = setting(default=(), doc="Who works when.")
    answers_after: Distribution = setting(
        factory=lambda: Uniform(min_s=2.0, max_s=6.0), doc="How long the phone rings before an agent picks up."
    )


@table
class Delays:
    """Times that simulated lines and prompts take, by default about those of SIP on one machine; live they are what they are."""

    set_up: Duration = setting(default=Duration(0.005), doc="From dialling until the called side knows.")
    answer: Duration = setting(default=Duration(0.002), doc="From the answer until it has reached the caller.")
    prompt_start: Duration = setting(default=Duration(0.03), doc="From the command to play until it sounds.")
    spoken: bool = setting(default=True, doc="Prompts last as long as it takes to say them; false: no time at all.")
    stored: Duration = setting(default=Duration(0.005), doc="Until a row is safe in the store.")


@table
class Scenario:
    """One load on one centre, and what is promised under it."""

    scenario: str = setting(pattern=r".*\S.*", expects="a title", doc="Its title.")
    site: str = setting(doc="The centre: a site file, relative to this file.")
    hours: Span = setting(doc="When callers call.")
    day: date = setting(key="date", default=_A_MONDAY, doc="The day, for opening hours and holidays.")
    warm_up: Duration = setting(default=Duration(0), doc="First part of the hours that is simulated but not measured.")
    arrivals: Mapping[str, Arrivals] = setting(keys=r"[0-9*#+]{1,20}", expects="a service number", doc="Calls by service number.")
    callers: Callers = setting(factory=Callers, doc="How callers behave.")
    agents: Agents = setting(factory=Agents, doc="Who works, and how agents behave.")
    delays: Delays = setting(factory=Delays, doc="Times that simulated lines and prompts take.")
    gateways: Mapping[str, Mapping[str, CannedQuery]] = setting(factory=dict, doc="What business gateways answer: gateway, query.")
    accounts: Mapping[str, CannedAccounts] = setting(factory=dict, doc="What comes of checks of accounts and PINs.")
    faults: tuple[Fault, ...] = setting(default=(), doc="What breaks, and when.")
    targets: Mapping[str, Target] = setting(factory=dict, doc="What is promised.")

    @property
    def length_s(self) -> float:
        """How long callers call."""
        return self.hours.end_s - self.hours.begin_s

    @property
    def start_s(self) -> float:
        """Second of the day at which the simulation begins: with the hours, or when the first agent logs in before."""
        early = [_seconds(shift.from_) for shift in self.agents.roster if shift.from_ is not None]
        return min([self.hours.begin_s, *early])

    def at(self, moment: time) -> float:
        """A time of day in seconds of the simulation."""
        return _seconds(moment) - self.start_s

    @property
    def opens_s(self) -> float:
        """When callers begin to call, in seconds of the simulation."""
        return self.hours.begin_s - self.start_s

    def wall(self, site: Site) -> float:
        """The beginning of the simulation in seconds since the epoch."""
        midnight = datetime.combine(self.day, time.min, site.centre.timezone)
        return (midnight + timedelta(seconds=self.start_s)).timestamp()

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together within the scenario."""
        if not self.arrivals:
            yield Wrong("nobody calls", "write for example 95500 = { per_hour = 60 } under [arrivals]", ("arrivals",))
        if self.warm_up >= self.length_s:
            yield Wrong("nothing is left to measure after the warm-up", "make it shorter than the hours", ("warm_up",))
        for name, target in self.targets.items():
            yield from self._wrong_target(name, target)
        for number, arrivals in self.arrivals.items():
            if arrivals.every is None and not any(rate for _, _, rate in arrivals.rates(self.hours)):
                yield Wrong(f"nobody calls {number} within {self.hours}", "give a rate for these hours", ("arrivals", number, "per_hour"))
        yield from self._wrong_shifts()

    def _wrong_target(self, name: str, target: Target) -> Iterator[Wrong]:
        if name not in KINDS:
            yield Wrong(f"there is no target '{name}'", nearest(name, KINDS), ("targets", name))
            return
        kind = KINDS[name][0]
        if target.kind != kind:
            unit = {"share": "a share in %", "time": "a time in ms, s or min", "count": "a plain number"}[kind]
            yield Wrong(f"'{name}' is {unit}, not '{target}'", "", ("targets", name))
        if (target.within_s is not None) is not (name == "service_level"):
            remedy = "write for example '>= 80 % within 20 s'" if name == "service_level" else "leave out 'within ...'"
            yield Wrong(f"'{target}' does not fit '{name}'", remedy, ("targets", name))

    def _wrong_shifts(self) -> Iterator[Wrong]:
        seen: set[str] = set()
        for number, shift in enumerate(self.agents.roster):
            if twice := sorted(seen.intersection(shift.who.agents)):
                yield Wrong(
                    f"agent {twice[0]} is in two shifts", "one shift for each agent, with breaks", ("agents", "roster", number, "who")
                )
            seen.update(shift.who.agents)
            begin = _seconds(shift.from_) if shift.from_ is not None else self.hours.begin_s
            if shift.to is not None and (_seconds(shift.to) or 86400.0) <= begin:
                yield Wrong("the shift ends before it begins", "", ("agents", "roster", number, "to"))


def load_scenario(path: Path | str) -> tuple[Scenario, Site]:
    """The scenario in a file and its site; `ConfigError` with everything that is wrong in either."""
    return scenario_of(Document.read(path), Path(path).parent)


def scenario_of(document: Document, folder: Path) -> tuple[Scenario, Site]:
    """The scenario in a document; its site is looked for in `folder`."""
    scenario = document.structure(Scenario)
    file = folder / scenario.site
    if not file.is_file():
        near = nearest(file.name, sorted(other.name for other in file.parent.glob("*.toml")) if file.parent.is_dir() else [])
        raise ConfigError([document.mistake(("site",), f"there is no file {file}", near)])
    site = load_site(file)
    if mistakes := document.mistakes(_unfit(scenario, site)):
        raise ConfigError(mistakes)
    return scenario, site


def _unfit(scenario: Scenario, site: Site) -> Iterator[Wrong]:
    """What in the scenario refers to something that the site does not have."""

    def there(kind: str, name: str, known: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Wrong]:
        if name not in known:
            yield Wrong(f"the site has no {kind} '{name}'", nearest(name, known), path)

    for number, arrivals in scenario.arrivals.items():
        yield from there("number", number, site.numbers, ("arrivals", number))
        if arrivals.line:
            yield from there("line", arrivals.line, site.lines, ("arrivals", number, "line"))
    programs = site.plan(lambda piece: piece.name).programs if scenario.callers.answers else {}
    for question in scenario.callers.answers:
        flow, node, *_ = question.split(".")
        path = ("callers", "answers", question)
        yield from there("call flow", flow, programs, path)
        if flow in programs and node not in programs[flow].nodes:
            yield Wrong(f"the flow '{flow}' has no node '{node}'", nearest(node, programs[flow].nodes), path)
    for position, shift in enumerate(scenario.agents.roster):
        for agent in shift.who.agents:
            yield from there("agent", agent, site.agents, ("agents", "roster", position, "who"))
    yield from misfits(scenario.gateways, scenario.accounts, site)
    for position, fault in enumerate(scenario.faults):
        match fault.details:
            case StationDead(station=station):
                yield from there("station", station, site.stations, ("faults", position, "station"))
            case WorkerCrash(line=line) | LineLost(line=line):
                yield from there("line", line, site.lines, ("faults", position, "line"))
