"""How the tests of the contract get their line, and what all of them hold it to afterwards."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from hal.api import (
    Answer,
    Answered,
    Capability,
    Mix,
    Originate,
)
from tests.hal.contract_refused import CALLER, SERVICE, Lacks, or_refused
from tests.hal.peer import Bench, Does, Party, Tone

__all__ = ["CALLER", "SERVICE", "ContractBase"]


class ContractBase(ABC):
    """What a backend tells the suite, and the helpers of its tests."""

    def __init_subclass__(cls, **more: Any) -> None:
        """Let each of its tests end with the line's refusal where it cannot do what the test needs."""
        super().__init_subclass__(**more)
        for name, test in list(vars(cls).items()):
            if name.startswith("test_") and callable(test):  # None: this backend does not run it
                setattr(cls, name, or_refused(test))

    @abstractmethod
    def open(self, directory: Path) -> AbstractAsyncContextManager[Bench]:
        """Open a fresh line of the backend with its far end.

        The line is closed when the block ends, or by `Bench.close` in the task that entered it; only then does the far end go.
        """

    @abstractmethod
    def left_behind(self) -> list[str]:
        """What is still there of all lines opened so far: processes, sockets, files under passing names. Empty when all is well."""

    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[Bench]:
        async with self.open(tmp_path) as bench:
            yield bench
        bench.check_life_of_legs()
        assert self.left_behind() == []

    def need(self, bench: Bench, capability: Capability) -> None:
        """Go on only if the line can do it.

        Raises:
            Lacks: it says that it cannot.

        """
        if lacks := capability & ~bench.line.capabilities:
            raise Lacks(bench, lacks)

    async def talking(self, bench: Bench, ani: str = CALLER, says: Tone | None = None) -> tuple[Party, str]:
        """A caller who was answered, and its leg."""
        caller = await bench.peer.call(SERVICE, ani, says)
        leg = await bench.arrived(ani)
        bench.do(Answer(bench.line.name, leg))
        await bench.log.wait(Answered, leg=leg)
        await caller.wait_answered()
        return caller, leg

    async def station(self, bench: Bench, name: str, says: Tone | None = None, beside: str = "") -> tuple[Party, str]:
        """A station's phone that has answered our call, and its leg."""
        self.need(bench, Capability.ORIGINATE)
        phone = await bench.peer.station(name, Does.ANSWERS, says)
        leg = f"to-{name}"
        bench.do(Originate(bench.line.name, leg, f"station:{name}", SERVICE, beside=beside))
        await bench.log.wait(Answered, leg=leg)
        await phone.wait_answered()
        return phone, leg

    def mix(self, bench: Bench, hears: Mapping[str, tuple[str, ...]]) -> None:
        bench.do(Mix(bench.line.name, hears))
