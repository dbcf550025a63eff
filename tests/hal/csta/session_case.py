"""A session in tests: with its far end, and the time."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from hal.csta.messages import (
    ConnectionID,
    Message,
)
from hal.csta.notices import (
    Notice,
)
from hal.csta.session import Phase, Session
from hal.csta.setup import SessionSetup
from tests.hal.csta.far_end import FarEnd, wire

M = TypeVar("M", bound=Message)
CALL = ConnectionID("1", "2001")


class Case:
    """A session, its far end, and the time."""

    def __init__(self, duration_s: int | None = 180, **setup: Any) -> None:
        self.session = Session(SessionSetup(**setup))
        self.far = FarEnd(duration_s)
        self.now = 100.0
        self.said: list[Notice] = []

    def take(self, notices: Iterable[Notice]) -> list[Notice]:
        fresh = self.far.hear(notices)
        self.said += fresh
        return fresh

    def comes(self, invoke_id: int, message: Message) -> list[Notice]:
        return self.take(self.session.received(self.now, wire(invoke_id, message)))

    def waits_for(self, of: type[M]) -> list[tuple[int, M]]:
        return [(number, message) for number, message in self.far.waiting.items() if isinstance(message, of)]

    def answer(self, which: Callable[[Message], bool] = lambda _: True, *, error: bool = False) -> list[Notice]:
        """Answer everything of this kind that waits, and what follows from it."""
        fresh: list[Notice] = []
        while found := [number for number, message in self.far.waiting.items() if which(message)]:
            fresh += self.take(self.session.received(self.now, self.far.answer(found[0], error=error)))
        return fresh

    def after(self, seconds: float) -> list[Notice]:
        """Let time pass, with everything that is due meanwhile."""
        until, fresh = self.now + seconds, []
        while (at := self.session.next_deadline()) is not None and at <= until:
            assert at >= self.now, "a deadline in the past"
            self.now = at
            fresh += self.take(self.session.tick(self.now))
        self.now = until
        return fresh

    def open(self) -> "Case":
        self.take(self.session.opened(self.now))
        self.answer()
        assert self.session.phase is Phase.OPEN
        return self
