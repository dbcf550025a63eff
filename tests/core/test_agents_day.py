"""An agent's day: wrap-up, pauses, what is asked for meanwhile, a restart; and every second of it in exactly one state."""

from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from appliance.core.agents.agent import AgentState
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.core.plan import AgentPlan, Choice, Membership, NumberPlan, QueuePlan, StationPlan
from appliance.core.records import AgentState as StateRow
from appliance.core.records import Contact
from hal.api import Alerted, Cause, LineOpened, StationRegistered
from tests.core.acd import LINE, arrives, centre, hangs_up, leg_of, passes, pauses, picks_up, queues, ready, rung, waiting
from tests.core.left import left_by
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, playbook, small_plan

NUMBERS = {**small_plan().numbers, "95503": NumberPlan(Choice("queue", "complaint"))}


def two_queues(**consult: Any) -> dict[str, QueuePlan]:
    """Wrap-up of 30 s in the first, and none in the other."""
    return queues(**{"wrap_up_s": 30.0, "wrap_up_max_s": 75.0, **consult})


def in_wrap_up(**changes: Any) -> Playbook:
    """1001 has served a caller, who hung up at second 10."""
    book = centre("1001", **{"queues": two_queues(), "numbers": NUMBERS, **changes})
    assert arrives(book) == ["1001"]
    picks_up(book, "1001")
    book.at(10.0)
    hangs_up(book, "a")
    assert state(book) == ("wrap-up", "")
    return book


def state(book: Playbook, agent: str = "1001") -> tuple[str, str]:
    found = book.engine.state.agents[agent]
    return found.state.value, found.reason


def asks(book: Playbook, what: str, reason: str = "", to: str = "", agent: str = "1001") -> list[str]:
    book << AgentAsked(agent, what, reason, to=to)
    return rung(book)


# -- wrap-up -------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-05")
def test_wrap_up_ends_by_itself_at_its_second_and_the_next_caller_is_offered() -> None:
    book = in_wrap_up()
    arrives(book, "b")
    assert passes(book, 39.999) == []
    assert passes(book, 40.0) == ["1001"]
    rows = [row for row in book.rows(StateRow) if row.state == "wrap-up"]
    assert [(row.at, row.until_at, row.contact) for row in rows] == [(MONDAY_8 + 10.0, MONDAY_8 + 40.0, "0001-000001")]


@pytest.mark.requirement("ACD-05")
def test_wrap_up_after_one_queue_holds_for_all_of_them() -> None:
    book = in_wrap_up()
    assert arrives(book, "b", number="95503") == [], "the other queue has no wrap-up, and he is in it still"
    assert passes(book, 39.9) == []
    assert passes(book, 40.0) == ["1001"]
    picks_up(book, "1001")
    hangs_up(book, "b")
    assert state(book) == ("ready", ""), "and after its own calls there is none"


@pytest.mark.requirement("ACD-05")
def test_whoever_has_served_two_queues_wraps_up_as_the_one_asks_where_it_ended() -> None:
    book = centre("1001", "1003", queues=two_queues(), numbers=NUMBERS)
    pauses(book, "1003")
    assert arrives(book) == ["1001"]
    picks_up(book, "1001")
    asks(book, "transfer", to="queue:complaint")
    assert state(book) == ("wrap-up", ""), "his part was a call of the first queue"
    assert ready(book, "1003") == ["1003"]
    picks_up(book, "1003")
    hangs_up(book, "a")
    assert state(book, "1003") == ("ready", "")


@pytest.mark.requirement("ACD-05")
@pytest.mark.parametrize(("own", "ends"), [(None, 40.0), (5.0, 15.0), (0.0, 10.0), (100.0, 110.0)])
def test_an_agent_s_own_wrap_up_comes_before_the_queue_s(own: float | None, ends: float) -> None:
    plan = small_plan()
    agents = {**plan.agents, "1001": evolve(plan.agents["1001"], wrap_up_s=own)}
    book = centre("1001", queues=two_queues(), agents=agents)
    arrives(book)
    picks_up(book, "1001")
    arrives(book, "b")
    book.at(10.0)
    begins = hangs_up(book, "a")
    if ends > 10.0:
        assert begins == []
        assert passes(book, ends - 0.001) == []
        begins = passes(book, ends)
    assert begins == ["1001"]


