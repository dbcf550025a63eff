"""The contract of the hardware layer, kept by a line at a switch: the simulated switch, its whole protocol between, in virtual time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from tests.hal.contract import Bench, LineContract
from tests.hal.csta.switch_peer import Town, switch_bench


def in_virtual_time(main: Callable[[], Awaitable[Any]], **more: Any) -> Any:
    """`trio.run`, where nothing waits."""
    return trio.run(main, **{**more, "clock": trio.testing.MockClock(autojump_threshold=0)})


@pytest.mark.requirement("ACC-02")
class TestLineAtASwitch(LineContract):
    town: Town

    @pytest.fixture(autouse=True)
    def virtual(self, request: pytest.FixtureRequest) -> None:
        request.node.add_marker(pytest.mark.trio(run=in_virtual_time), append=False)

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Bench]:
        async with switch_bench(directory) as bench:
            assert isinstance(bench.peer, Town)
            self.town = bench.peer
            yield bench

    def left_behind(self) -> list[str]:
        return self.town.left()
