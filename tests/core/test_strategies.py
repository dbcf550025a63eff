"""Who is rung: every strategy against a naive centre that is told the same story, and what such stories would not single out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from attrs import evolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from appliance.core.actions import Action
from appliance.core.agents.agent import AgentState
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet, Input
from appliance.core.plan import AgentPlan, CallerPlan, Choice, Membership, NumberPlan, NumberRule, Plan, QueuePlan, Relax, StationPlan
from appliance.core.queues.strategies import STRATEGIES, Case, Strategy, WeightedRandom, draw
from appliance.core.records import Decision
from hal.api import (
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    LineOpened,
    Originate,
    Reject,
    Release,
    Released,
    StationRegistered,
)
from tests.core.oracle import Offer, OracleCentre, OracleQueue, Person, uniform
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, playbook, small_plan

LINE = "trunk"
NEEDS = (("zh", 30), ("tech", 20))
PEOPLE: dict[str, tuple[dict[str, tuple[int, int]], dict[str, int], float | None]] = {
    # agent: (queue -> (rank, weight), skills, own wrap-up)
    "1001": ({"q": (1, 1)}, {"zh": 90, "tech": 20}, None),
    "1002": ({"q": (1, 5), "p": (2, 1)}, {"zh": 30, "tech": 95}, None),
    "1003": ({"q": (1, 2), "p": (1, 1)}, {"zh": 50}, 0.0),
    "1004": ({"q": (2, 1), "p": (1, 1)}, {"zh": 80, "tech": 80}, 7.0),
    "1005": ({"q": (1, 3)}, {"zh": 29, "tech": 60}, None),
    "1006": ({"p": (1, 1), "q": (1, 1)}, {"zh": 60, "tech": 40}, None),
}
CALLERS = ("13800000001", "13900000002", "02087654321", "")
HEAD_STARTS = {CALLERS[1]: 60.0 * 2, CALLERS[2]: 90.0}
RULES = (("13", ("1006", "1002")), ("139", ("1004", "1005", "1001")))
SEED = 20261019


def places(groups: Mapping[str, tuple[int, int]]) -> dict[str, int | Membership]:
    return {name: Membership(rank, weight=weight) for name, (rank, weight) in groups.items()}


def a_plan(strategy: str, pause_after: int, relax_s: float | None) -> Plan:
    needs = " and ".join(f"{skill} >= {least}" for skill, least in NEEDS) if relax_s is not None else ""
    queue = QueuePlan(
        strategy=strategy,
        ring_s=15.0,
        wrap_up_s=4.0,
        needs=needs,
        relax=() if relax_s is None else (Relax(relax_s, "zh >= 30"), Relax(2 * relax_s)),
        pause_after=pause_after,
        number_rules=tuple(NumberRule(prefix, agents) for prefix, agents in RULES),
    )
    return Plan(
        languages=("en",),
        record_calls=False,
        seed=SEED,
        numbers={"1": NumberPlan(Choice("queue", "q")), "2": NumberPlan(Choice("queue", "p"))},
        queues={"q": queue, "p": QueuePlan(strategy="longest-idle", ring_s=9.0, pause_after=2)},
        stations={f"8{id_[1:]}": StationPlan(LINE) for id_ in PEOPLE},
        agents={
            id_: AgentPlan(id_, f"8{id_[1:]}", places(groups), skills, wrap_up_s=wrap_up_s)
            for id_, (groups, skills, wrap_up_s) in PEOPLE.items()
        },
        callers={CALLERS[1]: CallerPlan(priority=2), CALLERS[2]: CallerPlan(vip=True)},
    )


def an_oracle(strategy: str, pause_after: int, relax_s: float | None) -> OracleCentre:
    stages = ((0.0, ()),) if relax_s is None else ((0.0, NEEDS), (relax_s, NEEDS[:1]), (2 * relax_s, ()))
    return OracleCentre(
        [
            Person(
                id_,
                place,
                {name: rank for name, (rank, _) in groups.items()},
                {name: weight for name, (_, weight) in groups.items()},
                skills,
                wrap_up_s,
            )
            for place, (id_, (groups, skills, wrap_up_s)) in enumerate(PEOPLE.items())
        ],
        [
            OracleQueue("q", strategy, 15.0, 4.0, pause_after, stages, rules=RULES),
            OracleQueue("p", "longest-idle", 9.0, 0.0, 2),
        ],
        SEED,
    )


class Drawing(WeightedRandom):
    """By lot, and the numbers that were drawn with are noted."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def scores(self, known: Sequence[int], case: Case) -> Sequence[float]:
        if self.numbers[-1:] != [case.number]:
            self.numbers.append(case.number)
        return super().scores(known, case)


