"""A small switch for tests: two trunks' worth of network, five phones, two ports, a route point, two groups."""

from sim.switch.calls import ConnectionID
from sim.switch.core import Switch
from sim.switch.events import Event
from sim.switch.plan import Group, Plan, RoutePoint, Station, Trunk
from sim.switch.services import Services
from tests.sim.switch.observing import Observer, Phones

PHONES = ("8001", "8002", "8003", "8004", "8005")
PLAN = Plan(
    stations=(
        *(Station(number) for number in PHONES),
        Station("8010", no_answer_s=20, no_answer_to="8001"),
        Station("8901", "IVR"),
        Station("8990", "recorder", answers_itself=True),
    ),
    trunks=(Trunk("T1", 3),),
    route_points=(RoutePoint("7000", default="7100", waits_s=5, retries=1), RoutePoint("7001")),
    groups=(Group("7100", ("8003", "8004")), Group("7200", ("8001", "8002"), agents=True)),
    dialled={"95500": "7000"},
    passwords={"ann": "1234"},
)


class Small:
    """A switch with everything that tests look at."""

    def __init__(self, plan: Plan = PLAN) -> None:
        self.phones = Phones()
        self.events: list[Event] = []
        self.observers = [Observer(), *(Observer(station.number) for station in plan.stations)]
        self.switch = Switch(plan, self._told, self.phones)
        self.ask = Services(self.switch)

    def _told(self, event: Event) -> None:
        self.events.append(event)
        for observer in self.observers:
            observer(event)

    def take(self) -> list[str]:
        """What has been reported since the last time: `Established 8002`, by the device each is about."""
        told = [f"{event.kind} {subject(event)}" for event in self.events]
        self.events.clear()
        return told

    def leg(self, device: str) -> int:
        return self.switch.connections_of(device)[0].leg

    def at(self, device: str, number: int = 0) -> ConnectionID:
        """The identifier of a device's connection."""
        return self.switch.connections_of(device)[number].id

    def states(self, call: str) -> dict[str, str]:
        return {device: str(connection.state) for device, connection in self.switch.calls[call].connections.items()}

    def talk(self, one: str, other: str) -> ConnectionID:
        """Let two phones speak with one another; the first one's connection."""
        with self.switch.turn(self.switch.now):
            made = self.ask.make_call(one, other)
        self.switch.lifts(self.leg(other))
        self.events.clear()
        return made

    def caller(self, to: str) -> int:
        """A caller from the network who speaks with a phone or port; his leg."""
        leg = self.switch.arrives("T1", "02212345", to)
        assert leg is not None
        self.switch.lifts(self.leg(to))
        self.events.clear()
        return leg


def subject(event: Event) -> str:
    """The device that an event is about."""
    first = next(iter(event.values.values()))
    second = list(event.values.values())[2] if event.kind in {"Transfered", "Conferenced"} else first
    return second.device if isinstance(second, ConnectionID) else str(second)
