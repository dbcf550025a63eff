"""The port between a scenario's faults and what they break: the simulated appliance, or a real one."""

from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Breaker", "Unbreakable"]


class Breaker(Protocol):
    """Brings faults about."""

    def begin(self, fault: Any) -> str:
        """Break it; why that cannot be done here, empty: it is done."""

    def end(self, fault: Any, well: Callable[[], None]) -> None:
        """Take a fault away again; `well` is called when what it had broken works."""


class Unbreakable:
    """Where nothing is ours to break."""

    def __init__(self, why: str) -> None:
        """Say why."""
        self._why = why

    def begin(self, fault: Any) -> str:  # noqa: ARG002 - the port's protocol
        """See `Breaker`."""
        return self._why

    def end(self, fault: Any, well: Callable[[], None]) -> None:
        """See `Breaker`."""
