"""A cable for virtual time: two ends of a stream of bytes in memory, on which what is sent has come in the same moment.

Trio's own memory streams do the same with some ten steps of its scheduler for each piece; a day has hundreds of thousands of them.
It does not model: a far end that does not read, limits, delay.
"""

from typing import Self

import trio

__all__ = ["Cable", "cable"]


class Cable(trio.abc.Stream):
    """One end."""

    def __init__(self) -> None:
        """Joined with another by `cable`."""
        self.other: Self
        self._came = bytearray()
        self._is_closed = False
        self._woken = trio.Event()

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """See `trio.abc.SendStream`."""
        if self._is_closed:
            raise trio.ClosedResourceError
        if self.other._is_closed:
            raise trio.BrokenResourceError
        self.other._came += data
        self.other._woken.set()

    async def wait_send_all_might_not_block(self) -> None:
        """See `trio.abc.SendStream`: it never does."""

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """See `trio.abc.ReceiveStream`."""
        while not self._came:
            if self._is_closed:
                raise trio.ClosedResourceError
            if self.other._is_closed:
                return b""
            self._woken = trio.Event()
            await self._woken.wait()
        came = bytes(self._came[:max_bytes])
        del self._came[:max_bytes]
        return came

    async def aclose(self) -> None:
        """See `trio.abc.AsyncResource`."""
        self._is_closed = True
        self._woken.set()
        self.other._woken.set()
        await trio.lowlevel.checkpoint()


def cable() -> tuple[Cable, Cable]:
    """Both ends."""
    one, other = Cable(), Cable()
    one.other, other.other = other, one
    return one, other
