"""What is asked of a switch, as actions of an Asterisk's manager, and what comes of them. Pure.

    ConsultationCall          Originate: the phone rings, and waits in silence once it is answered; the caller stays at his port meanwhile
    MakeCall                  Originate: the phone rings, and dials once it is answered
    TransferCall              Bridge caller and phone; Asterisk lets the port go
    HoldCall, RetrieveCall    Redirect the caller to music and the phone to silence; Bridge them again
    SingleStepTransferCall    Redirect the caller to a port, Hangup the phone
    SingleStepConferenceCall  Originate the recording port, with ChanSpy on the phone
    ClearConnection           Hangup
    GenerateDigits            PlayDTMF

An action whose answer is lost has perhaps been done. What events say of it is believed, and what nobody waits for any more is hung up.
"""

from collections.abc import Callable, Hashable

import attrs

from hal.ami.calls import Calls, Consult, cause_word
from hal.ami.channels import Channel
from hal.ami.outputs import Do, Output, refused
from hal.ami.setup import Setup
from hal.asterisk.ami import Answer as Reply
from hal.csta.messages import (
    ClearConnection,
    ClearConnectionResponse,
    ConnectionID,
    ConsultationCall,
    ConsultationCallResponse,
    DeflectCall,
    DeflectCallResponse,
    FailedEvent,
    GenerateDigits,
    GenerateDigitsResponse,
    HoldCall,
    HoldCallResponse,
    MakeCall,
    MakeCallResponse,
    Message,
    Response,
    RetrieveCall,
    RetrieveCallResponse,
    SingleStepConferenceCall,
    SingleStepConferenceCallResponse,
    SingleStepTransferCall,
    SingleStepTransferCallResponse,
    TransferCall,
    TransferCallResponse,
)
from hal.csta.model import State
from hal.csta.notices import Answer, Heard, Unanswered

__all__ = ["Orders"]

_ANOTHER_WAY = ("", "27", "34", "38", "41", "42")
"""Causes (Q.850) of a network that cannot, rather than of somebody who does not want."""
REMEMBERED = 1000
"""Channels that are unwanted before they were seen."""


@attrs.frozen(eq=False)
class _Waits:
    """A request whose actions are on their way."""

    handle: Hashable
    response: Response
    done: Callable[[], list[Output]]
    """What it changes, once it is known to be done."""
    failed: Callable[[], list[Output]]


