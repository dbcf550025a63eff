"""How agents, queues, contacts, alarms and lines are shown: plain objects for JSON, of one moment.

Moments are seconds since the epoch, UTC, so that they stay true on a screen that is not told again. What flows keep secret is not here:
the core has it nowhere either.
"""

from collections.abc import Mapping
from typing import Any

from appliance.core.admission.door import FLAG
from appliance.core.agents.agent import Agent, AgentState
from appliance.core.contact import Contact
from appliance.core.engine import Engine
from appliance.core.records import Alarm
from appliance.core.state import State
from appliance.lines_shown import lines_shown
from hal.api import Line

__all__ = ["agent_view", "alarm_view", "contact_view", "line_views", "queue_view"]

_MILLI = 3


def agent_view(state: State, agent: Agent) -> dict[str, Any]:
    """An agent as he is now."""
    wrap_up = state.at(agent.wrap_up_ends) if agent.state is AgentState.WRAP_UP else None
    return {
        "name": agent.plan.name,
        "level": agent.plan.level,
        "queues": sorted(agent.plan.groups),
        "state": agent.state.value,
        "since_at": _at(state.at(agent.since)),
        "reason": agent.reason,
        "until_at": _at(wrap_up),
        "station": agent.station,
        "contact": agent.contact,
        "written": sorted(agent.written),
        "wanted": agent.wanted[0] if agent.wanted else "",
        "logged_in_at": _at(state.at(agent.logged_in_at)) if agent.state is not AgentState.LOGGED_OUT else None,
        "served": sum(agent.served.values()),
        "missed": agent.missed,
        "help_at": _at(state.at(agent.help_asked)),
        "help_why": agent.help_why,
        "out_of_reach": agent.beyond_reach,
    }


def queue_view(state: State, name: str) -> dict[str, Any] | None:
    """A queue as it is now; None: there is none of that name."""
    queue = state.queues.get(name)
    if queue is None or name not in state.plan.queues:
        return None
    first = next(queue.in_order(), None)
    waits_since = min((c.queued_at for id_ in queue.in_order() if (c := state.contacts[id_]).queued_at is not None), default=None)
    return {
        "label": queue.plan.label or name,
        "waiting": queue.counted,
        "first": first or "",
        "waits_since_at": _at(state.at(waits_since)),
        "logged_in": queue.logged_in,
        "serving": queue.serving,
        "free": len(queue.idle),
        "target": {"within_s": queue.plan.service_level.within_s, "share": queue.plan.service_level.target},
    }


def contact_view(state: State, contact: Contact) -> dict[str, Any]:
    """A contact as it is now, with who takes part in its conversation."""
    parties = [
        {
            "leg": leg, "role": party.role, "agent": party.agent, "up": party.up, "hold": party.hold, "room": party.room,
            "mode": party.mode, "party": state.legs[leg].party if leg in state.legs else "",
        }
        for leg, party in contact.parties.items()
    ]  # fmt: skip
    return {
        "medium": contact.medium,
        "direction": contact.direction,
        "ani": contact.ani,
        "dnis": contact.dnis,
        "name": known.name if (known := state.known(contact.ani)) is not None else "",
        "vip": contact.vip,
        "language": contact.language,
        "state": contact.state.value,
        "stage": contact.stage,
        "arrived_at": _at(state.at(contact.arrived_at)),
        "since_at": _at(state.at(contact.stage_at)),
        "queue": contact.queue,
        "queued_at": _at(state.at(contact.queued_at)),
        "agent": contact.agent,
        "agents": list(contact.agents),
        "rings": sorted(set(contact.offers.values())),
        "path": list(contact.nodes),
        "keys": contact.keys,
        "data": {key: text for key, text in contact.data.items() if key != FLAG},
        "flag": contact.data.get(FLAG, ""),
        "line": contact.line,
        "parties": parties,
        "recorded": bool(contact.segments),
    }


def alarm_view(alarm: Alarm) -> dict[str, Any]:
    """An alarm as it is now."""
    return {
        "severity": alarm.severity, "source": alarm.source, "text": alarm.text, "advice": alarm.advice, "raised_at": _at(alarm.raised_at),
    }  # fmt: skip


def line_views(engine: Engine, lines: Mapping[str, Line]) -> dict[str, dict[str, Any]]:
    """Each line with its groups of channels."""
    return {
        name: {"open": shown["open"], "groups": shown["groups"], "legs": shown["legs"], "calls": len(shown["calls"])}
        for name, shown in lines_shown(engine, lines).items()
    }


def _at(moment: float | None) -> float | None:
    return None if moment is None else round(moment, _MILLI)
