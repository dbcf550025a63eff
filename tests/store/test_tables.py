"""Record classes, tables and documentation cannot drift apart."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from appliance.core import records
from appliance.core.records import Contact, Record
from appliance.store import document
from appliance.store.schema import connect_in_memory, prepare
from appliance.store.tables import TABLES, Table, table_of
from hal.api import value

ADVICE = (
    "a record class and the database differ: add a migration that does ALTER TABLE, for what was released never "
    "changes; `Table.create` is what the table should be. Then: python -m appliance.store.document > appliance/store/SCHEMA.md"
)


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = prepare(tmp_path / "hotline.db")
    yield connection
    connection.close()


def columns(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return connection.execute('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', (table,)).fetchall()


def test_every_record_class_has_a_table() -> None:
    declared = {cls for cls in vars(records).values() if isinstance(cls, type) and issubclass(cls, Record) and cls is not Record}
    assert declared <= set(TABLES)


def test_tables_are_what_the_record_classes_say(migrated: sqlite3.Connection) -> None:
    with connect_in_memory() as fresh:
        for table in TABLES.values():
            fresh.execute(f"DROP TABLE {table.name}")
            fresh.execute(table.create)
            assert columns(migrated, table.name) == columns(fresh, table.name), f"table {table.name}: {ADVICE}"
    fresh.close()


def test_there_are_no_other_tables_and_all_are_strict(migrated: sqlite3.Connection) -> None:
    found = dict(migrated.execute("SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE '%sqlite_%'"))
    assert found == {table.name: 1 for table in TABLES.values()}


def test_views_have_the_tables_columns_and_local_times(migrated: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    for table in TABLES.values():
        assert [row[0] for row in columns(migrated, table.view)] == [row[0] for row in columns(migrated, table.name)]
    migrated.execute("INSERT INTO audit (at, who, what) VALUES (1700000000.25, 'a', 'b')")
    shown, true = migrated.execute(
        "SELECT audit_local.at, datetime(audit.at, 'unixepoch', 'localtime') FROM audit JOIN audit_local USING (seq)"
    ).fetchone()
    assert shown == f"{true}.250"


def test_migrating_on_disk_and_in_memory_give_the_same_schema(migrated: sqlite3.Connection) -> None:
    question = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%sqlite%' AND tbl_name NOT LIKE '%sqlite%' ORDER BY name"
    with connect_in_memory() as memory:
        assert memory.execute(question).fetchall() == migrated.execute(question).fetchall()
    memory.close()


def test_the_documentation_is_current() -> None:
    written = (Path(document.__file__).parent / "SCHEMA.md").read_text("utf-8")
    assert written == document.document(), "run: python -m appliance.store.document > appliance/store/SCHEMA.md"


def test_every_column_is_documented_or_obvious() -> None:
    assert document.field_docs(Contact)["stage"].startswith("How far its script got")
    assert "`agent_states`" not in document.document()
    assert "| `by_far_end` | 0 or 1 |" in document.document()


def test_a_class_without_a_table_is_refused() -> None:
    @value
    class Stranger(Record):
        table: ClassVar = "strangers"
        key: ClassVar = ()

    with pytest.raises(TypeError, match=r"Stranger has no table; records are .*Contact"):
        table_of(Stranger)


def test_a_field_no_column_can_hold_is_refused() -> None:
    @value
    class Odd(Record):
        table: ClassVar = "odd"
        key: ClassVar = ()
        parts: list[str]

    with pytest.raises(TypeError, match=r"Odd\.parts is .*; a column holds str, int, float or bool"):
        Table(Odd)


def test_a_key_must_be_fields() -> None:
    @value
    class Keyless(Record):
        table: ClassVar = "keyless"
        key: ClassVar = ("id",)
        name: str

    with pytest.raises(TypeError, match=r"Keyless\.key names \['id'\], which are no fields; fields are name"):
        Table(Keyless)
