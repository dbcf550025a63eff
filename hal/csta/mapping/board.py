"""What all parts of the mapping share: the legs, the ports, the switch's model, and where to put what is to be done."""

from collections.abc import Callable, Hashable, Mapping

import attrs

from hal.api import Cause, Command, Event, Released
from hal.csta.mapping.legs import AgentLeg, AgentStage, Customer, Recorder
from hal.csta.mapping.outputs import Ask, Keep, Kept, LookAt, Output, Say, Tell, Voice
from hal.csta.messages import ConnectionID, Message, Request
from hal.csta.model import State, Switch

__all__ = ["Board", "Setup", "cause_of"]

_CAUSES: Mapping[str, Cause] = {
    "busy": Cause.USER_BUSY,
    "noAnswer": Cause.NO_ANSWER,
    "callNotAnswered": Cause.NO_ANSWER,
    "redirected": Cause.NO_ANSWER,
    "blocked": Cause.CALL_REJECTED,
    "callRejected": Cause.CALL_REJECTED,
    "doNotDisturb": Cause.CALL_REJECTED,
    "destNotObtainable": Cause.UNALLOCATED_NUMBER,
    "incompatibleDestination": Cause.INCOMPATIBLE_DESTINATION,
    "networkBusy": Cause.CONGESTION,
    "networkCongestion": Cause.CONGESTION,
    "networkOutOfOrder": Cause.NETWORK_OUT_OF_ORDER,
    "resourcesNotAvailable": Cause.NO_CIRCUIT_AVAILABLE,
    "trunksBusy": Cause.NO_CIRCUIT_AVAILABLE,
}
"""Event causes (ECMA-269) -> Q.850."""


def cause_of(word: str, otherwise: Cause = Cause.NORMAL_CLEARING) -> Cause:
    """The cause value for an event's cause."""
    return _CAUSES.get(word, otherwise)


@attrs.frozen(kw_only=True)
class Setup:
    """How a line is laid out at its switch."""

    line: str
    prefix: str = ""
    """Begins the name of every leg; another one in every run, for a leg's name is never used again."""
    route_points: Mapping[str, str] = attrs.field(factory=dict)
    """Routeing device -> the service number that is dialled to come there."""
    ports: tuple[str, ...] = ()
    """Extensions behind which the voice line answers."""
    recording_ports: tuple[str, ...] = ()
    stations: frozenset[str] = frozenset()
    come_in_s: float = 5.0
    """How long a call may take from the switch to the voice line."""
    written: Callable[[str], str] = str
    """An extension as the switch writes it in device IDs."""
    read: Callable[[str], str] = str
    """The reverse."""
    outside: str = ""
    """What a phone dials before a number outside."""
    correlates: bool = True
    """The name of the customer's leg goes along with every call that is made for him, as the switch's correlator data."""
    settle_s: float = 0.05
    """When an agent is released out of a conversation, the core says within so long whether the caller goes, too."""
    late_s: float = 2.0
    """An event of what ended less than so long ago is taken for a late one."""
    holds: bool = True
    """The switch holds the caller while an agent is called from his port; else he stays there, and goes on hearing what is played."""


