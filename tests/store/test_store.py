"""One process has a data directory; whoever opens it second is told who has it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from appliance.store.errors import DatabaseUnusable, DataDirectoryBusy
from appliance.store.store import Store
from tests.store.acks import Told
from tests.store.samples import NOON, contact

OPEN = "import sys; from pathlib import Path; from appliance.store import Store; Store(Path(sys.argv[1]), at=0.0)"


@pytest.mark.slow
@pytest.mark.requirement("OPS-05")
def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path, at=NOON):
        second = subprocess.run([sys.executable, "-c", OPEN, tmp_path], capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 1
    message = (
        f"data directory '{tmp_path}' is in use by process {os.getpid()}: stop that one first, or give this one a directory of its own"
    )
    assert message in second.stderr
    with Store(tmp_path, at=NOON) as store:
        assert store.left.boot.boot == 2  # the refused one was no start


def test_nor_may_this_process_open_it_twice(tmp_path: Path) -> None:
    with Store(tmp_path, at=NOON), pytest.raises(DataDirectoryBusy):
        Store(tmp_path, at=NOON)


def test_a_store_that_could_not_be_opened_holds_no_lock(tmp_path: Path) -> None:
    (tmp_path / "hotline.db").write_bytes(b"no database " * 1000)
    for _ in range(2):
        with pytest.raises(DatabaseUnusable, match="SQLITE_NOTADB"):
            Store(tmp_path, at=NOON)


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnusable, match=r"Not a directory: '.*/file/data'; check the data directory's owner and rights"):
        Store(tmp_path / "file" / "data", at=NOON)


async def test_questions_are_answered_while_rows_are_written(tmp_path: Path) -> None:
    told = Told()
    with Store(tmp_path, at=NOON) as store:
        async with store.writer(stored=told.stored).running() as writer, trio.open_nursery() as nursery:
            for n in range(1, 9):
                writer.put(contact(f"1-{n}"), n)
                await told.wait_until(lambda n=n: n in told.acknowledged)  # type: ignore[misc]

                async def ask(n: int) -> None:
                    assert await store.read(lambda reader: reader.contact(f"1-{n}")) == contact(f"1-{n}")

                nursery.start_soon(ask, n)


async def test_a_question_that_fails_spoils_nothing(tmp_path: Path) -> None:
    with Store(tmp_path, at=NOON) as store:
        with pytest.raises(ZeroDivisionError):
            await store.read(lambda _reader: 1 / 0)
        assert await store.read(lambda reader: reader.outcomes(0, 1)) == {}
