"""How messages are described: an attrs class for each, its fields in the order the elements have on the wire.

    class HoldCall(Request):
        call_to_be_held: ConnectionID = has.connection()

is `<HoldCall><callToBeHeld><callID>..</callID><deviceID>..</deviceID></callToBeHeld></HoldCall>`: the element is named like the field.
Read are elements in any order, for peers differ; what a class does not know is kept in `extra` and written after everything else,
`extensions` at the very end as ECMA-323 has it. Optional fields are given by name. Attributes of known elements are not kept: nothing
here depends on them.
"""

import re
from collections.abc import Callable
from typing import Any, ClassVar

import attrs

from hal.api import value
from hal.csta.errors import BadMessage, CannotWrite
from hal.csta.messages.dialect import Dialect
from hal.csta.xml import Element, Node, escaped, local, node_of, write_node

__all__ = [
    "KIND",
    "ConnectionID",
    "Kind",
    "Message",
    "Party",
    "Request",
    "Response",
    "Slot",
    "connection",
    "data",
    "device",
    "flag",
    "ident",
    "node",
    "number",
    "party",
    "plan",
    "read",
    "struct",
    "structs",
    "words",
    "write",
]

KIND = "csta"
"""Key of a field's metadata."""


@value
class ConnectionID:
    """A device's part in a call; a switch may leave out either half where it knows it."""

    call: str = ""
    device: str = ""


@value
class Party:
    """A device as events name it: an ID, or why there is none (`notKnown`, `notRequired`, `notSpecified`, `restricted`)."""

    device: str = ""
    form: str = "deviceIdentifier"


@value
class Message:
    """Base of all messages; `extra` are the elements that its class does not know, extensions among them."""

    spoken_in: ClassVar[str] = "csta"
    """`csta`, or `session` for those of ECMA-354."""

    extra: tuple[Node, ...] = attrs.field(default=(), kw_only=True)


@value
class Request(Message):
    """Base of those that have an answer."""


@value
class Response(Message):
    """Base of answers."""


@attrs.frozen
class Kind:
    """What an element holds, and how it is read and written (name, value, dialect, where to)."""

    name: str
    read: Callable[[Element], Any]
    write: Callable[[str, Any, Dialect, list[str]], None]
    of: type | None = None
    """The class of a structure."""


@attrs.frozen
class Slot:
    """One field of a class."""

    attribute: str
    element: str
    kind: Kind
    required: bool
    many: bool


# --- kinds ------------------------------------------------------------------------------------------------------------


def _read_ident(element: Element) -> str:
    return (element.text or "").strip()


def _write_ident(name: str, content: str, _dialect: Dialect, out: list[str]) -> None:
    out.append(f"<{name}>{escaped(content)}</{name}>")


def _read_words(element: Element) -> str:
    return element.text or ""


def _read_number(element: Element) -> int:
    text = (element.text or "").strip()
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise BadMessage(f"<{local(element.tag)}> holds no number: {text[:40]!r}")
    return int(text)


def _write_number(name: str, content: int, _dialect: Dialect, out: list[str]) -> None:
    out.append(f"<{name}>{content:d}</{name}>")


def _read_flag(element: Element) -> bool:
    text = (element.text or "").strip()
    if text not in ("true", "false", "1", "0"):
        raise BadMessage(f"<{local(element.tag)}> is neither true nor false: {text[:40]!r}")
    return text in ("true", "1")


def _write_flag(name: str, content: bool, _dialect: Dialect, out: list[str]) -> None:
    out.append(f"<{name}>{'true' if content else 'false'}</{name}>")


def _write_device(name: str, content: str, dialect: Dialect, out: list[str]) -> None:
    out.append(f"<{name}{dialect.device_attributes}>{escaped(content)}</{name}>")


def _read_connection(element: Element) -> ConnectionID:
    call = where = ""
    for child in element:
        name = local(child.tag)
        if name == "callID":
            call = (child.text or "").strip()
        elif name == "deviceID":
            where = (child.text or "").strip()
    return ConnectionID(call, where)


def _write_connection(name: str, content: ConnectionID, dialect: Dialect, out: list[str]) -> None:
    out.append(f"<{name}>")
    if content.call:
        _write_ident("callID", content.call, dialect, out)
    if content.device:
        _write_device("deviceID", content.device, dialect, out)
    out.append(f"</{name}>")


def _read_party(element: Element) -> Party:
    for child in element:
        return Party((child.text or "").strip(), local(child.tag))
    return Party((element.text or "").strip())


_FORM = re.compile(r"[A-Za-z]+")


def _write_party(name: str, content: Party, dialect: Dialect, out: list[str]) -> None:
    if not _FORM.fullmatch(content.form):
        raise CannotWrite(f"{content.form!r} is no form of a device")
    out.append(f"<{name}>")
    _write_device(content.form, content.device, dialect, out)
    out.append(f"</{name}>")


def _read_data(element: Element) -> str:
    for child in element:
        return child.text or ""
    return element.text or ""


def _write_data(name: str, content: str, dialect: Dialect, out: list[str]) -> None:
    inner = f"<string>{escaped(content)}</string>" if dialect.data_in_string else escaped(content)
    out.append(f"<{name}>{inner}</{name}>")


def _write_node(name: str, content: Node, dialect: Dialect, out: list[str]) -> None:
    write_node(attrs.evolve(content, name=name, namespace=dialect.namespace), dialect.namespace, out)


def _read_node(element: Element) -> Node:
    return attrs.evolve(node_of(element), name="", namespace="")


