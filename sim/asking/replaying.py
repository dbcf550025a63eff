"""Yesterday again: a day of a centre's own records as a scenario, and what was recorded of it beside what the simulation makes of it.

The calls come as they were recorded, with the keys that were pressed and the talks that were had. Who gave up is as patient as he was; who
was served waits longer than that, by the patience that fits the day (`sim.fit`). Agents are there when they were logged in, with breaks
where they were not ready. What nobody recorded is drawn: how patient the others were, how long it rang.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from os.path import relpath
from pathlib import Path
from statistics import quantiles
from typing import Any

from attrs import evolve

from appliance.config import Document, Span, dumps
from appliance.config.structuring import structure
from appliance.config.writing import plain
from appliance.core.records import AgentState, Contact
from appliance.site import Site
from appliance.store import Reader
from hal.api import HalError, value
from sim.asking.probing import clock_of
from sim.calendar import Calendar
from sim.changes import Change
from sim.faults.clocks import Clocks
from sim.fit.fitted import fitted, tables
from sim.fit.samples import gathered
from sim.recorded import wrap_ups_of, write_trace
from sim.report.result import Result
from sim.rosters import Shift, Who
from sim.scenario import Scenario, scenario_of
from sim.stories import Day, Story
from sim.trace import Trace, rows_of
from sim.verdict.measuring import Measures

__all__ = ["Recorded", "day_of", "recorded_result", "scenario_from", "ways_of"]

_MINUTE_S, _PART_S, _DAY_S = 60.0, 900.0, 86400.0
_ENOUGH, _FEW, _SAME_S = 20, 0.2, 0.5
_OF_NO_OFFER = frozenset({"no answer", "busy", "unreachable"})


@value
class Recorded:
    """A day of a centre's records."""

    day: date
    midnight: float
    """When it began, in seconds since the epoch."""
    contacts: Sequence[Contact]
    """Calls that came in and are over, in the order of their arrival."""
    states: Sequence[AgentState]
    """Of that day, and before them the last one of each agent before it."""


def day_of(database: Path, site: Site, day: date | None = None) -> Recorded:
    """A day of a database, days being those of the site; without a `day` the last one on which somebody called.

    Raises:
        HalError: nobody called.
        StoreError: the database cannot be read.

    """
    zone = site.centre.timezone
    with Reader(database) as reader:
        if day is None:
            last = next(
                reader.rows(Contact, "medium = 'voice' AND direction = 'in' AND outcome <> '' ORDER BY arrived_at DESC LIMIT 1"), None
            )
            if last is None:
                raise HalError(f"{database}: no call has been recorded")
            day = datetime.fromtimestamp(last.arrived_at, zone).date()
        since, until = (datetime.combine(each, time.min, zone).timestamp() for each in (day, day + timedelta(days=1)))
        contacts = [row for row in reader.contacts(since, until) if row.medium == "voice" and row.direction == "in" and row.outcome]
        if not contacts:
            raise HalError(f"{database}: no call has been recorded on {day}")
        before: dict[str, AgentState] = {}
        for row in reader.rows(AgentState, "at < ? ORDER BY seq", since):
            before[row.agent] = row
        states = [*before.values(), *reader.rows(AgentState, "at >= ? AND at < ? ORDER BY seq", since, until)]
    return Recorded(day, since, contacts, states)


