"""A scenario: the file that says who calls a centre, when, how patient they are, who works there, what breaks, and what is promised.

`load_scenario` gives a `Scenario` and the `Site` it names, checked against each other, or `ConfigError` with every mistake and its line.
Nothing is drawn here: see `sim.draws`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date
from pathlib import Path

from appliance.config import ConfigError, Document, Duration, Span, Wrong, nearest, replaced, setting, table
from appliance.site import Site
from appliance.site.model import site_of
from sim.arrivals import Arrivals
from sim.calendar import Calendar, seconds
from sim.changes import Change, changed, named
from sim.faults import Fault, Moment, RandomFaults
from sim.habits import Callers, Redial
from sim.outside import CannedAccounts, CannedQuery
from sim.rosters import Agents, Shift, Who
from sim.trace import Trace, mistakes_in
from sim.trunks import Trunk
from sim.unfit import unfit
from sim.verdict.targets import Targets
from sim.written import Written

__all__ = ["Agents", "Arrivals", "Callers", "Delays", "Redial", "Scenario", "Shift", "Who", "load_scenario", "scenario_of"]

_A_MONDAY = date(2026, 3, 2)


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
    days: int = setting(default=1, ge=1, le=366, doc="So many days from that one on, each with these hours.")
    warm_up: Duration = setting(default=Duration(0), doc="First part of the hours that is simulated but not measured.")
    arrivals: Mapping[str, Arrivals] = setting(
        factory=dict, keys=r"[0-9*#+]{1,20}", expects="a service number", doc="Calls by service number."
    )
    lines: Mapping[str, Trunk] = setting(factory=dict, doc="Lines that are otherwise than at the site: channels, set-up, glare.")
    trace: Trace | None = setting(default=None, doc="Recorded calls from a CSV file.")
    written: Mapping[str, Written] = setting(factory=dict, doc="Mails, messages, chats by a name. Only in virtual time.")
    callers: Callers = setting(factory=Callers, doc="How callers behave.")
    agents: Agents = setting(factory=Agents, doc="Who works, and how agents behave.")
    delays: Delays = setting(factory=Delays, doc="Times that simulated lines and prompts take.")
    gateways: Mapping[str, Mapping[str, CannedQuery]] = setting(factory=dict, doc="What business gateways answer: gateway, query.")
    accounts: Mapping[str, CannedAccounts] = setting(factory=dict, doc="What comes of checks of accounts and PINs.")
    faults: tuple[Fault, ...] = setting(default=(), doc="What breaks, and when.")
    random_faults: RandomFaults | None = setting(default=None, doc="What breaks by chance.")
    targets: Targets = setting(factory=Targets, doc="What is promised.")

    @property
    def length_s(self) -> float:
        """How long callers call: from the beginning of the first day's hours to the end of the last day's."""
        return (self.days - 1) * 86400.0 + self.hours.end_s - self.hours.begin_s

    @property
    def start_s(self) -> float:
        """Second of the day at which the simulation begins: with the hours, or when the first agent logs in before."""
        early = [seconds(shift.from_) for shift in self.agents.roster if shift.from_ is not None]
        return min([self.hours.begin_s, *early])

    @property
    def opens_s(self) -> float:
        """When callers begin to call, in seconds of the simulation."""
        return self.hours.begin_s - self.start_s

    def wall(self, site: Site) -> float:
        """The beginning of the simulation in seconds since the epoch."""
        return Calendar.of(self.day, self.days, self.start_s, site).begin

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together within the scenario."""
        if not self.arrivals and self.trace is None:
            yield Wrong("nobody calls", "write for example 95500 = { per_hour = 60 } under [arrivals], or [trace]", ("arrivals",))
        if self.warm_up >= self.length_s:
            yield Wrong("nothing is left to measure after the warm-up", "make it shorter than the hours", ("warm_up",))
        for wrong in self.targets.outside(self.hours):
            yield Wrong(wrong.text, wrong.remedy, ("targets", *wrong.path))
        calendar = Calendar(self.day, self.days, UTC, self.start_s)
        for number, arrivals in self.arrivals.items():
            if arrivals.by_chance and not any(rate for day in range(self.days) for _, _, rate in arrivals.rates(calendar, self.hours, day)):
                yield Wrong(f"nobody calls {number} within {self.hours}", "give a rate for these hours", ("arrivals", number, "per_hour"))
            for place, burst in enumerate(arrivals.bursts):
                if burst.day > self.days:
                    path = ("arrivals", number, "bursts", place, "day")
                    yield Wrong(f"the run has no day {burst.day}", "write days = ... for a longer one", path)
        for place, fault in enumerate(self.faults):
            at, day = fault.details.at, fault.details.day
            if day > self.days:
                yield Wrong(f"the run has no day {day}", "write days = ... for a longer one", ("faults", place, "day"))
            elif day == 1 and at < self.start_s:
                begin = Moment(self.start_s)
                yield Wrong(f"the run begins at {begin}", "name a later time", ("faults", place, "at"))
            elif day == self.days and at >= self.hours.end_s:
                yield Wrong(f"nobody calls any more: the hours are {self.hours}", "name an earlier time", ("faults", place, "at"))
        yield from self._wrong_shifts()

    def _wrong_shifts(self) -> Iterator[Wrong]:
        calendar = Calendar(self.day, self.days, UTC, self.start_s)
        seen: dict[str, list[Shift]] = {}
        for number, shift in enumerate(self.agents.roster):
            path = ("agents", "roster", number)
            others = [(agent, other) for agent in shift.who.agents for other in seen.get(agent, ())]
            if twice := next((agent for agent, other in others if calendar.meet(shift.on, other.on)), ""):
                yield Wrong(f"agent {twice} is in two shifts", "one shift a day for each agent, with breaks", (*path, "who"))
            for agent in set(shift.who.agents):
                seen.setdefault(agent, []).append(shift)
            begin = seconds(shift.from_) if shift.from_ is not None else self.hours.begin_s
            if shift.to is not None and (seconds(shift.to) or 86400.0) <= begin and (self.days == 1 or not shift.overnight):
                remedy = "with days = 2 or more it may end on the day after" if shift.overnight else ""
                yield Wrong("the shift ends before it begins", remedy, (*path, "to"))
            if not calendar.may_hold(shift.on):
                yield Wrong("the shift is on no day of the run", f"it has {self.days} from {self.day} on", (*path, "on"))


