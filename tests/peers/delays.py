"""How long a call centre took, by what was on the wire: answers, prompts, offers to agents, hand-overs. Pure: datagrams in, seconds out.

    caller        centre         agent
      |--INVITE---->|              |
      |<-----200----|              |   answer    INVITE -> 200
      |<====RTP=====|              |   prompt    INVITE -> first packet that is loud
      |             |---INVITE---->|   offer     caller's INVITE -> the first agent's INVITE for him
      |             |<----BYE------|
      |             |---INVITE---->|   hand-over agent's BYE -> his next INVITE, while a caller waits

A message that was sent again counts from the first time. Callers, centre and agents are told apart by their addresses; an agent's INVITE
is for the caller whose number it shows (From, P-Asserted-Identity or Remote-Party-ID), each caller having a number of his own.
"""

import re
from collections.abc import Iterable, Iterator

import attrs

from tests.peers.media import loudness, rtp_of
from tests.peers.pcap import Address, Datagram

__all__ = ["LOUD", "Delays", "Sides", "delays"]

LOUD = 300.0
"""Root mean square from which a packet is speech and not silence or comfort noise (-41 dB of full scale)."""

_START = re.compile(rb"(?:SIP/2\.0 (\d{3})|([A-Z]+) sips?:(\S+) SIP/2\.0)")
_USER = re.compile(r"sips?:([^@;>]+)@")
_AUDIO = re.compile(rb"^m=audio (\d+) ", re.MULTILINE)


@attrs.frozen(kw_only=True)
class Sides:
    """Who is who in a capture."""

    centre: Address
    """Where the centre takes calls."""
    callers: str
    """The callers' address."""
    agents: str
    """The agents' address."""


@attrs.frozen
class Delays:
    """Delays in seconds, in the order of their calls."""

    calls: int
    """Calls that callers began."""
    answered: int
    answer: tuple[float, ...]
    prompt: tuple[float, ...]
    offer: tuple[float, ...]
    hand_over: tuple[float, ...]
    repeated: int
    """INVITEs that were sent again, by either side."""


@attrs.frozen
class _Message:
    """What is needed of a SIP message."""

    method: str
    """Of a request; of a response, the method it answers."""
    status: int
    """0 for a request."""
    user: str
    """Whom a request is sent to."""
    call_id: str
    cseq: int
    shown: str
    """The caller's number, as it is shown to the called party."""
    tag: bool
    """Whether it is within a dialog."""
    audio: int
    """UDP port on which its sender wants to hear; 0: it does not say."""

    @classmethod
    def of(cls, payload: bytes) -> "_Message | None":
        """Read one; None when it is none."""
        start = _START.match(payload)
        if start is None:
            return None
        head = payload.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
        headers: dict[str, str] = {}
        for line in head.split("\r\n")[1:]:
            name, _, value = line.partition(":")
            headers.setdefault(_LONG.get(name.strip().lower(), name.strip().lower()), value.strip())
        number, _, method = headers.get("cseq", "0 ").partition(" ")
        user = _USER.search(f"sip:{start[3].decode()}") if start[3] else None
        asserted = headers.get("p-asserted-identity") or headers.get("remote-party-id") or headers.get("from", "")
        shown = _USER.search(asserted)
        audio = _AUDIO.search(payload)
        return cls(
            start[2].decode() if start[2] else method.strip(),
            int(start[1] or 0),
            user[1] if user else "",
            headers.get("call-id", ""),
            int(number or 0),
            shown[1] if shown else "",
            ";tag=" in headers.get("to", ""),
            int(audio[1]) if audio else 0,
        )


_LONG = {"i": "call-id", "f": "from", "t": "to", "m": "contact", "v": "via", "l": "content-length", "c": "content-type"}
"""Compact forms (RFC 3261 section 20)."""


@attrs.define
class _Caller:
    """One caller's call as far as it has come."""

    number: str
    invited: float
    answered: float | None = None
    prompted: float | None = None
    offered: float | None = None
    gone: bool = False
    """He hung up before anybody was rung for him."""

    def took(self, moment: float | None) -> Iterator[float]:
        """How long after his INVITE that was, if it was at all."""
        if moment is not None:
            yield moment - self.invited


