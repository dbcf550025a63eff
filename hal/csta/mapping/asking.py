"""Advice: an agent's own phone calls somebody beside his call with the customer; the two calls are changed to and fro, and joined.

         ConsultationCall         it is answered        ConferenceCall: all in one call, TALKING
    ASKED ──────▶ RINGING ──────────────▶ UP ──────────┤
      │              │                    │ ▲          TransferCall: the agent leaves, and who is asked has the customer
      │              │     AlternateCall, HoldCall,     (also while it rings)
      │              │     RetrieveCall: who is heard
      └─ released, refused, hung up: ReconnectCall, or ClearConnection where the customer is heard already

The agent's phone has one request of ours to carry out at a time; what the core wants meanwhile is asked for after it. What he does by his
phone's own keys - transfer, conference, the end of one call - is taken as if he had asked for it at his seat.
"""

from collections.abc import Iterable

from hal.api import Alerted, Answered, Cause, CommandFailed, Originate
from hal.csta.mapping.board import Board, cause_of
from hal.csta.mapping.legs import AgentLeg, AgentStage
from hal.csta.messages import (
    AlternateCall,
    ClearConnection,
    ConferenceCall,
    ConsultationCall,
    HoldCall,
    ReconnectCall,
    Request,
    RetrieveCall,
    TransferCall,
)
from hal.csta.model import Changed, Joined, Seen, State

__all__ = ["Asking"]

_CALLED = (AgentStage.ASKED, AgentStage.RINGING)
_GONE = (State.NULL, State.FAIL)
_MOST_REFUSED = 3
"""So often in a row a phone is asked for what the switch refuses; a new wish of the core's is asked for in any case."""


