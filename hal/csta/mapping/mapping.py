"""What comes in from switch, voice line and core, and who of the parts it is for."""

from collections.abc import Callable, Hashable, Iterable

import attrs

from hal.api import (
    Adopted,
    Alert,
    Answer,
    Answered,
    Arrived,
    Cause,
    Command,
    CommandFailed,
    Event,
    LineAlarm,
    Mix,
    Originate,
    Play,
    PlayEnd,
    PlayEnded,
    Reject,
    Release,
    Released,
    SendDigits,
    Severity,
    ShowAgent,
    StartRecording,
    StationRegistered,
    StationUnregistered,
    StopPlay,
    StopRecording,
)
from hal.csta import model
from hal.csta.mapping.adopting import Adopting
from hal.csta.mapping.board import Board, Setup, cause_of
from hal.csta.mapping.callers import Callers
from hal.csta.mapping.consulting import Consulting
from hal.csta.mapping.legs import AgentLeg, AgentStage, Customer, Recorder, Stage
from hal.csta.mapping.outputs import Kept, Output
from hal.csta.mapping.recording import Recording
from hal.csta.mapping.states import States
from hal.csta.messages import (
    ConsultationCallResponse,
    GenerateDigits,
    Message,
    ReRoute,
    Response,
    RouteEnd,
    RouteRequest,
    SingleStepTransferCallResponse,
    TransferCallResponse,
)
from hal.csta.messages import Event as SwitchEvent
from hal.csta.model import Changed, Doubt, InService, Joined, Over, Seen, State, Switch
from hal.csta.notices import Answer as Yes
from hal.csta.notices import Ended, Heard, Notice, Opened, Refused, RoutingStopped, Snapshot, Unanswered, Unwatched, Watched

__all__ = ["Mapping"]

_LINK = "cti link"
"""Source of the alarm."""


