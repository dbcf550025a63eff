"""From bytes to messages and back."""

import attrs

from hal.api import value
from hal.csta.errors import BadMessage
from hal.csta.messages import agents, application, calls, events, routing, system
from hal.csta.messages.dialect import Dialect
from hal.csta.messages.fields import Message, Response, read, write
from hal.csta.xml import Node, local, node_of, parse, write_node

__all__ = ["MESSAGES", "Unknown", "answers", "decode", "encode"]


@value
class Unknown(Message):
    """A message that this program does not know, as it came."""

    node: Node


_BASES = {events.Event, events.CallEvent, events.DeviceEvent, events.AgentEvent}
MESSAGES: dict[str, type[Message]] = {
    name: made
    for module in (application, system, calls, agents, routing, events)
    for name, made in vars(module).items()
    if name in module.__all__ and issubclass(made, Message) and made not in _BASES
}
"""All that are known, by the names of their root elements."""
_ALIASES: dict[str, type[Message]] = {
    **{name.removesuffix("Event"): made for name, made in MESSAGES.items() if name.endswith("Event")},
    "Transferred": events.TransferedEvent,
    "TransferredEvent": events.TransferedEvent,
    "Alternate": calls.AlternateCall,
    "Reconnect": calls.ReconnectCall,
}
_READ_AS = {**_ALIASES, **MESSAGES}
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def decode(xml: bytes) -> Message:
    """The message; `Unknown` for one that is well-formed and unheard of.

    Raises:
        BadMessage: it is not XML within the limits (`hal.csta.xml`), or lacks what its kind must have.

    """
    root = parse(xml)
    name = local(root.tag)
    of = _READ_AS.get(name)
    try:
        found: Message = read(of, root) if of is not None else Unknown(node_of(root))
    except BadMessage as error:
        raise BadMessage(str(error), name) from None
    return found


def answers(name: str) -> bool:
    """Whether a message of this name is an answer, and no request or event."""
    of = _READ_AS.get(name)
    return issubclass(of, Response) if of is not None else name.endswith("Response")


def encode(message: Message, dialect: Dialect) -> bytes:
    """The message in a switch's dialect.

    Raises:
        CannotWrite: a text holds what XML cannot say.

    """
    out = [_DECLARATION]
    if isinstance(message, Unknown):
        write_node(message.node, "", out)
        return "".join(out).encode()
    if message.spoken_in == "session":
        dialect = attrs.evolve(dialect, namespace=dialect.session_namespace)
    name = type(message).__name__
    out.append(f'<{name} xmlns="{dialect.namespace}">')
    write(message, dialect, out)
    out.append(f"</{name}>")
    return "".join(out).encode()
