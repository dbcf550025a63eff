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
    Message,
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
        self._echoes: dict[str, list[str]] = {}
        """What we have set, and Asterisk has not told yet."""
        self._known: dict[str, str] = {}
        """What each phone shows, as far as both sides know."""
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
        shown = _SHOWN[state]
        self._echoes.setdefault(station, []).append(shown)
        self._known[station] = shown
        return [self._do(handle, "set", station, "Setvar", f"DEVICE_STATE({PREFIX}{station})", shown)]

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
            self._echoes.pop(station, None)
            return [Unanswered(handle, reason) if reply is None else refused(handle, reply.text)]
        if what == "set":
            return [Answer(handle, SetAgentStateResponse())]
        if found not in _EVENTS:  # nobody has ever set it: who is logged in here stays so
            return [refused(handle, f"the phone of {station} shows no state")]
        self._known[station] = found
        return [Answer(handle, self._state(station, found))]

    def _state(self, station: str, shown: str) -> GetAgentStateResponse:
        if shown not in _FOUND:
            return GetAgentStateResponse(AgentStateList(()))
        info = AgentInfo((AgentInfoItem(agent_state=_FOUND[shown]),))
        return GetAgentStateResponse(
            AgentStateList((AgentStateEntry(agent_id=self._who.get(station, ""), logged_on_state=True, agent_info=info),))
        )

    def shown(self, device: str, state: str) -> list[Output]:
        """A phone shows something else; what we have set ourselves is no news."""
        station = device.removeprefix(PREFIX)
        if station not in self._setup.stations or state not in _EVENTS:
            return []
        echoes = self._echoes.pop(station, [])
        if state in echoes:
            self._echoes[station] = echoes[echoes.index(state) + 1 :]
            return []
        self._known[station] = state
        event: Message = _EVENTS[state]("", agent_device=Party(station), agent_id=self._who.get(station))
        return [Heard(event, station)]

    def listed(self, device: str, state: str) -> list[Output]:
        """What a phone shows, out of a list: that is news if an event was lost. Who is not known yet is asked for anyhow."""
        station = device.removeprefix(PREFIX)
        if any(what == "set" and where == station for _, what, where in self._handles.values()):
            return []  # it may be older than what is being set
        self._echoes.pop(station, None)
        return self.shown(device, state) if self._known.get(station, state) != state else []

    def lost(self) -> None:
        """The link is down: each phone is asked when it is up again."""
        self._known.clear()
        self._echoes.clear()
