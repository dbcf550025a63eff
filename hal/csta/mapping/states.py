"""Agents' states between core and switch: which word is which, and what to ask for so that a phone shows it."""

from collections.abc import Callable, Hashable, Iterator

from hal.api import AgentMode, AgentSeen, CommandFailed, Event, ShowAgent
from hal.csta import model
from hal.csta.mapping.board import Setup
from hal.csta.messages import GetAgentState, GetAgentStateResponse, Request, Response, SetAgentState

__all__ = ["States"]

_SEEN = {
    "loggedOff": AgentMode.LOGGED_OUT,
    "ready": AgentMode.READY,
    "notReady": AgentMode.NOT_READY,
    "workingAfterCall": AgentMode.AFTER_CALL,
}
"""Words of events; `loggedOn` is followed by one of these, and `busy` is a call."""
_ASKED = {
    AgentMode.LOGGED_OUT: "loggedOff",
    AgentMode.READY: "ready",
    AgentMode.NOT_READY: "notReady",
    AgentMode.AFTER_CALL: "workingAfterCall",
}
_FOUND = {
    "agentReady": AgentMode.READY,
    "agentNotReady": AgentMode.NOT_READY,
    "agentWorkingAfterCall": AgentMode.AFTER_CALL,
    "agentNull": AgentMode.LOGGED_OUT,
}
"""Words of `GetAgentStateResponse` besides `agentBusy`: who is in a call is logged on, and how he will be after it is told then."""


class States:
    """All stations of one line."""

    def __init__(self, setup: Setup, password: Callable[[str], str | None]) -> None:
        """`password` of an agent at the switch, if he needs one."""
        self._line, self._stations, self._written, self._password = setup.line, setup.stations, setup.written, password
        self._agents: dict[str, str] = {}
        """Station -> who is logged on there."""
        self._modes: dict[str, AgentMode] = {}
        self._before_call: dict[str, AgentMode] = {}
        """How a phone was when its call began: that it is so again after it was nobody's key."""
        self._agreed: dict[str, AgentMode] = {}
        """How a phone is by what was told, or asked for, last."""
        self._shown: dict[str, ShowAgent] = {}
        self._refused: dict[str, ShowAgent] = {}
        """What the switch has not done: nobody logs off, at some switches, whose phone is in a call."""
        self._asking: set[str] = set()
        """Stations whose state the switch was asked for, and of which nothing newer is known or wanted meanwhile."""

    def ask(self, station: str) -> Request:
        """How a phone is, is to be asked when it is watched (again)."""
        self._asking.add(station)
        return GetAgentState(self._written(station))

    def still(self, station: str, answer: Response) -> Iterator[Event]:
        """The answer to that, asked because an event may have been lost: what is news, unless something newer is known or wanted."""
        if station not in self._asking:
            return
        refused, known = self._refused.get(station), (self._agents.get(station, ""), self._agreed.get(station, AgentMode.LOGGED_OUT))
        for event in self.found(station, answer):
            if isinstance(event, AgentSeen) and (event.agent, event.mode) != known:
                yield event
                refused = None
        if refused is not None:
            self._refused[station] = refused

    def found(self, station: str, answer: Response) -> Iterator[Event]:
        """The answer to that."""
        self._asking.discard(station)
        self._refused.pop(station, None)  # the core hears how it is, and says what it wants
        if not isinstance(answer, GetAgentStateResponse):
            return
        for entry in answer.agent_state_list.agent_state_entry:
            items = entry.agent_info.agent_info_item if entry.agent_info is not None else ()
            if entry.logged_on_state is not False and any(item.agent_state == "agentBusy" for item in items):
                self._agents[station] = entry.agent_id or ""
                return
            modes = [_FOUND[item.agent_state] for item in items if item.agent_state in _FOUND]
            if entry.logged_on_state is not False and modes and modes[0] is not AgentMode.LOGGED_OUT:
                self._agents[station] = entry.agent_id or ""
                self._modes[station] = self._agreed[station] = modes[0]
                yield AgentSeen(self._line, station, entry.agent_id or "", modes[0])
                return
        self._agents.pop(station, None)
        self._modes[station] = self._agreed[station] = AgentMode.LOGGED_OUT
        yield AgentSeen(self._line, station, "", AgentMode.LOGGED_OUT)

    def seen(self, seen: model.AgentSeen) -> Iterator[Event]:
        """The switch says that somebody pressed a key, or did as `show` asked."""
        if seen.device not in self._stations:
            return
        self._asking.discard(seen.device)
        agent = seen.agent or self._agents.get(seen.device, "")
        if seen.state == "loggedOn":
            self._agents[seen.device] = agent
        if seen.state == "busy" and seen.device in self._modes:
            self._before_call[seen.device] = self._modes[seen.device]
        mode = _SEEN.get(seen.state)
        if mode is None:
            return
        by_itself = self._before_call.pop(seen.device, None) is mode
        self._modes[seen.device] = mode
        if mode is AgentMode.LOGGED_OUT:
            self._agents.pop(seen.device, None)
        else:
            self._agents[seen.device] = agent
        if not by_itself:  # if it was a key after all, for an event before it was lost, the next look at the phone shows that
            self._agreed[seen.device] = mode
            self._refused.pop(seen.device, None)
            yield AgentSeen(self._line, seen.device, agent, mode)

    def show(self, command: ShowAgent) -> Iterator[tuple[Hashable, Request]]:
        """What to ask the switch for."""
        self._shown[command.station] = command
        self._agreed[command.station] = command.mode
        self._refused.pop(command.station, None)
        for request in self._requests(command):
            yield ("show", command, request.requested_agent_state), request

    def again(self, station: str) -> Iterator[tuple[Hashable, Request]]:
        """His phone is in no call (any more): what the switch has refused is asked for again."""
        if (refused := self._refused.get(station)) is not None:
            yield from self.show(refused)

    def _requests(self, command: ShowAgent) -> Iterator[SetAgentState]:
        device, there = self._written(command.station), self._agents.get(command.station)
        password = self._password(command.agent)
        self._asking.discard(command.station)
        if there is not None and there != command.agent and command.mode is not AgentMode.LOGGED_OUT:
            yield SetAgentState(device, "loggedOff", agent_id=there or None)
            there = None
        if command.mode is AgentMode.LOGGED_OUT:
            who = there or command.agent
            yield SetAgentState(device, "loggedOff", agent_id=who or None)
            return
        if there is None:
            yield SetAgentState(device, "loggedOn", agent_id=command.agent, password=password)
            self._agents[command.station] = command.agent
        yield SetAgentState(device, _ASKED[command.mode], agent_id=command.agent)

    def refused(self, command: ShowAgent, what: str, why: str) -> Event:
        """The switch does not do it, or nobody knows whether it does; who is not logged on is logged on with his next change."""
        there = self._agents.get(command.station)
        self._agreed[command.station] = self._modes.get(command.station, AgentMode.LOGGED_OUT)
        if what == "loggedOn" and there == command.agent:
            del self._agents[command.station]
        elif there is not None and self._shown.get(command.station) is command:
            self._refused[command.station] = command
        return CommandFailed(self._line, command.station, "ShowAgent", why)
