"""An Asterisk as a switch: what its manager says in, what there is to do and to tell out. Pure; times are passed in.

    manager ──events──▶ channels ─▶ calls ──differences──▶ the switch's events      hal.csta.mapping
            ◀─actions── orders, asides, routing, agents ◀────────── requests, routes ◀────┘

Not here: connections and waiting (`link`), what anybody wants with it all (`hal.csta.mapping`).
"""

from collections.abc import Hashable, Iterable

from hal.ami.agents import Agents
from hal.ami.asides import Asides
from hal.ami.calls import Calls
from hal.ami.channels import Gone, Move, Shown
from hal.ami.orders import Orders
from hal.ami.outputs import Do, Output
from hal.ami.routing import Routing
from hal.ami.setup import Setup
from hal.asterisk.ami import Answer as Reply
from hal.asterisk.ami import Message as Told
from hal.csta.messages import GetAgentState, Message, SetAgentState
from hal.csta.model import State
from hal.csta.notices import Ended, Heard, Ignored, Opened, Snapshot, Unwatched, Watched

__all__ = ["AsteriskSwitch"]

AGAIN_S = 2.0
"""A list that was not to be had is asked for again after so long."""
HELD = "CHANNEL(rtp,hold)"
"""1 while the device at a channel holds its call; channels of some kinds do not know it."""
_OUT = ("UNAVAILABLE", "INVALID")
"""Device states of phones that cannot be called."""


