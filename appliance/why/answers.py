"""One agent's view of a contact: at each decision, and each time the contact or the agent began to wait, why he was rung or was not.

Which groups an agent was in, and whether his phone could be rung, is not in the store: where nothing else explains that he was not rung, it
says so.
"""

from collections.abc import Sequence
from math import inf, nextafter

from attrs import frozen

from appliance.config import nearest
from appliance.core.agents.states import PERSONAL
from appliance.core.records import AgentState, CallEvent
from appliance.store import Reader
from appliance.why.moments import time
from appliance.why.story import Candidate, Story, Trace, Unfindable

__all__ = ["Answer", "answers", "meanwhile"]

_WRITTEN = 20
"""So many candidates, and as many excluded agents, are written down where all who were free were looked at."""
_BEGINS = ("queued", "callback")
"""Steps with which a contact begins to wait in a queue."""
_ENDS = ("connected", "overflowed", "released", "answered", "abandoned", "lost", "unreached")
"""Steps with which it waits no more."""
_SAID = {"offered": "offered", "ringing": "being rung for", "on-call": "on-call with", "wrap-up": "wrap-up after"}
"""States that belong to a contact, as they are said before its ID."""


@frozen
class Answer:
    """Whether an agent was rung at a moment when he could have been, and why."""

    moment: str
    """`decision`; `nobody free`: the contact began to wait; `became free`: the agent did."""
    decision: int
    """Which one, from 1 on; 0: there was none."""
    at: float
    queue: str
    rung: bool
    kind: str
    """`chosen`, `rang along`, `candidate`, `excluded`; `ringing`: it rang for somebody else; `another`: he was given another contact; the
    state he was in; or `ready`, where nothing that is written explains it for certain."""
    why: str


def answers(reader: Reader, story: Story, agent: str) -> list[Answer]:
    """Why the agent was rung or was not, in the order of the moments at which he could have been.

    Raises:
        Unfindable: no such agent was ever logged in.

    """
    known = [row.agent for row in reader.newest_states()]
    if agent not in known:
        raise Unfindable(f"no agent '{agent}' was ever logged in here, so he was never free; {nearest(agent, known)}".removesuffix("; "))
    decided = {trace.at for trace in story.traces}
    found = []
    for step in story.steps:
        if isinstance(step, Trace):
            found.append(_answer(reader, story, step, agent))
        elif step.what in _BEGINS and step.at not in decided and not story.forgotten:
            kind, why = _not_free(reader, story, agent, step.at, step.detail, 0)
            found.append(Answer("nobody free", 0, step.at, step.detail, False, kind, why))
    states = meanwhile(reader, story, agent)
    for n, row in enumerate(states):
        if row.state == "ready" and row.at > (story.contact.queued_at or 0.0) and row.at not in decided:
            found += _became_free(reader, story, agent, row, states[n + 1 : n + 2])
    return sorted(found, key=lambda answer: answer.at)


def _became_free(reader: Reader, story: Story, agent: str, row: AgentState, then: Sequence[AgentState]) -> list[Answer]:
    """Why the agent was not rung as he became free, if the contact waited then."""
    waits, queue, rung = False, "", ""
    for step in story.steps:
        if isinstance(step, Trace) or step.at > row.at:
            continue
        if step.what in _BEGINS:
            waits, queue, rung = True, step.detail, ""
        elif step.what == "offered" and step.detail == agent and step.at == row.at:
            return []  # he rang along
        elif step.what in ("offered", "not taken"):
            rung = step.detail if step.what == "offered" else ""
        elif step.what in _ENDS:
            waits = False
    if not waits or (then and then[0].at == row.at and then[0].state != "offered"):
        return []
    if rung:
        kind, why = "ringing", f"it rang for {rung}"
    elif then and then[0].at == row.at:
        kind, why = "another", f"he was given {then[0].contact}, which came first"
    else:
        excluded = [each.reason for trace in story.traces if trace.at < row.at for each in trace.excluded if each.agent == agent]
        kind, why = ("excluded", f"could not serve it: {excluded[-1]}") if excluded else ("ready", _concluded(reader, row, row.at, queue))
    return [Answer("became free", 0, row.at, queue, False, kind, why)]


