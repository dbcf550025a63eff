"""A run's verdict as one HTML page that needs nothing but itself: no network, no scripts, the reader's fonts, light, dark or printed."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from appliance.config import Duration
from sim.faults import FaultSeen
from sim.report.beside import Comparison
from sim.report.charts import day_charts, ended_at, faults_of, needle, wait_chart, whisker
from sim.report.result import Result
from sim.report.terminal import conclusion, length
from sim.verdict.comparing import Difference
from sim.verdict.figures import Figures
from sim.verdict.judging import MET, MISSED, NOT_DECIDED, Verdict
from sim.verdict.kinds import KINDS

__all__ = ["html", "html_of_comparison"]

_FOLDER = Path(__file__).parent / "templates"
_SIGNS = {MET: "✓", MISSED: "✗", NOT_DECIDED: "?"}
_TILES = {
    "service_level": "service level", "asa": "speed of answer", "abandonment": "gave up", "blocking": "blocked",
    "self_service": "served without an agent", "occupancy": "agents busy",
}  # fmt: skip
_QUEUES = {
    "service_level": "service level", "asa": "speed of answer", "wait_mean": "mean wait", "wait_p95": "95 % waited at most",
    "answered": "answered", "abandoned": "gave up", "abandonment": "share", "occupancy": "agents busy",
}  # fmt: skip
_RESPONSES = {
    "answer": "dialling … the answer", "prompt": "the answer … the first prompt",
    "offer": "agent and caller there … the agent's phone is called",
}  # fmt: skip
_SPREAD = {"p50": "half within", "p95": "95 % within", "p99": "99 % within", "max": "longest"}
_REPLICATION = ("offered", "answered", "abandoned", "service_level", "asa", "abandonment", "occupancy")


def html(result: Result, comparison: Comparison | None = None, source: str = "") -> str:
    """The page of a run; `source` is the text of the scenario file, `comparison` what the run is compared with."""
    found = result.verdicts
    first = result.replications[0].seed if result.replications else result.seed
    last = result.replications[-1].seed if result.replications else result.seed
    return _page(
        "run.html",
        title=result.scenario.scenario,
        centre=result.site.centre.name,
        when=_when(result),
        mode="live, over real lines" if result.mode == "live" else "in virtual time",
        seeds=f"{len(result.replications)} replications, seeds {first} to {last}" if result.replications else f"seed {result.seed}",
        verdict=_verdict(result, found),
        tiles=[_tile(name, title, result.figures) for name, title in _TILES.items() if KINDS[name].of(result.figures) is not None],
        several=len(result.replications),
        targets=[_target(verdict, result) for verdict in found],
        asked=_asked(result),
        source=source,
        marks=[_mark(result, fault) for fault in faults_of(result)],
        warm_up=str(result.scenario.warm_up) if result.scenario.warm_up else "",
        charts=day_charts(result, comparison.curves if comparison else None, comparison.first if comparison else ""),
        waits=wait_chart(result.waits),
        queue_columns=list(_QUEUES.values()),
        queues=[_row(queue, [KINDS[name].say_of(figures) for name in _QUEUES]) for queue, figures in result.queues.items()],
        response_columns=list(_SPREAD.values()),
        responses=[_row(said, [KINDS[f"{name}_{each}"].say_of(result.figures) for each in _SPREAD]) for name, said in _RESPONSES.items()],
        comparison=None if comparison is None else _compared(comparison),
        replication_columns=[name.replace("_", " ") for name in _REPLICATION],
        replications=[
            {**_row(str(run.seed), [KINDS[name].say(KINDS[name].of(run.figures)) for name in _REPLICATION]), "digest": run.digest[:8]}
            for run in result.replications
        ],
        live=_live(result),
        notes=result.notes,
        **_numbers(result),
        footer=f"{length(result.virtual_s)} of the centre's time took {length(result.wall_s)}.",
        digest=result.digest[:16],
    )


def html_of_comparison(first: Result, second: Result, comparison: Comparison) -> str:
    """The page of two configurations that met the same callers."""
    return _page(
        "compare.html",
        title=f"{comparison.first} and {comparison.second}",
        results=[
            {
                "name": name,
                "title": result.scenario.scenario,
                "centre": result.site.centre.name,
                "verdict": _verdict(result, result.verdicts),
                "targets": [_target(verdict, result) for verdict in result.verdicts],
                "asked": _asked(result),
            }
            for name, result in ((comparison.first, first), (comparison.second, second))
        ],
        comparison=_compared(comparison),
        headline=_headline(comparison),
        tiles=_changes(comparison),
        charts=day_charts(second, first.curves, comparison.first),
        first=comparison.first,
        second=comparison.second,
        digest=f"{first.digest[:16]} {second.digest[:16]}",
    )


def _page(template: str, **words: Any) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = Markup((_FOLDER / "style.css").read_text("utf-8").strip())
    return environment.get_template(template).render(style=style, **words) + "\n"


def _verdict(result: Result, found: Sequence[Verdict]) -> dict[str, Any]:
    states = {verdict.state for verdict in found}
    state = MISSED if MISSED in states else NOT_DECIDED if NOT_DECIDED in states else MET
    lines = [
        f"{verdict.title} {_limit(verdict)}: {_measured(verdict)}"
        for verdict in sorted(found, key=lambda verdict: verdict.state != MISSED)
        if not verdict.ok
    ]
    return {
        "kind": state.replace(" ", "-") if found else "none",
        "sign": _SIGNS[state] if found else "–",
        "sentence": conclusion(result),
        "lines": lines,
    }


def _limit(verdict: Verdict) -> str:
    """As a reader writes it."""
    return str(verdict.target).replace(">=", "≥").replace("<=", "≤").replace(" within ", " in ")


def _measured(verdict: Verdict) -> str:
    return "nothing to measure" if verdict.measured is None else verdict.target.say(verdict.measured, verdict.half_width)


def _target(verdict: Verdict, result: Result) -> dict[str, Any]:
    values = [KINDS[verdict.promise.name].of(run.scopes[verdict.scope]) for run in result.replications]
    return {
        "title": verdict.title,
        "limit": _limit(verdict),
        "doc": KINDS[verdict.promise.name].doc,
        "measured": _measured(verdict),
        "drawing": needle(verdict, [each for each in values if each is not None]),
        "state": verdict.state,
        "sign": _SIGNS[verdict.state],
        "worst": verdict.worst,
    }


def _tile(name: str, title: str, figures: Figures) -> dict[str, str]:
    kind = KINDS[name]
    said, _, width = kind.say_of(figures).partition(" ± ")
    if name == "service_level":
        within = str(Duration(figures["service_level"]["threshold_s"])).replace(" ", "\u00a0")
        title = f"{title} in\u00a0{within}"
    return {"title": title, "value": said, "width": width}


def _asked(result: Result) -> list[tuple[str, str]]:
    """What does not depend on how a scenario says it."""
    scenario, contacts = result.scenario, result.figures["contacts"]
    working = {agent for shift in scenario.agents.roster for agent in shift.who.agents}
    said = {
        "answered": "answered by agents", "self_served": "served without an agent", "messages": "left a message", "abandoned": "gave up",
        "blocked": "blocked", "unreached": "not reached when called back",
    }  # fmt: skip
    parts = [f"{contacts[key]:,.0f} {words}" for key, words in said.items() if contacts[key]]
    redials = f", {contacts['redials']:,.0f} of them redials" if contacts["redials"] else ""
    lines = ", ".join(
        f"{name} ({line.settings.channels} channels)" if getattr(line.settings, "channels", 0) else name
        for name, line in result.site.lines.items()
    )
    return [
        ("Centre", f"{result.site.centre.name}, {scenario.site}"),
        ("Hours", _when(result)),
        ("Numbers called", ", ".join(scenario.arrivals)),
        ("Calls", f"{contacts['offered']:,.0f} offered{redials}: {', '.join(parts)}"),
        ("Agents", f"{len(working)} of {len(result.site.agents)} work" if working else "nobody works"),
        ("Lines", lines),
        ("Faults", f"{len(faults_of(result))}" if faults_of(result) else "none"),
    ]


def _when(result: Result) -> str:
    scenario = result.scenario
    if scenario.days == 1:
        return f"{scenario.day:%A} {scenario.day}, {scenario.hours}"
    last = scenario.day + timedelta(days=scenario.days - 1)
    return f"{scenario.day:%A} {scenario.day} to {last:%A} {last}, {scenario.hours} on each day"


def _mark(result: Result, fault: FaultSeen) -> str:
    begin, end = (result.scenario.start_s + moment for moment in (fault.begun_at, ended_at(fault)))
    until = f"–{_clock(end)}" if end > begin else ""
    cost = {"lost": fault.calls_lost, "conversations cut": fault.calls_cut, "refused": fault.calls_refused}
    said = ", ".join(f"{number} {words}" for words, number in cost.items() if number)
    recovered = "not well again until the end" if fault.recovery_s is None else f"well again after {length(fault.recovery_s)}"
    return f"{_moment(result, begin)}{until}  {fault.name}: {said or 'no call lost'}; {recovered}"


def _moment(result: Result, second: float) -> str:
    """A second from the first midnight on, with its day where there are several."""
    if result.scenario.days == 1:
        return _clock(second)
    day = result.scenario.day + timedelta(days=second // 86400)
    return f"{day:%a} {day.day} {_clock(second)}"


def _clock(second: float) -> str:
    minutes, seconds = divmod(round(second) % 86400, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _row(title: str, cells: Sequence[str]) -> dict[str, Any]:
    return {"title": title, "cells": cells}


def _numbers(result: Result) -> dict[str, Any]:
    """The curves as a table, for those who cannot see them, and for those who want to go on with them."""
    curves = result.curves
    names = [name for name in curves.values if name not in ("within", "served")]
    rows = [
        _row(_moment(result, result.scenario.hours.begin_s + place * curves.step_s), [f"{curves.of(name)[place]:.1f}" for name in names])
        for place in range(curves.steps)
    ]
    return {"curve_columns": names, "curve_rows": rows}


def _compared(comparison: Comparison) -> dict[str, Any]:
    return {
        "called": comparison.first,
        "says": comparison.says,
        "caption": "The dot is the difference, the bar its interval, the stroke in the middle no difference.",
        "first": comparison.first,
        "second": comparison.second,
        "rows": [_difference(row) for row in comparison.rows if row.says != "the same"],
        "same": ", ".join(_title(row) for row in comparison.rows if row.says == "the same"),
    }


def _headline(comparison: Comparison) -> dict[str, str]:
    """What the comparison came to, in one sentence."""
    said = [row.says for row in comparison.rows if not row.scope.queue and row.name in _TILES]
    better, worse = said.count("better"), said.count("worse")
    name = comparison.second
    if better and worse:
        kind, sign, sentence = "not-decided", "±", f"{name} is better in {better} and worse in {worse} of {len(said)} main figures."
    elif better:
        kind, sign, sentence = "met", "▲", f"{name} is better in {better} of {len(said)} main figures, and worse in none."
    elif worse:
        kind, sign, sentence = "missed", "▼", f"{name} is worse in {worse} of {len(said)} main figures, and better in none."
    else:
        kind, sign, sentence = "none", "=", "No main figure is shown to be better or worse."
    return {"kind": kind, "sign": sign, "sentence": sentence}


def _changes(comparison: Comparison) -> list[dict[str, str]]:
    """The main figures, before and after."""
    found = {row.name: row for row in comparison.rows if not row.scope.queue and row.name in _TILES}
    return [
        {
            "value": KINDS[name].say(found[name].after),
            "was": KINDS[name].say(found[name].before).replace(" ", "\u00a0"),
            "title": title,
            "says": found[name].says,
        }
        for name, title in _TILES.items()
        if name in found
    ]


def _difference(row: Difference) -> dict[str, Any]:
    kind, change = KINDS[row.name], row.change
    size = max(abs(row.before or 0.0), abs(row.after or 0.0))
    return {
        "title": _title(row),
        "before": kind.say(row.before),
        "after": kind.say(row.after),
        "change": "–" if change is None else kind.say_change(change, row.half_width, size),
        "drawing": "" if change is None or row.half_width is None else _whisker(change, row.half_width, row.says),
        "says": row.says,
    }


def _title(row: Difference) -> str:
    return f"{row.scope.queue}: {row.title}" if row.scope.queue else row.title


def _whisker(change: float, half_width: float, says: str) -> Markup:
    kind = {"better": "ok", "worse": "bad", "different": "open"}.get(says, "same")
    return whisker(change, half_width, (abs(change) + half_width) or 1.0, kind)


def _live(result: Result) -> dict[str, Any] | None:
    if result.mode != "live":
        return None
    said = f"{len(result.differences)} of {result.compared} calls came out differently in virtual time."
    return {"says": said, "differences": [f"call {entry['call']}: {entry['why']}" for entry in result.differences]}
