"""What is kept of an agent for a restart besides his states: the row `appliance.core.records.Agent`, written when anything in it changes.

How he is given it back is in `appliance.core.recovery.people`.
"""

from typing import TYPE_CHECKING

from appliance.core import records
from appliance.core.agents.agent import BUSY, FREE, Agent, AgentState

if TYPE_CHECKING:
    from appliance.core.state import State

__all__ = ["keep"]

_FREE = frozenset(state.value for state in FREE)


def _back(agent: Agent) -> tuple[str, str, float] | None:
    """Where he goes from where he is, when that is over, if not to where he is free."""
    if agent.state is AgentState.WRAP_UP:
        return None if agent.pause is None else (AgentState.NOT_READY.value, agent.pause, 0.0)
    return agent.back if agent.state in BUSY and agent.back[0] not in _FREE else None


def keep(state: "State", agent: Agent) -> None:
    """Write the agent's row, if anything in it has changed; the seconds, which always do, are written along."""
    wraps_up = agent.state is AgentState.WRAP_UP
    back, pause = _back(agent), agent.pause
    facts = (
        agent.idle_since, agent.served.copy(), agent.missed, agent.wanted, back, pause, agent.wrap_up_limit if wraps_up else None,
        agent.help_asked, agent.help_why,
    )  # fmt: skip
    if facts == agent.kept:
        return
    agent.kept = facts
    room_s = agent.wrap_up_limit - agent.wrap_up_ends if back is not None and back[0] == AgentState.WRAP_UP.value else 0.0
    wanted, reason = agent.wanted or ("", "")
    spent = {each._value_: seconds for each, seconds in agent.seconds.items()}
    spent[agent.state._value_] = spent.get(agent.state._value_, 0.0) + state.now - agent.since
    state.out.append(
        records.Agent(
            agent.id,
            state.wall(),
            agent.idle_since + state.wall_offset,
            records.as_json(spent),
            records.as_json(agent.served) if agent.served else "",
            agent.missed,
            wanted,
            reason,
            "" if back is None else records.as_json([*back, room_s, pause]),
            state.at(agent.wrap_up_limit) if wraps_up else None,
            state.at(agent.help_asked),
            agent.help_why,
        )
    )