class Mapping:
    """One line at a switch. Every method returns what there is to do, in order; time is passed in."""

    def __init__(self, setup: Setup, password: Callable[[str], str | None] = lambda _agent: None, left: Iterable[Kept] = ()) -> None:
        """`password` of an agent at the switch, if he needs one; `left`: what the last run had kept."""
        devices = (*setup.ports, *setup.recording_ports, *sorted(setup.stations))
        self._setup = setup
        self._board = Board(setup, Switch(devices, device_of=setup.read))
        self._callers = Callers(self._board)
        self._consulting = self._callers.consulting = Consulting(self._board, self._callers)
        self._recording = Recording(self._board, self._callers)
        self._adopting = Adopting(self._board, self._callers, left)
        self._states = States(setup, password)
        self._registered: dict[str, None] = {}

    @property
    def idle(self) -> bool:
        """Nothing goes on."""
        board = self._board
        return not (board.customers or board.agents or board.recorders or any(board.ports.values()))

    def call_of(self, leg: str) -> str:
        """The switch's name for the call of a leg; empty: it is none of ours, or not known yet."""
        board = self._board
        whose = board.customers.get(leg) or board.agents.get(leg)
        return whose.call if whose is not None else ""

    # --- time -------------------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `tick` has something to do at the earliest."""
        board = self._board
        late = [one.late_at for one in board.customers.values()] + [one.late_at for one in board.recorders.values()]
        return min((at for at in (*late, *(agent.leaves_at for agent in board.agents.values())) if at is not None), default=None)

    def tick(self, now: float) -> list[Output]:
        """Do what is due."""
        board = self._board
        board.now = now
        for agent in [agent for agent in board.agents.values() if agent.leaves_at is not None and agent.leaves_at <= now]:
            self._consulting.leaves(agent)
        for customer in [one for one in board.customers.values() if one.late_at is not None and one.late_at <= now]:
            customer.late_at = None
            self._callers.late(customer)
        for recorder in [one for one in board.recorders.values() if one.late_at is not None and one.late_at <= now]:
            recorder.late_at = None
            self._recording.failed(recorder.customer, "it did not come in in time")
        return self._said()

    def adopt(self, now: float) -> list[Output]:
        """The line is about to open: what of the last run's legs is still there."""
        self._board.now = now
        self._adopting.conversations()
        return self._said()

    def _said(self) -> list[Output]:
        self._recording.settle()
        self._adopting.settle()
        return self._board.said()

    # --- the core ---------------------------------------------------------------------------------------------------------

    def submit(self, now: float, command: Command) -> list[Output]:
        """A command of the core."""
        board = self._board
        board.now = now
        leg = getattr(command, "leg", "")
        customer, agent = board.customers.get(leg), board.agents.get(leg)
        match command:
            case ShowAgent():
                for request in self._states.show(command):
                    board.ask(("show", command), request)
            case Mix():
                self._mix(command)
            case StartRecording() if whose := self._customer_of((command.left, command.right, *command.others)):
                self._recording.start(whose, command)
            case StopRecording():
                self._recording.stop(command)
            case Originate():
                self._originate(command)
            case _ if customer is not None:
                self._for_customer(customer, command)
            case _ if agent is not None:
                self._for_agent(agent, command)
            case _:
                board.voice(command)
        return self._said()

    def _customer_of(self, legs: Iterable[str]) -> Customer | None:
        for leg in legs:
            if leg in self._board.customers:
                return self._board.customers[leg]
            if leg in self._board.agents:
                return self._board.agents[leg].customer
        return None

    def _mix(self, command: Mix) -> None:
        board = self._board
        ours = {leg: heard for leg, heard in command.hears.items() if leg in board.customers or leg in board.agents}
        board.hears.update(ours)
        if rest := {leg: heard for leg, heard in command.hears.items() if leg not in ours}:
            board.voice(Mix(command.line, rest))
        for customer in {id(one): one for leg in ours if (one := self._customer_of((leg,)))}.values():
            self._consulting.mixed(customer)
            self._recording.follow(customer)

    def _originate(self, command: Originate) -> None:
        board = self._board
        kind, _, name = command.to.partition(":")
        customer = self._customer_of((command.beside,))
        if customer is not None and kind == "station" and name in self._setup.stations:
            self._consulting.originate(command, name, customer)
        elif customer is not None:
            board.say(Released(command.line, command.leg, Cause.BEARER_CAPABILITY_NOT_AVAILABLE, by_far_end=False))
        elif kind == "station" and name in self._setup.stations:  # for a call of the voice line's own, by its trunk to the switch
            board.voice(attrs.evolve(command, to=f"number:{name}"))
        else:
            board.voice(command)

    def _for_customer(self, customer: Customer, command: Command) -> None:
        board = self._board
        match command:
            case Alert():
                pass  # the switch lets it ring
            case Answer():
                self._callers.answer(customer)
            case Reject() | Release():
                self._callers.release(customer, command.cause)
            case Play():
                self._callers.play(customer, command)
            case StopPlay():
                self._callers.stop_play(customer, command)
            case SendDigits() if customer.stage is Stage.TALKING and customer.agent is not None:
                board.ask(
                    ("keys", customer.id), GenerateDigits(board.phone(customer.agent), characters_to_send=command.digits, digit_mode="dtmf")
                )
            case _ if (moved := self._callers.at_the_port(customer, command)) is not None:
                board.voice(moved)
            case _:
                board.say(CommandFailed(command.line, customer.id, type(command).__name__, "the switch has the call now"))

    def _for_agent(self, agent: AgentLeg, command: Command) -> None:
        board = self._board
        match command:
            case Release() | Reject():
                self._consulting.release(agent)
            case Play():
                board.say(PlayEnded(command.line, agent.id, command.play, PlayEnd.STOPPED))
            case StopPlay():
                pass  # nothing was
            case _:
                board.say(CommandFailed(command.line, agent.id, type(command).__name__, "the switch has the call"))

    # --- the voice line ---------------------------------------------------------------------------------------------------

    def voice(self, now: float, event: Event) -> list[Output]:
        """An event of the voice line."""
        board = self._board
        board.now = now
        leg = getattr(event, "leg", "")
        whose = board.voices.get(leg)
        if leg in board.left:
            if isinstance(event, Released):
                del board.left[leg]
        elif isinstance(event, Arrived) and event.dnis in board.ports:
            self._came_in(event, board.ports[event.dnis])
        elif isinstance(event, Adopted) and event.dnis in board.ports:
            self._adopting.found(event)
        elif isinstance(whose, Customer):
            self._at_port(whose, event)
        elif isinstance(whose, Recorder):
            if isinstance(event, Answered):
                self._recording.joined(whose)
            elif isinstance(event, Released):
                self._recording.gone(whose)
                board.left.pop(event.leg, None)
        else:
            board.say(event)
        return self._said()

    def _came_in(self, event: Arrived, whose: Customer | Recorder | None) -> None:
        board = self._board
        if isinstance(whose, Customer) and not whose.voice:
            self._callers.came_in(whose, event.leg)
        elif isinstance(whose, Recorder) and not whose.voice:
            whose.voice = event.leg
            board.voices[event.leg] = whose
            board.voice(Answer(event.line, event.leg))
        else:  # somebody has dialled a port by himself
            board.left[event.leg] = None
            board.voice(Reject(event.line, event.leg, Cause.CALL_REJECTED))

    def _at_port(self, customer: Customer, event: Event) -> None:
        match event:
            case Answered():
                self._callers.is_at_port(customer)
            case Released():
                self._callers.voice_gone(customer, event.cause)
                self._board.left.pop(event.leg, None)
            case PlayEnded():
                self._callers.play_ended(customer, event)
            case _:
                self._board.say(attrs.evolve(event, leg=customer.id))  # type: ignore[call-arg] # all of a leg have one

    # --- the switch -------------------------------------------------------------------------------------------------------

    def notice(self, now: float, notice: Notice) -> list[Output]:
        """What the session with the switch says."""
        board = self._board
        board.now, read = now, self._setup.read
        match notice:
            case Heard(message=SwitchEvent() as event, device=device):
                self._seen(board.switch.apply(now, event, read(device)))
            case Heard(message=message):
                self._routing(message)
            case Snapshot():
                self._seen(board.switch.snapshot(now, read(notice.device), notice.connections))
                self._stranded(read(notice.device))
                self._callers.unwanted(read(notice.device))
                self._consulting.phone_seen(read(notice.device))
            case Yes(handle=handle, response=response):
                self._yes(handle, response)
            case Refused(handle=handle, error=error):
                self._no(handle, str(error), Cause.USER_BUSY)
            case Unanswered(handle=("join", str() as leg)) if leg in board.agents and not board.agents[leg].customer.voice:
                self._consulting.joined(board.agents[leg], board.agents[leg].call)  # the port was let go, so it was done
            case Unanswered(handle=handle, reason=reason):
                self._no(handle, reason, Cause.TEMPORARY_FAILURE)
            case Watched(device=device) if read(device) in self._setup.stations:
                board.ask(("how", read(device)), self._states.ask(read(device)))
                self._reachable(read(device), works=True)
                self._consulting.watched(read(device))
            case Unwatched(device=device) if read(device) in self._setup.stations:
                self._reachable(read(device), works=False)
            case Opened():
                board.say(LineAlarm(self._setup.line, Severity.RED, _LINK, "the link to the switch is up", cleared=True))
            case Ended(reason=reason):
                self._ended(reason)
            case RoutingStopped(device=device, reason=reason):
                text = f"the switch does not ask about calls to {device}: {reason}"
                advice = "calls take the switch's own way until it does; it is asked again by itself"
                board.say(LineAlarm(self._setup.line, Severity.YELLOW, f"route point {device}", text, advice))
        return self._said()

    def _reachable(self, station: str, *, works: bool) -> None:
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
        for station in list(self._registered):
            self._reachable(station, works=False)
        for customer in [one for one in board.customers.values() if one.stage is Stage.OFFERED]:
            self._callers.gone(customer, Cause.TEMPORARY_FAILURE)
        for agent in [one for one in board.agents.values() if one.stage in (AgentStage.WANTED, AgentStage.ASKED, AgentStage.RINGING)]:
            self._consulting.consult_failed(agent, Cause.TEMPORARY_FAILURE)

    def _seen(self, seen: Iterable[Seen]) -> None:
        board = self._board
        for one in seen:
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
                    for event in self._states.seen(one):
                        board.say(event)
                case InService(device=device, works=works) if device in self._setup.stations:
                    self._reachable(device, works=works)

    def _changed(self, change: Changed) -> None:
        board = self._board
        if change.device in self._setup.stations:
            self._consulting.changed(change)
            agent = next((one for one in board.agents.values() if one.call == change.call and one.station == change.device), None)
            if agent is not None:
                self._recording.follow(agent.customer)
            return
        for customer in [one for one in board.customers.values() if one.call == change.call]:
            if change.device == customer.port and change.after is State.CONNECTED and change.before is State.HOLD:
                self._consulting.returned(customer)
            elif change.device not in board.ports and change.after is State.NULL and not board.others(change.call):
                self._callers.gone(customer, cause_of(change.cause))

    def _joined(self, call: str, calls: tuple[str, ...]) -> None:
        board = self._board
        for customer in [one for one in board.customers.values() if one.call in calls]:
            customer.call = call
        for old in board.unwanted.keys() & set(calls) - {call}:
            board.unwanted[call] = board.unwanted.pop(old)
        for agent in [one for one in board.agents.values() if one.call in calls]:
            if agent.customer.call == call:
                self._consulting.joined(agent, call)
                self._recording.follow(agent.customer)
            else:  # he has given the call away before he was joined
                agent.call = call

    def _over(self, call: str) -> None:
        board = self._board
        for agent in [one for one in board.agents.values() if one.call == call and one.stage is not AgentStage.JOINING]:
            self._consulting.changed(Changed(call, agent.station, State.CONNECTED, State.NULL))
        for customer in [one for one in board.customers.values() if one.call == call]:
            stage = customer.agent.stage if customer.agent is not None else AgentStage.WANTED
            has_left = stage in (AgentStage.WANTED, AgentStage.TALKING) and not board.switch.states(customer.port)
            says_it_itself = customer.voice != "" and has_left  # his leg at the port
            if customer.stage not in (Stage.ROUTED, Stage.PARKING) and stage is not AgentStage.JOINING and not says_it_itself:
                self._callers.gone(customer, Cause.NORMAL_CLEARING)

    def _stranded(self, device: str) -> None:
        """A port that holds its caller for nobody takes him back."""
        whose = self._board.ports.get(device)
        if isinstance(whose, Customer) and whose.stage is Stage.AT_PORT:
            self._consulting.port_seen(whose)

    # --- answers of the switch --------------------------------------------------------------------------------------------

    def _yes(self, handle: Hashable, response: Response) -> None:
        board = self._board
        match handle, response:
            case ("consult", str() as leg), ConsultationCallResponse(initiated_call=initiated) if leg in board.agents:
                self._consulting.consults(board.agents[leg], initiated.call)
            case ("join", str() as leg), TransferCallResponse(transferred_call=transferred) if leg in board.agents:
                if transferred.call:
                    if board.state(transferred.call, board.agents[leg].station) is State.NULL:
                        board.look_at(board.agents[leg].station)  # should the event of it be lost
                    self._consulting.joined(board.agents[leg], transferred.call)
                    self._recording.follow(board.agents[leg].customer)
            case ("park", str() as leg), SingleStepTransferCallResponse(transferred_call=parked) if leg in board.agents:
                self._consulting.parked(board.agents[leg], parked.call)
            case ("how", str() as station), _:
                for event in self._states.found(station, response):
                    board.say(event)

    def _no(self, handle: Hashable, why: str, cause: Cause) -> None:
        board, line = self._board, self._setup.line
        match handle:
            case ("consult", str() as leg) if leg in board.agents and board.agents[leg].stage is AgentStage.ASKED:  # no event has told
                customer = board.agents[leg].customer
                self._consulting.consult_failed(board.agents[leg], cause)
                board.look_at(customer.port)
            case ("join", str() as leg) if leg in board.agents:
                self._consulting.join_failed(board.agents[leg], why)
            case ("hold", str() as leg) if leg in board.agents:
                self._consulting.hold_failed(board.agents[leg], why)
            case ("park", str() as leg) if leg in board.agents:
                self._consulting.park_failed(board.agents[leg], why)
            case ("record", str() as leg) if leg in board.recorders:
                self._recording.failed(board.recorders[leg].customer, why)
            case ("back", str() as leg) if leg in board.customers:
                board.look_at(board.customers[leg].port)
            case ("clear", str() as leg) if leg in board.customers:
                customer = board.customers[leg]
                customer.late_at = board.now + self._setup.come_in_s
                board.look_at(customer.agent.station if customer.agent is not None else customer.port)
            case ("show", ShowAgent() as command):
                board.say(self._states.refused(command, why))
            case ("keys", str() as leg):
                board.say(CommandFailed(line, leg, "SendDigits", why))
