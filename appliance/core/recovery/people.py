"""Agents after a restart: each has his phone, and is in the state he was in, or in the one out of which he was called.

    logged out                             logged out
    ready, working                         ready; his chats are offered to him again
    not ready                              not ready, with his reason; who was left in peace for a few seconds is ready
    wrap-up                                wrap-up, to the same end and the same limit; if it is over, what would have come then
    offered, ringing, on a call            where he was before; the adoption puts him back into the call if it is still there
                                           (`appliance.core.recovery.adoption`), else what he asked for during it is done then

His figures since the log-in - seconds in each state, contacts answered, offers missed, idle since - go on as if there had been no gap.
"""

from math import inf
from typing import TYPE_CHECKING

from appliance.core import records
from appliance.core.agents.agent import BUSY, Agent, AgentState
from appliance.core.agents.kept import keep
from appliance.core.records import from_json

if TYPE_CHECKING:
    from appliance.core.engine import Engine
    from appliance.core.inputs import Restored
    from appliance.core.state import State

__all__ = ["give_back"]

Back = tuple[str, str, float, float]
"""A state, its reason, seconds left of wrap-up, and seconds that it can be extended by."""
_READY: Back = (AgentState.READY.value, "", 0.0, 0.0)
_BUSY = frozenset(state.value for state in BUSY)


def give_back(engine: "Engine", restored: "Restored") -> None:
    """Have everybody at his phone again, as the last run left him."""
    state, agents = engine.state, engine.agents
    for id_, row in restored.states.items():
        agent = state.agents.get(id_)
        if agent is None or row.state == AgentState.LOGGED_OUT.value:
            continue
        agents.duty.ask(id_, "log-in", station=row.station if row.station in state.stations else "", by="restart")
        if agent.state is AgentState.LOGGED_OUT:
            continue  # his phone is not there any more, or another's
        kept = restored.agents.get(id_)
        was, reason, left_s, room_s = _was(state, row, kept)
        if was == AgentState.NOT_READY.value:
            agents.duty.ask(id_, "not-ready", reason, by="restart")
        elif was == AgentState.WRAP_UP.value:
            agent.pause = _pause(row, kept)
            agents.resume_wrap_up(agent, left_s, room_s)
        if kept is not None:
            _figures(state, agent, kept)
            agent.wanted = (kept.wanted, kept.wanted_reason) if kept.wanted else None
            if kept.help_at is not None:
                state.ask_help(agent, kept.help_why)
                agent.help_asked = kept.help_at - state.wall_offset
            keep(state, agent)
    for queue in state.queues.values():
        queue.lost_agent_at = -inf  # nobody has left: whoever waits is promised no more than he was


def _back(kept: records.Agent | None) -> Back:
    """Out of which state he was called, or would go to after his wrap-up."""
    if kept is None or not kept.back:
        return _READY
    was, reason, left_s, room_s, *_ = from_json(kept.back, ())
    return was, reason, left_s, room_s


def _pause(row: records.AgentState, kept: records.Agent | None) -> str | None:
    """The reason of the pause that comes after the wrap-up he goes on with; None: he is ready then."""
    if kept is None or not kept.back:
        return None
    was, reason, _, _, *pause = from_json(kept.back, ())
    if row.state == AgentState.WRAP_UP.value:
        return reason if was == AgentState.NOT_READY.value else None
    return next(iter(pause), None)  # an older core did not note it


def _was(state: "State", row: records.AgentState, kept: records.Agent | None) -> Back:
    """The state he is to have."""
    if row.state in _BUSY:
        return _back(kept)
    ends_at = row.until_at
    if row.state == AgentState.WRAP_UP.value:
        if ends_at is None or ends_at <= state.wall():
            return _back(kept)
        limit_at = kept.wrap_up_limit_at if kept is not None else None
        return row.state, "", ends_at - state.wall(), max(0.0, (limit_at or ends_at) - ends_at)
    if row.state == AgentState.NOT_READY.value and ends_at is None:
        return row.state, row.reason, 0.0, 0.0
    return _READY


def _figures(state: "State", agent: Agent, kept: records.Agent) -> None:
    """His day goes on, without the time in which nobody was in any state."""
    known = {each.value: each for each in AgentState}
    agent.seconds = {known[name]: seconds for name, seconds in from_json(kept.seconds, {}).items() if name in known}
    agent.logged_in_at = agent.since - sum(agent.seconds.values())
    agent.served = dict(from_json(kept.served, {}))
    agent.missed = kept.missed
    agent.idle_since = min(kept.idle_at - state.wall_offset, state.now)
