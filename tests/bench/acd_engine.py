"""What one decision costs the engine alone: a centre of so many agents, with so many contacts waiting, made by its own inputs."""

from collections.abc import Callable, Iterable
from datetime import time
from statistics import median
from time import process_time_ns

from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.core.plan import AgentPlan, Choice, HoursPlan, Membership, NumberPlan, Plan, QueuePlan, Relax, Slot, StationPlan
from appliance.core.queues.strategies import STRATEGIES
from hal.api import Answered, Arrived, Capability, LineOpened, Originate, Released, StationRegistered

__all__ = ["AGENTS", "WAITING", "decision_us"]

AGENTS = (10, 100, 1000, 5000)
WAITING = (10, 100, 1000, 10_000)
LINE = "trunk"
_TIMES = 41
"""How often each decision is taken; the median counts."""
_FEW_TIMES = 9
"""The same, of what is not decided for a contact."""
_MONDAY_8 = 1_792_396_800.0


class _Room:
    """The centre: three queues by skill and rank that share their agents, as many phones as agents."""

    def __init__(self, agents: int, strategy: str = "longest-idle", needs: str = "", *, hours: bool = False) -> None:
        names = [f"{10_000 + n}" for n in range(agents)]
        queues = {
            "zh": QueuePlan(strategy=strategy, ring_s=1e6, needs="zh >= 50", relax=(Relax(60.0, "zh >= 20"), Relax(120.0, ""))),
            "en": QueuePlan(strategy=strategy, ring_s=1e6, needs="en >= 40 and not trainee"),
            "any": QueuePlan(strategy=strategy, ring_s=1e6, needs=needs),
        }
        place = Membership(2, hours="from nine on") if hours else 2
        day = (Slot(time(9), time(0)),)
        plan = Plan(
            hours={"from nine on": HoursPlan((day,) * 7)},
            numbers={f"9550{n}": NumberPlan(Choice("queue", queue)) for n, queue in enumerate(queues)},
            queues=queues,
            stations={name: StationPlan(LINE) for name in names},
            agents={
                name: AgentPlan(name, name, {"zh": 1, "en": 1 + n % 2, "any": place}, {"zh": 20 + n % 80, "en": 1 + n % 100})
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


def _us(
    prepare: Callable[[], object],
    decide: Callable[[object], Iterable[object]],
    undo: Callable[[object], None],
    *,
    offers: bool = True,
    times: int = _TIMES,
) -> float:
    taken = []
    for _ in range(times):
        given = prepare()
        began = process_time_ns()
        actions = decide(given)
        taken.append((process_time_ns() - began) / 1e3)
        if any(isinstance(action, Originate) for action in actions) is not offers:
            raise AssertionError("the decision offered what it should not, or nothing: the benchmark measures the wrong thing")
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


def _nobody(agents: int) -> float:
    """All agents are free; a contact arrives whom none of them can serve."""
    room = _Room(agents, needs="yue")
    for name in room.names:
        room.handle(AgentAsked(name, "log-in"))

    def prepare() -> object:
        room.calls += 1
        room.now += 0.001
        leg = f"c{room.calls}"
        room.handle(Arrived(LINE, leg, f"138{room.calls:08d}", "95502"))
        return Answered(LINE, leg)

    def undo(_: object) -> None:
        room.handle(Released(LINE, f"c{room.calls}"))

    return _us(prepare, room.handle, undo, offers=False)


def _hours(agents: int) -> float:
    """It is nine o'clock, and every agent belongs to one more group from now on."""
    room = _Room(agents, hours=True)
    for name in room.names:
        room.handle(AgentAsked(name, "log-in"))
    state = room.engine.state

    def turn(hour: int) -> None:
        state.wall_offset = _MONDAY_8 + hour * 3600.0 - room.now

    def prepare() -> None:
        turn(0)
        room.engine.agents.groups.hours_changed()
        turn(1)

    def decide(_: object) -> Iterable[object]:
        room.engine.agents.groups.hours_changed()
        return ()

    return _us(prepare, decide, lambda _: None, offers=False, times=_FEW_TIMES)


def _check(agents: int) -> tuple[float, float]:
    """Every agent talks with a customer: all invariants are looked at once, and in pieces, as it is done while serving - the longest."""
    room = _Room(agents)
    for name in room.names:
        room.handle(AgentAsked(name, "log-in"))
        leg = room.arrive(2)
        contact = next(each for each in reversed(room.engine.state.contacts.values()) if each.leg == leg)
        room.handle(Answered(LINE, next(iter(contact.offers))))
    whole = _us(lambda: None, lambda _: room.engine.check(), lambda _: None, offers=False, times=_FEW_TIMES)
    pieces = [
        _us(lambda: None, lambda _: room.engine.check_some(0.01), lambda _: None, offers=False, times=1) for _ in range(_FEW_TIMES * 101)
    ]
    worst = [max(pieces[cycle * 101 : (cycle + 1) * 101]) for cycle in range(_FEW_TIMES)]
    return whole, median(worst)


def decision_us(agents: int, waiting: int) -> dict[str, float]:
    """Processor time in microseconds of one decision, by what is decided, and of what else is done in the thread that serves calls.

    Where agents are free nobody waits whom they could serve: a contact's agent is measured once, with the fewest waiting.
    """
    found = {"a free agent's next contact": _free_agent(agents, waiting)}
    if waiting == WAITING[0]:
        for strategy in STRATEGIES:
            found[f"a contact's agent, {strategy}"] = _arrival(agents, strategy)
        found["a contact whom nobody free can serve"] = _nobody(agents)
        found["the hours of all agents begin"] = _hours(agents)
        found["all invariants at once"], found["the longest of 100 pieces of them"] = _check(agents)
    return found
