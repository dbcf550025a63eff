"""The contract of the hardware layer, kept by a card line: a real Asterisk between the appliance and the telephones."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from tests.hal.asterisk.card_peer import Rig, card_bench, rig
from tests.hal.contract import Bench, LineContract
from tests.hal.processes import workers_of
from tests.peers.for_root import asterisk_for_root


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.requirement("ACC-01")
@pytest.mark.requirement("ACC-02")
@asterisk_for_root
class TestCardLine(LineContract):
    rig: ClassVar[Rig]
    directory: Path

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def asterisk(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        cls.rig = rig(25)
        with cls.rig.asterisk(tmp_path_factory.mktemp("asterisk")):
            yield

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Bench]:
        self.directory = directory
        async with card_bench(self.rig, directory) as bench:
            yield bench

    def left_behind(self) -> list[str]:
        run = self.directory / "data" / "run"
        passing = [
            str(f)
            for f in self.directory.rglob("*")
            if f.suffix in (".sock", ".recording", ".new") or ".part." in f.name or ".joining" in f.name
        ]
        return passing + [f"process {pid}" for pid in workers_of(run)]