class Board:
    """The state of one line."""

    def __init__(self, setup: Setup, switch: Switch) -> None:
        """Nothing goes on."""
        self.setup, self.switch = setup, switch
        self.now = 0.0
        self.customers: dict[str, Customer] = {}
        self.agents: dict[str, AgentLeg] = {}
        self.recorders: dict[str, Recorder] = {}
        """By the customer's leg."""
        self.ports: dict[str, Customer | Recorder | None] = dict.fromkeys((*setup.ports, *setup.recording_ports))
        self.voices: dict[str, Customer | Recorder] = {}
        """Legs of the voice line at ports."""
        self.left: dict[str, None] = {}
        """Such legs that are over for us; the voice line still has to say so."""
        self.unwanted: dict[tuple[str, str], None] = {}
        """Calls that are over for the core and that the switch did not end, with a phone in each: it is asked again when they are seen."""
        self.hears: dict[str, tuple[str, ...]] = {}
        """Whom each of our legs is to hear, as the core said last."""
        self.changed: dict[str, None] = {}
        self.due: list[float] = []
        """See `legs`."""
        self._out: list[Output] = []
        self._last_port = -1

    # --- what is to be done -----------------------------------------------------------------------------------------------

    def ask(self, handle: Hashable, request: Request) -> None:
        """Have the switch asked."""
        self._out.append(Ask(handle, request))

    def tell(self, message: Message) -> None:
        """Have the switch told."""
        self._out.append(Tell(message))

    def look_at(self, device: str) -> None:
        """Have a device looked at."""
        self._out.append(LookAt(self.setup.written(device)))

    def voice(self, command: Command) -> None:
        """Have the voice line do something."""
        self._out.append(Voice(command))

    def say(self, event: Event) -> None:
        """Have the core told."""
        self._out.append(Say(event))

    def keep(self, rows: tuple[Kept, ...]) -> None:
        """Have something kept for the next run."""
        self._out.append(Keep(rows))

    def said(self) -> list[Output]:
        """All of it, in order."""
        said, self._out = self._out, []
        return said

    # --- finding ----------------------------------------------------------------------------------------------------------

    def free_port(self, ports: tuple[str, ...], *, but: str = "") -> str:
        """A port that nobody uses, each in its turn; empty: there is none."""
        count = len(ports)
        for step in range(1, count + 1):
            at = (self._last_port + step) % count
            port = ports[at]
            if port != but and self.ports[port] is None and not self.switch.states(port):
                self._last_port = at
                return port
        return ""

    def state(self, call: str, device: str) -> State:
        """How a device is in a call."""
        known = self.switch.calls.get(call)
        return known.connections.get(device, State.NULL) if known is not None else State.NULL

    def station_of(self, customer: Customer) -> str:
        """The phone of ours that a customer calls from; empty: he calls from elsewhere."""
        number = customer.device or self.setup.read(customer.ani)
        return number if number in self.setup.stations else ""

    def others(self, customer: Customer) -> list[str]:
        """Who is in a customer's call but for ports and agents' phones of ours: himself, whatever he calls from."""
        known, own = self.switch.calls.get(customer.call), self.station_of(customer)
        agents = self.setup.stations - {own}
        return [device for device in known.connections if device not in self.ports and device not in agents] if known else []

    def part(self, call: str, device: str) -> ConnectionID:
        """A device's part in a call."""
        return ConnectionID(call, self.setup.written(device))

    def at_port(self, customer: Customer) -> ConnectionID:
        """His port's part in his call."""
        return self.part(customer.call, customer.port)

    def phone(self, agent: AgentLeg) -> ConnectionID:
        """The part of an agent's phone in its call."""
        return self.part(agent.call, agent.device)

    def correlator(self, leg: str) -> str | None:
        """What goes along with a call that is made for this leg."""
        return leg if self.setup.correlates else None

    def talkers(self, customer: Customer) -> list[AgentLeg]:
        """Who talks with a customer."""
        return [one for one in self.agents.values() if one.customer is customer and one.stage is AgentStage.TALKING]

    def hear_each_other(self, one: str, other: str) -> bool:
        """Whether the core wants these two legs to."""
        return other in self.hears.get(one, ()) and one in self.hears.get(other, ())

    def find_device(self, customer: Customer) -> None:
        """Note what he is called, while nobody else from outside is in his call."""
        there = [device for device in self.others(customer) if all(one.device != device for one in self.agents.values())]
        if not customer.device and len(there) == 1:
            customer.device = there[0]

    def dialled(self, to: str) -> tuple[str, str]:
        """The phone of ours that somebody is called at, if it is one, and what is dialled for him; nothing: he cannot be called."""
        kind, _, name = to.partition(":")
        if kind == "station":
            return (name, name) if name in self.setup.stations else ("", "")
        return "", self.setup.outside + name

    # --- beginning --------------------------------------------------------------------------------------------------------

    def customer(self, leg: str, call: str, cross_ref: str = "", register: str | None = None) -> Customer:
        """Somebody new."""
        customer = self.customers[leg] = Customer(leg, call, cross_ref, register, self.changed, self.due)
        self.changed[leg] = None
        return customer

    def recorder(self, port: str, customer: Customer) -> Recorder:
        """A recording port is to join this customer's conversation, and has so long for it."""
        recorder = self.recorders[customer.id] = self.ports[port] = Recorder(port, customer)
        recorder.late_at = self.now + self.setup.come_in_s
        self.changed[customer.id] = None
        return recorder

    # --- ending -----------------------------------------------------------------------------------------------------------

    def leave_port(self, whose: Customer | Recorder) -> None:
        """The port is free again."""
        if self.ports.get(whose.port) is whose:
            self.ports[whose.port] = None
        if self.voices.pop(whose.voice, None) is not None:
            self.left[whose.voice] = None
        whose.port = whose.voice = ""

    def forget_agent(self, agent: AgentLeg, cause: Cause, *, by_far_end: bool = True) -> None:
        """The agent's leg is over."""
        if self.agents.pop(agent.id, None) is None:
            return
        if agent.customer.agent is agent:
            agent.customer.agent = next(iter(self.talkers(agent.customer)), None)
        if agent.by is not None and agent.by.asks is agent:
            agent.by.asks = None
        if agent.customer.waits is agent:
            agent.customer.waits = None
        self.hears.pop(agent.id, None)
        self.say(Released(self.setup.line, agent.id, cause, by_far_end))

    def forget_customer(self, customer: Customer, cause: Cause, *, by_far_end: bool | None = None) -> None:
        """The customer's leg is over; without `by_far_end`: by whoever ended it."""
        if self.customers.pop(customer.id, None) is None:
            return
        self.changed[customer.id] = None
        self.hears.pop(customer.id, None)
        for agent in (customer.agent, customer.waits):
            if agent is not None and agent.stage in (AgentStage.WANTED, AgentStage.GIVEN):  # there is nobody any more to call him for
                self.forget_agent(agent, Cause.NORMAL_CLEARING, by_far_end=False)
        self.say(Released(self.setup.line, customer.id, cause, not customer.ends if by_far_end is None else by_far_end))