class Both:
    """The engine and the naive centre live through the same story; whenever phones begin to ring, they must be the same ones."""

    def __init__(self, strategy: str, pause_after: int = 1, relax_s: float | None = 20.0) -> None:
        drawing = Drawing()
        self.engine = Engine(a_plan(strategy, pause_after, relax_s), {**STRATEGIES, "weighted-random": drawing})
        self.oracle = an_oracle(strategy, pause_after, relax_s)
        self.oracle.draws = drawing.numbers
        self.now = 0.0
        self.calls = 0
        self.phones: dict[str, tuple[str, str, str]] = {}
        """Leg of an agent's phone -> caller, agent, `ringing` or `up`."""
        self.callers: list[str] = []
        self.offers: list[Offer] = []
        self._queue_of: dict[str, str] = {}
        self._owed: list[str] = []
        """Legs whose release the line has yet to confirm."""
        for event in (ClockSet(MONDAY_8), LineOpened(LINE, EVERYTHING.value)):
            self.engine.handle(0.0, event)
        for station in self.engine.state.stations:
            self.engine.handle(0.0, StationRegistered(LINE, station, "127.0.0.1:5070"))

    def tell(self, event: Input, expected: Callable[[], list[Offer]]) -> None:
        self._compare(self.engine.handle(self.now, event), expected)

    def _compare(self, actions: list[Action], expected: Callable[[], list[Offer]]) -> None:
        offers: list[tuple[str, list[str]]] = []
        for action in actions:
            if isinstance(action, Originate):
                agent = f"1{action.to.removeprefix('station:8')}"
                self.phones[action.leg] = (action.beside, agent, "ringing")
                if offers and offers[-1][0] == action.beside and self._rings_all(action.beside):
                    offers[-1][1].append(agent)
                else:
                    offers.append((action.beside, [agent]))
            elif isinstance(action, Release | Reject):
                self._owed.append(action.leg)
        found = [(caller, frozenset(agents)) for caller, agents in offers]
        assert found == expected(), f"at {self.now}"
        assert not self.oracle.draws
        assert self.engine.check() == []
        self.offers += found
        while self._owed:
            self._gone(self._owed.pop(0), "dropped", Cause.NORMAL_CLEARING)

    def _rings_all(self, caller: str) -> bool:
        return self.oracle.queues[self._queue_of[caller]].strategy == "ring-all"

    def _gone(self, leg: str, cause: str, code: Cause) -> None:
        caller, agent, _ = self.phones.pop(leg, ("", "", ""))
        if agent:
            self.tell(Released(LINE, leg, code), lambda: self.oracle.phone_gone(self.now, caller, agent, cause))
        elif leg in self.callers:
            self.callers.remove(leg)
            self.tell(Released(LINE, leg, code), lambda: self.oracle.gone(self.now, leg))

    # -- what can happen

    def passes(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := min(self.engine.next_deadline(), self.oracle.next_deadline())) <= until:
            self.now = due
            self._compare(self.engine.tick(due), lambda: self.oracle.tick(self.now))
        self.now = until

    def asks(self, agent: str, what: str) -> None:
        self.tell(AgentAsked(agent, what), lambda: self.oracle.asked(self.now, agent, what))

    def calls_in(self, ani: str, number: str = "1") -> None:
        self.calls += 1
        leg = f"c{self.calls}"
        self.callers.append(leg)
        queue = self._queue_of[leg] = {"1": "q", "2": "p"}[number]
        self.tell(Arrived(LINE, leg, ani, number), list)
        self.tell(Answered(LINE, leg), lambda: self.oracle.waits(self.now, leg, ani, queue, HEAD_STARTS.get(ani, 0.0)))

    def caller_hangs_up(self, which: int) -> None:
        if self.callers:
            self._gone(self.callers[which % len(self.callers)], "hung up", Cause.NORMAL_CLEARING)

    def phone(self, which: int, what: str) -> None:
        wanted = "up" if what == "hangs up" else "ringing"
        legs = [leg for leg, (_, _, state) in self.phones.items() if state == wanted]
        if not legs:
            return
        leg = legs[which % len(legs)]
        caller, agent, _ = self.phones[leg]
        if what == "answers":
            self.phones[leg] = (caller, agent, "up")
            self.tell(Alerted(LINE, leg), list)
            self.tell(Answered(LINE, leg), lambda: self.oracle.answered(self.now, caller, agent))
        else:
            code = {"busy": Cause.USER_BUSY, "rejects": Cause.CALL_REJECTED, "no answer": Cause.NO_ANSWER}.get(what, Cause.NORMAL_CLEARING)
            self._gone(leg, what, code)


