"""What a computer may ask the switch for: the services of call control (ECMA-269 clause 17.1).

Each checks everything before it changes anything: a service that is refused leaves no trace. Each names a connection by call and device.
"""

from typing import TYPE_CHECKING

from sim.switch.calls import Call, Connection, ConnectionID, State
from sim.switch.errors import incompatible, no_resource, wrong
from sim.switch.events import Moved

if TYPE_CHECKING:
    from sim.switch.core import Switch

__all__ = ["Services"]

_KEYS = frozenset("0123456789*#ABCD")


class Services:
    """The services of one switch; call them within a turn of it."""

    def __init__(self, switch: "Switch") -> None:
        """Serve this switch."""
        self.switch = switch

    # --- finding --------------------------------------------------------------------------------------------------------------------

    def find(self, id_: ConnectionID) -> Connection:
        """The connection of this identifier.

        Raises:
            Refused: it does not exist.

        """
        call = self.switch.calls.get(id_.call)
        if call is None:
            raise wrong("invalidCallID")
        connection = call.connections.get(id_.device)
        if connection is None:
            raise wrong("invalidConnectionID")
        return connection

    def _find_in(self, id_: ConnectionID, *states: State, reason: str = "invalidConnectionState") -> Connection:
        connection = self.find(id_)
        if connection.state not in states:
            raise incompatible(reason)
        return connection

    def _pair(self, held: ConnectionID, active: ConnectionID, *states: State) -> tuple[Connection, Connection]:
        """A held and an active connection of one device."""
        holding, speaking = self.find(held), self.find(active)
        if held.device != active.device:
            raise wrong("notSameDevice")
        if holding.state is not State.HOLD:
            raise incompatible("invalidHeldConnectionState")
        if speaking.state not in (states or (State.CONNECTED,)):
            raise incompatible("invalidActiveConnectionState")
        return holding, speaking

    # --- making and answering -------------------------------------------------------------------------------------------------------

    def make_call(self, device: str, number: str, *, prompt: bool | None = None, correlator: str = "", user_data: str = "") -> ConnectionID:
        """MakeCall: call from a phone that is on-hook."""
        switch = self.switch
        if device not in switch.stations:
            raise wrong("invalidCallingDeviceID")
        if number and not switch.knows(number):
            raise wrong("invalidCalledDeviceID")
        if device in switch.out_of_service:
            raise no_resource("callingDeviceOutOfService")
        if not switch.is_idle(device):
            raise incompatible("invalidCallingDeviceState")
        call = switch.new_call(device, switch.plan.dialled.get(number, number))
        call.correlator, call.user_data = correlator, user_data
        connection = switch.join(call, device, State.INITIATED)
        switch.report("ServiceInitiated", call, connection.id, device, cause="makeCall")
        leg = connection.leg
        if switch.plan.prompts if prompt is None else prompt:
            switch.tell(lambda: switch.speech.rings(leg, device, device, call.called))
        else:
            switch.tell(lambda: switch.speech.off_hook(leg, device))
            switch.originate(connection, "makeCall")
        return ConnectionID(call.id, device)

    def make_predictive_call(self, device: str, number: str, *, correlator: str = "", user_data: str = "") -> ConnectionID:
        """MakePredictiveCall: call somebody in the network, and bring him to a group or route point once he has answered."""
        switch = self.switch
        if not switch.is_device(device):
            raise wrong("invalidCallingDeviceID")
        if device in switch.stations:
            raise wrong("requestIncompatibleWithCallingDevice")
        if not switch.leads_outside(number):
            raise wrong("invalidCalledDeviceID")
        if switch.free_channel() is None:
            raise no_resource("networkBusy")
        call = switch.new_call(device, number)
        call.correlator, call.user_data, call.lands_at = correlator, user_data, device
        switch.present(call, number, "makePredictiveCall")
        return ConnectionID(call.id, device)

    def answer_call(self, id_: ConnectionID) -> None:
        """AnswerCall: lift the receiver of a phone that rings."""
        connection = self.find(id_)
        if id_.device not in self.switch.stations:
            raise wrong("requestIncompatibleWithDevice")
        if connection.state is not State.ALERTING:
            raise incompatible("noCallToAnswer")
        leg = connection.leg
        self.switch.tell(lambda: self.switch.speech.off_hook(leg, id_.device))
        self.switch.establish(connection)

    def deflect_call(self, id_: ConnectionID, to: str) -> None:
        """DeflectCall: bring a call that rings or waits here to another device."""
        connection = self._find_in(id_, State.ALERTING, State.QUEUED)
        if id_.device not in self.switch.stations and id_.device not in self.switch.groups.plans:
            raise wrong("requestIncompatibleWithDivertingDevice")
        self._may_go(connection.call, to)
        self.switch.divert(connection, to, "redirected")

    def _may_go(self, call: Call, to: str) -> None:
        switch = self.switch
        if not switch.knows(to):
            raise wrong("invalidDestinationDeviceID")
        number = switch.plan.dialled.get(to, to)
        if number in switch.out_of_service:
            raise no_resource("destinationDeviceOutOfService")
        if number in call.connections or (number in switch.stations and not switch.is_idle(number)):
            raise incompatible("invalidDestinationDeviceState")

    # --- clearing -------------------------------------------------------------------------------------------------------------------

    def clear_connection(self, id_: ConnectionID) -> None:
        """ClearConnection: take one device out of a call."""
        self.switch.drop(self.find(id_), "normalClearing")

    def clear_call(self, id_: ConnectionID) -> None:
        """ClearCall: end a call for everybody."""
        call = self.switch.calls.get(id_.call)
        if call is None:
            raise wrong("invalidCallID")
        self.switch.clear(call, "normalClearing")

    # --- hold and its relatives -----------------------------------------------------------------------------------------------------

    def hold_call(self, id_: ConnectionID) -> None:
        """HoldCall."""
        connection = self._find_in(id_, State.CONNECTED)
        if id_.device not in self.switch.stations:
            raise wrong("requestIncompatibleWithDevice")
        self._hold(connection, "normal")

    def _hold(self, connection: Connection, cause: str) -> None:
        self.switch.move(connection, State.HOLD)
        self.switch.report("Held", connection.call, connection.id, connection.device, cause=cause)

    def retrieve_call(self, id_: ConnectionID) -> None:
        """RetrieveCall."""
        connection = self._find_in(id_, State.HOLD)
        if self.switch.in_state(id_.device, State.CONNECTED) is not None:
            raise incompatible("connectedCallExists")
        self._retrieve(connection, "normal")

    def _retrieve(self, connection: Connection, cause: str) -> None:
        self.switch.move(connection, State.CONNECTED)
        self.switch.report("Retrieved", connection.call, connection.id, connection.device, cause=cause)

    def alternate_call(self, held: ConnectionID, active: ConnectionID) -> None:
        """AlternateCall: hold the one, retrieve the other."""
        holding, speaking = self._pair(held, active)
        self._hold(speaking, "alternate")
        self._retrieve(holding, "alternate")

    def reconnect_call(self, active: ConnectionID, held: ConnectionID) -> None:
        """ReconnectCall: clear the one, retrieve the other."""
        holding, speaking = self._pair(held, active)
        self.switch.drop(speaking, "normalClearing")
        self._retrieve(holding, "normal")

    def consultation_call(self, existing: ConnectionID, number: str, *, correlator: str = "", user_data: str = "") -> ConnectionID:
        """ConsultationCall: hold the call and make another one."""
        switch = self.switch
        connection = self._find_in(existing, State.CONNECTED, reason="noActiveCall")
        if existing.device not in switch.stations:
            raise wrong("requestIncompatibleWithDevice")
        if not switch.knows(number):
            raise wrong("invalidDestinationDeviceID")
        self._hold(connection, "consultation")
        call = switch.new_call(existing.device, switch.plan.dialled.get(number, number))
        call.correlator = correlator or connection.call.correlator
        call.user_data = user_data or connection.call.user_data
        consulting = switch.join(call, existing.device, State.INITIATED)
        switch.report("ServiceInitiated", call, consulting.id, existing.device, cause="consultation")
        switch.originate(consulting, "consultation")
        return ConnectionID(call.id, existing.device)

    # --- joining calls --------------------------------------------------------------------------------------------------------------

    def transfer_call(self, held: ConnectionID, active: ConnectionID) -> ConnectionID:
        """TransferCall: connect the others of two calls with one another, and leave; the call's identifier is a new one."""
        holding, speaking = self._pair(held, active)
        first, second = self._joinable(holding, speaking)
        if not any(c.is_in for call in (first, second) for c in call.parties if c.device != held.device):
            raise incompatible("invalidHeldConnectionState")  # both only ring
        to = next((device for device in second.connections if device != active.device), active.device)
        for connection in (holding, speaking):
            self.switch.end_leg(connection, "transfer")
            self.switch.forget(connection)
        call, moved = self._merge(first, second)
        self.switch.report(
            "Transfered", call, held, active, held.device, to, moved, cause="transfer", also=(held.device,), old=(first.id, second.id)
        )  # fmt: skip
        self._done_with(first, second)
        return ConnectionID(call.id, to)

    def conference_call(self, held: ConnectionID, active: ConnectionID) -> ConnectionID:
        """ConferenceCall: make one call of two; its identifier is a new one."""
        holding, speaking = self._pair(held, active)
        first, second = self._joinable(holding, speaking)
        if len(first.connections) + len(second.connections) - 1 > self.switch.plan.most_in_conference:
            raise no_resource("conferenceMemberLimitExceeded")
        added = next((device for device in second.connections if device != active.device), active.device)
        self.switch.end_leg(speaking, "conference")
        self.switch.forget(speaking)
        self.switch.move(holding, State.CONNECTED)
        call, moved = self._merge(first, second)
        self.switch.report(
            "Conferenced", call, held, active, held.device, added, moved, cause="conference", old=(first.id, second.id)
        )  # fmt: skip
        self._done_with(first, second)
        return ConnectionID(call.id, held.device)

    def _joinable(self, holding: Connection, speaking: Connection) -> tuple[Call, Call]:
        """The calls of both. They have no other device in common: only phones on-hook are called, so that calls never form a ring."""
        if len(holding.call.parties) < 2:
            raise incompatible("invalidHeldConnectionState")
        if len(speaking.call.parties) < 2:
            raise incompatible("invalidActiveConnectionState")  # it has failed: there is only a tone
        return holding.call, speaking.call

    def _merge(self, first: Call, second: Call) -> tuple[Call, tuple[Moved, ...]]:
        call = self.switch.new_call(first.calling, first.called)
        call.correlator = first.correlator or second.correlator
        call.user_data = first.user_data or second.user_data
        call.redirected_from, call.distributed = second.redirected_from, first.distributed or second.distributed
        moved = []
        for connection in dict.fromkeys([*first.connections.values(), *second.connections.values()]):
            old = connection.id
            self.switch.rehome(connection, call)
            connection.joined_by = ""
            moved.append(Moved(connection.id, old, connection.state))
        return call, tuple(moved)

    def _done_with(self, *calls: Call) -> None:
        for call in calls:
            self.switch.remove_call(call)

    def single_step_transfer_call(self, active: ConnectionID, to: str) -> ConnectionID:
        """SingleStepTransferCall: send the others of a call to another device, and leave."""
        switch = self.switch
        connection = self._find_in(active, State.CONNECTED, State.HOLD)
        if active.device not in switch.stations:
            raise wrong("requestIncompatibleWithDevice")
        self._may_go(connection.call, to)
        if len(connection.call.parties) < 2 or connection.call.in_states(State.ALERTING, State.QUEUED):
            raise incompatible("invalidConnectionState")
        old = connection.call
        switch.end_leg(connection, "singleStepTransfer")
        switch.forget(connection)
        call, moved = self._merge(old, old)
        switch.report(
            "Transfered", call, active, None, active.device, to, moved, cause="singleStepTransfer", also=(active.device,), old=(old.id,)
        )  # fmt: skip
        self._done_with(old)
        call.redirected_from = active.device
        switch.present(call, to, "singleStepTransfer")
        return ConnectionID(call.id, switch.plan.dialled.get(to, to))

    def single_step_conference_call(self, active: ConnectionID, device: str, *, silent: bool = False) -> ConnectionID:
        """SingleStepConferenceCall: let a device, as of a recorder, take part in a call once it has answered; the call stays the same."""
        switch = self.switch
        connection = self._find_in(active, State.CONNECTED, reason="noActiveCall")
        if device not in switch.stations:
            raise wrong("invalidDestinationDeviceID")
        self._may_go(connection.call, device)
        if len(connection.call.connections) >= switch.plan.most_in_conference:
            raise no_resource("conferenceMemberLimitExceeded")
        joining = switch.ring(connection.call, device, "singleStepConference")
        joining.joined_by, joining.silent = active.device, silent
        return joining.id

    # --- keys -----------------------------------------------------------------------------------------------------------------------

    def generate_digits(self, id_: ConnectionID, digits: str) -> None:
        """GenerateDigits: send keys for a device."""
        connection = self._find_in(id_, State.CONNECTED)
        if not digits or not set(digits) <= _KEYS:
            raise wrong("invalidParameterValue")
        self.switch.send_keys(connection, digits)
