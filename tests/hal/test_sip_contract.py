"""The contract of the hardware layer, kept by the SIP line with baresip phones as its far end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.hal.contract import Bench, LineContract
from tests.hal.processes import workers_of
from tests.hal.sip_peer import sip_bench


@pytest.mark.live
@pytest.mark.requirement("ACC-01")
class TestSipLine(LineContract):
    directory: Path

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Bench]:
        self.directory = directory
        async with sip_bench(directory) as bench:
            yield bench

    def left_behind(self) -> list[str]:
        run = self.directory / "data" / "run"
        passing = [
            str(f)
            for f in self.directory.rglob("*")
            if f.suffix in (".sock", ".recording", ".new") or ".part." in f.name or ".joining" in f.name
        ]
        return passing + [f"process {pid}" for pid in workers_of(run)]
