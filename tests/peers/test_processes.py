"""Child processes leave nothing behind, and say what they said when they fail."""

import os
from pathlib import Path

import pytest

from tests.peers.processes import PeerFailed, Process, cpu_s, need, tail, until


def gone(pid: int) -> bool:
    """Whether no such process runs; one that has ended and waits for its parent to notice does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.live
def test_descendants_end_with_the_block(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    with Process(["sh", "-c", f"sleep 600 & echo $! >{told}; wait"], tmp_path / "log") as process:
        assert until(lambda: told.is_file() and told.read_text() != "", 5.0)
        child = int(told.read_text())
        assert not gone(child)
    assert process.status is not None
    assert until(lambda: gone(child), 5.0)


@pytest.mark.live
def test_what_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    process = Process(["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.05; done"], tmp_path / "log")
    assert until(lambda: "deaf" in (tmp_path / "log").read_text(), 5.0)
    assert process.stop(grace_s=0.1) == -9


@pytest.mark.live
def test_one_that_is_late_is_named_with_its_last_words(tmp_path: Path) -> None:
    with Process(["sh", "-c", "echo waiting for Godot; exec sleep 600"], tmp_path / "log") as process:
        assert until(lambda: (tmp_path / "log").read_text() != "", 5.0)
        with pytest.raises(PeerFailed, match=r"(?s)sh still runs after 0\.05 s.*waiting for Godot"):
            process.wait(0.05)


def test_a_command_that_is_not_there_is_named_with_its_package() -> None:
    assert Path(need("sh", "dash")).is_absolute()
    with pytest.raises(PeerFailed, match="no 'sipp-of-tomorrow' on this machine; apt-get install sip-tester"):
        need("sipp-of-tomorrow", "sip-tester")


def test_the_tail_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("one\ntwo\nthree\n")
    assert tail(tmp_path / "log", 2) == "    two\n    three"
    assert tail(tmp_path / "none") == "    (nothing)"


def test_processor_time_of_this_process_and_of_none() -> None:
    assert cpu_s(os.getpid()) > 0
    assert cpu_s(2**22 + 1) == 0