@pytest.mark.requirement("ACD-05")
def test_wrap_up_is_finished_early_or_ends_in_a_pause() -> None:
    book = in_wrap_up()
    book.at(12.0)
    arrives(book, "b")
    assert ready(book, "1001") == ["1001"]
    book = in_wrap_up()
    asks(book, "not-ready", "lunch")
    assert passes(book, 200.0) == []
    assert state(book) == ("not-ready", "lunch")


@pytest.mark.requirement("ACD-05")
def test_wrap_up_is_extended_up_to_its_ceiling_and_no_further() -> None:
    book = in_wrap_up()
    arrives(book, "b")
    asks(book, "extend", to="20")
    assert passes(book, 59.999) == []
    assert book.engine.control.ask(AgentAsked("1001", "extend", to="")) == "", "half a minute more: there is room for 25 s of it"
    assert passes(book, 60.0) == []
    assert book.engine.control.ask(AgentAsked("1001", "extend", to="1")) != ""
    assert passes(book, 84.999) == []
    assert passes(book, 85.0) == ["1001"]


@pytest.mark.requirement("ACD-05")
@pytest.mark.parametrize("nonsense", ["-5", "nan", "inf", "0", "soon", "1e3", ".", "1.2.3", " "])
def test_an_extension_by_nonsense_changes_nothing(nonsense: str) -> None:
    book = in_wrap_up()
    asks(book, "extend", to=nonsense)
    passes(book, 39.999)
    assert state(book) == ("wrap-up", "")
    passes(book, 40.0)
    assert state(book) == ("ready", "")


@pytest.mark.requirement("ACD-05")
def test_a_queue_without_a_ceiling_has_no_extensions_and_nobody_extends_what_is_over() -> None:
    book = in_wrap_up(queues=two_queues(wrap_up_max_s=0.0))
    assert book.engine.control.ask(AgentAsked("1001", "extend", to="10")) == "there is no wrap-up to extend, or it is at its limit"
    passes(book, 40.0)
    assert book.engine.control.ask(AgentAsked("1001", "extend", to="10")) != ""


@pytest.mark.requirement("ACD-05")
def test_a_call_made_during_wrap_up_leaves_what_was_left_of_it() -> None:
    book = in_wrap_up()
    book.at(20.0)
    asks(book, "dial", to="13700000000")
    picks_up(book, "1001")
    book.at(44.0)
    asks(book, "release")
    assert state(book) == ("wrap-up", "")
    passes(book, 63.999)
    assert state(book) == ("wrap-up", "")
    passes(book, 64.0)
    assert state(book) == ("ready", "")


# -- what is asked for meanwhile ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-05")
@pytest.mark.parametrize(
    ("asked", "then"),
    [
        (["not-ready"], ("not-ready", "tea")),
        (["log-out"], ("logged-out", "tea")),
        (["not-ready", "ready"], ("wrap-up", "")),
        (["log-out", "not-ready"], ("not-ready", "tea")),
    ],
)
def test_what_is_asked_for_during_a_call_is_done_when_it_is_over(asked: list[str], then: tuple[str, str]) -> None:
    book = centre("1001", queues=two_queues())
    arrives(book)
    picks_up(book, "1001")
    for what in asked:
        asks(book, what, "tea")
        assert state(book)[0] == "on-call"
    hangs_up(book, "a")
    assert state(book) == then


@pytest.mark.requirement("ACD-05")
def test_a_pause_goes_on_behind_a_call_that_was_meant_for_him() -> None:
    plan = small_plan()
    book = centre("1001", queues=two_queues(), numbers={**plan.numbers, "1": NumberPlan(Choice("agent", "1001"))})
    asks(book, "not-ready", "lunch")
    assert arrives(book, number="1") == ["1001"]
    picks_up(book, "1001")
    hangs_up(book, "a")
    assert state(book) == ("not-ready", "lunch")


@pytest.mark.requirement("ACD-05")
def test_states_of_a_call_are_each_noted() -> None:
    book = centre("1001", queues=two_queues())
    arrives(book)
    book << Alerted(LINE, leg_of(book, "1001"))
    picks_up(book, "1001")
    hangs_up(book, "1001")
    passes(book, 100.0)
    asks(book, "not-ready", "tea")
    asks(book, "log-out")
    states = [row.state for row in book.rows(StateRow)]
    assert states == ["ready", "offered", "ringing", "on-call", "wrap-up", "ready", "not-ready", "logged-out"]
    assert {row.station for row in book.rows(StateRow)[:-1]} == {"8001"}


# -- over a restart -------------------------------------------------------------------------------------------------------------------


