"""What is sent and answered: one class each, from which requests are checked and the API's document is made.

An unknown key in a request is an error that names it, as in all of the appliance's files.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

__all__ = [
    "AgentRequest",
    "AuditRow",
    "AuditRows",
    "ChangedUser",
    "Done",
    "FirstAdministrator",
    "LogIn",
    "LoggedIn",
    "Me",
    "NewPassword",
    "NewUser",
    "OwnPassword",
    "RolePermissions",
    "Roles",
    "SessionShown",
    "State",
    "Step",
    "Story",
    "UserShown",
    "Users",
]

Login = Annotated[str, Meta(max_length=32, examples=["wang.fang"])]
Password = Annotated[str, Meta(max_length=200, examples=["eine lange Fahrt"])]
Name = Annotated[str, Meta(max_length=100, examples=["王芳"])]
Number = Annotated[str, Meta(max_length=8, examples=["1001"])]
Text = Annotated[str, Meta(max_length=1000)]
Moment = Annotated[float, Meta(description="Seconds since the epoch, UTC.", examples=[1795948800.0])]


class _Sent(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is sent."""


class _Shown(Struct, kw_only=True):
    """What is answered."""


class LogIn(_Sent):
    """Who wants in."""

    login: Login
    password: Password


class LoggedIn(_Shown):
    """A token for the header `Authorization: Bearer TOKEN` of all that follows."""

    token: str
    until_at: Moment
    """When it ends however much it is used; unused for half an hour it ends before."""
    must_change: bool
    """A password of one's own has to be chosen before anything else."""


class Me(_Shown):
    """Who one is."""

    login: Login
    name: Name
    agent: Number
    language: str
    roles: list[str]
    permissions: list[str]
    must_change: bool
    until_at: Moment


class OwnPassword(_Sent):
    """A new password of one's own, and the old one."""

    old: Password
    new: Password


class NewPassword(_Sent):
    """A password for another user, who has to choose one of his own with it."""

    password: Password


class FirstAdministrator(_Sent):
    """The first administrator, and the code that the appliance has shown to its operator."""

    code: Annotated[str, Meta(max_length=40, examples=["k7m2p-x9qrt-4wvnd"])]
    login: Login
    name: Name
    password: Password


class Done(_Shown):
    """It is done."""

    done: bool = True


class NewUser(_Sent):
    """A user to be made; with a password he can log in, and has to choose one of his own then."""

    login: Login
    name: Name
    roles: list[str]
    agent: Number = ""
    language: str = ""
    password: Password = ""


class ChangedUser(_Sent):
    """What is to be otherwise of a user; what is not given stays."""

    name: Name | None = None
    roles: list[str] | None = None
    agent: Number | None = None
    language: str | None = None
    disabled: bool | None = None


class UserShown(_Shown):
    """A user; his password is nowhere."""

    login: Login
    name: Name
    roles: list[str]
    agent: Number
    language: str
    disabled: bool
    has_password: bool
    must_change: bool
    locked_until_at: Moment | None
    seen_at: Moment | None
    sessions: int


class Users(_Shown):
    """All users, by login."""

    users: list[UserShown]


class RolePermissions(_Sent):
    """What a role may do."""

    permissions: list[str]


class Roles(_Shown):
    """Each role with what it may do, and all permissions there are."""

    roles: dict[str, list[str]]
    permissions: list[str]


class SessionShown(_Shown):
    """Somebody is logged in, from one program."""

    login: Login
    address: str
    since_at: Moment
    used_at: Moment


class AgentRequest(_Sent):
    """What is asked for at an agent's seat, as `./hotline ask` does: a state, call control, supervision."""

    what: Annotated[str, Meta(max_length=32, examples=["not-ready"])]
    to: Text = ""
    reason: Text = ""
    station: Annotated[str, Meta(max_length=64)] = ""


class State(_Shown):
    """All that one may see as it is now; events after `seq` of this `run` tell what changes."""

    centre: str
    run: str
    seq: int
    at: Moment
    agents: dict[str, dict[str, Any]]
    queues: dict[str, dict[str, Any]]
    contacts: dict[str, dict[str, Any]]
    alarms: dict[str, dict[str, Any]]
    lines: dict[str, dict[str, Any]]


class Step(_Shown):
    """A step in a contact's life."""

    at: Moment
    what: str
    detail: str


class Story(_Shown):
    """A contact's row, and its steps in order."""

    contact: dict[str, Any]
    steps: list[Step]


class AuditRow(_Shown):
    """Who did what."""

    seq: int
    at: Moment
    who: str
    what: str
    detail: str


class AuditRows(_Shown):
    """Rows of the audit trail, the newest first."""

    rows: list[AuditRow]
