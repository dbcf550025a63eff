"""Databases that older programs left are brought up to date, and every row of theirs is read."""

import sqlite3
from pathlib import Path

import attrs
import pytest

from appliance.core.records import AgentState, Contact, Recording
from appliance.store.errors import DatabaseUnusable
from appliance.store.reader import Reader
from appliance.store.schema import VERSION, connect_read_only
from appliance.store.store import Store
from appliance.store.tables import TABLES
from tests.store.samples import NOON


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A data directory as a program of schema version 1 left it."""
    connection = sqlite3.connect(tmp_path / "hotline.db")
    connection.executescript((Path(__file__).parent / "version-1.sql").read_text("utf-8"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return tmp_path


def tables_of(directory: Path) -> list[str]:
    """The tables of records that the database has."""
    connection = sqlite3.connect(directory / "hotline.db")
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return [table.name for table in TABLES.values() if table.name in there]


def counts(directory: Path, tables: list[str]) -> dict[str, int]:
    connection = sqlite3.connect(directory / "hotline.db")
    found = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    connection.close()
    return found


@pytest.mark.requirement("OPS-05")
def test_an_old_database_keeps_every_row_and_new_columns_have_their_defaults(old: Path) -> None:
    tables = tables_of(old)
    before = counts(old, tables)
    assert min(before.values()) > 0
    with Store(old, at=NOON + 500):
        pass
    assert counts(old, tables) == before | {"boots": before["boots"] + 1}
    with Reader(old / "hotline.db") as reader:
        served = Contact("0001-000001", "voice", "+8613800000001", "95500", NOON + 10, "ended", NOON + 200, "zh", "billing", "1001")
        served = attrs.evolve(served, outcome="answered", answered_at=NOON + 10, queued_at=NOON + 20, connected_at=NOON + 35)
        served = attrs.evolve(served, ended_at=NOON + 200, wait_s=15.0, talk_s=165.0, cause=16, keys="11", line="trunk")
        assert reader.contact("0001-000001") == served  # what is not named has its default
        assert list(reader.rows(AgentState))[1] == AgentState("1001", NOON + 200, "wrap-up", "", "8001", "0001-000001")
        assert [row.participants for row in reader.rows(Recording)] == [""]
        assert reader.decisions_of("0001-000001") == []
        for record in TABLES:
            for row in reader.rows(record):
                assert isinstance(row, record)


@pytest.mark.requirement("ACD-11")
def test_what_an_old_program_left_unfinished_goes_on(old: Path) -> None:
    with Store(old, at=NOON + 500) as store:
        restored = store.left.restored
    assert [(row.id, row.leg, row.place_at) for row in restored.contacts] == [("0001-000002", "abc@pbx", None)]
    assert restored.agents == {"1001": ("wrap-up", "", "8001")}
    assert restored.wrap_up == {}  # it did not say until when
    assert restored.last_agents == {"+8613800000001": "1001"}
    assert restored.tickets == 7


def test_an_old_database_is_only_read_when_it_is_up_to_date(old: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=f"its schema has version 1, this program reads version {VERSION}; start the appliance"):
        connect_read_only(old / "hotline.db")


def test_views_show_the_new_moments_in_local_time(old: Path) -> None:
    with Store(old, at=NOON + 500):
        pass
    connection = sqlite3.connect(old / "hotline.db")
    connection.execute("UPDATE contacts SET place_at = 1700000000.25 WHERE id = '0001-000002'")
    connection.execute("UPDATE agent_states SET until_at = 1700000000.25 WHERE seq = 2")
    connection.execute("INSERT INTO decisions VALUES (1, '0001-000002', 1700000000.25, 'billing', 'linear', '', '', '', 0)")
    wanted = connection.execute("SELECT datetime(1700000000, 'unixepoch', 'localtime') || '.250'").fetchone()
    assert connection.execute("SELECT place_at FROM contacts_local WHERE id = '0001-000002'").fetchone() == wanted
    assert connection.execute("SELECT until_at FROM agent_states_local WHERE seq = 2").fetchone() == wanted
    assert connection.execute("SELECT at FROM decisions_local").fetchone() == wanted
    connection.close()


def test_the_column_only_needs_no_quotes(old: Path) -> None:
    with Store(old, at=NOON + 500):
        pass
    connection = sqlite3.connect(old / "hotline.db")
    assert connection.execute("SELECT only FROM contacts WHERE only = '' ORDER BY only LIMIT 1").fetchone() == ("",)
    connection.close()
