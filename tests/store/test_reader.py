"""Questions the appliance and its integrators ask, answered as record objects."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.core.records import Alarm, Audit, Leg, Record
from appliance.store.boots import Boot
from appliance.store.reader import DOWN, Reader
from appliance.store.schema import connect
from appliance.store.transaction import write
from tests.store.samples import NOON, agent_state, contact, event, recording, ticket


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
        ("SELECT * FROM tickets WHERE state = '' ORDER BY created_at DESC LIMIT 20", "tickets_by_state"),
        ("SELECT * FROM recordings WHERE state = 'recording' ORDER BY began_at", "recordings_unfinished"),
    ],
)
def test_single_records_are_found_by_index(writing: sqlite3.Connection, ask: str, index: str) -> None:
    plan = " ".join(row[3] for row in writing.execute(f"EXPLAIN QUERY PLAN {ask}"))
    assert index in plan
    assert not re.search(r"SCAN \w+\b(?! USING)|TEMP B-TREE FOR ORDER BY", plan)
