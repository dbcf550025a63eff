"""What the operator of the machine asks about users, over the desk: he made the machine, and needs no log-in.

    {"users": "list"}
    {"users": "add", "login": "wang", "name": "王芳", "roles": "agent", "agent": "1001", "language": "zh", "password": "..."}
    {"users": "role", "login": "wang", "roles": "agent supervisor"}
    {"users": "password", "login": "wang", "password": "..."}      who has it chooses one of his own with it
    {"users": "lock", "login": "wang"}, {"users": "unlock", ...}   his sessions end; unlocked, wrong passwords are forgotten, too
    {"users": "first"}                                             a code by which the first administrator makes himself

All of it is in the audit trail, as `desk:NAME`, the name that the operator says (`by`).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from appliance.access import passwords
from appliance.access.door import Door
from appliance.access.users import Refused, Users
from appliance.store import User

__all__ = ["users_answer"]

_WORDS = {
    "list": {"by"},
    "add": {"login", "by", "name", "roles", "agent", "language", "password"},
    "role": {"login", "roles", "by"},
    "password": {"login", "password", "by"},
    "lock": {"login", "by"},
    "unlock": {"login", "by"},
    "first": {"by"},
}


def users_answer(users: Users, door: Door, wall_s: Callable[[], float]) -> Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]:
    """Answers such requests."""

    async def answer(request: dict[str, Any]) -> dict[str, Any]:
        verb = request["users"]
        if not all(isinstance(word, str) for word in request.values()) or verb not in _WORDS:
            return {"error": f"users are asked for with texts only, and one of: {', '.join(_WORDS)}"}
        if unknown := sorted(request.keys() - _WORDS[verb] - {"users"}):
            return {"error": f"'{unknown[0]}' is not known; '{verb}' has: {', '.join(sorted(_WORDS[verb]))}"}
        if verb == "list":
            return {"users": [_shown(user, wall_s()) for user in users.all()]}
        try:
            if verb == "first":
                return _first(users, door)
            await _done(users, verb, request, f"desk:{request.get('by') or 'operator'}")
        except Refused as refused:
            return {"error": str(refused)}
        return {"done": True}

    return answer


def _shown(user: User, now: float) -> dict[str, Any]:
    locked = user.locked_until_at if user.locked_until_at > now else None
    return {
        "login": user.login, "name": user.name, "roles": user.roles.split(), "agent": user.agent, "language": user.language,
        "disabled": user.disabled, "has_password": bool(user.password_hash), "must_change": user.must_change, "locked_until_at": locked,
        "seen_at": user.seen_at or None,
    }  # fmt: skip


def _first(users: Users, door: Door) -> dict[str, Any]:
    if users.has_administrator:
        raise Refused("there is an administrator; a lost password is set anew by: ./hotline users password LOGIN")
    return {"code": door.new_code()}


async def _done(users: Users, verb: str, request: dict[str, Any], by: str) -> None:
    login = request.get("login", "")
    match verb:
        case "add":
            if request.get("password") and (why := passwords.refused(login, request["password"])):
                raise Refused(why)
            new = User(login, request.get("name", ""), request.get("roles", ""), request.get("agent", ""), request.get("language", ""))
            await users.add(new, by=by)
            if request.get("password"):
                await users.set_password(login, request["password"], by=by, must_change=True)
        case "role":
            await users.update(login, roles=request.get("roles", ""), by=by)
        case "password":
            await users.set_password(login, request.get("password", ""), by=by, must_change=True)
        case "lock":
            await users.update(login, disabled=True, by=by)
        case _:
            await users.unlock(login, by=by)
