"""Telephones made of one UDP socket, each call an object: says what a test wants said, when it wants it, and keeps what comes back."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import trio

from hal.sip.message import Request, parse_address, parse_request
from tests.hal.peer import WAIT_S, Bench
from tests.hal.sip_peer import PASSWORD, SipPeer
from tests.hal.wire_phone import Reply, WirePhone, parse_reply

REASONS = {100: "Trying", 180: "Ringing", 200: "OK", 481: "No Such Call", 486: "Busy Here", 487: "Request Terminated"}


def sdp(port: int, direction: str = "sendrecv") -> str:
    """An offer or answer of PCMA and keys."""
    return (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
    )


class WireExchange(WirePhone):
    """All the phones; `register` (before `run`) lets one in, `invited` is what happens when one is called."""

    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__(server)
        self.calls: dict[str, WireCall] = {}
        self._more = trio.Event()
        self.invited: Callable[[WireCall, Request], object] = lambda _call, _invite: None

    async def run(self) -> None:
        """Receive, until cancelled."""
        while True:
            text = (await self._socket.recvfrom(65536))[0].decode()
            message: Request | Reply = parse_reply(text) if text.startswith("SIP/2.0") else parse_request(text)
            call_id = message.first("call-id")
            call = self.calls.get(call_id)
            if call is None and isinstance(message, Request) and message.method == "INVITE":
                call = self.calls[call_id] = WireCall(self, call_id, message)
            if call is not None:
                call.take(message, text)
            self._more.set()
            self._more = trio.Event()

    async def wait_called(self, count: int = 1) -> "WireCall":
        """The `count`th call that has reached these phones, or been made by them."""
        with trio.fail_after(WAIT_S):
            while len(self.calls) < count:
                await self._more.wait()
        return list(self.calls.values())[count - 1]

    def dial(self, user: str, to: str, headers: tuple[str, ...] = (), body: str | None = None) -> "WireCall":
        """Call the line; the INVITE is on its way."""
        call = WireCall(self, secrets.token_hex(8), None, user, to)
        self.calls[call.call_id] = call
        call.invite(headers, body)
        return call

    def send(self, text: str) -> None:
        """Say something; a datagram on the loopback address never waits."""
        self._plain().sendto(text.encode(), self.server)

    def _plain(self) -> Any:
        return self._socket._sock  # type: ignore[attr-defined] # trio's own method waits, and a callback must not


@attrs.define(eq=False)
class WireCall:
    """One call of one phone, whoever called."""

    exchange: WireExchange
    call_id: str
    invite_received: Request | None = None
    user: str = ""
    dialled: str = ""
    received: list[Request | Reply] = attrs.field(factory=list)
    texts: list[str] = attrs.field(factory=list)
    tag: str = attrs.field(factory=lambda: secrets.token_hex(4))
    _cseq: int = 0
    _branch: str = ""
    _remote: str = ""
    """To header of what we say in the dialog."""
    _target: str = ""
    _more: trio.Event = attrs.field(factory=trio.Event)

    # --- what comes

    def take(self, message: Request | Reply, text: str) -> None:
        self.received.append(message)
        self.texts.append(text)
        if isinstance(message, Reply):
            if 180 <= message.status < 300 and "INVITE" in message.first("cseq"):
                self._remote = message.first("to")
                self._target = parse_address(message.first("contact")).uri or self._target
            if message.status == 200 and message.first("cseq").endswith("INVITE") and not message.first("cseq").startswith("1 "):
                self.say("ACK")
        elif message.method == "INVITE" and self.invite_received is message:
            self._remote, self._target = message.first("from"), message.address("contact").uri
            self.user = parse_address(message.uri).user
            self.exchange.invited(self, message)
        elif message.method in ("BYE", "NOTIFY", "CANCEL", "UPDATE") and self.answers(message):
            self.reply(message, 200)
        self._more.set()
        self._more = trio.Event()

    answers: Callable[[Request], bool] = lambda _request: True
    """Which requests in the call get 200 by themselves."""

    async def wait(self, what: str | int, count: int = 1) -> Any:
        """The `count`th request of this method, or reply with this status, now or when it comes."""

        def found() -> list[Request | Reply]:
            return [m for m in self.received if what in (getattr(m, "method", None), getattr(m, "status", None))]

        with trio.move_on_after(WAIT_S):
            while len(found()) < count:
                await self._more.wait()
            return found()[count - 1]
        raise AssertionError(f"no {what} in {WAIT_S:g} s; there came {[t.splitlines()[0] for t in self.texts]}")

    def has(self, method: str) -> bool:
        """Whether such a request has come."""
        return any(getattr(m, "method", None) == method for m in self.received)

    def text_of(self, message: Request | Reply) -> str:
        return self.texts[self.received.index(message)]

    # --- what is said

    def invite(self, headers: tuple[str, ...] = (), body: str | None = None) -> None:
        self._remote = f"<sip:{self.dialled}@{self.exchange.server[0]}>"
        self._target = f"sip:{self.dialled}@{self.exchange.server[0]}:{self.exchange.server[1]}"
        body = sdp(self.exchange.port + 1000) if body is None else body
        self.say("INVITE", ("Content-Type: application/sdp", *headers), body)

    def invite_again(self, direction: str) -> None:
        """A re-INVITE; its answer is acknowledged when it comes."""
        self.say("INVITE", ("Content-Type: application/sdp",), sdp(self.exchange.port + 1000, direction))

    def say(self, method: str, headers: tuple[str, ...] = (), body: str = "", cseq: int = 0) -> None:
        """A request in the call; ACK and CANCEL go with the INVITE before them."""
        if method not in ("ACK", "CANCEL"):
            self._cseq += 1
        if method != "CANCEL":
            self._branch = secrets.token_hex(6)
        mine = f"<sip:{self.user}@127.0.0.1>;tag={self.tag}"
        lines = [
            f"{method} {self._target} SIP/2.0", "Max-Forwards: 70",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.exchange.port};branch=z9hG4bK{self._branch};rport",
            f"From: {mine}", f"To: {self._remote}", f"Call-ID: {self.call_id}", f"CSeq: {cseq or self._cseq} {method}",
            f"Contact: <sip:{self.user}@127.0.0.1:{self.exchange.port}>", *headers, f"Content-Length: {len(body)}",
        ]  # fmt: skip
        self.exchange.send("\r\n".join(lines) + "\r\n\r\n" + body)

    def reply(self, request: Request, status: int, headers: tuple[str, ...] = (), body: str = "") -> None:
        """Answer a request."""
        copied = [f"{name}: {v}" for name in ("via", "from", "call-id", "cseq") for v in request.headers[name]]
        to = request.first("to")
        to += "" if "tag=" in to or status == 100 else f";tag={self.tag}"
        lines = [
            f"SIP/2.0 {status} {REASONS.get(status, 'Whatever')}", *copied, f"To: {to}",
            f"Contact: <sip:{self.user}@127.0.0.1:{self.exchange.port}>", *headers, f"Content-Length: {len(body)}", "", "",
        ]  # fmt: skip
        self.exchange.send("\r\n".join(lines) + body)

    def ring(self) -> None:
        assert self.invite_received is not None
        self.reply(self.invite_received, 180)

    def answer(self, headers: tuple[str, ...] = ()) -> None:
        assert self.invite_received is not None
        self.reply(self.invite_received, 200, ("Content-Type: application/sdp", *headers), sdp(self.exchange.port + 1000))

    async def wait_through(self) -> None:
        """Until the line has answered our call; acknowledges it."""
        await self.wait(200)
        self.say("ACK")


@asynccontextmanager
async def exchange(bench: Bench, *stations: str, worker: int = 0) -> AsyncIterator[WireExchange]:
    """Phones on one socket, these of them logged in, before this media worker of the line."""
    assert isinstance(bench.peer, SipPeer)
    settings = bench.peer.settings
    async with WireExchange((settings.host, settings.port(worker))) as phones, trio.open_nursery() as nursery:
        for station in stations:
            assert (await phones.register(station, PASSWORD)).status == 200
        nursery.start_soon(phones.run)
        yield phones
        nursery.cancel_scope.cancel()
