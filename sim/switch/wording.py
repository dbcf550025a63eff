"""Events, requests and answers of the switch in the standard's words (ECMA-323): elements in their order.

Two things are this simulator's own: the display name of a station travels in `extensions/privateData/private/displayName`, and correlator
and user data are passed on as the text that came.
"""

from collections.abc import Iterable, Mapping

from sim.switch.calls import ConnectionID, State
from sim.switch.document import Content, Message
from sim.switch.errors import Refused
from sim.switch.events import Event, Moved, Value
from sim.switch.routing import Dialogue

__all__ = ["connection", "error", "event_message", "route_end", "route_message", "route_request"]

_PLAIN = {"agentID", "agentGroup", "numberQueued", "digitGeneratedList"}
"""Fields that are text; all other text is the identifier of a device."""

Elements = list[tuple[str, Content]]


def connection(id_: ConnectionID) -> Elements:
    """What is within a connection identifier."""
    return [("callID", id_.call), ("deviceID", id_.device)]


def _device(number: str) -> Elements:
    return [("deviceIdentifier", number) if number else ("notKnown", None)]


def _field(name: str, value: Value) -> tuple[str, Content]:
    if isinstance(value, ConnectionID):
        return name, connection(value)
    if isinstance(value, tuple):
        return name, [("connectionListItem", _moved(moved)) for moved in value]
    if name in _PLAIN:
        return name, value
    if name == "lastRedirectionDevice":
        return name, [("numberDialed", value) if value else ("notKnown", None)]
    return name, _device(value or "")


def _moved(moved: Moved) -> Elements:
    old: Elements = [("oldConnection", connection(moved.old))] if moved.old is not None else []
    endpoint: Content = [("deviceID", moved.new.device)]
    return [
        ("newConnection", connection(moved.new)), *old, ("endpoint", endpoint), ("resultingConnectionInfo", str(moved.state)),
    ]  # fmt: skip


def _call_data(correlator: str, user_data: str) -> Elements:
    found: Elements = [("correlatorData", correlator)] if correlator else []
    return [*found, ("userData", user_data)] if user_data else found


def event_message(cross_ref: str, event: Event, local: State | None, private: Mapping[str, str]) -> Message:
    """An event for a monitor; `private` goes into its extensions."""
    said: Elements = [("monitorCrossRefID", cross_ref)]
    said += [_field(name, value) for name, value in event.values.items() if value is not None]
    if local is not None:
        said.append(("localConnectionInfo", str(local)))
    said += _call_data(event.correlator, event.user_data)
    if event.cause:
        said.append(("cause", event.cause))
    return f"{event.kind}Event", said + extensions(private)


def extensions(private: Mapping[str, str]) -> Elements:
    """Private data at the end of a message."""
    if not private:
        return []
    return [("extensions", [("privateData", [("private", list(private.items()))])])]


def error(refused: Refused) -> Message:
    """The negative answer to a request."""
    return "CSTAErrorCode", [(str(refused.kind), refused.reason)]


def route_request(dialogue: Dialogue) -> Message:
    """Where shall this call go?"""
    call, point = dialogue.call, dialogue.point.number
    return "RouteRequest", [
        *_dialogue(dialogue),
        ("currentRoute", _device(call.called)),
        ("callingDevice", _device(call.calling)),
        ("routeingDevice", _device(point)),
        ("routedCall", connection(ConnectionID(call.id, point))),
        *_call_data(call.correlator, call.user_data),
    ]


def route_message(name: str, dialogue: Dialogue, more: Iterable[tuple[str, Content]] = ()) -> Message:
    """Another message of a dialogue."""
    return name, [*_dialogue(dialogue), *more]


def route_end(dialogue: Dialogue, refused: Refused | None) -> Message:
    """The dialogue is over."""
    more: Elements = [("errorValue", [(str(refused.kind), refused.reason)])] if refused is not None else []
    return route_message("RouteEnd", dialogue, more)


def _dialogue(dialogue: Dialogue) -> Elements:
    return [("crossRefIdentifier", dialogue.cross_ref), ("routeRegisterReqID", dialogue.register)]
