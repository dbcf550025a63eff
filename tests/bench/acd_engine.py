"""What one decision costs the engine alone: a centre of so many agents, with so many contacts waiting, made by its own inputs."""

from collections.abc import Callable, Iterable
from statistics import median
from time import process_time_ns

from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.core.plan import AgentPlan, Choice, NumberPlan, Plan, QueuePlan, Relax, StationPlan
from appliance.core.queues.strategies import STRATEGIES
from hal.api import Answered, Arrived, Capability, LineOpened, Originate, Released, StationRegistered

__all__ = ["AGENTS", "WAITING", "decision_us"]

AGENTS = (10, 100, 1000, 5000)
WAITING = (10, 100, 1000, 10_000)
LINE = "trunk"
_TIMES = 41
"""How often each decision is taken; the median counts."""
_MONDAY_8 = 1_792_396_800.0


class _Room:
    """The centre: three queues by skill and rank that share their agents, as many phones as agents."""

    def __init__(self, agents: int, strategy: str = "longest-idle") -> None:
        names = [f"{10_000 + n}" for n in range(agents)]
        queues = {
            "zh": QueuePlan(strategy=strategy, ring_s=1e6, needs="zh >= 50", relax=(Relax(60.0, "zh >= 20"), Relax(120.0, ""))),
            "en": QueuePlan(strategy=strategy, ring_s=1e6, needs="en >= 40 and not trainee"),
            "any": QueuePlan(strategy=strategy, ring_s=1e6),
        }
        plan = Plan(
            numbers={f"9550{n}": NumberPlan(Choice("queue", queue)) for n, queue in enumerate(queues)},
            queues=queues,
            stations={name: StationPlan(LINE) for name in names},
            agents={
                name: AgentPlan(name, name, {"zh": 1, "en": 1 + n % 2, "any": 2}, {"zh": 20 + n % 80, "en": 1 + n % 100})
                for n, name in enumerate(names)
            },
            record_calls=False,
        )
        self.now, self.names, self.calls = 0.0, names, 0
        self.engine = Engine(plan)
        self.handle(ClockSet(_MONDAY_8), LineOpened(LINE, (~Capability(0)).value))
        self.handle(*(StationRegistered(LINE, name, "127.0.0.1:5070") for name in names))

    def handle(self, *events: object) -> list[object]:
        actions: list[object] = []
        for event in events:
            actions += self.engine.handle(self.now, event)  # type: ignore[arg-type] # they are inputs
        return actions

    def arrive(self, queue: int) -> str:
        """A contact that has been answered and asks for a queue."""
        self.calls += 1
        self.now += 0.001
        leg = f"c{self.calls}"
        self.handle(Arrived(LINE, leg, f"138{self.calls:08d}", f"9550{queue}"), Answered(LINE, leg))
        return leg


def _us(prepare: Callable[[], object], decide: Callable[[object], Iterable[object]], undo: Callable[[object], None]) -> float:
    taken = []
    for _ in range(_TIMES):
        given = prepare()
        began = process_time_ns()
        actions = decide(given)
        taken.append((process_time_ns() - began) / 1e3)
        if not any(isinstance(action, Originate) for action in actions):
            raise AssertionError("the decision offered nothing: the benchmark measures the wrong thing")
        undo(actions)
    return median(taken)


def _free_agent(agents: int, waiting: int) -> float:
    """Everybody is busy; one agent becomes free, and is offered the contact that is first for him."""
    room = _Room(agents)
    for n in range(waiting):
        room.arrive(n % 3)
    agent = room.names[-1]
    room.handle(AgentAsked(agent, "log-in"))  # the first one, so that what is measured is the next
    room.handle(AgentAsked(agent, "not-ready", "full"))

    def prepare() -> None:
        contact = room.engine.state.contacts[room.engine.state.agents[agent].contact] if room.engine.state.agents[agent].contact else None
        if contact is not None:  # he lets it go by: it waits again, he pauses
            room.handle(Released(LINE, next(iter(contact.offers))))

    return _us(prepare, lambda _: room.handle(AgentAsked(agent, "ready")), lambda _: None)


def _arrival(agents: int, strategy: str) -> float:
    """All agents are free; a contact arrives, and the best of them for it is rung."""
    room = _Room(agents, strategy)
    for name in room.names:
        room.handle(AgentAsked(name, "log-in"))

    def prepare() -> object:
        room.calls += 1
        room.now += 0.001
        leg = f"c{room.calls}"
        room.handle(Arrived(LINE, leg, f"138{room.calls:08d}", "95502"))
        return Answered(LINE, leg)

    def undo(actions: object) -> None:
        assert isinstance(actions, list)
        room.handle(*(Released(LINE, action.leg) for action in actions if isinstance(action, Originate)))
        room.handle(Released(LINE, f"c{room.calls}"))
        for name, agent in room.engine.state.agents.items():
            if agent.state.value == "not-ready":
                room.handle(AgentAsked(name, "ready"))

    return _us(prepare, room.handle, undo)


def decision_us(agents: int, waiting: int) -> dict[str, float]:
    """Processor time in microseconds of one decision, by what is decided.

    Where agents are free nobody waits whom they could serve: a contact's agent is measured once, with the fewest waiting.
    """
    found = {"a free agent's next contact": _free_agent(agents, waiting)}
    if waiting == WAITING[0]:
        for strategy in STRATEGIES:
            if strategy != "ring-all":  # it calls as many phones as there are: that is not one decision
                found[f"a contact's agent, {strategy}"] = _arrival(agents, strategy)
    return found
