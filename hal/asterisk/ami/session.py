"""One connection to a manager, from its banner to its end, without sockets and clocks: bytes and times in, bytes and findings out.

    GREETING ─ banner ─ CHALLENGING ─ challenge ─ LOGGING_IN ─ success ─ BOOTING ─ FullyBooted ─ OPEN
        └──────────────────┴── no manager, refused, late ───┴───────────────┴─────── silent ───────┴─▶ BROKEN


The secret itself is never sent, only the MD5 of challenge and secret. Every action ends in exactly one finding: `Answer`, or
`Unanswered` when its time is over or the connection breaks. What comes for an action that nobody waits for any more is a `Dropped`, and
disturbs nothing.
A connection on which nothing comes is pinged, and given up when it stays silent. A new connection is a new session.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from enum import Enum, auto

import attrs

from hal.api.value import value
from hal.asterisk.ami.codec import Banner, Decoder, Message, TooLong, encode

__all__ = ["Answer", "Broken", "Dropped", "Finding", "Opened", "Session", "State", "Told", "Unanswered"]

LOGIN_S = 10.0
"""From the connection to a log-in that stands."""
BOOT_S = 60.0
"""From the log-in to an Asterisk that has loaded everything."""
PING_S = 5.0
"""Nothing heard for so long: a ping."""
SILENT_S = 15.0
"""Nothing heard for so long: broken."""
ANSWER_S = 5.0
MOST_ASKED = 1000
"""Actions that wait for their answers at a time."""
MOST_ITEMS = 100_000
"""Events of one list."""
REMEMBERED = 1000
"""Actions given up whose late answers are still known for what they are."""


class State(Enum):
    """Where a connection stands."""

    GREETING = auto()
    CHALLENGING = auto()
    LOGGING_IN = auto()
    BOOTING = auto()
    OPEN = auto()
    BROKEN = auto()


_LATE = {State.BOOTING: f"no FullyBooted within {BOOT_S:g} s of the log-in: the user needs read = system"}


@value
class Opened:
    """We are logged in, and Asterisk has loaded everything."""

    version: str
    """Of the interface."""


@value
class Told:
    """An event that is not part of an answer."""

    message: Message


@value
class Answer:
    """What came of an action: its response, and where it is a list, the list's events."""

    action_id: str
    response: Message
    items: tuple[Message, ...] = ()
    """Without the event that ends the list."""

    @property
    def ok(self) -> bool:
        """Whether it was done, or is on its way."""
        return self.response.response.lower() in ("success", "follows", "goodbye", "pong")

    @property
    def text(self) -> str:
        """What the server says about it."""
        return self.response.get("Message")


@value
class Unanswered:
    """Nothing came of an action, and nothing will."""

    action_id: str
    reason: str
    late: bool
    """Its time was over; else the connection broke."""


@value
class Dropped:
    """Something that nobody waits for."""

    message: Message
    reason: str


@value
class Broken:
    """The connection is of no use any more."""

    reason: str
    refused: bool = False
    """The server does not want us: trying again soon is in vain."""


Finding = Opened | Told | Answer | Unanswered | Dropped | Broken


@attrs.define
class _Asked:
    name: str
    patience_s: float
    deadline: float
    response: Message | None = None
    items: list[Message] = attrs.field(factory=list)


