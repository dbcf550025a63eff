"""The story and an agent's view of it as text of fixed width, and as data."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from attrs import asdict

from appliance.core.queues.strategies import STRATEGIES
from appliance.core.records import AgentState, CallEvent
from appliance.why.answers import Answer
from appliance.why.moments import day, time
from appliance.why.story import Story, Trace

__all__ = ["as_data", "tell", "tell_agent"]

_STATES = 50
"""Changes of an agent's state that are shown."""
_WIDTH = 80
"""Of the last column, where it holds sentences."""


def tell(story: Story) -> str:
    """The story for a terminal."""
    lines = [*_head(story), ""]
    agents = [each.agent for trace in story.traces for each in trace.candidates]
    agents += [each.agent for trace in story.traces for each in trace.excluded]
    width = max(map(len, agents), default=0)
    today = day(story.contact.arrived_at)
    for step in story.steps:
        if day(step.at) != today:
            today = day(step.at)
            lines.append(today)
        lines += _decision(step, width) if isinstance(step, Trace) else [_line(step.at, step.what, step.detail)]
    used = dict.fromkeys(trace.strategy for trace in story.traces)
    about = [f"{name}: {STRATEGIES[name].about}." for name in used if name in STRATEGIES]
    if used:
        about.append("The better rank is rung first (1 before 2), then the smaller figure.")
    about += [story.missing] if story.missing else []
    return "\n".join([*lines, "", *about] if about else lines)


def tell_agent(story: Story, agent: str, found: Sequence[Answer], states: Sequence[AgentState]) -> str:
    """One agent's view for a terminal."""
    lines = [*_head(story), "", f"agent {agent}: rang at {sum(each.rung for each in found)} of {len(story.traces)} decisions", ""]
    for each in found:
        what = f"decision {each.decision}" if each.decision else each.moment
        lines.append(_line(each.at, what, f"{each.queue}: {'RANG' if each.rung else 'did not ring'}"))
        lines += [_line(None, "", text) for text in wrap(each.why, _WIDTH)]
    if story.missing:
        lines.append(story.missing)
    if states:
        lines += ["", f"What agent {agent} did while it waited:"]
        for row in states[:_STATES]:
            about = " ".join(text for text in (row.reason, row.contact if row.contact != story.contact.id else "this contact") if text)
            lines.append(_line(row.at, row.state, about, story.contact.arrived_at))
        if len(states) > _STATES:
            lines.append(_line(None, "", f"and {len(states) - _STATES} changes more"))
    return "\n".join(lines)


def _head(story: Story) -> list[str]:
    row = story.contact
    ways = {"in": f"call from {row.ani or 'a withheld number'} to {row.dnis}", "out": f"call to {row.ani}"}
    way = ways.get(row.direction, f"call between {row.ani} and {row.dnis}")
    facts = [row.outcome or f"going on: {row.stage} since {time(row.stage_at, row.arrived_at)}"]
    facts += [f"queue {row.queue}"] if row.queue else []
    facts += [f"waited {row.wait_s:.0f} s"] if row.wait_s is not None else []
    facts += [f"agent {row.agent}"] if row.agent else []
    facts += [f"talked {row.talk_s:.0f} s"] if row.talk_s else []
    lines = [f"{row.id}   {way}, {day(row.arrived_at)} {time(row.arrived_at)}", ", ".join(facts)]
    return [*lines, f"({story.found})"] if story.found else lines


def _decision(trace: Trace, width: int) -> list[str]:
    rings = f"rings {', '.join(trace.chosen)}" if trace.chosen else "rings nobody"
    lines = [_line(trace.at, f"decision {trace.number}", f"{trace.queue}, by {trace.strategy}: {rings}")]
    for place, each in enumerate(trace.candidates, 1):
        rung = "rung" if each.agent in trace.chosen else ""
        lines.append(_line(None, "", f"{place:4}  {each.agent:{width}}  rank {each.rank:<3g} figure {each.figure:<12.6g} {rung}"))
    lines += [_line(None, "", f"   -  {each.agent:{width}}  {each.reason}") for each in trace.excluded]
    if trace.more:
        lines.append(_line(None, "", f"      {trace.more} more who were free are not written down"))
    return lines


def _line(at: float | None, what: str, detail: str, beside: float | None = None) -> str:
    return f"{'' if at is None else time(at, beside):8}  {what:14}  {detail}".rstrip()


def as_data(story: Story) -> dict[str, Any]:
    """The story as data; moments are seconds since the epoch."""
    events = [asdict(step) for step in story.steps if isinstance(step, CallEvent)]
    decisions = [asdict(trace) for trace in story.traces]
    return {"contact": asdict(story.contact), "found": story.found, "events": events, "decisions": decisions, "missing": story.missing}
