"""XML as far as CSTA needs it: read with limits and by local name, written as text.

Read: UTF-8 only, whatever the declaration says; a document type is refused before the parser sees it, so that there are no entities
to expand and nothing outside to fetch; the size is that of a frame, the depth is limited where elements are kept as they are. Prefixes
are the peer's business: elements go by their local names, since one real peer declares a prefix and then writes without it.
"""

import re
from xml.etree.ElementTree import Element, ParseError, fromstring

from hal.api import value
from hal.csta.errors import BadMessage, CannotWrite

__all__ = ["DEEPEST", "Element", "Node", "escaped", "local", "node_of", "parse", "write_node"]

DEEPEST = 32
"""So many elements may be nested; CSTA needs about ten."""
_XML = "http://www.w3.org/XML/1998/namespace"
_PLAIN = re.compile(r"[\t\n !#-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_SAID = re.compile(r"[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")


@value
class Node:
    """An element that is kept as it came: an extension, or what this program does not know. Mixed content keeps its first text."""

    name: str
    namespace: str = ""
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    """In the order they came; `{namespace}name` for one with a namespace."""
    children: "tuple[Node, ...]" = ()

    def find(self, name: str) -> "Node | None":
        """The first child of this local name."""
        return next((child for child in self.children if child.name == name), None)


def parse(data: bytes) -> Element:
    """The document's root.

    Raises:
        BadMessage: it is not UTF-8, not well-formed, or has a document type.

    """
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadMessage(f"not UTF-8: {error}") from None
    if "<!DOCTYPE" in text:
        raise BadMessage("a document type, which CSTA has no use for")
    try:
        return fromstring(text)
    except (ParseError, ValueError) as error:
        raise BadMessage(f"not XML: {error}") from None


def local(tag: str) -> str:
    """An element's name without its namespace."""
    return tag[tag.rfind("}") + 1 :]


def node_of(element: Element, depth: int = 0) -> Node:
    """Keep an element with all that is in it.

    Raises:
        BadMessage: it is nested too deeply.

    """
    if depth > DEEPEST:
        raise BadMessage(f"more than {DEEPEST} elements nested")
    tag = element.tag
    return Node(
        local(tag),
        tag[1 : tag.rfind("}")] if tag[0] == "{" else "",
        element.text or "",
        tuple(element.attrib.items()) if element.attrib else (),
        tuple([node_of(child, depth + 1) for child in element]) if len(element) else (),
    )


def escaped(text: str) -> str:
    """Text as it stands in an element or between double quotes.

    Raises:
        CannotWrite: it holds a character that XML cannot say, such as a NUL.

    """
    if _PLAIN.fullmatch(text):
        return text
    if not _SAID.fullmatch(text):
        raise CannotWrite(f"XML cannot say {text!r}")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return text.replace("\r", "&#13;")


def _attribute(text: str) -> str:
    return escaped(text).replace("\t", "&#9;").replace("\n", "&#10;")


def write_node(node: Node, around: str, out: list[str]) -> None:
    """Write a kept element into one whose default namespace is `around`.

    Raises:
        CannotWrite: a name or a text is none that XML can say.

    """
    if not _NAME.fullmatch(node.name):
        raise CannotWrite(f"{node.name!r} is no name of an element")
    out.append(f"<{node.name}")
    if node.namespace != around:
        out.append(f' xmlns="{_attribute(node.namespace)}"')
    for number, (name, text) in enumerate(node.attributes):
        namespace, _, bare = name[1:].rpartition("}") if name[:1] == "{" else ("", "", name)
        if not _NAME.fullmatch(bare) or bare == "xmlns":
            raise CannotWrite(f"{bare!r} is no name of an attribute")
        if namespace == _XML:
            bare = f"xml:{bare}"
        elif namespace:
            out.append(f' xmlns:a{number}="{_attribute(namespace)}"')
            bare = f"a{number}:{bare}"
        out.append(f' {bare}="{_attribute(text)}"')
    out.append(f">{escaped(node.text)}")
    for child in node.children:
        write_node(child, node.namespace, out)
    out.append(f"</{node.name}>")
