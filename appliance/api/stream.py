"""The stream of events: one WebSocket on which the appliance only speaks.

    GET /v1/events?run=RUN&after=SEQ           every event after that one
    GET /v1/events?...&newest=1                of each thing its newest event only, ten times a second at most

    {"kind": "hello", "run": ..., "seq": ..., "resumed": true}    all that follows goes on where the reader was
    {"kind": "hello", ..., "resumed": false, "state": {...}}      it does not: this is how things are now; what follows changes it
    [{"seq": 812, "kind": "agent", "key": "1001", "data": {...}}, ...]     `data` null: it is no more

A reader who was away for too long, or comes from another run of the appliance, or does not keep up, gets a hello with the state: nothing is
lost, and nothing told twice. One who does not read at all is cut off after half a minute. What he sends is not read, but for a close.
"""

from typing import Any

import msgspec
import trio
from quart import Blueprint, websocket

from appliance.access import Permission
from appliance.api.centre import Centre, centre
from appliance.api.feed import Event, Lost, Reader
from appliance.api.people import Person, needs, person
from appliance.api.routes.floor import state_for
from appliance.api.sight import Sight

__all__ = ["stream"]

stream = Blueprint("stream", __name__)
_STUCK_S = 30.0
_PAUSE_S = 0.1
_USED_EVERY_S = 60.0


@stream.websocket("/v1/events")
@needs(Permission.BOARD, Permission.SEAT)
async def events() -> None:
    """The stream of events; see this module."""
    at, here = centre(), person()
    after, newest = websocket.args.get("after", -1, type=int), websocket.args.get("newest") == "1"
    known = websocket.args.get("run") == at.feed.run
    scope = at.streams.begin(here.session.id)
    try:
        await websocket.accept()
        with scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_drain)
                nursery.start_soon(_stay, at, here)
                await _tell(at, here, after if known else -1, newest=newest)
        if scope.cancelled_caught:
            await websocket.close(4401, "the session has ended")
    finally:
        at.streams.over(here.session.id, scope)


async def _tell(at: Centre, here: Person, after: int, *, newest: bool) -> None:
    resumed = after >= 0 and at.feed.holds(after)
    while True:
        sight = Sight(here, at.shell.engine.state, at.streams.told(here.session.id))
        state = state_for(sight)
        seq = after if resumed else state.seq
        hello = {"kind": "hello", "run": at.feed.run, "seq": seq, "resumed": resumed}
        await _send(hello if resumed else {**hello, "state": state})
        reader = Reader(at.feed, seq, sight.seen, newest=newest)
        try:
            while True:
                await _send([_shown(event) for event in await reader.next()])
                if newest:
                    await trio.sleep(_PAUSE_S)
        except Lost:
            resumed = False


def _shown(event: Event) -> dict[str, Any]:
    return {"seq": event.seq, "kind": event.kind, "key": event.key, "data": event.data}


async def _send(message: object) -> None:
    with trio.move_on_after(_STUCK_S) as waiting:
        await websocket.send(msgspec.json.encode(message).decode())
    if waiting.cancelled_caught:
        raise ConnectionError("the reader does not read")


async def _drain() -> None:
    """Read what is sent: only so a close is seen."""
    while True:
        await websocket.receive()


async def _stay(at: Centre, here: Person) -> None:
    """The session is in use while its stream is read."""
    while True:
        await trio.sleep(_USED_EVERY_S)
        if not at.sessions.use(here.session.id):
            return
