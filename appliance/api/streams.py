"""Streams that are open, by session: they are closed with it."""

import trio

from appliance.api.people import Denied

__all__ = ["Streams"]

_MOST = 10
"""Of one session."""


class Streams:
    """Those that are open, by session: they are closed with it."""

    def __init__(self) -> None:
        self._open: dict[str, list[trio.CancelScope]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def begin(self, session: str) -> trio.CancelScope:
        """A scope that ends with the session.

        Raises:
            Denied: it has too many.

        """
        mine = self._open.setdefault(session, [])
        if len(mine) >= _MOST:
            raise Denied(429, f"a session has {_MOST} streams at most")
        scope = trio.CancelScope()
        mine.append(scope)
        return scope

    def over(self, session: str, scope: trio.CancelScope) -> None:
        """It has ended."""
        mine = self._open[session]
        mine.remove(scope)
        if not mine:
            del self._open[session]

    def end(self, session: str) -> None:
        """End those of a session."""
        for scope in self._open.get(session, ()):
            scope.cancel()
