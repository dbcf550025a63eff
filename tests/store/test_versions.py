"""Databases that older programs left are brought up to date, and every row of theirs is read."""

import sqlite3
from pathlib import Path

import attrs
import pytest
import trio

from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet
from appliance.core.plan import AgentPlan, Plan, QueuePlan, StationPlan
from appliance.core.records import AgentState, Contact, Recording
from appliance.store.errors import DatabaseUnusable
from appliance.store.reader import Reader
from appliance.store.schema import VERSION, connect_read_only
from appliance.store.store import Store
from appliance.store.tables import TABLES
from hal.api import Adopted, Capability, LineOpened
from tests.store.samples import NOON


def left_by_version(version: int, directory: Path) -> Path:
    """A data directory as a program of this schema version left it."""
    connection = sqlite3.connect(directory / "hotline.db")
    connection.executescript((Path(__file__).parent / f"version-{version}.sql").read_text("utf-8"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return directory


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return left_by_version(1, tmp_path)


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return left_by_version(2, tmp_path)


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
    assert restored.states == {"1001": AgentState("1001", NOON + 200, "wrap-up", "", "8001", "0001-000001")}  # it did not say until when
    assert restored.agents == {}
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


@pytest.mark.requirement("OPS-05")
def test_a_database_of_the_second_version_keeps_every_row(second: Path) -> None:
    tables = tables_of(second)
    before = counts(second, tables)
    assert min(before.values()) > 0
    with Store(second, at=NOON + 500):
        pass
    assert counts(second, tables) == before | {"boots": before["boots"] + 1}
    with Reader(second / "hotline.db") as reader:
        for record in TABLES:
            for row in reader.rows(record):
                assert isinstance(row, record)


@pytest.mark.requirement("ACD-11")
def test_what_can_be_concluded_about_who_was_there_is(second: Path) -> None:
    with Store(second, at=NOON + 500) as store:
        rows = {row.id[-1]: row for row in store.left.restored.contacts}
        ended = trio.run(store.read, lambda reader: reader.contact("0002-000000"))
    assert {n: (row.agents, row.on_demand, row.recorded_for, row.home, row.home_place_at) for n, row in rows.items()} == {
        "1": ("1001", True, 0, "billing", NOON + 20),
        "2": ("", False, 0, "billing", NOON + 60),
        "3": ("", False, 0, "billing", NOON + 61),
        "4": ("", False, 0, "", None),
    }
    assert {(row.manager_wanted, row.only_until_at, row.ewt_basis) for row in rows.values()} == {(None, None, "")}
    assert ended is not None
    assert (ended.agents, ended.home, ended.on_demand) == ("", "", False), "history is left as it was"


@pytest.mark.requirement("ACD-11")
def test_a_core_goes_on_with_what_the_second_version_left(second: Path) -> None:
    phones = {f"800{n}": StationPlan("trunk") for n in range(1, 4)}
    agents = {f"100{n}": AgentPlan("", f"800{n}", {"billing": 1}) for n in range(1, 4)}
    engine = Engine(Plan(queues={"billing": QueuePlan()}, stations=phones, agents=agents))
    with Store(second, at=NOON + 140) as store:
        engine.handle(0.0, ClockSet(NOON + 140))
        engine.handle(0.0, store.left.restored)
    engine.handle(0.0, LineOpened("trunk", (~Capability(0)).value))
    for leg, station in (("a@pbx", ""), ("b@pbx", ""), ("d@pbx", ""), ("0002-000001/2.1", "8001")):
        engine.handle(0.0, Adopted("trunk", leg, "138", "95500", True, station))
    engine.tick(0.0)
    assert engine.check() == []
    state = engine.state
    assert [agent.state.value for agent in state.agents.values()] == ["on-call", "wrap-up", "not-ready"]
    assert state.agents["1002"].wrap_up_ends == state.agents["1002"].wrap_up_limit == 560.0
    assert {id_[-1]: (contact.state.value, contact.queue) for id_, contact in state.contacts.items()} == {
        "1": ("connected", "billing"), "2": ("queued", "billing"), "3": ("queued", "billing"), "4": ("queued", "agent:1001"),
    }  # fmt: skip
    told, stated = state.contacts["0002-000002"].quote, state.contacts["0002-000002"].stated
    assert told is not None
    assert stated is None, "an older program did not keep what it rested on: he is told anew"
    assert (told.low_s, told.high_s, told.stated_at, told.first) == (60.0, 180.0, -5.0, None)
