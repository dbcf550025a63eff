"""The command on a data directory, a day as the core writes it, and a time zone."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import evolve

from appliance.cli import main
from appliance.core.inputs import AgentAsked
from appliance.core.records import Record
from hal.api import Answered, Arrived, Cause, Released
from tests.core.playbook import playbook, small_plan

Why = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def in_shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's time zone: UTC+8, without summer time."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Why:
    """Runs the command on `tmp_path`; the result is its exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["why", *arguments, "--data", str(tmp_path)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture(scope="session")
def day() -> list[Record]:
    """What the core writes of a day on which nobody picks up: three agents are ready, the third lacks the skills."""
    queues, agents = dict(small_plan().queues), dict(small_plan().agents)
    queues["consult"] = evolve(queues["consult"], needs="english >= 60 or billing", pause_after=1, strategy="fewest-calls")
    for agent, skills in (("1001", {"english": 80}), ("1002", {"billing": 10}), ("1003", {"english": 40})):
        agents[agent] = evolve(agents[agent], skills=skills)
    book = playbook(small_plan(queues=queues, agents=agents))
    for agent in ("1001", "1002", "1003"):
        book << AgentAsked(agent, "log-in")
    book.at(60.0).skip()
    book << Arrived("trunk", "a", "13800138000", "95501")
    book.skip() << Answered("trunk", "a")
    book.skip().at(100.0).skip()
    book << Arrived("trunk", "b", "13900139000", "95501")
    book.skip() << Answered("trunk", "b")
    book.skip() << AgentAsked("1003", "not-ready", "lunch")
    book.skip().at(140.0).skip()
    for leg in ("a", "b"):
        book << Released("trunk", leg, Cause.NORMAL_CLEARING)
        book.skip()
    return list(book.kept)
