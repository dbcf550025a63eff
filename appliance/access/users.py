"""Users and roles: made, changed and disabled, each time with a row in the audit trail that says by whom.

All of them are in memory, for each request asks for its user's permissions; whoever is answered "done" finds it after a power cut, too.
Who may change users may give any permission, to himself too: what he did is in the audit trail, which he cannot change.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

import trio
from attrs import evolve

from appliance.access import passwords
from appliance.access.permissions import ROLES, Permission
from appliance.core.records import Audit, Record
from appliance.store import Role, User

__all__ = ["LANGUAGES", "LOGIN", "Keep", "Refused", "Users"]

T = TypeVar("T")
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_ROLE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
LANGUAGES = ("", "en", "zh")
_HASHES_AT_ONCE = 2
_MOST_WAITING = 32
_IN_TROUBLE = "the store is in trouble: it is done, and lost if the power fails now"


class Refused(Exception):
    """It is not done; the message says why."""


class Keep(Protocol):
    """Where rows are kept."""

    def put(self, row: Record) -> object:
        """Keep a row, without waiting."""

    async def put_safely(self, row: Record) -> bool:
        """Keep a row; whether it would survive a power cut now."""


class Users:
    """The users of one appliance."""

    def __init__(self, keep: Keep, wall_s: Callable[[], float]) -> None:
        """Keep rows there; `wall_s` tells the time of day in seconds since the epoch."""
        self._keep, self._wall_s = keep, wall_s
        self._users: dict[str, User] = {}
        self._roles: dict[str, frozenset[Permission]] = dict(ROLES)
        self._hashing = trio.CapacityLimiter(_HASHES_AT_ONCE)
        self._waiting = 0
        self.changed: Callable[[str], object] = lambda _login: None
        """Told of each user whose password, roles or right to be here have changed: his sessions end."""

    def load(self, users: Iterable[User], roles: Iterable[Role]) -> None:
        """What the store has. A permission that this program does not know any more is nobody's."""
        self._users = {user.login: user for user in users}
        known = {permission.value for permission in Permission}
        for role in roles:
            if not role.removed:
                self._roles[role.name] = frozenset(Permission(name) for name in role.permissions.split() if name in known)

    # -- questions --------------------------------------------------------------------------------------------------------------------

    def find(self, login: str) -> User | None:
        """The user who logs in so."""
        return self._users.get(login)

    def all(self) -> list[User]:
        """All users, by login."""
        return sorted(self._users.values(), key=lambda user: user.login)

    @property
    def roles(self) -> Mapping[str, frozenset[Permission]]:
        """What each role may do."""
        return dict(self._roles)

    def permissions(self, user: User) -> frozenset[Permission]:
        """What a user may do; who has to choose a password, or is disabled, may nothing."""
        if user.disabled or user.must_change:
            return frozenset()
        return self._of(user.roles.split())

    def _of(self, roles: Iterable[str]) -> frozenset[Permission]:
        return frozenset().union(*(self._roles.get(name, frozenset()) for name in roles))

    @property
    def has_administrator(self) -> bool:
        """Whether anybody can log in who may make users."""
        return self._administrators(self._users.values(), self._roles)

    @staticmethod
    def _administrators(users: Iterable[User], roles: Mapping[str, frozenset[Permission]]) -> bool:
        return any(
            not user.disabled and user.password_hash and any(Permission.USERS in roles.get(name, ()) for name in user.roles.split())
            for user in users
        )

    # -- passwords --------------------------------------------------------------------------------------------------------------------

    async def is_right(self, user: User | None, password: str) -> bool:
        """Whether it is the user's password; it takes as long when there is no such user, or he has none.

        Raises:
            Refused: too many wait for an answer already.

        """
        password_hash = user.password_hash if user is not None and user.password_hash else passwords.NO_HASH
        right = await self._aside(passwords.matches, password, password_hash)
        if right and user is not None and passwords.is_outdated(password_hash):
            self.note(evolve(user, password_hash=await self._aside(passwords.hashed, password)))
        return right

    async def _aside(self, work: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= _MOST_WAITING:
            raise Refused("too many log in at once; try again in a moment")
        self._waiting += 1
        try:
            return await trio.to_thread.run_sync(work, *arguments, limiter=self._hashing)
        finally:
            self._waiting -= 1

    async def set_password(self, login: str, password: str, *, by: str, must_change: bool) -> None:
        """Give a user a password, and open him if he was locked.

        Raises:
            Refused: it cannot be his password, or there is no such user.

        """
        self._existing(login)
        if why := passwords.refused(login, password):
            raise Refused(why)
        password_hash = await self._aside(passwords.hashed, password)
        user = self._existing(login)  # of now: it may have changed while we hashed
        now = self._wall_s()
        changed = evolve(user, password_hash=password_hash, must_change=must_change, failures=0, locked_until_at=0.0, changed_at=now)
        await self._change(changed, by, "password set" if must_change else "password changed", login)

    # -- changes ----------------------------------------------------------------------------------------------------------------------

    async def add(self, user: User, *, by: str) -> None:
        """A new user, still without a password.

        Raises:
            Refused: he cannot be made so; the message says why.

        """
        if not LOGIN.fullmatch(user.login):
            raise Refused("a login has up to 32 small letters, digits, '.', '_' and '-', and begins with a letter or digit")
        if user.login in self._users:
            raise Refused(f"there is a user '{user.login}' already")
        self._fits(user)
        await self._change(evolve(user, password_hash="", must_change=False), by, "user made", f"{user.login}: {user.roles}")

    async def update(
        self,
        login: str,
        *,
        by: str,
        name: str | None = None,
        roles: str | None = None,
        agent: str | None = None,
        language: str | None = None,
        disabled: bool | None = None,
    ) -> None:
        """Change what is given of a user.

        Raises:
            Refused: it is not done; the message says why.

        """
        user = self._existing(login)
        given = {"name": name, "roles": roles, "agent": agent, "language": language, "disabled": disabled}
        changes: dict[str, Any] = {key: new for key, new in given.items() if new is not None and new != getattr(user, key)}
        if not changes:
            return
        changed = evolve(user, **changes)
        self._fits(changed)
        self._keeps_an_administrator({**self._users, login: changed}.values(), self._roles)
        told = ", ".join(f"{key}: {getattr(user, key)!r} -> {new!r}" for key, new in changes.items())
        await self._change(changed, by, "user changed", f"{login}: {told}", ends=bool(changes.keys() & {"roles", "agent", "disabled"}))

    async def unlock(self, login: str, *, by: str) -> None:
        """Let a user in again who was disabled, or locked by wrong passwords.

        Raises:
            Refused: it is not done; the message says why.

        """
        changed = evolve(self._existing(login), disabled=False, failures=0, locked_until_at=0.0)
        self._fits(changed)
        await self._change(changed, by, "user unlocked", login, ends=False)

    async def set_role(self, name: str, permissions: Iterable[str], *, by: str) -> None:
        """What a role may do from now on; a new name is a new role.

        Raises:
            Refused: it is not done; the message says why.

        """
        if not _ROLE.fullmatch(name):
            raise Refused("a role's name has up to 32 small letters, digits and '-', and begins with a letter or digit")
        asked = sorted(set(permissions))
        if unknown := [one for one in asked if one not in {permission.value for permission in Permission}]:
            raise Refused(f"there is no permission '{unknown[0]}'; there are: {', '.join(Permission)}")
        wanted = frozenset(map(Permission, asked))
        roles = {**self._roles, name: wanted}
        self._keeps_an_administrator(self._users.values(), roles)
        await self._set_roles(roles, Role(name, " ".join(asked), self._wall_s(), by), f"{name}: {' '.join(asked) or 'nothing'}")

    async def remove_role(self, name: str, *, by: str) -> None:
        """A role of the centre's own is there no more; one of the appliance's is again as it was delivered.

        Raises:
            Refused: it is not done; the message says why.

        """
        if name not in self._roles:
            raise Refused(f"there is no role '{name}'")
        if name not in ROLES and (has := [user.login for user in self.all() if name in user.roles.split()]):
            raise Refused(f"'{has[0]}' has the role '{name}'{f', and {len(has) - 1} more' if has[1:] else ''}")
        roles = {key: of for key, of in self._roles.items() if key != name} | {key: of for key, of in ROLES.items() if key == name}
        self._keeps_an_administrator(self._users.values(), roles)
        await self._set_roles(roles, Role(name, "", self._wall_s(), by, removed=True), f"{name}: removed")

    def note(self, user: User) -> None:
        """Keep what a log-in has changed of a user: tries, a lock, when he was seen."""
        self._users[user.login] = user
        self._keep.put(user)

    def audit(self, who: str, what: str, detail: str = "") -> None:
        """Keep who did what."""
        self._keep.put(Audit(self._wall_s(), who, what, detail))

    # -- the rules --------------------------------------------------------------------------------------------------------------------

    def _existing(self, login: str) -> User:
        if (user := self._users.get(login)) is None:
            raise Refused(f"there is no user '{login}'")
        return user

    def _fits(self, user: User) -> None:
        if not user.name.strip() or len(user.name) > 100 or not user.name.isprintable():
            raise Refused("a user has a name, of at most 100 characters")
        if user.language not in LANGUAGES:
            raise Refused(f"screens do not speak '{user.language}'; they speak: {', '.join(filter(None, LANGUAGES))}")
        if user.agent and not re.fullmatch(r"[0-9]{2,8}", user.agent):
            raise Refused("an agent's number has 2 to 8 digits")
        if unknown := [name for name in user.roles.split() if name not in self._roles]:
            raise Refused(f"there is no role '{unknown[0]}'; there are: {', '.join(sorted(self._roles))}")
        taken = next((one for one in self._users.values() if user.agent and one.agent == user.agent and one.login != user.login), None)
        if taken is not None and not taken.disabled and not user.disabled:
            raise Refused(f"'{taken.login}' is agent {user.agent} already")

    def _keeps_an_administrator(self, users: Iterable[User], roles: Mapping[str, frozenset[Permission]]) -> None:
        if self.has_administrator and not self._administrators(users, roles):
            raise Refused("nobody would be left who may make users")

    async def _set_roles(self, roles: dict[str, frozenset[Permission]], row: Role, told: str) -> None:
        before, self._roles = self._roles, roles
        self.audit(row.who, "role changed", told)
        for user in self.all():
            if row.name in user.roles.split() and before.get(row.name) != roles.get(row.name):
                self.changed(user.login)
        await self._safe(self._keep.put_safely(row))

    async def _change(self, user: User, by: str, what: str, told: str, *, ends: bool = True) -> None:
        self._users[user.login] = user
        self.audit(by, what, told)
        if ends:
            self.changed(user.login)
        await self._safe(self._keep.put_safely(user))

    @staticmethod
    async def _safe(kept: Awaitable[bool]) -> None:
        if not await kept:
            raise Refused(_IN_TROUBLE)