_IDENT = Kind("ident", _read_ident, _write_ident)
_WORDS = Kind("words", _read_words, _write_ident)
_NUMBER = Kind("number", _read_number, _write_number)
_FLAG = Kind("flag", _read_flag, _write_flag)
_DEVICE = Kind("device", _read_ident, _write_device)
_CONNECTION = Kind("connection", _read_connection, _write_connection)
_PARTY = Kind("party", _read_party, _write_party)
_DATA = Kind("data", _read_data, _write_data)
_NODE = Kind("node", _read_node, _write_node)


def _field(kind: Kind, *, optional: bool, many: bool = False, called: str = "") -> Any:
    default: Any = () if many else None if optional else attrs.NOTHING
    return attrs.field(default=default, kw_only=optional and not many, metadata={KIND: (called, kind, not optional, many)})


def ident(*, optional: bool = False) -> Any:
    """A name or an enumeration's value; space around it means nothing. Values that the standard lacks are kept."""
    return _field(_IDENT, optional=optional)


def words(*, optional: bool = False) -> Any:
    """Free text, every space kept."""
    return _field(_WORDS, optional=optional)


def number(*, optional: bool = False) -> Any:
    """A whole number."""
    return _field(_NUMBER, optional=optional)


def flag(*, optional: bool = False) -> Any:
    """True or false."""
    return _field(_FLAG, optional=optional)


def device(*, optional: bool = False) -> Any:
    """A device's ID."""
    return _field(_DEVICE, optional=optional)


def connection(*, optional: bool = False) -> Any:
    """A `ConnectionID`."""
    return _field(_CONNECTION, optional=optional)


def party(*, optional: bool = False) -> Any:
    """A `Party`."""
    return _field(_PARTY, optional=optional)


def data(*, optional: bool = False) -> Any:
    """Data of the user's or the application's: read as text or in a `string` element, written as the dialect has it."""
    return _field(_DATA, optional=optional)


def node(*, optional: bool = False) -> Any:
    """Anything, kept as a nameless `Node`."""
    return _field(_NODE, optional=optional)


def struct(of: type, *, optional: bool = False, called: str = "") -> Any:
    """A class made of fields like these; `called` where the element's name does not follow from the field's."""
    return _field(_structure(of), optional=optional, called=called)


def structs(of: type) -> Any:
    """Any number of them, one element each."""
    return _field(_structure(of), optional=True, many=True)


def _structure(of: type) -> Kind:
    def write_it(name: str, content: Any, dialect: Dialect, out: list[str]) -> None:
        out.append(f"<{name}>")
        write(content, dialect, out)
        out.append(f"</{name}>")

    return Kind("struct", lambda element: read(of, element), write_it, of)


# --- classes ----------------------------------------------------------------------------------------------------------


_PLANS: dict[type, tuple[Slot, ...]] = {}
_READERS: dict[type, tuple[dict[str, Slot], tuple[Slot, ...], bool]] = {}


def plan(of: type) -> tuple[Slot, ...]:
    """The fields of a class in the order of its elements."""
    if of not in _PLANS:
        slots = []
        for field in attrs.fields(of):
            if KIND in field.metadata:
                called, kind, required, many = field.metadata[KIND]
                slots.append(Slot(field.name, called or _element_name(field.name), kind, required, many))
        _PLANS[of] = tuple(slots)
    return _PLANS[of]


def _reader(of: type) -> tuple[dict[str, Slot], tuple[Slot, ...], bool]:
    """Its fields by element, those it must have, and whether it keeps what it does not know."""
    if of not in _READERS:
        slots = plan(of)
        keeps = any(field.name == "extra" for field in attrs.fields(of))
        _READERS[of] = {slot.element: slot for slot in slots}, tuple(slot for slot in slots if slot.required), keeps
    return _READERS[of]


def _element_name(attribute: str) -> str:
    """`monitor_cross_ref_id` is `monitorCrossRefID`."""
    first, *others = attribute.split("_")
    return first + "".join("ID" if other == "id" else other.capitalize() for other in others)


def read(of: type, element: Element) -> Any:
    """An object of the class from its element.

    Raises:
        BadMessage: something it needs is missing, or cannot be read.

    """
    slots, required, keeps = _reader(of)
    found: dict[str, Any] = {}
    extra = []
    for child in element:
        tag = child.tag
        slot = slots.get(tag[tag.rfind("}") + 1 :])
        if slot is None:
            if keeps:
                extra.append(node_of(child))
        elif slot.many:
            found.setdefault(slot.attribute, []).append(slot.kind.read(child))
        elif slot.attribute not in found:
            found[slot.attribute] = slot.kind.read(child)
        elif keeps:
            extra.append(node_of(child))  # a second one of what there is one of
    for slot in required:
        if slot.attribute not in found:
            raise BadMessage(f"<{local(element.tag)}> has no <{slot.element}>")
    for name, content in found.items():
        if type(content) is list:
            found[name] = tuple(content)
    if extra:
        found["extra"] = tuple(extra)
    return of(**found)


def write(content: Any, dialect: Dialect, out: list[str]) -> None:
    """Write what is in an object of such a class.

    Raises:
        CannotWrite: a text holds what XML cannot say.

    """
    for slot in plan(type(content)):
        held = getattr(content, slot.attribute)
        if slot.many:
            for one in held:
                slot.kind.write(slot.element, one, dialect, out)
        elif held is not None:
            slot.kind.write(slot.element, held, dialect, out)
    extra = getattr(content, "extra", ())
    for node_kept in sorted(extra, key=lambda kept: kept.name == "extensions"):
        write_node(node_kept, dialect.namespace, out)