def _answer(reader: Reader, story: Story, trace: Trace, agent: str) -> Answer:
    def answer(rung: bool, kind: str, why: str) -> Answer:
        return Answer("decision", trace.number, trace.at, trace.queue, rung, kind, why)

    after = story.after(trace)
    place = next((place for place, each in enumerate(trace.candidates, 1) if each.agent == agent), 0)
    if agent in trace.chosen:
        as_what = f"candidate {_figures(trace, place)}" if place else "chosen"
        return answer(True, "chosen", as_what + _outcome(after, agent))
    joined = next((event for event in after if event.what == "offered" and event.detail == agent), None)
    if joined is not None:
        along = f"became free at {time(joined.at)} while it rang for {', '.join(trace.chosen)}"
        return answer(True, "rang along", along + _outcome(after, agent))
    if place:
        return answer(False, "candidate", f"candidate {_figures(trace, place)}; {_better(trace, trace.candidates[place - 1])}")
    for excluded in trace.excluded:
        if excluded.agent == agent:
            return answer(False, "excluded", f"free, and could not serve it: {excluded.reason}")
    return answer(False, *_not_free(reader, story, agent, trace.at, trace.queue, trace.more, listed=_listed(trace)))


def _listed(trace: Trace) -> bool:
    """Whether all who were free were looked at; else the one who had just become free took the contact that waited for him."""
    return not trace.more or len(trace.candidates) + len(trace.excluded) >= _WRITTEN


def _figures(trace: Trace, place: int) -> str:
    candidate = trace.candidates[place - 1]
    return f"{place} of {len(trace.candidates)} (rank {candidate.rank:g}, figure {candidate.figure:.6g})"


def _better(trace: Trace, candidate: Candidate) -> str:
    """Why the others came first."""
    rung = [each for each in trace.candidates if each.agent in trace.chosen]
    if not rung:
        return "nobody was rung"
    last = rung[-1]
    if candidate.rank > last.rank:
        return f"{last.agent} came first with rank {last.rank:g}"
    if candidate.figure > last.figure:
        return f"{last.agent} came first with the smaller figure {last.figure:.6g}"
    return f"{last.agent} came first: the figures are equal and he had been idle longer"


def _outcome(after: Sequence[CallEvent], agent: str) -> str:
    """What became of his being rung."""
    for event in after:
        if event.what == "connected" and event.detail == agent:
            return f"; he answered at {time(event.at)}"
        if event.what == "not taken" and event.detail.startswith(f"{agent}: "):
            return f"; he did not take it: {event.detail.removeprefix(f'{agent}: ')}, {time(event.at)}"
    return ""


def _not_free(reader: Reader, story: Story, agent: str, at: float, queue: str, more: int, *, listed: bool = True) -> tuple[str, str]:
    """Why the agent was not among those who were free: what he was doing, or else what can be concluded."""
    rows = reader.agent_states(agent, at, nextafter(at, inf))  # the state before, and those that began in this very moment
    if not rows:
        return "logged-out", "had not logged in yet"
    held = next((row for row in reversed(rows) if row.state != "ready"), None)
    if held is not None:
        until = f", ready from {time(at)} on" if held is not rows[-1] else ""
        return held.state, f"{_state(held, story.contact.id, at)}{until}"
    row = rows[-1]
    return "ready", f"ready since {time(row.at, at)}, yet {_concluded(reader, row, at, queue, more, listed=listed)}"


def _concluded(reader: Reader, row: AgentState, at: float, queue: str, more: int = 0, *, listed: bool = True) -> str:
    """Why an agent who was ready was not rung, as far as it can be told."""
    if queue.startswith(PERSONAL) and queue != PERSONAL + row.agent:
        return f"it was meant for {queue.removeprefix(PERSONAL)} alone"
    phone = reader.registration(row.station, at)
    if phone is not None and phone.what == "unregistered":
        return f"his phone {row.station} was not registered since {time(phone.at, at)}"
    if not listed:
        return f"like {more} others who were free already he could not serve it, or was not in the group of '{queue}'"
    reasons = [f"one of the {more} free agents who are not written down"] if more else []
    reasons += [
        f"not in the group of '{queue}' at that hour",
        f"his phone {row.station} could not be rung (in use, not registered, line down)",
    ]
    reasons += [] if more or at != row.at else ["he could not serve it"]
    return f"not among those who could be rung: {', or '.join(reasons)}"


def _state(row: AgentState, contact: str, at: float) -> str:
    """`not-ready (lunch) since 10:41:07`, `on-call with 0001-000042 since 10:40:00`."""
    said = f"{row.state} ({row.reason})" if row.reason else row.state
    if row.contact and row.state in _SAID:
        said = f"{_SAID[row.state]} {'this very contact' if row.contact == contact else row.contact}"
    return f"{said} since {time(row.at, at)}"


def meanwhile(reader: Reader, story: Story, agent: str) -> list[AgentState]:
    """What the agent did while the contact waited for somebody, the state at the beginning included."""
    contact = story.contact
    if contact.queued_at is None:
        return []
    until = max([contact.connected_at or contact.ended_at or inf, *(trace.at for trace in story.traces)])
    return reader.agent_states(agent, contact.queued_at, nextafter(until, inf))
