"""Many callers in one process, each made of a SIP dialog and a UDP socket for speech: they send exactly the packets they are given.

Not here: registration, authentication, transfers, anything but UDP; a message that is lost is sent again, nothing more.
"""

import random
import re
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import attrs
import trio

from hal.sip.message import Request, parse_request
from tests.bench.keys_rtp import Sent, together

__all__ = ["Callers", "Dialog"]

AGAIN_S = 0.5
PATIENCE_S = 20.0
TICK_S = 0.002
_MEDIA_PORT = re.compile(r"^m=audio (\d+)", re.MULTILINE)


@attrs.define(eq=False)
class Dialog:
    """One call, as its caller has it."""

    number: int
    call_id: str
    speech: socket.socket
    """Connected to the line's speech once the call is through."""
    events: bool
    """Whether it negotiated telephone-event."""
    keys: str
    remote: str = ""
    """The line's Contact."""
    to: str = ""
    cseq: int = 1
    through: trio.Event = attrs.field(factory=trio.Event)
    over: trio.Event = attrs.field(factory=trio.Event)
    heard: list[tuple[float, bytes]] = attrs.field(factory=list)
    """Datagrams of speech with the time at which each came, while `Callers.listening`."""
    told: str = ""
    """Keys that the line has sent by INFO."""
    statuses: dict[int, int] = attrs.field(factory=dict)
    """Final status by CSeq."""
    waiting: dict[int, trio.Event] = attrs.field(factory=dict)
    """Set by the final status, or when the call is over."""

    @property
    def ani(self) -> str:
        """The number it calls from."""
        return f"c{self.number}"