def restarted(first: Playbook, wait_s: float) -> Playbook:
    """The next run, which knows each agent's newest rows, and finds no call."""
    book = Playbook(Engine(first.engine.state.plan))
    book << ClockSet(MONDAY_8 + first.now + wait_s)
    book << evolve(left_by(first.kept), contacts=())
    book << LineOpened(LINE, EVERYTHING.value)
    for station in book.engine.state.stations:
        book << StationRegistered(LINE, station, "127.0.0.1:5070")
    return book.at(0.0)


@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize(("away_s", "left_s"), [(5.0, 20.0), (24.9, 0.1), (25.0, 0.0), (100.0, 0.0)])
def test_wrap_up_goes_on_after_a_restart_with_what_is_left(away_s: float, left_s: float) -> None:
    first = in_wrap_up()
    first.at(15.0)
    book = restarted(first, away_s)
    rang = arrives(book, "b")
    if left_s:
        assert (rang, state(book)) == ([], ("wrap-up", ""))
        assert passes(book, left_s - 0.01) == []
        rang = passes(book, left_s + 0.001)
    assert rang == ["1001"]


@pytest.mark.requirement("ACD-11")
def test_pauses_reasons_phones_and_who_is_away_are_known_after_a_restart() -> None:
    first = centre("1001", "1002", "1003", queues=two_queues())
    asks(first, "not-ready", "lunch")
    asks(first, "log-out", agent="1002")
    first << AgentAsked("1003", "log-in", station="8002")
    first.skip()
    book = restarted(first, 3.0)
    assert (state(book), state(book, "1002"), state(book, "1003")) == (("not-ready", "lunch"), ("logged-out", ""), ("ready", ""))
    assert book.engine.state.agents["1003"].station == "8002"
    assert arrives(book) == ["1003"]


@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize("was", ["ringing", "on-call"])
def test_who_was_in_a_call_that_did_not_outlive_the_restart_is_ready(was: str) -> None:
    first = centre("1001", queues=two_queues())
    arrives(first)
    if was == "on-call":
        picks_up(first, "1001")
    book = restarted(first, 1.0)
    assert state(book) == ("ready", "")


# -- every second ---------------------------------------------------------------------------------------------------------------------


def seconds_by_rows(book: Playbook, agent: str, until: float) -> dict[str, float]:
    """Seconds in each state, as a report adds them up: a state lasts until the agent's next row."""
    rows = [(row.at, row.state) for row in book.rows(StateRow) if row.agent == agent] + [(MONDAY_8 + until, "")]
    spent = dict[str, float]()
    for (at, what), (then, _) in pairwise(rows):
        if what != "logged-out":
            spent[what] = spent.get(what, 0.0) + then - at
    return spent


def seconds_by_core(book: Playbook, agent: str) -> dict[str, float]:
    known = book.engine.state.agents[agent]
    spent = {what.value: seconds for what, seconds in known.seconds.items()}
    spent[known.state.value] = spent.get(known.state.value, 0.0) + book.now - known.since
    return {what: seconds for what, seconds in spent.items() if seconds > 0.0 and what != "logged-out"}


@pytest.mark.requirement("ACD-05")
@pytest.mark.requirement("ACD-10")
def test_every_second_of_a_day_belongs_to_one_state() -> None:
    book = centre(queues=two_queues(), numbers=NUMBERS)
    book.at(100.0)
    asks(book, "log-in")
    book.at(160.0)
    arrives(book, "a")  # 60 s ready
    book.at(163.0)
    book << Alerted(LINE, leg_of(book, "1001"))  # 3 s offered
    book.at(168.0)
    picks_up(book, "1001")  # 5 s ringing
    book.at(268.0)
    hangs_up(book, "a")  # 100 s on a call
    passes(book, 298.0)  # 30 s of wrap-up
    book.at(308.0)
    asks(book, "not-ready", "lunch")  # 10 s ready
    book.at(2108.0)
    ready(book, "1001")  # half an hour of lunch
    arrives(book, "b")
    book.at(2120.0)
    hangs_up(book, "1001", Cause.CALL_REJECTED)  # 12 s offered
    book.at(2130.0)
    assert asks(book, "ready") == ["1001"]  # 10 s not ready
    picks_up(book, "1001")
    book.at(2150.0)
    asks(book, "log-out")
    hangs_up(book, "b")  # 20 s on a call, and home
    book.at(5000.0)
    expected = {"ready": 70.0, "offered": 15.0, "ringing": 5.0, "on-call": 120.0, "wrap-up": 30.0, "not-ready": 1810.0}
    assert seconds_by_rows(book, "1001", 5000.0) == pytest.approx(expected)
    assert seconds_by_core(book, "1001") == pytest.approx(expected)
    assert sum(expected.values()) == 2150.0 - 100.0