def scenario_from(
    recorded: Recorded, site_file: Path, site: Site, out: Path, changes: Sequence[Change] = ()
) -> tuple[Scenario, Site, list[str]]:
    """Write the day as a scenario and its trace beside it, `day.toml` and `day.csv`; the third is what could not be taken over."""
    trace = Trace(file=out.with_suffix(".csv").name)
    write_trace(out.with_suffix(".csv"), recorded.contacts, recorded.states, site.centre.timezone)
    fit = tables(fitted(gathered(rows_of(trace, out.parent, site.centre.timezone), 0.0), 1800), site)
    moments = [row.arrived_at - recorded.midnight for row in recorded.contacts]
    begin = moments[0] // _PART_S * _PART_S
    end = min((moments[-1] // _PART_S + 1) * _PART_S, _DAY_S)
    shifts, unknown = _roster(recorded, site)
    said: dict[str, Any] = {
        "scenario": f"As recorded on {recorded.day}",
        "site": relpath(site_file.resolve(), out.parent.resolve()),
        "hours": str(Span(clock_of(begin), clock_of(end))),
        "date": recorded.day,
        "trace": {"file": trace.file},
        "callers": {key: fit["callers"][key] for key in ("patience", "talk") if key in fit["callers"]},
        "agents": {**ways_of(recorded, site, fit.get("agents", {})), "roster": plain(shifts)},
    }
    out.write_text(f"# Written by ./hotline sim replay\n\n{dumps(structure(said, Scenario))}", "utf-8")
    scenario, made = scenario_of(Document.read(out), out.parent, None, changes)
    return scenario, made, [f"agent {agent} of that day is none of the site" for agent in unknown]


def ways_of(recorded: Recorded, site: Site, fit: Mapping[str, Any]) -> dict[str, Any]:
    """How long agents let it ring, and how long they write: as fitted, but nothing where nearly all did as the site gives them time."""
    found: dict[str, Any] = {}
    rung: list[float] = []
    since: dict[str, float] = {}
    for row in recorded.states:
        if row.state == "on-call" and row.agent in since:
            rung.append(row.at - since[row.agent])
        since.pop(row.agent, None)
        if row.state == "ringing":
            since[row.agent] = row.at
    if len(rung) >= _ENOUGH:
        steps = quantiles(rung, n=20)
        found["answers_after"] = {"uniform": {"min_s": round(max(steps[0], 0.0), 2), "max_s": round(steps[-1], 2)}}
    wrote, queues = wrap_ups_of(recorded.states), {row.id: row.queue for row in recorded.contacts}
    given = [(took, site.queues[queues[contact]].wrap_up_s) for contact, took in wrote.items() if queues.get(contact, "") in site.queues]
    own = sum(abs(took - usual) > _SAME_S for took, usual in given)
    return {**found, **fit} if own > _FEW * len(given) else found


def _roster(recorded: Recorded, site: Site) -> tuple[list[Shift], list[str]]:
    rows: dict[str, list[AgentState]] = {}
    for row in recorded.states:
        rows.setdefault(row.agent, []).append(row)
    shifts, unknown = [], []
    for agent, own in sorted(rows.items()):
        spans = _away(own, recorded.midnight)
        if spans is None:
            continue
        if agent not in site.agents:
            unknown.append(agent)
            continue
        since, until, breaks = spans
        shifts.append(
            Shift(
                who=Who.parse(agent),
                from_=clock_of(since),
                to=None if until >= _DAY_S else clock_of(until),
                breaks=tuple(Span(clock_of(begin), clock_of(end)) for begin, end in breaks),
            )
        )
    return shifts, unknown


def _away(rows: Iterable[AgentState], midnight: float) -> tuple[float, float, list[tuple[float, float]]] | None:
    """From when to when an agent was there, and when he was away between, in whole minutes of the day; None: not at all."""
    moments = [(max(row.at - midnight, 0.0), row.state, row.reason) for row in rows]
    lasting = [(at, end, state, reason) for (at, state, reason), end in zip(moments, [*(m[0] for m in moments[1:]), _DAY_S], strict=True)]
    there = [(at, end) for at, end, state, _ in lasting if state != "logged-out" and end > at]
    if not there:
        return None
    since, until = _minute(there[0][0], down=True), _minute(there[-1][1])
    gaps = [
        (_minute(at), _minute(end, down=True))
        for at, end, state, reason in lasting
        if state == "logged-out" or (state == "not-ready" and reason not in _OF_NO_OFFER)
    ]
    breaks = [(max(begin, since), min(end, until)) for begin, end in gaps if since <= begin and end < until]
    return since, max(until, since + _MINUTE_S), [(begin, end) for begin, end in breaks if begin < end]


def _minute(second: float, *, down: bool = False) -> float:
    whole = second // _MINUTE_S * _MINUTE_S
    return whole if down or whole == second else whole + _MINUTE_S


def recorded_result(recorded: Recorded, replayed: Result) -> Result:
    """What was recorded, as a result to be put beside the replayed one; figures that only telephones know are missing."""
    scenario, site = replayed.scenario, replayed.site
    calendar = Calendar.of(scenario.day, scenario.days, scenario.start_s, site)
    wall = scenario.wall(site)
    day = Day(recorded.states, Clocks.right(wall))
    measures = Measures(scenario, site, [agent for agent in day.agents if agent in site.agents], calendar)
    for number, row in enumerate(recorded.contacts):
        measures.add(_story(number, row, wall))
    measures.curves.add_agents(day)
    scopes = measures.figures(day, (), None)
    return evolve(
        replayed, mode="recorded", scopes=scopes, curves=measures.curves, waits=measures.waits, priorities=measures.levels(day),
        stories=(), replications=(), notes=[], faults=(), virtual_s=0.0, wall_s=0.0,
    )  # fmt: skip


def _story(number: int, row: Contact, wall: float) -> Story:
    def at(moment: float | None) -> float | None:
        return None if moment is None else moment - wall

    return Story(
        number, 0, row.ani, row.arrived_at - wall, at(row.answered_at), None, at(row.connected_at),
        (row.ended_at if row.ended_at is not None else row.arrived_at) - wall, row.outcome, row.queue, row.agent, row.wait_s, row.talk_s,
        by_caller=False, recorded=True, offered_after_s=None, line=row.line,
    )  # fmt: skip
