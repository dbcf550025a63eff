"""What core side and media worker say to each other: one JSON object a line over a Unix socket.

Commands and events are those of `hal.api`, as they are; the messages below are only between the two. The socket belongs to the worker
and has mode 0600. Both sides are of the same release: `VERSION` and a fingerprint of the settings are compared when they meet, and a worker
that does not fit is ended.
"""

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import cattrs.preconf.json

import hal.api
from hal.sip.settings import SipSettings

__all__ = [
    "VERSION",
    "Ban",
    "Bindings",
    "Contact",
    "Credentials",
    "Digests",
    "Failed",
    "Hello",
    "LegState",
    "Lines",
    "Logged",
    "Ping",
    "Pong",
    "Ready",
    "RecordingClosed",
    "RecordingStored",
    "Registered",
    "SecretAsked",
    "SecretTold",
    "Stop",
    "at",
    "connected",
    "decode",
    "encode",
    "fingerprint",
]

VERSION = 2
LONGEST_LINE = 4_000_000


@attrs.define
class Contact:
    """Where one phone of a station is reachable."""

    uri: str
    """As the phone gave it."""
    source: str
    """`address:port` its REGISTER came from."""
    transport: str
    expires_s: float
    """Seconds left."""
    call_id: str = ""
    cseq: int = 0
    worker: int = 0
    """The worker it registered with: that one holds its connection."""


@attrs.define
class Digests:
    """What of a station's password is needed to check it: H(user:realm:password) by algorithm (RFC 7616 section 3.4.2)."""

    ha1: dict[str, str] = attrs.field(factory=dict)
    """Empty: there is no such station."""


@attrs.define
class Credentials:
    """Name and password for a registrar elsewhere."""

    user: str
    password: str


# --- core -> worker ---------------------------------------------------------------------------------------------------


@attrs.define
class Hello:
    """The first line: who the worker is and how it is to be."""

    version: int
    fingerprint: str
    line: str
    index: int
    settings: SipSettings
    trunk_addresses: dict[str, list[str]]
    """Addresses of each trunk's host."""
    credentials: dict[str, Credentials]
    """By `trunk:NAME` and `station:USER`."""
    bindings: dict[str, list[Contact]]
    """Contacts of all stations, whichever worker they registered with."""


@attrs.define
class SecretTold:
    """The answer to `SecretAsked`."""

    station: str
    digests: Digests


@attrs.define
class Bindings:
    """All contacts of a station, replacing what was known; in both directions."""

    station: str
    contacts: list[Contact]


@attrs.define
class Ban:
    """An address is shut out; in both directions."""

    address: str
    for_s: float


@attrs.define
class RecordingStored:
    """The parts of this recording were taken over: forget it."""

    recording: str


@attrs.define
class Ping:
    """Are you alive? -> `Pong`."""

    number: int


@attrs.define
class Stop:
    """End all calls and go."""


# --- worker -> core ---------------------------------------------------------------------------------------------------


@attrs.define
class LegState:
    """A leg that the worker holds, told to a core that meets it."""

    leg: str
    ani: str
    dnis: str
    answered: bool
    station: str = ""
    trunk: str = ""
    incoming: bool = True


@attrs.define
class Ready:
    """The worker is open for calls; with all it held already."""

    pid: int
    legs: list[LegState]
    bindings: dict[str, list[Contact]]
    recordings: list[str]
    """Recordings going on."""
    version: int = VERSION
    fingerprint: str = ""


@attrs.define
class Failed:
    """The worker cannot open and ends now; or, `serves_another`, it is well and not for the one who asks."""

    reason: str
    advice: str
    serves_another: bool = False


@attrs.define
class Pong:
    """Yes."""

    number: int


@attrs.define
class SecretAsked:
    """What is this station's password? -> `SecretTold`."""

    station: str


@attrs.define
class RecordingClosed:
    """The worker wrote these files, whole: make the recording out of them and answer `RecordingStored`."""

    recording: str
    file: str
    parts: list[str]
    """One file for each channel."""
    error: str = ""
    whole: bool = False
    """True once the parts were closed in order."""


@attrs.define
class Registered:
    """How a log-in of ours elsewhere stands."""

    account: str
    """`trunk:NAME` or `station:USER`."""
    ok: bool
    status: int
    reason: str = ""


@attrs.define
class Logged:
    """A line for the log of the SIP line; `level` as in `logging`."""

    level: int
    text: str


_converter = cattrs.preconf.json.make_converter()
_own = (
    Hello,
    SecretTold,
    Bindings,
    Ban,
    RecordingStored,
    Ping,
    Stop,
    Ready,
    Failed,
    Pong,
    SecretAsked,
    RecordingClosed,
    Registered,
    Logged,
)
_shared = (getattr(hal.api, name) for name in hal.api.__all__)
_kinds: dict[str, type] = {kind.__name__: kind for kind in (*_own, *_shared) if isinstance(kind, type) and attrs.has(kind)}


def encode(message: Any) -> bytes:
    """One line, its end included."""
    body = _converter.unstructure(message)
    body["is"] = type(message).__name__
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Any:
    """The message in one line.

    Raises:
        ValueError: it is none of ours.

    """
    body = json.loads(line)
    kind = _kinds.get(body.pop("is", ""))
    if kind is None:
        raise ValueError(f"unknown message {line[:80]!r}")
    return _converter.structure(body, kind)


class Lines:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that `data` completes, without their ends.

        Raises:
            ValueError: a line is longer than any of ours.

        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise ValueError("a line without end")
        yield from lines


def fingerprint(settings: SipSettings) -> str:
    """Tells two settings apart, however their numbers are written; a worker that runs with others is not taken over."""
    same = _converter.structure(_converter.unstructure(settings), SipSettings)
    text = json.dumps(_converter.unstructure(same), sort_keys=True)
    return hashlib.sha256(f"{VERSION} {text}".encode()).hexdigest()[:16]


class at:  # noqa: N801 - used like a function
    """The address of a Unix socket at a path of any length (an address holds 107 bytes): `with at(path) as address`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = -1

    def __enter__(self) -> str:
        self._folder = os.open(self._path.parent, os.O_PATH | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)


def connected(path: Path) -> socket.socket:
    """A non-blocking connection to the worker that listens at `path`.

    Raises:
        OSError: nobody listens there.

    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with at(path) as address:
            sock.connect(address)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock
