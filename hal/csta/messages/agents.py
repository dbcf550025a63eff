"""States of agents: told to the switch, asked of it."""

from hal.api import value
from hal.csta.messages import fields as has
from hal.csta.messages.fields import Request, Response

__all__ = [
    "AgentInfo",
    "AgentInfoItem",
    "AgentStateEntry",
    "AgentStateList",
    "GetAgentState",
    "GetAgentStateResponse",
    "SetAgentState",
    "SetAgentStateResponse",
]


@value
class SetAgentState(Request):
    """Put the agent at a device into a state."""

    device: str = has.device()
    requested_agent_state: str = has.ident()
    """`loggedOn loggedOff notReady ready workingAfterCall`."""
    agent_id: str | None = has.ident(optional=True)
    password: str | None = has.words(optional=True)
    group: str | None = has.device(optional=True)


@value
class SetAgentStateResponse(Response):
    """Accepted."""


@value
class GetAgentState(Request):
    """Who is logged on at a device, and how is he?"""

    device: str = has.device()


@value
class AgentInfoItem:
    """His state in one group, or everywhere."""

    acd_group: str | None = has.device(optional=True)
    agent_state: str = has.ident()
    """`agentNotReady agentNull agentReady agentBusy agentWorkingAfterCall`."""


@value
class AgentInfo:
    """His states."""

    agent_info_item: tuple[AgentInfoItem, ...] = has.structs(AgentInfoItem)


@value
class AgentStateEntry:
    """One agent."""

    agent_id: str | None = has.ident(optional=True)
    logged_on_state: bool | None = has.flag(optional=True)
    agent_info: AgentInfo | None = has.struct(AgentInfo, optional=True)


@value
class AgentStateList:
    """All who are logged on there."""

    agent_state_entry: tuple[AgentStateEntry, ...] = has.structs(AgentStateEntry)


@value
class GetAgentStateResponse(Response):
    """These."""

    agent_state_list: AgentStateList = has.struct(AgentStateList)
