"""Customers: from the switch's question to a port, what they hear there, and their end."""

from typing import TYPE_CHECKING

import attrs

from hal.api import LONGEST_DATA, Answer, Answered, Arrived, Cause, Command, Play, PlayEnd, PlayEnded, Reject, Release, StopPlay
from hal.csta.mapping.board import Board
from hal.csta.mapping.legs import AgentStage, Customer, Stage
from hal.csta.messages import ClearConnection, ReRoute, RouteEnd, RouteReject, RouteRequest, RouteSelect
from hal.csta.model import State

if TYPE_CHECKING:
    from hal.csta.mapping.consulting import Consulting
    from hal.csta.mapping.giving import Giving

__all__ = ["Callers"]

_ON_THE_WAY = (Stage.ROUTED, Stage.PARKING)
_BEFORE = (Stage.OFFERED, Stage.ROUTED)


class Callers:
    """All customers of one line."""

    def __init__(self, board: Board) -> None:
        """Nobody calls yet."""
        self._board = board
        self._numbers = 0
        self.consulting: Consulting
        self.giving: Giving

    # --- the switch asks --------------------------------------------------------------------------------------------------

    def asked(self, request: RouteRequest) -> None:
        """A call has come to a route point."""
        board = self._board
        point = board.setup.read((request.routeing_device or request.current_route).device)
        call = request.routed_call.call if request.routed_call is not None else ""
        before = self._asked_about(request)
        if before is not None and before.call == call and (call or before.stage in _BEFORE):
            return  # the same question twice
        if before is not None:  # the switch uses the reference again, so the dialogue before is over
            before.cross_ref = ""
            if before.stage is Stage.OFFERED:
                self.gone(before, Cause.NORMAL_CLEARING)
        self._numbers += 1
        leg = f"{board.setup.prefix}{self._numbers}"
        customer = board.customer(leg, call, request.cross_ref_identifier, request.route_register_req_id)
        ani = board.setup.read(request.calling_device.device) if request.calling_device is not None else ""
        dnis = board.setup.route_points.get(point) or board.setup.read(request.current_route.device) or point
        customer.ani, customer.dnis = ani, dnis
        station = board.station_of(customer)
        data, trunk = (request.user_data or "")[:LONGEST_DATA], "" if station else point
        board.say(Arrived(board.setup.line, customer.id, ani, dnis, trunk=trunk, station=station, data=data))

    def _asked_about(self, message: RouteRequest | ReRoute | RouteEnd) -> Customer | None:
        """Whom a message of routing is about: references are unique within a registration, which some switches leave out."""
        reference, register = message.cross_ref_identifier, message.route_register_req_id
        for customer in self._board.customers.values():
            if reference and customer.cross_ref == reference and (register is None or customer.register in (None, register)):
                return customer
        return None

    def forget_questions(self) -> None:
        """The session is over, and with it all that the switch asked in it."""
        for customer in list(self._board.customers.values()):
            customer.cross_ref = ""
            if customer.stage is Stage.OFFERED:
                self.gone(customer, Cause.TEMPORARY_FAILURE)

    def asked_again(self, message: ReRoute) -> None:
        """The port was of no use."""
        customer = self._asked_about(message)
        if customer is not None and customer.stage is Stage.ROUTED:
            used = customer.port
            self._board.leave_port(customer)
            self._route(customer, but=used)

    def routing_ended(self, message: RouteEnd) -> None:
        """The switch asks no more: the call has gone where it was sent, or the caller away."""
        customer = self._asked_about(message)
        if customer is None:
            return
        if customer.stage is Stage.OFFERED or (customer.stage is Stage.ROUTED and message.error_value is not None):
            self.gone(customer, Cause.NORMAL_CLEARING)
        customer.cross_ref = ""

    # --- to a port --------------------------------------------------------------------------------------------------------

    def answer(self, customer: Customer) -> None:
        """The core takes the call: it goes to a port."""
        if customer.stage is Stage.OFFERED:
            self._route(customer)

    def _route(self, customer: Customer, *, but: str = "") -> None:
        board = self._board
        port = board.free_port(board.setup.ports, but=but)
        if not port:
            board.tell(RouteEnd(customer.cross_ref, route_register_req_id=customer.register))  # to the switch's own default
            board.forget_customer(customer, Cause.NO_CIRCUIT_AVAILABLE, by_far_end=False)
            return
        self.expect(customer, port, Stage.ROUTED)
        to, correlator = board.setup.written(port), board.correlator(customer.id)
        board.tell(RouteSelect(customer.cross_ref, route_register_req_id=customer.register, route_selected=to, correlator_data=correlator))

    def expect(self, customer: Customer, port: str, stage: Stage) -> None:
        """He is on his way to this port."""
        board = self._board
        customer.stage, customer.port = stage, port
        customer.late_at = board.now + board.setup.come_in_s
        board.ports[port] = customer

    def came_in(self, customer: Customer, voice: str) -> None:
        """His call has reached the voice line."""
        board = self._board
        customer.voice = voice
        board.voices[voice] = customer
        board.voice(Reject(board.setup.line, voice, Cause.CALL_REJECTED) if customer.ends else Answer(board.setup.line, voice))

    def is_at_port(self, customer: Customer) -> None:
        """The voice line has answered him."""
        board = self._board
        if customer.stage not in _ON_THE_WAY:
            return
        customer.stage, customer.late_at = Stage.AT_PORT, None
        there = board.switch.states(customer.port)
        if customer.call not in there and len(there) == 1:
            customer.call = next(iter(there))
        if not customer.is_up:
            customer.is_up = True
            board.say(Answered(board.setup.line, customer.id))
        if customer.waits is not None:
            self.consulting.returned(customer)
            return
        self.resume(customer)
        if customer.agent is not None and customer.agent.stage is AgentStage.WANTED:
            self.consulting.ring(customer.agent)

    def voice_gone(self, customer: Customer, cause: Cause, *, by_far_end: bool) -> None:
        """His leg at the port is over: so is he, unless he has been joined with an agent."""
        board = self._board
        board.leave_port(customer)
        if customer.stage not in (Stage.TALKING, Stage.AT_PORT) or customer.agent is None or customer.agent.stage not in _JOINED:
            self.gone(customer, cause, by_far_end=by_far_end and not customer.ends)
        elif customer.play is not None and not customer.play.loop:
            self.end_play(customer)

    def late(self, customer: Customer) -> None:
        """What was to happen to him has not: he did not come to his port, or is in no conversation of ours any more."""
        agent = customer.agent
        if customer.stage in _ON_THE_WAY:
            self._board.leave_port(customer)
        elif customer.ends and agent is not None:
            self._board.unwanted[agent.call, agent.station] = None
            self._board.look_at(agent.station)
            if agent.ends:
                self._board.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
        self.gone(customer, Cause.RECOVERY_ON_TIMER_EXPIRY if customer.stage in _ON_THE_WAY else Cause.NORMAL_CLEARING)

    # --- his end ----------------------------------------------------------------------------------------------------------

    def gone(self, customer: Customer, cause: Cause, *, by_far_end: bool | None = None) -> None:
        """He is not there any more; without `by_far_end`: ended by whoever ended it."""
        board = self._board
        if customer.voice:
            board.voice(Release(board.setup.line, customer.voice))
        board.leave_port(customer)
        board.forget_customer(customer, cause, by_far_end=by_far_end)

    def release(self, customer: Customer, cause: Cause) -> None:
        """The core ends his call."""
        board, line = self._board, self._board.setup.line
        if customer.ends:
            return
        customer.ends = True
        if customer.given:
            self.giving.ended(customer)
        elif customer.stage is Stage.OFFERED:
            board.tell(RouteReject(customer.cross_ref, route_register_req_id=customer.register))
            board.forget_customer(customer, cause)
        elif customer.stage is Stage.TALKING or not customer.voice:
            others = board.others(customer)
            there = [one for one in board.talkers(customer) if one.call == customer.call]
            if customer.agent is not None and customer.agent.call == customer.call and customer.agent not in there:
                there.append(customer.agent)
            if there:
                for agent in there:
                    board.ask(("clear", customer.id), ClearConnection(board.phone(agent)))
            elif others:
                board.ask(("clear", customer.id), ClearConnection(board.part(customer.call, others[0])))
        else:
            board.voice(Release(line, customer.voice, cause))

    def unwanted(self, device: str) -> None:
        """What should have ended while the link was down ends now."""
        board = self._board
        for call in [call for call, phone in board.unwanted if phone == device]:
            if board.state(call, device) is State.NULL:
                del board.unwanted[call, device]
            else:
                board.ask(("unwanted", call), ClearConnection(board.part(call, device)))

    # --- what he hears ----------------------------------------------------------------------------------------------------

    def at_the_port(self, customer: Customer, command: Command) -> Command | None:
        """A command for his leg as one for the voice line's; None: he is not there, or the switch has him on hold."""
        if customer.voice and customer.stage is Stage.AT_PORT and not self.is_away(customer):
            moved: Command = attrs.evolve(command, leg=customer.voice)  # type: ignore[call-arg] # whoever asks has one with a leg
            return moved
        return None

    def is_away(self, customer: Customer) -> bool:
        """Whether he does not hear his port: the switch holds him for an agent who is called, or joins the two."""
        agent = customer.agent
        return agent is not None and (agent.stage in _JOINED or (self._board.setup.holds and agent.stage is not AgentStage.WANTED))

    def play(self, customer: Customer, command: Play) -> None:
        """Play something to him; what the switch has him hear instead is told as stopped, or goes on when he is back."""
        self.end_play(customer)
        customer.play = command
        if self.at_the_port(customer, command) is not None:
            self._start(customer)
        elif not command.loop and not self._comes(customer):
            self.end_play(customer)

    def _comes(self, customer: Customer) -> bool:
        """Whether he will be at a port in a moment."""
        return customer.stage in _ON_THE_WAY or (customer.agent is not None and customer.agent.leaves_at is not None)

    def stop_play(self, customer: Customer, command: StopPlay) -> None:
        """Stop it."""
        if customer.play is None or customer.play.play != command.play:
            return
        if customer.voice_play:
            self._board.voice(StopPlay(self._board.setup.line, customer.voice, customer.voice_play))
        else:
            self.end_play(customer)

    def _start(self, customer: Customer) -> None:
        assert customer.play is not None
        customer.plays += 1
        customer.voice_play = customer.plays
        self._board.voice(attrs.evolve(customer.play, leg=customer.voice, play=customer.voice_play))

    def suspend(self, customer: Customer) -> None:
        """The switch holds him: music goes on when he is back, an announcement is over."""
        board = self._board
        if customer.voice_play:
            board.voice(StopPlay(board.setup.line, customer.voice, customer.voice_play))
            customer.voice_play = 0
        if customer.play is not None and not customer.play.loop:
            self.end_play(customer)

    def resume(self, customer: Customer) -> None:
        """He is back at the port."""
        if customer.play is not None and not customer.voice_play and self.at_the_port(customer, customer.play) is not None:
            self._start(customer)

    def play_ended(self, customer: Customer, event: PlayEnded) -> None:
        """What was played at the port is over."""
        if event.play == customer.voice_play and customer.play is not None:
            customer.voice_play = 0
            self.end_play(customer, event.end)

    def end_play(self, customer: Customer, end: PlayEnd = PlayEnd.STOPPED) -> None:
        """Tell the core."""
        if customer.play is not None:
            number, customer.play = customer.play.play, None
            customer.voice_play = 0
            self._board.say(PlayEnded(self._board.setup.line, customer.id, number, end))


_JOINED = (AgentStage.JOINING, AgentStage.TALKING)
