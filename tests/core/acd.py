"""What tests of distribution say often: somebody calls, phones ring, are picked up or not, and what the line was told is confirmed."""

from typing import Any

from attrs import evolve

from appliance.core.inputs import AgentAsked
from appliance.core.leg import LegState
from appliance.core.plan import Plan, QueuePlan
from appliance.core.records import CallEvent
from hal.api import Answer, Answered, Arrived, Cause, Originate, Reject, Release, Released
from tests.core.playbook import Playbook, playbook, small_plan

LINE = "trunk"


def centre(*agents: str, plan: Plan | None = None, **changes: Any) -> Playbook:
    """The small centre, changed, whose agents log in a second apart."""
    book = playbook(evolve(plan or small_plan(), **changes))
    for agent in agents:
        logs_in(book.at(book.now + 1.0), agent)
    return book


def queues(name: str = "consult", **changes: Any) -> dict[str, QueuePlan]:
    """The small plan's queues without overflow, music and wrap-up; the one named is changed further."""
    plain = {each: evolve(queue, overflow=(), music=None, wrap_up_s=0.0) for each, queue in small_plan().queues.items()}
    return {**plain, name: evolve(plain[name], **changes)}


def logs_in(book: Playbook, agent: str) -> None:
    book << AgentAsked(agent, "log-in")
    book.skip()


def pauses(book: Playbook, *agents: str) -> None:
    for agent in agents:
        book << AgentAsked(agent, "not-ready", "tea")
        book.skip()


def ready(book: Playbook, agent: str) -> list[str]:
    """The agent is ready; whom that made ring."""
    book << AgentAsked(agent, "ready")
    return rung(book)


def arrives(book: Playbook, leg: str = "a", ani: str = "13800138000", number: str = "95501") -> list[str]:
    """Somebody calls and is answered; whom that made ring."""
    book << Arrived(LINE, leg, ani, number) >> Answer(LINE, leg)
    book << Answered(LINE, leg)
    return rung(book)


def rung(book: Playbook) -> list[str]:
    """The agents whose phones the last input made ring, in order; the line confirms what was released."""
    found, owed = list[str](), list[str]()
    while True:
        for command in book.skip().commands:
            if isinstance(command, Originate) and command.to.startswith("station:"):
                found.append(book.engine.state.stations[command.to.removeprefix("station:")].agent)
            elif isinstance(command, Release | Reject):
                owed.append(command.leg)
        if not owed:
            return found
        book << Released(LINE, owed.pop(0))


def passes(book: Playbook, until: float) -> list[str]:
    """Time passes, in small steps so that the line can confirm; whom that made ring."""
    found = []
    while book.now < until:
        book.at(min(until, max(book.now, book.engine.next_deadline())))
        found += rung(book)
    return found


def leg_of(book: Playbook, agent: str) -> str:
    """The leg of an agent's phone."""
    return next(id_ for id_, leg in book.engine.state.legs.items() if leg.agent == agent and leg.state is not LegState.RELEASING)


def picks_up(book: Playbook, agent: str) -> list[str]:
    """The agent's phone is picked up; whom that made ring."""
    book << Answered(LINE, leg_of(book, agent))
    return rung(book)


def hangs_up(book: Playbook, leg_or_agent: str, cause: Cause = Cause.NORMAL_CLEARING) -> list[str]:
    """A caller or an agent hangs up, declines, cannot be reached; whom that made ring."""
    leg = leg_or_agent if leg_or_agent in book.engine.state.legs else leg_of(book, leg_or_agent)
    book << Released(LINE, leg, cause)
    return rung(book)


def story(book: Playbook, *what: str) -> list[str]:
    """The details of these steps of all contacts' stories."""
    return [row.detail for row in book.rows(CallEvent) if row.what in what]


def waiting(book: Playbook, queue: str = "consult") -> list[str]:
    """The callers' legs that wait in a queue, first first."""
    state = book.engine.state
    return [state.contacts[id_].leg for id_ in state.queues[queue].in_order()]