AGENTS = tuple(PEOPLE)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("calls_in"), st.sampled_from(CALLERS), st.sampled_from("1112")),
        st.tuples(st.just("phone"), st.integers(0, 5), st.sampled_from(["answers"] * 4 + ["busy", "rejects", "no answer"])),
        st.tuples(st.just("phone"), st.integers(0, 5), st.just("hangs up")),
        st.tuples(st.just("caller_hangs_up"), st.integers(0, 9)),
        st.tuples(st.just("asks"), st.sampled_from(AGENTS), st.sampled_from(["ready", "ready", "log-in", "not-ready", "log-out"])),
        st.tuples(st.just("passes"), st.sampled_from([0.5, 3.0, 4.0, 5.0, 10.0, 14.0, 21.0])),
    ),
    min_size=20,
    max_size=70,
)


def live_through(both: Both, steps: list[tuple[Any, ...]], *, logged_in: int = 6) -> None:
    for number, agent in enumerate(AGENTS):
        both.passes(0.37)
        both.asks(agent, "log-in")
        if number >= logged_in:
            both.asks(agent, "log-out")
    for step in steps:
        both.passes(0.01)
        getattr(both, step[0])(*step[1:])
    both.passes(60.0)


@pytest.mark.slow
@pytest.mark.requirement("ACD-01")
@pytest.mark.requirement("ACD-02")
@pytest.mark.requirement("ACD-04")
@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_whoever_a_naive_centre_would_ring_is_rung(strategy: str) -> None:
    offered = Counter[str]()

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, phases=(Phase.generate,))
    @given(STEPS, st.sampled_from([0, 1, 3]), st.sampled_from([None, 8.0]), st.sampled_from([6, 6, 3]))
    def histories(steps: list[tuple[Any, ...]], pause_after: int, relax_s: float | None, logged_in: int) -> None:
        both = Both(strategy, pause_after, relax_s)
        live_through(both, steps, logged_in=logged_in)
        offered.update(agent for _, agents in both.offers for agent in agents)

    histories()
    assert set(offered) == set(AGENTS), "the histories have everybody rung"
    assert offered.total() > 300


# -- what idle time is --------------------------------------------------------------------------------------------------------------


def logged_in(*agents: str, **changes: Any) -> Playbook:
    """A centre whose agents log in a second apart."""
    book = playbook(small_plan(**changes))
    for agent in agents:
        book.at(book.now + 1.0) << AgentAsked(agent, "log-in")
    return book