class Session:
    """The client's side of one connection. `prefix` makes our ActionIDs unlike those of other clients, whose events we see."""

    def __init__(self, user: str, secret: str, now: float, prefix: str = "hotline") -> None:
        self.state = State.GREETING
        self._user, self._secret = user, secret
        self._prefix = prefix
        self._decoder = Decoder()
        self._out = bytearray()
        self._numbers = itertools.count(1)
        self._asked: dict[str, _Asked] = {}
        self._given_up: dict[str, None] = {}
        self._login_by = now + LOGIN_S
        self._heard_at = now
        self._pinged_at = now
        self._version = ""

    def broken(self) -> bool:
        """Whether it is over."""
        return self.state is State.BROKEN

    # --- what goes out --------------------------------------------------------------------------------------------------

    def ask(self, name: str, headers: Iterable[tuple[str, str]], now: float, patience_s: float = ANSWER_S) -> str:
        """Send an action; its ActionID, by which the finding that ends it is known.

        Raises:
            ValueError: a header cannot be sent.
            RuntimeError: there is no open connection, or too many actions wait.

        """
        if self.state is not State.OPEN:
            raise RuntimeError(f"the manager is not there to be asked for {name}: {self.state.name.lower()}")
        if len(self._asked) >= MOST_ASKED:
            raise RuntimeError(f"{MOST_ASKED} actions wait for their answers; {name} is one too many")
        return self._send(name, headers, now, patience_s)

    def _send(self, name: str, headers: Iterable[tuple[str, str]], now: float, patience_s: float) -> str:
        action_id = f"{self._prefix}-{next(self._numbers)}"
        self._out += encode((("Action", name), ("ActionID", action_id), *headers))
        self._asked[action_id] = _Asked(name, patience_s, now + patience_s)
        return action_id

    def to_send(self) -> bytes:
        """What is to be written to the connection, once."""
        out, self._out = bytes(self._out), bytearray()
        return out

    # --- what comes in --------------------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> Iterator[Finding]:
        """What a piece of the stream means; `b""` is its end."""
        if self.broken():
            return
        if not data:
            yield from self._break("the manager closed the connection")
            return
        self._heard_at = now
        try:
            for found in self._decoder.feed(data):
                yield from self._greeted(found) if isinstance(found, Banner) else self._message(found, now)
                if self.broken():
                    return
        except TooLong as error:
            yield from self._break(str(error))
        if self.state is State.CHALLENGING and not self._asked:
            self._send("Challenge", (("AuthType", "MD5"),), now, LOGIN_S)

    def _greeted(self, banner: Banner) -> Iterator[Finding]:
        self._version = banner.version
        if not self._version:
            yield from self._break(f"whoever answers there is no manager: {banner.text[:60]!r}", refused=True)
        else:
            self.state = State.CHALLENGING

    def _message(self, message: Message, now: float) -> Iterator[Finding]:
        action_id = message.get("ActionID")
        if message.event:
            asked = self._asked.get(action_id)
            if asked is not None and asked.response is not None:
                yield from self._item(action_id, asked, message, now)
            elif action_id in self._given_up:
                yield Dropped(message, "part of an answer that came too late")
            elif self.state is State.BOOTING and message.event == "FullyBooted":
                self.state = State.OPEN
                yield Opened(self._version)
            elif self.state is State.OPEN:
                yield Told(message)
        elif message.response:
            yield from self._response(action_id, message, now)
        else:
            yield Dropped(message, "neither an event nor an answer")

    def _response(self, action_id: str, message: Message, now: float) -> Iterator[Finding]:
        asked = self._asked.get(action_id)
        if asked is None:
            yield Dropped(message, "an answer that came too late" if action_id in self._given_up else "an answer to nothing we asked")
        elif asked.response is not None:
            yield Dropped(message, "a second answer to one action")
        elif message.get("EventList").lower() == "start":
            asked.response, asked.deadline = message, now + asked.patience_s
        else:
            del self._asked[action_id]
            if self.state is State.OPEN:
                if asked.name != "Ping":
                    yield Answer(action_id, message)
            else:
                yield from self._log_in(Answer(action_id, message), now)

    def _item(self, action_id: str, asked: _Asked, message: Message, now: float) -> Iterator[Finding]:
        assert asked.response is not None
        ends = message.get("EventList").lower()
        if ends in ("complete", "cancelled"):
            del self._asked[action_id]
            yield Answer(action_id, asked.response, tuple(asked.items))
        elif len(asked.items) >= MOST_ITEMS:
            yield self._give_up(action_id, f"{asked.name}: a list of more than {MOST_ITEMS} events")
        else:
            asked.items.append(message)
            asked.deadline = now + asked.patience_s

    def _log_in(self, answer: Answer, now: float) -> Iterator[Finding]:
        if not answer.ok:
            yield from self._break(f"the manager refuses '{self._user}': {answer.text or answer.response.response}", refused=True)
        elif self.state is State.CHALLENGING:
            self.state = State.LOGGING_IN
            digest = hashlib.md5((answer.response.get("Challenge") + self._secret).encode(), usedforsecurity=False)
            headers = (("AuthType", "MD5"), ("Username", self._user), ("Key", digest.hexdigest()), ("Events", "on"))
            self._send("Login", headers, now, LOGIN_S)
        else:
            self.state = State.BOOTING
            self._login_by = now + BOOT_S

    # --- time -----------------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float:
        """When `tick` has something to do at the latest."""
        if self.broken():
            return float("inf")
        if self.state is not State.OPEN:
            return self._login_by
        looked_at = max(self._heard_at, self._pinged_at) + PING_S
        return min(looked_at, self._heard_at + SILENT_S, *(asked.deadline for asked in self._asked.values()))

    def tick(self, now: float) -> Iterator[Finding]:
        """Do what is due."""
        if self.broken():
            return
        if self.state is not State.OPEN:
            if now >= self._login_by:
                yield from self._break(_LATE.get(self.state, f"no log-in within {LOGIN_S:g} s"))
            return
        if now >= self._heard_at + SILENT_S:
            yield from self._break(f"the manager has been silent for {SILENT_S:g} s")
            return
        for action_id in [a for a, asked in self._asked.items() if now >= asked.deadline]:
            asked = self._asked[action_id]
            finding = self._give_up(action_id, f"no answer to {asked.name} within {asked.patience_s:g} s")
            if asked.name != "Ping":
                yield finding
        if now >= max(self._heard_at, self._pinged_at) + PING_S:
            self._pinged_at = now
            self._send("Ping", (), now, ANSWER_S)

    def _give_up(self, action_id: str, reason: str) -> Unanswered:
        del self._asked[action_id]
        self._given_up[action_id] = None
        if len(self._given_up) > REMEMBERED:
            del self._given_up[next(iter(self._given_up))]
        return Unanswered(action_id, reason, late=True)

    def _break(self, reason: str, *, refused: bool = False) -> Iterator[Finding]:
        opened = self.state is State.OPEN
        self.state = State.BROKEN
        for action_id, asked in self._asked.items():
            if opened and asked.name != "Ping":
                yield Unanswered(action_id, reason, late=False)
        self._asked.clear()
        yield Broken(reason, refused)
