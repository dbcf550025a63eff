"""The manager's messages as bytes and back (Asterisk Manager Interface, version 2 and up; Command output also as version 1 had it).

A message is lines `Name: value`, ended by an empty line; the first thing a server says is one line without that, its banner. Names come
more than once (`Output`, `Variable`, `ChanVariable`). Lenient in reading: CR counts for nothing, LF ends a line, lines that are no
headers, bytes that are no UTF-8. Strict in writing: what would end a line, or be too long for the server, is refused.

Not here: what an answer belongs to, and time. That is `session`.
"""

import re
from collections.abc import Iterable, Iterator

from hal.api.value import value

__all__ = ["LONGEST_LINE", "LONGEST_MESSAGE", "Banner", "Decoder", "Message", "TooLong", "encode"]

LONGEST_LINE = 65_536
"""Bytes of a line that are kept; more of it is cut off, and the message says so."""
LONGEST_MESSAGE = 8_000_000
"""Bytes of a message; a server that sends more at once is not listened to any longer."""
LONGEST_SENT = 1000
"""Bytes of a line that Asterisk reads (main/manager.c: 1024 with its end); of a longer one it discards the whole message."""
_NAME = re.compile(r"[A-Za-z0-9_.()-]+")
_FORBIDDEN = re.compile(r"[\r\n\0]")
_FOLLOWS = re.compile(rb"response: *follows *\n", re.IGNORECASE)
_FOLLOWS_END = b"--END COMMAND--\n\n"


class TooLong(Exception):
    """The far end sends a message without an end."""


@value
class Banner:
    """The server's first line."""

    text: str

    @property
    def version(self) -> str:
        """Of the interface, as `11.0.0`; empty if the line is not that of a manager."""
        name, slash, version = self.text.partition("/")
        return version.strip() if slash and name.strip() == "Asterisk Call Manager" else ""


@value
class Message:
    """One message: headers in their order, and lines that were none (output of a command of old servers)."""

    headers: tuple[tuple[str, str], ...]
    output: tuple[str, ...] = ()
    cut: bool = False
    """A line was longer than `LONGEST_LINE`, and its rest is missing."""

    def get(self, name: str, default: str = "") -> str:
        """The first header of this name, in whatever case."""
        wanted = name.lower()
        return next((found for key, found in self.headers if key.lower() == wanted), default)

    def all(self, name: str) -> list[str]:
        """All headers of this name, in whatever case."""
        wanted = name.lower()
        return [found for key, found in self.headers if key.lower() == wanted]

    @property
    def event(self) -> str:
        """Its name, if it is an event."""
        return self._led_by("event")

    @property
    def response(self) -> str:
        """`Success`, `Error`, `Goodbye` ..., if it is an answer."""
        return self._led_by("response")

    @property
    def lines(self) -> list[str]:
        """Output of a command, as either version of the interface sends it."""
        return self.all("output") or list(self.output)

    def _led_by(self, name: str) -> str:
        """What a message is, is said by its first header: an event may carry somebody's `Response` as well (OriginateResponse)."""
        return self.headers[0][1] if self.headers and self.headers[0][0].lower() == name else ""


def encode(headers: Iterable[tuple[str, str]]) -> bytes:
    """A message to the server.

    Raises:
        ValueError: a name or value would break the message's form or is too long for the server.

    """
    lines = []
    for name, content in headers:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        if _FORBIDDEN.search(content):
            raise ValueError(f"{name}: a value has no line end in it: {content!r}")
        line = f"{name}: {content}".encode()
        if len(line) > LONGEST_SENT:
            raise ValueError(f"{name}: Asterisk reads no line of {len(line)} bytes, at most {LONGEST_SENT}")
        lines.append(line)
    if not lines:
        raise ValueError("a message has at least one header")
    return b"\r\n".join(lines) + b"\r\n\r\n"


class Decoder:
    """Cuts what comes in any pieces into messages."""

    def __init__(self, *, banner: bool = True) -> None:
        """`banner`: the first line is one, as on every new connection."""
        self._buffer = bytearray()
        self._searched = 0
        """So much of the buffer has no end of a message in it."""
        self._banner = banner

    def feed(self, data: bytes) -> Iterator[Banner | Message]:
        """What is complete with this piece.

        Raises:
            TooLong: a message is longer than `LONGEST_MESSAGE`.

        """
        self._buffer += data.replace(b"\r", b"")  # no value has one in it
        if self._banner:
            line, end, rest = bytes(self._buffer).partition(b"\n")
            if end:
                self._banner, self._buffer, self._searched = False, bytearray(rest), 0
                yield Banner(line[:LONGEST_LINE].decode(errors="replace"))
        while not self._banner and (message := self._next()) is not None:
            if message.headers or message.output:
                yield message
        if len(self._buffer) > LONGEST_MESSAGE:
            raise TooLong(f"a message of more than {LONGEST_MESSAGE} bytes")

    def _next(self) -> Message | None:
        """The first message in the buffer (empty: an empty line too many); None while it is not complete."""
        if self._buffer.startswith(b"\n"):
            del self._buffer[:1]
            self._searched = 0
            return Message(())
        end = _FOLLOWS_END if _FOLLOWS.match(self._buffer) else b"\n\n"
        found = self._buffer.find(end, max(0, self._searched - len(end)))
        if found < 0:
            self._searched = len(self._buffer)
            return None
        text = bytes(self._buffer[: found + len(end) - 2])
        del self._buffer[: found + len(end)]
        self._searched = 0
        return _parsed(text)


def _parsed(text: bytes) -> Message:
    headers: list[tuple[str, str]] = []
    output: list[str] = []
    cut = False
    raw = bool(_FOLLOWS.match(text))
    for whole in text.split(b"\n"):
        line = whole
        if len(line) > LONGEST_LINE:
            line, cut = line[:LONGEST_LINE], True
        said = line.decode(errors="replace")
        name, colon, content = said.partition(":")
        if raw and (output or name.lower() not in ("response", "privilege", "actionid")):
            output.append(said)
        elif colon and _NAME.fullmatch(name):
            headers.append((name, content.removeprefix(" ")))
        else:
            output.append(said)
    if raw and output and output[-1].endswith("--END COMMAND--"):
        output[-1] = output[-1].removesuffix("--END COMMAND--")
        output = output if output[-1] else output[:-1]
    return Message(tuple(headers), tuple(output), cut)
