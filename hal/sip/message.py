"""Reads what the gate and the registrar need of a SIP request (RFC 3261); PJSIP answers, so this is lenient and writes nothing."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

import attrs

__all__ = [
    "CHANNEL_HEADER",
    "TRUNK_HEADER",
    "Address",
    "Request",
    "parameters",
    "parse_address",
    "parse_request",
    "quoted_split",
    "reason_cause",
]

CHANNEL_HEADER = "X-Hotline-Channel"
"""Over what a gateway's call comes: span and channel, or a port."""
TRUNK_HEADER = "X-Hotline-Trunk"
"""Which of the trunks behind one gateway a call comes or is to go by."""
LONGEST_VALUE = 2000
"""More of a header is not looked at: no honest one is longer, and reading is not to cost more than sending."""
_COMPACT = {
    "f": "from",
    "t": "to",
    "m": "contact",
    "i": "call-id",
    "v": "via",
    "l": "content-length",
    "c": "content-type",
    "k": "supported",
}
_URI = re.compile(
    r"(?P<scheme>sips?|tel):(?:(?P<user>[^@;?>:]*)(?:;[^@?>:]*)?(?::[^@]*)?@)?(?P<host>\[[^\]]*\]|[^:;?>]*)(?::(?P<port>\d+))?(?P<rest>[^>]*)",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r'\s*([\w.!%*`+~-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^;,\s]*))?')


@attrs.frozen
class Address:
    """A name-addr or addr-spec with its header parameters (RFC 3261 section 20.10)."""

    uri: str
    scheme: str = ""
    user: str = ""
    host: str = ""
    port: int = 0
    display: str = ""
    uri_parameters: Mapping[str, str] = attrs.field(factory=dict)
    parameters: Mapping[str, str] = attrs.field(factory=dict)
    """After the `>`."""
    headers: str = ""
    """After the `?` of the URI."""


@attrs.frozen
class Request:
    """A request's first line and headers."""

    method: str
    uri: str
    headers: Mapping[str, list[str]]

    def first(self, name: str) -> str:
        """The first header of this (lower-case) name, or nothing."""
        values = self.headers.get(name)
        return values[0] if values else ""

    def address(self, name: str) -> Address:
        """The first header of this name as an address."""
        values = quoted_split(self.first(name))
        return parse_address(values[0] if values else "")

    @property
    def transport(self) -> str:
        """`udp`, `tcp` or `tls`, by the topmost Via."""
        match = re.match(r"SIP\s*/\s*2\.0\s*/\s*(\w+)", self.first("via"), re.IGNORECASE)
        return match.group(1).lower() if match else ""

    @property
    def cseq(self) -> int:
        """The number in CSeq, 0 if there is none."""
        match = re.match(r"\s*(\d+)", self.first("cseq"))
        return int(match.group(1)) if match else 0


def parse_request(text: str) -> Request:
    """Cut a request into its parts.

    Raises:
        ValueError: it has no request line.

    """
    head = text.split("\r\n\r\n", 1)[0].replace("\r\n ", " ").replace("\r\n\t", " ")
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].upper().startswith("SIP/"):
        raise ValueError(f"not a request: {first[:60]!r}")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            name = name.strip().lower()
            headers.setdefault(_COMPACT.get(name, name), []).append(value.strip()[:LONGEST_VALUE])
    return Request(words[0], words[1], headers)


def parameters(text: str) -> dict[str, str]:
    """`;a=1;b="two";c` (or with commas) as a mapping; names in lower case, quotes removed."""
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(text):
        name, value = match.group(1), match.group(2) or ""
        if value.startswith('"'):
            value = _unquoted(value)
        found.setdefault(name.lower(), value)
    return found


def quoted_split(text: str) -> list[str]:
    """Split a header's value at the commas outside quotes and angle brackets."""
    parts, depth, quoted, start, skip = [], 0, False, 0, False
    for i, char in enumerate(text):
        if skip:
            skip = False
        elif quoted:
            skip, quoted = char == "\\", char != '"'
        elif char == '"':
            quoted = True
        elif char in "<>":
            depth += 1 if char == "<" else -1
        elif char == "," and depth <= 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return [part for part in (*parts, text[start:].strip()) if part]


def parse_address(text: str) -> Address:
    """One address, with or without angle brackets; an empty `Address` for what is none."""
    text = text.strip()
    bracket = re.search(r"<([^>]*)>", text)
    if bracket:
        uri, after = bracket.group(1), text[bracket.end() :]
        display = _unquoted(text[: bracket.start()].strip())
    else:
        uri, semicolon, after = text.partition(";")  # without brackets, parameters belong to the header (section 20)
        display, after = "", semicolon + after
    match = _URI.match(uri.strip())
    if not match:
        return Address(uri.strip())
    rest, _, headers = match.group("rest").partition("?")
    user = unquote(match.group("user") or "", errors="replace")
    host = match.group("host") or ""
    if match.group("scheme").lower() == "tel":
        user, host = host, ""
    return Address(
        uri.strip(), match.group("scheme").lower(), user, host.lower(), int(match.group("port") or 0), display,
        parameters(rest), parameters(after), headers,
    )  # fmt: skip


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text


def reason_cause(message: str) -> int:
    """The Q.850 cause in a message's Reason header (RFC 3326), 0 if it has none."""
    match = re.search(r"^Reason:.*?Q\.850\s*;[^\r\n]*?cause\s*=\s*(\d+)", message, re.IGNORECASE | re.MULTILINE)
    return int(match.group(1)) if match else 0