class Callers:
    """Callers of one line; made by `calling`."""

    def __init__(self, line: tuple[str, int], seed: int = 1) -> None:
        self.line = line
        self.calls: list[Dialog] = []
        self.listening = False
        self.chance = random.Random(seed)
        self._port = 0
        self._by_id: dict[str, Dialog] = {}
        self._sip = trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM)

    @classmethod
    @asynccontextmanager
    async def calling(cls, line: tuple[str, int], seed: int = 1) -> AsyncIterator[Self]:
        """Callers, none of them calling yet; they hang up at the end."""
        callers = cls(line, seed)
        try:
            await callers._sip.bind(("127.0.0.1", 0))
            callers._port = callers._sip.getsockname()[1]
            async with trio.open_nursery() as nursery:
                nursery.start_soon(callers._receive)
                nursery.start_soon(callers._hear)
                yield callers
                async with trio.open_nursery() as leaving:
                    for call in callers.calls:
                        leaving.start_soon(callers.request, call, "BYE")
                nursery.cancel_scope.cancel()
        finally:
            callers._sip.close()
            for call in callers.calls:
                call.speech.close()

    async def call(self, keys: str, *, events: bool = True) -> Dialog:
        """Call the line; returns when the call is through. `keys` is what this caller is going to press."""
        speech = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        speech.setblocking(False)
        speech.bind(("127.0.0.1", 0))
        call = Dialog(len(self.calls), secrets.token_hex(8), speech, events, keys)
        self.calls.append(call)
        self._by_id[call.call_id] = call
        formats, described = ("8 101", "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n") if events else ("8", "")
        body = (
            f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {speech.getsockname()[1]} RTP/AVP {formats}\r\na=rtpmap:8 PCMA/8000\r\n{described}"
        )
        await self._transact(call, "INVITE", 1, "Content-Type: application/sdp\r\n", body, call.through)
        return call

    async def info(self, call: Dialog, body: str, kind: str = "application/dtmf-relay") -> int:
        """Send an INFO; its final status."""
        return await self.request(call, "INFO", f"Content-Type: {kind}\r\n", body)

    async def request(self, call: Dialog, method: str, headers: str = "", body: str = "") -> int:
        """Send a request in the dialog; its final status, 481 if the call is over."""
        if call.over.is_set():
            return 481
        call.cseq += 1
        cseq, done = call.cseq, trio.Event()
        call.waiting[cseq] = done
        await self._transact(call, method, cseq, headers, body, done)
        return call.statuses.pop(cseq, 481)

    async def _transact(self, call: Dialog, method: str, cseq: int, headers: str, body: str, done: trio.Event) -> None:
        text = self._message(call, method, cseq, headers, body)
        with trio.fail_after(PATIENCE_S):
            while not done.is_set():
                await self._sip.sendto(text, self.line)
                with trio.move_on_after(AGAIN_S):
                    await done.wait()

    def _message(self, call: Dialog, method: str, cseq: int, headers: str = "", body: str = "") -> bytes:
        uri = call.remote or f"sip:95500@{self.line[0]}:{self.line[1]}"
        here = f"127.0.0.1:{self._port}"
        return (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{call.call_id}{cseq}{method}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:{call.ani}@{here}>;tag=t{call.number}\r\nTo: {call.to or '<sip:95500@127.0.0.1>'}\r\nCall-ID: {call.call_id}\r\n"
            f"CSeq: {cseq} {method}\r\nContact: <sip:{call.ani}@{here}>\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    async def _receive(self) -> None:
        while True:
            data, source = await self._sip.recvfrom(65536)
            if data[0] & 0x80:  # RTCP: our port is the one after that of somebody's speech
                continue
            text = data.decode(errors="replace")
            if text.startswith("SIP/2.0"):
                await self._answered(text)
            else:
                await self._asked(parse_request(text), text, source)

    async def _answered(self, text: str) -> None:
        first, _, rest = text.partition("\r\n")
        reply = parse_request(f"REPLY sip:x SIP/2.0\r\n{rest}")
        status, (cseq, method) = int(first.split(" ")[1]), reply.first("cseq").split()
        call = self._by_id[reply.first("call-id")]
        if status < 200:
            return
        if method == "INVITE":
            assert status == 200, text
            call.to = reply.first("to")
            call.remote = reply.first("contact").partition("<")[2].partition(">")[0]
            await self._sip.sendto(self._message(call, "ACK", int(cseq)), self.line)
            if not call.through.is_set():
                found = _MEDIA_PORT.search(text)
                assert found is not None, text
                call.speech.connect(("127.0.0.1", int(found[1])))
                call.through.set()
        else:
            call.statuses[int(cseq)] = status
            if (done := call.waiting.pop(int(cseq), None)) is not None:
                done.set()

    async def _asked(self, request: Request, text: str, source: Any) -> None:
        call = self._by_id.get(request.first("call-id"))
        if request.method == "ACK":
            return
        if call is not None and request.method == "INFO":
            signal = re.search(r"Signal=\s*(\S)", text)
            call.told += signal[1] if signal else ""
        elif call is not None and request.method == "BYE":
            call.over.set()
            for done in call.waiting.values():
                done.set()
        copied = [f"{name}: {value}" for name in ("via", "from", "to", "call-id", "cseq") for value in request.headers[name]]
        await self._sip.sendto("\r\n".join(["SIP/2.0 200 OK", *copied, "Content-Length: 0", "", ""]).encode(), source)

    # --- speech -------------------------------------------------------------------------------------------------------

    async def speak(self, streams: Mapping[int, list[Sent]]) -> None:
        """Send packets in the calls of these numbers, each at its time from now on; returns when all are sent."""
        began = trio.current_time()
        for at_s, number, packet in together(streams.items()):
            wait_s = began + at_s - trio.current_time()
            if wait_s > TICK_S:
                await trio.sleep(wait_s)
            try:
                self.calls[number].speech.send(packet.to_bytes())
            except (BlockingIOError, ConnectionRefusedError):
                continue  # as lost as any other; or the line has hung up

    async def _hear(self) -> None:
        while True:
            await trio.sleep(0.01)
            for call in self.calls if self.listening else ():
                now = trio.current_time()
                try:
                    while True:
                        call.heard.append((now, call.speech.recv(2048)))
                except (BlockingIOError, ConnectionRefusedError):
                    continue
