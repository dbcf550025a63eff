"""Advice: an agent's phone talks with somebody beside his caller, by turns or all together. Pure.

    ConsultationCall   Redirect the caller to music and the phone to its own ringing; Originate who is asked; Bridge the two when he answers
    AlternateCall      Bridge the phone with the other: whom it leaves goes back to music in the dialplan
    ReconnectCall      Bridge phone and caller; Hangup who was asked
    TransferCall       Bridge caller and who is asked, now or when he answers; Hangup the phone
    ConferenceCall     Redirect all three into one ConfBridge

A phone has one channel, and is in two calls: in that with the caller by its channel, in that beside it because we say so (`Consult`).
Asterisk links all whom it has bridged once, so its word on calls does not count while this goes on (`Channel.is_apart`). Whoever is left
alone stays, in places of the dialplan that do not end; who has nobody any more is hung up by us (`Channel.lingers`).
"""

from collections.abc import Hashable

from hal.ami.calls import Calls, Consult
from hal.ami.channels import Channel
from hal.ami.orders import Orders
from hal.ami.outputs import Do, Output, refused
from hal.ami.setup import Setup
from hal.asterisk.ami import Answer as Reply
from hal.csta.messages import (
    AlternateCall,
    AlternateCallResponse,
    ConferenceCall,
    ConferenceCallResponse,
    ConnectionID,
    ConsultationCall,
    ConsultationCallResponse,
    HoldCall,
    HoldCallResponse,
    Message,
    ReconnectCall,
    ReconnectCallResponse,
    RetrieveCall,
    RetrieveCallResponse,
    TransferCall,
    TransferCallResponse,
)
from hal.csta.model import State
from hal.csta.notices import Answer, Heard

__all__ = ["Asides"]

_UP = (State.CONNECTED, State.HOLD)


