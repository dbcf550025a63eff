"""The store's own records of those who log in to the appliance: users, what their roles may do, their sessions."""

from typing import ClassVar

from attrs import field

from appliance.core.records import Record
from hal.api import value

__all__ = ["Role", "Session", "User"]


@value
class User(Record):
    """Somebody who may log in; a user who was removed stays, disabled, because the audit trail names him."""

    table: ClassVar = "users"
    key: ClassVar = ("login",)

    login: str
    name: str
    roles: str
    """Names of his roles, with spaces between them."""
    agent: str = ""
    """The number of the agent he is; empty: he is none."""
    language: str = ""
    """What screens speak to him; empty: the centre's first language."""
    password_hash: str = field(default="", repr=False)
    """`$argon2id$...` (RFC 9106); empty: he cannot log in yet."""
    must_change: bool = False
    """Somebody else has set the password: nothing else is allowed before he has chosen one himself."""
    disabled: bool = False
    failures: int = 0
    """Wrong passwords since the last right one."""
    locked_until_at: float = 0.0
    """Until when nobody is let in, whatever the password; 0: it never was locked."""
    changed_at: float = 0.0
    """When the password was set last."""
    seen_at: float = 0.0
    """When he logged in last."""


@value
class Role(Record):
    """What a role may do, where a centre has changed it, or added a role of its own."""

    table: ClassVar = "roles"
    key: ClassVar = ("name",)

    name: str
    permissions: str
    """With spaces between them."""
    at: float
    who: str
    removed: bool = False
    """A role of the centre's own that is there no more."""


@value
class Session(Record):
    """Somebody is logged in, from one program."""

    table: ClassVar = "sessions"
    key: ClassVar = ("id",)

    id: str
    """SHA-256 of the token that the program shows with each request: the token itself is nowhere."""
    login: str
    address: str
    """Where he logged in from."""
    since_at: float
    used_at: float
    """When it was used last, to the minute."""
    until_at: float
    """When it ends however much it is used."""
    ended_at: float | None = None
    """He has logged out, or was: no token opens it any more."""