def load_scenario(path: Path | str, site: Path | None = None, changes: Sequence[Change] = ()) -> tuple[Scenario, Site]:
    """The scenario in a file and its site, or another `site` file, with some `changes` to either.

    Raises:
        ConfigError: with everything that is wrong.

    """
    return scenario_of(Document.read(path), Path(path).parent, site, changes)


def scenario_of(document: Document, folder: Path, site_file: Path | None = None, changes: Sequence[Change] = ()) -> tuple[Scenario, Site]:
    """The scenario in a document; its site is looked for in `folder`, unless another one is given."""
    try:
        return _scenario_of(changed(document, [each for each in changes if not each.of_site]), folder, site_file, changes)
    except ConfigError as error:
        raise ConfigError(named(error.mistakes, changes)) from None


def _scenario_of(document: Document, folder: Path, site_file: Path | None, changes: Sequence[Change]) -> tuple[Scenario, Site]:
    scenario = document.structure(Scenario)
    if site_file is not None:
        scenario = replaced(scenario, site=str(site_file))
    file = site_file or folder / scenario.site
    if not file.is_file():
        near = nearest(file.name, sorted(other.name for other in file.parent.glob("*.toml")) if file.parent.is_dir() else [])
        raise ConfigError([document.mistake(("site",), f"there is no file {file}", near)])
    site = site_of(changed(Document.read(file), [each for each in changes if each.of_site]), file.parent)
    mistakes = document.mistakes(unfit(scenario, site))
    if scenario.trace is not None:
        trace = replaced(scenario.trace, file=str(folder / scenario.trace.file))
        scenario = replaced(scenario, trace=trace)
        mistakes += mistakes_in(trace, Path(), site.centre.timezone, site.numbers)
    if mistakes:
        raise ConfigError(mistakes)
    return scenario, site
