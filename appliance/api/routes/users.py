"""Users, roles, sessions, and the audit trail."""

from itertools import islice

from quart import Blueprint, request
from quart_schema import validate_request, validate_response

from appliance.access import Permission, Refused, passwords
from appliance.api.centre import Centre, centre
from appliance.api.people import Denied, needs, person
from appliance.api.shapes import (
    AuditRow,
    AuditRows,
    ChangedUser,
    Done,
    NewPassword,
    NewUser,
    RolePermissions,
    Roles,
    SessionShown,
    Users,
    UserShown,
)
from appliance.core.records import Audit
from appliance.store import User

__all__ = ["people"]

people = Blueprint("people", __name__)
_PAGE = 200


def _shown(at: Centre, user: User) -> UserShown:
    return UserShown(
        login=user.login, name=user.name, roles=user.roles.split(), agent=user.agent, language=user.language, disabled=user.disabled,
        has_password=bool(user.password_hash), must_change=user.must_change,
        locked_until_at=user.locked_until_at if user.locked_until_at > at.wall_s() else None,
        seen_at=user.seen_at or None, sessions=len(at.sessions.of(user.login)),
    )  # fmt: skip


@people.get("/v1/users")
@needs(Permission.USERS)
@validate_response(Users, 200)
async def all_users() -> Users:
    """All users, those who are disabled too."""
    return Users(users=[_shown(centre(), user) for user in centre().users.all()])


@people.post("/v1/users")
@needs(Permission.USERS)
@validate_request(NewUser)
@validate_response(Done, 201)
async def new_user(data: NewUser) -> tuple[Done, int]:
    """Make a user."""
    users, by = centre().users, person().name
    if data.password and (why := passwords.refused(data.login, data.password)):
        raise Refused(why)
    await users.add(User(data.login, data.name, " ".join(data.roles), data.agent, data.language), by=by)
    if data.password:
        await users.set_password(data.login, data.password, by=by, must_change=True)
    return Done(), 201


@people.get("/v1/users/<login>")
@needs(Permission.USERS)
@validate_response(UserShown, 200)
async def one_user(login: str) -> UserShown:
    """One user."""
    if (user := centre().users.find(login)) is None:
        raise Denied(404, f"there is no user '{login}'")
    return _shown(centre(), user)


@people.patch("/v1/users/<login>")
@needs(Permission.USERS)
@validate_request(ChangedUser)
@validate_response(Done, 200)
async def change_user(login: str, data: ChangedUser) -> Done:
    """Change what is given. New roles, another agent and being disabled end all of his sessions."""
    roles = None if data.roles is None else " ".join(data.roles)
    await centre().users.update(
        login, by=person().name, name=data.name, roles=roles, agent=data.agent, language=data.language, disabled=data.disabled
    )
    return Done()


@people.post("/v1/users/<login>/password")
@needs(Permission.USERS)
@validate_request(NewPassword)
@validate_response(Done, 200)
async def set_password(login: str, data: NewPassword) -> Done:
    """Give a user a password, with which he has to choose one of his own; a lock is over, and his sessions end."""
    await centre().users.set_password(login, data.password, by=person().name, must_change=login != person().user.login)
    return Done()


@people.delete("/v1/users/<login>/sessions")
@needs(Permission.USERS)
@validate_response(Done, 200)
async def end_sessions(login: str) -> Done:
    """End all sessions of a user."""
    ended = centre().sessions.end_all(login)
    centre().users.audit(person().name, "sessions ended", f"{login}: {ended}")
    return Done()


@people.get("/v1/users/<login>/sessions")
@needs(Permission.USERS)
@validate_response(list[SessionShown], 200)
async def sessions(login: str) -> list[SessionShown]:
    """The sessions of a user that are open."""
    return [
        SessionShown(login=row.login, address=row.address, since_at=row.since_at, used_at=row.used_at)
        for row in centre().sessions.of(login)
    ]


@people.get("/v1/roles")
@needs(Permission.USERS)
@validate_response(Roles, 200)
async def roles() -> Roles:
    """Each role with what it may do, and all permissions there are."""
    return Roles(roles={name: sorted(of) for name, of in sorted(centre().users.roles.items())}, permissions=sorted(Permission))


@people.put("/v1/roles/<name>")
@needs(Permission.USERS)
@validate_request(RolePermissions)
@validate_response(Done, 200)
async def set_role(name: str, data: RolePermissions) -> Done:
    """Say what a role may do; a new name is a new role. Sessions of those who have it end."""
    await centre().users.set_role(name, data.permissions, by=person().name)
    return Done()


@people.delete("/v1/roles/<name>")
@needs(Permission.USERS)
@validate_response(Done, 200)
async def remove_role(name: str) -> Done:
    """Remove a role of the centre's own, or have one of the appliance's as it was delivered."""
    await centre().users.remove_role(name, by=person().name)
    return Done()


@people.get("/v1/audit")
@needs(Permission.AUDIT)
@validate_response(AuditRows, 200)
async def audit() -> AuditRows:
    """Who did what, the newest first, 200 rows at a time; `?before=SEQ` goes on with older ones."""
    before = request.args.get("before", type=int)
    rows = await centre().store.read(lambda reader: list(islice(reader.numbered(Audit, before), _PAGE)))
    return AuditRows(rows=[AuditRow(seq=seq, at=row.at, who=row.who, what=row.what, detail=row.detail) for seq, row in rows])
