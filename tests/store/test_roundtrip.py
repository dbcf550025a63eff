"""Any sequence of rows that is stored is read back equal, by way of the disk and of memory."""

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, given, settings

from appliance.core.records import Record
from appliance.store.memory import MemoryStore
from appliance.store.reader import Reader
from appliance.store.schema import connect_in_memory
from appliance.store.tables import SEQ, TABLES
from appliance.store.transaction import write
from appliance.store.writer import Writer
from tests.store.samples import any_records, newest

pytestmark = pytest.mark.slow


def held(reader: Reader) -> dict[type[Record], list[Record]]:
    return {cls: list(reader.rows(cls, f"1 ORDER BY {'rowid' if table.key else SEQ}")) for cls, table in TABLES.items()}


@given(any_records, any_records)
def test_in_groups(first: list[Record], second: list[Record]) -> None:
    connection = connect_in_memory()
    for group in (first, second):
        assert write(connection, [(row, 0) for row in group]) == {}
    found, wanted = held(Reader(connection)), newest(first + second)
    connection.close()
    for cls in TABLES:
        assert Counter(found[cls]) == Counter(wanted[cls]), cls
        if not cls.key:
            assert found[cls] == wanted[cls]


@given(any_records, any_records)
def test_in_memory(first: list[Record], second: list[Record]) -> None:
    store = MemoryStore(lambda _delay_s, function: function())
    for row in first:
        store.put(row)
    reader = store.reader()
    for row in second:
        store.put(row)
    store.reader()
    found, wanted = held(reader), newest(first + second)
    reader.close()
    for cls in TABLES:
        assert Counter(found[cls]) == Counter(wanted[cls]), cls
        assert list(store.rows(cls)) == wanted[cls]
        assert store.counts()[cls.table] == len(wanted[cls])


@pytest.mark.requirement("OPS-05")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(any_records)
def test_by_way_of_the_disk(empty_database: Path, rows: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(shutil.copy(empty_database, Path(directory) / "hotline.db"))

        async def main() -> None:
            async with Writer(path).running() as writer:
                for row in rows:
                    writer.put(row)

        trio.run(main)
        with Reader(path) as reader:
            found = held(reader)
    for cls, wanted in newest(rows).items():
        assert Counter(found[cls]) == Counter(wanted), cls