class Asking:
    """Everybody on one line who is asked for advice."""

    def __init__(self, board: Board) -> None:
        """Nobody is yet."""
        self._board = board

    # --- calling ----------------------------------------------------------------------------------------------------------

    def originate(self, command: Originate, by: AgentLeg) -> None:
        """Call somebody from the phone of an agent who talks with a customer."""
        board = self._board
        station, dialled = board.dialled(command.to)
        asked = AgentLeg(command.leg, station, by.customer, command.ani, dialled=dialled, device=station, by=by)
        board.agents[asked.id] = asked
        talks = by.stage is AgentStage.TALKING and by.asks is None and by.leaves_at is None and not by.ends and not by.customer.ends
        if not talks or not by.station or not dialled:
            board.forget_agent(asked, Cause.NO_CIRCUIT_AVAILABLE, by_far_end=False)
            return
        board.find_device(by.customer)
        by.asks = asked
        self.mixed(by)

    def _consult(self, by: AgentLeg, asked: AgentLeg) -> None:
        board = self._board
        asked.stage = AgentStage.ASKED
        if by.holds:
            board.ask(("retrieve", by.id), RetrieveCall(board.phone(by)))
        by.holds = True
        board.ask(("ask", asked.id), self._call_for(by, asked))

    def _call_for(self, by: AgentLeg, asked: AgentLeg) -> Request:
        board = self._board
        dialled, correlator = board.setup.written(asked.dialled), board.correlator(by.customer.id)
        return ConsultationCall(board.phone(by), dialled, correlator_data=correlator)

    def asks(self, asked: AgentLeg, call: str) -> None:
        """The switch does it, in this call."""
        asked.call = asked.call or call
        if asked.ends:
            self._end(asked)

    def asks_not(self, asked: AgentLeg, cause: Cause) -> None:
        """It does not, or nobody knows whether it does."""
        by = asked.by
        self._board.forget_agent(asked, cause, by_far_end=not asked.ends)
        if by is not None:
            self._look(by)

    # --- what the switch says ---------------------------------------------------------------------------------------------

    def changed(self, change: Changed) -> bool:
        """A phone is in another state in a call: whether that was the call of somebody who is asked."""
        asked = self._asked_in(change)
        if asked is None:
            return False
        board, line = self._board, self._board.setup.line
        asked.call = asked.call or change.call
        if asked.by is not None and change.device == asked.by.station:
            if change.after is State.NULL:
                self._gone(asked, Cause.NORMAL_CLEARING)
            return True
        asked.device = "" if change.diverted else change.device
        if change.diverted:
            pass  # another phone rings for him in a moment; if not, the call is over
        elif change.after in _GONE:
            self._gone(asked, cause_of(change.cause))
        elif change.after is State.ALERTING and asked.stage is AgentStage.ASKED:
            asked.stage = AgentStage.RINGING
            board.say(Alerted(line, asked.id))
        elif change.after is State.CONNECTED and asked.stage in _CALLED:
            asked.stage = AgentStage.UP
            board.say(Answered(line, asked.id))
        return True

    def _asked_in(self, change: Changed) -> AgentLeg | None:
        board = self._board
        for asked in board.agents.values():
            by = asked.by
            if by is None or asked.stage is AgentStage.WANTED or change.call == by.call or asked.call not in {"", change.call}:
                continue
            if change.device == by.station:
                is_it = asked.call != "" or change.after in (State.INITIATED, State.CONNECTED)
            else:
                is_it = asked.device in {"", change.device} and (asked.call != "" or board.state(change.call, by.station) is not State.NULL)
            if is_it:
                return asked
        return None

    def _gone(self, asked: AgentLeg, cause: Cause) -> None:
        """Who is asked has hung up, was busy, or did not answer; or the agent has ended that call at his phone."""
        board, by = self._board, asked.by
        up = asked.stage is AgentStage.UP
        board.forget_agent(asked, Cause.NORMAL_CLEARING if up else cause, by_far_end=not asked.ends)
        if by is None or by.id not in board.agents:
            return
        by.moves = None
        by.holds = board.state(by.call, by.station) is State.HOLD
        if by.holds and board.state(asked.call, by.station) not in _GONE:  # he would go on hearing that nobody is there
            self._reconnect(by, asked)

    def phone_seen(self, station: str) -> None:
        """A snapshot of an agent's phone: a call beside that with the customer is over if it is not there."""
        board = self._board
        for by in [one for one in board.agents.values() if one.station == station and one.stage is AgentStage.TALKING]:
            asked = by.asks
            if asked is not None and asked.call and board.state(asked.call, station) is State.NULL and not by.ends:
                self._gone(asked, Cause.NORMAL_CLEARING)
            elif by.unsure and by.moves is None:
                by.unsure = False
                by.holds = board.state(by.call, station) is State.HOLD
                if asked is not None:
                    asked.holds = board.state(asked.call, station) is State.HOLD
                if by.id in board.hears and by.refused < _MOST_REFUSED:  # after a restart the core has still to say what it wants
                    self.mixed(by)

    def look_again(self, station: str) -> None:
        """This phone calls somebody of whom nothing is wanted any more: who talks with a customer there has him again."""
        for by in [one for one in self._board.agents.values() if one.station == station and one.stage is AgentStage.TALKING]:
            self._look(by)

    def holds(self, by: AgentLeg) -> bool:
        """Whether the switch holds this agent's call because we have asked for it."""
        return by.holds or (by.moves is not None and by.moves[0])

    # --- who is heard -----------------------------------------------------------------------------------------------------

    def mixed(self, by: AgentLeg) -> None:
        """Have an agent's phone talk with the customer, with who is asked, with both, or with nobody, as the core wants."""
        board, asked, customer = self._board, by.asks, by.customer
        if by.moves is not None or by.ends:
            return
        main = board.hear_each_other(by.id, customer.id)
        if asked is None:
            if by.holds is main and not by.is_held:  # what his phone holds by itself it retrieves by itself
                self._move(by, not main, False, self._back(by) if main else HoldCall(board.phone(by)))
            return
        if asked.stage is AgentStage.WANTED:
            self._consult(by, asked)
        if asked.stage is not AgentStage.UP:
            return
        aside = board.hear_each_other(by.id, asked.id)
        first, second = board.phone(by), board.part(asked.call, by.station)
        if main and aside:
            if by.holds and asked.holds:
                board.ask(("retrieve", by.id), RetrieveCall(second))
            held, active = (first, second) if by.holds else (second, first)
            self._ask(by, (False, False), ("together", by.id), ConferenceCall(held, active))
        elif main and by.holds:
            self._move(by, False, True, RetrieveCall(first) if asked.holds else AlternateCall(first, second))
        elif aside and asked.holds:
            self._move(by, True, False, RetrieveCall(second) if by.holds else AlternateCall(second, first))
        elif not main and not aside and not (by.holds and asked.holds):
            self._move(by, True, True, HoldCall(second if by.holds else first))

    def _back(self, by: AgentLeg) -> Request:
        """Talk with the customer again; a call beside it that is nobody's any more, as after a restart, is over with that."""
        there = self._board.switch.states(by.station)
        other = next((call for call, state in there.items() if call != by.call and state is State.CONNECTED), "")
        return ReconnectCall(self._board.part(other, by.station), self._board.phone(by)) if other else RetrieveCall(self._board.phone(by))

    def _move(self, by: AgentLeg, holds: bool, asked_holds: bool, request: Request) -> None:
        self._ask(by, (holds, asked_holds), ("move", by.id), request)

    def _ask(self, by: AgentLeg, moves: tuple[bool, bool], handle: tuple[str, str], request: Request) -> None:
        by.moves = moves
        self._board.ask(handle, request)

    def moved(self, by: AgentLeg) -> None:
        """The phone does so."""
        if by.moves is not None:
            by.holds, asked_holds = by.moves
            by.moves, by.refused = None, 0
            if by.asks is not None:
                by.asks.holds = asked_holds
            self.mixed(by)

    def moved_not(self, by: AgentLeg, why: str, *, refused: bool) -> None:
        """It does not: how its calls are is looked at. What is refused is asked for again a few times, as it is then."""
        self._board.say(CommandFailed(self._board.setup.line, by.id, "Mix", why))
        by.moves, by.refused = None, by.refused + refused
        self._look(by)
        if by.asks is not None and by.asks.stage is AgentStage.WANTED:
            self.mixed(by)

    def _look(self, by: AgentLeg) -> None:
        if by.id in self._board.agents:
            by.unsure = True
            self._board.look_at(by.station)

    # --- the end of it ----------------------------------------------------------------------------------------------------

    def release(self, asked: AgentLeg) -> None:
        """The core ends the leg of who is asked."""
        if asked.stage is AgentStage.WANTED:
            self._board.forget_agent(asked, Cause.NORMAL_CLEARING, by_far_end=False)
        elif asked.call:
            self._end(asked)
        else:
            asked.ends = True

    def _end(self, asked: AgentLeg) -> None:
        board, by = self._board, asked.by
        assert by is not None
        board.forget_agent(asked, Cause.NORMAL_CLEARING, by_far_end=False)
        there = by.id in board.agents and by.leaves_at is None
        if there and by.moves is None and by.holds and not asked.holds:
            self._reconnect(by, asked)
            return
        board.ask(("end", by.station, asked.call), ClearConnection(board.part(asked.call, by.station)))
        if there and by.moves is not None:
            by.moves = None
            self._look(by)

    def _reconnect(self, by: AgentLeg, asked: AgentLeg) -> None:
        board = self._board
        by.holds = False
        board.ask(("end", by.station, asked.call), ReconnectCall(board.part(asked.call, by.station), board.phone(by)))

    def not_ended(self, station: str, call: str) -> None:
        """The switch does not end that call of a phone, or has not said so: it is asked again where it is still seen."""
        board = self._board
        if board.state(call, station) is not State.NULL:
            board.unwanted[call, station] = None
        board.look_at(station)
        for agent in [one for one in board.agents.values() if one.station == station and one.stage is AgentStage.TALKING]:
            agent.unsure = True

    # --- joined -----------------------------------------------------------------------------------------------------------

    def give(self, by: AgentLeg) -> None:
        """The agent leaves, and who is asked has the customer; also while his phone rings still."""
        board, asked = self._board, by.asks
        assert asked is not None
        first, second = board.phone(by), board.part(asked.call, by.station)
        if by.holds and asked.holds:
            board.ask(("retrieve", by.id), RetrieveCall(second))
        held, active = (first, second) if by.holds else (second, first)
        by.ends = True
        board.ask(("give", by.id), TransferCall(held, active))

    def given(self, by: AgentLeg, call: str) -> None:
        """Customer and who was asked are in one call without the agent."""
        board, asked, customer = self._board, by.asks, by.customer
        if asked is None:
            return
        asked.by, by.asks, asked.holds = None, None, False
        asked.call = customer.call = call
        if asked.stage is AgentStage.UP:
            asked.stage = AgentStage.TALKING
        board.forget_agent(by, Cause.NORMAL_CLEARING, by_far_end=not by.ends)
        customer.agent = customer.agent or asked

    def together(self, by: AgentLeg, call: str) -> None:
        """All are in one call."""
        asked = by.asks
        by.moves, by.holds = None, False
        if asked is None:
            return
        asked.by, by.asks, asked.holds = None, None, False
        asked.call = by.call = by.customer.call = call
        asked.stage = AgentStage.TALKING

    def joined(self, seen: Iterable[Seen]) -> list[Seen]:
        """Two calls have become one: what of the news is to be said besides."""
        news, board = list(seen), self._board
        for joined in [one for one in news if isinstance(one, Joined)]:
            calls = (joined.call, *joined.others)
            left = {one.device for one in news if isinstance(one, Changed) and one.after is State.NULL and one.call in calls}
            for by in [one for one in board.agents.values() if one.asks is not None and one.call in calls]:
                if by.asks is None or by.asks.call not in calls:
                    continue
                if by.station in left:
                    news = [one for one in news if not (isinstance(one, Changed) and one.device == by.station and one.after is State.NULL)]
                    self.given(by, joined.call)
                else:
                    self.together(by, joined.call)
        return news
