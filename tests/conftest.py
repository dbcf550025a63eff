"""What holds for every test: it leaves no thread, no child process and no socket behind, and none is too slow for a busy machine."""

import os
import signal
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from appliance.core.inputs import Input
from appliance.core.recovery.containing import Containment
from sim.pytest_plugin import ScenarioItem
from tests.thorough import PROFILE

# Assertions of shared modules show what they compared, as those of test modules do; before anybody imports them.
pytest.register_assert_rewrite(
    *(
        f"tests.hal.{name}"
        for name in (
            "contract_base",
            "contract_calls",
            "contract_control",
            "contract_refused",
            "contract_speech",
            "peer",
            "sip_peer",
            "baresip",
        )
    )
)

LONG_SCENARIOS = {"ten-thousand", "ten-fold", "five-thousand"}
"""Shipped scenarios that take long: not in everyday runs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A day of a centre is part of every test run: the shipped scenarios, each a test by itself (`sim.pytest_plugin`)."""
    for item in items:
        if isinstance(item, ScenarioItem):
            item.add_marker(pytest.mark.requirement("SIM-06"))
            item.add_marker(pytest.mark.slow)
            if item.name in LONG_SCENARIOS:
                item.add_marker(pytest.mark.whole)


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell lets what runs in the background ignore Ctrl-C, and so would all that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whatever a whole run skips would prove nothing while it counts as a proof: it fails, and says what is missing."""
    report = yield
    if PROFILE == "whole" and report.skipped:
        report.outcome, report.longrepr = "failed", f"a whole run skips nothing: {report.longrepr}"
    return report


settings.register_profile(PROFILE, deadline=None)
settings.load_profile(PROFILE)

_PATIENCE_S = 5.0
"""A child that was just killed, or trio's cached worker thread that is just ending, gets this long."""


def _children() -> set[int]:
    """Our child processes, and those that were handed to us, but for the one that multiprocessing keeps for the life of a process."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            found |= {int(pid) for pid in (task / "children").read_text().split()}
        except OSError:
            continue  # a thread that ended while we looked
    return {pid for pid in found if "multiprocessing.resource_tracker" not in _command(str(pid))}


def _sockets() -> set[str]:
    """The sockets we hold, by their numbers in the kernel."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(link)  # noqa: PTH115 - what it points to is no path
        except OSError:
            continue  # the directory's own descriptor
        if target.startswith("socket:"):
            found.add(target)
    return found


def _threads() -> set[str]:
    """Threads, but for trio's idle workers: it keeps them for ten seconds and they hold nothing."""
    return {thread.name for thread in threading.enumerate() if not thread.name.startswith("Trio thread")}


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread, a process or a socket, and name what it left."""
    before = _held()
    yield
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        left = sorted(_held() - before)
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.02)
    assert not left, f"left behind: {'; '.join(f'{what} {_command(which)}' for what, which in left)}"


@pytest.fixture(autouse=True)
def no_failure_of_the_core_is_hidden(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test in whose process the core failed, though the appliance went on: but for those that make it fail."""
    failed: list[Exception] = []
    contain = Containment.contain

    def seen(self: Containment, mistake: Exception, event: Input | None = None) -> None:
        failed.append(mistake)
        contain(self, mistake, event)

    if request.node.get_closest_marker("core_fails") is None:
        monkeypatch.setattr(Containment, "contain", seen)
    yield
    if failed:
        raise failed[0]


def _held() -> set[tuple[str, str]]:
    """All of it, each as what it is and which one."""
    return {("thread", name) for name in _threads()} | {("process", str(pid)) for pid in _children()} | {("socket", s) for s in _sockets()}


def _command(pid: str) -> str:
    """What to call it in a message."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return pid