def a_queue(**changes: Any) -> dict[str, QueuePlan]:
    """The small plan's queues, the first changed."""
    queues = dict(small_plan().queues)
    queues["consult"] = evolve(queues["consult"], overflow=(), music=None, wrap_up_s=0.0, **changes)
    return queues


def arrives(book: Playbook, leg: str = "a", ani: str = "138", number: str = "95501") -> None:
    book << Arrived(LINE, leg, ani, number) >> Answer(LINE, leg)
    book << Answered(LINE, leg)


def rung(book: Playbook) -> list[str]:
    """The agents whose phones the last input made ring, in order."""
    book.skip()
    agents = {agent.station: id_ for id_, agent in book.engine.state.agents.items()}
    return [agents[each.to.removeprefix("station:")] for each in book.commands if isinstance(each, Originate)]


@pytest.mark.requirement("ACD-01")
@pytest.mark.parametrize("cause", [Cause.USER_BUSY, Cause.CALL_REJECTED, Cause.NO_ANSWER, Cause.NETWORK_OUT_OF_ORDER])
def test_an_offer_that_came_to_nothing_does_not_reset_idle_time(cause: Cause) -> None:
    book = logged_in("1001", "1002", queues=a_queue(pause_after=0))
    arrives(book)
    first = book.only(Originate)
    assert first.to == "station:8001"
    book << Released(LINE, first.leg, cause)
    book << Answered(LINE, book.only(Originate).leg)
    book.skip().at(20.0)
    book << Released(LINE, "a")
    for leg in list(book.engine.state.legs):
        book.skip() << Released(LINE, leg)
    book.at(30.0)
    arrives(book, "b")
    assert rung(book) == ["1001"], "he has been idle since his log-in, the other since his call"


@pytest.mark.requirement("ACD-01")
def test_a_consultation_does_not_reset_idle_time() -> None:
    plan = small_plan()
    agents = {**plan.agents, "1003": evolve(plan.agents["1003"], groups={"complaint": 1})}
    book = logged_in("1001", "1002", "1003", queues=a_queue(), agents=agents)
    arrives(book, number="95502")  # out of hours: no queue
    book.skip() << Released(LINE, "a")
    book.skip().at(10.0) << AgentAsked("1003", "dial", to="1001")
    book << Answered(LINE, book.only(Originate).leg)
    book << Answered(LINE, book.only(Originate).leg)
    book.skip().at(60.0) << AgentAsked("1003", "release")
    for leg in list(book.engine.state.legs):
        book.skip() << Released(LINE, leg)
    assert book.engine.state.agents["1001"].state is AgentState.READY
    arrives(book.skip(), "b")
    assert rung(book) == ["1001"]


# -- a circle, everybody, a lot -------------------------------------------------------------------------------------------------------


Each = Callable[[int], Any]


def many(count: int, strategy: str, skilled: Each = lambda _: True, weight: Each = lambda _: 1, **queue: Any) -> Plan:
    """A queue with many agents, of whom some can serve it."""
    return Plan(
        record_calls=False,
        seed=7,
        numbers={"1": NumberPlan(Choice("queue", "q"))},
        queues={"q": QueuePlan(strategy=strategy, needs="zh", **queue)},
        stations={f"8{n:03d}": StationPlan(LINE) for n in range(count)},
        agents={
            f"{n:03d}": AgentPlan(f"{n:03d}", f"8{n:03d}", {"q": Membership(weight=weight(n))}, {"zh": 1 + n % 100} if skilled(n) else {})
            for n in range(count)
        },
    )


def manned(plan: Plan, strategies: Mapping[str, Strategy] = STRATEGIES) -> Playbook:
    book = Playbook(Engine(plan, strategies))
    book << ClockSet(MONDAY_8) << LineOpened(LINE, EVERYTHING.value)
    for station in plan.stations:
        book << StationRegistered(LINE, station, "127.0.0.1:5070")
    for agent in plan.agents:
        book.at(book.now + 0.1) << AgentAsked(agent, "log-in")
    return book