class Orders:
    """All that were asked for."""

    def __init__(self, setup: Setup, calls: Calls) -> None:
        """Nothing was."""
        self._setup, self._calls = setup, calls
        self._waits: dict[int, _Waits] = {}
        self._count = 0
        self._unwanted: dict[str, None] = {}
        """Channels that we may have made and that nobody waits for."""

    @property
    def waits(self) -> int:
        """Requests without an outcome."""
        return len(self._waits)

    # --- requests ---------------------------------------------------------------------------------------------------------

    def ask(self, handle: Hashable, request: Message) -> list[Output]:
        """Begin one."""
        match request:
            case ConsultationCall(existing_call=part, consulted_device=station):
                return self._consult(handle, part, station)
            case TransferCall(held_call=held, active_call=active):
                return self._join(handle, held, active)
            case HoldCall(call_to_be_held=part):
                return self._hold(handle, part)
            case RetrieveCall(call_to_be_retrieved=part):
                return self._retrieve(handle, part)
            case SingleStepTransferCall(active_call=part, transferred_to=port):
                return self.park(handle, part, port, SingleStepTransferCallResponse(transferred_call=ConnectionID(part.call, port)))
            case DeflectCall(call_to_be_diverted=part, new_destination=port):
                return self.park(handle, part, port, DeflectCallResponse())
            case SingleStepConferenceCall(active_call=part, device_to_join=port):
                return self._record(handle, part, port)
            case MakeCall(calling_device=station, called_directory_number=number):
                return self._dial(handle, station, number)
            case ClearConnection(connection_to_be_cleared=part):
                return self._clear(handle, part)
            case GenerateDigits(connection_to_send_digits=part, characters_to_send=digits):
                return self._digits(handle, part, digits)
            case _:
                return [refused(handle, f"{type(request).__name__} is not for an Asterisk")]

    def answered(self, number: int, reply: Reply | None, reason: str) -> list[Output]:
        """The manager has answered an action; None: it has not, for this reason."""
        waits = self._waits.pop(number, None)
        if waits is None:
            return []
        if reply is not None and reply.ok:
            return [*waits.done(), Answer(waits.handle, waits.response)]
        if reply is not None:
            return [*waits.failed(), refused(waits.handle, reply.text)]
        return [*waits.failed(), Unanswered(waits.handle, reason)]

    def wait(
        self, handle: Hashable, response: Response, done: Callable[[], list[Output]], failed: Callable[[], list[Output]] = list
    ) -> Hashable:
        """The tag of an action that decides on a request."""
        self._count += 1
        self._waits[self._count] = _Waits(handle, response, done, failed)
        return ("order", self._count)

    # --- an agent is called -----------------------------------------------------------------------------------------------

    def _consult(self, handle: Hashable, part: ConnectionID, station: str) -> list[Output]:
        """Whoever asks has the call's name at once, for we choose it: what becomes of it is told by events."""
        if part.device not in self._setup.ports:
            return [refused(handle, "who asks is at no port")]
        if why := self._setup.why_not(station):
            return [refused(handle, why)]
        call, customer = self.name(), self._calls.customer(part.call)
        self._calls.consults[call] = Consult(call, part.device, station, part.call, self._calls.channels.born)
        number = customer.number if customer is not None else ""
        tag = ("called", call)
        headers = self.originate(station, call, int(self._setup.longest_ring_s * 1000), number)
        rest = (("Context", self._setup.contexts.rest), ("Exten", "silence"), ("Priority", "1"))
        response = ConsultationCallResponse(initiated_call=ConnectionID(call, part.device))
        return [*self.settle(call), Answer(handle, response), Do(tag, "Originate", (*headers, *rest))]

    def _dial(self, handle: Hashable, station: str, number: str) -> list[Output]:
        """As with a consultation, the call's name is known at once. The phone shows whom it calls."""
        if why := self._setup.why_not(number):
            return [refused(handle, why)]
        call = self.name()
        self._calls.dialled[call] = station
        headers = self.originate(station, call, int(self._setup.longest_ring_s * 1000), number)
        then = (("Context", self._setup.contexts.out), ("Exten", number), ("Priority", "1"), ("Variable", f"HOTLINE_AGENT={station}"))
        return [Answer(handle, MakeCallResponse(ConnectionID(call, station))), Do(("called", call), "Originate", (*headers, *then))]

    def name(self) -> str:
        """For a channel that is to be made."""
        self._count += 1
        return f"{self._setup.prefix}{self._count}"

    def originate(self, number: str, id_: str, ring_ms: int, ani: str) -> tuple[tuple[str, str], ...]:
        """What calls a device."""
        caller = (("CallerID", f"<{ani}>"),) if ani else ()
        if number not in self._setup.monitored:
            self._calls.channels.front(id_)
        return (("Channel", self._setup.to_call(number)), ("ChannelId", id_), ("Timeout", str(ring_ms)), ("Async", "true"), *caller)

    def not_called(self, call: str, cause: str = "destNotObtainable") -> list[Output]:
        """A phone cannot be called, or nobody knows whether it is."""
        if call in self._calls.dialled and self._calls.is_gone(call):
            station = self._calls.dialled.pop(call)
            self._forsake(call)
            return [self._failed(call, station, cause)]
        consult = self._calls.consults.get(call)
        if consult is None or not self._calls.is_gone(call):
            return []
        return [self._failed(consult.call, consult.station, cause), *self.let_go(consult)]

    def _failed(self, call: str, device: str, cause: str) -> Output:
        return Heard(FailedEvent("", failed_connection=ConnectionID(call, device), cause=cause), device)

    def let_go(self, consult: Consult) -> list[Output]:
        """There is nobody in a consultation any more, or there is to be nobody."""
        self._calls.consults.pop(consult.call, None)
        self._forsake(consult.call)
        return [*(self.hang_up(channel) for channel in self._calls.channels.of(consult.call)), *self.settle(consult.call)]

    def _forsake(self, id_: str) -> None:
        """A channel that may be there yet, or come to be, is to be hung up as soon as it is seen."""
        if not self._calls.channels.was(id_):
            self._unwanted[id_] = None
            if len(self._unwanted) > REMEMBERED:
                del self._unwanted[next(iter(self._unwanted))]

    def unwanted(self) -> list[Output]:
        """Hang up what nobody waits for."""
        found = [channel for id_ in self._unwanted if (channel := self._calls.channels.all.get(id_)) is not None]
        for channel in found:
            del self._unwanted[channel.id]
        return [self.hang_up(channel) for channel in found]

    def gone(self, channel: Channel, cause: str) -> list[Output]:
        """A channel is no more: consultations whose port or agent it was are over, and who was held alone stays alone no longer."""
        outputs: list[Output] = []
        for consult in [one for one in self._calls.consults.values() if not one.joins]:
            port = channel.call == consult.existing and self._setup.device_of(channel.name) == consult.port
            if channel.id == consult.call and channel.state is State.NULL:  # it never rang
                outputs.append(self._failed(consult.call, consult.station, cause_word(cause)))
            if channel.id == consult.call or port:
                outputs += self.let_go(consult)
        outputs += self._dialled_gone(channel, cause)
        if self._calls.is_gone(channel.call):
            self._calls.dialled.pop(channel.call, None)
        left = [one for one in self._calls.channels.of(channel.call) if not one.leaves]
        is_given = any(one.joins == channel.call for one in self._calls.consults.values())
        if len(left) == 1 and not is_given and (channel.is_parked or left[0].is_parked or left[0].lingers):
            outputs.append(self.hang_up(left[0]))
        return outputs

    def _dialled_gone(self, channel: Channel, cause: str) -> list[Output]:
        """Who never rang in a call that a phone makes: for the network's reasons the dialplan may try another way."""
        call = channel.call
        if call not in self._calls.dialled or channel.state is not State.NULL:
            return []
        final = channel.id == call or cause not in _ANOTHER_WAY
        return [self._failed(call, self._setup.device_of(channel.name), cause_word(cause))] if final else []

    def listed(self, mark: int) -> list[Output]:
        """All channels are known as they were after `mark`: consultations of ports that are gone unseen are over."""
        here = [one for one in self._calls.consults.values() if one.born < mark and not one.joins]
        return [out for one in here if self._calls.of(one.existing, one.port) is None for out in self.let_go(one)]

    # --- two together -----------------------------------------------------------------------------------------------------

    def _join(self, handle: Hashable, held: ConnectionID, active: ConnectionID) -> list[Output]:
        consult = self._calls.consults.get(active.call)
        customer = self._calls.customer(held.call)
        phone = self._calls.of(active.call, consult.station) if consult is not None else None
        if consult is None or customer is None or phone is None:
            return [refused(handle, "who is to be joined is not there")]
        consult.joins = customer.call
        port = self._calls.of(held.call, held.device)

        def done() -> list[Output]:
            if phone.id not in self._calls.channels.all:
                consult.joins = ""
                return [*self.settle(customer.call), *self.let_go(consult)]
            outputs = [Heard(event) for event in self._calls.settle(self._calls.channels.move(phone, customer.call))]
            left = [self.hang_up(port)] if port is not None and port.id in self._calls.channels.all else []
            return [*outputs, *left]

        def failed() -> list[Output]:
            consult.joins = ""
            if phone.call == customer.call:  # it was done all the same
                return []
            told = self.settle(held.call, customer.call)
            gone = self._calls.channels.was(phone.id) or self._calls.of(consult.existing, consult.port) is None
            return [*told, *(self.let_go(consult) if gone else [])]

        response = TransferCallResponse(transferred_call=ConnectionID(held.call, consult.station))
        return [self.bridge(self.wait(handle, response, done, failed), customer, phone)]

    def bridge(self, tag: Hashable, one: Channel, other: Channel) -> Do:
        """Have two talk with each other."""
        return Do(tag, "Bridge", (("Channel1", one.name), ("Channel2", other.name), ("Tone", "no")))

    def two(self, part: ConnectionID) -> tuple[Channel, Channel] | None:
        """Caller and phone of a call, where there are no more than these."""
        there = [one for one in self._calls.channels.of(part.call) if not one.leaves]
        return self._pair(part) if len(there) == 2 else None

    def _pair(self, part: ConnectionID) -> tuple[Channel, Channel] | None:
        customer, phone = self._calls.customer(part.call), self._calls.of(part.call, part.device)
        return (customer, phone) if customer is not None and phone is not None and customer is not phone else None

    def _hold(self, handle: Hashable, part: ConnectionID) -> list[Output]:
        if (two := self.two(part)) is None:
            return [refused(handle, "there are no two to hold")]
        customer, phone = two
        rest = self._setup.contexts.rest
        music = (("Channel", customer.name), ("Context", rest), ("Exten", "music"), ("Priority", "1"))
        silence = (("ExtraChannel", phone.name), ("ExtraContext", rest), ("ExtraExten", "silence"), ("ExtraPriority", "1"))
        tag = self.wait(handle, HoldCallResponse(), lambda: self._rests(phone, rests=True))
        return [Do(tag, "Redirect", (*music, *silence))]

    def _retrieve(self, handle: Hashable, part: ConnectionID) -> list[Output]:
        if (two := self._pair(part)) is None:
            return [refused(handle, "there are no two to bring together")]
        customer, phone = two
        return [self.bridge(self.wait(handle, RetrieveCallResponse(), lambda: self._rests(phone, rests=False)), customer, phone)]

    def _rests(self, phone: Channel, *, rests: bool) -> list[Output]:
        phone.is_parked = rests
        return self.settle(phone.call)

    def park(self, handle: Hashable, part: ConnectionID, port: str, response: Response) -> list[Output]:
        """Send a caller to a port; the phone is let go."""
        if (two := self.two(part)) is None:
            return [refused(handle, "there is nobody to be sent to a port")]
        customer, phone = two
        tag = self.wait(handle, response, lambda: [self.hang_up(phone)])
        return [Do(tag, "Redirect", self.to_port(customer.name, port))]

    def to_port(self, channel: str, port: str) -> tuple[tuple[str, str], ...]:
        """Where a caller is sent so that he comes to this port."""
        return (("Channel", channel), ("Context", self._setup.contexts.to), ("Exten", port), ("Priority", "1"))

    # --- others -----------------------------------------------------------------------------------------------------------

    def _record(self, handle: Hashable, part: ConnectionID, port: str) -> list[Output]:
        phone = self._calls.of(part.call, part.device)
        if phone is None:
            return [refused(handle, "who is to be recorded is not there")]
        id_ = self.name()

        def failed() -> list[Output]:
            self._forsake(id_)
            return self.unwanted()

        tag = self.wait(handle, SingleStepConferenceCallResponse(conferenced_call=ConnectionID(id_, port)), list, failed)
        spy = (("Application", "ChanSpy"), ("Data", f"{phone.name},qE"))
        return [Do(tag, "Originate", (*self.originate(port, id_, 10_000, ""), *spy))]

    def _clear(self, handle: Hashable, part: ConnectionID) -> list[Output]:
        consult = self._calls.consults.get(part.call)
        if consult is not None and part.device in (consult.port, consult.station) and not consult.joins:
            return [*self.let_go(consult), Answer(handle, ClearConnectionResponse())]
        channel = self._calls.of(part.call, part.device)
        if channel is None and self._calls.dialled.pop(part.call, ""):
            self._forsake(part.call)
            return [Answer(handle, ClearConnectionResponse())]
        if channel is None:
            return [refused(handle, "there is no such connection")]
        return [self.hang_up(channel, self.wait(handle, ClearConnectionResponse(), list))]

    def hang_up(self, channel: Channel, tag: Hashable = None, cause: str = "16") -> Do:
        """Hang up a channel."""
        return Do(tag, "Hangup", (("Channel", channel.name), ("Cause", cause)))

    def _digits(self, handle: Hashable, part: ConnectionID, digits: str) -> list[Output]:
        customer = self._calls.customer(part.call)
        if customer is None or not digits:
            return [refused(handle, "there is nobody to hear them")]
        actions: list[Output] = [Do(None, "PlayDTMF", (("Channel", customer.name), ("Digit", digit))) for digit in digits[:-1]]
        tag = self.wait(handle, GenerateDigitsResponse(), list)
        return [*actions, Do(tag, "PlayDTMF", (("Channel", customer.name), ("Digit", digits[-1])))]

    def settle(self, *calls: str) -> list[Output]:
        """What is to be told of these calls."""
        return [Heard(event) for event in self._calls.settle((), *calls)]
