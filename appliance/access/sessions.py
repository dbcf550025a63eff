"""Who is logged in: a random token shown with each request, of which only the hash is kept.

A session ends when nobody used it for `IDLE_S`, at the latest after `LASTS_S`, at the log-out, and with its user's right to be here. It
outlives a restart of the appliance: agents go on where they were.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator

from attrs import evolve

from appliance.store import Session

__all__ = ["IDLE_S", "LASTS_S", "MOST_SESSIONS", "Sessions"]

IDLE_S = 1800.0
LASTS_S = 12 * 3600.0
MOST_SESSIONS = 20
"""Of one user: who logs in once more ends his oldest."""
_NOTED_S = 60.0
_TOKEN_BYTES = 32


class Sessions:
    """All of them, in memory; each change is put to the store."""

    def __init__(self, put: Callable[[Session], object], wall_s: Callable[[], float]) -> None:
        """Put rows there; `wall_s` tells the time of day in seconds since the epoch."""
        self._put, self._wall_s = put, wall_s
        self._open: dict[str, Session] = {}
        self.ended: Callable[[Session], None] = lambda _session: None
        """Told of each that ends, whatever the reason: what it keeps open is closed."""

    def load(self, rows: Iterable[Session]) -> None:
        """What the store has of earlier runs."""
        self._open = {row.id: row for row in rows if self._holds(row)}

    def begin(self, login: str, address: str) -> tuple[str, Session]:
        """A new session and its token, which nobody will learn from us again."""
        mine = sorted(self.of(login), key=lambda row: row.used_at)
        for row in mine[: max(0, len(mine) - MOST_SESSIONS + 1)]:
            self.end(row)
        now = self._wall_s()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        session = Session(_id(token), login, address, now, now, now + LASTS_S)
        self._open[session.id] = session
        self._put(session)
        return token, session

    def find(self, token: str) -> Session | None:
        """The session of a token that is still good; it is used now."""
        return self.use(_id(token))

    def use(self, id_: str) -> Session | None:
        """The session with this ID, if it is still good; it is used now."""
        session = self._open.get(id_)
        if session is None:
            return None
        if not self._holds(session):
            self.end(session)
            return None
        now = self._wall_s()
        if now - session.used_at >= _NOTED_S:
            session = self._open[id_] = evolve(session, used_at=now)
            self._put(session)
        return session

    def end(self, session: Session) -> None:
        """Its token opens nothing any more."""
        if self._open.pop(session.id, None) is not None:
            self._put(evolve(session, ended_at=self._wall_s()))
            self.ended(session)

    def end_all(self, login: str, besides: str = "") -> int:
        """End those of a user, but for the session with the ID `besides`; how many they were."""
        ending = [row for row in self.of(login) if row.id != besides]
        for row in ending:
            self.end(row)
        return len(ending)

    def of(self, login: str) -> list[Session]:
        """Those of a user that are open."""
        return [row for row in self._open.values() if row.login == login]

    def sweep(self) -> None:
        """End those whose time is over, although nobody comes with their token."""
        for row in [row for row in self._open.values() if not self._holds(row)]:
            self.end(row)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._open.values()))

    def _holds(self, session: Session) -> bool:
        now = self._wall_s()
        return session.ended_at is None and now < session.until_at and now - session.used_at < IDLE_S


def _id(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