class AsteriskSwitch:
    """One PBX. Every method returns what there is to do, in order."""

    def __init__(self, setup: Setup) -> None:
        """Nothing is known of it yet."""
        self._setup = setup
        self._calls = Calls(setup)
        self._orders = Orders(setup, self._calls)
        self._asides = Asides(setup, self._calls, self._orders)
        self._routing = Routing(setup, self._calls)
        self._agents = Agents(setup)
        self._up = False
        self._devices = (*setup.stations, *setup.ports, *setup.recording_ports)
        self._works: dict[str, bool] = {}
        self._looks: dict[str, bool] = {}
        """Devices to be looked at with the next list; whether that is because all are."""
        self._listing: dict[str, bool] | None = None
        """Those that are told with the list that was asked for."""
        self._audit_at: float | None = None
        self._again_at: float | None = None

    @property
    def waits(self) -> int:
        """Requests that have no outcome yet."""
        return self._orders.waits + self._agents.waits

    # --- the connection ---------------------------------------------------------------------------------------------------

    def opened(self, now: float, version: str = "") -> list[Output]:
        """We are logged in at the manager, and Asterisk is ready."""
        self._up, self._listing, self._again_at = True, None, None
        return [Opened("", version), *self._look_at_all(now)]

    def closed(self, reason: str) -> list[Output]:
        """The connection is gone: calls go on, unseen."""
        self._up, self._audit_at, self._again_at = False, None, None
        self._works.clear()
        self._routing.lost()
        return [Ended(reason)]

    # --- time -------------------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `tick` has something to do at the earliest."""
        return min((at for at in (self._audit_at, self._again_at, self._routing.next_deadline()) if at is not None), default=None)

    def tick(self, now: float) -> list[Output]:
        """Do what is due."""
        outputs = self._routing.tick(now)
        if self._audit_at is not None and self._audit_at <= now:
            outputs += self._look_at_all(now)
        if self._again_at is not None and self._again_at <= now:
            self._again_at = None
            outputs += self._list()
        return outputs

    def _look_at_all(self, now: float) -> list[Output]:
        self._audit_at = now + self._setup.audit_s if self._setup.audit_s > 0 else None
        self._looks.update(dict.fromkeys(self._devices, True))
        return [Do(("states",), "DeviceStateList"), *self._list()]

    # --- what is asked of it ----------------------------------------------------------------------------------------------

    def request(self, handle: Hashable, message: Message) -> list[Output]:
        """One of `Answer`, `Refused` and `Unanswered` follows with this handle."""
        if isinstance(message, SetAgentState):
            return self._agents.set(handle, message)
        if isinstance(message, GetAgentState):
            return self._agents.ask(handle, message.device)
        done = self._asides.ask(handle, message)
        return self._orders.ask(handle, message) if done is None else done

    def tell(self, message: Message) -> list[Output]:
        """Where a caller at a route point shall go."""
        return self._routing.tell(message)

    def look_at(self, device: str) -> list[Output]:
        """Take a snapshot of a device."""
        self._looks.setdefault(device, False)
        return self._list() if self._up else []

    def _list(self) -> list[Output]:
        if self._listing is not None or self._again_at is not None:
            return []
        self._listing, self._looks = self._looks, {}
        return [Do(("list", self._calls.channels.mark()), "CoreShowChannels")]

    # --- what it says -----------------------------------------------------------------------------------------------------

    def told(self, now: float, event: Told) -> list[Output]:
        """An event of the manager."""
        outputs = self._settled(list(self._calls.channels.hear(event)))
        match event.event:
            case "UserEvent":
                outputs += self._routing.told(now, event)
            case "DeviceStateChange":
                outputs += self._device(event)
            case "OriginateResponse" if event.get("Response") == "Failure":
                outputs += self._orders.not_called(event.get("Uniqueid"))
        return outputs

    def _settled(self, found: Iterable[Shown | Move | Gone]) -> list[Output]:
        outputs: list[Output] = []
        for one in found:
            outputs += [Heard(event) for event in self._calls.settle((one,))]
            if isinstance(one, Gone):
                outputs += self._orders.gone(one.channel, one.cause)
                outputs += self._routing.gone(one.channel)
            else:
                outputs += self._routing.settle(one.channel.call if isinstance(one, Move) else one.call)
        return [*outputs, *self._orders.unwanted(), *self._asides.picked_up()]

    def _device(self, event: Told, *, listed: bool = False) -> list[Output]:
        device, state = event.get("Device"), event.get("State")
        station = self._setup.station_of(device)
        if not station:
            return [] if listed else self._agents.shown(device, state)  # the phone is asked for its state by itself
        works = state not in _OUT
        if self._works.get(station) is works:
            return []
        self._works[station] = works
        return [Watched(station) if works else Unwatched(station, f"the phone is {state.lower()}")]

    # --- what it answers --------------------------------------------------------------------------------------------------

    def answered(self, now: float, tag: Hashable, reply: Reply | None, reason: str = "") -> list[Output]:
        """What came of an action; None: nothing, for this reason, and it may have been done."""
        match tag:
            case ("order", int() as number):
                return self._orders.answered(number, reply, reason)
            case ("called", str() as call) if reply is None or not reply.ok:
                return self._orders.not_called(call)
            case ("aside", str() as call):
                return self._asides.answered(call, reply)
            case ("waits", str() as id_):
                return self._routing.answered(id_, reply)
            case ("held", str() as id_) if reply is not None and reply.ok:
                return self._held(id_, reply.response.get("Value"))
            case ("agent", int() as number):
                return self._agents.answered(number, reply, reason)
            case ("list", int() as mark):
                return self._listed(now, mark, reply, reason)
            case ("states",):
                return [output for item in reply.items for output in self._device(item, listed=True)] if reply is not None else []
        return []

    def _held(self, id_: str, value: str) -> list[Output]:
        """Whether a phone holds its call: the list does not say it, and the event of it may be lost."""
        channel = self._calls.channels.all.get(id_)
        if channel is None or value not in ("0", "1"):
            return []
        channel.is_held = value == "1"
        return self._orders.settle(channel.call)

    def _listed(self, now: float, mark: int, reply: Reply | None, reason: str) -> list[Output]:
        asked, self._listing = self._listing or {}, None
        if reply is None or not reply.ok:
            self._looks = {**asked, **{device: of_all or asked.get(device, False) for device, of_all in self._looks.items()}}
            self._again_at = now + AGAIN_S
            return [Ignored(f"no list of all channels: {reason or (reply.text if reply is not None else '')}")]
        outputs = self._settled(list(self._calls.channels.listed(reply.items, mark)))
        outputs += self._orders.listed(mark)
        for item in reply.items:
            outputs += self._routing.listed(now, item)
        outputs += [Snapshot(device, self._calls.connections(device), of_all=of_all) for device, of_all in asked.items()]
        phones = set(asked) & set(self._setup.stations)
        for channel in self._calls.channels.all.values():
            if channel.state in (State.CONNECTED, State.HOLD) and self._setup.device_of(channel.name) in phones:
                outputs.append(Do(("held", channel.id), "Getvar", (("Channel", channel.name), ("Variable", HELD))))
        return outputs + (self._list() if self._looks else [])
