"""Listens to the watcher of the cards (`card`) and tells its line what is wrong with them, for as long as the line is open.

Not here: what reports mean (`alarms`), asking the driver (`card`). No call depends on it: without a watcher there is an alarm, no more.
"""

from collections.abc import Awaitable, Callable, Collection

import trio

from hal.api import LineAlarm
from hal.dahdi.alarms import Board
from hal.dahdi.card import Alive, Span
from hal.dahdi.reading import decode

__all__ = ["CardWatch"]

SILENT_S = 10.0
"""The watcher looks twice a second: one that is silent for so long hangs."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 10.0
LONGEST_LINE_BYTES = 1_000_000


class CardWatch:
    """The watcher of one line's cards, heard from here."""

    def __init__(
        self,
        line: str,
        address: str,
        sink: Callable[[LineAlarm], None],
        spans: Collection[int] = (),
        connect: Callable[[str], Awaitable[trio.abc.ReceiveStream]] | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Listen at `address`, `host:port` or a path, when `run`; to what is said of these spans, or of all. `changed`: `sees` has."""
        self._address = address
        self._sink = sink
        self._connect = connect or _connected
        self._changed = changed
        self.sees = False
        """Whether the watcher is heard, and has told of every span."""
        self._board = Board(line, spans)

    @property
    def spans(self) -> list[Span]:
        """Spans, counters and channels as they were reported last."""
        return self._board.spans

    @property
    def standing(self) -> dict[int, LineAlarm]:
        """The alarm of each span that has one, as it was told last."""
        return self._board.standing()

    async def run(self) -> None:
        """Listen until cancelled, again and again if the watcher is lost."""
        pause = FIRST_PAUSE_S
        while True:
            heard = False
            try:
                async with await self._connect(self._address) as stream:
                    self._board.met()
                    async for line in _lines(stream):
                        heard = True
                        report = decode(line)
                        self._tell(self._board.take(report, trio.current_time()))
                        if isinstance(report, Alive):
                            self._sees(True)
                why = "it has closed the connection"
            except trio.TooSlowError:
                why = f"it has said nothing for {SILENT_S:g} s"
            except ValueError as error:
                why = str(error)
            except (OSError, trio.BrokenResourceError) as error:
                why = f"it cannot be reached ({getattr(error, 'strerror', None) or error})"
            pause = FIRST_PAUSE_S if heard else min(pause * 2, LONGEST_PAUSE_S)
            self._tell(self._board.unseen(why, self._address))
            self._sees(False)
            await trio.sleep(pause)

    def _sees(self, sees: bool) -> None:
        if sees != self.sees:
            self.sees = sees
            self._changed()

    def _tell(self, alarms: list[LineAlarm]) -> None:
        for alarm in alarms:
            self._sink(alarm)


async def _connected(address: str) -> trio.SocketStream:
    with trio.fail_after(SILENT_S):
        if "/" in address:
            return await trio.open_unix_socket(address)
        host, _, port = address.rpartition(":")
        return await trio.open_tcp_stream(host, int(port))


class _lines:  # noqa: N801 - used like a function
    """The lines that come over a stream, until it ends."""

    def __init__(self, stream: trio.abc.ReceiveStream) -> None:
        self._stream = stream
        self._rest = bytearray()

    def __aiter__(self) -> "_lines":
        return self

    async def __anext__(self) -> bytes:
        """The next line.

        Raises:
            trio.TooSlowError: none came for too long.
            ValueError: it is too long to be one.

        """
        while (end := self._rest.find(b"\n")) < 0:
            if len(self._rest) > LONGEST_LINE_BYTES:
                raise ValueError(f"it says something longer than {LONGEST_LINE_BYTES} bytes")
            with trio.fail_after(SILENT_S):
                data = await self._stream.receive_some()
            if not data:
                raise StopAsyncIteration
            self._rest += data
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        return line
