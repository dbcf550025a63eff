"""The door: who gets in, how often he may be wrong, and how the first administrator comes to be.

    login, password, address ─▶ from there too often? ─▶ locked? ─▶ right? (as slow whoever it is) ─▶ count, lock ─▶ session

A login is locked after five wrong passwords, for a minute, then two, up to an hour: so long that trying takes years, so short that who is
locked out by somebody else's tries is soon back. Logins that do not exist are locked just as well. One address has thirty wrong tries in
a quarter of an hour, whatever logins it tries. All of it is audited and too much of it is an alarm; no password is in either.
"""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from attrs import evolve

from appliance.access import passwords
from appliance.access.sessions import Sessions
from appliance.access.users import Refused, Users
from appliance.core.inputs import Noticed
from appliance.store import Session, User
from hal.api import Severity

__all__ = ["Door", "Locked", "Wrong"]

_WRONG, _FIRST_LOCK_S, _LONGEST_LOCK_S = 5, 60.0, 3600.0
_FROM_ONE_ADDRESS, _WITHIN_S = 30, 900.0
_WATCHED = 10_000
_CODE_TRIES = 5
_CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that looks like another: it is read from one screen and typed at another
FIRST_ROLES = "administrator"


class Wrong(Exception):
    """Login or password are wrong: which of them is said to nobody."""


class Locked(Exception):
    """Nobody gets in this way for `for_s` seconds, whatever the password."""

    def __init__(self, for_s: float) -> None:
        super().__init__(f"too many wrong passwords; try again in {max(1, round(for_s))} s")
        self.for_s = for_s


class Door:
    """Lets users in."""

    def __init__(self, users: Users, sessions: Sessions, tell: Callable[[Noticed], None], wall_s: Callable[[], float]) -> None:
        """`tell` hears of alarms; `wall_s` tells the time of day in seconds since the epoch."""
        self._users, self._sessions, self._tell, self._wall_s = users, sessions, tell, wall_s
        self._addresses: OrderedDict[str, list[float]] = OrderedDict()
        self._nobodies: OrderedDict[str, User] = OrderedDict()
        """Logins that do not exist, and were tried."""
        self._turns: dict[str, trio.Lock] = {}
        self._code = ""
        self._code_tries = 0
        users.changed = sessions.end_all

    async def log_in(self, login: str, password: str, address: str) -> tuple[str, Session]:
        """A token and its session.

        Raises:
            Wrong: the login or the password is.
            Locked: it was wrong too often.
            Refused: too many try at once.

        """
        self._may_try(address)
        async with self._turn(login):
            return await self._alone(login, password, address)

    @asynccontextmanager
    async def _turn(self, login: str) -> AsyncIterator[None]:
        """Tries at once are no more than one after the other."""
        turn = self._turns.setdefault(login, trio.Lock())
        try:
            async with turn:
                yield
        finally:
            if not turn.locked():
                self._turns.pop(login, None)

    async def _alone(self, login: str, password: str, address: str) -> tuple[str, Session]:
        self._may_try(address)
        user = self._users.find(login)
        counted = user if user is not None else self._nobodies.get(login) or User(login, "-", "")
        if (for_s := counted.locked_until_at - self._wall_s()) > 0:
            raise Locked(for_s)
        right = await self._users.is_right(user, password)
        user = self._users.find(login)  # of now
        if not right or user is None or user.disabled:
            self._wrong(login, user, counted, address)
            raise Wrong("login or password is wrong")
        token, session = self._sessions.begin(login, address)
        self._users.note(evolve(user, failures=0, locked_until_at=0.0, seen_at=self._wall_s()))
        self._users.audit(f"user:{login}", "log-in", address)
        return token, session

    def log_out(self, session: Session) -> None:
        """End a session at its user's wish."""
        self._sessions.end(session)
        self._users.audit(f"user:{session.login}", "log-out", session.address)

    async def confirm(self, login: str, password: str, address: str) -> None:
        """Whether this is the user's password, asked again before something that matters; counted like a log-in; raises as it does."""
        async with self._turn(login):
            self._may_try(address)
            user = self._users.find(login)
            if user is None or (for_s := user.locked_until_at - self._wall_s()) > 0:
                raise Locked(for_s if user is not None else 1.0)
            if not await self._users.is_right(user, password):
                self._wrong(login, self._users.find(login), user, address)
                raise Wrong("the password is wrong")

    # -- counting -----------------------------------------------------------------------------------------------------------------------

    def _may_try(self, address: str) -> None:
        times = self._recent(address)
        if len(times) >= _FROM_ONE_ADDRESS:
            raise Locked(times[0] + _WITHIN_S - self._wall_s())

    def _recent(self, address: str) -> list[float]:
        now = self._wall_s()
        return [at for at in self._addresses.get(address, ()) if now - _WITHIN_S < at <= now]

    def _wrong(self, login: str, user: User | None, counted: User, address: str) -> None:
        now = self._wall_s()
        self._addresses[address] = [*self._recent(address), now]
        self._addresses.move_to_end(address)
        while len(self._addresses) > _WATCHED:
            self._addresses.popitem(last=False)
        if len(self._addresses[address]) == _FROM_ONE_ADDRESS:
            text = f"{_FROM_ONE_ADDRESS} wrong log-ins from {address} within {_WITHIN_S / 60:g} min: it is shut out for a while"
            self._tell(Noticed(f"door:{address}", Severity.YELLOW, text, "somebody tries passwords from there", lasts_s=_WITHIN_S))
        failures = (user or counted).failures + 1
        lock_s = min(_FIRST_LOCK_S * 2 ** (failures // _WRONG - 1), _LONGEST_LOCK_S) if failures % _WRONG == 0 else 0.0
        changed = evolve(user or counted, failures=failures, locked_until_at=now + lock_s if lock_s else 0.0)
        if user is not None:
            self._users.note(changed)
        else:
            self._nobodies[login] = changed
            self._nobodies.move_to_end(login)
            while len(self._nobodies) > _WATCHED:
                self._nobodies.popitem(last=False)
        shown = login if login.isprintable() else repr(login)
        self._users.audit(f"address:{address}", "log-in refused", f"{shown[:40]}{f', locked for {lock_s:g} s' if lock_s else ''}")

    # -- the first administrator --------------------------------------------------------------------------------------------------------

    def new_code(self) -> str:
        """The code by which the first administrator makes himself, for the operator's eyes only; one made before is void."""
        self._code = "-".join("".join(secrets.choice(_CODE_LETTERS) for _ in range(5)) for _ in range(3))
        self._code_tries = 0
        return self._code

    async def first(self, code: str, user: User, password: str, address: str) -> None:
        """Make the first administrator; the code is spent then.

        Raises:
            Wrong: it is not the code, or there is none.
            Locked: this address was wrong too often.
            Refused: he cannot be made so; the code is still good.

        """
        self._may_try(address)
        right = hmac.compare_digest(self._code.encode(), code.strip().lower().encode()) and bool(self._code)
        if not right or self._users.has_administrator:
            self._wrong("first administrator", None, User("", "-", ""), address)
            self._code_tries += 1
            if self._code_tries >= _CODE_TRIES:
                self._code = ""
            raise Wrong("this is not the code; a new one is shown when the appliance starts, or by ./hotline users first")
        if why := passwords.refused(user.login, password):
            raise Refused(why)
        code, self._code = self._code, ""
        try:
            await self._users.add(evolve(user, roles=FIRST_ROLES), by=f"address:{address}")
            await self._users.set_password(user.login, password, by=f"user:{user.login}", must_change=False)
        except Refused:
            self._code = code
            raise
