"""A database of the newest schema for each test, copied from one that was made once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store.reader import Reader
from appliance.store.schema import prepare


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "empty.db"
    prepare(path).close()
    return path


@pytest.fixture
def path(tmp_path: Path, empty_database: Path) -> Path:
    """A database file with all tables and no rows."""
    return Path(shutil.copy(empty_database, tmp_path / "hotline.db"))


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    with Reader(path) as found:
        yield found
