"""Getting in and out: log-in, log-out, the first administrator, one's own password."""

from quart import Blueprint, request
from quart_schema import validate_request, validate_response

from appliance.access import Refused
from appliance.api.centre import centre
from appliance.api.people import anybody, needs, person
from appliance.api.shapes import Done, FirstAdministrator, LoggedIn, LogIn, Me, OwnPassword
from appliance.store import User

__all__ = ["entry"]

entry = Blueprint("entry", __name__)


def _address() -> str:
    return request.remote_addr or "unknown"


@entry.post("/v1/log-in")
@anybody
@validate_request(LogIn)
@validate_response(LoggedIn, 200)
async def log_in(data: LogIn) -> LoggedIn:
    """Log in. Wrong five times, a login is shut for a while; so is an address from which much is tried."""
    token, session = await centre().door.log_in(data.login, data.password, _address())
    user = centre().users.find(session.login)
    return LoggedIn(token=token, until_at=session.until_at, must_change=user is not None and user.must_change)


@entry.post("/v1/log-out")
@needs(choosing=True)
@validate_response(Done, 200)
async def log_out() -> Done:
    """End this session; its streams are closed."""
    centre().door.log_out(person().session)
    return Done()


@entry.post("/v1/first-administrator")
@anybody
@validate_request(FirstAdministrator)
@validate_response(Done, 201)
async def first_administrator(data: FirstAdministrator) -> tuple[Done, int]:
    """Make the first administrator with the code that the appliance has shown to its operator; once there is one, never again."""
    await centre().door.first(data.code, User(data.login, data.name, ""), data.password, _address())
    return Done(), 201


@entry.get("/v1/me")
@needs(choosing=True)
@validate_response(Me, 200)
async def me() -> Me:
    """Who one is, and what one may do."""
    here = person()
    user = here.user
    return Me(
        login=user.login, name=user.name, agent=user.agent, language=user.language, roles=user.roles.split(),
        permissions=sorted(here.may), must_change=user.must_change, until_at=here.session.until_at,
    )  # fmt: skip


@entry.post("/v1/me/password")
@needs(choosing=True)
@validate_request(OwnPassword)
@validate_response(Done, 200)
async def own_password(data: OwnPassword) -> Done:
    """Choose a new password; all sessions end, this one too: log in with it."""
    here = person()
    await centre().door.confirm(here.user.login, data.old, _address())
    if data.new == data.old:
        raise Refused("it is the old one")
    await centre().users.set_password(here.user.login, data.new, by=here.name, must_change=False)
    return Done()
