"""Gateways that are asked and answer in XML over HTTP, as billing systems with SOAP do."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.etree.ElementTree import TreeBuilder
from xml.sax.saxutils import escape

import trio

from appliance.core.program.expressions import Value
from appliance.outside.answers import GatewayFailed, usable
from appliance.outside.gateway import Arguments
from appliance.outside.http import HttpConnections, filled
from appliance.site.gateways import HttpXmlGateway, XmlQuery

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["HttpXmlPeer"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, section 2.2: characters that no document may have, escaped or not."""
_SAID = re.compile(rb"""<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_CHINESE = {b"gb2312": "gb18030", b"gbk": "gb18030", b"gb18030": "gb18030", b"big5": "big5"}
"""Encodings of several bytes a character that billing systems in China answer in, and that the parser does not know itself."""
_DEEPEST = 32
_MOST = 20_000
"""Elements of one answer."""
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")


class HttpXmlPeer:
    """Asks by POST."""

    def __init__(self, settings: HttpXmlGateway, secret: Callable[[str], str | None]) -> None:
        """`secret` finds a secret by its name."""
        self._settings = settings
        self._http = HttpConnections(settings, secret)

    async def ask(self, query: str, arguments: Arguments) -> Value:
        """See `Peer`."""
        asked = self._settings.queries[query]
        headers = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml, application/xml", **asked.headers}
        body = await self._http.send("POST", asked, arguments, headers, filled(asked.xml, arguments, _escaped).encode())
        if body is None:
            return [] if asked.result == "many" else None
        return await trio.to_thread.run_sync(_read, body, asked, self._settings.namespaces, abandon_on_cancel=True)

    def may_repeat(self, query: str) -> bool:
        """See `Peer`."""
        return self._settings.queries[query].idempotent

    async def close(self) -> None:
        """See `Peer`."""
        await self._http.close()


def _escaped(text: str) -> str:
    if _NOT_XML.search(text):
        raise GatewayFailed("an argument has a character that XML cannot hold", theirs=False)
    return escape(text, {'"': "&quot;", "'": "&apos;"})


def _read(body: bytes, asked: XmlQuery, namespaces: Mapping[str, str]) -> Value:
    """In a thread: searching a long answer takes longer than calls should wait."""
    records = _records(body, asked, namespaces)
    if asked.result == "many":
        return usable(records)
    return usable(records[0] if records else None)


def _records(body: bytes, asked: XmlQuery, namespaces: Mapping[str, str]) -> list[dict[str, Value]]:
    found = _parsed(body).findall(asked.record, dict(namespaces))
    if asked.result != "many":
        del found[1:]
    return [{name: _value(each, path, name in asked.numbers, namespaces) for name, path in asked.fields.items()} for each in found]


def _parsed(body: bytes) -> "Element":
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    said = _SAID.match(body)
    try:
        chinese = _CHINESE.get(said[1].lower()) if said else None
        parser.feed(body.decode(chinese) if chinese else body)
        root: Element = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise GatewayFailed("the answer is no XML that may be read") from None
    return root


class _Bounded(TreeBuilder):
    """A document of bounded depth and number of elements: the cost of searching it grows with both, records within records included."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> "Element":
        self._depth += 1
        self._elements += 1
        if self._depth > _DEEPEST or self._elements > _MOST:
            raise GatewayFailed("the answer is nested too deep, or too long")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> "Element":
        self._depth -= 1
        return super().end(tag)


def _value(record: "Element", path: str, is_number: bool, namespaces: Mapping[str, str]) -> Value:
    """A field's text, None where there is no such element; the text of an element with others inside is all of it."""
    where, at, attribute = path.rpartition("@") if "@" in path and not path.endswith("]") else (path, "", "")
    element = record.find(where.rstrip("/") or ".", dict(namespaces))
    if element is None:
        return None
    text = element.get(attribute) if at else "".join(element.itertext())
    if text is None or not is_number:
        return text if text is None else text.strip()
    if not _NUMBER.fullmatch(text.strip()):
        raise GatewayFailed("the answer has a text where a number was expected")
    return Decimal(text.strip())
