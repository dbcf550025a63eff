"""What the API serves: the parts of a running centre, as its routes need them."""

from collections.abc import Awaitable, Callable
from typing import cast

from attrs import define
from quart import current_app

from appliance.access import Door, Sessions, Users
from appliance.api.feed import Feed
from appliance.api.metrics import Counted
from appliance.api.pace import Pace
from appliance.api.streams import Streams
from appliance.api.watch import Watch
from appliance.shell import Shell
from appliance.store import Store

__all__ = ["KEY", "Centre", "centre"]

KEY = "HOTLINE"


@define
class Centre:
    """One running centre."""

    name: Callable[[], str]
    shell: Shell
    store: Store
    users: Users
    sessions: Sessions
    door: Door
    feed: Feed
    watch: Watch
    reload: Callable[[], Awaitable[str]]
    """Takes over the changed site file; why not, or empty."""
    wall_s: Callable[[], float]
    """The time of day in seconds since the epoch."""
    pace: Pace
    streams: Streams
    counted: Counted


def centre() -> Centre:
    """The centre of the request that is being answered."""
    return cast(Centre, current_app.config[KEY])