@pytest.mark.requirement("ACD-01")
def test_all_ring_also_where_many_who_cannot_stand_between_them() -> None:
    book = manned(many(60, "ring-all", lambda n: n % 30 in (0, 29)))
    arrives(book, number="1")
    assert rung(book) == ["000", "029", "030", "059"]


@pytest.mark.requirement("ACD-01")
def test_who_becomes_free_rings_along_unless_somebody_better_rings() -> None:
    plan = small_plan()
    agents = {id_: evolve(agent, groups={"consult": rank}) for (id_, agent), rank in zip(plan.agents.items(), (2, 1, 2), strict=True)}
    book = logged_in("1001", queues=a_queue(strategy="ring-all"), agents=agents)
    arrives(book)
    assert rung(book) == ["1001"]
    book << AgentAsked("1002", "log-in")
    assert rung(book) == ["1002"], "a better rank than the one that rings"
    book << AgentAsked("1003", "log-in")
    assert rung(book) == []
    book.at(4.0).skip()
    assert [row.chosen for row in book.rows(Decision)] == ["1001", "1002"], "who rings along leaves a trace too"


@pytest.mark.requirement("ACD-03")
def test_phones_that_take_turns_in_ringing_do_not_hold_an_overflow_back() -> None:
    from appliance.core.plan import Overflow

    queues = a_queue(strategy="ring-all", ring_s=10.0)
    queues["consult"] = evolve(queues["consult"], overflow=(Overflow("wait", Choice("queue", "complaint"), 30.0),))
    book = logged_in("1001", queues=queues)
    arrives(book)
    ringing = [book.only(Originate).leg]
    book.at(6.0) << AgentAsked("1002", "log-in")
    ringing.append(book.only(Originate).leg)
    while book.now < 80.0:  # each phone is let go after ten seconds, and is free again at once
        book.at(book.now + 0.5)
        dropped = [each.leg for each in book.skip().commands if isinstance(each, Release)]
        for leg in dropped:
            book << Released(LINE, leg)
            book.skip()
    assert book.engine.state.contacts["0001-000001"].queue == "complaint"


@pytest.mark.slow
@pytest.mark.requirement("ACD-01")
def test_the_lot_is_drawn_by_weight_and_the_same_seed_draws_the_same() -> None:
    def drawn(seed: int, offers: int) -> list[str]:
        weights = (1, 2, 3, 6)
        book = manned(evolve(many(4, "weighted-random", weight=lambda n: weights[n]), seed=seed))
        found = []
        for number in range(offers):
            arrives(book, f"c{number}", number="1")
            found += rung(book)
            ringing = [leg for leg in book.engine.state.legs if leg != f"c{number}"]
            book << Released(LINE, f"c{number}")
            book.skip()
            for leg in ringing:
                book << Released(LINE, leg)
            book.at(book.now + 1.0).skip()
        return found

    many_drawn = drawn(7, 400)
    assert len(many_drawn) == 400
    counts = Counter(many_drawn)
    chi2 = sum((counts[f"{n:03d}"] - 400 * share) ** 2 / (400 * share) for n, share in enumerate((1 / 12, 2 / 12, 3 / 12, 6 / 12)))
    assert chi2 < 16.27, f"{counts}: that happens once in a thousand seeds (chi-square, 3 degrees of freedom)"
    assert drawn(7, 50) == many_drawn[:50]
    assert drawn(8, 50) != many_drawn[:50]


@pytest.mark.requirement("ACD-01")
@given(st.integers(0, 2**63), st.integers(0, 2**40))
@settings(max_examples=50, deadline=None, derandomize=True, database=None)
def test_a_draw_is_what_the_paper_says(seed: int, number: int) -> None:
    assert draw(seed, number) == uniform(seed, number)
    assert 0.0 <= draw(seed, number) < 1.0
