"""A manager for tests that says what it is told to say, and one who listens to a link."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import trio

from hal.asterisk.ami import Message
from hal.asterisk.ami.codec import Decoder, encode
from tests.hal.peer import WAIT_S

Does = Callable[["Manager", Message], Awaitable[None]]


@attrs.define
class Manager:
    """One connection of a client; what it does with an action that is no log-in is the test's."""

    stream: trio.abc.Stream
    does: Does

    async def say(self, *headers: tuple[str, str]) -> None:
        await self.stream.send_all(encode(headers))

    async def answer(self, action: Message, *headers: tuple[str, str], response: str = "Success") -> None:
        await self.say(("Response", response), ("ActionID", action.get("ActionID")), *headers)

    async def serve(self) -> None:
        await self.stream.send_all(b"Asterisk Call Manager/11.0.0\r\n")
        decoder = Decoder(banner=False)
        async for data in self.stream:
            for action in decoder.feed(bytes(data)):
                assert isinstance(action, Message)
                await self._do(action)

    async def _do(self, action: Message) -> None:
        name = action.get("Action")
        if name == "Challenge":
            await self.answer(action, ("Challenge", "1"))
        elif name == "Login":
            await self.answer(action, ("Message", "Authentication accepted"))
            await self.say(("Event", "FullyBooted"), ("Status", "Fully Booted"))
        else:
            await self.does(self, action)


async def success(manager: Manager, action: Message) -> None:
    await manager.answer(action)


@asynccontextmanager
async def manager(does: Does = success, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[Manager]]]:
    """A manager on the loopback address: its port, and the connections it has had."""
    had: list[Manager] = []

    async def serve(stream: trio.SocketStream) -> None:
        secure = trio.SSLStream(stream, tls, server_side=True) if tls is not None else stream
        had.append(Manager(secure, does))
        try:
            await had[-1].serve()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return  # the client has gone

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield listeners[0].socket.getsockname()[1], had
        nursery.cancel_scope.cancel()


class Ear:
    """Whom a link tells everything."""

    def __init__(self) -> None:
        self.ups = 0
        self.downs: list[str] = []
        self.told: list[Message] = []
        self._more = trio.Event()

    def manager_up(self) -> None:
        self.ups += 1
        self._wake()

    def manager_down(self, reason: str) -> None:
        self.downs.append(reason)
        self._wake()

    def manager_told(self, message: Message) -> None:
        self.told.append(message)
        self._wake()

    def _wake(self) -> None:
        self._more.set()
        self._more = trio.Event()

    async def until(self, found: Callable[[], Any]) -> Any:
        with trio.fail_after(WAIT_S):
            while not (result := found()):
                await self._more.wait()
            return result