class Asides:
    """Everybody who is asked."""

    def __init__(self, setup: Setup, calls: Calls, orders: Orders) -> None:
        """Nobody is."""
        self._setup, self._calls, self._orders = setup, calls, orders
        self._given: dict[str, None] = {}
        """Phones that ring for a caller whom they were given."""

    # --- requests ---------------------------------------------------------------------------------------------------------

    def ask(self, handle: Hashable, request: Message) -> list[Output] | None:
        """Begin one; None: it is not about advice."""
        match request:
            case ConsultationCall(existing_call=part, consulted_device=device) if part.device in self._setup.stations:
                return self._consult(handle, part, device)
            case AlternateCall(held_call=held, active_call=active):
                return self._swap(handle, held, active)
            case HoldCall(call_to_be_held=part) if (parts := self._parts(part)) is not None:
                return self._hold(handle, *parts)
            case RetrieveCall(call_to_be_retrieved=part) if (parts := self._parts(part)) is not None:
                return self._retrieve(handle, *parts)
            case ReconnectCall(active_call=active, held_call=held):
                return self._reconnect(handle, held, active)
            case TransferCall(held_call=held, active_call=active) if (parts := self._parts(held, active)) is not None:
                return self._give(handle, *parts)
            case ConferenceCall(held_call=held, active_call=active):
                return self._together(handle, held, active)
            case _:
                return None

    def _parts(self, *parts: ConnectionID) -> tuple[Consult, Channel, Channel, Channel] | None:
        """The consultation that one of these is of; the caller, the phone that asks and the one that is asked."""
        consult = next((one for part in parts if (one := self._calls.consults.get(part.call)) is not None and one.is_phones), None)
        if consult is None:
            return None
        caller, phone = self._calls.customer(consult.existing), self._calls.of(consult.existing, consult.port)
        asked = self._calls.channels.all.get(consult.call)
        return (consult, caller, phone, asked) if caller is not None and phone is not None and asked is not None else None

    def _consult(self, handle: Hashable, part: ConnectionID, device: str) -> list[Output]:
        two = self._orders.two(part)
        if two is None:
            return [refused(handle, "in a conference nobody is asked aside here")]
        if why := self._setup.why_not(device):
            return [refused(handle, why)]
        caller, phone = two
        call, born = self._orders.name(), self._calls.channels.born

        def rests() -> list[Output]:
            phone.is_parked = phone.is_apart = phone.lingers = caller.is_apart = caller.lingers = True
            return self._orders.settle(phone.call)

        def done() -> list[Output]:
            self._calls.consults[call] = Consult(call, part.device, device, phone.call, born, is_phones=True)
            ring_ms = int(self._setup.longest_ring_s * 1000)
            waits = (("Context", self._setup.contexts.rest), ("Exten", "waits"), ("Priority", "1"))
            shown = caller.number if device in self._setup.stations else part.device
            rings = Do(("called", call), "Originate", (*self._orders.originate(device, call, ring_ms, shown), *waits))
            return [*rests(), *self._orders.settle(call), rings]

        response = ConsultationCallResponse(initiated_call=ConnectionID(call, part.device))
        return [self._apart(self._orders.wait(handle, response, done, rests), caller, phone, "1")]

    def picked_up(self) -> list[Output]:
        """Connect who has answered with who has asked him, or with the caller whom he was given."""
        outputs: list[Output] = []
        for consult in [one for one in self._calls.consults.values() if one.is_phones and not (one.is_bridged or one.is_held or one.ends)]:
            parts = self._parts(ConnectionID(consult.call, consult.port))
            if parts is not None and parts[3].state in _UP:
                consult.is_bridged = parts[3].is_apart = parts[3].lingers = True
                outputs.append(self._orders.bridge(("aside", consult.call), parts[2], parts[3]))
        for id_ in list(self._given):
            channel = self._calls.channels.all.get(id_)
            caller = self._calls.customer(channel.call) if channel is not None else None
            if channel is None or caller is None:
                del self._given[id_]
            elif channel.state in _UP:
                del self._given[id_]
                channel.lingers = True
                outputs.append(self._orders.bridge(None, caller, channel))
        return outputs

    def answered(self, call: str, reply: Reply | None) -> list[Output]:
        """Whether who has answered is connected; if not, he is let go."""
        consult = self._calls.consults.get(call)
        return self._orders.let_go(consult) if consult is not None and reply is not None and not reply.ok else []

    # --- by turns ---------------------------------------------------------------------------------------------------------

    def _swap(self, handle: Hashable, held: ConnectionID, active: ConnectionID) -> list[Output]:
        parts = self._parts(held, active)
        if parts is None:
            return [refused(handle, "who is to be heard is not there")]
        consult, caller, phone, asked = parts
        aside = held.call == consult.call
        tag = self._orders.wait(handle, AlternateCallResponse(), lambda: self._hears(parts, caller=not aside, asked=aside))
        return [self._orders.bridge(tag, phone, asked if aside else caller)]

    def _hold(self, handle: Hashable, consult: Consult, caller: Channel, phone: Channel, asked: Channel) -> list[Output]:
        parts = (consult, caller, phone, asked)
        tag = self._orders.wait(handle, HoldCallResponse(), lambda: self._hears(parts, caller=False, asked=False))
        return [self._apart(tag, asked, phone)]

    def _retrieve(self, handle: Hashable, consult: Consult, caller: Channel, phone: Channel, asked: Channel) -> list[Output]:
        parts = (consult, caller, phone, asked)
        tag = self._orders.wait(handle, RetrieveCallResponse(), lambda: self._hears(parts, caller=False, asked=True))
        return [self._orders.bridge(tag, phone, asked)]

    def _hears(self, parts: tuple[Consult, Channel, Channel, Channel], *, caller: bool, asked: bool) -> list[Output]:
        consult, _, phone, _ = parts
        phone.is_parked, consult.is_held = not caller, not asked
        return self._orders.settle(phone.call, consult.call)

    def _apart(self, tag: Hashable, other: Channel, phone: Channel, priority: str = "2") -> Do:
        """One of the two hears music, the phone that asks nothing, or that it rings."""
        rest = self._setup.contexts.rest
        music = (("Channel", other.name), ("Context", rest), ("Exten", "waits"), ("Priority", "1"))
        aside = (("ExtraChannel", phone.name), ("ExtraContext", rest), ("ExtraExten", "aside"), ("ExtraPriority", priority))
        return Do(tag, "Redirect", (*music, *aside))

    # --- the end of it ----------------------------------------------------------------------------------------------------

    def _reconnect(self, handle: Hashable, held: ConnectionID, active: ConnectionID) -> list[Output]:
        consult, two = self._calls.consults.get(active.call), self._orders.two(held)
        if two is None:
            return [refused(handle, "there are no two to bring together")]
        caller, phone = two
        if consult is not None:
            consult.ends = True

        def done() -> list[Output]:
            phone.is_parked = False
            self._over(caller, phone)
            here = self._calls.consults.get(active.call)
            return [*(self._orders.let_go(here) if here is not None else ()), *self._orders.settle(phone.call)]

        def failed() -> list[Output]:
            if consult is not None:
                consult.ends = False
            return []

        return [self._orders.bridge(self._orders.wait(handle, ReconnectCallResponse(), done, failed), phone, caller)]

    def _over(self, *channels: Channel) -> None:
        """Asterisk's word on their calls counts again."""
        for channel in channels:
            channel.is_apart = False

    def _give(self, handle: Hashable, consult: Consult, caller: Channel, phone: Channel, asked: Channel) -> list[Output]:
        response = TransferCallResponse(transferred_call=ConnectionID(caller.call, consult.station))

        def done() -> list[Output]:
            if asked.id not in self._calls.channels.all:
                consult.joins = ""
                return self._orders.let_go(consult)
            if asked.state not in _UP:
                self._given[asked.id] = None
            return [*self._moved(caller, phone, asked), self._orders.hang_up(phone)]

        def failed() -> list[Output]:
            consult.joins = ""
            return self._orders.settle(caller.call, consult.call)

        if asked.state not in _UP:
            return [*done(), Answer(handle, response)]
        consult.joins = caller.call
        return [self._orders.bridge(self._orders.wait(handle, response, done, failed), caller, asked)]

    def _moved(self, caller: Channel, phone: Channel, asked: Channel) -> list[Output]:
        """Who was asked is in the caller's call."""
        events = self._calls.settle(self._calls.channels.move(asked, caller.call), caller.call)
        self._over(caller, phone, asked)
        return [Heard(event) for event in events]

    def _together(self, handle: Hashable, held: ConnectionID, active: ConnectionID) -> list[Output]:
        parts = self._parts(held, active)
        if parts is None or parts[3].state not in _UP:
            return [refused(handle, "there are no three to bring together")]
        consult, caller, phone, asked = parts
        heard, other = (caller, asked) if consult.is_held else (asked, caller)
        meet = "meet" + "".join(letter for letter in consult.call if letter.isalnum())

        def done() -> list[Output]:
            self._calls.consults.pop(consult.call, None)
            phone.is_parked = False
            return self._moved(caller, phone, asked)

        tag = self._orders.wait(handle, ConferenceCallResponse(conference_call=ConnectionID(caller.call, consult.port)), done)
        rest = self._setup.contexts.rest
        two = (("Channel", heard.name), ("Context", rest), ("Exten", meet), ("Priority", "1"))
        extra = (("ExtraChannel", phone.name), ("ExtraContext", rest), ("ExtraExten", meet), ("ExtraPriority", "1"))
        third = (("Channel", other.name), ("Context", rest), ("Exten", meet), ("Priority", "1"))
        return [Do(None, "Redirect", (*two, *extra)), Do(tag, "Redirect", third)]
