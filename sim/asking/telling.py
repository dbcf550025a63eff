"""The answers as one reads them in a terminal."""

from collections.abc import Sequence

from sim.asking.limit import Limit
from sim.asking.staffing import Staffing, rostered
from sim.report.terminal import targets_told
from sim.verdict.kinds import KINDS

__all__ = ["limit_told", "rows_told", "staffing_rows", "staffing_told"]

_FIGURES = ("service_level", "asa", "abandonment", "occupancy")


def rows_told(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table: its columns as wide as they have to be."""
    wide = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  " + "   ".join(f"{cell:{width}}" for cell, width in zip(row, wide, strict=True)).rstrip() for row in rows]


def limit_told(title: str, limit: Limit, runs: int) -> str:
    """How much load it bears, what fails first, and what is full then."""
    lines = [f"{title}    {len(limit.tried)} loads tried, {runs} run{'s' if runs > 1 else ''} each"]
    if limit.fails is None:
        lines.append(f"  it holds at {limit.tried[-1].factor:g} times the load, the most that was tried (--most)")
    elif limit.factor is None:
        lines.append(f"  it holds at no load that was tried: not at {limit.tried[0].factor:.3g} times either")
    else:
        sure = [
            f"up to {limit.surely:.3g} for sure" if limit.surely is not None else "at none for sure",
            f"surely not from {limit.surely_not:.3g} on" if limit.surely_not is not None else "at none surely not",
        ]
        lines.append(f"  it holds up to {limit.factor:.3g} times the load   ({', '.join(sure)})")
    rows = [("load", "verdict", "worst", "")]
    for each in limit.tried:
        said = "all met" if each.surely_holds else "MISSED" if each.surely_fails else "not decided"
        worst = each.missed[0].title if each.missed else ""
        full = next((bottleneck.name for bottleneck in each.bottlenecks if bottleneck.full), "")
        rows.append((f"{each.factor:.3f}", said, worst, f"full: {full}" if full else ""))
    lines += rows_told(rows)
    return "\n".join([*lines, *_what_gives(limit)])


def _what_gives(limit: Limit) -> list[str]:
    if limit.fails is None:
        return []
    lines = [f"  first to fail, at {limit.fails.factor:.3g} times the load:"]
    rows = []
    for verdict in limit.fails.missed:
        measured = "nothing to measure" if verdict.measured is None else verdict.target.say(verdict.measured, verdict.half_width)
        rows.append((f"  {verdict.title}", str(verdict.target), measured, verdict.worst))
    lines += rows_told(rows)
    full = [each for each in limit.fails.bottlenecks if each.full]
    shown = full or list(limit.fails.bottlenecks[:1])
    lines.append("  the bottleneck:" if full else "  nothing is full; nearest to it:")
    lines += rows_told([(f"  {each.name}", f"{each.busy:.0%} busy", each.when, each.more) for each in shown]) if shown else ["    nothing"]
    return lines


def staffing_rows(staffing: Staffing, shrinkage: float) -> list[list[str]]:
    """A row for each part of the day, the first one says what the columns are."""
    several = len(staffing.pools) > 1
    rows = [
        ["hours", "calls", "Erlang", "agents", *(["rostered"] if shrinkage else []), *(each.name for each in staffing.pools if several)]
    ]
    rows[0] += [*(name.replace("_", " ") for name in _FIGURES), ""]
    for part in staffing.parts:
        calls = (staffing.figure("offered", part) or 0.0) / staffing.scenario.days
        agents = staffing.agents(part)
        row = [part.hours or "00:00-24:00", f"{calls:.0f}", f"{sum(staffing.erlang[pool, part] for pool in staffing.pools)}", f"{agents}"]
        row += [f"{rostered(agents, shrinkage)}"] if shrinkage else []
        row += [f"{staffing.numbers[pool, part]}" for pool in staffing.pools if several]
        row += [KINDS[name].say(staffing.figure(name, part)) for name in _FIGURES]
        rows.append([*row, "MISSED" if part in staffing.missed else ""])
    return rows


def staffing_told(staffing: Staffing, shrinkage: float, roster: str) -> str:
    """The table, what the scenario's targets came to with it, and the roster."""
    runs = len(staffing.result.runs)
    lines = [f"{staffing.scenario.scenario}    {staffing.tries} staffings tried, {runs} run{'s' if runs > 1 else ''} each"]
    lines += rows_told(staffing_rows(staffing, shrinkage))
    if staffing.missed:
        lines.append("  MISSED: with all agents of its queues that the site has; give it more, and ask again")
    return "\n".join([*lines, *targets_told(staffing.result), "", roster.rstrip()])
