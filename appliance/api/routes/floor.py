"""The centre as it is now, requests at agents' seats, and stories of contacts."""

from typing import Any

from quart import Blueprint
from quart_schema import validate_request, validate_response

from appliance.access import Permission, Refused
from appliance.api.centre import centre
from appliance.api.people import Denied, needs, person
from appliance.api.shapes import AgentRequest, Done, State, Step, Story
from appliance.api.sight import Sight
from appliance.core.inputs import AgentAsked

__all__ = ["floor", "state_for"]

floor = Blueprint("floor", __name__)


def state_for(sight: Sight) -> State:
    """All that somebody may see."""
    at = centre()
    seen = {kind: sight.of(kind, things) for kind, things in at.watch.state().items()}
    return State(
        centre=at.name(), run=at.feed.run, seq=at.feed.newest, at=at.wall_s(), agents=seen["agent"], queues=seen["queue"],
        contacts=seen["contact"], alarms=seen["alarm"], lines=seen["line"],
    )  # fmt: skip


@floor.get("/v1/state")
@needs(Permission.BOARD, Permission.SEAT)
@validate_response(State, 200)
async def state() -> State:
    """All that one may see as it is now: an agent himself, his queues, and the contacts that are his."""
    return state_for(Sight(person(), centre().shell.engine.state))


@floor.post("/v1/agents/<agent>/requests")
@needs(Permission.SEAT, Permission.SUPERVISE)
@validate_request(AgentRequest)
@validate_response(Done, 200)
async def agent_request(agent: str, data: AgentRequest) -> Done:
    """Ask for something at an agent's seat: one's own, or with the permission `supervise` another's of a lower level."""
    here = person()
    permission = Permission.SEAT if agent == here.user.agent else Permission.SUPERVISE
    if permission not in here.may:
        raise Denied(403, f"this takes the permission {permission}")
    by = "" if agent == here.user.agent else here.by
    reply = await centre().shell.request(AgentAsked(agent, data.what, data.reason, data.station, by, data.to))
    if reply.error:
        raise Refused(reply.error)
    return Done()


@floor.get("/v1/contacts/<contact>")
@needs(Permission.STORIES, Permission.SEAT)
@validate_response(Story, 200)
async def story(contact: str) -> Story:
    """A contact with all its steps; an agent sees those that he has served."""
    row, steps = await centre().store.read(lambda reader: (reader.contact(contact), reader.events_of(contact)))
    here = person()
    if row is None or (Permission.STORIES not in here.may and (here.user.agent or "-") not in row.agents.split()):
        raise Denied(404, f"there is no contact '{contact}' that you may see")
    shown: dict[str, Any] = {name: getattr(row, name) for name in _SHOWN}
    return Story(contact=shown, steps=[Step(at=step.at, what=step.what, detail=step.detail) for step in steps])


_SHOWN = (
    "id", "medium", "ani", "dnis", "direction", "language", "queue", "agent", "agents", "outcome", "arrived_at", "answered_at", "queued_at",
    "connected_at", "ended_at", "wait_s", "talk_s", "cause", "keys", "line", "vip", "data", "nodes",
)  # fmt: skip


@floor.post("/v1/site/reload")
@needs(Permission.SITE)
@validate_response(Done, 200)
async def reload() -> Done:
    """Take over the changed site file, whole or not at all."""
    at = centre()
    why = await at.reload()
    at.users.audit(person().name, "site reload refused" if why else "site reloaded", why)
    if why:
        raise Refused(why)
    return Done()
