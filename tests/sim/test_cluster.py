"""Runs on a cluster: the results of this machine, also when a worker is lost; and what is told when there is no cluster to use."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import attrs
import pytest

import sim.cluster
from hal.api import HalError
from sim.cluster import cluster, program
from sim.parallel import Progress, run_all
from sim.run import replication
from tests.hal import ports
from tests.peers.processes import until
from tests.sim.asking import asked, day_in
from tests.sim.day import small_day

pytestmark = pytest.mark.requirement("SIM-03")

ROOT = Path(__file__).parents[2]
CHANCE = ('talk = "30 s"', "talk = { exponential = { mean_s = 100 } }")
PATIENCE_S = 120.0
"""For what happens in a second where nothing else runs."""


@attrs.define
class Dask:
    """A scheduler on the loopback address, and its workers; each one a process with one thread."""

    folder: Path
    port: int
    processes: list["subprocess.Popen[bytes]"] = attrs.field(factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self, what: str, *arguments: str, says: str) -> "subprocess.Popen[bytes]":
        """Start a program of Dask's, and wait until its log has these words."""
        log = self.folder / f"{len(self.processes)}.log"
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1", "--no-dashboard", *arguments]
        with log.open("wb") as out:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            process = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.processes.append(process)
        assert until(lambda: says in log.read_text() or process.poll() is not None, PATIENCE_S)
        assert process.poll() is None, log.read_text()
        return process

    def scheduler(self) -> "subprocess.Popen[bytes]":
        return self.start("scheduler", "--port", str(self.port), says="Scheduler at")

    def worker(self) -> "subprocess.Popen[bytes]":
        folder = ("--local-directory", str(self.folder))
        return self.start("worker", self.address, "--nthreads", "1", "--no-nanny", *folder, says="Registered to")

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    started = Dask(tmp_path, ports.block(4))
    try:
        started.scheduler()
        yield started
    finally:
        started.end()


def waits(number: int, folder: Path, progress: Progress) -> int:
    """Say which process this is, and go on when the test says so."""
    with (folder / f"{number}.made").open("a") as file:
        file.write(f"{os.getpid()}\n")
    assert until((folder / "go").exists, PATIENCE_S)
    return number * number


def made(folder: Path, number: int) -> list[int]:
    """The processes that this run has been in."""
    file = folder / f"{number}.made"
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []


def ended(code: int, number: int, progress: Progress) -> int:
    if number == 1:
        raise HalError("run 1 cannot be made")
    return number


@pytest.mark.slow
@pytest.mark.whole
def test_runs_on_a_cluster_are_those_of_this_machine_and_no_more_than_are_enough(dask: Dask) -> None:
    dask.worker()
    dask.worker()
    scenario, site = small_day(CHANCE)
    jobs = [partial(replication, scenario, site, seed) for seed in (1, 2, 3)]
    (dask.folder / "go").touch()
    told: list[float] = []
    with cluster(dask.address) as runner:
        there = runner(jobs)
        few = runner([partial(waits, number, dask.folder) for number in range(50)], told.append, lambda results: len(results) == 3)
        with pytest.raises(HalError, match="run 1 cannot be made"):
            runner([partial(ended, 0, number) for number in range(3)])
    here = run_all(jobs)
    assert [each.as_json() | {"wall_s": 0} for each in there] == [each.as_json() | {"wall_s": 0} for each in here]
    assert few == [0, 1, 4]
    assert told[-1] == 1
    assert not made(dask.folder, 49)


@pytest.mark.slow
@pytest.mark.whole
def test_a_run_whose_worker_is_lost_is_made_again_by_another_one(dask: Dask) -> None:
    dask.worker()
    dask.worker()
    lost: list[int] = []

    def kill(_done: float) -> None:
        if not lost and all(made(dask.folder, number) for number in (0, 1)):
            [pid] = made(dask.folder, 0)
            os.kill(pid, signal.SIGKILL)
            lost.append(pid)
            (dask.folder / "go").touch()

    with cluster(dask.address) as runner:
        found = runner([partial(waits, number, dask.folder) for number in range(6)], kill)
    assert found == [0, 1, 4, 9, 16, 25]
    first, *again = made(dask.folder, 0)
    assert [first] == lost
    assert len(again) == 1


@pytest.mark.slow
@pytest.mark.whole
def test_a_scheduler_that_goes_and_workers_that_stay_away_are_told(dask: Dask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim.cluster, "_WITHOUT_WORKERS_S", 0.5)
    jobs = [partial(waits, number, dask.folder) for number in range(2)]
    with pytest.raises(HalError, match="has no worker"), cluster(dask.address) as runner:
        runner(jobs)
    dask.worker()

    def kill(_done: float) -> None:
        if made(dask.folder, 0):
            dask.processes[0].kill()

    with pytest.raises(HalError, match="has gone"), cluster(dask.address) as runner:
        runner(jobs, kill)


@pytest.mark.slow
@pytest.mark.whole
def test_the_command_is_the_same_and_another_program_is_refused(
    dask: Dask, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dask.worker()
    day = day_in(tmp_path, extra='[targets]\nasa = "<= 3 s"\n')
    local = asked(capsys, "limit", day, "--replications", "2", "--precision", "10%")
    assert asked(capsys, "limit", day, "--replications", "2", "--precision", "10%", "--cluster", dask.address) == local
    assert local[0] == 0
    monkeypatch.setattr(sim.cluster, "program", lambda: {**program(), "numpy": "0.1"})
    code, said = asked(capsys, "limit", day, "--replications", "2", "--cluster", dask.address)
    assert (code, "another program" in said, "instead of 0.1" in said) == (2, True, True)


def test_no_cluster_to_use_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    day = day_in(tmp_path, extra='[targets]\nasa = "<= 3 s"\n')
    for address, told in (
        ("10.1.2.3:8786", "can run anything on all of its workers"),
        ("sim.example.org:8786", "can run anything on all of its workers"),
        ("8786", "is no address of a scheduler"),
        ("http://127.0.0.1:8786", "is no address of a scheduler"),
        ("tls://10.1.2.3:8786", "set DASK_DISTRIBUTED__COMM__TLS__CA_FILE"),
    ):
        code, said = asked(capsys, "limit", day, "--cluster", address)
        assert (code, told in said) == (2, True), said
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, said = asked(capsys, "limit", day, "--cluster", "127.0.0.1:8786")
    assert (code, "pip install -c constraints.txt -e '.[cluster]'" in said) == (2, True)


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim.cluster, "_ANSWERS_WITHIN_S", 0.5)
    with pytest.raises(HalError, match="no scheduler answers at tcp://127"), cluster(f"127.0.0.1:{ports.block(4)}"):
        pass


def test_a_program_is_known_by_its_code() -> None:
    assert program()["Python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert len(program()["hotline"]) == 12
    assert "none" not in program().values()
