"""Feels whether a SIP server on this machine lives: OPTIONS (RFC 3261 section 11) over UDP, again and again; any answer will do.

    ALIVE ─ refused by the machine (nobody has the port), or three in a row without an answer ─▶ DEAD ─ an answer ─▶ ALIVE

What it was before the first answer, or the first lack of one, is not known. Not here: what is to be done about it.
"""

import itertools
import secrets
from collections.abc import Callable

import trio

__all__ = ["Pulse"]

ALIVE_S = 2.0
"""From an answer to the next question."""
PATIENCE_S = (1.0, 2.0, 3.0)
"""How long each of the questions in a row may take; a machine under load is slow."""
DEAD_S = 0.25
"""From a question in vain to the next, while it is dead."""


class Pulse:
    """The pulse of one server; `changed(alive)` is called when it is known, and at each change."""

    def __init__(self, local: str, server: tuple[str, int], changed: Callable[[bool], None]) -> None:
        """Ask from the address `local`."""
        self.alive: bool | None = None
        self._local = local
        self._server = server
        self._changed = changed
        self._tag = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._hurry = trio.Event()

    def hurry(self) -> None:
        """Ask now: something looks wrong."""
        self._hurry.set()

    async def run(self) -> None:
        """Feel it until cancelled."""
        while True:
            alive = await self._felt()
            if alive is not self.alive:
                self.alive = alive
                self._changed(alive)
            self._hurry = trio.Event()
            with trio.move_on_after(ALIVE_S if alive else DEAD_S):
                await self._hurry.wait()

    async def _felt(self) -> bool:
        """Ask until there is an answer, or there will be none."""
        with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
            try:
                await sock.bind((self._local, 0))
                await sock.connect(self._server)
                for patience_s in PATIENCE_S:
                    await sock.send(self._options(sock.getsockname()))
                    with trio.move_on_after(patience_s):
                        while not (await sock.recv(65_536)).startswith(b"SIP/2.0 "):
                            continue
                        return True
                    if self.alive is False:
                        return False
            except OSError:  # ECONNREFUSED: nobody has the port
                return False
        return False

    def _options(self, local: tuple[str, int]) -> bytes:
        number = next(self._numbers)
        us, them = f"{local[0]}:{local[1]}", f"{self._server[0]}:{self._server[1]}"
        return (
            f"OPTIONS sip:{them} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {us};rport;branch=z9hG4bK{self._tag}{number}\r\n"
            f"From: <sip:hotline@{us}>;tag={self._tag}\r\nTo: <sip:{them}>\r\n"
            f"Call-ID: pulse-{self._tag}\r\nCSeq: {number} OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        ).encode()
