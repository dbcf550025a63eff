"""Streams that are open, by session: they are closed with it; and which contacts a session was told of.

A reader who comes back after a drop is told that a contact is not his any more, although it went while he was away.
"""

import trio

from appliance.api.people import Denied

__all__ = ["Streams"]

_MOST = 10
"""Of one session."""


class Streams:
    """Those that are open, by session: they are closed with it."""

    def __init__(self) -> None:
        self._open: dict[str, list[trio.CancelScope]] = {}
        self._told: dict[str, set[str]] = {}

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

    def told(self, session: str) -> set[str]:
        """The contacts that were ever told on this session's streams, to be added to."""
        return self._told.setdefault(session, set())

    def end(self, session: str) -> None:
        """End those of a session."""
        self._told.pop(session, None)
        for scope in self._open.get(session, ()):
            scope.cancel()
