"""Agents' states at an Asterisk, which has none: a device state of our own for each phone (`Custom:hotline-8001`). Pure.

    NOT_INUSE   ready            UNAVAILABLE  logged off
    BUSY        not ready        ONHOLD       works after a call

A key with a lamp on a phone (a hint on that device) shows it, and a code of the dialplan changes it: `./hotline firmware render` writes
both. Asterisk keeps it over its restarts. Who the agent is stands in Asterisk's own database (`hotline/8001`), for the state has no room.
"""

from hal.ami.outputs import Do, Output, refused
from hal.ami.setup import Setup
from hal.asterisk.ami import Answer as Reply
from hal.csta.messages import (
    AgentEvent,
    AgentInfo,
    AgentInfoItem,
    AgentLoggedOffEvent,
    AgentNotReadyEvent,
    AgentReadyEvent,
    AgentStateEntry,
    AgentStateList,
    AgentWorkingAfterCallEvent,
    GetAgentStateResponse,
    Party,
    SetAgentState,
    SetAgentStateResponse,
)
from hal.csta.notices import Answer, Heard, Unanswered

__all__ = ["PREFIX", "Agents"]

PREFIX = "Custom:hotline-"
_SHOWN = {"ready": "NOT_INUSE", "notReady": "BUSY", "workingAfterCall": "ONHOLD", "loggedOff": "UNAVAILABLE"}
_EVENTS: dict[str, type[AgentEvent]] = {
    "NOT_INUSE": AgentReadyEvent,
    "BUSY": AgentNotReadyEvent,
    "ONHOLD": AgentWorkingAfterCallEvent,
    "UNAVAILABLE": AgentLoggedOffEvent,
}
_FOUND = {"NOT_INUSE": "agentReady", "BUSY": "agentNotReady", "ONHOLD": "agentWorkingAfterCall"}


class Agents:
    """All stations of one PBX."""

    def __init__(self, setup: Setup) -> None:
        """Nothing is known."""
        self._setup = setup
        self._who: dict[str, str] = {}
        self._handles: dict[int, tuple[object, str, str]] = {}
        self._count = 0

    @property
    def waits(self) -> int:
        """Requests without an outcome."""
        return len(self._handles)

    def set(self, handle: object, request: SetAgentState) -> list[Output]:
        """Show an agent's state at his phone."""
        station, agent, state = request.device, request.agent_id or "", request.requested_agent_state
        if state == "loggedOn":
            self._who[station] = agent
            return [
                Do(None, "Setvar", (("Variable", f"DB(hotline/{station})"), ("Value", agent))),
                Answer(handle, SetAgentStateResponse()),
            ]  # the state itself is set next
        if state not in _SHOWN:
            return [refused(handle, f"there is no state '{state}'")]
        return [self._do(handle, "set", station, "Setvar", f"DEVICE_STATE({PREFIX}{station})", _SHOWN[state])]

    def _do(self, handle: object, what: str, station: str, action: str, variable: str, set_to: str = "") -> Do:
        self._count += 1
        self._handles[self._count] = (handle, what, station)
        headers = (("Variable", variable), *((("Value", set_to),) if set_to else ()))
        return Do(("agent", self._count), action, headers)

    def ask(self, handle: object, station: str) -> list[Output]:
        """How his phone shows him, and who he is."""
        return [
            self._do(handle, "who", station, "Getvar", f"DB(hotline/{station})"),
            self._do(handle, "how", station, "Getvar", f"DEVICE_STATE({PREFIX}{station})"),
        ]

    def answered(self, number: int, reply: Reply | None, reason: str) -> list[Output]:
        """What the manager says."""
        handle, what, station = self._handles.pop(number)
        found = reply.response.get("Value") if reply is not None and reply.ok else ""
        if what == "who":
            if found:
                self._who[station] = found
            return []
        if reply is None or not reply.ok:
            return [Unanswered(handle, reason) if reply is None else refused(handle, reply.text)]
        if what == "set":
            return [Answer(handle, SetAgentStateResponse())]
        if found not in _EVENTS:  # nobody has ever set it: who is logged in here stays so
            return [refused(handle, f"the phone of {station} shows no state")]
        return [Answer(handle, self._state(station, found))]

    def _state(self, station: str, shown: str) -> GetAgentStateResponse:
        if shown not in _FOUND:
            return GetAgentStateResponse(AgentStateList(()))
        info = AgentInfo((AgentInfoItem(agent_state=_FOUND[shown]),))
        return GetAgentStateResponse(
            AgentStateList((AgentStateEntry(agent_id=self._who.get(station, ""), logged_on_state=True, agent_info=info),))
        )

    def shown(self, device: str, state: str) -> list[Output]:
        """A phone shows something else."""
        station = device.removeprefix(PREFIX)
        if station not in self._setup.stations or state not in _EVENTS:
            return []
        return [Heard(_EVENTS[state]("", agent_device=Party(station), agent_id=self._who.get(station)), station)]
