"""Calls to route points: the dialplan tells of one and waits for some seconds; who is sent to a port in that time is ours. Pure.

    UserEvent HotlineRoute ─ does it wait yet? ─▶ RouteRequest ─ RouteSelect ─▶ Redirect to the port ─ it answers ─▶ RouteEnd
                                  │ no                │ RouteEnd: Redirect to the default route
                                  ▼                   │ RouteReject: Hangup
                              passed over             └ nobody says anything in time: RouteEnd, the dialplan has gone on

The question whether it waits yet costs a millisecond, and keeps an event that comes late from tearing a caller out of what he has come to.
"""

from enum import Enum, auto

import attrs

from hal.ami.calls import Calls
from hal.ami.channels import Channel
from hal.ami.outputs import Do, Output
from hal.ami.setup import Setup
from hal.asterisk.ami import Answer as Reply
from hal.asterisk.ami import Message as Told
from hal.csta.messages import ConnectionID, Message, Party, ReRoute, RouteEnd, RouteReject, RouteRequest, RouteSelect
from hal.csta.model import State
from hal.csta.notices import Heard, Ignored

__all__ = ["Routing"]

EVENT = "HotlineRoute"
WAITS = "HOTLINE_WAITS"
"""A variable of the channel that is 1 for as long as it waits at a route point."""


class _Stage(Enum):
    ASKED = auto()
    """Whether it waits."""
    OFFERED = auto()
    ROUTED = auto()


@attrs.define(eq=False)
class _Dialogue:
    id: str
    """The caller's channel."""
    name: str
    call: str
    point: str
    ani: str
    until: float
    stage: _Stage = _Stage.ASKED
    port: str = ""
    attempts: int = 0


class Routing:
    """All callers at route points."""

    def __init__(self, setup: Setup, calls: Calls) -> None:
        """Nobody calls yet."""
        self._setup, self._calls = setup, calls
        self._dialogues: dict[str, _Dialogue] = {}

    # --- the dialplan asks ------------------------------------------------------------------------------------------------

    def told(self, now: float, event: Told) -> list[Output]:
        """Somebody has come to a route point."""
        return self._found(now, event, event.get("Point")) if event.get("UserEvent") == EVENT else []

    def listed(self, now: float, item: Told) -> list[Output]:
        """A channel of a list may be at a route point, and the event of it lost."""
        waits = item.get("Context") == self._setup.contexts.route and item.get("Exten") in self._setup.route_points
        return self._found(now, item, item.get("Exten")) if waits else []

    def _found(self, now: float, event: Told, point: str) -> list[Output]:
        id_, name = event.get("Uniqueid"), event.get("Channel")
        if point not in self._setup.route_points:
            return [Ignored(f"a call to route point {point!r}, which this line does not have")]
        if not id_ or id_ in self._dialogues or self._calls.channels.was(id_):
            return []
        until = now + self._setup.waits_s
        self._dialogues[id_] = _Dialogue(id_, name, event.get("Linkedid"), point, event.get("CallerIDNum"), until)
        return [Do(("waits", id_), "Getvar", (("Channel", name), ("Variable", WAITS)))]

    def answered(self, id_: str, reply: Reply | None) -> list[Output]:
        """Whether it waits."""
        dialogue = self._dialogues.get(id_)
        if dialogue is None or dialogue.stage is not _Stage.ASKED:
            return []
        if reply is None or not reply.ok or reply.response.get("Value") != "1":
            del self._dialogues[id_]
            return [Ignored(f"a caller at route point {dialogue.point}, who has gone on by himself")]
        dialogue.stage = _Stage.OFFERED
        request = RouteRequest(
            id_,
            route_register_req_id=dialogue.point,
            current_route=Party(dialogue.point),
            calling_device=Party(dialogue.ani),
            routeing_device=Party(dialogue.point),
            routed_call=ConnectionID(dialogue.call, dialogue.name),
        )
        return [Heard(request, dialogue.point)]

    # --- we answer --------------------------------------------------------------------------------------------------------

    def tell(self, message: Message) -> list[Output]:
        """Where he shall go."""
        match message:
            case RouteSelect(cross_ref_identifier=id_, route_selected=port) if id_ in self._dialogues:
                dialogue = self._dialogues[id_]
                dialogue.stage, dialogue.port = _Stage.ROUTED, port
                return [self._sent(dialogue, self._setup.contexts.to, port)]
            case RouteEnd(cross_ref_identifier=id_) if id_ in self._dialogues:
                dialogue = self._dialogues.pop(id_)
                return [self._sent(dialogue, self._setup.contexts.default, dialogue.point)]
            case RouteReject(cross_ref_identifier=id_) if id_ in self._dialogues:
                dialogue = self._dialogues.pop(id_)
                return [Do(None, "Hangup", (("Channel", dialogue.name), ("Cause", "21")))]
            case _:
                return [Ignored(f"{type(message).__name__} about a call that is at no route point any more")]

    def _sent(self, dialogue: _Dialogue, context: str, to: str) -> Do:
        return Do(None, "Redirect", (("Channel", dialogue.name), ("Context", context), ("Exten", to), ("Priority", "1")))

    # --- what becomes of him ----------------------------------------------------------------------------------------------

    def settle(self, call: str) -> list[Output]:
        """Something of this call has changed: he may have come to his port."""
        outputs: list[Output] = []
        for dialogue in [one for one in self._dialogues.values() if one.stage is _Stage.ROUTED]:
            channel = self._calls.channels.all.get(dialogue.id)
            port = self._calls.of(call, dialogue.port) if channel is not None and channel.call == call else None
            if port is not None and port.state is State.CONNECTED:
                outputs += self._ended(dialogue)
        return outputs

    def gone(self, channel: Channel) -> list[Output]:
        """A channel is no more: his, or that of his port before it has answered."""
        if (dialogue := self._dialogues.get(channel.id)) is not None:
            return self._ended(dialogue, "callCleared")
        for dialogue in self._dialogues.values():
            caller = self._calls.channels.all.get(dialogue.id)
            mine = caller is not None and caller.call == channel.call and self._setup.device_of(channel.name) == dialogue.port
            if mine and dialogue.stage is _Stage.ROUTED:
                dialogue.attempts += 1
                if dialogue.attempts > 1:
                    return self._ended(dialogue, "portUnreachable")
                return [Heard(ReRoute(dialogue.id, route_register_req_id=dialogue.point), dialogue.point)]
        return []

    def _ended(self, dialogue: _Dialogue, error: str | None = None) -> list[Output]:
        del self._dialogues[dialogue.id]
        if dialogue.stage is _Stage.ASKED:
            return []
        return [Heard(RouteEnd(dialogue.id, route_register_req_id=dialogue.point, error_value=error), dialogue.point)]

    # --- time -------------------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When the dialplan goes on with the first of them."""
        return min((one.until for one in self._dialogues.values() if one.stage is _Stage.OFFERED), default=None)

    def tick(self, now: float) -> list[Output]:
        """Who was sent nowhere in time has gone on by himself."""
        late = [one for one in self._dialogues.values() if one.stage is _Stage.OFFERED and one.until <= now]
        return [output for dialogue in late for output in self._ended(dialogue, "timeOut")]

    def lost(self) -> None:
        """The link is down: who was not sent to a port goes his own way."""
        self._dialogues = {id_: one for id_, one in self._dialogues.items() if one.stage is _Stage.ROUTED}
