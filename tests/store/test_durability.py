"""What was acknowledged is there after the process was killed at any moment."""

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.thorough import by_profile

ROUNDS = by_profile(10, 25, 100)


def kill_one(directory: Path, after: int) -> list[str]:
    """Start a writer, kill it when it has said this many lines, and return all lines it said."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.store.victim", str(directory)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        lines = []
        for line in victim.stdout:
            lines.append(line)
            if len(lines) == after:
                victim.kill()
    assert victim.returncode == -9
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
    return [line.rstrip("\n") for line in lines]


@pytest.mark.slow
@pytest.mark.requirement("OPS-05")
def test_acknowledged_rows_survive_sigkill(tmp_path: Path) -> None:
    """Many times; the moments follow from a seed only as far as the machine's timing lets them: the rest is real chance."""
    chance = random.Random(5)
    acknowledged: list[str] = []
    for number in range(1, ROUNDS + 1):
        boot, *keys = kill_one(tmp_path, after=int(chance.choice([1, 2, chance.uniform(3, 3000)])))
        assert boot == f"boot {number}"
        acknowledged += keys
        with sqlite3.connect(f"file:{tmp_path}/hotline.db?mode=ro", uri=True) as connection:
            present = {key for (key,) in connection.execute("SELECT id FROM contacts JOIN call_events ON contact = id")}
            doubled = connection.execute("SELECT contact FROM call_events GROUP BY contact HAVING count(*) > 1").fetchall()
        connection.close()
        assert not set(acknowledged) - present
        assert doubled == []
    with sqlite3.connect(tmp_path / "hotline.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    assert len(acknowledged) > 1000