@attrs.define
class _Book:
    """All calls of a capture."""

    sides: Sides
    loud: float
    callers: dict[str, _Caller] = attrs.field(factory=dict)
    """By Call-ID, in the order of their INVITEs."""
    _by_number: dict[str, _Caller] = attrs.field(factory=dict)
    _listening: dict[Address, _Caller] = attrs.field(factory=dict)
    """Where each caller wants to hear."""
    _station: dict[str, str] = attrs.field(factory=dict)
    """Call-ID of an agent's call -> the agent."""
    _freed: dict[str, float] = attrs.field(factory=dict)
    """Agents who hung up while callers waited -> when."""
    _ended: set[str] = attrs.field(factory=set)
    hand_overs: list[float] = attrs.field(factory=list)
    repeated: int = 0

    def take(self, seen: Datagram) -> None:
        """Learn from the next datagram."""
        message = _Message.of(seen.payload)
        if message is None:
            self._speech(seen)
        elif seen.source[0] == self.sides.callers and seen.target == self.sides.centre:
            self._from_caller(seen, message)
        elif seen.source == self.sides.centre and seen.target[0] == self.sides.callers:
            call = self.callers.get(message.call_id)
            if call and call.answered is None and message.status == 200 and message.method == "INVITE":
                call.answered = seen.at_s
        elif seen.target[0] == self.sides.agents and message.method == "INVITE" and not message.status and not message.tag:
            self._offer(seen.at_s, message)
        elif seen.source[0] == self.sides.agents and message.method == "BYE" and not message.status and message.call_id not in self._ended:
            self._ended.add(message.call_id)
            if message.call_id in self._station and self._somebody_waits(seen.at_s):
                self._freed[self._station[message.call_id]] = seen.at_s

    def _speech(self, seen: Datagram) -> None:
        call = self._listening.get(seen.target)
        if call is None or call.prompted is not None:
            return
        packet = rtp_of(seen.payload)
        if packet is not None and loudness(packet) >= self.loud:
            call.prompted = seen.at_s

    def _from_caller(self, seen: Datagram, message: _Message) -> None:
        call = self.callers.get(message.call_id)
        if call and message.method in ("BYE", "CANCEL") and not message.status:
            call.gone = call.offered is None
        if message.method != "INVITE" or message.status or message.tag:
            return
        if call:
            # A second INVITE with credentials is a new request, not the old one again; the caller waits since the first.
            self.repeated += message.cseq == 1
            return
        call = _Caller(message.shown, seen.at_s)
        self.callers[message.call_id] = self._by_number[message.shown] = call
        self._listening[seen.source[0], message.audio] = call

    def _offer(self, at_s: float, message: _Message) -> None:
        if message.call_id in self._station:
            self.repeated += 1
            return
        self._station[message.call_id] = message.user
        freed = self._freed.pop(message.user, None)
        if freed is not None:
            self.hand_overs.append(at_s - freed)
        call = self._by_number.get(message.shown)
        if call is not None and call.offered is None:
            call.offered = at_s
        if not self._somebody_waits(at_s):
            self._freed.clear()  # whoever else is free waits for the next caller now, and is not late

    def _somebody_waits(self, now: float) -> bool:
        """Whether a caller, answered already, has been offered to nobody."""
        return any(c.answered is not None and c.answered <= now and c.offered is None and not c.gone for c in self.callers.values())


def delays(seen: Iterable[Datagram], sides: Sides, loud: float = LOUD) -> Delays:
    """Everything that can be told of the calls in a capture, which holds SIP of both sides and speech to callers (or only some of it)."""
    book = _Book(sides, loud)
    for datagram in seen:
        book.take(datagram)
    calls = list(book.callers.values())

    return Delays(
        calls=len(calls),
        answered=sum(c.answered is not None for c in calls),
        answer=tuple(took for c in calls for took in c.took(c.answered)),
        prompt=tuple(took for c in calls for took in c.took(c.prompted)),
        offer=tuple(took for c in calls for took in c.took(c.offered)),
        hand_over=tuple(book.hand_overs),
        repeated=book.repeated,
    )
