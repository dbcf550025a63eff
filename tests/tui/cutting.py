"""A wire that a test cuts: a relay on the loopback address which ends each connection after so many bytes from the far end."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import trio
from attrs import define, field

__all__ = ["Wire", "wire_to"]


@define
class Wire:
    """The near end."""

    port: int
    cuts: int = 0
    whole: bool = False
    """From now on nothing is cut."""
    _ends: list[trio.CancelScope] = field(factory=list)

    def cut(self) -> None:
        """Cut all that is connected now."""
        for end in self._ends:
            end.cancel()


@asynccontextmanager
async def wire_to(port: int, bytes_until: Callable[[], int]) -> AsyncIterator[Wire]:
    """A wire to a port; each connection is cut when `bytes_until()` bytes have come back, in the middle of whatever is said."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    wire = Wire(int(listener.socket.getsockname()[1]))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(trio.serve_listeners, partial(_relay, wire, port, bytes_until), [listener]))
        yield wire
        nursery.cancel_scope.cancel()


async def _relay(wire: Wire, port: int, bytes_until: Callable[[], int], near: trio.SocketStream) -> None:
    left = bytes_until()
    async with near, await trio.open_tcp_stream("127.0.0.1", port) as far, trio.open_nursery() as nursery:
        wire._ends.append(nursery.cancel_scope)

        async def there() -> None:
            try:
                async for piece in near:
                    await far.send_all(piece)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass  # it is over; the other direction says so, too
            nursery.cancel_scope.cancel()

        nursery.start_soon(there)
        try:
            async for piece in far:
                if not wire.whole and len(piece) >= left:
                    await near.send_all(piece[:left])
                    wire.cuts += 1
                    break
                left -= len(piece)
                await near.send_all(piece)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # it is over
        nursery.cancel_scope.cancel()
