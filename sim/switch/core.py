"""The switch itself: devices, calls, and what happens to them, in the time it is told.

It has no clock and no chance of its own. Whoever drives it opens a turn with the time of day; in a turn, services are asked for
(`sim.switch.services`), far ends act, timers fire. Events and what far ends are told leave at the end of the turn, in their order.

It does not model: forwarding, pick-up, parking, call-back, several appearances of one number, tones, charging. A phone takes one call
from outside at a time; another caller finds it busy.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from math import inf

from sim.switch.agents import Agents
from sim.switch.calls import Call, Connection, ConnectionID, State
from sim.switch.events import Event, Moved, Value, event
from sim.switch.groups import Groups
from sim.switch.hearing import Hearing
from sim.switch.plan import Plan
from sim.switch.routing import Routing
from sim.switch.speech import Nobody, Speech

__all__ = ["Switch"]


class Switch:
    """One switch. `sink` is told every event; `speech` are its far ends."""

    def __init__(self, plan: Plan, sink: Callable[[Event], None], speech: Speech | None = None) -> None:
        """Put it together; all of its phones are on-hook, all agents logged off."""
        self.plan = plan
        self.sink = sink
        self.speech: Speech = speech or Nobody()
        self.now = 0.0
        self.stations = {station.number: station for station in plan.stations}
        self.trunks = {trunk.name: trunk for trunk in plan.trunks}
        self.calls: dict[str, Call] = {}
        self.out_of_service: set[str] = set()
        """Phones and ports that are unplugged."""
        self.legs: dict[int, list[Connection]] = {}
        """The connections of each far end."""
        self.hearing = Hearing(self)
        self.groups = Groups(self)
        self.routing = Routing(self)
        self.agents = Agents(self)
        self._call_numbers = count(plan.first_call)
        self._leg_numbers = count(1)
        self._order = count()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._told: deque[Callable[[], None]] = deque()
        self._turns = 0
        self._by_device: dict[str, list[Connection]] = {}

    # --- time -----------------------------------------------------------------------------------------------------------------------

    @contextmanager
    def turn(self, now: float) -> Iterator[None]:
        """Let something happen at this time; what is told is told when the outermost turn ends."""
        self.now = max(self.now, now)
        self._turns += 1
        try:
            yield
        finally:
            if self._turns == 1:
                self._tell_all()
            self._turns -= 1

    def _tell_all(self) -> None:
        while self._told or self.hearing.tell():
            while self._told:
                self._told.popleft()()

    def after(self, delay_s: float, function: Callable[[], None]) -> None:
        """Do something so many seconds later; whoever asks for it checks then whether it still makes sense."""
        heapq.heappush(self._timers, (self.now + delay_s, next(self._order), function))

    def next_deadline(self) -> float:
        """When `tick` is wanted next."""
        return self._timers[0][0] if self._timers else inf

    def tick(self, now: float) -> None:
        """Let it be this time, and do what is due."""
        while self._timers and self._timers[0][0] <= now:
            at, _, function = heapq.heappop(self._timers)
            with self.turn(at):
                function()
        self.now = max(self.now, now)

    # --- telling --------------------------------------------------------------------------------------------------------------------

    def tell(self, function: Callable[[], None]) -> None:
        """Tell a far end or a computer something at the end of the turn."""
        self._told.append(function)

    def report(self, kind: str, call: Call, *values: Value, cause: str, also: tuple[str, ...] = (), old: tuple[str, ...] = ()) -> None:
        """Report an event of a call to those who watch its devices, and `also` these devices, which have left it."""
        local = {device: connection.state for device, connection in call.connections.items()}
        local.update((device, State.NULL) for device in also if device not in local)
        told = event(
            kind, *values, cause=cause, calls=(call.id, *old), local=local, correlator=call.correlator, user_data=call.user_data
        )  # fmt: skip
        self.tell(lambda: self.sink(told))

    def report_device(self, kind: str, device: str, *values: Value, cause: str = "") -> None:
        """Report an event that belongs to no call."""
        told = event(kind, *values, cause=cause, local={device: State.NULL})
        self.tell(lambda: self.sink(told))

    # --- calls and connections ------------------------------------------------------------------------------------------------------

    def new_call(self, calling: str, called: str) -> Call:
        """Begin a call, without any connection yet."""
        call = Call(str(next(self._call_numbers)), calling, called)
        self.calls[call.id] = call
        return call

    def join(self, call: Call, device: str, state: State) -> Connection:
        """Give a device a connection in a call."""
        there = self._by_device.setdefault(device, [])
        has_far_end = device not in self.routing.points and device not in self.groups.plans and state is not State.FAIL
        leg = (there[0].leg if there else next(self._leg_numbers)) if has_far_end else 0
        connection = Connection(call, device, leg)
        connection.move(state)
        call.connections[device] = connection
        if leg:
            self.legs.setdefault(leg, []).append(connection)
        if state is not State.FAIL:
            there.append(connection)  # a call that has failed at a device occupies its caller, not the device
        self.hearing.changed(call)
        return connection

    def rehome(self, connection: Connection, call: Call) -> None:
        """Let a connection go on in another call."""
        del connection.call.connections[connection.device]
        connection.call = call
        call.connections[connection.device] = connection
        self.hearing.changed(call)

    def forget(self, connection: Connection) -> None:
        """Take a connection out of its call, without a word to computers."""
        connection.move(State.NULL)
        del connection.call.connections[connection.device]
        if connection in self._by_device[connection.device]:
            self._by_device[connection.device].remove(connection)
        if leg := connection.leg:
            self.legs[leg].remove(connection)
            self.hearing.left(leg)
            if not self.legs[leg]:
                del self.legs[leg]
        self.hearing.changed(connection.call)
        self.tell(lambda: self.agents.call_left(connection.device))
        self.tell(self.groups.try_again)

    def end_leg(self, connection: Connection, cause: str) -> None:
        """Tell a far end that it is on-hook again, if this is its last connection."""
        leg = connection.leg
        if len(self.legs.get(leg, ())) == 1:
            self.tell(lambda: self.speech.ends(leg, cause))

    def remove_call(self, call: Call) -> None:
        """A call without connections is none."""
        self.calls.pop(call.id, None)

    def connections_of(self, device: str) -> list[Connection]:
        """All connections of a device, oldest first."""
        return self._by_device.get(device, [])

    def in_state(self, device: str, state: State) -> Connection | None:
        """The oldest connection of a device in this state."""
        return next((c for c in self.connections_of(device) if c.state is state), None)

    def is_idle(self, device: str) -> bool:
        """Nothing goes on at this device."""
        return not self.connections_of(device)

    def is_free(self, number: str) -> bool:
        """A call can ring there."""
        return self.is_idle(number) and number not in self.out_of_service

    def move(self, connection: Connection, to: State) -> None:
        """Bring a connection into another state."""
        connection.move(to)
        self.hearing.changed(connection.call)

    def drop(self, connection: Connection, cause: str, *, tell: bool = True) -> None:
        """Clear one connection, and the call with it when nobody is left to speak with."""
        call, device = connection.call, connection.device
        self.routing.abandoned(connection)
        if tell:
            self.end_leg(connection, cause)
        self.forget(connection)
        self.report("ConnectionCleared", call, connection.id, device, cause=cause, also=(device,))
        if not call.lives:
            self.clear(call, cause, gone=(device,))

    def clear(self, call: Call, cause: str, gone: tuple[str, ...] = ()) -> None:
        """Clear all connections of a call."""
        for connection in list(call.connections.values()):
            self.routing.abandoned(connection)
            self.end_leg(connection, cause)
            self.forget(connection)
            gone = (*gone, connection.device)
            self.report("ConnectionCleared", call, connection.id, connection.device, cause=cause, also=gone)
        if call.id in self.calls:
            self.remove_call(call)
            self.report("CallCleared", call, ConnectionID(call.id, gone[-1] if gone else ""), cause=cause, also=gone)

    # --- where calls go -------------------------------------------------------------------------------------------------------------

    def knows(self, number: str) -> bool:
        """Whether a call can go there; whether it is free is another question."""
        number = self.plan.dialled.get(number, number)
        return self.is_device(number) or self.leads_outside(number)

    def is_device(self, number: str) -> bool:
        """Whether the switch has a station, route point or group of this number."""
        return number in self.stations or number in self.routing.points or number in self.groups.plans

    def leads_outside(self, number: str) -> bool:
        """Whether it is dialled in the network."""
        prefix = self.plan.outside_prefix
        return bool(self.trunks) and number.startswith(prefix) and number[len(prefix) :].isdigit()

    def present(self, call: Call, number: str, cause: str = "newCall") -> bool:
        """Bring a call to a number; False: it has failed there."""
        number = self.plan.dialled.get(number, number)
        if number in call.connections:
            return self.fail(call, number, "busy")
        if number in self.routing.points:
            self.routing.ask(call, number)
            return True
        if number in self.groups.plans:
            self.groups.queue(call, number)
            return True
        if number in self.stations:
            if not self.is_free(number):
                return self.fail(call, number, "busy" if self.connections_of(number) else "destOutOfOrder")
            self.ring(call, number, cause)
            return True
        if self.leads_outside(number):
            return self._go_out(call, number)
        return self.fail(call, number, "invalidNumberFormat")

    def ring(self, call: Call, number: str, cause: str) -> Connection:
        """Let a station ring; a port without anybody behind it connects at once."""
        station = self.stations[number]
        connection = self.join(call, number, State.ALERTING)
        self.report(
            "Delivered", call, connection.id, number, call.calling, call.called, call.redirected_from, cause=cause
        )  # fmt: skip
        leg = connection.leg
        self.tell(lambda: self.speech.rings(leg, number, call.calling, call.called))
        if station.no_answer_s > 0:
            self.after(station.no_answer_s, lambda: self._not_answered(leg))
        if station.answers_itself:
            self.tell(lambda: self.lifts(leg))
        return connection

    def _not_answered(self, leg: int) -> None:
        if (connection := self._at(leg, State.ALERTING)) is not None:
            if to := self.stations[connection.device].no_answer_to:
                self.divert(connection, to, "callForwardNoAnswer")
            else:
                self.drop(connection, "callNotAnswered")

    def _at(self, leg: int, *states: State) -> Connection | None:
        return next((connection for connection in self.legs.get(leg, ()) if connection.state in states), None)

    def _go_out(self, call: Call, number: str) -> bool:
        channel = self.free_channel()
        if channel is None:
            return self.fail(call, number, "trunksBusy")
        connection = self.join(call, channel, State.ALERTING)
        dialled = number[len(self.plan.outside_prefix) :]
        self.report("NetworkReached", call, connection.id, channel, call.calling, call.called, call.redirected_from, cause="newCall")
        leg = connection.leg
        self.tell(lambda: self.speech.goes_out(leg, channel, dialled, call.calling))
        return True

    def free_channel(self, trunk: str = "") -> str | None:
        """A channel of a trunk, or of any, on which there is no call."""
        for name in (trunk,) if trunk else tuple(self.trunks):
            for number in range(1, self.trunks[name].channels + 1):
                if self.is_idle(channel := f"{name}#{number}"):
                    return channel
        return None

    def fail(self, call: Call, number: str, cause: str) -> bool:
        """The call gets nowhere: a caller of ours hears a tone until he hangs up, one from the network is cleared."""
        if (connection := call.connections.get(number)) is None:
            connection = self.join(call, number, State.FAIL)
        elif len(call.parties) > 1:
            return False  # it has gone in a circle, and does without
        elif connection.state is State.HOLD:
            self.clear(call, cause)  # it has called itself, and whoever holds it hears no tone
            return False
        else:
            self.move(connection, State.FAIL)  # it has called itself
        self.report("Failed", call, connection.id, number, call.calling, call.called, call.redirected_from, cause=cause)
        if not any(c.leg and c.device in self.stations for c in call.connections.values()):
            self.clear(call, cause)
        return False

    def divert(self, connection: Connection, to: str, cause: str) -> bool:
        """Take a call away from a device and bring it to another; False: it has failed there."""
        call, device = connection.call, connection.device
        self.end_leg(connection, cause)
        self.forget(connection)
        self.report(
            "Diverted", call, connection.id, device, to, call.calling, call.called, call.redirected_from, cause=cause, also=(device,)
        )
        call.redirected_from = device
        return self.present(call, to, cause)

    # --- far ends act ---------------------------------------------------------------------------------------------------------------

    def arrives(self, trunk: str, ani: str, dnis: str, *, user_data: str = "") -> int | None:
        """The network calls; None: all channels are busy."""
        channel = self.free_channel(trunk)
        if channel is None:
            return None
        with self.turn(self.now):
            number = self.plan.dialled.get(dnis, dnis)
            call = self.new_call(ani, number)
            call.user_data = user_data
            connection = self.join(call, channel, State.CONNECTED)
            self.present(call, number)
            return connection.leg

    def dials(self, station: str, number: str) -> int | None:
        """A phone goes off-hook and dials; None: it is in a call already."""
        if not self.is_free(station):
            return None
        with self.turn(self.now):
            call = self.new_call(station, number)
            connection = self.join(call, station, State.INITIATED)
            self.report("ServiceInitiated", call, connection.id, station, cause="normal")
            self.originate(connection, "newCall")
            return connection.leg

    def originate(self, connection: Connection, cause: str) -> None:
        """The number is dialled: the call leaves its caller."""
        call = connection.call
        self.move(connection, State.CONNECTED)
        self.report("Originated", call, connection.id, connection.device, call.called, cause=cause)
        self.agents.call_at(connection.device)
        self.present(call, call.called, cause)

    def reached(self, leg: int) -> None:
        """It rings at the far end in the network."""
        if (connection := self._at(leg, State.ALERTING)) is not None:
            with self.turn(self.now):
                call = connection.call
                device, last = connection.device, call.redirected_from
                self.report("Delivered", call, connection.id, device, call.calling, call.called, last, cause="networkSignal")

    def lifts(self, leg: int) -> None:
        """A far end answers: the called phone or port, the network, or the phone that MakeCall lets ring first."""
        connection = self._at(leg, State.ALERTING, State.INITIATED)
        if connection is None:
            return
        with self.turn(self.now):
            if connection.state is State.INITIATED:
                self.originate(connection, "makeCall")
            else:
                self.establish(connection)

    def establish(self, connection: Connection, cause: str = "newCall") -> None:
        """An alerting connection is answered."""
        call = connection.call
        self.move(connection, State.CONNECTED)
        if connection.joined_by:
            moved = tuple(Moved(c.id, c.id if c is not connection else None, c.state) for c in call.connections.values())
            by = ConnectionID(call.id, connection.joined_by)
            self.report(
                "Conferenced", call, by, None, connection.joined_by, connection.device, moved, cause="singleStepConference"
            )  # fmt: skip
        else:
            self.report(
                "Established", call, connection.id, connection.device, call.calling, call.called, call.redirected_from, cause=cause
            )  # fmt: skip
        self.agents.call_at(connection.device)
        if call.lands_at:
            to, call.lands_at = call.lands_at, ""
            self.present(call, to, "makePredictiveCall")

    def hangs_up(self, leg: int, cause: str = "normalClearing") -> None:
        """A far end goes on-hook: it ends its calls, gives them up, or does not take one."""
        with self.turn(self.now):
            for connection in list(self.legs.get(leg, ())):
                if connection.state is not State.NULL:
                    self.drop(connection, cause, tell=False)

    def presses(self, leg: int, digits: str) -> None:
        """A far end sends keys to whom it speaks with."""
        if (connection := self._at(leg, State.CONNECTED)) is not None:
            with self.turn(self.now):
                self.send_keys(connection, digits)

    def send_keys(self, connection: Connection, digits: str) -> None:
        """Let all who hear this connection hear keys."""
        call = connection.call
        self.report("DigitsGenerated", call, connection.id, digits, cause="normal")
        for other in call.in_states(State.CONNECTED):
            if other is not connection and not connection.silent:
                self.tell(partial(self.speech.keys, other.leg, digits))

    # --- the whole switch -----------------------------------------------------------------------------------------------------------

    def unplug(self, station: str) -> None:
        """A phone or port is out of service; its calls are lost."""
        with self.turn(self.now):
            if station not in self.out_of_service:
                self.out_of_service.add(station)
                self.report_device("OutOfService", station, station, cause="maintenance")
                for connection in list(self.connections_of(station)):
                    if connection.state is not State.NULL:
                        self.drop(connection, "destOutOfOrder")

    def plug_in(self, station: str) -> None:
        """It is back in service."""
        with self.turn(self.now):
            if station in self.out_of_service:
                self.out_of_service.discard(station)
                self.report_device("BackInService", station, station, cause="normal")
                self.tell(self.groups.try_again)

    def lose_calls(self) -> None:
        """All calls end without a word to computers, as when the switch restarts."""
        with self.turn(self.now):
            self.routing.forget_all()
            for call in list(self.calls.values()):
                for connection in list(call.connections.values()):
                    self.end_leg(connection, "switchingFunctionTerminated")
                    self.forget(connection)
                self.remove_call(call)
