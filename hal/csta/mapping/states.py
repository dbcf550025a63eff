"""Agents' states between core and switch: both are the same in the end, whoever changed them and whatever was lost on the way.

For each phone there is what core and switch `agreed` on last, and what is `wanted`: the core asked for it, and it was not seen yet.

    the phone shows                        then
    what is wanted                         both agree on it
    what both agreed on, and another       an event: it is older than what is wanted, or a call is over
      is wanted                            a look: the switch has not done it; it is asked again, unless the phone is in a call
    something that was asked for           a step on the way, nobody's key: both agree on it, and the rest is waited for
    anything else                          somebody pressed a key: the core is told, and nothing is wanted any more

Events are late or lost, and so are answers; at each look - when a phone is watched (again), with all others once a minute, after a call or
a refusal if something is wanted - the switch says how it is. Not here: who an agent is, and what he may do; that is the core's.
"""

from collections.abc import Callable

from attrs import define, field

from hal.api import AgentMode, AgentSeen, CommandFailed, LineAlarm, Severity, ShowAgent
from hal.csta import model
from hal.csta.mapping.board import Board
from hal.csta.messages import GetAgentState, GetAgentStateResponse, Response, SetAgentState

__all__ = ["States"]

_SEEN = {
    "loggedOff": AgentMode.LOGGED_OUT,
    "ready": AgentMode.READY,
    "notReady": AgentMode.NOT_READY,
    "workingAfterCall": AgentMode.AFTER_CALL,
}
"""Words of events; `loggedOn` is followed by one of these, and `busy` is a call."""
_ASKED = {mode: word for word, mode in _SEEN.items()}
_LEADS_TO = {**_SEEN, "loggedOn": AgentMode.NOT_READY}
"""What a phone shows when that was asked for; at some switches who logs on is something else, and that is taken for a key of his."""
_FOUND = {
    "agentReady": AgentMode.READY,
    "agentNotReady": AgentMode.NOT_READY,
    "agentWorkingAfterCall": AgentMode.AFTER_CALL,
    "agentNull": AgentMode.LOGGED_OUT,
}
"""Words of `GetAgentStateResponse` besides `agentBusy`: who is in a call is logged on, and how he will be after it is told then."""
_TRIES = 3
"""So often a phone is asked to show something: a switch may lock out who tries a wrong password for ever."""
_Shown = tuple[str, AgentMode]
"""Who is logged on at a phone, and how he is."""


@define(eq=False)
class _Phone:
    station: str
    agent: str | None = None
    """Who is logged on there; None: nobody, as far as is known."""
    agreed: _Shown | None = None
    """None: the core was not told yet how it is."""
    wanted: ShowAgent | None = None
    tries: int = 0
    why: str = ""
    """Why it was not done."""
    echoes: list[AgentMode] = field(factory=list)
    """What the switch was asked for, and what no event has told yet."""
    is_asked: bool = False
    """The switch was asked how it is, and nothing newer is known or wanted."""
    alarm: ShowAgent | None = None
    """What an alarm tells of."""


