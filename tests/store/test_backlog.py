"""Memory for rows that cannot be written is bounded, and only call events and decisions pay for it."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appliance.core.records import CallEvent, Contact, Decision, Record
from appliance.store.backlog import Backlog, Waiting
from tests.store.samples import agent_state, contact, decision, event, recording, ticket


def take(backlog: Backlog, most: int = 10_000) -> list[Waiting]:
    rows = backlog.oldest(most)
    backlog.done()
    return rows


def test_rows_come_out_in_order() -> None:
    backlog = Backlog(100)
    rows: list[Waiting] = [(event(what=str(n)), n) for n in range(10)]
    for row in rows:
        backlog.add(*row)
    assert backlog.oldest(4) == rows[:4]
    backlog.failed()
    assert take(backlog, 3) == rows[:3]
    assert take(backlog) == rows[3:]
    assert not backlog


@pytest.mark.requirement("OPS-05")
def test_only_the_oldest_call_events_are_dropped_and_they_are_counted() -> None:
    backlog = Backlog(100)
    precious: list[Waiting] = [*((contact(f"1-{n}"), n + 1) for n in range(5)), (ticket(1), 6)]
    precious += [(recording(), 0), (agent_state("1001", 1.0, "ready"), 0), (event(what="waited for"), 99)]
    for row in precious:
        backlog.add(*row)
    dropped = [backlog.add(event(what=str(n), at=float(n)), 0) for n in range(200)]
    assert dropped == [False] * 91 + [True] * 109
    assert len(backlog) == 100
    kept = take(backlog)
    assert kept[:9] == precious
    assert [int(row.what) for row, _ in kept[9:] if isinstance(row, CallEvent)] == list(range(109, 200))
    assert backlog.dropped == 109
    account = backlog.account()
    assert account is not None
    assert account.at == 108.0
    assert account.detail == "109 from 0.000 to 108.000: memory was full before the disk was back"
    assert backlog.account() is None


def test_decisions_are_dropped_too() -> None:
    backlog = Backlog(100)
    for n in range(150):
        backlog.add(decision(at=float(n)) if n % 2 else event(at=float(n)), 0)
    assert [row.at for row, _ in take(backlog) if isinstance(row, Decision | CallEvent)] == [float(n) for n in range(50, 150)]
    account = backlog.account()
    assert account is not None
    assert (account.what, account.at) == ("call events and decisions dropped", 49.0)
    assert backlog.dropped == 50


def test_a_row_written_again_takes_no_room() -> None:
    backlog = Backlog(100)
    for n in range(1000):
        assert not backlog.add(contact(f"1-{n % 3}", cause=n), 0)
    rows = take(backlog)
    assert {row.id: row.cause for row, _ in rows if isinstance(row, Contact)} == {"1-0": 999, "1-1": 997, "1-2": 998}
    assert len(rows) < 10
    assert backlog.dropped == 0


def test_what_may_not_be_dropped_goes_beyond_the_limit() -> None:
    backlog = Backlog(100)
    for n in range(500):
        assert not backlog.add(contact(f"1-{n}"), 0)
    assert len(backlog) == 500
    assert backlog.tables() == {"contacts": 500}


def test_a_row_somebody_waits_for_keeps_its_place_in_line() -> None:
    backlog = Backlog(0)
    backlog.add(contact(cause=0), 1)
    backlog.add(ticket(), 2)
    backlog.add(contact(cause=3), 3)
    backlog.add(contact(cause=4), 0)
    assert take(backlog) == [(contact(cause=0), 1), (ticket(), 2), (contact(cause=4), 3)]


def test_what_is_in_flight_is_not_touched() -> None:
    backlog = Backlog(3)
    backlog.add(event(what="0"), 0)
    backlog.add(contact(cause=0), 0)
    backlog.add(event(what="1"), 0)
    flying = backlog.oldest(2)
    assert backlog.add(event(what="2"), 0)
    backlog.add(contact(cause=1), 0)
    backlog.failed()
    assert take(backlog) == [*flying, (contact(cause=1), 0)]


def test_gaps_do_not_look_like_the_end() -> None:
    backlog = Backlog(1)
    for n in range(50):
        backlog.add(event(what=str(n)), 0)
    assert take(backlog, 5) == [(event(what="49"), 0)]
    assert not backlog


class Machine(RuleBasedStateMachine):
    """Whatever comes and goes: nothing but call events is lost, acknowledgements keep their order, and rely on what was put before."""

    def __init__(self) -> None:
        super().__init__()
        self.backlog = Backlog(12)
        self.put: list[Waiting] = []
        self.disk: dict[object, int] = {}
        self.wanted: dict[object, int] = {}
        self.acknowledged: list[int] = []
        self.before: dict[int, dict[object, int]] = {}
        self.number = 0

    def _add(self, record: Record, key: object, token: int) -> None:
        self.wanted[key] = self.number
        if token:
            self.before[self.number] = dict(self.wanted)
        self.backlog.add(record, self.number if token else 0)

    @rule(name=st.sampled_from("abc"), token=st.booleans())
    def put_contact(self, name: str, token: bool) -> None:
        self.number += 1
        self._add(contact(name, cause=self.number), name, token)

    @rule(token=st.booleans())
    def put_ticket(self, token: bool) -> None:
        self.number += 1
        self._add(ticket(self.number), self.number, token)

    @rule(count=st.integers(1, 9))
    def put_events(self, count: int) -> None:
        for _ in range(count):
            self.backlog.add(event(), 0)

    @precondition(lambda self: self.backlog)
    @rule(most=st.integers(1, 20), meanwhile=st.lists(st.sampled_from("abc!"), max_size=4), works=st.booleans())
    def write(self, most: int, meanwhile: list[str], works: bool) -> None:
        rows = self.backlog.oldest(most)
        assert rows
        for name in meanwhile:
            if name == "!":
                self.backlog.add(event(), 0)
            else:
                self.put_contact(name, token=False)
        if not works:
            self.backlog.failed()
            return
        self.backlog.done()
        for row, _ in rows:
            if isinstance(row, Contact):
                self.disk[row.id] = row.cause
            elif not isinstance(row, CallEvent):
                self.disk[int(row.number[2:])] = int(row.number[2:])  # type: ignore[attr-defined]
        for _, token in rows:
            if token:
                self.acknowledged.append(token)
                for key, number in self.before[token].items():
                    assert self.disk[key] >= number

    @invariant()
    def bounded(self) -> None:
        kept = sum(count for table, count in self.backlog.tables().items() if table != "call_events")
        assert len(self.backlog) == sum(self.backlog.tables().values())
        assert len(self.backlog) <= max(12, kept) + 20  # in flight, they may not be dropped
        assert self.acknowledged == sorted(self.acknowledged)

    def teardown(self) -> None:
        while self.backlog:
            self.write(7, [], works=True)
        assert self.disk == self.wanted
        assert self.acknowledged == sorted(self.before)


TestMachine = Machine.TestCase
