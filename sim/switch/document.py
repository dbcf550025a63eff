"""XML in and out: what is written keeps its order, what is read is found by local names, whatever the edition's namespace."""

from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml import ElementTree

__all__ = ["BadDocument", "Content", "Message", "Reading", "body", "document"]

Content = str | None | Iterable[tuple[str, "Content"]]
"""Text, nothing, or elements in their order."""
Message = tuple[str, Content]
"""An element: its name and what is in it."""


class BadDocument(ValueError):
    """What has come is not XML."""


def body(elements: Iterable[tuple[str, Content]]) -> str:
    """Elements as text."""
    written = []
    for name, content in elements:
        if content is None:
            written.append(f"<{name}/>")
        else:
            inner = _escaped(content) if isinstance(content, str) else body(content)
            written.append(f"<{name}>{inner}</{name}>")
    return "".join(written)


def _escaped(text: str) -> str:
    if text.isalnum():
        return text
    return escape("".join(character for character in text if character >= " " or character in "\t\n\r"))


def document(message: Message, namespace: str) -> bytes:
    """A whole message."""
    name, content = message
    inner = body(content) if content is not None and not isinstance(content, str) else escape(content or "")
    return f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns={quoteattr(namespace)}>{inner}</{name}>'.encode()


class Reading:
    """An element that has come."""

    def __init__(self, element: Element) -> None:
        """Read this one."""
        self._element = element
        self.name = _local(element.tag)
        self.namespace = element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""

    @classmethod
    def of(cls, xml: bytes) -> "Reading":
        """Read a message.

        Raises:
            BadDocument: it is none.

        """
        try:
            return cls(ElementTree.fromstring(xml, forbid_dtd=True))
        except (ParseError, ValueError) as error:
            raise BadDocument(str(error)) from None

    def __iter__(self) -> Iterator["Reading"]:
        return (Reading(child) for child in self._element)

    def find(self, *path: str) -> "Reading | None":
        """The first element at this path below."""
        element = self._element
        for name in path:
            found = next((child for child in element if _local(child.tag) == name), None)
            if found is None:
                return None
            element = found
        return Reading(element)

    @property
    def text(self) -> str:
        """All its text."""
        return "".join(self._element.itertext()).strip()

    def text_at(self, *path: str) -> str:
        """The text at a path; empty if there is no such element."""
        found = self.find(*path)
        return found.text if found is not None else ""

    def flags(self) -> Mapping[str, bool]:
        """Every element below that says `true` or `false`, at any depth."""
        said = {_local(element.tag): (element.text or "").strip() for element in self._element.iter() if len(element) == 0}
        return {name: text in {"true", "1"} for name, text in said.items() if text in {"true", "false", "0", "1"}}


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]
