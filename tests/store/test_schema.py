"""Migrations: in order, each whole or not at all; what this program must not touch is refused."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.core.records import PollAnswer
from appliance.store import schema
from appliance.store.errors import DatabaseNewer, DatabaseUnusable
from appliance.store.reader import Reader
from appliance.store.schema import VERSION, connect, connect_read_only, migrate, prepare, steps

SECOND = "ALTER TABLE audit ADD COLUMN station TEXT NOT NULL DEFAULT ''; UPDATE audit SET station = who;"


def version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def next_step(monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    """Pretend that the program has one migration more."""
    more = [*steps(), ("9999-next", sql)]
    monkeypatch.setattr(schema, "steps", lambda: more)
    monkeypatch.setattr(schema, "VERSION", len(more))


def test_an_empty_file_is_brought_to_the_newest_version(tmp_path: Path) -> None:
    connection = prepare(tmp_path / "new.db")
    assert version(connection) == VERSION
    applied = [name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    assert applied == [name for name, _ in steps()]
    connection.close()


def test_steps_are_numbered_without_gaps() -> None:
    assert [int(name[:4]) for name, _ in steps()] == list(range(1, VERSION + 1))


def test_a_database_up_to_date_is_left_alone(path: Path) -> None:
    connection = connect(path)
    before = connection.execute("PRAGMA schema_version").fetchone()
    assert migrate(connection, path) == 0
    assert connection.execute("PRAGMA schema_version").fetchone() == before
    connection.close()


def test_an_old_database_keeps_its_rows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect(path)
    connection.execute("INSERT INTO audit (at, who, what) VALUES (1.0, '8001', 'registered')")
    next_step(monkeypatch, SECOND)
    assert migrate(connection, path) == 1
    assert version(connection) == VERSION + 1
    assert connection.execute("SELECT who, what, station FROM audit").fetchall() == [("8001", "registered", "8001")]
    assert migrate(connection, path) == 0
    connection.close()


@pytest.mark.requirement("IVR-10")
def test_poll_answers_from_before_they_had_agents_are_kept_as_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hotline.db"
    connection = connect(path)
    with monkeypatch.context() as before:
        before.setattr(schema, "steps", lambda: steps()[:8])
        before.setattr(schema, "VERSION", 8)
        before.setattr(schema, "TABLES", {})
        migrate(connection, path)
    connection.execute("INSERT INTO poll_answers (contact, at, poll, question, answer) VALUES ('1-1', 1.0, 'service', 'mark', '4')")
    assert migrate(connection, path) == VERSION - 8
    connection.close()
    with Reader(path) as reader:
        assert list(reader.rows(PollAnswer)) == [PollAnswer("1-1", 1.0, "service", "mark", "4", "", "")]
        assert reader.poll_answers(0.0, 2.0, "agent") == {("service", "mark", ""): {"4": 1}}


def test_a_step_that_fails_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect(path)
    next_step(monkeypatch, SECOND + " INSERT INTO nowhere VALUES (1);")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(connection, path)
    assert version(connection) == VERSION
    assert "station" not in [name for (name,) in connection.execute("SELECT name FROM pragma_table_info('audit')")]
    next_step(monkeypatch, SECOND)
    assert migrate(connection, path) == 1
    connection.close()


def test_a_step_cut_in_the_middle_is_our_mistake(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect(path)
    next_step(monkeypatch, "ALTER TABLE audit ADD COLUMN")
    with pytest.raises(ValueError, match="ends in the middle of a statement: 'ALTER TABLE audit"):
        migrate(connection, path)
    connection.close()


@pytest.mark.parametrize("open_it", [prepare, connect_read_only])
def test_a_newer_database_is_refused(path: Path, open_it: Callable[[Path], sqlite3.Connection]) -> None:
    connection = connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(
        DatabaseNewer, match=f"'{path}' has schema version {VERSION + 1}, this program knows versions up to {VERSION}: start the newer"
    ):
        open_it(path)


def test_an_older_database_is_not_read_before_it_is_migrated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    next_step(monkeypatch, SECOND)
    with pytest.raises(DatabaseUnusable, match="start the appliance on it once"):
        connect_read_only(path)


def test_a_database_that_is_not_what_its_version_says_is_refused(path: Path) -> None:
    connection = connect(path)
    connection.execute("DROP VIEW audit_local")
    connection.execute("ALTER TABLE audit DROP COLUMN detail")
    with pytest.raises(DatabaseUnusable, match="yet table 'audit' has no detail; an unreleased program made it"):
        migrate(connection, path)
    connection.close()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(DatabaseUnusable, match="it belongs to another program; move it away"):
        prepare(path)


def test_a_damaged_file_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(DatabaseUnusable, match=r"'.*damaged\.db' cannot be used: .*SQLITE_NOTADB.*restore the last backup"):
        prepare(path)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=r"check that '.*nowhere' exists"):
        prepare(tmp_path / "nowhere" / "hotline.db")
    with pytest.raises(DatabaseUnusable, match="there is no such file"):
        connect_read_only(tmp_path / "nowhere" / "hotline.db")


@pytest.mark.requirement("OPS-05")
def test_a_commit_waits_for_the_disk(path: Path) -> None:
    connection = connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: the WAL is flushed at every commit
    connection.close()


def test_a_reading_connection_cannot_write(path: Path) -> None:
    connection = connect_read_only(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM contacts")
    connection.close()
