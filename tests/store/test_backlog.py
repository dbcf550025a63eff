"""Memory for rows that cannot be written is bounded, and only call events pay for it."""

import pytest

from appliance.core.records import CallEvent, Contact
from appliance.store.backlog import Backlog, Waiting
from tests.store.samples import agent_state, contact, event, recording, ticket


def test_rows_come_out_in_order() -> None:
    backlog = Backlog(100)
    rows = [(event(what=str(n)), n) for n in range(10)]
    for row in rows:
        backlog.add(*row)
    first = backlog.take(4)
    assert first == rows[:4]
    backlog.put_back(first)
    assert backlog.take(100) == rows
    assert not backlog


@pytest.mark.requirement("OPS-05")
def test_only_the_oldest_call_events_are_dropped_and_they_are_counted() -> None:
    backlog = Backlog(100)
    precious: list[Waiting] = [*((contact(f"1-{n}"), n + 1) for n in range(5)), (ticket(1), 6)]
    for row in precious:
        backlog.add(*row)
    backlog.add(recording(), 0)
    backlog.add(agent_state("1001", 1.0, "ready"), 0)
    backlog.add(event(what="waited for"), 99)
    dropped = [backlog.add(event(what=str(n), at=float(n)), 0) for n in range(200)]
    assert any(dropped)
    kept = backlog.take(1000)
    assert kept[:6] == precious
    assert (event(what="waited for"), 99) in kept
    numbers = [int(row.what) for row, token in kept if isinstance(row, CallEvent) and not token]
    assert numbers == list(range(200 - len(numbers), 200))
    assert backlog.dropped == 200 - len(numbers)
    account = backlog.account()
    assert account is not None
    assert account.at == float(backlog.dropped - 1)
    assert account.detail.startswith(f"{backlog.dropped} from 0.000 to ")
    assert backlog.account() is None
    assert len(kept) <= 100


def test_a_row_written_again_takes_no_room() -> None:
    backlog = Backlog(100)
    for n in range(1000):
        assert not backlog.add(contact(f"1-{n % 3}", cause=n), 0)
    newest = {row.id: row.cause for row, _ in backlog.take(1000) if isinstance(row, Contact)}
    assert newest == {"1-0": 999, "1-1": 997, "1-2": 998}
    assert backlog.dropped == 0


def test_what_may_not_be_dropped_goes_beyond_the_limit() -> None:
    backlog = Backlog(100)
    for n in range(500):
        assert not backlog.add(contact(f"1-{n}"), 0)
    assert len(backlog) == 500
    assert backlog.tables() == {"contacts": 500}


def test_somebody_who_waits_is_told_even_when_the_row_is_written_again() -> None:
    backlog = Backlog(10)
    backlog.add(contact(cause=0), 7)
    for n in range(1, 30):
        backlog.add(contact(cause=n), 0)
    rows = backlog.take(100)
    assert rows[0] == (contact(cause=0), 7)
    assert rows[-1] == (contact(cause=29), 0)
    assert len(rows) < 15
