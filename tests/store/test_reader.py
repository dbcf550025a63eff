"""Questions the appliance and its integrators ask, answered as record objects."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from appliance.core.records import Alarm, Audit, CallEvent, Leg, Record
from appliance.store.boots import Boot
from appliance.store.reader import DOWN, Reader
from appliance.store.schema import connect
from appliance.store.transaction import write
from tests.store.samples import NOON, agent_state, contact, decision, event, recording, ticket


@pytest.fixture
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect(path)
    yield connection
    connection.close()


def store(connection: sqlite3.Connection, *rows: Record) -> None:
    assert write(connection, [(row, 0) for row in rows]) == {}


def test_a_contact_and_everything_about_it(writing: sqlite3.Connection, reader: Reader) -> None:
    late = Leg("1-1/2", "1-1", "trunk", "agent:1001", NOON + 9, None, NOON + 20, 16, False)
    early = Leg("1-1", "1-1", "trunk", "caller", NOON, NOON + 1, NOON + 20, 16, True)
    store(writing, contact(), late, early, event(what="arrived"), event(what="answered"), event("1-2"), recording(), recording("1-r2"))
    assert reader.contact("1-1") == contact()
    assert reader.contact("1-9") is None
    assert reader.legs_of("1-1") == [early, late]
    assert [row.what for row in reader.events_of("1-1")] == ["arrived", "answered"]
    assert reader.recordings_of("1-1") == [recording(), recording("1-r2")]


def test_the_last_contacts_of_a_caller_newest_first(writing: sqlite3.Connection, reader: Reader) -> None:
    rows = [contact(f"1-{n}", ani="1234", arrived_at=NOON + n) for n in range(30)]
    store(writing, *rows, contact("1-x", ani="5678"))
    assert reader.contacts_of("1234", 3) == rows[:-4:-1]
    assert len(reader.contacts_of("1234")) == 20


def test_periods_are_half_open(writing: sqlite3.Connection, reader: Reader) -> None:
    outcomes = ["answered", "abandoned", "answered", ""]
    store(writing, *(contact(f"1-{n}", arrived_at=NOON + n, outcome=outcome) for n, outcome in enumerate(outcomes)))
    assert [row.id for row in reader.contacts(NOON, NOON + 3)] == ["1-0", "1-1", "1-2"]
    assert reader.outcomes(NOON, NOON + 3) == {"abandoned": 1, "answered": 2}
    assert reader.outcomes(NOON + 1, NOON + 9) == {"": 1, "abandoned": 1, "answered": 1}
    assert [row.id for row in reader.unfinished()] == ["1-3"]


def test_an_agents_seconds_add_up(writing: sqlite3.Connection, reader: Reader) -> None:
    changes = [
        (-3600, "logged-out"),
        (-100, "ready"),
        (50, "on-call"),
        (80, "on-call"),
        (300, "wrap-up"),
        (310, "ready"),
        (500, "not-ready"),
    ]
    store(writing, *(agent_state("1001", NOON + s, state) for s, state in changes), agent_state("1002", NOON + 60, "ready"))
    day = reader.agent_day("1001", NOON, NOON + 400)
    assert day == {"ready": 140.0, "on-call": 250.0, "wrap-up": 10.0}
    assert sum(day.values()) == 400.0
    assert reader.agent_day("1002", NOON, NOON + 400) == {"ready": 340.0}
    assert reader.agent_day("1003", NOON, NOON + 400) == {}
    assert [row.state for row in reader.agent_states("1001", NOON, NOON + 400)] == ["ready", "on-call", "on-call", "wrap-up", "ready"]


def test_time_the_appliance_was_down_is_nobodys_work(writing: sqlite3.Connection, reader: Reader) -> None:
    store(
        writing,
        Boot(1, "1", NOON - 900, NOON + 100),
        Boot(2, "1", NOON + 160, NOON + 200),
        Boot(3, "1", NOON + 210, NOON + 900),
        agent_state("1001", NOON, "ready"),
        agent_state("1001", NOON + 205, "not-ready"),
        agent_state("1002", NOON - 10, "logged-out"),
    )
    day = reader.agent_day("1001", NOON, NOON + 300)
    assert day == {"ready": 140.0, "not-ready": 90.0, DOWN: 70.0}
    assert reader.agent_day("1002", NOON, NOON + 300) == {"logged-out": 300.0}


def test_recordings_of_a_period_and_of_an_agent(writing: sqlite3.Connection, reader: Reader) -> None:
    rows = [recording(f"r{n}", agent=f"100{n % 2}", began_at=NOON + n) for n in range(4)]
    store(writing, *rows)
    assert reader.recordings(NOON, NOON + 3) == rows[:3]
    assert reader.recordings(NOON, NOON + 9, "1001") == [rows[1], rows[3]]
    assert reader.known_files({"r1.wav", "other.wav"}) == {"r1.wav"}


def test_tickets_alarms_and_the_audit_trail(writing: sqlite3.Connection, reader: Reader) -> None:
    alarm = Alarm("1-1", "red", "line:trunk", "lost", "look", NOON)
    old = Alarm("1-0", "blue", "x", "y", "z", NOON - 1, NOON)
    trail = [Audit(NOON, "1001", "log-in"), Audit(NOON, "1001", "log-out")]
    store(writing, ticket(1), ticket(2), alarm, old, *trail)
    assert reader.ticket("T-00002") == ticket(2)
    assert reader.ticket("T-00003") is None
    assert reader.tickets() == [ticket(2), ticket(1)]
    assert reader.tickets("open", limit=1) == [ticket(2)]
    assert reader.tickets("closed") == []
    assert reader.raised() == [alarm]
    assert reader.alarms(NOON - 5, NOON + 5) == [old, alarm]
    assert reader.audit(NOON, NOON + 1) == trail


def test_decisions_in_their_order(writing: sqlite3.Connection, reader: Reader) -> None:
    first, second = decision(at=NOON + 9), decision(at=NOON + 3, chosen="1002", more=4)
    assert reader.oldest_decision() is None
    store(writing, first, decision("1-2"), second)
    assert reader.decisions_of("1-1") == [first, second]
    assert reader.oldest_decision() == first


def test_who_waits_to_be_called_back(writing: sqlite3.Connection, reader: Reader) -> None:
    rows = [contact(f"1-{n}", call_back="138", stage="callback", place_at=NOON - n) for n in range(3)]
    store(writing, *rows, contact("1-8", call_back="138", outcome="answered"), contact("1-9"))
    assert reader.to_call_back() == rows[::-1]


def test_contacts_are_found_by_the_end_of_their_id(writing: sqlite3.Connection, reader: Reader) -> None:
    store(writing, *(contact(f"{boot:04d}-{n:06d}") for boot in (1, 2) for n in (1, 21, 121)))
    assert [row.id for row in reader.contacts_ending("121")] == ["0002-000121", "0001-000121"]
    assert [row.id for row in reader.contacts_ending("1-000021")] == ["0001-000021"]
    assert len(reader.contacts_ending("1", limit=4)) == 4
    assert reader.contacts_ending("9") == reader.contacts_ending("%") == reader.contacts_ending("") == []


def test_the_last_agents_of_callers(writing: sqlite3.Connection, reader: Reader) -> None:
    rows = [contact(f"1-{n}", ani=f"13{n % 4}", agent=str(n), arrived_at=NOON + n, connected_at=NOON + n) for n in range(10)]
    store(writing, *rows)
    assert list(reader.last_agents(NOON, 9, look_at=100).items()) == [("132", "6"), ("133", "7"), ("130", "8"), ("131", "9")]
    assert list(reader.last_agents(NOON, 2, look_at=100).items()) == [("130", "8"), ("131", "9")]
    assert list(reader.last_agents(NOON, 9, look_at=3).items()) == [("133", "7"), ("130", "8"), ("131", "9")]
    assert reader.last_agents(NOON + 9, 9, look_at=100) == {"131": "9"}


def test_each_agents_newest_row(writing: sqlite3.Connection, reader: Reader) -> None:
    assert reader.newest_states() == []
    newest = [agent_state(f"10{n}", NOON + n, "ready") for n in range(5)]
    store(writing, *(agent_state(f"10{n}", NOON * 2, "not-ready") for n in range(5)), *newest)
    assert reader.newest_states() == newest


def test_whether_a_phone_had_logged_in(writing: sqlite3.Connection, reader: Reader) -> None:
    rows = [Audit(NOON + n, "station:8001", what) for n, what in enumerate(("registered", "registration refused", "unregistered"))]
    store(writing, *rows, Audit(NOON, "agent:8001", "registered"))
    assert reader.registration("8001", NOON - 1) is None
    assert reader.registration("8001", NOON + 1) == rows[0]
    assert reader.registration("8001", NOON + 9) == rows[2]


def told(name: str, waited_s: float, low_s: float, high_s: float | None, after_s: float = 0.0, **changes: Any) -> list[Record]:
    """A contact that was served after a wait in one queue, and its story."""
    row = contact(name, queue="consult", agent="1001", outcome="answered", queued_at=NOON, connected_at=NOON + waited_s, wait_s=waited_s)
    row = evolve(row, ewt_low_s=low_s, ewt_high_s=high_s, ewt_after_s=after_s, **changes)
    return [row, CallEvent(name, NOON, "queued", row.queue)]


@pytest.mark.requirement("ACD-06")
def test_how_well_expected_waits_came_true(writing: sqlite3.Connection, reader: Reader) -> None:
    store(
        writing,
        *told("1-0", 130.0, 120.0, 240.0),
        *told("1-1", 250.0, 120.0, 240.0),
        *told("1-2", 250.0, 120.0, 240.0, 15.0),  # from the statement on it was inside
        *told("1-3", 130.0, 120.0, 240.0, 15.0),
        *told("1-4", 9000.0, 3600.0, None),  # more than an hour, and so it was
        *told("1-5", 3000.0, 3600.0, None),
        *told("1-6", 120.0, 120.0, 240.0),  # the bounds are inside
        *told("1-7", 240.0, 120.0, 240.0),
        *told("1-8", 60.0, 0.0, 60.0, queue="complaint"),
        *told("1-9", 60.0, 0.0, 60.0, arrived_at=NOON - 10),  # of another period
    )
    assert reader.waits(NOON, NOON + 1) == {"complaint": (1, 1), "consult": (8, 5)}
    assert reader.waits(NOON - 10, NOON) == {"consult": (1, 1)}
    assert reader.waits(0, 1) == {}


@pytest.mark.requirement("ACD-06")
def test_expected_waits_that_cannot_be_judged(writing: sqlite3.Connection, reader: Reader) -> None:
    store(
        writing,
        *told("1-0", 130.0, 0.0, None),  # "we cannot say"
        *told("1-1", 130.0, 60.0, 180.0, agent=""),
        *told("1-2", 130.0, 60.0, 180.0, connected_at=None),
        *told("1-3", 130.0, 60.0, 180.0, wait_s=200.0),  # it waited again after it was served
        *told("1-4", 130.0, 60.0, 180.0),
        CallEvent("1-4", NOON, "queued", "complaint"),  # elsewhere, before or after
        *told("1-5", 130.0, 60.0, 180.0),
        CallEvent("1-5", NOON, "callback", "consult"),
        told("1-6", 130.0, 60.0, 180.0)[0],  # its story was dropped
        contact("1-7", queue="consult", agent="1001", queued_at=NOON, connected_at=NOON + 1, wait_s=1.0),
        *told("1-8", 130.0, 60.0, 180.0),
        CallEvent("1-8", NOON + 40, "queued", "consult"),  # a restart took it up again
    )
    assert reader.waits(NOON, NOON + 1) == {"consult": (1, 1)}


def test_an_iterator_sees_one_moment_while_rows_are_written(writing: sqlite3.Connection, reader: Reader) -> None:
    store(writing, *(contact(f"1-{n}", arrived_at=NOON + n) for n in range(100)))
    seen = []
    for row in reader.contacts(0, NOON * 2):
        seen.append(row)
        store(writing, contact(f"2-{row.id}", arrived_at=NOON + 500), contact(row.id, arrived_at=row.arrived_at, outcome="answered"))
    assert [(row.id, row.outcome) for row in seen] == [(f"1-{n}", "") for n in range(100)]
    assert reader.outcomes(0, NOON * 2) == {"": 100, "answered": 100}


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        ("SELECT * FROM contacts WHERE id = ''", "sqlite_autoindex_contacts_1"),
        ("SELECT * FROM contacts WHERE ani = '' ORDER BY arrived_at DESC LIMIT 20", "contacts_by_caller"),
        ("SELECT outcome, count(*) FROM contacts WHERE arrived_at >= 0 AND arrived_at < 1 GROUP BY outcome", "contacts_by_arrival"),
        ("SELECT * FROM contacts WHERE outcome = '' ORDER BY arrived_at", "contacts_unfinished"),
        ("SELECT * FROM call_events WHERE contact = '' ORDER BY seq", "call_events_by_contact"),
        ("SELECT * FROM agent_states WHERE agent = '' AND at >= 0 AND at < 1 ORDER BY at, seq", "agent_states_by_agent"),
        ("SELECT max(seq) FROM agent_states WHERE agent = ''", "agent_states_newest"),
        ("SELECT * FROM decisions WHERE contact = '' ORDER BY seq", "decisions_by_contact"),
        ("SELECT * FROM contacts WHERE call_back <> '' AND outcome = '' ORDER BY place_at", "contacts_to_call_back"),
        ("SELECT * FROM contacts WHERE arrived_at >= 0 ORDER BY arrived_at DESC LIMIT 9", "contacts_by_arrival"),
        ("SELECT * FROM audit WHERE who = '' AND at <= 9 ORDER BY at DESC LIMIT 1", "audit_by_who"),
        ("SELECT * FROM tickets WHERE state = '' ORDER BY created_at DESC LIMIT 20", "tickets_by_state"),
        ("SELECT * FROM recordings WHERE state = 'recording' ORDER BY began_at", "recordings_unfinished"),
    ],
)
def test_single_records_are_found_by_index(writing: sqlite3.Connection, ask: str, index: str) -> None:
    plan = " ".join(row[3] for row in writing.execute(f"EXPLAIN QUERY PLAN {ask}"))
    assert index in plan
    assert not re.search(r"SCAN \w+\b(?! USING)|TEMP B-TREE FOR ORDER BY", plan)