class States:
    """All stations of one line."""

    def __init__(self, board: Board, password: Callable[[str], str | None]) -> None:
        """`password` of an agent at the switch, if he needs one."""
        self._board, self._line, self._password = board, board.setup.line, password
        self._phones = {station: _Phone(station) for station in sorted(board.setup.stations)}

    # --- what the core wants ----------------------------------------------------------------------------------------------

    def show(self, command: ShowAgent) -> None:
        """Have a phone show this."""
        if (phone := self._phones.get(command.station)) is not None:
            phone.wanted, phone.tries, phone.why = command, 0, ""
            self._try(phone, command)

    def _try(self, phone: _Phone, command: ShowAgent) -> None:
        phone.tries += 1
        phone.is_asked = False
        device = self._board.setup.written(command.station)
        if phone.agent is not None and phone.agent != command.agent and command.mode is not AgentMode.LOGGED_OUT:
            self._ask(phone, SetAgentState(device, "loggedOff", agent_id=phone.agent or None))
            phone.agent = None
        if command.mode is AgentMode.LOGGED_OUT:
            self._ask(phone, SetAgentState(device, "loggedOff", agent_id=phone.agent or command.agent or None))
            return
        if phone.agent is None:
            self._ask(phone, SetAgentState(device, "loggedOn", agent_id=command.agent, password=self._password(command.agent)))
            phone.agent = command.agent
        self._ask(phone, SetAgentState(device, _ASKED[command.mode], agent_id=command.agent))

    def _ask(self, phone: _Phone, request: SetAgentState) -> None:
        phone.echoes.append(_LEADS_TO[request.requested_agent_state])
        self._board.ask(("show", phone.wanted, request.requested_agent_state), request)

    def refused(self, command: ShowAgent, what: str, why: str) -> None:
        """The switch does not do it, or nobody knows whether it does."""
        phone = self._phones[command.station]
        if _LEADS_TO[what] in phone.echoes:
            phone.echoes.remove(_LEADS_TO[what])
        if what == "loggedOn" and phone.agent == command.agent:
            phone.agent = None
        if phone.wanted is command:
            phone.why = phone.why or why
            if phone.tries == 1:
                self._look(phone)
        self._board.say(CommandFailed(self._line, command.station, "ShowAgent", why))

    # --- how the phones are -----------------------------------------------------------------------------------------------

    def watched(self, station: str) -> None:
        """It is watched (again): what the switch has not done so far it may do now."""
        self._phones[station].tries = 0
        self.look(station)

    def look(self, station: str) -> None:
        """Ask how a phone is, for events may have been lost."""
        self._look(self._phones[station])

    def out_of_call(self, station: str) -> None:
        """His phone is in no call any more: what the switch has not done during it, it may do now."""
        phone = self._phones[station]
        if phone.wanted is not None and not self._board.switch.states(station):
            self._look(phone)

    def _look(self, phone: _Phone) -> None:
        if not phone.is_asked:
            phone.is_asked = True
            self._board.ask(("how", phone.station), GetAgentState(self._board.setup.written(phone.station)))

    def found(self, station: str, answer: Response) -> None:
        """The answer to that."""
        phone = self._phones[station]
        if not phone.is_asked:
            self._look(phone)  # something newer is known or wanted
            return
        phone.is_asked = False
        if not isinstance(answer, GetAgentStateResponse):
            return
        phone.agent, mode = _read(answer)
        if mode is not None:
            phone.echoes.clear()
            shown, wanted = _shown(phone.agent or "", mode), phone.wanted
            if wanted is not None and _shows(shown, wanted):
                self._agree(phone, shown)
            elif not _same(shown, phone.agreed):
                self._tell(phone, shown, phone.agent or "")
            elif wanted is not None:
                self._again(phone, wanted)

    def not_found(self, station: str, *, refused: bool) -> None:
        """There is no answer to that, or the switch cannot say it: then what is wanted is asked for without knowing."""
        phone = self._phones[station]
        phone.is_asked = False
        if refused and phone.wanted is not None:
            self._again(phone, phone.wanted)

    def seen(self, seen: model.AgentSeen) -> None:
        """The switch says that somebody pressed a key, or did as it was asked."""
        phone = self._phones.get(seen.device)
        if phone is None:
            return
        phone.is_asked = False
        agent = seen.agent or phone.agent or ""
        if seen.state == "loggedOn":
            phone.agent = agent
        mode = _SEEN.get(seen.state)
        if mode is None:
            return
        phone.agent = None if mode is AgentMode.LOGGED_OUT else agent
        shown, wanted = _shown(agent, mode), phone.wanted
        is_echo = mode in phone.echoes
        if is_echo:
            phone.echoes = phone.echoes[phone.echoes.index(mode) + 1 :]
        if wanted is not None and _shows(shown, wanted):
            self._agree(phone, shown)
        elif is_echo and wanted is not None:
            phone.agreed = shown
        elif not is_echo and not _same(shown, phone.agreed):  # what is passed over and was a key is seen with the next look
            self._tell(phone, shown, agent)

    def _tell(self, phone: _Phone, shown: _Shown, agent: str) -> None:
        """Somebody has pressed a key."""
        phone.echoes.clear()
        self._agree(phone, shown)
        self._board.say(AgentSeen(self._line, phone.station, agent, shown[1]))

    def _agree(self, phone: _Phone, shown: _Shown) -> None:
        phone.agreed, phone.wanted = shown, None
        if phone.alarm is not None:
            phone.alarm = None
            self._board.say(LineAlarm(self._line, Severity.YELLOW, _source(phone), "phone and centre agree again", cleared=True))

    def _again(self, phone: _Phone, wanted: ShowAgent) -> None:
        """The switch has not done what is wanted."""
        if self._board.switch.states(phone.station):
            return  # at some switches nobody logs off, or on, whose phone is in a call
        if phone.tries < _TRIES:
            self._try(phone, wanted)
        elif phone.alarm is not wanted:
            phone.alarm = wanted
            why = phone.why or "the switch says nothing"
            text = f"the phone {phone.station} does not show {wanted.agent} as {wanted.mode.value}: {why}"
            advice = "see who is logged in at the phone; it is tried again when his state changes, and when the link comes up"
            self._board.say(LineAlarm(self._line, Severity.YELLOW, _source(phone), text, advice))


def _source(phone: _Phone) -> str:
    return f"agent at {phone.station}"


def _shown(agent: str, mode: AgentMode) -> _Shown:
    return ("" if mode is AgentMode.LOGGED_OUT else agent, mode)


def _same(one: _Shown, other: _Shown | None) -> bool:
    """Whether they are, for all that is known: a switch may not say who somebody is."""
    return other is not None and one[1] is other[1] and (one[0] == other[0] or "" in (one[0], other[0]))


def _shows(shown: _Shown, wanted: ShowAgent) -> bool:
    return _same(shown, _shown(wanted.agent, wanted.mode))


def _read(answer: GetAgentStateResponse) -> tuple[str | None, AgentMode | None]:
    """Who is logged on, None for nobody, and how he is, None when he is in a call."""
    for entry in answer.agent_state_list.agent_state_entry:
        items = entry.agent_info.agent_info_item if entry.agent_info is not None else ()
        if entry.logged_on_state is False:
            continue
        if any(item.agent_state == "agentBusy" for item in items):
            return entry.agent_id or "", None
        modes = [_FOUND[item.agent_state] for item in items if item.agent_state in _FOUND]
        if modes and modes[0] is not AgentMode.LOGGED_OUT:
            return entry.agent_id or "", modes[0]
    return None, AgentMode.LOGGED_OUT
