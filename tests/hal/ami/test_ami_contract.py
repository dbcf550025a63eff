"""The contract of the hardware layer, kept by a line at an Asterisk PBX: one of the tests' own, its manager between, in virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.hal.ami.asterisk_peer import Town, asterisk_bench
from tests.hal.contract import Bench
from tests.hal.switch_contract import SwitchContract


@pytest.mark.requirement("ACC-02")
class TestLineAtAnAsterisk(SwitchContract):
    town: Town

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Bench]:
        async with asterisk_bench(directory) as bench:
            assert isinstance(bench.peer, Town)
            self.town = bench.peer
            yield bench

    def left_behind(self) -> list[str]:
        return self.town.left()
