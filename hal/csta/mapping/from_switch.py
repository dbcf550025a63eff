"""What the session with the switch says of calls, phones and itself, and who of the parts it is for."""

from collections.abc import Iterable

from hal.api import Cause, LineAlarm, Severity, StationRegistered, StationUnregistered
from hal.csta import model
from hal.csta.mapping.answers import Answers
from hal.csta.mapping.board import cause_of
from hal.csta.mapping.legs import AgentStage, Customer, Stage
from hal.csta.mapping.parts import Parts
from hal.csta.messages import Event as SwitchEvent
from hal.csta.messages import Message, ReRoute, RouteEnd, RouteRequest
from hal.csta.model import Changed, Doubt, InService, Joined, Over, Seen, State
from hal.csta.notices import Answer as Yes
from hal.csta.notices import Ended, Heard, Late, Notice, Opened, Refused, Routing, RoutingStopped, Snapshot, Unanswered, Unwatched, Watched

__all__ = ["FromSwitch"]

_ALIVE = (State.INITIATED, State.ALERTING, State.CONNECTED)
_LINK = "cti link"
"""Source of the alarm."""


class FromSwitch:
    """Notices of the session: events and snapshots by way of the model, questions about calls, answers, and the link itself."""

    def __init__(self, parts: Parts) -> None:
        """Use these parts."""
        self._board, self._setup = parts.board, parts.board.setup
        self._callers, self._consulting, self._recording, self._states = parts.callers, parts.consulting, parts.recording, parts.states
        self._dialling, self._giving = parts.dialling, parts.giving
        self._answers = Answers(parts)
        self._registered: dict[str, None] = {}
        self._watched: set[str] = set()
        self._out_of_service: set[str] = set()
        self._not_asked: set[str] = set()
        """Route points of which it was said that the switch does not ask."""

    @property
    def reached(self) -> int:
        """How many phones are watched, and work."""
        return len(self._registered)

    def heard(self, notice: Notice) -> None:
        """What the session with the switch says."""
        board = self._board
        read = self._setup.read
        match notice:
            case Heard(message=SwitchEvent() as event, device=device):
                self._seen(board.switch.apply(board.now, event, read(device)))
            case Heard(message=message):
                self._routing(message)
            case Snapshot():
                self._seen(board.switch.snapshot(board.now, read(notice.device), notice.connections))
                self._stranded(read(notice.device))
                self._callers.unwanted(read(notice.device))
                self._consulting.phone_seen(read(notice.device))
                self._consulting.asking.phone_seen(read(notice.device))
                self._dialling.phone_seen(read(notice.device))
                if notice.of_all and read(notice.device) in self._setup.stations:
                    self._states.look(read(notice.device))
            case Yes(handle=handle, response=response):
                self._answers.yes(handle, response)
            case Refused(handle=handle, error=error):
                self._answers.no(handle, str(error), Cause.USER_BUSY)
            case Unanswered(handle=("join", str() as leg)) if leg in board.agents and not board.agents[leg].customer.voice:
                self._consulting.joined(board.agents[leg], board.agents[leg].call)  # the port was let go, so it was done
            case Unanswered(handle=handle, reason=reason):
                self._answers.no(handle, reason, Cause.TEMPORARY_FAILURE)
            case Late(handle=handle, response=response):
                self._answers.late(handle, response)
            case Watched(device=device) if read(device) in self._setup.stations:
                self._states.watched(read(device))
                self._watched.add(read(device))
                self._works(read(device), works=True)
                self._consulting.watched(read(device))
            case Unwatched(device=device) if read(device) in self._setup.stations:
                self._watched.discard(read(device))
                self._reachable(read(device))
            case Opened():
                board.say(LineAlarm(self._setup.line, Severity.RED, _LINK, "the link to the switch is up", cleared=True))
            case Ended(reason=reason):
                self._ended(reason)
            case RoutingStopped(device=device, reason=reason):
                text = f"the switch does not ask about calls to {device}: {reason}"
                advice = "calls take the switch's own way until it does; it is asked again by itself"
                self._not_asked.add(device)
                board.say(LineAlarm(self._setup.line, Severity.YELLOW, f"route point {device}", text, advice))
            case Routing(device=device) if device in self._not_asked:
                self._not_asked.discard(device)
                text = f"the switch asks about calls to {device} again"
                board.say(LineAlarm(self._setup.line, Severity.YELLOW, f"route point {device}", text, cleared=True))

    def _works(self, station: str, *, works: bool) -> None:
        """A phone is out of service, or is not: what does something is not, should the event of it be lost."""
        (self._out_of_service.discard if works else self._out_of_service.add)(station)
        self._reachable(station)

    def _reachable(self, station: str) -> None:
        works = station in self._watched and station not in self._out_of_service
        if works and station not in self._registered:
            self._registered[station] = None
            self._board.say(StationRegistered(self._setup.line, station, "switch"))
        elif not works and station in self._registered:
            del self._registered[station]
            self._board.say(StationUnregistered(self._setup.line, station))

    def _routing(self, message: Message) -> None:
        match message:
            case RouteRequest():
                self._callers.asked(message)
            case ReRoute():
                self._callers.asked_again(message)
            case RouteEnd():
                self._callers.routing_ended(message)

    def _ended(self, reason: str) -> None:
        """The link is down: what the switch still has is not known; calls at ports go on, and so do conversations, unseen."""
        board = self._board
        advice = "callers take the switch's own way; conversations go on, and are looked for when it is up again"
        board.say(LineAlarm(self._setup.line, Severity.RED, _LINK, f"the link to the switch is down: {reason}", advice))
        self._watched.clear()
        for station in list(self._registered):
            self._reachable(station)
        self._callers.forget_questions()
        called = (AgentStage.WANTED, AgentStage.ASKED, AgentStage.RINGING)
        for agent in [one for one in board.agents.values() if one.stage in called and one.by is None]:
            if agent.customer.stage is not Stage.TALKING:
                self._consulting.consult_failed(agent, Cause.TEMPORARY_FAILURE)

    def _seen(self, seen: Iterable[Seen]) -> None:
        board = self._board
        for one in self._giving.joined(self._consulting.asking.joined(seen)):
            match one:
                case Changed():
                    self._changed(one)
                case Joined(call=call, others=others):
                    self._joined(call, (call, *others))
                case Over(call=call):
                    self._over(call)
                case Doubt(device=device):
                    board.look_at(device)
                case model.AgentSeen():
                    if one.device in self._out_of_service and one.state != "loggedOff":
                        self._works(one.device, works=True)
                    self._states.seen(one)
                case InService(device=device, works=works) if device in self._setup.stations:
                    self._works(device, works=works)

    def _changed(self, change: Changed) -> None:
        board = self._board
        if change.after is State.NULL and change.device in self._setup.stations:
            self._states.out_of_call(change.device)
        if change.device in self._out_of_service and change.after in _ALIVE:
            self._works(change.device, works=True)
        if self._consulting.asking.changed(change) or self._dialling.changed(change):
            return
        if self._giving.changed(change):
            return
        if (agent := self._consulting.changed(change)) is not None:
            self._recording.follow(agent.customer)
            return
        for customer in [one for one in board.customers.values() if one.call == change.call]:
            if change.device in self._setup.stations and change.device != board.station_of(customer):
                continue  # an agent's
            if change.device == customer.port and change.after is State.CONNECTED and change.before is State.HOLD:
                self._consulting.returned(customer)
            elif self._is_gone(customer, change):
                self._callers.gone(customer, cause_of(change.cause))

    def _is_gone(self, customer: Customer, change: Changed) -> bool:
        """Whether that was the customer himself, as far as can be told, who has left his call."""
        it_may = change.after is State.NULL and change.device not in self._board.ports
        return it_may and (change.device == customer.device or not self._board.others(customer))

    def _joined(self, call: str, calls: tuple[str, ...]) -> None:
        board = self._board
        for customer in [one for one in board.customers.values() if one.call in calls]:
            customer.call = call
        board.unwanted = {(call if one in calls else one, phone): None for one, phone in board.unwanted}
        for agent in [one for one in board.agents.values() if one.call in calls]:
            if agent.customer.call == call:
                self._consulting.joined(agent, call)
                self._recording.follow(agent.customer)
            else:  # he has given the call away before he was joined
                agent.call = call

    def _over(self, call: str) -> None:
        board = self._board
        for agent in [one for one in board.agents.values() if one.call == call and one.stage is not AgentStage.JOINING]:
            if (agent.customer.stage is Stage.PARKING and not agent.customer.port) or agent.stage is AgentStage.GIVEN:
                continue  # he is on his way to this one
            over = Changed(call, agent.device, State.CONNECTED, State.NULL)
            if not self._consulting.asking.changed(over) and not self._dialling.changed(over):
                self._consulting.changed(over)
        for customer in [one for one in board.customers.values() if one.call == call]:
            stage = customer.agent.stage if customer.agent is not None else AgentStage.WANTED
            says_it_itself = customer.voice != "" and not board.switch.states(customer.port)  # his leg at the port
            stays = customer.stage in (Stage.ROUTED, Stage.PARKING) or stage in (AgentStage.JOINING, AgentStage.GIVEN)
            if not stays and not says_it_itself:
                self._callers.gone(customer, Cause.NORMAL_CLEARING)

    def _stranded(self, device: str) -> None:
        """A port that holds its caller for nobody takes him back."""
        whose = self._board.ports.get(device)
        if isinstance(whose, Customer) and whose.stage is Stage.AT_PORT:
            self._consulting.port_seen(whose)
