"""A telephone made of nothing but a UDP socket: says exactly what a test wants said, and shows exactly what comes back."""

import secrets
from collections.abc import Callable
from typing import Self

import attrs
import trio

from hal.sip.digest import credentials, ha1, response
from hal.sip.message import Request, parse_request
from tests.hal.peer import WAIT_S


@attrs.define
class Reply:
    """A response, taken apart as far as tests look."""

    status: int
    headers: dict[str, list[str]]
    text: str

    def first(self, name: str) -> str:
        return self.headers.get(name, [""])[0]


class WirePhone:
    """Speaks SIP over UDP, one transaction at a time."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self._socket = trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM)
        self.call_id = secrets.token_hex(8)
        self._cseq = 0
        self.port = 0

    async def open(self, address: str = "127.0.0.1") -> "WirePhone":
        await self._socket.bind((address, 0))
        self.port = self._socket.getsockname()[1]
        return self

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    def build(
        self, method: str, uri: str, user: str, to: str, headers: tuple[str, ...] = (), body: str = "", cseq: int | None = None
    ) -> str:
        if cseq is None:
            self._cseq += 1
            cseq = self._cseq
        host = self._socket.getsockname()[0]
        lines = [
            f"{method} {uri} SIP/2.0", "Max-Forwards: 70",
            f"Via: SIP/2.0/UDP {host}:{self.port};branch=z9hG4bK{secrets.token_hex(6)};rport",
            f"From: <sip:{user}@{self.server[0]}>;tag={self.call_id[:6]}", f"To: <sip:{to}@{self.server[0]}>", f"Call-ID: {self.call_id}",
            f"CSeq: {cseq} {method}", *headers, f"Content-Length: {len(body)}",
        ]  # fmt: skip
        return "\r\n".join(lines) + "\r\n\r\n" + body

    async def ask(self, text: str) -> Reply:
        """Send a request and wait for the final response."""
        await self._socket.sendto(text.encode(), self.server)
        with trio.fail_after(WAIT_S):
            while True:
                reply = parse_reply((await self._socket.recvfrom(65536))[0].decode())
                if reply.status >= 200:
                    return reply

    async def register(
        self,
        user: str,
        password: str | None,
        *,
        expires: int | None = 60,
        contact: str = "",
        algorithm: str = "MD5",
        headers: tuple[str, ...] = (),
    ) -> Reply:
        """REGISTER, answering one challenge unless `password` is None."""
        uri = f"sip:{self.server[0]}"
        contact = contact or f"<sip:{user}@127.0.0.1:{self.port}>"
        common = (
            *((f"Contact: {contact}",) if contact != "none" else ()),
            *((f"Expires: {expires}",) if expires is not None else ()),
            *headers,
        )
        reply = await self.ask(self.build("REGISTER", uri, user, user, common))
        if reply.status != 401 or password is None:
            return reply
        return await self.ask(
            self.build("REGISTER", uri, user, user, (*common, authorization(reply, "REGISTER", uri, user, password, algorithm)))
        )

    async def answer_invites(self, decide: Callable[[Request], tuple[int, str]]) -> None:
        """Answer each INVITE by `decide`, until cancelled; other requests get 200."""
        while True:
            data, source = await self._socket.recvfrom(65536)
            text = data.decode()
            if text.startswith(("SIP/2.0", "ACK")):
                continue
            request = parse_request(text)
            status, reason = decide(request) if request.method == "INVITE" else (200, "OK")
            copied = [f"{name}: {v}" for name in ("via", "from", "call-id", "cseq") for v in request.headers[name]]
            to = request.first("to") + f";tag={self.call_id[:6]}"
            await self._socket.sendto(
                "\r\n".join([f"SIP/2.0 {status} {reason}", *copied, f"To: {to}", "Content-Length: 0", "", ""]).encode(), source
            )


def authorization(reply: Reply, method: str, uri: str, user: str, password: str, algorithm: str = "MD5", nc: int = 1) -> str:
    """An Authorization header that answers a challenge."""
    asked = next(c for h in reply.headers["www-authenticate"] if (c := credentials(h)).get("algorithm", "MD5") == algorithm)
    given = {"nonce": asked["nonce"], "uri": uri, "qop": "auth", "nc": f"{nc:08x}", "cnonce": "0a4f113b"}
    right = response(algorithm, ha1(algorithm, user, asked["realm"], password), method, given)
    return (
        f'Authorization: Digest username="{user}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="{uri}", response="{right}", '
        f'algorithm={algorithm}, qop=auth, nc={nc:08x}, cnonce="0a4f113b"'
    )


def parse_reply(text: str) -> Reply:
    """Take a response apart."""
    first, _, rest = text.partition("\r\n")
    status = int(first.split(" ")[1])
    return Reply(status, dict(parse_request(f"REPLY sip:x SIP/2.0\r\n{rest}").headers), text)