@pytest.mark.slow
@pytest.mark.requirement("ACD-10")
@settings(max_examples=60, deadline=None, derandomize=True, database=None, phases=(Phase.generate,))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["calls", "calls", "picks up", "picks up", "hangs up", "declines", "ready", "not-ready", "log-in", "log-out"]),
            st.sampled_from(["1001", "1002", "1003"]),
            st.sampled_from([0.0, 0.5, 7.0, 31.0]),
        ),
        min_size=10,
        max_size=50,
    )
)
def test_the_seconds_of_any_day_add_up_to_the_time_logged_in(day: list[tuple[str, str, float]]) -> None:
    book = centre("1001", "1002", "1003", queues=two_queues(), numbers=NUMBERS)
    for number, (what, who, then) in enumerate(day):
        mine = [id_ for id_, leg in book.engine.state.legs.items() if leg.agent == who]
        if what == "calls":
            arrives(book, f"c{number}", number="95501" if number % 2 else "95503")
        elif what == "picks up" and mine:
            picks_up(book, who)
        elif what in ("hangs up", "declines") and mine:
            hangs_up(book, mine[0], Cause.NORMAL_CLEARING if what == "hangs up" else Cause.CALL_REJECTED)
        elif what in ("ready", "not-ready", "log-in", "log-out"):
            asks(book, what, agent=who)
        passes(book, book.now + then)
    for agent in ("1001", "1002", "1003"):
        rows = [row for row in book.rows(StateRow) if row.agent == agent]
        ins = [row.at for before, row in zip([None, *rows], rows, strict=False) if before is None or before.state == "logged-out"]
        outs = [row.at for row in rows if row.state == "logged-out"]
        logged_in = sum(outs) + (MONDAY_8 + book.now) * (len(ins) - len(outs)) - sum(ins)
        assert sum(seconds_by_rows(book, agent, book.now).values()) == pytest.approx(logged_in, abs=1e-3)
        if book.engine.state.agents[agent].state is not AgentState.LOGGED_OUT:
            assert sum(seconds_by_core(book, agent).values()) == pytest.approx(MONDAY_8 + book.now - ins[-1], abs=1e-3)


@pytest.mark.requirement("ACD-10")
def test_what_is_broken_is_said_in_a_sentence() -> None:
    book = centre("1001", queues=two_queues())
    assert arrives(book) == ["1001"]
    arrives(book, "b")
    book.engine.state.queues["consult"].counted += 1
    book.engine.state.agents["1001"].contact = "0001-000009"
    found = book.engine.check()
    assert "queue consult counts 2 contacts; there are 1" in found
    assert "agent 1001 is offered with contact '0001-000009', which is not his" in found
    book.engine.state.queues["consult"].counted -= 1
    book.engine.state.agents["1001"].contact = "0001-000001"
    assert (book.engine.check(), waiting(book), book.rows(Contact)[-1].stage) == ([], ["b"], "queued")


@pytest.mark.slow
@pytest.mark.requirement("ACD-02")
def test_when_hours_begin_for_hundreds_of_agents_all_of_them_belong_to_their_group_a_moment_later() -> None:
    count = 300
    book = playbook(
        small_plan(
            stations={f"8{n:03d}": StationPlan("trunk") for n in range(count)},
            agents={f"2{n:03d}": AgentPlan(f"{n}", f"8{n:03d}", {"consult": Membership(1, hours="office")}) for n in range(count)},
        )
    )
    for agent in book.engine.state.agents:
        book << AgentAsked(agent, "log-in")
    queue = book.engine.state.queues["consult"]
    assert queue.logged_in == 0, "it is eight o'clock"
    book.at(3600.0)
    assert 0 < queue.logged_in < count
    book.at(3600.1)
    assert queue.logged_in == len(queue.idle) == count


@pytest.mark.requirement("ACD-02")
def test_when_hours_begin_who_waits_has_the_best_of_those_who_come_and_not_the_first_of_the_plan() -> None:
    groups: list[dict[str, int | Membership]] = [{"consult": Membership(rank, hours="office")} for rank in (2, 1)]
    agents = {f"100{n}": AgentPlan(f"{n}", f"800{n}", groups[n - 1]) for n in (1, 2)}
    book = centre("1001", "1002", queues=queues(), agents=agents)
    assert arrives(book) == []
    assert passes(book, 3600.0) == ["1002"]
