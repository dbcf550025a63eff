"""The contract of the hardware layer for lines at switches: in virtual time, for the whole of the switch is the tests' own."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
import trio.testing

from tests.hal.contract import LineContract

__all__ = ["SwitchContract"]


def in_virtual_time(main: Callable[[], Awaitable[Any]], **more: Any) -> Any:
    """`trio.run`, where nothing waits."""
    return trio.run(main, **{**more, "clock": trio.testing.MockClock(autojump_threshold=0)})


class SwitchContract(LineContract):
    """Subclasses are collected by pytest."""

    @pytest.fixture(autouse=True)
    def virtual(self, request: pytest.FixtureRequest) -> None:
        request.node.add_marker(pytest.mark.trio(run=in_virtual_time), append=False)
